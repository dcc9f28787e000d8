/* store_rows: small named values and numbered rows, all of the shape (lid, s). */
#include <sqlite3.h>

#include "store_in.h"

static int put(struct krv_vault *vault, enum krv_tab tab, int64_t *lid, struct krv_slice row) {
  sqlite3_stmt *stmt;
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_store_number(vault, tab, lid);
  if (status != 0) return status;
  const struct krv_row_at at = {.tab = tab, .lid = *lid};
  status = krv_store_seal(vault, &at, row);
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_PUT, tab, &stmt);
  if (status != 0) return krv_store_spoil(vault, status);
  sqlite3_bind_int64(stmt, 1, *lid);
  sqlite3_bind_blob(stmt, 2, vault->sealed.data, (int)vault->sealed.len, SQLITE_STATIC);
  return krv_store_run(vault, stmt);
}

static int get(struct krv_vault *vault, enum krv_tab tab, int64_t lid, struct krv_buf *out) {
  sqlite3_stmt *stmt;
  int status = krv_store_stmt(vault, KRV_SQL_GET, tab, &stmt);
  if (status != 0) return status;
  const struct krv_row_at at = {.tab = tab, .lid = lid};
  sqlite3_bind_int64(stmt, 1, lid);
  status = krv_store_step(vault, stmt);
  if (status == 0) status = krv_store_unseal(vault, &at, krv_store_column(stmt, 0), out);
  krv_store_reset(stmt);
  return status > 0 ? KRV_NOT_FOUND : status;
}

static int next(struct krv_vault *vault, enum krv_tab tab, int64_t after, int64_t *lid,
                struct krv_buf *out) {
  sqlite3_stmt *stmt;
  int status = krv_store_stmt(vault, KRV_SQL_NEXT, tab, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, after);
  status = krv_store_step(vault, stmt);
  if (status == 0) status = krv_store_ascend(stmt, after, lid);
  if (status == 0) {
    const struct krv_row_at at = {.tab = tab, .lid = *lid};
    status = krv_store_unseal(vault, &at, krv_store_column(stmt, 1), out);
  }
  krv_store_reset(stmt);
  return status;
}

static bool is_meta(enum krv_meta key) {
  return key >= KRV_META_KEYS && key <= KRV_META_SHARES;
}

int krv_vault_meta_get(struct krv_vault *vault, enum krv_meta key, struct krv_buf *out) {
  return is_meta(key) ? get(vault, KRV_TAB_META, key, out) : KRV_INVALID;
}

int krv_vault_meta_put(struct krv_vault *vault, enum krv_meta key, struct krv_slice value) {
  int64_t lid = key;
  return is_meta(key) ? put(vault, KRV_TAB_META, &lid, value) : KRV_INVALID;
}

/* KRV_TAB_NONE for a table that there is not. */
static enum krv_tab tab_of(enum krv_vault_table table) {
  switch (table) {
    case KRV_TABLE_ROSTER: return KRV_TAB_ROSTER;
    case KRV_TABLE_INVITES: return KRV_TAB_INVITES;
    case KRV_TABLE_JOINS: return KRV_TAB_JOINS;
    case KRV_TABLE_DOCS: return KRV_TAB_DOCS;
    case KRV_TABLE_ALARMS: return KRV_TAB_ALARMS;
    case KRV_TABLE_FORKS: return KRV_TAB_FORKS;
  }
  return KRV_TAB_NONE;
}

int krv_vault_row_put(struct krv_vault *vault, enum krv_vault_table table, int64_t *lid,
                      struct krv_slice row) {
  enum krv_tab tab = tab_of(table);
  return tab == KRV_TAB_NONE ? KRV_INVALID : put(vault, tab, lid, row);
}

int krv_vault_row_next(struct krv_vault *vault, enum krv_vault_table table, int64_t after,
                       int64_t *lid, struct krv_buf *out) {
  enum krv_tab tab = tab_of(table);
  return tab == KRV_TAB_NONE ? KRV_INVALID : next(vault, tab, after, lid, out);
}

int krv_vault_row_delete(struct krv_vault *vault, enum krv_vault_table table, int64_t lid) {
  sqlite3_stmt *stmt;
  enum krv_tab tab = tab_of(table);
  if (tab == KRV_TAB_NONE) return KRV_INVALID;
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_DELETE, tab, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, lid);
  status = krv_store_run(vault, stmt);
  return status == 0 && sqlite3_changes(vault->db) == 0 ? KRV_NOT_FOUND : status;
}

/* states, for store_case.c's sake, have the same shape */
int krv_store_state_put(struct krv_vault *vault, int64_t lid, struct krv_slice state) {
  return put(vault, KRV_TAB_STATES, &lid, state);
}

int krv_vault_case_state(struct krv_vault *vault, int64_t lid, struct krv_buf *out) {
  return get(vault, KRV_TAB_STATES, lid, out);
}

int krv_vault_states(struct krv_vault *vault,
                     int (*state)(void *ctx, int64_t lid, struct krv_slice state), void *ctx) {
  struct krv_buf row;
  int64_t lid = 0;
  int status, stop = 0;
  krv_buf_init(&row, vault->env);
  while ((status = next(vault, KRV_TAB_STATES, lid, &lid, &row)) == 0) {
    stop = state(ctx, lid, krv_buf_slice(&row));
    if (stop != 0) break;
    krv_buf_reset(&row);
  }
  krv_buf_wipe(&row);
  return status == KRV_END ? 0 : status < 0 ? status : stop;
}
