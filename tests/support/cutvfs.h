/* cutvfs: SQLite's disk, counted, made to fail, and cut off from power. A shim
 * over the "unix" VFS that is the default from installation on, and one over
 * "unix-none" of the same name. It has no shared memory: whoever opens a WAL
 * through it shows that it needs none. One thread. */
#ifndef KRV_CUTVFS_H
#define KRV_CUTVFS_H

#include <stdbool.h>
#include <stdint.h>

struct krv_cutvfs {
  /* counted since krv_cutvfs_reset */
  uint64_t opens, writes, truncates, deletes, syncs;
  uint64_t dir_syncs;  /* folders synced behind a sync of a file or a delete */
  uint64_t calls;      /* sum of those in the first line */
  /* faults */
  uint64_t fail_at;    /* the call with this number fails; 0: none */
  bool fail_on;        /* and every later one */
  int fail_code;       /* with this result code of SQLite */
  bool full;           /* every open that creates, write, truncate and sync fails: SQLITE_FULL */
  /* after each write and truncate that succeeded */
  void (*written)(void *ctx);
  void *ctx;
};

/* The one instance; installs at the first call. */
struct krv_cutvfs *krv_cutvfs(void);
/* Zeroes everything. */
void krv_cutvfs_reset(void);

/* What a power cut now would leave of each open file, written into folder under its own name:
 * what was synced; all that was written; or of each 512-byte sector that was not synced one or the
 * other, by seed. */
enum krv_cut { KRV_CUT_SYNCED, KRV_CUT_WRITTEN, KRV_CUT_TORN, KRV_CUT_COUNT };
void krv_cutvfs_cut(const char *folder, enum krv_cut cut, uint64_t seed);

#endif
