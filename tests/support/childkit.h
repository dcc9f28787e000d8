/* childkit: children that do not outlive a test, and whether one of them turns in circles. */
#ifndef KRV_CHILDKIT_H
#define KRV_CHILDKIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* fork; the child is killed when this process ends, however it ends. */
pid_t krv_child_fork(void);
/* Zeroed memory that children forked later share, for as long as this process lives. */
void *krv_child_shared(size_t len);

/* How long a process worked, and how often it rested: slept, or waited for something. */
struct krv_child_pace {
  uint64_t worked_us, rested;
};

/* Works for so long itself, and tells what the other one did meanwhile. */
struct krv_child_pace krv_child_pace(pid_t pid, uint64_t own_us);

/* However loaded the machine is, who rests after each turn works little between two rests. */
bool krv_child_in_circles(const struct krv_child_pace *pace);

#endif
