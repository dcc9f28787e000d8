#define _GNU_SOURCE
#include "aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "status.h"

#define MARK ".new-"
enum { RANDOM_LEN = 6 }; /* mkdtemp's */

static int set_place(const char *dir, struct krv_aside *out) {
  size_t len = strlen(dir);
  while (len > 1 && dir[len - 1] == '/') len--;
  if (len >= sizeof out->place) return KRV_TOO_LARGE;
  memcpy(out->place, dir, len);
  out->place[len] = 0;
  return 0;
}

/* ---- what was left ---- */

/* A folder of one's own that nobody holds; keys may lie in it. */
static void clear_one(const char *path) {
  struct stat st;
  int lock;
  bool ours = lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
              (st.st_mode & 077) == 0;
  if (!ours || krv_dir_lock(path, &lock) != 0) return;
  krv_folder_discard(path);
  close(lock);
}

static bool is_left(const char *name, const char *base) {
  size_t len = strlen(base), mark = strlen(MARK);
  return strncmp(name, base, len) == 0 && strncmp(name + len, MARK, mark) == 0 &&
         strlen(name + len + mark) == RANDOM_LEN;
}

/* Best effort: nothing that is left keeps anybody from building. */
static void clear_left(const char *place) {
  char parent[KRV_PATH_MAX], path[KRV_PATH_MAX];
  const char *slash = strrchr(place, '/'), *base = slash ? slash + 1 : place;
  DIR *folder = krv_path_parent(place, parent) == 0 ? opendir(parent) : NULL;
  if (!folder) return;
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
    if (is_left(entry->d_name, base) && krv_path_join(parent, entry->d_name, path) == 0)
      clear_one(path);
  closedir(folder);
}

/* ---- building ---- */

int krv_aside_begin(const char *dir, struct krv_aside *out) {
  memset(out, 0, sizeof *out);
  out->lock = -1;
  int status = set_place(dir, out);
  if (status != 0) return status;
  if (access(out->place, F_OK) == 0) return KRV_EXISTS;
  clear_left(out->place);
  int len = snprintf(out->built, sizeof out->built, "%s" MARK "XXXXXX", out->place);
  if (len < 0 || (size_t)len >= sizeof out->built) return KRV_TOO_LARGE;
  if (!mkdtemp(out->built)) return krv_errno_status();
  memcpy(out->path, out->built, sizeof out->path);
  status = krv_dir_lock(out->path, &out->lock);
  return status == 0 ? 0 : krv_aside_end(out, status);
}

int krv_aside_settle(struct krv_aside *aside) {
  char parent[KRV_PATH_MAX];
  int status = krv_folder_sync(aside->path);
  if (status == 0) status = krv_path_parent(aside->place, parent);
  if (status != 0) return status;
  if (renameat2(AT_FDCWD, aside->path, AT_FDCWD, aside->place, RENAME_NOREPLACE) != 0)
    return errno == EEXIST ? KRV_EXISTS : krv_errno_status();
  memcpy(aside->path, aside->place, sizeof aside->path);
  return krv_folder_sync(parent);
}

/* Back under the name that it was built under, where half a folder is none. */
static void discard(struct krv_aside *aside) {
  bool settled = strcmp(aside->path, aside->built) != 0;
  if (settled && rename(aside->path, aside->built) != 0) return;
  krv_folder_discard(aside->built);
}

int krv_aside_end(struct krv_aside *aside, int status) {
  if (status != 0 && aside->path[0] != 0) discard(aside);
  if (aside->lock >= 0) close(aside->lock);
  aside->lock = -1;
  return status;
}
