/* F1: a vault is killed at every call to the disk, the write under way half done, while it opens
 * with a log to take in, saves, checkpoints and closes. What was told as saved is there, whole, and
 * so is, or is not, the save that was under way; and it goes on. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "childkit.h"
#include "cutvfs.h"
#include "faults.h"
#include "mock.h"
#include "vaultkit.h"

enum { POINTS = 3000, CASES = 4, STEPS = 5, CHECK_EVERY = 20 };

struct told {
  uint32_t saved[CASES + 1]; /* the version of each case whose commit returned */
  uint32_t under_way; /* the case that is being saved; 0: none */
};

static struct krv_vaultkit kit;
static struct krv_testenv dice;
static struct told *told; /* shared with the child */
static char copy[64];

static uint64_t below(uint64_t n) {
  return krv_testenv_below(&dice, n);
}

static int save(struct krv_vault *vault) {
  uint32_t n = 1 + (uint32_t)below(CASES);
  told->under_way = n;
  int status = krv_vaultkit_save(vault, n, told->saved[n] + 1);
  if (status != 0) return status;
  told->saved[n]++;
  told->under_way = 0;
  return 0;
}

/* The same steps for each k. */
static void live(uint64_t seed) {
  struct krv_vault *vault;
  krv_testenv_init(&dice, seed);
  if (krv_vaultkit_open_at(&kit, copy, &vault) != 0) _exit(1);
  for (uint32_t i = 0; i < STEPS; i++) {
    if (save(vault) != 0) _exit(1);
    if (below(3) == 0 && krv_vault_idle(vault) != 0) _exit(1);
  }
  krv_vault_close(vault);
}

/* Whether it was killed: false when it makes fewer calls. */
static bool killed_at(uint64_t k, uint64_t seed) {
  int how;
  pid_t child = krv_child_fork();
  if (child == 0) {
    krv_cutvfs_reset();
    krv_cutvfs()->lazy = true;
    krv_cutvfs()->kill_at = k;
    live(seed);
    _exit(0);
  }
  assert_int_equal(waitpid(child, &how, 0), child);
  if (WIFSIGNALED(how)) assert_int_equal(WTERMSIG(how), SIGKILL);
  else assert_int_equal(WEXITSTATUS(how), 0);
  return WIFSIGNALED(how);
}

static void finding(void *ctx, const char *sentence) {
  (void)ctx;
  fail_msg("%s", sentence);
}

static void look(uint64_t seed, uint64_t k) {
  struct krv_vault *vault;
  int status = krv_vaultkit_open_at(&kit, copy, &vault);
  if (status != 0)
    fail_msg("seed %llu, killed at %llu: %s", (unsigned long long)seed, (unsigned long long)k,
             krv_status_text(status));
  for (uint32_t n = 1; n <= CASES; n++) {
    int version = krv_vaultkit_version(vault, n), saved = (int)told->saved[n];
    if (version != saved && !(n == told->under_way && version == saved + 1))
      fail_msg("seed %llu, killed at %llu: case %u has version %d, told was %d",
               (unsigned long long)seed, (unsigned long long)k, n, version, saved);
    told->saved[n] = (uint32_t)version;
  }
  if (k % CHECK_EVERY == 0) assert_int_equal(krv_vault_check(vault, finding, NULL), 0);
  assert_int_equal(save(vault), 0);
  krv_vault_close(vault);
}

static uint64_t one_life(uint64_t seed, uint64_t points) {
  uint64_t k = 0;
  *told = (struct told){0};
  krv_vaultkit_init(&kit, seed);
  (void)snprintf(copy, sizeof copy, "%s/copy", kit.root);
  krv_testenv_init(&dice, seed + 1);
  for (uint64_t left = below(8); left > 0; left--) assert_int_equal(save(kit.vault), 0);
  const struct told before = *told;
  for (bool on = true; on && k < points;) {
    krv_vaultkit_remove(copy);
    krv_vaultkit_copy(kit.dir, copy);
    *told = before;
    on = killed_at(k + 1, seed);
    k += on;
    look(seed, k);
  }
  krv_vaultkit_release(&kit);
  return k;
}

static void what_a_killed_vault_told_as_saved_is_there(void **state) {
  (void)state;
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  told = krv_child_shared(sizeof *told);
  uint64_t points = krv_faults_lives(one_life, POINTS);
  print_message("F1 vault: killed at %llu calls (seed %llu)\n", (unsigned long long)points,
                (unsigned long long)krv_faults_seed());
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_killed_vault_told_as_saved_is_there)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
