#define _POSIX_C_SOURCE 200809L

#include "args.h"
#include "fail.h"
#include "out.h"
#include "term.h"
#include "utf8.h"

#include <kerven/kerven.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is printed, as one text. */
static char *printed;
static size_t printed_len;

static FILE *begin(void) {
  FILE *out = open_memstream(&printed, &printed_len);
  assert_non_null(out);
  return out;
}

static void expect(FILE *out, const char *want) {
  fclose(out);
  assert_string_equal(printed, want);
  free(printed);
}

/* -------------------------------------------------------------------- tables */

static void columns_line_up_in_any_script(void **state) {
  (void)state;
  static const char *const headers[] = {"NAME", "X", NULL};
  static const char *const rows[][2] = {{"Aygul", "1"},
                                        {"\u0410\u0439\u0433\u0443\u043b\u044c", "2"},
                                        {"A\u0300", "3"},
                                        {"\u4e2d", "4"}};
  struct krv_table *table = krv_table_new(headers);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) krv_table_row(table, rows[i]);
  assert_int_equal(krv_table_rows(table), 4);
  FILE *out = begin();
  assert_int_equal(krv_table_print(table, out), 0);
  expect(out, "NAME    X\n"
              "Aygul   1\n"
              "\u0410\u0439\u0433\u0443\u043b\u044c  2\n"
              "A\u0300       3\n"
              "\u4e2d      4\n");
  krv_table_free(table);
}

static void long_cells_are_cut_but_for_the_last(void **state) {
  (void)state;
  static const char *const headers[] = {"A", "B", NULL};
  char cell[201];
  memset(cell, 'x', sizeof cell - 1);
  cell[200] = 0;
  const char *const row[] = {cell, cell};
  struct krv_table *table = krv_table_new(headers);
  krv_table_row(table, row);
  FILE *out = begin();
  assert_int_equal(krv_table_print(table, out), 0);
  fclose(out);
  const char *line = strchr(printed, '\n') + 1;
  assert_non_null(strstr(line, "x\u2026  x"));
  assert_int_equal(krv_utf8_width(line) - 1, KRV_OUT_CELL_MAX + 2 + 200); /* -1: the line end */
  free(printed);
  krv_table_free(table);
}

static void texts_of_others_cannot_steer_the_terminal(void **state) {
  (void)state;
  FILE *out = begin();
  krv_out_text(out, "a\033[2Jb\u202ec\xff\xc2\x85\nd\u0159");
  expect(out, "a?[2Jb?c?? d\u0159");
  out = begin();
  krv_out_lines(out, "a\r\nb\033", 2);
  expect(out, "a\n  b?");
}

static void json_is_one_line(void **state) {
  (void)state;
  FILE *out = begin();
  assert_int_equal(krv_out_json(out, json_pack("{s:s, s:[i]}", "case", "\u0444", "n", 1)), 0);
  expect(out, "{\"case\":\"\u0444\",\"n\":[1]}\n");
  out = begin();
  assert_int_equal(krv_out_json(out, NULL), KERVEN_ENOMEM);
  expect(out, "");
}

static void times_are_utc_and_zero_is_never(void **state) {
  (void)state;
  char time[KRV_OUT_TIME_MAX];
  assert_string_equal(krv_out_time(0, time), "never");
  assert_string_equal(krv_out_time(1769851800, time), "2026-01-31 09:30 UTC");
}

static void a_qr_code_is_square_and_has_its_size_limit(void **state) {
  (void)state;
  FILE *out = begin();
  assert_int_equal(krv_term_qr(out, "8QK2HM"), 0);
  fclose(out);
  size_t lines = 0;
  for (const char *at = printed; (at = strchr(at, '\n')) != NULL; at++) lines++;
  assert_int_equal(lines, (21 + 4 + 1) / 2); /* version 1: 21 modules, 2 quiet ones around */
  free(printed);
  char *much = malloc(5001);
  memset(much, 'A', 5000);
  much[5000] = 0;
  out = begin();
  assert_int_equal(krv_term_qr(out, much), KERVEN_ETOO_LARGE);
  expect(out, "");
  free(much);
}

