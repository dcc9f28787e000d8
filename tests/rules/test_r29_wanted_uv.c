/* R29 at the library: a watching sync lets go within 1 s of the mark, whatever the connection does.
 * Time is virtual: ticks come at once, and each counts for as long as the driver asked to be left
 * alone. The mark comes just after a tick, when it is seen latest. */
#define _GNU_SOURCE /* uv.h */
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "embedkit.h"

enum { LET_GO_MS = 1000, NEVER_MS = 60000 };

static struct {
  char vault[64];
  uv_timer_cb tick;
  uint64_t tick_ms;
  bool due, left; /* the mark is to be left, was left */
  uint64_t waited_ms; /* since then */
} seen;

static void leave_mark(void) {
  char path[128];
  (void)snprintf(path, sizeof path, "%s/wanted", seen.vault);
  FILE *mark = fopen(embed_path(path), "w");
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
  (void)snprintf(seen.vault, sizeof seen.vault, "office");
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

/* ---- names. Numbers are for the system; "localhost" is found; of any other name nobody hears
 * until the test is over. Whoever waits for it himself hears at once that he cannot. */

static int answers[2];
static pthread_t waiter;

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out) {
  char byte;
  if (hints->ai_flags & AI_NUMERICHOST) return __real_getaddrinfo(host, port, hints, out);
  if (strcmp(host, "localhost") == 0) return __real_getaddrinfo("127.0.0.1", port, hints, out);
  if (!pthread_equal(pthread_self(), waiter)) (void)!read(answers[0], &byte, 1);
  return EAI_AGAIN;
}

/* A member who goes to the same server by a name: its port is the server's. */
static kerven *member_by_name(kerven *office, const char *host) {
  struct kerven_status_report status = {.size = sizeof status};
  struct kerven_server_options options = {.size = sizeof options};
  char code[KERVEN_INVITE_TEXT_MAX], address[128];
  kerven *k = embed_member(office, "Jeren", "worker");
  (void)snprintf(seen.vault, sizeof seen.vault, "Jeren");
  assert_ok(k, kerven_status(k, &status));
  (void)snprintf(address, sizeof address, "%s%s", host, strchr(status.server, ':'));
  options.address = address;
  assert_ok(office, kerven_server_code(office, &options, code));
  assert_ok(k, kerven_server_use(k, code));
  return k;
}

static void a_server_is_found_by_its_name(void **state) {
  (void)state;
  kerven *office = embed_found("office"), *k = member_by_name(office, "localhost");
  embed_sync(k);
  seen.due = true;
  (void)watch(k);
  kerven_close(k);
  kerven_close(office);
}

static void a_watch_that_looks_up_a_name_lets_go_within_a_second_of_the_mark(void **state) {
  (void)state;
  assert_int_equal(pipe2(answers, O_CLOEXEC), 0);
  waiter = pthread_self();
  kerven *office = embed_found("office"), *k = member_by_name(office, "away.example");
  seen.due = true;
  assert_false(watch(k).answered);
  kerven_close(k);
  kerven_close(office);
  close(answers[1]); /* the lookup ends by itself, and nobody waits for it */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, embed_tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_connected_watch_lets_go_within_a_second_of_the_mark),
      TEST(a_watch_that_hears_nothing_lets_go_within_a_second_of_the_mark),
      TEST(a_server_is_found_by_its_name),
      TEST(a_watch_that_looks_up_a_name_lets_go_within_a_second_of_the_mark),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
