/* leak: words to plant, and the search for them wherever, and however, they were written.
 *
 *   leak words SEED COUNT      words that stand nowhere else, a line each, Latin and Cyrillic
 *   leak secrets CODE          what an invitation or a founding code holds, as needles
 *   leak forms                 the names of the forms in which a needle is looked for
 *   leak write FORM NEEDLE     the needle in that form, on stdout
 *   leak find NEEDLES PATH...  looks for every line of the file NEEDLES, in every form, in all
 *                              files at and below PATH, and in their names. Prints where it found
 *                              one, and at the end what it did. Exit status 1: it found something
 *
 * A needle is a text, or hex:DIGITS. A search that cannot be done is no search: a needle too short
 * to mean anything, a file that cannot be read, or no file at all, end with exit status 2.
 *
 * All forms of all needles are one table, by their first 8 bytes: each place of a file is one
 * look. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "invitation.h"
#include "translit.h"

enum {
  KEY_LEN = 8,
  BUCKET_BITS = 20,
  BUCKETS = 1 << BUCKET_BITS,
  SHOWN_MAX = 40,
  LINE_MAX_LEN = 4096
};

static _Noreturn void die(const char *what) {
  fprintf(stderr, "leak: %s\n", what);
  exit(2);
}

static struct krv_buf new_buf(void) {
  struct krv_buf buf;
  krv_buf_init(&buf, krv_host_env());
  return buf;
}

/* ---- words ---- */

static const char *const latin[] = {"a", "b", "ç", "d", "e", "ä", "f", "g", "h", "i",
                                    "j", "ž", "k", "l", "m", "n", "ň", "o", "ö", "p",
                                    "r", "s", "ş", "t", "u", "ü", "w", "y", "ý", "z"};
static const char *const cyrillic[] = {"а", "б", "в", "г", "д", "е", "ж", "з", "и",
                                       "к", "л", "м", "н", "о", "п", "р", "с", "т",
                                       "у", "ф", "х", "ц", "ч", "ш", "ы", "я"};
enum { LATIN_LETTERS = 14, CYRILLIC_LETTERS = 11 };

static uint64_t next(uint64_t *seed) { /* xorshift64*, Vigna 2014 */
  *seed ^= *seed >> 12;
  *seed ^= *seed << 25;
  *seed ^= *seed >> 27;
  return (*seed * 0x2545f4914f6cdd1du) >> 32;
}

static int words(uint64_t seed, unsigned long count) {
  seed = seed * 2 + 1;
  for (unsigned long i = 0; i < count; i++) {
    bool first = i % 2 == 0;
    for (int letter = first ? LATIN_LETTERS : CYRILLIC_LETTERS; letter > 0; letter--)
      fputs(first ? latin[next(&seed) % (sizeof latin / sizeof *latin)]
                  : cyrillic[next(&seed) % (sizeof cyrillic / sizeof *cyrillic)],
            stdout);
    putchar('\n');
  }
  return 0;
}

static void put_hex(const uint8_t *bytes, size_t len) {
  fputs("hex:", stdout);
  for (size_t i = 0; i < len; i++) printf("%02x", bytes[i]);
  putchar('\n');
}

static int secrets(const char *code) {
  struct krv_invitation invitation;
  struct krv_founding_code founding;
  if (krv_invitation_parse(krv_slice_str(code), &invitation) == 0) {
    put_hex(invitation.psk.b, sizeof invitation.psk.b);
    put_hex(invitation.secret, sizeof invitation.secret);
  } else if (krv_founding_parse(krv_slice_str(code), &founding) == 0) {
    put_hex(founding.psk.b, sizeof founding.psk.b);
  } else {
    die("this is no code");
  }
  return 0;
}

/* ---- forms: each appends to out; nothing, where it is no other than the text itself ---- */

static void form_utf8(struct krv_slice text, struct krv_buf *out) {
  krv_buf_put(out, text);
}

/* As the search of a vault has it in memory. */
static void form_folded(struct krv_slice text, struct krv_buf *out) {
  if (krv_text_fold(text, out) != 0 || krv_slice_equal(krv_buf_slice(out), text)) out->len = 0;
}

static void form_msgpack(struct krv_slice text, struct krv_buf *out) {
  if (text.len >= 32) krv_buf_u8(out, 0xd9); /* str 8, else fixstr */
  krv_buf_u8(out, (uint8_t)(text.len < 32 ? 0xa0 | text.len : text.len));
  krv_buf_put(out, text);
}

/* The next character of UTF-8 up to U+FFFF; other bytes stand for themselves. */
static unsigned character(struct krv_slice *text) {
  const uint8_t *p = text->data;
  size_t len = p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 1;
  if (len > text->len) len = 1;
  *text = krv_slice(p + len, text->len - len);
  if (len == 1) return p[0];
  unsigned c = len == 2 ? p[0] & 0x1fu : p[0] & 0x0fu;
  for (size_t i = 1; i < len; i++) c = c << 6 | (p[i] & 0x3fu);
  return c;
}

