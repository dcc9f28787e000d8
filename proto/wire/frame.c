/* frame: cutting frames off the front of what has arrived. Nothing is copied,
 * nothing is kept; what is too long is known from its head alone. */
#include "frame.h"

#include <assert.h>

#include "status.h"

size_t krv_frame_cap(uint8_t kind) {
  static const size_t caps[] = {
#define X(number, name, cap) [number] = (cap),
      KRV_FRAME_MAP(X)
#undef X
  };
  return kind < sizeof caps / sizeof caps[0] ? caps[kind] : 0;
}

void krv_frame_head(uint8_t kind, size_t len, uint8_t out[KRV_FRAME_HEAD]) {
  assert(len < KRV_FRAME_SIZE_MAX);
  out[0] = (uint8_t)((len + 1) & 0xff); /* the length counts the kind too */
  out[1] = (uint8_t)((len + 1) >> 8);
  out[2] = kind;
}

int krv_frame_next(struct krv_slice bytes, size_t cap, struct krv_frame *out, size_t *used) {
  *out = (struct krv_frame){0};
  *used = 0;
  if (bytes.len < KRV_FRAME_HEAD) return KRV_END;
  struct krv_in in = krv_in(bytes);
  size_t len = krv_in_u16(&in);
  uint8_t kind = krv_in_u8(&in);
  if (len == 0 || krv_frame_cap(kind) == 0) return KRV_PROTOCOL;
  len--;
  if (len > cap || len > krv_frame_cap(kind)) return KRV_TOO_LARGE;
  if (krv_in_left(&in) < len) return KRV_END;
  out->kind = kind;
  for (size_t i = 0; i < KRV_FRAME_HEAD; i++) out->head[i] = bytes.data[i];
  out->bytes = krv_in_bytes(&in, len);
  *used = KRV_FRAME_HEAD + len;
  return 0;
}
