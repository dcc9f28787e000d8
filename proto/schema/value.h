/* value: what a field can hold, as bytes that never depend on a schema (R22).
 *
 * On the wire and in the state a value is one msgpack object in its shortest
 * form: nil (cleared) | bool | integer (a number, or the index of a code) |
 * str (NFC) | [mantissa, exponent] decimal, mantissa not divisible by 10 |
 * [year, month|nil, day|nil, estimated] date | bin 8 (a record) | bin 16 (a case).
 * No floats. Whether a text is NFC is its writer's business: bytes that arrive are
 * kept as they are. */
#ifndef KRV_VALUE_H
#define KRV_VALUE_H

#include "buf.h"
#include "id.h"

enum krv_value_kind {
  KRV_VALUE_NIL, KRV_VALUE_BOOL, KRV_VALUE_INT, KRV_VALUE_TEXT, KRV_VALUE_DECIMAL,
  KRV_VALUE_DATE, KRV_VALUE_RECORD, KRV_VALUE_CASE,
};

/* A decimal is mantissa * 10^exponent; exponents beyond this are malformed, so that
 * five bytes never print as two gigabytes of zeros. */
enum { KRV_DECIMAL_EXPONENT_MAX = 30, KRV_RECORD_ID_LEN = 8 };

struct krv_date {
  int16_t year;            /* 1 to 9999 */
  uint8_t month, day;      /* 0: not known; a day only with a month */
  bool estimated;
};

struct krv_value {
  enum krv_value_kind kind;
  union {
    bool boolean;
    int64_t integer;
    struct krv_slice text; /* borrowed */
    struct { int64_t mantissa; int32_t exponent; } decimal;
    struct krv_date date;
    uint8_t record[KRV_RECORD_ID_LEN];
    struct krv_id kase;
  } as;
};

/* Appends the one canonical form; a decimal loses its trailing zeros. The value
 * must be valid: a real date, an exponent within the bound (asserted). */
void krv_value_encode(const struct krv_value *value, struct krv_buf *out);
/* Exactly one canonical value, no bytes after it; text borrows from bytes.
 * MALFORMED for anything else. */
int krv_value_decode(struct krv_slice bytes, struct krv_value *out);

/* Whether the date exists (29 February only in leap years of the Gregorian calendar). */
bool krv_date_valid(const struct krv_date *date);
/* "2001", "2001-04", "2001-04-30", a "~" in front: estimated. DATE when there is no such day. */
int krv_date_parse(struct krv_slice text, struct krv_date *out);
/* Appends the same form. */
void krv_date_format(const struct krv_date *date, struct krv_buf *out);

/* "12", "-3.50", "41,5": an optional sign, digits, one point or comma; at most 18
 * significant digits. out is canonical. VALUE otherwise. */
int krv_decimal_parse(struct krv_slice text, struct krv_value *out);
/* Appends plain digits with a point: never an exponent. */
void krv_decimal_format(const struct krv_value *value, struct krv_buf *out);

#endif
