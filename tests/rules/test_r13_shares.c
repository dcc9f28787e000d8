/* R13: the recovery key, split 2 of 3 (docs/protocol.md 11.6): every two shares give the seed, one
 * tells nothing, each slip shows, and what does not belong together is told apart. */
#include "hex.h"

#include <stdio.h>

#include "invitation.h"
#include "recoveryshare.h"
#include "servercode.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_key seed;
static struct krv_id programme;
static uint8_t tie[KRV_SHARE_TIE_LEN];

static void count_up(uint8_t *out, size_t len, unsigned first) {
  for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(first + i);
}

static int setup(void **state) {
  struct krv_recovery_keys keys;
  (void)state;
  krv_testenv_init(&t, 13);
  count_up(seed.b, sizeof seed.b, 0);
  count_up(programme.b, sizeof programme.b, 0x10);
  if (krv_crypto_start() != 0 || krv_recovery_keys(&seed, &keys) != 0) return -1;
  krv_recovery_tie(&programme, &keys.sign.pk, &keys.seal.pk, tie);
  return 0;
}

static int nothing_leaks(void **state) {
  (void)state;
  return t.live == 0 ? 0 : -1;
}

/* The one of the vectors. */
static struct krv_split known(void) {
  struct krv_split split;
  count_up(split.id, sizeof split.id, 0x60);
  count_up(split.part[0].b, KRV_KEY_LEN, 0x80);
  count_up(split.part[1].b, KRV_KEY_LEN, 0xC0);
  for (size_t i = 0; i < KRV_KEY_LEN; i++)
    split.part[2].b[i] = seed.b[i] ^ split.part[0].b[i] ^ split.part[1].b[i];
  return split;
}

static struct krv_recovery_share share(const struct krv_split *split, unsigned number) {
  struct krv_recovery_share out;
  krv_split_share(split, tie, number, &out);
  return out;
}

static struct krv_buf text_of(const struct krv_recovery_share *share) {
  struct krv_buf text;
  krv_buf_init(&text, &t.env);
  krv_recovery_share_format(share, &text);
  assert_int_equal(text.status, 0);
  return text;
}

static void the_three_texts_equal_the_vectors_and_come_back(void **state) {
  char path[512], name[32], wanted[32], golden[KRV_CODE_TEXT_MAX];
  struct krv_split split = known();
  (void)state;
  snprintf(path, sizeof path, "%s/vectors/codes.txt", KRV_TESTS_DIR);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  assert_int_equal(fscanf(f, "%31s %1023s", name, golden), 2); /* the server code */
  for (unsigned i = 1; i <= KRV_SHARES; i++) {
    struct krv_recovery_share given = share(&split, i), out;
    struct krv_buf text = text_of(&given);
    assert_int_equal(fscanf(f, "%31s %1023s", name, golden), 2);
    snprintf(wanted, sizeof wanted, "share%u", i);
    assert_string_equal(name, wanted);
    assert_int_equal(text.len, strlen(golden));
    assert_true(text.len < KRV_SHARE_TEXT_MAX);
    assert_memory_equal(text.data, golden, text.len);
    assert_int_equal(krv_recovery_share_parse(krv_buf_slice(&text), &out), 0);
    assert_memory_equal(&out, &given, sizeof out);
    krv_buf_wipe(&text);
  }
  fclose(f);
}

/* Through the texts, in either order, for splits at random. */
static void every_two_shares_give_the_seed(void **state) {
  (void)state;
  for (int round = 0; round < 50; round++) {
    struct krv_split split, joined;
    struct krv_key again;
    krv_split_random(&t.env, &seed, &split);
    for (unsigned i = 1; i <= KRV_SHARES; i++)
      for (unsigned k = 1; k <= KRV_SHARES; k++) {
        struct krv_recovery_share a = share(&split, i), b = share(&split, k), read;
        struct krv_buf text = text_of(&b);
        assert_int_equal(krv_recovery_share_parse(krv_buf_slice(&text), &read), 0);
        krv_buf_wipe(&text);
        if (i == k) {
          assert_int_equal(krv_split_join(&a, &read, &joined), KRV_EXISTS);
          continue;
        }
        assert_int_equal(krv_split_join(&a, &read, &joined), 0);
        assert_memory_equal(&joined, &split, sizeof split);
        krv_split_seed(&joined, &again);
        assert_memory_equal(&again, &seed, sizeof seed);
      }
  }
}

/* For each share, and for any other seed, there is a split that gives just this share: so it says
 * nothing about which seed it is. */
