#include "testenv.h"

#include <stdlib.h>
#include <string.h>

uint64_t krv_testenv_next(struct krv_testenv *t) {
  uint64_t z = (t->seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t krv_testenv_below(struct krv_testenv *t, uint64_t n) {
  return n == 0 ? 0 : krv_testenv_next(t) % n;
}

static uint64_t mono_ms(void *ctx) {
  return ((struct krv_testenv *)ctx)->mono_ms;
}

static int64_t wall_s(void *ctx) {
  return ((struct krv_testenv *)ctx)->wall_s;
}

static void fill(void *ctx, void *out, size_t len) {
  uint8_t *p = out;
  for (size_t i = 0; i < len; i++) p[i] = (uint8_t)krv_testenv_next(ctx);
}

static void *resize(void *ctx, void *p, size_t len) {
  struct krv_testenv *t = ctx;
  if (len == 0) {
    if (p) t->live--;
    free(p);
    return NULL;
  }
  if (++t->allocations == t->fail_at) return NULL;
  void *q = realloc(p, len);
  if (q && !p) t->live++;
  return q;
}

void krv_testenv_init(struct krv_testenv *t, uint64_t seed) {
  memset(t, 0, sizeof *t);
  t->seed = seed;
  t->mono_ms = 1000;
  t->wall_s = 1767225600; /* 2026-01-01 */
  t->env = (struct krv_env){t, mono_ms, wall_s, fill, resize, NULL};
}
