/* propose: roster entries of this device's own, signed on the head that it knows, stored as items
 * to be sent; chain once the server has appended them (R17). Inside a transaction. */
#ifndef KRV_PROPOSE_H
#define KRV_PROPOSE_H

#include "world.h"

/* The roster as it will be with our own proposals that are still to be sent. The caller frees it.
 * FORK: there are two, and nothing is added to either (R17). */
int krv_propose_roster(struct krv_world *world, struct krv_roster **out);
/* The same on a roster of the caller's choice. */
int krv_propose_on(struct krv_world *world, const struct krv_roster *base, struct krv_roster **out);
/* Signs the next entry, appends it to that roster and stores it. The statuses of
 * krv_roster_append. */
int krv_propose(struct krv_world *world, struct krv_roster *roster,
                struct krv_statement *statements, uint32_t count);
/* The same, signed by the programme's recovery key. NO_KEY: it is not in this vault. */
int krv_propose_recovery(struct krv_world *world, struct krv_roster *roster,
                         struct krv_statement *statements, uint32_t count);
/* The recovery key's pair; the caller wipes it. NO_KEY. */
int krv_propose_recovery_pair(struct krv_world *world, struct krv_sign_pair *out);
/* Drops all proposals: the head has moved on under them. */
int krv_propose_forget(struct krv_world *world);

#endif
