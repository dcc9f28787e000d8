/* R29 at the library: a watching sync lets go within 1 s of the mark, whatever the connection does.
 * Time is virtual: ticks come at once, and each counts for as long as the driver asked to be left
 * alone. The mark comes just after a tick, when it is seen latest. */
#define _GNU_SOURCE /* uv.h */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "embedkit.h"

enum { LET_GO_MS = 1000, NEVER_MS = 60000 };

static struct {
  uv_timer_cb tick;
  uint64_t tick_ms;
  bool due, left; /* the mark is to be left, was left */
  uint64_t waited_ms; /* since then */
} seen;

static void leave_mark(void) {
  FILE *mark = fopen(embed_path("office/wanted"), "w");
  assert_non_null(mark);
  assert_int_equal(fclose(mark), 0);
  seen.left = true;
}

static void tick_at_once(uv_timer_t *timer) {
  if (seen.left) seen.waited_ms += seen.tick_ms;
  seen.tick(timer);
  if (seen.due && !seen.left) leave_mark();
}

int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb tick, uint64_t first_ms, uint64_t each_ms);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb tick, uint64_t first_ms, uint64_t each_ms);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb tick, uint64_t first_ms,
                          uint64_t each_ms) {
  seen.tick = tick;
  seen.tick_ms = first_ms > each_ms ? first_ms : each_ms;
  return __real_uv_timer_start(timer, tick_at_once, 1, each_ms > 0);
}

/* Lets a watch that sees no mark end, and the test fail. */
static bool give_up(void *ctx) {
  (void)ctx;
  return seen.waited_ms > NEVER_MS;
}

static void mark_when_answered(void *ctx, const struct kerven_sync_report *so_far, uint64_t total) {
  (void)ctx;
  (void)total;
  seen.due |= so_far->answered;
}

static struct kerven_sync_report watch(kerven *k) {
  struct kerven_sync_options options = {
      .size = sizeof options, .watch = true, .stop = give_up, .progress = mark_when_answered};
  struct kerven_sync_report report = {.size = sizeof report};
  assert_ok(k, kerven_sync_run(k, &options, &report));
  assert_true(seen.left);
  assert_true(kerven_wanted(k));
  assert_in_range(seen.waited_ms, 1, LET_GO_MS);
  return report;
}

static int set_up(void **state) {
  memset(&seen, 0, sizeof seen);
  return embed_set_up(state);
}

static void a_connected_watch_lets_go_within_a_second_of_the_mark(void **state) {
  (void)state;
  kerven *k = embed_found("office");
  assert_true(watch(k).answered);
  kerven_close(k);
}

/* In the server's place: it takes the connection, and answers nothing. */
static int silent_server(kerven *k) {
  struct kerven_status_report status = {.size = sizeof status};
  int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_ok(k, kerven_status(k, &status));
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)atoi(strchr(status.server, ':') + 1)),
                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
  assert_true(listener >= 0);
  assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(listener, 8), 0);
  return listener;
}

static void a_watch_that_hears_nothing_lets_go_within_a_second_of_the_mark(void **state) {
  (void)state;
  kerven *k = embed_found("office");
  embed_stop_server();
  int listener = silent_server(k);
  seen.due = true;
  assert_false(watch(k).answered);
  close(listener);
  kerven_close(k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, embed_tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_connected_watch_lets_go_within_a_second_of_the_mark),
      TEST(a_watch_that_hears_nothing_lets_go_within_a_second_of_the_mark),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
