/* groupseal: the salt is a keyed hash of what is sealed, so that a broken random
 * generator or a cloned vault never seals two texts under one key; and it is
 * computed again after opening, so that it commits to the text. */
#include "groupseal.h"

#include "aead.h"
#include "hash.h"

enum { SALT_LEN = 16, AD_LEN = 8 };
_Static_assert(SALT_LEN + KRV_TAG_LEN == KRV_GROUPSEAL_OVERHEAD, "layout");

static void put_ad(krv_group_ix group, uint32_t epoch, uint8_t ad[AD_LEN]) {
  for (unsigned i = 0; i < 4; i++) {
    ad[i] = (uint8_t)(group >> (8 * i));
    ad[4 + i] = (uint8_t)(epoch >> (8 * i));
  }
}

/* salt16 = H16("krv group salt", H("krv salt key", secret), AD, plain) */
static void make_salt(const struct krv_key *secret, const uint8_t ad[AD_LEN],
                      struct krv_slice plain, uint8_t salt[SALT_LEN]) {
  struct krv_key salt_key;
  const struct krv_slice key_part = krv_slice(secret->b, sizeof secret->b);
  krv_h(KRV_DOMAIN_SALT_KEY, &key_part, 1, salt_key.b, sizeof salt_key.b);
  const struct krv_slice parts[] = {
      krv_slice(salt_key.b, sizeof salt_key.b), krv_slice(ad, AD_LEN), plain};
  krv_h(KRV_DOMAIN_GROUP_SALT, parts, 3, salt, SALT_LEN);
  krv_wipe(&salt_key, sizeof salt_key);
}

/* key = H("krv group key", secret, AD, salt16) */
static void make_key(const struct krv_key *secret, const uint8_t ad[AD_LEN],
                     const uint8_t salt[SALT_LEN], struct krv_key *key) {
  const struct krv_slice parts[] = {
      krv_slice(secret->b, sizeof secret->b), krv_slice(ad, AD_LEN), krv_slice(salt, SALT_LEN)};
  krv_h(KRV_DOMAIN_GROUP_KEY, parts, 3, key->b, sizeof key->b);
}

void krv_groupseal(const struct krv_key *group_secret, krv_group_ix group, uint32_t epoch,
                   struct krv_slice plain, struct krv_buf *out) {
  uint8_t ad[AD_LEN];
  struct krv_key key;
  uint8_t *salt = krv_buf_extend(out, SALT_LEN + plain.len + KRV_TAG_LEN);
  if (!salt) return;
  put_ad(group, epoch, ad);
  make_salt(group_secret, ad, plain, salt);
  make_key(group_secret, ad, salt, &key);
  krv_aead_seal(&key, 0, krv_slice(ad, AD_LEN), plain, salt + SALT_LEN);
  krv_wipe(&key, sizeof key);
}

int krv_groupseal_open(const struct krv_key *group_secret, krv_group_ix group, uint32_t epoch,
                       struct krv_slice sealed, struct krv_buf *out) {
  uint8_t ad[AD_LEN], salt[SALT_LEN];
  struct krv_key key;
  if (sealed.len < KRV_GROUPSEAL_OVERHEAD) return KRV_MALFORMED;
  size_t len = sealed.len - KRV_GROUPSEAL_OVERHEAD, mark = out->len;
  uint8_t *plain = krv_buf_extend(out, len);
  if (!plain) return out->status;

  put_ad(group, epoch, ad);
  make_key(group_secret, ad, sealed.data, &key);
  int status =
      krv_aead_open(&key, 0, krv_slice(ad, AD_LEN),
                    krv_slice(sealed.data + SALT_LEN, sealed.len - SALT_LEN), plain);
  krv_wipe(&key, sizeof key);
  if (status == 0) {
    make_salt(group_secret, ad, krv_slice(plain, len), salt);
    if (!krv_secret_equal(salt, sealed.data, SALT_LEN)) status = KRV_CRYPTO;
  }
  if (status != 0) {
    krv_wipe(plain, len);
    out->len = mark;
  }
  return status;
}
