/* The disk fails: at every call of a save, by power cut after every write, by flipped bits.
 * Whatever happens, what was committed is there afterwards, and a save is there whole or not at
 * all. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cutvfs.h"
#include "faults.h"
#include "vaultkit.h"

static struct krv_vaultkit kit;

/* No fault; nothing here is about the real disk's syncs. */
static void calm(void) {
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
}

static int set_up(void **state) {
  (void)state;
  krv_cutvfs();
  calm();
  krv_vaultkit_init(&kit, 5 + krv_faults_seed());
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_cutvfs_reset();
  krv_vaultkit_release(&kit);
  return 0;
}

/* --- SQLite has no memory */

static struct krv_vault_item item_of(uint8_t mark) {
  return (struct krv_vault_item){
      .kind = 1, .id = {{mark}}, .mark = KRV_MARK_NONE, .bytes = krv_slice("x", 1)};
}

/* What has no number above 0 is found by no walk, and would never be sent. */
static void an_item_has_a_number_also_after_a_deletion_without_memory(void **state) {
  (void)state;
  struct krv_vault_item item = item_of(1), next = item_of(2);
  assert_int_equal(krv_vault_begin(kit.vault), 0);
  assert_int_equal(krv_vault_item_put(kit.vault, &item), 0);
  assert_int_equal(krv_vault_commit(kit.vault), 0);
  krv_vaultkit_close(&kit);
  assert_int_equal(krv_vaultkit_open(&kit, false), 0);
  assert_int_equal(krv_vault_begin(kit.vault), 0);
  sqlite3_hard_heap_limit64(sqlite3_memory_used());
  assert_int_equal(krv_vault_item_delete(kit.vault, item.lid), KRV_NOMEM);
  sqlite3_hard_heap_limit64(0);
  krv_vault_rollback(kit.vault);
  assert_int_equal(krv_vault_begin(kit.vault), 0);
  assert_int_equal(krv_vault_item_put(kit.vault, &next), 0);
  assert_int_equal(krv_vault_commit(kit.vault), 0);
  assert_true(next.lid > item.lid);
}

/* --- the k-th call fails */

/* F5, F6. Full: from the k-th on, as a disk is, and once, as one is where others delete. Fresh: the
 * save is the first after opening. */
static const struct mode {
  int code;
  bool on, half, reads, fresh;
} modes[] = {
    {SQLITE_FULL, true, false, false, false},
    {SQLITE_FULL, true, true, false, true},
    {SQLITE_FULL, false, true, false, false},
    {SQLITE_IOERR_WRITE, false, false, false, true},
    {SQLITE_IOERR_WRITE, true, true, false, false},
    {SQLITE_IOERR_WRITE, false, true, false, true},
    {SQLITE_IOERR_FSYNC, false, false, false, false},
    {SQLITE_IOERR_READ, false, false, true, true},
    {SQLITE_IOERR_SHORT_READ, true, false, true, true},
    {SQLITE_IOERR, true, true, true, true},
};
enum { MODES = sizeof modes / sizeof *modes, LIVES = 43, FLIPS = 320 };

static void begin_fault(const struct mode *mode, uint64_t k) {
  struct krv_cutvfs *vfs = krv_cutvfs();
  calm();
  vfs->fail_at = k;
  vfs->fail_code = mode->code;
  vfs->fail_on = mode->on;
  vfs->fail_half = mode->half;
  vfs->reads_too = mode->reads;
}

/* With the vault open still. */
static void after_fault(struct krv_vault *vault, const struct mode *mode, int status) {
  if (mode->code == SQLITE_FULL) { /* it goes on reading, and what it reads is what was */
    assert_int_equal(status, KRV_FULL);
    assert_int_equal(krv_vaultkit_version(vault, 1), 1);
    return;
  }
  /* read short, a page is none: seen, and nothing of it is saved */
  if (mode->code == SQLITE_IOERR_SHORT_READ && status == KRV_DAMAGED) return;
  assert_int_equal(status, KRV_IO); /* nothing more on this connection */
  calm();
  assert_int_equal(krv_vaultkit_save(vault, 2, 1), KRV_IO);
  assert_int_equal(krv_cutvfs()->writes, 0);
}

/* Saves version 2 of case 1 with the k-th call failing. false when the save makes fewer calls. */
static bool save_with_fault(uint64_t k, const struct mode *mode) {
  char dir[64];
  (void)snprintf(dir, sizeof dir, "%s/k", kit.root);
  krv_vaultkit_remove(dir);
  krv_vaultkit_copy(kit.dir, dir);
  struct krv_vault *vault;
  assert_int_equal(krv_vaultkit_open_at(&kit, dir, &vault), 0);
  if (!mode->fresh) assert_int_equal(krv_vaultkit_save(vault, 3, 1), 0);
  begin_fault(mode, k);
  int status = krv_vaultkit_save(vault, 1, 2);
  bool reached = krv_cutvfs()->calls >= k;
  if (reached) after_fault(vault, mode, status);
  else assert_int_equal(status, 0);
  krv_vault_close(vault);
  calm();
  assert_int_equal(krv_vaultkit_open_at(&kit, dir, &vault), 0);
  int version = krv_vaultkit_version(vault, 1);
  assert_true(status == 0 ? version == 2 : version == 1 || version == 2);
  if (!mode->fresh) assert_int_equal(krv_vaultkit_version(vault, 3), 1);
  assert_int_equal(krv_vaultkit_version(vault, 2), 0);
  assert_int_equal(krv_vaultkit_save(vault, 1, (uint32_t)version + 1), 0);
  krv_vault_close(vault);
  return reached;
}

