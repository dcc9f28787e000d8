/* The words of the built-in document: each in three languages, in the letters of each
 * language, and translated save where a name is the same everywhere. Reads builtin.json
 * itself: in a schema a label that is missing has become the English one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

enum { EN, RU, TK, LANGUAGES };

static json_t *root;

static int setup(void **state) {
  (void)state;
  root = json_load_file(KRV_BUILTIN_JSON, 0, NULL);
  return root ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  json_decref(root);
  return 0;
}

/* ---- walking the document ---- */

/* One text in three languages; owner and name say where, kind is "label" or "help". */
struct words {
  const char *owner, *name, *kind, *text[LANGUAGES];
};
typedef void (*visit)(const struct words *words);

/* "" where there is none. */
static const char *text_of(json_t *node) {
  return json_is_string(node) ? json_string_value(node) : "";
}

static void visit_texts(json_t *texts, size_t from, struct words words, visit each) {
  for (size_t i = 0; i < LANGUAGES; i++)
    words.text[i] = text_of(json_array_get(texts, from + i));
  each(&words);
}

static void visit_node(json_t *node, const char *owner, visit each) {
  const char *name = json_string_value(json_object_get(node, "name"));
  visit_texts(json_object_get(node, "label"), 0, (struct words){owner, name, "label", {0}}, each);
  visit_texts(json_object_get(node, "help"), 0, (struct words){owner, name, "help", {0}}, each);
}

static void visit_codes(json_t *list, const char *owner, visit each) {
  size_t i;
  json_t *code;
  json_array_foreach(list, i, code) {
    const char *name = json_string_value(json_array_get(code, 0));
    json_t *more = json_array_get(code, json_array_size(code) - 1);
    json_t *help = json_object_get(more, "help");
    visit_texts(code, 1, (struct words){owner, name, "label", {0}}, each);
    if (help) visit_texts(help, 0, (struct words){owner, name, "help", {0}}, each);
  }
}

static size_t visit_all(visit each) {
  const char *name;
  json_t *list, *type, *field;
  size_t i, k, count = 0;
  json_object_foreach(json_object_get(root, "lists"), name, list) {
    visit_codes(list, name, each);
    count += json_array_size(list);
  }
  json_array_foreach(json_object_get(root, "types"), i, type) {
    const char *owner = json_string_value(json_object_get(type, "name"));
    visit_node(type, "types", each);
    json_array_foreach(json_object_get(type, "fields"), k, field) visit_node(field, owner, each);
    count += 1 + k;
  }
  return count;
}

static void complain(const struct words *w, const char *what, const char *text) {
  fail_msg("%s, %s, %s: %s: \"%s\"", w->owner, w->name, w->kind, what, text);
}

/* ---- missing, untranslated ---- */

static void is_whole(const struct words *w) {
  for (unsigned i = 0; i < LANGUAGES; i++)
    if (!*w->text[i]) complain(w, "a language has no text", w->text[EN]);
}

static void every_code_field_and_record_has_its_words_in_three_languages(void **state) {
  (void)state;
  assert_true(visit_all(is_whole) > 1400);
}

/* What is written alike in English and in Turkmen; products keep their name in Russian too. */
static const char *const alike[][2] = {
    {"apps", " Facebook Instagram WhatsApp Telegram FacebookMessenger Viber SnapChat Line 4Sale "
             "WeChat QQ QZone TikTok Twitter "},
    {"country", " AD AO AR AW BB BI BJ BM BW BY FJ GA GD GI GU KI LA ML MT MW NE NP NR NU OM PA PE "
                "PK PW SD SN SZ TG TK TO UG WS ZW "},
};

static bool is_alike(const struct words *w) {
  char name[64];
  snprintf(name, sizeof name, " %s ", w->name);
  for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
    if (strcmp(w->owner, alike[i][0]) == 0) return strstr(alike[i][1], name) != NULL;
  return false;
}

static bool is_product(const struct words *w) {
  return strcmp(w->owner, "apps") == 0 && is_alike(w);
}

static void is_translated(const struct words *w) {
  bool russian = strcmp(w->text[RU], w->text[EN]) != 0;
  bool turkmen = strcmp(w->text[TK], w->text[EN]) != 0 && strcmp(w->text[TK], w->text[RU]) != 0;
  if (russian == is_product(w)) complain(w, "Russian against English", w->text[RU]);
  if (turkmen == is_alike(w)) complain(w, "Turkmen against English", w->text[TK]);
}

static void no_label_is_the_english_one_but_the_names_that_are(void **state) {
  (void)state;
  visit_all(is_translated);
}

/* ---- letters ---- */

