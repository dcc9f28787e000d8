/* R38: a transaction costs one or two syncs, and checkpoints happen only when asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "countvfs.h"
#include "status.h"
#include "storekit.h"

static struct krv_kit kit;
static char folder[64], path[96];
static struct krv_countvfs *vfs;

static int set_up(void **state) {
  (void)state;
  vfs = krv_countvfs_install();
  krv_kit_tempdir(folder, path);
  krv_kit_init(&kit, 38, path);
  krv_kit_admit(&kit, KRV_ROLE_WORKER);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_kit_release(&kit);
  krv_kit_rmdir(folder);
  return kit.t.live == 0 ? 0 : -1;
}

static void a_transaction_costs_one_sync_of_the_wal_or_two(void **state) {
  (void)state;
  struct krv_kit_case kase;
  for (int i = 0; i < 200; i++) {
    uint64_t before = vfs->syncs, wal = vfs->wal_syncs;
    krv_kit_case(&kit, 1, &kase);
    assert_in_range(vfs->syncs - before, 1, 2);
    assert_int_equal(vfs->syncs - before, vfs->wal_syncs - wal);
  }
}

static void no_checkpoint_comes_by_itself(void **state) {
  (void)state;
  struct krv_kit_case kase;
  uint64_t before = vfs->main_writes;
  for (int i = 0; i < 1500; i++) krv_kit_case(&kit, 1, &kase); /* SQLite's own limit: 1,000 pages */
  assert_int_equal(vfs->main_writes, before);
  assert_int_equal(krv_store_sqlite_checkpoint(kit.store, false), 0); /* past the size by now */
  assert_true(vfs->main_writes > before);
  before = vfs->main_writes;
  krv_kit_case(&kit, 1, &kase);
  assert_int_equal(krv_store_sqlite_checkpoint(kit.store, false), 0); /* too small again */
  assert_int_equal(vfs->main_writes, before);
  assert_int_equal(krv_store_sqlite_checkpoint(kit.store, true), 0);
  assert_true(vfs->main_writes > before);
}

static void a_checkpoint_waits_for_the_transaction_and_leaves_no_shared_memory(void **state) {
  (void)state;
  char shm[128];
  snprintf(shm, sizeof shm, "%s-shm", path);
  assert_int_equal(kit.store->driver->begin(kit.store), 0);
  assert_int_equal(krv_store_sqlite_checkpoint(kit.store, true), KRV_STATE);
  kit.store->driver->rollback(kit.store);
  assert_int_not_equal(access(shm, F_OK), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_transaction_costs_one_sync_of_the_wal_or_two),
      T(no_checkpoint_comes_by_itself),
      T(a_checkpoint_waits_for_the_transaction_and_leaves_no_shared_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
