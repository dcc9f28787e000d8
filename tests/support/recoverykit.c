#include "mock.h"

#include <stdlib.h>

#include "recoverykit.h"

int town_setup(void **state) {
  struct town *k = calloc(1, sizeof *k);
  if (!k) return -1;
  fleet_init(&k->fleet, 1319, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "office", "Bahar");
  k->c = fleet_join(&k->fleet, "administrator", "Ceren");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->v = fleet_join(&k->fleet, "worker", "Vera");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  k->vs = fleet_case(k->v, "prs_FirstName", "Nina");
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_share(k->v, &k->vs, "Dursun"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(krv_recovery_split(k->a->world, false, k->shares), 0);
  *state = k;
  return 0;
}

int town_teardown(void **state) {
  struct town *k = *state;
  fleet_release(&k->fleet);
  free(k);
  return 0;
}

const char *town_digits(const struct fleet_device *device) {
  static char hex[KRV_ID_HEX_LEN];
  krv_id_hex(&krv_world_self(device->world)->id, hex);
  hex[16] = 0;
  return hex;
}
