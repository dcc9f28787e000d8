/* R14: no key is lost and none leaks, whoever leaves, comes and renews in whatever order. */
#include "mock.h"

#include <string.h>

#include "fleetkit.h"
#include "forkkit.h"
#include "keep.h"
#include "propose.h"
#include "renew.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 1415, true);
}

static const struct krv_group *office(const struct fleet_device *device) {
  return krv_roster_group(device->world->roster, KRV_GROUP_OFFICE);
}

static krv_device_ix ix(const struct fleet_device *device) {
  return device->world->member.device;
}

static struct krv_statement revoke(const struct fleet_device *who) {
  return (struct krv_statement){.kind = KRV_STATEMENT_REVOKE, .device = ix(who),
                                .how = KRV_REVOKE_LOST};
}

static void state_one(struct fleet_device *by, struct krv_statement statement) {
  fleet_propose(by, &statement, 1);
  fleet_sync_well(by);
}

/* What a device proposes becomes chain, and it does not hear so: the answer is cut. */
static void sync_deaf(struct fleet_device *device, struct fleet_device *witness) {
  uint32_t height = krv_roster_height(witness->world->roster);
  for (uint64_t cut = 20; krv_roster_height(witness->world->roster) == height; cut += 10) {
    struct fleet_link deaf = {.cut_down = cut, .no_ticket = true};
    assert_true(cut < 2000);
    (void)fleet_sync(device, &deaf);
    fleet_sync_well(witness);
  }
}

/* Everybody who is not revoked syncs, so many times. */
static void rounds(struct fleet *fleet, uint32_t count) {
  for (uint32_t n = 0; n < count; n++)
    for (uint32_t i = 0; i < fleet->count; i++) {
      struct fleet_device *device = &fleet->devices[i];
      if (krv_world_ready(device->world) == 0) (void)fleet_sync(device, NULL);
    }
}

/* The recovery key, out of its shares, on another device; it lets somebody in. */
static void recovery_admits(struct fleet_device *from, struct fleet_device *by,
                            const struct fleet_device *who) {
  struct krv_statement admit = {.kind = KRV_STATEMENT_ADMIT, .group = KRV_GROUP_OFFICE,
                                .device = ix(who)};
  struct krv_world *world = by->world;
  struct krv_roster *roster;
  struct krv_buf seed;
  krv_buf_init(&seed, &by->t.env);
  assert_int_equal(krv_vault_meta_get(from->world->vault, KRV_META_RECOVERY, &seed), 0);
  assert_int_equal(krv_vault_begin(world->vault), 0);
  assert_int_equal(krv_vault_meta_put(world->vault, KRV_META_RECOVERY, krv_buf_slice(&seed)), 0);
  assert_int_equal(krv_propose_roster(world, &roster), 0);
  assert_int_equal(krv_propose_recovery(world, roster, &admit, 1), 0);
  assert_int_equal(krv_vault_commit(world->vault), 0);
  krv_roster_free(roster);
  krv_buf_wipe(&seed);
  fleet_sync_well(by);
}

/* Grants of one case that a vault gave to a group: to the whole of it, to single devices. */
struct given {
  uint32_t whole, single;
};

static struct given given(struct fleet_device *device, const struct krv_id *kase) {
  struct given given = {0};
  struct krv_vault_item item;
  struct krv_msg_grant grant;
  struct krv_buf bytes;
  int64_t lid = 0;
  krv_buf_init(&bytes, &device->t.env);
  while (krv_vault_item_next(device->world->vault, fleet_card(device, kase)->lid, lid, &item,
                             &bytes) == 0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_GRANT && item.device == ix(device)) {
      assert_int_equal(krv_msg_grant_decode(item.bytes, &grant), 0);
      given.single += grant.group == KRV_GROUP_OFFICE && grant.to_device;
      given.whole += grant.group == KRV_GROUP_OFFICE && !grant.to_device;
    }
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return given;
}

