#include "aead.h"

#include <sodium.h>
#include <string.h>

enum {
  NONCE_LEN = crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
  ROW_NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
};

_Static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == KRV_TAG_LEN, "tag");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == KRV_TAG_LEN, "tag");

static void put_nonce(uint64_t counter, uint8_t nonce[NONCE_LEN]) {
  memset(nonce, 0, 4);
  for (unsigned i = 0; i < 8; i++) nonce[4 + i] = (uint8_t)(counter >> (8 * i));
}

void krv_aead_seal(const struct krv_key *key, uint64_t nonce, struct krv_slice ad,
                   struct krv_slice plain, uint8_t *out) {
  uint8_t npub[NONCE_LEN];
  put_nonce(nonce, npub);
  crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.data, plain.len, ad.data, ad.len, NULL,
                                            npub, key->b);
}

int krv_aead_open(const struct krv_key *key, uint64_t nonce, struct krv_slice ad,
                  struct krv_slice sealed, uint8_t *out) {
  uint8_t npub[NONCE_LEN];
  if (sealed.len < KRV_TAG_LEN) return KRV_MALFORMED;
  put_nonce(nonce, npub);
  /* verifies before it decrypts, and zeroes out when that fails */
  return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data, sealed.len,
                                                   ad.data, ad.len, npub, key->b) == 0
             ? 0
             : KRV_CRYPTO;
}

void krv_row_seal(const struct krv_env *env, const struct krv_key *key, struct krv_slice ad,
                  struct krv_slice plain, struct krv_buf *out) {
  uint8_t *nonce = krv_buf_extend(out, ROW_NONCE_LEN + plain.len + KRV_TAG_LEN);
  if (!nonce) return;
  env->random(env->ctx, nonce, ROW_NONCE_LEN);
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + ROW_NONCE_LEN, NULL, plain.data, plain.len,
                                             ad.data, ad.len, NULL, nonce, key->b);
}

int krv_row_open(const struct krv_key *key, struct krv_slice ad, struct krv_slice sealed,
                 struct krv_buf *out) {
  if (sealed.len < ROW_NONCE_LEN + KRV_TAG_LEN) return KRV_MALFORMED;
  size_t len = sealed.len - ROW_NONCE_LEN - KRV_TAG_LEN, mark = out->len;
  uint8_t *plain = krv_buf_extend(out, len);
  if (!plain) return out->status;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed.data + ROW_NONCE_LEN,
                                                 sealed.len - ROW_NONCE_LEN, ad.data, ad.len,
                                                 sealed.data, key->b) == 0)
    return 0;
  out->len = mark; /* zeroed, as above */
  return KRV_CRYPTO;
}
