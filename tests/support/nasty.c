/* nasty CASES SEED: prints an export in JSON whose cases hold, in every field of record 0, what
 * trips files up: quotes, commas, line ends, what spreadsheets take for formulas or numbers,
 * apostrophes, other scripts, long texts. The same seed gives the same cases. */
#include <stdarg.h>
#include <jansson.h>
#include <kerven/kerven.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 8192, LONG_PIECES = 400 };

static uint64_t seed;

/* splitmix64 */
static uint32_t below(uint32_t bound) {
  uint64_t z = (seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ (z >> 31)) % bound);
}

static const char *const pieces[] = {
    "=", "+", "-", "@", "'", "''", "\"", "\"\"", ",", ";", "\n", "\n\n", "\t", " ", "  ",
    "=1+1", "'=cmd|' /C calc'!A0", "-2+3", "+993 65 123456", "@SUM(A1)", "007", "1e5", "2001-04",
    "TRUE", "#N/A", "NULL", "\\", "\\n", "&amp;", "<b>", "%s", "{\"a\":1}", "case", "sep=;",
    "\xd0\x90\xd0\xb9\xd0\xb3\xd1\x83\xd0\xbb\xd1\x8c", "\xd0\x81\xd0\xb6", "\xc3\xbd", "e\xcc\x81",
    "\xef\xbb\xbf", "\xe2\x80\xa8", "\xc2\xa0", "\xf0\x9f\x98\x80", "\xe4\xb8\xad", "word"};
enum { PIECES = sizeof pieces / sizeof *pieces };

static json_t *text(uint32_t most) {
  char out[TEXT_SIZE] = "";
  size_t len = 0;
  for (uint32_t count = 1 + below(most); count > 0; count--) {
    const char *piece = pieces[below(PIECES)];
    if (len + strlen(piece) >= sizeof out) break;
    len += (size_t)snprintf(out + len, sizeof out - len, "%s", piece);
  }
  return json_string(out);
}

__attribute__((format(printf, 1, 2))) static json_t *printed(const char *format, ...) {
  char out[64];
  va_list args;
  va_start(args, format);
  vsnprintf(out, sizeof out, format, args);
  va_end(args);
  return json_string(out);
}

static json_t *date(void) {
  const char *about = below(4) ? "" : "~";
  uint32_t year = 1930 + below(95), month = 1 + below(12), day = 1 + below(28);
  switch (below(3)) {
    case 0: return printed("%s%u", about, year);
    case 1: return printed("%s%u-%02u", about, year, month);
    default: return printed("%s%u-%02u-%02u", about, year, month, day);
  }
}

static size_t count_of(const char *const *codes) {
  size_t count = 0;
  while (codes[count]) count++;
  return count;
}

static json_t *choices(const char *const *codes) {
  json_t *array = json_array();
  for (size_t i = 0; codes[i]; i++)
    if (!below(3)) json_array_append_new(array, json_string(codes[i]));
  return array;
}

static json_t *value_of(const struct kerven_schema_item *item) {
  if (!strcmp(item->type, "text")) return text(6);
  if (!strcmp(item->type, "long_text")) return text(below(10) ? 40 : LONG_PIECES);
  if (!strcmp(item->type, "phone"))
    return below(2) ? printed("+9936%07u", below(9999999)) : text(3);
  if (!strcmp(item->type, "bool")) return json_boolean(below(2));
  if (!strcmp(item->type, "integer")) return json_integer(below(2) ? below(20) : below(1u << 31));
  if (!strcmp(item->type, "decimal"))
    return printed("%s%u.%02u", below(2) ? "-" : "", below(1000), below(100));
  if (!strcmp(item->type, "date")) return date();
  if (!item->codes || !*item->codes) return NULL;
  if (!strcmp(item->type, "codes")) return choices(item->codes);
  return json_string(item->codes[below((uint32_t)count_of(item->codes))]);
}

static json_t *fields(void) {
  kerven_iter *iter;
  struct kerven_schema_item item;
  json_t *object = json_object();
  if (kerven_schema(NULL, &iter)) return NULL;
  while (!kerven_schema_next(iter, &item)) {
    if (*item.record || !strcmp(item.field, "kvn_ImportKey") || !below(3)) continue;
    json_t *value = value_of(&item);
    if (value) json_object_set_new(object, item.field, value);
  }
  kerven_iter_free(iter);
  return object;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  uint32_t count = (uint32_t)strtoul(argv[1], NULL, 10);
  seed = strtoull(argv[2], NULL, 10);
  json_t *cases = json_array();
  for (uint32_t i = 0; i < count; i++)
    json_array_append_new(cases, json_pack("{s:o, s:s, s:o}", "case", printed("%032x", i + 1),
                                           "type", "case", "fields", fields()));
  json_t *root = json_pack("{s:s, s:i, s:b, s:o}", "format", "kerven-htcds", "version", 1,
                           "practice", 0, "cases", cases);
  int failed = json_dumpf(root, stdout, JSON_INDENT(1));
  json_decref(root);
  return failed ? 1 : 0;
}
