/* store_sqlite_rows: the primitives. Each binds one cached statement, steps it once, reads what it
 * found, and resets it, so that no statement stays open between calls. */
#include <assert.h>
#include <sqlite3.h>
#include <string.h>

#include "status.h"
#include "store_sqlite_in.h"

/* ---- one statement, once ---- */

/* A statement with its parameters bound in order; sticky like a buffer. */
struct use {
  sqlite3_stmt *statement;
  int place, rc;
};

static struct use use(struct krv_store *store, enum krv_sql which) {
  return (struct use){krv_sqlite_of(store)->statements[which], 0, SQLITE_OK};
}

/* All 64 bits, as SQLite's signed integer. */
static void bind(struct use *u, uint64_t v) {
  if (u->rc == SQLITE_OK) u->rc = sqlite3_bind_int64(u->statement, ++u->place, (sqlite3_int64)v);
}

/* A position to search from: none is above INT64_MAX. */
static void bind_position(struct use *u, uint64_t v) {
  bind(u, v > INT64_MAX ? (uint64_t)INT64_MAX : v);
}

static void bind_bytes(struct use *u, struct krv_slice bytes) {
  if (u->rc != SQLITE_OK) return;
  assert(bytes.len <= INT32_MAX);
  const void *data = bytes.len > 0 ? (const void *)bytes.data : "";
  u->rc = sqlite3_bind_blob(u->statement, ++u->place, data, (int)bytes.len, SQLITE_STATIC);
}

/* 0 a row, KRV_END none. */
static int step(struct use *u) {
  if (u->rc == SQLITE_OK) u->rc = sqlite3_step(u->statement);
  if (u->rc == SQLITE_ROW) return KRV_OK;
  return u->rc == SQLITE_DONE ? KRV_END : krv_sqlite_status(u->rc);
}

static uint64_t number(const struct use *u, int column) {
  return (uint64_t)sqlite3_column_int64(u->statement, column);
}

static struct krv_slice bytes(const struct use *u, int column) {
  const void *data = sqlite3_column_blob(u->statement, column);
  return krv_slice(data, data ? (size_t)sqlite3_column_bytes(u->statement, column) : 0);
}

static int fixed(const struct use *u, int column, void *out, size_t len) {
  struct krv_slice value = bytes(u, column);
  if (value.len != len) return KRV_DAMAGED;
  memcpy(out, value.data, len);
  return KRV_OK;
}

static int done(struct use *u, int status) {
  sqlite3_reset(u->statement);
  return status;
}

static int put(struct use *u) {
  int status = step(u);
  return done(u, status == KRV_END ? KRV_OK : status);
}

/* Steps to a row that may be missing. */
static int find(struct use *u) {
  int status = step(u);
  return status == KRV_END ? KRV_NOT_FOUND : status;
}

static int read_number(struct use *u, int missing, uint64_t *out) {
  int status = step(u);
  *out = status == KRV_OK ? number(u, 0) : 0;
  return done(u, status == KRV_END ? missing : status);
}

static int read_into(struct use *u, struct krv_buf *out) {
  int status = find(u);
  if (status == KRV_OK) {
    krv_buf_put(out, bytes(u, 0));
    status = out->status;
  }
  return done(u, status);
}

static struct krv_slice id_slice(const struct krv_id *id) {
  return krv_slice(id->b, KRV_ID_LEN);
}

/* ---- items ---- */

static int head(struct krv_store *store, uint64_t *seq, uint8_t chain[KRV_CHAIN_LEN]) {
  struct use u = use(store, KRV_SQL_HEAD);
  *seq = 0;
  memset(chain, 0, KRV_CHAIN_LEN);
  int status = step(&u);
  if (status == KRV_OK) {
    *seq = number(&u, 0);
    status = fixed(&u, 1, chain, KRV_CHAIN_LEN);
  }
  return done(&u, status == KRV_END ? KRV_OK : status);
}

static int chain_at(struct krv_store *store, uint64_t seq, uint8_t chain[KRV_CHAIN_LEN]) {
  struct use u = use(store, KRV_SQL_CHAIN_AT);
  memset(chain, 0, KRV_CHAIN_LEN);
  bind(&u, seq);
  int status = find(&u);
  if (status == KRV_OK) status = fixed(&u, 0, chain, KRV_CHAIN_LEN);
  return done(&u, status);
}

static int item_put(struct krv_store *store, const struct krv_store_item *item) {
  struct use u = use(store, KRV_SQL_ITEM_PUT);
  bind(&u, item->seq);
  bind_bytes(&u, krv_slice(item->chain, KRV_CHAIN_LEN));
  bind(&u, item->kind);
  bind(&u, item->c);
  bind(&u, item->bringer);
  bind_bytes(&u, item->bytes);
  return put(&u);
}

