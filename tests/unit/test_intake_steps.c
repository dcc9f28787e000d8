/* What a vault costs, in statements and lookups: nothing that grows with what is beside it. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "fleetkit.h"

struct sqlite3_stmt;
static uint32_t statements, looks_at_refused;

int __real_sqlite3_step(struct sqlite3_stmt *stmt);
int __wrap_sqlite3_step(struct sqlite3_stmt *stmt);
int __wrap_sqlite3_step(struct sqlite3_stmt *stmt) {
  statements++;
  return __real_sqlite3_step(stmt);
}

int __real_krv_vault_marked_next(struct krv_vault *vault, enum krv_mark mark, int64_t after,
                                 struct krv_vault_item *item, struct krv_buf *out);
int __wrap_krv_vault_marked_next(struct krv_vault *vault, enum krv_mark mark, int64_t after,
                                 struct krv_vault_item *item, struct krv_buf *out);
int __wrap_krv_vault_marked_next(struct krv_vault *vault, enum krv_mark mark, int64_t after,
                                 struct krv_vault_item *item, struct krv_buf *out) {
  looks_at_refused += mark == KRV_MARK_REFUSED;
  return __real_krv_vault_marked_next(vault, mark, after, item, out);
}

static int setup(void **state) {
  return fleet_kit_setup(state, 1200, false);
}

static uint32_t push_looks(struct kit *k, uint32_t cases) {
  for (uint32_t i = 0; i < cases; i++) fleet_case(k->w, "prs_FirstName", "Maya");
  looks_at_refused = 0;
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.commits_up, cases);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  return looks_at_refused;
}

static void acked_grants_look_once_for_what_was_refused(void **state) {
  struct kit *k = *state;
  uint32_t few = push_looks(k, 5), many = push_looks(k, 20);
  assert_int_equal(few, many);
  assert_true(few <= 4);
}

/* So many histories of the worker's vault have a commit at one dot; then one of them goes on. */
static uint32_t steps_above_a_fork(uint32_t forks) {
  void *state;
  assert_int_equal(fleet_kit_setup(&state, 1201, false), 0);
  struct kit *k = state;
  fleet_copy(k->w, "before");
  for (uint32_t i = 0; i < forks; i++) {
    char text[16];
    snprintf(text, sizeof text, "%u", i);
    fleet_restore(k->w, "before");
    assert_int_equal(fleet_note(k->w, &k->kase, text), 0);
    fleet_sync_well(k->w);
  }
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_note(k->w, &k->kase, "on"), 0);
  fleet_sync_well(k->w);
  statements = 0;
  fleet_sync_well(k->a);
  uint32_t steps = statements;
  assert_int_equal(k->a->counts.commits_down, 1);
  assert_true(fleet_same(k->a, k->w, &k->kase));
  fleet_kit_teardown(&state);
  return steps;
}

static void what_stands_above_a_fork_costs_the_same_however_wide_it_is(void **state) {
  (void)state;
  uint32_t narrow = steps_above_a_fork(3);
  assert_int_equal(steps_above_a_fork(6), narrow);
  assert_int_equal(steps_above_a_fork(12), narrow);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(acked_grants_look_once_for_what_was_refused, setup,
                                      fleet_kit_teardown),
      cmocka_unit_test(what_stands_above_a_fork_costs_the_same_however_wide_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
