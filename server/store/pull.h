/* pull: what a device has not seen, in order, as messages (R19).
 *
 * A device reads its own inbox, the inbox of each group that it is in (above
 * the seq of its admission), and, by role, the admission inbox, merged by
 * position. A backfill is flat: at its position, what the group or case shows
 * with a lower seq, in order of seq; `within` carries that seq. */
#ifndef KRV_PULL_H
#define KRV_PULL_H

#include "roster.h"
#include "store.h"

struct krv_cursor {
  uint64_t at;      /* everything at positions <= at was sent, but see within */
  /* inside position at + 1's backfill: items with seq <= within were sent; 0: none */
  uint64_t within;
};

struct krv_pull;

int krv_pull_new(const struct krv_env *env, struct krv_store *store,
                 const struct krv_roster *roster, krv_device_ix device, struct krv_cursor start,
                 struct krv_pull **out);
void krv_pull_free(struct krv_pull *pull);
/* Items that this session pushed itself are left out. Ascending or not; kept sorted. */
int krv_pull_skip(struct krv_pull *pull, uint64_t seq);
/* Items went to the client by another way: the next one names its case again, and the next slice
 * ends in a CURSOR in any case, which covers them (R12). */
void krv_pull_aside(struct krv_pull *pull);
/* Appends whole messages (kind, length, payload; a commit's prev shortened to 4 bytes, its device
 * kept) until out has grown by budget or the head is reached, then a CURSOR if the position moved
 * since the last one told, if that one said "more", or after krv_pull_aside. It says "more" when
 * this returns 0. told: the last seq told to the client (in/out, for CURSOR's advance). Returns 0
 * when more waits, KRV_END at the head. Never reads an open transaction's items: call it only when
 * the batch is not open. Refreshes its boxes when the roster has grown. */
int krv_pull_slice(struct krv_pull *pull, size_t budget, uint64_t *told, struct krv_buf *out);

#endif
