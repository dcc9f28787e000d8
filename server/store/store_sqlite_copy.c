/* store_sqlite_copy: checkpoint, copy, check: what an administrator asks of a store that runs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "status.h"
#include "store_sqlite_in.h"

enum { WAL_SIZE_MAX = 4 * 1024 * 1024, PATH_SIZE_MAX = 4096 };

/* ---- checkpoint ---- */

static sqlite3_int64 wal_size(struct krv_sqlite *sq) {
  sqlite3_file *wal = NULL;
  sqlite3_int64 size = 0;
  if (sqlite3_file_control(sq->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK)
    return 0;
  if (!wal || !wal->pMethods || wal->pMethods->xFileSize(wal, &size) != SQLITE_OK) return 0;
  return size;
}

int krv_store_sqlite_checkpoint(struct krv_store *store, bool force) {
  struct krv_sqlite *sq = krv_sqlite_of(store);
  if (sq->lost) return KRV_IO;
  if (sq->open) return KRV_STATE;
  if (!force && wal_size(sq) < WAL_SIZE_MAX) return KRV_OK;
  int rc = sqlite3_wal_checkpoint_v2(sq->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  int status = krv_sqlite_status(rc);
  if (status == KRV_IO) sq->lost = true;
  return status;
}

/* ---- check ---- */

struct checker {
  void (*finding)(void *ctx, const char *sentence);
  void *ctx;
  unsigned bad;
};

static int on_integrity(void *ctx, int count, char **values, char **names) {
  (void)names;
  struct checker *checker = ctx;
  if (count != 1 || !values[0] || strcmp(values[0], "ok") == 0) return 0;
  checker->bad++;
  if (checker->finding) checker->finding(checker->ctx, values[0]);
  return 0;
}

static int check_integrity(sqlite3 *db, struct checker *checker) {
  int rc = sqlite3_exec(db, "PRAGMA integrity_check", on_integrity, checker, NULL);
  int status = krv_sqlite_status(rc);
  return status == KRV_OK && checker->bad > 0 ? KRV_DAMAGED : status;
}

/* Rows of one kind without those that they need; each count must be 0. */
static const struct {
  const char *text, *sentence;
} rules[] = {
    {"SELECT count(*) FROM item WHERE length(chain) <> 16", "items without a chain"},
    {"SELECT (SELECT coalesce(max(seq), 0) FROM item) - (SELECT count(*) FROM item)",
     "items missing below the head"},
    {"SELECT count(*) FROM inbox WHERE seq NOT IN (SELECT seq FROM item)",
     "inbox rows without an item"},
    {"SELECT count(*) FROM inbox WHERE at < seq", "inbox rows before their item"},
    {"SELECT count(*) FROM dot WHERE seq NOT IN (SELECT seq FROM item)", "dots without an item"},
    {"SELECT count(*) FROM grants WHERE seq NOT IN (SELECT seq FROM item)",
     "grants without an item"},
    {"SELECT count(*) FROM cases WHERE genesis_seq NOT IN (SELECT seq FROM item)",
     "cases without a genesis"},
    {"SELECT count(*) FROM access WHERE c NOT IN (SELECT c FROM cases)",
     "access rows without a case"},
};

static const struct {
  const char *text, *noun;
} counts[] = {
    {"SELECT count(*) FROM item", "items"},
    {"SELECT count(*) FROM cases", "cases"},
    {"SELECT count(*) FROM dot", "commits"},
    {"SELECT count(*) FROM grants", "grants"},
    {"SELECT count(*) FROM inbox", "inbox rows"},
    {"SELECT count(*) FROM roster", "roster entries"},
};

static int count_rows(sqlite3 *db, const char *text, int64_t *out) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
  *out = 0;
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  if (rc == SQLITE_ROW) *out = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return krv_sqlite_status(rc);
}

static void tell(const struct checker *checker, int64_t count, const char *noun) {
  char sentence[120];
  snprintf(sentence, sizeof sentence, "%lld %s", (long long)count, noun);
  checker->finding(checker->ctx, sentence);
}

int krv_store_sqlite_check(struct krv_store *store,
                           void (*finding)(void *ctx, const char *sentence), void *ctx) {
  struct krv_sqlite *sq = krv_sqlite_of(store);
  struct checker checker = {finding, ctx, 0};
  int64_t count;
  int status = check_integrity(sq->db, &checker);
  bool damaged = status == KRV_DAMAGED;
  if (damaged) status = KRV_OK;
  for (size_t i = 0; status == KRV_OK && i < sizeof rules / sizeof *rules; i++) {
    status = count_rows(sq->db, rules[i].text, &count);
    if (status != KRV_OK || count == 0) continue;
    damaged = true;
    tell(&checker, count, rules[i].sentence);
  }
  for (size_t i = 0; status == KRV_OK && !damaged && i < sizeof counts / sizeof *counts; i++) {
    status = count_rows(sq->db, counts[i].text, &count);
    if (status == KRV_OK) tell(&checker, count, counts[i].noun);
  }
  return status == KRV_OK && damaged ? KRV_DAMAGED : status;
}

/* ---- copy ---- */

static int vacuum_into(struct krv_sqlite *sq, const char *path) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(sq->db, "VACUUM INTO ?1", -1, &statement, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  sqlite3_finalize(statement);
  return krv_sqlite_status(rc);
}

static int verify_file(const char *path) {
  sqlite3 *db = NULL;
  struct checker checker = {NULL, NULL, 0};
  int status = krv_sqlite_status(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL));
  if (status == KRV_OK) status = check_integrity(db, &checker);
  sqlite3_close(db);
  return status;
}

static int sync_path(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0) return KRV_IO;
  int status = fsync(fd) == 0 ? KRV_OK : KRV_IO;
  return close(fd) == 0 ? status : KRV_IO;
}

static int sync_folder_of(const char *path) {
  char folder[PATH_SIZE_MAX];
  const char *slash = strrchr(path, '/');
  size_t len = slash ? (size_t)(slash - path) : 0;
  if (!slash) return sync_path(".", O_RDONLY | O_DIRECTORY);
  if (len == 0) return sync_path("/", O_RDONLY | O_DIRECTORY);
  memcpy(folder, path, len);
  folder[len] = '\0';
  return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

/* Under another name until it is whole, verified and on the disk. */
int krv_store_sqlite_copy(struct krv_store *store, const char *path) {
  struct krv_sqlite *sq = krv_sqlite_of(store);
  char aside[PATH_SIZE_MAX];
  if (sq->open) return KRV_STATE;
  int len = snprintf(aside, sizeof aside, "%s.part", path);
  if (len < 0 || (size_t)len >= sizeof aside) return KRV_INVALID;
  if (access(path, F_OK) == 0) return KRV_EXISTS;
  (void)unlink(aside); /* of a copy that broke off */
  int status = vacuum_into(sq, aside);
  if (status == KRV_OK) status = verify_file(aside);
  if (status == KRV_OK) status = sync_path(aside, O_RDWR);
  if (status == KRV_OK && rename(aside, path) != 0) status = KRV_IO;
  if (status == KRV_OK) return sync_folder_of(path);
  (void)unlink(aside);
  return status;
}