static void a_save_whose_kth_call_fails_is_whole_or_not_there(void **state) {
  (void)state;
  uint64_t points[2] = {0}; /* F5, F6 */
  uint32_t lives = (uint32_t)krv_faults(LIVES);
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  for (uint32_t life = 0; life < lives; life++) {
    assert_int_equal(krv_vaultkit_save(kit.vault, 10 + life, 1), 0); /* other pages each time */
    if (life % 3 == 1) assert_int_equal(krv_vault_idle(kit.vault), 0);
    for (size_t m = 0; m < MODES; m++)
      for (uint64_t k = 1; save_with_fault(k, &modes[m]); k++) {
        points[modes[m].code == SQLITE_FULL]++;
        assert_true(k < 60);
      }
  }
  print_message("F5 vault: %llu calls failed; F6 vault: %llu found no room\n",
                (unsigned long long)points[0], (unsigned long long)points[1]);
  assert_true(points[0] >= lives * 40 && points[1] >= lives * 20);
}

/* Opening fails at the k-th call: the file stays as it was, and opens later. */
static void an_open_whose_kth_call_fails_leaves_the_vault_alone(void **state) {
  (void)state;
  uint64_t k = 1;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  krv_vaultkit_close(&kit);
  for (int status = -1; status != 0; k++) {
    calm();
    krv_cutvfs()->fail_at = k;
    krv_cutvfs()->fail_code = SQLITE_IOERR;
    status = krv_vaultkit_open(&kit, false);
    assert_true(status == 0 || status == KRV_IO);
    calm();
    krv_vaultkit_close(&kit);
    assert_int_equal(krv_vaultkit_open(&kit, false), 0);
    assert_int_equal(krv_vaultkit_version(kit.vault, 1), 1);
    krv_vaultkit_close(&kit);
    assert_true(k < 100);
  }
  assert_true(k > 2);
}

/* --- power cuts */

struct cuts {
  unsigned points;
  uint32_t saved; /* versions of case 1 whose commit returned */
  bool idle;
};

static void reopen_after_cut(struct cuts *cuts, enum krv_cut cut) {
  char dir[64];
  struct krv_vault *vault;
  (void)snprintf(dir, sizeof dir, "%s/cut", kit.root);
  krv_vaultkit_remove(dir);
  assert_int_equal(krv_host_make_dir(dir), 0);
  void (*written)(void *) = krv_cutvfs()->written;
  krv_cutvfs_cut(
      &(struct krv_cut_choice){.folder = dir, .cut = cut, .seed = cuts->points * 977u + 1});
  krv_cutvfs()->written = NULL; /* the copy's own writes are of no interest */
  int status = krv_vaultkit_open_at(&kit, dir, &vault);
  if (status != 0) fail_msg("cut %u, kind %d: %s", cuts->points, cut, krv_status_text(status));
  int version = krv_vaultkit_version(vault, 1);
  /* what was promised, or besides it the save that was under way */
  if (version != (int)cuts->saved && version != (int)cuts->saved + 1)
    fail_msg("cut %u, kind %d: version %d after %u", cuts->points, cut, version, cuts->saved);
  if (cuts->points % 16 == 0) assert_int_equal(krv_vault_idle(vault), 0);
  krv_vault_close(vault);
  krv_cutvfs()->written = written;
  cuts->points++;
}

static void cut_now(void *ctx) {
  for (int cut = 0; cut < KRV_CUT_COUNT; cut++) reopen_after_cut(ctx, (enum krv_cut)cut);
}

static void a_power_cut_after_any_write_loses_nothing_that_was_saved(void **state) {
  (void)state;
  struct cuts cuts = {0};
  calm();
  krv_cutvfs()->written = cut_now;
  krv_cutvfs()->ctx = &cuts;
  uint32_t versions = 3 * (uint32_t)krv_faults(2);
  for (uint32_t version = 1; version <= versions; version++) {
    assert_int_equal(krv_vaultkit_save(kit.vault, 1, version), 0);
    cuts.saved = version;
    /* cut inside a checkpoint */
    if (version % 3 == 2) assert_int_equal(krv_vault_idle(kit.vault), 0);
  }
  calm();
  print_message("%u power cuts\n", cuts.points);
  assert_true(cuts.points >= 30 * versions);
}

/* --- flipped bits */

static void note(void *ctx, const char *sentence) {
  assert_non_null(sentence);
  ++*(unsigned *)ctx;
}

