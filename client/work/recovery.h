/* recovery: the programme's recovery key as this vault holds it (R13), sealed like everything here.
 *
 *   none --found--> here, never exported --split--> here, exported --forget--> forgotten
 *     \--------------------------take (two shares)------^  ^----------take---------/
 *
 * What it signs stands in propose.h, pin.h, fork.h and mend.h. Secrets of groups come to it in
 * boxes, which every device of the programme keeps and none can open. */
#ifndef KRV_RECOVERY_H
#define KRV_RECOVERY_H

#include "intake.h"
#include "recoveryshare.h"

struct krv_recovery_state {
  bool here;
  bool exported;  /* shares were given out, here or before this vault took two */
  bool taken;     /* by shares; else this vault made it */
  bool forgotten; /* it was here */
};
int krv_recovery_state(struct krv_world *world, struct krv_recovery_state *out);
bool krv_recovery_here(const struct krv_world *world);
/* NO_KEY: it is not here. The caller wipes out. */
int krv_recovery_load(const struct krv_world *world, struct krv_recovery_keys *out)
    __attribute__((warn_unused_result));

/* The three shares: the same ones each time, so that one that was lost can be printed again; fresh:
 * a new split, whose shares do not fit those before. In its own transaction. NO_KEY. The caller
 * wipes out. */
int krv_recovery_split(struct krv_world *world, bool fresh,
                       struct krv_recovery_share out[KRV_SHARES])
    __attribute__((warn_unused_result));
/* Is the share of this programme and its key, as far as it says so itself? OTHER_PROGRAMME,
 * NOT_APPROVED (this vault is in no programme). */
int krv_recovery_fits(const struct krv_world *world, const struct krv_recovery_share *share);
/* Joins two shares, and keeps what they give if, and only if, the founding entry's recovery key
 * follows from it. Then gives the secrets that are due (keep.h). In its own transaction.
 * NOT_APPROVED, REVOKED, OTHER_PROGRAMME, EXISTS (the same share twice), INVALID (of two splits),
 * CRYPTO (one of them is wrong), STATE (the key is here already). */
int krv_recovery_take(struct krv_world *world, const struct krv_recovery_share *a,
                      const struct krv_recovery_share *b);
/* Takes it out of the vault, whose file is overwritten there. NO_KEY; STATE: its shares were never
 * exported; BUSY: what it signed has not gone out yet. */
int krv_recovery_forget(struct krv_world *world);

/* Is a received box for the recovery key worth keeping? It is of a group that several read, from
 * who made that secret, one of few, and opens if the key is here. */
int krv_recovery_wants(struct krv_world *world, const struct krv_msg_box *msg, bool *out);
/* Calls back with each secret of the group that a box in this vault brings to the recovery key;
 * nothing without the key. Non-zero stops and is returned. */
int krv_recovery_secrets(struct krv_world *world, krv_group_ix group,
                         int (*each)(void *ctx, const struct krv_secret *secret), void *ctx);
/* Is the group's newest secret here in such a box? */
int krv_recovery_boxed(struct krv_world *world, krv_group_ix group, bool *out);

#endif
