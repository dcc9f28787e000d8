/* The records that casework needs beyond HTCDS: each is there, with the parts that it is for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema.h"
#include "testenv.h"

static const char *const wanted[][8] = {
    {"screening", "indicators", "decision", "screenedBy", "screenedOn"},
    {"consent", "purposes", "scope", "withheldFrom", "whyWithheld", "legalBasis", "expiresOn",
     "guardian"},
    {"consent", "withdrawnOn", "decision"},
    {"risk", "individual", "level", "safetyPlan", "nextReview"},
    {"need", "kind", "urgency", "status"},
    {"plan", "objectives", "actions", "services", "due"},
    {"referral", "service", "status", "requestedOn", "expiry", "feedback", "parentCase"},
    {"service", "service", "provider", "givenOn", "result"},
    {"directory", "name", "services", "area", "forWhom", "contact"},
    {"linked", "relation", "name", "foundTogether"},
    {"shelter", "shelter", "in", "out"},
    {"reintegration", "due", "doneOn", "safety", "revictimised"},
    {"task", "what", "due", "done"},
    {"note", "text"},
};
static const char *const related[] = {"companion", "foundTogether", "suspectedPerpetrator"};

static void every_record_of_casework_is_there_with_its_parts(void **state) {
  struct krv_testenv t;
  struct krv_schema *schema;
  (void)state;
  krv_testenv_init(&t, 6);
  assert_int_equal(krv_schema_new(&t.env, krv_schema_builtin(), &schema), 0);
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    const struct krv_record_type *type =
        krv_schema_type_named(schema, krv_slice_str(wanted[i][0]));
    if (!type) fail_msg("no record %s", wanted[i][0]);
    for (size_t k = 1; k < 8 && wanted[i][k]; k++)
      if (!krv_schema_field_named(schema, type->id, krv_slice_str(wanted[i][k])))
        fail_msg("no %s.%s", wanted[i][0], wanted[i][k]);
  }
  const struct krv_record_type *linked = krv_schema_type_named(schema, krv_slice_str("linked"));
  const struct krv_field *relation =
      krv_schema_field_named(schema, linked->id, krv_slice_str("relation"));
  for (size_t i = 0; i < sizeof related / sizeof *related; i++)
    if (krv_schema_code(schema, relation->list, krv_slice_str(related[i])) < 0)
      fail_msg("nobody is linked as %s", related[i]);
  krv_schema_free(schema);
  assert_int_equal(t.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_record_of_casework_is_there_with_its_parts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
