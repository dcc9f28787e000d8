/* csvmap: how the columns of somebody's CSV file become fields. A map is a small
 * JSON file; docs/import.md describes it. Pure: it knows no vault. */
#ifndef KRV_CSVMAP_H
#define KRV_CSVMAP_H

#include "csvfile.h"

#include <stdbool.h>
#include <stddef.h>

struct krv_csvmap;

/* Loads and checks a map. KERVEN_EUNFIT, KERVEN_EIO, KERVEN_ENOT_FOUND, KERVEN_ENOMEM; then why
 * (cap bytes) says more and *out is NULL. */
int krv_csvmap_load(const char *path, struct krv_csvmap **out, char *why, size_t cap)
    __attribute__((warn_unused_result));
void krv_csvmap_free(struct krv_csvmap *map); /* NULL is allowed */

char krv_csvmap_delimiter(const struct krv_csvmap *map);

/* The names of the file's columns. KERVEN_EUNFIT: a column that the map names is missing, or there
 * twice. Columns that it does not name are passed over, unless the map says that all count. */
int krv_csvmap_bind(struct krv_csvmap *map, const struct krv_csv_row *header, char *why, size_t cap)
    __attribute__((warn_unused_result));

/* One value to set (or a note to append) that a row asks for; non-zero stops. */
struct krv_csvmap_value {
  const char *path; /* NULL: the case's notes */
  const char *value;
  const char *column; /* "" for a constant */
  bool note;
};
typedef int (*krv_csvmap_fn)(void *ctx, const struct krv_csvmap_value *value);

/* Every field that the map writes, with its constant or, for what rows will say, value "": for a
 * check against the schema before the first row. */
int krv_csvmap_fields(const struct krv_csvmap *map, krv_csvmap_fn fn, void *ctx);

/* Every value that a rule translates to, with the rule's number in the map, from 1: for the same
 * check. Those that become notes or say nothing are left out. */
typedef int (*krv_csvmap_rule_fn)(void *ctx, size_t rule, const struct krv_csvmap_value *value);
int krv_csvmap_translations(const struct krv_csvmap *map, krv_csvmap_rule_fn fn, void *ctx);

/* Bytes that name a row: the map's source and the key columns, or all cells where the map has no
 * key, each ended by a NUL. *keyed tells which. To be freed by the caller; NULL: out of memory. */
char *krv_csvmap_identity(const struct krv_csvmap *map, const struct krv_csv_row *row, size_t *len,
                          bool *keyed);

/* What is wrong with a cell: KERVEN_ECODE, a value that the map's translation lacks; KERVEN_EDATE,
 * no date as its rule says; KERVEN_EUNFIT, another number of cells than the header. why says which.
 * Non-zero stops. */
typedef int (*krv_csvmap_fault_fn)(void *ctx, int status, const char *why);

/* Everything that a row says, field by field, several options of one field joined by ';', in the
 * order of the map; before that, each cell that cannot be used. Returns what a callback did. */
int krv_csvmap_apply(const struct krv_csvmap *map, const struct krv_csv_row *row, krv_csvmap_fn fn,
                     krv_csvmap_fault_fn fault, void *ctx) __attribute__((warn_unused_result));

#endif
