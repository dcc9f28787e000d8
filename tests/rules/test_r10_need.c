/* R10: a bad grant shadows nothing. The group asks, and whoever has the key grants again. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "dishonest.h"
#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 10, true);
}

/* Opens to nothing. */
static void spoil(struct fleet_device *device, int64_t case_lid, struct krv_msg_grant *grant) {
  (void)device, (void)case_lid;
  grant->wrap[5] ^= 0x40;
}

static void a_wrong_envelope_is_asked_for_and_granted_again(void **state) {
  struct kit *k = *state;
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Vera");
  fleet_kit_swap_grant(k->w, KRV_GROUP_OFFICE, spoil);
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  uint64_t aside;
  assert_int_equal(krv_vault_aside_count(k->a->world->vault, &aside), 0);
  assert_int_equal(aside, 1); /* counted, in no list */
  assert_string_equal(fleet_shown(k->a, &kase, "prs_FirstName"), "");
  fleet_sync_well(k->a);
  fleet_sync_well(k->b);
  fleet_sync_well(k->w); /* hears it, */
  fleet_sync_well(k->w); /* and answers */
  assert_int_equal(fleet_card(k->w, &kase)->own_server_n, 1);
  assert_int_equal(fleet_card(k->w, &kase)->own_receipt_n, 0); /* the office cannot read it (R11) */
  fleet_rounds(&k->fleet, 1);
  assert_false(fleet_card(k->a, &kase)->flags & KRV_CARD_KEYLESS);
  assert_int_equal(krv_vault_aside_count(k->a->world->vault, &aside), 0);
  assert_int_equal(aside, 0);
  assert_string_equal(fleet_shown(k->a, &kase, "prs_FirstName"), "Vera");
  assert_string_equal(fleet_shown(k->b, &kase, "prs_FirstName"), "Vera");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_card(k->w, &kase)->own_receipt_n, 1);
}

static void a_wrong_envelope_shadows_no_right_one(void **state) {
  struct kit *k = *state;
  struct fleet_device *late = fleet_join(&k->fleet, "worker", "Jeren");
  krv_group_ix group = krv_world_self(late->world)->member_group;
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  fleet_kit_swap_grant(k->w, group, spoil);
  assert_int_equal(fleet_share(k->a, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 4));
}

static uint32_t grants_to(struct fleet_device *device, const struct krv_id *kase,
                          krv_group_ix group) {
  struct krv_vault_item item;
  struct krv_msg_grant grant;
  struct krv_buf bytes;
  int64_t case_lid, lid = 0;
  uint32_t count = 0;
  assert_int_equal(krv_vault_case_find(device->world->vault, kase, &case_lid), 0);
  krv_buf_init(&bytes, device->world->env);
  while (krv_vault_item_next(device->world->vault, case_lid, lid, &item, &bytes) == 0) {
    lid = item.lid;
    count += item.kind == KRV_MSG_GRANT && krv_msg_grant_decode(item.bytes, &grant) == 0 &&
             grant.group == group && grant.giver == device->world->member.device;
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return count;
}

static void the_server_says_that_it_needs(struct fleet_device *to, const struct krv_id *kase,
                                          krv_group_ix group) {
  struct krv_case_rights rights = krv_world_rights(to->world);
  struct krv_msg_need need = {.kase = *kase, .group = group};
  struct krv_case_epoch now;
  struct krv_folder *folder;
  struct krv_buf payload;
  assert_int_equal(krv_folder_load_id(to->world, kase, &folder), 0);
  krv_case_epoch_now(folder->kase, &rights, &now);
  assert_int_equal(now.number, 1);
  krv_key_id(now.key_commit, &need.key_id);
  krv_folder_free(folder);
  krv_buf_init(&payload, to->world->env);
  krv_msg_need_encode(&need, &payload);
  dishonest_tell(to, KRV_MSG_NEED, krv_buf_slice(&payload));
  krv_buf_release(&payload);
}

/* All that stands between a server that lies and a group that was cut off (R10, R14). */
static void a_need_of_a_group_that_was_cut_off_is_not_answered(void **state) {
  struct kit *k = *state;
  struct fleet_device *out = fleet_join(&k->fleet, "worker", "Jeren");
  krv_group_ix group = krv_world_self(out->world)->member_group;
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_unshare(k->w, &k->kase, "Jeren"), 0);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_note(k->w, &k->kase, "not for him"), 0); /* under the next key */
  fleet_rounds(&k->fleet, 2);
  struct fleet_device *have_the_key[] = {k->w, k->a};
  for (int i = 0; i < 2; i++) {
    uint32_t before = grants_to(have_the_key[i], &k->kase, group);
    the_server_says_that_it_needs(have_the_key[i], &k->kase, group);
    assert_int_equal(grants_to(have_the_key[i], &k->kase, group), before);
  }
  assert_int_equal(grants_to(k->a, &k->kase, KRV_GROUP_OFFICE), 0);
  the_server_says_that_it_needs(k->a, &k->kase, KRV_GROUP_OFFICE); /* in the list: it is */
  assert_int_equal(grants_to(k->a, &k->kase, KRV_GROUP_OFFICE), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_wrong_envelope_is_asked_for_and_granted_again),
      TEST(a_wrong_envelope_shadows_no_right_one),
      TEST(a_need_of_a_group_that_was_cut_off_is_not_answered),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
