#define _POSIX_C_SOURCE 200809L
/* What a member wrote into a field must not run when somebody opens the export in a spreadsheet. */
#include <stdio.h>
#include <stdlib.h>

#include "csvfile.h"
#include "mock.h"

static void assert_cell(const char *text, const char *expected) {
  char *bytes = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&bytes, &len);
  assert_non_null(out);
  krv_csv_cell(out, text, 1);
  fclose(out);
  assert_string_equal(bytes, expected);
  free(bytes);
}

static void formulas_become_text(void **state) {
  (void)state;
  assert_cell("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"");
  assert_cell("@SUM(1)", "\"'@SUM(1)\"");
  assert_cell("-2+3+cmd|' /C calc'!A0", "\"'-2+3+cmd|' /C calc'!A0\"");
  assert_cell("+A1", "\"'+A1\"");
  assert_cell("\t=1+1", "\"'\t=1+1\"");
  assert_cell("=\"a\",\"b\"", "\"'=\"\"a\"\",\"\"b\"\"\"");
}

static void what_is_no_formula_stays_as_it_is(void **state) {
  (void)state;
  assert_cell("", "\"\"");
  assert_cell("-5.25", "\"-5.25\"");
  assert_cell("+993 65 123456", "\"+993 65 123456\"");
  assert_cell("Maya = Nadia", "\"Maya = Nadia\"");
  assert_cell("say \"no\"", "\"say \"\"no\"\"\"");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formulas_become_text),
      cmocka_unit_test(what_is_no_formula_stays_as_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
