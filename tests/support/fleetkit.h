/* fleetkit: the fleet that most rules are shown on: two office devices, a worker, and a case of his
 * that everybody has. For cmocka_unit_test_setup_teardown. */
#ifndef KRV_FLEETKIT_H
#define KRV_FLEETKIT_H

#include "fleet.h"

struct kit {
  struct fleet fleet;
  struct fleet_device *a, *b, *w; /* two office devices and a worker */
  struct krv_id kase;
};

/* *state is a struct kit. sqlite: the server's store, else memory. */
int fleet_kit_setup(void **state, uint64_t seed, bool sqlite);
int fleet_kit_teardown(void **state);

#endif
