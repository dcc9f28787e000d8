#include "fleetkit.h"

#include <stdlib.h>

int fleet_kit_setup(void **state, uint64_t seed, bool sqlite) {
  struct kit *k = calloc(1, sizeof *k);
  if (!k) return -1;
  fleet_init(&k->fleet, seed, sqlite);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "office", "Bahar");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
  *state = k;
  return 0;
}

int fleet_kit_teardown(void **state) {
  struct kit *k = *state;
  fleet_release(&k->fleet);
  free(k);
  return 0;
}
