/* mend: what the recovery key signs where a programme has lost its people (R13): keepers of a group
 * that has none, and administrators. It belongs to no group itself and signs on any device of the
 * programme that holds it; what it signs is a proposal like any other (propose.h). */
#ifndef KRV_MEND_H
#define KRV_MEND_H

#include "world.h"

/* Lets a device into a group, as one that lets others in; once that is chain, krv_keep_recovered
 * gives it the secrets. device: the first 16 digits or more of its id, or NULL: this one. In its
 * own transaction. NO_KEY: the recovery key is not here; NOT_FOUND: no active device has these
 * digits; INVALID: too few; EXISTS: it is so already, or proposed; FORK; the statuses of
 * krv_world_ready. */
int krv_mend_keeper(struct krv_world *world, krv_group_ix group, const char *device);
/* Makes a device administrator, beside what it is, and a keeper of `everyone` as they are.
 * Likewise. */
int krv_mend_administrator(struct krv_world *world, const char *device);

#endif
