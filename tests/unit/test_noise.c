/* Noise against the vectors of two other implementations, and against a wire
 * that changes, cuts or replays what passes (F13). */
#include "noise_vectors.h"
#include "dh.h"
#include "hex.h"
#include "noise.h"
#include "testenv.h"

enum { VECTORS = sizeof noise_vectors / sizeof *noise_vectors };

static struct krv_testenv t;

/* Both ends of one handshake, with the buffers that they use. */
struct talk {
  struct krv_noise end[2]; /* 0: initiator */
  struct krv_buf wire, got;
};

static bool pair_of(const char *hex, struct krv_dh_pair *pair) {
  struct krv_key sk;
  if (!hex) return false;
  hex_bytes(hex, sk.b, 32);
  assert_int_equal(krv_dh_pair_from_secret(&sk, pair), 0);
  return true;
}

static void talk_begin(struct talk *talk, const struct noise_vector *v) {
  struct krv_dh_pair init_s, init_e, resp_s, resp_e;
  struct krv_key psk, rs;
  uint8_t prologue[128];
  struct krv_slice p = hex_bytes(v->prologue, prologue, sizeof prologue);
  bool statics = pair_of(v->init_static, &init_s) && pair_of(v->resp_static, &resp_s);
  pair_of(v->init_ephemeral, &init_e);
  pair_of(v->resp_ephemeral, &resp_e);
  hex_bytes(v->psk, psk.b, 32);
  hex_bytes(v->init_remote_static, rs.b, 32);
  struct krv_noise_options options = {
      .pattern = v->pattern,
      .initiator = true,
      .prologue = p,
      .s = statics ? &init_s : NULL,
      .e = &init_e,
      .rs = v->init_remote_static ? &rs : NULL,
      .psk = v->psk ? &psk : NULL,
  };
  krv_noise_init(&talk->end[0], &options);
  options.initiator = false;
  options.s = statics ? &resp_s : NULL;
  options.e = &resp_e;
  options.rs = NULL;
  krv_noise_init(&talk->end[1], &options);
  krv_testenv_init(&t, 1);
  krv_buf_init(&talk->wire, &t.env);
  krv_buf_init(&talk->got, &t.env);
}

static void talk_end(struct talk *talk) {
  krv_buf_release(&talk->wire);
  krv_buf_release(&talk->got);
  for (int i = 0; i < 2; i++) krv_noise_release(&talk->end[i]);
  assert_int_equal(t.live, 0);
}

static unsigned handshake_messages(const struct noise_vector *v) {
  return v->pattern == KRV_NOISE_NNPSK0 ? 2 : 3;
}

/* Message m is written into wire, with the vector's payload. */
static void say(struct talk *talk, const struct noise_vector *v, unsigned m) {
  uint8_t payload[128];
  krv_buf_reset(&talk->wire);
  struct krv_slice p = hex_bytes(v->messages[m].payload, payload, sizeof payload);
  assert_int_equal(krv_noise_write(&talk->end[m % 2], p, &talk->wire), 0);
}

static int hear(struct talk *talk, unsigned m, struct krv_slice wire) {
  krv_buf_reset(&talk->got);
  return krv_noise_read(&talk->end[(m + 1) % 2], wire, &talk->got);
}

static void pass(struct talk *talk, const struct noise_vector *v, unsigned upto) {
  for (unsigned m = 0; m < upto; m++) {
    say(talk, v, m);
    assert_int_equal(hear(talk, m, krv_buf_slice(&talk->wire)), 0);
  }
}

static void check_transport(struct talk *talk, const struct noise_vector *v) {
  struct krv_noise_cipher send[2], receive[2];
  uint8_t hash[2][32];
  struct krv_key ck[2];
  for (int i = 0; i < 2; i++)
    krv_noise_split(&talk->end[i], &send[i], &receive[i], hash[i], &ck[i]);
  assert_memory_equal(hash[0], hash[1], 32);
  assert_memory_equal(&ck[0], &ck[1], 32);
  if (v->handshake_hash) assert_hex(hash[0], 32, v->handshake_hash);
  unsigned checked = 0;
  for (unsigned m = handshake_messages(v);
       m < NOISE_VECTOR_MESSAGES_MAX && v->messages[m].payload; m++, checked++) {
    uint8_t bytes[256];
    struct krv_slice none = krv_slice(NULL, 0);
    struct krv_slice p = hex_bytes(v->messages[m].payload, bytes, sizeof bytes - KRV_TAG_LEN);
    assert_int_equal(krv_noise_seal(&send[m % 2], none, p, bytes), 0);
    assert_hex(bytes, p.len + KRV_TAG_LEN, v->messages[m].ciphertext);
    struct krv_slice sealed = krv_slice(bytes, p.len + KRV_TAG_LEN);
    assert_int_equal(krv_noise_open(&receive[(m + 1) % 2], none, sealed, bytes), 0);
    assert_hex(bytes, p.len, v->messages[m].payload);
  }
  assert_true(checked >= 2);
}

