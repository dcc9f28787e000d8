/* aead: ChaCha20-Poly1305, IETF form (RFC 8439), with the nonce that Noise
 * gives it: four zero bytes, then a u64 LE counter. Keys that seal one message
 * only use counter 0. */
#ifndef KRV_AEAD_H
#define KRV_AEAD_H

#include "buf.h"
#include "secret.h"

/* out has plain.len + KRV_TAG_LEN bytes and may be plain's own memory. */
void krv_aead_seal(const struct krv_key *key, uint64_t nonce, struct krv_slice ad,
                   struct krv_slice plain, uint8_t *out);
/* out has sealed.len - KRV_TAG_LEN bytes and may be sealed's own memory.
 * CRYPTO when it does not verify (out is then zeroed), MALFORMED when too short. */
int krv_aead_open(const struct krv_key *key, uint64_t nonce, struct krv_slice ad,
                  struct krv_slice sealed, uint8_t *out) __attribute__((warn_unused_result));

/* XChaCha20-Poly1305 with a random 24-byte nonce in front, for rows at rest:
 * appends nonce || ciphertext || tag (plain.len + 40 bytes). */
void krv_row_seal(const struct krv_env *env, const struct krv_key *key, struct krv_slice ad,
                  struct krv_slice plain, struct krv_buf *out);
/* Appends the plaintext to out. CRYPTO, MALFORMED, NOMEM. */
int krv_row_open(const struct krv_key *key, struct krv_slice ad, struct krv_slice sealed,
                 struct krv_buf *out) __attribute__((warn_unused_result));

#endif
