/* slots: see slots.h. Layout: version 1, salt 16, passes u32, memory in KiB
 * u32, commitment 32, sealed master key (24 + 32 + 16), sum 8. The sum is no
 * secret's: it tells a flipped bit from a wrong passphrase. */
#include "slots.h"

#include <stdlib.h>
#include <string.h>

#include "aead.h"
#include "hash.h"
#include "host.h"

enum { SLOT_VERSION = 1, SUM_LEN = 8, SLOW_MS = 700 };

struct slot_keys {
  struct krv_key wrap;
  uint8_t commit[KRV_HASH_LEN];
};

static struct krv_slice of_key(const struct krv_key *key) {
  return krv_slice(key->b, sizeof key->b);
}

static void slot_sum(struct krv_slice body, uint8_t sum[SUM_LEN]) {
  const struct krv_slice parts[] = {krv_slice_str("sum"), body};
  krv_h(KRV_DOMAIN_VAULT_COMMIT, parts, 2, sum, SUM_LEN);
}

static int derive(struct krv_slice passphrase, struct krv_slice key_file,
                  const uint8_t salt[KRV_PASSWORD_SALT_LEN], const struct krv_password_cost *cost,
                  struct slot_keys *out) {
  struct krv_key stretched, base;
  int status = krv_password_key(passphrase, salt, cost, &stretched);
  if (status != 0) return status;
  const struct krv_slice mixed[] = {of_key(&stretched), krv_slice_str("slot"), key_file};
  krv_h(KRV_DOMAIN_VAULT_KEY, mixed, 3, base.b, sizeof base.b);
  const struct krv_slice wrap[] = {of_key(&base), krv_slice_str("wrap")};
  krv_h(KRV_DOMAIN_VAULT_KEY, wrap, 2, out->wrap.b, sizeof out->wrap.b);
  const struct krv_slice commit[] = {of_key(&base), krv_slice(salt, KRV_PASSWORD_SALT_LEN)};
  krv_h(KRV_DOMAIN_VAULT_COMMIT, commit, 2, out->commit, sizeof out->commit);
  krv_wipe(&stretched, sizeof stretched);
  krv_wipe(&base, sizeof base);
  return 0;
}

/* MemAvailable in KiB; 0 when it cannot be told, which counts as little. */
static uint64_t memory_available_kib(const struct krv_env *env) {
  static const char word[] = "MemAvailable:";
  struct krv_buf text;
  uint64_t kib = 0;
  krv_buf_init(&text, env);
  int status = krv_host_read_file("/proc/meminfo", 64 * 1024, &text);
  krv_buf_u8(&text, 0);
  if (status == 0 && text.status == 0) {
    const char *at = strstr((const char *)text.data, word);
    if (at) kib = strtoull(at + sizeof word - 1, NULL, 10);
  }
  krv_buf_release(&text);
  return kib;
}

struct krv_password_cost krv_slot_calibrate(const struct krv_env *env) {
  const struct krv_password_cost high = krv_password_cost_default;
  const uint8_t salt[KRV_PASSWORD_SALT_LEN] = {0};
  struct krv_key key;
  /* libsodium maps the memory at once: the kernel would kill rather than refuse */
  if (memory_available_kib(env) < 2 * (uint64_t)high.mem_kib) return krv_password_cost_floor;
  uint64_t start_ms = env->mono_ms(env->ctx);
  int status =
      krv_password_key(krv_slice_str("calibrate"), salt, &krv_password_cost_floor, &key);
  krv_wipe(&key, sizeof key);
  /* the default costs about 3 * 64 / (4 * 32) = 1.5 times, measured 2.1 times, as much */
  uint64_t took_ms = env->mono_ms(env->ctx) - start_ms;
  return status == 0 && took_ms <= SLOW_MS ? high : krv_password_cost_floor;
}

int krv_slot_seal(const struct krv_env *env, const struct krv_key *master,
                  struct krv_slice passphrase, struct krv_slice key_file,
                  const struct krv_password_cost *cost, struct krv_buf *out) {
  uint8_t salt[KRV_PASSWORD_SALT_LEN], sum[SUM_LEN];
  struct slot_keys keys;
  size_t start = out->len;
  struct krv_password_cost chosen = *cost;
  if (chosen.ops == 0 && chosen.mem_kib == 0) chosen = krv_slot_calibrate(env);
  env->random(env->ctx, salt, sizeof salt);
  int status = derive(passphrase, key_file, salt, &chosen, &keys);
  if (status != 0) return status;
  krv_buf_u8(out, SLOT_VERSION);
  krv_buf_append(out, salt, sizeof salt);
  krv_buf_u32(out, chosen.ops);
  krv_buf_u32(out, chosen.mem_kib);
  krv_buf_append(out, keys.commit, sizeof keys.commit);
  krv_row_seal(env, &keys.wrap, krv_slice_str("slot"), of_key(master), out);
  if (out->status == 0) {
    slot_sum(krv_slice(out->data + start, out->len - start), sum);
    krv_buf_append(out, sum, sizeof sum);
  }
  krv_wipe(&keys, sizeof keys);
  return out->status;
}

static int unwrap(const struct krv_env *env, const struct slot_keys *keys, struct krv_slice sealed,
                  struct krv_key *master) {
  struct krv_buf plain;
  krv_buf_init(&plain, env);
  int status = krv_row_open(&keys->wrap, krv_slice_str("slot"), sealed, &plain);
  if (status == 0 && plain.len == sizeof master->b) {
    memcpy(master->b, plain.data, sizeof master->b);
  } else if (status != KRV_NOMEM) {
    status = KRV_DAMAGED;
  }
  krv_buf_wipe(&plain);
  return status;
}

int krv_slot_open(const struct krv_env *env, struct krv_slice slot, struct krv_slice passphrase,
                  struct krv_slice key_file, struct krv_key *master) {
  uint8_t sum[SUM_LEN], salt[KRV_PASSWORD_SALT_LEN], commit[KRV_HASH_LEN];
  struct krv_password_cost cost;
  struct slot_keys keys;
  krv_wipe(master, sizeof *master);
  if (slot.len <= SUM_LEN || slot.len > KRV_SLOT_SIZE_MAX) return KRV_DAMAGED;
  struct krv_slice body = krv_slice(slot.data, slot.len - SUM_LEN);
  slot_sum(body, sum);
  if (!krv_slice_equal(krv_slice(sum, SUM_LEN), krv_slice(slot.data + body.len, SUM_LEN)))
    return KRV_DAMAGED;
  struct krv_in in = krv_in(body);
  if (krv_in_u8(&in) != SLOT_VERSION) return KRV_NEWER;
  krv_in_copy(&in, salt, sizeof salt);
  cost.ops = krv_in_u32(&in);
  cost.mem_kib = krv_in_u32(&in);
  krv_in_copy(&in, commit, sizeof commit);
  struct krv_slice sealed = krv_in_rest(&in);
  if (in.status != 0 || !krv_password_cost_allowed(&cost)) return KRV_DAMAGED;
  int status = derive(passphrase, key_file, salt, &cost, &keys);
  if (status != 0) return status;
  status = krv_secret_equal(commit, keys.commit, sizeof commit)
               ? unwrap(env, &keys, sealed, master)
               : KRV_PASSPHRASE;
  krv_wipe(&keys, sizeof keys);
  return status;
}
