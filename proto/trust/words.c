/* words: eleven bits make a word: consonant 3, vowel 2, consonant 4, vowel 2.
 * Letters that the three languages read in different ways (c, j, q, w, x) are
 * left out; so is e, which unstressed Russian does not tell from i. */
#include "words.h"

#include <string.h>

enum { WORD_LEN = 4, WORD_BITS = 11, DIGEST_LEN = 16 };
_Static_assert(KRV_WORDS_TEXT_LEN == KRV_WORDS_COUNT * (WORD_LEN + 1), "spaces and NUL");
_Static_assert(KRV_WORDS_COUNT * WORD_BITS <= 8 * DIGEST_LEN, "enough bits");

static void put_word(unsigned number, char out[WORD_LEN]) {
  static const char first[] = "bdgkmnst", second[] = "bdfghklmnprstvyz", vowels[] = "aiou";
  out[0] = first[number >> 8 & 7];
  out[1] = vowels[number >> 6 & 3];
  out[2] = second[number >> 2 & 15];
  out[3] = vowels[number & 3];
}

/* Bits from the first byte's highest down. */
static unsigned take_bits(const uint8_t *bytes, size_t from, unsigned count) {
  unsigned v = 0;
  for (size_t i = from; i < from + count; i++)
    v = v << 1 | ((unsigned)bytes[i / 8] >> (7 - i % 8) & 1u);
  return v;
}

void krv_words(const struct krv_id *programme, const struct krv_join *join,
               char out[KRV_WORDS_TEXT_LEN]) {
  uint8_t digest[DIGEST_LEN], terms[KRV_INVITE_TERMS_LEN];
  krv_invite_terms_bytes(&join->terms, terms);
  const struct krv_slice parts[] = {
      krv_slice(programme->b, sizeof programme->b),
      krv_slice(terms, sizeof terms),
      krv_slice(join->keys.sign_pk.b, KRV_KEY_LEN),
      krv_slice(join->keys.seal_pk.b, KRV_KEY_LEN),
      krv_slice(join->keys.session_pk.b, KRV_KEY_LEN),
  };
  krv_h(KRV_DOMAIN_WORDS, parts, sizeof parts / sizeof *parts, digest, sizeof digest);
  for (size_t i = 0; i < KRV_WORDS_COUNT; i++) {
    char *word = out + i * (WORD_LEN + 1);
    put_word(take_bits(digest, i * WORD_BITS, WORD_BITS), word);
    word[WORD_LEN] = i + 1 < KRV_WORDS_COUNT ? ' ' : '\0';
  }
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The next word's first letter and, in *len, its letters; len 0 at the end. */
static const char *next_word(const char **p, const char *end, size_t *len) {
  while (*p < end && is_space(**p)) ++*p;
  const char *word = *p;
  while (*p < end && !is_space(**p)) ++*p;
  *len = (size_t)(*p - word);
  return word;
}

bool krv_words_same(const char *words, struct krv_slice typed) {
  const char *a = words, *a_end = words + strlen(words);
  const char *b = typed.len == 0 ? "" : (const char *)typed.data, *b_end = b + typed.len;
  size_t a_len, b_len;
  do {
    const char *a_word = next_word(&a, a_end, &a_len);
    const char *b_word = next_word(&b, b_end, &b_len);
    if (a_len != b_len) return false;
    for (size_t i = 0; i < a_len; i++)
      if (lower(a_word[i]) != lower(b_word[i])) return false;
  } while (a_len > 0);
  return true;
}
