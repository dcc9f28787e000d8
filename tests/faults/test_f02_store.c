/* F2 at the server: power fails while the store appends or checkpoints, and of what was written
 * since the last sync any 512-byte sector may be on the disk or not. What was acknowledged is there
 * with the chain that was told, and the store is whole. */
#include <stdio.h>
#include <sys/stat.h>

#include "cutvfs.h"
#include "faults.h"
#include "mock.h"
#include "storelife.h"

enum { POINTS = 20000, TURNS_MAX = 60, CHECK_EVERY = 50 };

static struct krv_storelife life;
static struct krv_testenv dice;
static char cut_folder[96];

static struct krv_told told;
static uint64_t points_done, torn;

static uint64_t below(uint64_t n) {
  return krv_testenv_below(&dice, n);
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
  int status = krv_store_sqlite_open(&life.kit.t.env, copy, &store);
  if (status != 0)
    fail_msg("seed %llu: %s", (unsigned long long)choice.seed, krv_status_text(status));
  krv_storelife_look(store, &told, choice.seed, points_done % CHECK_EVERY == 0);
  store->driver->close(store);
  krv_cutvfs()->written = written;
  points_done++;
  torn += choice.cut == KRV_CUT_TORN;
}

static void one_life(uint64_t seed, uint64_t points) {
  char where[4096];
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  krv_storelife_init(&life, seed);
  (void)snprintf(cut_folder, sizeof cut_folder, "%s/cut", life.folder);
  assert_int_equal(mkdir(cut_folder, 0700), 0);
  assert_non_null(realpath(life.path, where));
  krv_storelife_tell(life.kit.store, &told);
  krv_cutvfs()->written = cut_now;
  krv_cutvfs()->ctx = where;
  krv_storelife_case(&life);
  krv_storelife_tell(life.kit.store, &told);
  for (uint32_t i = 0; i < TURNS_MAX && points_done < points; i++) {
    if (below(8) == 0) assert_int_equal(krv_store_sqlite_checkpoint(life.kit.store, true), 0);
    else assert_int_equal(krv_storelife_append(&life, 1 + below(4)), 0);
    krv_storelife_tell(life.kit.store, &told);
  }
  krv_cutvfs_reset();
  krv_kit_rmdir(cut_folder);
  krv_storelife_release(&life);
}

static void what_a_server_acknowledged_survives_torn_sectors(void **state) {
  uint64_t seed = krv_faults_seed(), points = krv_faults(POINTS);
  (void)state;
  (void)krv_cutvfs();
  krv_testenv_init(&dice, seed);
  for (uint64_t i = 0; points_done < points; i++) one_life(seed + i, points);
  print_message("F2 store: %llu power cuts, %llu of them torn (seed %llu)\n",
                (unsigned long long)points_done, (unsigned long long)torn,
                (unsigned long long)seed);
  assert_true(torn > points / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_server_acknowledged_survives_torn_sectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
