#define _POSIX_C_SOURCE 200809L

#include "csvfile.h"
#include "csvmap.h"
#include "seen.h"
#include "utf8.h"

#include <kerven/kerven.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---------------------------------------------------------------------- rows */

struct rows {
  char text[4096]; /* "line:cell|cell\n" for each row */
  size_t count;
};

static int keep(void *ctx, const struct krv_csv_row *row) {
  struct rows *rows = ctx;
  size_t used = strlen(rows->text);
  used += (size_t)snprintf(rows->text + used, sizeof rows->text - used, "%zu:", row->line);
  for (size_t i = 0; i < row->count; i++)
    used += (size_t)snprintf(rows->text + used, sizeof rows->text - used, "%s%s", i ? "|" : "",
                             row->cells[i]);
  snprintf(rows->text + used, sizeof rows->text - used, "\n");
  rows->count++;
  return 0;
}

static int read_bytes(const void *bytes, size_t len, char delimiter, struct rows *rows,
                      struct krv_csv_error *error) {
  FILE *in = fmemopen((void *)(uintptr_t)bytes, len, "r");
  assert_non_null(in);
  *rows = (struct rows){0};
  int status = krv_csv_read(in, delimiter, error, keep, rows);
  fclose(in);
  return status;
}

static void expect_rows(const char *text, char delimiter, const char *want) {
  struct rows rows;
  struct krv_csv_error error;
  assert_int_equal(read_bytes(text, strlen(text), delimiter, &rows, &error), 0);
  assert_string_equal(rows.text, want);
}

static void rows_carry_the_line_on_which_they_begin(void **state) {
  (void)state;
  expect_rows("a,b\n1,2\n", ',', "1:a|b\n2:1|2\n");
  expect_rows("a,b\r\n\r\n\"x\ny\",2\r\n3,4", ',', "1:a|b\n3:x\ny|2\n5:3|4\n");
  expect_rows("\n\n\"\nq\"\nz\n", ',', "3:\nq\n5:z\n");
}

static void quotes_marks_and_other_delimiters_are_read(void **state) {
  (void)state;
  expect_rows("\xef\xbb\xbf"
              "a;b\n\"say \"\"hi\"\"\";\n",
              ';', "1:a|b\n2:say \"hi\"|\n");
  expect_rows("\xd0\x90\xd0\xb9,\xc5\x9f\n", ',', "1:\xd0\x90\xd0\xb9|\xc5\x9f\n");
}

static void what_is_no_csv_is_refused_with_line_and_reason(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t len, line;
    const char *why;
  } bad[] = {
      {"a,b\n1,\0\n", 8, 2, "NUL"},
      {"a,b\n\xff\xfe,2\n", 9, 2, "UTF-8"},
      {"a,b\n1,2\n\"x,2\n", 14, 3, "closes"},
      {"a,b\n1,\"x\"y\n", 12, 2, "quote"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct rows rows;
    struct krv_csv_error error;
    assert_int_equal(read_bytes(bad[i].bytes, bad[i].len - 1, ',', &rows, &error), KERVEN_EUNFIT);
    assert_int_equal(error.line, bad[i].line);
    assert_non_null(strstr(error.why, bad[i].why));
  }
}

static void a_row_over_the_limit_is_refused(void **state) {
  (void)state;
  size_t len = KRV_CSV_ROW_MAX + 10;
  char *text = malloc(len);
  assert_non_null(text);
  memset(text, 'x', len);
  struct rows rows;
  struct krv_csv_error error;
  assert_int_equal(read_bytes(text, len, ',', &rows, &error), KERVEN_EUNFIT);
  memset(text, ',', len);
  assert_int_equal(read_bytes(text, len, ',', &rows, &error), KERVEN_EUNFIT);
  assert_non_null(strstr(error.why, "columns"));
  free(text);
}

static int refuse_second(void *ctx, const struct krv_csv_row *row) {
  *(size_t *)ctx = row->line;
  return row->line == 2 ? KERVEN_EFULL : 0;
}

