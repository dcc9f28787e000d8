/* again: proposals that came too late, made anew on the head that is known now (R17). Approvals,
 * the next secrets of groups, publications and the end of a fork are made from what the vault keeps
 * of them; every other statement is signed once more, unless what it is about has changed since.
 * Nothing that a person signed is dropped in silence: what does not hold any more raises an
 * alarm. */
#ifndef KRV_AGAIN_H
#define KRV_AGAIN_H

#include "world.h"

/* Drops all proposals of ours, and makes them anew. Inside a transaction. */
int krv_again(struct krv_world *world);
/* The same if they do not follow the head that is known: another has come, or the server has
 * refused one. Then krv_propose_roster has them all. Inside a transaction. */
int krv_again_if_due(struct krv_world *world);
/* There are two histories now: drops them all. What is not kept otherwise is told. Inside a
 * transaction. */
int krv_again_give_up(struct krv_world *world);

#endif
