/* parts: pieces of canonical bytes that op and state share. Inside merge only.
 *
 * mp.h gives a tree, but not the bytes of a node, and its trees are bounded; so
 * a value is cut out of the bytes beside the tree, and an array that may be
 * longer than a tree is read element by element. */
#ifndef KRV_PARTS_H
#define KRV_PARTS_H

#include "op.h"

/* 0 for record 0, else bin 8. */
void krv_record_put(struct krv_buf *out, const struct krv_record_id *record);
/* MALFORMED for anything else, eight zero bytes included. */
int krv_record_get(const struct krv_mp *node, struct krv_record_id *out);
int krv_record_compare(const struct krv_record_id *a, const struct krv_record_id *b);
bool krv_record_is_zero(const struct krv_record_id *record);

/* Takes one object off the front of rest. MALFORMED, TOO_LARGE. */
int krv_part_next(struct krv_slice *rest, struct krv_slice *part);
/* Takes an array's head, in its shortest form, off the front of rest. MALFORMED
 * also when count elements cannot fit in what is left. */
int krv_part_array(struct krv_slice *rest, uint32_t *count);

/* One operation: its node and its bytes; op->value borrows from bytes. */
int krv_op_read(const struct krv_mp *node, struct krv_slice bytes, struct krv_op *op);

#endif
