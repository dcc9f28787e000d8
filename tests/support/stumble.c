/* stumble: loaded before a program, it lets the KRV_STUMBLE_AT-th of its calls to the disk fail,
 * with the errno KRV_STUMBLE_ERRNO, or, where that is 0, kills it just before. Each call is a line
 * of the file KRV_STUMBLE_LOG: its name, and what it is about. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 600 };

static long number(const char *name) {
  const char *value = getenv(name);
  return value ? strtol(value, NULL, 10) : 0;
}

static void note(const char *name, const char *about) {
  char line[LINE_MAX_LEN];
  const char *path = getenv("KRV_STUMBLE_LOG");
  if (!path) return;
  int fd =
      (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  int len = snprintf(line, sizeof line, "%s %.500s\n", name, about);
  if (fd < 0 || syscall(SYS_write, fd, line, (size_t)len) != len) abort();
  (void)syscall(SYS_close, fd);
}

/* Shall this call fail? */
static int stumbles(const char *name, const char *about) {
  static long calls;
  note(name, about);
  if (++calls != number("KRV_STUMBLE_AT")) return 0;
  errno = (int)number("KRV_STUMBLE_ERRNO");
  if (errno == 0) raise(SIGKILL);
  return 1;
}

static int stumbles_at(const char *name, int fd) {
  char link[64], path[400];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long len = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  path[len < 0 ? 0 : len] = 0;
  return stumbles(name, path);
}

char *mkdtemp(char *template) {
  char *(*real)(char *);
  *(void **)&real = dlsym(RTLD_NEXT, "mkdtemp");
  return stumbles("mkdtemp", template) ? NULL : real(template);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return stumbles("open", path) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t len) {
  return stumbles_at("write", fd) ? -1 : syscall(SYS_write, fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
  return stumbles_at("pwrite", fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

int fsync(int fd) {
  return stumbles_at("fsync", fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  return stumbles_at("fdatasync", fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t len) {
  return stumbles_at("ftruncate", fd) ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

int rename(const char *from, const char *to) {
  return stumbles("rename", to) ? -1
                                : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  return stumbles("renameat2", to)
             ? -1
             : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int unlink(const char *path) {
  return stumbles("unlink", path) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int flock(int fd, int how) {
  return stumbles_at("flock", fd) ? -1 : (int)syscall(SYS_flock, fd, how);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
    __attribute__((alias("pwrite")));
int ftruncate64(int fd, off64_t len) __attribute__((alias("ftruncate")));
