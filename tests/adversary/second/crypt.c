/* crypt: cryptography.md's notation, envelopes, and what is sealed to a group. */
#include <sodium.h>
#include <string.h>

#include "second.h"

void hash(uint8_t *out, size_t len, const char *domain, const struct slice *parts, size_t count) {
  crypto_generichash_blake2b_state state;
  uint8_t personal[16] = {0}, all[32];
  memcpy(personal, domain, strlen(domain));
  crypto_generichash_blake2b_init_salt_personal(&state, NULL, 0, 32, NULL, personal);
  for (size_t i = 0; i < count; i++) {
    uint8_t n[4] = {(uint8_t)parts[i].n, (uint8_t)(parts[i].n >> 8), (uint8_t)(parts[i].n >> 16),
                    (uint8_t)(parts[i].n >> 24)};
    crypto_generichash_blake2b_update(&state, n, sizeof n);
    crypto_generichash_blake2b_update(&state, parts[i].p, parts[i].n);
  }
  crypto_generichash_blake2b_final(&state, all, sizeof all);
  memcpy(out, all, len);
}

struct pair pair_from(const uint8_t sk[32]) {
  struct pair pair;
  memcpy(pair.sk, sk, 32);
  crypto_scalarmult_base(pair.pk, pair.sk);
  return pair;
}

struct pair pair_random(void) {
  uint8_t sk[32];
  randombytes_buf(sk, sizeof sk);
  return pair_from(sk);
}

void dh(const uint8_t sk[32], const uint8_t pk[32], uint8_t out[32]) {
  CHECK(crypto_scalarmult(out, sk, pk) == 0, "DH is zero");
}

static void nonce_of(uint64_t n, uint8_t nonce[12]) {
  memset(nonce, 0, 12);
  for (unsigned i = 0; i < 8; i++) nonce[4 + i] = (uint8_t)(n >> (8 * i));
}

void seal(const uint8_t key[32], uint64_t n, struct slice ad, struct slice text, struct buf *out) {
  uint8_t nonce[12], tag[16] = {0};
  struct buf plain = {0};
  put(&plain, text.p, text.n);
  size_t at = out->n;
  nonce_of(n, nonce);
  put(out, plain.p, plain.n);
  put(out, tag, sizeof tag);
  crypto_aead_chacha20poly1305_ietf_encrypt(out->p + at, NULL, plain.p, plain.n, ad.p, ad.n, NULL,
                                            nonce, key);
  drop(&plain);
}

bool unseal(const uint8_t key[32], uint64_t n, struct slice ad, struct slice sealed,
            struct buf *out) {
  uint8_t nonce[12];
  if (sealed.n < 16) return false;
  nonce_of(n, nonce);
  size_t at = out->n;
  put(out, sealed.p, sealed.n);
  int bad = crypto_aead_chacha20poly1305_ietf_decrypt(out->p + at, NULL, NULL, sealed.p, sealed.n,
                                                      ad.p, ad.n, nonce, key);
  out->n = at + (bad ? 0 : sealed.n - 16);
  return !bad;
}

bool signature_good(const uint8_t pk[32], const char *domain, const struct slice *parts,
                    size_t count, const uint8_t signature[64]) {
  uint8_t digest[32];
  hash(digest, sizeof digest, domain, parts, count);
  return crypto_sign_verify_detached(signature, digest, sizeof digest, pk) == 0;
}

static void wrap_key(const uint8_t shared[32], const uint8_t giver_pk[32],
                     const uint8_t receiver_pk[32], uint8_t purpose, const uint8_t key_id[16],
                     uint8_t wrap[32]) {
  H(wrap, 32, "krv envelope", slice(shared, 32), slice(giver_pk, 32), slice(receiver_pk, 32),
    slice(&purpose, 1), slice(key_id, 16));
}

void envelope_seal(const struct pair *giver, const uint8_t receiver_pk[32], uint8_t purpose,
                   const uint8_t key_id[16], const uint8_t key[32], struct buf *out) {
  uint8_t shared[32], wrap[32];
  dh(giver->sk, receiver_pk, shared);
  wrap_key(shared, giver->pk, receiver_pk, purpose, key_id, wrap);
  seal(wrap, 0, slice(NULL, 0), slice(key, 32), out);
}

bool envelope_open(const struct pair *receiver, const uint8_t giver_pk[32], uint8_t purpose,
                   const uint8_t key_id[16], const uint8_t envelope[48], uint8_t key[32]) {
  uint8_t shared[32], wrap[32];
  struct buf opened = {0};
  dh(receiver->sk, giver_pk, shared);
  wrap_key(shared, giver_pk, receiver->pk, purpose, key_id, wrap);
  bool good = unseal(wrap, 0, slice(NULL, 0), slice(envelope, 48), &opened);
  if (good) memcpy(key, opened.p, 32);
  drop(&opened);
  return good;
}

bool group_open(const uint8_t secret[32], uint32_t group, uint32_t epoch, struct slice sealed,
                struct buf *out) {
  uint8_t once[32], salt_key[32], salt[16];
  struct buf ad = {0};
  if (sealed.n < 32) return false;
  put_u(&ad, group, 4);
  put_u(&ad, epoch, 4);
  H(once, 32, "krv group key", slice(secret, 32), slice(ad.p, 8), slice(sealed.p, 16));
  bool good = unseal(once, 0, slice(ad.p, 8), slice(sealed.p + 16, sealed.n - 16), out);
  H(salt_key, 32, "krv salt key", slice(secret, 32));
  H(salt, 16, "krv group salt", slice(salt_key, 32), slice(ad.p, 8), slice(out->p, out->n));
  drop(&ad);
  return good && same(salt, sealed.p, 16);
}
