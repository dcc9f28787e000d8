/* store_db: the connection to SQLite.
 *
 * One connection, locking_mode EXCLUSIVE before the first read, so that the
 * WAL's index lives in this process's heap, there is no -shm file, and the bug
 * of SQLite before 3.51.3, which needs two connections, cannot happen.
 * wal_autocheckpoint 0 and no checkpoint on close: only krv_vault_idle, begin
 * past a size, and close of a healthy vault move pages (R38).
 * A reader goes through SQLite's "unix-none": the flock of DIR/lock keeps
 * writers out, readers share, and nothing is written.
 *
 * What fails and how: FULL rolls back and may be tried again; any I/O error
 * ends the connection's use (invariant 3); what SQLite calls corrupt is DAMAGED. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "store_in.h"

static const struct {
  const char *sql; /* %s: the table's name */
} statements[KRV_SQL_COUNT] = {
#define ITEM "select lid, case_lid, kind, mark, status, s from items "
    [KRV_SQL_PUT] = {"insert or replace into %s(lid, s) values(?1, ?2)"},
    [KRV_SQL_GET] = {"select s from %s where lid = ?1"},
    [KRV_SQL_NEXT] = {"select lid, s from %s where lid > ?1 order by lid limit 1"},
    [KRV_SQL_DELETE] = {"delete from %s where lid = ?1"},
    [KRV_SQL_MAX] = {"select coalesce(max(lid), 0) from %s"},
    [KRV_SQL_BEGIN] = {"begin immediate"},
    [KRV_SQL_POINT] = {"savepoint row"},
    [KRV_SQL_POINT_KEEP] = {"release row"},
    [KRV_SQL_POINT_BACK] = {"rollback to row"},
    [KRV_SQL_COMMIT] = {"commit"},
    [KRV_SQL_ROLLBACK] = {"rollback"},
    [KRV_SQL_CASE_PUT] = {"insert or replace into cases(lid, id, s, aside) "
                          "values(?1, ?2, ?3, ?4)"},
    [KRV_SQL_CASE_FIND] = {"select lid, s from cases where id = ?1 and lid > ?2 "
                           "order by lid limit 1"},
    [KRV_SQL_CASE_NEXT] = {"select lid, s from cases where aside = 0 and lid > ?1 "
                           "order by lid limit 1"},
    [KRV_SQL_ASIDE_NEXT] = {"select lid, s from cases where aside = 1 and lid > ?1 "
                            "order by lid limit 1"},
    [KRV_SQL_ASIDE_COUNT] = {"select count(*) from cases where aside = 1"},
    [KRV_SQL_CASE_CARD] = {"update cases set s = ?2, aside = ?3 where lid = ?1"},
    [KRV_SQL_CASEKEY_PUT] = {"insert into casekeys(lid, case_lid, s) values(?1, ?2, ?3)"},
    [KRV_SQL_CASEKEY_NEXT] = {"select lid, s from casekeys where case_lid = ?1 and lid > ?2 "
                              "order by lid limit 1"},
    [KRV_SQL_ITEM_PUT] = {"insert into items(lid, case_lid, kind, dot, id, mark, status, s) "
                          "values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
    [KRV_SQL_ITEM_GET] = {ITEM "where lid = ?1"},
    [KRV_SQL_ITEM_DOT] = {ITEM "where dot = ?1 and lid > ?2 order by lid limit 1"},
    [KRV_SQL_ITEM_ID] = {ITEM "where id = ?1 and lid > ?2 order by lid limit 1"},
    [KRV_SQL_ITEM_CASE] = {ITEM "where case_lid = ?1 and lid > ?2 order by lid limit 1"},
    [KRV_SQL_ITEM_OPEN] = {ITEM "where mark <> 1 and mark = ?1 and lid > ?2 order by lid limit 1"},
    [KRV_SQL_ITEM_SENT] = {ITEM "where mark = ?1 and lid > ?2 order by lid limit 1"},
    [KRV_SQL_ITEM_MARK] = {"update items set mark = ?2, status = ?3 where lid = ?1"},
    [KRV_SQL_UNMARK] = {"update items set mark = 0, status = 0 where mark not in (0, 2)"},
    [KRV_SQL_MARKS_MOVE] = {"update items set mark = ?2 where mark <> 1 and mark = ?1"},
    [KRV_SQL_COUNT_OPEN] = {"select count(*) from items where mark <> 1 and mark = ?1"},
    [KRV_SQL_COUNT_SENT] = {"select count(*) from items where mark = ?1"},
    [KRV_SQL_CHECK] = {"pragma integrity_check(20)"},
    [KRV_SQL_CHECK_CASES] = {"select lid, s, id from cases where lid > ?1 order by lid limit 1"},
    [KRV_SQL_CHECK_ITEMS] = {"select lid, case_lid, kind, mark, status, s, dot, id from items "
                             "where lid > ?1 order by lid limit 1"},
    [KRV_SQL_CHECK_KEYS] = {"select lid, s, case_lid from casekeys where lid > ?1 "
                            "order by lid limit 1"},
#undef ITEM
};

const char *krv_store_tab_name(enum krv_tab tab) {
  static const char *const names[KRV_TAB_COUNT] = {
      [KRV_TAB_NONE] = "",           [KRV_TAB_SLOTS] = "slots",   [KRV_TAB_META] = "meta",
      [KRV_TAB_ROSTER] = "roster",   [KRV_TAB_INVITES] = "invites", [KRV_TAB_JOINS] = "joins",
      [KRV_TAB_DOCS] = "docs",       [KRV_TAB_ALARMS] = "alarms", [KRV_TAB_CASES] = "cases",
      [KRV_TAB_STATES] = "states",   [KRV_TAB_FORKS] = "forks",
      [KRV_TAB_CASEKEYS] = "casekeys", [KRV_TAB_ITEMS] = "items",
  };
  return names[tab];
}

static bool is_disk_full(struct krv_vault *vault) {
  int err = vault->db ? sqlite3_system_errno(vault->db) : 0;
  return err == ENOSPC || err == EDQUOT;
}

int krv_store_status(struct krv_vault *vault, int rc) {
  static const struct {
    int rc, status;
  } map[] = {
      {SQLITE_NOMEM, KRV_NOMEM},     {SQLITE_FULL, KRV_FULL},       {SQLITE_BUSY, KRV_BUSY},
      {SQLITE_LOCKED, KRV_BUSY},     {SQLITE_CORRUPT, KRV_DAMAGED}, {SQLITE_NOTADB, KRV_DAMAGED},
      {SQLITE_ERROR, KRV_DAMAGED},   {SQLITE_SCHEMA, KRV_DAMAGED},  {SQLITE_MISMATCH, KRV_DAMAGED},
      {SQLITE_TOOBIG, KRV_TOO_LARGE}, {SQLITE_CONSTRAINT, KRV_DAMAGED}, {SQLITE_MISUSE, KRV_STATE},
  };
  if (rc == SQLITE_OK) return 0;
  if (rc == SQLITE_IOERR_NOMEM) return KRV_NOMEM;
  int status = is_disk_full(vault) ? KRV_FULL : KRV_IO;
  if ((rc & 0xff) == SQLITE_IOERR) vault->failed = status; /* invariant 3 */
  for (size_t i = 0; i < sizeof map / sizeof *map; i++)
    if (map[i].rc == (rc & 0xff)) return map[i].status;
  return status;
}

int krv_store_exec(struct krv_vault *vault, const char *sql) {
  return krv_store_status(vault, sqlite3_exec(vault->db, sql, NULL, NULL, NULL));
}

/* Debian compiles SQLite with loadable extensions and temporary files: both off. */
static int neutralise(struct krv_vault *vault) {
  static const struct {
    int op, value;
  } config[] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},  {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
      {SQLITE_DBCONFIG_DQS_DML, 0},         {SQLITE_DBCONFIG_DQS_DDL, 0},
      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
  };
  static const struct {
    int id, value;
  } limits[] = {
      {SQLITE_LIMIT_LENGTH, KRV_ROW_SIZE_MAX + KRV_ROW_SIZE_MAX / 4},
      {SQLITE_LIMIT_SQL_LENGTH, 4096}, {SQLITE_LIMIT_COLUMN, 16}, {SQLITE_LIMIT_ATTACHED, 0},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 1}, {SQLITE_LIMIT_WORKER_THREADS, 0},
  };
  int rc = SQLITE_OK;
  for (size_t i = 0; rc == SQLITE_OK && i < sizeof config / sizeof *config; i++)
    rc = sqlite3_db_config(vault->db, config[i].op, config[i].value, (int *)NULL);
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    sqlite3_limit(vault->db, limits[i].id, limits[i].value);
  return krv_store_status(vault, rc);
}

