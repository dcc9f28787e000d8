#include "crypto_vectors.h"
#include "hex.h"
#include "sign.h"
#include "testenv.h"

static struct krv_sign_pair pair;
static struct krv_slice parts[2];

static int setup(void **state) {
  (void)state;
  struct krv_key seed;
  if (krv_crypto_start() != 0) return -1;
  for (size_t i = 0; i < sizeof seed.b; i++) seed.b[i] = (uint8_t)i;
  krv_sign_pair_from_seed(&seed, &pair);
  parts[0] = krv_slice_str("one");
  parts[1] = krv_slice_str("two");
  return 0;
}

static void the_signature_equals_the_vector_and_verifies(void **state) {
  (void)state;
  uint8_t sig[KRV_SIG_LEN];
  assert_hex(pair.pk.b, 32, VECTOR_SIGN_PK);
  krv_sign(&pair, KRV_DOMAIN_ENTRY_SIGN, parts, 2, sig);
  assert_hex(sig, sizeof sig, VECTOR_SIGNATURE);
  assert_int_equal(krv_sign_verify(&pair.pk, KRV_DOMAIN_ENTRY_SIGN, parts, 2, sig), 0);
}

/* RFC 8032, 7.1, test 1: the public half of a seed. */
static void the_rfc_seed_gives_the_rfc_key(void **state) {
  (void)state;
  struct krv_key seed;
  struct krv_sign_pair rfc;
  hex_bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", seed.b, 32);
  krv_sign_pair_from_seed(&seed, &rfc);
  assert_hex(rfc.pk.b, 32, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}

static void any_changed_bit_domain_or_part_is_refused(void **state) {
  (void)state;
  uint8_t sig[KRV_SIG_LEN];
  krv_sign(&pair, KRV_DOMAIN_ENTRY_SIGN, parts, 2, sig);
  for (size_t bit = 0; bit < 8 * sizeof sig; bit++) {
    sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_int_equal(krv_sign_verify(&pair.pk, KRV_DOMAIN_ENTRY_SIGN, parts, 2, sig), KRV_CRYPTO);
    sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  assert_int_equal(krv_sign_verify(&pair.pk, KRV_DOMAIN_COMMIT_SIGN, parts, 2, sig), KRV_CRYPTO);
  assert_int_equal(krv_sign_verify(&pair.pk, KRV_DOMAIN_ENTRY_SIGN, parts, 1, sig), KRV_CRYPTO);
  struct krv_testenv t;
  struct krv_sign_pair other;
  krv_testenv_init(&t, 3);
  krv_sign_pair_random(&t.env, &other);
  assert_int_equal(krv_sign_verify(&other.pk, KRV_DOMAIN_ENTRY_SIGN, parts, 2, sig), KRV_CRYPTO);
}

/* The points of order 1, 2, 4 and 8 and forms of them that are not canonical.
 * With R = the neutral point and S = 0 a lax verifier accepts them. */
static void public_keys_of_small_order_are_refused(void **state) {
  (void)state;
  static const char *const small[] = {
      "0100000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000080",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  };
  for (size_t i = 0; i < sizeof small / sizeof *small; i++)
    for (size_t r = 0; r < sizeof small / sizeof *small; r++) {
      struct krv_key pk;
      uint8_t sig[KRV_SIG_LEN] = {0};
      hex_bytes(small[i], pk.b, 32);
      hex_bytes(small[r], sig, 32);
      assert_int_equal(krv_sign_verify(&pk, KRV_DOMAIN_ENTRY_SIGN, parts, 2, sig), KRV_CRYPTO);
    }
}

/* S + L verifies by the bare equation: the same statement would have a second
 * signature, and a commit a second id. */
static void a_signature_with_s_not_reduced_is_refused(void **state) {
  (void)state;
  uint8_t sig[KRV_SIG_LEN], order[32];
  hex_bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order, 32);
  krv_sign(&pair, KRV_DOMAIN_ENTRY_SIGN, parts, 2, sig);
  unsigned carry = 0;
  for (size_t i = 0; i < 32; i++) {
    carry += (unsigned)sig[32 + i] + order[i];
    sig[32 + i] = (uint8_t)carry;
    carry >>= 8;
  }
  assert_int_equal(carry, 0);
  assert_int_equal(krv_sign_verify(&pair.pk, KRV_DOMAIN_ENTRY_SIGN, parts, 2, sig), KRV_CRYPTO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_signature_equals_the_vector_and_verifies),
      cmocka_unit_test(the_rfc_seed_gives_the_rfc_key),
      cmocka_unit_test(any_changed_bit_domain_or_part_is_refused),
      cmocka_unit_test(public_keys_of_small_order_are_refused),
      cmocka_unit_test(a_signature_with_s_not_reduced_is_refused),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
