/* R5: a body that names an entry of the roster above one's own is held until that is fetched; one
 * that names another entry of a height is held, and shown. */
#include "mock.h"

#include <stdlib.h>

#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 5, true);
}

/* The newest commit of a device in a case, as the server sends it, handed in past the server. */
static int hand_over(struct fleet_device *from, struct fleet_device *to,
                     const struct krv_id *kase) {
  struct krv_folder *folder;
  struct krv_vault_item item;
  struct krv_intake *intake;
  struct krv_buf bytes;
  assert_int_equal(krv_folder_load_id(from->world, kase, &folder), 0);
  krv_buf_init(&bytes, &from->t.env);
  assert_int_equal(krv_vault_item_at(from->world->vault, folder->lid, folder->own.device,
                                     folder->own.n, 0, &item, &bytes),
                   0);
  krv_folder_free(folder);
  assert_int_equal(krv_intake_begin(to->world, &intake), 0);
  int status = krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_COMMIT, item.bytes);
  if (status == 0) status = krv_intake_commit(intake);
  else krv_intake_rollback(intake);
  krv_buf_release(&bytes);
  return status;
}

static int reason_of(struct fleet_device *device, const struct krv_id *kase, krv_device_ix author) {
  struct krv_folder *folder;
  int reason = 0;
  assert_int_equal(krv_folder_load_id(device->world, kase, &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    if (c->tip.device == author && c->verdict == KRV_VERDICT_HELD) reason = -c->reason;
  }
  krv_folder_free(folder);
  return reason;
}

static void a_body_above_the_roster_is_held_until_that_is_fetched(void **state) {
  struct kit *k = *state;
  (void)fleet_join(&k->fleet, "worker", "Jeren"); /* the worker does not hear of it */
  fleet_sync_well(k->b);
  assert_int_equal(fleet_note(k->b, &k->kase, "names the new entry"), 0);
  assert_int_equal(hand_over(k->b, k->w, &k->kase), 0);
  assert_int_equal(fleet_card(k->w, &k->kase)->held, 1);
  assert_int_equal(reason_of(k->w, &k->kase, k->b->world->member.device), KRV_STALE);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_card(k->w, &k->kase)->held, 0);
  fleet_sync_well(k->b);
  fleet_sync_well(k->w);
  assert_true(fleet_same(k->w, k->b, &k->kase));
}

/* How two come to be, and how it ends: test_r17_fork. */
static void a_body_that_names_another_entry_is_held_and_shown(void **state) {
  struct kit *k = *state;
  struct krv_world *world = k->b->world;
  /* b's own entry of that height, by an invitation of its own, is never sent */
  fleet_server_copy(&k->fleet, "backup");
  struct krv_statement group = {.kind = KRV_STATEMENT_GROUP};
  struct krv_buf name;
  krv_key_random(world->env, &group.pk);
  krv_buf_init(&name, world->env);
  assert_int_equal(krv_world_seal_name(world, "Team", &name), 0);
  group.name = krv_buf_slice(&name);
  fleet_propose(k->b, &group, 1);
  krv_buf_release(&name);
  fleet_sync_well(k->b); /* chain now */
  assert_int_equal(fleet_note(k->b, &k->kase, "names its entry"), 0);
  fleet_server_restore(&k->fleet, "backup");
  (void)fleet_join(&k->fleet, "worker", "Jeren"); /* another entry of that height */
  fleet_sync_well(k->w);
  assert_int_equal(hand_over(k->b, k->w, &k->kase), 0);
  assert_int_equal(fleet_card(k->w, &k->kase)->held, 1);
  assert_int_equal(reason_of(k->w, &k->kase, k->b->world->member.device), KRV_FORK);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_card(k->w, &k->kase)->held, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_body_above_the_roster_is_held_until_that_is_fetched),
      TEST(a_body_that_names_another_entry_is_held_and_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
