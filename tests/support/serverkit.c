#define _GNU_SOURCE
#include "serverkit.h"

#include "mock.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "childkit.h"

enum { ANSWER_S = 20 };

struct krv_testenv srv_world;
struct krv_fleet srv_fleet;
static char folder[64];
static pid_t served; /* a server that runs */

void srv_path(const char *name, char out[SRV_PATH_MAX]) {
  snprintf(out, SRV_PATH_MAX, "%s/%s", folder, name);
}

int srv_setup(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  if (!base || strlen(base) >= 40) base = "/tmp";
  snprintf(folder, sizeof folder, "%s/krv-server-XXXXXX", base);
  if (!mkdtemp(folder) || krv_crypto_start() != 0) return -1;
  setenv("KERVEN_PASSPHRASE", "correct horse battery staple", 1);
  krv_testenv_init(&srv_world, 41);
  krv_fleet_found(&srv_fleet, &srv_world);
  return 0;
}

void srv_remove_tree(const char *path) {
  DIR *files = opendir(path);
  for (struct dirent *entry = files ? readdir(files) : NULL; entry; entry = readdir(files)) {
    char below[512];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(below, sizeof below, "%.250s/%.250s", path, entry->d_name);
    if (entry->d_type == DT_DIR) srv_remove_tree(below);
    else unlink(below);
  }
  if (files) closedir(files);
  rmdir(path);
}

int srv_teardown(void **state) {
  (void)state;
  krv_fleet_release(&srv_fleet);
  srv_remove_tree(folder);
  return 0;
}

/* ---- the program ---- */

