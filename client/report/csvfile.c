/* Rows of a CSV file.
 *
 * libcsv is fed one physical line at a time, so that the line on which a row
 * begins is known even where its cells contain line ends. It hands over cells,
 * which are collected until it reports the end of the row. Its callbacks cannot
 * fail, so the first error is kept in the reader and looked at after each line. */
#include "csvfile.h"

#include "utf8.h"

#include <csv.h>
#include <kerven/kerven.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 16, GUARD = '\'' };

struct reader {
  struct csv_parser parser;
  char *text; /* KRV_CSV_ROW_MAX bytes: the cells of the row, each with its NUL */
  size_t used;
  const char **cells; /* KRV_CSV_COLUMNS_MAX */
  size_t count;
  size_t line, row_line;
  bool open; /* a row has begun and not ended */
  int status;
  struct krv_csv_error *error;
  krv_csv_row_fn row;
  void *ctx;
};

static void unfit(struct reader *r, size_t line, const char *why) {
  if (r->status) return;
  r->status = KERVEN_EUNFIT;
  *r->error = (struct krv_csv_error){.line = line, .why = why};
}

/* With one form of line end inside the cell, whatever system the file comes from. Returns the
 * length, at most len; to has one byte more. */
static size_t copy_lines(char *to, const char *from, size_t len) {
  char *at = to;
  for (size_t i = 0; i < len; i++) {
    bool pair = from[i] == '\r' && i + 1 < len && from[i + 1] == '\n';
    if (!pair) *at++ = from[i] == '\r' ? '\n' : from[i];
  }
  *at = 0;
  return (size_t)(at - to);
}

static void on_cell(void *data, size_t len, void *ctx) {
  struct reader *r = ctx;
  if (r->status) return;
  if (r->count == KRV_CSV_COLUMNS_MAX) {
    unfit(r, r->row_line, "too many columns (at most 1,000)");
    return;
  }
  if (len + 1 > KRV_CSV_ROW_MAX - r->used) {
    unfit(r, r->row_line, "a row of over 1 MiB");
    return;
  }
  char *cell = r->text + r->used;
  len = copy_lines(cell, data, len);
  if (!krv_utf8_valid(cell)) {
    unfit(r, r->row_line, "text that is not UTF-8; save the file as \"CSV UTF-8\"");
    return;
  }
  r->used += len + 1;
  r->cells[r->count++] = cell;
}

static void on_row(int end, void *ctx) {
  (void)end;
  struct reader *r = ctx;
  if (!r->status) {
    struct krv_csv_row row = {.line = r->row_line, .count = r->count, .cells = r->cells};
    r->status = r->row(r->ctx, &row);
  }
  r->used = r->count = 0;
  r->open = false;
}

/* A physical line, or the part of one that ends with the chunk. */
static void feed(struct reader *r, const char *bytes, size_t len) {
  if (memchr(bytes, 0, len))
    unfit(r, r->line, "a NUL byte: this is not a text file in UTF-8; save it as \"CSV UTF-8\"");
  if (r->status) return;
  if (!r->open) {
    r->open = true;
    r->row_line = r->line;
  }
  size_t taken = csv_parse(&r->parser, bytes, len, on_cell, on_row, r);
  if (taken != len && csv_error(&r->parser) == CSV_ENOMEM)
    r->status = KERVEN_ENOMEM;
  else if (taken != len)
    unfit(r, r->row_line, "a quote in the middle of a cell");
  if (r->count == 0 && r->parser.pstate == 0) r->open = false; /* a blank line */
  if (len && bytes[len - 1] == '\n') r->line++;
}

static void feed_chunk(struct reader *r, const char *bytes, size_t len) {
  while (len && !r->status) {
    const char *end = memchr(bytes, '\n', len);
    size_t part = end ? (size_t)(end - bytes) + 1 : len;
    feed(r, bytes, part);
    bytes += part;
    len -= part;
  }
}

static void finish(struct reader *r, FILE *in) {
  if (r->status) return;
  if (ferror(in)) {
    r->status = KERVEN_EIO;
    return;
  }
  if (csv_fini(&r->parser, on_cell, on_row, r)) unfit(r, r->row_line, "a quote that never closes");
}

static size_t skip_mark(const char *chunk, size_t len) {
  return len >= 3 && !memcmp(chunk, "\xef\xbb\xbf", 3) ? 3 : 0;
}

int krv_csv_read(FILE *in, char delimiter, struct krv_csv_error *error, krv_csv_row_fn row,
                 void *ctx) {
  struct reader r = {.line = 1, .error = error, .row = row, .ctx = ctx};
  *error = (struct krv_csv_error){0};
  if (csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI)) return KERVEN_ENOMEM;
  csv_set_delim(&r.parser, (unsigned char)delimiter);
  char *chunk = malloc(CHUNK);
  r.text = malloc(KRV_CSV_ROW_MAX);
  r.cells = calloc(KRV_CSV_COLUMNS_MAX, sizeof *r.cells);
  if (!chunk || !r.text || !r.cells) r.status = KERVEN_ENOMEM;

  bool first = true;
  for (size_t len; !r.status && (len = fread(chunk, 1, CHUNK, in)) > 0; first = false) {
    size_t mark = first ? skip_mark(chunk, len) : 0;
    feed_chunk(&r, chunk + mark, len - mark);
  }
  finish(&r, in);
  free(r.cells);
  free(r.text);
  free(chunk);
  csv_free(&r.parser);
  return r.status;
}

/* Spreadsheets run what begins so. A number, or a telephone's, is none. A text that is a guarded
 * formula already counts as one, so that each guard comes off again alone. */
static bool is_formula(const char *text) {
  text += strspn(text, "'");
  if (!text[0] || !strchr("=+-@\t\r", text[0])) return false;
  bool sign = text[0] == '+' || text[0] == '-';
  return !sign || text[1 + strspn(text + 1, "0123456789 .,()")] != 0;
}

void krv_csv_cell(FILE *out, const char *text, int first) {
  if (!first) putc(',', out);
  if (!is_formula(text)) {
    csv_fwrite(out, text, strlen(text));
    return;
  }
  fprintf(out, "\"%c", GUARD);
  for (; *text; text++) {
    if (*text == '"') putc('"', out);
    putc(*text, out);
  }
  putc('"', out);
}

const char *krv_csv_plain(const char *cell) {
  return cell[0] == GUARD && is_formula(cell) ? cell + 1 : cell;
}