static int read_item(const struct use *u, struct krv_store_item *item, struct krv_buf *buf) {
  struct krv_slice payload = bytes(u, 4);
  size_t start = buf->len;
  krv_buf_put(buf, payload);
  if (buf->status != 0) return buf->status;
  item->kind = (uint8_t)number(u, 1);
  item->c = number(u, 2);
  item->bringer = (krv_device_ix)number(u, 3);
  item->bytes = krv_slice(payload.len > 0 ? buf->data + start : NULL, payload.len);
  return fixed(u, 0, item->chain, KRV_CHAIN_LEN);
}

static int item_get(struct krv_store *store, uint64_t seq, struct krv_store_item *item,
                    struct krv_buf *buf) {
  struct use u = use(store, KRV_SQL_ITEM_GET);
  memset(item, 0, sizeof *item);
  bind(&u, seq);
  int status = find(&u);
  if (status == KRV_OK) {
    item->seq = seq;
    status = read_item(&u, item, buf);
  }
  return done(&u, status);
}

static int case_next(struct krv_store *store, uint64_t c, uint64_t after, uint64_t *seq) {
  struct use u = use(store, KRV_SQL_CASE_NEXT);
  bind(&u, c);
  bind_position(&u, after);
  return read_number(&u, KRV_END, seq);
}

/* ---- cases ---- */

static int case_find(struct krv_store *store, const struct krv_id *id, struct krv_store_case *out) {
  struct use u = use(store, KRV_SQL_CASE_FIND);
  memset(out, 0, sizeof *out);
  bind_bytes(&u, id_slice(id));
  int status = find(&u);
  if (status == KRV_OK) {
    out->c = number(&u, 0);
    out->creator = (krv_device_ix)number(&u, 1);
    out->genesis_seq = number(&u, 2);
    status = fixed(&u, 3, out->key_commit, sizeof out->key_commit);
  }
  return done(&u, status);
}

static int case_put(struct krv_store *store, const struct krv_id *id, struct krv_store_case *kase) {
  struct use u = use(store, KRV_SQL_CASE_PUT);
  bind_bytes(&u, id_slice(id));
  bind(&u, kase->creator);
  bind(&u, kase->genesis_seq);
  bind_bytes(&u, krv_slice(kase->key_commit, sizeof kase->key_commit));
  int status = put(&u);
  kase->c = status == KRV_OK ? (uint64_t)sqlite3_last_insert_rowid(krv_sqlite_of(store)->db) : 0;
  return status;
}

static int case_id(struct krv_store *store, uint64_t c, struct krv_id *out) {
  struct use u = use(store, KRV_SQL_CASE_ID);
  *out = krv_id_zero;
  bind(&u, c);
  int status = find(&u);
  if (status == KRV_OK) status = fixed(&u, 0, out->b, KRV_ID_LEN);
  return done(&u, status);
}

/* ---- dots ---- */

static int dot_next(struct krv_store *store, uint64_t c, krv_device_ix device, uint64_t n,
                    const struct krv_id *from, struct krv_store_dot *out) {
  struct use u = use(store, KRV_SQL_DOT_NEXT);
  memset(out, 0, sizeof *out);
  bind(&u, c);
  bind(&u, device);
  bind(&u, n);
  bind_bytes(&u, id_slice(from));
  int status = step(&u);
  if (status == KRV_OK) {
    out->seq = number(&u, 1);
    status = fixed(&u, 0, out->id.b, KRV_ID_LEN);
  }
  return done(&u, status);
}

static int dot_put(struct krv_store *store, uint64_t c, krv_device_ix device, uint64_t n,
                   const struct krv_store_dot *dot) {
  struct use u = use(store, KRV_SQL_DOT_PUT);
  bind(&u, c);
  bind(&u, device);
  bind(&u, n);
  bind_bytes(&u, id_slice(&dot->id));
  bind(&u, dot->seq);
  return put(&u);
}

/* ---- access and grants ---- */

static int read_access(struct use *u, int missing, struct krv_store_access *out) {
  memset(out, 0, sizeof *out);
  int status = step(u);
  if (status == KRV_OK) {
    out->group = (krv_group_ix)number(u, 0);
    out->mode = (uint8_t)number(u, 1);
    out->wrote_once = number(u, 2) != 0;
    out->routed_seq = number(u, 3);
  }
  return done(u, status == KRV_END ? missing : status);
}

static int access_get(struct krv_store *store, uint64_t c, krv_group_ix group,
                      struct krv_store_access *out) {
  struct use u = use(store, KRV_SQL_ACCESS_GET);
  bind(&u, c);
  bind(&u, group);
  return read_access(&u, KRV_NOT_FOUND, out);
}

static int access_next(struct krv_store *store, uint64_t c, krv_group_ix from,
                       struct krv_store_access *out) {
  struct use u = use(store, KRV_SQL_ACCESS_NEXT);
  bind(&u, c);
  bind(&u, from);
  return read_access(&u, KRV_END, out);
}

