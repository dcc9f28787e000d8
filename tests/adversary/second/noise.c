/* noise: the initiator's half of Noise rev 34, as much as 3.2 to 3.4 need. */
#include <sodium.h>
#include <string.h>

#include "second.h"

static void hmac(const uint8_t key[32], struct slice a, struct slice b, uint8_t out[32]) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key, 32);
  if (a.n) crypto_auth_hmacsha256_update(&state, a.p, a.n);
  if (b.n) crypto_auth_hmacsha256_update(&state, b.p, b.n);
  crypto_auth_hmacsha256_final(&state, out);
}

/* HKDF with three outputs; who needs two leaves the third. */
static void hkdf(const uint8_t ck[32], struct slice input, uint8_t out[3][32]) {
  uint8_t temp[32];
  hmac(ck, input, slice(NULL, 0), temp);
  hmac(temp, slice("\1", 1), slice(NULL, 0), out[0]);
  hmac(temp, slice(out[0], 32), slice("\2", 1), out[1]);
  hmac(temp, slice(out[1], 32), slice("\3", 1), out[2]);
}

void noise_hash(struct noise *noise, const void *p, size_t n) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, noise->h, 32);
  if (n) crypto_hash_sha256_update(&state, p, n);
  crypto_hash_sha256_final(&state, noise->h);
}

void noise_start(struct noise *noise, const char *name, uint8_t first_kind) {
  uint8_t prologue[7] = "kerven";
  size_t len = strlen(name);
  memset(noise, 0, sizeof *noise);
  if (len <= 32) memcpy(noise->h, name, len);
  else crypto_hash_sha256(noise->h, (const uint8_t *)name, len);
  memcpy(noise->ck, noise->h, 32);
  noise->psk_mode = strstr(name, "psk") != NULL;
  prologue[6] = first_kind;
  noise_hash(noise, prologue, sizeof prologue);
}

static void mix_key(struct noise *noise, struct slice input) {
  uint8_t out[3][32];
  hkdf(noise->ck, input, out);
  memcpy(noise->ck, out[0], 32);
  memcpy(noise->k, out[1], 32);
  noise->has_key = true;
  noise->n = 0;
}

void noise_dh(struct noise *noise, const uint8_t sk[32], const uint8_t pk[32]) {
  uint8_t shared[32];
  dh(sk, pk, shared);
  mix_key(noise, slice(shared, 32));
}

void noise_psk(struct noise *noise, const uint8_t psk[32]) {
  uint8_t out[3][32];
  hkdf(noise->ck, slice(psk, 32), out);
  memcpy(noise->ck, out[0], 32);
  noise_hash(noise, out[1], 32);
  memcpy(noise->k, out[2], 32);
  noise->has_key = true;
  noise->n = 0;
}

void noise_say_e(struct noise *noise, const struct pair *e, struct buf *out) {
  noise->e = *e;
  put(out, e->pk, 32);
  noise_hash(noise, e->pk, 32);
  if (noise->psk_mode) mix_key(noise, slice(e->pk, 32));
}

void noise_hear_e(struct noise *noise, struct slice *in) {
  take_to(in, noise->re, 32);
  noise_hash(noise, noise->re, 32);
  if (noise->psk_mode) mix_key(noise, slice(noise->re, 32));
}

void noise_encrypt(struct noise *noise, struct slice text, struct buf *out) {
  size_t at = out->n;
  CHECK(noise->has_key, "noise: no key yet");
  seal(noise->k, noise->n++, slice(noise->h, 32), text, out);
  noise_hash(noise, out->p + at, out->n - at);
}

void noise_decrypt(struct noise *noise, struct slice text, struct buf *out) {
  CHECK(unseal(noise->k, noise->n++, slice(noise->h, 32), text, out),
        "3: a handshake message does not verify");
  noise_hash(noise, text.p, text.n);
}

void noise_split(const struct noise *noise, struct cipher *up, struct cipher *down) {
  uint8_t out[3][32];
  hkdf(noise->ck, slice(NULL, 0), out);
  *up = *down = (struct cipher){.n = 0};
  memcpy(up->k, out[0], 32);
  memcpy(down->k, out[1], 32);
}
