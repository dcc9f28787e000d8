/* F16: a house full of guests. The real server on loopback holds thousands of idle sessions, of
 * sessions that pull and never read, of handshakes that go no further, and of callers who only
 * knock; meanwhile an honest device syncs, and the server's memory stays within its bound. How many
 * there are of each, the limit of open files decides; what it does not allow is said. */
#define _GNU_SOURCE
#include "mock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"
#include "serverkit.h"

enum {
  IDLE = 10000,
  SLOW = 2000,
  HALF = 10000,  /* 100,000 with KRV_FAULTS=10 */
  KNOCKS = 2000,
  SPARE = 1000,  /* descriptors for all else */
  HALF_OPEN = 2000,
  PER_DEVICE = KRV_SESSIONS_PER_DEVICE_MAX,
  AT_ONCE = 8, /* entries with two devices each, on their way to the server */
  HONEST = 100,
  ADDRESSES = 200,
  PER_ADDRESS = 256, /* the server's own bound */
  RSS_MAX_KIB = 64 * 1024,
#ifdef __SANITIZE_ADDRESS__
  RSS_TIMES = 4, /* shadow memory and red zones */
#else
  RSS_TIMES = 1,
#endif
};

static struct srv server;
static struct krv_founding_code code;
static char dir[SRV_PATH_MAX], text[SRV_TEXT_MAX];
static struct krv_dh_pair *sessions; /* one a device */
static uint32_t devices, idle_count, slow_count, half_open;
static int *fds;                     /* idle ones, then slow ones */

/* ---- how many ---- */

static void count_guests(void) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  uint64_t room = limit.rlim_cur > SPARE ? limit.rlim_cur - SPARE : 0;
  const uint64_t wanted = IDLE + SLOW + HALF_OPEN;
  if (room > wanted) room = wanted;
  idle_count = (uint32_t)(IDLE * room / wanted) / (2 * PER_DEVICE) * 2 * PER_DEVICE;
  slow_count = (uint32_t)(SLOW * room / wanted) / (2 * PER_DEVICE) * 2 * PER_DEVICE;
  half_open = (uint32_t)(HALF_OPEN * room / wanted);
  devices = (idle_count + slow_count) / PER_DEVICE;
  if (idle_count < IDLE)
    print_message("%llu open files are allowed here: %u idle sessions instead of %u, %u slow ones "
                  "instead of %u\n", (unsigned long long)limit.rlim_cur, idle_count, IDLE,
                  slow_count, SLOW);
}

/* ---- the server ---- */

static unsigned long memory_kib(const char *what) {
  char path[64], line[128];
  unsigned long kib = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)server.pid);
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  while (fgets(line, sizeof line, file))
    if (strncmp(line, what, strlen(what)) == 0) kib = strtoul(line + strlen(what) + 1, NULL, 10);
  fclose(file);
  assert_true(kib > 0);
  return kib;
}

/* As it says itself. */
static unsigned long connections(void) {
  assert_int_equal(srv_run(text, "status", dir, "--json", NULL, NULL), 0);
  const char *at = strstr(text, "\"connections\":");
  assert_non_null(at);
  return strtoul(at + 14, NULL, 10);
}

/* ---- the programme ---- */

static void open_known(struct krv_channel *channel, bool knows_roster) {
  uint32_t count = krv_roster_count(srv_fleet.roster);
  struct krv_msg_open open = {.version = KRV_PROTOCOL_VERSION};
  struct krv_buf payload;
  if (knows_roster) {
    open.roster_count = count;
    memcpy(open.roster_head8, krv_roster_hash(srv_fleet.roster, count - 1), 8);
  }
  krv_buf_init(&payload, &srv_world.env);
  krv_msg_open_encode(&open, &payload);
  srv_say(channel, KRV_MSG_OPEN, krv_buf_slice(&payload));
  krv_buf_release(&payload);
}

/* Two devices more, in one entry. */
static void say_entry(struct krv_channel *channel, struct krv_dh_pair out[2]) {
  struct krv_statement statements[2];
  struct krv_buf entry;
  krv_buf_init(&entry, &srv_world.env);
  for (uint32_t i = 0; i < 2; i++)
    out[i] = krv_fleet_prepare(&srv_fleet, KRV_ROLE_WORKER, &statements[i])->session;
  krv_fleet_entry(&srv_fleet, KRV_DEVICE_FOUNDER, statements, 2, &entry);
  assert_int_equal(krv_roster_append(srv_fleet.roster, krv_buf_slice(&entry)), 0);
  srv_say(channel, KRV_MSG_ROSTER, krv_buf_slice(&entry));
  krv_buf_release(&entry);
}

