/* import_in: what the imports of all formats share; see import.h. */
#ifndef KRV_IMPORT_IN_H
#define KRV_IMPORT_IN_H

#include "import.h"

#include <stdbool.h>
#include <stdio.h>

enum krv_import_outcome { KRV_IMPORT_TAKEN, KRV_IMPORT_UPDATED, KRV_IMPORT_UNCHANGED };

/* Everything that is wrong with a row, for one entry of the report. */
struct krv_import_faults {
  int status;      /* of the first; 0: none */
  unsigned beyond; /* that the text has no room for */
  size_t len;
  char text[900];
};

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
  struct krv_import_faults faults;
};

int krv_import_init(struct krv_import *import, kerven *k, const struct krv_import_options *options,
                    struct krv_import_report *report);

/* Opens what is to be imported; fclose() what *out gets. An error is told in the report. */
int krv_import_file(struct krv_import *import, const char *file, FILE **out);

/* KERVEN_EDENIED where an export of a practice programme would come into a real one. */
int krv_import_practice(struct krv_import *import, bool practice);

/* Before a row: forgets the faults of the last one. */
void krv_import_row(struct krv_import *import);

/* Keeps what a call on the row's edit, or a check of the row, found wrong, so that the next cell
 * can be looked at: 0 if it concerns the row only, else status. what: which cell and why; NULL: the
 * status' sentence and what the library says of the call. */
int krv_import_fault(struct krv_import *import, int status, const char *what);

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

/* Lists the row as refused, with all its faults; where none was kept, with the status' sentence and
 * the library's detail. */
int krv_import_refuse(struct krv_import *import, size_t line, const char *id, int status);

/* Ends the open transaction, whatever happened; returns status if that is an error. */
int krv_import_finish(struct krv_import *import, int status);

#endif
