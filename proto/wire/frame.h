/* frame: length u16 LE, kind u8, bytes (R31). The length counts kind and bytes. Handshake
 * kinds never change. Frames are arbitrary cuts of one byte stream. */
#ifndef KRV_FRAME_H
#define KRV_FRAME_H

#include "bounds.h"
#include "buf.h"

/*  number, name, cap of what follows the head */
#define KRV_FRAME_MAP(X)                    \
  X(1, XK1, KRV_FRAME_UNVERIFIED_MAX)       \
  X(2, XK2, KRV_FRAME_UNVERIFIED_MAX)       \
  X(3, XK3, KRV_FRAME_XK3_MAX)              \
  X(4, EN1, KRV_FRAME_UNVERIFIED_MAX)       \
  X(5, EN2, KRV_FRAME_UNVERIFIED_MAX)       \
  X(6, EN3, KRV_FRAME_XK3_MAX)              \
  X(7, TK1, KRV_TK1_SIZE_MAX)               \
  X(8, TK2, KRV_FRAME_SIZE_MAX - 1)         \
  X(9, DATA, KRV_FRAME_SIZE_MAX - 1)

enum krv_frame_kind {
#define X(number, name, cap) KRV_FRAME_##name = number,
  KRV_FRAME_MAP(X)
#undef X
};

struct krv_frame {
  uint8_t kind;
  uint8_t head[KRV_FRAME_HEAD]; /* as it came: AD of a transport message */
  struct krv_slice bytes;
};
/* 0 for an unknown kind. */
size_t krv_frame_cap(uint8_t kind);
void krv_frame_head(uint8_t kind, size_t len, uint8_t out[KRV_FRAME_HEAD]);
/* Looks at the start of bytes. 0 and a whole frame, *used its length; KRV_END when more bytes are
 * needed; TOO_LARGE over cap or over the kind's own cap; PROTOCOL for an unknown kind. The check
 * of the length comes as soon as the three bytes of the head are there. */
int krv_frame_next(struct krv_slice bytes, size_t cap, struct krv_frame *out, size_t *used);

#endif
