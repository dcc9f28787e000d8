/* slots: the master key, wrapped under a passphrase and perhaps a key file.
 *
 *   base   = H("krv vault key", Argon2id(passphrase, salt), "slot", key file)
 *   wrap   = H("krv vault key", base, "wrap")
 *   commit = H("krv vault slot", base, salt)
 *
 * The commitment is compared before anything is decrypted, so that one slot
 * opens under one passphrase only (partitioning oracles: Len, Grubbs,
 * Ristenpart, USENIX Security 2021), and a wrong passphrase is told from damage. */
#ifndef KRV_SLOTS_H
#define KRV_SLOTS_H

#include "buf.h"
#include "password.h"
#include "secret.h"

enum { KRV_SLOT_SIZE_MAX = 256 };

/* What this machine bears: the default cost, or the floor where that would take too long or more
 * than half of the free memory. Runs Argon2id once. */
struct krv_password_cost krv_slot_calibrate(const struct krv_env *env);
/* Appends the slot. cost zeros: calibrates. INVALID below the floor, NOMEM. */
int krv_slot_seal(const struct krv_env *env, const struct krv_key *master,
                  struct krv_slice passphrase, struct krv_slice key_file,
                  const struct krv_password_cost *cost, struct krv_buf *out);
/* PASSPHRASE (or the wrong key file), DAMAGED, NEWER, NOMEM; *master is then zero. */
int krv_slot_open(const struct krv_env *env, struct krv_slice slot, struct krv_slice passphrase,
                  struct krv_slice key_file, struct krv_key *master)
    __attribute__((warn_unused_result));

#endif
