/* I6, I7: what a malicious server says without end or for show: nothing of it grows a vault beyond
 * a bound, raises a false alarm, or is believed a second time. */
#include "approve.h"
#include "evil.h"
#include "mock.h"

struct scene {
  struct fleet fleet;
  struct fleet_device *office, *victim;
  struct krv_id kase;
};

static void scene_init(struct scene *s, uint64_t seed) {
  memset(s, 0, sizeof *s);
  fleet_init(&s->fleet, seed, false);
  s->office = fleet_found(&s->fleet, "Olga");
  s->victim = fleet_join(&s->fleet, "office", "Vera");
  s->kase = fleet_case(s->victim, "prs_FirstName", "Maya");
  fleet_rounds(&s->fleet, 2);
}

static int say(struct scene *s, struct evil_script *script) {
  struct evil_options options = {.script = script};
  struct krv_msg_cursor cursor = {.chain8 = {1}};
  evil_add(script, script->count, KRV_MSG_ANSWER);
  krv_msg_cursor_encode(&cursor, evil_add(script, script->count, KRV_MSG_CURSOR));
  int status = evil_session(s->victim, &options);
  evil_script_release(script);
  return status;
}

static uint32_t rows(struct scene *s, enum krv_vault_table table) {
  struct krv_buf row;
  int64_t lid = 0;
  uint32_t count = 0;
  krv_buf_init(&row, s->victim->world->env);
  while (krv_vault_row_next(s->victim->world->vault, table, lid, &lid, &row) == 0) {
    krv_buf_reset(&row);
    count++;
  }
  krv_buf_release(&row);
  return count;
}

static void ask_to_join(struct evil_script *script, const struct krv_invite_terms *terms,
                        bool honest, const uint8_t secret[KRV_INVITE_SECRET_LEN],
                        struct krv_world *of, bool contested) {
  struct krv_join join = {.terms = *terms, .has_member_pk = true};
  struct krv_own_keys keys;
  struct krv_buf body;
  krv_own_keys_random(script->env, &keys);
  krv_own_keys_public(&keys, &join.keys);
  join.member_pk = keys.member.pk;
  krv_join_sign(&join, &of->member.programme, &keys.sign, secret);
  if (!honest) join.signature[5] ^= 1;
  krv_buf_init(&body, script->env);
  krv_invite_terms_encode(&join.terms, &body);
  krv_join_encode(&join, &body);
  krv_msg_join_encode(&(struct krv_msg_join){contested, krv_buf_slice(&body)},
                      evil_add(script, script->count, KRV_MSG_JOIN));
  krv_buf_release(&body);
}

static void requests_that_nobody_signed_are_not_kept(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  struct krv_invite_terms terms = {.roles = KRV_ROLE_WORKER};
  uint8_t secret[KRV_INVITE_SECRET_LEN] = {0};
  scene_init(&s, 1);
  uint32_t before = rows(&s, KRV_TABLE_JOINS);
  evil_script_init(&script, &s.fleet.t.env);
  for (int i = 0; i < 20; i++) ask_to_join(&script, &terms, false, secret, s.office->world, false);
  assert_int_equal(say(&s, &script), 0);
  assert_int_equal(rows(&s, KRV_TABLE_JOINS), before);
  fleet_release(&s.fleet);
}

static void requests_are_kept_up_to_a_bound(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  struct krv_invite_terms terms = {.roles = KRV_ROLE_WORKER};
  uint8_t secret[KRV_INVITE_SECRET_LEN] = {0};
  scene_init(&s, 2);
  evil_script_init(&script, &s.fleet.t.env);
  for (uint32_t i = 0; i < KRV_REQUESTS_MAX + 10; i++) {
    memcpy(terms.id, &i, sizeof i);
    ask_to_join(&script, &terms, true, secret, s.office->world, false);
  }
  assert_int_equal(say(&s, &script), 0); /* it stops nobody, and is told */
  assert_int_equal(rows(&s, KRV_TABLE_JOINS), KRV_REQUESTS_OF_ONE_MAX);
  assert_int_equal(fleet_alarms(s.victim, KRV_ALARM_PASSED_OVER),
                   KRV_REQUESTS_MAX + 10 - KRV_REQUESTS_OF_ONE_MAX);
  fleet_sync_well(s.victim); /* an honest server goes on with it */
  fleet_release(&s.fleet);
}

