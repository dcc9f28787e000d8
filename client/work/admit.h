/* admit: into a group only a keeper of that group admits (R13). An administrator's entry says which roles
 * and agency a device has; whoever keeps a group that follows from them lets it in, device by device. */
#ifndef KRV_ADMIT_H
#define KRV_ADMIT_H

#include "world.h"

/* Proposes the admissions that are due and that this device may make; calls back for each device.
 * Inside a transaction. */
int krv_admit_due(struct krv_world *world, void (*each)(void *ctx, const struct krv_device *device),
                  void *ctx);

#endif
