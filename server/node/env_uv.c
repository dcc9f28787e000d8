#define _GNU_SOURCE
#include "env_uv.h"

#include <stdlib.h>
#include <uv.h>

#include "secret.h"

enum { NS_PER_MS = 1000000 };

static uint64_t mono_ms(void *ctx) {
  (void)ctx;
  return uv_hrtime() / NS_PER_MS;
}

static int64_t wall_s(void *ctx) {
  (void)ctx;
  uv_timeval64_t now;
  return uv_gettimeofday(&now) == 0 ? now.tv_sec : 0;
}

static void fill(void *ctx, void *out, size_t len) {
  (void)ctx;
  krv_random_bytes(out, len);
}

static void *resize(void *ctx, void *p, size_t len) {
  (void)ctx;
  if (len > 0) return realloc(p, len);
  free(p);
  return NULL;
}

static const struct krv_env real = {NULL, mono_ms, wall_s, fill, resize, NULL};

const struct krv_env *krv_env_real(void) {
  return &real;
}
