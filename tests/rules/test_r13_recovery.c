/* R13: the recovery key out of two shares, on another device: it makes keepers and administrators
 * where all are lost, and gives them the secrets that are sealed to it. F19: any one laptop that is
 * left, and two shares, are enough, with another server too. */
#include "mock.h"

#include "approve.h"
#include "forkkit.h"
#include "mend.h"
#include "pin.h"
#include "propose.h"
#include "recoverykit.h"
#include "renew.h"

/* Every keeper of the office: their vaults are gone. */
static void lose_the_office(struct town *k) {
  fleet_close(k->a);
  fleet_close(k->b);
}

static int take(struct fleet_device *device, const struct krv_recovery_share *x,
                const struct krv_recovery_share *y) {
  return krv_recovery_take(device->world, x, y);
}

static const struct krv_membership *in_office(const struct fleet_device *device,
                                              const struct fleet_device *who) {
  return krv_roster_membership(device->world->roster, who->world->member.device, KRV_GROUP_OFFICE,
                               UINT32_MAX);
}

static bool is_administrator(const struct fleet_device *device) {
  return (krv_world_self(device->world)->roles & KRV_ROLE_ADMINISTRATOR) != 0;
}

/* ---- keepers */

static void a_second_administrator_makes_a_keeper_who_reads_the_old_cases(void **state) {
  struct town *k = *state;
  lose_the_office(k);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "Orazova"), 0);
  fleet_sync_well(k->w);
  struct fleet_device *d = fork_let_in(k->c, "office", "Gozel");
  assert_null(in_office(d, d)); /* an administrator's word lets nobody read */
  assert_int_equal(krv_mend_keeper(k->c->world, KRV_GROUP_OFFICE, town_digits(d)), KRV_NO_KEY);
  assert_int_equal(take(k->c, &k->shares[0], &k->shares[1]), 0);
  assert_int_equal(krv_mend_keeper(k->c->world, KRV_GROUP_OFFICE, town_digits(d)), 0);
  assert_int_equal(krv_mend_keeper(k->c->world, KRV_GROUP_OFFICE, town_digits(d)), KRV_EXISTS);
  fleet_sync_well(k->c);
  fleet_sync_well(d);
  assert_true(in_office(d, d)->rights & KRV_ADMIT_KEEPER);
  assert_string_equal(fleet_shown(d, &k->kase, "prs_SecondName"), "Orazova");
  assert_string_equal(fleet_shown(d, &k->vs, "prs_FirstName"), "Nina");
  assert_true(fleet_same(d, k->w, &k->kase));
  /* who only signed it reads nothing by that */
  assert_null(krv_world_secret(k->c->world, KRV_GROUP_OFFICE, 0));
  assert_string_equal(fleet_shown(k->c, &k->kase, "prs_FirstName"), "");
}

static void the_new_keeper_lets_others_in_and_renews_the_secret(void **state) {
  struct town *k = *state;
  lose_the_office(k);
  struct fleet_device *d = fork_let_in(k->c, "office", "Gozel");
  assert_int_equal(take(k->c, &k->shares[2], &k->shares[0]), 0);
  assert_int_equal(krv_mend_keeper(k->c->world, KRV_GROUP_OFFICE, town_digits(d)), 0);
  fleet_sync_well(k->c);
  fleet_sync_well(d);
  struct fleet_device *e = fork_let_in(k->c, "office", "Merjen");
  fleet_sync_well(d);
  struct krv_approve_choice choice = {.device = town_digits(e)};
  assert_int_equal(krv_approve(d->world, &choice, NULL, NULL), 0);
  fleet_sync_well(d);
  fleet_sync_well(e);
  assert_string_equal(fleet_shown(e, &k->kase, "prs_FirstName"), "Maya");
  assert_int_equal(krv_renew(d->world, KRV_GROUP_OFFICE), 0);
  for (int i = 0; i < 2; i++) {
    fleet_sync_well(d);
    fleet_sync_well(e);
    fleet_sync_well(k->w);
  }
  assert_non_null(krv_world_secret(e->world, KRV_GROUP_OFFICE, 1));
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  fleet_sync_well(k->w);
  fleet_sync_well(e);
  assert_string_equal(fleet_shown(e, &kase, "prs_FirstName"), "Selbi");
}

