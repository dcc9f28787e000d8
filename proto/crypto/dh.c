#include "dh.h"

#include <sodium.h>

#include "aead.h"

_Static_assert(crypto_scalarmult_BYTES == KRV_KEY_LEN, "shared secret");

void krv_dh_pair_random(const struct krv_env *env, struct krv_dh_pair *out) {
  krv_key_random(env, &out->sk);
  crypto_scalarmult_base(out->pk.b, out->sk.b);
}

int krv_dh_pair_from_secret(const struct krv_key *sk, struct krv_dh_pair *out) {
  out->sk = *sk;
  return crypto_scalarmult_base(out->pk.b, out->sk.b) == 0 ? 0 : KRV_CRYPTO;
}

int krv_dh(const struct krv_key *sk, const struct krv_key *pk, struct krv_key *out) {
  if (crypto_scalarmult(out->b, sk->b, pk->b) == 0) return 0;
  krv_wipe(out, sizeof *out);
  return KRV_CRYPTO;
}

int krv_envelope_give(struct krv_envelope_ends *ends, const struct krv_dh_pair *giver,
                      const struct krv_key *receiver_pk) {
  ends->giver_pk = giver->pk;
  ends->receiver_pk = *receiver_pk;
  return krv_dh(&giver->sk, receiver_pk, &ends->shared);
}

int krv_envelope_take(struct krv_envelope_ends *ends, const struct krv_dh_pair *receiver,
                      const struct krv_key *giver_pk) {
  ends->giver_pk = *giver_pk;
  ends->receiver_pk = receiver->pk;
  return krv_dh(&receiver->sk, giver_pk, &ends->shared);
}

static void wrap_key(const struct krv_envelope_ends *ends, enum krv_purpose purpose,
                     const struct krv_id *key_id, struct krv_key *out) {
  const uint8_t purpose_byte = (uint8_t)purpose;
  const struct krv_slice parts[] = {
      krv_slice(ends->shared.b, sizeof ends->shared.b),
      krv_slice(ends->giver_pk.b, sizeof ends->giver_pk.b),
      krv_slice(ends->receiver_pk.b, sizeof ends->receiver_pk.b),
      krv_slice(&purpose_byte, 1),
      krv_slice(key_id->b, sizeof key_id->b),
  };
  krv_h(KRV_DOMAIN_ENVELOPE, parts, sizeof parts / sizeof *parts, out->b, sizeof out->b);
}

void krv_envelope_seal(const struct krv_envelope_ends *ends, enum krv_purpose purpose,
                       const struct krv_id *key_id, const struct krv_key *key,
                       uint8_t out[KRV_ENVELOPE_LEN]) {
  struct krv_key wrap;
  wrap_key(ends, purpose, key_id, &wrap);
  krv_aead_seal(&wrap, 0, krv_slice(NULL, 0), krv_slice(key->b, sizeof key->b), out);
  krv_wipe(&wrap, sizeof wrap);
}

int krv_envelope_open(const struct krv_envelope_ends *ends, enum krv_purpose purpose,
                      const struct krv_id *key_id, const uint8_t envelope[KRV_ENVELOPE_LEN],
                      struct krv_key *key) {
  struct krv_key wrap;
  wrap_key(ends, purpose, key_id, &wrap);
  int status =
      krv_aead_open(&wrap, 0, krv_slice(NULL, 0), krv_slice(envelope, KRV_ENVELOPE_LEN), key->b);
  krv_wipe(&wrap, sizeof wrap);
  return status;
}

void krv_mac16(const struct krv_key *shared, enum krv_domain domain, const struct krv_slice *parts,
               size_t count, uint8_t out[16]) {
  struct krv_hash h;
  krv_hash_init(&h, domain);
  krv_hash_part(&h, shared->b, sizeof shared->b);
  for (size_t i = 0; i < count; i++) krv_hash_part(&h, parts[i].data, parts[i].len);
  krv_hash_final(&h, out, 16);
}