/* How many boxes of an epoch of the office a vault has for a device. */
static uint32_t boxes(struct fleet_device *device, krv_device_ix to, uint32_t epoch) {
  struct krv_vault_item item;
  struct krv_msg_box box;
  struct krv_buf bytes;
  uint32_t count = 0;
  int64_t lid = 0;
  krv_buf_init(&bytes, &device->t.env);
  while (krv_vault_item_next(device->world->vault, 0, lid, &item, &bytes) == 0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_BOX) {
      assert_int_equal(krv_msg_box_decode(item.bytes, &box), 0);
      count += box.group == KRV_GROUP_OFFICE && box.device == to && box.epoch == epoch;
    }
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return count;
}

/* ---- an office that all have left */

static struct fleet_device *leave_the_office(struct kit *k) {
  struct fleet_device *c = fleet_join(&k->fleet, "worker", "Jeren");
  struct krv_statement both[] = {revoke(k->b), revoke(k->a)};
  fleet_rounds(&k->fleet, 1);
  fleet_propose(k->a, both, 2);
  (void)fleet_sync(k->a, NULL);
  fleet_sync_well(c);
  return c;
}

static void who_comes_to_an_office_that_all_have_left_is_given_the_keys(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = leave_the_office(k);
  fleet_sync_well(k->w);
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  assert_int_equal(fleet_set(k->w, &kase, "prs_SecondName", "Orazova"), 0);
  assert_int_equal(given(k->w, &kase).single, 0); /* there is nobody to give it to */
  fleet_sync_well(k->w);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 1); /* without the office's grant */
  recovery_admits(k->a, c, c);
  fleet_sync_well(k->w); /* hears of it, grants, and the change goes once more */
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 0);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  fleet_sync_well(c);
  assert_string_equal(fleet_shown(c, &kase, "prs_SecondName"), "Orazova");
  assert_string_equal(fleet_shown(c, &k->kase, "prs_FirstName"), "Maya");
  assert_int_equal(given(k->w, &kase).single, 1);
}

/* He writes offline, and hears in one session that all have left and that somebody came. */
static void who_hears_of_both_at_once_grants_as_well(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = leave_the_office(k);
  recovery_admits(k->a, c, c);
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  fleet_sync_well(k->w);
  fleet_sync_well(c);
  assert_string_equal(fleet_shown(c, &kase, "prs_FirstName"), "Selbi");
  assert_string_equal(fleet_shown(c, &k->kase, "prs_FirstName"), "Maya");
}

/* Nobody who was there before stays, so no keeper's word stands against it. */
static void who_came_to_it_renews_its_secret(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = leave_the_office(k);
  recovery_admits(k->a, c, c);
  fleet_sync_well(k->w);
  struct krv_statement keeper = {.kind = KRV_STATEMENT_ADMIT, .group = KRV_GROUP_OFFICE,
                                 .device = ix(c), .rights = KRV_ADMIT_KEEPER};
  struct krv_roster *roster;
  assert_int_equal(krv_vault_begin(c->world->vault), 0);
  assert_int_equal(krv_propose_roster(c->world, &roster), 0);
  assert_int_equal(krv_propose_recovery(c->world, roster, &keeper, 1), 0);
  assert_int_equal(krv_vault_commit(c->world->vault), 0);
  krv_roster_free(roster);
  fleet_sync_well(c);
  assert_int_equal(krv_renew(c->world, KRV_GROUP_OFFICE), 0);
  fleet_sync_well(c);
  fleet_sync_well(c);
  fleet_sync_well(k->w);
  assert_false(krv_world_group_exposed(k->w->world, office(k->w)));
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  assert_int_equal(given(k->w, &kase).whole, 1);
  fleet_sync_well(k->w);
  fleet_sync_well(c);
  assert_string_equal(fleet_shown(c, &kase, "prs_FirstName"), "Selbi");
}

/* The recovery key has no device that gives boxes: each keeper does. */
static void whom_the_recovery_key_lets_in_the_keepers_give_the_secrets(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "worker", "Jeren");
  recovery_admits(k->a, c, c);
  rounds(&k->fleet, 2);
  assert_non_null(krv_world_secret(c->world, KRV_GROUP_OFFICE, 0));
  assert_string_equal(fleet_shown(c, &k->kase, "prs_FirstName"), "Maya");
}

/* ---- a secret that is lost */