/* ------------------------------------------------------------------- failures */

static void every_status_has_an_exit_status_of_its_own(void **state) {
  (void)state;
  static const int statuses[] = {-1,  -2,  -3,  -4,  -5,  -6,  -7,  -8,  -9,  -10, -11, -12, -13,
                                 -14, -15, -16, -17, -18, -19, -20, -21, -22, -23, -24, -25, -26,
                                 -27, -28, -29, -30, -34, -35, -36, -38, -42, -43, -44};
  bool used[128] = {false};
  assert_int_equal(krv_fail_exit(0), 0);
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
    int exit_status = krv_fail_exit(statuses[i]);
    assert_in_range(exit_status, 2, 125);
    assert_false(used[exit_status]);
    used[exit_status] = true;
  }
  assert_int_equal(krv_fail_exit(-1000), 1);
  assert_int_equal(krv_fail_exit(KERVEN_EUSAGE), 2);
  assert_int_equal(krv_fail_exit(KERVEN_EPASSPHRASE), 3);
}

static void a_failure_is_one_sentence_and_what_to_do(void **state) {
  (void)state;
  FILE *out = begin();
  struct krv_fail_words words = {.detail = "prs_FristName; the nearest is prs_FirstName"};
  krv_fail_print(out, KERVEN_EFIELD, &words);
  expect(out, "kerven: there is no such field: prs_FristName; the nearest is prs_FirstName. "
              "kerven schema lists them all.\n");
  out = begin();
  words = (struct krv_fail_words){.detail = ""};
  krv_fail_print(out, KERVEN_EPASSPHRASE, &words);
  expect(out, "kerven: wrong passphrase. Try again; there is no way around it.\n");
  out = begin();
  words = (struct krv_fail_words){.what = "it is empty", .advice = "Choose several words."};
  krv_fail_print(out, KERVEN_EPASSPHRASE, &words);
  expect(out, "kerven: it is empty. Choose several words.\n");
}

/* ----------------------------------------------------------------- the words */

static const struct krv_option options[] = {{"set", "V", ""}, {"json", NULL, ""}, {0}};
static const struct krv_option *const tables[] = {options, NULL};

static void options_take_their_values_in_both_forms(void **state) {
  (void)state;
  char *argv[] = {"--set", "a=1", "--json", "--set=b=2", "word", "-", NULL};
  struct krv_args args;
  int at = 0;
  assert_true(krv_args_init(&args, 6));
  for (int i = 0; i < 3; i++) assert_int_equal(krv_args_option(&args, tables, 6, argv, &at), 0);
  assert_int_equal(at, 4);
  assert_int_equal(krv_args_option(&args, tables, 6, argv, &at), 1);
  at = 5;
  assert_int_equal(krv_args_option(&args, tables, 6, argv, &at), 1);
  assert_int_equal(args.given_count, 3);
  assert_string_equal(args.given[0].value, "a=1");
  assert_string_equal(krv_args_value(&args, "set"), "b=2");
  assert_true(krv_args_has(&args, "json"));
  assert_false(krv_args_has(&args, "watch"));
  krv_args_release(&args);
}

static void unknown_options_and_missing_values_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"--sett", "--json=1", "-x", "--set"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char word[16];
    char *argv[] = {word, NULL};
    struct krv_args args;
    int at = 0;
    snprintf(word, sizeof word, "%s", bad[i]);
    assert_true(krv_args_init(&args, 1));
    assert_int_equal(krv_args_option(&args, tables, 1, argv, &at), i == 3 ? -2 : -1);
    krv_args_release(&args);
  }
}