static void every_message_equals_the_vectors_of_others(void **state) {
  (void)state;
  for (size_t i = 0; i < VECTORS; i++) {
    const struct noise_vector *v = &noise_vectors[i];
    struct talk talk;
    talk_begin(&talk, v);
    for (unsigned m = 0; m < handshake_messages(v); m++) {
      say(&talk, v, m);
      assert_hex(talk.wire.data, talk.wire.len, v->messages[m].ciphertext);
      assert_int_equal(talk.wire.len, strlen(v->messages[m].payload) / 2 +
                                          krv_noise_overhead(v->pattern, m));
      assert_false(krv_noise_done(&talk.end[(m + 1) % 2]));
      assert_int_equal(hear(&talk, m, krv_buf_slice(&talk.wire)), 0);
      assert_hex(talk.got.data, talk.got.len, v->messages[m].payload);
    }
    assert_true(krv_noise_done(&talk.end[0]) && krv_noise_done(&talk.end[1]));
    if (v->init_static) assert_memory_equal(&talk.end[1].rs, &talk.end[0].s.pk, 32);
    check_transport(&talk, v);
    talk_end(&talk);
  }
}

static void all_three_patterns_are_among_the_vectors(void **state) {
  (void)state;
  unsigned seen = 0;
  for (size_t i = 0; i < VECTORS; i++) seen |= 1u << noise_vectors[i].pattern;
  assert_int_equal(seen, (1u << KRV_NOISE_COUNT) - 1);
}

/* Every message of the three patterns ends in a tag, so the reader of a changed
 * one stops there. */
static void every_flipped_byte_of_every_message_is_refused(void **state) {
  (void)state;
  unsigned flips = 0;
  for (size_t i = 0; i < VECTORS; i++) {
    const struct noise_vector *v = &noise_vectors[i];
    for (unsigned m = 0; m < handshake_messages(v); m++) {
      size_t len = strlen(v->messages[m].ciphertext) / 2;
      for (size_t at = 0; at < len; at++, flips++) {
        struct talk talk;
        talk_begin(&talk, v);
        pass(&talk, v, m);
        say(&talk, v, m);
        /* byte 31 gets its top bit, which X25519 masks away, but Noise hashes */
        const uint8_t flip = (uint8_t)(1u << at % 8);
        talk.wire.data[at] ^= flip;
        assert_int_equal(hear(&talk, m, krv_buf_slice(&talk.wire)), KRV_CRYPTO);
        assert_int_equal(talk.got.len, 0);
        assert_false(krv_noise_done(&talk.end[(m + 1) % 2]));
        talk.wire.data[at] ^= flip;
        assert_int_equal(hear(&talk, m, krv_buf_slice(&talk.wire)), KRV_STATE); /* dead */
        talk_end(&talk);
      }
    }
  }
  assert_true(flips > 600);
}

static void every_cut_message_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < VECTORS; i++) {
    const struct noise_vector *v = &noise_vectors[i];
    for (unsigned m = 0; m < handshake_messages(v); m++) {
      size_t len = strlen(v->messages[m].ciphertext) / 2;
      for (size_t cut = 0; cut <= len; cut++) {
        struct talk talk;
        talk_begin(&talk, v);
        pass(&talk, v, m);
        say(&talk, v, m);
        if (cut == len) krv_buf_u8(&talk.wire, 0); /* one byte more */
        struct krv_slice wire = krv_slice(talk.wire.data, cut == len ? len + 1 : cut);
        int expected = cut < krv_noise_overhead(v->pattern, m) ? KRV_MALFORMED : KRV_CRYPTO;
        assert_int_equal(hear(&talk, m, wire), expected);
        talk_end(&talk);
      }
    }
  }
}

