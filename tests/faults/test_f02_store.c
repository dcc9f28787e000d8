/* F2 at the server: power fails while the store appends or checkpoints, and of what was written since
 * the last sync any 512-byte sector may be on the disk or not. What was acknowledged is there with the
 * chain that was told, and the store is whole. */
#include <stdio.h>
#include <sys/stat.h>

#include "cutvfs.h"
#include "faults.h"
#include "mock.h"
#include "storekit.h"

enum { POINTS = 4000, TURNS_MAX = 60, CHECK_EVERY = 50 };

static struct krv_kit kit;
static struct krv_testenv dice;
static char folder[64], path[96], cut_folder[96];

static struct {
  uint64_t seq; /* of the last commit that returned */
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t points, torn;
} told;

static uint64_t below(uint64_t n) {
  return krv_testenv_below(&dice, n);
}

static void finding(void *ctx, const char *sentence) {
  (void)snprintf(ctx, 128, "%s", sentence);
}

static void look(struct krv_store *store, uint64_t seed) {
  uint64_t seq;
  uint8_t chain[KRV_CHAIN_LEN];
  struct krv_buf bytes;
  struct krv_store_item item;
  krv_buf_init(&bytes, &kit.t.env);
  assert_int_equal(store->driver->head(store, &seq, chain), 0);
  if (seq < told.seq)
    fail_msg("seed %llu: the head is %llu, told was %llu", (unsigned long long)seed,
             (unsigned long long)seq, (unsigned long long)told.seq);
  if (told.seq > 0) {
    assert_int_equal(store->driver->chain_at(store, told.seq, chain), 0);
    assert_memory_equal(chain, told.chain, sizeof chain);
  }
  for (uint64_t at = 1; at <= seq; at++) {
    krv_buf_reset(&bytes);
    assert_int_equal(store->driver->item_get(store, at, &item, &bytes), 0);
  }
  char found[128] = "";
  if (told.points % CHECK_EVERY == 0 && krv_store_sqlite_check(store, finding, found) != 0)
    fail_msg("seed %llu: %s", (unsigned long long)seed, found);
  krv_buf_release(&bytes);
}

static void cut_now(void *ctx) {
  struct krv_cut_choice choice = {.cut = below(6) ? KRV_CUT_TORN : (enum krv_cut)below(2),
                                  .folder = cut_folder,
                                  .under = ctx,
                                  .seed = krv_testenv_next(&dice)};
  struct krv_store *store;
  char copy[128];
  krv_cutvfs_cut(&choice);
  void (*written)(void *) = krv_cutvfs()->written;
  krv_cutvfs()->written = NULL;
  (void)snprintf(copy, sizeof copy, "%s/server.db", cut_folder);
  int status = krv_store_sqlite_open(&kit.t.env, copy, &store);
  if (status != 0)
    fail_msg("seed %llu: %s", (unsigned long long)choice.seed, krv_status_text(status));
  look(store, choice.seed);
  store->driver->close(store);
  krv_cutvfs()->written = written;
  told.points++;
  told.torn += choice.cut == KRV_CUT_TORN;
}

static void tell(void) {
  assert_int_equal(kit.store->driver->head(kit.store, &told.seq, told.chain), 0);
}

/* A few commits of one line, in one transaction as in one turn of the loop. */
static void append(const struct krv_kit_case *kase, uint64_t *n, struct krv_id *prev) {
  struct krv_buf payload;
  krv_buf_init(&payload, &kit.t.env);
  for (uint64_t left = 1 + below(4); left > 0; left--) {
    struct krv_kit_commit commit = {
        .author = kase->creator, .own = true, .n = ++*n, .prev = *prev, .prev_len = 4};
    krv_kit_commit(&kit, kase, &commit, &payload, prev);
    assert_int_equal(krv_kit_push(&kit, kase->creator, KRV_MSG_COMMIT, &payload, NULL), 0);
  }
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  krv_buf_release(&payload);
}

static void one_life(uint64_t seed, uint64_t points) {
  char where[4096];
  struct krv_kit_case kase;
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  krv_kit_tempdir(folder, path);
  (void)snprintf(cut_folder, sizeof cut_folder, "%s/cut", folder);
  assert_int_equal(mkdir(cut_folder, 0700), 0);
  krv_kit_init(&kit, seed, path);
  assert_non_null(realpath(path, where));
  tell();
  krv_cutvfs()->written = cut_now;
  krv_cutvfs()->ctx = where;
  krv_kit_case(&kit, 0, &kase);
  tell();
  uint64_t n = 1;
  struct krv_id prev = kase.genesis;
  for (uint32_t i = 0; i < TURNS_MAX && told.points < points; i++) {
    if (below(8) == 0) assert_int_equal(krv_store_sqlite_checkpoint(kit.store, true), 0);
    else append(&kase, &n, &prev);
    tell();
  }
  krv_cutvfs_reset();
  krv_kit_release(&kit);
  krv_kit_rmdir(cut_folder);
  krv_kit_rmdir(folder);
}

static void what_a_server_acknowledged_survives_torn_sectors(void **state) {
  uint64_t seed = krv_faults_seed(), points = krv_faults(POINTS);
  (void)state;
  (void)krv_cutvfs();
  krv_testenv_init(&dice, seed);
  for (uint64_t life = 0; told.points < points; life++) one_life(seed + life, points);
  print_message("F2 store: %llu power cuts, %llu of them torn (seed %llu)\n",
                (unsigned long long)told.points, (unsigned long long)told.torn,
                (unsigned long long)seed);
  assert_true(told.torn > points / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_server_acknowledged_survives_torn_sectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
