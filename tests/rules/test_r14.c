/* R14 between vaults: a group that is cut off gets no later key; all others do; two re-keys at once
 * converge. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 14, true);
}

static size_t keys(struct fleet_device *device, const struct krv_id *kase) {
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load_id(device->world, kase, &folder), 0);
  size_t count = folder->key_count;
  krv_folder_free(folder);
  return count;
}

static void a_group_that_is_cut_off_gets_no_later_key(void **state) {
  struct kit *k = *state;
  struct fleet_device *x = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(x, &k->kase, "prs_FirstName"), "Maya");
  assert_int_equal(fleet_unshare(k->w, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_set(k->b, &k->kase, "prs_SecondName", "Orazova"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(keys(x, &k->kase), 1);
  assert_string_equal(fleet_shown(x, &k->kase, "prs_FirstName"), "Maya");
  assert_string_equal(fleet_shown(x, &k->kase, "prs_SecondName"), "");
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 0);
}

static void who_rekeys_grants_to_all_others(void **state) {
  struct kit *k = *state;
  (void)fleet_join(&k->fleet, "worker", "Jeren");
  struct fleet_device *y = fleet_join(&k->fleet, "worker", "Gozel");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_share(k->w, &k->kase, "Gozel"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_unshare(k->a, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(y, &k->kase, "prs_FirstName"), "Nina");
  assert_string_equal(fleet_shown(k->w, &k->kase, "prs_FirstName"), "Nina");
  assert_true(fleet_same(k->a, y, &k->kase));
  assert_true(fleet_same(k->a, k->w, &k->kase));
}

static void two_rekeys_at_once_converge(void **state) {
  struct kit *k = *state;
  struct fleet_device *x = fleet_join(&k->fleet, "worker", "Jeren");
  struct fleet_device *y = fleet_join(&k->fleet, "worker", "Gozel");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_share(k->w, &k->kase, "Gozel"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_unshare(k->a, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_note(k->a, &k->kase, "under Aygul's key"), 0);
  assert_int_equal(fleet_unshare(k->b, &k->kase, "Gozel"), 0);
  assert_int_equal(fleet_note(k->b, &k->kase, "under Bahar's key"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_SecondName", "Orazova"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_same(k->a, k->b, &k->kase));
  assert_true(fleet_same(k->a, k->w, &k->kase));
  assert_string_equal(fleet_shown(k->b, &k->kase, "prs_FirstName"), "Nina");
  assert_string_not_equal(fleet_shown(x, &k->kase, "prs_FirstName"), "Nina");
  assert_string_not_equal(fleet_shown(y, &k->kase, "prs_FirstName"), "Nina");
}

static void a_share_that_was_taken_back_before_any_sync_reaches_nobody(void **state) {
  struct kit *k = *state;
  struct fleet_device *x = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_unshare(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_null(krv_index_find(x->world->index, &k->kase));
}

/* An epoch that nobody else was granted: a member who would freeze the case. */
static void announce_an_epoch_without_grants(struct fleet_device *device,
                                             const struct krv_id *kase) {
  struct krv_op op = {.kind = KRV_OP_EPOCH, .epoch = 1};
  struct krv_change_ops ops;
  struct krv_intake *intake;
  memset(op.key_commit, 7, sizeof op.key_commit);
  krv_change_init(&ops, device->world->env);
  assert_int_equal(krv_change_add(&ops, &op), 0);
  assert_int_equal(krv_intake_begin(device->world, &intake), 0);
  assert_int_equal(krv_change_known(intake, kase, &ops, false), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_change_release(&ops);
}

static void an_epoch_without_grants_freezes_nobody(void **state) {
  struct kit *k = *state;
  announce_an_epoch_without_grants(k->a, &k->kase);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(k->b, &k->kase, "prs_FirstName"), "Nina");
  assert_true(fleet_same(k->b, k->w, &k->kase));
}

