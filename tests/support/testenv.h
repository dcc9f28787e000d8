/* testenv: the world for tests: virtual time, seeded randomness, allocations
 * that can be counted and made to fail. Same seed, same bytes, every run. */
#ifndef KRV_TESTENV_H
#define KRV_TESTENV_H

#include "env.h"

struct krv_testenv {
  struct krv_env env; /* hand out &t->env */
  uint64_t seed;      /* state of the generator (splitmix64) */
  uint64_t mono_ms;
  int64_t wall_s;
  uint64_t allocations;   /* made so far */
  uint64_t fail_at;       /* the allocation with this number fails; 0: none */
  int64_t live;           /* blocks not freed yet */
};

void krv_testenv_init(struct krv_testenv *t, uint64_t seed);
/* The next number of the seeded generator; below(n) is in [0, n). */
uint64_t krv_testenv_next(struct krv_testenv *t);
uint64_t krv_testenv_below(struct krv_testenv *t, uint64_t n);

#endif
