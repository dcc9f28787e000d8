/* R13, R35 between vaults: an invitation is used once, by one key, in time, with its secret. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "approve.h"
#include "fleetkit.h"
#include "join.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 13, true);
}

static const struct krv_approve_choice everybody = {.all = true};

struct asked {
  struct krv_buf code;
  struct fleet_device *device;
};

static struct asked ask(struct kit *k, const char *roles, const char *name) {
  struct asked asked;
  krv_buf_init(&asked.code, k->a->world->env);
  fleet_invite(k->a, roles, name, &asked.code);
  asked.device = fleet_add(&k->fleet, name);
  fleet_accept(asked.device, &asked.code);
  fleet_sync_well(asked.device);
  fleet_sync_well(k->a);
  return asked;
}

struct listed {
  uint32_t count, expired;
};

static int look(void *ctx, const struct krv_request *request) {
  struct listed *seen = ctx;
  seen->count++;
  seen->expired += request->expired;
  return 0;
}

static struct listed listed(struct fleet_device *device) {
  struct listed seen = {0};
  assert_int_equal(krv_requests(device->world, look, &seen), 0);
  return seen;
}

static void a_second_key_is_told_that_it_is_used(void **state) {
  struct kit *k = *state;
  struct asked first = ask(k, "worker", "Jeren");
  struct fleet_device *second = fleet_add(&k->fleet, "Mallory");
  fleet_accept(second, &first.code);
  assert_int_equal(fleet_sync(second, NULL), KRV_INVITE_USED);
  fleet_sync_well(first.device); /* the same key may ask again */
  fleet_sync_well(k->a);
  assert_int_equal(fleet_kit_why(k->a, &everybody, "Jeren"), KRV_INVITE_USED);
  fleet_approve(k->a, first.device); /* with the words, compared by voice */
  fleet_rounds(&k->fleet, 0);
  fleet_sync_well(k->a);
  fleet_sync_well(first.device);
  assert_int_equal(krv_world_ready(first.device->world), 0);
  krv_buf_release(&first.code);
}

/* "Ask for a new one": and then the vault that asked in vain takes it. */
static void a_joiner_whose_invitation_was_used_goes_on_with_a_new_one(void **state) {
  struct kit *k = *state;
  struct asked first = ask(k, "worker", "Jeren");
  struct fleet_device *second = fleet_add(&k->fleet, "Gozel");
  struct krv_buf fresh;
  char before[64], after[64];
  krv_buf_init(&fresh, k->a->world->env);
  fleet_accept(second, &first.code);
  assert_int_equal(fleet_sync(second, NULL), KRV_INVITE_USED);
  assert_int_equal(krv_join_words(second->world, before), 0);
  fleet_invite(k->a, "worker", "Gozel", &fresh);
  fleet_accept(second, &fresh);
  assert_int_equal(krv_join_words(second->world, after), 0);
  assert_string_not_equal(before, after);
  fleet_close(second); /* the new one is on the disk */
  fleet_open(second);
  fleet_sync_well(second);
  fleet_sync_well(k->a);
  fleet_approve(k->a, second);
  fleet_sync_well(k->a);
  fleet_sync_well(second);
  assert_int_equal(krv_world_ready(second->world), 0);
  assert_int_equal(krv_join_prepare(second->world, krv_buf_slice(&first.code)), KRV_STATE);
  krv_buf_release(&fresh);
  krv_buf_release(&first.code);
}

static void a_joiner_shows_its_keys_to_one_programme_only(void **state) {
  struct kit *k = *state;
  struct krv_invitation invitation;
  struct krv_buf code, other;
  krv_buf_init(&code, k->a->world->env);
  krv_buf_init(&other, k->a->world->env);
  fleet_invite(k->a, "worker", "Jeren", &code);
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&code), &invitation), 0);
  invitation.terms.id[0] ^= 1;
  struct krv_invitation elsewhere = invitation;
  elsewhere.programme.b[0] ^= 1;
  krv_invitation_format(&elsewhere, &other);
  struct fleet_device *device = fleet_add(&k->fleet, "Jeren");
  fleet_accept(device, &code);
  assert_int_equal(krv_join_prepare(device->world, krv_buf_slice(&other)), KRV_STATE);
  fleet_sync_well(device); /* as if nobody had tried */
  krv_buf_release(&code);
  krv_buf_release(&other);
}

