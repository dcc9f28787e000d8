/* store_open: a vault is made, opened, closed.
 *
 * create: lock, build DIR/vault.new in one file, sync, rename, sync the folder,
 * then open as usual. A crash leaves vault.new, which the next create removes.
 * open: lock, connect, read the slot, stretch the passphrase, unwrap. Whatever
 * fails, nothing is made anew: a vault that does not open stays as it is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slots.h"
#include "store_in.h"

enum { FORMAT_OLDEST = 1 };
static const int64_t application = 0x6b72766e; /* "krvn" */

static const char tables[] =
    "begin;"
    "create table slots(lid integer primary key, s blob not null);"
    "create table meta(lid integer primary key, s blob not null);"
    "create table roster(lid integer primary key, s blob not null);"
    "create table invites(lid integer primary key, s blob not null);"
    "create table joins(lid integer primary key, s blob not null);"
    "create table docs(lid integer primary key, s blob not null);"
    "create table alarms(lid integer primary key, s blob not null);"
    "create table forks(lid integer primary key, s blob not null);"
    "create table cases(lid integer primary key, id integer not null, s blob not null,"
    " aside integer not null);"
    "create index cases_id on cases(id);"
    /* cases that nothing is known of: out of the way of those that are listed */
    "create index cases_aside on cases(aside) where aside = 1;"
    "create table states(lid integer primary key, s blob not null);"
    "create table casekeys(lid integer primary key, case_lid integer not null, s blob not null);"
    "create index casekeys_case on casekeys(case_lid);"
    "create table items(lid integer primary key, case_lid integer not null, kind integer not null,"
    " dot integer, id integer not null, mark integer not null, status integer not null,"
    " s blob not null);"
    /* an index ends in the row's number: this is (case_lid, lid) */
    "create index items_case on items(case_lid);"
    "create index items_dot on items(dot) where dot is not null;"
    "create index items_id on items(id);"
    /* what the server lacks, and what it refused: few, whatever the number of items */
    "create index items_open on items(mark) where mark <> 1;"
    "pragma application_id = 1802663534; pragma user_version = 2;"; /* krvn, KRV_VAULT_FORMAT */

static void destroy(struct krv_vault *vault) {
  const struct krv_env *env = vault->env;
  krv_store_disconnect(vault);
  krv_lock_release(&vault->lock);
  krv_buf_wipe(&vault->plain);
  krv_buf_release(&vault->sealed);
  krv_free(env, vault->path);
  krv_free(env, vault->dir);
  krv_wipe(vault, sizeof *vault);
  krv_free(env, vault);
}

static struct krv_vault *make(const struct krv_env *env, const char *dir,
                              const struct krv_vault_options *options) {
  struct krv_vault *vault = krv_zalloc(env, 1, sizeof *vault);
  if (!vault) return NULL;
  vault->env = env;
  vault->lock.fd = -1;
  vault->read_only = options->read_only;
  krv_buf_init(&vault->sealed, env);
  krv_buf_init(&vault->plain, env);
  vault->path = krv_lock_path(env, dir, "vault.db");
  vault->dir = krv_alloc(env, strlen(dir) + 1);
  if (vault->dir) memcpy(vault->dir, dir, strlen(dir) + 1);
  if (vault->dir && vault->path) return vault;
  destroy(vault);
  return NULL;
}

static int pragma_number(struct krv_vault *vault, const char *sql, int64_t *out) {
  sqlite3_stmt *stmt = NULL;
  int status = krv_store_status(vault, sqlite3_prepare_v2(vault->db, sql, -1, &stmt, NULL));
  if (status == 0) status = krv_store_step(vault, stmt);
  if (status == 0) *out = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return status > 0 ? KRV_DAMAGED : status;
}

int krv_vault_format(struct krv_vault *vault, int64_t *out) {
  return pragma_number(vault, "pragma user_version", out);
}

int krv_vault_format_put(struct krv_vault *vault) {
  int status = krv_store_may_write(vault);
  if (status == 0) status = krv_store_exec(vault, "pragma user_version = 2"); /* KRV_VAULT_FORMAT */
  return krv_store_spoil(vault, status);
}

