/* R14, of groups: the next secret of a group, what its back-chain leads to, and what happens
 * between the day that a device is revoked and the day that a keeper renews. */
#include "mock.h"

#include <string.h>

#include "fleetkit.h"
#include "forkkit.h"
#include "renew.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 1414, true);
}

static const struct krv_group *office(const struct fleet_device *device) {
  return krv_roster_group(device->world->roster, KRV_GROUP_OFFICE);
}

static void revoke(struct fleet_device *by, const struct fleet_device *who) {
  struct krv_statement statement = {.kind = KRV_STATEMENT_REVOKE,
                                    .device = who->world->member.device,
                                    .how = KRV_REVOKE_LOST};
  fleet_propose(by, &statement, 1);
  fleet_sync_well(by);
}

/* Everybody but one syncs. */
static void round_without(struct kit *k, const struct fleet_device *who) {
  for (uint32_t i = 0; i < k->fleet.count; i++)
    if (&k->fleet.devices[i] != who) fleet_sync_well(&k->fleet.devices[i]);
}

/* The grants of a case that a vault gave, of keys above the first: how many to the group as a
 * whole, and how many to single devices. */
struct given {
  uint32_t whole, single;
};

static struct given given(struct fleet_device *device, const struct krv_id *kase,
                          krv_group_ix group) {
  struct given given = {0};
  struct krv_vault_item item;
  struct krv_msg_grant grant;
  struct krv_buf bytes;
  int64_t lid = 0;
  const struct krv_card *card = fleet_card(device, kase);
  krv_buf_init(&bytes, device->world->env);
  while (krv_vault_item_next(device->world->vault, card->lid, lid, &item, &bytes) == 0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_GRANT && item.device == device->world->member.device) {
      assert_int_equal(krv_msg_grant_decode(item.bytes, &grant), 0);
      if (grant.group == group && grant.to_device) given.single++;
      if (grant.group == group && !grant.to_device) given.whole++;
    }
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return given;
}

static size_t keys(struct fleet_device *device, const struct krv_id *kase) {
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load_id(device->world, kase, &folder), 0);
  size_t count = folder->key_count;
  krv_folder_free(folder);
  return count;
}

/* All that one vault holds of a case, shown to another as if a server handed it on. */
static void show_all(struct fleet_device *from, struct fleet_device *to,
                     const struct krv_id *kase) {
  struct krv_vault_item item;
  struct krv_intake *intake;
  struct krv_buf bytes;
  int64_t lid = 0;
  const struct krv_card *card = fleet_card(from, kase);
  assert_int_equal(krv_intake_begin(to->world, &intake), 0);
  krv_buf_init(&bytes, from->world->env);
  while (krv_vault_item_next(from->world->vault, card->lid, lid, &item, &bytes) == 0) {
    lid = item.lid;
    (void)krv_intake_item(intake, KRV_ORIGIN_SERVER, (enum krv_message_kind)item.kind, item.bytes);
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  assert_int_equal(krv_intake_commit(intake), 0);
}

static void after_a_revocation_the_next_key_goes_to_each_device_by_itself(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Jeren");
  fleet_rounds(&k->fleet, 1);
  assert_string_equal(fleet_shown(c, &k->kase, "prs_FirstName"), "Maya");
  revoke(k->a, c);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0);
  struct given grants = given(k->w, &k->kase, KRV_GROUP_OFFICE);
  assert_int_equal(grants.whole, 1); /* of the first key, when the case began */
  assert_int_equal(grants.single, 2);
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  fleet_sync_well(k->b);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_FirstName"), "Nina");
  assert_string_equal(fleet_shown(k->b, &k->kase, "prs_FirstName"), "Nina");
  assert_int_equal(fleet_marked(k->b, KRV_MARK_NONE), 0); /* nobody asked for what he has */
  show_all(k->w, c, &k->kase); /* with all that it ever held, and all that anybody has */
  assert_int_equal(keys(c, &k->kase), 1);
  assert_string_equal(fleet_shown(c, &k->kase, "prs_FirstName"), "Maya");
}

