/* host: the real world behind struct krv_env, and the few things that client
 * code needs from the operating system. */
#ifndef KRV_HOST_H
#define KRV_HOST_H

#include "buf.h"
#include "env.h"

/* The process's clock, randomness and heap. The same object every time; any thread. Its functions
 * ignore ctx. */
const struct krv_env *krv_host_env(void);
/* Switches core dumps off and keeps other users' debuggers out; best effort. */
void krv_host_harden(void);
/* Whole file, at most cap bytes. NOT_FOUND, TOO_LARGE, IO, NOMEM. */
int krv_host_read_file(const char *path, size_t cap, struct krv_buf *out);
int krv_host_make_dir(const char *path);   /* 0700; 0 if it is there */
int krv_host_sync_dir(const char *path);
/* KRV_FULL for ENOSPC and EDQUOT, NOT_FOUND for ENOENT, else IO. */
int krv_host_status(int errno_value);

#endif
