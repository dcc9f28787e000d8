#include "env.h"

#include <assert.h>
#include <string.h>

#include "status.h"

enum { GROW_FIRST = 8 }; /* items in the first allocation of a growing array */

void *krv_resize(const struct krv_env *env, void *p, size_t len) {
  return env->resize(env->ctx, p, len == 0 ? 1 : len);
}

void *krv_alloc(const struct krv_env *env, size_t len) {
  return krv_resize(env, NULL, len);
}

void *krv_zalloc(const struct krv_env *env, size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  void *p = krv_alloc(env, count * size);
  if (p) memset(p, 0, count * size);
  return p;
}

void krv_free(const struct krv_env *env, void *p) {
  if (p) env->resize(env->ctx, p, 0);
}

/* Through volatile, so that it is no dead store. */
void krv_zero(void *p, size_t len) {
  volatile uint8_t *v = p;
  while (len-- > 0) *v++ = 0;
}

void krv_trace(const struct krv_env *env, enum krv_trace_kind kind, int64_t a, int64_t b) {
  if (!env->trace) return;
  env->trace(env->ctx, &(struct krv_trace){kind, a, b});
}

int krv_grow(const struct krv_env *env, void *items_p, size_t *cap, size_t count,
             size_t item_size) {
  assert(item_size > 0 && count <= *cap);
  if (count < *cap) return 0;
  if (*cap > SIZE_MAX / 2 / item_size) return KRV_NOMEM;
  size_t bigger = *cap == 0 ? GROW_FIRST : *cap * 2;
  if (bigger > SIZE_MAX / item_size) return KRV_NOMEM;
  /* items_p is a pointer to a pointer of the caller's type: copied, not cast. */
  void *items, *moved = krv_alloc(env, bigger * item_size);
  if (!moved) return KRV_NOMEM;
  memcpy(&items, items_p, sizeof items);
  if (items) {
    memcpy(moved, items, count * item_size);
    krv_zero(items, *cap * item_size);
    krv_free(env, items);
  }
  memcpy(items_p, &moved, sizeof moved);
  *cap = bigger;
  return 0;
}
