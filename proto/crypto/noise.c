/* noise: one machine, three patterns as rows of tokens.
 *
 *   XK        <- s ...  -> e, es   <- e, ee   -> s, se
 *   XKpsk3    <- s ...  -> e, es   <- e, ee   -> s, se, psk
 *   NNpsk0              -> psk, e  <- e, ee
 *
 * Names follow the specification (revision 34, sections 5 and 9): MixHash,
 * MixKey, MixKeyAndHash, EncryptAndHash, DecryptAndHash. Writing and reading
 * walk the same tokens; only `e`, `s` and the payload differ. What fails: bytes
 * that do not verify, keys of small order, no memory. Each ends the machine:
 * its state is then half mixed and no message can follow. */
#include "noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "aead.h"
#include "dh.h"

enum token { END, E, S, EE, ES, SE, PSK };

enum { MESSAGES_MAX = 3, TOKENS_MAX = 4, NOISE_MESSAGE_SIZE_MAX = 65535, HASH_LEN = 32 };

struct pattern {
  const char *name;
  bool responder_known; /* pre-message <- s */
  bool has_psk;
  unsigned count;
  uint8_t messages[MESSAGES_MAX][TOKENS_MAX];
};

static const struct pattern patterns[KRV_NOISE_COUNT] = {
    [KRV_NOISE_XK] = {"Noise_XK_25519_ChaChaPoly_SHA256", true, false, 3,
                      {{E, ES}, {E, EE}, {S, SE}}},
    [KRV_NOISE_XKPSK3] = {"Noise_XKpsk3_25519_ChaChaPoly_SHA256", true, true, 3,
                          {{E, ES}, {E, EE}, {S, SE, PSK}}},
    [KRV_NOISE_NNPSK0] = {"Noise_NNpsk0_25519_ChaChaPoly_SHA256", false, true, 2,
                          {{PSK, E}, {E, EE}}},
};

static const struct pattern *pattern_of(const struct krv_noise *noise) {
  return &patterns[noise->pattern];
}

/* ---- symmetric state ---- */

static void mix_hash(struct krv_noise *noise, const void *data, size_t len) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, noise->h, HASH_LEN);
  if (len > 0) crypto_hash_sha256_update(&state, data, len);
  crypto_hash_sha256_final(&state, noise->h);
}

static void hmac(const uint8_t key[HASH_LEN], const void *a, size_t a_len, const void *b,
                 size_t b_len, uint8_t out[HASH_LEN]) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key, HASH_LEN);
  if (a_len > 0) crypto_auth_hmacsha256_update(&state, a, a_len);
  crypto_auth_hmacsha256_update(&state, b, b_len);
  crypto_auth_hmacsha256_final(&state, out);
  krv_wipe(&state, sizeof state);
}

/* HKDF of section 4.3: count outputs of 32 bytes from the chaining key. */
static void hkdf(const uint8_t ck[HASH_LEN], const void *input, size_t len, unsigned count,
                 uint8_t out[][HASH_LEN]) {
  uint8_t temp[HASH_LEN];
  hmac(ck, NULL, 0, input ? input : "", len, temp);
  for (uint8_t i = 1; i <= count; i++)
    hmac(temp, i > 1 ? out[i - 2] : NULL, i > 1 ? HASH_LEN : 0, &i, 1, out[i - 1]);
  krv_wipe(temp, sizeof temp);
}

static void set_cipher(struct krv_noise_cipher *cipher, const uint8_t key[HASH_LEN]) {
  memcpy(cipher->k.b, key, HASH_LEN);
  cipher->n = 0;
  cipher->has_key = true;
}

static void mix_key(struct krv_noise *noise, const struct krv_key *input) {
  uint8_t out[2][HASH_LEN];
  hkdf(noise->ck, input->b, sizeof input->b, 2, out);
  memcpy(noise->ck, out[0], HASH_LEN);
  set_cipher(&noise->cipher, out[1]);
  krv_wipe(out, sizeof out);
}

static void mix_key_and_hash(struct krv_noise *noise, const struct krv_key *input) {
  uint8_t out[3][HASH_LEN];
  hkdf(noise->ck, input->b, sizeof input->b, 3, out);
  memcpy(noise->ck, out[0], HASH_LEN);
  mix_hash(noise, out[1], HASH_LEN);
  set_cipher(&noise->cipher, out[2]);
  krv_wipe(out, sizeof out);
}

static size_t tag_len(const struct krv_noise *noise) {
  return noise->cipher.has_key ? KRV_TAG_LEN : 0;
}

