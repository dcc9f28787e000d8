/* dir: the server's folder: which files it has, and how they are written (aside,
 * synced, renamed, the folder synced).
 *
 *   kerven.conf   settings, text                      in backups
 *   server.key    static key and founding psk, 0600   in backups
 *   store.db      everything else                     in backups (a consistent copy)
 *   tickets       cache, 0600; losing it costs each device one handshake more
 *   admin.sock    while it runs, 0600
 *   lock          held while a process uses the folder */
#ifndef KRV_DIR_H
#define KRV_DIR_H

#include "buf.h"
#include "secret.h"

enum { KRV_PATH_MAX = 4096, KRV_DIR_FILE_MAX = 16 * 1024 * 1024 };

#define KRV_DIR_CONFIG "kerven.conf"
#define KRV_DIR_KEY "server.key"
#define KRV_DIR_STORE "store.db"
#define KRV_DIR_TICKETS "tickets"
#define KRV_DIR_ADMIN "admin.sock"

/* dir/name into out. TOO_LARGE. */
int krv_path_join(const char *dir, const char *name, char out[KRV_PATH_MAX]);
/* Appends the whole file. NOT_FOUND, TOO_LARGE (above KRV_DIR_FILE_MAX), IO, NOMEM. */
int krv_file_read(const char *path, struct krv_buf *out);
/* Replaces path, mode 0600: after a failure the old file stands. IO, FULL. */
int krv_file_write(const char *path, struct krv_slice bytes);
/* Syncs a folder, so that what was renamed in it stays. */
int krv_folder_sync(const char *path);
/* The folder that path lies in. */
int krv_path_parent(const char *path, char out[KRV_PATH_MAX]);
/* IO or FULL, from errno. */
int krv_errno_status(void);
/* Removes the plain files of a folder that never became one, then the folder. */
void krv_folder_discard(const char *path);

/* Holds the folder until the descriptor is closed. BUSY: another process does; NOT_FOUND. */
int krv_dir_lock(const char *dir, int *fd);

struct krv_server_key {
  struct krv_dh_pair server;
  struct krv_key founding_psk;
};
void krv_server_key_make(const struct krv_env *env, struct krv_server_key *out);
int krv_server_key_save(const char *dir, const struct krv_env *env,
                        const struct krv_server_key *key);
/* DAMAGED, NOT_FOUND, IO. Wipe it after use. */
int krv_server_key_load(const char *dir, const struct krv_env *env, struct krv_server_key *out);

#endif
