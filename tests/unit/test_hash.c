#include "crypto_vectors.h"
#include "hash.h"
#include "hex.h"

static struct krv_key key;

static int setup(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof key.b; i++) key.b[i] = (uint8_t)i;
  return krv_crypto_start();
}

static void h_equals_the_vectors_of_each_domain(void **state) {
  (void)state;
  const struct krv_slice parts[] = {krv_slice_str("abc"), krv_slice(NULL, 0), krv_slice(key.b, 32)};
  static const struct {
    enum krv_domain domain;
    const char *hex;
  } vectors[] = {
#define X(name, hex) {KRV_DOMAIN_##name, hex},
      VECTOR_H_MAP(X)
#undef X
  };
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    uint8_t out[32], prefix[32];
    krv_h(vectors[i].domain, parts, 3, out, 32);
    assert_hex(out, 32, vectors[i].hex);
    for (size_t len = 8; len <= 16; len += 8) {
      krv_h(vectors[i].domain, parts, 3, prefix, len);
      assert_memory_equal(prefix, out, len);
    }
  }
}

static void a_part_in_pieces_is_the_same_part(void **state) {
  (void)state;
  const struct krv_slice parts[] = {krv_slice_str("abc"), krv_slice(key.b, 32)};
  uint8_t whole[32], pieces[32];
  krv_h(KRV_DOMAIN_ITEM, parts, 2, whole, 32);
  struct krv_hash h;
  krv_hash_init(&h, KRV_DOMAIN_ITEM);
  krv_hash_part(&h, "abc", 3);
  krv_hash_part_begin(&h, 32);
  krv_hash_raw(&h, key.b, 5);
  krv_hash_raw(&h, key.b + 5, 27);
  krv_hash_final(&h, pieces, 32);
  assert_memory_equal(whole, pieces, 32);
  static const struct krv_hash wiped;
  assert_memory_equal(&h, &wiped, sizeof h);
}

static void where_parts_end_matters(void **state) {
  (void)state;
  const struct krv_slice a[] = {krv_slice_str("ab"), krv_slice_str("c")};
  const struct krv_slice b[] = {krv_slice_str("a"), krv_slice_str("bc")};
  uint8_t x[32], y[32];
  krv_h(KRV_DOMAIN_ITEM, a, 2, x, 32);
  krv_h(KRV_DOMAIN_ITEM, b, 2, y, 32);
  assert_memory_not_equal(x, y, 32);
}

static void no_two_domains_agree(void **state) {
  (void)state;
  uint8_t out[KRV_DOMAIN_COUNT][32];
  for (unsigned i = 0; i < KRV_DOMAIN_COUNT; i++) {
    krv_h((enum krv_domain)i, NULL, 0, out[i], 32);
    for (unsigned j = 0; j < i; j++) assert_memory_not_equal(out[i], out[j], 32);
  }
}

static void a_key_has_its_commitment_and_id(void **state) {
  (void)state;
  uint8_t commit[KRV_HASH_LEN];
  struct krv_id id;
  krv_key_commit(&key, commit);
  assert_hex(commit, sizeof commit, VECTOR_KEY_COMMIT);
  krv_key_id(commit, &id);
  assert_hex(id.b, sizeof id.b, VECTOR_KEY_ID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(h_equals_the_vectors_of_each_domain),
      cmocka_unit_test(a_part_in_pieces_is_the_same_part),
      cmocka_unit_test(where_parts_end_matters),
      cmocka_unit_test(no_two_domains_agree),
      cmocka_unit_test(a_key_has_its_commitment_and_id),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
