/* The real kerven-server under a temporary folder: what an administrator does,
 * and one device over loopback. Waiting is for the server's own words, never for
 * time to pass. */
#define _GNU_SOURCE
#include "mock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "childkit.h"
#include "serverkit.h"

static char text[SRV_TEXT_MAX];

static void test_a_server_from_init_to_a_restored_backup(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct krv_ticket ticket, next;
  struct srv server;
  char dir[128], copy[128], file[128];
  srv_path("programme", dir);
  srv_path("restored", copy);
  srv_path("backup.krv", file);
  srv_init(dir, &code);
  srv_start(&server, dir);
  srv_found(server.port, &code);
  srv_session(server.port, &code.server_pk, NULL, &ticket);
  assert_int_equal(srv_run(text, "status", dir, "--json", NULL, NULL), 0);
  assert_non_null(strstr(text, "\"running\":true"));
  assert_non_null(strstr(text, "\"devices\":1"));
  assert_non_null(strstr(text, "\"roster\":1"));
  assert_int_equal(srv_run(text, "run", dir, NULL, NULL, NULL), 3);
  assert_int_equal(srv_run(text, "check", dir, NULL, NULL, NULL), 0);
  assert_int_equal(srv_stop(&server, SIGTERM), 0);

  assert_int_equal(srv_run(text, "status", dir, NULL, NULL, NULL), 0);
  assert_non_null(strstr(text, "running      no"));
  srv_start(&server, dir); /* the ticket survives a restart */
  srv_session(server.port, &code.server_pk, &ticket, &next);
  /* a cache of tickets lies there */
  assert_int_equal(srv_run(text, "backup", dir, file, NULL, NULL), 0);
  assert_int_equal(srv_run(text, "backup", dir, file, NULL, NULL), 7);
  assert_int_equal(srv_stop(&server, SIGINT), 0);
  assert_int_equal(srv_run(text, "check", dir, NULL, NULL, NULL), 0);

  assert_int_equal(srv_run(text, "restore", file, dir, NULL, NULL), 7);
  assert_int_equal(srv_run(text, "restore", file, copy, NULL, NULL), 0);
  srv_start(&server, copy); /* same key: XK works; no tickets, and silence to them (R26) */
  assert_false(srv_answered(server.port, &code.server_pk, &ticket));
  assert_false(srv_answered(server.port, &code.server_pk, &next));
  srv_session(server.port, &code.server_pk, NULL, &ticket);
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
}

static void test_a_killed_server_starts_again(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct krv_ticket next;
  struct srv server;
  char dir[128];
  srv_path("killed", dir);
  srv_init(dir, &code);
  srv_start(&server, dir);
  srv_found(server.port, &code);
  assert_int_equal(srv_stop(&server, SIGKILL), -1);
  srv_start(&server, dir);
  srv_session(server.port, &code.server_pk, NULL, &next); /* what was srv_answered is there */
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
}

static void test_each_failure_has_its_own_exit_status(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct srv server;
  char dir[128], other[128], file[128], path[256], listen[64];
  srv_path("statuses", dir);
  srv_path("other", other);
  srv_path("other.krv", file);
  srv_init(dir, &code);
  assert_int_equal(srv_run(text, "nonsense", NULL, NULL, NULL, NULL), 2);
  assert_int_equal(srv_run(text, "run", NULL, NULL, NULL, NULL), 2);
  assert_int_equal(srv_run(text, "init", other, NULL, NULL, NULL), 2);
  assert_int_equal(srv_run(text, "init", other, "--listen", "0.0.0.0:0", NULL), 2);
  assert_int_equal(srv_run(text, "init", other, "--listen", "nowhere", NULL), 2);
  assert_int_equal(srv_run(text, "init", dir, "--listen", "127.0.0.1:0", NULL), 7);
  assert_int_equal(srv_run(text, "run", other, NULL, NULL, NULL), 8);
  assert_int_equal(srv_run(text, "--version", NULL, NULL, NULL, NULL), 0);
  static const char *const names[] = {"init", "run", "status", "check", "backup", "restore"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    assert_int_equal(srv_run(text, names[i], "--help", NULL, NULL, NULL), 0);
    assert_memory_equal(text, "Usage: kerven-server ", 21);
  }
  srv_start(&server, dir);
  snprintf(listen, sizeof listen, "127.0.0.1:%u", (unsigned)server.port);
  assert_int_equal(srv_run(text, "init", other, "--listen", listen, NULL), 0);
  assert_int_equal(srv_run(text, "run", other, NULL, NULL, NULL), 4);
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
  assert_int_equal(srv_run(text, "backup", dir, file, NULL, NULL), 0);
  setenv("KERVEN_PASSPHRASE", "another than before", 1);
  snprintf(path, sizeof path, "%s.x", other);
  assert_int_equal(srv_run(text, "restore", file, path, NULL, NULL), 6);
  assert_int_not_equal(access(path, F_OK), 0);
  setenv("KERVEN_PASSPHRASE", "short", 1);
  snprintf(path, sizeof path, "%s.y", other);
  assert_int_equal(srv_run(text, "backup", dir, path, NULL, NULL), 2);
  setenv("KERVEN_PASSPHRASE", "correct horse battery staple", 1);
}

