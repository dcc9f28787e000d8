/* store_mem: the driver without a disk, for tests and as the model that the others are compared
 * with. One ordered map; a row's key is a letter for its table and its columns in big endian, so
 * that the map's order is the tables' order. */
#include <assert.h>
#include <string.h>

#include "status.h"
#include "store.h"
#include "store_map.h"

enum { KEY_MAX = 160 };

enum table {
  T_ITEM = 'i', T_CASE_ITEM = 'j', T_CASE = 'c', T_CASE_ID = 'k', T_DOT = 'd', T_ACCESS = 'a',
  T_GRANT = 'g', T_INBOX = 'b', T_FLAT = 'f', T_ROSTER = 'r', T_KV = 'v', T_HEAD = 'h',
  T_CASES = 'n',
};

struct mem {
  struct krv_store store;
  struct krv_map *map;
};

static struct krv_map *map_of(struct krv_store *store) {
  return ((struct mem *)store)->map;
}

/* ---- keys and values: short, of fixed parts, on the stack ---- */

struct key {
  uint8_t b[KEY_MAX];
  size_t len;
};

static void add_bytes(struct key *key, const void *data, size_t len) {
  assert(len <= KEY_MAX - key->len);
  if (len > 0) memcpy(key->b + key->len, data, len);
  key->len += len;
}

static void add(struct key *key, uint64_t v) {
  for (unsigned i = 0; i < 8; i++) key->b[key->len + i] = (uint8_t)(v >> (56 - 8 * i));
  key->len += 8;
  assert(key->len <= KEY_MAX);
}

static struct key key_of(enum table table, unsigned count, const uint64_t *columns) {
  struct key key = {.len = 1};
  key.b[0] = (uint8_t)table;
  for (unsigned i = 0; i < count; i++) add(&key, columns[i]);
  return key;
}
#define KEY(table, ...) \
  key_of(table, sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t), (uint64_t[]){__VA_ARGS__})

static struct krv_slice slice_of(const struct key *key) {
  return krv_slice(key->b, key->len);
}

static uint64_t number_at(struct krv_slice bytes, size_t at) {
  uint64_t v = 0;
  assert(at + 8 <= bytes.len);
  for (size_t i = 0; i < 8; i++) v = v << 8 | bytes.data[at + i];
  return v;
}

/* The i-th number of a key. */
static uint64_t column(const struct krv_map_row *row, unsigned i) {
  return number_at(row->key, 1 + 8 * (size_t)i);
}

static int put(struct krv_store *store, struct key key, struct krv_slice value) {
  return krv_map_put(map_of(store), slice_of(&key), value);
}

static int put_number(struct krv_store *store, struct key key, uint64_t v) {
  struct key value = {.len = 0};
  add(&value, v);
  return put(store, key, slice_of(&value));
}

static bool get(struct krv_store *store, struct key key, struct krv_slice *value) {
  struct krv_map_row row;
  if (!krv_map_from(map_of(store), slice_of(&key), &row)) return false;
  if (!krv_slice_equal(row.key, slice_of(&key))) return false;
  *value = row.value;
  return true;
}

static int get_number(struct krv_store *store, struct key key, uint64_t *out) {
  struct krv_slice value;
  *out = 0;
  if (!get(store, key, &value)) return KRV_NOT_FOUND;
  *out = number_at(value, 0);
  return KRV_OK;
}

/* The first row at or after `from` that shares its first prefix_len bytes. */
static bool next(struct krv_store *store, struct key from, size_t prefix_len,
                 struct krv_map_row *row) {
  return krv_map_from(map_of(store), slice_of(&from), row) && row->key.len >= prefix_len &&
         memcmp(row->key.data, from.b, prefix_len) == 0;
}

/* The key after this one: the next value of its last column. */
static struct key above(struct key key) {
  key.b[key.len++] = 0;
  return key;
}

static size_t prefix(unsigned columns) {
  return 1 + 8 * (size_t)columns;
}

/* ---- transactions ---- */

static int mem_begin(struct krv_store *store) {
  krv_map_mark(map_of(store));
  return KRV_OK;
}

static int mem_commit(struct krv_store *store) {
  krv_map_mark(map_of(store));
  return KRV_OK;
}

static void mem_rollback(struct krv_store *store) {
  krv_map_undo(map_of(store));
}

static void mem_close(struct krv_store *store) {
  krv_map_free(map_of(store));
  krv_free(store->env, store);
}

/* ---- items ---- */