static void form_utf16le(struct krv_slice text, struct krv_buf *out) {
  while (text.len > 0) {
    unsigned c = character(&text);
    krv_buf_u8(out, (uint8_t)c);
    krv_buf_u8(out, (uint8_t)(c >> 8));
  }
}

static void form_utf16be(struct krv_slice text, struct krv_buf *out) {
  while (text.len > 0) {
    unsigned c = character(&text);
    krv_buf_u8(out, (uint8_t)(c >> 8));
    krv_buf_u8(out, (uint8_t)c);
  }
}

static void form_json(struct krv_slice text, struct krv_buf *out) {
  bool escaped = false;
  while (text.len > 0) {
    char escape[8];
    unsigned c = character(&text);
    escaped |= c >= 0x80;
    int len = snprintf(escape, sizeof escape, c < 0x80 ? "%c" : "\\u%04x", c & 0xffff);
    krv_buf_append(out, escape, (size_t)len);
  }
  if (!escaped) out->len = 0;
}

static void hex(struct krv_slice text, const char *digits, struct krv_buf *out) {
  for (size_t i = 0; i < text.len; i++) {
    krv_buf_u8(out, (uint8_t)digits[text.data[i] >> 4]);
    krv_buf_u8(out, (uint8_t)digits[text.data[i] & 15]);
  }
}

static void form_hex(struct krv_slice text, struct krv_buf *out) {
  hex(text, "0123456789abcdef", out);
}
static void form_hex_capitals(struct krv_slice text, struct krv_buf *out) {
  hex(text, "0123456789ABCDEF", out);
}

/* Whole groups only, as they stand in something longer that has `before` bytes in front of it. */
static void base64(struct krv_slice text, size_t before, struct krv_buf *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = (3 - before) % 3; i + 3 <= text.len; i += 3) {
    uint32_t group =
        (uint32_t)text.data[i] << 16 | (uint32_t)text.data[i + 1] << 8 | text.data[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6)
      krv_buf_u8(out, (uint8_t)digits[group >> shift & 63]);
  }
}

static void form_base64_0(struct krv_slice text, struct krv_buf *out) {
  base64(text, 0, out);
}
static void form_base64_1(struct krv_slice text, struct krv_buf *out) {
  base64(text, 1, out);
}
static void form_base64_2(struct krv_slice text, struct krv_buf *out) {
  base64(text, 2, out);
}

static const struct form {
  const char *name;
  void (*make)(struct krv_slice text, struct krv_buf *out);
} forms[] = {{"utf-8", form_utf8},        {"folded", form_folded},    {"msgpack", form_msgpack},
             {"utf-16le", form_utf16le},  {"utf-16be", form_utf16be}, {"json", form_json},
             {"hex", form_hex},           {"HEX", form_hex_capitals}, {"base64", form_base64_0},
             {"base64-1", form_base64_1}, {"base64-2", form_base64_2}};
enum { FORMS = sizeof forms / sizeof *forms };

/* The bytes of a needle as its line says it. */
static void needle_bytes(const char *line, struct krv_buf *out) {
  unsigned byte;
  if (strncmp(line, "hex:", 4) != 0) {
    krv_buf_append(out, line, strlen(line));
    return;
  }
  for (line += 4; sscanf(line, "%2x", &byte) == 1; line += line[1] ? 2 : 1)
    krv_buf_u8(out, (uint8_t)byte);
}

static int write_form(const char *name, const char *line) {
  struct krv_buf text = new_buf(), out = new_buf();
  needle_bytes(line, &text);
  for (size_t f = 0; f < FORMS; f++)
    if (!strcmp(forms[f].name, name)) forms[f].make(krv_buf_slice(&text), &out);
  if (out.len == 0) die("no such form of it");
  fwrite(out.data, 1, out.len, stdout);
  krv_buf_release(&text);
  krv_buf_release(&out);
  return 0;
}

/* ---- the table ---- */

struct pattern {
  size_t at; /* in bytes */
  size_t len;
  uint32_t needle, form, next; /* next: one more than its place; 0 ends the chain */
};

static struct krv_buf pattern_bytes, needle_lines;
static struct pattern *patterns;
static size_t pattern_count, pattern_cap;
static size_t *needle_at; /* of the lines */
static size_t needle_count, needle_cap;
static uint32_t heads[BUCKETS];
static uint8_t used[BUCKETS / 8]; /* small enough to stay near */
static unsigned long long files, bytes, hits;