static void admit_all(void) {
  struct krv_channel *channel = srv_channel(&code.server_pk, NULL);
  uint8_t first;
  int fd = srv_dial(server.port);
  open_known(channel, true);
  assert_true(srv_await(fd, channel, KRV_MSG_ANSWER, &first));
  for (uint32_t i = 0; i < devices;) {
    uint32_t said = 0, heard = 0;
    for (; said < AT_ONCE && i < devices; i += 2, said++) say_entry(channel, sessions + i);
    for (; heard < said; heard += first >> 1) /* how many were accepted */
      assert_true(srv_await(fd, channel, KRV_MSG_ACK, &first));
  }
  close(fd);
  krv_channel_free(channel);
}

/* What is freed counts no longer: a sanitizer keeps 256 MiB of it else. */
static void keep_nothing_freed(void) {
  const char *given = getenv("ASAN_OPTIONS");
  char options[512];
  snprintf(options, sizeof options, "%s%squarantine_size_mb=1", given ? given : "",
           given ? ":" : "");
  setenv("ASAN_OPTIONS", options, 1);
}

static int set_up(void **state) {
  if (srv_setup(state) != 0) return -1;
  keep_nothing_freed();
  count_guests();
  sessions = calloc(devices, sizeof *sessions);
  fds = calloc(idle_count + slow_count, sizeof *fds);
  srv_path("full", dir);
  srv_init(dir, &code);
  srv_start(&server, dir);
  srv_found(server.port, &code);
  admit_all();
  print_message("%u devices; server %.1f MiB\n", devices, (double)memory_kib("VmRSS:") / 1024);
  return 0;
}

static int tear_down(void **state) {
  int status = srv_stop(&server, SIGTERM);
  free(sessions);
  free(fds);
  return srv_teardown(state) != 0 || status != 0;
}

/* ---- an honest device ---- */

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Connects, opens and closes, again and again: each answered. How long that takes is printed. */
static void honest(const char *when) {
  static double ms[HONEST];
  struct krv_ticket ticket, next;
  srv_session(server.port, &code.server_pk, NULL, &ticket);
  for (unsigned i = 0; i < HONEST; i++) {
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    srv_session(server.port, &code.server_pk, &ticket, &next);
    clock_gettime(CLOCK_MONOTONIC, &after);
    ms[i] = (double)(after.tv_sec - before.tv_sec) * 1e3 +
            (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    ticket = next;
  }
  qsort(ms, HONEST, sizeof *ms, by_size);
  print_message("%s: an honest sync p50 %.1f ms, p99 %.1f ms; server %.1f MiB, at most %.1f\n",
                when, ms[HONEST / 2], ms[HONEST * 99 / 100], (double)memory_kib("VmRSS:") / 1024,
                (double)memory_kib("VmHWM:") / 1024);
  assert_in_range(memory_kib("VmHWM:"), 1, RSS_MAX_KIB * RSS_TIMES);
}

/* ---- guests ---- */

static struct krv_channel *channel_of(const struct krv_dh_pair *session) {
  struct krv_channel_options options = {.env = &srv_world.env, .initiator = true,
                                        .opening = KRV_OPENING_XK, .server_pk = &code.server_pk,
                                        .s = session};
  struct krv_channel *channel;
  assert_int_equal(krv_channel_new(&options, &channel), 0);
  return channel;
}

/* From an address of its own choice. */
static int dial_from(uint32_t address, int receive_size) {
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + address)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  struct timeval patience = {.tv_sec = 20};
  assert_true(fd >= 0);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (receive_size > 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof receive_size);
  assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(server.port);
  assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
  return fd;
}

static void idle_sessions_are_cheap(void **state) {
  (void)state;
  unsigned long before = memory_kib("VmRSS:");
  for (uint32_t i = 0; i < idle_count; i++) {
    struct krv_channel *channel = channel_of(&sessions[i / PER_DEVICE]);
    uint8_t first;
    fds[i] = dial_from(1 + i % ADDRESSES, 0);
    open_known(channel, true);
    srv_say(channel, KRV_MSG_WATCH, krv_slice(NULL, 0));
    assert_true(srv_await(fds[i], channel, KRV_MSG_ANSWER, &first));
    krv_channel_free(channel);
  }
  assert_in_range(connections(), idle_count, idle_count + PER_DEVICE);
  print_message("%u idle sessions, %.2f KiB each\n", idle_count,
                (double)(memory_kib("VmRSS:") - before) / idle_count);
  honest("idle");
}