static void the_reader_stops_where_a_row_says_so(void **state) {
  (void)state;
  char text[] = "a\nb\nc\n";
  size_t last = 0;
  struct krv_csv_error error;
  FILE *in = fmemopen(text, strlen(text), "r");
  assert_int_equal(krv_csv_read(in, ',', &error, refuse_second, &last), KERVEN_EFULL);
  assert_int_equal(last, 2);
  fclose(in);
}

static void a_written_cell_reads_back(void **state) {
  (void)state;
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  krv_csv_cell(out, "a \"b\", c", 1);
  krv_csv_cell(out, "", 0);
  krv_csv_cell(out, "x\ny", 0);
  fputs("\r\n", out);
  fclose(out);
  expect_rows(text, ',', "1:a \"b\", c||x\ny\n");
  free(text);
}

/* ---------------------------------------------------------------------- maps */

/* Loads a map from a text. */
static int load(const char *json, struct krv_csvmap **map, char *why, size_t cap) {
  char path[] = "csvmap-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, json, strlen(json)), strlen(json));
  close(fd);
  int status = krv_csvmap_load(path, map, why, cap);
  unlink(path);
  return status;
}

static int keep_value(void *ctx, const struct krv_csvmap_value *value) {
  char *text = ctx;
  size_t used = strlen(text);
  snprintf(text + used, 1024 - used, "%s%s=%s\n", value->note ? "note " : "",
           value->path ? value->path : "", value->value);
  return 0;
}

static int keep_fault(void *ctx, int status, const char *why) {
  char *text = ctx;
  size_t used = strlen(text);
  snprintf(text + used, 1024 - used, "! %d %s\n", status, why);
  return 0;
}

static const char small_map[] =
    "{\"format\": 1, \"source\": \"t\", \"constants\": {\"c\": \"k\"}, \"columns\": ["
    "{\"column\": \"m1\", \"field\": \"means\", \"join\": true, \"values\": {\"0\": \"\", \"1\": "
    "\"A\"}},"
    "{\"column\": \"m2\", \"field\": \"means\", \"join\": true, \"values\": {\"0\": \"\", \"1\": "
    "\"B\"}},"
    "{\"column\": \"t\", \"field\": \"sex\", \"values\": {\"0\": \"\", \"1\": \"N\"}},"
    "{\"column\": \"w\", \"field\": \"sex\", \"values\": {\"0\": \"\", \"1\": \"F\"}},"
    "{\"column\": \"n\", \"note\": true},"
    "{\"column\": \"k\", \"field\": \"kept\", \"other\": \"keep\", \"values\": {\"1\": \"one\"}},"
    "{\"column\": \"s\", \"field\": \"skipped\", \"other\": \"skip\", \"values\": {\"1\": "
    "\"one\"}}]}";

static const char *const small_header[] = {"x", "m1", "m2", "t", "w", "n", "k", "s"};
enum { SMALL = sizeof small_header / sizeof *small_header };

static struct krv_csvmap *bound_map(const char *json) {
  struct krv_csvmap *map;
  char why[256];
  struct krv_csv_row header = {.line = 1, .count = SMALL, .cells = small_header};
  assert_int_equal(load(json, &map, why, sizeof why), 0);
  assert_int_equal(krv_csvmap_bind(map, &header, why, sizeof why), 0);
  return map;
}

static void expect_values(const char *const *cells, const char *want) {
  struct krv_csvmap *map = bound_map(small_map);
  struct krv_csv_row row = {.line = 2, .count = SMALL, .cells = cells};
  char text[1024] = "";
  assert_int_equal(krv_csvmap_apply(map, &row, keep_value, keep_fault, text), 0);
  assert_string_equal(text, want);
  krv_csvmap_free(map);
}

static void joined_rules_gather_and_others_take_the_first(void **state) {
  (void)state;
  const char *const all[] = {"?", "1", "1", "1", "1", "said", "1", "1"};
  expect_values(all, "c=k\nmeans=A;B\nsex=N\nnote =said\nkept=one\nskipped=one\n");
  const char *const one[] = {"?", "0", "1", "0", "1", "", "7", "7"};
  expect_values(one, "c=k\nmeans=B\nsex=F\nkept=7\n");
  const char *const none[] = {"?", "0", "0", "0", "0", "", "", ""};
  expect_values(none, "c=k\n");
}

