/* store_item: everything that travels. Sealed row = device varint, n varint,
 * id 16, bytes, under table, lid, case and kind. mark and status lie beside it,
 * as they change when an ack comes: whoever can write to the disk can at worst
 * make an item be sent again or not yet, never change what it says. */
#include <sqlite3.h>

#include "store_in.h"

static struct krv_row_at place_of(const struct krv_vault_item *item) {
  return (struct krv_row_at){KRV_TAB_ITEMS, item->lid, item->case_lid, item->kind};
}

static int item_seal(struct krv_vault *vault, const struct krv_vault_item *item) {
  struct krv_buf row;
  const struct krv_row_at at = place_of(item);
  krv_buf_init(&row, vault->env);
  krv_buf_varint(&row, item->device);
  krv_buf_varint(&row, item->n);
  krv_buf_append(&row, item->id.b, KRV_ID_LEN);
  krv_buf_put(&row, item->bytes);
  int status = row.status != 0 ? row.status : krv_store_seal(vault, &at, krv_buf_slice(&row));
  krv_buf_release(&row);
  return status;
}

static int64_t id8_lookup(const struct krv_vault *vault, const uint8_t id8[8]) {
  return krv_store_lookup(vault, "item", krv_slice(id8, 8));
}

int krv_vault_item_put(struct krv_vault *vault, struct krv_vault_item *item) {
  sqlite3_stmt *stmt;
  int64_t lid = 0;
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_store_number(vault, KRV_TAB_ITEMS, &lid);
  if (status != 0) return status;
  item->lid = lid;
  status = item_seal(vault, item);
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_ITEM_PUT, KRV_TAB_NONE, &stmt);
  if (status != 0) return krv_store_spoil(vault, status);
  sqlite3_bind_int64(stmt, 1, lid);
  sqlite3_bind_int64(stmt, 2, item->case_lid);
  sqlite3_bind_int(stmt, 3, item->kind);
  if (item->n > 0) /* only commits have a dot */
    sqlite3_bind_int64(stmt, 4, krv_store_lookup_dot(vault, item->case_lid, item->device, item->n));
  sqlite3_bind_int64(stmt, 5, id8_lookup(vault, item->id.b));
  sqlite3_bind_int(stmt, 6, item->mark);
  sqlite3_bind_int(stmt, 7, item->status);
  sqlite3_bind_blob(stmt, 8, vault->sealed.data, (int)vault->sealed.len, SQLITE_STATIC);
  return krv_store_run(vault, stmt);
}

int krv_store_item_open(struct krv_vault *vault, struct krv_vault_item *item,
                        struct krv_slice sealed, struct krv_buf *out) {
  const struct krv_row_at at = place_of(item);
  size_t start = out->len;
  int status = krv_store_unseal(vault, &at, sealed, out);
  if (status != 0) return status;
  struct krv_in in = krv_in(krv_slice(out->data + start, out->len - start));
  item->device = (krv_device_ix)krv_in_varint(&in, UINT32_MAX);
  item->n = krv_in_varint(&in, UINT64_MAX);
  krv_in_copy(&in, item->id.b, KRV_ID_LEN);
  item->bytes = krv_in_rest(&in);
  return in.status == 0 ? 0 : KRV_DAMAGED;
}

/* Steps once, to a number above `after`; columns as in the statements' ITEM. */
static int item_step(struct krv_vault *vault, sqlite3_stmt *stmt, int64_t after,
                     struct krv_vault_item *item, struct krv_buf *out) {
  int status = krv_store_step(vault, stmt);
  if (status == 0) status = krv_store_ascend(stmt, after, &item->lid);
  if (status == 0) {
    int64_t kind = sqlite3_column_int64(stmt, 2), mark = sqlite3_column_int64(stmt, 3);
    item->case_lid = sqlite3_column_int64(stmt, 1);
    item->kind = (uint8_t)kind;
    item->mark = (uint8_t)mark;
    item->status = sqlite3_column_int(stmt, 4);
    status = kind == item->kind && mark >= KRV_MARK_NONE && mark <= KRV_MARK_AWAITED
                 ? krv_store_item_open(vault, item, krv_store_column(stmt, 5), out)
                 : KRV_DAMAGED;
  }
  krv_store_reset(stmt);
  return status;
}

/* The first item after `after` that the statement, with this key, gives. */
static int item_after(struct krv_vault *vault, enum krv_sql sql, int64_t key, int64_t after,
                      struct krv_vault_item *item, struct krv_buf *out) {
  sqlite3_stmt *stmt;
  int status = krv_store_stmt(vault, sql, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, key);
  sqlite3_bind_int64(stmt, 2, after);
  return item_step(vault, stmt, after, item, out);
}

int krv_vault_item_get(struct krv_vault *vault, int64_t lid, struct krv_vault_item *item,
                       struct krv_buf *out) {
  sqlite3_stmt *stmt;
  if (lid <= 0) return KRV_NOT_FOUND;
  int status = krv_store_stmt(vault, KRV_SQL_ITEM_GET, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, lid);
  status = item_step(vault, stmt, lid - 1, item, out);
  return status > 0 ? KRV_NOT_FOUND : status;
}

/* What a hit of a lookup column must hold inside. */
struct wanted {
  int64_t case_lid;
  krv_device_ix device;
  uint64_t n;
  const uint8_t *id8; /* NULL: the dot is asked for */
};

