/* group: the secret of a group's epoch, and boxes that carry it (R10, R13, R33). */
#ifndef KRV_GROUP_H
#define KRV_GROUP_H

#include "dh.h"
#include "entry.h"

/* H16("group"; public key): the key id in a box. */
void krv_group_key_id(const struct krv_key *group_pk, struct krv_id *out);
/* Seals the group's secret to one device's (or the recovery key's) seal key. */
int krv_box_seal(const struct krv_dh_pair *giver_seal, const struct krv_key *receiver_seal_pk,
                 const struct krv_dh_pair *group, uint8_t out[KRV_ENVELOPE_LEN])
    __attribute__((warn_unused_result));
/* 0 only if what opens is the secret of group_pk. CRYPTO. */
int krv_box_open(const struct krv_dh_pair *receiver_seal, const struct krv_key *giver_seal_pk,
                 const struct krv_key *group_pk, const uint8_t box[KRV_ENVELOPE_LEN],
                 struct krv_dh_pair *group) __attribute__((warn_unused_result));

/* A link of the back-chain (R14), as EPOCH carries it: the secret before, in a box that the newer
 * group key gives to itself, so that whoever holds the newer secret opens it, and nobody else. */
int krv_back_chain_seal(const struct krv_dh_pair *newer, const struct krv_dh_pair *older,
                        uint8_t out[KRV_ENVELOPE_LEN]) __attribute__((warn_unused_result));
/* 0 only if what opens is the secret of older_pk. CRYPTO. */
int krv_back_chain_open(const struct krv_dh_pair *newer, const struct krv_key *older_pk,
                        const uint8_t link[KRV_ENVELOPE_LEN], struct krv_dh_pair *older)
    __attribute__((warn_unused_result));

#endif
