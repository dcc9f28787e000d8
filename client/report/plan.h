/* plan: what has to be done to a case so that it holds what an exported one
 * holds. Pure: it compares two JSON forms (see htcdsjson.h) and calls back for
 * each step. Nothing is ever cleared: what the wanted form lacks stays. */
#ifndef KRV_PLAN_H
#define KRV_PLAN_H

#include <jansson.h>
#include <stdbool.h>

/* A value to set, or a text to append to notes. Borrowed during the call. */
struct krv_plan_step {
  const char
      *path; /* as kerven_edit_set takes it; a new record is type[+N]; NULL: the case's notes */
  const char *value;
  bool note;
};
typedef int (*krv_plan_fn)(void *ctx, const struct krv_plan_step *step);

/* Steps from present (NULL: a new case) to wanted. Records are matched by rid, then by content,
 * then with one of which the wanted one says only more; where one of a type is left on each side
 * they are the same one, else the wanted one is new. KERVEN_EUNFIT: wanted has another shape;
 * KERVEN_ENOMEM; or what fn returned. */
int krv_plan_make(const json_t *wanted, const json_t *present, krv_plan_fn fn, void *ctx)
    __attribute__((warn_unused_result));

/* Whether the present value (NULL: none) says what the wanted one does; the order of choices does
 * not count. */
bool krv_plan_same(const json_t *wanted, const json_t *present);

/* The text that kerven_edit_set takes for a value, choices joined by ';'. To be freed; NULL: out of
 * memory, or it is no value. */
char *krv_plan_text(const json_t *value);

#endif
