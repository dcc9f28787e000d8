/* R17: a proposal that came too late is made anew on the head that is known then: none that a
 * person made goes lost because somebody else was first. (Approvals: test_r13_enrol; the end of a
 * fork: test_r17_turns; a group's next secret: test_r14_group.) */
#include "mock.h"

#include <string.h>

#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 1722, true);
}

static void somebody_else_is_first(struct kit *k) {
  struct krv_statement roles = {.kind = KRV_STATEMENT_ROLES,
                                .device = k->w->world->member.device,
                                .roles = KRV_ROLE_WORKER | KRV_ROLE_SUPERVISOR};
  struct krv_statement administrator = {.kind = KRV_STATEMENT_ROLES,
                                        .device = k->b->world->member.device,
                                        .roles = KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR};
  fleet_propose(k->a, &administrator, 1);
  fleet_rounds(&k->fleet, 1);
  fleet_propose(k->b, &roles, 1);
}

/* The built-in document under another version (a map that begins with 0: format, 1: version). */
static void publish(struct fleet_device *device, uint8_t version) {
  struct krv_slice builtin = krv_schema_builtin();
  struct krv_buf document;
  krv_buf_init(&document, device->world->env);
  krv_buf_put(&document, builtin);
  assert_memory_equal(document.data + 1, "\x00\x01\x01", 3);
  document.data[4] = version;
  assert_int_equal(krv_vault_begin(device->world->vault), 0);
  assert_int_equal(krv_world_publish(device->world, krv_buf_slice(&document)), 0);
  assert_int_equal(krv_vault_commit(device->world->vault), 0);
  krv_buf_release(&document);
}

static uint32_t in_use(struct fleet_device *device) {
  uint32_t named;
  uint8_t hash[KRV_HASH_LEN];
  krv_roster_schema(device->world->roster, &named, hash);
  assert_int_equal(krv_schema_version(device->world->schema), named);
  return named;
}

static void a_publication_that_came_too_late_is_published_all_the_same(void **state) {
  struct kit *k = *state;
  somebody_else_is_first(k);
  publish(k->a, 2);
  publish(k->a, 3); /* one more before any sync */
  fleet_sync_well(k->b);
  fleet_rounds(&k->fleet, 3);
  assert_int_equal(in_use(k->a), 3);
  assert_int_equal(in_use(k->w), 3);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), 0);
}

/* Of two who publish at once the newer version stays, and the older is not said again. */
static void of_two_publications_the_newer_stays(void **state) {
  struct kit *k = *state;
  somebody_else_is_first(k);
  fleet_rounds(&k->fleet, 2);
  publish(k->a, 2);
  publish(k->b, 3);
  fleet_sync_well(k->b);
  fleet_rounds(&k->fleet, 3);
  assert_int_equal(in_use(k->a), 3);
  assert_int_equal(in_use(k->b), 3);
  assert_int_equal(in_use(k->w), 3);
}

/* R12: the server burns, and who published is away: anybody brings the document that the roster
 * names. */
static void any_device_brings_the_document_to_a_server_that_lost_it(void **state) {
  struct kit *k = *state;
  struct krv_statement administrator = {.kind = KRV_STATEMENT_ROLES,
                                        .device = k->b->world->member.device,
                                        .roles = KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR};
  fleet_propose(k->a, &administrator, 1);
  fleet_rounds(&k->fleet, 1);
  publish(k->b, 2);
  fleet_rounds(&k->fleet, 1);
  publish(k->b, 3);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(in_use(k->a), 3);
  fleet_server_burn(&k->fleet, NULL);
  struct krv_founding_code code = fleet_founding_code(&k->fleet);
  assert_int_equal(krv_pin_move(k->a->world, &code, KRV_WORD_DEVICE), 0);
  fleet_sync_well(k->a);
  struct fleet_device *newcomer = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_sync_well(newcomer);
  assert_int_equal(in_use(newcomer), 3);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_publication_that_came_too_late_is_published_all_the_same),
      TEST(of_two_publications_the_newer_stays),
      TEST(any_device_brings_the_document_to_a_server_that_lost_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
