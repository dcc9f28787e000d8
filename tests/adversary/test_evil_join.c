/* R13, R17: what a malicious server can tell a device that joins. The invitation came by hand
 * and names the programme and the roster's head; whatever the server says besides is refused,
 * and told. */
#include "approve.h"
#include "evil.h"
#include "join.h"
#include "mock.h"

/* A programme, its founder, and somebody who holds an invitation and has asked. */
struct scene {
  struct fleet fleet;
  struct fleet_device *founder, *joiner;
};

static void scene_init(struct scene *s, uint64_t seed) {
  struct krv_buf code;
  memset(s, 0, sizeof *s);
  fleet_init(&s->fleet, seed, false);
  s->founder = fleet_found(&s->fleet, "Olga");
  (void)fleet_join(&s->fleet, "worker", "Wim");
  s->joiner = fleet_add(&s->fleet, "Jana");
  krv_buf_init(&code, &s->founder->t.env);
  fleet_invite(s->founder, "worker", "Jana", &code);
  fleet_accept(s->joiner, &code);
  krv_buf_release(&code);
}

/* What the joiner asks with, as the server sees it. */
static void letter_of(struct scene *s, struct krv_request *request) {
  struct krv_own_keys *keys = &s->joiner->world->keys;
  struct krv_invitation *invitation = &s->joiner->world->member.invitation;
  memset(request, 0, sizeof *request);
  request->join.terms = invitation->terms;
  krv_own_keys_public(keys, &request->join.keys);
  request->join.has_member_pk = true;
  request->join.member_pk = keys->member.pk;
  krv_join_sign(&request->join, &s->joiner->world->member.programme, &keys->sign,
                invitation->secret);
}

static int session(struct scene *s, const struct evil_script *script) {
  struct evil_options options = {.script = script, .enrolled = true};
  return evil_session(s->joiner, &options);
}

static void add_roster(struct evil_script *script, const struct krv_roster *roster, uint32_t upto) {
  for (uint32_t h = 0; h < upto; h++)
    krv_buf_put(evil_add(script, script->count, KRV_MSG_ROSTER), krv_roster_entry(roster, h));
}

static void a_server_cannot_put_its_own_programme_in_place_of_the_one_invited_to(void **state) {
  (void)state;
  struct scene s;
  struct fleet other;
  struct evil_script script;
  scene_init(&s, 1);
  fleet_init(&other, 2, false);
  struct fleet_device *liar = fleet_found(&other, "Mallory");
  evil_script_init(&script, &s.fleet.t.env);
  add_roster(&script, liar->world->roster, 1);
  evil_add(&script, script.count, KRV_MSG_ANSWER);
  assert_int_equal(session(&s, &script), KRV_OTHER_PROGRAMME);
  assert_int_equal(krv_roster_count(s.joiner->world->roster), 0);
  assert_int_equal(s.joiner->world->member.state, KRV_MEMBER_JOINING);
  evil_script_release(&script);
  fleet_release(&other);
  fleet_release(&s.fleet);
}

/* The founder's own hand made two histories: the invitation names one of them. */
static void a_roster_that_is_not_the_one_invited_to_is_a_fork(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  scene_init(&s, 3);
  const struct krv_roster *roster = s.founder->world->roster;
  uint32_t height = s.joiner->world->member.invitation.roster_height;
  assert_true(height > 0);
  struct krv_dh_pair team;
  struct krv_buf name;
  krv_dh_pair_random(&s.fleet.t.env, &team);
  krv_buf_init(&name, &s.fleet.t.env);
  assert_int_equal(krv_world_seal_name(s.founder->world, "Team", &name), 0);
  struct krv_statement other = {
      .kind = KRV_STATEMENT_GROUP, .pk = team.pk, .name = krv_buf_slice(&name)};
  struct krv_entry entry = {.programme = *krv_roster_programme(roster),
                            .height = height,
                            .signer = KRV_DEVICE_FOUNDER,
                            .statements = &other,
                            .statement_count = 1};
  memcpy(entry.prev, krv_roster_hash(roster, height - 1), sizeof entry.prev);
  evil_script_init(&script, &s.fleet.t.env);
  add_roster(&script, roster, height);
  assert_int_equal(krv_entry_sign(script.env, &entry, &s.founder->world->keys.sign,
                                  evil_add(&script, script.count, KRV_MSG_ROSTER)),
                   0);
  evil_add(&script, script.count, KRV_MSG_ANSWER);
  assert_int_equal(session(&s, &script), KRV_FORK);
  krv_buf_release(&name);
  evil_script_release(&script);
  fleet_release(&s.fleet);
}

