/* export: all cases into one file, case by case, so that memory does not grow
 * with the caseload. What is written is not encrypted: say so to the person. */
#ifndef KRV_EXPORT_H
#define KRV_EXPORT_H

#include <jansson.h>
#include <kerven/kerven.h>
#include <stdio.h>

struct krv_export_options {
  const char *type; /* as in kerven_case_query: NULL: cases only, "all" */
  void (*progress)(void *ctx, uint64_t cases);
  /* Of a case that is damaged in the vault: it is left out, and holds up no other. */
  void (*unread)(void *ctx, const char *id);
  void *ctx;
};

/* HTCDS JSON: {"format", "version", "standard", "programme", "cases": [...]}, each case as
 * krv_htcds_case makes it. Carries records, their ids and conflicts; KERVEN_EIO: writing failed. */
int krv_export_json(kerven *k, FILE *out, const struct krv_export_options *options)
    __attribute__((warn_unused_result));

/* What a CSV file does not hold of the cases that are in it. */
struct krv_export_loss {
  uint64_t cases;     /* that it concerns */
  uint64_t records;
  uint64_t notes;
  uint64_t conflicts; /* fields with further values than the one in the cell */
  uint64_t fields;    /* fields of record 0 that no cell holds: unknown to this schema */
};

/* The names of the fields that have a column, record 0 in the order of the schema; NULL and a
 * status on error. */
json_t *krv_export_columns(kerven *k, int *status);

/* CSV: a header, then a row a case: case, type, sync, import_key, the columns, conflicts, marks
 * (marks.h). Options joined by ';'. */
int krv_export_csv(kerven *k, FILE *out, const struct krv_export_options *options,
                   struct krv_export_loss *loss) __attribute__((warn_unused_result));

#endif
