#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "status.h"
#include "testenv.h"
#include "translit.h"

static struct krv_testenv t;
static struct krv_buf a, b;

static int set_up(void **state) {
  (void)state;
  krv_testenv_init(&t, 5);
  krv_buf_init(&a, &t.env);
  krv_buf_init(&b, &t.env);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_buf_release(&a);
  krv_buf_release(&b);
  return t.live == 0 ? 0 : -1;
}

static void assert_folds(const char *text, const char *folded) {
  krv_buf_reset(&a);
  assert_int_equal(krv_text_fold(krv_slice_str(text), &a), 0);
  krv_buf_u8(&a, 0);
  assert_string_equal((const char *)a.data, folded);
}

static void one_name_in_three_scripts_folds_to_one(void **state) {
  (void)state;
  static const char *const same[][4] = {
      {"Айгүл", "Aýgül", "Aygul", "АЙГҮЛ"},
      {"Шемшат", "Şemşat", "Shemshat", "şemşat"},
      {"Вепа", "Wepa", "Vepa", "WEPA"},
      {"Җемал", "Jemal", "jemal", "ҖЕМАЛ"},
      {"Оразгелди", "Orazgeldi", "ORAZGELDI", "orazgeldi"},
      {"Чары", "Çary", "Chary", "ÇARY"},
      {"Ғани", "Gani", "gʻani", "ҒАНИ"},
      {"Ҳамза", "Hamza", "Хамза", "hamza"},
      {"Нурсұлтан", "Nursultan", "Nursūltan", "НУРСҰЛТАН"},
      {"Өзгөн", "Ozgon", "Özgön", "ozgon"},
      {"Тоҷик", "Tojik", "tojik", "ТОҶИК"},
  };
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    char first[64];
    krv_buf_reset(&a);
    assert_int_equal(krv_text_fold(krv_slice_str(same[i][0]), &a), 0);
    assert_true(a.len < sizeof first);
    memcpy(first, a.data, a.len);
    first[a.len] = 0;
    for (size_t k = 1; k < 4; k++) assert_folds(same[i][k], first);
  }
}

static void case_marks_and_compositions_do_not_matter(void **state) {
  (void)state;
  assert_folds("ÀÉÎõü", "aeiou");
  assert_folds("e\xcc\x81", "e"); /* e and a combining acute */
  assert_folds("\xd0\xb8\xcc\x86", "y"); /* и and a combining breve: й */
  assert_folds("İstanbul ISPARTA ı", "istanbul isparta i");
  assert_folds("Straße", "strasse");
  assert_folds("O'zbek O\xe2\x80\x99zbek Oʻzbek", "ozbek ozbek ozbek");
  assert_folds("объект", "obekt");
  assert_folds("Щука, ёлка, Юрий", "shchuka, elka, yuriy");
}

static void other_scripts_stay_themselves(void **state) {
  (void)state;
  assert_folds("مريم", "مريم");
  assert_folds("王芳", "王芳");
  assert_folds("Ελένη", "ελενη");
  assert_folds("123-45/б", "123-45/b");
  assert_folds("", "");
}

static void folding_twice_changes_nothing(void **state) {
  (void)state;
  static const char text[] = "Айгүл Aýgül Şemşat Ўзбекистон Қазақстан Тоҷикистон Straße مريم 王芳";
  assert_int_equal(krv_text_fold(krv_slice_str(text), &a), 0);
  assert_int_equal(krv_text_fold(krv_buf_slice(&a), &b), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&a), krv_buf_slice(&b)));
}

static void normalising_composes_and_keeps_case(void **state) {
  (void)state;
  assert_int_equal(krv_text_normalise(krv_slice_str("Ay\xcc\x81gu\xcc\x88l\n\t"), &a), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&a), krv_slice_str("Aýgül\n\t")));
}

static void what_is_not_text_is_refused_and_leaves_the_buffer(void **state) {
  (void)state;
  static const char *const bad[] = {"a\x01",    "\x7f", "\xc2\x85",
                                    "\xff",     "\xc3", "\xed\xa0\x80",
                                    "\xc0\xaf", "\r",   "\xf4\x90\x80\x80"};
  krv_buf_append(&a, "kept", 4);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(krv_text_normalise(krv_slice_str(bad[i]), &a), KRV_VALUE);
    assert_int_equal(krv_text_fold(krv_slice_str(bad[i]), &a), KRV_VALUE);
    assert_int_equal(a.len, 4);
  }
  assert_int_equal(krv_text_fold(krv_slice("a\0b", 3), &a), KRV_VALUE);
}

/* Each letter of the alphabets that the table promises becomes plain Latin. */
static void every_letter_of_the_six_alphabets_becomes_plain_latin(void **state) {
  (void)state;
  static const char letters[] = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
                                "җңөүә"
                                "ғқұһі"
                                "ўҳ"
                                "ӣӯҷ"
                                "çäžňöşüýw";
  assert_int_equal(krv_text_fold(krv_slice_str(letters), &a), 0);
  assert_true(a.len > 50);
  for (size_t i = 0; i < a.len; i++) assert_in_range(a.data[i], 'a', 'z');
}

/* At the edges of what is taken over without a look: U+02FF and U+047F are, U+0300 and beyond
 * not. */
static void letters_that_stand_composed_are_left_and_all_others_composed(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"A\xc3\xbdg\xc3\xbcl \xcb\xbf", "A\xc3\xbdg\xc3\xbcl \xcb\xbf"},
      {"\xd0\x80\xd0\xb9\xd1\xbf", "\xd0\x80\xd0\xb9\xd1\xbf"},
      {"e\xcc\x80", "\xc3\xa8"}, /* e and U+0300 */
      {"\xd0\xb8\xcc\x86", "\xd0\xb9"}, /* Cyrillic i and its breve */
      {"\xd3\x90\xd0\xb0\xcc\x86", "\xd3\x90\xd3\x91"},
      {"\xe2\x84\xab", "\xc3\x85"}, /* the Angstrom sign is a letter */
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    krv_buf_reset(&a);
    assert_int_equal(krv_text_normalise(krv_slice_str(pairs[i][0]), &a), 0);
    assert_true(krv_slice_equal(krv_buf_slice(&a), krv_slice_str(pairs[i][1])));
  }
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(one_name_in_three_scripts_folds_to_one),
      T(case_marks_and_compositions_do_not_matter),
      T(other_scripts_stay_themselves),
      T(folding_twice_changes_nothing),
      T(normalising_composes_and_keeps_case),
      T(what_is_not_text_is_refused_and_leaves_the_buffer),
      T(every_letter_of_the_six_alphabets_becomes_plain_latin),
      T(letters_that_stand_composed_are_left_and_all_others_composed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
