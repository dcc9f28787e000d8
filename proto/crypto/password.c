#include "password.h"

#include <sodium.h>

_Static_assert(crypto_pwhash_SALTBYTES == KRV_PASSWORD_SALT_LEN, "salt");

const struct krv_password_cost krv_password_cost_floor = {4, 32 * 1024};
const struct krv_password_cost krv_password_cost_default = {3, 64 * 1024};
const struct krv_password_cost krv_password_cost_office = {3, 256 * 1024};

/* A cost is read from a file that somebody may have changed: what would take
 * minutes or the machine's whole memory is refused too. */
enum { OPS_MAX = 64, MEM_KIB_MAX = 1024 * 1024 };

bool krv_password_cost_allowed(const struct krv_password_cost *cost) {
  static const struct krv_password_cost *const least[] = {&krv_password_cost_floor,
                                                          &krv_password_cost_default};
  if (cost->ops > OPS_MAX || cost->mem_kib > MEM_KIB_MAX) return false;
  for (size_t i = 0; i < sizeof least / sizeof *least; i++)
    if (cost->ops >= least[i]->ops && cost->mem_kib >= least[i]->mem_kib) return true;
  return false;
}

int krv_password_key(struct krv_slice passphrase, const uint8_t salt[KRV_PASSWORD_SALT_LEN],
                     const struct krv_password_cost *cost, struct krv_key *out) {
  krv_wipe(out, sizeof *out);
  if (!krv_password_cost_allowed(cost)) return KRV_INVALID;
  if (crypto_pwhash(out->b, sizeof out->b, (const char *)passphrase.data, passphrase.len, salt,
                    cost->ops, (size_t)cost->mem_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0)
    return 0;
  krv_wipe(out, sizeof *out);
  return KRV_NOMEM;
}