/* A changed, cut or longer backup restores nothing: probed over the whole file. */
static void test_a_changed_backup_restores_nothing(void **state) {
  (void)state;
  struct krv_founding_code code;
  char dir[128], file[128], bad[128], to[128];
  srv_path("source", dir);
  srv_path("good.krv", file);
  srv_path("bad.krv", bad);
  srv_path("target", to);
  srv_init(dir, &code);
  assert_int_equal(srv_run(text, "backup", dir, file, NULL, NULL), 0);
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  struct stat st;
  assert_int_equal(fstat(fd, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  size_t len = (size_t)st.st_size;
  uint8_t *bytes = malloc(len + 1);
  assert_non_null(bytes);
  assert_int_equal(read(fd, bytes, len), len);
  close(fd);
  bytes[len] = 0;
  const size_t lengths[] = {0, 50, len - 1, len + 1, len, len};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    size_t flip = i == 4 ? len / 2 : len - 1;
    if (i >= 4) bytes[flip] ^= 1;
    fd = open(bad, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes, lengths[i]), lengths[i]);
    close(fd);
    if (i >= 4) bytes[flip] ^= 1;
    assert_int_equal(srv_run(text, "restore", bad, to, NULL, NULL), 5);
    assert_int_not_equal(access(to, F_OK), 0);
  }
  free(bytes);
  assert_int_equal(srv_run(text, "restore", file, to, NULL, NULL), 0);
}