static int mem_head(struct krv_store *store, uint64_t *seq, uint8_t chain[KRV_CHAIN_LEN]) {
  struct krv_slice value;
  *seq = 0;
  memset(chain, 0, KRV_CHAIN_LEN);
  if (!get(store, key_of(T_HEAD, 0, NULL), &value)) return KRV_OK;
  *seq = number_at(value, 0);
  memcpy(chain, value.data + 8, KRV_CHAIN_LEN);
  return KRV_OK;
}

/* An item's value: c, kind, bringer, chain, bytes. */
enum { ITEM_KIND = 8, ITEM_BRINGER = 16, ITEM_CHAIN = 24, ITEM_BYTES = 24 + KRV_CHAIN_LEN };

static int mem_chain_at(struct krv_store *store, uint64_t seq, uint8_t chain[KRV_CHAIN_LEN]) {
  struct krv_slice value;
  memset(chain, 0, KRV_CHAIN_LEN);
  if (!get(store, KEY(T_ITEM, seq), &value)) return KRV_NOT_FOUND;
  memcpy(chain, value.data + ITEM_CHAIN, KRV_CHAIN_LEN);
  return KRV_OK;
}

static int mem_item_put(struct krv_store *store, const struct krv_store_item *item) {
  struct krv_buf value;
  krv_buf_init(&value, store->env);
  struct key head = {.len = 0};
  add(&head, item->c);
  add(&head, item->kind);
  add(&head, item->bringer);
  add_bytes(&head, item->chain, KRV_CHAIN_LEN);
  krv_buf_put(&value, slice_of(&head));
  krv_buf_put(&value, item->bytes);
  int status = value.status;
  if (status == KRV_OK) status = put(store, KEY(T_ITEM, item->seq), krv_buf_slice(&value));
  krv_buf_release(&value);
  head.len = 0;
  add(&head, item->seq);
  add_bytes(&head, item->chain, KRV_CHAIN_LEN);
  if (status == KRV_OK) status = put(store, key_of(T_HEAD, 0, NULL), slice_of(&head));
  if (status == KRV_OK && item->c != 0)
    status = put(store, KEY(T_CASE_ITEM, item->c, item->seq), krv_slice(NULL, 0));
  return status;
}

static int mem_item_get(struct krv_store *store, uint64_t seq, struct krv_store_item *item,
                        struct krv_buf *buf) {
  struct krv_slice value;
  memset(item, 0, sizeof *item);
  if (!get(store, KEY(T_ITEM, seq), &value)) return KRV_NOT_FOUND;
  size_t start = buf->len, len = value.len - ITEM_BYTES;
  krv_buf_append(buf, value.data + ITEM_BYTES, len);
  if (buf->status != 0) return buf->status;
  item->seq = seq;
  item->c = number_at(value, 0);
  item->kind = (uint8_t)number_at(value, ITEM_KIND);
  item->bringer = (krv_device_ix)number_at(value, ITEM_BRINGER);
  memcpy(item->chain, value.data + ITEM_CHAIN, KRV_CHAIN_LEN);
  item->bytes = krv_slice(len > 0 ? buf->data + start : NULL, len);
  return KRV_OK;
}

static int mem_case_next(struct krv_store *store, uint64_t c, uint64_t after, uint64_t *seq) {
  struct krv_map_row row;
  *seq = 0;
  if (!next(store, above(KEY(T_CASE_ITEM, c, after)), prefix(1), &row)) return KRV_END;
  *seq = column(&row, 1);
  return KRV_OK;
}

/* ---- cases ---- */

static struct key case_key(const struct krv_id *id) {
  struct key key = key_of(T_CASE_ID, 0, NULL);
  add_bytes(&key, id->b, KRV_ID_LEN);
  return key;
}

/* A case's value: creator, genesis seq, key commit, id. */
enum { CASE_GENESIS = 8, CASE_COMMIT = 16, CASE_ID = 48 };

static int mem_case_find(struct krv_store *store, const struct krv_id *id,
                         struct krv_store_case *out) {
  struct krv_slice value;
  memset(out, 0, sizeof *out);
  if (get_number(store, case_key(id), &out->c) != KRV_OK) return KRV_NOT_FOUND;
  if (!get(store, KEY(T_CASE, out->c), &value)) return KRV_DAMAGED;
  out->creator = (krv_device_ix)number_at(value, 0);
  out->genesis_seq = number_at(value, CASE_GENESIS);
  memcpy(out->key_commit, value.data + CASE_COMMIT, sizeof out->key_commit);
  return KRV_OK;
}