/* It was never let in, and the server burns: the vault takes a code of the new one, and shows it no
 * key that another server saw. */
static void who_asked_a_server_that_was_lost_goes_on_at_the_new_one(void **state) {
  struct kit *k = *state;
  struct asked first = ask(k, "worker", "Jeren");
  struct krv_own_keys before = first.device->world->keys;
  struct krv_buf fresh;
  char words[64], again[64];
  fleet_server_burn(&k->fleet, NULL);
  struct krv_founding_code code = fleet_founding_code(&k->fleet);
  assert_int_equal(krv_pin_move(k->a->world, &code, KRV_WORD_DEVICE), 0);
  fleet_sync_well(k->a);
  krv_buf_init(&fresh, k->a->world->env);
  fleet_invite(k->a, "worker", "Jeren", &fresh);
  assert_int_equal(krv_join_words(first.device->world, words), 0);
  fleet_accept(first.device, &fresh);
  assert_int_equal(krv_join_words(first.device->world, again), 0);
  assert_string_not_equal(words, again);
  fleet_close(first.device); /* all of it is on the disk */
  fleet_open(first.device);
  struct krv_own_keys *now = &first.device->world->keys;
  assert_memory_not_equal(&now->session.pk, &before.session.pk, sizeof before.session.pk);
  assert_memory_not_equal(&now->sign.pk, &before.sign.pk, sizeof before.sign.pk);
  assert_memory_not_equal(&now->member.pk, &before.member.pk, sizeof before.member.pk);
  fleet_accept(first.device, &fresh); /* the same code again changes nothing */
  fleet_sync_well(first.device);
  fleet_sync_well(k->a);
  fleet_approve(k->a, first.device);
  fleet_sync_well(k->a);
  fleet_sync_well(first.device);
  assert_int_equal(krv_world_ready(first.device->world), 0);
  krv_buf_release(&fresh);
  krv_buf_release(&first.code);
}

/* The office was away for longer than the invitation held. Who asked in time is shown as too old,
 * comes in by his words only, and is listed no more once a person has refused him. */
static void a_request_that_waited_too_long_needs_the_words_or_is_cleared(void **state) {
  struct kit *k = *state;
  struct krv_approve_choice refuse = {.refuse = true};
  struct krv_buf code[2];
  struct fleet_device *late[2];
  char words[64];
  for (int i = 0; i < 2; i++) {
    krv_buf_init(&code[i], k->a->world->env);
    late[i] = fleet_add(&k->fleet, i == 0 ? "Jeren" : "Gozel");
    fleet_invite(k->a, "worker", i == 0 ? "Jeren" : "Gozel", &code[i]);
    fleet_accept(late[i], &code[i]);
    fleet_sync_well(late[i]);
    krv_buf_release(&code[i]);
  }
  k->fleet.t.wall_s += 15 * 86400; /* the server's clock: the office's own may stand still */
  assert_int_equal(fleet_sync(k->a, &(struct fleet_link){.no_ticket = true}), 0);
  struct listed seen = listed(k->a);
  assert_int_equal(seen.count, 2);
  assert_int_equal(seen.expired, 2);
  assert_int_equal(fleet_kit_why(k->a, &everybody, "Jeren"), KRV_INVITE_EXPIRED);
  fleet_approve(k->a, late[0]); /* spoken with */
  assert_int_equal(krv_join_words(late[1]->world, words), 0);
  refuse.words = words;
  assert_int_equal(fleet_kit_why(k->a, &refuse, "Gozel"), KRV_DENIED);
  assert_int_equal(listed(k->a).count, 1); /* Jeren, until the server has heard */
  fleet_sync_well(k->a);
  fleet_sync_well(late[0]);
  fleet_sync_well(late[1]); /* asks again, and is still cleared */
  fleet_sync_well(k->a);
  assert_int_equal(krv_world_ready(late[0]->world), 0);
  assert_int_equal(listed(k->a).count, 0);
}

