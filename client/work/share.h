/* share: who may read and write a case (R9, R14), and referrals, small cases of their own
 * (design). */
#ifndef KRV_SHARE_H
#define KRV_SHARE_H

#include "edit.h"

/* Lets a group in: an access operation, and grants of every key held, so it reads what came
 * before. */
int krv_share(struct krv_intake *intake, const struct krv_id *kase, krv_group_ix group,
              bool read_only);
/* Takes a group's access away: the operation, which it can still read, so that its honest devices
 * stop writing, and word to the server not to send. The next commit begins an epoch that it gets no
 * key of. DENIED for the office. */
int krv_unshare(struct krv_intake *intake, const struct krv_id *kase, krv_group_ix group);

struct krv_referral {
  krv_group_ix to;
  struct krv_slice paths; /* comma separated: what is copied */
  struct krv_slice to_name, service, reason, expires; /* empty: not set */
  /* told of each path that holds nothing; may be NULL */
  void (*empty)(void *ctx, struct krv_slice path);
  void *ctx;
};
/* Makes the referral's case and notes it in its parent. On failure *detail tells about what.
 * NOT_FOUND: all paths hold nothing; VALUE: it would be over already. */
int krv_refer(struct krv_intake *intake, const struct krv_id *parent,
              const struct krv_referral *referral, struct krv_id *child, char *detail,
              size_t detail_cap);

#endif