static void a_secret_that_was_lost_before_it_reached_anybody_is_renewed_over(void **state) {
  struct kit *k = *state;
  fleet_copy(k->b, "before");
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
  sync_deaf(k->b, k->w); /* then the vault is lost */
  fleet_restore(k->b, "before");
  fleet_sync_well(k->b);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  assert_int_equal(office(k->w)->epoch_count, 2);
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  assert_null(krv_world_secret(k->a->world, KRV_GROUP_OFFICE, 1));
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), KRV_NO_KEY); /* he may have it */
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0); /* he knows that he has not */
  rounds(&k->fleet, 4);
  assert_string_equal(fleet_shown(k->a, &kase, "prs_FirstName"), "Selbi");
  assert_string_equal(fleet_shown(k->b, &kase, "prs_FirstName"), "Selbi");
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_FirstName"), "Maya");
  struct fleet_device *d = fleet_join(&k->fleet, "office", "Gozel");
  rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(d, &kase, "prs_FirstName"), "Selbi");
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Maya");
}

/* The entry that names his secret also takes him out: he knows it all the same. */
static void who_leaves_by_the_entry_of_his_own_secret_is_kept_out(void **state) {
  struct kit *k = *state;
  struct krv_dh_pair his;
  krv_dh_pair_random(k->b->world->env, &his);
  struct krv_statement both[] = {
      {.kind = KRV_STATEMENT_EPOCH, .group = KRV_GROUP_OFFICE, .epoch = 1, .pk = his.pk},
      {.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE, .device = ix(k->b)}};
  fleet_propose(k->b, both, 2);
  fleet_sync_well(k->b);
  fleet_sync_well(k->w);
  assert_true(krv_world_group_exposed(k->w->world, office(k->w)));
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  assert_int_equal(given(k->w, &kase).whole, 0);
  assert_int_equal(given(k->w, &kase).single, 1);
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  assert_string_equal(fleet_shown(k->a, &kase, "prs_FirstName"), "Selbi");
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0); /* nobody waits for his boxes */
  rounds(&k->fleet, 2);
  assert_false(krv_world_group_exposed(k->w->world, office(k->w)));
}

/* ---- who left */

static void no_box_goes_to_who_left_however_late_his_entry_is_looked_at(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Jeren");
  uint32_t height = krv_roster_device(k->a->world->roster, ix(c))->from_height;
  struct krv_intake *intake;
  state_one(k->a, revoke(c));
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
  fleet_sync_well(k->a);
  assert_non_null(krv_world_secret(k->a->world, KRV_GROUP_OFFICE, 1));
  assert_int_equal(krv_intake_begin(k->a->world, &intake), 0);
  assert_int_equal(krv_keep_boxes(intake, height), 0); /* as after a fork that has ended */
  assert_int_equal(krv_intake_commit(intake), 0);
  assert_int_equal(boxes(k->a, ix(c), 0), 1);
  assert_int_equal(boxes(k->a, ix(c), 1), 0);
  assert_int_equal(boxes(k->a, ix(k->b), 1), 1);
}

/* The answer to his admission was lost; he was out again before the boxes for him went. */
static void no_box_goes_to_who_left_before_it_went(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fork_ask(k->a, "office", "Jeren");
  fleet_sync_well(k->a);
  fleet_approve(k->a, c);
  sync_deaf(k->a, k->b);
  const struct krv_device *device = krv_roster_device(k->b->world->roster, 3);
  assert_non_null(device);
  state_one(k->b, (struct krv_statement){.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE,
                                         .device = device->ix});
  fleet_sync_well(k->a);
  assert_int_equal(boxes(k->a, device->ix, 0), 0);
  fleet_sync_well(c);
  assert_null(krv_world_secret(c->world, KRV_GROUP_OFFICE, 0));
}

static void who_is_expelled_in_the_other_history_is_not_sealed_to(void **state) {
  struct fork_kit *k = *state;
  state_one(k->b, (struct krv_statement){.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE,
                                         .device = ix(k->a)});
  fleet_sync_well(k->w);
  assert_non_null(k->w->world->fork);
  assert_true(krv_world_group_exposed(k->w->world, office(k->w)));
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  assert_int_equal(given(k->w, &kase).whole, 0);
  assert_int_equal(given(k->w, &kase).single, 1);
}

