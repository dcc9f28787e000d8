/* dishonest: what a client that keeps to no rights, and a server that lies, do to vaults of a
 * fleet. */
#ifndef KRV_DISHONEST_H
#define KRV_DISHONEST_H

#include "fleet.h"

/* The device's next commit sets a text field of record 0, signed past its own look at what it
 * may. */
void dishonest_set(struct fleet_device *device, const struct krv_id *kase, const char *path,
                   const char *text);
/* The device's next commit after *last (at first: what the vault wrote last), with these
 * operations, as it would come to another one: kept by no vault of its own, so that it may say what
 * its own intake would refuse. *last is then this one. Returns what the other's intake says. */
int dishonest_write(struct fleet_device *from, struct fleet_device *to, const struct krv_id *kase,
                    struct krv_tip *last, const struct krv_op *ops, uint32_t count);
/* An item as the server would send it, in a transaction of its own. */
void dishonest_tell(struct fleet_device *to, enum krv_message_kind kind, struct krv_slice payload);
/* The last commit that a device wrote in a case, handed in past the server. */
void dishonest_hand_over(struct fleet_device *from, struct fleet_device *to,
                         const struct krv_id *kase);

#endif
