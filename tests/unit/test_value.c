#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mp.h"
#include "status.h"
#include "testenv.h"
#include "value.h"

static struct krv_testenv t;
static struct krv_buf buf;

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 11);
  krv_buf_init(&buf, &t.env);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  krv_buf_release(&buf);
  return t.live == 0 ? 0 : -1;
}

static void assert_bytes(struct krv_slice got, const char *bytes, size_t len) {
  assert_int_equal(got.len, len);
  assert_memory_equal(got.data, bytes, len);
}

#define ASSERT_ENCODES(value_, literal)                                       \
  do {                                                                        \
    struct krv_value value = value_, again;                                   \
    krv_buf_reset(&buf);                                                      \
    krv_value_encode(&value, &buf);                                           \
    assert_bytes(krv_buf_slice(&buf), literal, sizeof(literal) - 1);          \
    assert_int_equal(krv_value_decode(krv_buf_slice(&buf), &again), 0);       \
    assert_int_equal(again.kind, value.kind);                                 \
  } while (0)

#define V(...) ((struct krv_value){__VA_ARGS__})
#define DECIMAL(m, e) V(.kind = KRV_VALUE_DECIMAL, .as.decimal = {m, e})
#define DATE(...) V(.kind = KRV_VALUE_DATE, .as.date = {__VA_ARGS__})

static void every_kind_has_one_canonical_form(void **state) {
  (void)state;
  ASSERT_ENCODES(V(.kind = KRV_VALUE_NIL), "\xc0");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_BOOL, .as.boolean = false), "\xc2");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_BOOL, .as.boolean = true), "\xc3");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_INT, .as.integer = 7), "\x07");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_INT, .as.integer = 300), "\xcd\x01\x2c");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_INT, .as.integer = -1), "\xff");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_INT, .as.integer = INT64_MIN),
                 "\xd3\x80\0\0\0\0\0\0\0");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_TEXT, .as.text = krv_slice_str("Aý")), "\xa3" "A\xc3\xbd");
  ASSERT_ENCODES(DATE(2001, 4, 30, true), "\x94\xcd\x07\xd1\x04\x1e\xc3");
  ASSERT_ENCODES(DATE(2001, 0, 0, false), "\x94\xcd\x07\xd1\xc0\xc0\xc2");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_RECORD, .as.record = "12345678"), "\xc4\x08" "12345678");
  ASSERT_ENCODES(V(.kind = KRV_VALUE_CASE, .as.kase = {{1}}),
                 "\xc4\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void a_decimal_loses_its_zeros(void **state) {
  (void)state;
  ASSERT_ENCODES(DECIMAL(15, -1), "\x92\x0f\xff");
  ASSERT_ENCODES(DECIMAL(1500, -2), "\x92\x0f\x00");
  ASSERT_ENCODES(DECIMAL(0, 12), "\x92\x00\x00");
  ASSERT_ENCODES(DECIMAL(-40, 0), "\x92\xfc\x01");
}