/* It asks for the whole roster, and reads none of it. */
static int slow_session(const struct krv_dh_pair *session, uint32_t address) {
  struct krv_channel *channel = channel_of(session);
  uint8_t bytes[512];
  int fd = dial_from(address, 2048);
  for (srv_send(fd, channel); krv_channel_state(channel) != KRV_CHANNEL_OPEN;
       srv_send(fd, channel)) {
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    assert_true(n > 0);
    assert_int_equal(krv_channel_feed(channel, krv_slice(bytes, (size_t)n)), 0);
  }
  open_known(channel, false);
  srv_send(fd, channel);
  krv_channel_free(channel);
  return fd;
}

static void slow_sessions_share_what_may_wait(void **state) {
  (void)state;
  size_t roster = 0;
  for (uint32_t h = 0; h < krv_roster_count(srv_fleet.roster); h++)
    roster += krv_roster_entry(srv_fleet.roster, h).len;
  unsigned long before = memory_kib("VmRSS:");
  for (uint32_t i = 0; i < slow_count; i++)
    fds[idle_count + i] = slow_session(&sessions[(idle_count + i) / PER_DEVICE], 1 + i % ADDRESSES);
  honest("slow");
  print_message("%u slow sessions of %.1f MiB each, %.1f KiB each in the server; %lu connections\n",
                slow_count, (double)roster / 1048576,
                (double)(memory_kib("VmRSS:") - before) / slow_count, connections());
  for (uint32_t i = 0; i < slow_count; i++) close(fds[idle_count + i]);
}

/* Message 1 of a handshake, answered; then nothing more comes. */
static void half_handshakes_and_knocks_are_forgotten(void **state) {
  (void)state;
  struct krv_channel *channel = channel_of(&sessions[0]);
  int *waiting = calloc(half_open, sizeof *waiting);
  uint8_t answer[256];
  uint64_t halves = krv_faults(HALF), knocks = krv_faults(KNOCKS);
  assert_int_equal(krv_channel_flush(channel), 0);
  struct krv_buf *out = krv_channel_out(channel);
  for (uint32_t i = 0; i < half_open; i++) waiting[i] = -1;
  for (uint64_t i = 0; i < halves; i++) {
    int fd = dial_from((uint32_t)(1 + i % ADDRESSES), 0);
    assert_int_equal(send(fd, out->data, out->len, MSG_NOSIGNAL), out->len);
    assert_true(recv(fd, answer, sizeof answer, 0) > 0);
    if (waiting[i % half_open] >= 0) close(waiting[i % half_open]);
    waiting[i % half_open] = fd;
  }
  honest("half handshakes");
  for (uint64_t i = 0; i < knocks; i++) close(dial_from((uint32_t)(1 + i % ADDRESSES), 0));
  honest("knocks");
  print_message("%llu half handshakes, %u at once; %llu knocks\n", (unsigned long long)halves,
                half_open, (unsigned long long)knocks);
  for (uint32_t i = 0; i < half_open; i++)
    if (waiting[i] >= 0) close(waiting[i]);
  free(waiting);
  krv_channel_free(channel);
}

/* The bound of strangers at one address holds, and who is above it is reset: busy. */
static void an_address_has_no_more_strangers_than_its_share(void **state) {
  enum { MORE = 20, FREE = 0x10000 };
  (void)state;
  int strangers[PER_ADDRESS + MORE];
  uint8_t byte;
  for (int i = 0; i < PER_ADDRESS + MORE; i++) strangers[i] = dial_from(FREE, 0);
  for (int i = PER_ADDRESS; i < PER_ADDRESS + MORE; i++) {
    assert_int_equal(recv(strangers[i], &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
  }
  assert_int_equal(recv(strangers[0], &byte, 1, MSG_DONTWAIT), -1);
  assert_int_equal(errno, EAGAIN);
  honest("strangers");
  for (int i = 0; i < PER_ADDRESS + MORE; i++) close(strangers[i]);
}

/* Who idled through all of it is still there. */
static void who_idled_is_still_served(void **state) {
  uint8_t byte;
  (void)state;
  for (uint32_t i = 0; i < idle_count; i++) {
    ssize_t heard = recv(fds[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (heard == 0 || (heard < 0 && errno != EAGAIN)) fail_msg("idle session %u was cut off", i);
  }
  for (uint32_t i = 0; i < idle_count; i++) close(fds[i]);
  honest("after");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(idle_sessions_are_cheap),
      cmocka_unit_test(slow_sessions_share_what_may_wait),
      cmocka_unit_test(half_handshakes_and_knocks_are_forgotten),
      cmocka_unit_test(an_address_has_no_more_strangers_than_its_share),
      cmocka_unit_test(who_idled_is_still_served),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
