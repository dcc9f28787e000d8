/* fuzz: one entry point a format, as libFuzzer calls them: any bytes, always 0. They decode, use
 * what they decoded, and abort where an invariant breaks. */
#ifndef KRV_FUZZ_H
#define KRV_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define KRV_FUZZ_MAP(X)                                                                    \
  X(frame) X(mp) X(message) X(body) X(commit) X(roster) X(code) X(schema) X(card) X(slot)  \
  X(csvmap)

#define X(name) int fuzz_##name(const uint8_t *data, size_t size);
KRV_FUZZ_MAP(X)
#undef X

/* formats_text.c: a map, a NUL, and the CSV file that it is for. */
void krv_fuzz_seed_csvmap(struct krv_buf *out);
/* Says what broke, and aborts, unless it holds. */
void krv_fuzz_must(bool holds, const char *what);

/* The i-th seed of a format's corpus, into out; false when there are no more. */
enum krv_fuzz_format {
#define X(name) KRV_FUZZ_##name,
  KRV_FUZZ_MAP(X)
#undef X
      KRV_FUZZ_COUNT
};
bool krv_fuzz_seed(enum krv_fuzz_format format, uint32_t i, struct krv_buf *out);

#endif
