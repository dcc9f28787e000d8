/* bench_floor: what no way of doing the first push can avoid, measured in the same
 * run, so that a slow or a busy machine can be told from a slow program. The same
 * cases compressed, signed and encrypted, without a record, a tree or a check; and
 * rows of those sizes written to two bare files of SQLite, set as ours are, with a
 * sync to the disk for each batch. Nothing travels and nothing is read back. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "aead.h"
#include "bench.h"
#include "sign.h"
#include "zip.h"

enum {
  ROWS_VAULT = 6,  /* genesis, two grants, state, card, key */
  ROWS_SERVER = 3, /* genesis, two grants */
  GENESIS_AROUND = 180, /* head, list, salt, signature, tag, and what makes it a row */
  GRANT_LEN = 110,
  CARD_LEN = 192,
  KEY_LEN = 128,
};

static void *resize(void *ctx, void *p, size_t len) {
  (void)ctx;
  if (len > 0) return realloc(p, len);
  free(p);
  return NULL;
}

double bench_floor_sealing(void) {
  static struct krv_casegen_case c;
  static const struct krv_env env = {.resize = resize};
  static const struct krv_key key = {{7}};
  struct krv_casegen gen;
  struct krv_sign_pair pair;
  struct krv_zip *zip;
  struct krv_buf packed;
  uint8_t signature[KRV_SIG_LEN];
  krv_casegen_init(&gen, 1, KRV_CASEGEN_FAR);
  krv_buf_init(&packed, &env);
  krv_sign_pair_from_seed(&key, &pair);
  rig_must(NULL, krv_zip_new(&env, 0, &zip), "zip");
  double spent = 0;
  for (int i = 0; i < BENCH_CASES; i++) {
    krv_casegen_next(&gen, &c);
    krv_buf_reset(&packed);
    double started = bench_now_ms();
    rig_must(NULL, krv_zip_pack(zip, krv_slice(c.text, c.text_len), &packed), "zip");
    struct krv_slice part = krv_buf_slice(&packed);
    krv_sign(&pair, KRV_DOMAIN_ITEM, &part, 1, signature);
    uint8_t *sealed = krv_buf_extend(&packed, KRV_TAG_LEN);
    if (!sealed) rig_must(NULL, packed.status, "floor");
    krv_aead_seal(&key, 0, krv_slice(NULL, 0), krv_slice(packed.data, part.len), packed.data);
    spent += bench_now_ms() - started;
  }
  krv_zip_free(zip);
  krv_buf_release(&packed);
  return spent;
}

/* ---------------------------------------------------------------------- disk */

struct table {
  sqlite3 *db;
  sqlite3_stmt *put;
};

static void must(int rc, const char *what) {
  rig_must(NULL, rc == SQLITE_OK || rc == SQLITE_DONE ? 0 : KERVEN_EIO, what);
}

static void run(struct table *table, const char *sql) {
  must(sqlite3_exec(table->db, sql, NULL, NULL, NULL), sql);
}

static void open_table(const struct rig *rig, const char *name, struct table *table) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", rig->dir, name);
  must(sqlite3_open(path, &table->db), path);
  run(table, "pragma locking_mode=exclusive; pragma journal_mode=wal; pragma synchronous=full;"
             "pragma wal_autocheckpoint=0;"
             "create table items(lid integer primary key, id integer, s blob);"
             "create index by_id on items(id)");
  must(sqlite3_prepare_v2(table->db, "insert into items(id, s) values(?1, ?2)", -1, &table->put,
                          NULL), "prepare");
}

static void close_table(struct table *table) {
  sqlite3_finalize(table->put);
  sqlite3_close(table->db);
}

static void put_rows(struct table *table, uint64_t number, const int *sizes, int count) {
  static const uint8_t bytes[KRV_CASEGEN_TEXT_MAX];
  for (int i = 0; i < count; i++) {
    /* Ids are hashes: their places in the index are spread. */
    number = (number + 1) * 0x9e3779b97f4a7c15u;
    sqlite3_bind_int64(table->put, 1, (sqlite3_int64)number);
    sqlite3_bind_blob(table->put, 2, bytes, sizes[i], SQLITE_STATIC);
    must(sqlite3_step(table->put), "insert");
    sqlite3_reset(table->put);
  }
}

double bench_floor_disk(const struct rig *rig, double case_bytes, double json_bytes) {
  struct table vault, server;
  const int sizes[ROWS_VAULT] = {(int)case_bytes + GENESIS_AROUND, GRANT_LEN, GRANT_LEN,
                                 (int)json_bytes / 2, CARD_LEN, KEY_LEN};
  open_table(rig, "floor-vault", &vault);
  open_table(rig, "floor-server", &server);
  double started = bench_now_ms();
  for (uint64_t i = 0; i < BENCH_CASES; i++) {
    bool first = i % BENCH_BATCH == 0, last = i % BENCH_BATCH == BENCH_BATCH - 1;
    if (first) run(&vault, "begin"), run(&server, "begin");
    put_rows(&vault, i * ROWS_VAULT, sizes, ROWS_VAULT);
    put_rows(&server, i * ROWS_SERVER, sizes, ROWS_SERVER);
    if (last || i == BENCH_CASES - 1) run(&vault, "commit"), run(&server, "commit");
  }
  double spent = bench_now_ms() - started;
  close_table(&vault);
  close_table(&server);
  return spent;
}
