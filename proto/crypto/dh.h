/* dh: X25519 (RFC 7748), an all-zero result refused, and the envelopes of R10:
 * a key sealed to one receiver, 48 bytes, unsigned; right if and only if it
 * opens to a key whose id is the one that was committed to. */
#ifndef KRV_DH_H
#define KRV_DH_H

#include "hash.h"
#include "secret.h"

enum { KRV_ENVELOPE_LEN = 48 };

enum krv_purpose { KRV_PURPOSE_GRANT = 1, KRV_PURPOSE_BOX = 2 };

void krv_dh_pair_random(const struct krv_env *env, struct krv_dh_pair *out);
int krv_dh_pair_from_secret(const struct krv_key *sk, struct krv_dh_pair *out)
    __attribute__((warn_unused_result));
/* 0 or CRYPTO (all-zero result: a small-order key). */
int krv_dh(const struct krv_key *sk, const struct krv_key *pk, struct krv_key *out)
    __attribute__((warn_unused_result));

/* Seals many keys between the same two ends at the cost of one DH: shared is
 * DH(giver's seal key, receiver's public key). */
struct krv_envelope_ends {
  struct krv_key shared;
  struct krv_key giver_pk, receiver_pk;
};
/* From the giver's side (giver pair, receiver's public key) ... */
int krv_envelope_give(struct krv_envelope_ends *ends, const struct krv_dh_pair *giver,
                      const struct krv_key *receiver_pk) __attribute__((warn_unused_result));
/* ... and from the receiver's (receiver pair, giver's public key). */
int krv_envelope_take(struct krv_envelope_ends *ends, const struct krv_dh_pair *receiver,
                      const struct krv_key *giver_pk) __attribute__((warn_unused_result));
/* wrap key = H(shared, giver pk, receiver pk, purpose as one byte, key id), nonce
 * zero, no AD. */
void krv_envelope_seal(const struct krv_envelope_ends *ends, enum krv_purpose purpose,
                       const struct krv_id *key_id, const struct krv_key *key,
                       uint8_t out[KRV_ENVELOPE_LEN]);
/* 0 or CRYPTO. The caller compares what opened with the id that it expects. */
int krv_envelope_open(const struct krv_envelope_ends *ends, enum krv_purpose purpose,
                      const struct krv_id *key_id, const uint8_t envelope[KRV_ENVELOPE_LEN],
                      struct krv_key *key) __attribute__((warn_unused_result));

/* 16-byte MAC under a shared secret, for vouchers and receipts (R12, R21):
 * H16(domain, shared, parts). */
void krv_mac16(const struct krv_key *shared, enum krv_domain domain, const struct krv_slice *parts,
               size_t count, uint8_t out[16]);

#endif
