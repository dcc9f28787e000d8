/* commit: the happy path is four steps each way, and the order is the point.
 *
 * Seal: (1) body, zipped and padded; (2) signature over AD, key_commit and the
 * padded body; (3) salt from all of that; (4) one key for this one message.
 * Open: (1) the head names this key; (2) AEAD, which only shows that somebody
 * with the case key made it; (3) signature; (4) salt: whoever has the key could
 * seal another's signed body under a salt of his own, and frame him with a
 * second commit; (5) only then is anything unpacked.
 *
 * The key seals one message, so the nonce is zero: another body, head or author
 * gives another salt and thereby another key, the same gives the same bytes. */
#include "commit.h"

#include <assert.h>
#include <string.h>

#include "aead.h"
#include "bounds.h"
#include "pad.h"

enum { AROUND = KRV_SIG_LEN + KRV_TAG_LEN };

/* What signature and salt are over. */
struct sealed_parts {
  uint8_t ad[KRV_AD_LEN];
  struct krv_slice signature, padded;
};

static void sign_parts(const struct sealed_parts *p, const struct krv_case_key *key,
                       struct krv_slice out[3]) {
  out[0] = krv_slice(p->ad, sizeof p->ad);
  out[1] = krv_slice(key->key_commit, sizeof key->key_commit);
  out[2] = p->padded;
}

static void salt_make(const struct sealed_parts *p, const struct krv_case_key *key,
                      uint8_t out[KRV_SALT_LEN]) {
  struct krv_key salt_key;
  const struct krv_slice case_key = {key->key.b, KRV_KEY_LEN};
  krv_h(KRV_DOMAIN_SALT_KEY, &case_key, 1, salt_key.b, KRV_KEY_LEN);
  const struct krv_slice parts[] = {
      {salt_key.b, KRV_KEY_LEN}, {p->ad, sizeof p->ad}, p->signature, p->padded};
  krv_h(KRV_DOMAIN_SALT, parts, 4, out, KRV_SALT_LEN);
  krv_wipe(&salt_key, sizeof salt_key);
}

static void commit_key(const uint8_t ad[KRV_AD_LEN], const struct krv_case_key *key,
                       const uint8_t salt[KRV_SALT_LEN], struct krv_key *out) {
  const struct krv_slice parts[] = {{key->key.b, KRV_KEY_LEN}, {ad, KRV_AD_LEN},
                                    {salt, KRV_SALT_LEN}};
  krv_h(KRV_DOMAIN_COMMIT_KEY, parts, 3, out->b, KRV_KEY_LEN);
}

static int body_pack(struct krv_zip *zip, const struct krv_env *env, const struct krv_body *body,
                     struct krv_buf *padded) {
  struct krv_buf raw;
  krv_buf_init(&raw, env);
  krv_body_encode(body, &raw);
  int status = raw.status;
  if (status != KRV_OK) goto out;
  status = krv_zip_pack(zip, krv_buf_slice(&raw), padded);
  if (status != KRV_OK) goto out;
  size_t pad = krv_pad_len(padded->len) - padded->len;
  uint8_t *zeros = krv_buf_extend(padded, pad);
  if (zeros && pad > 0) memset(zeros, 0, pad);
  status = padded->status;
  if (status == KRV_OK && padded->len > KRV_BODY_SIZE_MAX) status = KRV_TOO_LARGE;
out:
  krv_buf_wipe(&raw);
  return status;
}

static void head_name_key(struct krv_head *head, const struct krv_case_key *key) {
  head->epoch = key->epoch;
  memset(head->key_id4, 0, sizeof head->key_id4);
  if (key->epoch > 0) memcpy(head->key_id4, key->key_id.b, sizeof head->key_id4);
}

int krv_commit_seal(struct krv_zip *zip, const struct krv_env *env, const struct krv_case_key *key,
                    const struct krv_sign_pair *author, const struct krv_body *body,
                    struct krv_commit *commit, struct krv_buf *out) {
  struct krv_buf padded;
  krv_buf_init(&padded, env);
  commit->ciphertext = krv_slice(NULL, 0);
  int status = body_pack(zip, env, body, &padded);
  if (status != KRV_OK) goto out;
  uint8_t *cipher = krv_buf_extend(out, AROUND + padded.len);
  status = out->status;
  if (!cipher) goto out;

  commit->head.suite = KRV_SUITE_1;
  commit->head.kind = KRV_KIND_CHANGE;
  head_name_key(&commit->head, key);
  assert(krv_head_check(&commit->head) == KRV_OK);
  struct sealed_parts parts;
  krv_head_ad(&commit->head, parts.ad);
  memcpy(cipher + KRV_SIG_LEN, padded.data, padded.len);
  parts.padded = krv_slice(cipher + KRV_SIG_LEN, padded.len);
  struct krv_slice to_sign[3];
  sign_parts(&parts, key, to_sign);
  krv_sign(author, KRV_DOMAIN_COMMIT_SIGN, to_sign, 3, cipher);
  parts.signature = krv_slice(cipher, KRV_SIG_LEN);
  salt_make(&parts, key, commit->salt);

  struct krv_key once;
  commit_key(parts.ad, key, commit->salt, &once);
  krv_aead_seal(&once, 0, krv_slice(parts.ad, KRV_AD_LEN),
                krv_slice(cipher, KRV_SIG_LEN + padded.len), cipher);
  krv_wipe(&once, sizeof once);
  commit->ciphertext = krv_slice(cipher, AROUND + padded.len);
out:
  krv_buf_wipe(&padded);
  return status;
}

