/* F5 and F6 at the server: the k-th call to the disk fails, is half done, or finds no room, while
 * it opens, appends and checkpoints. What was acknowledged is there, a batch that failed says so;
 * without room it goes on reading and, when there is room again, writing; after a failed write or
 * sync it writes nothing more until it is started again. */
#include <stdio.h>
#include <sys/stat.h>

#include "cutvfs.h"
#include "faults.h"
#include "mock.h"
#include "storelife.h"

enum { LIVES = 16, CALLS_MAX = 200, CHECK_EVERY = 20 };

static const struct mode {
  int code;
  bool on, half, reads, opening;
} modes[] = {
    {KRV_DISK_FULL, true, false, false, false},
    {KRV_DISK_FULL, true, true, false, false},
    {KRV_DISK_FULL, false, true, false, false},
    {KRV_DISK_FAILS_WRITE, false, false, false, false},
    {KRV_DISK_FAILS_WRITE, false, true, false, false},
    {KRV_DISK_FAILS_WRITE, true, true, false, false},
    {KRV_DISK_FAILS_SYNC, false, false, false, false},
    {KRV_DISK_FAILS_READ, false, false, true, true},
    {KRV_DISK_READS_SHORT, true, false, true, true},
    {KRV_DISK_FAILS, true, true, true, true},
};
enum { MODES = sizeof modes / sizeof *modes };

static struct krv_storelife life;
static struct krv_told told;
static char copy[96];
static uint64_t points[2], failures; /* F5, F6 */

static void begin_fault(const struct mode *mode, uint64_t k) {
  struct krv_cutvfs *vfs = krv_cutvfs();
  krv_cutvfs_reset();
  vfs->lazy = true;
  vfs->fail_at = k;
  vfs->fail_code = mode->code;
  vfs->fail_on = mode->on;
  vfs->fail_half = mode->half;
  vfs->reads_too = mode->reads;
}

static bool end_fault(uint64_t k) {
  bool reached = krv_cutvfs()->calls >= k;
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  return reached;
}

static int append(uint64_t commits) {
  int status = krv_storelife_append(&life, commits);
  if (status == 0) krv_storelife_tell(life.kit.store, &told);
  return status;
}

static int work(void) {
  int status = append(2);
  if (status == 0) status = krv_store_sqlite_checkpoint(life.kit.store, true);
  if (status == 0) status = append(3);
  return status;
}

/* With the store open still, the fault over. */
static void after_failure(const struct mode *mode, int status) {
  failures++;
  if (mode->code == KRV_DISK_FULL) {
    assert_int_equal(status, KRV_FULL);
    assert_int_equal(append(1), 0);
    return;
  }
  /* read short, a page is none: seen, and nothing of it is saved */
  if (mode->code == KRV_DISK_READS_SHORT && status == KRV_DAMAGED) return;
  assert_int_equal(status, KRV_IO);
  int again = append(1);
  if (!mode->reads) assert_int_equal(again, KRV_IO); /* what could not be read may be read now */
  if (again != 0) assert_int_equal(krv_cutvfs()->writes, 0);
}

/* false when there are fewer calls. */
static bool one_point(const struct mode *mode, uint64_t k, uint64_t seed) {
  krv_storelife_copy(&life, copy);
  if (mode->opening) begin_fault(mode, k);
  int status = krv_storelife_at(&life, copy);
  bool opened = status == 0;
  if (!opened && mode->code != KRV_DISK_READS_SHORT) assert_int_equal(status, KRV_IO);
  if (!mode->opening) begin_fault(mode, k);
  if (opened) status = work();
  if (opened && status != 0 && mode->code == KRV_DISK_FULL) /* reading goes on */
    krv_storelife_look(life.kit.store, &told, seed, false);
  bool reached = end_fault(k);
  if (opened && status != 0) after_failure(mode, status);
  if (opened) krv_storelife_back(&life);
  if (!reached) assert_int_equal(status, 0);
  assert_int_equal(krv_storelife_at(&life, copy), 0);
  krv_storelife_look(life.kit.store, &told, seed, k % CHECK_EVERY == 0);
  assert_int_equal(append(1), 0);
  krv_storelife_back(&life);
  points[mode->code == KRV_DISK_FULL] += reached;
  return reached;
}

static void one_life(uint64_t seed) {
  krv_storelife_init(&life, seed);
  krv_storelife_case(&life);
  for (uint64_t left = krv_testenv_below(&life.kit.t, 6); left > 0; left--)
    assert_int_equal(krv_storelife_append(&life, 1 + left), 0);
  (void)snprintf(copy, sizeof copy, "%s/copy", life.folder);
  assert_int_equal(mkdir(copy, 0700), 0);
  struct krv_told before;
  const struct krv_storelife own = life;
  krv_storelife_tell(life.kit.store, &before);
  for (size_t m = 0; m < MODES; m++)
    for (uint64_t k = 1; k < CALLS_MAX; k++) {
      told = before;
      life.n = own.n;
      life.prev = own.prev;
      if (!one_point(&modes[m], k, seed)) break;
      assert_true(k + 1 < CALLS_MAX);
    }
  krv_kit_rmdir(copy);
  krv_storelife_release(&life);
}

static void a_server_whose_disk_fails_keeps_what_it_acknowledged(void **state) {
  uint64_t seed = krv_faults_seed(), lives = krv_faults(LIVES);
  (void)state;
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  for (uint64_t i = 0; i < lives; i++) one_life(seed + i);
  print_message("F5 store: %llu calls failed; F6 store: %llu found no room; %llu batches said so "
                "(seed %llu)\n", (unsigned long long)points[0], (unsigned long long)points[1],
                (unsigned long long)failures, (unsigned long long)seed);
  assert_true(points[0] >= lives * 50 && points[1] >= lives * 20);
  assert_true(failures >= (points[0] + points[1]) / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_server_whose_disk_fails_keeps_what_it_acknowledged)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
