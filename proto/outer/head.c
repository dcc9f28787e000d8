#include "head.h"

#include <assert.h>
#include <string.h>

#include "hash.h"

static uint8_t *put(uint8_t *p, const void *bytes, size_t len) {
  memcpy(p, bytes, len);
  return p + len;
}

static uint8_t *put_le(uint8_t *p, uint64_t v, size_t len) {
  for (size_t i = 0; i < len; i++) *p++ = (uint8_t)(v >> (8 * i));
  return p;
}

void krv_head_ad(const struct krv_head *head, uint8_t out[KRV_AD_LEN]) {
  uint8_t *p = out;
  *p++ = head->suite;
  *p++ = head->kind;
  p = put(p, head->programme.b, KRV_ID_LEN);
  p = put(p, head->kase.b, KRV_ID_LEN);
  p = put(p, head->device.b, KRV_ID_LEN);
  p = put_le(p, head->n, 8);
  p = put(p, head->prev.b, KRV_ID_LEN);
  p = put_le(p, head->epoch, 4);
  p = put(p, head->key_id4, sizeof head->key_id4);
  assert(p == out + KRV_AD_LEN);
  (void)p;
}

int krv_head_check(const struct krv_head *head) {
  static const uint8_t none[4];
  if (head->suite != KRV_SUITE_1) return KRV_NEWER;
  if (head->kind != KRV_KIND_CHANGE && head->kind != KRV_KIND_SNAPSHOT) return KRV_NEWER;
  if (head->n == 0) return KRV_MALFORMED;
  if ((head->n == 1) != krv_id_is_zero(&head->prev)) return KRV_MALFORMED;
  if (head->epoch == 0 && memcmp(head->key_id4, none, sizeof none) != 0) return KRV_MALFORMED;
  return KRV_OK;
}

void krv_commit_id(const struct krv_commit *commit, struct krv_id *out) {
  uint8_t ad[KRV_AD_LEN];
  krv_head_ad(&commit->head, ad);
  const struct krv_slice parts[] = {
      {ad, sizeof ad}, {commit->salt, KRV_SALT_LEN}, commit->ciphertext};
  krv_h(KRV_DOMAIN_COMMIT, parts, 3, out->b, KRV_ID_LEN);
}
