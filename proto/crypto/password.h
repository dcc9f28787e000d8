/* password: Argon2id (RFC 9106) through libsodium, with a key commitment so
 * that one slot opens under one passphrase only. Never below 32 MiB and t = 4
 * or 64 MiB and t = 3. */
#ifndef KRV_PASSWORD_H
#define KRV_PASSWORD_H

#include "buf.h"
#include "secret.h"

enum { KRV_PASSWORD_SALT_LEN = 16 };

struct krv_password_cost {
  uint32_t ops;      /* passes */
  uint32_t mem_kib;  /* memory */
};

extern const struct krv_password_cost krv_password_cost_floor;   /* t=4, 32 MiB */
extern const struct krv_password_cost krv_password_cost_default; /* t=3, 64 MiB */
extern const struct krv_password_cost krv_password_cost_office;  /* t=3, 256 MiB */

bool krv_password_cost_allowed(const struct krv_password_cost *cost);
/* 0, INVALID (cost below the floor or absurdly high) or NOMEM. Blocks for 0.1 to 2 s. */
int krv_password_key(struct krv_slice passphrase, const uint8_t salt[KRV_PASSWORD_SALT_LEN],
                     const struct krv_password_cost *cost, struct krv_key *out)
    __attribute__((warn_unused_result));

#endif