/* It is let in on a branch that is shorter than what the invitation names. */
static void nobody_is_let_in_below_the_head_that_the_invitation_names(void **state) {
  (void)state;
  struct scene s;
  struct krv_request request;
  struct evil_script script;
  struct krv_buf name;
  scene_init(&s, 4);
  const struct krv_roster *roster = s.founder->world->roster;
  uint32_t height = s.joiner->world->member.invitation.roster_height;
  letter_of(&s, &request);
  krv_buf_init(&name, &s.fleet.t.env);
  assert_int_equal(krv_world_seal_name(s.founder->world, "Jana", &name), 0);
  struct krv_statement in = {.kind = KRV_STATEMENT_DEVICE,
                             .keys = request.join.keys,
                             .roles = KRV_ROLE_WORKER,
                             .has_member_pk = true,
                             .member_pk = request.join.member_pk,
                             .member_group = KRV_NO_INDEX,
                             .agency_group = KRV_NO_INDEX,
                             .name = krv_buf_slice(&name)};
  memcpy(in.invite, request.join.terms.id, sizeof in.invite);
  memcpy(in.signature, request.join.signature, sizeof in.signature);
  struct krv_entry entry = {.programme = *krv_roster_programme(roster),
                            .height = height,
                            .signer = KRV_DEVICE_FOUNDER,
                            .statements = &in,
                            .statement_count = 1};
  memcpy(entry.prev, krv_roster_hash(roster, height - 1), sizeof entry.prev);
  evil_script_init(&script, &s.fleet.t.env);
  add_roster(&script, roster, height);
  assert_int_equal(krv_entry_sign(script.env, &entry, &s.founder->world->keys.sign,
                                  evil_add(&script, script.count, KRV_MSG_ROSTER)),
                   0);
  evil_add(&script, script.count, KRV_MSG_ANSWER);
  assert_int_equal(session(&s, &script), KRV_FORK);
  assert_int_equal(s.joiner->world->member.state, KRV_MEMBER_JOINING);
  krv_buf_release(&name);
  evil_script_release(&script);
  fleet_release(&s.fleet);
}

struct seen {
  uint32_t count, good, simple;
};

static int see(void *ctx, const struct krv_request *request) {
  struct seen *seen = ctx;
  seen->count++;
  seen->good += request->mac_good;
  seen->simple += krv_request_simple(request) == 0;
  return 0;
}

/* The server carries the request, and knows the psk: it may say that a worker was invited as what
 * it likes. */
static void a_server_cannot_give_a_joiner_other_roles(void **state) {
  (void)state;
  static const uint8_t wrong[] = {KRV_ROLE_PROVIDER, KRV_ROLE_ADMINISTRATOR | KRV_ROLE_OFFICE};
  for (size_t i = 0; i < sizeof wrong; i++) {
    struct scene s;
    struct krv_request request;
    struct seen seen = {0};
    struct krv_buf body, payload;
    struct krv_intake *intake;
    char words[64];
    scene_init(&s, 20 + i);
    letter_of(&s, &request);
    request.join.terms.roles = wrong[i];
    krv_buf_init(&body, &s.fleet.t.env);
    krv_buf_init(&payload, &s.fleet.t.env);
    krv_invite_terms_encode(&request.join.terms, &body);
    krv_join_encode(&request.join, &body);
    krv_msg_join_encode(&(struct krv_msg_join){false, krv_buf_slice(&body)}, &payload);
    assert_int_equal(krv_intake_begin(s.founder->world, &intake), 0);
    assert_int_equal(
        krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_JOIN, krv_buf_slice(&payload)), 0);
    assert_int_equal(krv_intake_commit(intake), 0);
    assert_int_equal(krv_requests(s.founder->world, see, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.good + seen.simple, 0);
    assert_int_equal(krv_join_words(s.joiner->world, words), 0);
    struct krv_approve_choice choice = {.words = words};
    assert_int_equal(krv_approve(s.founder->world, &choice, NULL, NULL), KRV_NOT_FOUND);
    krv_buf_release(&body);
    krv_buf_release(&payload);
    fleet_release(&s.fleet);
  }
}

