/* R9: a case's id is the hash of what it was founded on, so nobody squats on one. */
#include "commit_vectors.h"
#include "forms.h"
#include "hash.h"
#include "hex.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_id programme;

static struct krv_genesis golden(void) {
  struct krv_genesis genesis = {.access = {.items = {{0, KRV_ACCESS_WRITE}, {300, KRV_ACCESS_READ}},
                                           .count = 2}};
  struct krv_key key;
  krv_testenv_init(&t, 9);
  hex_bytes("101112131415161718191a1b1c1d1e1f", programme.b, KRV_ID_LEN);
  hex_bytes(VECTOR_DEVICE_ID, genesis.creator.b, KRV_ID_LEN);
  for (uint8_t i = 0; i < KRV_KEY_LEN; i++) key.b[i] = i;
  krv_key_commit(&key, genesis.key_commit);
  return genesis;
}

static void assert_other_id(const struct krv_genesis *genesis) {
  struct krv_id id;
  uint8_t expected[KRV_ID_LEN];
  hex_bytes(VECTOR_CASE_ID, expected, sizeof expected);
  assert_int_equal(krv_case_id(&t.env, &programme, genesis, &id), KRV_OK);
  assert_memory_not_equal(id.b, expected, KRV_ID_LEN);
}

static void case_id_is_the_one_computed_elsewhere(void **state) {
  (void)state;
  struct krv_genesis genesis = golden();
  struct krv_id id;
  assert_int_equal(krv_case_id(&t.env, &programme, &genesis, &id), KRV_OK);
  assert_hex(id.b, KRV_ID_LEN, VECTOR_CASE_ID);
  assert_int_equal(t.live, 0);
}

static void nothing_of_a_genesis_can_change_without_its_id(void **state) {
  (void)state;
  struct krv_genesis genesis = golden();
  genesis.creator.b[15] ^= 1;
  assert_other_id(&genesis);
  genesis = golden();
  genesis.key_commit[0] ^= 1;
  assert_other_id(&genesis);
  genesis = golden();
  genesis.access.items[1].mode = KRV_ACCESS_WRITE;
  assert_other_id(&genesis);
  genesis = golden();
  genesis.access.items[1].group = 301;
  assert_other_id(&genesis);
  genesis = golden();
  genesis.access.count = 1;
  assert_other_id(&genesis);
  genesis = golden();
  programme.b[0] ^= 1;
  assert_other_id(&genesis);
}

static void without_memory_there_is_no_id(void **state) {
  (void)state;
  struct krv_genesis genesis = golden();
  struct krv_id id;
  t.fail_at = 1;
  assert_int_equal(krv_case_id(&t.env, &programme, &genesis, &id), KRV_NOMEM);
  assert_true(krv_id_is_zero(&id));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(case_id_is_the_one_computed_elsewhere),
      cmocka_unit_test(nothing_of_a_genesis_can_change_without_its_id),
      cmocka_unit_test(without_memory_there_is_no_id),
  };
  if (krv_crypto_start() != KRV_OK) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
