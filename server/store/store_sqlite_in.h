/* store_sqlite_in: what the files of the SQLite driver share. store_sqlite.c opens and holds the
 * transaction, store_sqlite_rows.c the rows, store_sqlite_copy.c checkpoint, copy and check. */
#ifndef KRV_STORE_SQLITE_IN_H
#define KRV_STORE_SQLITE_IN_H

#include "store.h"

/*  name, text; prepared once, when the database is opened */
#define KRV_SQL_MAP(X)                                                                            \
  X(BEGIN, "BEGIN IMMEDIATE")                                                                     \
  X(COMMIT, "COMMIT")                                                                             \
  X(ROLLBACK, "ROLLBACK")                                                                         \
  X(HEAD, "SELECT seq, chain FROM item ORDER BY seq DESC LIMIT 1")                                \
  X(CHAIN_AT, "SELECT chain FROM item WHERE seq = ?1")                                            \
  X(ITEM_PUT, "INSERT INTO item(seq, chain, kind, c, bringer, bytes) VALUES(?1,?2,?3,?4,?5,?6)")  \
  X(ITEM_GET, "SELECT chain, kind, c, bringer, bytes FROM item WHERE seq = ?1")                   \
  X(CASE_NEXT, "SELECT seq FROM item WHERE c = ?1 AND c > 0 AND seq > ?2 ORDER BY seq LIMIT 1")   \
  X(CASE_FIND, "SELECT c, creator, genesis_seq, key_commit FROM cases WHERE id = ?1")             \
  X(CASE_PUT, "INSERT INTO cases(id, creator, genesis_seq, key_commit) VALUES(?1,?2,?3,?4)")      \
  X(CASE_ID, "SELECT id FROM cases WHERE c = ?1")                                                 \
  X(DOT_NEXT, "SELECT id, seq FROM dot WHERE c = ?1 AND device = ?2 AND n = ?3 AND id >= ?4 "     \
              "ORDER BY id LIMIT 1")                                                              \
  X(DOT_PUT, "INSERT OR REPLACE INTO dot(c, device, n, id, seq) VALUES(?1,?2,?3,?4,?5)")          \
  X(ACCESS_GET, "SELECT grp, mode, wrote, routed FROM access WHERE c = ?1 AND grp = ?2")          \
  X(ACCESS_PUT, "INSERT OR REPLACE INTO access(c, grp, mode, wrote, routed) "                     \
                "VALUES(?1,?2,?3,?4,?5)")                                                         \
  X(ACCESS_NEXT, "SELECT grp, mode, wrote, routed FROM access WHERE c = ?1 AND grp >= ?2 "        \
                 "ORDER BY grp LIMIT 1")                                                          \
  X(GRANT_FIND, "SELECT seq FROM grants WHERE c = ?1 AND grp = ?2 AND epoch = ?3 AND giver = ?4 " \
                "AND device = ?5 AND key_id = ?6")                                                \
  X(GRANT_PUT, "INSERT OR REPLACE INTO grants(c, grp, epoch, giver, device, key_id, seq) "        \
               "VALUES(?1,?2,?3,?4,?5,?6,?7)")                                                    \
  X(INBOX_PUT, "INSERT OR IGNORE INTO inbox(box, at, seq) VALUES(?1,?2,?3)")                      \
  X(INBOX_AT, "SELECT at FROM inbox INDEXED BY inbox_flat WHERE box = ?1 AND seq = ?2 "           \
              "ORDER BY at LIMIT 1")                                                              \
  X(INBOX_DROP, "DELETE FROM inbox INDEXED BY inbox_flat WHERE box = ?1 AND seq = ?2")            \
  X(INBOX_NEXT, "SELECT at, seq FROM inbox WHERE box = ?1 AND (at, seq) > (?2, ?3) "              \
                "ORDER BY at, seq LIMIT 1")                                                       \
  X(INBOX_FLAT, "SELECT seq FROM inbox INDEXED BY inbox_flat WHERE box = ?1 AND seq > ?3 "        \
                "AND seq < ?2 AND at < ?2 ORDER BY seq LIMIT 1")                                  \
  X(ROSTER_PUT, "INSERT OR REPLACE INTO roster(height, entry) VALUES(?1,?2)")                     \
  X(ROSTER_GET, "SELECT entry FROM roster WHERE height = ?1")                                     \
  X(KV_GET, "SELECT value FROM kv WHERE tab = ?1 AND key = ?2")                                   \
  X(KV_PUT, "INSERT OR REPLACE INTO kv(tab, key, value) VALUES(?1,?2,?3)")

enum krv_sql {
#define X(name, text) KRV_SQL_##name,
  KRV_SQL_MAP(X)
#undef X
      KRV_SQL_COUNT
};

struct sqlite3;
struct sqlite3_stmt;

struct krv_sqlite {
  struct krv_store store;
  struct sqlite3 *db;
  struct sqlite3_stmt *statements[KRV_SQL_COUNT];
  bool open;  /* a transaction is */
  bool lost;  /* a write failed: what reached the disk is not known, open it anew (R28) */
};

static inline struct krv_sqlite *krv_sqlite_of(struct krv_store *store) {
  return (struct krv_sqlite *)store;
}

extern const struct krv_store_driver krv_sqlite_driver;

/* What an answer of SQLite means here; KRV_OK for OK, ROW and DONE. */
int krv_sqlite_status(int rc);
/* Runs text, which may be several statements without results. */
int krv_sqlite_run(struct krv_sqlite *sq, const char *text);
/* Transactions of the driver table. */
int krv_sqlite_begin(struct krv_store *store);
int krv_sqlite_commit(struct krv_store *store);
void krv_sqlite_rollback(struct krv_store *store);
void krv_sqlite_close(struct krv_store *store);

#endif
