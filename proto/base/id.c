#include "id.h"

#include <string.h>

#include "status.h"

const struct krv_id krv_id_zero = {{0}};

bool krv_id_equal(const struct krv_id *a, const struct krv_id *b) {
  return memcmp(a->b, b->b, KRV_ID_LEN) == 0;
}

int krv_id_compare(const struct krv_id *a, const struct krv_id *b) {
  return memcmp(a->b, b->b, KRV_ID_LEN);
}

bool krv_id_is_zero(const struct krv_id *id) {
  return krv_id_equal(id, &krv_id_zero);
}

bool krv_id_next(const struct krv_id *id, struct krv_id *out) {
  *out = *id;
  for (size_t i = KRV_ID_LEN; i-- > 0;)
    if (++out->b[i] != 0) return true;
  return false;
}

void krv_id_hex(const struct krv_id *id, char out[KRV_ID_HEX_LEN]) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < KRV_ID_LEN; i++) {
    out[2 * i] = digits[id->b[i] >> 4];
    out[2 * i + 1] = digits[id->b[i] & 15];
  }
  out[2 * KRV_ID_LEN] = '\0';
}

static int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int krv_id_parse(const char *hex, size_t len, struct krv_id *out) {
  *out = krv_id_zero;
  if (len != 2 * KRV_ID_LEN) return KRV_MALFORMED;
  struct krv_id id;
  for (size_t i = 0; i < KRV_ID_LEN; i++) {
    int high = digit_value(hex[2 * i]), low = digit_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return KRV_MALFORMED;
    id.b[i] = (uint8_t)(high << 4 | low);
  }
  *out = id;
  return 0;
}
