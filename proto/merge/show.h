/* show: the merged state as a person sees it (R23, R24, survivor-safe rules).
 * A view lists records, their fields, and for each field what is shown, what
 * else was written at the same time, by whom and when. */
#ifndef KRV_SHOW_H
#define KRV_SHOW_H

#include "schema.h"
#include "state.h"

/* One written value. */
struct krv_shown_value {
  struct krv_slice value;  /* canonical msgpack */
  uint32_t writer;         /* index for krv_state_writer */
  uint16_t place;          /* in that commit */
  bool resolved;           /* written by RESOLVE */
};

struct krv_shown_field {
  struct krv_record_id record;
  uint16_t field;
  const struct krv_field *schema;          /* NULL when this schema does not know it */
  /* single values: all concurrent ones, the one to show first; distinct > 1 is
   * a conflict. Equal concurrent values are one entry. Notes: every item, the oldest first,
   * behind a single value if both were written; never a conflict. */
  struct krv_shown_value *values;
  uint32_t count;
  bool conflict;
  /* several choices: the option indices that are on, ascending, in options;
   * those that are both on and off concurrently in disputed. They are shown as on; under
   * KRV_SHOW_RESTRICTIVE (purposes that somebody consents to) as off, so not in options. */
  uint32_t *options, option_count;
  uint32_t *disputed, disputed_count;
};

struct krv_shown_record {
  struct krv_record_id id;
  uint8_t type;
  bool deleted;          /* flag set, and it has seen every write; never the flat fields */
  bool delete_disputed;  /* flag set, but something was written at the same time: shown, flagged */
  uint32_t first_field, field_count; /* into the view's fields */
  uint32_t first_writer; /* of the earliest value, for the order of records */
  uint16_t first_place;
};

struct krv_view {
  const struct krv_env *env;
  /* record 0 first, then by type, then canonical order (seen, device, id of the first writer,
   * place, record id) */
  struct krv_shown_record *records;
  uint32_t record_count;
  struct krv_shown_field *fields;
  uint32_t field_count;
  uint32_t conflict_count;          /* fields in conflict or dispute, and disputed deletions */
};

/* A record is an id with a type (the high byte of its fields): should two types
 * use one id, each shows as a record. Fields of one record stand together, by field.
 * First is what ranks highest under the field's show rule, then the most commits
 * seen, then device, commit id, place (R24); wall time has no say. A deleted
 * record's conflicts are not counted.
 *
 * Borrows state and schema, which must outlive it. NOMEM. */
int krv_view_init(struct krv_view *view, const struct krv_env *env, const struct krv_state *state,
                  const struct krv_schema *schema);
void krv_view_release(struct krv_view *view);
/* NULL if nothing was written there. A cleared field (nil) is listed with its nil. */
const struct krv_shown_field *krv_view_field(const struct krv_view *view,
                                             const struct krv_record_id *record, uint16_t field);
/* The i-th (from 1) record of a type that is not deleted; NULL if there are fewer. */
const struct krv_shown_record *krv_view_record(const struct krv_view *view, uint8_t type,
                                               uint32_t i);

#endif
