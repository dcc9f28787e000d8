/* What small changes cost on the wire, to the byte: one seed, virtual time, real vaults and the
 * server's real handlers. A figure that moves was moved by somebody, and shall be looked at: the
 * goal beside it is what was promised. tests/bench measures the same against a real server. */
#include <stdio.h>

#include "fleet.h"
#include "mock.h"

struct wanted {
  uint64_t bytes, goal;
  uint32_t round_trips;
};

static struct fleet fleet;
static struct fleet_device *office, *one, *two;

/* Both ways together. */
static void costs(struct fleet_device *device, bool no_ticket, struct wanted wanted) {
  struct fleet_link link = {.no_ticket = no_ticket};
  assert_int_equal(fleet_sync(device, &link), 0);
  uint64_t bytes = device->counts.bytes_up + device->counts.bytes_down;
  if (bytes != wanted.bytes) print_message("%s: %u bytes\n", device->name, (unsigned)bytes);
  assert_int_equal(bytes, wanted.bytes);
  assert_true(bytes <= wanted.goal);
  assert_int_equal(device->counts.round_trips, wanted.round_trips);
  assert_int_equal(device->counts.ticket, !no_ticket);
}

static int begin(void **state) {
  (void)state;
  fleet_init(&fleet, 20, false);
  office = fleet_found(&fleet, "Office");
  one = fleet_join(&fleet, "worker", "Worker One");
  two = fleet_join(&fleet, "worker", "Worker Two");
  fleet_rounds(&fleet, 3);
  return 0;
}

static int end(void **state) {
  (void)state;
  fleet_release(&fleet);
  return 0;
}

static struct krv_id three_writers(void) {
  struct krv_id id = fleet_case(one, "prs_FirstName", "Aygul");
  assert_int_equal(fleet_share(one, &id, "Worker Two"), 0);
  fleet_rounds(&fleet, 2);
  assert_int_equal(fleet_set(two, &id, "kvn_PlaceMet", "Serdar"), 0);
  assert_int_equal(fleet_set(office, &id, "cas_CaseOwner", "Office"), 0);
  fleet_rounds(&fleet, 3);
  return id;
}

static void nothing_changed(void **state) {
  (void)state;
  costs(one, false, (struct wanted){146, 160, 1});
}

static void first_contact_of_who_is_enrolled(void **state) {
  (void)state;
  costs(one, true, (struct wanted){220, 256, 2});
}

static void one_field_up_and_down(void **state) {
  (void)state;
  struct krv_id id = three_writers();
  assert_int_equal(fleet_set(one, &id, "vic_TraffickingStatusDecisionMakingOrg", "Other"), 0);
  costs(one, false, (struct wanted){344, 352, 1});
  costs(office, false, (struct wanted){393, 408, 1});
}

static void a_text_of_16_bytes_up_and_down(void **state) {
  (void)state;
  struct krv_id id = three_writers();
  assert_int_equal(fleet_set(one, &id, "prs_MiddleName", "Orazmuhammedowa!"), 0);
  costs(one, false, (struct wanted){344, 352, 1});
  costs(office, false, (struct wanted){393, 408, 1});
}

static void twenty_edits_in_twenty_cases(void **state) {
  (void)state;
  struct krv_id ids[20];
  for (size_t i = 0; i < 20; i++) ids[i] = fleet_case(one, "prs_FirstName", "Aygul");
  fleet_rounds(&fleet, 3);
  for (size_t i = 0; i < 20; i++)
    assert_int_equal(fleet_set(one, &ids[i], "cas_ReasonForIncomingReferral", "Other"), 0);
  costs(one, false, (struct wanted){3897, 3993, 1});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(nothing_changed, begin, end),
      cmocka_unit_test_setup_teardown(first_contact_of_who_is_enrolled, begin, end),
      cmocka_unit_test_setup_teardown(one_field_up_and_down, begin, end),
      cmocka_unit_test_setup_teardown(a_text_of_16_bytes_up_and_down, begin, end),
      cmocka_unit_test_setup_teardown(twenty_edits_in_twenty_cases, begin, end),
  };
  if (krv_crypto_start() != 0) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