/* A joiner who asks for more than the invitation gives stands in nobody's way but his own. */
static void a_request_that_does_not_fit_its_invitation_spoils_no_other(void **state) {
  (void)state;
  struct scene s;
  struct krv_request request;
  struct krv_buf body, payload, code;
  struct krv_intake *intake;
  scene_init(&s, 30);
  letter_of(&s, &request);
  request.join.has_member_pk = false; /* as if it were a further device */
  krv_join_sign(&request.join, &s.joiner->world->member.programme, &s.joiner->world->keys.sign,
                s.joiner->world->member.invitation.secret);
  krv_buf_init(&body, &s.fleet.t.env);
  krv_buf_init(&payload, &s.fleet.t.env);
  krv_invite_terms_encode(&request.join.terms, &body);
  krv_join_encode(&request.join, &body);
  krv_msg_join_encode(&(struct krv_msg_join){false, krv_buf_slice(&body)}, &payload);
  assert_int_equal(krv_intake_begin(s.founder->world, &intake), 0);
  assert_int_equal(
      krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_JOIN, krv_buf_slice(&payload)), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  struct fleet_device *honest = fleet_add(&s.fleet, "Hana");
  krv_buf_init(&code, &s.founder->t.env);
  fleet_invite(s.founder, "worker", "Hana", &code);
  fleet_accept(honest, &code);
  fleet_sync_well(honest);
  fleet_sync_well(s.founder);
  struct krv_approve_choice all = {.all = true};
  assert_int_equal(krv_approve(s.founder->world, &all, NULL, NULL), 0);
  fleet_sync_well(s.founder);
  fleet_sync_well(honest);
  assert_int_equal(krv_world_ready(honest->world), 0);
  assert_int_not_equal(krv_world_ready(s.joiner->world), 0);
  krv_buf_release(&code);
  krv_buf_release(&body);
  krv_buf_release(&payload);
  fleet_release(&s.fleet);
}

static void being_enrolled_twice_in_a_session_is_refused(void **state) {
  (void)state;
  for (uint8_t again = 0; again < 2; again++) {
    struct scene s;
    struct evil_script script;
    scene_init(&s, 5 + again);
    evil_script_init(&script, &s.fleet.t.env);
    evil_add(&script, 0, KRV_MSG_ANSWER);
    krv_msg_enrolled_encode(&(struct krv_msg_enrolled){again, 1},
                            evil_add(&script, 1, KRV_MSG_ENROLLED));
    assert_int_equal(session(&s, &script), KRV_PROTOCOL);
    evil_script_release(&script);
    fleet_release(&s.fleet);
  }
}

static void who_is_let_in_honestly_is_in(void **state) {
  (void)state;
  struct scene s;
  scene_init(&s, 7);
  fleet_sync_well(s.joiner);
  fleet_sync_well(s.founder);
  fleet_approve(s.founder, s.joiner);
  fleet_rounds(&s.fleet, 2);
  assert_int_equal(krv_world_ready(s.joiner->world), 0);
  fleet_release(&s.fleet);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_server_cannot_put_its_own_programme_in_place_of_the_one_invited_to),
      cmocka_unit_test(a_roster_that_is_not_the_one_invited_to_is_a_fork),
      cmocka_unit_test(nobody_is_let_in_below_the_head_that_the_invitation_names),
      cmocka_unit_test(a_server_cannot_give_a_joiner_other_roles),
      cmocka_unit_test(a_request_that_does_not_fit_its_invitation_spoils_no_other),
      cmocka_unit_test(being_enrolled_twice_in_a_session_is_refused),
      cmocka_unit_test(who_is_let_in_honestly_is_in),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
