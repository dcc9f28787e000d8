#define _GNU_SOURCE
#include "cutvfs.h"

#include <assert.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 64, SECTOR = 512, SYNCS_KEPT = KRV_CUT_LOST_MAX + 1 };

_Static_assert(KRV_DISK_FULL == SQLITE_FULL && KRV_DISK_FAILS == SQLITE_IOERR &&
                   KRV_DISK_FAILS_READ == SQLITE_IOERR_READ &&
                   KRV_DISK_READS_SHORT == SQLITE_IOERR_SHORT_READ &&
                   KRV_DISK_FAILS_WRITE == SQLITE_IOERR_WRITE &&
                   KRV_DISK_FAILS_SYNC == SQLITE_IOERR_FSYNC,
               "SQLite's codes");

static struct krv_cutvfs counts;
static uint64_t sync_numbers; /* of all files, in order of time */

struct image {
  uint8_t *bytes;
  size_t len, cap;
};

/* A write, or without bytes: the file cut to length `at`. */
struct op {
  size_t at, len;
  uint8_t *bytes;
};

struct sync {
  uint64_t number;
  size_t ops; /* written before it */
};

struct file {
  sqlite3_file base;
  struct image settled; /* before the first op */
  struct op *ops;
  size_t op_count, op_cap, sync_count;
  struct sync syncs[SYNCS_KEPT]; /* oldest first */
  char name[512];
  sqlite3_file *real; /* behind this struct */
};

static struct file *open_files[FILES_MAX];

static struct image read_image(const char *path) {
  struct image image = {NULL, 0, 0};
  FILE *f = fopen(path, "rb");
  if (!f) return image;
  fseek(f, 0, SEEK_END);
  image.len = (size_t)ftell(f);
  rewind(f);
  image.cap = image.len + 1;
  image.bytes = malloc(image.cap);
  assert(image.bytes && fread(image.bytes, 1, image.len, f) == image.len);
  fclose(f);
  return image;
}

/* ---- what was written since */

static void image_resize(struct image *image, size_t len) {
  if (len > image->cap) {
    image->cap = len * 2;
    image->bytes = realloc(image->bytes, image->cap);
    assert(image->bytes);
  }
  if (len > image->len) /* a sector that was never written */
    memset(image->bytes + image->len, 0, len - image->len);
  image->len = len;
}

static void image_put(struct image *image, size_t at, const uint8_t *bytes, size_t len) {
  if (at + len > image->len) image_resize(image, at + len);
  memcpy(image->bytes + at, bytes, len);
}

static void image_apply(struct image *image, const struct op *op) {
  if (op->bytes) image_put(image, op->at, op->bytes, op->len);
  else image_resize(image, op->at);
}

static void add_op(struct file *file, sqlite3_int64 at, const void *data, size_t len) {
  if (file->op_count == file->op_cap) {
    file->op_cap = file->op_cap * 2 + 16;
    file->ops = realloc(file->ops, file->op_cap * sizeof *file->ops);
    assert(file->ops);
  }
  struct op op = {(size_t)at, len, NULL};
  if (data) {
    op.bytes = malloc(len + 1);
    assert(op.bytes);
    memcpy(op.bytes, data, len);
  }
  file->ops[file->op_count++] = op;
}

/* The first ops are older than any cut reaches. */
static void settle(struct file *file, size_t ops) {
  for (size_t i = 0; i < ops; i++) {
    image_apply(&file->settled, &file->ops[i]);
    free(file->ops[i].bytes);
  }
  file->op_count -= ops;
  if (ops > 0) memmove(file->ops, file->ops + ops, file->op_count * sizeof *file->ops);
  for (size_t i = 0; i < file->sync_count; i++)
    file->syncs[i].ops = file->syncs[i].ops > ops ? file->syncs[i].ops - ops : 0;
}

static void add_sync(struct file *file) {
  if (file->sync_count == SYNCS_KEPT) {
    settle(file, file->syncs[0].ops);
    memmove(file->syncs, file->syncs + 1, --file->sync_count * sizeof *file->syncs);
  }
  file->syncs[file->sync_count++] = (struct sync){++sync_numbers, file->op_count};
}

void krv_cutvfs_settle(void) {
  for (size_t i = 0; i < FILES_MAX; i++)
    if (open_files[i]) {
      settle(open_files[i], open_files[i]->op_count);
      open_files[i]->sync_count = 0;
    }
}

/* Whether this call is to fail; its result code. */
static int fault(uint64_t *counter) {
  ++*counter;
  ++counts.calls;
  if (counts.calls == counts.kill_at) raise(SIGKILL);
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
  settle(file, file->op_count);
  free(file->settled.bytes);
  free(file->ops);
  return file->real->pMethods ? file->real->pMethods->xClose(file->real) : SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at) {
  uint64_t reads = 0;
  int rc = counts.reads_too ? fault(&reads) : SQLITE_OK;
  bool cut = rc == SQLITE_IOERR_SHORT_READ;
  counts.read_bytes += (uint64_t)len;
  if (cut) rc = SQLITE_OK;
  if (rc == SQLITE_OK) rc = of(base)->real->pMethods->xRead(of(base)->real, out, len, at);
  if (!cut || rc != SQLITE_OK) return rc;
  memset((char *)out + len / 2, 0, (size_t)(len - len / 2)); /* as at the end of a file */
  return SQLITE_IOERR_SHORT_READ;
}

