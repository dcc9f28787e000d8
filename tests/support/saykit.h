/* saykit: what the command says of a vault of a fleet, as its person sees it. setenv of the
 * passphrase by say_setup. Needs KRV_KERVEN, the program. */
#ifndef KRV_SAYKIT_H
#define KRV_SAYKIT_H

#include "fleet.h"

void say_setup(void); /* passphrase and language of the command */
/* What the command prints for a vault, which must end so. kase may be NULL. Lent until the next
 * call. */
const char *say_run(struct fleet_device *device, const char *command, const struct krv_id *kase,
                    int exit_status);
/* Is the part in what it prints; it must end well. */
void says(struct fleet_device *device, const char *command, const struct krv_id *kase,
          const char *part);
void says_not(struct fleet_device *device, const char *command, const struct krv_id *kase,
              const char *part);

#endif
