/* out: tables and JSON. Texts of others never reach a terminal raw: a name could
 * hold an escape sequence. Pure but for the stream. */
#ifndef KRV_OUT_H
#define KRV_OUT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* Writes a text with its controls as '?', line ends as spaces. */
void krv_out_text(FILE *out, const char *text);

/* The same over several lines: line ends stay, each further line begins with indent spaces. */
void krv_out_lines(FILE *out, const char *text, int indent);

/* A table with aligned columns. Cells are copied. The last column has no limit, others are cut at
 * KRV_OUT_CELL_MAX columns of the terminal. */
enum { KRV_OUT_CELL_MAX = 48, KRV_OUT_COLUMNS_MAX = 10 };
struct krv_table;
struct krv_table *krv_table_new(const char *const *headers); /* ends with NULL; NULL: no memory */
void krv_table_free(struct krv_table *table);
/* One text a column. Out of memory is remembered, and told by krv_table_print. */
void krv_table_row(struct krv_table *table, const char *const *cells);
size_t krv_table_rows(const struct krv_table *table);
int krv_table_print(const struct krv_table *table, FILE *out);

/* Prints a value without white space, and a line end, and gives up the reference. KERVEN_ENOMEM for
 * NULL. */
int krv_out_json(FILE *out, json_t *value);

/* "2026-01-31 09:30 UTC", or "never". */
enum { KRV_OUT_TIME_MAX = 32 };
const char *krv_out_time(int64_t at_s, char out[KRV_OUT_TIME_MAX]);

#endif
