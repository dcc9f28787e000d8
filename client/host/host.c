/* host: clock, randomness, heap and files of the machine.
 *
 * Happy path of a write: temp file beside the target, bytes, fsync, rename,
 * fsync of the folder; whoever reads sees the old file or the new one, whole.
 * On any failure the temp file goes and the old file stays. */
#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "status.h"

static uint64_t host_mono_ms(void *ctx) {
  (void)ctx;
  struct timespec t = {0};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int64_t host_wall_s(void *ctx) {
  (void)ctx;
  struct timespec t = {0};
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec;
}

static void host_random(void *ctx, void *out, size_t len) {
  (void)ctx;
  uint8_t *p = out;
  while (len > 0) {
    ssize_t got = getrandom(p, len, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) abort(); /* no key is better than a weak one */
    p += got;
    len -= (size_t)got;
  }
}

static void *host_resize(void *ctx, void *p, size_t len) {
  (void)ctx;
  if (len == 0) {
    free(p);
    return NULL;
  }
  return realloc(p, len);
}

const struct krv_env *krv_host_env(void) {
  static const struct krv_env env = {NULL, host_mono_ms, host_wall_s, host_random, host_resize,
                                     NULL};
  return &env;
}

void krv_host_harden(void) {
  const struct rlimit none = {0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int krv_host_status(int errno_value) {
  switch (errno_value) {
    case 0: return 0;
    case ENOSPC:
    case EDQUOT: return KRV_FULL;
    case ENOENT: return KRV_NOT_FOUND;
    default: return KRV_IO;
  }
}

static int host_open(const char *path, int flags) {
  int fd;
  do fd = open(path, flags | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  return fd;
}

/* Reads to the end of the file, not to its size: files of /proc tell 0. */
static int read_all(int fd, size_t cap, struct krv_buf *out) {
  uint8_t block[4096];
  size_t total = 0;
  int status = 0;
  for (;;) {
    ssize_t got = read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = krv_host_status(errno);
    if (got <= 0) break;
    total += (size_t)got;
    if (total > cap) status = KRV_TOO_LARGE;
    if (status != 0) break;
    krv_buf_append(out, block, (size_t)got);
  }
  explicit_bzero(block, sizeof block);
  return status != 0 ? status : out->status;
}

int krv_host_read_file(const char *path, size_t cap, struct krv_buf *out) {
  int fd = host_open(path, O_RDONLY);
  if (fd < 0) return krv_host_status(errno);
  int status = read_all(fd, cap, out);
  close(fd);
  return status;
}

/* The folder that holds path, in out; false when it does not fit. */
static bool folder_of(const char *path, char *out, size_t size) {
  size_t len = strlen(path);
  while (len > 1 && path[len - 1] == '/') len--;
  while (len > 0 && path[len - 1] != '/') len--;
  while (len > 1 && path[len - 1] == '/') len--;
  int n = len == 0 ? snprintf(out, size, ".") : snprintf(out, size, "%.*s", (int)len, path);
  return n > 0 && (size_t)n < size;
}

int krv_host_make_dir(const char *path) {
  char folder[4096];
  if (mkdir(path, 0700) == 0)
    return folder_of(path, folder, sizeof folder) ? krv_host_sync_dir(folder) : KRV_IO;
  if (errno != EEXIST) return krv_host_status(errno);
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : KRV_IO;
}

int krv_host_sync_dir(const char *path) {
  int fd = host_open(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return krv_host_status(errno);
  int status = fsync(fd) == 0 ? 0 : krv_host_status(errno);
  close(fd);
  return status;
}