static void few_documents_are_kept_that_the_roster_does_not_name(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  scene_init(&s, 3);
  evil_script_init(&script, &s.fleet.t.env);
  for (uint8_t i = 0; i < 100; i++) {
    struct krv_buf *doc = evil_add(&script, script.count, KRV_MSG_DOC);
    for (int b = 0; b < 64; b++) krv_buf_u8(doc, i);
  }
  assert_int_equal(say(&s, &script), 0);
  assert_int_equal(rows(&s, KRV_TABLE_DOCS), KRV_DOCUMENTS_MAX);
  fleet_release(&s.fleet);
}

/* R2: the alarm "a copy is in use" needs this device's own signature. */
static void a_commit_that_this_device_did_not_sign_raises_no_alarm(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  uint8_t noise[144] = {7};
  scene_init(&s, 4);
  evil_script_init(&script, &s.fleet.t.env);
  struct krv_msg_commit msg = {.device = s.victim->world->member.device,
                               .kase = s.kase,
                               .n = 2,
                               .prev_len = 16,
                               .suite = 1,
                               .kind = 1,
                               .ciphertext = krv_slice(noise, sizeof noise)};
  krv_msg_commit_encode(&msg, evil_add(&script, 0, KRV_MSG_COMMIT));
  (void)say(&s, &script);
  assert_int_equal(fleet_alarms(s.victim, KRV_ALARM_COPY_IN_USE), 0);
  fleet_release(&s.fleet);
}

/* The key of epoch 0 is the genesis's own: what it does not open, it never will. */
static void commits_that_can_never_open_are_kept_up_to_a_bound(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  uint8_t noise[144] = {7};
  int status = 0;
  scene_init(&s, 5);
  for (uint32_t round = 0; round < 20 && status == 0; round++) {
    evil_script_init(&script, &s.fleet.t.env);
    for (uint32_t i = 0; i < 256; i++) {
      struct krv_msg_commit msg = {.device = 0,
                                   .kase = s.kase,
                                   .n = 1,
                                   .suite = 1,
                                   .kind = 1,
                                   .ciphertext = krv_slice(noise, sizeof noise)};
      memcpy(noise, &i, sizeof i);
      memcpy(noise + 4, &round, sizeof round);
      krv_msg_commit_encode(&msg, evil_add(&script, script.count, KRV_MSG_COMMIT));
    }
    status = say(&s, &script);
  }
  assert_int_equal(status, 0);
  assert_int_equal(fleet_card(s.victim, &s.kase)->held, KRV_CASE_UNOPENED_MAX); /* shown */
  assert_int_equal(fleet_alarms(s.victim, KRV_ALARM_PASSED_OVER), 20 * 256 - KRV_CASE_UNOPENED_MAX);
  assert_int_equal(fleet_note(s.victim, &s.kase, "written all the same"), 0);
  fleet_release(&s.fleet);
}