static int encrypt_and_hash(struct krv_noise *noise, struct krv_slice plain, struct krv_buf *out) {
  size_t len = plain.len + tag_len(noise);
  uint8_t *place = krv_buf_extend(out, len);
  if (!place) return out->status;
  int status = 0;
  if (noise->cipher.has_key)
    status = krv_noise_seal(&noise->cipher, krv_slice(noise->h, HASH_LEN), plain, place);
  else if (plain.len > 0)
    memcpy(place, plain.data, plain.len);
  mix_hash(noise, place, len);
  return status;
}

/* out has room for sealed less its tag. */
static int decrypt_and_hash(struct krv_noise *noise, struct krv_slice sealed, uint8_t *out) {
  int status = 0;
  if (noise->cipher.has_key)
    status = krv_noise_open(&noise->cipher, krv_slice(noise->h, HASH_LEN), sealed, out);
  else if (sealed.len > 0)
    memcpy(out, sealed.data, sealed.len);
  mix_hash(noise, sealed.data, sealed.len);
  return status;
}

/* ---- tokens ---- */

static int mix_dh(struct krv_noise *noise, const struct krv_dh_pair *own,
                  const struct krv_key *other) {
  struct krv_key shared;
  int status = krv_dh(&own->sk, other, &shared);
  if (status == 0) mix_key(noise, &shared);
  krv_wipe(&shared, sizeof shared);
  return status;
}

/* The tokens that both ends treat alike. In ES and SE the first letter is the
 * initiator's key. */
static int mix_token(struct krv_noise *noise, enum token token) {
  bool own_e = (token == ES) == noise->initiator;
  switch (token) {
    case EE: return mix_dh(noise, &noise->e, &noise->re);
    case ES:
    case SE:
      if (own_e) return mix_dh(noise, &noise->e, &noise->rs);
      return mix_dh(noise, &noise->s, &noise->re);
    case PSK:
      if (!noise->has_psk) return KRV_STATE;
      mix_key_and_hash(noise, &noise->psk);
      return 0;
    default: assert(false); return KRV_STATE;
  }
}

static void mix_ephemeral(struct krv_noise *noise, const struct krv_key *pk) {
  mix_hash(noise, pk->b, sizeof pk->b);
  if (pattern_of(noise)->has_psk) mix_key(noise, pk);
}

static int write_token(struct krv_noise *noise, enum token token, struct krv_buf *out) {
  if (token == E) {
    krv_buf_append(out, noise->e.pk.b, KRV_KEY_LEN);
    mix_ephemeral(noise, &noise->e.pk);
    return out->status;
  }
  if (token == S) return encrypt_and_hash(noise, krv_slice(noise->s.pk.b, KRV_KEY_LEN), out);
  return mix_token(noise, token);
}

static int read_token(struct krv_noise *noise, enum token token, struct krv_in *in) {
  if (token == E) {
    krv_in_copy(in, noise->re.b, KRV_KEY_LEN);
    if (in->status != 0) return in->status;
    mix_ephemeral(noise, &noise->re);
    return 0;
  }
  if (token == S) {
    struct krv_slice sealed = krv_in_bytes(in, KRV_KEY_LEN + tag_len(noise));
    return in->status != 0 ? in->status : decrypt_and_hash(noise, sealed, noise->rs.b);
  }
  return mix_token(noise, token);
}

/* ---- the machine ---- */

void krv_noise_init(struct krv_noise *noise, const struct krv_noise_options *options) {
  const struct pattern *pattern = &patterns[options->pattern];
  assert(options->e);
  assert(!pattern->responder_known || (options->s && (!options->initiator || options->rs)));
  memset(noise, 0, sizeof *noise);
  noise->pattern = options->pattern;
  noise->initiator = options->initiator;
  noise->e = *options->e;
  if (options->s) noise->s = *options->s;
  if (options->rs) noise->rs = *options->rs;
  if (options->psk) krv_noise_set_psk(noise, options->psk);

  size_t len = strlen(pattern->name);
  if (len <= HASH_LEN)
    memcpy(noise->h, pattern->name, len);
  else
    crypto_hash_sha256(noise->h, (const uint8_t *)pattern->name, len);
  memcpy(noise->ck, noise->h, HASH_LEN);
  mix_hash(noise, options->prologue.data, options->prologue.len);
  if (pattern->responder_known)
    mix_hash(noise, noise->initiator ? noise->rs.b : noise->s.pk.b, KRV_KEY_LEN);
}

void krv_noise_set_psk(struct krv_noise *noise, const struct krv_key *psk) {
  noise->psk = *psk;
  noise->has_psk = true;
}

void krv_noise_release(struct krv_noise *noise) {
  krv_wipe(noise, sizeof *noise);
  noise->failed = true;
}

bool krv_noise_done(const struct krv_noise *noise) {
  return !noise->failed && noise->message == pattern_of(noise)->count;
}