/* The office's secret was renewed before its keepers were lost: old and new cases open. */
static void secrets_of_all_epochs_are_given(void **state) {
  struct town *k = *state;
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
  fleet_rounds(&k->fleet, 2);
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Selbi");
  fleet_rounds(&k->fleet, 1);
  lose_the_office(k);
  assert_int_equal(take(k->w, &k->shares[1], &k->shares[2]), 0);
  struct fleet_device *d = fork_let_in(k->c, "office", "Gozel");
  fleet_sync_well(k->w);
  assert_int_equal(krv_mend_keeper(k->w->world, KRV_GROUP_OFFICE, town_digits(d)), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(d);
  assert_string_equal(fleet_shown(d, &kase, "prs_FirstName"), "Selbi");
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Maya");
}

/* The administrator is also to read: he lets himself in. */
static void it_lets_its_own_device_in(void **state) {
  struct town *k = *state;
  lose_the_office(k);
  assert_int_equal(take(k->c, &k->shares[0], &k->shares[2]), 0);
  assert_int_equal(krv_mend_keeper(k->c->world, KRV_GROUP_OFFICE, NULL), 0);
  fleet_sync_well(k->c);
  fleet_sync_well(k->c);
  assert_non_null(krv_world_secret(k->c->world, KRV_GROUP_OFFICE, 0));
  assert_string_equal(fleet_shown(k->c, &k->kase, "prs_FirstName"), "Maya");
}

/* Who signed hears no answer, and his device is lost as well; the shares go into another vault. */
static void who_takes_the_shares_later_gives_what_the_one_before_owed(void **state) {
  struct town *k = *state;
  lose_the_office(k);
  struct fleet_device *d = fork_let_in(k->c, "office", "Gozel");
  assert_int_equal(take(k->c, &k->shares[0], &k->shares[1]), 0);
  assert_int_equal(krv_mend_keeper(k->c->world, KRV_GROUP_OFFICE, town_digits(d)), 0);
  uint32_t height = krv_roster_height(d->world->roster);
  for (uint64_t cut = 20; krv_roster_height(d->world->roster) == height; cut += 10) {
    struct fleet_link deaf = {.cut_down = cut, .no_ticket = true};
    assert_true(cut < 2000);
    (void)fleet_sync(k->c, &deaf);
    fleet_sync_well(d);
  }
  fleet_close(k->c);
  fleet_sync_well(d);
  assert_null(krv_world_secret(d->world, KRV_GROUP_OFFICE, 0)); /* let in, and nobody gave it */
  assert_int_equal(take(k->w, &k->shares[1], &k->shares[2]), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(d);
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Maya");
}

/* Another entry came first: what the recovery key signed is signed anew. */
static void what_came_too_late_is_signed_anew(void **state) {
  struct town *k = *state;
  struct fleet_device *d = fork_let_in(k->c, "office", "Gozel");
  fleet_sync_well(k->w);
  assert_int_equal(take(k->w, &k->shares[0], &k->shares[1]), 0);
  assert_int_equal(krv_mend_administrator(k->w->world, NULL), 0);
  assert_int_equal(krv_mend_keeper(k->w->world, KRV_GROUP_OFFICE, town_digits(d)), 0);
  struct krv_statement revoke = {.kind = KRV_STATEMENT_REVOKE, .device = k->v->world->member.device,
                                 .how = KRV_REVOKE_LOST};
  fleet_propose(k->c, &revoke, 1);
  fleet_sync_well(k->c);
  fleet_sync_well(k->w); /* STALE */
  fleet_sync_well(k->w);
  fleet_sync_well(d);
  assert_true(is_administrator(k->w));
  assert_true(in_office(d, d)->rights & KRV_ADMIT_KEEPER);
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Maya");
}

/* ---- what a worker's device may do with it */

static void a_worker_with_the_shares_does_only_what_that_key_signs(void **state) {
  struct town *k = *state;
  assert_int_equal(take(k->w, &k->shares[0], &k->shares[1]), 0);
  struct krv_statement role = {.kind = KRV_STATEMENT_ROLES, .device = k->w->world->member.device,
                               .roles = KRV_ROLE_ADMINISTRATOR};
  struct krv_roster *roster;
  assert_int_equal(krv_vault_begin(k->w->world->vault), 0);
  assert_int_equal(krv_propose_roster(k->w->world, &roster), 0);
  assert_int_equal(krv_propose(k->w->world, roster, &role, 1), KRV_DENIED); /* in his own name */
  krv_roster_free(roster);
  krv_vault_rollback(k->w->world->vault);
  assert_int_equal(krv_renew(k->w->world, KRV_GROUP_OFFICE), KRV_DENIED);
  fleet_sync_well(k->w);
  assert_null(krv_world_secret(k->w->world, KRV_GROUP_OFFICE, 0)); /* he reads no more by it */
  assert_false(is_administrator(k->w));
  /* that key itself makes no group of its own (10.5) */
  struct krv_statement group = {.kind = KRV_STATEMENT_GROUP, .name = krv_slice_str("x")};
  assert_int_equal(krv_vault_begin(k->w->world->vault), 0);
  assert_int_equal(krv_propose_roster(k->w->world, &roster), 0);
  assert_int_equal(krv_propose_recovery(k->w->world, roster, &group, 1), KRV_DENIED);
  krv_roster_free(roster);
  krv_vault_rollback(k->w->world->vault);
}

static void no_device_that_is_not_there_is_mended(void **state) {
  struct town *k = *state;
  assert_int_equal(take(k->c, &k->shares[0], &k->shares[1]), 0);
  assert_int_equal(krv_mend_administrator(k->c->world, "0123456789abcde"), KRV_INVALID);
  assert_int_equal(krv_mend_administrator(k->c->world, "0123456789abcdef"), KRV_NOT_FOUND);
  assert_int_equal(krv_mend_administrator(k->c->world, NULL), KRV_EXISTS); /* he is one */
  assert_int_equal(krv_mend_keeper(k->c->world, 99, NULL), KRV_INVALID);
  struct krv_statement revoke = {.kind = KRV_STATEMENT_REVOKE, .device = k->v->world->member.device,
                                 .how = KRV_REVOKE_LOST};
  fleet_propose(k->c, &revoke, 1);
  fleet_sync_well(k->c);
  assert_int_equal(krv_mend_administrator(k->c->world, town_digits(k->v)), KRV_NOT_FOUND);
}

/* ---- the server, and a fork */

/* F19: the server burns, and of all devices one worker's is left. */
static void one_laptop_and_two_shares_bring_everything_back(void **state) {
  struct town *k = *state;
  lose_the_office(k);
  fleet_close(k->c);
  fleet_close(k->v);
  fleet_server_burn(&k->fleet, NULL);
  assert_int_equal(take(k->w, &k->shares[2], &k->shares[1]), 0);
  struct krv_founding_code code = fleet_founding_code(&k->fleet);
  assert_int_equal(krv_pin_move(k->w->world, &code, KRV_WORD_DEVICE), KRV_DENIED);
  assert_int_equal(krv_pin_move(k->w->world, &code, KRV_WORD_RECOVERY), 0);
  fleet_sync_well(k->w);
  assert_true(krv_pin_settled(k->w->world));
  /* of Vera's case: he brings no such case */
  assert_true(fleet_marked(k->w, KRV_MARK_REFUSED) > 0);
  assert_int_equal(krv_mend_administrator(k->w->world, NULL), 0);
  assert_int_equal(krv_mend_keeper(k->w->world, KRV_GROUP_OFFICE, NULL), 0); /* the office does */
  fleet_sync_well(k->w);
  assert_true(is_administrator(k->w));
  struct fleet_device *d = fork_let_in(k->w, "office+administrator", "Gozel");
  assert_true(in_office(d, d)->rights & KRV_ADMIT_KEEPER); /* his own admission, as a keeper */
  for (int i = 0; i < 3; i++) {
    fleet_sync_well(k->w);
    fleet_sync_well(d);
  }
  assert_true(fleet_same(k->w, d, &k->kase));
  assert_true(fleet_same(k->w, d, &k->vs));
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Maya");
  assert_string_equal(fleet_shown(d, &k->vs, "prs_FirstName"), "Nina");
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 0);
  /* and the box that did it lies at the new server, for the next time */
  bool boxed;
  assert_int_equal(krv_recovery_boxed(d->world, KRV_GROUP_OFFICE, &boxed), 0);
  assert_true(boxed);
}

static void a_code_by_it_brings_the_others_there(void **state) {
  struct town *k = *state;
  struct krv_buf text;
  struct krv_server_code server;
  lose_the_office(k);
  fleet_close(k->c);
  fleet_server_burn(&k->fleet, NULL);
  assert_int_equal(take(k->w, &k->shares[0], &k->shares[1]), 0);
  struct krv_founding_code code = fleet_founding_code(&k->fleet);
  assert_int_equal(krv_pin_move(k->w->world, &code, KRV_WORD_RECOVERY), 0);
  fleet_sync_well(k->w);
  krv_buf_init(&text, k->w->world->env);
  assert_int_equal(krv_pin_code(k->w->world, KRV_WORD_RECOVERY, NULL, &text), 0);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &server), 0);
  krv_buf_release(&text);
  assert_int_equal(krv_pin_use(k->v->world, &server), 0);
  fleet_sync_well(k->v);
  assert_true(krv_pin_settled(k->v->world));
}