static void one_share_fits_every_seed(void **state) {
  (void)state;
  struct krv_split split, other;
  struct krv_key wanted, got;
  krv_split_random(&t.env, &seed, &split);
  for (unsigned i = 1; i <= KRV_SHARES; i++) {
    struct krv_recovery_share one = share(&split, i);
    krv_key_random(&t.env, &wanted);
    other = split;
    for (size_t b = 0; b < KRV_KEY_LEN; b++) /* the part that it does not hold */
      other.part[(i + 1) % KRV_SHARES].b[b] ^= seed.b[b] ^ wanted.b[b];
    struct krv_recovery_share same = share(&other, i);
    krv_split_seed(&other, &got);
    assert_memory_equal(&got, &wanted, sizeof wanted);
    assert_memory_equal(&same, &one, sizeof one);
  }
}

/* Each part over many splits: every bit is set about half the time, and no part is the seed. */
static void parts_are_random(void **state) {
  enum { ROUNDS = 400 };
  static uint32_t set[KRV_SHARES][KRV_KEY_LEN * 8];
  (void)state;
  memset(set, 0, sizeof set);
  for (int round = 0; round < ROUNDS; round++) {
    struct krv_split split;
    krv_split_random(&t.env, &seed, &split);
    for (unsigned p = 0; p < KRV_SHARES; p++) {
      assert_memory_not_equal(&split.part[p], &seed, sizeof seed);
      for (unsigned bit = 0; bit < KRV_KEY_LEN * 8; bit++)
        set[p][bit] += split.part[p].b[bit / 8] >> bit % 8 & 1;
    }
  }
  for (unsigned p = 0; p < KRV_SHARES; p++)
    for (unsigned bit = 0; bit < KRV_KEY_LEN * 8; bit++)
      assert_in_range(set[p][bit], ROUNDS / 3, ROUNDS * 2 / 3);
}

static void every_single_wrong_letter_is_refused(void **state) {
  struct krv_split split = known();
  (void)state;
  for (unsigned number = 1; number <= KRV_SHARES; number++) {
    struct krv_recovery_share given = share(&split, number), out;
    struct krv_buf text = text_of(&given);
    for (size_t i = 0; i < text.len; i++) {
      const uint8_t right = text.data[i];
      for (const char *c = "0123456789ABCDEFGHJKMNPQRSTVWXYZ!"; *c; c++) {
        if ((uint8_t)*c == right) continue;
        text.data[i] = (uint8_t)*c;
        assert_int_equal(krv_recovery_share_parse(krv_buf_slice(&text), &out), KRV_INVITE_BAD);
      }
      text.data[i] = right;
    }
    /* without its last letters it is none; a dash is no letter */
    for (size_t len = 0; len < text.len; len++)
      assert_int_equal(krv_recovery_share_parse(krv_slice(text.data, len), &out), KRV_INVITE_BAD);
    krv_buf_wipe(&text);
  }
}

static void what_does_not_belong_together_is_told_apart(void **state) {
  struct krv_split split, another, joined;
  (void)state;
  krv_split_random(&t.env, &seed, &split);
  krv_split_random(&t.env, &seed, &another);
  struct krv_recovery_share one = share(&split, 1), two = share(&split, 2), strange;
  strange = share(&another, 2);
  assert_int_equal(krv_split_join(&one, &strange, &joined), KRV_INVALID); /* another split */
  strange = share(&another, 1);
  assert_int_equal(krv_split_join(&one, &strange, &joined), KRV_INVALID);
  strange = two;
  strange.tie[7] ^= 1; /* another programme */
  assert_int_equal(krv_split_join(&one, &strange, &joined), KRV_INVALID);
  strange = two;
  strange.part[0].b[3] ^= 4; /* the part that both hold */
  assert_int_equal(krv_split_join(&one, &strange, &joined), KRV_CRYPTO);
  assert_int_equal(krv_split_join(&strange, &one, &joined), KRV_CRYPTO);
  strange = one;
  strange.part[1].b[31] ^= 128; /* twice the same number, and not the same */
  assert_int_equal(krv_split_join(&one, &strange, &joined), KRV_CRYPTO);
}

/* One that is wrong where the other does not look gives another key: that shows at the founding
 * entry (krv_recovery_take), and nowhere before. */
static void a_wrong_share_gives_another_seed(void **state) {
  struct krv_split split = known(), joined;
  struct krv_key got;
  (void)state;
  struct krv_recovery_share one = share(&split, 1), two = share(&split, 2);
  two.part[1].b[0] ^= 1;
  assert_int_equal(krv_split_join(&one, &two, &joined), 0);
  krv_split_seed(&joined, &got);
  assert_memory_not_equal(&got, &seed, sizeof seed);
}