/* Whether the next message is one that the given role writes. */
static bool turn_of(const struct krv_noise *noise, bool initiator) {
  return !noise->failed && noise->message < pattern_of(noise)->count &&
         (noise->message % 2 == 0) == initiator;
}

size_t krv_noise_overhead(enum krv_noise_pattern pattern, unsigned message) {
  const struct pattern *p = &patterns[pattern];
  assert(message < p->count);
  bool has_key = false;
  size_t len = 0;
  for (unsigned m = 0; m <= message; m++) {
    len = 0;
    for (unsigned t = 0; t < TOKENS_MAX && p->messages[m][t] != END; t++) {
      enum token token = (enum token)p->messages[m][t];
      if (token == E) len += KRV_KEY_LEN;
      if (token == S) len += has_key ? KRV_KEY_LEN + KRV_TAG_LEN : KRV_KEY_LEN;
      if (token != S && (token != E || p->has_psk)) has_key = true;
    }
  }
  return has_key ? len + KRV_TAG_LEN : len;
}

/* Takes back what a failed call appended. */
static int finish(struct krv_noise *noise, int status, struct krv_buf *out, size_t mark) {
  if (status == 0) {
    noise->message++;
    return 0;
  }
  if (out->len > mark) krv_wipe(out->data + mark, out->len - mark);
  out->len = mark;
  noise->failed = true;
  return status;
}

int krv_noise_write(struct krv_noise *noise, struct krv_slice payload, struct krv_buf *out) {
  if (!turn_of(noise, noise->initiator)) return KRV_STATE;
  if (payload.len + krv_noise_overhead(noise->pattern, noise->message) > NOISE_MESSAGE_SIZE_MAX)
    return KRV_TOO_LARGE;
  const uint8_t *tokens = pattern_of(noise)->messages[noise->message];
  size_t mark = out->len;
  int status = out->status;
  for (unsigned t = 0; status == 0 && t < TOKENS_MAX && tokens[t] != END; t++)
    status = write_token(noise, (enum token)tokens[t], out);
  if (status == 0) status = encrypt_and_hash(noise, payload, out);
  return finish(noise, status, out, mark);
}

int krv_noise_read(struct krv_noise *noise, struct krv_slice message, struct krv_buf *payload) {
  if (!turn_of(noise, !noise->initiator)) return KRV_STATE;
  const uint8_t *tokens = pattern_of(noise)->messages[noise->message];
  size_t mark = payload->len;
  size_t overhead = krv_noise_overhead(noise->pattern, noise->message);
  struct krv_in in = krv_in(message);
  if (message.len < overhead || message.len > NOISE_MESSAGE_SIZE_MAX)
    krv_in_fail(&in, KRV_MALFORMED);
  int status = in.status != 0 ? in.status : payload->status;
  for (unsigned t = 0; status == 0 && t < TOKENS_MAX && tokens[t] != END; t++)
    status = read_token(noise, (enum token)tokens[t], &in);
  if (status == 0) {
    uint8_t *place = krv_buf_extend(payload, message.len - overhead);
    status = place ? decrypt_and_hash(noise, krv_in_rest(&in), place) : payload->status;
  }
  return finish(noise, status, payload, mark);
}

void krv_noise_split(struct krv_noise *noise, struct krv_noise_cipher *send,
                     struct krv_noise_cipher *receive, uint8_t handshake_hash[32],
                     struct krv_key *chaining_key) {
  assert(krv_noise_done(noise));
  uint8_t out[2][HASH_LEN];
  hkdf(noise->ck, NULL, 0, 2, out);
  set_cipher(send, out[noise->initiator ? 0 : 1]);
  set_cipher(receive, out[noise->initiator ? 1 : 0]);
  memcpy(handshake_hash, noise->h, HASH_LEN);
  memcpy(chaining_key->b, noise->ck, HASH_LEN);
  krv_wipe(out, sizeof out);
}

int krv_noise_seal(struct krv_noise_cipher *cipher, struct krv_slice ad, struct krv_slice plain,
                   uint8_t *out) {
  if (!cipher->has_key || cipher->n == UINT64_MAX) return KRV_STATE;
  krv_aead_seal(&cipher->k, cipher->n, ad, plain, out);
  cipher->n++;
  return 0;
}

int krv_noise_open(struct krv_noise_cipher *cipher, struct krv_slice ad, struct krv_slice sealed,
                   uint8_t *out) {
  if (!cipher->has_key || cipher->n == UINT64_MAX) return KRV_STATE;
  int status = krv_aead_open(&cipher->k, cipher->n, ad, sealed, out);
  if (status == 0) cipher->n++;
  return status;
}
