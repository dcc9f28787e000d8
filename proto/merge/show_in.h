/* show_in: what show.c and show_order.c share. */
#ifndef KRV_SHOW_IN_H
#define KRV_SHOW_IN_H

#include "show.h"

/* Adds a single value: into its equal, or where it is to be shown. field->values has room. */
void krv_show_put_value(const struct krv_state *state, struct krv_shown_field *field,
                        const struct krv_reg_value *value);
/* Adds an item behind all. When all are there, those behind the first `single` values are put in
 * order, the oldest first. */
void krv_show_put_item(struct krv_shown_field *field, const struct krv_item *item);
void krv_show_sort_items(const struct krv_state *state, struct krv_shown_field *field,
                         uint32_t single);
/* Something was written to the record, there: it may be the earliest. A record of which nothing
 * was noted has KRV_WRITER_NONE. */
enum { KRV_WRITER_NONE = UINT32_MAX };
void krv_show_note_write(const struct krv_state *state, struct krv_shown_record *record,
                         uint32_t writer, uint16_t place);
void krv_show_sort_records(const struct krv_state *state, struct krv_shown_record *records,
                           uint32_t count);

#endif