/* The highest number of the case's epochs, as this vault knows it. */
static uint32_t epoch_of(struct fleet_device *device, const struct krv_id *kase) {
  struct krv_case_rights rights = krv_world_rights(device->world);
  struct krv_case_epoch now;
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load_id(device->world, kase, &folder), 0);
  krv_case_epoch_now(folder->kase, &rights, &now);
  krv_folder_free(folder);
  return now.number;
}

/* The next change makes a new key: who of the office is given it, all together or one by one. */
static struct given given_now(struct fleet_device *device, const struct krv_id *kase) {
  struct given before = given(device, kase);
  uint32_t epoch = epoch_of(device, kase);
  assert_int_equal(fleet_set(device, kase, "prs_LastName", "Atayeva"), 0);
  assert_int_equal(epoch_of(device, kase), epoch + 1);
  struct given now = given(device, kase);
  assert_int_equal(fleet_set(device, kase, "prs_LastName", "Orazova"), 0); /* once is enough */
  assert_int_equal(epoch_of(device, kase), epoch + 1);
  return (struct given){now.whole - before.whole, now.single - before.single};
}

static struct krv_statement expel(const struct fleet_device *who) {
  return (struct krv_statement){.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE,
                                .device = ix(who)};
}

/* R17: what restricts binds whoever sees it, also by the history that he does not believe. */
static void who_left_in_the_other_history_gets_no_key_of_a_known_case(void **state) {
  struct fork_kit *k = *state;
  struct krv_id before = fleet_case(k->w, "prs_FirstName", "Selbi"); /* to all of the office */
  state_one(k->b, expel(k->a));
  fleet_sync_well(k->w);
  assert_non_null(k->w->world->fork);
  assert_int_equal(epoch_of(k->w, &k->kase), 0);
  struct given now = given_now(k->w, &k->kase);
  assert_int_equal(now.whole, 0);
  assert_int_equal(now.single, 1); /* Bahar */
  now = given_now(k->w, &before);
  assert_int_equal(now.whole, 0);
  assert_int_equal(now.single, 1);
  struct krv_id fresh = fleet_case(k->w, "prs_FirstName", "Ogulnar"); /* not given to her */
  assert_int_equal(fleet_set(k->w, &fresh, "prs_LastName", "Orazova"), 0);
  assert_int_equal(epoch_of(k->w, &fresh), 0);
}

/* By the history that he does believe, above what he believes of it. */
static void who_left_in_ours_meanwhile_gets_no_key_either(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->w);
  assert_non_null(k->w->world->fork);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_LastName", "Nurova"), 0);
  assert_int_equal(epoch_of(k->w, &k->kase), 0); /* nobody has left */
  fleet_server_restore(&k->fleet, "hers");
  state_one(k->a, revoke(k->b));
  fleet_sync_well(k->w);
  assert_non_null(k->w->world->fork);
  struct given now = given_now(k->w, &k->kase);
  assert_int_equal(now.whole, 0);
  assert_int_equal(now.single, 1); /* Aygul */
}