static void a_case_that_begins_then_is_read_by_the_others(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Jeren");
  revoke(k->a, c);
  fleet_sync_well(k->w);
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  struct given grants = given(k->w, &kase, KRV_GROUP_OFFICE);
  assert_int_equal(grants.whole, 0);
  assert_int_equal(grants.single, 2);
  fleet_sync_well(k->w);
  fleet_sync_well(k->b);
  assert_string_equal(fleet_shown(k->b, &kase, "prs_FirstName"), "Selbi");
  assert_int_equal(fleet_set(k->w, &kase, "prs_FirstName", "Sona"), 0);
  grants = given(k->w, &kase, KRV_GROUP_OFFICE);
  assert_int_equal(grants.single, 2); /* its key knows of the revocation: no other is needed */
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 0);
}

static void a_keeper_renews_and_the_group_is_one_again(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Jeren");
  fleet_rounds(&k->fleet, 1);
  revoke(k->a, c);
  fleet_sync_well(k->b);
  assert_true(krv_world_group_exposed(k->b->world, office(k->b)));
  assert_int_equal(krv_renew(k->w->world, KRV_GROUP_OFFICE), KRV_DENIED);
  assert_int_equal(krv_renew(k->b->world, 4711), KRV_NOT_FOUND);
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
  assert_true(krv_renew_due(k->b->world, KRV_GROUP_OFFICE));
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), KRV_EXISTS);
  assert_null(krv_world_secret(k->b->world, KRV_GROUP_OFFICE, 1)); /* a proposal is not a fact */
  fleet_sync_well(k->b);
  fleet_sync_well(k->b);
  assert_false(krv_renew_due(k->b->world, KRV_GROUP_OFFICE));
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  assert_non_null(krv_world_secret(k->b->world, KRV_GROUP_OFFICE, 1));
  assert_non_null(krv_world_secret(k->a->world, KRV_GROUP_OFFICE, 1));
  assert_null(krv_world_secret(c->world, KRV_GROUP_OFFICE, 1));
  assert_false(krv_world_group_exposed(k->w->world, office(k->w)));
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0); /* under a next key */
  struct given grants = given(k->w, &k->kase, KRV_GROUP_OFFICE);
  assert_int_equal(grants.whole, 2);
  assert_int_equal(grants.single, 0);
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_FirstName"), "Nina");
  show_all(k->w, c, &k->kase);
  assert_string_equal(fleet_shown(c, &k->kase, "prs_FirstName"), "Maya");
}

static void who_comes_later_reads_all_of_it(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Jeren");
  revoke(k->a, c);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0); /* to each by itself */
  round_without(k, c);
  struct fleet_device *d = fleet_join(&k->fleet, "office", "Gozel");
  fleet_sync_well(d);
  fleet_sync_well(k->a); /* hears that Gozel needs the key */
  fleet_sync_well(d);
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Nina");
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  fleet_sync_well(k->w);
  struct fleet_device *e = fleet_join(&k->fleet, "office", "Merjen");
  fleet_sync_well(e);
  fleet_sync_well(d);
  assert_string_equal(fleet_shown(d, &kase, "prs_FirstName"), "Selbi");
  assert_string_equal(fleet_shown(e, &kase, "prs_FirstName"), "Selbi");
  fleet_sync_well(k->a);
  fleet_sync_well(e);
  assert_string_equal(fleet_shown(e, &k->kase, "prs_FirstName"), "Nina");
  assert_true(fleet_same(e, k->a, &k->kase));
}

