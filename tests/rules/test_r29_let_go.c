/* R29 at the command: `sync --watch` without a connection, between two tries or waiting for
 * approval, lets go of the vault within 1 s of the mark. The command itself runs here on a library
 * and a clock of the test's, so that no second passes. */
#include "mock.h"

#include <signal.h>
#include <time.h>

#include "commands.h"

enum { LET_GO_MS = 1000, PAUSE_MS = 60000, STEP_MS = 50, MARKS = 2 * 200, NEVER_MS = 100000000 };

static struct {
  int64_t now_ms, wanted_ms, latest_ms; /* latest: the longest that somebody waited */
  int marks; /* left and seen so far */
} world;
static char vault;

/* The next mark comes a little later in the pause than the last one did. */
static void next_mark(void) {
  world.wanted_ms = world.now_ms + (world.marks / 2) * STEP_MS;
}

static bool waits_for_approval(void) {
  return world.marks % 2 == 1;
}

int __wrap_nanosleep(const struct timespec *asked, struct timespec *left);
int __wrap_nanosleep(const struct timespec *asked, struct timespec *left) {
  (void)left;
  world.now_ms += (int64_t)asked->tv_sec * 1000 + asked->tv_nsec / 1000000;
  assert_true(world.now_ms < NEVER_MS); /* it looks for no mark */
  return 0;
}

/* ---- the library and the rest of the command, as far as it is used */

int kerven_sync_run(kerven *k, const struct kerven_sync_options *options,
                    struct kerven_sync_report *report) {
  (void)k;
  assert_true(options->watch);
  assert_false(report->answered);
  next_mark();
  return waits_for_approval() ? 0 : KERVEN_EOFFLINE;
}

int kerven_status(kerven *k, struct kerven_status_report *out) {
  (void)k;
  out->membership = KERVEN_JOINING;
  return 0;
}

bool kerven_wanted(const kerven *k) {
  assert_non_null(k);
  return world.now_ms >= world.wanted_ms;
}

void kerven_close(kerven *k) {
  int64_t waited_ms = world.now_ms - world.wanted_ms;
  assert_ptr_equal(k, &vault);
  assert_true(waited_ms >= 0); /* nobody wanted it */
  if (waited_ms > world.latest_ms) world.latest_ms = waited_ms;
  if (++world.marks == MARKS) (void)raise(SIGTERM);
}

int64_t kerven_backoff_next_ms(struct kerven_backoff *backoff) {
  (void)backoff;
  return PAUSE_MS;
}

const char *kerven_strerror(int status) {
  (void)status;
  return "no connection";
}

int krv_cli_open(struct krv_cli *cli) {
  cli->k = (kerven *)(void *)&vault;
  return 0;
}

void krv_cli_tell_alarms(struct krv_cli *cli, uint64_t unseen) {
  (void)cli;
  (void)unseen;
}

int krv_cli_why(struct krv_cli *cli, int status, const char *format, ...) {
  (void)cli;
  (void)format;
  return status;
}

bool krv_cli_has(const struct krv_cli *cli, const char *name) {
  (void)cli;
  return strcmp(name, "watch") == 0;
}

static void whenever_the_mark_comes_the_vault_is_let_go_within_a_second(void **state) {
  (void)state;
  struct krv_cli cli = {0};
  assert_int_equal(krv_cli_open(&cli), 0);
  assert_int_equal(krv_cmd_sync.run(&cli), 0);
  assert_int_equal(world.marks, MARKS);
  assert_in_range(world.latest_ms, 1, LET_GO_MS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whenever_the_mark_comes_the_vault_is_let_go_within_a_second),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
