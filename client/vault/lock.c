/* lock: see lock.h. The kernel drops a flock with its process, so a crash
 * leaves nothing to clean up; a pid that is left behind is checked to be alive
 * before anybody is told. A mark left by a waiter that died is removed by the
 * next writer that gets the lock. */
#define _GNU_SOURCE
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "status.h"

enum { SLEEP_MS = 20 };

char *krv_lock_path(const struct krv_env *env, const char *dir, const char *name) {
  size_t size = strlen(dir) + strlen(name) + 2;
  char *path = krv_alloc(env, size);
  if (path) (void)snprintf(path, size, "%s/%s", dir, name);
  return path;
}

static long read_holder(int fd) {
  char text[24] = "";
  ssize_t got = pread(fd, text, sizeof text - 1, 0);
  if (got <= 0) return 0;
  long pid = strtol(text, NULL, 10);
  return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM) ? pid : 0;
}

static bool clear_holder(int fd) {
  return ftruncate(fd, 0) == 0;
}

/* Best effort: on a full disk the lock holds all the same, nameless. */
static void write_holder(int fd) {
  char text[24];
  int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
  if (clear_holder(fd) && pwrite(fd, text, (size_t)len, 0) != len) (void)clear_holder(fd);
}

static void leave_mark(const char *wanted) {
  int fd = open(wanted, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
}

static int try_lock(int fd, bool shared) {
  int rc;
  do rc = flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB);
  while (rc != 0 && errno == EINTR);
  if (rc == 0) return 0;
  return errno == EWOULDBLOCK ? KRV_BUSY : KRV_IO;
}

static int wait_for(int fd, bool shared, const char *wanted, uint32_t wait_ms) {
  const struct timespec nap = {0, SLEEP_MS * 1000000L};
  int status = try_lock(fd, shared);
  if (status != KRV_BUSY || wait_ms == 0) return status;
  for (uint32_t slept = 0; status == KRV_BUSY && slept < wait_ms; slept += SLEEP_MS) {
    leave_mark(wanted); /* each time: another waiter that gave up may have removed it */
    (void)nanosleep(&nap, NULL);
    status = try_lock(fd, shared);
  }
  unlink(wanted);
  return status;
}

int krv_lock_take(struct krv_lock *lock, const struct krv_env *env, const char *dir, bool shared,
                  uint32_t wait_ms, long *holder) {
  int status = KRV_NOMEM;
  *lock = (struct krv_lock){-1, shared};
  *holder = 0;
  char *path = krv_lock_path(env, dir, "lock");
  char *wanted = krv_lock_path(env, dir, "wanted");
  if (!path || !wanted) goto out;
  int fd = open(path, (shared ? O_RDONLY : O_RDWR) | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  status = fd < 0 ? krv_host_status(errno) : wait_for(fd, shared, wanted, wait_ms);
  if (status == 0) {
    lock->fd = fd;
    if (!shared) {
      unlink(wanted);
      write_holder(fd);
    }
  } else if (fd >= 0) {
    if (status == KRV_BUSY) *holder = read_holder(fd);
    close(fd);
  }
out:
  krv_free(env, wanted);
  krv_free(env, path);
  return status;
}

void krv_lock_release(struct krv_lock *lock) {
  if (lock->fd < 0) return;
  if (!lock->shared) (void)clear_holder(lock->fd);
  (void)flock(lock->fd, LOCK_UN); /* close alone would not do, had this process forked */
  close(lock->fd);
  lock->fd = -1;
}

bool krv_lock_is_wanted(const struct krv_env *env, const char *dir) {
  char *wanted = krv_lock_path(env, dir, "wanted");
  bool there = wanted && access(wanted, F_OK) == 0;
  krv_free(env, wanted);
  return there;
}