static void it_is_the_second_word_that_ends_a_fork(void **state) {
  struct fork_kit *k = *state;
  struct krv_recovery_share shares[KRV_SHARES];
  assert_int_equal(krv_recovery_split(k->a->world, false, shares), 0);
  fleet_close(k->a); /* one administrator is left */
  fleet_sync_well(k->b);
  fleet_sync_well(k->w);
  assert_non_null(k->w->world->fork);
  assert_int_equal(krv_mend_administrator(k->w->world, NULL), KRV_FORK);
  fleet_sync_well(k->b);
  struct fleet_device *last = k->b->world->fork ? k->b : k->w;
  assert_int_equal(krv_fork_say_end(k->w->world, KRV_WORD_RECOVERY), KRV_NO_KEY);
  assert_int_equal(krv_recovery_take(k->w->world, &shares[0], &shares[1]), 0);
  assert_int_equal(krv_fork_say_end(k->w->world, KRV_WORD_RECOVERY), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(k->b);
  fork_say(k->b, KRV_WORD_DEVICE);
  fleet_sync_well(k->w);
  assert_null(k->w->world->fork);
  assert_null(last->world->fork);
}

/* ---- boxes */

/* Every device of the programme keeps the office's secret for the recovery key. */
static void everybody_keeps_the_boxes_and_opens_none(void **state) {
  struct town *k = *state;
  struct fleet_device *all[] = {k->a, k->b, k->c, k->w, k->v};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    bool boxed;
    assert_int_equal(krv_recovery_boxed(all[i]->world, KRV_GROUP_OFFICE, &boxed), 0);
    assert_true(boxed);
    assert_int_equal(krv_recovery_boxed(all[i]->world, KRV_GROUP_EVERYONE, &boxed), 0);
    assert_true(boxed);
  }
  assert_null(krv_world_secret(k->w->world, KRV_GROUP_OFFICE, 0));
}

