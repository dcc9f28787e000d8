/* R33: Noise prologue "kerven" || handshake kind; a frame's head is AD of its transport message.
 * A second client, written by hand from the Noise machine alone, talks to a channel. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "chanpair.h"
#include "dh.h"

struct by_hand {
  enum krv_noise_pattern pattern;
  uint8_t kind; /* of the first frame */
};
static const struct by_hand kinds[] = {
    {KRV_NOISE_XK, KRV_FRAME_XK1},
    {KRV_NOISE_XKPSK3, KRV_FRAME_EN1},
    {KRV_NOISE_NNPSK0, KRV_FRAME_TK1},
};

static void begin(const struct chanpair *p, const struct by_hand *how, struct krv_slice prologue,
                  struct krv_noise *noise) {
  struct krv_dh_pair e;
  struct krv_testenv world;
  krv_testenv_init(&world, 77);
  krv_dh_pair_random(&world.env, &e);
  bool ticket = how->pattern == KRV_NOISE_NNPSK0;
  krv_noise_init(noise, &(struct krv_noise_options){
                            .pattern = how->pattern,
                            .initiator = true,
                            .prologue = prologue,
                            .s = ticket ? NULL : &p->client_s,
                            .e = &e,
                            .rs = ticket ? NULL : &p->server_s.pk,
                            .psk = ticket ? &p->ticket.psk
                                   : how->pattern == KRV_NOISE_XKPSK3 ? &p->invite_psk : NULL});
}

/* One frame by hand to the server; what it says. */
static int frame(struct chanpair *p, uint8_t kind, struct krv_slice bytes) {
  uint8_t head[KRV_FRAME_HEAD];
  krv_frame_head(kind, bytes.len, head);
  int status = krv_channel_feed(p->server, krv_slice(head, sizeof head));
  return status == 0 ? krv_channel_feed(p->server, bytes) : status;
}

static int first_message_with(struct chanpair *p, const struct by_hand *how,
                              struct krv_noise *noise, struct krv_slice payload) {
  struct krv_buf message;
  krv_buf_init(&message, &p->world.env);
  if (how->pattern == KRV_NOISE_NNPSK0) krv_buf_append(&message, p->ticket.id.b, KRV_ID_LEN);
  assert_int_equal(krv_noise_write(noise, payload, &message), 0);
  int status = frame(p, how->kind, krv_buf_slice(&message));
  krv_buf_release(&message);
  return status;
}

static int first_message(struct chanpair *p, const struct by_hand *how, struct krv_noise *noise) {
  return first_message_with(p, how, noise, krv_slice(NULL, 0));
}

static void the_prologue_is_kerven_and_the_kind_of_the_first_frame(void **state) {
  (void)state;
  for (unsigned i = 0; i < 3; i++)
    for (unsigned last = 0; last < 12; last++) {
      const uint8_t prologue[] = {'k', 'e', 'r', 'v', 'e', 'n', (uint8_t)last};
      struct chanpair p;
      struct krv_noise noise;
      chanpair_init(&p, 1);
      assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
      begin(&p, &kinds[i], krv_slice(prologue, sizeof prologue), &noise);
      assert_int_equal(first_message(&p, &kinds[i], &noise),
                       last == kinds[i].kind ? 0 : KRV_CRYPTO);
      chanpair_release(&p);
    }
}

static void no_other_prologue_will_do(void **state) {
  (void)state;
  static const char *const others[] = {"", "kerven", "Kerven\x01", "kerven\x01\x01", "kervem\x01"};
  for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
    struct chanpair p;
    struct krv_noise noise;
    chanpair_init(&p, 2);
    assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
    begin(&p, &kinds[0], krv_slice_str(others[i]), &noise);
    assert_int_equal(first_message(&p, &kinds[0], &noise), KRV_CRYPTO);
    chanpair_release(&p);
  }
}

/* Opens XK by hand; gives the cipher that sends. */
static void open_by_hand(struct chanpair *p, struct krv_noise_cipher *sending) {
  static const uint8_t prologue[] = {'k', 'e', 'r', 'v', 'e', 'n', KRV_FRAME_XK1};
  struct krv_noise noise;
  struct krv_noise_cipher receiving;
  struct krv_buf buf;
  struct krv_key ck;
  uint8_t hash[32];
  assert_int_equal(chanpair_open(p, KRV_OPENING_XK, 0), 0);
  begin(p, &kinds[0], krv_slice(prologue, sizeof prologue), &noise);
  assert_int_equal(first_message(p, &kinds[0], &noise), 0);
  assert_int_equal(krv_channel_flush(p->server), 0);
  krv_buf_init(&buf, &p->world.env);
  struct krv_buf *out = krv_channel_out(p->server);
  assert_int_equal(out->data[2], KRV_FRAME_XK2);
  assert_int_equal(krv_noise_read(&noise, krv_slice(out->data + 3, out->len - 3), &buf), 0);
  struct krv_in in = krv_in(krv_buf_slice(&buf));
  assert_int_equal(krv_in_u32(&in), p->world.wall_s); /* R35 */
  assert_int_equal(krv_in_end(&in), 0);
  krv_buf_reset(&buf);
  assert_int_equal(krv_noise_write(&noise, krv_slice(NULL, 0), &buf), 0);
  assert_int_equal(frame(p, KRV_FRAME_XK3, krv_buf_slice(&buf)), 0);
  assert_int_equal(krv_channel_state(p->server), KRV_CHANNEL_OPEN);
  krv_noise_split(&noise, sending, &receiving, hash, &ck);
  struct krv_ticket own, theirs;
  krv_ticket_next(&ck, p->world.wall_s, &own);
  assert_true(krv_channel_next_ticket(p->server, &theirs));
  assert_memory_equal(&own.id, &theirs.id, sizeof own.id);
  krv_buf_release(&buf);
}