/* NEED_PREV for what went whole already is a refusal, not a circle. */
static void a_server_that_always_wants_the_whole_commit_gets_it_once(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  struct krv_ack_exception all[64];
  scene_init(&s, 6);
  for (int i = 0; i < 4; i++) assert_int_equal(fleet_note(s.victim, &s.kase, "more"), 0);
  evil_script_init(&script, &s.fleet.t.env);
  struct krv_msg_ack ack = {.exceptions = all};
  for (uint32_t round = 0; round < 40; round++) {
    ack.accepted = ack.exception_count = 4;
    for (uint32_t i = 0; i < 4; i++) all[i] = (struct krv_ack_exception){i, KRV_NEED_PREV};
    krv_msg_ack_encode(&ack, round == 0,
                       evil_add(&script, script.count, round == 0 ? KRV_MSG_ANSWER : KRV_MSG_ACK));
  }
  struct evil_options options = {.script = &script};
  (void)evil_session(s.victim, &options);
  assert_true(options.heard < 20);
  evil_script_release(&script);
  fleet_sync_well(s.victim); /* an honest server gets it all */
  fleet_sync_well(s.office);
  assert_true(fleet_same(s.victim, s.office, &s.kase));
  fleet_release(&s.fleet);
}

/* The commit at n of a device, in what the server says; the others' prevs are cut to 4 bytes. */
static size_t shorten_and_find(struct evil_script *script, krv_device_ix device, uint64_t n) {
  size_t found = script->count;
  for (size_t i = 0, at; (at = evil_find(script, KRV_MSG_COMMIT, i)) < script->count; i++) {
    struct krv_buf *line = &script->lines[at].payload, copy;
    struct krv_msg_commit msg;
    krv_buf_init(&copy, script->env);
    krv_buf_put(&copy, krv_buf_slice(line));
    assert_int_equal(krv_msg_commit_decode(krv_buf_slice(&copy), &msg), 0);
    if (msg.prev_len == KRV_ID_LEN) msg.prev_len = 4;
    krv_buf_reset(line);
    krv_msg_commit_encode(&msg, line);
    krv_buf_release(&copy);
    if (msg.device == device && msg.n == n) found = at;
  }
  return found;
}

/* R5, R19: the session ends, without passing what it lacks; the next one asks again. */
static void a_server_that_lacks_what_it_showed_keeps_nobody_waiting(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  scene_init(&s, 19);
  for (int i = 0; i < 3; i++) assert_int_equal(fleet_note(s.office, &s.kase, "news"), 0);
  evil_script_init(&script, &s.fleet.t.env);
  evil_truth(s.office, s.victim->world->member.device, &script);
  size_t first = shorten_and_find(&script, s.office->world->member.device, 1);
  assert_true(first < script.count);
  evil_drop(&script, first);
  struct evil_options options = {.script = &script, .pongs = true};
  assert_int_equal(evil_session(s.victim, &options), 0);
  assert_int_equal(options.wants, 2);
  assert_true(s.victim->world->standing.cursor == 0);
  evil_script_release(&script);
  fleet_sync_well(s.office);
  fleet_sync_well(s.victim);
  assert_true(fleet_same(s.victim, s.office, &s.kase));
  fleet_release(&s.fleet);
}

/* R36: of devices that there are, one row each; of others none, and the session ends. */
static void notices_without_end_are_one_alarm_a_device(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  scene_init(&s, 36);
  evil_script_init(&script, &s.fleet.t.env);
  for (uint32_t i = 0; i < 500; i++) {
    struct krv_msg_notice notice = {i % 2, i % 5 == 0 ? KRV_DENIED : KRV_QUOTA, i * i * 20000};
    krv_msg_notice_encode(&notice, evil_add(&script, script.count, KRV_MSG_NOTICE));
  }
  assert_int_equal(say(&s, &script), 0);
  assert_int_equal(rows(&s, KRV_TABLE_ALARMS), 2);
  evil_script_init(&script, &s.fleet.t.env);
  krv_msg_notice_encode(&(struct krv_msg_notice){99, KRV_QUOTA, 20000},
                        evil_add(&script, 0, KRV_MSG_NOTICE));
  assert_int_equal(say(&s, &script), KRV_UNKNOWN_DEVICE);
  assert_int_equal(rows(&s, KRV_TABLE_ALARMS), 2);
  fleet_release(&s.fleet);
}

