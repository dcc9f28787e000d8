#include "sign.h"

#include <sodium.h>

_Static_assert(crypto_sign_BYTES == KRV_SIG_LEN, "signature");
_Static_assert(crypto_sign_PUBLICKEYBYTES == KRV_KEY_LEN, "public key");
_Static_assert(crypto_sign_SEEDBYTES == KRV_KEY_LEN, "seed");
_Static_assert(crypto_sign_SECRETKEYBYTES == sizeof(((struct krv_sign_pair *)0)->sk), "secret key");

void krv_sign_pair_random(const struct krv_env *env, struct krv_sign_pair *out) {
  struct krv_key seed;
  krv_key_random(env, &seed);
  krv_sign_pair_from_seed(&seed, out);
  krv_wipe(&seed, sizeof seed);
}

void krv_sign_pair_from_seed(const struct krv_key *seed, struct krv_sign_pair *out) {
  crypto_sign_seed_keypair(out->pk.b, out->sk, seed->b);
}

void krv_sign(const struct krv_sign_pair *pair, enum krv_domain domain,
              const struct krv_slice *parts, size_t count, uint8_t sig[KRV_SIG_LEN]) {
  uint8_t digest[KRV_HASH_LEN];
  krv_h(domain, parts, count, digest, sizeof digest);
  crypto_sign_detached(sig, NULL, digest, sizeof digest, pair->sk);
}

int krv_sign_verify(const struct krv_key *pk, enum krv_domain domain, const struct krv_slice *parts,
                    size_t count, const uint8_t sig[KRV_SIG_LEN]) {
  uint8_t digest[KRV_HASH_LEN];
  krv_h(domain, parts, count, digest, sizeof digest);
  return crypto_sign_verify_detached(sig, digest, sizeof digest, pk->b) == 0 ? 0 : KRV_CRYPTO;
}
