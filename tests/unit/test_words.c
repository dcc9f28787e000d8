#include "hex.h"

#include "testenv.h"
#include "words.h"

static struct krv_id programme;
static struct krv_join join;

static int setup(void **state) {
  (void)state;
  memset(programme.b, 0xaa, sizeof programme.b);
  memset(join.terms.id, 9, sizeof join.terms.id);
  memset(join.keys.sign_pk.b, 1, KRV_KEY_LEN);
  memset(join.keys.seal_pk.b, 2, KRV_KEY_LEN);
  memset(join.keys.session_pk.b, 3, KRV_KEY_LEN);
  return krv_crypto_start();
}

static void the_golden_words_come_out(void **state) {
  (void)state;
  char words[KRV_WORDS_TEXT_LEN];
  krv_words(&programme, &join, words);
  assert_string_equal(words, "sihi mipa simo muru biho muba");
}

static bool is_one_of(char c, const char *letters) {
  return c != '\0' && strchr(letters, c) != NULL;
}

static unsigned base26(const char *word) {
  unsigned v = 0;
  for (size_t i = 0; i < 4; i++) v = v * 26 + (unsigned)(word[i] - 'a');
  return v;
}

/* Enough invitations show every word of the list, and nothing else: 2,048
 * different ones, each two open syllables. */
static void the_list_has_2048_words_of_two_syllables(void **state) {
  (void)state;
  static uint8_t seen[26 * 26 * 26 * 26];
  struct krv_join j = join;
  unsigned distinct = 0;
  memset(seen, 0, sizeof seen);
  for (uint32_t n = 0; n < 8000; n++) {
    char words[KRV_WORDS_TEXT_LEN];
    memcpy(j.terms.id, &n, sizeof n);
    krv_words(&programme, &j, words);
    assert_int_equal(strlen(words), KRV_WORDS_TEXT_LEN - 1);
    for (size_t w = 0; w < KRV_WORDS_COUNT; w++) {
      const char *word = words + 5 * w;
      assert_true(is_one_of(word[0], "bdgkmnst") && is_one_of(word[1], "aiou"));
      assert_true(is_one_of(word[2], "bdfghklmnprstvyz") && is_one_of(word[3], "aiou"));
      assert_int_equal(word[4], w + 1 < KRV_WORDS_COUNT ? ' ' : '\0');
      if (!seen[base26(word)]) distinct++;
      seen[base26(word)] = 1;
    }
  }
  assert_int_equal(distinct, 2048);
}

static void every_part_changes_the_words(void **state) {
  (void)state;
  char words[KRV_WORDS_TEXT_LEN], other[KRV_WORDS_TEXT_LEN];
  krv_words(&programme, &join, words);
  struct krv_join changed[6] = {join, join, join, join, join, join};
  changed[0].terms.id[7] ^= 1;
  changed[1].keys.sign_pk.b[31] ^= 1;
  changed[2].keys.seal_pk.b[0] ^= 1;
  changed[3].keys.session_pk.b[15] ^= 1;
  changed[4].terms.roles ^= KRV_ROLE_ADMINISTRATOR;
  changed[5].terms.inviter ^= 1;
  for (size_t i = 0; i < 6; i++) {
    krv_words(&programme, &changed[i], other);
    assert_string_not_equal(words, other);
    assert_false(krv_words_same(words, krv_slice_str(other)));
  }
  struct krv_id practice = programme;
  practice.b[0] ^= 1;
  krv_words(&practice, &join, other);
  assert_string_not_equal(words, other);
}

static void case_and_spaces_do_not_matter_letters_do(void **state) {
  (void)state;
  const char *words = "sihi mipa simo muru biho muba";
  static const char *const same[] = {"sihi mipa simo muru biho muba",
                                     "SIHI Mipa sIMO muru biho muba",
                                     "  sihi\tmipa   simo muru biho muba \r\n"};
  static const char *const not_same[] = {
      "", "   ", "sihi mipa simo muru biho", "sihi mipa simo muru biho muba bada",
      "sihimipa simo muru biho muba", "sihi mipa simo muru biho mub",
      "mipa sihi simo muru biho muba", "sihi mipa simo muru biho mubi",
      "si hi mipa simo muru biho muba"};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    assert_true(krv_words_same(words, krv_slice_str(same[i])));
  for (size_t i = 0; i < sizeof not_same / sizeof *not_same; i++)
    assert_false(krv_words_same(words, krv_slice_str(not_same[i])));
  assert_false(krv_words_same(words, krv_slice(NULL, 0)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_golden_words_come_out),
      cmocka_unit_test(the_list_has_2048_words_of_two_syllables),
      cmocka_unit_test(every_part_changes_the_words),
      cmocka_unit_test(case_and_spaces_do_not_matter_letters_do),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
