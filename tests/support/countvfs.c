#include "countvfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

static struct krv_countvfs counts;

struct file {
  sqlite3_file base;
  int flags; /* of opening: which file it is */
  int unused;
  /* the real file lies behind this struct */
};

static sqlite3_file *real_file(sqlite3_file *base) {
  return (sqlite3_file *)(void *)((struct file *)(void *)base + 1);
}

static bool is(sqlite3_file *base, int flag) {
  return (((struct file *)(void *)base)->flags & flag) != 0;
}

static int file_close(sqlite3_file *f) { return real_file(f)->pMethods->xClose(real_file(f)); }
static int file_read(sqlite3_file *f, void *out, int len, sqlite3_int64 at) {
  return real_file(f)->pMethods->xRead(real_file(f), out, len, at);
}
static int file_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at) {
  if (is(f, SQLITE_OPEN_MAIN_DB)) counts.main_writes++;
  return real_file(f)->pMethods->xWrite(real_file(f), data, len, at);
}
static int file_truncate(sqlite3_file *f, sqlite3_int64 size) {
  return real_file(f)->pMethods->xTruncate(real_file(f), size);
}
static int file_sync(sqlite3_file *f, int flags) {
  counts.syncs++;
  if (is(f, SQLITE_OPEN_WAL)) counts.wal_syncs++;
  if (counts.fail_sync_in > 0 && --counts.fail_sync_in == 0) return SQLITE_IOERR_FSYNC;
  return real_file(f)->pMethods->xSync(real_file(f), flags);
}
static int file_size(sqlite3_file *f, sqlite3_int64 *out) {
  return real_file(f)->pMethods->xFileSize(real_file(f), out);
}
static int file_lock(sqlite3_file *f, int level) {
  return real_file(f)->pMethods->xLock(real_file(f), level);
}
static int file_unlock(sqlite3_file *f, int level) {
  return real_file(f)->pMethods->xUnlock(real_file(f), level);
}
static int file_reserved(sqlite3_file *f, int *out) {
  return real_file(f)->pMethods->xCheckReservedLock(real_file(f), out);
}
static int file_control(sqlite3_file *f, int op, void *arg) {
  return real_file(f)->pMethods->xFileControl(real_file(f), op, arg);
}
static int file_sector(sqlite3_file *f) {
  return real_file(f)->pMethods->xSectorSize(real_file(f));
}
static int file_traits(sqlite3_file *f) {
  return real_file(f)->pMethods->xDeviceCharacteristics(real_file(f));
}
static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
  return real_file(f)->pMethods->xShmMap(real_file(f), page, size, extend, out);
}
static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
  return real_file(f)->pMethods->xShmLock(real_file(f), offset, n, flags);
}
static void file_shm_barrier(sqlite3_file *f) {
  real_file(f)->pMethods->xShmBarrier(real_file(f));
}
static int file_shm_unmap(sqlite3_file *f, int remove) {
  return real_file(f)->pMethods->xShmUnmap(real_file(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = file_close, .xRead = file_read, .xWrite = file_write,
    .xTruncate = file_truncate, .xSync = file_sync, .xFileSize = file_size, .xLock = file_lock,
    .xUnlock = file_unlock, .xCheckReservedLock = file_reserved, .xFileControl = file_control,
    .xSectorSize = file_sector, .xDeviceCharacteristics = file_traits, .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock, .xShmBarrier = file_shm_barrier, .xShmUnmap = file_shm_unmap,
};

static sqlite3_vfs *real_vfs;

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
  (void)vfs;
  struct file *file = (struct file *)(void *)f;
  memset(file, 0, sizeof *file);
  file->flags = flags;
  int rc = real_vfs->xOpen(real_vfs, name, real_file(f), flags, out);
  if (rc == SQLITE_OK) file->base.pMethods = &methods;
  return rc;
}

struct krv_countvfs *krv_countvfs_install(void) {
  static sqlite3_vfs shim;
  if (real_vfs) return &counts;
  real_vfs = sqlite3_vfs_find(NULL);
  assert(real_vfs);
  shim = *real_vfs; /* the rest of its methods do not look at what opened the files */
  shim.zName = "countvfs";
  shim.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
  shim.xOpen = vfs_open;
  shim.pNext = NULL;
  int rc = sqlite3_vfs_register(&shim, 1);
  assert(rc == SQLITE_OK);
  (void)rc;
  return &counts;
}
