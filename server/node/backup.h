/* backup: the server's folder in one sealed file, without tickets.
 *
 *   head    "KRVBAK1\n" 8, passes u32, KiB u32, salt 16, file id 16, H(key) 32
 *   chunk   XChaCha20-Poly1305 (aead.h, row) of up to 64 KiB of the plain
 *           stream; AD: file id, number of the chunk u64, u8 1 for the last
 *   stream  per file: u8 length of the name, name, u64 size, bytes
 *
 * key = H("krv backup"; Argon2id(passphrase), file id). H(key) in the head commits to it: one file
 * opens under one passphrase only, and a wrong one is told from damage. */
#ifndef KRV_BACKUP_H
#define KRV_BACKUP_H

#include "buf.h"

/* Writes dir's settings and key and the store's copy at store_path into file (0600, aside, synced,
 * renamed). EXISTS: there is such a file; IO, FULL, NOMEM. */
int krv_backup_write(const struct krv_env *env, const char *dir, const char *store_path,
                     struct krv_slice passphrase, const char *file);
/* Unpacks file into the folder dir, which exists and is empty. PASSPHRASE; DAMAGED (cut short,
 * changed); UNFIT: no backup; IO, FULL, NOMEM. */
int krv_backup_read(const struct krv_env *env, const char *file, struct krv_slice passphrase,
                    const char *dir);

#endif
