/* store_in: what the store*.c files share. The only code that sees SQLite.
 *
 * Invariants:
 *  1. Writes happen inside begin .. commit only; statements never stay open
 *     between two calls, so a checkpoint is never in the way of a reader.
 *  2. The first failed write of a transaction makes its commit fail (tx_status), unless it is taken
 *     back to a point before it.
 *  3. After an I/O error nothing is tried again on this connection (failed):
 *     the kernel may have dropped the pages and marked them clean. Reopen.
 *  4. A row opens only under its table, number, case and kind (AD).
 *  5. A walk's numbers ascend, whatever the pages say. */
#ifndef KRV_STORE_IN_H
#define KRV_STORE_IN_H

#include "lock.h"
#include "vault.h"

struct sqlite3;
struct sqlite3_stmt;

enum krv_tab {
  KRV_TAB_NONE,
  KRV_TAB_SLOTS,
  KRV_TAB_META,
  KRV_TAB_ROSTER,
  KRV_TAB_INVITES,
  KRV_TAB_JOINS,
  KRV_TAB_DOCS,
  KRV_TAB_ALARMS,
  KRV_TAB_FORKS,
  KRV_TAB_CASES,
  KRV_TAB_STATES,
  KRV_TAB_CASEKEYS,
  KRV_TAB_ITEMS,
  KRV_TAB_COUNT
};

/* Statements; those up to MAX are for any table that has lid and s. */
enum krv_sql {
  KRV_SQL_PUT,
  KRV_SQL_GET,
  KRV_SQL_NEXT,
  KRV_SQL_DELETE,
  KRV_SQL_MAX,
  KRV_SQL_BEGIN,
  KRV_SQL_COMMIT,
  KRV_SQL_ROLLBACK,
  KRV_SQL_POINT,
  KRV_SQL_POINT_KEEP,
  KRV_SQL_POINT_BACK,
  KRV_SQL_CASE_PUT,
  KRV_SQL_CASE_FIND,
  KRV_SQL_CASE_NEXT,
  KRV_SQL_ASIDE_NEXT,
  KRV_SQL_ASIDE_COUNT,
  KRV_SQL_CASE_CARD,
  KRV_SQL_CASEKEY_PUT,
  KRV_SQL_CASEKEY_NEXT,
  KRV_SQL_ITEM_PUT,
  KRV_SQL_ITEM_GET,
  KRV_SQL_ITEM_DOT,
  KRV_SQL_ITEM_ID,
  KRV_SQL_ITEM_CASE,
  KRV_SQL_ITEM_OPEN,
  KRV_SQL_ITEM_SENT,
  KRV_SQL_ITEM_MARK,
  KRV_SQL_UNMARK,
  KRV_SQL_MARKS_MOVE,
  KRV_SQL_COUNT_OPEN,
  KRV_SQL_COUNT_SENT,
  KRV_SQL_CHECK,
  KRV_SQL_CHECK_CASES,
  KRV_SQL_CHECK_ITEMS,
  KRV_SQL_CHECK_KEYS,
  KRV_SQL_COUNT
};

struct krv_vault {
  const struct krv_env *env;
  char *dir, *path;
  struct sqlite3 *db;
  struct krv_lock lock;
  bool read_only, in_transaction;
  int tx_status, failed;
  uint32_t wal_pages; /* since the last checkpoint */
  struct krv_key master, lookup, keys[KRV_TAB_COUNT];
  int64_t high[KRV_TAB_COUNT]; /* highest lid given so far; 0: not looked up */
  struct krv_buf sealed, plain; /* scratch of one row */
  struct sqlite3_stmt *stmts[KRV_SQL_COUNT][KRV_TAB_COUNT];
};

const char *krv_store_tab_name(enum krv_tab tab);

/* --- store_db.c: connection, statements, transactions */
enum krv_store_mode { KRV_STORE_BUILD, KRV_STORE_WRITE, KRV_STORE_READ };
int krv_store_connect(struct krv_vault *vault, const char *path, enum krv_store_mode mode);
void krv_store_disconnect(struct krv_vault *vault);
int krv_store_exec(struct krv_vault *vault, const char *sql);
/* SQLite's result code as a status; takes note of I/O errors (invariant 3). */
int krv_store_status(struct krv_vault *vault, int rc);
/* Prepared once, reset, without bindings. */
int krv_store_stmt(struct krv_vault *vault, enum krv_sql sql, enum krv_tab tab,
                   struct sqlite3_stmt **out);
/* 0: a row; KRV_END; <0. The caller ends with krv_store_reset. */
int krv_store_step(struct krv_vault *vault, struct sqlite3_stmt *stmt);
void krv_store_reset(struct sqlite3_stmt *stmt);
/* Runs a write to its end and resets it; takes note of failure (invariant 2). */
int krv_store_run(struct krv_vault *vault, struct sqlite3_stmt *stmt);
/* 0, or why nothing can be written now: STATE, IO, the transaction's first error. */
int krv_store_may_write(const struct krv_vault *vault);
/* Notes a failure of a write that SQLite never saw; returns status. */
int krv_store_spoil(struct krv_vault *vault, int status);
/* *lid 0: the next free number. */
int krv_store_number(struct krv_vault *vault, enum krv_tab tab, int64_t *lid);
/* Column 0 of a walk in ascending order: DAMAGED unless it is above `after`. A damaged page may
 * give any number, and a walk must end (invariant 5). */
int krv_store_ascend(struct sqlite3_stmt *stmt, int64_t after, int64_t *lid);
struct krv_slice krv_store_column(struct sqlite3_stmt *stmt, int column);

/* --- store_seal.c: rows */
struct krv_row_at {
  enum krv_tab tab;
  int64_t lid, case_lid;
  uint8_t kind;
};
enum { KRV_ROW_SIZE_MAX = 16 * 1024 * 1024 };
void krv_store_keys(struct krv_vault *vault, const struct krv_key *master);
/* Seals into vault->sealed. TOO_LARGE, NOMEM. */
int krv_store_seal(struct krv_vault *vault, const struct krv_row_at *at, struct krv_slice plain);
/* Appends to out. DAMAGED, NOMEM. */
int krv_store_unseal(struct krv_vault *vault, const struct krv_row_at *at, struct krv_slice sealed,
                     struct krv_buf *out) __attribute__((warn_unused_result));
/* 8 bytes of H("krv vault lookup", lookup key, tag, what) as an integer. */
int64_t krv_store_lookup(const struct krv_vault *vault, const char *tag, struct krv_slice what);
int64_t krv_store_lookup_dot(const struct krv_vault *vault, int64_t case_lid, krv_device_ix device,
                             uint64_t n);

/* --- store_rows.c, for store_case.c: a case's merged state. */
int krv_store_state_put(struct krv_vault *vault, int64_t lid, struct krv_slice state);

/* --- store_item.c, for store_check.c: an item's row opened; fills device, n, id, bytes. */
int krv_store_item_open(struct krv_vault *vault, struct krv_vault_item *item,
                        struct krv_slice sealed, struct krv_buf *out);

#endif
