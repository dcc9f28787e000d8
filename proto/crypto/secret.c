#include "secret.h"

#include <sodium.h>

int krv_crypto_start(void) {
  return sodium_init() < 0 ? KRV_CRYPTO : 0;
}

void krv_wipe(void *p, size_t len) {
  sodium_memzero(p, len);
}

bool krv_secret_equal(const void *a, const void *b, size_t len) {
  return sodium_memcmp(a, b, len) == 0;
}

void krv_random_bytes(void *out, size_t len) {
  randombytes_buf(out, len);
}

void krv_key_random(const struct krv_env *env, struct krv_key *out) {
  env->random(env->ctx, out->b, sizeof out->b);
}
