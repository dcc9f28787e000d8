/* upgrade: a vault goes on under another program. What cases say is folded from their commits, so
 * states of an older format are folded anew (R3). What one program held because a newer kerven
 * wrote it, another one may know (R4, R7).
 *
 *   nothing held --a commit of a newer kerven--> held by this program
 *   held by one program --opened by another--> tried again, held by that one at the most
 */
#ifndef KRV_UPGRADE_H
#define KRV_UPGRADE_H

#include "world.h"

/* When a vault has been opened: every case is folded anew, once, if the vault has an older format;
 * in its own transaction. A vault that is only read, or has no room, is left as it is: it reads as
 * it did, and is brought up to date when it is opened next. */
void krv_upgrade_fold(struct krv_world *world);
/* Something is held as NEWER: by which program, into the open transaction. */
int krv_upgrade_note(struct krv_world *world);
/* When a vault has been opened: everything held is tried again, once, if another program held some
 * of it as NEWER; in its own transaction. A vault that is only read, or has no room, is left as it
 * is: it is tried again when it is opened next. */
void krv_upgrade_retry(struct krv_world *world);

#endif