/* Whether the damage shows, or did no harm: everything reads as before. */
static bool noticed_or_harmless(const char *dir) {
  struct krv_vault *vault;
  unsigned findings = 0;
  int status = krv_vaultkit_open_at(&kit, dir, &vault);
  assert_int_not_equal(status, KRV_NOT_FOUND);
  if (status != 0) return status == KRV_DAMAGED || status == KRV_NEWER || status == KRV_IO;
  status = krv_vault_check(vault, note, &findings);
  bool whole = true;
  for (uint32_t n = 1; whole && n <= 6; n++) whole = krv_vaultkit_version(vault, n) == 1;
  uint64_t unsent = 0;
  if (krv_vault_count(vault, KRV_MARK_NONE, &unsent) != 0 || unsent != 6) whole = false;
  krv_vault_close(vault);
  return findings > 0 || status < 0 || whole;
}

static void flip(const char *dir, long at, unsigned bit) {
  char path[96];
  (void)snprintf(path, sizeof path, "%s/vault.db", dir);
  FILE *f = fopen(path, "r+b");
  assert_non_null(f);
  assert_int_equal(fseek(f, at, SEEK_SET), 0);
  int byte = fgetc(f);
  assert_int_equal(fseek(f, at, SEEK_SET), 0);
  assert_int_not_equal(fputc(byte ^ (1 << bit), f), EOF);
  fclose(f);
}

static void a_flipped_bit_is_noticed_or_harmless_and_never_crashes(void **state) {
  (void)state;
  char dir[64];
  struct krv_vault *vault;
  for (uint32_t n = 1; n <= 6; n++) assert_int_equal(krv_vaultkit_save(kit.vault, n, 1), 0);
  krv_vaultkit_close(&kit);
  (void)snprintf(dir, sizeof dir, "%s/flip", kit.root);
  krv_vaultkit_copy(kit.dir, dir);
  assert_int_equal(krv_vaultkit_open_at(&kit, dir, &vault), 0);
  long size = (long)krv_vault_bytes(vault);
  krv_vault_close(vault);
  assert_true(size >= 16 * 4096);
  uint64_t flips = krv_faults(FLIPS), flipped = 0;
  /* in each page: its head, and a place anywhere */
  for (long page = 0; page * 4096 < size; page++)
    for (uint64_t i = 0; i < flips; i++, flipped++) {
      long at = page * 4096 + (i % 2 == 0 ? (long)krv_testenv_below(&kit.t, 12)
                                      : (long)krv_testenv_below(&kit.t, 4096));
      unsigned bit = (unsigned)krv_testenv_below(&kit.t, 8);
      krv_vaultkit_copy(kit.dir, dir);
      flip(dir, at, bit);
      if (!noticed_or_harmless(dir)) fail_msg("byte %ld, bit %u: not noticed", at, bit);
    }
  print_message("F7 vault: %llu flipped bits (seed %llu)\n", (unsigned long long)flipped,
                (unsigned long long)krv_faults_seed());
}

/* A row put in another's place opens nowhere: names a finding, reads as DAMAGED. */
static void swapped_rows_are_noticed(void **state) {
  (void)state;
  static const char *const swaps[] = {
      "update states set s = (select s from states where lid = 2) where lid = 1",
      "update items set s = (select s from items where lid = 2) where lid = 1",
      "update items set case_lid = 2 where lid = 1",
      "update items set kind = 3 where lid = 1",
      "update items set dot = 77 where lid = 1",
      "update cases set s = (select s from cases where lid = 2) where lid = 1",
      "update cases set id = 5 where lid = 1",
      "update meta set s = (select s from states where lid = 1) where lid = 3",
      "delete from states where lid = 1",
  };
  for (uint32_t n = 1; n <= 2; n++) assert_int_equal(krv_vaultkit_save(kit.vault, n, 1), 0);
  krv_vaultkit_close(&kit);
  for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
    char dir[64], path[96];
    sqlite3 *db;
    struct krv_vault *vault;
    unsigned findings = 0;
    (void)snprintf(dir, sizeof dir, "%s/swap", kit.root);
    (void)snprintf(path, sizeof path, "%s/vault.db", dir);
    krv_vaultkit_copy(kit.dir, dir);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "pragma locking_mode = exclusive", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, swaps[i], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_close(db);
    assert_int_equal(krv_vaultkit_open_at(&kit, dir, &vault), 0);
    assert_int_equal(krv_vault_check(vault, note, &findings), 0);
    if (findings == 0) fail_msg("not found: %s", swaps[i]);
    krv_vault_close(vault);
  }
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(an_item_has_a_number_also_after_a_deletion_without_memory),
      T(a_save_whose_kth_call_fails_is_whole_or_not_there),
      T(an_open_whose_kth_call_fails_leaves_the_vault_alone),
      T(a_power_cut_after_any_write_loses_nothing_that_was_saved),
      T(a_flipped_bit_is_noticed_or_harmless_and_never_crashes),
      T(swapped_rows_are_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