static void the_back_chain_leads_to_all_that_was_before(void **state) {
  struct kit *k = *state;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
    fleet_sync_well(k->a);
    fleet_sync_well(k->a);
  }
  fleet_sync_well(k->w);
  struct krv_world *w = k->w->world; /* no member: knows what it is told here */
  const struct krv_secret *newest = krv_world_secret(k->a->world, KRV_GROUP_OFFICE, 3);
  assert_non_null(newest);
  assert_int_equal(krv_vault_begin(w->vault), 0);
  assert_int_equal(krv_world_secret_learn(w, KRV_GROUP_OFFICE, 3, &newest->pair), 0);
  for (uint32_t e = 0; e < 3; e++) {
    const struct krv_secret *learnt = krv_world_secret(w, KRV_GROUP_OFFICE, e);
    assert_non_null(learnt);
    assert_memory_equal(&learnt->pair.pk, &office(k->w)->epochs[e].pk, KRV_KEY_LEN);
  }
  krv_vault_rollback(w->vault);
  assert_int_equal(krv_world_reload(w), 0);
  assert_null(krv_world_secret(w, KRV_GROUP_OFFICE, 0));
}

/* A keeper's link that leads nowhere takes nothing from those who have the secrets. */
static void a_back_chain_that_leads_nowhere_harms_nobody(void **state) {
  struct kit *k = *state;
  struct krv_dh_pair next;
  krv_dh_pair_random(k->b->world->env, &next);
  struct krv_statement epoch = {.kind = KRV_STATEMENT_EPOCH, .group = KRV_GROUP_OFFICE, .epoch = 1,
                                .pk = next.pk};
  memset(epoch.back_chain, 7, sizeof epoch.back_chain);
  fleet_propose(k->b, &epoch, 1);
  fleet_sync_well(k->b);
  fleet_sync_well(k->w);
  struct krv_world *w = k->w->world;
  assert_int_equal(krv_vault_begin(w->vault), 0);
  assert_int_equal(krv_world_secret_learn(w, KRV_GROUP_OFFICE, 1, &next), 0);
  assert_non_null(krv_world_secret(w, KRV_GROUP_OFFICE, 1));
  assert_null(krv_world_secret(w, KRV_GROUP_OFFICE, 0));
  krv_vault_rollback(w->vault);
  assert_int_equal(krv_world_reload(w), 0);
  fleet_sync_well(k->a);
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), KRV_NO_KEY); /* it never came */
}

static void of_two_keepers_at_once_the_first_is_taken(void **state) {
  struct kit *k = *state;
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
  fleet_rounds(&k->fleet, 3);
  assert_int_equal(office(k->a)->epoch_count, 2);
  assert_int_equal(office(k->b)->epoch_count, 2);
  const struct krv_secret *first = krv_world_secret(k->a->world, KRV_GROUP_OFFICE, 1);
  const struct krv_secret *second = krv_world_secret(k->b->world, KRV_GROUP_OFFICE, 1);
  assert_non_null(first);
  assert_non_null(second);
  assert_memory_equal(&first->pair, &second->pair, sizeof first->pair);
  assert_memory_equal(&first->pair.pk, &office(k->b)->epochs[1].pk, KRV_KEY_LEN);
  assert_false(krv_renew_due(k->a->world, KRV_GROUP_OFFICE));
  assert_false(krv_renew_due(k->b->world, KRV_GROUP_OFFICE));
  assert_int_equal(fleet_marked(k->b, KRV_MARK_REFUSED), 0);
}

/* Somebody else's entry took the height: the same secret is proposed on the next. */
static void a_proposal_that_came_too_late_is_made_anew(void **state) {
  struct kit *k = *state;
  struct krv_statement roles = {.kind = KRV_STATEMENT_ROLES, .device = k->w->world->member.device,
                                .roles = KRV_ROLE_WORKER | KRV_ROLE_SUPERVISOR};
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
  fleet_propose(k->a, &roles, 1);
  fleet_sync_well(k->a);
  fleet_rounds(&k->fleet, 4);
  assert_int_equal(office(k->a)->epoch_count, 2);
  assert_non_null(krv_world_secret(k->a->world, KRV_GROUP_OFFICE, 1));
  assert_non_null(krv_world_secret(k->b->world, KRV_GROUP_OFFICE, 1));
}

/* Whatever part of the sessions gets through, the same bytes are proposed until they are chain, and
 * the secret reaches all. */
