/* import_in: what the imports of all formats share; see import.h. */
#ifndef KRV_IMPORT_IN_H
#define KRV_IMPORT_IN_H

#include "import.h"

#include <stdbool.h>

enum krv_import_outcome { KRV_IMPORT_TAKEN, KRV_IMPORT_UPDATED, KRV_IMPORT_UNCHANGED };

struct krv_import {
  kerven *k;
  const struct krv_import_options *options;
  struct krv_import_report *report;
  uint64_t rows;
  unsigned saved;             /* edits in the open transaction */
  bool open;
  bool again;                 /* rows come a second time and are counted already */
  bool lost;                  /* a failed save has ended the transaction with all its rows */
  uint64_t waiting[2];        /* taken, updated: counted when the transaction is on disk */
  char detail[256];           /* of the row's failure, kept past the calls that follow it */
};

int krv_import_init(struct krv_import *import, kerven *k, const struct krv_import_options *options,
                    struct krv_import_report *report);

/* Before a row's edit is begun: opens a transaction where none is. */
int krv_import_begin(struct krv_import *import);

/* Saves and frees the edit, which may be NULL (nothing to do), and counts the row. id: the case
 * that it changes, "" for a new one. A refusal by the library is returned for krv_import_refuse. */
int krv_import_save(struct krv_import *import, kerven_edit *edit, const char *id);
/* Gives up a row's edit (NULL is allowed) that failed, and keeps what the library says of it. */
void krv_import_drop(struct krv_import *import, kerven_edit *edit);
void krv_import_count(struct krv_import *import, enum krv_import_outcome outcome);

/* Whether a status concerns this row only. */
bool krv_import_is_refusal(const struct krv_import *import, int status);

/* Lists the row as refused. why NULL: the status' sentence and the library's detail. */
int krv_import_refuse(struct krv_import *import, size_t line, const char *id, int status,
                      const char *why);

/* Ends the open transaction, whatever happened; returns status if that is an error. */
int krv_import_finish(struct krv_import *import, int status);

#endif
