/* forkkit: a programme whose server was restored between two approvals: two administrators, a
 * worker, a case of his; then the server is copied ("backup"; her vault: "unaware"), Aygul lets
 * Jeren in ("hers": the server then), the server is restored, and Bahar (his vault then: "before"),
 * who knows nothing of that, lets Kerim in ("his"). For cmocka setup and teardown. */
#ifndef KRV_FORKKIT_H
#define KRV_FORKKIT_H

#include "fleet.h"
#include "fork.h"

struct fork_kit {
  struct fleet fleet;
  struct fleet_device *a, *b, *w, *jeren, *kerim;
  struct krv_id kase, jerens;
  uint32_t common; /* height */
};

int fork_kit_setup(void **state); /* *state is a struct fork_kit */
int fork_kit_teardown(void **state);

/* Invited, and asking; and let in, with all that it needs. */
struct fleet_device *fork_ask(struct fleet_device *by, const char *roles, const char *name);
struct fleet_device *fork_let_in(struct fleet_device *by, const char *roles, const char *name);
uint32_t fork_height(const struct fleet_device *device);
/* The END, and its sync. */
void fork_say(struct fleet_device *device, enum krv_word word);
/* How often the alarm was raised; 0: there is none. */
uint64_t fork_alarm(struct fleet_device *device, krv_device_ix suspect);
uint32_t fork_verdicts(struct fleet_device *device, const struct krv_id *kase,
                       enum krv_verdict verdict);

#endif