static void an_invitation_that_is_too_old_is_none(void **state) {
  struct kit *k = *state;
  struct krv_buf code;
  krv_buf_init(&code, k->a->world->env);
  fleet_invite(k->a, "worker", "Jeren", &code);
  struct fleet_device *late = fleet_add(&k->fleet, "Jeren");
  fleet_accept(late, &code);
  k->fleet.t.wall_s += 15 * 86400;
  assert_int_not_equal(fleet_sync(late, NULL), 0);
  assert_int_equal(late->world->member.state, KRV_MEMBER_JOINING);
  krv_buf_release(&code);
}

static void a_wrong_secret_is_not_approved_unseen(void **state) {
  struct kit *k = *state;
  struct krv_invitation invitation;
  struct krv_buf code, forged;
  krv_buf_init(&code, k->a->world->env);
  krv_buf_init(&forged, k->a->world->env);
  fleet_invite(k->a, "worker", "Jeren", &code);
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&code), &invitation), 0);
  invitation.secret[3] ^= 1; /* whoever stole the psk from the server lacks it */
  krv_invitation_format(&invitation, &forged);
  struct fleet_device *thief = fleet_add(&k->fleet, "Jeren");
  fleet_accept(thief, &forged);
  fleet_sync_well(thief);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_kit_why(k->a, &everybody, "Jeren"), KRV_CRYPTO);
  fleet_sync_well(k->a);
  assert_int_equal(krv_roster_device_count(k->a->world->roster), 3);
  krv_buf_release(&code);
  krv_buf_release(&forged);
}

static void all_approves_workers_and_leaves_the_office_to_the_words(void **state) {
  struct kit *k = *state;
  struct asked worker = ask(k, "worker", "Jeren"), office = ask(k, "office", "Gozel");
  assert_int_equal(fleet_kit_why(k->a, &everybody, "Gozel"), KRV_DENIED);
  fleet_sync_well(k->a);
  fleet_sync_well(worker.device);
  fleet_sync_well(office.device);
  assert_int_equal(krv_world_ready(worker.device->world), 0);
  assert_int_equal(krv_world_ready(office.device->world), KRV_NOT_APPROVED);
  struct krv_approve_choice wrong = {.words = "one two three four five six"};
  assert_int_equal(krv_approve(k->a->world, &wrong, NULL, NULL), KRV_NOT_FOUND);
  fleet_approve(k->a, office.device);
  fleet_sync_well(k->a);
  fleet_sync_well(office.device);
  assert_int_equal(krv_world_ready(office.device->world), 0);
  krv_buf_release(&worker.code);
  krv_buf_release(&office.code);
}

struct verdicts {
  int first, second, honest;
};

static void note_verdict(void *ctx, const struct krv_request *request, int why_not) {
  struct verdicts *v = ctx;
  if (strcmp(request->note.name, "Jeren") == 0) v->first = why_not;
  if (strcmp(request->note.name, "Mallory") == 0) v->second = why_not;
  if (strcmp(request->note.name, "Gozel") == 0) v->honest = why_not;
}

enum same_key { SAME_MEMBER, SAME_SESSION, SAME_SIGN };

/* Three ask; two of them bring one key. */
static void approve_all_of_which_two_share_a_key(struct kit *k, enum same_key which) {
  struct verdicts v = {1, 1, 1};
  struct krv_approve_choice all = {.all = true};
  struct asked first = ask(k, "worker", "Jeren"), second = {0}, honest;
  krv_buf_init(&second.code, k->a->world->env);
  fleet_invite(k->a, "worker", "Mallory", &second.code);
  second.device = fleet_add(&k->fleet, "Mallory");
  fleet_accept(second.device, &second.code);
  struct krv_own_keys *keys = &second.device->world->keys;
  if (which == SAME_MEMBER) keys->member = first.device->world->keys.member;
  if (which == SAME_SESSION) keys->session = first.device->world->keys.session;
  if (which == SAME_SIGN) keys->sign = first.device->world->keys.sign;
  fleet_sync_well(second.device);
  honest = ask(k, "worker", "Gozel");
  assert_int_equal(krv_approve(k->a->world, &all, note_verdict, &v), 0);
  assert_int_equal(v.first, 0);
  assert_int_equal(v.second, KRV_INVALID);
  assert_int_equal(v.honest, 0);
  fleet_sync_well(k->a);
  fleet_sync_well(first.device);
  fleet_sync_well(honest.device);
  assert_int_equal(krv_world_ready(first.device->world), 0);
  assert_int_equal(krv_world_ready(honest.device->world), 0);
  assert_int_equal(krv_roster_device_count(k->a->world->roster), 5);
  krv_buf_release(&first.code);
  krv_buf_release(&second.code);
  krv_buf_release(&honest.code);
}

