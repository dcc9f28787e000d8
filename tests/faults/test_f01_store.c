/* F1 at the server: it is killed at every call to the disk, the write under way half done, while it
 * opens with a log to take in, appends and checkpoints. What was acknowledged is there with the
 * chain that was told, and it goes on. */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "childkit.h"
#include "cutvfs.h"
#include "faults.h"
#include "mock.h"
#include "storelife.h"

enum { POINTS = 3000, STEPS = 5, CHECK_EVERY = 20 };

static struct krv_storelife life;
static struct krv_testenv dice;
static struct krv_told *told; /* shared with the child */
static char copy[96];

static uint64_t below(uint64_t n) {
  return krv_testenv_below(&dice, n);
}

/* The same steps for each k. */
static void step(uint64_t steps_seed) {
  krv_testenv_init(&dice, steps_seed);
  for (uint32_t i = 0; i < STEPS; i++) {
    bool checkpoint = below(3) == 0;
    if (krv_storelife_append(&life, 1 + below(4)) != 0) _exit(1);
    krv_storelife_tell(life.kit.store, told);
    if (checkpoint && krv_store_sqlite_checkpoint(life.kit.store, true) != 0) _exit(1);
  }
}

/* Whether it was killed: false when it makes fewer calls. */
static bool killed_at(uint64_t k, uint64_t steps_seed) {
  int how;
  pid_t child = krv_child_fork();
  if (child == 0) {
    krv_cutvfs_reset();
    krv_cutvfs()->lazy = true;
    krv_cutvfs()->kill_at = k;
    if (krv_storelife_at(&life, copy) != 0) _exit(1);
    step(steps_seed);
    krv_storelife_back(&life);
    _exit(0);
  }
  assert_int_equal(waitpid(child, &how, 0), child);
  if (WIFSIGNALED(how)) assert_int_equal(WTERMSIG(how), SIGKILL);
  else assert_int_equal(WEXITSTATUS(how), 0);
  return WIFSIGNALED(how);
}

static uint64_t one_life(uint64_t seed, uint64_t points) {
  uint64_t k = 0;
  struct krv_told before;
  krv_storelife_init(&life, seed);
  krv_storelife_case(&life);
  krv_testenv_init(&dice, seed);
  for (uint64_t left = below(6); left > 0; left--)
    assert_int_equal(krv_storelife_append(&life, 1 + below(4)), 0);
  krv_storelife_tell(life.kit.store, &before);
  (void)snprintf(copy, sizeof copy, "%s/copy", life.folder);
  assert_int_equal(mkdir(copy, 0700), 0);
  for (bool on = true; on && k < points;) {
    krv_storelife_copy(&life, copy);
    *told = before;
    on = killed_at(k + 1, seed);
    k += on;
    assert_int_equal(krv_storelife_at(&life, copy), 0);
    krv_storelife_look(life.kit.store, told, seed, k % CHECK_EVERY == 0);
    krv_storelife_back(&life);
  }
  krv_kit_rmdir(copy);
  krv_storelife_release(&life);
  return k;
}

static void what_a_killed_server_acknowledged_is_there(void **state) {
  (void)state;
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  told = krv_child_shared(sizeof *told);
  uint64_t points = krv_faults_lives(one_life, POINTS);
  print_message("F1 store: killed at %llu calls (seed %llu)\n", (unsigned long long)points,
                (unsigned long long)krv_faults_seed());
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_killed_server_acknowledged_is_there)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
