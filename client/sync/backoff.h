/* backoff: how long to wait before the next try at a server that does not answer. Full jitter
 * between a floor and a bound that doubles: devices that lost their server together come back one
 * by one, and a server that is away for long is asked about twice a minute. ("Exponential Backoff
 * And Jitter", AWS Architecture Blog, 2015.) */
#ifndef KRV_BACKOFF_H
#define KRV_BACKOFF_H

#include "env.h"

enum {
  KRV_BACKOFF_FLOOR_MS = 1000,  /* no pause is shorter */
  KRV_BACKOFF_FIRST_MS = 2000,  /* the first bound */
  KRV_BACKOFF_CAP_MS = 60000,   /* no bound is higher */
};

/* Zeroed, it is at its beginning: also what a session that went through sets it to. */
struct krv_backoff {
  uint32_t tries; /* that failed in a row */
};

/* The most that the next pause can be. */
uint32_t krv_backoff_bound_ms(const struct krv_backoff *backoff);
/* The next pause: from FLOOR to the bound, both included, all equally likely. Counts one try. */
uint32_t krv_backoff_next_ms(struct krv_backoff *backoff, const struct krv_env *env);

#endif
