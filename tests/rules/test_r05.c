/* R5, R33: the header's bytes, and which headers are canonical. */
#include "commit_vectors.h"
#include "head.h"
#include "hex.h"

static struct krv_head second(void) {
  struct krv_head head = {.suite = 1, .kind = 1, .n = 2, .epoch = 3};
  uint8_t ad[KRV_AD_LEN];
  hex_bytes(VECTOR_AD_2, ad, sizeof ad);
  memcpy(head.key_id4, ad + KRV_AD_LEN - 4, 4); /* the last part */
  hex_bytes("101112131415161718191a1b1c1d1e1f", head.programme.b, KRV_ID_LEN);
  hex_bytes(VECTOR_CASE_ID, head.kase.b, KRV_ID_LEN);
  hex_bytes(VECTOR_DEVICE_ID, head.device.b, KRV_ID_LEN);
  hex_bytes(VECTOR_COMMIT_ID_1, head.prev.b, KRV_ID_LEN);
  return head;
}

static void ad_has_its_82_bytes_in_order(void **state) {
  (void)state;
  struct krv_head head = second();
  uint8_t ad[KRV_AD_LEN];
  assert_int_equal(KRV_AD_LEN, 82);
  krv_head_ad(&head, ad);
  assert_hex(ad, sizeof ad, VECTOR_AD_2);
}

static void numbers_in_ad_are_little_endian(void **state) {
  (void)state;
  struct krv_head head = second();
  head.n = 0x0102030405060708u;
  head.epoch = 0x0a0b0c0du;
  uint8_t ad[KRV_AD_LEN];
  krv_head_ad(&head, ad);
  assert_hex(ad + 50, 8, "0807060504030201");
  assert_hex(ad + 74, 4, "0d0c0b0a");
}

static void every_part_of_the_head_is_in_ad(void **state) {
  (void)state;
  struct krv_head head = second();
  uint8_t ad[KRV_AD_LEN], other[KRV_AD_LEN];
  krv_head_ad(&head, ad);
  uint8_t *parts[] = {&head.suite,    &head.kind,     head.programme.b,       head.kase.b,
                      head.device.b,  head.prev.b,    head.key_id4,           (uint8_t *)&head.n,
                      (uint8_t *)&head.epoch};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    *parts[i] ^= 1;
    krv_head_ad(&head, other);
    assert_memory_not_equal(ad, other, sizeof ad);
    *parts[i] ^= 1;
  }
}

static void canonical_heads_are_accepted(void **state) {
  (void)state;
  struct krv_head head = second();
  assert_int_equal(krv_head_check(&head), KRV_OK);
  head.kind = KRV_KIND_SNAPSHOT;
  assert_int_equal(krv_head_check(&head), KRV_OK);
  head.n = UINT64_MAX;
  assert_int_equal(krv_head_check(&head), KRV_OK);
  head.n = 1;
  head.prev = krv_id_zero;
  assert_int_equal(krv_head_check(&head), KRV_OK);
  head.epoch = 0;
  memset(head.key_id4, 0, 4);
  assert_int_equal(krv_head_check(&head), KRV_OK);
}

static void other_suites_and_kinds_are_newer(void **state) {
  (void)state;
  for (unsigned v = 0; v < 256; v++) {
    struct krv_head head = second();
    head.suite = (uint8_t)v;
    assert_int_equal(krv_head_check(&head), v == 1 ? KRV_OK : KRV_NEWER);
    head = second();
    head.kind = (uint8_t)v;
    assert_int_equal(krv_head_check(&head), v == 1 || v == 2 ? KRV_OK : KRV_NEWER);
  }
}

static void a_head_has_one_form_only(void **state) {
  (void)state;
  struct krv_head head = second();
  head.n = 0;
  assert_int_equal(krv_head_check(&head), KRV_MALFORMED);
  head.prev = krv_id_zero;
  assert_int_equal(krv_head_check(&head), KRV_MALFORMED);
  head.n = 2; /* without a prev */
  assert_int_equal(krv_head_check(&head), KRV_MALFORMED);
  head = second();
  head.n = 1; /* with one */
  assert_int_equal(krv_head_check(&head), KRV_MALFORMED);
  head = second();
  head.epoch = 0; /* and a key id */
  assert_int_equal(krv_head_check(&head), KRV_MALFORMED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ad_has_its_82_bytes_in_order),
      cmocka_unit_test(numbers_in_ad_are_little_endian),
      cmocka_unit_test(every_part_of_the_head_is_in_ad),
      cmocka_unit_test(canonical_heads_are_accepted),
      cmocka_unit_test(other_suites_and_kinds_are_newer),
      cmocka_unit_test(a_head_has_one_form_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
