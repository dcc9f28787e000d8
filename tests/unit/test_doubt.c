/* Odd values get a warning, by facts that the schema has, and are taken all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "schema.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_schema *schema;
enum { TODAY = 20260215 };

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 6);
  return krv_schema_new(&t.env, krv_schema_builtin(), &schema);
}

static int teardown(void **state) {
  (void)state;
  krv_schema_free(schema);
  return t.live == 0 ? 0 : -1;
}

/* Of what a person types; every one of these is a value that the field takes. */
static enum krv_doubt doubt_of(const char *type, const char *name, const char *input,
                               uint32_t today) {
  const struct krv_record_type *record = krv_schema_type_named(schema, krv_slice_str(type));
  const struct krv_field *field =
      krv_schema_field_named(schema, record ? record->id : 0, krv_slice_str(name));
  struct krv_buf value;
  if (!field) fail_msg("no field %s", name);
  krv_buf_init(&value, &t.env);
  assert_int_equal(krv_schema_parse(schema, field, krv_slice_str(input), &value), 0);
  enum krv_doubt doubt = krv_schema_doubt(field, krv_buf_slice(&value), today);
  krv_buf_release(&value);
  return doubt;
}

static void phones_without_their_country_are_doubted(void **state) {
  (void)state;
  static const char *const good[] = {"+99312345678", "+993 12 34-56-78", "0099312345678", ""};
  static const char *const odd[] = {"12345678", "+123", "+0123456789", "ask at the shop", "+"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_int_equal(doubt_of("", "prs_MobilePhone", good[i], TODAY), KRV_DOUBT_NONE);
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    assert_int_equal(doubt_of("", "prs_MobilePhone", odd[i], TODAY), KRV_DOUBT_PHONE);
}

static void addresses_are_doubted_where_the_schema_says_that_they_are_some(void **state) {
  (void)state;
  static const char *const good[] = {"a@b.tm", "a.b+c@d.e.example", "имя@почта.рф", ""};
  static const char *const odd[] = {"a",    "@b.tm", "a@",       "a@b",
                                    "a@b.", "a@.tm", "a@b@c.tm", "a b@c.tm"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_int_equal(doubt_of("", "prs_Email", good[i], TODAY), KRV_DOUBT_NONE);
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    assert_int_equal(doubt_of("directory", "email", odd[i], TODAY), KRV_DOUBT_EMAIL);
  assert_int_equal(doubt_of("", "prs_FirstName", "a@", TODAY), KRV_DOUBT_NONE);
}

static void a_day_to_come_is_doubted_where_the_field_is_about_the_past(void **state) {
  (void)state;
  static const struct {
    const char *date;
    bool ahead;
  } dates[] = {{"2026-02-15", false}, {"2026-02-16", true}, {"2026-02", false}, {"2026-03", true},
               {"2026", false},       {"~2027", true},      {"1998", false},    {"", false}};
  for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
    enum krv_doubt doubt = doubt_of("", "prs_Birthdate", dates[i].date, TODAY);
    assert_int_equal(doubt, dates[i].ahead ? KRV_DOUBT_FUTURE : KRV_DOUBT_NONE);
  }
  assert_int_equal(doubt_of("task", "due", "2999", TODAY), KRV_DOUBT_NONE);
  assert_int_equal(doubt_of("consent", "givenOn", "2999", TODAY), KRV_DOUBT_FUTURE);
  assert_int_equal(doubt_of("consent", "givenOn", "2999", 0), KRV_DOUBT_NONE); /* no day is known */
}

static void what_is_no_value_is_not_doubted(void **state) {
  (void)state;
  const struct krv_field *field = krv_schema_field_named(schema, 0, krv_slice_str("prs_HomePhone"));
  assert_int_equal(krv_schema_doubt(field, krv_slice_str("\xc1"), TODAY), KRV_DOUBT_NONE);
  assert_int_equal(krv_schema_doubt(field, krv_slice_str("\x07"), TODAY), KRV_DOUBT_NONE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(phones_without_their_country_are_doubted),
      cmocka_unit_test(addresses_are_doubted_where_the_schema_says_that_they_are_some),
      cmocka_unit_test(a_day_to_come_is_doubted_where_the_field_is_about_the_past),
      cmocka_unit_test(what_is_no_value_is_not_doubted),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
