/* R9, R19: a share that was taken back is served no more. Who had not come to it never learns of
 * the case; who had, learns that it was taken back; and let in again, the group gets it whole. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "fleetkit.h"

struct shared {
  struct kit *kit;
  struct fleet_device *guest;
};

static struct shared share(void **state, bool sqlite) {
  struct shared s;
  assert_int_equal(fleet_kit_setup(state, 19, sqlite), 0);
  s.kit = *state;
  s.guest = fleet_join(&s.kit->fleet, "worker", "Jeren");
  fleet_rounds(&s.kit->fleet, 1);
  assert_int_equal(fleet_share(s.kit->w, &s.kit->kase, "Jeren"), 0);
  assert_int_equal(fleet_note(s.kit->w, &s.kit->kase, "for the guest"), 0);
  fleet_sync_well(s.kit->w);
  return s;
}

static void take_back(struct shared *s) {
  assert_int_equal(fleet_unshare(s->kit->w, &s->kit->kase, "Jeren"), 0);
  fleet_sync_well(s->kit->w);
  assert_int_equal(fleet_note(s->kit->w, &s->kit->kase, "not for the guest"), 0);
  fleet_sync_well(s->kit->w);
}

static bool has(struct fleet_device *device, const struct krv_id *kase) {
  int64_t lid;
  return krv_vault_case_find(device->world->vault, kase, &lid) == 0;
}

static void who_had_not_come_to_it_never_learns_of_it(struct shared *s, bool restarted) {
  take_back(s);
  if (restarted) fleet_server_restart(&s->kit->fleet);
  fleet_sync_well(s->guest);
  assert_false(has(s->guest, &s->kit->kase));
  fleet_rounds(&s->kit->fleet, 2);
  assert_false(has(s->guest, &s->kit->kase));
}

static void who_had_come_to_it_learns_that_it_was_taken_back(struct shared *s, bool restarted) {
  fleet_sync_well(s->guest);
  assert_true(has(s->guest, &s->kit->kase));
  uint32_t commits = fleet_card(s->guest, &s->kit->kase)->commits;
  assert_int_equal(fleet_note(s->kit->w, &s->kit->kase, "the last that is shared"), 0);
  fleet_sync_well(s->kit->w); /* keeps what the server knows of the guest, too */
  if (restarted) fleet_server_restart(&s->kit->fleet);
  take_back(s);
  fleet_sync_well(s->guest);
  const struct krv_card *card = fleet_card(s->guest, &s->kit->kase);
  assert_int_equal(card->commits, commits + 2); /* the note and the removal, and no more */
  assert_int_equal(card->held, 0);
  assert_true(card->flags & KRV_CARD_CUT_OFF);
}

static void let_in_again_it_gets_all(struct shared *s, bool restarted) {
  take_back(s);
  fleet_sync_well(s->guest);
  if (restarted) fleet_server_restart(&s->kit->fleet);
  assert_int_equal(fleet_share(s->kit->w, &s->kit->kase, "Jeren"), 0);
  fleet_rounds(&s->kit->fleet, 2);
  assert_true(has(s->guest, &s->kit->kase));
  assert_true(fleet_agree(&s->kit->fleet, &s->kit->kase, 4));
}

/* Shared and taken back over and over: an inbox grows by what there is to read, not by how
 * often. */
static void rows_do_not_pile_up(struct shared *s, bool restarted) {
  struct krv_store *store = s->kit->fleet.service.store;
  krv_device_ix guest = s->guest->world->member.device;
  krv_box boxes[] = {krv_box_group(krv_world_self(s->guest->world)->member_group),
                     krv_box_device(guest)};
  uint64_t rows = 0;
  (void)restarted;
  fleet_sync_well(s->guest);
  for (int i = 0; i < 12; i++) {
    assert_int_equal(fleet_unshare(s->kit->w, &s->kit->kase, "Jeren"), 0);
    fleet_sync_well(s->kit->w);
    assert_int_equal(fleet_share(s->kit->w, &s->kit->kase, "Jeren"), 0);
    fleet_sync_well(s->kit->w);
  }
  for (size_t b = 0; b < 2; b++) {
    uint64_t at = 0, seq = 0;
    while (store->driver->inbox_next(store, boxes[b], at, seq, &at, &seq) == 0) rows++;
  }
  assert_in_range(rows, 20, 3 * fleet_server_head(&s->kit->fleet));
  fleet_rounds(&s->kit->fleet, 2);
  assert_true(fleet_agree(&s->kit->fleet, &s->kit->kase, 4));
}

static void on_both_drivers(void **state, void (*scene)(struct shared *s, bool restarted)) {
  for (int how = 0; how < 3; how++) { /* memory; a file; a file, and the server started anew */
    struct shared s = share(state, how > 0);
    scene(&s, how == 2);
    assert_int_equal(fleet_kit_teardown(state), 0);
  }
}

#define SCENE(name)                        \
  static void test_##name(void **state) { \
    on_both_drivers(state, name);          \
  }
SCENE(who_had_not_come_to_it_never_learns_of_it)
SCENE(who_had_come_to_it_learns_that_it_was_taken_back)
SCENE(let_in_again_it_gets_all)
SCENE(rows_do_not_pile_up)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_who_had_not_come_to_it_never_learns_of_it),
      cmocka_unit_test(test_who_had_come_to_it_learns_that_it_was_taken_back),
      cmocka_unit_test(test_let_in_again_it_gets_all),
      cmocka_unit_test(test_rows_do_not_pile_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
