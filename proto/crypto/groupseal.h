/* groupseal: names and documents sealed to a whole group (R33), with R6's
 * synthetic salt and derivation over the group's secret; AD names group and
 * epoch (two u32 LE). Layout: salt16 || ciphertext || tag, plaintext length + 32.
 *   salt16 = H16("krv group salt", H("krv salt key", secret), AD, plaintext)
 *   key    = H("krv group key", secret, AD, salt16), nonce zero */
#ifndef KRV_GROUPSEAL_H
#define KRV_GROUPSEAL_H

#include "buf.h"
#include "id.h"
#include "secret.h"

enum { KRV_GROUPSEAL_OVERHEAD = 32 };

/* Appends the sealed bytes to out (sticky). */
void krv_groupseal(const struct krv_key *group_secret, krv_group_ix group, uint32_t epoch,
                   struct krv_slice plain, struct krv_buf *out);
/* Appends the plaintext to out. CRYPTO, MALFORMED, NOMEM. */
int krv_groupseal_open(const struct krv_key *group_secret, krv_group_ix group, uint32_t epoch,
                       struct krv_slice sealed, struct krv_buf *out)
    __attribute__((warn_unused_result));

#endif
