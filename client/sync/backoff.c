#include "backoff.h"

uint32_t krv_backoff_bound_ms(const struct krv_backoff *backoff) {
  uint32_t bound_ms = KRV_BACKOFF_FIRST_MS;
  for (uint32_t i = 0; i < backoff->tries && bound_ms < KRV_BACKOFF_CAP_MS; i++) bound_ms *= 2;
  return bound_ms < KRV_BACKOFF_CAP_MS ? bound_ms : KRV_BACKOFF_CAP_MS;
}

uint32_t krv_backoff_next_ms(struct krv_backoff *backoff, const struct krv_env *env) {
  uint32_t span = krv_backoff_bound_ms(backoff) - KRV_BACKOFF_FLOOR_MS + 1;
  uint64_t dice;
  env->random(env->ctx, &dice, sizeof dice);
  if (backoff->tries < UINT32_MAX) backoff->tries++;
  return KRV_BACKOFF_FLOOR_MS + (uint32_t)(dice % span); /* the modulo leans by 2^-48 at most */
}
