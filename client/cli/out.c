#define _POSIX_C_SOURCE 200809L

#include "out.h"

#include "utf8.h"

#include <kerven/kerven.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void put_point(FILE *out, const char *from, const char *to, uint32_t point) {
  if (krv_utf8_is_control(point))
    putc('?', out);
  else
    fwrite(from, 1, (size_t)(to - from), out);
}

void krv_out_text(FILE *out, const char *text) {
  const char *from = text;
  for (uint32_t point; (point = krv_utf8_next(&text)) != 0; from = text) {
    if (point == '\n' || point == '\t' || point == '\r')
      putc(' ', out);
    else
      put_point(out, from, text, point);
  }
}

void krv_out_lines(FILE *out, const char *text, int indent) {
  const char *from = text;
  for (uint32_t point; (point = krv_utf8_next(&text)) != 0; from = text) {
    if (point == '\n')
      fprintf(out, "\n%*s", indent, "");
    else if (point != '\r')
      put_point(out, from, text, point);
  }
}

/* -------------------------------------------------------------------- tables */

struct krv_table {
  size_t columns, rows, cap;
  char **cells; /* rows * columns; the header is row 0 */
  bool failed;
};

static bool grow(struct krv_table *table) {
  if (table->rows < table->cap) return true;
  size_t cap = table->cap ? table->cap * 2 : 16;
  char **cells = realloc(table->cells, cap * table->columns * sizeof *cells);
  if (!cells) return false;
  table->cells = cells;
  table->cap = cap;
  return true;
}

void krv_table_row(struct krv_table *table, const char *const *cells) {
  if (!grow(table)) {
    table->failed = true;
    return;
  }
  char **row = table->cells + table->rows++ * table->columns;
  for (size_t i = 0; i < table->columns; i++) {
    row[i] = strdup(cells[i] ? cells[i] : "");
    if (!row[i]) table->failed = true;
  }
}

struct krv_table *krv_table_new(const char *const *headers) {
  struct krv_table *table = calloc(1, sizeof *table);
  if (!table) return NULL;
  while (headers[table->columns]) table->columns++;
  krv_table_row(table, headers);
  if (!table->failed) return table;
  krv_table_free(table);
  return NULL;
}

void krv_table_free(struct krv_table *table) {
  if (!table) return;
  for (size_t i = 0; i < table->rows * table->columns; i++) free(table->cells[i]);
  free(table->cells);
  free(table);
}

size_t krv_table_rows(const struct krv_table *table) {
  return table->rows - 1;
}

static size_t width_of(const struct krv_table *table, size_t column) {
  size_t widest = 0;
  for (size_t i = 0; i < table->rows; i++) {
    size_t width = krv_utf8_width(table->cells[i * table->columns + column]);
    if (width > widest) widest = width;
  }
  return widest < KRV_OUT_CELL_MAX ? widest : KRV_OUT_CELL_MAX;
}

/* Cuts at a code point so that what is left, and the dots, fit. */
static void put_cell(FILE *out, const char *cell, size_t width) {
  size_t has = krv_utf8_width(cell);
  if (has <= width) {
    krv_out_text(out, cell);
    fprintf(out, "%*s", (int)(width - has), "");
    return;
  }
  size_t used = 0;
  for (const char *at = cell, *from = at; used + 1 < width; from = at) {
    char point[8] = {0};
    if (krv_utf8_next(&at) == 0) break;
    memcpy(point, from, (size_t)(at - from));
    size_t wide = krv_utf8_width(point);
    if (used + wide + 1 > width) break;
    krv_out_text(out, point);
    used += wide;
  }
  fprintf(out, "\u2026%*s", (int)(width - used - 1), "");
}

int krv_table_print(const struct krv_table *table, FILE *out) {
  if (table->failed) return KERVEN_ENOMEM;
  size_t widths[KRV_OUT_COLUMNS_MAX] = {0};
  size_t last = table->columns - 1;
  for (size_t i = 0; i < last && i < KRV_OUT_COLUMNS_MAX; i++) widths[i] = width_of(table, i);
  for (size_t row = 0; row < table->rows; row++) {
    char **cells = table->cells + row * table->columns;
    for (size_t i = 0; i < last; i++) {
      put_cell(out, cells[i], widths[i]);
      fputs("  ", out);
    }
    krv_out_text(out, cells[last]);
    putc('\n', out);
  }
  return 0;
}

/* ------------------------------------------------------------- JSON and time */

int krv_out_json(FILE *out, json_t *value) {
  if (!value) return KERVEN_ENOMEM;
  int failed = json_dumpf(value, out, JSON_ENCODE_ANY | JSON_COMPACT);
  putc('\n', out);
  json_decref(value);
  return failed ? KERVEN_EIO : 0;
}

const char *krv_out_time(int64_t at_s, char out[KRV_OUT_TIME_MAX]) {
  struct tm tm;
  time_t at = (time_t)at_s;
  if (at_s == 0 || !gmtime_r(&at, &tm)) return "never";
  strftime(out, KRV_OUT_TIME_MAX, "%Y-%m-%d %H:%M UTC", &tm);
  return out;
}