static uint32_t bucket(const uint8_t *p) {
  uint64_t key;
  memcpy(&key, p, sizeof key);
  return (uint32_t)(key * 0x9e3779b97f4a7c15u >> (64 - BUCKET_BITS));
}

static void add_pattern(uint32_t needle, uint32_t form, const struct krv_buf *made) {
  if (made->len < KEY_LEN) die("a needle is too short to tell anything");
  if (krv_grow(krv_host_env(), &patterns, &pattern_cap, pattern_count, sizeof *patterns) != 0)
    die("no memory");
  uint32_t place = bucket(made->data);
  patterns[pattern_count++] =
      (struct pattern){pattern_bytes.len, made->len, needle, form, heads[place]};
  heads[place] = (uint32_t)pattern_count;
  used[place / 8] |= (uint8_t)(1u << (place % 8));
  krv_buf_append(&pattern_bytes, made->data, made->len);
}

static void add_needle(const char *line) {
  struct krv_buf text = new_buf(), made = new_buf();
  needle_bytes(line, &text);
  if (krv_grow(krv_host_env(), &needle_at, &needle_cap, needle_count, sizeof *needle_at) != 0)
    die("no memory");
  needle_at[needle_count] = needle_lines.len;
  krv_buf_append(&needle_lines, line, strlen(line) + 1);
  for (uint32_t f = 0; f < FORMS; f++) {
    krv_buf_reset(&made);
    forms[f].make(krv_buf_slice(&text), &made);
    if (made.len > 0) add_pattern((uint32_t)needle_count, f, &made);
  }
  needle_count++;
  krv_buf_release(&text);
  krv_buf_release(&made);
}

static void load_needles(const char *path) {
  char line[LINE_MAX_LEN];
  FILE *in = fopen(path, "r");
  if (!in) die("the needles cannot be read");
  while (fgets(line, sizeof line, in)) {
    line[strcspn(line, "\n")] = 0;
    if (*line) add_needle(line);
  }
  fclose(in);
  if (needle_count == 0 || pattern_bytes.status != 0 || needle_lines.status != 0) die("no needles");
}

/* ---- the search ---- */

static void found(const char *path, const struct pattern *p, size_t at) {
  if (hits++ < SHOWN_MAX)
    printf("%s: %s of %s at %zu\n", path, forms[p->form].name,
           (const char *)needle_lines.data + needle_at[p->needle], at);
}

static void look(const char *path, const uint8_t *hay, size_t len) {
  for (size_t i = 0; i + KEY_LEN <= len; i++) {
    uint32_t place = bucket(hay + i);
    if (!(used[place / 8] >> (place % 8) & 1)) continue;
    for (uint32_t next_at = heads[place]; next_at; next_at = patterns[next_at - 1].next) {
      const struct pattern *p = &patterns[next_at - 1];
      if (p->len <= len - i && !memcmp(hay + i, pattern_bytes.data + p->at, p->len))
        found(path, p, i);
    }
  }
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
  const char *name = path + ftw->base;
  look(path, (const uint8_t *)name, strlen(name));
  if (kind == FTW_DNR || kind == FTW_NS) die(path);
  if (kind != FTW_F || !S_ISREG(st->st_mode)) return 0;
  files++;
  if (st->st_size == 0) return 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) die(path);
  size_t len = (size_t)st->st_size;
  void *hay = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
  if (hay == MAP_FAILED) die(path);
  look(path, hay, len);
  bytes += len;
  munmap(hay, len);
  close(fd);
  return 0;
}

static int find(int count, char **paths) {
  for (int i = 0; i < count; i++)
    if (nftw(paths[i], visit, 32, FTW_PHYS) != 0) die(paths[i]);
  printf("%zu needles in %zu forms: %llu files, %llu bytes, %llu hits\n", needle_count,
         pattern_count, files, bytes, hits);
  if (files == 0) die("no file was there");
  return hits > 0;
}

int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "";
  if (argc == 4 && !strcmp(verb, "words"))
    return words(strtoull(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
  if (argc == 3 && !strcmp(verb, "secrets")) return secrets(argv[2]);
  if (argc == 4 && !strcmp(verb, "write")) return write_form(argv[2], argv[3]);
  if (argc == 2 && !strcmp(verb, "forms")) {
    for (size_t f = 0; f < FORMS; f++) puts(forms[f].name);
    return 0;
  }
  if (argc < 4 || strcmp(verb, "find") != 0) die("see the head of leak.c");
  pattern_bytes = needle_lines = new_buf();
  load_needles(argv[2]);
  int status = find(argc - 3, argv + 3);
  krv_buf_release(&pattern_bytes);
  krv_buf_release(&needle_lines);
  krv_free(krv_host_env(), patterns);
  krv_free(krv_host_env(), needle_at);
  return status;
}
