/* show_in: what show.c and show_order.c share. */
#ifndef KRV_SHOW_IN_H
#define KRV_SHOW_IN_H

#include "show.h"

/* Adds a single value: into its equal, or where it is to be shown; places hold each value's
 * place in its commit, in step with field->values, which has room. */
void krv_show_put_value(const struct krv_state *state, struct krv_shown_field *field,
                        uint16_t *places, const struct krv_reg_value *value);
/* Adds an item behind the first `single` values, the oldest first. */
void krv_show_put_item(const struct krv_state *state, struct krv_shown_field *field,
                       uint32_t single, const struct krv_item *item);
/* The older of two writers: fewer commits seen, then device, n, id. Either may be
 * KRV_WRITER_NONE. */
enum { KRV_WRITER_NONE = UINT32_MAX };
uint32_t krv_show_older(const struct krv_state *state, uint32_t a, uint32_t b);
void krv_show_sort_records(const struct krv_state *state, struct krv_shown_record *records,
                           uint32_t count);

#endif