/* Where the text leaves ASCII, its characters have two bytes, or are marks of three. */
static size_t character(const char *text) {
  unsigned char lead = (unsigned char)*text;
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
}

static bool is_ascii_letter(const char *c) {
  return (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
}

static bool is_letter(const char *c) {
  static const char *const marks[] = {"«", "»"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (strncmp(c, marks[i], strlen(marks[i])) == 0) return false;
  return is_ascii_letter(c) || character(c) == 2;
}

/* U+0401, U+0410 to U+044F, U+0451. */
static bool is_russian(const char *c) {
  unsigned code = (((unsigned char)c[0] & 0x1fu) << 6) | ((unsigned char)c[1] & 0x3fu);
  return character(c) == 2 && (code == 0x401 || code == 0x451 || (code >= 0x410 && code <= 0x44f));
}

/* No c, q, v and x. */
static bool is_turkmen(const char *c) {
  char letter[4] = {0};
  memcpy(letter, c, character(c));
  if (is_ascii_letter(c)) return !strchr("cqvxCQVX", *c);
  return strstr("ÄäÇçŇňÖöŞşÜüÝýŽž", letter) != NULL;
}

/* Names of standards and forms, which are written so in every language. */
static bool is_foreign(const char *word, size_t len) {
  static const char *const words[] = {"HTCDS", "ISCED", "ISIC", "TMT", "image", "jpeg"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i]) == len && strncmp(words[i], word, len) == 0) return true;
  return false;
}

static void check_letters(const struct words *w, const char *text, bool (*is_ours)(const char *)) {
  size_t own = 0;
  for (const char *c = text; *c;) {
    const char *word = c;
    size_t others = 0;
    for (; is_letter(c); c += character(c)) is_ours(c) ? own++ : others++;
    if (others > 0 && !is_foreign(word, (size_t)(c - word))) complain(w, "a letter", text);
    if (*c && c == word) c += character(c);
  }
  if (own == 0) complain(w, "no letter of the language", text);
}

/* Industries begin with the letter of their section. */
static const char *without_section(const struct words *w, const char *text) {
  bool section = strcmp(w->owner, "industry") == 0 && text[0] == w->name[0] && text[1] == ' ';
  return section ? text + 2 : text;
}

static void is_in_its_letters(const struct words *w) {
  if (is_product(w)) return;
  check_letters(w, without_section(w, w->text[RU]), is_russian);
  check_letters(w, without_section(w, w->text[TK]), is_turkmen);
}

static void russian_is_in_cyrillic_and_turkmen_in_its_latin_letters(void **state) {
  (void)state;
  visit_all(is_in_its_letters);
}

/* ---- the words of names.json ---- */

static json_t *code_of(const char *list, const char *name) {
  size_t i;
  json_t *code;
  json_array_foreach(json_object_get(json_object_get(root, "lists"), list), i, code)
    if (strcmp(text_of(json_array_get(code, 0)), name) == 0) return code;
  fail_msg("names.json, %s: no code %s", list, name);
  return NULL;
}

/* Else mknames.sh would change what was written into the document by hand. */
static void our_own_names_stand_in_the_document(void **state) {
  (void)state;
  json_t *names = json_load_file(KRV_NAMES_JSON, 0, NULL), *list, *row, *own;
  const char *list_name, *name;
  size_t i, count = 0;
  assert_non_null(names);
  json_object_foreach(names, list_name, list)
    json_object_foreach(list, name, row)
      json_array_foreach(row, i, own) {
        json_t *label = json_array_get(code_of(list_name, name), i + 1);
        if (json_is_string(own)) assert_string_equal(text_of(label), text_of(own));
        count += json_is_string(own);
      }
  assert_true(count > 300);
  json_decref(names);
}

/* ---- words that hurt ---- */

/* Words that blame, or name a person by what was done to her or him: without their first letter,
 * which may be a capital. */
static void is_kind(const struct words *w) {
  static const char *const words[] = {"rostitute", "roke the rules", "асильник", "роститутк",
                                      "елегал",    "абын",           "elepçi",   "owşak tarap"};
  for (unsigned i = 0; i < LANGUAGES; i++)
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
      if (strstr(w->text[i], words[k])) complain(w, words[k], w->text[i]);
}

static void no_words_that_blame(void **state) {
  (void)state;
  visit_all(is_kind);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_code_field_and_record_has_its_words_in_three_languages),
      cmocka_unit_test(no_label_is_the_english_one_but_the_names_that_are),
      cmocka_unit_test(russian_is_in_cyrillic_and_turkmen_in_its_latin_letters),
      cmocka_unit_test(our_own_names_stand_in_the_document),
      cmocka_unit_test(no_words_that_blame),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
