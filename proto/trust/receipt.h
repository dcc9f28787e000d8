/* receipt: an office device's statement to an author of which of his commits
 * it has delivered and synced to disk (R21). */
#ifndef KRV_RECEIPT_H
#define KRV_RECEIPT_H

#include "bounds.h"
#include "dh.h"

enum krv_receipt_reason {
  KRV_RECEIPT_DELIVERED = 0, KRV_RECEIPT_QUARANTINED = 1, KRV_RECEIPT_KEYLESS = 2,
  KRV_RECEIPT_WAITING = 3, KRV_RECEIPT_ERASED = 4,
};

struct krv_receipt_line {
  struct krv_id id;  /* 16 bytes at both ends; 8 travel */
  uint8_t reason;
};
/* MAC16 under DH(office device's seal key, author's seal key) over office and
 * author index and all ids and reasons, in the order given: two parts, the indices
 * (u32 LE each), and (id 16, reason 1) for each line. Both ends compute the same.
 * INVALID above KRV_RECEIPT_IDS_MAX lines, CRYPTO (small-order key). */
int krv_receipt_mac(const struct krv_dh_pair *own_seal, const struct krv_key *other_seal_pk,
                    krv_device_ix office, krv_device_ix author,
                    const struct krv_receipt_line *lines, uint32_t count, uint8_t out[16])
    __attribute__((warn_unused_result));

#endif
