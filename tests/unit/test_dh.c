#include "crypto_vectors.h"
#include "dh.h"
#include "hex.h"
#include "testenv.h"

static struct krv_dh_pair giver, receiver;
static struct krv_key key;
static struct krv_id key_id;

static int setup(void **state) {
  (void)state;
  struct krv_key other;
  uint8_t commit[KRV_HASH_LEN];
  if (krv_crypto_start() != 0) return -1;
  for (size_t i = 0; i < 32; i++) {
    key.b[i] = (uint8_t)i;
    other.b[i] = (uint8_t)(32 + i);
  }
  krv_key_commit(&key, commit);
  krv_key_id(commit, &key_id);
  return krv_dh_pair_from_secret(&key, &giver) || krv_dh_pair_from_secret(&other, &receiver);
}

/* RFC 7748, 6.1. */
static void the_rfc_pairs_share_the_rfc_secret(void **state) {
  (void)state;
  struct krv_key a, b, shared;
  struct krv_dh_pair alice, bob;
  hex_bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", a.b, 32);
  hex_bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", b.b, 32);
  assert_int_equal(krv_dh_pair_from_secret(&a, &alice), 0);
  assert_int_equal(krv_dh_pair_from_secret(&b, &bob), 0);
  assert_hex(bob.pk.b, 32, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  static const char secret[] = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  assert_int_equal(krv_dh(&alice.sk, &bob.pk, &shared), 0);
  assert_hex(shared.b, 32, secret);
  assert_int_equal(krv_dh(&bob.sk, &alice.pk, &shared), 0);
  assert_hex(shared.b, 32, secret);
}

static void points_that_give_zero_are_refused(void **state) {
  (void)state;
  static const char *const small[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
    struct krv_key pk, shared;
    struct krv_envelope_ends ends;
    hex_bytes(small[i], pk.b, 32);
    assert_int_equal(krv_dh(&giver.sk, &pk, &shared), KRV_CRYPTO);
    assert_hex(shared.b, 32, small[0]);
    assert_int_equal(krv_envelope_give(&ends, &giver, &pk), KRV_CRYPTO);
    assert_int_equal(krv_envelope_take(&ends, &receiver, &pk), KRV_CRYPTO);
  }
}

static void an_envelope_equals_the_vector_and_opens_at_the_other_end(void **state) {
  (void)state;
  struct krv_envelope_ends give, take;
  uint8_t envelope[KRV_ENVELOPE_LEN];
  struct krv_key opened;
  assert_int_equal(krv_envelope_give(&give, &giver, &receiver.pk), 0);
  assert_int_equal(krv_envelope_take(&take, &receiver, &giver.pk), 0);
  assert_hex(give.giver_pk.b, 32, VECTOR_GIVER_PK);
  assert_hex(give.receiver_pk.b, 32, VECTOR_RECEIVER_PK);
  assert_hex(give.shared.b, 32, VECTOR_SHARED);
  assert_memory_equal(&give, &take, sizeof give);
  krv_envelope_seal(&give, KRV_PURPOSE_GRANT, &key_id, &key, envelope);
  assert_hex(envelope, sizeof envelope, VECTOR_ENVELOPE);
  assert_int_equal(krv_envelope_open(&take, KRV_PURPOSE_GRANT, &key_id, envelope, &opened), 0);
  assert_memory_equal(&opened, &key, sizeof key);
}

static void an_envelope_opens_for_nothing_else(void **state) {
  (void)state;
  struct krv_envelope_ends ends, reversed;
  uint8_t envelope[KRV_ENVELOPE_LEN];
  struct krv_key opened;
  struct krv_id other = key_id;
  other.b[0] ^= 1;
  assert_int_equal(krv_envelope_give(&ends, &giver, &receiver.pk), 0);
  assert_int_equal(krv_envelope_give(&reversed, &receiver, &giver.pk), 0);
  krv_envelope_seal(&ends, KRV_PURPOSE_GRANT, &key_id, &key, envelope);
  assert_int_equal(krv_envelope_open(&ends, KRV_PURPOSE_BOX, &key_id, envelope, &opened),
                   KRV_CRYPTO);
  assert_int_equal(krv_envelope_open(&ends, KRV_PURPOSE_GRANT, &other, envelope, &opened),
                   KRV_CRYPTO);
  assert_int_equal(krv_envelope_open(&reversed, KRV_PURPOSE_GRANT, &key_id, envelope, &opened),
                   KRV_CRYPTO);
  for (size_t i = 0; i < sizeof envelope; i++) {
    envelope[i] ^= 4;
    assert_int_equal(krv_envelope_open(&ends, KRV_PURPOSE_GRANT, &key_id, envelope, &opened),
                     KRV_CRYPTO);
    envelope[i] ^= 4;
  }
}

static void a_mac_equals_the_vector_and_depends_on_all(void **state) {
  (void)state;
  const struct krv_slice parts[] = {krv_slice_str("one"), krv_slice_str("two")};
  uint8_t mac[16], other[16];
  krv_mac16(&key, KRV_DOMAIN_VOUCH, parts, 2, mac);
  assert_hex(mac, 16, VECTOR_MAC16);
  krv_mac16(&key, KRV_DOMAIN_RECEIPT, parts, 2, other);
  assert_memory_not_equal(mac, other, 16);
  krv_mac16(&key, KRV_DOMAIN_VOUCH, parts, 1, other);
  assert_memory_not_equal(mac, other, 16);
  krv_mac16(&giver.pk, KRV_DOMAIN_VOUCH, parts, 2, other);
  assert_memory_not_equal(mac, other, 16);
}

static void random_pairs_agree_with_each_other(void **state) {
  (void)state;
  struct krv_testenv t;
  krv_testenv_init(&t, 9);
  for (unsigned i = 0; i < 50; i++) {
    struct krv_dh_pair a, b;
    struct krv_key x, y;
    krv_dh_pair_random(&t.env, &a);
    krv_dh_pair_random(&t.env, &b);
    assert_int_equal(krv_dh(&a.sk, &b.pk, &x), 0);
    assert_int_equal(krv_dh(&b.sk, &a.pk, &y), 0);
    assert_memory_equal(&x, &y, sizeof x);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rfc_pairs_share_the_rfc_secret),
      cmocka_unit_test(points_that_give_zero_are_refused),
      cmocka_unit_test(an_envelope_equals_the_vector_and_opens_at_the_other_end),
      cmocka_unit_test(an_envelope_opens_for_nothing_else),
      cmocka_unit_test(a_mac_equals_the_vector_and_depends_on_all),
      cmocka_unit_test(random_pairs_agree_with_each_other),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
