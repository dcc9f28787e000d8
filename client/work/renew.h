/* renew: the next secret of a group, which one of its keepers makes (R13, R14).
 *
 *   none --krv_renew--> proposed --the server appended the entry--> given to all who are in
 *                          \--another keeper was first--> none (theirs is as new)
 *
 * The secret is in the vault before the entry that names its key, and counts for nothing until that
 * entry is chain: another keeper may make one of the same number meanwhile. */
#ifndef KRV_RENEW_H
#define KRV_RENEW_H

#include "intake.h"

/* Proposes the next epoch of a group that this device keeps. In its own transaction. NOT_FOUND: no
 * such group; DENIED: it is not a keeper there; NO_KEY: the newest secret has not come yet, and who
 * made it may bring it still; EXISTS: proposed already; FORK. */
int krv_renew(struct krv_world *world, krv_group_ix group);
/* Is one proposed here, and not chain yet? */
bool krv_renew_due(struct krv_world *world, krv_group_ix group);
/* Who made the secret of that epoch of the group. */
krv_device_ix krv_renew_maker(const struct krv_world *world, const struct krv_group *group,
                              uint32_t epoch);
/* Proposes anew, with the same secrets, on the head that is known now. Inside a transaction. */
int krv_renew_again(struct krv_world *world);
/* An EPOCH statement has become chain: if the secret is of this vault's making, it counts from now
 * on. */
int krv_renew_settle(struct krv_world *world, const struct krv_statement *statement);

#endif
