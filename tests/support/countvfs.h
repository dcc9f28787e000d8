/* countvfs: SQLite's disk, counted. A shim over the default VFS, itself the default from
 * installation on; every file goes through it. One thread. */
#ifndef KRV_COUNTVFS_H
#define KRV_COUNTVFS_H

#include <stdint.h>

struct krv_countvfs {
  uint64_t syncs;       /* of any file */
  uint64_t wal_syncs;   /* of a WAL */
  uint64_t main_writes; /* to a database file: a checkpoint */
  uint64_t fail_sync_in; /* the n-th sync from now fails once (SQLITE_IOERR_FSYNC); 0: none */
};

/* The one instance; installs at the first call. */
struct krv_countvfs *krv_countvfs_install(void);

#endif