pid_t srv_begin(char *const arguments[], char *const environment[], int *out) {
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  pid_t pid = krv_child_fork();
  if (pid == 0) {
    int null = open("/dev/null", O_RDWR);
    char log[SRV_PATH_MAX];
    srv_path("stderr", log);
    dup2(null, STDIN_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    dup2(open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    for (size_t i = 0; environment && environment[i]; i++) putenv(environment[i]);
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

int srv_end(pid_t pid, int out, char text[SRV_TEXT_MAX]) {
  size_t len = 0;
  for (ssize_t n; (n = read(out, text + len, SRV_TEXT_MAX - 1 - len)) > 0;) len += (size_t)n;
  text[len] = 0;
  close(out);
  return wait_for(pid);
}

int srv_run(char text[SRV_TEXT_MAX], const char *a, const char *b, const char *c, const char *d,
            const char *e) {
  char *arguments[] = {(char *)KRV_SERVER, (char *)a, (char *)b, (char *)c, (char *)d, (char *)e,
                       NULL};
  int out;
  pid_t pid = srv_begin(arguments, NULL, &out);
  return srv_end(pid, out, text);
}

bool srv_code(const char *text, struct krv_founding_code *code) {
  size_t len = strlen(text);
  while (len > 0 && text[len - 1] == '\n') len--;
  size_t start = len;
  while (start > 0 && text[start - 1] != '\n') start--;
  return krv_founding_parse(krv_slice(text + start, len - start), code) == 0;
}

void srv_init(const char *dir, struct krv_founding_code *code) {
  char text[SRV_TEXT_MAX];
  assert_int_equal(srv_run(text, "init", dir, "--listen", "127.0.0.1:0", NULL), 0);
  assert_true(srv_code(text, code));
  assert_memory_equal(code->address, "127.0.0.1:", 10);
}

void srv_setting(const char *dir, const char *line) {
  char path[256];
  snprintf(path, sizeof path, "%s/kerven.conf", dir);
  int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  assert_int_equal(write(fd, line, strlen(line)), strlen(line));
  close(fd);
}

void srv_start(struct srv *server, const char *dir) {
  char *arguments[] = {(char *)KRV_SERVER, (char *)"run", (char *)dir, NULL};
  char line[128] = "";
  size_t len = 0;
  server->pid = served = srv_begin(arguments, NULL, &server->out);
  while (len < sizeof line - 1 && read(server->out, line + len, 1) == 1 && line[len] != '\n') len++;
  line[len] = 0;
  assert_memory_equal(line, "listening on 127.0.0.1:", 23);
  server->port = (uint16_t)atoi(line + 23);
}

int srv_stop(struct srv *server, int number) {
  kill(server->pid, number);
  int exit = wait_for(server->pid);
  served = 0;
  close(server->out);
  return exit;
}

int srv_stop_what_runs(void **state) {
  (void)state;
  if (served == 0) return 0;
  kill(served, SIGKILL);
  (void)waitpid(served, NULL, 0);
  served = 0;
  return 0;
}

/* ---- a device ---- */

int srv_dial(uint16_t port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval patience = {.tv_sec = ANSWER_S};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
  return fd;
}

struct krv_channel *srv_channel(const struct krv_key *server_pk, const struct krv_ticket *ticket) {
  struct krv_channel_options options = {
      .env = &srv_world.env, .initiator = true,
      .opening = ticket ? KRV_OPENING_TICKET : KRV_OPENING_XK, .server_pk = server_pk,
      .s = &srv_fleet.devices[0].session, .ticket = ticket, .early_max = KRV_EARLY_DATA_MAX};
  struct krv_channel *channel;
  assert_int_equal(krv_channel_new(&options, &channel), 0);
  return channel;
}

void srv_send(int fd, struct krv_channel *channel) {
  assert_int_equal(krv_channel_flush(channel), 0);
  struct krv_buf *out = krv_channel_out(channel);
  if (out->len > 0) assert_int_equal(send(fd, out->data, out->len, MSG_NOSIGNAL), out->len);
  krv_buf_consume(out, out->len);
}

bool srv_await(int fd, struct krv_channel *channel, enum krv_message_kind kind, uint8_t *first) {
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
    srv_send(fd, channel);
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0 || krv_channel_feed(channel, krv_slice(bytes, (size_t)n)) != 0) return false;
    srv_send(fd, channel);
  }
}

void srv_say(struct krv_channel *channel, enum krv_message_kind kind, struct krv_slice payload) {
  struct krv_buf message;
  krv_buf_init(&message, &srv_world.env);
  size_t mark = krv_message_begin(&message, kind);
  krv_buf_put(&message, payload);
  krv_message_end(&message, mark);
  assert_int_equal(krv_channel_send(channel, krv_buf_slice(&message)), 0);
  krv_buf_release(&message);
}

void srv_say_open(struct krv_channel *channel) {
  struct krv_msg_open open = {.version = KRV_PROTOCOL_VERSION};
  struct krv_buf payload;
  krv_buf_init(&payload, &srv_world.env);
  krv_msg_open_encode(&open, &payload);
  srv_say(channel, KRV_MSG_OPEN, krv_buf_slice(&payload));
  krv_buf_release(&payload);
}

/* The fleet's founding, for this server: what the fleet signs from then on follows it. */
static void make_entry(const struct krv_key *server_pk, struct krv_buf *out) {
  srv_fleet.server.pk = *server_pk;
  krv_fleet_founding(&srv_fleet, out);
  krv_roster_free(srv_fleet.roster);
  assert_int_equal(krv_roster_new(&srv_world.env, &srv_fleet.roster), 0);
  assert_int_equal(krv_roster_append(srv_fleet.roster, krv_buf_slice(out)), 0);
}

void srv_found(uint16_t port, const struct krv_founding_code *code) {
  struct krv_channel_options options = {
      .env = &srv_world.env, .initiator = true, .opening = KRV_OPENING_ENROL,
      .server_pk = &code->server_pk, .psk = &code->psk, .s = &srv_fleet.devices[0].session};
  struct krv_channel *channel;
  struct krv_buf entry;
  uint8_t first;
  assert_int_equal(krv_channel_new(&options, &channel), 0);
  krv_buf_init(&entry, &srv_world.env);
  make_entry(&code->server_pk, &entry);
  srv_say(channel, KRV_MSG_ROSTER, krv_buf_slice(&entry));
  krv_buf_release(&entry);
  int fd = srv_dial(port);
  assert_true(srv_await(fd, channel, KRV_MSG_ENROLLED, &first));
  assert_int_equal(first, 1);
  srv_say_open(channel);
  assert_true(srv_await(fd, channel, KRV_MSG_ANSWER, &first));
  close(fd);
  krv_channel_free(channel);
}

static struct krv_channel *open_and_bye(const struct krv_key *server_pk,
                                        const struct krv_ticket *ticket) {
  struct krv_channel *channel = srv_channel(server_pk, ticket);
  srv_say_open(channel);
  srv_say(channel, KRV_MSG_BYE, krv_slice(NULL, 0));
  return channel;
}

void srv_session(uint16_t port, const struct krv_key *server_pk, const struct krv_ticket *ticket,
                 struct krv_ticket *next) {
  struct krv_channel *channel = open_and_bye(server_pk, ticket);
  uint8_t first;
  int fd = srv_dial(port);
  assert_true(srv_await(fd, channel, KRV_MSG_ANSWER, &first));
  assert_true(krv_channel_next_ticket(channel, next));
  assert_false(srv_await(fd, channel, KRV_MSG_REFUSE, &first)); /* it closes */
  close(fd);
  krv_channel_free(channel);
}

bool srv_answered(uint16_t port, const struct krv_key *server_pk, const struct krv_ticket *ticket) {
  struct krv_channel *channel = open_and_bye(server_pk, ticket);
  uint8_t byte;
  int fd = srv_dial(port);
  srv_send(fd, channel);
  ssize_t heard = recv(fd, &byte, 1, 0);
  assert_true(heard >= 0 || errno == ECONNRESET); /* not for want of patience */
  close(fd);
  krv_channel_free(channel);
  return heard > 0;
}
