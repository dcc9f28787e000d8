/* store_check: for `kerven doctor`. SQLite's own check first, then every row is
 * opened, and what its lookup columns say is compared with what lies inside. A
 * damaged row is one finding; the walk goes on behind it. */
#include <sqlite3.h>
#include <stdio.h>

#include "store_in.h"

struct check {
  struct krv_vault *vault;
  void (*finding)(void *ctx, const char *sentence);
  void *ctx;
  struct krv_buf row;
};

static void tell(const struct check *check, enum krv_tab tab, int64_t lid, const char *what) {
  char sentence[160];
  (void)snprintf(sentence, sizeof sentence, "row %lld of %s %s", (long long)lid,
                 krv_store_tab_name(tab), what);
  check->finding(check->ctx, sentence);
}

/* What has no row to point to; a status that is no finding is returned. */
static int judge(const struct check *check, enum krv_tab tab, int status) {
  char sentence[160];
  if (status != KRV_DAMAGED) return status > 0 ? 0 : status;
  if (tab == KRV_TAB_NONE)
    (void)snprintf(sentence, sizeof sentence, "the database file cannot be read to its end");
  else
    (void)snprintf(sentence, sizeof sentence, "the table %s cannot be read to its end",
                   krv_store_tab_name(tab));
  check->finding(check->ctx, sentence);
  return 0;
}

