/* join: the other end of an invitation. Keys and invitation are in the vault before the first
 * packet goes out; the request is repeated until the roster holds this device (R13, R35). */
#ifndef KRV_JOIN_H
#define KRV_JOIN_H

#include "intake.h"

/* Binds this vault to the invitation. Again with the same: 0; with a new one of the same programme,
 * while it is not let in: bound to that, and, where the programme has moved to another server
 * since, with other keys: what was asked before is void. STATE when it belongs to a programme, or
 * has asked another. */
int krv_join_prepare(struct krv_world *world, struct krv_slice code);
/* The request as JOIN's payload, appended. The same bytes every time. */
int krv_join_request(const struct krv_world *world, struct krv_buf *out);
/* The check words. */
int krv_join_words(const struct krv_world *world, char out[64]);

#endif