static void every_value_without_translation_is_named_and_the_others_are_told(void **state) {
  (void)state;
  const char *const bad[] = {"?", "2", "1", "7", "0", "", "", ""};
  expect_values(bad, "! -16 column \"m1\": the map has no translation for \"2\"\n"
                     "! -16 column \"t\": the map has no translation for \"7\"\n"
                     "c=k\nmeans=B\n");
}

static int keep_nothing(void *ctx, const struct krv_csvmap_value *value) {
  (void)ctx;
  (void)value;
  return 0;
}

static int stop(void *ctx, int status, const char *why) {
  (void)why;
  ++*(size_t *)ctx;
  return status;
}

static void a_fault_that_stops_is_the_last(void **state) {
  (void)state;
  struct krv_csvmap *map = bound_map(small_map);
  const char *const cells[] = {"?", "2", "2", "2", "2", "", "", ""};
  struct krv_csv_row row = {.line = 2, .count = SMALL, .cells = cells};
  size_t faults = 0;
  assert_int_equal(krv_csvmap_apply(map, &row, keep_nothing, stop, &faults), KERVEN_ECODE);
  assert_int_equal(faults, 1);
  krv_csvmap_free(map);
}

static void a_row_with_other_cells_says_nothing_else(void **state) {
  (void)state;
  struct krv_csvmap *map = bound_map(small_map);
  const char *const cells[] = {"?", "1"};
  struct krv_csv_row row = {.line = 2, .count = 2, .cells = cells};
  char text[1024] = "";
  assert_int_equal(krv_csvmap_apply(map, &row, keep_value, keep_fault, text), 0);
  assert_string_equal(text, "! -42 2 cells, but the file has 8 columns\n");
  krv_csvmap_free(map);
}

static void a_header_must_have_each_column_once(void **state) {
  (void)state;
  struct krv_csvmap *map;
  char why[256];
  const char *const twice[] = {"m1", "m1", "m2", "t", "w", "n", "k", "s"};
  struct krv_csv_row header = {.line = 1, .count = SMALL, .cells = twice};
  assert_int_equal(load(small_map, &map, why, sizeof why), 0);
  assert_int_equal(krv_csvmap_bind(map, &header, why, sizeof why), KERVEN_EUNFIT);
  assert_non_null(strstr(why, "two columns \"m1\""));
  header.count = 1;
  assert_int_equal(krv_csvmap_bind(map, &header, why, sizeof why), KERVEN_EUNFIT);
  assert_non_null(strstr(why, "no column \"m2\""));
  krv_csvmap_free(map);
}

static char *identity(const struct krv_csvmap *map, const char *const *cells, size_t *len,
                      bool *keyed) {
  struct krv_csv_row row = {.line = 2, .count = SMALL, .cells = cells};
  char *bytes = krv_csvmap_identity(map, &row, len, keyed);
  assert_non_null(bytes);
  return bytes;
}

static bool same_identity(const char *json, const char *const *a, const char *const *b,
                          bool *keyed) {
  struct krv_csvmap *map = bound_map(json);
  size_t len_a, len_b;
  char *bytes_a = identity(map, a, &len_a, keyed), *bytes_b = identity(map, b, &len_b, keyed);
  bool same = len_a == len_b && !memcmp(bytes_a, bytes_b, len_a);
  free(bytes_a);
  free(bytes_b);
  krv_csvmap_free(map);
  return same;
}