static void a_cut_anywhere_loses_no_secret(void **state) {
  for (uint64_t cut = 20; cut < 900; cut += 40) {
    void *own = NULL;
    assert_int_equal(setup(&own), 0);
    struct kit *k = own;
    (void)state;
    assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
    struct fleet_link up = {.cut_up = cut, .chunk = 7}, down = {.cut_down = cut, .chunk = 7};
    (void)fleet_sync(k->b, &up);
    fleet_close(k->b);
    fleet_open(k->b);
    (void)fleet_sync(k->b, &down);
    fleet_rounds(&k->fleet, 3);
    assert_int_equal(office(k->a)->epoch_count, 2);
    assert_non_null(krv_world_secret(k->a->world, KRV_GROUP_OFFICE, 1));
    assert_non_null(krv_world_secret(k->b->world, KRV_GROUP_OFFICE, 1));
    assert_int_equal(fleet_kit_teardown(&own), 0);
  }
}

static void a_vault_restored_from_before_gets_its_own_secret_back(void **state) {
  struct kit *k = *state;
  fleet_copy(k->b, "before");
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
  fleet_sync_well(k->b);
  fleet_sync_well(k->b);
  fleet_sync_well(k->w);
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  fleet_sync_well(k->w);
  fleet_restore(k->b, "before");
  fleet_sync_well(k->b);
  fleet_sync_well(k->b);
  assert_non_null(krv_world_secret(k->b->world, KRV_GROUP_OFFICE, 1));
  assert_string_equal(fleet_shown(k->b, &kase, "prs_FirstName"), "Selbi");
}

/* A keeper lets somebody in before the newest secret has reached it: it hands it on when it
 * comes. */
static void who_was_let_in_meanwhile_gets_it_from_who_let_him_in(void **state) {
  struct kit *k = *state;
  struct fleet_device *d = fleet_add(&k->fleet, "Gozel");
  struct krv_buf code;
  krv_buf_init(&code, &k->a->t.env);
  fleet_invite(k->a, "office", "Gozel", &code);
  fleet_accept(d, &code);
  krv_buf_release(&code);
  fleet_sync_well(d);
  fleet_sync_well(k->a);
  fleet_approve(k->a, d);
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
  fleet_sync_well(k->b); /* the renewal is chain, but its boxes have not gone yet: a cut */
  fleet_sync_well(k->a); /* its approval came too late, and is made anew after the renewal */
  fleet_rounds(&k->fleet, 3);
  assert_int_equal(office(d)->epoch_count, 2);
  assert_non_null(krv_world_secret(d->world, KRV_GROUP_OFFICE, 1));
  assert_non_null(krv_world_secret(d->world, KRV_GROUP_OFFICE, 0));
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Maya");
}

/* Every secret of every group, its first and its next, is also sealed to the recovery key (R13). */
static void the_recovery_key_opens_every_secret(void **state) {
  struct kit *k = *state;
  struct krv_dh_pair seal, pair;
  struct krv_key seed, secret;
  struct krv_buf bytes;
  uint32_t opened = 0, wanted = 0;
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
  assert_int_equal(krv_renew(k->w->world, krv_world_self(k->w->world)->member_group), 0);
  fleet_rounds(&k->fleet, 3);
  const struct krv_roster *roster = k->a->world->roster;
  krv_buf_init(&bytes, k->a->world->env);
  assert_int_equal(krv_vault_meta_get(k->a->world->vault, KRV_META_RECOVERY, &bytes), 0);
  memcpy(seed.b, bytes.data, sizeof seed.b);
  struct krv_slice part = krv_slice(seed.b, sizeof seed.b);
  krv_h(KRV_DOMAIN_RECOVERY, &part, 1, secret.b, sizeof secret.b);
  assert_int_equal(krv_dh_pair_from_secret(&secret, &seal), 0);
  for (uint32_t d = 0; d < k->fleet.count; d++) {
    struct krv_vault *vault = k->fleet.devices[d].world->vault;
    struct krv_vault_item item;
    struct krv_msg_box box;
    int64_t lid = 0;
    for (;; krv_buf_reset(&bytes)) {
      krv_buf_reset(&bytes);
      if (krv_vault_marked_next(vault, KRV_MARK_AT_SERVER, lid, &item, &bytes) != 0) break;
      lid = item.lid;
      if (item.kind != KRV_MSG_BOX) continue;
      assert_int_equal(krv_msg_box_decode(item.bytes, &box), 0);
      if (box.device != KRV_MSG_NO_DEVICE) continue;
      if (box.giver != k->fleet.devices[d].world->member.device) continue; /* kept by everybody */
      const struct krv_group *group = krv_roster_group(roster, box.group);
      const struct krv_device *giver = krv_roster_device(roster, box.giver);
      assert_int_equal(krv_box_open(&seal, &giver->keys.seal_pk, &group->epochs[box.epoch].pk,
                                    box.box, &pair), 0);
      opened++;
    }
  }
  for (krv_group_ix g = 0; g < krv_roster_group_count(roster); g++)
    wanted += krv_roster_group(roster, g)->epoch_count;
  assert_int_equal(opened, wanted);
  krv_buf_wipe(&bytes);
}

