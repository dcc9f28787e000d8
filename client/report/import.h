/* import: rows of other people's files into cases. Each row is one edit, taken
 * whole or refused whole; up to 256 rows share a transaction. Who imports the
 * same again makes no duplicate: every case carries its row's import key (R32). */
#ifndef KRV_IMPORT_H
#define KRV_IMPORT_H

#include <jansson.h>
#include <kerven/kerven.h>

struct krv_import_options {
  const char *map; /* CSV: path of the map */
  void (*progress)(void *ctx, uint64_t rows);
  void *ctx;
};

struct krv_import_report {
  uint64_t taken;     /* rows that became new cases, on disk */
  uint64_t updated;   /* rows that changed a case, on disk */
  uint64_t unchanged; /* rows that were there already */
  json_t *refused;    /* [{"line", "why"}], with "case" where the file names one */
  json_t *left_out;   /* JSON: [{"line", "case", "field", "why"}], the rest of the case was taken */
  char why[512];      /* on error: what the status does not say; "" when nothing */
};

/* All: 0 even if rows were refused. KERVEN_EUNFIT (not this format), KERVEN_ENOT_FOUND (no such
 * file), or what stops everything: a full disk, a device that is not approved. Whatever the report
 * counts is saved, also after an error. The report is initialised here; release it always. */
int krv_import_csv(kerven *k, const char *file, const struct krv_import_options *options,
                   struct krv_import_report *report) __attribute__((warn_unused_result));
int krv_import_json(kerven *k, const char *file, const struct krv_import_options *options,
                    struct krv_import_report *report) __attribute__((warn_unused_result));
/* Our own CSV export, also as a spreadsheet saves it. KERVEN_EUSAGE: another CSV file, which needs
 * a map. */
int krv_import_sheet(kerven *k, const char *file, const struct krv_import_options *options,
                     struct krv_import_report *report) __attribute__((warn_unused_result));
void krv_import_report_release(struct krv_import_report *report);

#endif
