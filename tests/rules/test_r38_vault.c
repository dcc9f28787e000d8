/* R38: a save costs at most 2 fsyncs; checkpoints happen when idle or past a size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "cutvfs.h"
#include "vaultkit.h"

static struct krv_vaultkit kit;

static int setup(void **state) {
  (void)state;
  krv_cutvfs();
  krv_cutvfs_reset();
  krv_vaultkit_init(&kit, 38);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  krv_vaultkit_release(&kit);
  return 0;
}

static uint64_t syncs_of_a_save(uint32_t n, uint32_t version) {
  krv_cutvfs_reset();
  assert_int_equal(krv_vaultkit_save(kit.vault, n, version), 0);
  return krv_cutvfs()->syncs + krv_cutvfs()->dir_syncs;
}

static void a_save_costs_one_or_two_syncs_of_files_and_folders(void **state) {
  (void)state;
  for (uint32_t n = 1; n <= 60; n++) {
    uint64_t syncs = syncs_of_a_save(n, 1);
    assert_in_range(syncs, 1, 2);
  }
}

static void the_first_save_after_opening_costs_no_more(void **state) {
  (void)state;
  for (uint32_t version = 1; version <= 3; version++) {
    krv_vaultkit_close(&kit);
    assert_int_equal(krv_vaultkit_open(&kit, false), 0);
    assert_in_range(syncs_of_a_save(7, version), 1, 2);
  }
}

static void the_first_save_after_a_checkpoint_costs_no_more(void **state) {
  (void)state;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  assert_int_equal(krv_vault_idle(kit.vault), 0);
  assert_in_range(syncs_of_a_save(2, 1), 1, 2);
}

static void a_transaction_of_256_items_costs_two_syncs(void **state) {
  (void)state;
  uint8_t bytes[300] = {1};
  krv_cutvfs_reset();
  assert_int_equal(krv_vault_begin(kit.vault), 0);
  for (uint64_t n = 1; n <= 256; n++) {
    struct krv_vault_item item = {.kind = 2, .device = 3, .n = n, .bytes = krv_slice(bytes, 300)};
    assert_int_equal(krv_vault_item_put(kit.vault, &item), 0);
  }
  assert_int_equal(krv_vault_commit(kit.vault), 0);
  assert_in_range(krv_cutvfs()->syncs + krv_cutvfs()->dir_syncs, 1, 2);
}

/* Between begin and commit nothing is moved to the database file, and before a begin past 4 MiB the
 * WAL is, so that it stays bounded. */
static void the_wal_is_moved_before_a_save_past_a_size_never_in_it(void **state) {
  (void)state;
  static uint8_t big[512 * 1024];
  unsigned moved = 0;
  for (unsigned i = 0; i < 24; i++) {
    struct krv_vault_item item = {.kind = 9, .bytes = krv_slice(big, sizeof big)};
    krv_cutvfs_reset();
    assert_int_equal(krv_vault_begin(kit.vault), 0);
    if (krv_cutvfs()->syncs > 0) moved++;
    krv_cutvfs_reset();
    assert_int_equal(krv_vault_item_put(kit.vault, &item), 0);
    assert_int_equal(krv_vault_commit(kit.vault), 0);
    assert_in_range(krv_cutvfs()->syncs + krv_cutvfs()->dir_syncs, 1, 2);
  }
  assert_in_range(moved, 1, 4);
  assert_in_range(krv_vault_bytes(kit.vault), 12u << 20, 24u << 20);
}

static void reading_syncs_nothing(void **state) {
  (void)state;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  krv_cutvfs_reset();
  assert_int_equal(krv_vaultkit_version(kit.vault, 1), 1);
  assert_int_equal(krv_cutvfs()->syncs, 0);
  assert_int_equal(krv_cutvfs()->writes, 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_save_costs_one_or_two_syncs_of_files_and_folders),
      T(the_first_save_after_opening_costs_no_more),
      T(the_first_save_after_a_checkpoint_costs_no_more),
      T(a_transaction_of_256_items_costs_two_syncs),
      T(the_wal_is_moved_before_a_save_past_a_size_never_in_it),
      T(reading_syncs_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
