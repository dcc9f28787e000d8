/* R2 at the vault: restored from a copy, it writes on; both lines are kept, served and applied; the
 * vault finds out, and so does the office. */
#include "mock.h"

#include <stdlib.h>
#include <string.h>

#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 2, false);
}

static bool forked(struct fleet_device *device, const struct krv_id *kase, krv_device_ix author) {
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load_id(device->world, kase, &folder), 0);
  bool is = krv_lines_forked(krv_case_lines(folder->kase), author);
  krv_folder_free(folder);
  return is;
}

/* The vault loses two changes that the server has, and writes two others before it syncs. */
static void lose_and_write_on(struct kit *k) {
  fleet_copy(k->w, "old");
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "first life"), 0);
  assert_int_equal(fleet_note(k->w, &k->kase, "first note"), 0);
  fleet_sync_well(k->w);
  fleet_restore(k->w, "old");
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_Email", "second@example.org"), 0);
  assert_int_equal(fleet_note(k->w, &k->kase, "second note"), 0);
}

static void both_lines_are_kept_served_and_applied(void **state) {
  struct kit *k = *state;
  lose_and_write_on(k);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
  for (uint32_t i = 0; i < 3; i++) {
    struct fleet_device *d = &k->fleet.devices[i];
    assert_string_equal(fleet_shown(d, &k->kase, "prs_SecondName"), "first life");
    assert_string_equal(fleet_shown(d, &k->kase, "prs_Email"), "second@example.org");
    assert_int_equal(fleet_card(d, &k->kase)->commits, 5);
  }
}

/* The copy writes in another case: no case holds two histories, and the office hears of it all the
 * same. */
static void the_office_hears_of_a_copy_that_forks_nothing(void **state) {
  struct kit *k = *state;
  fleet_copy(k->w, "old");
  assert_int_equal(fleet_note(k->w, &k->kase, "first life"), 0);
  fleet_sync_well(k->w);
  fleet_restore(k->w, "old");
  (void)fleet_case(k->w, "prs_FirstName", "Nina");
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_COPY_IN_USE), 1);
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_LINE_FORK), 0);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_LINE_FORK), 1);
  assert_int_equal(fleet_alarms(k->b, KRV_ALARM_LINE_FORK), 1);
  assert_false(forked(k->a, &k->kase, k->w->world->member.device));
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 0);
}

static void the_vault_and_the_office_find_out(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_COPY_IN_USE), 0);
  lose_and_write_on(k);
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_COPY_IN_USE), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_alarms(k->w, KRV_ALARM_COPY_IN_USE) > 0);
  fleet_close(k->w);
  fleet_open(k->w);
  assert_true(fleet_alarms(k->w, KRV_ALARM_COPY_IN_USE) > 0);
  krv_device_ix w = k->w->world->member.device;
  assert_true(forked(k->a, &k->kase, w));
  assert_true(forked(k->b, &k->kase, w));
  assert_false(forked(k->a, &k->kase, k->a->world->member.device));
}

/* The first alarm of a kind; kind 0 in *out where there is none. */
static void first_alarm(struct fleet_device *device, enum krv_alarm_kind kind,
                        struct krv_alarm *out) {
  memset(out, 0, sizeof *out);
  while (krv_alarm_next(device->world, out->lid, out) == 0)
    if (out->kind == kind) return;
  memset(out, 0, sizeof *out);
}

static void see_all(struct fleet_device *device) {
  assert_int_equal(krv_vault_begin(device->world->vault), 0);
  assert_int_equal(krv_alarm_see(device->world, 0), 0);
  assert_int_equal(krv_vault_commit(device->world->vault), 0);
}

static void the_office_is_told_which_device_and_case(void **state) {
  struct kit *k = *state;
  struct krv_alarm alarm;
  lose_and_write_on(k);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_LINE_FORK), 0);
  fleet_rounds(&k->fleet, 2);
  for (int i = 0; i < 2; i++) {
    first_alarm(i == 0 ? k->a : k->b, KRV_ALARM_LINE_FORK, &alarm);
    assert_int_equal(alarm.device, k->w->world->member.device);
    assert_true(krv_id_equal(&alarm.kase, &k->kase));
    assert_int_equal(alarm.count, 1); /* two histories, however long each is */
    assert_false(alarm.seen);
    assert_int_equal(fleet_alarms(i == 0 ? k->a : k->b, KRV_ALARM_COPY_IN_USE), 0);
  }
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_LINE_FORK), 0); /* its own is the other alarm */
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_LINE_FORK), 1);
}

static void what_was_seen_is_told_again_only_when_it_happens_again(void **state) {
  struct kit *k = *state;
  struct krv_alarm alarm;
  lose_and_write_on(k);
  fleet_rounds(&k->fleet, 2);
  see_all(k->a);
  see_all(k->w);
  assert_int_equal(fleet_note(k->w, &k->kase, "goes on"), 0);
  fleet_rounds(&k->fleet, 2);
  first_alarm(k->a, KRV_ALARM_LINE_FORK, &alarm);
  assert_true(alarm.seen);
  first_alarm(k->w, KRV_ALARM_COPY_IN_USE, &alarm);
  assert_true(alarm.seen);
  lose_and_write_on(k); /* once more */
  fleet_rounds(&k->fleet, 2);
  first_alarm(k->a, KRV_ALARM_LINE_FORK, &alarm);
  assert_false(alarm.seen);
  assert_int_equal(alarm.count, 2);
  first_alarm(k->w, KRV_ALARM_COPY_IN_USE, &alarm);
  assert_false(alarm.seen);
}

static void what_it_writes_after_it_found_out_sees_both_lines(void **state) {
  struct kit *k = *state;
  lose_and_write_on(k);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "both"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
  assert_int_equal(fleet_values(k->a, &k->kase, "prs_SecondName"), 1);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_SecondName"), "both");
}

static void a_vault_restored_again_and_again_loses_nothing(void **state) {
  struct kit *k = *state;
  fleet_copy(k->w, "old");
  for (uint32_t i = 0; i < 5; i++) {
    assert_int_equal(fleet_note(k->w, &k->kase, "one more life"), 0);
    if (i % 2 == 0) fleet_sync_well(k->a);
    fleet_sync_well(k->w);
    fleet_restore(k->w, "old");
  }
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
  assert_int_equal(fleet_card(k->a, &k->kase)->commits, 6);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
}

static void a_new_case_that_the_copy_lacks_comes_back(void **state) {
  struct kit *k = *state;
  fleet_copy(k->w, "old");
  struct krv_id lost = fleet_case(k->w, "prs_FirstName", "Vera");
  fleet_sync_well(k->w);
  fleet_restore(k->w, "old");
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &lost, 3));
  assert_int_equal(fleet_set(k->w, &lost, "prs_FirstName", "Vera II"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &lost, 3));
  assert_string_equal(fleet_shown(k->b, &lost, "prs_FirstName"), "Vera II");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(both_lines_are_kept_served_and_applied),
      TEST(the_office_hears_of_a_copy_that_forks_nothing),
      TEST(the_vault_and_the_office_find_out),
      TEST(the_office_is_told_which_device_and_case),
      TEST(what_was_seen_is_told_again_only_when_it_happens_again),
      TEST(what_it_writes_after_it_found_out_sees_both_lines),
      TEST(a_vault_restored_again_and_again_loses_nothing),
      TEST(a_new_case_that_the_copy_lacks_comes_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