static int write_now(struct file *file, const void *data, int len, sqlite3_int64 at) {
  int rc = file->real->pMethods->xWrite(file->real, data, len, at);
  if (rc == SQLITE_OK) add_op(file, at, data, (size_t)len);
  return rc;
}

static int file_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at) {
  struct file *file = of(base);
  if (counts.kill_at != 0 && counts.calls + 1 == counts.kill_at)
    (void)write_now(file, data, len / 2, at);
  int rc = fault(&counts.writes);
  if (rc == SQLITE_OK && counts.full) rc = SQLITE_FULL;
  if (rc != SQLITE_OK && counts.fail_half) (void)write_now(file, data, len / 2, at);
  if (rc == SQLITE_OK) rc = write_now(file, data, len, at);
  if (rc == SQLITE_OK) tell_written();
  return rc;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  int rc = fault(&counts.truncates);
  if (rc == SQLITE_OK) rc = of(base)->real->pMethods->xTruncate(of(base)->real, size);
  if (rc != SQLITE_OK) return rc;
  add_op(of(base), size, NULL, 0);
  tell_written();
  return rc;
}

static int file_sync(sqlite3_file *base, int flags) {
  struct file *file = of(base);
  int rc = fault(&counts.syncs);
  if (rc == SQLITE_OK && counts.full) rc = SQLITE_FULL;
  if (rc == SQLITE_OK && !counts.lazy) rc = file->real->pMethods->xSync(file->real, flags);
  if (rc == SQLITE_OK) add_sync(file);
  return rc;
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
  (void)fprintf(stderr, "cutvfs: more files open than it follows\n");
  abort();
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
  file->settled = read_image(name);
  keep_open(file);
  return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir) {
  int rc = fault(&counts.deletes);
  if (counts.lazy) sync_dir = 0;
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

/* The sectors of one write, each on the disk or not. */
static void tear(struct image *image, const struct op *op, uint64_t odds, uint64_t *seed) {
  if (!op->bytes) {
    if (next(seed) % 8 < odds) image_resize(image, op->at);
    return;
  }
  for (size_t done = 0; done < op->len;) {
    size_t len = SECTOR - (op->at + done) % SECTOR;
    if (len > op->len - done) len = op->len - done;
    if (next(seed) % 8 < odds) image_put(image, op->at + done, op->bytes + done, len);
    done += len;
  }
}

static void cut_file(const struct file *file, const struct krv_cut_choice *choice,
                     uint64_t first_lost, uint64_t *seed) {
  static struct image image; /* its memory serves every cut */
  size_t whole = 0;
  image.len = 0;
  if (file->settled.len > 0) image_put(&image, 0, file->settled.bytes, file->settled.len);
  for (size_t i = 0; i < file->sync_count && file->syncs[i].number < first_lost; i++)
    whole = file->syncs[i].ops;
  if (choice->cut == KRV_CUT_WRITTEN) whole = file->op_count;
  for (size_t i = 0; i < whole; i++) image_apply(&image, &file->ops[i]);
  uint64_t odds = 1 + next(seed) % 7; /* of 8 */
  for (size_t i = whole; choice->cut == KRV_CUT_TORN && i < file->op_count; i++)
    tear(&image, &file->ops[i], odds, seed);
  char path[1100];
  const char *base = strrchr(file->name, '/');
  (void)snprintf(path, sizeof path, "%s/%s", choice->folder, base ? base + 1 : file->name);
  FILE *f = fopen(path, "wb");
  assert(f && fwrite(image.bytes, 1, image.len, f) == image.len);
  fclose(f);
}

static bool is_under(const struct file *file, const char *under) {
  return file && (!under || strncmp(file->name, under, strlen(under)) == 0);
}

/* The number of the earliest sync that never happened. */
static uint64_t first_lost_of(const struct krv_cut_choice *choice) {
  uint64_t first = sync_numbers + 1;
  for (uint32_t lost = 0; lost < choice->lost; lost++) {
    uint64_t before = 0;
    for (size_t i = 0; i < FILES_MAX; i++)
      for (size_t k = 0; is_under(open_files[i], choice->under) && k < open_files[i]->sync_count;
           k++)
        if (open_files[i]->syncs[k].number < first && open_files[i]->syncs[k].number > before)
          before = open_files[i]->syncs[k].number;
    first = before;
  }
  return first;
}

void krv_cutvfs_cut(const struct krv_cut_choice *choice) {
  uint64_t first_lost = first_lost_of(choice), seed = choice->seed;
  assert(choice->lost <= KRV_CUT_LOST_MAX);
  for (size_t i = 0; i < FILES_MAX; i++)
    if (is_under(open_files[i], choice->under))
      cut_file(open_files[i], choice, first_lost, &seed);
}