static int mem_case_put(struct krv_store *store, const struct krv_id *id,
                        struct krv_store_case *kase) {
  uint64_t count = 0;
  (void)get_number(store, key_of(T_CASES, 0, NULL), &count); /* none yet: 0 */
  kase->c = count + 1;
  struct key value = {.len = 0};
  add(&value, kase->creator);
  add(&value, kase->genesis_seq);
  add_bytes(&value, kase->key_commit, sizeof kase->key_commit);
  add_bytes(&value, id->b, KRV_ID_LEN);
  int status = put(store, KEY(T_CASE, kase->c), slice_of(&value));
  if (status == KRV_OK) status = put_number(store, case_key(id), kase->c);
  if (status == KRV_OK) status = put_number(store, key_of(T_CASES, 0, NULL), kase->c);
  return status;
}

static int mem_case_id(struct krv_store *store, uint64_t c, struct krv_id *out) {
  struct krv_slice value;
  *out = krv_id_zero;
  if (!get(store, KEY(T_CASE, c), &value)) return KRV_NOT_FOUND;
  memcpy(out->b, value.data + CASE_ID, KRV_ID_LEN);
  return KRV_OK;
}

static struct key dot_key(uint64_t c, krv_device_ix device, uint64_t n, const struct krv_id *id) {
  struct key key = KEY(T_DOT, c, device, n);
  add_bytes(&key, id->b, KRV_ID_LEN);
  return key;
}

static int mem_dot_next(struct krv_store *store, uint64_t c, krv_device_ix device, uint64_t n,
                        const struct krv_id *from, struct krv_store_dot *out) {
  struct krv_map_row row;
  memset(out, 0, sizeof *out);
  if (!next(store, dot_key(c, device, n, from), prefix(3), &row)) return KRV_END;
  memcpy(out->id.b, row.key.data + prefix(3), KRV_ID_LEN);
  out->seq = number_at(row.value, 0);
  return KRV_OK;
}

static int mem_dot_put(struct krv_store *store, uint64_t c, krv_device_ix device, uint64_t n,
                       const struct krv_store_dot *dot) {
  return put_number(store, dot_key(c, device, n, &dot->id), dot->seq);
}

/* ---- access and grants ---- */

static void read_access(const struct krv_map_row *row, struct krv_store_access *out) {
  out->group = (krv_group_ix)column(row, 1);
  out->mode = (uint8_t)number_at(row->value, 0);
  out->wrote_once = number_at(row->value, 8) != 0;
  out->routed_seq = number_at(row->value, 16);
}

static int mem_access_next(struct krv_store *store, uint64_t c, krv_group_ix from,
                           struct krv_store_access *out) {
  struct krv_map_row row;
  memset(out, 0, sizeof *out);
  if (!next(store, KEY(T_ACCESS, c, from), prefix(1), &row)) return KRV_END;
  read_access(&row, out);
  return KRV_OK;
}

static int mem_access_get(struct krv_store *store, uint64_t c, krv_group_ix group,
                          struct krv_store_access *out) {
  int status = mem_access_next(store, c, group, out);
  if (status == KRV_OK && out->group == group) return KRV_OK;
  memset(out, 0, sizeof *out);
  return KRV_NOT_FOUND;
}

static int mem_access_put(struct krv_store *store, uint64_t c,
                          const struct krv_store_access *access) {
  struct key value = {.len = 0};
  add(&value, access->mode);
  add(&value, access->wrote_once);
  add(&value, access->routed_seq);
  return put(store, KEY(T_ACCESS, c, access->group), slice_of(&value));
}

static struct key grant_key(const struct krv_store_grant *grant) {
  struct key key = KEY(T_GRANT, grant->c, grant->group, grant->group_epoch, grant->giver,
                       grant->device);
  add_bytes(&key, grant->key_id.b, KRV_ID_LEN);
  return key;
}

static int mem_grant_find(struct krv_store *store, const struct krv_store_grant *key,
                          uint64_t *seq) {
  return get_number(store, grant_key(key), seq);
}

static int mem_grant_put(struct krv_store *store, const struct krv_store_grant *key, uint64_t seq) {
  return put_number(store, grant_key(key), seq);
}

/* ---- inboxes: each row twice, by position and by seq; one with a value was taken out ---- */

static int put_row(struct krv_store *store, krv_box box, uint64_t at, uint64_t seq,
                   struct krv_slice out) {
  int status = put(store, KEY(T_INBOX, box, at, seq), out);
  return status == KRV_OK ? put(store, KEY(T_FLAT, box, seq, at), out) : status;
}

static int mem_inbox_put(struct krv_store *store, krv_box box, uint64_t at, uint64_t seq) {
  return put_row(store, box, at, seq, krv_slice(NULL, 0));
}

