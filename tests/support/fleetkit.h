/* fleetkit: the fleet that most rules are shown on: two office devices, a worker, and a case of his
 * that everybody has. For cmocka_unit_test_setup_teardown. */
#ifndef KRV_FLEETKIT_H
#define KRV_FLEETKIT_H

#include "approve.h"
#include "fleet.h"

struct kit {
  struct fleet fleet;
  struct fleet_device *a, *b, *w; /* two office devices and a worker */
  struct krv_id kase;
};

/* *state is a struct kit. sqlite: the server's store, else memory. */
int fleet_kit_setup(void **state, uint64_t seed, bool sqlite);
int fleet_kit_teardown(void **state);

/* Puts another grant in the place of the one to a group that waits to be sent: as change makes
 * it. */
void fleet_kit_swap_grant(struct fleet_device *device, krv_group_ix group,
                          void (*change)(struct fleet_device *device, int64_t case_lid,
                                         struct krv_msg_grant *grant));
/* What an approval says of one by name: 0, or why not; NOT_FOUND: it does not look at him. */
int fleet_kit_why(struct fleet_device *by, const struct krv_approve_choice *choice,
                  const char *name);

#endif
