#define _POSIX_C_SOURCE 200809L
/* What a member wrote into a field must not run when somebody opens the export in a spreadsheet. */
#include <stdbool.h>
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

static void apostrophes_of_ones_own_stay(void **state) {
  (void)state;
  assert_cell("'=1+1", "\"''=1+1\"");
  assert_cell("'tis so", "\"'tis so\"");
  assert_string_equal(krv_csv_plain("'tis so"), "'tis so");
  assert_string_equal(krv_csv_plain("'=1+1"), "=1+1");
  assert_string_equal(krv_csv_plain("''=1+1"), "'=1+1");
  assert_string_equal(krv_csv_plain("=1+1"), "=1+1");
  assert_string_equal(krv_csv_plain("'+993 65 123456"), "'+993 65 123456");
  assert_string_equal(krv_csv_plain("'"), "'");
}

/* Every text of up to four of the characters that quoting and guarding look at. */
enum { LONGEST = 4 };
struct text {
  size_t len, number;
  char text[LONGEST + 1];
};

static bool next_text(struct text *t) {
  static const char letters[] = "'=+-@\t\n\",; 7x";
  enum { LETTERS = sizeof letters - 1 };
  size_t rest = t->number++;
  for (size_t i = 0; i < t->len; i++, rest /= LETTERS) t->text[i] = letters[rest % LETTERS];
  t->text[t->len] = 0;
  if (rest == 0) return true;
  *t = (struct text){.len = t->len + 1};
  return t->len <= LONGEST && next_text(t);
}

static int compare_row(void *ctx, const struct krv_csv_row *row) {
  struct text *wanted = ctx;
  assert_true(next_text(wanted));
  assert_int_equal(row->count, 3);
  assert_string_equal(krv_csv_plain(row->cells[0]), wanted->text);
  assert_string_equal(krv_csv_plain(row->cells[1]), "x");
  assert_string_equal(krv_csv_plain(row->cells[2]), wanted->text);
  return 0;
}

static void every_text_comes_back(void **state) {
  (void)state;
  struct text text = {0}, wanted = {0};
  struct krv_csv_error error;
  FILE *file = tmpfile();
  assert_non_null(file);
  while (next_text(&text)) {
    krv_csv_cell(file, text.text, 1);
    krv_csv_cell(file, "x", 0);
    krv_csv_cell(file, text.text, 0);
    fputs("\r\n", file);
  }
  rewind(file);
  assert_int_equal(krv_csv_read(file, ',', &error, compare_row, &wanted), 0);
  assert_false(next_text(&wanted));
  fclose(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formulas_become_text),
      cmocka_unit_test(what_is_no_formula_stays_as_it_is),
      cmocka_unit_test(apostrophes_of_ones_own_stay),
      cmocka_unit_test(every_text_comes_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