static void who_brings_anothers_member_key_spoils_nobodys_approval(void **state) {
  approve_all_of_which_two_share_a_key(*state, SAME_MEMBER);
}

static void who_brings_anothers_session_key_spoils_nobodys_approval(void **state) {
  approve_all_of_which_two_share_a_key(*state, SAME_SESSION);
}

static void who_brings_anothers_signing_key_spoils_nobodys_approval(void **state) {
  approve_all_of_which_two_share_a_key(*state, SAME_SIGN);
}

static void keys_are_in_the_vault_before_the_first_byte(void **state) {
  struct kit *k = *state;
  struct fleet_link dead = {.cut_up = 1};
  struct krv_buf code;
  krv_buf_init(&code, k->a->world->env);
  fleet_invite(k->a, "worker", "Jeren", &code);
  struct fleet_device *joiner = fleet_add(&k->fleet, "Jeren");
  fleet_accept(joiner, &code);
  fleet_copy(joiner, "before");
  struct krv_key pk = joiner->world->keys.session.pk;
  assert_int_not_equal(fleet_sync(joiner, &dead), 0);
  fleet_sync_well(joiner); /* it asks; then the power goes, and the disk is as before */
  fleet_restore(joiner, "before");
  assert_memory_equal(&joiner->world->keys.session.pk, &pk, sizeof pk);
  fleet_sync_well(joiner);
  fleet_sync_well(k->a);
  fleet_approve(k->a, joiner);
  fleet_sync_well(k->a);
  fleet_sync_well(joiner);
  assert_int_equal(krv_world_ready(joiner->world), 0);
  krv_buf_release(&code);
}

static void an_enrolment_cut_at_every_byte_succeeds_in_the_end(void **state) {
  struct kit *k = *state;
  struct krv_buf code;
  krv_buf_init(&code, k->a->world->env);
  fleet_invite(k->a, "worker", "Jeren", &code);
  struct fleet_device *joiner = fleet_add(&k->fleet, "Jeren");
  fleet_accept(joiner, &code);
  for (uint64_t cut = 1;; cut++) {
    struct fleet_link link = {.cut_up = cut};
    if (fleet_sync(joiner, &link) == 0) break;
  }
  fleet_sync_well(k->a);
  fleet_approve(k->a, joiner);
  for (uint64_t cut = 1;; cut++) {
    /* a ticket takes four first messages, and here is no second line for XK after it */
    struct fleet_link link = {.cut_up = cut, .no_ticket = true};
    if (fleet_sync(k->a, &link) == 0) break;
  }
  for (uint64_t cut = 1;; cut++) {
    struct fleet_link link = {.cut_down = cut};
    if (fleet_sync(joiner, &link) == 0) break;
  }
  fleet_sync_well(k->a);
  fleet_sync_well(joiner);
  assert_int_equal(krv_world_ready(joiner->world), 0);
  struct krv_id kase = fleet_case(joiner, "prs_FirstName", "Nina");
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &kase, 3));
  krv_buf_release(&code);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_second_key_is_told_that_it_is_used),
      TEST(a_joiner_whose_invitation_was_used_goes_on_with_a_new_one),
      TEST(a_joiner_shows_its_keys_to_one_programme_only),
      TEST(who_asked_a_server_that_was_lost_goes_on_at_the_new_one),
      TEST(a_request_that_waited_too_long_needs_the_words_or_is_cleared),
      TEST(an_invitation_that_is_too_old_is_none),
      TEST(a_wrong_secret_is_not_approved_unseen),
      TEST(all_approves_workers_and_leaves_the_office_to_the_words),
      TEST(who_brings_anothers_member_key_spoils_nobodys_approval),
      TEST(who_brings_anothers_session_key_spoils_nobodys_approval),
      TEST(who_brings_anothers_signing_key_spoils_nobodys_approval),
      TEST(keys_are_in_the_vault_before_the_first_byte),
      TEST(an_enrolment_cut_at_every_byte_succeeds_in_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
