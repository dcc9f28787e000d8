/* R8: every epoch's key is committed to; a key that does not match is no key. */
#include "crypto_vectors.h"
#include "hex.h"
#include "sealkit.h"

static void key_commit_and_id_are_those_computed_elsewhere(void **state) {
  (void)state;
  struct krv_key key;
  struct krv_case_key epoch;
  for (uint8_t i = 0; i < KRV_KEY_LEN; i++) key.b[i] = i;
  krv_case_key_set(&epoch, 7, &key);
  assert_int_equal(epoch.epoch, 7);
  assert_memory_equal(&epoch.key, &key, sizeof key);
  assert_hex(epoch.key_commit, 32, VECTOR_KEY_COMMIT);
  assert_hex(epoch.key_id.b, KRV_ID_LEN, VECTOR_KEY_ID);
}

static void random_keys_differ_and_come_from_env(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_case_key a, b, again;
  krv_testenv_init(&t, 8);
  krv_case_key_random(&t.env, 0, &a);
  krv_case_key_random(&t.env, 0, &b);
  assert_memory_not_equal(&a.key, &b.key, sizeof a.key);
  krv_testenv_init(&t, 8);
  krv_case_key_random(&t.env, 0, &again);
  assert_memory_equal(&a.key, &again.key, sizeof a.key);
}

static void the_head_names_the_key_that_opens(void **state) {
  (void)state;
  struct krv_sealkit kit;
  assert_int_equal(krv_sealkit_init(&kit, 8), KRV_OK);
  struct krv_body body = krv_sealkit_body(&kit, "Leila");
  kit.key.epoch = 2;
  assert_int_equal(krv_sealkit_seal(&kit, &body), KRV_OK);
  assert_int_equal(kit.commit.head.epoch, 2);
  assert_memory_equal(kit.commit.head.key_id4, kit.key.key_id.b, 4);
  assert_int_equal(krv_sealkit_open(&kit), KRV_OK);

  struct krv_case_key good = kit.key;
  kit.key.epoch = 3; /* the key of another epoch */
  assert_int_equal(krv_sealkit_open(&kit), KRV_NO_KEY);
  krv_case_key_random(&kit.t.env, 2, &kit.key); /* another key of that epoch */
  assert_int_equal(krv_sealkit_open(&kit), KRV_NO_KEY);
  struct krv_key forged = kit.key.key; /* another key that claims the name */
  kit.key = good;
  kit.key.key = forged;
  assert_int_equal(krv_sealkit_open(&kit), KRV_CRYPTO);
  kit.key = good;
  kit.key.key_commit[31] ^= 1; /* the key under another commitment: the signature says no */
  assert_int_equal(krv_sealkit_open(&kit), KRV_CRYPTO);
  krv_sealkit_release(&kit);
}

static void epoch_0_has_no_key_id_and_one_key(void **state) {
  (void)state;
  struct krv_sealkit kit;
  static const uint8_t none[4];
  assert_int_equal(krv_sealkit_init(&kit, 80), KRV_OK);
  struct krv_body body = krv_sealkit_body(&kit, "Leila");
  assert_int_equal(krv_sealkit_seal(&kit, &body), KRV_OK);
  assert_memory_equal(kit.commit.head.key_id4, none, 4);
  krv_case_key_random(&kit.t.env, 0, &kit.key);
  assert_int_equal(krv_sealkit_open(&kit), KRV_CRYPTO);
  krv_sealkit_release(&kit);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(key_commit_and_id_are_those_computed_elsewhere),
      cmocka_unit_test(random_keys_differ_and_come_from_env),
      cmocka_unit_test(the_head_names_the_key_that_opens),
      cmocka_unit_test(epoch_0_has_no_key_id_and_one_key),
  };
  if (krv_crypto_start() != KRV_OK) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
