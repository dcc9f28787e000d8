/* import_case: exported cases, in the JSON form of htcdsjson.h, back into cases:
 * what the imports of our own formats share. */
#ifndef KRV_IMPORT_CASE_H
#define KRV_IMPORT_CASE_H

#include "import_in.h"

struct krv_case_import {
  struct krv_import import;
  json_t *types; /* "prs_FirstName" or "consent.decision" -> type of the field */
  json_t *keys;  /* exported case id -> import key of its copy */
  json_t *late;  /* [[place of the case, object, field, value]]: waits for the copy of value */
  bool sheet;    /* each case has "line", "marks" (marks.h) and "empty" (names of columns) too */
};

/* Always to be released, also after an error. */
int krv_case_import_init(struct krv_case_import *j, kerven *k,
                         const struct krv_import_options *options, struct krv_import_report *report)
    __attribute__((warn_unused_result));
void krv_case_import_release(struct krv_case_import *j);

/* The type of a field of record 0, or NULL. */
const char *krv_case_import_type(const struct krv_case_import *j, const char *field);

/* Takes the cases of the list, and ends the import. The list is changed on the way. */
int krv_case_import_take(struct krv_case_import *j, json_t *cases)
    __attribute__((warn_unused_result));

#endif
