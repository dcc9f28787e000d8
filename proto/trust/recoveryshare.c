#include "recoveryshare.h"

#include <assert.h>
#include <string.h>

enum { GROUP_LETTERS = 5 };

int krv_recovery_keys(const struct krv_key *seed, struct krv_recovery_keys *out) {
  struct krv_slice part = krv_slice(seed->b, sizeof seed->b);
  struct krv_key secret;
  krv_sign_pair_from_seed(seed, &out->sign);
  krv_h(KRV_DOMAIN_RECOVERY, &part, 1, secret.b, sizeof secret.b);
  int status = krv_dh_pair_from_secret(&secret, &out->seal);
  krv_wipe(&secret, sizeof secret);
  if (status != 0) krv_wipe(out, sizeof *out);
  return status;
}

/* ---- splitting */

static void add(struct krv_key *to, const struct krv_key *key) {
  for (size_t i = 0; i < sizeof to->b; i++) to->b[i] ^= key->b[i];
}

void krv_split_random(const struct krv_env *env, const struct krv_key *seed,
                      struct krv_split *out) {
  env->random(env->ctx, out->id, sizeof out->id);
  krv_key_random(env, &out->part[0]);
  krv_key_random(env, &out->part[1]);
  out->part[2] = *seed;
  add(&out->part[2], &out->part[0]);
  add(&out->part[2], &out->part[1]);
}

void krv_split_seed(const struct krv_split *split, struct krv_key *seed) {
  *seed = split->part[0];
  add(seed, &split->part[1]);
  add(seed, &split->part[2]);
}

void krv_recovery_tie(const struct krv_id *programme, const struct krv_key *sign_pk,
                      const struct krv_key *seal_pk, uint8_t out[KRV_SHARE_TIE_LEN]) {
  const struct krv_slice parts[] = {krv_slice(programme->b, sizeof programme->b),
                                    krv_slice(sign_pk->b, sizeof sign_pk->b),
                                    krv_slice(seal_pk->b, sizeof seal_pk->b)};
  krv_h(KRV_DOMAIN_SHARE, parts, 3, out, KRV_SHARE_TIE_LEN);
}

void krv_split_share(const struct krv_split *split, const uint8_t tie[KRV_SHARE_TIE_LEN],
                     unsigned number, struct krv_recovery_share *out) {
  assert(number >= 1 && number <= KRV_SHARES);
  memcpy(out->tie, tie, sizeof out->tie);
  memcpy(out->split, split->id, sizeof out->split);
  out->number = (uint8_t)number;
  out->part[0] = split->part[number - 1];
  out->part[1] = split->part[number % KRV_SHARES];
}

int krv_split_join(const struct krv_recovery_share *a, const struct krv_recovery_share *b,
                   struct krv_split *out) {
  memset(out, 0, sizeof *out);
  if (memcmp(a->tie, b->tie, sizeof a->tie) != 0) return KRV_INVALID;
  if (memcmp(a->split, b->split, sizeof a->split) != 0) return KRV_INVALID;
  if (a->number == b->number)
    return krv_secret_equal(a->part, b->part, sizeof a->part) ? KRV_EXISTS : KRV_CRYPTO;
  if (a->number % KRV_SHARES + 1 != b->number) { /* so that b's first part is a's second */
    const struct krv_recovery_share *first = b;
    b = a;
    a = first;
  }
  if (!krv_secret_equal(&a->part[1], &b->part[0], sizeof a->part[1])) return KRV_CRYPTO;
  memcpy(out->id, a->split, sizeof out->id);
  out->part[a->number - 1] = a->part[0];
  out->part[b->number - 1] = b->part[0];
  out->part[b->number % KRV_SHARES] = b->part[1];
  return 0;
}

/* ---- text */

void krv_recovery_share_format(const struct krv_recovery_share *share, struct krv_buf *out) {
  struct krv_buf raw, letters;
  krv_buf_init(&letters, out->env);
  krv_codetext_begin(&raw, out->env, KRV_CODE_SHARE);
  krv_buf_append(&raw, share->tie, sizeof share->tie);
  krv_buf_append(&raw, share->split, sizeof share->split);
  krv_buf_u8(&raw, share->number);
  krv_buf_append(&raw, share->part[0].b, KRV_KEY_LEN);
  krv_buf_append(&raw, share->part[1].b, KRV_KEY_LEN);
  krv_codetext_finish(&raw, &letters);
  for (size_t i = 0; i < letters.len; i++) {
    if (i > 0 && i % GROUP_LETTERS == 0) krv_buf_u8(out, '-');
    krv_buf_u8(out, letters.data[i]);
  }
  if (out->status == 0) out->status = letters.status;
  krv_buf_wipe(&letters);
}

int krv_recovery_share_parse(struct krv_slice text, struct krv_recovery_share *out) {
  uint8_t raw[KRV_CODE_RAW_MAX];
  struct krv_in in = krv_codetext_open(text, KRV_CODE_SHARE, raw);
  krv_in_copy(&in, out->tie, sizeof out->tie);
  krv_in_copy(&in, out->split, sizeof out->split);
  out->number = krv_in_u8(&in);
  krv_in_copy(&in, out->part[0].b, KRV_KEY_LEN);
  krv_in_copy(&in, out->part[1].b, KRV_KEY_LEN);
  if (out->number < 1 || out->number > KRV_SHARES) krv_in_fail(&in, KRV_MALFORMED);
  int status = krv_codetext_close(&in, raw);
  if (status != 0) krv_wipe(out, sizeof *out);
  return status;
}
