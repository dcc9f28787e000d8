/* path: how a person names a field of a case: `prs_FirstName`, `consent[+].purpose` (a new record;
 * a second one in the same edit is `consent[+2]`), `consent[1].purpose`,
 * `consent[0123456789abcdef].purpose`, and a record alone: `consent[1]` (R37). */
#ifndef KRV_PATH_H
#define KRV_PATH_H

#include "schema.h"
#include "show.h"
#include "status.h"

enum krv_path_pick { KRV_PATH_FLAT, KRV_PATH_NEW, KRV_PATH_NUMBER, KRV_PATH_RID };

struct krv_path {
  enum krv_path_pick pick;
  const struct krv_record_type *type;
  const struct krv_field *field; /* NULL: the record alone */
  uint32_t number; /* NUMBER, NEW: from 1 */
  struct krv_record_id rid; /* RID */
};

/* FIELD when type or field are not in the schema; *unknown tells which name. MALFORMED. */
int krv_path_parse(const struct krv_schema *schema, struct krv_slice text, struct krv_path *out,
                   struct krv_slice *unknown);
/* The record that it means in a view; NOT_FOUND. Not for NEW. */
int krv_path_record(const struct krv_path *path, const struct krv_view *view,
                    struct krv_record_id *out);
/* The same of records that are marked as deleted, disputed marks too. A number counts the unmarked
 * ones with them, so that what was consent[2] is found by that name as long as nothing before it is
 * deleted. */
int krv_path_deleted(const struct krv_path *path, const struct krv_view *view,
                     struct krv_record_id *out);
/* The record whose id a text is, alone, of whatever type; NULL. */
const struct krv_shown_record *krv_path_rid(struct krv_slice text, const struct krv_view *view);
/* 16 hex digits and NUL; "" for record 0. */
void krv_rid_format(const struct krv_record_id *rid, char out[17]);

#endif