/* The mode is in the file since it was built; it is looked at, not set: to open is not to
 * repair. */
static int check_wal(struct krv_vault *vault) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(vault->db, "pragma journal_mode", -1, &stmt, NULL);
  int status = krv_store_status(vault, rc);
  if (status == 0) status = krv_store_step(vault, stmt);
  if (status == 0 && !krv_slice_equal(krv_store_column(stmt, 0), krv_slice_str("wal")))
    status = KRV_DAMAGED;
  sqlite3_finalize(stmt);
  return status > 0 ? KRV_DAMAGED : status;
}

static int check_format(struct krv_vault *vault) {
  int64_t name = 0, format = 0;
  int status = pragma_number(vault, "pragma application_id", &name);
  if (status == 0) status = krv_vault_format(vault, &format);
  if (status == 0) status = check_wal(vault);
  if (status != 0) return status;
  if (name != application || format < FORMAT_OLDEST) return KRV_DAMAGED;
  return format > KRV_VAULT_FORMAT ? KRV_NEWER : 0;
}

/* --- slot */

static int slot_write(struct krv_vault *vault, struct krv_slice slot) {
  sqlite3_stmt *stmt;
  int status = krv_store_stmt(vault, KRV_SQL_PUT, KRV_TAB_SLOTS, &stmt);
  if (status != 0) return status;
  sqlite3_bind_int64(stmt, 1, 1);
  sqlite3_bind_blob(stmt, 2, slot.data, (int)slot.len, SQLITE_STATIC);
  return krv_store_run(vault, stmt);
}

static int slot_unlock(struct krv_vault *vault, struct krv_slice passphrase,
                       struct krv_slice key_file) {
  sqlite3_stmt *stmt;
  struct krv_key master;
  struct krv_buf slot;
  krv_buf_init(&slot, vault->env);
  int status = krv_store_stmt(vault, KRV_SQL_GET, KRV_TAB_SLOTS, &stmt);
  if (status == 0) {
    sqlite3_bind_int64(stmt, 1, 1);
    status = krv_store_step(vault, stmt);
    if (status == 0) krv_buf_put(&slot, krv_store_column(stmt, 0));
    krv_store_reset(stmt);
  }
  if (status == 0) status = slot.status;
  if (status > 0) status = KRV_DAMAGED;
  if (status == 0)
    status = krv_slot_open(vault->env, krv_buf_slice(&slot), passphrase, key_file, &master);
  if (status == 0) krv_store_keys(vault, &master);
  krv_wipe(&master, sizeof master);
  krv_buf_release(&slot);
  return status;
}

/* --- create */

/* Empty, ours alone to read: SQLite gives the WAL the same mode. */
static int new_file(const char *path) {
  char journal[4096];
  size_t len = strlen(path);
  if (len + sizeof "-wal" > sizeof journal) return KRV_INVALID;
  memcpy(journal, path, len);
  memcpy(journal + len, "-wal", sizeof "-wal");
  unlink(path);
  unlink(journal);
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return KRV_IO;
  close(fd);
  return 0;
}

static int sync_file(const char *path) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return KRV_IO;
  int status = fsync(fd) == 0 ? 0 : KRV_IO;
  close(fd);
  return status;
}

/* Everything in one file, in WAL mode, closed. */
static int build(struct krv_vault *vault, const char *path, struct krv_slice slot) {
  int status = new_file(path);
  if (status == 0) status = krv_store_connect(vault, path, KRV_STORE_BUILD);
  if (status == 0) status = krv_store_exec(vault, tables);
  if (status == 0) status = slot_write(vault, slot);
  if (status == 0) status = krv_store_exec(vault, "commit; pragma journal_mode = wal");
  krv_store_disconnect(vault);
  if (status == 0) status = sync_file(path);
  return status;
}

static int build_aside(struct krv_vault *vault, struct krv_slice slot) {
  char *aside = krv_lock_path(vault->env, vault->dir, "vault.new");
  char *journal = krv_lock_path(vault->env, vault->dir, "vault.new-wal");
  int status = aside && journal ? build(vault, aside, slot) : KRV_NOMEM;
  if (status == 0 && rename(aside, vault->path) != 0) status = KRV_IO;
  if (status != 0 && aside) unlink(aside);
  if (journal) unlink(journal); /* empty: what was built went to the file itself */
  krv_free(vault->env, journal);
  krv_free(vault->env, aside);
  return status == 0 ? krv_host_sync_dir(vault->dir) : status;
}

