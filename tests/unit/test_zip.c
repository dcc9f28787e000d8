#include "bounds.h"
#include "hash.h"
#include "hex.h"
#include "krv_dict_1.h"
#include "status.h"
#include "strangers.h"
#include "testenv.h"
#include "zip.h"

static struct krv_testenv t;

static void round_trip(struct krv_zip *zip, struct krv_slice raw) {
  struct krv_buf packed, out;
  krv_buf_init(&packed, &t.env);
  krv_buf_init(&out, &t.env);
  krv_buf_u8(&packed, 0xee); /* both append */
  krv_buf_u8(&out, 0xdd);
  assert_int_equal(krv_zip_pack(zip, raw, &packed), KRV_OK);
  assert_int_equal(packed.data[0], 0xee);
  assert_true(packed.len <= raw.len + 2);
  assert_int_equal(krv_zip_unpack(zip, krv_slice(packed.data + 1, packed.len - 1), &out), KRV_OK);
  assert_int_equal(out.data[0], 0xdd);
  assert_true(krv_slice_equal(krv_slice(out.data + 1, out.len - 1), raw));
  krv_buf_release(&packed);
  krv_buf_release(&out);
}

static void what_was_packed_unpacks_at_every_level(void **state) {
  (void)state;
  krv_testenv_init(&t, 1);
  for (int level = 0; level <= 19; level++) {
    struct krv_zip *zip;
    struct krv_buf ops, json;
    assert_int_equal(krv_zip_new(&t.env, level, &zip), KRV_OK);
    krv_buf_init(&ops, &t.env);
    krv_buf_init(&json, &t.env);
    krv_stranger(&t, 26, 500, &ops, &json);
    round_trip(zip, krv_buf_slice(&ops));
    round_trip(zip, krv_buf_slice(&json));
    krv_buf_release(&ops);
    krv_buf_release(&json);
    krv_zip_free(zip);
    assert_int_equal(t.live, 0);
  }
}

static void every_size_up_to_the_cap_goes_through(void **state) {
  (void)state;
  static uint8_t raw[KRV_BODY_RAW_MAX + 1];
  struct krv_zip *zip;
  struct krv_buf out;
  krv_testenv_init(&t, 2);
  assert_int_equal(krv_zip_new(&t.env, 0, &zip), KRV_OK);
  for (size_t i = 0; i < sizeof raw; i++) raw[i] = (uint8_t)(i * i / 97 % 31);
  for (size_t len = 0; len < 600; len++) round_trip(zip, krv_slice(raw, len));
  for (size_t len = 1; len <= KRV_BODY_RAW_MAX; len *= 2) round_trip(zip, krv_slice(raw, len));
  krv_buf_init(&out, &t.env);
  assert_int_equal(krv_zip_pack(zip, krv_slice(raw, sizeof raw), &out), KRV_TOO_LARGE);
  assert_int_equal(out.len, 0);
  krv_zip_free(zip);
}

static void levels_out_of_range_are_invalid(void **state) {
  (void)state;
  struct krv_zip *zip;
  krv_testenv_init(&t, 3);
  assert_int_equal(krv_zip_new(&t.env, -1, &zip), KRV_INVALID);
  assert_null(zip);
  assert_int_equal(krv_zip_new(&t.env, 20, &zip), KRV_INVALID);
  krv_zip_free(NULL);
}

/* Its bytes are part of the protocol: other ones open nobody's commits. */
static void dictionary_1_has_not_changed(void **state) {
  (void)state;
  const struct krv_slice part = {krv_dict_1, krv_dict_1_len};
  uint8_t sum[KRV_HASH_LEN];
  krv_h(KRV_DOMAIN_DOCUMENT, &part, 1, sum, sizeof sum);
  assert_true(krv_dict_1_len <= 128 * 1024);
  assert_hex(sum, sizeof sum, "810e96fa40a1b82460306392cf0e37d0da1a85c12a7f63753ce96ccf5435af52");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_packed_unpacks_at_every_level),
      cmocka_unit_test(every_size_up_to_the_cap_goes_through),
      cmocka_unit_test(levels_out_of_range_are_invalid),
      cmocka_unit_test(dictionary_1_has_not_changed),
  };
  if (krv_crypto_start() != KRV_OK) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
