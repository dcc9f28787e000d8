/* The list of alarms: one row a thing, counted, seen, bounded; and nothing that happens goes
 * untold. */
#include "mock.h"

#include <string.h>

#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 77, false);
}

static void raise(struct kit *k, enum krv_alarm_kind kind, krv_device_ix device, uint32_t kase,
                  uint64_t count) {
  struct krv_alarm alarm = {.kind = kind, .device = device, .count = count};
  memcpy(alarm.kase.b, &kase, sizeof kase);
  assert_int_equal(krv_alarm_raise(k->w->world, &alarm), 0);
}

static void begin(struct kit *k) {
  assert_int_equal(krv_vault_begin(k->w->world->vault), 0);
}

static void commit(struct kit *k) {
  assert_int_equal(krv_vault_commit(k->w->world->vault), 0);
}

static uint64_t unseen(struct kit *k) {
  uint64_t count;
  assert_int_equal(krv_alarm_unseen(k->w->world, &count), 0);
  return count;
}

static uint32_t rows(struct kit *k) {
  struct krv_alarm item = {0};
  uint32_t count = 0;
  while (krv_alarm_next(k->w->world, item.lid, &item) == 0) count++;
  return count;
}

static void one_thing_is_one_row_and_counts_up(void **state) {
  struct kit *k = *state;
  struct krv_alarm item;
  begin(k);
  for (int i = 0; i < 3; i++) raise(k, KRV_ALARM_QUOTA, 1, 0, 0);
  raise(k, KRV_ALARM_QUOTA, 2, 0, 0);
  raise(k, KRV_ALARM_LINE_FORK, 1, 5, 0);
  commit(k);
  assert_int_equal(rows(k), 3);
  assert_int_equal(unseen(k), 3);
  assert_int_equal(krv_alarm_next(k->w->world, 0, &item), 0);
  assert_int_equal(item.count, 3);
  assert_int_equal(item.device, 1);
  assert_true(item.since_s > 0);
}

static void a_count_that_is_known_is_told_once(void **state) {
  struct kit *k = *state;
  begin(k);
  raise(k, KRV_ALARM_ROSTER_FORK, 1, 0, 1);
  assert_int_equal(krv_alarm_see(k->w->world, 0), 0);
  raise(k, KRV_ALARM_ROSTER_FORK, 1, 0, 1);
  assert_int_equal(unseen(k), 0);
  raise(k, KRV_ALARM_ROSTER_FORK, 1, 0, 2);
  assert_int_equal(unseen(k), 1);
  commit(k);
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_ROSTER_FORK), 2);
}

static void seeing_one_leaves_the_others(void **state) {
  struct kit *k = *state;
  begin(k);
  raise(k, KRV_ALARM_QUOTA, 1, 0, 0);
  raise(k, KRV_ALARM_QUOTA, 2, 0, 0);
  assert_int_equal(krv_alarm_see(k->w->world, 1), 0);
  assert_int_equal(unseen(k), 1);
  assert_int_equal(krv_alarm_see(k->w->world, 9), KRV_NOT_FOUND);
  commit(k);
  fleet_close(k->w);
  fleet_open(k->w);
  assert_int_equal(unseen(k), 1);
}

static void what_was_taken_back_was_not_raised(void **state) {
  struct kit *k = *state;
  begin(k);
  raise(k, KRV_ALARM_QUOTA, 1, 0, 0);
  krv_vault_rollback(k->w->world->vault);
  assert_int_equal(rows(k), 0);
}

static void a_full_list_counts_together(void **state) {
  struct kit *k = *state;
  begin(k);
  for (uint32_t i = 0; i < KRV_ALARMS_MAX; i++) raise(k, KRV_ALARM_LINE_FORK, 1, i + 1, 0);
  assert_int_equal(rows(k), KRV_ALARMS_MAX);
  for (uint32_t i = 0; i < 3; i++) raise(k, KRV_ALARM_LINE_FORK, 2, i + 1, 0);
  raise(k, KRV_ALARM_QUOTA, 2, 0, 0);
  commit(k);
  assert_int_equal(rows(k), KRV_ALARMS_MAX + 2);
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_LINE_FORK), KRV_ALARMS_MAX + 3);
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_QUOTA), 1);
}

static void what_was_seen_makes_room(void **state) {
  struct kit *k = *state;
  struct krv_alarm item = {0}, last = {0};
  begin(k);
  for (uint32_t i = 0; i < KRV_ALARMS_MAX; i++) raise(k, KRV_ALARM_LINE_FORK, 1, i + 1, 0);
  assert_int_equal(krv_alarm_see(k->w->world, 7), 0);
  raise(k, KRV_ALARM_QUOTA, 2, 0, 0);
  commit(k);
  assert_int_equal(rows(k), KRV_ALARMS_MAX);
  assert_int_equal(unseen(k), KRV_ALARMS_MAX);
  while (krv_alarm_next(k->w->world, item.lid, &item) == 0) {
    assert_int_not_equal(item.lid, 7);
    last = item;
  }
  assert_int_equal(last.kind, KRV_ALARM_QUOTA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(one_thing_is_one_row_and_counts_up), TEST(a_count_that_is_known_is_told_once),
      TEST(seeing_one_leaves_the_others),       TEST(what_was_taken_back_was_not_raised),
      TEST(a_full_list_counts_together),        TEST(what_was_seen_makes_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