static void another_psk_static_or_prologue_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < VECTORS; i++) {
    struct noise_vector v = noise_vectors[i];
    struct talk talk;
    unsigned last = handshake_messages(&v) - 1;

    if (v.psk) { /* psk0 is mixed first, psk3 last */
      talk_begin(&talk, &v);
      talk.end[1].psk.b[0] ^= 1;
      unsigned m = v.pattern == KRV_NOISE_NNPSK0 ? 0 : last;
      pass(&talk, &v, m);
      say(&talk, &v, m);
      assert_int_equal(hear(&talk, m, krv_buf_slice(&talk.wire)), KRV_CRYPTO);
      talk_end(&talk);
    }
    if (v.init_static) { /* the initiator knows another responder */
      v.init_remote_static = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
      talk_begin(&talk, &v);
      say(&talk, &v, 0);
      assert_int_equal(hear(&talk, 0, krv_buf_slice(&talk.wire)), KRV_CRYPTO);
      talk_end(&talk);
      v = noise_vectors[i];
      talk_begin(&talk, &v); /* the initiator says a static key that it does not have */
      pass(&talk, &v, 2);
      talk.end[0].s.sk.b[8] ^= 1;
      say(&talk, &v, 2);
      assert_int_equal(hear(&talk, 2, krv_buf_slice(&talk.wire)), KRV_CRYPTO);
      talk_end(&talk);
    }
    v = noise_vectors[i];
    talk_begin(&talk, &v);
    talk.end[1].h[0] ^= 1; /* what another prologue does */
    say(&talk, &v, 0);
    assert_int_equal(hear(&talk, 0, krv_buf_slice(&talk.wire)), KRV_CRYPTO);
    talk_end(&talk);
  }
}

static void a_public_key_of_small_order_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < VECTORS; i++) {
    const struct noise_vector *v = &noise_vectors[i];
    if (v->pattern == KRV_NOISE_NNPSK0) continue; /* its first key is under the psk's tag */
    struct talk talk;
    talk_begin(&talk, v);
    say(&talk, v, 0);
    memset(talk.wire.data, 0, 32);
    assert_int_equal(hear(&talk, 0, krv_buf_slice(&talk.wire)), KRV_CRYPTO);
    talk_end(&talk);
  }
}

static void messages_out_of_turn_change_nothing(void **state) {
  (void)state;
  for (size_t i = 0; i < VECTORS; i++) {
    const struct noise_vector *v = &noise_vectors[i];
    struct krv_slice none = krv_slice(NULL, 0);
    struct talk talk;
    talk_begin(&talk, v);
    for (unsigned m = 0; m < handshake_messages(v); m++) {
      assert_int_equal(krv_noise_write(&talk.end[(m + 1) % 2], none, &talk.wire), KRV_STATE);
      assert_int_equal(krv_noise_read(&talk.end[m % 2], none, &talk.got), KRV_STATE);
      say(&talk, v, m);
      assert_int_equal(hear(&talk, m, krv_buf_slice(&talk.wire)), 0);
    }
    for (int end = 0; end < 2; end++) { /* nothing follows the last one */
      assert_int_equal(krv_noise_write(&talk.end[end], none, &talk.wire), KRV_STATE);
      assert_int_equal(krv_noise_read(&talk.end[end], none, &talk.got), KRV_STATE);
      assert_true(krv_noise_done(&talk.end[end]));
    }
    talk_end(&talk);
  }
}

static const struct noise_vector *vector_of(enum krv_noise_pattern pattern) {
  for (size_t i = 0; i < VECTORS; i++)
    if (noise_vectors[i].pattern == pattern) return &noise_vectors[i];
  fail();
  return NULL;
}

static void the_psk_may_come_late_but_not_never(void **state) {
  (void)state;
  for (unsigned given = 0; given < 2; given++) {
    struct noise_vector v = *vector_of(KRV_NOISE_XKPSK3);
    struct krv_key psk;
    struct talk talk;
    hex_bytes(v.psk, psk.b, 32);
    v.psk = NULL;
    talk_begin(&talk, &v);
    krv_noise_set_psk(&talk.end[0], &psk);
    pass(&talk, &v, 2);
    if (given) krv_noise_set_psk(&talk.end[1], &psk);
    say(&talk, &v, 2);
    assert_int_equal(hear(&talk, 2, krv_buf_slice(&talk.wire)), given ? 0 : KRV_STATE);
    assert_int_equal(krv_noise_done(&talk.end[1]), given);
    talk_end(&talk);
  }
}

