/* store_case: cards and case keys. A card's row holds the case's id before the
 * caller's bytes; the lookup column is 8 keyed bytes of that id, so that a hit
 * is compared with the id inside. */
#include <sqlite3.h>
#include <string.h>

#include "store_in.h"

static int card_open(struct krv_vault *vault, int64_t lid, struct krv_slice sealed,
                     struct krv_id *id, struct krv_buf *out) {
  const struct krv_row_at at = {.tab = KRV_TAB_CASES, .lid = lid};
  size_t start = out->len;
  int status = krv_store_unseal(vault, &at, sealed, out);
  if (status != 0) return status;
  if (out->len - start < KRV_ID_LEN) return KRV_DAMAGED;
  memcpy(id->b, out->data + start, KRV_ID_LEN);
  return 0;
}

static int card_seal(struct krv_vault *vault, int64_t lid, const struct krv_id *id,
                     struct krv_slice card) {
  const struct krv_row_at at = {.tab = KRV_TAB_CASES, .lid = lid};
  struct krv_buf row;
  krv_buf_init(&row, vault->env);
  krv_buf_append(&row, id->b, KRV_ID_LEN);
  krv_buf_put(&row, card);
  int status = row.status != 0 ? row.status : krv_store_seal(vault, &at, krv_buf_slice(&row));
  krv_buf_wipe(&row);
  return status;
}

static int64_t id_lookup(const struct krv_vault *vault, const struct krv_id *id) {
  return krv_store_lookup(vault, "case", krv_slice(id->b, KRV_ID_LEN));
}

/* The first case after lid whose lookup column fits. */
static int find_next(struct krv_vault *vault, int64_t lookup, int64_t *lid, struct krv_id *id,
                     struct krv_buf *card) {
  sqlite3_stmt *stmt;
  int status = krv_store_stmt(vault, KRV_SQL_CASE_FIND, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, lookup);
  sqlite3_bind_int64(stmt, 2, *lid);
  status = krv_store_step(vault, stmt);
  if (status == 0) status = krv_store_ascend(stmt, *lid, lid);
  if (status == 0) status = card_open(vault, *lid, krv_store_column(stmt, 1), id, card);
  krv_store_reset(stmt);
  return status;
}

int krv_vault_case_find(struct krv_vault *vault, const struct krv_id *id, int64_t *lid) {
  struct krv_buf card;
  struct krv_id found;
  int64_t at = 0, lookup = id_lookup(vault, id);
  int status;
  *lid = 0;
  krv_buf_init(&card, vault->env);
  while ((status = find_next(vault, lookup, &at, &found, &card)) == 0) {
    if (krv_id_equal(&found, id)) break;
    krv_buf_reset(&card);
  }
  if (status == 0) *lid = at;
  krv_buf_wipe(&card);
  return status == KRV_END ? KRV_NOT_FOUND : status;
}

int krv_vault_case_number(struct krv_vault *vault, int64_t *lid) {
  *lid = 0;
  int status = krv_store_may_write(vault);
  return status == 0 ? krv_store_number(vault, KRV_TAB_CASES, lid) : status;
}

int krv_vault_case_put(struct krv_vault *vault, int64_t *lid, const struct krv_id *id,
                       struct krv_slice card, struct krv_slice state) {
  sqlite3_stmt *stmt;
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_store_number(vault, KRV_TAB_CASES, lid);
  if (status != 0) return status;
  status = card_seal(vault, *lid, id, card);
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_CASE_PUT, KRV_TAB_NONE, &stmt);
  if (status != 0) return krv_store_spoil(vault, status);
  sqlite3_bind_int64(stmt, 1, *lid);
  sqlite3_bind_int64(stmt, 2, id_lookup(vault, id));
  sqlite3_bind_blob(stmt, 3, vault->sealed.data, (int)vault->sealed.len, SQLITE_STATIC);
  sqlite3_bind_int(stmt, 4, card.len == 0);
  status = krv_store_run(vault, stmt);
  return status == 0 ? krv_store_state_put(vault, *lid, state) : status;
}

int krv_vault_case_id(struct krv_vault *vault, int64_t lid, struct krv_id *id) {
  sqlite3_stmt *stmt;
  struct krv_buf old;
  krv_buf_init(&old, vault->env);
  int status = krv_store_stmt(vault, KRV_SQL_GET, KRV_TAB_CASES, &stmt);
  if (status == 0) {
    sqlite3_bind_int64(stmt, 1, lid);
    status = krv_store_step(vault, stmt);
    if (status == 0) status = card_open(vault, lid, krv_store_column(stmt, 0), id, &old);
    krv_store_reset(stmt);
  }
  krv_buf_wipe(&old);
  return status > 0 ? KRV_NOT_FOUND : status;
}

