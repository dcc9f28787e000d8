/* translit: see translit.h. Folding: NFC and case folding by utf8proc, then
 * each letter through the table below, and what the table lacks is decomposed
 * and loses its marks. The table comes before the marks go, because й is more
 * than и with a breve. The choices are for finding, not for spelling: letters
 * that one name has in two alphabets, or in a passport, get one form (Şemşat,
 * Шемшат, Shemshat; Wepa, Вепа, Vepa), signs without a sound get none. */
#include "translit.h"

#include <string.h>
#include <utf8proc.h>

#include "secret.h"
#include "status.h"

/* Ascending by code point, all in folded (lower) case. */
static const struct letter {
  uint32_t code;
  char latin[5];
} letters[] = {
    {'\'', ""},     {'w', "v"},       {0x00e7, "ch"}, {0x00f0, "d"}, /* ç ð */
    {0x00f8, "o"},  {0x0111, "d"},    {0x0131, "i"},  {0x0142, "l"}, /* ø đ ı ł */
    {0x015f, "sh"}, {0x017e, "zh"},   {0x0219, "sh"}, {0x0259, "a"}, /* ş ž ș ə */
    {0x02bb, ""},   {0x02bc, ""}, /* ʻ ʼ */
    {0x0430, "a"},  {0x0431, "b"},    {0x0432, "v"},  {0x0433, "g"}, /* а б в г */
    {0x0434, "d"},  {0x0435, "e"},    {0x0436, "zh"}, {0x0437, "z"}, /* д е ж з */
    {0x0438, "i"},  {0x0439, "y"},    {0x043a, "k"},  {0x043b, "l"}, /* и й к л */
    {0x043c, "m"},  {0x043d, "n"},    {0x043e, "o"},  {0x043f, "p"}, /* м н о п */
    {0x0440, "r"},  {0x0441, "s"},    {0x0442, "t"},  {0x0443, "u"}, /* р с т у */
    {0x0444, "f"},  {0x0445, "h"},    {0x0446, "ts"}, {0x0447, "ch"}, /* ф х ц ч */
    {0x0448, "sh"}, {0x0449, "shch"}, {0x044a, ""},   {0x044b, "y"}, /* ш щ ъ ы */
    {0x044c, ""},   {0x044d, "e"},    {0x044e, "yu"}, {0x044f, "ya"}, /* ь э ю я */
    {0x0451, "e"},  {0x0454, "e"},    {0x0456, "i"},  {0x0457, "i"}, /* ё є і ї */
    {0x045e, "o"},  {0x0493, "g"},    {0x0497, "j"},  {0x049b, "k"}, /* ў ғ җ қ */
    {0x049d, "g"},  {0x04a3, "n"},    {0x04af, "u"},  {0x04b1, "u"}, /* ҝ ң ү ұ */
    {0x04b3, "h"},  {0x04b7, "j"},    {0x04b9, "j"},  {0x04bb, "h"}, /* ҳ ҷ ҹ һ */
    {0x04d9, "a"},  {0x04e3, "i"},    {0x04e9, "o"},  {0x04ef, "u"}, /* ә ӣ ө ӯ */
    {0x2018, ""},   {0x2019, ""}, /* ‘ ’ */
};

static const char *latin_of(uint32_t code) {
  size_t low = 0, high = sizeof letters / sizeof *letters;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (letters[middle].code == code) return letters[middle].latin;
    if (letters[middle].code < code) low = middle + 1;
    else high = middle;
  }
  return NULL;
}

static bool is_control(int32_t code) {
  return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0);
}

static int check(struct krv_slice text) {
  const uint8_t *p = text.data;
  utf8proc_ssize_t left = (utf8proc_ssize_t)text.len;
  while (left > 0) {
    utf8proc_int32_t code;
    utf8proc_ssize_t used = utf8proc_iterate(p, left, &code);
    if (used <= 0 || is_control(code)) return KRV_VALUE;
    p += used;
    left -= used;
  }
  return 0;
}

/* Code points in NFC, in memory that the caller wipes and frees. */
struct points {
  utf8proc_int32_t *codes;
  size_t count, cap;
};

static int compose(struct krv_slice text, unsigned options, const struct krv_env *env,
                   struct points *out) {
  utf8proc_option_t how = (utf8proc_option_t)(options | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  utf8proc_ssize_t len = (utf8proc_ssize_t)text.len;
  *out = (struct points){0};
  utf8proc_ssize_t count = utf8proc_decompose(text.data, len, NULL, 0, how);
  if (count < 0) return KRV_VALUE;
  out->cap = (size_t)count;
  out->codes = krv_zalloc(env, out->cap + 1, sizeof *out->codes); /* normalize wants one more */
  if (!out->codes) return KRV_NOMEM;
  count = utf8proc_decompose(text.data, len, out->codes, count, how);
  if (count >= 0) count = utf8proc_normalize_utf32(out->codes, count, how);
  if (count < 0) return KRV_VALUE;
  out->count = (size_t)count;
  return 0;
}

static void points_free(struct points *points, const struct krv_env *env) {
  if (points->codes) krv_wipe(points->codes, points->cap * sizeof *points->codes);
  krv_free(env, points->codes);
}

static void put_code(int32_t code, struct krv_buf *out) {
  utf8proc_uint8_t bytes[4];
  utf8proc_ssize_t len = utf8proc_encode_char(code, bytes);
  krv_buf_append(out, bytes, (size_t)len);
}

static void put_plain(int32_t code, struct krv_buf *out) {
  utf8proc_int32_t parts[16];
  int last = 0;
  const char *latin = latin_of((uint32_t)code);
  if (latin) {
    krv_buf_append(out, latin, strlen(latin));
    return;
  }
  utf8proc_ssize_t count = utf8proc_decompose_char(
      code, parts, 16, (utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK), &last);
  for (utf8proc_ssize_t i = 0; i < count && i < 16; i++) {
    latin = latin_of((uint32_t)parts[i]); /* a letter of the table under a rarer mark */
    if (latin) krv_buf_append(out, latin, strlen(latin));
    else put_code(parts[i], out);
  }
}

static int transform(struct krv_slice text, unsigned options,
                     void (*put)(int32_t code, struct krv_buf *out), struct krv_buf *out) {
  struct points points = {0};
  size_t start = out->len;
  if (text.len == 0) return out->status;
  int status = check(text);
  if (status == 0) status = compose(text, options, out->env, &points);
  for (size_t i = 0; status == 0 && i < points.count; i++) put(points.codes[i], out);
  points_free(&points, out->env);
  if (status == 0) status = out->status;
  if (status != 0) out->len = start;
  return status;
}

/* Only letters that NFC leaves alone whatever stands beside them: below U+0300, and U+0400 to
 * U+047F. That is what nearly every text of ours is made of. The text is UTF-8 already. */
static bool is_composed(struct krv_slice text) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t lead = text.data[i];
    if (lead < 0x80) continue;
    if (lead > 0xCB && lead != 0xD0 && lead != 0xD1) return false;
    i++;
  }
  return true;
}

int krv_text_normalise(struct krv_slice text, struct krv_buf *out) {
  int status = check(text);
  if (status != 0 || !is_composed(text)) return transform(text, 0, put_code, out);
  krv_buf_put(out, text);
  return out->status;
}

int krv_text_fold(struct krv_slice text, struct krv_buf *out) {
  return transform(text, UTF8PROC_CASEFOLD, put_plain, out);
}
