/* recoveryshare: the programme's recovery key (R13), split 2 of 3 among people, as texts like an
 * invitation.
 *
 *   seed = part 1 ^ part 2 ^ part 3      parts 1 and 2 random
 *   share 1 = (part 1, part 2)   share 2 = (part 2, part 3)   share 3 = (part 3, part 1)
 *
 * Replicated sharing (Ito, Saito, Nishizeki, "Secret Sharing Scheme Realizing General Access
 * Structure", Globecom 1987): any two shares hold all three parts, and the one that both hold must
 * be the same. One alone holds two independent random strings, and so nothing about the seed. */
#ifndef KRV_RECOVERYSHARE_H
#define KRV_RECOVERYSHARE_H

#include "codetext.h"
#include "dh.h"
#include "sign.h"

enum { KRV_SHARES = 3, KRV_SHARE_TIE_LEN = 8, KRV_SPLIT_ID_LEN = 4, KRV_SHARE_TEXT_MAX = 192 };

/* What follows from the seed: R13, cryptography.md. */
struct krv_recovery_keys {
  struct krv_sign_pair sign;
  struct krv_dh_pair seal;
};
/* CRYPTO (no such key). The caller wipes out. */
int krv_recovery_keys(const struct krv_key *seed, struct krv_recovery_keys *out)
    __attribute__((warn_unused_result));

/* One way to split a seed. Another one is as good, but their shares do not fit each other: each
 * has its own random id. */
struct krv_split {
  uint8_t id[KRV_SPLIT_ID_LEN];
  struct krv_key part[KRV_SHARES];
};
void krv_split_random(const struct krv_env *env, const struct krv_key *seed, struct krv_split *out);
void krv_split_seed(const struct krv_split *split, struct krv_key *seed);

struct krv_recovery_share {
  uint8_t tie[KRV_SHARE_TIE_LEN]; /* to the programme and its recovery key */
  uint8_t split[KRV_SPLIT_ID_LEN];
  uint8_t number;                 /* 1 to 3 */
  struct krv_key part[2];         /* the part of that number, and the next one */
};
/* H8("krv share"; programme, recovery sign pk, recovery seal pk). */
void krv_recovery_tie(const struct krv_id *programme, const struct krv_key *sign_pk,
                      const struct krv_key *seal_pk, uint8_t out[KRV_SHARE_TIE_LEN]);
/* number 1 to 3. */
void krv_split_share(const struct krv_split *split, const uint8_t tie[KRV_SHARE_TIE_LEN],
                     unsigned number, struct krv_recovery_share *out);
/* EXISTS: it is the same share twice. INVALID: they are of two programmes or of two splits. CRYPTO:
 * of one split, but one of them is wrong. Who takes the seed still compares the keys that follow
 * from it with those of the founding entry: a share proves nothing by itself. */
int krv_split_join(const struct krv_recovery_share *a, const struct krv_recovery_share *b,
                   struct krv_split *out) __attribute__((warn_unused_result));

/* Appends the text, NUL not included, in groups of five letters with dashes between. It is a
 * secret, and the caller's to wipe. */
void krv_recovery_share_format(const struct krv_recovery_share *share, struct krv_buf *out);
/* INVITE_BAD, NEWER. The caller wipes out. */
int krv_recovery_share_parse(struct krv_slice text, struct krv_recovery_share *out)
    __attribute__((warn_unused_result));

#endif