static void a_field_is_found_however_it_is_written(void **state) {
  (void)state;
  static const char *const paths[] = {"consent.decision", "consent[1].decision",
                                      "CONSENT[+2].Decision", "decision"};
  char name[32], cut[8];
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    krv_field_name(paths[i], name, sizeof name);
    assert_true(krv_field_fits(name, "consent", "decision"));
    assert_false(krv_field_fits(name, "consent", "scope"));
  }
  assert_true(krv_field_fits("consent", "consent", "scope"));
  assert_false(krv_field_fits("consents", "consent", "scope"));
  assert_true(krv_field_fits("prs_gender", "", "prs_Gender"));
  assert_false(krv_field_fits("", "", "prs_Gender"));
  krv_field_name("consent[1", name, sizeof name);
  assert_string_equal(name, "consent[1");
  krv_field_name("consent[1].decision", cut, sizeof cut);
  assert_string_equal(cut, "consent");
}

static void numbers_have_a_range(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool good;
  } numbers[] = {{"0", true},   {"100", true}, {"101", false},
                 {"-1", false}, {"1x", false}, {"", false}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct krv_given given = {&options[0], numbers[i].text};
    struct krv_args args = {.given = &given, .given_count = 1};
    long number = 7;
    assert_int_equal(krv_args_number(&args, "set", 100, &number), numbers[i].good);
    assert_true(krv_args_number(&args, "other", 100, &number));
  }
}

static void assignments_are_read(void **state) {
  (void)state;
  static const struct {
    const char *text, *path;
    enum krv_assign_op op;
    const char *value;
  } good[] = {
      {"a=b", "a", KRV_ASSIGN_SET, "b"},
      {"a=", "a", KRV_ASSIGN_SET, ""},
      {"a+=B", "a", KRV_ASSIGN_ON, "B"},
      {"a-=B;C", "a", KRV_ASSIGN_OFF, "B;C"},
      {"consent[+].x=y=z", "consent[+].x", KRV_ASSIGN_SET, "y=z"},
      {"consent[+2].x+=y", "consent[+2].x", KRV_ASSIGN_ON, "y"},
  };
  static const char *const bad[] = {"", "a", "=b", "+=b"};
  struct krv_assign assign;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_true(krv_assign_parse(good[i].text, &assign));
    assert_string_equal(assign.path, good[i].path);
    assert_int_equal(assign.op, good[i].op);
    assert_string_equal(assign.value, good[i].value);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(krv_assign_parse(bad[i], &assign));
  char text[400];
  memset(text, 'a', sizeof text - 1);
  memcpy(text + 397, "=b", 3);
  assert_false(krv_assign_parse(text, &assign));
}

static void a_typing_error_is_near_and_another_word_is_far(void **state) {
  (void)state;
  assert_int_equal(krv_word_distance("status", "status"), 0);
  assert_int_equal(krv_word_distance("stauts", "status"), 1);
  assert_int_equal(krv_word_distance("statu", "status"), 1);
  assert_int_equal(krv_word_distance("", "sync"), 4);
  assert_true(krv_word_distance("export", "approve") > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_line_up_in_any_script),
      cmocka_unit_test(long_cells_are_cut_but_for_the_last),
      cmocka_unit_test(texts_of_others_cannot_steer_the_terminal),
      cmocka_unit_test(json_is_one_line),
      cmocka_unit_test(times_are_utc_and_zero_is_never),
      cmocka_unit_test(a_qr_code_is_square_and_has_its_size_limit),
      cmocka_unit_test(every_status_has_an_exit_status_of_its_own),
      cmocka_unit_test(a_failure_is_one_sentence_and_what_to_do),
      cmocka_unit_test(options_take_their_values_in_both_forms),
      cmocka_unit_test(unknown_options_and_missing_values_are_refused),
      cmocka_unit_test(a_field_is_found_however_it_is_written),
      cmocka_unit_test(numbers_have_a_range),
      cmocka_unit_test(assignments_are_read),
      cmocka_unit_test(a_typing_error_is_near_and_another_word_is_far),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
