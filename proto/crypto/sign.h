/* sign: Ed25519 with libsodium's acceptance rules (RFC 8032; small-order and
 * non-canonical points refused). What is signed is H(domain, parts), 32 bytes. */
#ifndef KRV_SIGN_H
#define KRV_SIGN_H

#include "hash.h"
#include "secret.h"

void krv_sign_pair_random(const struct krv_env *env, struct krv_sign_pair *out);
void krv_sign_pair_from_seed(const struct krv_key *seed, struct krv_sign_pair *out);
void krv_sign(const struct krv_sign_pair *pair, enum krv_domain domain,
              const struct krv_slice *parts, size_t count, uint8_t sig[KRV_SIG_LEN]);
/* 0 or CRYPTO. */
int krv_sign_verify(const struct krv_key *pk, enum krv_domain domain, const struct krv_slice *parts,
                    size_t count, const uint8_t sig[KRV_SIG_LEN])
    __attribute__((warn_unused_result));

#endif
