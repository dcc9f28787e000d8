/* codec: what the codecs of this folder share. */
#ifndef KRV_CODEC_H
#define KRV_CODEC_H

#include <string.h>

#include "msg.h"
#include "status.h"

/* The end of a decoder: exactly one payload was read, or out is all zeros. */
static inline int krv_codec_end(const struct krv_in *in, void *out, size_t len) {
  int status = krv_in_end(in);
  if (status != 0) memset(out, 0, len);
  return status;
}

/* A roster index; the number that stands for "no device" is none. */
static inline krv_device_ix krv_codec_device(struct krv_in *in) {
  return (krv_device_ix)krv_in_varint(in, KRV_MSG_NO_DEVICE - 1);
}

/* Flags of which only `known` may be set. */
static inline uint8_t krv_codec_flags(struct krv_in *in, unsigned known) {
  uint8_t flags = krv_in_u8(in);
  if ((flags & ~known) != 0) krv_in_fail(in, KRV_MALFORMED);
  return flags;
}

/* The last number of a payload, which is left out when it is 0. */
static inline uint64_t krv_codec_optional(struct krv_in *in) {
  if (krv_in_left(in) == 0) return 0;
  uint64_t v = krv_in_varint(in, UINT64_MAX);
  if (v == 0) krv_in_fail(in, KRV_MALFORMED);
  return v;
}

/* What is left, which must be something. */
static inline struct krv_slice krv_codec_rest(struct krv_in *in) {
  if (krv_in_left(in) == 0) krv_in_fail(in, KRV_MALFORMED);
  return krv_in_rest(in);
}

#endif
