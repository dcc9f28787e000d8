/* vaultkit: a vault in a folder of its own, for tests. Passphrase "correct horse",
 * the cheapest cost that is allowed. */
#ifndef KRV_VAULTKIT_H
#define KRV_VAULTKIT_H

#include "testenv.h"
#include "vault.h"

struct krv_vaultkit {
  struct krv_testenv t;
  char root[32]; /* made here, relative; removed by release */
  char dir[64]; /* the vault's */
  struct krv_vault *vault;
};

extern const struct krv_vault_options krv_vaultkit_options; /* cheapest cost */
struct krv_slice krv_vaultkit_passphrase(void);

/* Creates the vault and leaves it open. */
void krv_vaultkit_init(struct krv_vaultkit *kit, uint64_t seed);
void krv_vaultkit_release(struct krv_vaultkit *kit);
/* Opens / closes kit->vault. */
int krv_vaultkit_open(struct krv_vaultkit *kit, bool read_only);
void krv_vaultkit_close(struct krv_vaultkit *kit);
/* Opens the vault in any folder. */
int krv_vaultkit_open_at(struct krv_vaultkit *kit, const char *dir, struct krv_vault **out);
void krv_vaultkit_copy(const char *from_dir, const char *to_dir); /* the files; makes to_dir */
void krv_vaultkit_remove(const char *dir);

/* A save like a real one: case n (a new one, or changed), its commit as an item, cursor. Contents
 * are made from n and version, so that krv_vaultkit_check can tell what is there. */
int krv_vaultkit_save(struct krv_vault *vault, uint32_t n, uint32_t version);
/* The version of case n that the vault holds, whole and consistent; 0: the case is not there; -1:
 * it is there in parts, or does not read. */
int krv_vaultkit_version(struct krv_vault *vault, uint32_t n);

#endif
