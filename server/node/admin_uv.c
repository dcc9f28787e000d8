/* admin_uv: the unix socket in the server's folder (0600): one line of command,
 * lines of answer, closed. The end of an answer is "ok" or "failed <status>".
 *
 *   status        numbers, "name value" each; "usage DEVICE BYTES COMMITS" of the heaviest devices
 *   check         the store's own check: a line for each count, or, with "failed",
 *                 for each finding
 *   copy NAME     a consistent copy of the store into the folder, as NAME
 *
 * The passphrase of a backup never comes here: the command seals the copy. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin.h"
#include "node_in.h"

enum { ADMIN_BACKLOG = 4, FD_PATH_MAX = 64 };

struct session {
  uv_pipe_t pipe;
  uv_write_t write;
  struct krv_node *node;
  struct krv_buf answer;
  char line[KRV_ADMIN_LINE_MAX];
  size_t len;
  bool answered;
};

static void on_session_closed(uv_handle_t *handle) {
  struct session *session = handle->data;
  krv_buf_release(&session->answer);
  krv_free(session->node->env, session);
}

static void session_close(struct session *session) {
  if (!uv_is_closing((uv_handle_t *)&session->pipe))
    uv_close((uv_handle_t *)&session->pipe, on_session_closed);
}

/* ---- commands ---- */

static void say(struct krv_buf *out, const char *text) {
  krv_buf_put(out, krv_slice_str(text));
  krv_buf_put(out, krv_slice_str("\n"));
}

static void say_number(struct krv_buf *out, const char *name, uint64_t value) {
  char line[64];
  snprintf(line, sizeof line, "%s %llu", name, (unsigned long long)value);
  say(out, line);
}

static uint64_t file_size(const struct krv_node *node, const char *name) {
  char path[KRV_PATH_MAX];
  struct stat st;
  if (krv_path_join(node->options.dir, name, path) != 0 || stat(path, &st) != 0) return 0;
  return (uint64_t)st.st_size;
}

static int command_status(struct session *session, const char *argument) {
  (void)argument;
  struct krv_node *node = session->node;
  struct krv_buf *out = &session->answer;
  uint64_t items;
  uint8_t chain[KRV_CHAIN_LEN];
  int status = node->ledger.store->driver->head(node->ledger.store, &items, chain);
  if (status != 0) return status;
  say_number(out, "founded", krv_roster_serves(node->ledger.roster, &node->service.server.pk));
  say_number(out, "connections", node->peer_count);
  say_number(out, "devices", krv_roster_device_count(node->ledger.roster));
  say_number(out, "items", items);
  say_number(out, "roster", krv_roster_count(node->ledger.roster));
  say_number(out, "store_bytes",
             file_size(node, KRV_DIR_STORE) + file_size(node, KRV_DIR_STORE "-wal"));
  say_number(out, "uptime_s", (node->env->mono_ms(node->env->ctx) - node->started_ms) / 1000);
  return krv_ledger_usage(&node->ledger, out);
}

static void on_finding(void *ctx, const char *sentence) {
  say(ctx, sentence);
}

static int command_check(struct session *session, const char *argument) {
  (void)argument;
  return krv_store_sqlite_check(session->node->ledger.store, on_finding, &session->answer);
}

/* A plain name: letters, digits, dot and dash; never one of the folder's own files. */
static bool copy_name_good(const char *name) {
  size_t len = strlen(name);
  return strncmp(name, KRV_ADMIN_COPY_PREFIX, strlen(KRV_ADMIN_COPY_PREFIX)) == 0 &&
         strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len && len < 64;
}

static int command_copy(struct session *session, const char *argument) {
  char path[KRV_PATH_MAX];
  if (!copy_name_good(argument)) return KRV_INVALID;
  int status = krv_path_join(session->node->options.dir, argument, path);
  return status == 0 ? krv_store_sqlite_copy(session->node->ledger.store, path) : status;
}

static const struct {
  const char *name;
  int (*run)(struct session *session, const char *argument);
} commands[] = {{"status", command_status}, {"check", command_check}, {"copy", command_copy}};

static int run_line(struct session *session) {
  char *argument = strchr(session->line, ' ');
  if (argument) *argument++ = 0;
  krv_node_commit(session->node); /* a command sees no open transaction */
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (strcmp(commands[i].name, session->line) == 0)
      return commands[i].run(session, argument ? argument : "");
  return KRV_USAGE;
}

/* ---- the socket ---- */

static void on_answered(uv_write_t *write, int status) {
  (void)status;
  session_close(write->data);
}

static void answer(struct session *session) {
  char last[64];
  session->answered = true;
  int status = run_line(session);
  snprintf(last, sizeof last, status == 0 ? "ok" : "failed %d", status);
  say(&session->answer, last);
  uv_buf_t bytes = uv_buf_init((char *)session->answer.data, (unsigned)session->answer.len);
  session->write.data = session;
  if (session->answer.status != 0 ||
      uv_write(&session->write, (uv_stream_t *)&session->pipe, &bytes, 1, on_answered) != 0)
    session_close(session);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  (void)suggested;
  struct session *session = handle->data;
  *buf = uv_buf_init(session->line + session->len,
                     (unsigned)(sizeof session->line - 1 - session->len));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
  (void)buf;
  struct session *session = stream->data;
  if (session->answered) return;
  if (len < 0) {
    session_close(session);
    return;
  }
  session->len += (size_t)len;
  session->line[session->len] = 0;
  char *end = strchr(session->line, '\n');
  if (!end) return;
  *end = 0;
  uv_read_stop(stream);
  answer(session);
}

static int take_session(struct krv_node *node) {
  int fd;
  int status = krv_door_accept(&node->admin, &fd);
  if (status != 0) return status;
  struct session *session = krv_zalloc(node->env, 1, sizeof *session);
  if (!session) {
    close(fd);
    return KRV_NOMEM;
  }
  session->node = node;
  krv_buf_init(&session->answer, node->env);
  uv_pipe_init(&node->loop, &session->pipe, 0);
  session->pipe.data = session;
  if (uv_pipe_open(&session->pipe, fd) != 0) {
    close(fd);
    session_close(session);
  } else if (uv_read_start((uv_stream_t *)&session->pipe, on_alloc, on_read) != 0) {
    session_close(session);
  }
  return 0;
}

/* Anew: the one that is there is of a server that was killed, for the lock says that none runs. */
static int bind_socket(const char *dir, const char *path, int fd) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  struct krv_admin_path bound;
  mode_t before = umask(0077);
  unlink(path);
  int status = krv_admin_path(dir, &bound);
  if (status == 0) {
    memcpy(name.sun_path, bound.text, strlen(bound.text) + 1);
    if (bind(fd, (struct sockaddr *)&name, sizeof name) != 0) status = KRV_IO;
  }
  krv_admin_path_release(&bound);
  umask(before);
  return status;
}

int krv_admin_listen(struct krv_node *node) {
  char path[KRV_PATH_MAX];
  int status = krv_path_join(node->options.dir, KRV_DIR_ADMIN, path);
  if (status != 0) return status;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return KRV_IO;
  status = bind_socket(node->options.dir, path, fd);
  if (status == 0 && listen(fd, ADMIN_BACKLOG) != 0) status = KRV_IO;
  if (status == 0) return krv_door_open(node, &node->admin, fd, take_session);
  close(fd);
  return status;
}

void krv_admin_close(uv_handle_t *handle) {
  if (!uv_is_closing(handle))
    uv_close(handle, handle->type == UV_NAMED_PIPE ? on_session_closed : NULL);
}
