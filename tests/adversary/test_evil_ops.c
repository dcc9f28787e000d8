/* F11, I5, I6: operations that no honest client writes, from a member who may write in the case: no
 * vault falls over them, and none stops taking in what others send. */
#include <stdio.h>
#include <stdlib.h>

#include "dishonest.h"
#include "fleetkit.h"
#include "mock.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 4711, false);
}

/* Others' news come in after it, and the person goes on writing. */
static void goes_on(struct kit *k) {
  assert_int_equal(fleet_set(k->b, &k->kase, "prs_LastName", "Orazova"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_LastName"), "Orazova");
}

static uint16_t field_of(const struct kit *k, const char *name) {
  return krv_schema_field_named(k->a->world->schema, 0, krv_slice_str(name))->id;
}

static void set_number(struct kit *k, struct krv_tip *last, const char *name, int64_t number) {
  struct krv_value value = {.kind = KRV_VALUE_INT, .as.integer = number};
  struct krv_buf bytes;
  krv_buf_init(&bytes, &k->a->t.env);
  krv_value_encode(&value, &bytes);
  struct krv_op op = {
      .kind = KRV_OP_SET, .field = field_of(k, name), .value = krv_buf_slice(&bytes)};
  assert_int_equal(dishonest_write(k->w, k->a, &k->kase, last, &op, 1), 0);
  krv_buf_release(&bytes);
}

static void a_code_that_no_list_has_is_no_code_and_no_fall(void **state) {
  static const int64_t numbers[] = {-1, -2, INT32_MIN, INT32_MAX, 1LL << 32, INT64_MIN, INT64_MAX};
  struct kit *k = *state;
  struct krv_tip last = {0};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    set_number(k, &last, "cas_Status", numbers[i]);
    assert_true(fleet_card(k->a, &k->kase)->status > 1000); /* set, to what nobody knows */
  }
  set_number(k, &last, "kvn_CaseType", 256);
  assert_int_not_equal(fleet_card(k->a, &k->kase)->type, 0); /* no ordinary case */
  goes_on(k);
}

static void a_longer_list_of_groups_than_a_case_can_have_stops_nobody(void **state) {
  struct kit *k = *state;
  struct krv_tip last = {0};
  struct krv_op ops[KRV_ACCESS_LIST_MAX + 8];
  memset(ops, 0, sizeof ops);
  for (uint32_t i = 0; i < sizeof ops / sizeof *ops; i++)
    ops[i] = (struct krv_op){.kind = KRV_OP_ACCESS, .group = 1000 + i, .mode = KRV_ACCESS_READ};
  assert_int_equal(
      dishonest_write(k->w, k->a, &k->kase, &last, ops, sizeof ops / sizeof *ops), 0);
  goes_on(k);
}

/* One device's operations of a kind, as many as are taken of one, and one more, which waits. */
static void fill_up(struct kit *k, struct krv_op op) {
  struct krv_op ops[KRV_CASE_CONTROLS_OF_ONE_MAX];
  struct krv_tip last = {0};
  for (uint32_t i = 0; i < KRV_CASE_CONTROLS_OF_ONE_MAX; i++) {
    ops[i] = op;
    ops[i].key_commit[0] = (uint8_t)i;
  }
  assert_int_equal(
      dishonest_write(k->w, k->a, &k->kase, &last, ops, KRV_CASE_CONTROLS_OF_ONE_MAX), 0);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 0);
  assert_int_equal(dishonest_write(k->w, k->a, &k->kase, &last, ops, 1), 0);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 1);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_PASSED_OVER), 1);
}

/* Access is judged with every pair of them. */
static void more_access_operations_than_are_taken_of_one_device_wait(void **state) {
  struct kit *k = *state;
  fill_up(k, (struct krv_op){.kind = KRV_OP_ACCESS, .mode = KRV_ACCESS_WRITE});
  goes_on(k);
  assert_int_equal(fleet_share(k->a, &k->kase, "Dursun"), 0); /* others share on */
}

/* R14: keys that nobody was granted; each of the others makes a next one, and needs room for it. */
static void more_epochs_than_are_taken_of_one_device_wait_and_freeze_nobody(void **state) {
  struct kit *k = *state;
  fill_up(k, (struct krv_op){.kind = KRV_OP_EPOCH, .epoch = 1});
  goes_on(k);
  assert_int_equal(fleet_note(k->a, &k->kase, "not frozen"), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_code_that_no_list_has_is_no_code_and_no_fall, setup,
                                      fleet_kit_teardown),
      cmocka_unit_test_setup_teardown(a_longer_list_of_groups_than_a_case_can_have_stops_nobody,
                                      setup, fleet_kit_teardown),
      cmocka_unit_test_setup_teardown(more_access_operations_than_are_taken_of_one_device_wait,
                                      setup, fleet_kit_teardown),
      cmocka_unit_test_setup_teardown(
          more_epochs_than_are_taken_of_one_device_wait_and_freeze_nobody, setup,
          fleet_kit_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