/* She makes an epoch for a reason of her own, and does not know that she has left. */
static void an_epoch_of_who_may_not_know_it_is_not_taken(void **state) {
  struct fork_kit *k = *state;
  state_one(k->b, expel(k->a));
  fleet_sync_well(k->w);
  assert_non_null(k->w->world->fork);
  fleet_server_restore(&k->fleet, "hers");
  assert_int_equal(fleet_share(k->a, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_unshare(k->a, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_LastName", "Nurova"), 0);
  assert_int_equal(epoch_of(k->a, &k->kase), 1);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  fleet_sync_well(k->w);
  assert_string_equal(fleet_shown(k->w, &k->kase, "prs_LastName"), "Nurova");
  assert_int_equal(epoch_of(k->w, &k->kase), 1);
  struct given now = given_now(k->w, &k->kase);
  assert_int_equal(now.whole, 0);
  assert_int_equal(now.single, 1);
}

/* ---- who comes */

static void each_who_comes_later_is_given_the_key(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Jeren");
  state_one(k->a, revoke(c));
  fleet_sync_well(k->w);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0);
  rounds(&k->fleet, 1);
  struct fleet_device *d = fleet_join(&k->fleet, "office", "Gozel");
  rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Nina");
  struct fleet_device *e = fleet_join(&k->fleet, "office", "Merjen"); /* needs the same key */
  rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(e, &k->kase, "prs_FirstName"), "Nina");
}

static void all_keys_that_others_were_given_are_asked_for(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Jeren");
  (void)fleet_join(&k->fleet, "office", "Gozel");
  struct fleet_device *y = fleet_join(&k->fleet, "office", "Merjen");
  state_one(k->a, revoke(c));
  fleet_sync_well(k->w);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0); /* to four */
  fleet_sync_well(k->w);
  state_one(k->a, revoke(y));
  fleet_sync_well(k->w);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "Orazova"), 0); /* to three */
  rounds(&k->fleet, 1);
  struct fleet_device *d = fleet_join(&k->fleet, "office", "Ogulnar");
  rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Nina");
  assert_string_equal(fleet_shown(d, &k->kase, "prs_SecondName"), "Orazova");
  assert_int_equal(fleet_card(d, &k->kase)->held, 0);
}

/* ---- forks of the roster */

/* A case that began while the office had a secret of a history that loses. */
static void sealed_to_what_lost(struct fork_kit *k, bool both_renew) {
  fleet_server_restore(&k->fleet, "hers");
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  assert_int_equal(office(k->w)->epoch_count, 2);
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  assert_int_equal(fleet_set(k->w, &kase, "prs_SecondName", "Orazova"), 0);
  fleet_sync_well(k->w);
  fleet_server_restore(&k->fleet, "his");
  if (both_renew) {
    assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
    fleet_sync_well(k->b);
    fleet_sync_well(k->b);
  }
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  fork_say(k->a, KRV_WORD_DEVICE);
  fleet_sync_well(k->b);
  fork_say(k->b, KRV_WORD_DEVICE);
  struct fleet_device *members[] = {k->a, k->w, k->b}; /* whom hers let in is nobody now */
  for (int i = 0; i < 9; i++) fleet_sync_well(members[i % 3]);
  assert_null(k->w->world->fork);
  assert_int_equal(office(k->w)->epoch_count, both_renew ? 2 : 1);
  assert_string_equal(fleet_shown(k->b, &kase, "prs_SecondName"), "Orazova");
  assert_string_equal(fleet_shown(k->a, &kase, "prs_SecondName"), "Orazova");
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 0);
}

static void what_was_sealed_to_a_secret_of_the_history_that_lost_is_sealed_anew(void **state) {
  sealed_to_what_lost(*state, false);
}

static void also_where_both_histories_have_one_of_that_number(void **state) {
  sealed_to_what_lost(*state, true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
#define FORK_TEST(name) cmocka_unit_test_setup_teardown(name, fork_kit_setup, fork_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(who_comes_to_an_office_that_all_have_left_is_given_the_keys),
      TEST(who_hears_of_both_at_once_grants_as_well),
      TEST(who_came_to_it_renews_its_secret),
      TEST(whom_the_recovery_key_lets_in_the_keepers_give_the_secrets),
      TEST(a_secret_that_was_lost_before_it_reached_anybody_is_renewed_over),
      TEST(who_leaves_by_the_entry_of_his_own_secret_is_kept_out),
      TEST(no_box_goes_to_who_left_however_late_his_entry_is_looked_at),
      TEST(no_box_goes_to_who_left_before_it_went),
      FORK_TEST(who_is_expelled_in_the_other_history_is_not_sealed_to),
      FORK_TEST(who_left_in_the_other_history_gets_no_key_of_a_known_case),
      FORK_TEST(who_left_in_ours_meanwhile_gets_no_key_either),
      FORK_TEST(an_epoch_of_who_may_not_know_it_is_not_taken),
      TEST(each_who_comes_later_is_given_the_key),
      TEST(all_keys_that_others_were_given_are_asked_for),
      FORK_TEST(what_was_sealed_to_a_secret_of_the_history_that_lost_is_sealed_anew),
      FORK_TEST(also_where_both_histories_have_one_of_that_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