static void what_is_not_canonical_is_malformed(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t len;
  } bad[] = {
#define B(literal) {literal, sizeof(literal) - 1}
      B(""),                                   /* nothing */
      B("\xc0\xc0"),                           /* bytes after it */
      B("\xcc\x07"),                           /* 7 in two bytes */
      B("\xd9\x01" "a"),                       /* a short text in the long form */
      B("\xa1\xff"),                           /* no UTF-8 */
      B("\xcb\0\0\0\0\0\0\0\0"),               /* a float */
      B("\xcf\x80\0\0\0\0\0\0\0"),             /* above int64 */
      B("\xc4\x07" "1234567"),                 /* neither record nor case */
      B("\x92\x0a\x00"),                       /* 10 is [1, 1] */
      B("\x92\x00\x01"),                       /* zero has one form */
      B("\x92\x01\x1f"),                       /* 10^31 */
      B("\x92\x01\xd0\xe1"),                   /* 10^-31 */
      B("\x92\x01"),                           /* cut short */
      B("\x93\x01\x01\x01"),                   /* an array of three */
      B("\x94\x00\xc0\xc0\xc2"),               /* year 0 */
      B("\x94\xcd\x27\x10\xc0\xc0\xc2"),       /* year 10000 */
      B("\x94\xcd\x07\xd1\xc0\x01\xc2"),       /* a day without a month */
      B("\x94\xcd\x07\xd1\x02\x1d\xc2"),       /* 29 February 2001 */
      B("\x94\xcd\x07\xd1\x00\xc0\xc2"),       /* unknown is nil, not 0 */
      B("\x94\xcd\x07\xd1\x0d\xc0\xc2"),       /* month 13 */
      B("\x94\xcd\x07\xd1\x02\x01\x01"),       /* estimated is a bool */
      B("\x80"), B("\x90"), B("\x91\x01"),     /* map, arrays */
#undef B
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct krv_value value;
    memset(&value, 1, sizeof value);
    assert_int_equal(krv_value_decode(krv_slice(bad[i].bytes, bad[i].len), &value), KRV_MALFORMED);
    assert_int_equal(value.kind, KRV_VALUE_NIL);
  }
}

/* ---- dates ---- */

static void dates_read_and_print_alike(void **state) {
  (void)state;
  static const char *const good[] = {"2001", "2001-04", "2001-04-30", "~1985", "~1985-02", "0001",
                                     "9999-12-31", "2000-02-29", "2024-02-29", "~2024-02-29"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct krv_date date;
    assert_int_equal(krv_date_parse(krv_slice_str(good[i]), &date), 0);
    krv_buf_reset(&buf);
    krv_date_format(&date, &buf);
    assert_bytes(krv_buf_slice(&buf), good[i], strlen(good[i]));
  }
}

static void impossible_dates_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"", "~", "200", "20011", "0000", "2001-", "2001-4", "2001-00",
                                    "2001-13", "2001-02-29", "1900-02-29", "2001-04-31",
                                    "2001-04-00", "2001-04-3", "2001-04-301", "2001/04/30",
                                    "-2001", "2001-04-30 ", "30.04.2001", "~~2001", "2001-0x"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct krv_date date;
    assert_int_equal(krv_date_parse(krv_slice_str(bad[i]), &date), KRV_DATE);
    assert_int_equal(date.year, 0);
  }
}

static void a_year_has_365_or_366_days(void **state) {
  (void)state;
  for (int year = 1; year <= 9999; year++) {
    int days = 0;
    for (unsigned month = 1; month <= 13; month++)
      for (unsigned day = 1; day <= 33; day++)
        days += krv_date_valid(&(struct krv_date){(int16_t)year, (uint8_t)month, (uint8_t)day, 0});
    bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
    assert_int_equal(days, leap ? 366 : 365);
  }
}

/* ---- decimals ---- */

static void decimals_read_without_floats(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t mantissa;
    int32_t exponent;
    const char *printed;
  } good[] = {
      {"0", 0, 0, "0"},          {"-0.00", 0, 0, "0"},       {"12", 12, 0, "12"},
      {"1500", 15, 2, "1500"},   {"1.50", 15, -1, "1.5"},    {"41,5", 415, -1, "41.5"},
      {"0.05", 5, -2, "0.05"},   {"-3.25", -325, -2, "-3.25"}, {"+7", 7, 0, "7"},
      {"10.5", 105, -1, "10.5"}, {"007", 7, 0, "7"},
      {"58.383333333", 58383333333, -9, "58.383333333"},
      {"999999999999999999", 999999999999999999, 0, "999999999999999999"},
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct krv_value value;
    assert_int_equal(krv_decimal_parse(krv_slice_str(good[i].text), &value), 0);
    assert_int_equal(value.as.decimal.mantissa, good[i].mantissa);
    assert_int_equal(value.as.decimal.exponent, good[i].exponent);
    krv_buf_reset(&buf);
    krv_decimal_format(&value, &buf);
    assert_bytes(krv_buf_slice(&buf), good[i].printed, strlen(good[i].printed));
  }
}

