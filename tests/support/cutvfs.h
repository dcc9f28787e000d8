/* cutvfs: SQLite's disk, counted, made to fail, and cut off from power. A shim
 * over the "unix" VFS that is the default from installation on, and one over
 * "unix-none" of the same name. It has no shared memory: whoever opens a WAL
 * through it shows that it needs none. One thread.
 *
 * Of each open file it remembers what was written since the 65th last sync, so that a cut can
 * be one of a disk that lied about up to 64 of them. */
#ifndef KRV_CUTVFS_H
#define KRV_CUTVFS_H

#include <stdbool.h>
#include <stdint.h>

enum { KRV_CUT_LOST_MAX = 64 };

/* Result codes of SQLite, whose header stays out of here. */
enum {
  KRV_DISK_FULL = 13,
  KRV_DISK_FAILS = 10,
  KRV_DISK_FAILS_READ = 266,
  KRV_DISK_READS_SHORT = 522,
  KRV_DISK_FAILS_WRITE = 778,
  KRV_DISK_FAILS_SYNC = 1034,
};

struct krv_cutvfs {
  /* counted since krv_cutvfs_reset */
  uint64_t opens, writes, truncates, deletes, syncs;
  uint64_t dir_syncs;  /* folders synced behind a sync of a file or a delete */
  uint64_t read_bytes; /* asked for */
  uint64_t calls;      /* sum of those in the first line, and of reads if reads_too */
  /* faults */
  uint64_t fail_at;    /* the call with this number fails; 0: none */
  bool fail_on;        /* and every later one */
  int fail_code;       /* with one of these codes */
  bool fail_half;      /* a write that fails has written its first half */
  bool reads_too;      /* reads are calls as well */
  bool full;           /* every open that creates, write, truncate and sync fails: SQLITE_FULL */
  uint64_t kill_at;    /* the process is killed at the call with this number, a write half done */
  bool lazy;           /* syncs count and are remembered, but the real disk is spared them */
  /* after each write and truncate that succeeded */
  void (*written)(void *ctx);
  void *ctx;
};

/* The one instance; installs at the first call. */
struct krv_cutvfs *krv_cutvfs(void);
/* Zeroes everything. */
void krv_cutvfs_reset(void);

/* What a power cut now would leave of each open file, written into folder under its own name:
 * what was synced; all that was written; or any of the 512-byte sectors that were written since
 * the last sync and not the others, by seed, and likewise for changes of length. */
enum krv_cut { KRV_CUT_SYNCED, KRV_CUT_WRITTEN, KRV_CUT_TORN, KRV_CUT_COUNT };
struct krv_cut_choice {
  const char *folder;
  const char *under;   /* only files whose names begin so; NULL: all */
  enum krv_cut cut;
  uint32_t lost;       /* so many of the last syncs of these files never happened */
  uint64_t seed;
};
void krv_cutvfs_cut(const struct krv_cut_choice *choice);
/* What is on the disk now has been there for long: no cut takes it away. */
void krv_cutvfs_settle(void);

#endif
