#include "hash.h"

#include <assert.h>
#include <sodium.h>
#include <stdalign.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_blake2b_state) <= sizeof(((struct krv_hash *)0)->state),
               "krv_hash has room for libsodium's state");
_Static_assert(alignof(crypto_generichash_blake2b_state) <= 64, "krv_hash is aligned for it");

enum { PERSONAL_LEN = crypto_generichash_blake2b_PERSONALBYTES };

/* A text of 16 bytes fills its row, without a zero at the end. */
#define X(name, text) \
  _Static_assert(sizeof(text) - 1 <= PERSONAL_LEN, "a domain fits the personal field");
KRV_DOMAIN_MAP(X)
#undef X

static const char *const domains[KRV_DOMAIN_COUNT] = {
#define X(name, text) [KRV_DOMAIN_##name] = text,
    KRV_DOMAIN_MAP(X)
#undef X
};

static crypto_generichash_blake2b_state *blake2b(struct krv_hash *h) {
  return (crypto_generichash_blake2b_state *)(void *)h->state;
}

void krv_hash_init(struct krv_hash *h, enum krv_domain domain) {
  assert(domain < KRV_DOMAIN_COUNT);
  uint8_t personal[PERSONAL_LEN] = {0};
  memcpy(personal, domains[domain], strlen(domains[domain]));
  crypto_generichash_blake2b_init_salt_personal(blake2b(h), NULL, 0, KRV_HASH_LEN, NULL, personal);
}

void krv_hash_raw(struct krv_hash *h, const void *data, size_t len) {
  if (len > 0) crypto_generichash_blake2b_update(blake2b(h), data, len);
}

void krv_hash_part_begin(struct krv_hash *h, size_t len) {
  assert(len <= UINT32_MAX);
  uint8_t prefix[4];
  for (unsigned i = 0; i < 4; i++) prefix[i] = (uint8_t)(len >> (8 * i));
  krv_hash_raw(h, prefix, sizeof prefix);
}

void krv_hash_part(struct krv_hash *h, const void *data, size_t len) {
  krv_hash_part_begin(h, len);
  krv_hash_raw(h, data, len);
}

void krv_hash_final(struct krv_hash *h, uint8_t *out, size_t out_len) {
  assert(out_len <= KRV_HASH_LEN);
  uint8_t whole[KRV_HASH_LEN];
  crypto_generichash_blake2b_final(blake2b(h), whole, sizeof whole);
  memcpy(out, whole, out_len);
  krv_wipe(whole, sizeof whole);
  krv_wipe(h, sizeof *h);
}

void krv_h(enum krv_domain domain, const struct krv_slice *parts, size_t count, uint8_t *out,
           size_t out_len) {
  struct krv_hash h;
  krv_hash_init(&h, domain);
  for (size_t i = 0; i < count; i++) krv_hash_part(&h, parts[i].data, parts[i].len);
  krv_hash_final(&h, out, out_len);
}

void krv_key_commit(const struct krv_key *key, uint8_t out[KRV_HASH_LEN]) {
  struct krv_slice part = krv_slice(key->b, sizeof key->b);
  krv_h(KRV_DOMAIN_KEY_COMMIT, &part, 1, out, KRV_HASH_LEN);
}

void krv_key_id(const uint8_t key_commit[KRV_HASH_LEN], struct krv_id *out) {
  struct krv_slice part = krv_slice(key_commit, KRV_HASH_LEN);
  krv_h(KRV_DOMAIN_KEY_ID, &part, 1, out->b, sizeof out->b);
}
