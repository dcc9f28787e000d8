/* env: the world as kerven sees it. Every clock, random byte, allocation and
 * trace goes through one struct, so that tests replace the world (virtual
 * time, seeded randomness, the k-th allocation fails). proto/ has no other
 * door to it. */
#ifndef KRV_ENV_H
#define KRV_ENV_H

#include <stddef.h>
#include <stdint.h>

/* What machines tell of themselves: numbers only, never content. */
enum krv_trace_kind {
  KRV_TRACE_FRAME_IN,   /* a: frame kind, b: bytes */
  KRV_TRACE_FRAME_OUT,  /* a: frame kind, b: bytes */
  KRV_TRACE_MESSAGE_IN, /* a: message number, b: bytes */
  KRV_TRACE_MESSAGE_OUT,
  KRV_TRACE_STATE,      /* a: from, b: to */
  KRV_TRACE_REFUSED,    /* a: status, b: message number */
};

struct krv_trace {
  enum krv_trace_kind kind;
  int64_t a, b;
};

/* All functions get ctx. mono_ms never goes back; wall_s is Unix seconds and a
 * claim only. random fills len bytes and cannot fail (an implementation aborts
 * rather than return weak bytes). resize is realloc: NULL p allocates, len 0
 * frees and returns NULL, failure returns NULL and leaves p. trace may be NULL. */
struct krv_env {
  void *ctx;
  uint64_t (*mono_ms)(void *ctx);
  int64_t (*wall_s)(void *ctx);
  void (*random)(void *ctx, void *out, size_t len);
  void *(*resize)(void *ctx, void *p, size_t len);
  void (*trace)(void *ctx, const struct krv_trace *event);
};

/* NULL on failure; zeroed memory from krv_zalloc. len 0 is treated as 1. */
void *krv_alloc(const struct krv_env *env, size_t len);
void *krv_zalloc(const struct krv_env *env, size_t count, size_t size);
void *krv_resize(const struct krv_env *env, void *p, size_t len);
void krv_free(const struct krv_env *env, void *p);

void krv_trace(const struct krv_env *env, enum krv_trace_kind kind, int64_t a, int64_t b);

/* Zeroes, also where the compiler thinks that nobody will look. */
void krv_zero(void *p, size_t len);

/* Grows *items (of item_size bytes each) so that count + 1 fit; doubles. 0 or
 * NOMEM, in which case nothing changed. Not by resize, which would leave a copy of what may be
 * secret in freed memory: the block that it leaves is zeroed. */
int krv_grow(const struct krv_env *env, void *items_p, size_t *cap, size_t count, size_t item_size);

#endif
