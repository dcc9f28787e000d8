#include "casegen.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "casegen_pool.h"
#include "krv_dict_1.h"
#include "krv_near_en.h"
#include "krv_near_ru.h"
#include "krv_near_tk.h"
#include "mock.h"

enum { CASES = 2000 };

static struct krv_casegen gen;
static struct krv_casegen_case one, two;
static char json[KRV_CASEGEN_TEXT_MAX];

static size_t characters(const char *text) {
  size_t n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xC0u) != 0x80u;
  return n;
}

static const char *value_of(const char *path) {
  for (size_t i = 0; i < KRV_CASEGEN_FIELDS; i++)
    if (!strcmp(one.fields[i].path, path)) return one.fields[i].value;
  fail_msg("no %s", path);
  return NULL;
}

static void the_same_seed_gives_the_same_cases_and_another_gives_others(void **state) {
  (void)state;
  struct krv_casegen again, other;
  krv_casegen_init(&gen, 7, KRV_CASEGEN_FAR);
  krv_casegen_init(&again, 7, KRV_CASEGEN_FAR);
  krv_casegen_init(&other, 8, KRV_CASEGEN_FAR);
  for (int i = 0; i < 100; i++) {
    krv_casegen_next(&gen, &one);
    krv_casegen_next(&again, &two);
    assert_string_equal(one.id, two.id);
    assert_memory_equal(one.text, two.text, one.text_len);
    krv_casegen_next(&other, &two);
    assert_string_not_equal(one.id, two.id);
  }
}

static void check_sizes(enum krv_casegen_pool pool) {
  size_t sum = 0;
  krv_casegen_init(&gen, 1, pool);
  for (int i = 0; i < CASES; i++) {
    krv_casegen_next(&gen, &one);
    assert_true(one.text_len < sizeof one.text - 512);
    assert_in_range(characters(value_of("kvn_Narrative")), KRV_CASEGEN_NARRATIVE_MIN,
                    KRV_CASEGEN_NARRATIVE_MAX);
    for (size_t k = 0; k < KRV_CASEGEN_FIELDS; k++) {
      const char *value = one.fields[k].value;
      assert_true(*value != '\0');
      for (const char *p = value; *p; p++)
        assert_true((unsigned char)*p >= ' ' && *p != '"' && *p != '\\' && *p != '{');
    }
    sum += krv_casegen_json(&one, json);
  }
  assert_in_range(sum / CASES, 1390 - 60, 1390 + 60);
}

static void a_case_has_all_fields_and_about_1390_bytes_of_json(void **state) {
  (void)state;
  check_sizes(KRV_CASEGEN_FAR);
  check_sizes(KRV_CASEGEN_NEAR);
}

static void json_is_the_fields_in_order_with_choices_as_lists(void **state) {
  (void)state;
  krv_casegen_init(&gen, 3, KRV_CASEGEN_NEAR);
  krv_casegen_next(&gen, &one);
  size_t len = krv_casegen_json(&one, json);
  assert_int_equal(len, strlen(json));
  assert_int_equal(json[0], '{');
  assert_int_equal(json[len - 1], '}');
  assert_non_null(strstr(json, "\"prs_Citizenship\":[\""));
  assert_non_null(strstr(json, "\"con_Consent\":"));
  assert_null(strstr(json, "\"con_Consent\":\""));
  assert_null(strstr(json, "\"prs_NumberOfChildren\":\""));
}

static bool stands_in(const unsigned char *text, size_t len, const char *wanted,
                      size_t wanted_len) {
  for (size_t i = 0; i + wanted_len <= len; i++)
    if (!memcmp(text + i, wanted, wanted_len)) return true;
  return false;
}

/* Where a far sentence shares more than a turn of phrase with what the dictionary knows, it is not
 * far: 26 bytes are four English words, or two Russian ones. */
enum { SHARED_MAX = 26 };

static bool known(const char *text, size_t len) {
  return stands_in(krv_dict_1, krv_dict_1_len, text, len) ||
         stands_in(krv_near_en, krv_near_en_len, text, len) ||
         stands_in(krv_near_ru, krv_near_ru_len, text, len) ||
         stands_in(krv_near_tk, krv_near_tk_len, text, len);
}