static void test_secrets_are_readable_by_the_owner_only(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct srv server;
  struct stat st;
  char dir[128];
  srv_path("modes", dir);
  srv_init(dir, &code);
  srv_start(&server, dir);
  DIR *files = opendir(dir);
  assert_non_null(files);
  assert_int_equal(fstat(dirfd(files), &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
  unsigned count = 0;
  for (struct dirent *entry = readdir(files); entry; entry = readdir(files)) {
    if (entry->d_name[0] == '.') continue;
    assert_int_equal(fstatat(dirfd(files), entry->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 0077, 0);
    count++;
  }
  assert_in_range(count, 4, 10);
  closedir(files);
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
}

static void test_a_full_house_lets_the_next_one_in_when_one_leaves(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct krv_ticket next;
  struct srv server;
  char dir[128];
  srv_path("full", dir);
  srv_init(dir, &code);
  srv_setting(dir, "connections_max = 2\n");
  srv_start(&server, dir);
  srv_found(server.port, &code);
  int idle[2] = {srv_dial(server.port), srv_dial(server.port)};
  close(idle[0]); /* before or after the session below asks: it must get in */
  srv_session(server.port, &code.server_pk, NULL, &next);
  close(idle[1]);
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
}

/* However few there are: who waits is neither told "not for you" nor in the administrator's way. */
static void test_few_descriptors_leave_the_next_one_waiting(void **state) {
  (void)state;
  enum { DESCRIPTORS = 80, CALLERS = 100 };
  struct krv_founding_code code;
  struct srv server;
  struct rlimit usual, few;
  int callers[CALLERS];
  uint8_t byte;
  char dir[128];
  srv_path("few", dir);
  srv_init(dir, &code);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
  few = usual;
  few.rlim_cur = DESCRIPTORS;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  srv_start(&server, dir);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
  for (int i = 0; i < CALLERS; i++) callers[i] = srv_dial(server.port);
  for (int i = 0; i < 3; i++) /* it has turned to them by then */
    assert_int_equal(srv_run(text, "status", dir, NULL, NULL, NULL), 0);
  assert_non_null(strstr(text, "running      yes"));
  for (int i = 0; i < CALLERS; i++) {
    assert_int_equal(recv(callers[i], &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    close(callers[i]);
  }
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
}

/* ---- turning in circles ---- */

static bool turns_in_circles(const char *who, pid_t pid, uint64_t own_us) {
  struct krv_child_pace pace = krv_child_pace(pid, own_us);
  print_message("%s: %u us of work, %u rests\n", who, (unsigned)pace.worked_us,
                (unsigned)pace.rested);
  return krv_child_in_circles(&pace);
}

static void what_turns_in_circles_is_seen(void **state) {
  (void)state;
  int nothing = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  assert_int_equal(listen(nothing, 1), 0);
  pid_t pid = krv_child_fork();
  while (pid == 0) (void)accept(nothing, NULL, NULL);
  bool seen = turns_in_circles("in circles", pid, 200000);
  kill(pid, SIGKILL);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  close(nothing);
  assert_true(seen);
}

/* The programme's roster grows by an entry, durably, over this session. */
static void push_entry(int fd, struct krv_channel *channel) {
  struct krv_statement joiner;
  struct krv_buf entry;
  uint8_t accepted;
  krv_buf_init(&entry, &srv_world.env);
  (void)krv_fleet_prepare(&srv_fleet, KRV_ROLE_WORKER, &joiner);
  krv_fleet_entry(&srv_fleet, KRV_DEVICE_FOUNDER, &joiner, 1, &entry);
  assert_int_equal(krv_roster_append(srv_fleet.roster, krv_buf_slice(&entry)), 0);
  srv_say(channel, KRV_MSG_ROSTER, krv_buf_slice(&entry));
  assert_true(srv_await(fd, channel, KRV_MSG_ACK, &accepted));
  assert_int_equal(accepted, 1 << 1);
  krv_buf_release(&entry);
}

/* An administrator's question that waits. */
static int ask_admin(const char *dir) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  int len = snprintf(name.sun_path, sizeof name.sun_path, "%s/admin.sock", dir);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_in_range(len, 1, sizeof name.sun_path - 1);
  assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
  assert_int_equal(send(fd, "status\n", 7, MSG_NOSIGNAL), 7);
  return fd;
}

/* Descriptors exhausted: 100 % CPU. The limit sinks below what the running server holds, so that
 * accept itself fails; it must not turn in circles, who is in goes on as if nothing were, and who
 * waits is taken when descriptors are there again. */
static void libuv_690_1189_descriptors_exhausted_is_no_busy_loop(void **state) {
  (void)state;
  enum { CALLERS = 40, ENTRIES = 20 };
  struct krv_founding_code code;
  struct krv_ticket next;
  struct srv server;
  struct rlimit usual, none;
  int callers[CALLERS];
  uint8_t first;
  char dir[128];
  srv_path("exhausted", dir);
  srv_init(dir, &code);
  srv_start(&server, dir);
  srv_found(server.port, &code);
  struct krv_channel *channel = srv_channel(&code.server_pk, NULL);
  int fd = srv_dial(server.port);
  srv_say_open(channel);
  assert_true(srv_await(fd, channel, KRV_MSG_ANSWER, &first));
  assert_int_equal(prlimit(server.pid, RLIMIT_NOFILE, NULL, &usual), 0);
  none = usual;
  none.rlim_cur = 1;
  assert_int_equal(prlimit(server.pid, RLIMIT_NOFILE, &none, NULL), 0);
  int admin = ask_admin(dir);
  for (int i = 0; i < CALLERS; i++) callers[i] = srv_dial(server.port);
  assert_false(turns_in_circles("out of descriptors", server.pid, 300000));
  for (int i = 0; i < ENTRIES; i++) push_entry(fd, channel);
  for (int i = 0; i < CALLERS; i++) { /* neither in nor told to go */
    assert_int_equal(recv(callers[i], &first, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
  }
  assert_int_equal(prlimit(server.pid, RLIMIT_NOFILE, &usual, NULL), 0);
  for (int i = 0; i < CALLERS; i++) close(callers[i]);
  srv_session(server.port, &code.server_pk, NULL, &next); /* there is room again */
  assert_true(recv(admin, text, 7, MSG_WAITALL) == 7 && memcmp(text, "founded", 7) == 0);
  close(admin);
  assert_int_equal(srv_run(text, "status", dir, "--json", NULL, NULL), 0);
  assert_non_null(strstr(text, "\"roster\":21"));
  close(fd);
  krv_channel_free(channel);
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
}

static void test_an_address_holds_few_strangers_at_once(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct srv server;
  uint8_t byte;
  char dir[128];
  srv_path("strangers", dir);
  srv_init(dir, &code);
  srv_setting(dir, "unknown_per_address_max = 1\n");
  srv_start(&server, dir);
  int first = srv_dial(server.port), second = srv_dial(server.port);
  /* reset: it is busy, and no other one's server */
  assert_int_equal(recv(second, &byte, 1, 0), -1);
  assert_int_equal(errno, ECONNRESET);
  assert_int_equal(recv(first, &byte, 1, MSG_DONTWAIT), -1);
  assert_int_equal(errno, EAGAIN);
  assert_int_equal(send(first, "GET", 3, MSG_NOSIGNAL), 3);
  assert_int_equal(recv(first, &byte, 1, 0), 0); /* closed: it is not spoken to */
  close(first);
  close(second);
  int last = srv_dial(server.port);
  assert_int_equal(srv_stop(&server, SIGTERM), 0);
  assert_int_equal(recv(last, &byte, 1, 0), -1); /* stopping is no answer either */
  assert_int_equal(errno, ECONNRESET);
  close(last);
}

#define TEST(name) cmocka_unit_test_teardown(name, srv_stop_what_runs)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_a_server_from_init_to_a_restored_backup),
      TEST(test_a_killed_server_starts_again),
      TEST(test_each_failure_has_its_own_exit_status),
      TEST(test_a_changed_backup_restores_nothing),
      TEST(test_secrets_are_readable_by_the_owner_only),
      TEST(test_a_full_house_lets_the_next_one_in_when_one_leaves),
      TEST(test_few_descriptors_leave_the_next_one_waiting),
      TEST(what_turns_in_circles_is_seen),
      TEST(libuv_690_1189_descriptors_exhausted_is_no_busy_loop),
      TEST(test_an_address_holds_few_strangers_at_once),
  };
  return cmocka_run_group_tests(tests, srv_setup, srv_teardown);
}
