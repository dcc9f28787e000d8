/* R22: kinds are in the operation and fixed; the schema decides display only;
 * one canonical form. */
#include "casekit.h"
#include "mock.h"
#include "schema.h"
#include "show.h"
#include "status.h"

static void the_numbers_of_the_kinds_are_fixed(void **state) {
  (void)state;
  static const struct { int kind, number; } fixed[] = {
      {KRV_OP_SET, 0},    {KRV_OP_OPTION_ON, 1}, {KRV_OP_OPTION_OFF, 2}, {KRV_OP_APPEND, 3},
      {KRV_OP_DELETE, 4}, {KRV_OP_RESOLVE, 5},   {KRV_OP_ACCESS, 6},     {KRV_OP_EPOCH, 7},
      {KRV_OP_CUT, 8},    {KRV_OP_ADOPT, 9},     {KRV_OP_REFUSE, 10}};
  for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
    assert_int_equal(fixed[i].kind, fixed[i].number);
}

static void a_set_of_one_field_has_the_computed_bytes(void **state) {
  (void)state;
  static const uint8_t expected[] = {0x91, 0x94, 0x00, 0x00, 0x0c, 0x05};
  struct krv_testenv t;
  struct krv_buf out;
  struct krv_op op = kit_set(0, 12, 5);
  krv_testenv_init(&t, 22);
  krv_buf_init(&out, &t.env);
  krv_ops_begin(&out, 1);
  krv_op_encode(&op, &out);
  assert_int_equal(out.len, sizeof expected);
  assert_memory_equal(out.data, expected, sizeof expected);
  krv_buf_release(&out);
}

static void longer_forms_are_malformed(void **state) {
  (void)state;
  static const uint8_t longer[][9] = {
      {0x91, 0x94, 0xcc, 0x00, 0x00, 0x0c, 0x05},       /* kind in two bytes */
      {0x91, 0x94, 0x00, 0x00, 0xcd, 0x00, 0x0c, 0x05}, /* field in three */
      {0x91, 0x94, 0x00, 0x00, 0x0c, 0xcc, 0x05}};      /* value in two */
  static const uint8_t zero_record[] = {0x91, 0x94, 0, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x0c, 5};
  static const size_t lengths[] = {7, 8, 7};
  struct krv_testenv t;
  struct krv_ops ops;
  krv_testenv_init(&t, 22);
  for (int i = 0; i < 3; i++)
    assert_int_equal(krv_ops_read(&t.env, krv_slice(longer[i], lengths[i]), &ops), KRV_MALFORMED);
  assert_int_equal(krv_ops_read(&t.env, krv_slice(zero_record, sizeof zero_record), &ops),
                   KRV_MALFORMED); /* record 0 has one name */
  assert_int_equal(t.live, 0);
}

static void unknown_fields_and_types_are_kept_and_shown_raw(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a, b;
  struct krv_schema *schema;
  struct krv_view view;
  struct krv_op ops[] = {kit_set(0, 0xfe, 5), kit_set(7, 0xc801, 6), kit_append(7, 0xc802, 1, 7),
                         kit_option(7, 0xc803, 40000, true)};
  kit_init(&kit, 22, 3);
  kit_replica_init(&kit, &a, 1);
  kit_write(&kit, &a, ops, 4);
  kit_replica_copy(&kit, &a, &b); /* through bytes */
  assert_int_equal(krv_schema_new(&kit.t.env, krv_schema_builtin(), &schema), 0);
  assert_int_equal(krv_view_init(&view, &kit.t.env, krv_case_state(b.kase), schema), 0);
  const struct krv_record_id zero = kit_record(0), seven = kit_record(7);
  const struct krv_shown_field *field = krv_view_field(&view, &zero, 0xfe);
  assert_non_null(field);
  assert_null(field->schema);
  assert_true(krv_slice_equal(field->values[0].value, kit_int(5)));
  assert_int_equal(krv_view_record(&view, 0xc8, 1)->field_count, 3);
  assert_true(krv_slice_equal(krv_view_field(&view, &seven, 0xc802)->values[0].value, kit_int(7)));
  assert_int_equal(krv_view_field(&view, &seven, 0xc803)->options[0], 40000);
  krv_view_release(&view);
  krv_schema_free(schema);
  kit_replica_release(&a);
  kit_replica_release(&b);
  kit_release(&kit);
}

/* The state never sees a schema; the views of two differ, the bytes do not. */
static void replicas_with_different_schemas_hold_the_same_bytes(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a, b;
  struct krv_schema *schema;
  struct krv_view with, without;
  struct krv_op op = kit_set(0, 12, 5);
  kit_init(&kit, 22, 3);
  kit_replica_init(&kit, &a, 1);
  kit_replica_init(&kit, &b, 2);
  kit_write(&kit, &a, &op, 1);
  kit_sync(&kit, &b, &a);
  assert_int_equal(krv_schema_new(&kit.t.env, krv_schema_builtin(), &schema), 0);
  assert_int_equal(krv_view_init(&with, &kit.t.env, krv_case_state(a.kase), schema), 0);
  assert_int_equal(krv_view_init(&without, &kit.t.env, krv_case_state(b.kase), NULL), 0);
  assert_non_null(with.fields[0].schema);
  assert_null(without.fields[0].schema);
  assert_true(kit_same(&kit, &a, &b));
  krv_view_release(&with);
  krv_view_release(&without);
  krv_schema_free(schema);
  kit_replica_release(&a);
  kit_replica_release(&b);
  kit_release(&kit);
}

static void the_same_item_by_two_is_one_and_other_bytes_under_its_id_are_another(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a, b;
  struct krv_op one = kit_append(7, 0xd01, 1, 5), other = kit_append(7, 0xd01, 1, 6);
  kit_init(&kit, 22, 3);
  kit_replica_init(&kit, &a, 1);
  kit_replica_init(&kit, &b, 2);
  kit_write(&kit, &b, &one, 1);
  kit_write(&kit, &a, &one, 1);
  kit_sync(&kit, &a, &b);
  kit_sync(&kit, &b, &a);
  const struct krv_state *merged = krv_case_state(a.kase);
  assert_int_equal(krv_state_item_count(merged), 1);
  assert_int_equal(krv_state_writer(merged, krv_state_item(merged, 0)->writer)->tip.device, 1);
  assert_true(kit_same(&kit, &a, &b));
  kit_write(&kit, &a, &other, 1);
  assert_int_equal(krv_state_item_count(krv_case_state(a.kase)), 2);
  kit_replica_release(&a);
  kit_replica_release(&b);
  kit_release(&kit);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_numbers_of_the_kinds_are_fixed),
      cmocka_unit_test(a_set_of_one_field_has_the_computed_bytes),
      cmocka_unit_test(longer_forms_are_malformed),
      cmocka_unit_test(unknown_fields_and_types_are_kept_and_shown_raw),
      cmocka_unit_test(replicas_with_different_schemas_hold_the_same_bytes),
      cmocka_unit_test(the_same_item_by_two_is_one_and_other_bytes_under_its_id_are_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
