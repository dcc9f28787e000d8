/* R22: record 0 holds the flat fields. What somebody writes elsewhere under their names is kept and
 * shown as what it is; it never stands in for the case's own, in a list or in an export. */
#define _POSIX_C_SOURCE 200809L
#include "mock.h"

#include "fleetkit.h"
#include "saykit.h"

static int setup(void **state) {
  say_setup();
  return fleet_kit_setup(state, 22, false);
}

/* The worker writes a first name into a record of his own making: a client that keeps to
 * nothing. */
static void stray(struct kit *k, const char *name) {
  const struct krv_field *field =
      krv_schema_field_named(k->w->world->schema, 0, krv_slice_str("prs_FirstName"));
  struct krv_value value = {.kind = KRV_VALUE_TEXT, .as.text = krv_slice_str(name)};
  struct krv_op op = {.kind = KRV_OP_SET, .record = {{7, 7, 7, 7, 7, 7, 7, 7}}};
  struct krv_edit *edit;
  struct krv_intake *intake;
  struct krv_buf bytes;
  struct krv_id kase;
  bool written;
  krv_buf_init(&bytes, &k->w->t.env);
  krv_value_encode(&value, &bytes);
  op.field = field->id;
  op.value = krv_buf_slice(&bytes);
  assert_int_equal(krv_edit_new(k->w->world, &k->kase, &edit), 0);
  assert_int_equal(krv_edit_op(edit, &op), 0);
  assert_int_equal(krv_intake_begin(k->w->world, &intake), 0);
  assert_int_equal(krv_edit_save(edit, intake, &kase, &written), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_edit_free(edit);
  krv_buf_release(&bytes);
}

static void a_flat_field_in_another_record_stands_in_nobodys_place(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_FirstName", "Maya"), 0);
  fleet_rounds(&k->fleet, 2);
  stray(k, "Nobody");
  fleet_rounds(&k->fleet, 2);
  says(k->a, "case show --json", &k->kase, "\"prs_FirstName\":\"Maya\"");
  says(k->a, "case show --json", &k->kase,
       "\"#\":[{\"rid\":\"0707070707070707\",\"prs_FirstName\":\"Nobody\"}]");
  says(k->a, "case show", &k->kase, "Maya");
  says(k->a, "case list", NULL, "Maya");
  says(k->a, "export --format json", NULL, "\"prs_FirstName\":\"Maya\"");
  says_not(k->a, "export --format csv", NULL, "Nobody");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_flat_field_in_another_record_stands_in_nobodys_place, setup,
                                      fleet_kit_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