/* One ACK may ask for all of them: they wait on the disk, not in memory. */
static void commits_wanted_whole_do_not_pile_up(void **state) {
  (void)state;
  enum { COMMITS = 60, TEXT = 20000 };
  struct scene s;
  struct evil_script script;
  struct krv_ack_exception all[COMMITS];
  char text[TEXT + 1];
  scene_init(&s, 8);
  for (int i = 0; i < COMMITS; i++) {
    for (int c = 0; c < TEXT; c++)
      text[c] = (char)('!' + krv_testenv_below(&s.victim->t, 90)); /* nothing to compress */
    text[TEXT] = 0;
    assert_int_equal(fleet_note(s.victim, &s.kase, text), 0);
  }
  evil_script_init(&script, &s.fleet.t.env);
  struct krv_msg_ack ack = {.accepted = COMMITS, .exceptions = all, .exception_count = COMMITS};
  for (uint32_t i = 0; i < COMMITS; i++) all[i] = (struct krv_ack_exception){i, KRV_NEED_PREV};
  krv_msg_ack_encode(&ack, true, evil_add(&script, 0, KRV_MSG_ANSWER));
  struct evil_options options = {.script = &script};
  (void)evil_session(s.victim, &options);
  assert_true(options.heard > 2 * COMMITS); /* each went twice */
  assert_in_range(options.queue_max, 1, 300 * 1024);
  evil_script_release(&script);
  fleet_release(&s.fleet);
}

struct looked {
  uint32_t count, contested, simple;
};

static int look(void *ctx, const struct krv_request *request) {
  struct looked *l = ctx;
  l->count++;
  l->contested += request->contested;
  l->simple += krv_request_simple(request) == 0;
  return 0;
}

/* R13: two keys with one invitation. What the server says of it does not count: the vault has
 * both. */
static void two_keys_with_one_invitation_are_left_out_whatever_the_server_says(void **state) {
  (void)state;
  struct scene s;
  struct evil_script script;
  struct krv_buf code;
  struct krv_invitation invitation;
  struct looked l = {0};
  scene_init(&s, 7);
  krv_buf_init(&code, &s.fleet.t.env);
  s.victim = s.office; /* the inviter is told */
  fleet_invite(s.office, "worker", "Wim", &code);
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&code), &invitation), 0);
  evil_script_init(&script, &s.fleet.t.env);
  ask_to_join(&script, &invitation.terms, true, invitation.secret, s.office->world, false);
  assert_int_equal(say(&s, &script), 0);
  assert_int_equal(krv_requests(s.office->world, look, &l), 0);
  assert_int_equal(l.simple, 1);
  evil_script_init(&script, &s.fleet.t.env);
  ask_to_join(&script, &invitation.terms, true, invitation.secret, s.office->world, false);
  assert_int_equal(say(&s, &script), 0);
  memset(&l, 0, sizeof l);
  assert_int_equal(krv_requests(s.office->world, look, &l), 0);
  assert_int_equal(l.count, 2);
  assert_int_equal(l.contested, 2);
  assert_int_equal(l.simple, 0);
  krv_buf_release(&code);
  fleet_release(&s.fleet);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_that_nobody_signed_are_not_kept),
      cmocka_unit_test(requests_are_kept_up_to_a_bound),
      cmocka_unit_test(few_documents_are_kept_that_the_roster_does_not_name),
      cmocka_unit_test(a_commit_that_this_device_did_not_sign_raises_no_alarm),
      cmocka_unit_test(commits_that_can_never_open_are_kept_up_to_a_bound),
      cmocka_unit_test(a_server_that_always_wants_the_whole_commit_gets_it_once),
      cmocka_unit_test(a_server_that_lacks_what_it_showed_keeps_nobody_waiting),
      cmocka_unit_test(notices_without_end_are_one_alarm_a_device),
      cmocka_unit_test(commits_wanted_whole_do_not_pile_up),
      cmocka_unit_test(two_keys_with_one_invitation_are_left_out_whatever_the_server_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
