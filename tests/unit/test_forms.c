/* Access lists: canonical bytes, order, bounds. */
#include "commit_vectors.h"
#include "forms.h"
#include "hex.h"
#include "testenv.h"

static struct krv_testenv t;

static int decode(const char *hex, struct krv_access_list *out) {
  uint8_t bytes[512];
  struct krv_in in = krv_in(hex_bytes(hex, bytes, sizeof bytes));
  krv_access_list_decode(&in, out);
  return in.status != 0 ? in.status : krv_in_end(&in);
}

static void lists_have_the_bytes_computed_elsewhere_and_read_back(void **state) {
  (void)state;
  struct krv_access_list list = {0}, again;
  struct krv_buf out;
  krv_testenv_init(&t, 9);
  krv_buf_init(&out, &t.env);
  assert_int_equal(krv_access_list_set(&list, 300, KRV_ACCESS_READ), KRV_OK);
  assert_int_equal(krv_access_list_set(&list, 0, KRV_ACCESS_WRITE), KRV_OK);
  krv_access_list_encode(&list, &out);
  assert_hex(out.data, out.len, VECTOR_ACCESS);
  assert_int_equal(decode(VECTOR_ACCESS, &again), KRV_OK);
  assert_int_equal(again.count, 2);
  assert_int_equal(krv_access_list_mode(&again, 0), KRV_ACCESS_WRITE);
  assert_int_equal(krv_access_list_mode(&again, 300), KRV_ACCESS_READ);
  krv_buf_release(&out);
}

static void setting_keeps_order_replaces_and_removes(void **state) {
  (void)state;
  static const krv_group_ix order[] = {5, 1, 9, 3, 7, 1, 9};
  struct krv_access_list list = {0};
  for (size_t i = 0; i < 7; i++)
    assert_int_equal(
        krv_access_list_set(&list, order[i], i < 5 ? KRV_ACCESS_READ : KRV_ACCESS_WRITE), KRV_OK);
  assert_int_equal(list.count, 5);
  for (uint32_t i = 1; i < list.count; i++)
    assert_true(list.items[i - 1].group < list.items[i].group);
  assert_int_equal(krv_access_list_mode(&list, 9), KRV_ACCESS_WRITE);
  assert_int_equal(krv_access_list_mode(&list, 3), KRV_ACCESS_READ);
  assert_int_equal(krv_access_list_mode(&list, 4), KRV_ACCESS_NONE);
  assert_int_equal(krv_access_list_set(&list, 9, KRV_ACCESS_NONE), KRV_OK);
  assert_int_equal(krv_access_list_set(&list, 1, KRV_ACCESS_NONE), KRV_OK);
  assert_int_equal(krv_access_list_set(&list, 1, KRV_ACCESS_NONE), KRV_OK);
  assert_int_equal(list.count, 3);
  assert_int_equal(krv_access_list_mode(&list, 9), KRV_ACCESS_NONE);
  assert_int_equal(krv_access_list_mode(&list, 7), KRV_ACCESS_READ);
}

static void a_full_list_takes_changes_but_no_more_groups(void **state) {
  (void)state;
  struct krv_access_list list = {0};
  for (krv_group_ix g = 0; g < KRV_ACCESS_LIST_MAX; g++)
    assert_int_equal(krv_access_list_set(&list, 2 * g, KRV_ACCESS_READ), KRV_OK);
  assert_int_equal(krv_access_list_set(&list, 1, KRV_ACCESS_READ), KRV_TOO_LARGE);
  assert_int_equal(krv_access_list_set(&list, 1, KRV_ACCESS_NONE), KRV_OK);
  assert_int_equal(krv_access_list_set(&list, 126, KRV_ACCESS_WRITE), KRV_OK);
  assert_int_equal(list.count, KRV_ACCESS_LIST_MAX);
  assert_int_equal(krv_access_list_mode(&list, 126), KRV_ACCESS_WRITE);
}

static void other_forms_are_refused_and_leave_an_empty_list(void **state) {
  (void)state;
  static const struct { const char *hex; int status; } table[] = {
      {"", KRV_MALFORMED},
      {"01", KRV_MALFORMED},
      {"0100", KRV_MALFORMED},
      {"010000", KRV_MALFORMED},         /* mode none */
      {"010003", KRV_MALFORMED},         /* no such mode */
      {"0205010501", KRV_MALFORMED},     /* twice */
      {"0205010401", KRV_MALFORMED},     /* falling */
      {"01800001", KRV_MALFORMED},       /* a longer varint than needed */
      {"01ffffffff1f01", KRV_TOO_LARGE}, /* beyond u32 */
      {"41", KRV_TOO_LARGE},             /* 65 groups */
      {"01000202", KRV_MALFORMED},       /* one byte more */
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    struct krv_access_list list = {.count = 3};
    assert_int_equal(decode(table[i].hex, &list), table[i].status);
    if (i < 10) assert_int_equal(list.count, 0);
  }
  struct krv_access_list empty;
  assert_int_equal(decode("00", &empty), KRV_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists_have_the_bytes_computed_elsewhere_and_read_back),
      cmocka_unit_test(setting_keeps_order_replaces_and_removes),
      cmocka_unit_test(a_full_list_takes_changes_but_no_more_groups),
      cmocka_unit_test(other_forms_are_refused_and_leave_an_empty_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
