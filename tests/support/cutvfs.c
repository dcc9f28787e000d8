#define _GNU_SOURCE
#include "cutvfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 8, SECTOR = 512 };

static struct krv_cutvfs counts;

struct image {
  uint8_t *bytes;
  size_t len;
};

struct file {
  sqlite3_file base;
  struct image synced;
  char name[512];
  sqlite3_file *real; /* behind this struct */
};

static struct file *open_files[FILES_MAX];

static struct image read_image(const char *path) {
  struct image image = {NULL, 0};
  FILE *f = fopen(path, "rb");
  if (!f) return image;
  fseek(f, 0, SEEK_END);
  image.len = (size_t)ftell(f);
  rewind(f);
  image.bytes = malloc(image.len + 1);
  assert(image.bytes && fread(image.bytes, 1, image.len, f) == image.len);
  fclose(f);
  return image;
}

/* Whether this call is to fail; its result code. */
static int fault(uint64_t *counter) {
  ++*counter;
  ++counts.calls;
  if (counts.fail_at != 0 &&
      (counts.calls == counts.fail_at || (counts.fail_on && counts.calls > counts.fail_at)))
    return counts.fail_code;
  return SQLITE_OK;
}

static void tell_written(void) {
  if (counts.written) counts.written(counts.ctx);
}

static struct file *of(sqlite3_file *file) {
  return (struct file *)(void *)file;
}

static int file_close(sqlite3_file *base) {
  struct file *file = of(base);
  for (size_t i = 0; i < FILES_MAX; i++)
    if (open_files[i] == file) open_files[i] = NULL;
  free(file->synced.bytes);
  return file->real->pMethods ? file->real->pMethods->xClose(file->real) : SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at) {
  return of(base)->real->pMethods->xRead(of(base)->real, out, len, at);
}

static int file_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at) {
  int rc = fault(&counts.writes);
  if (rc == SQLITE_OK && counts.full) rc = SQLITE_FULL;
  if (rc == SQLITE_OK) rc = of(base)->real->pMethods->xWrite(of(base)->real, data, len, at);
  if (rc == SQLITE_OK) tell_written();
  return rc;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  int rc = fault(&counts.truncates);
  if (rc == SQLITE_OK) rc = of(base)->real->pMethods->xTruncate(of(base)->real, size);
  if (rc == SQLITE_OK) tell_written();
  return rc;
}

static int file_sync(sqlite3_file *base, int flags) {
  struct file *file = of(base);
  int rc = fault(&counts.syncs);
  if (rc == SQLITE_OK && counts.full) rc = SQLITE_FULL;
  if (rc == SQLITE_OK) rc = file->real->pMethods->xSync(file->real, flags);
  if (rc != SQLITE_OK) return rc;
  free(file->synced.bytes);
  file->synced = read_image(file->name);
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out) {
  return of(base)->real->pMethods->xFileSize(of(base)->real, out);
}
static int file_lock(sqlite3_file *base, int level) {
  return of(base)->real->pMethods->xLock(of(base)->real, level);
}
static int file_unlock(sqlite3_file *base, int level) {
  return of(base)->real->pMethods->xUnlock(of(base)->real, level);
}
static int file_reserved(sqlite3_file *base, int *out) {
  return of(base)->real->pMethods->xCheckReservedLock(of(base)->real, out);
}
static int file_control(sqlite3_file *base, int op, void *arg) {
  return of(base)->real->pMethods->xFileControl(of(base)->real, op, arg);
}
static int file_sector(sqlite3_file *base) {
  return of(base)->real->pMethods->xSectorSize(of(base)->real);
}
static int file_traits(sqlite3_file *base) {
  return of(base)->real->pMethods->xDeviceCharacteristics(of(base)->real);
}

static const sqlite3_io_methods methods = {
    .iVersion = 1, .xClose = file_close, .xRead = file_read, .xWrite = file_write,
    .xTruncate = file_truncate, .xSync = file_sync, .xFileSize = file_size, .xLock = file_lock,
    .xUnlock = file_unlock, .xCheckReservedLock = file_reserved, .xFileControl = file_control,
    .xSectorSize = file_sector, .xDeviceCharacteristics = file_traits,
};

static sqlite3_vfs *real_of(sqlite3_vfs *vfs) {
  return vfs->pAppData;
}