static bool fits(const struct krv_vault_item *item, const struct wanted *wanted) {
  if (wanted->id8)
    return krv_slice_equal(krv_slice(item->id.b, 8), krv_slice(wanted->id8, 8));
  return item->case_lid == wanted->case_lid && item->device == wanted->device &&
         item->n == wanted->n;
}

/* The i-th of the hits that fit; hits that do not (equal 8 bytes) are passed over. */
static int item_ith(struct krv_vault *vault, enum krv_sql sql, int64_t key,
                    const struct wanted *wanted, uint32_t i, struct krv_vault_item *item,
                    struct krv_buf *out) {
  size_t start = out->len;
  int64_t after = 0;
  int status;
  while ((status = item_after(vault, sql, key, after, item, out)) == 0) {
    if (fits(item, wanted) && i-- == 0) return 0;
    after = item->lid;
    out->len = start;
  }
  return status;
}

int krv_vault_item_at(struct krv_vault *vault, int64_t case_lid, krv_device_ix device, uint64_t n,
                      uint32_t i, struct krv_vault_item *item, struct krv_buf *out) {
  const struct wanted wanted = {case_lid, device, n, NULL};
  int64_t key = krv_store_lookup_dot(vault, case_lid, device, n);
  return item_ith(vault, KRV_SQL_ITEM_DOT, key, &wanted, i, item, out);
}

int krv_vault_item_named(struct krv_vault *vault, const uint8_t id8[8], uint32_t i,
                         struct krv_vault_item *item, struct krv_buf *out) {
  const struct wanted wanted = {.id8 = id8};
  return item_ith(vault, KRV_SQL_ITEM_ID, id8_lookup(vault, id8), &wanted, i, item, out);
}

int krv_vault_item_next(struct krv_vault *vault, int64_t case_lid, int64_t after,
                        struct krv_vault_item *item, struct krv_buf *out) {
  return item_after(vault, KRV_SQL_ITEM_CASE, case_lid, after, item, out);
}

static bool is_mark(enum krv_mark mark) {
  return mark >= KRV_MARK_NONE && mark <= KRV_MARK_AWAITED;
}

int krv_vault_marked_next(struct krv_vault *vault, enum krv_mark mark, int64_t after,
                          struct krv_vault_item *item, struct krv_buf *out) {
  if (!is_mark(mark)) return KRV_INVALID;
  enum krv_sql sql = mark == KRV_MARK_AT_SERVER ? KRV_SQL_ITEM_SENT : KRV_SQL_ITEM_OPEN;
  return item_after(vault, sql, mark, after, item, out);
}

int krv_vault_item_mark(struct krv_vault *vault, int64_t lid, enum krv_mark mark, int status) {
  sqlite3_stmt *stmt;
  if (!is_mark(mark)) return KRV_INVALID;
  int result = krv_store_may_write(vault);
  if (result == 0) result = krv_store_stmt(vault, KRV_SQL_ITEM_MARK, KRV_TAB_NONE, &stmt);
  if (result != 0) return result;
  sqlite3_bind_int64(stmt, 1, lid);
  sqlite3_bind_int(stmt, 2, (int)mark);
  sqlite3_bind_int(stmt, 3, mark == KRV_MARK_REFUSED ? status : 0);
  result = krv_store_run(vault, stmt);
  return result == 0 && sqlite3_changes(vault->db) == 0 ? KRV_NOT_FOUND : result;
}

int krv_vault_item_delete(struct krv_vault *vault, int64_t lid) {
  sqlite3_stmt *stmt;
  int64_t highest = 0;
  int status = krv_store_may_write(vault);
  /* so that the number of a deleted item is not given to the next one */
  if (status == 0 && vault->high[KRV_TAB_ITEMS] == 0) {
    status = krv_store_number(vault, KRV_TAB_ITEMS, &highest);
    if (status == 0) vault->high[KRV_TAB_ITEMS]--;
  }
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_DELETE, KRV_TAB_ITEMS, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, lid);
  status = krv_store_run(vault, stmt);
  return status == 0 && sqlite3_changes(vault->db) == 0 ? KRV_NOT_FOUND : status;
}

int krv_vault_unmark_all(struct krv_vault *vault) {
  sqlite3_stmt *stmt;
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_UNMARK, KRV_TAB_NONE, &stmt);
  return status == 0 ? krv_store_run(vault, stmt) : status;
}

int krv_vault_marks_move(struct krv_vault *vault, enum krv_mark from, enum krv_mark to) {
  sqlite3_stmt *stmt;
  if (!is_mark(from) || !is_mark(to) || from == KRV_MARK_AT_SERVER) return KRV_INVALID;
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_MARKS_MOVE, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int(stmt, 1, (int)from);
  sqlite3_bind_int(stmt, 2, (int)to);
  return krv_store_run(vault, stmt);
}

int krv_vault_count(struct krv_vault *vault, enum krv_mark mark, uint64_t *out) {
  sqlite3_stmt *stmt;
  *out = 0;
  if (!is_mark(mark)) return KRV_INVALID;
  enum krv_sql sql = mark == KRV_MARK_AT_SERVER ? KRV_SQL_COUNT_SENT : KRV_SQL_COUNT_OPEN;
  int status = krv_store_stmt(vault, sql, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, mark);
  status = krv_store_step(vault, stmt);
  if (status == 0) *out = (uint64_t)sqlite3_column_int64(stmt, 0);
  krv_store_reset(stmt);
  return status > 0 ? KRV_DAMAGED : status;
}
