/* export: all cases into one file, case by case, so that memory does not grow
 * with the caseload. What is written is not encrypted: say so to the person. */
#ifndef KRV_EXPORT_H
#define KRV_EXPORT_H

#include <kerven/kerven.h>
#include <stdio.h>

struct krv_export_options {
  const char *type; /* as in kerven_case_query: NULL: cases only, "all" */
  void (*progress)(void *ctx, uint64_t cases);
  void *ctx;
};

/* HTCDS JSON: {"format", "version", "standard", "programme", "cases": [...]}, each case as
 * krv_htcds_case makes it. Carries records, their ids and conflicts; KERVEN_EIO: writing failed. */
int krv_export_json(kerven *k, FILE *out, const struct krv_export_options *options)
    __attribute__((warn_unused_result));

/* CSV: a header, then a row a case: case, type, sync, import_key, the fields of record 0 in the
 * order of the schema, conflicts. Options joined by ';'. Other records do not fit a row. */
int krv_export_csv(kerven *k, FILE *out, const struct krv_export_options *options)
    __attribute__((warn_unused_result));

#endif
