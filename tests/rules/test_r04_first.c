/* R4 in a vault: where sixteen tips are not enough, those that wrote a commit's fields go first, so
 * that nobody who edits what he sees makes a conflict of it. */
#include "mock.h"

#include <stdlib.h>

#include "fleetkit.h"

enum { LIVES = 20 }; /* of one vault, each from the same copy: as many tips */

static int setup(void **state) {
  return fleet_kit_setup(state, 44, true);
}

/* The first life is the shortest: nothing but the fields that are edited would name its tip. */
static void live_often(struct kit *k) {
  fleet_sync_well(k->w);
  fleet_copy(k->w, "old");
  for (int life = 0; life < LIVES; life++) {
    fleet_restore(k->w, "old");
    if (life == 0) {
      assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "Orazova"), 0);
    } else {
      assert_int_equal(fleet_note(k->w, &k->kase, "another life"), 0);
      assert_int_equal(fleet_note(k->w, &k->kase, "and on"), 0);
    }
    fleet_sync_well(k->w);
  }
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(k->a, &k->kase)->commits, 1 + 1 + 2 * (LIVES - 1));
}

static void an_edit_of_what_the_oldest_of_twenty_tips_wrote_is_no_conflict(void **state) {
  struct kit *k = *state;
  live_often(k);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_SecondName"), "Orazova");
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_SecondName", "Annayeva"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(k->b, &k->kase, "prs_SecondName"), "Annayeva");
  assert_int_equal(fleet_values(k->b, &k->kase, "prs_SecondName"), 1);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_edit_of_what_the_oldest_of_twenty_tips_wrote_is_no_conflict),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