static int access_put(struct krv_store *store, uint64_t c, const struct krv_store_access *access) {
  struct use u = use(store, KRV_SQL_ACCESS_PUT);
  bind(&u, c);
  bind(&u, access->group);
  bind(&u, access->mode);
  bind(&u, access->wrote_once);
  bind(&u, access->routed_seq);
  return put(&u);
}

static void bind_grant(struct use *u, const struct krv_store_grant *key) {
  bind(u, key->c);
  bind(u, key->group);
  bind(u, key->group_epoch);
  bind(u, key->giver);
  bind(u, key->device);
  bind_bytes(u, id_slice(&key->key_id));
}

static int grant_find(struct krv_store *store, const struct krv_store_grant *key, uint64_t *seq) {
  struct use u = use(store, KRV_SQL_GRANT_FIND);
  bind_grant(&u, key);
  return read_number(&u, KRV_NOT_FOUND, seq);
}

static int grant_put(struct krv_store *store, const struct krv_store_grant *key, uint64_t seq) {
  struct use u = use(store, KRV_SQL_GRANT_PUT);
  bind_grant(&u, key);
  bind(&u, seq);
  return put(&u);
}

/* ---- inboxes ---- */

static int inbox_put(struct krv_store *store, krv_box box, uint64_t at, uint64_t seq) {
  struct use u = use(store, KRV_SQL_INBOX_PUT);
  bind(&u, box);
  bind(&u, at);
  bind(&u, seq);
  return put(&u);
}

static int inbox_drop(struct krv_store *store, krv_box box, uint64_t seq, uint64_t *at) {
  struct use u = use(store, KRV_SQL_INBOX_AT);
  bind(&u, box);
  bind(&u, seq);
  int status = read_number(&u, KRV_NOT_FOUND, at);
  if (status != KRV_OK) return status;
  u = use(store, KRV_SQL_INBOX_DROP);
  bind(&u, box);
  bind(&u, seq);
  return put(&u);
}

static int inbox_next(struct krv_store *store, krv_box box, uint64_t after_at, uint64_t after_seq,
                      uint64_t *at, uint64_t *seq) {
  struct use u = use(store, KRV_SQL_INBOX_NEXT);
  *at = *seq = 0;
  bind(&u, box);
  bind_position(&u, after_at);
  bind_position(&u, after_seq);
  int status = step(&u);
  if (status == KRV_OK) {
    *at = number(&u, 0);
    *seq = number(&u, 1);
  }
  return done(&u, status);
}

static int inbox_flat(struct krv_store *store, krv_box box, uint64_t below, uint64_t after,
                      uint64_t *seq) {
  struct use u = use(store, KRV_SQL_INBOX_FLAT);
  bind(&u, box);
  bind_position(&u, below);
  bind_position(&u, after);
  return read_number(&u, KRV_END, seq);
}

/* ---- roster and small values ---- */

static int roster_put(struct krv_store *store, uint32_t height, struct krv_slice entry) {
  struct use u = use(store, KRV_SQL_ROSTER_PUT);
  bind(&u, height);
  bind_bytes(&u, entry);
  return put(&u);
}

static int roster_get(struct krv_store *store, uint32_t height, struct krv_buf *out) {
  struct use u = use(store, KRV_SQL_ROSTER_GET);
  bind(&u, height);
  return read_into(&u, out);
}

static int kv_get(struct krv_store *store, enum krv_kv table, struct krv_slice key,
                  struct krv_buf *out) {
  struct use u = use(store, KRV_SQL_KV_GET);
  bind(&u, (uint64_t)table);
  bind_bytes(&u, key);
  return read_into(&u, out);
}

static int kv_put(struct krv_store *store, enum krv_kv table, struct krv_slice key,
                  struct krv_slice value) {
  struct use u = use(store, KRV_SQL_KV_PUT);
  bind(&u, (uint64_t)table);
  bind_bytes(&u, key);
  bind_bytes(&u, value);
  return put(&u);
}

const struct krv_store_driver krv_sqlite_driver = {
    .name = "sqlite",
    .begin = krv_sqlite_begin,
    .commit = krv_sqlite_commit,
    .rollback = krv_sqlite_rollback,
    .close = krv_sqlite_close,
    .head = head,
    .chain_at = chain_at,
    .item_put = item_put,
    .item_get = item_get,
    .case_next = case_next,
    .case_find = case_find,
    .case_put = case_put,
    .case_id = case_id,
    .dot_next = dot_next,
    .dot_put = dot_put,
    .access_get = access_get,
    .access_put = access_put,
    .access_next = access_next,
    .grant_find = grant_find,
    .grant_put = grant_put,
    .inbox_put = inbox_put,
    .inbox_drop = inbox_drop,
    .inbox_next = inbox_next,
    .inbox_flat = inbox_flat,
    .roster_put = roster_put,
    .roster_get = roster_get,
    .kv_get = kv_get,
    .kv_put = kv_put,
};
