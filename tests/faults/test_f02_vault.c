/* F2: power fails while a vault saves, checkpoints, closes or opens, and of what was written since
 * the last sync any 512-byte sector may be on the disk or not, in the database and in its WAL. What
 * was told as saved is there, whole, and so is, or is not, the save that was under way. */
#include <stdio.h>

#include "cutvfs.h"
#include "faults.h"
#include "mock.h"
#include "vaultkit.h"

enum { POINTS = 20000, CASES = 5, SAVES_MAX = 40, CHECK_EVERY = 50 };

static struct krv_vaultkit kit;
static struct krv_testenv dice;

static struct {
  uint32_t saved[CASES + 1]; /* the version of each case whose commit returned */
  uint32_t under_way; /* the case that is being saved; 0: none */
  uint64_t points, torn;
} told;

static uint64_t below(uint64_t n) {
  return krv_testenv_below(&dice, n);
}

static void finding(void *ctx, const char *sentence) {
  (void)ctx;
  fail_msg("%s", sentence);
}

static void look(struct krv_vault *vault, uint64_t seed) {
  for (uint32_t n = 1; n <= CASES; n++) {
    int version = krv_vaultkit_version(vault, n), saved = (int)told.saved[n];
    if (version != saved && !(n == told.under_way && version == saved + 1))
      fail_msg("seed %llu: case %u has version %d, told was %d", (unsigned long long)seed, n,
               version, saved);
  }
  if (told.points % CHECK_EVERY == 0) assert_int_equal(krv_vault_check(vault, finding, NULL), 0);
}

/* The disk that a cut leaves now, opened as any vault is. */
static void cut_now(void *ctx) {
  struct krv_cut_choice choice = {.cut = below(6) ? KRV_CUT_TORN : (enum krv_cut)below(2),
                                  .seed = krv_testenv_next(&dice)};
  char dir[64];
  struct krv_vault *vault;
  (void)snprintf(dir, sizeof dir, "%s/cut", kit.root);
  krv_vaultkit_remove(dir);
  assert_int_equal(krv_host_make_dir(dir), 0);
  choice.folder = dir;
  choice.under = ctx;
  krv_cutvfs_cut(&choice);
  void (*written)(void *) = krv_cutvfs()->written;
  krv_cutvfs()->written = NULL; /* the copy's own writes are of no interest */
  int status = krv_vaultkit_open_at(&kit, dir, &vault);
  if (status != 0)
    fail_msg("seed %llu: %s", (unsigned long long)choice.seed, krv_status_text(status));
  look(vault, choice.seed);
  krv_vault_close(vault);
  krv_cutvfs()->written = written;
  told.points++;
  told.torn += choice.cut == KRV_CUT_TORN;
}

static void save(void) {
  uint32_t n = 1 + (uint32_t)below(CASES);
  told.under_way = n;
  assert_int_equal(krv_vaultkit_save(kit.vault, n, told.saved[n] + 1), 0);
  told.saved[n]++;
  told.under_way = 0;
}

static void step(void) {
  switch (below(12)) {
    case 0: assert_int_equal(krv_vault_idle(kit.vault), 0); break;
    case 1:
      krv_vaultkit_close(&kit);
      assert_int_equal(krv_vaultkit_open(&kit, false), 0);
      break;
    default: save();
  }
}

static void one_life(uint64_t seed, uint64_t points) {
  char where[4096];
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  krv_vaultkit_init(&kit, seed);
  assert_non_null(realpath(kit.dir, where));
  memset(told.saved, 0, sizeof told.saved);
  krv_cutvfs()->written = cut_now;
  krv_cutvfs()->ctx = where;
  for (uint32_t i = 0; i < SAVES_MAX && told.points < points; i++) step();
  krv_cutvfs_reset();
  krv_vaultkit_release(&kit);
}

static void what_a_vault_told_as_saved_survives_torn_sectors(void **state) {
  uint64_t seed = krv_faults_seed(), points = krv_faults(POINTS);
  (void)state;
  (void)krv_cutvfs();
  krv_testenv_init(&dice, seed);
  for (uint64_t life = 0; told.points < points; life++) one_life(seed + life, points);
  print_message("F2 vault: %llu power cuts, %llu of them torn (seed %llu)\n",
                (unsigned long long)told.points, (unsigned long long)told.torn,
                (unsigned long long)seed);
  assert_true(told.torn > points / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_vault_told_as_saved_survives_torn_sectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
