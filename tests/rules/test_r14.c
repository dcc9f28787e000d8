/* R14 between vaults: a group that is cut off gets no later key; all others do; two re-keys at once converge. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"

struct kit {
  struct fleet fleet;
  struct fleet_device *a, *b, *w; /* two office devices and a worker */
  struct krv_id kase;
};

static int setup(void **state) {
  struct kit *k = calloc(1, sizeof *k);
  fleet_init(&k->fleet, 14, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "office", "Bahar");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
  *state = k;
  return 0;
}

static int teardown(void **state) {
  struct kit *k = *state;
  fleet_release(&k->fleet);
  free(k);
  return 0;
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
  assert_int_equal(fleet_unshare(k->b, &k->kase, "Gozel"), 0);
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

/* An epoch that nobody else was granted: a member who would freeze the case. */
static void announce_an_epoch_without_grants(struct fleet_device *device, const struct krv_id *kase) {
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
  assert_int_equal(fleet_share(k->w, &k->kase, "Gozel"), 0); /* neither knows of the other */
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_card(y, &k->kase)->held > 0);
  assert_int_equal(fleet_set(k->b, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(y, &k->kase)->held, 0);
  assert_true(fleet_same(k->a, y, &k->kase));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_group_that_is_cut_off_gets_no_later_key),
      TEST(who_rekeys_grants_to_all_others),
      TEST(two_rekeys_at_once_converge),
      TEST(an_epoch_without_grants_freezes_nobody),
      TEST(who_is_let_in_beside_a_rekey_gets_its_key_from_the_next_writer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
