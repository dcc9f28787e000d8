#include "receipt.h"

#include <string.h>

enum { LINE_LEN = KRV_ID_LEN + 1, HEAD_LEN = 8 };

static void put_u32(uint8_t *p, uint32_t v) {
  for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

int krv_receipt_mac(const struct krv_dh_pair *own_seal, const struct krv_key *other_seal_pk,
                    krv_device_ix office, krv_device_ix author,
                    const struct krv_receipt_line *lines, uint32_t count, uint8_t out[16]) {
  uint8_t head[HEAD_LEN], rows[KRV_RECEIPT_IDS_MAX * LINE_LEN];
  struct krv_key shared;
  memset(out, 0, 16);
  if (count > KRV_RECEIPT_IDS_MAX) return KRV_INVALID;
  int status = krv_dh(&own_seal->sk, other_seal_pk, &shared);
  if (status != 0) return status;

  put_u32(head, office);
  put_u32(head + 4, author);
  for (uint32_t i = 0; i < count; i++) {
    memcpy(rows + i * LINE_LEN, lines[i].id.b, KRV_ID_LEN);
    rows[i * LINE_LEN + KRV_ID_LEN] = lines[i].reason;
  }
  const struct krv_slice parts[] = {krv_slice(head, sizeof head),
                                    krv_slice(rows, count * LINE_LEN)};
  krv_mac16(&shared, KRV_DOMAIN_RECEIPT, parts, 2, out);
  krv_wipe(&shared, sizeof shared);
  return 0;
}
