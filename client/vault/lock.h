/* lock: one process at a time (R29). DIR/lock is flock'ed: exclusively by a
 * writer, whose pid it holds, shared by readers. Who waits leaves DIR/wanted. */
#ifndef KRV_LOCK_H
#define KRV_LOCK_H

#include <stdbool.h>

#include "env.h"

struct krv_lock {
  int fd;      /* -1: not held */
  bool shared;
};

/* dir/name, to be freed with krv_free; NULL when out of memory. */
char *krv_lock_path(const struct krv_env *env, const char *dir, const char *name);
/* BUSY after wait_ms, and then *holder is the pid of the writer that has it, 0 when unknown
 * (readers leave no pid). wait_ms is counted in sleeps, not by the clock. A shared lock writes
 * nothing unless it has to wait. IO, NOMEM. */
int krv_lock_take(struct krv_lock *lock, const struct krv_env *env, const char *dir, bool shared,
                  uint32_t wait_ms, long *holder);
void krv_lock_release(struct krv_lock *lock);
bool krv_lock_is_wanted(const struct krv_env *env, const char *dir);

#endif