static void a_message_beyond_65535_bytes_is_not_written(void **state) {
  (void)state;
  static uint8_t payload[65535];
  const struct noise_vector *v = vector_of(KRV_NOISE_XK);
  struct talk talk;
  talk_begin(&talk, v);
  size_t most = sizeof payload - krv_noise_overhead(KRV_NOISE_XK, 0);
  struct krv_noise *init = &talk.end[0];
  assert_int_equal(krv_noise_write(init, krv_slice(payload, most + 1), &talk.wire), KRV_TOO_LARGE);
  assert_int_equal(talk.wire.len, 0);
  assert_int_equal(krv_noise_write(init, krv_slice(payload, most), &talk.wire), 0);
  assert_int_equal(talk.wire.len, 65535);
  assert_int_equal(hear(&talk, 0, krv_buf_slice(&talk.wire)), 0);
  assert_int_equal(talk.got.len, most);
  talk_end(&talk);
}

static void each_allocation_that_fails_ends_the_machine(void **state) {
  (void)state;
  const struct noise_vector *v = vector_of(KRV_NOISE_XKPSK3);
  for (uint64_t k = 1;; k++) {
    struct talk talk;
    talk_begin(&talk, v);
    t.fail_at = k;
    int status = 0;
    unsigned m = 0;
    for (; status == 0 && m < 3; m++) {
      uint8_t payload[128];
      struct krv_slice p = hex_bytes(v->messages[m].payload, payload, sizeof payload);
      krv_buf_release(&talk.wire);
      krv_buf_release(&talk.got);
      status = krv_noise_write(&talk.end[m % 2], p, &talk.wire);
      if (status == 0) status = hear(&talk, m, krv_buf_slice(&talk.wire));
    }
    bool dead = talk.end[0].failed || talk.end[1].failed;
    talk_end(&talk);
    if (status == 0) {
      assert_true(k > 6);
      return;
    }
    assert_int_equal(status, KRV_NOMEM);
    assert_true(dead);
  }
}

static void transport_refuses_replays_other_ad_and_a_full_counter(void **state) {
  (void)state;
  const struct noise_vector *v = vector_of(KRV_NOISE_XK);
  struct krv_noise_cipher send, receive, unused;
  uint8_t hash[32], sealed[3 + KRV_TAG_LEN], plain[3];
  struct krv_key ck;
  struct talk talk;
  struct krv_slice ad = krv_slice_str("head"), s = krv_slice(sealed, sizeof sealed);
  talk_begin(&talk, v);
  pass(&talk, v, 3);
  krv_noise_split(&talk.end[0], &send, &unused, hash, &ck);
  krv_noise_split(&talk.end[1], &unused, &receive, hash, &ck);
  assert_int_equal(krv_noise_seal(&send, ad, krv_slice_str("abc"), sealed), 0);
  assert_int_equal(krv_noise_open(&receive, krv_slice_str("heaD"), s, plain), KRV_CRYPTO);
  assert_int_equal(krv_noise_open(&receive, ad, s, plain), 0);
  assert_memory_equal(plain, "abc", 3);
  assert_int_equal(krv_noise_open(&receive, ad, s, plain), KRV_CRYPTO); /* replayed */
  assert_int_equal(krv_noise_seal(&send, ad, krv_slice_str("abc"), sealed), 0);
  assert_int_equal(krv_noise_seal(&send, ad, krv_slice_str("abc"), sealed), 0);
  assert_int_equal(krv_noise_open(&receive, ad, s, plain), KRV_CRYPTO); /* one was lost */
  send.n = receive.n = UINT64_MAX - 1;
  assert_int_equal(krv_noise_seal(&send, ad, krv_slice_str("abc"), sealed), 0);
  assert_int_equal(krv_noise_open(&receive, ad, s, plain), 0);
  assert_int_equal(krv_noise_seal(&send, ad, krv_slice_str("abc"), sealed), KRV_STATE);
  assert_int_equal(krv_noise_open(&receive, ad, s, plain), KRV_STATE);
  talk_end(&talk);
}

static int setup(void **state) {
  (void)state;
  return krv_crypto_start();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_message_equals_the_vectors_of_others),
      cmocka_unit_test(all_three_patterns_are_among_the_vectors),
      cmocka_unit_test(every_flipped_byte_of_every_message_is_refused),
      cmocka_unit_test(every_cut_message_is_refused),
      cmocka_unit_test(another_psk_static_or_prologue_is_refused),
      cmocka_unit_test(a_public_key_of_small_order_is_refused),
      cmocka_unit_test(messages_out_of_turn_change_nothing),
      cmocka_unit_test(the_psk_may_come_late_but_not_never),
      cmocka_unit_test(a_message_beyond_65535_bytes_is_not_written),
      cmocka_unit_test(each_allocation_that_fails_ends_the_machine),
      cmocka_unit_test(transport_refuses_replays_other_ad_and_a_full_counter),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
