/* The real kerven-server under a temporary folder: what an administrator does,
 * and one device over loopback. Waiting is for the server's own words, never for
 * time to pass. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
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
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "childkit.h"
#include "fleet_roster.h"
#include "stream.h"

enum { ANSWER_S = 20, TEXT_MAX = 16384 };

static char folder[64];
static struct krv_testenv world;
static struct krv_fleet fleet;

/* ---- running the program ---- */

static void in_folder(const char *name, char out[128]) {
  snprintf(out, 128, "%s/%s", folder, name);
}

static pid_t start(char *const arguments[], int *out) {
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  pid_t pid = krv_child_fork();
  if (pid == 0) {
    int null = open("/dev/null", O_RDWR);
    char log[128];
    in_folder("stderr", log);
    dup2(null, STDIN_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    dup2(open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    execv(KRV_SERVER, arguments);
    _exit(127);
  }
  close(ends[1]);
  *out = ends[0];
  return pid;
}

static int wait_for(pid_t pid) {
  int how;
  assert_int_equal(waitpid(pid, &how, 0), pid);
  return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/* Runs to the end; text: its stdout. */
static int run(char text[TEXT_MAX], const char *a, const char *b, const char *c, const char *d,
               const char *e) {
  char *arguments[] = {(char *)KRV_SERVER, (char *)a, (char *)b, (char *)c, (char *)d, (char *)e,
                       NULL};
  int out;
  size_t len = 0;
  pid_t pid = start(arguments, &out);
  for (ssize_t n; (n = read(out, text + len, TEXT_MAX - 1 - len)) > 0;) len += (size_t)n;
  text[len] = 0;
  close(out);
  return wait_for(pid);
}

struct server {
  pid_t pid;
  int out;
  uint16_t port;
};
static pid_t served; /* a server that runs: a test that fails leaves none behind */

/* Up to the line that says that it listens. */
static void start_server(struct server *server, const char *dir) {
  char *arguments[] = {(char *)KRV_SERVER, (char *)"run", (char *)dir, NULL};
  char line[128] = "";
  size_t len = 0;
  server->pid = served = start(arguments, &server->out);
  while (len < sizeof line - 1 && read(server->out, line + len, 1) == 1 && line[len] != '\n') len++;
  line[len] = 0;
  assert_memory_equal(line, "listening on 127.0.0.1:", 23);
  server->port = (uint16_t)atoi(line + 23);
}

static int stop_server(struct server *server, int number) {
  kill(server->pid, number);
  int exit = wait_for(server->pid);
  served = 0;
  close(server->out);
  return exit;
}

static int stop_what_runs(void **state) {
  (void)state;
  if (served == 0) return 0;
  kill(served, SIGKILL);
  (void)waitpid(served, NULL, 0);
  served = 0;
  return 0;
}

/* ---- a device ---- */

static int dial(uint16_t port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval patience = {.tv_sec = ANSWER_S};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
  return fd;
}

static void send_all(int fd, struct krv_channel *channel) {
  assert_int_equal(krv_channel_flush(channel), 0);
  struct krv_buf *out = krv_channel_out(channel);
  if (out->len > 0) assert_int_equal(send(fd, out->data, out->len, MSG_NOSIGNAL), out->len);
  krv_buf_consume(out, out->len);
}

/* Exchanges until a message of this kind comes; its payload is consumed. */
static bool await(int fd, struct krv_channel *channel, enum krv_message_kind kind, uint8_t *first) {
  for (;;) {
    struct krv_buf *in = krv_channel_in(channel);
    struct krv_message message;
    size_t used;
    while (krv_stream_next(krv_buf_slice(in), 's', &message, &used) == 0) {
      bool found = message.kind == kind;
      *first = message.payload.len > 0 ? message.payload.data[0] : 0;
      krv_buf_consume(in, used);
      if (found) return true;
    }
    uint8_t bytes[4096];
    send_all(fd, channel);
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0 || krv_channel_feed(channel, krv_slice(bytes, (size_t)n)) != 0) return false;
    send_all(fd, channel);
  }
}

static void say(struct krv_channel *channel, enum krv_message_kind kind, struct krv_slice payload) {
  struct krv_buf message;
  krv_buf_init(&message, &world.env);
  size_t mark = krv_message_begin(&message, kind);
  krv_buf_put(&message, payload);
  krv_message_end(&message, mark);
  assert_int_equal(krv_channel_send(channel, krv_buf_slice(&message)), 0);
  krv_buf_release(&message);
}

static void say_open(struct krv_channel *channel) {
  struct krv_msg_open open = {.version = KRV_PROTOCOL_VERSION};
  struct krv_buf payload;
  krv_buf_init(&payload, &world.env);
  krv_msg_open_encode(&open, &payload);
  say(channel, KRV_MSG_OPEN, krv_buf_slice(&payload));
  krv_buf_release(&payload);
}

/* Founds with the code, and goes on to a session. */
static void found(uint16_t port, const struct krv_founding_code *code) {
  struct krv_channel_options options = {.env = &world.env, .initiator = true,
                                        .opening = KRV_OPENING_ENROL, .server_pk = &code->server_pk,
                                        .psk = &code->psk, .s = &fleet.devices[0].session};
  struct krv_channel *channel;
  struct krv_buf entry;
  uint8_t first;
  assert_int_equal(krv_channel_new(&options, &channel), 0);
  krv_buf_init(&entry, &world.env);
  krv_fleet_founding(&fleet, &entry);
  say(channel, KRV_MSG_ROSTER, krv_buf_slice(&entry));
  krv_buf_release(&entry);
  int fd = dial(port);
  assert_true(await(fd, channel, KRV_MSG_ENROLLED, &first));
  assert_int_equal(first, 1);
  say_open(channel);
  assert_true(await(fd, channel, KRV_MSG_ANSWER, &first));
  close(fd);
  krv_channel_free(channel);
}

/* A channel that says OPEN and BYE: XK, or on a ticket if it is not NULL. */
static struct krv_channel *opening(const struct krv_key *server_pk,
                                   const struct krv_ticket *ticket) {
  struct krv_channel_options options = {
      .env = &world.env, .initiator = true, .opening = ticket ? KRV_OPENING_TICKET : KRV_OPENING_XK,
      .server_pk = server_pk, .s = &fleet.devices[0].session, .ticket = ticket,
      .early_max = KRV_EARLY_DATA_MAX};
  struct krv_channel *channel;
  assert_int_equal(krv_channel_new(&options, &channel), 0);
  say_open(channel);
  say(channel, KRV_MSG_BYE, krv_slice(NULL, 0));
  return channel;
}

/* next: the ticket after. */
static void session(uint16_t port, const struct krv_key *server_pk, const struct krv_ticket *ticket,
                    struct krv_ticket *next) {
  struct krv_channel *channel = opening(server_pk, ticket);
  uint8_t first;
  int fd = dial(port);
  assert_true(await(fd, channel, KRV_MSG_ANSWER, &first));
  assert_true(krv_channel_next_ticket(channel, next));
  assert_false(await(fd, channel, KRV_MSG_REFUSE, &first)); /* it closes */
  close(fd);
  krv_channel_free(channel);
}

/* Is anything said to a first message under that ticket? Else the server closes without a word. */
static bool answered(uint16_t port, const struct krv_key *server_pk,
                     const struct krv_ticket *ticket) {
  struct krv_channel *channel = opening(server_pk, ticket);
  uint8_t byte;
  int fd = dial(port);
  send_all(fd, channel);
  ssize_t heard = recv(fd, &byte, 1, 0);
  assert_true(heard >= 0 || errno == ECONNRESET); /* not for want of patience */
  close(fd);
  krv_channel_free(channel);
  return heard > 0;
}

/* ---- tests ---- */

static char text[TEXT_MAX];

static void init_folder(const char *dir, struct krv_founding_code *code) {
  assert_int_equal(run(text, "init", dir, "--listen", "127.0.0.1:0", NULL), 0);
  size_t len = strlen(text);
  while (len > 0 && text[len - 1] == '\n') text[--len] = 0;
  const char *last = strrchr(text, '\n');
  assert_non_null(last);
  assert_int_equal(krv_founding_parse(krv_slice_str(last + 1), code), 0);
  assert_memory_equal(code->address, "127.0.0.1:", 10);
}

static void test_a_server_from_init_to_a_restored_backup(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct krv_ticket ticket, next;
  struct server server;
  char dir[128], copy[128], file[128];
  in_folder("programme", dir);
  in_folder("restored", copy);
  in_folder("backup.krv", file);
  init_folder(dir, &code);
  fleet.server.pk = code.server_pk;
  start_server(&server, dir);
  found(server.port, &code);
  session(server.port, &code.server_pk, NULL, &ticket);
  assert_int_equal(run(text, "status", dir, "--json", NULL, NULL), 0);
  assert_non_null(strstr(text, "\"running\":true"));
  assert_non_null(strstr(text, "\"devices\":1"));
  assert_non_null(strstr(text, "\"roster\":1"));
  assert_int_equal(run(text, "run", dir, NULL, NULL, NULL), 3);
  assert_int_equal(run(text, "check", dir, NULL, NULL, NULL), 0);
  assert_int_equal(stop_server(&server, SIGTERM), 0);

  assert_int_equal(run(text, "status", dir, NULL, NULL, NULL), 0);
  assert_non_null(strstr(text, "running      no"));
  start_server(&server, dir); /* the ticket survives a restart */
  session(server.port, &code.server_pk, &ticket, &next);
  assert_int_equal(run(text, "backup", dir, file, NULL, NULL), 0); /* a cache of tickets lies there */
  assert_int_equal(run(text, "backup", dir, file, NULL, NULL), 7);
  assert_int_equal(stop_server(&server, SIGINT), 0);
  assert_int_equal(run(text, "check", dir, NULL, NULL, NULL), 0);

  assert_int_equal(run(text, "restore", file, dir, NULL, NULL), 7);
  assert_int_equal(run(text, "restore", file, copy, NULL, NULL), 0);
  start_server(&server, copy); /* same key: XK works; no tickets, and silence to them (R26) */
  assert_false(answered(server.port, &code.server_pk, &ticket));
  assert_false(answered(server.port, &code.server_pk, &next));
  session(server.port, &code.server_pk, NULL, &ticket);
  assert_int_equal(stop_server(&server, SIGTERM), 0);
}

static void test_a_killed_server_starts_again(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct krv_ticket next;
  struct server server;
  char dir[128];
  in_folder("killed", dir);
  init_folder(dir, &code);
  fleet.server.pk = code.server_pk;
  start_server(&server, dir);
  found(server.port, &code);
  assert_int_equal(stop_server(&server, SIGKILL), -1);
  start_server(&server, dir);
  session(server.port, &code.server_pk, NULL, &next); /* what was answered is there */
  assert_int_equal(stop_server(&server, SIGTERM), 0);
}

static void test_each_failure_has_its_own_exit_status(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct server server;
  char dir[128], other[128], file[128], path[256], listen[64];
  in_folder("statuses", dir);
  in_folder("other", other);
  in_folder("other.krv", file);
  init_folder(dir, &code);
  assert_int_equal(run(text, "nonsense", NULL, NULL, NULL, NULL), 2);
  assert_int_equal(run(text, "run", NULL, NULL, NULL, NULL), 2);
  assert_int_equal(run(text, "init", other, NULL, NULL, NULL), 2);
  assert_int_equal(run(text, "init", other, "--listen", "0.0.0.0:0", NULL), 2);
  assert_int_equal(run(text, "init", other, "--listen", "nowhere", NULL), 2);
  assert_int_equal(run(text, "init", dir, "--listen", "127.0.0.1:0", NULL), 7);
  assert_int_equal(run(text, "run", other, NULL, NULL, NULL), 8);
  assert_int_equal(run(text, "--version", NULL, NULL, NULL, NULL), 0);
  static const char *const names[] = {"init", "run", "status", "check", "backup", "restore"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    assert_int_equal(run(text, names[i], "--help", NULL, NULL, NULL), 0);
    assert_memory_equal(text, "Usage: kerven-server ", 21);
  }
  start_server(&server, dir);
  snprintf(listen, sizeof listen, "127.0.0.1:%u", (unsigned)server.port);
  assert_int_equal(run(text, "init", other, "--listen", listen, NULL), 0);
  assert_int_equal(run(text, "run", other, NULL, NULL, NULL), 4);
  assert_int_equal(stop_server(&server, SIGTERM), 0);
  assert_int_equal(run(text, "backup", dir, file, NULL, NULL), 0);
  setenv("KERVEN_PASSPHRASE", "another than before", 1);
  snprintf(path, sizeof path, "%s.x", other);
  assert_int_equal(run(text, "restore", file, path, NULL, NULL), 6);
  assert_int_not_equal(access(path, F_OK), 0);
  setenv("KERVEN_PASSPHRASE", "short", 1);
  snprintf(path, sizeof path, "%s.y", other);
  assert_int_equal(run(text, "backup", dir, path, NULL, NULL), 2);
  setenv("KERVEN_PASSPHRASE", "correct horse battery staple", 1);
}

/* A changed, cut or longer backup restores nothing: probed over the whole file. */
static void test_a_changed_backup_restores_nothing(void **state) {
  (void)state;
  struct krv_founding_code code;
  char dir[128], file[128], bad[128], to[128];
  in_folder("source", dir);
  in_folder("good.krv", file);
  in_folder("bad.krv", bad);
  in_folder("target", to);
  init_folder(dir, &code);
  assert_int_equal(run(text, "backup", dir, file, NULL, NULL), 0);
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
    assert_int_equal(run(text, "restore", bad, to, NULL, NULL), 5);
    assert_int_not_equal(access(to, F_OK), 0);
  }
  free(bytes);
  assert_int_equal(run(text, "restore", file, to, NULL, NULL), 0);
}

static void test_secrets_are_readable_by_the_owner_only(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct server server;
  struct stat st;
  char dir[128];
  in_folder("modes", dir);
  init_folder(dir, &code);
  start_server(&server, dir);
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
  assert_int_equal(stop_server(&server, SIGTERM), 0);
}

static void append_setting(const char *dir, const char *line) {
  char path[256];
  snprintf(path, sizeof path, "%s/kerven.conf", dir);
  int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  assert_int_equal(write(fd, line, strlen(line)), strlen(line));
  close(fd);
}

static void test_a_full_house_lets_the_next_one_in_when_one_leaves(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct krv_ticket next;
  struct server server;
  char dir[128];
  in_folder("full", dir);
  init_folder(dir, &code);
  fleet.server.pk = code.server_pk;
  append_setting(dir, "connections_max = 2\n");
  start_server(&server, dir);
  found(server.port, &code);
  int idle[2] = {dial(server.port), dial(server.port)};
  close(idle[0]); /* before or after the session below asks: it must get in */
  session(server.port, &code.server_pk, NULL, &next);
  close(idle[1]);
  assert_int_equal(stop_server(&server, SIGTERM), 0);
}

/* However few there are: who waits is neither told "not for you" nor in the administrator's way. */
static void test_few_descriptors_leave_the_next_one_waiting(void **state) {
  (void)state;
  enum { DESCRIPTORS = 80, CALLERS = 100 };
  struct krv_founding_code code;
  struct server server;
  struct rlimit usual, few;
  int callers[CALLERS];
  uint8_t byte;
  char dir[128];
  in_folder("few", dir);
  init_folder(dir, &code);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
  few = usual;
  few.rlim_cur = DESCRIPTORS;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  start_server(&server, dir);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
  for (int i = 0; i < CALLERS; i++) callers[i] = dial(server.port);
  for (int i = 0; i < 3; i++) /* it has turned to them by then */
    assert_int_equal(run(text, "status", dir, NULL, NULL, NULL), 0);
  assert_non_null(strstr(text, "running      yes"));
  for (int i = 0; i < CALLERS; i++) {
    assert_int_equal(recv(callers[i], &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    close(callers[i]);
  }
  assert_int_equal(stop_server(&server, SIGTERM), 0);
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
  served = pid;
  assert_true(turns_in_circles("in circles", pid, 200000));
  close(nothing);
}

/* Descriptors exhausted: 100 % CPU. The limit sinks below what the running server holds, so that
 * accept itself fails; it must not turn in circles, and goes on when descriptors are there
 * again. */
static void libuv_690_1189_descriptors_exhausted_is_no_busy_loop(void **state) {
  (void)state;
  enum { CALLERS = 40 };
  struct krv_founding_code code;
  struct krv_ticket next;
  struct server server;
  struct rlimit usual, none;
  int callers[CALLERS];
  char dir[128];
  in_folder("exhausted", dir);
  init_folder(dir, &code);
  fleet.server.pk = code.server_pk;
  start_server(&server, dir);
  found(server.port, &code);
  assert_int_equal(prlimit(server.pid, RLIMIT_NOFILE, NULL, &usual), 0);
  none = usual;
  none.rlim_cur = 1;
  assert_int_equal(prlimit(server.pid, RLIMIT_NOFILE, &none, NULL), 0);
  for (int i = 0; i < CALLERS; i++) callers[i] = dial(server.port);
  assert_false(turns_in_circles("out of descriptors", server.pid, 300000));
  assert_int_equal(prlimit(server.pid, RLIMIT_NOFILE, &usual, NULL), 0);
  for (int i = 0; i < CALLERS; i++) close(callers[i]);
  session(server.port, &code.server_pk, NULL, &next); /* there is room again */
  assert_int_equal(stop_server(&server, SIGTERM), 0);
}

static void test_an_address_holds_few_strangers_at_once(void **state) {
  (void)state;
  struct krv_founding_code code;
  struct server server;
  uint8_t byte;
  char dir[128];
  in_folder("strangers", dir);
  init_folder(dir, &code);
  append_setting(dir, "unknown_per_address_max = 1\n");
  start_server(&server, dir);
  int first = dial(server.port), second = dial(server.port);
  assert_int_equal(recv(second, &byte, 1, 0), -1); /* reset: it is busy, and no other one's server */
  assert_int_equal(errno, ECONNRESET);
  assert_int_equal(recv(first, &byte, 1, MSG_DONTWAIT), -1);
  assert_int_equal(errno, EAGAIN);
  assert_int_equal(send(first, "GET", 3, MSG_NOSIGNAL), 3);
  assert_int_equal(recv(first, &byte, 1, 0), 0); /* closed: it is not spoken to */
  close(first);
  close(second);
  int last = dial(server.port);
  assert_int_equal(stop_server(&server, SIGTERM), 0);
  assert_int_equal(recv(last, &byte, 1, 0), -1); /* stopping is no answer either */
  assert_int_equal(errno, ECONNRESET);
  close(last);
}

static int set_up(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  if (!base || strlen(base) >= 40) base = "/tmp";
  snprintf(folder, sizeof folder, "%s/krv-server-XXXXXX", base);
  if (!mkdtemp(folder) || krv_crypto_start() != 0) return -1;
  setenv("KERVEN_PASSPHRASE", "correct horse battery staple", 1);
  krv_testenv_init(&world, 41);
  krv_fleet_found(&fleet, &world);
  return 0;
}

static void remove_tree(const char *path) {
  DIR *files = opendir(path);
  for (struct dirent *entry = files ? readdir(files) : NULL; entry; entry = readdir(files)) {
    char below[512];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(below, sizeof below, "%.250s/%.250s", path, entry->d_name);
    if (entry->d_type == DT_DIR) remove_tree(below);
    else unlink(below);
  }
  if (files) closedir(files);
  rmdir(path);
}

static int tear_down(void **state) {
  (void)state;
  krv_fleet_release(&fleet);
  remove_tree(folder);
  return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, stop_what_runs)
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
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
