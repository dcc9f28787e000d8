/* R13: an agency has one group, which its first device makes, and only a member lets his own
 * further devices in. */
#include "mock.h"

#include "approve.h"
#include "fleetkit.h"
#include "groupname.h"
#include "join.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 131, true);
}

static struct fleet_device *ask(struct kit *k, struct fleet_device *by, const char *name,
                                const char *agency) {
  struct krv_invite_request request = {
      .name = name, .agency = agency, .my_device = !agency, .days = 14, .roles = KRV_ROLE_PROVIDER};
  struct krv_buf code;
  krv_buf_init(&code, by->world->env);
  assert_int_equal(krv_invite_make(by->world, &request, &code), 0);
  struct fleet_device *device = fleet_add(&k->fleet, name);
  fleet_accept(device, &code);
  krv_buf_release(&code);
  return device;
}

static const struct krv_approve_choice all = {.all = true};

/* Both invitations were made before anybody of the clinic was in. */
static void two_first_devices_of_an_agency_make_one_group(void **state) {
  struct kit *k = *state;
  krv_group_ix group;
  struct fleet_device *first = ask(k, k->a, "Sona", "Clinic");
  struct fleet_device *second = ask(k, k->a, "Nuriya", "CLINIC");
  fleet_sync_well(first);
  fleet_sync_well(second);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_kit_why(k->a, &all, "Nuriya"), KRV_EXISTS);
  fleet_sync_well(k->a);
  fleet_sync_well(first);
  assert_int_equal(krv_world_ready(first->world), 0);
  /* nor once it is in the roster */
  assert_int_equal(fleet_kit_why(k->a, &all, "Nuriya"), KRV_EXISTS);
  assert_int_equal(krv_world_group_named(k->a->world, "Clinic", &group), 0);

  /* "Invite it anew": the vault that asked takes the new code, and is let into the first's group */
  struct krv_invite_request anew = {
      .name = "Nuriya", .agency = "Clinic", .days = 14, .roles = KRV_ROLE_PROVIDER};
  struct krv_buf code;
  krv_buf_init(&code, k->a->world->env);
  assert_int_equal(krv_invite_make(k->a->world, &anew, &code), 0);
  fleet_accept(second, &code);
  krv_buf_release(&code);
  fleet_sync_well(second);
  fleet_sync_well(k->a);
  fleet_approve(k->a, second);
  fleet_sync_well(k->a);
  fleet_sync_well(second);
  assert_int_equal(krv_world_ready(second->world), 0);
  assert_int_equal(krv_world_group_named(second->world, "Clinic", &group), 0);
}

static void a_further_device_of_somebody_else_is_his_to_approve(void **state) {
  struct kit *k = *state;
  char words[64];
  struct fleet_device *further = ask(k, k->w, "Tablet", NULL);
  fleet_sync_well(further);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  assert_int_equal(krv_join_words(further->world, words), 0);
  struct krv_approve_choice spoken = {.words = words, .name = "Tablet"};
  assert_int_equal(krv_approve(k->a->world, &spoken, NULL, NULL), KRV_NOT_FOUND);
  assert_int_equal(fleet_kit_why(k->a, &all, "Tablet"), KRV_NOT_FOUND); /* not its to say */
  assert_int_equal(fleet_kit_why(k->w, &all, "Tablet"), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(further);
  assert_int_equal(krv_world_ready(further->world), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(two_first_devices_of_an_agency_make_one_group),
      TEST(a_further_device_of_somebody_else_is_his_to_approve),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