static uint32_t count_boxes(struct fleet_device *device) {
  struct krv_vault_item item;
  struct krv_msg_box msg;
  struct krv_buf bytes;
  uint32_t count = 0;
  int64_t lid = 0;
  krv_buf_init(&bytes, &device->t.env);
  while (krv_vault_item_next(device->world->vault, 0, lid, &item, &bytes) == 0) {
    lid = item.lid;
    count += item.kind == KRV_MSG_BOX && krv_msg_box_decode(item.bytes, &msg) == 0 &&
             msg.device == KRV_MSG_NO_DEVICE && msg.group == KRV_GROUP_OFFICE;
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return count;
}

static void hear_box(struct fleet_device *device, const struct krv_msg_box *msg) {
  struct krv_intake *intake;
  struct krv_buf payload;
  krv_buf_init(&payload, &device->t.env);
  krv_msg_box_encode(msg, &payload);
  assert_int_equal(krv_intake_begin(device->world, &intake), 0);
  assert_int_equal(
      krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_BOX, krv_buf_slice(&payload)), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_buf_release(&payload);
}

/* A server that makes boxes up fills no vault, and shadows no good one. */
static void made_up_boxes_are_few_and_shadow_nothing(void **state) {
  struct town *k = *state;
  struct krv_msg_box msg = {.group = KRV_GROUP_OFFICE, .device = KRV_MSG_NO_DEVICE};
  assert_int_equal(count_boxes(k->w), 1);
  for (uint32_t i = 0; i < 200; i++) {
    memset(msg.box, (int)i, sizeof msg.box);
    msg.giver = i % 5;     /* only the founder made that secret */
    msg.epoch = i % 5 == 0; /* and there is no second epoch */
    hear_box(k->w, &msg);
  }
  assert_int_equal(count_boxes(k->w), 1);
  msg.giver = msg.epoch = 0;
  for (uint32_t i = 0; i < 200; i++) {
    memset(msg.box, (int)i, sizeof msg.box);
    hear_box(k->w, &msg);
  }
  assert_int_equal(count_boxes(k->w), KRV_RECOVERY_BOXES_MAX);
  assert_int_equal(take(k->w, &k->shares[0], &k->shares[1]), 0);
  hear_box(k->w, &msg);
  assert_int_equal(count_boxes(k->w), KRV_RECOVERY_BOXES_MAX);
  lose_the_office(k);
  struct fleet_device *d = fork_let_in(k->c, "office", "Gozel");
  fleet_sync_well(k->w);
  assert_int_equal(krv_mend_keeper(k->w->world, KRV_GROUP_OFFICE, town_digits(d)), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(d);
  assert_string_equal(fleet_shown(d, &k->kase, "prs_FirstName"), "Maya");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
#define FORK_TEST(name) cmocka_unit_test_setup_teardown(name, fork_kit_setup, fork_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_second_administrator_makes_a_keeper_who_reads_the_old_cases),
      TEST(the_new_keeper_lets_others_in_and_renews_the_secret),
      TEST(secrets_of_all_epochs_are_given),
      TEST(it_lets_its_own_device_in),
      TEST(who_takes_the_shares_later_gives_what_the_one_before_owed),
      TEST(what_came_too_late_is_signed_anew),
      TEST(a_worker_with_the_shares_does_only_what_that_key_signs),
      TEST(no_device_that_is_not_there_is_mended),
      TEST(one_laptop_and_two_shares_bring_everything_back),
      TEST(a_code_by_it_brings_the_others_there),
      FORK_TEST(it_is_the_second_word_that_ends_a_fork),
      TEST(everybody_keeps_the_boxes_and_opens_none),
      TEST(made_up_boxes_are_few_and_shadow_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