int krv_vault_case_card(struct krv_vault *vault, int64_t lid, struct krv_slice card) {
  sqlite3_stmt *stmt;
  struct krv_id id;
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_vault_case_id(vault, lid, &id);
  if (status != 0) return status;
  status = card_seal(vault, lid, &id, card);
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_CASE_CARD, KRV_TAB_NONE, &stmt);
  if (status != 0) return krv_store_spoil(vault, status);
  sqlite3_bind_int64(stmt, 1, lid);
  sqlite3_bind_blob(stmt, 2, vault->sealed.data, (int)vault->sealed.len, SQLITE_STATIC);
  sqlite3_bind_int(stmt, 3, card.len == 0);
  return krv_store_run(vault, stmt);
}

/* The next row of a walk over cases; id and card are appended to out. */
static int row_next(struct krv_vault *vault, enum krv_sql sql, int64_t *lid, struct krv_id *id,
                    struct krv_buf *out) {
  sqlite3_stmt *stmt;
  int status = krv_store_stmt(vault, sql, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, *lid);
  status = krv_store_step(vault, stmt);
  if (status == 0) status = krv_store_ascend(stmt, *lid, lid);
  if (status == 0) status = card_open(vault, *lid, krv_store_column(stmt, 1), id, out);
  krv_store_reset(stmt);
  return status;
}

int krv_vault_aside_next(struct krv_vault *vault, int64_t after, int64_t *lid, struct krv_id *id) {
  struct krv_buf row;
  krv_buf_init(&row, vault->env);
  *lid = after;
  int status = row_next(vault, KRV_SQL_ASIDE_NEXT, lid, id, &row);
  krv_buf_wipe(&row);
  return status;
}

int krv_vault_aside_count(struct krv_vault *vault, uint64_t *out) {
  sqlite3_stmt *stmt;
  *out = 0;
  int status = krv_store_stmt(vault, KRV_SQL_ASIDE_COUNT, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  status = krv_store_step(vault, stmt);
  if (status == 0) *out = (uint64_t)sqlite3_column_int64(stmt, 0);
  krv_store_reset(stmt);
  return status > 0 ? KRV_DAMAGED : status;
}

int krv_vault_cards(struct krv_vault *vault,
                    int (*card)(void *ctx, int64_t lid, struct krv_slice card), void *ctx) {
  struct krv_buf row;
  struct krv_id id;
  int64_t lid = 0;
  int status, stop = 0;
  krv_buf_init(&row, vault->env);
  while ((status = row_next(vault, KRV_SQL_CASE_NEXT, &lid, &id, &row)) == 0) {
    stop = card(ctx, lid, krv_slice(row.data + KRV_ID_LEN, row.len - KRV_ID_LEN));
    if (stop != 0) break;
    krv_buf_reset(&row);
  }
  krv_buf_wipe(&row);
  return status == KRV_END ? 0 : status < 0 ? status : stop;
}

int krv_vault_casekey_put(struct krv_vault *vault, int64_t case_lid, struct krv_slice row) {
  sqlite3_stmt *stmt;
  int64_t lid = 0;
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_store_number(vault, KRV_TAB_CASEKEYS, &lid);
  if (status != 0) return status;
  const struct krv_row_at at = {.tab = KRV_TAB_CASEKEYS, .lid = lid, .case_lid = case_lid};
  status = krv_store_seal(vault, &at, row);
  if (status == 0) status = krv_store_stmt(vault, KRV_SQL_CASEKEY_PUT, KRV_TAB_NONE, &stmt);
  if (status != 0) return krv_store_spoil(vault, status);
  sqlite3_bind_int64(stmt, 1, lid);
  sqlite3_bind_int64(stmt, 2, case_lid);
  sqlite3_bind_blob(stmt, 3, vault->sealed.data, (int)vault->sealed.len, SQLITE_STATIC);
  return krv_store_run(vault, stmt);
}

int krv_vault_casekey_next(struct krv_vault *vault, int64_t case_lid, int64_t after, int64_t *lid,
                           struct krv_buf *out) {
  sqlite3_stmt *stmt;
  int status = krv_store_stmt(vault, KRV_SQL_CASEKEY_NEXT, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, case_lid);
  sqlite3_bind_int64(stmt, 2, after);
  status = krv_store_step(vault, stmt);
  if (status == 0) status = krv_store_ascend(stmt, after, lid);
  if (status == 0) {
    const struct krv_row_at at = {.tab = KRV_TAB_CASEKEYS, .lid = *lid, .case_lid = case_lid};
    status = krv_store_unseal(vault, &at, krv_store_column(stmt, 1), out);
  }
  krv_store_reset(stmt);
  return status;
}