static void the_head_is_associated_data_of_a_transport_message(void **state) {
  (void)state;
  for (unsigned i = 0; i < 3; i++) {
    struct chanpair p;
    struct krv_noise_cipher sending;
    uint8_t head[KRV_FRAME_HEAD], sealed[5 + 16];
    chanpair_init(&p, 3 + i);
    open_by_hand(&p, &sending);
    krv_frame_head(KRV_FRAME_DATA, sizeof sealed, head);
    size_t ad_len = i == 1 ? 0 : sizeof head;
    if (i == 2) head[2] ^= 1;
    struct krv_slice ad = krv_slice(head, ad_len), hello = krv_slice_str("hello");
    assert_int_equal(krv_noise_seal(&sending, ad, hello, sealed), 0);
    assert_int_equal(frame(&p, KRV_FRAME_DATA, krv_slice(sealed, sizeof sealed)),
                     i == 0 ? 0 : KRV_CRYPTO);
    assert_true(chanpair_got(p.server, i == 0 ? "hello" : ""));
    chanpair_release(&p);
  }
}

static void nothing_rides_in_xk1(void **state) {
  (void)state;
  static const uint8_t prologue[] = {'k', 'e', 'r', 'v', 'e', 'n', KRV_FRAME_XK1};
  struct chanpair p;
  struct krv_noise noise;
  chanpair_init(&p, 6);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  begin(&p, &kinds[0], krv_slice(prologue, sizeof prologue), &noise);
  assert_int_equal(first_message_with(&p, &kinds[0], &noise, krv_slice_str("x")), KRV_PROTOCOL);
  chanpair_release(&p);
}

/* The other end by hand: a server whose XK2 carries len bytes; what the client says. */
static int answer_by_hand(struct chanpair *p, size_t len) {
  static const uint8_t prologue[] = {'k', 'e', 'r', 'v', 'e', 'n', KRV_FRAME_XK1}, time[8] = {1, 2};
  struct krv_noise noise;
  struct krv_dh_pair e;
  struct krv_buf read, message;
  uint8_t head[KRV_FRAME_HEAD];
  assert_int_equal(chanpair_open(p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(krv_channel_flush(p->client), 0);
  krv_dh_pair_random(&p->world.env, &e);
  krv_noise_init(&noise, &(struct krv_noise_options){
                             .pattern = KRV_NOISE_XK,
                             .prologue = krv_slice(prologue, sizeof prologue),
                             .s = &p->server_s,
                             .e = &e});
  krv_buf_init(&read, &p->world.env);
  krv_buf_init(&message, &p->world.env);
  struct krv_buf *out = krv_channel_out(p->client);
  assert_int_equal(krv_noise_read(&noise, krv_slice(out->data + 3, out->len - 3), &read), 0);
  assert_int_equal(krv_noise_write(&noise, krv_slice(time, len), &message), 0);
  krv_frame_head(KRV_FRAME_XK2, message.len, head);
  int status = krv_channel_feed(p->client, krv_slice(head, sizeof head));
  if (status == 0) status = krv_channel_feed(p->client, krv_buf_slice(&message));
  krv_buf_release(&read);
  krv_buf_release(&message);
  return status;
}

static void the_time_in_xk2_is_four_bytes(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 7);
  for (size_t len = 0; len <= 8; len++)
    assert_int_equal(answer_by_hand(&p, len), len == 4 ? 0 : KRV_MALFORMED);
  assert_int_equal(answer_by_hand(&p, 4), 0);
  assert_int_equal(krv_channel_server_s(p.client), 1 + 2 * 256);
  chanpair_release(&p);
}

static int start(void **state) {
  (void)state;
  return krv_crypto_start();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_prologue_is_kerven_and_the_kind_of_the_first_frame),
      cmocka_unit_test(no_other_prologue_will_do),
      cmocka_unit_test(nothing_rides_in_xk1),
      cmocka_unit_test(the_time_in_xk2_is_four_bytes),
      cmocka_unit_test(the_head_is_associated_data_of_a_transport_message),
  };
  return cmocka_run_group_tests(tests, start, NULL);
}