static void r32_identity_is_the_key_columns_or_else_the_whole_row(void **state) {
  (void)state;
  bool keyed;
  const char *const a[] = {"7", "1", "0", "0", "0", "", "", ""};
  const char *const b[] = {"7", "0", "0", "0", "0", "", "", ""};
  const char *const moved[] = {"71", "", "0", "0", "0", "", "", ""};
  assert_true(same_identity(small_map, a, a, &keyed));
  assert_false(keyed);
  assert_false(same_identity(small_map, a, b, &keyed));
  assert_false(same_identity(small_map, a, moved, &keyed)); /* cells do not run together */

  char keyed_map[sizeof small_map + 32];
  snprintf(keyed_map, sizeof keyed_map, "{\"key\": [\"x\"], %s", small_map + 1);
  assert_true(same_identity(keyed_map, a, b, &keyed));
  assert_true(keyed);
  assert_false(same_identity(keyed_map, a, moved, &keyed));
}

static void maps_of_another_shape_are_refused_with_the_reason(void **state) {
  (void)state;
  static const struct {
    const char *json;
    int status;
    const char *why;
  } bad[] = {
      {"no json", KERVEN_EUNFIT, "line 1"},
      {"{\"format\": 1, \"source\": \"t\"}", KERVEN_EUNFIT, "columns"},
      {"{\"format\": 2, \"source\": \"t\", \"columns\": []}", KERVEN_ENEWER, "format 2"},
      {"{\"format\": 1, \"source\": \"t\", \"columns\": []}", KERVEN_EUNFIT, "list of 1"},
      {"{\"format\": 1, \"source\": \"t\", \"columns\": [{\"column\": \"a\"}]}", KERVEN_EUNFIT,
       "field"},
      {"{\"format\": 1, \"source\": \"t\", \"colums\": [], \"columns\": []}", KERVEN_EUNFIT,
       "colums"},
      {"{\"format\": 1, \"source\": \"t\", \"delimiter\": \"ab\", \"columns\": [1]}", KERVEN_EUNFIT,
       "delimiter"},
      {"{\"format\": 1, \"source\": \"t\", \"columns\": [{\"column\": \"a\", \"field\": \"f\","
       "\"values\": {\"1\": 1}}]}",
       KERVEN_EUNFIT, "texts"},
      {"{\"format\": 1, \"source\": \"t\", \"columns\": [{\"column\": \"a\", \"field\": \"f\","
       "\"other\": \"maybe\"}]}",
       KERVEN_EUNFIT, "refuse, keep or skip"},
      {"{\"format\": 1, \"source\": \"t\"}", KERVEN_EUNFIT, "the map lacks \"columns\""},
      {"{\"format\": \"1\", \"source\": \"t\", \"columns\": []}", KERVEN_EUNFIT,
       "\"format\" in the map must be a whole number"},
      {"{\"format\": 1, \"source\": \"t\", \"columns\": [1]}", KERVEN_EUNFIT,
       "rule 1 must be an object"},
      {"{\"format\": 1, \"source\": \"t\", \"columns\": [{\"column\": \"a\", \"field\": \"f\"},"
       "{\"column\": \"b\", \"field\": \"f\", \"vals\": {}}]}",
       KERVEN_EUNFIT, "unknown key \"vals\" in rule 2"},
      {"{\"format\": 1, \"source\": \"t\", \"columns\": [{\"column\": \"a\", \"field\": \"f\","
       "\"dates\": \"dd.mm\"}]}",
       KERVEN_EUNFIT, "\"dates\" in rule 1 is DD.MM.YYYY"},
      {"{\"format\": 1,\n \"source\": \"t\",\n}", KERVEN_EUNFIT, "comma before that bracket"},
      {"{\"columns\": [\n1,\n]}", KERVEN_EUNFIT, "comma before that bracket"},
      {"{\"format\": 1,\n \"source\" \"t\"}", KERVEN_EUNFIT, "colon or quote missing"},
      {"{\"format\": 1, \"source\": \"t", KERVEN_EUNFIT, "line 1 of the map "},
      {"{\"columns\": [", KERVEN_EUNFIT, "before every bracket is closed"},
      {"{\"format\": 1, \"format\": 1}", KERVEN_EUNFIT, "twice"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct krv_csvmap *map;
    char why[256];
    assert_int_equal(load(bad[i].json, &map, why, sizeof why), bad[i].status);
    assert_null(map);
    assert_non_null(strstr(why, bad[i].why));
  }
}

static void a_wrong_delimiter_is_named_and_so_are_the_columns_that_are_there(void **state) {
  (void)state;
  struct krv_csvmap *map;
  char why[256];
  const char *const joined[] = {"m1;m2;t;w;n;k;s"};
  struct krv_csv_row header = {.line = 1, .count = 1, .cells = joined};
  assert_int_equal(load(small_map, &map, why, sizeof why), 0);
  assert_int_equal(krv_csvmap_bind(map, &header, why, sizeof why), KERVEN_EUNFIT);
  assert_non_null(strstr(why, "reads as one column: is the delimiter right?"));
  assert_non_null(strstr(why, "\"m1;m2;t;w;n;k;s\""));
  char name[200];
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = 0;
  const char *const other[] = {"m2", "m3", name};
  header = (struct krv_csv_row){.line = 1, .count = 3, .cells = other};
  assert_int_equal(krv_csvmap_bind(map, &header, why, sizeof why), KERVEN_EUNFIT);
  assert_non_null(strstr(why, "no column \"m1\", which the map names; it has \"m2\", \"m3\", ..."));
  krv_csvmap_free(map);
}

static void expect_date(const char *form, const char *cell, const char *want) {
  struct krv_csvmap *map;
  char json[256], why[256], text[1024] = "";
  const char *const names[] = {"d"};
  struct krv_csv_row row = {.line = 1, .count = 1, .cells = names};
  snprintf(json, sizeof json,
           "{\"format\": 1, \"source\": \"t\", \"columns\": [{\"column\": \"d\", \"field\": "
           "\"f\", \"dates\": \"%s\", \"other\": \"keep\", \"values\": {\"?\": \"\"}}]}", form);
  assert_int_equal(load(json, &map, why, sizeof why), 0);
  assert_int_equal(krv_csvmap_bind(map, &row, why, sizeof why), 0);
  row.cells = &cell;
  assert_int_equal(krv_csvmap_apply(map, &row, keep_value, keep_fault, text), 0);
  if (want) assert_string_equal(text, want);
  else assert_true(!strncmp(text, "! -17 ", 6) && strstr(text, form));
  krv_csvmap_free(map);
}

static void dates_are_read_in_the_form_that_their_rule_names(void **state) {
  (void)state;
  expect_date("DD.MM.YYYY", "30.04.2001", "f=2001-04-30\n");
  expect_date("DD.MM.YYYY", "3.4.2001", "f=2001-04-03\n");
  expect_date("MM/DD/YYYY", "4/30/2001", "f=2001-04-30\n");
  expect_date("YYYY/MM/DD", "2001/4/3", "f=2001-04-03\n");
  expect_date("DD.MM.YYYY", "?", "");
  expect_date("DD.MM.YYYY", "", "");
  static const char *const bad[] = {"2001-04-30", "30/04/2001", "30.04.01", "30.04",
                                    "30.04.2001 ", "030.4.2001", "..2001",  "spring"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) expect_date("DD.MM.YYYY", bad[i], NULL);
}

static int keep_translation(void *ctx, size_t rule, const struct krv_csvmap_value *value) {
  char *text = ctx;
  size_t used = strlen(text);
  snprintf(text + used, 1024 - used, "%zu %s %s=%s\n", rule, value->column, value->path,
           value->value);
  return 0;
}

static void every_translation_is_told_with_its_rule(void **state) {
  (void)state;
  struct krv_csvmap *map = bound_map(small_map);
  char text[1024] = "";
  assert_int_equal(krv_csvmap_translations(map, keep_translation, text), 0);
  assert_string_equal(text, "1 m1 means=A\n2 m2 means=B\n3 t sex=N\n4 w sex=F\n6 k kept=one\n"
                            "7 s skipped=one\n");
  krv_csvmap_free(map);
}

static void a_text_cut_inside_a_letter_is_mended(void **state) {
  (void)state;
  char cut[] = "\xd0\x90\xd0: \xe2\x82 x \xf0\x9f\x98\x80\xf0";
  krv_utf8_mend(cut);
  assert_string_equal(cut, "\xd0\x90:  x \xf0\x9f\x98\x80");
}

/* ---------------------------------------------------------------- the sample */

struct sample {
  struct krv_csvmap *map;
  size_t rows, values;
};

static int count_value(void *ctx, const struct krv_csvmap_value *value) {
  (void)value;
  ++*(size_t *)ctx;
  return 0;
}

static int apply_sample(void *ctx, const struct krv_csv_row *row) {
  struct sample *sample = ctx;
  char why[256];
  if (row->line == 1) return krv_csvmap_bind(sample->map, row, why, sizeof why);
  sample->rows++;
  return krv_csvmap_apply(sample->map, row, count_value, stop, &sample->values);
}

static void the_ctdc_map_fits_every_row_of_its_sample(void **state) {
  (void)state;
  struct sample sample = {0};
  struct krv_csv_error error;
  char why[256];
  assert_int_equal(
      krv_csvmap_load(KRV_TESTS_DIR "/../docs/maps/ctdc.json", &sample.map, why, sizeof why), 0);
  FILE *in = fopen(KRV_TESTS_DIR "/vectors/ctdc-300.csv", "r");
  assert_non_null(in);
  assert_int_equal(
      krv_csv_read(in, krv_csvmap_delimiter(sample.map), &error, apply_sample, &sample), 0);
  fclose(in);
  assert_int_equal(sample.rows, 300);
  assert_true(sample.values > 2 * sample.rows);
  krv_csvmap_free(sample.map);
}

static void occurrences_are_counted_past_every_growth(void **state) {
  (void)state;
  struct krv_seen *seen = krv_seen_new();
  assert_non_null(seen);
  for (uint32_t round = 1; round <= 2; round++)
    for (unsigned i = 0; i < 5000; i++) {
      char hash[33];
      uint32_t times;
      snprintf(hash, sizeof hash, "%032x", i);
      assert_int_equal(krv_seen_add(seen, hash, &times), 0);
      assert_int_equal(times, round);
    }
  krv_seen_free(seen);
}

static void utf8_takes_the_shortest_form_only(void **state) {
  (void)state;
  static const char *const good[] = {"", "a", "\xd1\x8f", "\xe2\x80\xa6", "\xf0\x9f\x98\x80"};
  static const char *const bad[] = {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                    "\x80",     "\xd1",         "\xf0\x9f\x98"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(krv_utf8_valid(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(krv_utf8_valid(bad[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_carry_the_line_on_which_they_begin),
      cmocka_unit_test(quotes_marks_and_other_delimiters_are_read),
      cmocka_unit_test(what_is_no_csv_is_refused_with_line_and_reason),
      cmocka_unit_test(a_row_over_the_limit_is_refused),
      cmocka_unit_test(the_reader_stops_where_a_row_says_so),
      cmocka_unit_test(a_written_cell_reads_back),
      cmocka_unit_test(joined_rules_gather_and_others_take_the_first),
      cmocka_unit_test(every_value_without_translation_is_named_and_the_others_are_told),
      cmocka_unit_test(a_fault_that_stops_is_the_last),
      cmocka_unit_test(a_row_with_other_cells_says_nothing_else),
      cmocka_unit_test(a_header_must_have_each_column_once),
      cmocka_unit_test(r32_identity_is_the_key_columns_or_else_the_whole_row),
      cmocka_unit_test(maps_of_another_shape_are_refused_with_the_reason),
      cmocka_unit_test(a_wrong_delimiter_is_named_and_so_are_the_columns_that_are_there),
      cmocka_unit_test(dates_are_read_in_the_form_that_their_rule_names),
      cmocka_unit_test(every_translation_is_told_with_its_rule),
      cmocka_unit_test(a_text_cut_inside_a_letter_is_mended),
      cmocka_unit_test(the_ctdc_map_fits_every_row_of_its_sample),
      cmocka_unit_test(occurrences_are_counted_past_every_growth),
      cmocka_unit_test(utf8_takes_the_shortest_form_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