static void what_is_no_decimal_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"", "-", ".", ".5", "1e5", "1.2.3", "0x10", "1 000", "1,2,3",
                                    "1234567890123456789", "--1", "NaN",
                                    "100000000000000000000000000000000",
                                    "0.0000000000000000000000000000001"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct krv_value value;
    assert_int_equal(krv_decimal_parse(krv_slice_str(bad[i]), &value), KRV_VALUE);
  }
}

/* ---- every string of bytes ---- */

/* Whatever decodes encodes to the same bytes: equal values have equal bytes (R22). */
static bool decodes_to_itself(const uint8_t *bytes, size_t len) {
  struct krv_value value;
  if (krv_value_decode(krv_slice(bytes, len), &value) != 0) return false;
  krv_buf_reset(&buf);
  krv_value_encode(&value, &buf);
  assert_bytes(krv_buf_slice(&buf), (const char *)bytes, len);
  if (value.kind == KRV_VALUE_DATE) krv_date_format(&value.as.date, &buf);
  if (value.kind == KRV_VALUE_DECIMAL) krv_decimal_format(&value, &buf);
  assert_int_equal(buf.status, 0);
  return true;
}

static void what_decodes_is_canonical_for_all_short_strings(void **state) {
  (void)state;
  unsigned good = 0;
  for (unsigned i = 0; i < 0x10000; i++) {
    uint8_t bytes[2] = {(uint8_t)(i >> 8), (uint8_t)i};
    if (bytes[0] == 0) good += decodes_to_itself(bytes + 1, 1);
    good += decodes_to_itself(bytes, 2);
  }
  /* One byte: 128 + 32 numbers, nil, two bools, "". Two: uint8 128, int8 96, ASCII 128. */
  assert_int_equal(good, 164 + 352);
}

static void mutated_values_decode_to_themselves_or_not_at_all(void **state) {
  (void)state;
  static const struct krv_value seeds[] = {
      {.kind = KRV_VALUE_DATE, .as.date = {1999, 12, 31, true}},
      {.kind = KRV_VALUE_DECIMAL, .as.decimal = {-123456789, -7}},
      {.kind = KRV_VALUE_INT, .as.integer = 70000},
      {.kind = KRV_VALUE_RECORD, .as.record = {9, 8, 7, 6, 5, 4, 3, 2}},
      {.kind = KRV_VALUE_CASE, .as.kase = {{1, 2, 3}}},
  };
  unsigned good = 0;
  for (unsigned i = 0; i < 200000; i++) {
    uint8_t bytes[32];
    krv_buf_reset(&buf);
    krv_value_encode(&seeds[i % 5], &buf);
    size_t len = buf.len;
    memcpy(bytes, buf.data, len);
    for (uint64_t k = 0; k <= krv_testenv_below(&t, 3); k++)
      bytes[krv_testenv_below(&t, len)] = (uint8_t)krv_testenv_next(&t);
    if (krv_testenv_below(&t, 4) == 0) len = (size_t)krv_testenv_below(&t, len + 1);
    good += decodes_to_itself(bytes, len);
  }
  assert_in_range(good, 20000, 180000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_has_one_canonical_form),
      cmocka_unit_test(a_decimal_loses_its_zeros),
      cmocka_unit_test(what_is_not_canonical_is_malformed),
      cmocka_unit_test(dates_read_and_print_alike),
      cmocka_unit_test(impossible_dates_are_refused),
      cmocka_unit_test(a_year_has_365_or_366_days),
      cmocka_unit_test(decimals_read_without_floats),
      cmocka_unit_test(what_is_no_decimal_is_refused),
      cmocka_unit_test(what_decodes_is_canonical_for_all_short_strings),
      cmocka_unit_test(mutated_values_decode_to_themselves_or_not_at_all),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
