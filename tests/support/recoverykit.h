/* recoverykit: a programme whose founder has exported the recovery key's shares: an office of two,
 * a second administrator, two workers. For cmocka_unit_test_setup_teardown. */
#ifndef KRV_RECOVERYKIT_H
#define KRV_RECOVERYKIT_H

#include "fleet.h"
#include "recovery.h"

struct town {
  struct fleet fleet;
  struct fleet_device *a, *b; /* Aygul: office and administrator, the founder; Bahar: office */
  struct fleet_device *c; /* Ceren: administrator, and not of the office */
  struct fleet_device *w, *v; /* Dursun, Vera: workers */
  struct krv_id kase, vs; /* Dursun's; Vera's, which he reads as well */
  struct krv_recovery_share shares[KRV_SHARES];
};

int town_setup(void **state); /* *state is a struct town */
int town_teardown(void **state);
/* The first 16 digits of its id: lent until the next call. */
const char *town_digits(const struct fleet_device *device);

#endif
