/* store_sqlite: one file, one connection, opened EXCLUSIVE before anything is read, so that no
 * second connection of any process can exist: Debian's SQLite 3.40.1 corrupts a WAL database when
 * two connections write or checkpoint at once (R28). WAL with synchronous=FULL: a commit is one
 * fsync of the WAL, and it is durable when it returns. Checkpoints are made when told to
 * (store_sqlite_copy.c).
 *
 * Integers are local keys; ids stand in one unique column of one table. What leads the key of a
 * WITHOUT ROWID table is local too, so that the rows of one case lie together. */
#include <sqlite3.h>
#include <string.h>

#include "status.h"
#include "store_sqlite_in.h"

enum { SCHEMA_VERSION = 1, LENGTH_MAX = 1024 * 1024 };

/* Each brings the database from its place in the list to the next version. */
static const char *const migrations[SCHEMA_VERSION] = {
    "CREATE TABLE item(seq INTEGER PRIMARY KEY, chain BLOB NOT NULL, kind INT NOT NULL,"
    "  c INT NOT NULL, bringer INT NOT NULL, bytes BLOB NOT NULL);"
    "CREATE INDEX item_case ON item(c) WHERE c > 0;"
    "CREATE TABLE cases(c INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, creator INT NOT NULL,"
    "  genesis_seq INT NOT NULL, key_commit BLOB NOT NULL);"
    "CREATE TABLE dot(c INT, device INT, n INT, id BLOB, seq INT NOT NULL,"
    "  PRIMARY KEY(c, device, n, id)) WITHOUT ROWID;"
    "CREATE TABLE access(c INT, grp INT, mode INT NOT NULL, wrote INT NOT NULL,"
    "  routed INT NOT NULL, PRIMARY KEY(c, grp)) WITHOUT ROWID;"
    "CREATE TABLE grants(c INT, grp INT, epoch INT, giver INT, device INT, key_id BLOB,"
    "  seq INT NOT NULL, PRIMARY KEY(c, grp, epoch, giver, device, key_id)) WITHOUT ROWID;"
    "CREATE TABLE inbox(box INT, at INT, seq INT, PRIMARY KEY(box, at, seq)) WITHOUT ROWID;"
    "CREATE INDEX inbox_flat ON inbox(box, seq, at);"
    "CREATE TABLE roster(height INTEGER PRIMARY KEY, entry BLOB NOT NULL);",
};

static const char *const texts[KRV_SQL_COUNT] = {
#define X(name, text) [KRV_SQL_##name] = text,
    KRV_SQL_MAP(X)
#undef X
};

int krv_sqlite_status(int rc) {
  switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return KRV_OK;
    case SQLITE_NOMEM: return KRV_NOMEM;
    case SQLITE_FULL: return KRV_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return KRV_DAMAGED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return KRV_BUSY;
    default: return KRV_IO;
  }
}

int krv_sqlite_run(struct krv_sqlite *sq, const char *text) {
  return krv_sqlite_status(sqlite3_exec(sq->db, text, NULL, NULL, NULL));
}

/* ---- transactions ---- */

static int step_plain(struct krv_sqlite *sq, enum krv_sql which) {
  int rc = sqlite3_step(sq->statements[which]);
  sqlite3_reset(sq->statements[which]);
  return krv_sqlite_status(rc);
}

int krv_sqlite_begin(struct krv_store *store) {
  struct krv_sqlite *sq = krv_sqlite_of(store);
  if (sq->lost) return KRV_IO;
  int status = step_plain(sq, KRV_SQL_BEGIN);
  sq->open = status == KRV_OK;
  return status;
}

void krv_sqlite_rollback(struct krv_store *store) {
  struct krv_sqlite *sq = krv_sqlite_of(store);
  if (!sq->open) return;
  sq->open = false;
  /* SQLite may have rolled back by itself, after a full disk for instance */
  if (sqlite3_get_autocommit(sq->db) == 0) (void)step_plain(sq, KRV_SQL_ROLLBACK);
}

/* After a failed fsync the pages count as clean although they are not on the disk: trying again
 * would report a success that is none (Rebello et al., ATC 2020). */
int krv_sqlite_commit(struct krv_store *store) {
  struct krv_sqlite *sq = krv_sqlite_of(store);
  int status = sq->lost ? KRV_IO : step_plain(sq, KRV_SQL_COMMIT);
  if (status == KRV_OK) {
    sq->open = false;
    return KRV_OK;
  }
  if (status == KRV_IO) sq->lost = true;
  krv_sqlite_rollback(store);
  return status;
}

/* ---- opening ---- */

