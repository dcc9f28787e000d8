/* csvfile: rows of a CSV file, one at a time, through libcsv (RFC 4180 with its
 * usual liberties: any line end, cells unquoted where they need no quotes). Called
 * csvfile because csv.h is libcsv's own. Any thread; no state between calls. */
#ifndef KRV_CSVFILE_H
#define KRV_CSVFILE_H

#include <stddef.h>
#include <stdio.h>

enum {
  KRV_CSV_COLUMNS_MAX = 1000,
  KRV_CSV_ROW_MAX = 1 << 20, /* bytes of all cells of a row */
};

struct krv_csv_row {
  size_t line; /* where the row begins in the file, from 1 */
  size_t count;
  const char *const *cells; /* valid UTF-8, NUL terminated, lines ended by \n; lent for the call */
};

/* Where and why a file is no CSV. */
struct krv_csv_error {
  size_t line;
  const char *why; /* static */
};

/* A row; non-zero stops the reading and is what krv_csv_read returns. */
typedef int (*krv_csv_row_fn)(void *ctx, const struct krv_csv_row *row);

/* Reads all rows from the stream, which stays open. A byte order mark and blank lines are
 * passed over. KERVEN_EUNFIT (with *error): quotes that do not close, a NUL byte, text that is not
 * UTF-8, over a limit. KERVEN_EIO, KERVEN_ENOMEM. */
int krv_csv_read(FILE *in, char delimiter, struct krv_csv_error *error, krv_csv_row_fn row,
                 void *ctx) __attribute__((warn_unused_result));

/* Writes a cell, quoted, with a comma before it unless it is the row's first. What a spreadsheet
 * would run as a formula gets an apostrophe before it, which makes it text. Errors stay in the
 * stream (ferror). */
void krv_csv_cell(FILE *out, const char *text, int first);

/* The text that krv_csv_cell was given, from the cell as it is read back: without that apostrophe,
 * but with one that was the text's own. Borrows. */
const char *krv_csv_plain(const char *cell);

#endif
