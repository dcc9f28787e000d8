#include <ctype.h>

#include "hex.h"
#include "status.h"

static const struct {
  int number;
  const char *name;
} listed[] = {
#define X(number, name, sentence) {number, #name},
    KRV_STATUS_MAP(X)
#undef X
};
enum { LISTED = sizeof listed / sizeof *listed };

static void every_status_has_a_sentence_of_its_own(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++) {
    assert_true(strlen(krv_status_text(listed[i].number)) > 5);
    for (size_t j = 0; j < i; j++)
      assert_string_not_equal(krv_status_text(listed[i].number), krv_status_text(listed[j].number));
  }
}

static void the_numbers_run_from_minus_one_without_gap(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++) assert_int_equal(listed[i].number, -(int)i - 1);
}

static void every_name_is_its_enumerator_in_lower_case(void **state) {
  (void)state;
  for (size_t i = 0; i < LISTED; i++) {
    const char *name = krv_status_name(listed[i].number);
    assert_int_equal(strlen(name), strlen(listed[i].name));
    for (size_t c = 0; name[c]; c++) assert_int_equal(name[c], tolower(listed[i].name[c]));
  }
  assert_string_equal(krv_status_name(0), "ok");
  assert_string_equal(krv_status_name(KRV_END), "end");
}

static void a_number_that_is_no_status_is_unknown(void **state) {
  (void)state;
  const int strange[] = {2, 1000, -LISTED - 1, -100000, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
    assert_string_equal(krv_status_name(strange[i]), "unknown");
    assert_string_equal(krv_status_text(strange[i]), "an unknown error");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_status_has_a_sentence_of_its_own),
      cmocka_unit_test(the_numbers_run_from_minus_one_without_gap),
      cmocka_unit_test(every_name_is_its_enumerator_in_lower_case),
      cmocka_unit_test(a_number_that_is_no_status_is_unknown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
