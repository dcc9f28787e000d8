/* hex: vectors as text, and cmocka's headers in the order that they need. */
#ifndef KRV_TEST_HEX_H
#define KRV_TEST_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

static inline uint8_t hex_digit(char c) {
  return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The bytes of a lower case hexadecimal text; fails the test if out (of cap bytes) is too small. */
static inline struct krv_slice hex_bytes(const char *hex, uint8_t *out, size_t cap) {
  size_t len = hex ? strlen(hex) / 2 : 0;
  assert_true(len <= cap);
  for (size_t i = 0; i < len; i++)
    out[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
  return krv_slice(out, len);
}

/* Fails the test unless bytes are what hex says. */
static inline void assert_hex(const void *bytes, size_t len, const char *hex) {
  uint8_t expected[1024];
  struct krv_slice e = hex_bytes(hex, expected, sizeof expected);
  assert_int_equal(len, e.len);
  if (len > 0) assert_memory_equal(bytes, expected, len);
}

#endif
