/* value: one msgpack object, canonical. krv_mp_check has the last word on what is
 * well formed (shortest form, UTF-8, exact end); after it the head byte alone tells
 * what follows, so values decode without a tree and without memory. */
#include "value.h"

#include <assert.h>
#include <string.h>

#include "mp.h"
#include "status.h"

/* ---- dates ---- */

static unsigned month_length(unsigned year, unsigned month) {
  static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

bool krv_date_valid(const struct krv_date *date) {
  if (date->year < 1 || date->year > 9999 || date->month > 12) return false;
  if (date->month == 0) return date->day == 0;
  return date->day <= month_length((unsigned)date->year, date->month);
}

/* Exactly count digits. */
static bool take_digits(struct krv_in *in, unsigned count, unsigned *out) {
  *out = 0;
  for (unsigned i = 0; i < count; i++) {
    uint8_t c = krv_in_u8(in);
    if (c < '0' || c > '9') return false;
    *out = *out * 10 + (unsigned)(c - '0');
  }
  return in->status == 0;
}

static bool take_char(struct krv_in *in, char c) {
  if (krv_in_left(in) == 0 || *in->p != (uint8_t)c) return false;
  krv_in_u8(in);
  return true;
}

int krv_date_parse(struct krv_slice text, struct krv_date *out) {
  struct krv_in in = krv_in(text);
  struct krv_date date = {0};
  unsigned year = 0, month = 0, day = 0;
  *out = date;
  date.estimated = take_char(&in, '~');
  if (!take_digits(&in, 4, &year)) return KRV_DATE;
  if (take_char(&in, '-')) {
    if (!take_digits(&in, 2, &month) || month == 0) return KRV_DATE;
    if (take_char(&in, '-') && (!take_digits(&in, 2, &day) || day == 0)) return KRV_DATE;
  }
  if (krv_in_end(&in) != 0) return KRV_DATE;
  date.year = (int16_t)year;
  date.month = (uint8_t)month;
  date.day = (uint8_t)day;
  if (!krv_date_valid(&date)) return KRV_DATE;
  *out = date;
  return 0;
}

static void put_digits(struct krv_buf *out, unsigned value, size_t count) {
  uint8_t *p = krv_buf_extend(out, count);
  if (!p) return;
  for (size_t i = count; i-- > 0; value /= 10) p[i] = (uint8_t)('0' + value % 10);
}

void krv_date_format(const struct krv_date *date, struct krv_buf *out) {
  if (date->estimated) krv_buf_u8(out, '~');
  put_digits(out, (unsigned)date->year, 4);
  if (date->month == 0) return;
  krv_buf_u8(out, '-');
  put_digits(out, date->month, 2);
  if (date->day == 0) return;
  krv_buf_u8(out, '-');
  put_digits(out, date->day, 2);
}

/* ---- decimals ---- */

enum { MANTISSA_DIGITS_MAX = 18 }; /* 10^18 - 1 fits in int64 */

/* Digits of a decimal as they come. Zeros at the end are counted and only become
 * part of the mantissa when another digit follows. */
struct digits {
  int64_t mantissa;
  int32_t zeros, significant;
  int32_t exponent; /* of the last digit seen */
  bool any;
};

static bool add_digit(struct digits *d, unsigned digit, bool fraction) {
  d->any = true;
  if (fraction) d->exponent--;
  if (digit == 0) {
    if (d->mantissa != 0) d->zeros++;
    return true;
  }
  if (d->significant + d->zeros + 1 > MANTISSA_DIGITS_MAX) return false;
  d->significant += d->zeros + 1;
  for (; d->zeros > 0; d->zeros--) d->mantissa *= 10;
  d->mantissa = d->mantissa * 10 + (int64_t)digit;
  return true;
}

int krv_decimal_parse(struct krv_slice text, struct krv_value *out) {
  struct digits d = {0};
  bool negative = text.len > 0 && text.data[0] == '-';
  bool sign = negative || (text.len > 0 && text.data[0] == '+');
  bool fraction = false;
  memset(out, 0, sizeof *out);
  if (text.len > 100) return KRV_VALUE;
  for (size_t i = sign ? 1 : 0; i < text.len; i++) {
    uint8_t c = text.data[i];
    if ((c == '.' || c == ',') && d.any && !fraction)
      fraction = true;
    else if (c < '0' || c > '9' || !add_digit(&d, (unsigned)(c - '0'), fraction))
      return KRV_VALUE;
  }
  int32_t exponent = d.mantissa == 0 ? 0 : d.exponent + d.zeros;
  if (!d.any || exponent > KRV_DECIMAL_EXPONENT_MAX || exponent < -KRV_DECIMAL_EXPONENT_MAX)
    return KRV_VALUE;
  out->kind = KRV_VALUE_DECIMAL;
  out->as.decimal.mantissa = negative ? -d.mantissa : d.mantissa;
  out->as.decimal.exponent = exponent;
  return 0;
}

/* Decimal digits of v, most significant first; returns how many. */
static size_t digits_of(uint64_t v, char out[20]) {
  size_t count = 0;
  do {
    out[count++] = (char)('0' + v % 10);
    v /= 10;
  } while (v != 0);
  for (size_t i = 0; i < count / 2; i++) {
    char c = out[i];
    out[i] = out[count - 1 - i];
    out[count - 1 - i] = c;
  }
  return count;
}

static void put_zeros(struct krv_buf *out, size_t count) {
  while (count-- > 0) krv_buf_u8(out, '0');
}

void krv_decimal_format(const struct krv_value *value, struct krv_buf *out) {
  int64_t mantissa = value->as.decimal.mantissa;
  int32_t exponent = value->as.decimal.exponent;
  char text[20];
  size_t count = digits_of(mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa, text);
  if (mantissa < 0) krv_buf_u8(out, '-');
  if (exponent >= 0) {
    krv_buf_append(out, text, count);
    put_zeros(out, (size_t)exponent);
    return;
  }
  size_t places = (size_t)-exponent;
  size_t whole = count > places ? count - places : 0;
  if (whole == 0) krv_buf_u8(out, '0');
  krv_buf_append(out, text, whole);
  krv_buf_u8(out, '.');
  put_zeros(out, count < places ? places - count : 0);
  krv_buf_append(out, text + whole, count - whole);
}

/* ---- encoding ---- */

static void encode_decimal(const struct krv_value *value, struct krv_buf *out) {
  int64_t mantissa = value->as.decimal.mantissa;
  int32_t exponent = mantissa == 0 ? 0 : value->as.decimal.exponent;
  while (mantissa != 0 && mantissa % 10 == 0) {
    mantissa /= 10;
    exponent++;
  }
  assert(exponent <= KRV_DECIMAL_EXPONENT_MAX && exponent >= -KRV_DECIMAL_EXPONENT_MAX);
  krv_mp_put_array(out, 2);
  krv_mp_put_int(out, mantissa);
  krv_mp_put_int(out, exponent);
}

static void put_or_nil(struct krv_buf *out, unsigned part) {
  if (part == 0)
    krv_mp_put_nil(out);
  else
    krv_mp_put_uint(out, part);
}

static void encode_date(const struct krv_date *date, struct krv_buf *out) {
  assert(krv_date_valid(date));
  krv_mp_put_array(out, 4);
  krv_mp_put_uint(out, (uint64_t)date->year);
  put_or_nil(out, date->month);
  put_or_nil(out, date->day);
  krv_mp_put_bool(out, date->estimated);
}

void krv_value_encode(const struct krv_value *value, struct krv_buf *out) {
  switch (value->kind) {
    case KRV_VALUE_NIL: krv_mp_put_nil(out); break;
    case KRV_VALUE_BOOL: krv_mp_put_bool(out, value->as.boolean); break;
    case KRV_VALUE_INT: krv_mp_put_int(out, value->as.integer); break;
    case KRV_VALUE_TEXT: krv_mp_put_str(out, value->as.text); break;
    case KRV_VALUE_DECIMAL: encode_decimal(value, out); break;
    case KRV_VALUE_DATE: encode_date(&value->as.date, out); break;
    case KRV_VALUE_RECORD: krv_mp_put_bin(out, value->as.record, KRV_RECORD_ID_LEN); break;
    case KRV_VALUE_CASE: krv_mp_put_bin(out, value->as.kase.b, KRV_ID_LEN); break;
  }
}

/* ---- decoding ---- */

enum { HEAD_NIL = 0xc0, HEAD_FALSE = 0xc2, HEAD_TRUE = 0xc3, HEAD_BIN8 = 0xc4 };
enum { HEAD_UINT8 = 0xcc, HEAD_UINT64 = 0xcf, HEAD_INT8 = 0xd0, HEAD_INT64 = 0xd3 };
enum { HEAD_STR8 = 0xd9, HEAD_STR32 = 0xdb, HEAD_ARRAY2 = 0x92, HEAD_ARRAY4 = 0x94 };

static uint64_t take_big_endian(struct krv_in *in, unsigned bytes) {
  uint64_t v = 0;
  for (unsigned i = 0; i < bytes; i++) v = v << 8 | krv_in_u8(in);
  return v;
}

static int64_t as_signed(uint64_t bits) {
  int64_t v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

/* The integer that starts with head; fails the reader for another type and above int64. */
static int64_t take_int(struct krv_in *in, uint8_t head) {
  if (head < 0x80) return head;
  if (head >= 0xe0) return (int64_t)head - 0x100;
  if (head >= HEAD_UINT8 && head <= HEAD_UINT64) {
    uint64_t v = take_big_endian(in, 1u << (head - HEAD_UINT8));
    if (v > INT64_MAX) krv_in_fail(in, KRV_MALFORMED);
    return v > INT64_MAX ? 0 : (int64_t)v;
  }
  if (head >= HEAD_INT8 && head <= HEAD_INT64) {
    unsigned bytes = 1u << (head - HEAD_INT8);
    uint64_t v = take_big_endian(in, bytes);
    return as_signed(bytes == 8 ? v : v | ~(uint64_t)0 << (8 * bytes));
  }
  krv_in_fail(in, KRV_MALFORMED);
  return 0;
}

/* A part of a date: 1 to max, or nil where that may be. */
static unsigned take_part(struct krv_in *in, int64_t max, bool nil_allowed) {
  uint8_t head = krv_in_u8(in);
  if (head == HEAD_NIL && nil_allowed) return 0;
  int64_t v = take_int(in, head);
  if (v < 1 || v > max) krv_in_fail(in, KRV_MALFORMED);
  return in->status == 0 ? (unsigned)v : 0;
}

static void take_date(struct krv_in *in, struct krv_value *out) {
  struct krv_date *date = &out->as.date;
  out->kind = KRV_VALUE_DATE;
  date->year = (int16_t)take_part(in, 9999, false);
  date->month = (uint8_t)take_part(in, 12, true);
  date->day = (uint8_t)take_part(in, 31, true);
  uint8_t head = krv_in_u8(in);
  date->estimated = head == HEAD_TRUE;
  if ((head != HEAD_TRUE && head != HEAD_FALSE) || !krv_date_valid(date))
    krv_in_fail(in, KRV_MALFORMED);
}

static void take_decimal(struct krv_in *in, struct krv_value *out) {
  int64_t mantissa = take_int(in, krv_in_u8(in));
  int64_t exponent = take_int(in, krv_in_u8(in));
  bool canonical = mantissa == 0 ? exponent == 0 : mantissa % 10 != 0;
  out->kind = KRV_VALUE_DECIMAL;
  if (!canonical || exponent > KRV_DECIMAL_EXPONENT_MAX || exponent < -KRV_DECIMAL_EXPONENT_MAX) {
    krv_in_fail(in, KRV_MALFORMED);
    return;
  }
  out->as.decimal.mantissa = mantissa;
  out->as.decimal.exponent = (int32_t)exponent;
}

static void take_bin(struct krv_in *in, struct krv_value *out) {
  uint8_t len = krv_in_u8(in);
  if (len == KRV_RECORD_ID_LEN) {
    out->kind = KRV_VALUE_RECORD;
    krv_in_copy(in, out->as.record, KRV_RECORD_ID_LEN);
  } else if (len == KRV_ID_LEN) {
    out->kind = KRV_VALUE_CASE;
    krv_in_copy(in, out->as.kase.b, KRV_ID_LEN);
  } else {
    krv_in_fail(in, KRV_MALFORMED);
  }
}

static void take_value(struct krv_in *in, struct krv_value *out) {
  uint8_t head = krv_in_u8(in);
  bool long_text = head >= HEAD_STR8 && head <= HEAD_STR32;
  if (head == HEAD_NIL) {
    out->kind = KRV_VALUE_NIL;
  } else if (head == HEAD_FALSE || head == HEAD_TRUE) {
    out->kind = KRV_VALUE_BOOL;
    out->as.boolean = head == HEAD_TRUE;
  } else if (head == HEAD_BIN8) {
    take_bin(in, out);
  } else if (head == HEAD_ARRAY2) {
    take_decimal(in, out);
  } else if (head == HEAD_ARRAY4) {
    take_date(in, out);
  } else if (long_text || (head >= 0xa0 && head < 0xc0)) {
    size_t len = long_text ? (size_t)take_big_endian(in, 1u << (head - HEAD_STR8)) : head & 0x1f;
    out->kind = KRV_VALUE_TEXT;
    out->as.text = krv_in_bytes(in, len);
  } else {
    out->kind = KRV_VALUE_INT;
    out->as.integer = take_int(in, head);
  }
}

int krv_value_decode(struct krv_slice bytes, struct krv_value *out) {
  struct krv_in in = krv_in(bytes);
  memset(out, 0, sizeof *out);
  if (krv_mp_check(bytes, NULL) != 0) return KRV_MALFORMED;
  take_value(&in, out);
  if (krv_in_end(&in) != 0) {
    memset(out, 0, sizeof *out);
    return KRV_MALFORMED;
  }
  return 0;
}
