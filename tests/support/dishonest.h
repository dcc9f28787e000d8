/* dishonest: what a client that keeps to no rights, and a server that lies, do to vaults of a
 * fleet. */
#ifndef KRV_DISHONEST_H
#define KRV_DISHONEST_H

#include "fleet.h"

/* The device's next commit sets a text field of record 0, signed past its own look at what it
 * may. */
void dishonest_set(struct fleet_device *device, const struct krv_id *kase, const char *path,
                   const char *text);
/* An item as the server would send it, in a transaction of its own. */
void dishonest_tell(struct fleet_device *to, enum krv_message_kind kind, struct krv_slice payload);
/* The last commit that a device wrote in a case, handed in past the server. */
void dishonest_hand_over(struct fleet_device *from, struct fleet_device *to,
                         const struct krv_id *kase);

#endif
