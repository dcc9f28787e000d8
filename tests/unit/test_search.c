#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "search.h"
#include "status.h"
#include "testenv.h"
#include "translit.h"

static struct krv_testenv t;
static struct krv_search *search;
static char found[4096];

static int set_up(void **state) {
  (void)state;
  krv_testenv_init(&t, 12);
  return krv_search_new(&t.env, &search);
}

static int tear_down(void **state) {
  (void)state;
  krv_search_free(search);
  return t.live == 0 ? 0 : -1;
}

static void put(int64_t lid, const char *text) {
  struct krv_slice slice = krv_slice_str(text);
  assert_int_equal(krv_search_put(search, lid, &slice, 1), 0);
}

static int note(void *ctx, int64_t lid) {
  size_t len = strlen(found);
  (void)ctx;
  (void)snprintf(found + len, sizeof found - len, "%lld ", (long long)lid);
  return 0;
}

static const char *hits(const char *query) {
  found[0] = 0;
  assert_int_equal(krv_search_find(search, krv_slice_str(query), note, NULL), 0);
  return found;
}

static void a_name_is_found_in_whichever_script_it_was_written(void **state) {
  (void)state;
  put(1, "Айгүл Бердиева");
  put(2, "Aýgül Berdiýewa");
  put(3, "AYGUL BERDIYEVA");
  put(4, "Somebody else");
  assert_string_equal(hits("aygul"), "1 2 3 ");
  assert_string_equal(hits("АЙГҮЛ"), "1 2 3 ");
  assert_string_equal(hits("Aýgül"), "1 2 3 ");
}

static void words_are_found_inside_words_and_all_must_be_there(void **state) {
  (void)state;
  put(7, "neighbourhood of Türkmenabat");
  put(8, "Türkmenbaşy, the harbour");
  assert_string_equal(hits("menab"), "7 ");
  assert_string_equal(hits("bour"), "7 8 ");
  assert_string_equal(hits("harbour turkmen"), "8 ");
  assert_string_equal(hits("  harbour\thood "), "");
  assert_string_equal(hits("hood men"), "7 ");
}

static void a_match_never_spans_two_texts_or_two_cases(void **state) {
  (void)state;
  const struct krv_slice texts[] = {krv_slice_str("ab"), krv_slice_str("cd")};
  assert_int_equal(krv_search_put(search, 1, texts, 2), 0);
  put(2, "ef");
  assert_string_equal(hits("bc"), "");
  assert_string_equal(hits("de"), "");
  assert_string_equal(hits("ab cd"), "1 ");
  assert_string_equal(hits(""), "1 2 "); /* no word: nothing that would be missing */
}

static void putting_again_replaces_and_keeps_the_place(void **state) {
  (void)state;
  put(1, "old words");
  put(2, "other");
  for (int i = 0; i < 5000; i++)
    put(1, "a text that is replaced again and again, so that it is moved");
  put(1, "new words");
  assert_string_equal(hits("words"), "1 ");
  assert_string_equal(hits("old"), "");
  assert_string_equal(hits("o"), "1 2 ");
  assert_int_equal(krv_search_put(search, 2, NULL, 0), 0);
  assert_string_equal(hits("other"), "");
}

static void a_text_that_is_none_changes_nothing(void **state) {
  (void)state;
  const struct krv_slice bad[] = {krv_slice_str("good"), krv_slice_str("\xff")};
  put(1, "before");
  assert_int_equal(krv_search_put(search, 1, bad, 2), KRV_VALUE);
  assert_int_equal(krv_search_put(search, 2, bad, 2), KRV_VALUE);
  assert_string_equal(hits("before"), "1 ");
  assert_string_equal(hits("good"), "");
  assert_int_equal(krv_search_find(search, krv_slice_str("\xff"), note, NULL), KRV_VALUE);
}

static int stop(void *ctx, int64_t lid) {
  ++*(int *)ctx;
  return lid == 2 ? 42 : 0;
}

static void the_callback_may_stop(void **state) {
  (void)state;
  int calls = 0;
  for (int64_t i = 1; i < 9; i++) put(i, "same");
  assert_int_equal(krv_search_find(search, krv_slice_str("same"), stop, &calls), 42);
  assert_int_equal(calls, 2);
}

/* Against the plainest search there is, over texts of few letters, so that hits are many. */
static void it_finds_what_a_plain_search_finds(void **state) {
  (void)state;
  enum { COUNT = 60 };
  char texts[COUNT][64];
  static const char letters[] = "aab b\n";
  for (int i = 0; i < COUNT; i++) texts[i][0] = 0;
  for (int round = 0; round < 3000; round++) {
    size_t i = round < COUNT ? (size_t)round : (size_t)krv_testenv_below(&t, COUNT);
    size_t len = (size_t)krv_testenv_below(&t, 60);
    for (size_t k = 0; k < len; k++) texts[i][k] = letters[krv_testenv_below(&t, 6)];
    texts[i][len] = 0;
    put((int64_t)i, texts[i]);
    char query[8] = "";
    size_t size = 1 + (size_t)krv_testenv_below(&t, 6);
    for (size_t k = 0; k < size; k++) query[k] = letters[krv_testenv_below(&t, 3)];
    char expected[1024] = "";
    for (uint32_t k = 0; k < COUNT; k++)
      if (strstr(texts[k], query))
        (void)snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%u ", k);
    if (round >= COUNT) assert_string_equal(hits(query), expected);
  }
}

static int count_hit(void *ctx, int64_t lid) {
  (void)lid;
  ++*(uint32_t *)ctx;
  return 0;
}

/* 10,000 cases of about 600 characters in three scripts. Printed; the bound is for an unhurried
 * build. */
static void ten_thousand_cases_are_searched_in_milliseconds(void **state) {
  (void)state;
  static const char *const words[] = {"kerwen",  "Ашхабад", "Maşgala",  "border",
                                      "паспорт", "işçi",    "employer", "долг",
                                      "promise", "ýol",     "угроза",   "shelter"};
  static char text[2048];
  for (int64_t lid = 0; lid < 10000; lid++) {
    text[0] = 0;
    for (size_t len = 0; len < 600; len = strlen(text))
      (void)snprintf(text + len, sizeof text - len, "%s%u ", words[krv_testenv_below(&t, 12)],
                     (unsigned)krv_testenv_below(&t, 1000));
    put(lid, text);
  }
  static const char *const queries[] = {"shelter", "ашхабад999", "e", "masgala border", "zzz"};
  uint32_t count = 0;
  for (size_t i = 0; i < 5; i++) {
    clock_t start = clock();
    for (int k = 0; k < 10; k++)
      assert_int_equal(krv_search_find(search, krv_slice_str(queries[i]), count_hit, &count), 0);
    double ms = (double)(clock() - start) * 100 / CLOCKS_PER_SEC;
    print_message("%-16s %.2f ms\n", queries[i], ms);
    assert_true(ms < 200);
  }
  assert_true(count > 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_name_is_found_in_whichever_script_it_was_written),
      T(words_are_found_inside_words_and_all_must_be_there),
      T(a_match_never_spans_two_texts_or_two_cases),
      T(putting_again_replaces_and_keeps_the_place),
      T(a_text_that_is_none_changes_nothing),
      T(the_callback_may_stop),
      T(it_finds_what_a_plain_search_finds),
      T(ten_thousand_cases_are_searched_in_milliseconds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
