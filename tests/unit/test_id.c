#include "hex.h"
#include "id.h"
#include "status.h"

static void hex_goes_out_and_comes_back_in_either_case(void **state) {
  (void)state;
  struct krv_id id, back;
  char hex[KRV_ID_HEX_LEN];
  for (size_t i = 0; i < KRV_ID_LEN; i++) id.b[i] = (uint8_t)(0xf0 + 7 * i);
  krv_id_hex(&id, hex);
  assert_string_equal(hex, "f0f7fe050c131a21282f363d444b5259");
  assert_int_equal(krv_id_parse(hex, 32, &back), 0);
  assert_true(krv_id_equal(&id, &back));
  assert_int_equal(krv_id_parse("F0F7FE050C131A21282F363D444B5259", 32, &back), 0);
  assert_true(krv_id_equal(&id, &back));
}

static void anything_but_32_digits_is_malformed(void **state) {
  (void)state;
  static const char good[] = "00112233445566778899aabbccddeeff0";
  struct krv_id id;
  assert_int_equal(krv_id_parse(good, 31, &id), KRV_MALFORMED);
  assert_int_equal(krv_id_parse(good, 33, &id), KRV_MALFORMED);
  assert_int_equal(krv_id_parse(good, 0, &id), KRV_MALFORMED);
  unsigned accepted = 0;
  for (unsigned c = 0; c < 256; c++) {
    char text[32];
    memcpy(text, good, 32);
    text[17] = (char)c;
    if (krv_id_parse(text, 32, &id) == 0)
      accepted++;
    else
      assert_true(krv_id_is_zero(&id));
  }
  assert_int_equal(accepted, 22);
}

static void ids_are_ordered_as_bytes(void **state) {
  (void)state;
  struct krv_id a = {{0}}, b = {{0}};
  b.b[15] = 1;
  assert_true(krv_id_compare(&a, &b) < 0);
  a.b[0] = 0x80;
  assert_true(krv_id_compare(&a, &b) > 0);
  assert_int_equal(krv_id_compare(&a, &a), 0);
  assert_false(krv_id_equal(&a, &b));
  assert_false(krv_id_is_zero(&b));
  assert_true(krv_id_is_zero(&krv_id_zero));
}

static void the_next_id_is_one_more(void **state) {
  (void)state;
  struct krv_id id = {{0}}, next;
  assert_true(krv_id_next(&id, &next));
  assert_int_equal(next.b[15], 1);
  for (size_t i = 8; i < KRV_ID_LEN; i++) id.b[i] = 0xff;
  assert_true(krv_id_next(&id, &id)); /* in its own place */
  assert_int_equal(id.b[7], 1);
  assert_int_equal(id.b[8] | id.b[15], 0);
  for (size_t i = 0; i < KRV_ID_LEN; i++) id.b[i] = 0xff;
  assert_false(krv_id_next(&id, &next));
  assert_true(krv_id_is_zero(&next));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hex_goes_out_and_comes_back_in_either_case),
      cmocka_unit_test(anything_but_32_digits_is_malformed),
      cmocka_unit_test(ids_are_ordered_as_bytes),
      cmocka_unit_test(the_next_id_is_one_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