static int configure(struct krv_sqlite *sq) {
  int off = 0, on = 1;
  sqlite3_extended_result_codes(sq->db, 1);
  sqlite3_limit(sq->db, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
  if (sqlite3_db_config(sq->db, SQLITE_DBCONFIG_DEFENSIVE, on, NULL) != SQLITE_OK ||
      sqlite3_db_config(sq->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, off, NULL) != SQLITE_OK ||
      sqlite3_db_config(sq->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, off, NULL) != SQLITE_OK)
    return KRV_IO;
  /* EXCLUSIVE stands before the first access: no -shm file is made, and a second open is BUSY */
  return krv_sqlite_run(sq, "PRAGMA locking_mode=EXCLUSIVE;"
                            "PRAGMA mmap_size=0;"
                            "PRAGMA temp_store=MEMORY;"
                            "PRAGMA cell_size_check=ON;"
                            "PRAGMA journal_mode=WAL;"
                            "PRAGMA synchronous=FULL;"
                            "PRAGMA wal_autocheckpoint=0;"
                            "PRAGMA journal_size_limit=4194304;");
}

static int one_number(struct krv_sqlite *sq, const char *text, int64_t *out) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(sq->db, text, -1, &statement, NULL);
  *out = 0;
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  if (rc == SQLITE_ROW) *out = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return krv_sqlite_status(rc);
}

/* The version stands in kv like any other meta value: u64 LE under "version". */
static int put_version(struct krv_sqlite *sq, uint8_t version) {
  sqlite3_stmt *statement = NULL;
  const uint8_t value[8] = {version};
  int rc = sqlite3_prepare_v2(
      sq->db, "INSERT OR REPLACE INTO kv VALUES(1, CAST('version' AS BLOB), ?1)", -1, &statement,
      NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_blob(statement, 1, value, sizeof value, SQLITE_STATIC);
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  sqlite3_finalize(statement);
  return krv_sqlite_status(rc);
}

static int read_version(struct krv_sqlite *sq, uint64_t *out) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(
      sq->db, "SELECT value FROM kv WHERE tab=1 AND key=CAST('version' AS BLOB)", -1, &statement,
      NULL);
  *out = 0;
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  if (rc == SQLITE_ROW) {
    struct krv_in in = krv_in(krv_slice(sqlite3_column_blob(statement, 0),
                                        (size_t)sqlite3_column_bytes(statement, 0)));
    *out = krv_in_u64(&in);
    if (krv_in_end(&in) != KRV_OK) rc = SQLITE_CORRUPT;
  }
  sqlite3_finalize(statement);
  return krv_sqlite_status(rc);
}

static int migrate(struct krv_sqlite *sq) {
  uint64_t version;
  int status = krv_sqlite_run(
      sq, "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS kv(tab INT, key BLOB, value BLOB NOT NULL,"
          " PRIMARY KEY(tab, key)) WITHOUT ROWID;");
  if (status == KRV_OK) status = read_version(sq, &version);
  if (status == KRV_OK && version > SCHEMA_VERSION) status = KRV_NEWER;
  bool changes = status == KRV_OK && version < SCHEMA_VERSION;
  while (status == KRV_OK && version < SCHEMA_VERSION)
    status = krv_sqlite_run(sq, migrations[version++]);
  if (status == KRV_OK && changes) status = put_version(sq, SCHEMA_VERSION);
  if (status == KRV_OK) return krv_sqlite_run(sq, "COMMIT");
  if (sqlite3_get_autocommit(sq->db) == 0) (void)krv_sqlite_run(sq, "ROLLBACK");
  return status;
}

/* A database of something else is left alone. */
static int check_ours(struct krv_sqlite *sq) {
  int64_t tables, kv;
  int status = one_number(sq, "SELECT count(*) FROM sqlite_schema", &tables);
  if (status == KRV_OK)
    status = one_number(sq, "SELECT count(*) FROM sqlite_schema WHERE name = 'kv'", &kv);
  if (status != KRV_OK) return status;
  return tables == 0 || kv == 1 ? KRV_OK : KRV_UNFIT;
}

static int prepare_all(struct krv_sqlite *sq) {
  for (unsigned i = 0; i < KRV_SQL_COUNT; i++) {
    int rc = sqlite3_prepare_v3(sq->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &sq->statements[i], NULL);
    if (rc != SQLITE_OK) return krv_sqlite_status(rc) == KRV_NOMEM ? KRV_NOMEM : KRV_DAMAGED;
  }
  return KRV_OK;
}

void krv_sqlite_close(struct krv_store *store) {
  struct krv_sqlite *sq = krv_sqlite_of(store);
  krv_sqlite_rollback(store);
  for (unsigned i = 0; i < KRV_SQL_COUNT; i++) sqlite3_finalize(sq->statements[i]);
  sqlite3_close(sq->db);
  krv_free(store->env, sq);
}

int krv_store_sqlite_open(const struct krv_env *env, const char *path, struct krv_store **out) {
  *out = NULL;
  struct krv_sqlite *sq = krv_zalloc(env, 1, sizeof *sq);
  if (!sq) return KRV_NOMEM;
  sq->store = (struct krv_store){&krv_sqlite_driver, env};
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  int status = krv_sqlite_status(sqlite3_open_v2(path, &sq->db, flags, NULL));
  if (status == KRV_OK) status = configure(sq);
  if (status == KRV_OK) status = check_ours(sq);
  if (status == KRV_OK) status = migrate(sq);
  if (status == KRV_OK) status = prepare_all(sq);
  if (status != KRV_OK) {
    krv_sqlite_close(&sq->store);
    return status;
  }
  *out = &sq->store;
  return KRV_OK;
}
