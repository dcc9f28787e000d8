/* head: the outside of a commit, all that a blind server sees (R1, R2, R5). */
#ifndef KRV_HEAD_H
#define KRV_HEAD_H

#include "buf.h"
#include "id.h"
#include "secret.h"

enum {
  KRV_SUITE_1 = 1,       /* BLAKE2b, X25519, Ed25519, ChaCha20-Poly1305 */
  KRV_KIND_CHANGE = 1,   /* a list of operations */
  KRV_KIND_SNAPSHOT = 2, /* a case's merged state (R25) */
  KRV_AD_LEN = 1 + 1 + 16 + 16 + 16 + 8 + 16 + 4 + 4,
  KRV_SALT_LEN = 16,
};

struct krv_head {
  uint8_t suite, kind;
  struct krv_id programme;
  struct krv_id kase;
  struct krv_id device;  /* the author's device id, not its roster index */
  uint64_t n;            /* 1, 2, 3 ... along the device's line */
  struct krv_id prev;    /* id of the device's commit at n - 1; zero at n = 1 */
  uint32_t epoch;
  uint8_t key_id4[4];    /* first bytes of the epoch's key id; zero in epoch 0 */
};

/* The associated data: suite 1, kind 1, programme 16, case 16, device 16, n u64,
 * prev 16, epoch u32, key id 4, all LE (R33). */
void krv_head_ad(const struct krv_head *head, uint8_t out[KRV_AD_LEN]);
/* 0 if canonical: known suite and kind, n >= 1, prev zero exactly at n = 1, key
 * id zero in epoch 0. NEWER for an unknown suite or kind, else MALFORMED. */
int krv_head_check(const struct krv_head *head);

/* A sealed commit: borrowed bytes and the id = H16(AD || salt || ciphertext). */
struct krv_commit {
  struct krv_head head;
  uint8_t salt[KRV_SALT_LEN];
  struct krv_slice ciphertext; /* signature 64 + padded body + tag 16 */
};
void krv_commit_id(const struct krv_commit *commit, struct krv_id *out);

#endif
