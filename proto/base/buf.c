/* buf: growing writers and bounded readers. Nothing here trusts a length: the
 * writer checks sums for overflow, the reader compares with what is left before
 * it moves. A reader that failed stands at its end, so that loops over what is
 * left come to an end too. */
#include "buf.h"

#include <assert.h>
#include <string.h>

#include "status.h"

enum { BUF_FIRST = 64, VARINT_LEN_MAX = 10 };

struct krv_slice krv_slice_str(const char *text) {
  return krv_slice(text, strlen(text));
}

bool krv_slice_equal(struct krv_slice a, struct krv_slice b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int krv_slice_compare(struct krv_slice a, struct krv_slice b) {
  size_t len = a.len < b.len ? a.len : b.len;
  int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
  if (order != 0) return order;
  return (a.len > b.len) - (a.len < b.len);
}

void krv_buf_init(struct krv_buf *buf, const struct krv_env *env) {
  *buf = (struct krv_buf){.env = env};
}

void krv_buf_release(struct krv_buf *buf) {
  if (buf->data) krv_free(buf->env, buf->data);
  krv_buf_init(buf, buf->env);
}

void krv_buf_wipe(struct krv_buf *buf) {
  if (buf->data) krv_zero(buf->data, buf->cap);
  krv_buf_release(buf);
}

void krv_buf_reset(struct krv_buf *buf) {
  buf->len = 0;
  buf->status = 0;
}

struct krv_slice krv_buf_slice(const struct krv_buf *buf) {
  return krv_slice(buf->data, buf->len);
}

/* Moves to a block twice as large, as krv_grow does: nothing stays behind. */
static bool reserve(struct krv_buf *buf, size_t need) {
  if (need <= buf->cap) return true;
  size_t cap = buf->cap == 0 ? BUF_FIRST : buf->cap;
  while (cap < need) cap *= 2;
  uint8_t *data = krv_alloc(buf->env, cap);
  if (!data) return false;
  if (buf->data) {
    memcpy(data, buf->data, buf->len);
    krv_zero(buf->data, buf->cap);
    krv_free(buf->env, buf->data);
  }
  buf->data = data;
  buf->cap = cap;
  return true;
}

uint8_t *krv_buf_extend(struct krv_buf *buf, size_t len) {
  if (buf->status != 0) return NULL;
  if (len > SIZE_MAX / 4 - buf->len) {
    buf->status = KRV_TOO_LARGE;
    return NULL;
  }
  /* one byte at least, so that a place for nothing is a place all the same */
  if (!reserve(buf, buf->len + (len == 0 ? 1 : len))) {
    buf->status = KRV_NOMEM;
    return NULL;
  }
  uint8_t *place = buf->data + buf->len;
  buf->len += len;
  return place;
}

void krv_buf_append(struct krv_buf *buf, const void *data, size_t len) {
  if (len == 0) return;
  uint8_t *place = krv_buf_extend(buf, len);
  if (place) memcpy(place, data, len);
}

void krv_buf_put(struct krv_buf *buf, struct krv_slice bytes) {
  krv_buf_append(buf, bytes.data, bytes.len);
}

static void put_le(struct krv_buf *buf, uint64_t v, size_t len) {
  uint8_t *place = krv_buf_extend(buf, len);
  if (!place) return;
  for (size_t i = 0; i < len; i++) place[i] = (uint8_t)(v >> (8 * i));
}

void krv_buf_u8(struct krv_buf *buf, uint8_t v) {
  put_le(buf, v, 1);
}

void krv_buf_u16(struct krv_buf *buf, uint16_t v) {
  put_le(buf, v, 2);
}

void krv_buf_u32(struct krv_buf *buf, uint32_t v) {
  put_le(buf, v, 4);
}

void krv_buf_u64(struct krv_buf *buf, uint64_t v) {
  put_le(buf, v, 8);
}

void krv_buf_varint(struct krv_buf *buf, uint64_t v) {
  uint8_t bytes[VARINT_LEN_MAX];
  size_t len = 0;
  for (; v >= 0x80; v >>= 7) bytes[len++] = (uint8_t)(v | 0x80);
  bytes[len++] = (uint8_t)v;
  krv_buf_append(buf, bytes, len);
}

void krv_buf_blob(struct krv_buf *buf, struct krv_slice bytes) {
  krv_buf_varint(buf, bytes.len);
  krv_buf_put(buf, bytes);
}

void krv_buf_consume(struct krv_buf *buf, size_t len) {
  assert(len <= buf->len);
  if (len == 0) return;
  memmove(buf->data, buf->data + len, buf->len - len);
  buf->len -= len;
}

struct krv_in krv_in(struct krv_slice bytes) {
  static const uint8_t nothing[1];
  const uint8_t *p = bytes.len == 0 ? nothing : bytes.data;
  return (struct krv_in){p, p + bytes.len, 0};
}

size_t krv_in_left(const struct krv_in *in) {
  return (size_t)(in->end - in->p);
}

void krv_in_fail(struct krv_in *in, int status) {
  if (in->status == 0) in->status = status;
  in->p = in->end;
}

/* The next len bytes, or NULL; the only place that moves p on. */
static const uint8_t *take(struct krv_in *in, size_t len) {
  if (in->status == 0 && len > krv_in_left(in)) krv_in_fail(in, KRV_MALFORMED);
  if (in->status != 0) return NULL;
  const uint8_t *p = in->p;
  in->p += len;
  return p;
}

static uint64_t get_le(struct krv_in *in, size_t len) {
  const uint8_t *p = take(in, len);
  uint64_t v = 0;
  for (size_t i = 0; p && i < len; i++) v |= (uint64_t)p[i] << (8 * i);
  return v;
}

uint8_t krv_in_u8(struct krv_in *in) {
  return (uint8_t)get_le(in, 1);
}

uint16_t krv_in_u16(struct krv_in *in) {
  return (uint16_t)get_le(in, 2);
}

uint32_t krv_in_u32(struct krv_in *in) {
  return (uint32_t)get_le(in, 4);
}

uint64_t krv_in_u64(struct krv_in *in) {
  return get_le(in, 8);
}

uint64_t krv_in_varint(struct krv_in *in, uint64_t max) {
  uint64_t v = 0;
  for (unsigned i = 0; i < VARINT_LEN_MAX; i++) {
    uint8_t byte = krv_in_u8(in);
    if (in->status != 0) return 0;
    /* the tenth byte has one bit left of 64; a last byte of zero was not needed */
    if ((i == VARINT_LEN_MAX - 1 && byte > 1) || (i > 0 && byte == 0)) break;
    v |= (uint64_t)(byte & 0x7f) << (7 * i);
    if (byte & 0x80) continue;
    if (v <= max) return v;
    krv_in_fail(in, KRV_TOO_LARGE);
    return 0;
  }
  krv_in_fail(in, KRV_MALFORMED);
  return 0;
}

struct krv_slice krv_in_bytes(struct krv_in *in, size_t len) {
  const uint8_t *p = take(in, len);
  return krv_slice(p, p ? len : 0);
}

struct krv_slice krv_in_blob(struct krv_in *in, size_t len_max) {
  uint64_t len = krv_in_varint(in, len_max);
  return krv_in_bytes(in, (size_t)len);
}

struct krv_slice krv_in_rest(struct krv_in *in) {
  return krv_in_bytes(in, krv_in_left(in));
}

void krv_in_copy(struct krv_in *in, void *out, size_t len) {
  if (len == 0) return;
  const uint8_t *p = take(in, len);
  if (p)
    memcpy(out, p, len);
  else
    memset(out, 0, len);
}

int krv_in_end(const struct krv_in *in) {
  if (in->status != 0) return in->status;
  return in->p == in->end ? 0 : KRV_MALFORMED;
}