static void who_is_expelled_is_not_sealed_to(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Jeren");
  struct krv_statement expel = {.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE,
                                .device = c->world->member.device};
  fleet_rounds(&k->fleet, 1);
  fleet_propose(k->a, &expel, 1);
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&k->fleet, 2);
  show_all(k->w, c, &k->kase);
  assert_string_equal(fleet_shown(c, &k->kase, "prs_FirstName"), "Maya");
  assert_string_equal(fleet_shown(k->b, &k->kase, "prs_FirstName"), "Nina");
}

/* Rights that change close a membership and open the next: nobody left. */
static void other_rights_are_no_leaving(void **state) {
  struct kit *k = *state;
  struct krv_statement admit = {.kind = KRV_STATEMENT_ADMIT, .group = KRV_GROUP_OFFICE,
                                .device = k->b->world->member.device,
                                .rights = KRV_ADMIT_READ_ONLY};
  fleet_propose(k->a, &admit, 1);
  fleet_rounds(&k->fleet, 1);
  assert_false(krv_world_group_exposed(k->w->world, office(k->w)));
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0);
  assert_int_equal(given(k->w, &k->kase, KRV_GROUP_OFFICE).single, 0);
}

/* A revocation in either history of a fork binds: nothing more is sealed to what the device
 * knows. */
static void a_revocation_in_the_other_history_binds_too(void **state) {
  struct fork_kit *k = *state;
  const struct krv_group *group = krv_roster_group(k->a->world->roster, KRV_GROUP_EVERYONE);
  assert_false(krv_world_group_exposed(k->a->world, group));
  revoke(k->b, k->w);
  fleet_sync_well(k->a);
  assert_non_null(k->a->world->fork);
  group = krv_roster_group(k->a->world->roster, KRV_GROUP_EVERYONE);
  assert_true(krv_world_group_exposed(k->a->world, group));
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_EVERYONE), KRV_FORK); /* nothing is added */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(after_a_revocation_the_next_key_goes_to_each_device_by_itself),
      TEST(a_case_that_begins_then_is_read_by_the_others),
      TEST(a_keeper_renews_and_the_group_is_one_again),
      TEST(who_comes_later_reads_all_of_it),
      TEST(the_back_chain_leads_to_all_that_was_before),
      TEST(a_back_chain_that_leads_nowhere_harms_nobody),
      TEST(of_two_keepers_at_once_the_first_is_taken),
      TEST(a_proposal_that_came_too_late_is_made_anew),
      cmocka_unit_test(a_cut_anywhere_loses_no_secret),
      TEST(a_vault_restored_from_before_gets_its_own_secret_back),
      TEST(who_was_let_in_meanwhile_gets_it_from_who_let_him_in),
      TEST(the_recovery_key_opens_every_secret),
      TEST(who_is_expelled_is_not_sealed_to),
      TEST(other_rights_are_no_leaving),
      cmocka_unit_test_setup_teardown(a_revocation_in_the_other_history_binds_too, fork_kit_setup,
                                      fork_kit_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