int krv_vault_create(const struct krv_env *env, const char *dir, struct krv_slice passphrase,
                     const struct krv_vault_options *options, struct krv_vault **out) {
  struct krv_key master;
  struct krv_buf slot;
  long holder;
  *out = NULL;
  if (options->read_only) return KRV_INVALID;
  krv_buf_init(&slot, env);
  krv_key_random(env, &master);
  struct krv_vault *vault = make(env, dir, options);
  int status = vault ? krv_host_make_dir(dir) : KRV_NOMEM;
  if (status == 0) status = krv_lock_take(&vault->lock, env, dir, false, options->wait_ms, &holder);
  if (status == 0 && access(vault->path, F_OK) == 0) status = KRV_EXISTS;
  if (status == 0)
    status = krv_slot_seal(env, &master, passphrase, options->key_file, &options->cost, &slot);
  if (status == 0) status = build_aside(vault, krv_buf_slice(&slot));
  if (status == 0) status = krv_store_connect(vault, vault->path, KRV_STORE_WRITE);
  if (status == 0) {
    krv_store_keys(vault, &master);
    *out = vault;
  } else if (vault) {
    destroy(vault);
  }
  krv_wipe(&master, sizeof master);
  krv_buf_release(&slot);
  return status;
}

/* --- open, close */

int krv_vault_open(const struct krv_env *env, const char *dir, struct krv_slice passphrase,
                   const struct krv_vault_options *options, struct krv_vault **out, long *holder) {
  long unasked;
  *out = NULL;
  if (!holder) holder = &unasked;
  *holder = 0;
  struct krv_vault *vault = make(env, dir, options);
  if (!vault) return KRV_NOMEM;
  int status = access(vault->path, F_OK) == 0 ? 0 : KRV_NOT_FOUND;
  if (status == 0)
    status = krv_lock_take(&vault->lock, env, dir, options->read_only, options->wait_ms, holder);
  if (status == 0)
    status = krv_store_connect(vault, vault->path,
                               options->read_only ? KRV_STORE_READ : KRV_STORE_WRITE);
  if (status == 0) status = check_format(vault);
  if (status == 0) status = slot_unlock(vault, passphrase, options->key_file);
  if (status == 0) *out = vault;
  else destroy(vault);
  return status;
}

void krv_vault_close(struct krv_vault *vault) {
  if (!vault) return;
  krv_vault_rollback(vault);
  if (!vault->read_only) (void)krv_vault_idle(vault); /* what stays in the WAL is as safe there */
  destroy(vault);
}

int krv_vault_passphrase(struct krv_vault *vault, struct krv_slice passphrase,
                         const struct krv_vault_options *options) {
  struct krv_buf slot;
  krv_buf_init(&slot, vault->env);
  int status = krv_vault_begin(vault);
  if (status != 0) return status;
  status = krv_slot_seal(vault->env, &vault->master, passphrase, options->key_file, &options->cost,
                         &slot);
  if (status == 0) status = slot_write(vault, krv_buf_slice(&slot));
  krv_buf_release(&slot);
  if (status != 0) {
    krv_vault_rollback(vault);
    return status;
  }
  status = krv_vault_commit(vault);
  if (status == 0) (void)krv_vault_idle(vault); /* the old slot leaves the file and the WAL */
  return status;
}

bool krv_vault_is_wanted(struct krv_vault *vault) {
  return krv_lock_is_wanted(vault->env, vault->dir);
}

uint64_t krv_vault_bytes(const struct krv_vault *vault) {
  static const char *const names[] = {"vault.db", "vault.db-wal"};
  uint64_t total = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct stat st;
    char *path = krv_lock_path(vault->env, vault->dir, names[i]);
    if (path && stat(path, &st) == 0) total += (uint64_t)st.st_size;
    krv_free(vault->env, path);
  }
  return total;
}