static void the_tie_is_to_programme_and_key(void **state) {
  struct krv_recovery_keys keys, other;
  struct krv_key strange = seed;
  struct krv_id elsewhere = programme;
  uint8_t out[KRV_SHARE_TIE_LEN];
  (void)state;
  strange.b[9] ^= 2;
  elsewhere.b[15] ^= 1;
  assert_int_equal(krv_recovery_keys(&seed, &keys), 0);
  assert_int_equal(krv_recovery_keys(&strange, &other), 0);
  krv_recovery_tie(&programme, &keys.sign.pk, &keys.seal.pk, out);
  assert_memory_equal(out, tie, sizeof tie);
  krv_recovery_tie(&elsewhere, &keys.sign.pk, &keys.seal.pk, out);
  assert_memory_not_equal(out, tie, sizeof tie);
  krv_recovery_tie(&programme, &other.sign.pk, &keys.seal.pk, out);
  assert_memory_not_equal(out, tie, sizeof tie);
  krv_recovery_tie(&programme, &keys.sign.pk, &other.seal.pk, out);
  assert_memory_not_equal(out, tie, sizeof tie);
}

static void it_is_a_kind_of_its_own_with_three_numbers(void **state) {
  struct krv_split split = known();
  struct krv_recovery_share given = share(&split, 3), out;
  struct krv_server_code server;
  struct krv_founding_code founding = {.address = "10.0.0.7:7440"};
  struct krv_invitation invitation;
  struct krv_buf text = text_of(&given), other;
  (void)state;
  assert_int_equal(krv_founding_parse(krv_buf_slice(&text), &founding), KRV_INVITE_BAD);
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&text), &invitation), KRV_INVITE_BAD);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &server), KRV_INVITE_BAD);
  krv_buf_wipe(&text);
  krv_buf_init(&other, &t.env);
  krv_founding_format(&founding, &other);
  assert_int_equal(krv_recovery_share_parse(krv_buf_slice(&other), &out), KRV_INVITE_BAD);
  krv_buf_release(&other);
  for (unsigned number = 0; number < 256; number++) {
    given.number = (uint8_t)number;
    text = text_of(&given);
    int status = krv_recovery_share_parse(krv_buf_slice(&text), &out);
    assert_int_equal(status, number >= 1 && number <= 3 ? 0 : KRV_INVITE_BAD);
    krv_buf_wipe(&text);
  }
}

/* What was refused leaves nothing of itself behind. */
static void a_refused_text_leaves_no_part(void **state) {
  static const uint8_t zeros[sizeof(struct krv_recovery_share)];
  struct krv_split split = known();
  struct krv_recovery_share given = share(&split, 1), out;
  (void)state;
  given.number = 4;
  struct krv_buf text = text_of(&given);
  memset(&out, 0xff, sizeof out);
  assert_int_equal(krv_recovery_share_parse(krv_buf_slice(&text), &out), KRV_INVITE_BAD);
  assert_memory_equal(&out, zeros, sizeof out);
  krv_buf_wipe(&text);
}

static void no_memory_is_told(void **state) {
  struct krv_split split = known();
  struct krv_recovery_share given = share(&split, 2);
  bool done = false;
  (void)state;
  for (uint32_t k = 1; !done; k++) {
    struct krv_buf text;
    krv_buf_init(&text, &t.env);
    t.fail_at = t.allocations + k;
    krv_recovery_share_format(&given, &text);
    done = t.allocations < t.fail_at;
    t.fail_at = 0;
    assert_int_equal(text.status, done ? 0 : KRV_NOMEM);
    krv_buf_wipe(&text);
    assert_true(k < 100);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_three_texts_equal_the_vectors_and_come_back),
      cmocka_unit_test(every_two_shares_give_the_seed),
      cmocka_unit_test(one_share_fits_every_seed),
      cmocka_unit_test(parts_are_random),
      cmocka_unit_test(every_single_wrong_letter_is_refused),
      cmocka_unit_test(what_does_not_belong_together_is_told_apart),
      cmocka_unit_test(a_wrong_share_gives_another_seed),
      cmocka_unit_test(the_tie_is_to_programme_and_key),
      cmocka_unit_test(it_is_a_kind_of_its_own_with_three_numbers),
      cmocka_unit_test(a_refused_text_leaves_no_part),
      cmocka_unit_test(no_memory_is_told),
  };
  return cmocka_run_group_tests(tests, setup, nothing_leaks);
}
