/* R29: a vault is exclusive, who waits leaves a mark, and reading writes nothing, so that a full
 * disk still reads. */
#define _GNU_SOURCE
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cutvfs.h"
#include "vaultkit.h"

static struct krv_vaultkit kit;

static int set_up(void **state) {
  (void)state;
  krv_cutvfs();
  krv_cutvfs_reset();
  krv_vaultkit_init(&kit, 29);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_cutvfs_reset();
  krv_vaultkit_release(&kit);
  return 0;
}

static int open_waiting(uint32_t wait_ms, bool read_only, struct krv_vault **out) {
  struct krv_vault_options options = krv_vaultkit_options;
  options.wait_ms = wait_ms;
  options.read_only = read_only;
  return krv_vault_open(&kit.t.env, kit.dir, krv_vaultkit_passphrase(), &options, out, NULL);
}

static void mark_path(char path[128]) {
  (void)snprintf(path, 128, "%s/wanted", kit.dir);
}

static void one_at_a_time(void **state) {
  (void)state;
  struct krv_vault *second;
  assert_int_equal(open_waiting(0, false, &second), KRV_BUSY);
  assert_null(second);
  assert_int_equal(open_waiting(0, true, &second), KRV_BUSY);
  assert_false(krv_vault_is_wanted(kit.vault)); /* who does not wait leaves no mark */
}

static void who_gives_up_takes_the_mark_back(void **state) {
  (void)state;
  struct krv_vault *second;
  assert_int_equal(open_waiting(1, false, &second), KRV_BUSY);
  assert_false(krv_vault_is_wanted(kit.vault));
}

/* The child, forked while nothing is open, waits for the vault that this process then holds; this
 * one sees the mark, lets go, and takes the vault again. */
static void the_holder_sees_the_mark_and_lets_go(void **state) {
  (void)state;
  int held[2], status = 0;
  char byte = 'y';
  krv_vaultkit_close(&kit);
  assert_int_equal(pipe(held), 0);
  pid_t child = fork();
  if (child == 0) {
    struct krv_vault *second = NULL;
    if (read(held[0], &byte, 1) != 1) _exit(2);
    if (open_waiting(60000, false, &second) != 0) _exit(3);
    if (krv_vaultkit_save(second, 2, 1) != 0) _exit(4);
    krv_vault_close(second);
    _exit(0);
  }
  assert_int_equal(krv_vaultkit_open(&kit, false), 0);
  assert_int_equal(write(held[1], &byte, 1), 1);
  while (!krv_vault_is_wanted(kit.vault)) (void)sched_yield();
  krv_vaultkit_close(&kit);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(krv_vaultkit_open(&kit, false), 0);
  assert_false(krv_vault_is_wanted(kit.vault));
  assert_int_equal(krv_vaultkit_version(kit.vault, 2), 1);
  close(held[0]);
  close(held[1]);
}

static void a_mark_left_by_a_dead_waiter_goes_with_the_next_writer(void **state) {
  (void)state;
  char path[128];
  mark_path(path);
  krv_vaultkit_close(&kit);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fclose(f);
  assert_int_equal(krv_vaultkit_open(&kit, false), 0);
  assert_false(krv_vault_is_wanted(kit.vault));
}

static void readers_share_and_keep_writers_out(void **state) {
  (void)state;
  struct krv_vault *second, *writer;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  krv_vaultkit_close(&kit);
  assert_int_equal(krv_vaultkit_open(&kit, true), 0);
  assert_int_equal(open_waiting(0, true, &second), 0);
  assert_int_equal(open_waiting(0, false, &writer), KRV_BUSY);
  assert_int_equal(krv_vaultkit_version(kit.vault, 1), 1);
  assert_int_equal(krv_vaultkit_version(second, 1), 1);
  krv_vault_close(second);
}

/* A crash left a WAL that was never moved to the database: a copy of the files of an open vault. */
static void crash_copy(const char *to) {
  char lock[128];
  krv_vaultkit_copy(kit.dir, to);
  (void)snprintf(lock, sizeof lock, "%s/lock", to);
  FILE *f = fopen(lock, "w");
  assert_non_null(f);
  fclose(f);
}

static void a_full_disk_still_reads_even_after_a_crash(void **state) {
  (void)state;
  struct stat before, after;
  char copy[64], wal[128];
  for (uint32_t n = 1; n <= 5; n++) assert_int_equal(krv_vaultkit_save(kit.vault, n, 1), 0);
  (void)snprintf(copy, sizeof copy, "%s/copy", kit.root);
  (void)snprintf(wal, sizeof wal, "%s/vault.db-wal", copy);
  crash_copy(copy);
  krv_vaultkit_close(&kit);
  assert_int_equal(stat(wal, &before), 0);
  assert_true(before.st_size > 0); /* what was saved lies in the WAL alone */
  (void)snprintf(kit.dir, sizeof kit.dir, "%s", copy);
  krv_cutvfs_reset();
  krv_cutvfs()->full = true;
  assert_int_equal(krv_vaultkit_open(&kit, true), 0);
  for (uint32_t n = 1; n <= 5; n++) assert_int_equal(krv_vaultkit_version(kit.vault, n), 1);
  krv_vaultkit_close(&kit);
  assert_int_equal(krv_cutvfs()->writes, 0);
  assert_int_equal(krv_cutvfs()->syncs, 0);
  assert_int_equal(krv_cutvfs()->truncates, 0);
  assert_int_equal(krv_cutvfs()->deletes, 0);
  assert_true(krv_cutvfs()->opens > 0); /* it did go through the shim */
  assert_int_equal(stat(wal, &after), 0);
  assert_int_equal(after.st_size, before.st_size);
  assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

static void a_vault_opened_to_read_refuses_writes(void **state) {
  (void)state;
  krv_vaultkit_close(&kit);
  assert_int_equal(krv_vaultkit_open(&kit, true), 0);
  assert_int_equal(krv_vault_begin(kit.vault), KRV_STATE);
  assert_int_equal(krv_vault_idle(kit.vault), KRV_STATE);
  assert_int_equal(krv_vault_passphrase(kit.vault, krv_slice_str("x"), &krv_vaultkit_options),
                   KRV_STATE);
}

static void a_save_on_a_full_disk_says_so_and_works_again_with_room(void **state) {
  (void)state;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  krv_cutvfs()->full = true;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 2), KRV_FULL);
  assert_int_equal(krv_vaultkit_version(kit.vault, 1), 1);
  krv_cutvfs()->full = false;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 2), 0);
  assert_int_equal(krv_vaultkit_version(kit.vault, 1), 2);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(one_at_a_time),
      T(who_gives_up_takes_the_mark_back),
      T(the_holder_sees_the_mark_and_lets_go),
      T(a_mark_left_by_a_dead_waiter_goes_with_the_next_writer),
      T(readers_share_and_keep_writers_out),
      T(a_full_disk_still_reads_even_after_a_crash),
      T(a_vault_opened_to_read_refuses_writes),
      T(a_save_on_a_full_disk_says_so_and_works_again_with_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
