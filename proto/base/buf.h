/* buf: bytes borrowed (krv_slice), bytes owned (krv_buf), bytes read (krv_in).
 *
 * Writers and readers are sticky: after the first failure every further call
 * does nothing, and the status is looked at once, at the end. Numbers are
 * little endian; a varint is LEB128 in its shortest form, at most 10 bytes. */
#ifndef KRV_BUF_H
#define KRV_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "env.h"

struct krv_slice {
  const uint8_t *data;
  size_t len;
};

static inline struct krv_slice krv_slice(const void *data, size_t len) {
  return (struct krv_slice){data, len};
}
struct krv_slice krv_slice_str(const char *text);
bool krv_slice_equal(struct krv_slice a, struct krv_slice b);
/* memcmp order, a shorter prefix first. */
int krv_slice_compare(struct krv_slice a, struct krv_slice b);

/* Owns data. status is 0, or NOMEM / TOO_LARGE from then on. */
struct krv_buf {
  const struct krv_env *env;
  uint8_t *data;
  size_t len, cap;
  int status;
};

void krv_buf_init(struct krv_buf *buf, const struct krv_env *env);
void krv_buf_release(struct krv_buf *buf);  /* frees; may be called twice */
void krv_buf_wipe(struct krv_buf *buf);     /* zeroes, then frees: for secrets */
void krv_buf_reset(struct krv_buf *buf);    /* empties, keeps memory, clears status */
struct krv_slice krv_buf_slice(const struct krv_buf *buf);

/* Room for len more bytes at the returned place, which counts as written; NULL
 * on failure. The pointer holds until the next call on buf. */
uint8_t *krv_buf_extend(struct krv_buf *buf, size_t len);
void krv_buf_append(struct krv_buf *buf, const void *data, size_t len);
void krv_buf_put(struct krv_buf *buf, struct krv_slice bytes);
void krv_buf_u8(struct krv_buf *buf, uint8_t v);
void krv_buf_u16(struct krv_buf *buf, uint16_t v);
void krv_buf_u32(struct krv_buf *buf, uint32_t v);
void krv_buf_u64(struct krv_buf *buf, uint64_t v);
void krv_buf_varint(struct krv_buf *buf, uint64_t v);
/* varint length, then the bytes */
void krv_buf_blob(struct krv_buf *buf, struct krv_slice bytes);
/* Takes the first len bytes away. */
void krv_buf_consume(struct krv_buf *buf, size_t len);

/* Reads from borrowed bytes. status is 0 or MALFORMED / TOO_LARGE from then on;
 * failed reads give zeros and empty slices. */
struct krv_in {
  const uint8_t *p, *end;
  int status;
};

struct krv_in krv_in(struct krv_slice bytes);
size_t krv_in_left(const struct krv_in *in);
uint8_t krv_in_u8(struct krv_in *in);
uint16_t krv_in_u16(struct krv_in *in);
uint32_t krv_in_u32(struct krv_in *in);
uint64_t krv_in_u64(struct krv_in *in);
/* MALFORMED for a longer form than needed, TOO_LARGE above max. */
uint64_t krv_in_varint(struct krv_in *in, uint64_t max);
struct krv_slice krv_in_bytes(struct krv_in *in, size_t len);
struct krv_slice krv_in_blob(struct krv_in *in, size_t len_max);
struct krv_slice krv_in_rest(struct krv_in *in);
void krv_in_copy(struct krv_in *in, void *out, size_t len);
void krv_in_fail(struct krv_in *in, int status);
/* 0 only if nothing failed and nothing is left. */
int krv_in_end(const struct krv_in *in);

#endif
