/* Codes of the built-in document as people type them: in whatever case, and mistyped; and the
 * fields that nobody types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schema.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_schema *schema;

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

static void assert_text(struct krv_slice got, const char *wanted) {
  if (!krv_slice_equal(got, krv_slice_str(wanted)))
    fail_msg("\"%.*s\" is not \"%s\"", (int)got.len, (const char *)got.data, wanted);
}

static const struct krv_field *field_of(uint8_t type, const char *name) {
  const struct krv_field *field = krv_schema_field_named(schema, type, krv_slice_str(name));
  if (!field) fail_msg("no field %s", name);
  return field;
}

static int32_t code_of(const struct krv_code_list *list, const char *name) {
  return krv_schema_code(schema, list, krv_slice_str(name));
}

/* Nothing in the built-in document differs in case alone, so nobody need know how a code is
 * written. */
static void every_code_is_found_whatever_its_case(void **state) {
  (void)state;
  char lower[KRV_SCHEMA_NAME_SIZE_MAX + 1], upper[KRV_SCHEMA_NAME_SIZE_MAX + 1];
  for (uint32_t i = 0; i < krv_schema_type_count(schema); i++) {
    const struct krv_record_type *type = krv_schema_type_at(schema, i);
    for (uint32_t k = 0; k < type->count; k++) {
      const struct krv_code_list *list = type->fields[k].list;
      for (uint32_t c = 0; list && c < list->count; c++) {
        struct krv_slice name = list->codes[c].name;
        for (size_t n = 0; n <= name.len; n++) {
          char letter = n < name.len ? (char)name.data[n] : 0;
          lower[n] = letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
          upper[n] = letter >= 'a' && letter <= 'z' ? (char)(letter - 32) : letter;
        }
        if (code_of(list, lower) != (int32_t)c || code_of(list, upper) != (int32_t)c)
          fail_msg("%s of %.*s", lower, (int)list->name.len, (const char *)list->name.data);
      }
    }
  }
  assert_int_equal(code_of(field_of(0, "prs_Gender")->list, "f"), 0); /* aliases too */
}

static void a_mistyped_code_finds_the_nearest(void **state) {
  (void)state;
  static const char *const rows[][3] = {
      {"prs_Gender", "Femenine", "Feminine"},   {"prs_Gender", "masculin", "Masculine"},
      {"prs_Gender", "Women or girl", "Feminine"}, /* by its label */
      {"prs_MaritalStatus", "Singel", "Single"}, {"prs_Gender", "something", ""},
      {"prs_Gender", "xx", ""},                  {"prs_Gender", "", ""},
      {"prs_MailingCountry", "Turkmenistam", "TM"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_text(krv_schema_nearest_code(schema, field_of(0, rows[i][0])->list,
                                        krv_slice_str(rows[i][1])),
                rows[i][2]);
  static uint8_t big[1000];
  memset(big, 'a', sizeof big);
  assert_text(krv_schema_nearest_code(schema, field_of(0, "prs_Gender")->list,
                                      krv_slice(big, sizeof big)),
              "");
}

static void what_kerven_sets_itself_is_marked(void **state) {
  (void)state;
  static const char *const flat[] = {"kvn_CaseType", "kvn_ParentCase", "kvn_ImportKey"};
  for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
    assert_true(field_of(0, flat[i])->flags & KRV_FIELD_TECHNICAL);
  uint8_t referral = krv_schema_type_named(schema, krv_slice_str("referral"))->id;
  assert_true(field_of(referral, "childCase")->flags & KRV_FIELD_TECHNICAL);
  assert_true(field_of(referral, "parent")->flags & KRV_FIELD_TECHNICAL);
  assert_false(field_of(0, "kvn_Pseudonym")->flags & KRV_FIELD_TECHNICAL);
  assert_false(field_of(referral, "status")->flags & KRV_FIELD_TECHNICAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_code_is_found_whatever_its_case),
      cmocka_unit_test(a_mistyped_code_finds_the_nearest),
      cmocka_unit_test(what_kerven_sets_itself_is_marked),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
