/* admit: into a group only a keeper of that group admits (R13). An administrator's entry says which
 * roles and agency a device has; whoever keeps a group that follows from them lets it in, device by
 * device. */
#ifndef KRV_ADMIT_H
#define KRV_ADMIT_H

#include "world.h"

enum { KRV_ADMIT_DIGITS_MIN = 16 }; /* of a device's id that a person compares: 64 bits */

/* Proposes the admissions that are due and that this device may make, and calls back for each
 * device. device NULL: of workers and providers, into `everyone` alone, which reads no case. Else
 * of the one whose id begins with these hex digits, which its own status shows: into all groups
 * that follow from what an administrator signed. So nobody reads cases by an administrator's word,
 * but by a keeper's, who has spoken with him. Who was once put out of a group is not let in again.
 * Inside a transaction. INVALID: too few digits. */
int krv_admit_due(struct krv_world *world, const char *device,
                  void (*each)(void *ctx, const struct krv_device *device), void *ctx);
/* Does it wait for this device to let it into a group? */
bool krv_admit_waits(const struct krv_world *world, const struct krv_device *device);

#endif