static int note_wal(void *ctx, sqlite3 *db, const char *name, int pages) {
  struct krv_vault *vault = ctx;
  (void)db, (void)name;
  vault->wal_pages = (uint32_t)pages;
  return SQLITE_OK;
}

/* SQLite syncs the folder at the first sync of a WAL that it opened. Done here, before any save
 * counts its two, and the WAL's name is durable before anything in it is promised. */
static int settle_wal(struct krv_vault *vault) {
  sqlite3_file *wal = NULL;
  int rc = sqlite3_file_control(vault->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (rc == SQLITE_OK && wal && wal->pMethods) rc = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
  return krv_store_status(vault, rc);
}

int krv_store_connect(struct krv_vault *vault, const char *path, enum krv_store_mode mode) {
  static const char common[] =
      "pragma locking_mode = exclusive; pragma temp_store = memory; pragma mmap_size = 0;"
      "pragma cell_size_check = on; pragma trusted_schema = off; pragma cache_size = -4096;"
      "pragma synchronous = full; pragma wal_autocheckpoint = 0; pragma busy_timeout = 0;"
      "pragma secure_delete = on;";
  static const char *const more[] = {
      [KRV_STORE_BUILD] = "pragma page_size = 4096; pragma journal_mode = memory;",
      [KRV_STORE_WRITE] = "pragma journal_size_limit = 4194304;",
      [KRV_STORE_READ] = "pragma query_only = on;",
  };
  int rc = sqlite3_open_v2(path, &vault->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                           mode == KRV_STORE_READ ? "unix-none" : NULL);
  if (rc != SQLITE_OK) return krv_store_status(vault, rc);
  sqlite3_extended_result_codes(vault->db, 1);
  int status = neutralise(vault);
  if (status == 0) status = krv_store_exec(vault, common);
  if (status == 0) status = krv_store_exec(vault, more[mode]);
  if (status == 0 && mode == KRV_STORE_WRITE) {
    sqlite3_wal_hook(vault->db, note_wal, vault);
    status = krv_store_exec(vault, "select count(*) from sqlite_schema"); /* opens the WAL */
    if (status == 0) status = settle_wal(vault);
  }
  return status;
}

void krv_store_disconnect(struct krv_vault *vault) {
  for (int sql = 0; sql < KRV_SQL_COUNT; sql++)
    for (int tab = 0; tab < KRV_TAB_COUNT; tab++) {
      sqlite3_finalize(vault->stmts[sql][tab]);
      vault->stmts[sql][tab] = NULL;
    }
  sqlite3_close(vault->db);
  vault->db = NULL;
}

int krv_store_stmt(struct krv_vault *vault, enum krv_sql sql, enum krv_tab tab,
                   struct sqlite3_stmt **out) {
  char text[256];
  struct sqlite3_stmt **kept = &vault->stmts[sql][tab];
  *out = NULL;
  if (vault->failed) return vault->failed;
  if (!*kept) {
    if (sql <= KRV_SQL_MAX) {
      const char *name = krv_store_tab_name(tab);
      const char *hole = strstr(statements[sql].sql, "%s");
      (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(hole - statements[sql].sql),
                     statements[sql].sql, name, hole + 2);
    } else {
      (void)snprintf(text, sizeof text, "%s", statements[sql].sql);
    }
    int rc = sqlite3_prepare_v3(vault->db, text, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
    if (rc != SQLITE_OK) return krv_store_status(vault, rc);
  }
  *out = *kept;
  return 0;
}

int krv_store_step(struct krv_vault *vault, struct sqlite3_stmt *stmt) {
  int rc = sqlite3_step(stmt);
  if (rc == SQLITE_ROW) return 0;
  if (rc == SQLITE_DONE) return KRV_END;
  return krv_store_status(vault, rc);
}

void krv_store_reset(struct sqlite3_stmt *stmt) {
  if (!stmt) return;
  (void)sqlite3_reset(stmt); /* the error was told by step */
  (void)sqlite3_clear_bindings(stmt);
}

int krv_store_run(struct krv_vault *vault, struct sqlite3_stmt *stmt) {
  int status = krv_store_step(vault, stmt);
  krv_store_reset(stmt);
  return krv_store_spoil(vault, status > 0 ? 0 : status);
}

int krv_store_spoil(struct krv_vault *vault, int status) {
  if (status < 0 && vault->in_transaction && vault->tx_status == 0) vault->tx_status = status;
  return status;
}

int krv_store_may_write(const struct krv_vault *vault) {
  if (vault->failed) return vault->failed;
  if (vault->read_only || !vault->in_transaction) return KRV_STATE;
  return vault->tx_status;
}

int krv_store_ascend(struct sqlite3_stmt *stmt, int64_t after, int64_t *lid) {
  int64_t found = sqlite3_column_int64(stmt, 0);
  if (found <= after) return KRV_DAMAGED;
  *lid = found;
  return 0;
}

struct krv_slice krv_store_column(struct sqlite3_stmt *stmt, int column) {
  const void *data = sqlite3_column_blob(stmt, column);
  int len = sqlite3_column_bytes(stmt, column);
  return data && len > 0 ? krv_slice(data, (size_t)len) : krv_slice(NULL, 0);
}

int krv_store_number(struct krv_vault *vault, enum krv_tab tab, int64_t *lid) {
  int64_t *high = &vault->high[tab];
  if (*lid < 0) return KRV_INVALID;
  if (*high == 0) {
    struct sqlite3_stmt *stmt;
    int status = krv_store_stmt(vault, KRV_SQL_MAX, tab, &stmt);
    if (status == 0) status = krv_store_step(vault, stmt);
    if (status == 0) *high = sqlite3_column_int64(stmt, 0);
    krv_store_reset(stmt);
    if (status != 0) return krv_store_spoil(vault, status < 0 ? status : KRV_DAMAGED);
  }
  if (*lid == 0 && *high == INT64_MAX) return krv_store_spoil(vault, KRV_TOO_LARGE);
  if (*lid == 0) *lid = *high + 1;
  if (*lid > *high) *high = *lid; /* never given again while open, not even after delete */
  return 0;
}

/* --- transactions */

static int run_plain(struct krv_vault *vault, enum krv_sql sql) {
  struct sqlite3_stmt *stmt;
  int status = krv_store_stmt(vault, sql, KRV_TAB_NONE, &stmt);
  if (status != 0) return status;
  status = krv_store_step(vault, stmt);
  krv_store_reset(stmt);
  return status < 0 ? status : 0;
}

int krv_vault_begin(struct krv_vault *vault) {
  enum { WAL_PAGES_MAX = 1024 }; /* 4 MiB: moved before a save starts, never in it */
  if (vault->failed) return vault->failed;
  if (vault->read_only || vault->in_transaction) return KRV_STATE;
  if (vault->wal_pages > WAL_PAGES_MAX) {
    int moved = krv_vault_idle(vault);
    if (moved != 0 && moved != KRV_FULL) return moved; /* full: the WAL may still have room */
  }
  int status = run_plain(vault, KRV_SQL_BEGIN);
  if (status != 0) return status;
  vault->in_transaction = true;
  vault->tx_status = 0;
  return 0;
}

void krv_vault_rollback(struct krv_vault *vault) {
  if (!vault->in_transaction) return;
  vault->in_transaction = false;
  vault->tx_status = 0;
  if (sqlite3_get_autocommit(vault->db)) return; /* SQLite did it by itself */
  int rc = sqlite3_exec(vault->db, "rollback", NULL, NULL, NULL);
  if (rc != SQLITE_OK && !sqlite3_get_autocommit(vault->db)) vault->failed = KRV_IO;
}

int krv_vault_point(struct krv_vault *vault) {
  if (!vault->in_transaction) return KRV_STATE;
  return vault->tx_status != 0 ? vault->tx_status : run_plain(vault, KRV_SQL_POINT);
}

int krv_vault_point_keep(struct krv_vault *vault) {
  return run_plain(vault, KRV_SQL_POINT_KEEP);
}

int krv_vault_point_back(struct krv_vault *vault) {
  int status = run_plain(vault, KRV_SQL_POINT_BACK);
  if (status == 0) status = run_plain(vault, KRV_SQL_POINT_KEEP);
  if (status == 0) vault->tx_status = 0; /* the write that failed is taken back with the others */
  return status;
}

int krv_vault_commit(struct krv_vault *vault) {
  if (!vault->in_transaction) return vault->failed ? vault->failed : KRV_STATE;
  int status = vault->failed ? vault->failed : vault->tx_status;
  if (status == 0) status = run_plain(vault, KRV_SQL_COMMIT);
  if (status != 0) {
    krv_vault_rollback(vault);
    return status;
  }
  vault->in_transaction = false;
  return 0;
}

bool krv_vault_in_transaction(const struct krv_vault *vault) {
  return vault->in_transaction;
}

int krv_vault_idle(struct krv_vault *vault) {
  if (vault->failed) return vault->failed;
  if (vault->read_only || vault->in_transaction) return KRV_STATE;
  int rc = sqlite3_wal_checkpoint_v2(vault->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  if (rc == SQLITE_OK) vault->wal_pages = 0;
  return krv_store_status(vault, rc);
}