static int mem_inbox_drop(struct krv_store *store, krv_box box, uint64_t seq, uint64_t *at) {
  struct krv_map_row row;
  struct key from = KEY(T_FLAT, box, seq, 0);
  int status = KRV_OK;
  bool found = false;
  *at = 0;
  while (status == KRV_OK && next(store, from, prefix(2), &row)) {
    uint64_t place = column(&row, 2);
    bool there = row.value.len == 0;
    from = above(KEY(T_FLAT, box, seq, place));
    if (there && !found) *at = place;
    found |= there;
    if (there) status = put_row(store, box, place, seq, krv_slice_str("out"));
  }
  return status == KRV_OK && !found ? KRV_NOT_FOUND : status;
}

static int mem_inbox_next(struct krv_store *store, krv_box box, uint64_t after_at,
                          uint64_t after_seq, uint64_t *at, uint64_t *seq) {
  struct krv_map_row row;
  *at = *seq = 0;
  struct key from = above(KEY(T_INBOX, box, after_at, after_seq));
  while (next(store, from, prefix(1), &row)) {
    uint64_t row_at = column(&row, 1), row_seq = column(&row, 2);
    from = above(KEY(T_INBOX, box, row_at, row_seq));
    if (row.value.len > 0) continue;
    *at = row_at;
    *seq = row_seq;
    return KRV_OK;
  }
  return KRV_END;
}

static int mem_inbox_flat(struct krv_store *store, krv_box box, uint64_t below, uint64_t after,
                          uint64_t *seq) {
  struct krv_map_row row;
  struct key from = above(KEY(T_FLAT, box, after, UINT64_MAX));
  *seq = 0;
  while (next(store, from, prefix(1), &row)) {
    uint64_t at = column(&row, 2);
    bool out = row.value.len > 0;
    *seq = column(&row, 1);
    if (!out && at < below) return KRV_OK;
    /* a seq's positions rise: no other one of this seq is lower */
    from = above(KEY(T_FLAT, box, *seq, out ? at : UINT64_MAX));
  }
  *seq = 0;
  return KRV_END;
}

/* ---- roster and small values ---- */

static int mem_roster_put(struct krv_store *store, uint32_t height, struct krv_slice entry) {
  return put(store, KEY(T_ROSTER, height), entry);
}

static int read_into(struct krv_store *store, struct key key, struct krv_buf *out) {
  struct krv_slice value;
  if (!get(store, key, &value)) return KRV_NOT_FOUND;
  krv_buf_put(out, value);
  return out->status;
}

static int mem_roster_get(struct krv_store *store, uint32_t height, struct krv_buf *out) {
  return read_into(store, KEY(T_ROSTER, height), out);
}

static struct key kv_key(enum krv_kv table, struct krv_slice key) {
  struct key k = KEY(T_KV, (uint64_t)table);
  add_bytes(&k, key.data, key.len);
  return k;
}

static int mem_kv_get(struct krv_store *store, enum krv_kv table, struct krv_slice key,
                      struct krv_buf *out) {
  return read_into(store, kv_key(table, key), out);
}

static int mem_kv_put(struct krv_store *store, enum krv_kv table, struct krv_slice key,
                      struct krv_slice value) {
  return put(store, kv_key(table, key), value);
}

static const struct krv_store_driver driver = {
    .name = "memory", .begin = mem_begin, .commit = mem_commit, .rollback = mem_rollback,
    .close = mem_close, .head = mem_head, .chain_at = mem_chain_at, .item_put = mem_item_put,
    .item_get = mem_item_get, .case_next = mem_case_next, .case_find = mem_case_find,
    .case_put = mem_case_put, .case_id = mem_case_id, .dot_next = mem_dot_next,
    .dot_put = mem_dot_put, .access_get = mem_access_get, .access_put = mem_access_put,
    .access_next = mem_access_next, .grant_find = mem_grant_find, .grant_put = mem_grant_put,
    .inbox_put = mem_inbox_put, .inbox_drop = mem_inbox_drop, .inbox_next = mem_inbox_next,
    .inbox_flat = mem_inbox_flat,
    .roster_put = mem_roster_put, .roster_get = mem_roster_get, .kv_get = mem_kv_get,
    .kv_put = mem_kv_put,
};

int krv_store_mem_new(const struct krv_env *env, struct krv_store **out) {
  *out = NULL;
  struct mem *mem = krv_zalloc(env, 1, sizeof *mem);
  if (!mem) return KRV_NOMEM;
  mem->store = (struct krv_store){&driver, env};
  int status = krv_map_new(env, &mem->map);
  if (status != KRV_OK) {
    krv_free(env, mem);
    return status;
  }
  *out = &mem->store;
  return KRV_OK;
}
