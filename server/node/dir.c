#define _GNU_SOURCE
#include "dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dh.h"

enum { KEY_MAGIC_LEN = 8, KEY_FILE_LEN = KEY_MAGIC_LEN + 2 * KRV_KEY_LEN };
static const char key_magic[KEY_MAGIC_LEN + 1] = "KRVSRV1\n";

int krv_errno_status(void) {
  switch (errno) {
    case ENOSPC:
    case EDQUOT: return KRV_FULL;
    case ENOENT: return KRV_NOT_FOUND;
    case ENOMEM: return KRV_NOMEM;
    default: return KRV_IO;
  }
}

int krv_path_join(const char *dir, const char *name, char out[KRV_PATH_MAX]) {
  int len = snprintf(out, KRV_PATH_MAX, "%s/%s", dir, name);
  return len < 0 || len >= KRV_PATH_MAX ? KRV_TOO_LARGE : 0;
}

int krv_path_parent(const char *path, char out[KRV_PATH_MAX]) {
  size_t len = strlen(path);
  if (len >= KRV_PATH_MAX) return KRV_TOO_LARGE;
  while (len > 1 && path[len - 1] == '/') len--;
  while (len > 0 && path[len - 1] != '/') len--;
  if (len == 0) {
    memcpy(out, ".", 2);
    return 0;
  }
  while (len > 1 && path[len - 1] == '/') len--;
  memcpy(out, path, len);
  out[len] = 0;
  return 0;
}

static int read_all(int fd, size_t size, struct krv_buf *out) {
  size_t done = 0;
  uint8_t *place = krv_buf_extend(out, size);
  if (!place) return out->status;
  while (done < size) {
    ssize_t n = read(fd, place + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return KRV_IO;
    if (n == 0) return KRV_DAMAGED; /* it shrank while it was read */
    done += (size_t)n;
  }
  return 0;
}

int krv_file_read(const char *path, struct krv_buf *out) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return krv_errno_status();
  struct stat st;
  int status = fstat(fd, &st) != 0 ? KRV_IO : 0;
  if (status == 0 && (st.st_size < 0 || st.st_size > KRV_DIR_FILE_MAX)) status = KRV_TOO_LARGE;
  if (status == 0 && st.st_size > 0) status = read_all(fd, (size_t)st.st_size, out);
  close(fd);
  return status;
}

static int write_all(int fd, struct krv_slice bytes) {
  while (bytes.len > 0) {
    ssize_t n = write(fd, bytes.data, bytes.len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return krv_errno_status();
    bytes = krv_slice(bytes.data + n, bytes.len - (size_t)n);
  }
  return fsync(fd) != 0 ? krv_errno_status() : 0;
}

int krv_folder_sync(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return krv_errno_status();
  int status = fsync(fd) != 0 ? krv_errno_status() : 0;
  close(fd);
  return status;
}

int krv_file_write(const char *path, struct krv_slice bytes) {
  char aside[KRV_PATH_MAX], parent[KRV_PATH_MAX];
  int len = snprintf(aside, sizeof aside, "%s.new", path);
  if (len < 0 || (size_t)len >= sizeof aside) return KRV_TOO_LARGE;
  int status = krv_path_parent(path, parent);
  if (status != 0) return status;
  int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return krv_errno_status();
  status = write_all(fd, bytes);
  if (close(fd) != 0 && status == 0) status = krv_errno_status();
  if (status == 0 && rename(aside, path) != 0) status = krv_errno_status();
  if (status != 0) unlink(aside);
  return status == 0 ? krv_folder_sync(parent) : status;
}

void krv_folder_discard(const char *path) {
  DIR *folder = opendir(path);
  if (!folder) return;
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
  rmdir(path);
}

int krv_dir_lock(const char *dir, int *fd) {
  char path[KRV_PATH_MAX];
  *fd = -1;
  int status = krv_path_join(dir, "lock", path);
  if (status != 0) return status;
  int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return krv_errno_status();
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    status = errno == EWOULDBLOCK ? KRV_BUSY : KRV_IO;
    close(lock);
    return status;
  }
  *fd = lock;
  return 0;
}

/* ---- the key file: magic 8, secret key 32, founding psk 32 ---- */

void krv_server_key_make(const struct krv_env *env, struct krv_server_key *out) {
  krv_dh_pair_random(env, &out->server);
  krv_key_random(env, &out->founding_psk);
}

int krv_server_key_save(const char *dir, const struct krv_env *env,
                        const struct krv_server_key *key) {
  char path[KRV_PATH_MAX];
  struct krv_buf bytes;
  krv_buf_init(&bytes, env);
  krv_buf_append(&bytes, key_magic, KEY_MAGIC_LEN);
  krv_buf_append(&bytes, key->server.sk.b, KRV_KEY_LEN);
  krv_buf_append(&bytes, key->founding_psk.b, KRV_KEY_LEN);
  int status = bytes.status;
  if (status == 0) status = krv_path_join(dir, KRV_DIR_KEY, path);
  if (status == 0) status = krv_file_write(path, krv_buf_slice(&bytes));
  krv_buf_wipe(&bytes);
  return status;
}

int krv_server_key_load(const char *dir, const struct krv_env *env, struct krv_server_key *out) {
  char path[KRV_PATH_MAX];
  struct krv_buf bytes;
  struct krv_key sk;
  krv_buf_init(&bytes, env);
  memset(out, 0, sizeof *out);
  int status = krv_path_join(dir, KRV_DIR_KEY, path);
  if (status == 0) status = krv_file_read(path, &bytes);
  if (status == 0 &&
      (bytes.len != KEY_FILE_LEN || memcmp(bytes.data, key_magic, KEY_MAGIC_LEN) != 0))
    status = KRV_DAMAGED;
  if (status == 0) {
    memcpy(sk.b, bytes.data + KEY_MAGIC_LEN, KRV_KEY_LEN);
    memcpy(out->founding_psk.b, bytes.data + KEY_MAGIC_LEN + KRV_KEY_LEN, KRV_KEY_LEN);
    status = krv_dh_pair_from_secret(&sk, &out->server) == 0 ? 0 : KRV_DAMAGED;
  }
  krv_wipe(&sk, sizeof sk);
  krv_buf_wipe(&bytes);
  if (status != 0) krv_wipe(out, sizeof *out);
  return status;
}
