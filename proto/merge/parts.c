#include "parts.h"

#include <string.h>

#include "status.h"

static const struct krv_record_id record_zero;

bool krv_record_is_zero(const struct krv_record_id *record) {
  return krv_record_compare(record, &record_zero) == 0;
}

int krv_record_compare(const struct krv_record_id *a, const struct krv_record_id *b) {
  return memcmp(a->b, b->b, sizeof a->b);
}

void krv_record_put(struct krv_buf *out, const struct krv_record_id *record) {
  if (krv_record_is_zero(record)) krv_mp_put_uint(out, 0);
  else krv_mp_put_bin(out, record->b, sizeof record->b);
}

int krv_record_get(const struct krv_mp *node, struct krv_record_id *out) {
  uint64_t zero;
  *out = record_zero;
  if (krv_mp_uint(node, 0, &zero) == 0) return 0;
  if (krv_mp_fixed(node, out->b, sizeof out->b) != 0 || krv_record_is_zero(out))
    return KRV_MALFORMED;
  return 0;
}

static struct krv_slice after(struct krv_slice bytes, size_t used) {
  return krv_slice(bytes.data + used, bytes.len - used);
}

int krv_part_next(struct krv_slice *rest, struct krv_slice *part) {
  size_t used = 0;
  int rc = krv_mp_check(*rest, &used);
  if (rc != 0) return rc;
  *part = krv_slice(rest->data, used);
  *rest = after(*rest, used);
  return 0;
}

int krv_part_array(struct krv_slice *rest, uint32_t *count) {
  enum { FIX = 0x90, FIX_MAX = 15, ARRAY_16 = 0xdc, ARRAY_32 = 0xdd };
  const uint8_t *p = rest->data;
  size_t head = 1;
  *count = 0;
  if (rest->len == 0) return KRV_MALFORMED;
  if ((p[0] & 0xf0) == FIX) {
    *count = p[0] & 0x0f;
  } else if (p[0] == ARRAY_16 && rest->len >= 3) {
    head = 3;
    *count = (uint32_t)p[1] << 8 | p[2];
    if (*count <= FIX_MAX) return KRV_MALFORMED;
  } else if (p[0] == ARRAY_32 && rest->len >= 5) {
    head = 5;
    *count = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
    if (*count <= UINT16_MAX) return KRV_MALFORMED;
  } else {
    return KRV_MALFORMED;
  }
  *rest = after(*rest, head);
  return *count > rest->len ? KRV_MALFORMED : 0; /* an element takes a byte at least */
}