static int check_file(struct check *check) {
  sqlite3_stmt *stmt;
  int status = krv_store_stmt(check->vault, KRV_SQL_CHECK, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  while ((status = krv_store_step(check->vault, stmt)) == 0) {
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    char sentence[256];
    if (text && krv_slice_equal(krv_slice_str(text), krv_slice_str("ok"))) continue;
    (void)snprintf(sentence, sizeof sentence, "the database file: %s", text ? text : "damaged");
    check->finding(check->ctx, sentence);
  }
  krv_store_reset(stmt);
  return judge(check, KRV_TAB_NONE, status);
}

static int open_row(struct check *check, const struct krv_row_at *at, sqlite3_stmt *stmt) {
  krv_buf_reset(&check->row);
  int status = krv_store_unseal(check->vault, at, krv_store_column(stmt, 1), &check->row);
  if (status == KRV_DAMAGED) tell(check, at->tab, at->lid, "does not open: it was changed");
  return status;
}

/* Rows of (lid, s). */
static int check_plain_row(struct check *check, enum krv_tab tab, sqlite3_stmt *stmt) {
  const struct krv_row_at at = {.tab = tab, .lid = sqlite3_column_int64(stmt, 0)};
  return open_row(check, &at, stmt);
}

static int check_case(struct check *check, enum krv_tab tab, sqlite3_stmt *stmt) {
  const struct krv_row_at at = {.tab = tab, .lid = sqlite3_column_int64(stmt, 0)};
  int64_t lookup = sqlite3_column_int64(stmt, 2);
  int status = open_row(check, &at, stmt);
  if (status != 0) return status;
  if (check->row.len < KRV_ID_LEN ||
      krv_store_lookup(check->vault, "case", krv_slice(check->row.data, KRV_ID_LEN)) != lookup)
    tell(check, tab, at.lid, "is not found by its case");
  struct krv_buf state;
  krv_buf_init(&state, check->vault->env);
  status = krv_vault_case_state(check->vault, at.lid, &state);
  krv_buf_wipe(&state);
  if (status == KRV_NOT_FOUND) tell(check, tab, at.lid, "has no state");
  return status == KRV_NOT_FOUND || status == KRV_DAMAGED ? 0 : status;
}

static int check_key(struct check *check, enum krv_tab tab, sqlite3_stmt *stmt) {
  const struct krv_row_at at = {.tab = tab, .lid = sqlite3_column_int64(stmt, 0),
                                .case_lid = sqlite3_column_int64(stmt, 2)};
  return open_row(check, &at, stmt);
}

static int check_item(struct check *check, enum krv_tab tab, sqlite3_stmt *stmt) {
  struct krv_vault *vault = check->vault;
  int64_t kind = sqlite3_column_int64(stmt, 2), mark = sqlite3_column_int64(stmt, 3);
  bool has_dot = sqlite3_column_type(stmt, 6) != SQLITE_NULL;
  int64_t dot = sqlite3_column_int64(stmt, 6), id = sqlite3_column_int64(stmt, 7);
  struct krv_vault_item item = {.lid = sqlite3_column_int64(stmt, 0),
                                .case_lid = sqlite3_column_int64(stmt, 1), .kind = (uint8_t)kind};
  krv_buf_reset(&check->row);
  int status = krv_store_item_open(vault, &item, krv_store_column(stmt, 5), &check->row);
  if (status == KRV_DAMAGED || kind != item.kind) {
    tell(check, tab, item.lid, "does not open: it was changed");
    return status;
  }
  if (status != 0) return status;
  if (krv_store_lookup(vault, "item", krv_slice(item.id.b, 8)) != id)
    tell(check, tab, item.lid, "is not found by its name");
  if (has_dot != (item.n > 0) ||
      (has_dot && krv_store_lookup_dot(vault, item.case_lid, item.device, item.n) != dot))
    tell(check, tab, item.lid, "is not found by its place on its line");
  if (mark < KRV_MARK_NONE || mark > KRV_MARK_AWAITED) tell(check, tab, item.lid, "has no mark");
  return 0;
}

/* Each step is a query of its own, so that a row may be looked at with others. */
static int check_table(struct check *check, enum krv_tab tab, enum krv_sql sql,
                       int (*row)(struct check *, enum krv_tab, sqlite3_stmt *)) {
  int64_t after = 0;
  int status;
  for (;;) {
    sqlite3_stmt *stmt;
    enum krv_tab of = sql == KRV_SQL_NEXT ? tab : KRV_TAB_NONE;
    status = krv_store_stmt(check->vault, sql, of, &stmt);
    if (status != 0) break;
    sqlite3_bind_int64(stmt, 1, after);
    status = krv_store_step(check->vault, stmt);
    if (status == 0) status = krv_store_ascend(stmt, after, &after);
    int found = status == 0 ? row(check, tab, stmt) : 0;
    krv_store_reset(stmt);
    if (found != 0 && found != KRV_DAMAGED) status = found; /* damaged: told, on to the next */
    if (status != 0) break;
  }
  return judge(check, tab, status);
}

int krv_vault_check(struct krv_vault *vault, void (*finding)(void *ctx, const char *sentence),
                    void *ctx) {
  static const struct {
    enum krv_tab tab;
    enum krv_sql sql;
    int (*row)(struct check *, enum krv_tab, sqlite3_stmt *);
  } tables[] = {
      {KRV_TAB_META, KRV_SQL_NEXT, check_plain_row},
      {KRV_TAB_ROSTER, KRV_SQL_NEXT, check_plain_row},
      {KRV_TAB_INVITES, KRV_SQL_NEXT, check_plain_row},
      {KRV_TAB_JOINS, KRV_SQL_NEXT, check_plain_row},
      {KRV_TAB_DOCS, KRV_SQL_NEXT, check_plain_row},
      {KRV_TAB_ALARMS, KRV_SQL_NEXT, check_plain_row},
      {KRV_TAB_FORKS, KRV_SQL_NEXT, check_plain_row},
      {KRV_TAB_CASES, KRV_SQL_CHECK_CASES, check_case},
      {KRV_TAB_STATES, KRV_SQL_NEXT, check_plain_row},
      {KRV_TAB_CASEKEYS, KRV_SQL_CHECK_KEYS, check_key},
      {KRV_TAB_ITEMS, KRV_SQL_CHECK_ITEMS, check_item},
  };
  struct check check = {vault, finding, ctx, {0}};
  krv_buf_init(&check.row, vault->env);
  int status = check_file(&check);
  for (size_t i = 0; status == 0 && i < sizeof tables / sizeof *tables; i++)
    status = check_table(&check, tables[i].tab, tables[i].sql, tables[i].row);
  krv_buf_wipe(&check.row);
  return status;
}