void krv_opened_init(struct krv_opened *opened, const struct krv_env *env) {
  memset(opened, 0, sizeof *opened);
  krv_buf_init(&opened->plain, env);
}

void krv_opened_release(struct krv_opened *opened) {
  const struct krv_env *env = opened->plain.env;
  krv_buf_wipe(&opened->plain);
  krv_free(env, opened->context);
  krv_opened_init(opened, env);
}

/* Steps 1 and 2: signature || padded body into plain. */
static int decrypt(const struct krv_case_key *key, const struct krv_commit *commit,
                   const uint8_t ad[KRV_AD_LEN], struct krv_buf *plain) {
  struct krv_head named = commit->head;
  head_name_key(&named, key);
  if (commit->head.epoch != named.epoch ||
      memcmp(commit->head.key_id4, named.key_id4, sizeof named.key_id4) != 0)
    return KRV_NO_KEY;
  size_t len = commit->ciphertext.len;
  if (len < AROUND + KRV_BODY_PAD_FLOOR || len > AROUND + KRV_BODY_SIZE_MAX) return KRV_MALFORMED;
  uint8_t *p = krv_buf_extend(plain, len - KRV_TAG_LEN);
  if (!p) return plain->status;
  struct krv_key once;
  commit_key(ad, key, commit->salt, &once);
  int status = krv_aead_open(&once, 0, krv_slice(ad, KRV_AD_LEN), commit->ciphertext, p);
  krv_wipe(&once, sizeof once);
  return status;
}

/* Steps 3 and 4; without an author, 4 alone. */
static int doubt(const struct sealed_parts *parts, const struct krv_case_key *key,
                 const struct krv_key *author_sign_pk, const uint8_t salt[KRV_SALT_LEN]) {
  struct krv_slice signed_parts[3];
  sign_parts(parts, key, signed_parts);
  if (author_sign_pk && krv_sign_verify(author_sign_pk, KRV_DOMAIN_COMMIT_SIGN, signed_parts, 3,
                                        parts->signature.data) != KRV_OK)
    return KRV_CRYPTO;
  uint8_t expected[KRV_SALT_LEN];
  salt_make(parts, key, expected);
  return krv_secret_equal(expected, salt, sizeof expected) ? KRV_OK : KRV_CRYPTO;
}

/* Step 5. Whatever is wrong with a signed body, it is its author's doing. */
static int body_unpack(struct krv_zip *zip, struct krv_slice padded, struct krv_opened *opened) {
  opened->context =
      krv_zalloc(opened->plain.env, KRV_CONTEXT_ENTRIES_MAX, sizeof *opened->context);
  if (!opened->context) return KRV_NOMEM;
  int status = krv_zip_unpack(zip, padded, &opened->plain);
  if (status == KRV_OK)
    status = krv_body_decode(krv_buf_slice(&opened->plain), opened->context, &opened->body);
  return status == KRV_TOO_LARGE ? KRV_MALFORMED : status;
}

static int open_commit(struct krv_zip *zip, const struct krv_case_key *key,
                       const struct krv_key *author_sign_pk, const struct krv_commit *commit,
                       struct krv_opened *opened) {
  krv_opened_release(opened);
  int status = krv_head_check(&commit->head);
  if (status != KRV_OK) return status;
  struct sealed_parts parts;
  struct krv_buf plain;
  krv_buf_init(&plain, opened->plain.env);
  krv_head_ad(&commit->head, parts.ad);
  status = decrypt(key, commit, parts.ad, &plain);
  if (status != KRV_OK) goto out;
  parts.signature = krv_slice(plain.data, KRV_SIG_LEN);
  parts.padded = krv_slice(plain.data + KRV_SIG_LEN, plain.len - KRV_SIG_LEN);
  status = doubt(&parts, key, author_sign_pk, commit->salt);
  if (status != KRV_OK) goto out;
  memcpy(opened->signature, parts.signature.data, KRV_SIG_LEN);
  status = body_unpack(zip, parts.padded, opened);
out:
  krv_buf_wipe(&plain);
  if (status != KRV_OK) krv_opened_release(opened);
  return status;
}

int krv_commit_open(struct krv_zip *zip, const struct krv_case_key *key,
                    const struct krv_key *author_sign_pk, const struct krv_commit *commit,
                    struct krv_opened *opened) {
  assert(author_sign_pk);
  return open_commit(zip, key, author_sign_pk, commit, opened);
}

int krv_commit_reopen(struct krv_zip *zip, const struct krv_case_key *key,
                      const struct krv_commit *commit, struct krv_opened *opened) {
  return open_commit(zip, key, NULL, commit, opened);
}
