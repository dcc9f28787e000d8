#define _GNU_SOURCE
#include "admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int krv_admin_path(const char *dir, struct krv_admin_path *out) {
  out->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (out->fd < 0) return krv_errno_status();
  snprintf(out->text, sizeof out->text, "/proc/self/fd/%d/" KRV_DIR_ADMIN, out->fd);
  return 0;
}

void krv_admin_path_release(struct krv_admin_path *path) {
  if (path->fd >= 0) close(path->fd);
  path->fd = -1;
}

static int dial(const char *dir, int *fd) {
  struct krv_admin_path path;
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  int status = krv_admin_path(dir, &path);
  if (status != 0) return status;
  memcpy(name.sun_path, path.text, strlen(path.text) + 1);
  *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*fd < 0 || connect(*fd, (struct sockaddr *)&name, sizeof name) != 0) {
    status = errno == ECONNREFUSED ? KRV_NOT_FOUND : krv_errno_status();
    if (*fd >= 0) close(*fd);
  }
  krv_admin_path_release(&path);
  return status;
}

static int exchange(int fd, const char *command, struct krv_buf *out) {
  char line[KRV_ADMIN_LINE_MAX];
  int len = snprintf(line, sizeof line, "%s\n", command);
  if (len < 0 || (size_t)len >= sizeof line) return KRV_TOO_LARGE;
  if (send(fd, line, (size_t)len, MSG_NOSIGNAL) != len) return KRV_IO;
  for (;;) {
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return KRV_IO;
    if (n == 0) return out->status;
    krv_buf_append(out, bytes, (size_t)n);
  }
}

/* Takes the last line off: "ok" or "failed <status>". */
static int take_verdict(struct krv_buf *out, size_t from) {
  if (out->len <= from || out->data[out->len - 1] != '\n') return KRV_CUT;
  size_t start = out->len - 1;
  while (start > from && out->data[start - 1] != '\n') start--;
  char last[64] = "";
  size_t len = out->len - 1 - start;
  if (len >= sizeof last) return KRV_PROTOCOL;
  memcpy(last, out->data + start, len);
  out->len = start;
  if (strcmp(last, "ok") == 0) return 0;
  int status = strncmp(last, "failed ", 7) == 0 ? atoi(last + 7) : 0;
  return status < 0 ? status : KRV_PROTOCOL;
}

int krv_admin_ask(const char *dir, const char *command, struct krv_buf *out) {
  int fd;
  size_t from = out->len;
  int status = dial(dir, &fd);
  if (status != 0) return status;
  status = exchange(fd, command, out);
  close(fd);
  return status == 0 ? take_verdict(out, from) : status;
}
