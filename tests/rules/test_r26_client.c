/* R26 at the client: tickets are a cache; early data halves; round trips are counted. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 26, true);
}

static void nothing_to_say_takes_one_round_trip_on_a_ticket_and_two_without(void **state) {
  struct kit *k = *state;
  struct fleet_link xk = {.no_ticket = true};
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 1);
  assert_int_equal(fleet_sync(k->w, &xk), 0);
  assert_false(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 2);
}

static void a_small_push_rides_in_the_first_message(void **state) {
  struct kit *k = *state;
  fleet_sync_well(k->w);
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.commits_up, 1);
  assert_int_equal(k->w->counts.round_trips, 1);
}

static void an_unknown_ticket_costs_one_more_connection(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_server_restart(&k->fleet);
  fleet_sync_well(k->w);
  assert_false(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 3);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket);
}

static void the_ticket_in_use_is_the_one_on_disk(void **state) {
  struct kit *k = *state;
  for (uint32_t i = 0; i < 4; i++) {
    struct krv_ticket in_memory = k->w->world->standing.ticket[0];
    fleet_close(k->w);
    fleet_open(k->w);
    assert_int_equal(k->w->world->standing.ticket_count > 0, 1);
    assert_memory_equal(&k->w->world->standing.ticket[0].id, &in_memory.id, sizeof in_memory.id);
    fleet_sync_well(k->w);
    assert_true(k->w->counts.ticket);
    assert_memory_not_equal(&k->w->world->standing.ticket[0].id, &in_memory.id,
                            sizeof in_memory.id);
  }
}

static void a_vault_that_forgot_its_newest_ticket_is_served_all_the_same(void **state) {
  struct kit *k = *state;
  fleet_copy(k->w, "old");
  fleet_sync_well(k->w);
  fleet_sync_well(k->w);
  fleet_restore(k->w, "old");
  fleet_sync_well(k->w);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
}

static void early_data_halves_until_it_gets_through(void **state) {
  struct kit *k = *state;
  struct fleet_link bad = {.cut_up = 400, .lost = true};
  fleet_sync_well(k->w);
  for (uint32_t i = 0; i < 40; i++) assert_int_equal(fleet_note(k->w, &k->kase, "a long day"), 0);
  uint32_t before = k->w->world->standing.early_max;
  assert_int_equal(before, KRV_EARLY_DATA_MAX);
  for (uint32_t i = 0; i < 3; i++) {
    assert_int_equal(fleet_sync(k->w, &bad), KRV_TIMEOUT);
    assert_int_equal(k->w->world->standing.early_max, before / 2);
    before /= 2;
    fleet_close(k->w);
    fleet_open(k->w);
    assert_int_equal(k->w->world->standing.early_max, before);
  }
  for (uint32_t i = 0; i < 10; i++) (void)fleet_sync(k->w, &bad);
  assert_true(k->w->world->standing.early_max >= 256); /* one commit goes at least */
  fleet_sync_well(k->w);
  assert_int_equal(k->w->world->standing.early_max, KRV_EARLY_DATA_MAX);
  fleet_rounds(&k->fleet, 1);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(nothing_to_say_takes_one_round_trip_on_a_ticket_and_two_without),
      TEST(a_small_push_rides_in_the_first_message),
      TEST(an_unknown_ticket_costs_one_more_connection),
      TEST(the_ticket_in_use_is_the_one_on_disk),
      TEST(a_vault_that_forgot_its_newest_ticket_is_served_all_the_same),
      TEST(early_data_halves_until_it_gets_through),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