static void the_dictionary_has_never_seen_a_far_sentence(void **state) {
  (void)state;
  assert_true(known("She was offered a job as a", SHARED_MAX)); /* the check can fail */
  for (int lang = 0; lang < KRV_CASEGEN_LANGS; lang++) {
    const struct krv_casegen_list *far = &krv_casegen_far[lang];
    assert_true(far->count >= 20);
    for (size_t i = 0; i < far->count; i++)
      for (size_t at = 0; at + SHARED_MAX <= strlen(far->items[i]); at++)
        if (known(far->items[i] + at, SHARED_MAX))
          fail_msg("known: '%.*s' in '%s'", SHARED_MAX, far->items[i] + at, far->items[i]);
  }
}

/* The end of the word that begins here; NULL: there is none. */
static const char *word_end(const char *at) {
  if (*at == '\0') return NULL;
  const char *stop = strchr(at, ' ');
  return stop ? stop : at + strlen(at);
}

/* Four words from here on, as they stand. */
static const char *four_words_end(const char *at) {
  const char *end = word_end(at);
  for (int i = 1; end && i < 4; i++) end = *end == ' ' ? word_end(end + 1) : NULL;
  return end;
}

static void far_sentences_share_hardly_four_words_in_a_row_with_the_pools(void **state) {
  (void)state;
  unsigned all = 0, shared = 0;
  for (int lang = 0; lang < KRV_CASEGEN_LANGS; lang++)
    for (size_t i = 0; i < krv_casegen_far[lang].count; i++) {
      const char *at = krv_casegen_far[lang].items[i], *end;
      for (; at && (end = four_words_end(at)) != NULL; at = strchr(at, ' '), at += at != NULL) {
        all++;
        shared += known(at, (size_t)(end - at));
      }
    }
  print_message("four words in a row of the far pool: %u, of them known: %u\n", all, shared);
  assert_true(all > 500);
  assert_in_range(shared, 0, all / 100);
}

/* What stands twice in a text costs the second time next to nothing. */
static void no_narrative_tells_the_same_twice(void **state) {
  enum { RUN = 32 };
  (void)state;
  krv_casegen_init(&gen, 9, KRV_CASEGEN_FAR);
  for (int i = 0; i < 200; i++) {
    krv_casegen_next(&gen, &one);
    const char *story = value_of("kvn_Narrative");
    for (size_t a = 0; a + RUN <= strlen(story); a++)
      if (stands_in((const unsigned char *)story + a + 1, strlen(story) - a - 1, story + a, RUN))
        fail_msg("twice: '%.*s' in '%s'", RUN, story + a, story);
  }
}

static void both_scripts_and_all_languages_speak(void **state) {
  (void)state;
  int cyrillic = 0, latin = 0, english = 0;
  krv_casegen_init(&gen, 5, KRV_CASEGEN_FAR);
  for (int i = 0; i < 400; i++) {
    krv_casegen_next(&gen, &one);
    const char *name = value_of("prs_FirstName"), *story = value_of("kvn_Narrative");
    *((unsigned char)name[0] >= 0xD0 ? &cyrillic : &latin) += 1;
    english += strstr(story, " the ") != NULL;
  }
  assert_in_range(cyrillic, 60, 160);
  assert_int_equal(cyrillic + latin, 400);
  assert_in_range(english, 140, 260);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_seed_gives_the_same_cases_and_another_gives_others),
      cmocka_unit_test(a_case_has_all_fields_and_about_1390_bytes_of_json),
      cmocka_unit_test(json_is_the_fields_in_order_with_choices_as_lists),
      cmocka_unit_test(the_dictionary_has_never_seen_a_far_sentence),
      cmocka_unit_test(far_sentences_share_hardly_four_words_in_a_row_with_the_pools),
      cmocka_unit_test(no_narrative_tells_the_same_twice),
      cmocka_unit_test(both_scripts_and_all_languages_speak),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
