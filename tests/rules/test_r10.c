/* R10: an envelope is right if, and only if, what it opens to has the key id that
 * was committed to, whoever gave it. The golden bytes were computed apart. */
#include "hex.h"

#include "group.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_dh_pair giver, receiver, group;

static void fixed_pair(uint8_t fill, struct krv_dh_pair *out) {
  struct krv_key sk;
  memset(sk.b, fill, sizeof sk.b);
  assert_int_equal(krv_dh_pair_from_secret(&sk, out), 0);
}

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 10);
  fixed_pair(1, &giver);
  fixed_pair(2, &receiver);
  fixed_pair(3, &group);
  return krv_crypto_start();
}

static void a_box_has_the_golden_bytes(void **state) {
  (void)state;
  uint8_t box[KRV_ENVELOPE_LEN];
  struct krv_id id;
  krv_group_key_id(&group.pk, &id);
  assert_hex(id.b, sizeof id.b, "d3abe1e6fb535089c48911532d1568dc");
  assert_int_equal(krv_box_seal(&giver, &receiver.pk, &group, box), 0);
  assert_hex(box, sizeof box,
             "8a1d9322fb96da31e790607a3dfb6da555c1c70aaa47f7698bc03890bfe0546e"
             "5664b713d2fa9d05182aba7562e53b3a");
}

static void a_grant_has_the_golden_bytes(void **state) {
  (void)state;
  struct krv_envelope_ends ends;
  struct krv_key key, opened;
  struct krv_id id;
  uint8_t commit[KRV_HASH_LEN], grant[KRV_ENVELOPE_LEN];
  memset(key.b, 3, sizeof key.b);
  krv_key_commit(&key, commit);
  krv_key_id(commit, &id);
  assert_int_equal(krv_envelope_give(&ends, &giver, &receiver.pk), 0);
  krv_envelope_seal(&ends, KRV_PURPOSE_GRANT, &id, &key, grant);
  assert_hex(grant, sizeof grant,
             "960b8ed82e98f14ef12279367e39029b14e8c54758dcbf2066460051b9c3c059"
             "5d6f29da4517e6bbd42c393103e6489b");
  assert_int_equal(krv_envelope_take(&ends, &receiver, &giver.pk), 0);
  assert_int_equal(krv_envelope_open(&ends, KRV_PURPOSE_GRANT, &id, grant, &opened), 0);
  assert_memory_equal(opened.b, key.b, sizeof key.b);
  assert_int_equal(krv_envelope_open(&ends, KRV_PURPOSE_BOX, &id, grant, &opened), KRV_CRYPTO);
}

static void boxes_open_in_both_directions(void **state) {
  (void)state;
  uint8_t box[KRV_ENVELOPE_LEN];
  struct krv_dh_pair opened;
  assert_int_equal(krv_box_seal(&giver, &receiver.pk, &group, box), 0);
  assert_int_equal(krv_box_open(&receiver, &giver.pk, &group.pk, box, &opened), 0);
  assert_memory_equal(&opened, &group, sizeof group);
  assert_int_equal(krv_box_seal(&receiver, &giver.pk, &group, box), 0);
  assert_int_equal(krv_box_open(&giver, &receiver.pk, &group.pk, box, &opened), 0);
  assert_memory_equal(&opened, &group, sizeof group);
}

/* A giver who seals another secret under the group's name is found out: the
 * envelope opens, and the secret does not give the key. */
static void a_bad_givers_other_secret_is_refused(void **state) {
  (void)state;
  struct krv_envelope_ends ends;
  struct krv_dh_pair other, opened;
  struct krv_id id;
  uint8_t box[KRV_ENVELOPE_LEN];
  krv_dh_pair_random(&t.env, &other);
  krv_group_key_id(&group.pk, &id);
  assert_int_equal(krv_envelope_give(&ends, &giver, &receiver.pk), 0);
  krv_envelope_seal(&ends, KRV_PURPOSE_BOX, &id, &other.sk, box);
  assert_int_equal(krv_box_open(&receiver, &giver.pk, &group.pk, box, &opened), KRV_CRYPTO);
  struct krv_dh_pair zero = {0};
  assert_memory_equal(&opened, &zero, sizeof zero);
}

static void every_changed_byte_and_other_end_is_refused(void **state) {
  (void)state;
  uint8_t box[KRV_ENVELOPE_LEN];
  struct krv_dh_pair opened, stranger;
  krv_dh_pair_random(&t.env, &stranger);
  assert_int_equal(krv_box_seal(&giver, &receiver.pk, &group, box), 0);
  for (size_t i = 0; i < sizeof box; i++) {
    box[i] ^= 0x40;
    assert_int_equal(krv_box_open(&receiver, &giver.pk, &group.pk, box, &opened), KRV_CRYPTO);
    box[i] ^= 0x40;
  }
  assert_int_equal(krv_box_open(&stranger, &giver.pk, &group.pk, box, &opened), KRV_CRYPTO);
  assert_int_equal(krv_box_open(&receiver, &stranger.pk, &group.pk, box, &opened), KRV_CRYPTO);
  assert_int_equal(krv_box_open(&receiver, &giver.pk, &stranger.pk, box, &opened), KRV_CRYPTO);
}

/* R14: the newer secret gives history, the older one gives nothing. */
static void a_back_chain_link_opens_with_the_newer_secret_only(void **state) {
  (void)state;
  uint8_t link[KRV_ENVELOPE_LEN];
  struct krv_dh_pair older, newer, opened;
  krv_dh_pair_random(&t.env, &older);
  krv_dh_pair_random(&t.env, &newer);
  assert_int_equal(krv_back_chain_seal(&newer, &older, link), 0);
  assert_int_equal(krv_back_chain_open(&newer, &older.pk, link, &opened), 0);
  assert_memory_equal(&opened, &older, sizeof older);
  assert_int_equal(krv_back_chain_open(&older, &older.pk, link, &opened), KRV_CRYPTO);
  assert_int_equal(krv_back_chain_open(&newer, &newer.pk, link, &opened), KRV_CRYPTO);
  link[0] ^= 1;
  assert_int_equal(krv_back_chain_open(&newer, &older.pk, link, &opened), KRV_CRYPTO);
}

static void a_small_order_key_gives_no_envelope(void **state) {
  (void)state;
  uint8_t box[KRV_ENVELOPE_LEN];
  struct krv_key zero = {{0}};
  struct krv_dh_pair opened;
  assert_int_equal(krv_box_seal(&giver, &zero, &group, box), KRV_CRYPTO);
  assert_int_equal(krv_box_open(&receiver, &zero, &group.pk, box, &opened), KRV_CRYPTO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_box_has_the_golden_bytes),
      cmocka_unit_test(a_grant_has_the_golden_bytes),
      cmocka_unit_test(boxes_open_in_both_directions),
      cmocka_unit_test(a_bad_givers_other_secret_is_refused),
      cmocka_unit_test(every_changed_byte_and_other_end_is_refused),
      cmocka_unit_test(a_back_chain_link_opens_with_the_newer_secret_only),
      cmocka_unit_test(a_small_order_key_gives_no_envelope),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