static void keep_open(struct file *file) {
  for (size_t i = 0; i < FILES_MAX; i++)
    if (!open_files[i]) {
      open_files[i] = file;
      return;
    }
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out) {
  struct file *file = of(base);
  memset(file, 0, sizeof *file);
  file->real = (sqlite3_file *)(void *)(file + 1);
  int rc = fault(&counts.opens);
  if (rc == SQLITE_OK && counts.full && (flags & SQLITE_OPEN_CREATE)) {
    int there = 0;
    (void)real_of(vfs)->xAccess(real_of(vfs), name, SQLITE_ACCESS_EXISTS, &there);
    if (!there) rc = SQLITE_CANTOPEN;
  }
  if (rc == SQLITE_OK) rc = real_of(vfs)->xOpen(real_of(vfs), name, file->real, flags, out);
  if (rc != SQLITE_OK) return rc;
  file->base.pMethods = &methods;
  if (!name) return rc;
  (void)snprintf(file->name, sizeof file->name, "%s", name);
  file->synced = read_image(name);
  keep_open(file);
  return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir) {
  int rc = fault(&counts.deletes);
  return rc == SQLITE_OK ? real_of(vfs)->xDelete(real_of(vfs), name, sync_dir) : rc;
}

static int (*open_directory)(const char *, int *);
static int counted_open_directory(const char *name, int *fd) {
  counts.dir_syncs++; /* unix.c opens a folder only to sync it */
  return open_directory(name, fd);
}

static void install(sqlite3_vfs *shim, const char *over, const char *name, int is_default) {
  sqlite3_vfs *real = sqlite3_vfs_find(over);
  assert(real);
  *shim = *real;
  shim->iVersion = 1;
  shim->zName = name;
  shim->pAppData = real;
  shim->szOsFile = (int)sizeof(struct file) + real->szOsFile;
  shim->xOpen = vfs_open;
  shim->xDelete = vfs_delete;
  shim->pNext = NULL;
  assert(sqlite3_vfs_register(shim, is_default) == SQLITE_OK);
}

/* xAccess, xFullPathname and the like take the real VFS's own pAppData. */
static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
  return real_of(vfs)->xAccess(real_of(vfs), name, flags, out);
}
static int vfs_full(sqlite3_vfs *vfs, const char *name, int len, char *out) {
  return real_of(vfs)->xFullPathname(real_of(vfs), name, len, out);
}

struct krv_cutvfs *krv_cutvfs(void) {
  static sqlite3_vfs shims[2];
  static bool installed;
  if (installed) return &counts;
  installed = true;
  sqlite3_vfs *unix_vfs = sqlite3_vfs_find("unix");
  assert(unix_vfs);
  open_directory = (int (*)(const char *, int *))(void (*)(void))unix_vfs->xGetSystemCall(
      unix_vfs, "openDirectory");
  unix_vfs->xSetSystemCall(unix_vfs, "openDirectory",
                           (sqlite3_syscall_ptr)(void (*)(void))counted_open_directory);
  install(&shims[0], "unix", "cutvfs", 1);
  install(&shims[1], "unix-none", "unix-none", 0);
  for (size_t i = 0; i < 2; i++) {
    shims[i].xAccess = vfs_access;
    shims[i].xFullPathname = vfs_full;
  }
  return &counts;
}

void krv_cutvfs_reset(void) {
  counts = (struct krv_cutvfs){0};
}

static uint64_t next(uint64_t *seed) {
  uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  return z ^ (z >> 31);
}

static void cut_file(const struct file *file, const char *folder, enum krv_cut cut,
                     uint64_t *seed) {
  char path[1100];
  const struct image old = file->synced;
  struct image now = read_image(file->name);
  const char *base = strrchr(file->name, '/');
  (void)snprintf(path, sizeof path, "%s/%s", folder, base ? base + 1 : file->name);
  if (cut == KRV_CUT_SYNCED) {
    free(now.bytes);
    now = (struct image){malloc(old.len + 1), old.len};
    assert(now.bytes);
    if (old.len > 0) memcpy(now.bytes, old.bytes, old.len);
  }
  for (size_t at = 0; cut == KRV_CUT_TORN && at < now.len; at += SECTOR) {
    size_t len = now.len - at < SECTOR ? now.len - at : SECTOR;
    if (next(seed) & 1) continue;
    size_t kept = at >= old.len ? 0 : old.len - at < len ? old.len - at : len;
    if (kept > 0) memcpy(now.bytes + at, old.bytes + at, kept);
    memset(now.bytes + at + kept, 0, len - kept); /* a sector that was never written */
  }
  FILE *f = fopen(path, "wb");
  assert(f && fwrite(now.bytes, 1, now.len, f) == now.len);
  fclose(f);
  free(now.bytes);
}

void krv_cutvfs_cut(const char *folder, enum krv_cut cut, uint64_t seed) {
  for (size_t i = 0; i < FILES_MAX; i++)
    if (open_files[i]) cut_file(open_files[i], folder, cut, &seed);
}
