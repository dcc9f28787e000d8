/* bytes: slices, a growing buffer, readers that fail. */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "second.h"

_Noreturn void fail(const char *format, ...) {
  va_list args;
  printf("failed: ");
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  printf("\n");
  fflush(stdout);
  _Exit(1);
}

struct slice slice(const void *p, size_t n) {
  return (struct slice){p, n};
}

bool same(const void *a, const void *b, size_t n) {
  return memcmp(a, b, n) == 0;
}

void *more(void *items, size_t count, size_t size) {
  uint8_t *grown = realloc(items, (count + 1) * size);
  CHECK(grown, "no memory");
  memset(grown + count * size, 0, size);
  return grown;
}

void put(struct buf *buf, const void *p, size_t n) {
  if (buf->n + n > buf->cap) {
    buf->cap = 2 * buf->cap + n;
    buf->p = realloc(buf->p, buf->cap);
    CHECK(buf->p, "no memory");
  }
  if (n > 0) memcpy(buf->p + buf->n, p, n);
  buf->n += n;
}

void put_u(struct buf *buf, uint64_t v, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++) put(buf, &(uint8_t){(uint8_t)(v >> (8 * i))}, 1);
}

void put_varint(struct buf *buf, uint64_t v) {
  for (; v >= 128; v >>= 7) put_u(buf, (v & 127) | 128, 1);
  put_u(buf, v, 1);
}

void drop(struct buf *buf) {
  if (buf->p) sodium_memzero(buf->p, buf->cap);
  free(buf->p);
  *buf = (struct buf){0};
}

struct slice copy(struct slice bytes) {
  struct buf buf = {0};
  put(&buf, bytes.p, bytes.n);
  return slice(buf.p, buf.n);
}

struct slice take(struct slice *in, size_t n) {
  CHECK(n <= in->n, "bytes end early");
  struct slice taken = {in->p, n};
  *in = slice(in->p + n, in->n - n);
  return taken;
}

void take_to(struct slice *in, void *out, size_t n) {
  memcpy(out, take(in, n).p, n);
}

uint64_t take_u(struct slice *in, unsigned bytes) {
  uint64_t v = 0;
  struct slice taken = take(in, bytes);
  for (unsigned i = 0; i < bytes; i++) v |= (uint64_t)taken.p[i] << (8 * i);
  return v;
}

uint64_t take_varint(struct slice *in) {
  uint64_t v = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    uint64_t byte = take_u(in, 1);
    CHECK(shift < 63 || byte < 2, "1.1: varint too large");
    v |= (byte & 127) << shift;
    if (byte >= 128) continue;
    CHECK(byte != 0 || shift == 0, "1.1: varint is not the shortest");
    return v;
  }
  fail("1.1: varint has no end");
}

uint32_t take_index(struct slice *in) {
  uint64_t v = take_varint(in);
  CHECK(v < NOBODY, "1.3: no roster index");
  return (uint32_t)v;
}

void take_end(const struct slice *in) {
  CHECK(in->n == 0, "1.4: %zu bytes after the end", in->n);
}

void print_hex(const uint8_t *p, size_t n) {
  while (n-- > 0) printf("%02x", *p++);
}