static void who_is_let_in_beside_a_rekey_gets_its_key_from_the_next_writer(void **state) {
  struct kit *k = *state;
  (void)fleet_join(&k->fleet, "worker", "Jeren");
  struct fleet_device *y = fleet_join(&k->fleet, "worker", "Gozel");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_unshare(k->a, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_note(k->a, &k->kase, "under the next key"), 0);
  assert_int_equal(fleet_share(k->w, &k->kase, "Gozel"), 0); /* neither knows of the other */
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_card(y, &k->kase)->held > 0);
  assert_int_equal(fleet_set(k->b, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(y, &k->kase)->held, 0);
  assert_true(fleet_same(k->a, y, &k->kase));
}

/* The removal itself is under the key that it ends, or its own group's devices would write on for
 * ever. */
static void who_is_cut_off_reads_so_and_stops_writing(void **state) {
  struct kit *k = *state;
  struct fleet_device *x = fleet_join(&k->fleet, "worker", "Jeren");
  struct fleet_device *y = fleet_join(&k->fleet, "worker", "Gozel");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_share(k->w, &k->kase, "Gozel"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_unshare(k->a, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_unshare(k->a, &k->kase, "Gozel"),
                   0); /* one after the other, no write between */
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_set(x, &k->kase, "prs_SecondName", "Orazova"), KRV_DENIED);
  assert_int_equal(fleet_set(y, &k->kase, "prs_SecondName", "Orazova"), KRV_DENIED);
  assert_string_equal(fleet_shown(y, &k->kase, "prs_FirstName"), "Maya");
  assert_int_equal(keys(x, &k->kase), 1);
  assert_int_equal(keys(y, &k->kase), 1);
  assert_true(fleet_same(k->a, k->w, &k->kase));
}

/* The maker of a removal and the server were both restored from older copies: only who was cut off
 * still holds it, and brings it. */
static void a_removal_comes_back_from_who_was_cut_off(void **state) {
  struct kit *k = *state;
  struct fleet_device *x = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  fleet_copy(k->b, "old");
  fleet_server_copy(&k->fleet, "old");
  assert_int_equal(fleet_unshare(k->b, &k->kase, "Jeren"), 0);
  fleet_sync_well(k->b);
  fleet_sync_well(x);
  fleet_restore(k->b, "old");
  fleet_server_restore(&k->fleet, "old");
  fleet_rounds(&k->fleet, 3);
  assert_true(fleet_agree(&k->fleet, &k->kase, 4)); /* nothing is held, with nobody */
  assert_int_equal(fleet_set(k->b, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_FirstName"), "Nina");
  assert_string_equal(fleet_shown(x, &k->kase, "prs_FirstName"), "Maya");
}

/* As above, but what was lost is the office's grant of a key that a worker still holds. */
static void a_key_comes_back_to_the_office_from_a_worker(void **state) {
  struct kit *k = *state;
  (void)fleet_join(&k->fleet, "worker", "Jeren");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  fleet_copy(k->b, "old");
  fleet_server_copy(&k->fleet, "old");
  assert_int_equal(fleet_unshare(k->b, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_set(k->b, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_sync_well(k->b);
  fleet_sync_well(k->w);
  fleet_restore(k->b, "old");
  fleet_server_restore(&k->fleet, "old");
  fleet_rounds(&k->fleet, 3);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_FirstName"), "Nina");
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 0);
  assert_true(fleet_same(k->a, k->w, &k->kase));
  assert_true(fleet_same(k->a, k->b, &k->kase));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_group_that_is_cut_off_gets_no_later_key),
      TEST(who_rekeys_grants_to_all_others),
      TEST(two_rekeys_at_once_converge),
      TEST(a_share_that_was_taken_back_before_any_sync_reaches_nobody),
      TEST(an_epoch_without_grants_freezes_nobody),
      TEST(who_is_let_in_beside_a_rekey_gets_its_key_from_the_next_writer),
      TEST(who_is_cut_off_reads_so_and_stops_writing),
      TEST(a_removal_comes_back_from_who_was_cut_off),
      TEST(a_key_comes_back_to_the_office_from_a_worker),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
