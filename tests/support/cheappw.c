/* cheappw: a passphrase costs nothing, for sweeps that open a vault thousands of times. Stands in
 * for krv_password_key where a program is linked with -Wl,--wrap=krv_password_key. */
#include "hash.h"
#include "password.h"

int __wrap_krv_password_key(struct krv_slice passphrase, const uint8_t salt[KRV_PASSWORD_SALT_LEN],
                            const struct krv_password_cost *cost, struct krv_key *out);

int __wrap_krv_password_key(struct krv_slice passphrase, const uint8_t salt[KRV_PASSWORD_SALT_LEN],
                            const struct krv_password_cost *cost, struct krv_key *out) {
  const uint32_t costs[] = {cost->ops, cost->mem_kib};
  struct krv_slice parts[] = {passphrase, krv_slice(salt, KRV_PASSWORD_SALT_LEN),
                              krv_slice((const uint8_t *)costs, sizeof costs)};
  if (!krv_password_cost_allowed(cost)) return KRV_INVALID;
  krv_h(KRV_DOMAIN_VAULT_KEY, parts, 3, out->b, sizeof out->b);
  return 0;
}
