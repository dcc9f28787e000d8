/* store_seal: a row as it lies on the disk. Plaintext = varint length, bytes,
 * zeros, so that a thief counts rows and sees padded sizes, no more. */
#include <string.h>

#include "aead.h"
#include "hash.h"
#include "store_in.h"

enum { PAD_STEP = 64, PAD_STEP_END = 1024 /* half of 2 KiB */, AD_SIZE_MAX = 64 };

static struct krv_slice of_key(const struct krv_key *key) {
  return krv_slice(key->b, sizeof key->b);
}

static void subkey(const struct krv_key *master, const char *name, struct krv_key *out) {
  const struct krv_slice parts[] = {of_key(master), krv_slice_str(name)};
  krv_h(KRV_DOMAIN_VAULT_KEY, parts, 2, out->b, sizeof out->b);
}

void krv_store_keys(struct krv_vault *vault, const struct krv_key *master) {
  vault->master = *master;
  subkey(master, "lookup", &vault->lookup);
  for (int tab = KRV_TAB_META; tab < KRV_TAB_COUNT; tab++)
    subkey(master, krv_store_tab_name((enum krv_tab)tab), &vault->keys[tab]);
}

/* Steps of 64 up to 2 KiB, above that an eighth of the power of two below: 12.5 % at most. */
static size_t padded(size_t len) {
  size_t step = PAD_STEP;
  for (size_t power = PAD_STEP_END; power <= len / 2; power *= 2) step = power / 4;
  return (len + step - 1) / step * step;
}

static struct krv_slice row_ad(const struct krv_row_at *at, uint8_t ad[AD_SIZE_MAX]) {
  const char *name = krv_store_tab_name(at->tab);
  size_t len = strlen(name);
  const uint64_t numbers[] = {(uint64_t)at->lid, (uint64_t)at->case_lid, at->kind};
  uint8_t *p = ad;
  *p++ = (uint8_t)len;
  memcpy(p, name, len);
  p += len;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    for (unsigned byte = 0; byte < 8; byte++) *p++ = (uint8_t)(numbers[i] >> (8 * byte));
  return krv_slice(ad, (size_t)(p - ad));
}

int krv_store_seal(struct krv_vault *vault, const struct krv_row_at *at, struct krv_slice plain) {
  uint8_t ad[AD_SIZE_MAX];
  if (plain.len > KRV_ROW_SIZE_MAX) return KRV_TOO_LARGE;
  struct krv_buf *row = &vault->plain;
  krv_buf_reset(row);
  krv_buf_blob(row, plain);
  size_t zeros = padded(row->len) - row->len;
  uint8_t *tail = krv_buf_extend(row, zeros);
  if (!tail) return KRV_NOMEM;
  memset(tail, 0, zeros);
  krv_buf_reset(&vault->sealed);
  krv_row_seal(vault->env, &vault->keys[at->tab], row_ad(at, ad), krv_buf_slice(row),
               &vault->sealed);
  return vault->sealed.status;
}

int krv_store_unseal(struct krv_vault *vault, const struct krv_row_at *at, struct krv_slice sealed,
                     struct krv_buf *out) {
  uint8_t ad[AD_SIZE_MAX];
  krv_buf_reset(&vault->plain);
  int status = krv_row_open(&vault->keys[at->tab], row_ad(at, ad), sealed, &vault->plain);
  if (status != 0) return status == KRV_NOMEM ? status : KRV_DAMAGED;
  struct krv_in in = krv_in(krv_buf_slice(&vault->plain));
  struct krv_slice plain = krv_in_blob(&in, KRV_ROW_SIZE_MAX);
  if (in.status != 0) return KRV_DAMAGED;
  krv_buf_put(out, plain);
  return out->status;
}

int64_t krv_store_lookup(const struct krv_vault *vault, const char *tag, struct krv_slice what) {
  uint8_t hash[8];
  uint64_t number = 0;
  const struct krv_slice parts[] = {of_key(&vault->lookup), krv_slice_str(tag), what};
  krv_h(KRV_DOMAIN_VAULT_LOOKUP, parts, 3, hash, sizeof hash);
  for (size_t i = 0; i < sizeof hash; i++) number = number << 8 | hash[i];
  return (int64_t)number;
}

int64_t krv_store_lookup_dot(const struct krv_vault *vault, int64_t case_lid, krv_device_ix device,
                             uint64_t n) {
  const uint64_t numbers[] = {(uint64_t)case_lid, device, n};
  uint8_t dot[sizeof numbers];
  for (size_t i = 0; i < sizeof dot; i++) dot[i] = (uint8_t)(numbers[i / 8] >> (8 * (i % 8)));
  return krv_store_lookup(vault, "dot", krv_slice(dot, sizeof dot));
}
