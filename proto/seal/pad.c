#include "pad.h"

#include "bounds.h"

static unsigned log2_floor(size_t v) {
  unsigned log = 0;
  while (v >>= 1) log++;
  return log;
}

/* Padme keeps only the first S bits of the mantissa, S = bits that the exponent
 * E itself takes: the length tells O(log log L) bits, and grows by < 2^(1 - S).
 * 1,000: E = 9, S = 4, the last 5 bits go: 1,024. */
static size_t padme(size_t len) {
  unsigned e = log2_floor(len);
  unsigned s = log2_floor(e) + 1;
  size_t mask = ((size_t)1 << (e - s)) - 1;
  return (len + mask) & ~mask;
}

size_t krv_pad_len(size_t len) {
  if (len <= KRV_BODY_PAD_FLOOR) return KRV_BODY_PAD_FLOOR;
  if (len > KRV_BODY_PAD_STEP_END) return padme(len);
  return (len + KRV_BODY_PAD_STEP - 1) / KRV_BODY_PAD_STEP * KRV_BODY_PAD_STEP;
}
