/* waiting: which requests to join a vault keeps when more come than it can hold (I6). Of one
 * member's invitations there are at most KRV_REQUESTS_OF_ONE_MAX, of all KRV_REQUESTS_MAX, so that
 * what one member floods keeps nobody else out. It counts rows, and names the one that goes. */
#ifndef KRV_WAITING_H
#define KRV_WAITING_H

#include "bounds.h"
#include "roster.h"

/* A row that is kept. */
struct krv_waiting_row {
  int64_t lid;
  krv_device_ix inviter;
  krv_group_ix member; /* the inviter's */
  bool refused; /* by a person: it goes first */
  bool fixed; /* approved: it stays */
};

/* Rows in the order in which they came. */
struct krv_waiting {
  struct krv_waiting_row rows[KRV_REQUESTS_MAX];
  uint32_t count;
};

void krv_waiting_add(struct krv_waiting *waiting, const struct krv_waiting_row *row);
/* Is there room for one more of this member? *out: the row that makes it, NULL: none needs to.
 * False: it is passed over. */
bool krv_waiting_room(const struct krv_waiting *waiting, krv_group_ix member,
                      const struct krv_waiting_row **out);

#endif
