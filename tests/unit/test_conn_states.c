/* Enrolment, and what every state of a connection must stand: silence, garbage, a cut at any
 * byte, no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "connkit.h"

enum { SPEAK_MS = 30 * 1000, WATCH_MS = 150 * 1000 };

static struct site site;
static krv_device_ix worker;
static struct krv_buf payload;

static int set_up(void **state) {
  (void)state;
  site_init(&site, 7, true);
  worker = krv_kit_admit(&site.kit, KRV_ROLE_WORKER);
  krv_buf_init(&payload, &site.kit.t.env);
  return 0;
}

static int set_up_empty(void **state) {
  (void)state;
  site_init(&site, 8, false);
  krv_buf_init(&payload, &site.kit.t.env);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_buf_release(&payload);
  int64_t before = site.kit.t.live;
  assert_true(before > 0);
  assert_int_equal(krv_live_count(site.service.live), 0);
  assert_int_equal(site.service.early_pool_used, 0);
  assert_int_equal(site.service.out_pool_used, 0);
  site_release(&site);
  assert_int_equal(site.kit.t.live, 0);
  return 0;
}

/* ---- enrolment ---- */

static void say_founding(struct caller *c) {
  krv_buf_reset(&payload);
  krv_fleet_founding(&site.kit.fleet, &payload);
  caller_say(c, KRV_MSG_ROSTER, &payload);
}

static void expect_enrolled(struct caller *c, uint8_t expected) {
  struct krv_message message;
  struct krv_msg_enrolled enrolled;
  assert_true(caller_find(c, KRV_MSG_ENROLLED, &message));
  assert_int_equal(krv_msg_enrolled_decode(message.payload, &enrolled), 0);
  assert_int_equal(enrolled.state, expected);
}

static void test_founding_opens_a_session_and_may_be_repeated_by_its_key_only(void **state) {
  (void)state;
  struct krv_message message;
  struct caller c;
  for (unsigned round = 0; round < 2; round++) {
    caller_enrol(&c, &site, &site.kit.fleet.devices[0].session, NULL, 0);
    say_founding(&c);
    caller_pump(&c);
    expect_enrolled(&c, 1);
    caller_open(&c, 0, NULL, 0);
    caller_pump(&c);
    assert_true(caller_find(&c, KRV_MSG_ANSWER, &message));
    assert_int_equal(krv_conn_device(c.conn), KRV_DEVICE_FOUNDER);
    caller_close(&c);
  }
  struct krv_dh_pair thief;
  krv_dh_pair_random(&site.kit.t.env, &thief);
  caller_enrol(&c, &site, &thief, NULL, 0);
  say_founding(&c);
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_DENIED));
  assert_int_equal(krv_roster_count(site.service.roster), 1);
  caller_close(&c);
}

/* A joiner: keys, the statement that lets it in, and its terms. */
struct joiner {
  struct krv_fleet_device *device;
  struct krv_statement statement;
  struct krv_invite_terms terms;
};

static void make_joiner(struct joiner *j) {
  j->device = krv_fleet_prepare(&site.kit.fleet, KRV_ROLE_WORKER, &j->statement);
  j->terms = (struct krv_invite_terms){.inviter = KRV_DEVICE_FOUNDER, .roles = KRV_ROLE_WORKER,
                                       .expires_s = (uint32_t)site.kit.t.wall_s + 86400};
  memcpy(j->terms.id, j->statement.invite, sizeof j->terms.id);
}

static void say_join(struct caller *c, const struct joiner *j) {
  struct krv_join join = {.terms = j->terms, .keys = j->statement.keys,
                          .member_pk = j->statement.member_pk, .has_member_pk = true};
  struct krv_buf both;
  krv_join_sign(&join, krv_roster_programme(site.kit.fleet.roster), &j->device->sign,
                j->device->secret);
  krv_buf_init(&both, &site.kit.t.env);
  krv_invite_terms_encode(&j->terms, &both);
  krv_join_encode(&join, &both);
  krv_buf_reset(&payload);
  krv_msg_join_encode(&(struct krv_msg_join){false, krv_buf_slice(&both)}, &payload);
  caller_say(c, KRV_MSG_JOIN, &payload);
  krv_buf_release(&both);
}

static void test_a_joiner_waits_hears_of_its_admission_live_and_goes_on(void **state) {
  (void)state;
  struct joiner j;
  struct caller c;
  struct krv_message message;
  make_joiner(&j);
  caller_enrol(&c, &site, &j.device->session, &j.terms, KRV_DEVICE_FOUNDER);
  say_join(&c, &j);
  caller_say(&c, KRV_MSG_WATCH, NULL);
  caller_pump(&c);
  expect_enrolled(&c, 0);
  struct krv_statement statements[2] = {
      j.statement,
      {.kind = KRV_STATEMENT_ADMIT, .group = KRV_GROUP_EVERYONE, .device = j.device->ix}};
  assert_int_equal(krv_fleet_state(&site.kit.fleet, KRV_DEVICE_FOUNDER, statements, 2), 0);
  krv_device_ix ix = krv_fleet_keep(&site.kit.fleet);
  assert_int_equal(krv_batch_roster(site.service.batch,
                                    krv_roster_entry(site.kit.fleet.roster,
                                                     krv_roster_height(site.kit.fleet.roster))), 0);
  caller_pump(&c);
  expect_enrolled(&c, 1);
  caller_open(&c, 0, NULL, 0);
  caller_pump(&c);
  assert_true(caller_find(&c, KRV_MSG_ANSWER, &message));
  assert_int_equal(krv_conn_device(c.conn), ix);
  caller_close(&c);
}

static void test_the_office_gets_the_request(void **state) {
  (void)state;
  struct joiner j;
  struct caller c, office;
  struct krv_message message;
  make_joiner(&j);
  caller_enrol(&c, &site, &j.device->session, &j.terms, KRV_DEVICE_FOUNDER);
  say_join(&c, &j);
  caller_pump(&c);
  caller_close(&c);
  caller_xk_open(&office, &site, KRV_DEVICE_FOUNDER);
  caller_pump(&office);
  assert_true(caller_find(&office, KRV_MSG_JOIN, &message));
  caller_close(&office);
}

static void try_join(const struct joiner *j, const struct krv_dh_pair *session, struct caller *c) {
  caller_enrol(c, &site, session, &j->terms, j->terms.inviter);
  say_join(c, j);
  caller_pump(c);
}

static void test_an_invitation_is_refused_in_clear_words(void **state) {
  (void)state;
  struct joiner j;
  struct caller c;
  make_joiner(&j);
  struct joiner late = j;
  late.terms.expires_s = (uint32_t)site.kit.t.wall_s - 1;
  try_join(&late, &j.device->session, &c);
  assert_true(caller_refused(&c, KRV_INVITE_EXPIRED));
  caller_close(&c);
  struct joiner bold = j;
  bold.terms.inviter = worker;
  bold.terms.roles = KRV_ROLE_ADMINISTRATOR;
  try_join(&bold, &j.device->session, &c);
  assert_true(caller_refused(&c, KRV_DENIED));
  caller_close(&c);
  struct krv_dh_pair other;
  krv_dh_pair_random(&site.kit.t.env, &other);
  try_join(&j, &other, &c); /* the request brings another session key than the handshake */
  assert_true(caller_refused(&c, KRV_DENIED));
  caller_close(&c);
}

static void test_a_bound_invitation_outlives_its_time_for_its_key_only(void **state) {
  (void)state;
  struct joiner j, second;
  struct caller c;
  make_joiner(&j);
  try_join(&j, &j.device->session, &c);
  expect_enrolled(&c, 0);
  caller_close(&c);
  site.kit.t.wall_s += 2 * 86400;
  try_join(&j, &j.device->session, &c);
  expect_enrolled(&c, 0);
  caller_close(&c);
  second = j;
  struct krv_fleet_device thief = *j.device;
  krv_dh_pair_random(&site.kit.t.env, &thief.session);
  second.device = &thief;
  second.statement.keys.session_pk = thief.session.pk;
  try_join(&second, &thief.session, &c);
  assert_true(caller_refused(&c, KRV_INVITE_USED));
  caller_close(&c);
}

/* ---- sweeps ---- */

enum place { IN_START, IN_XK, IN_OPENING, IN_SERVE, IN_WATCH, IN_JOINING, IN_PENDING, PLACES };

/* A caller brought to a place. */
static void bring(struct caller *c, enum place place, struct joiner *j) {
  if (place < IN_JOINING) {
    caller_xk(c, &site, worker);
    if (place == IN_SERVE || place == IN_WATCH) caller_open(c, 0, NULL, 0);
    if (place == IN_WATCH) caller_say(c, KRV_MSG_WATCH, NULL);
    if (place == IN_XK) caller_up(c);
    else if (place != IN_START) caller_pump(c);
    return;
  }
  make_joiner(j);
  caller_enrol(c, &site, &j->device->session, &j->terms, KRV_DEVICE_FOUNDER);
  if (place == IN_PENDING) say_join(c, j);
  caller_pump(c);
}

static void test_every_state_has_a_deadline(void **state) {
  (void)state;
  static const uint64_t longest_ms[PLACES] = {
      [IN_START] = 10000,    [IN_XK] = 10000,        [IN_OPENING] = SPEAK_MS,
      [IN_SERVE] = SPEAK_MS, [IN_WATCH] = WATCH_MS, [IN_JOINING] = SPEAK_MS,
      [IN_PENDING] = SPEAK_MS};
  for (enum place place = 0; place < PLACES; place++) {
    struct caller c;
    struct joiner j;
    bring(&c, place, &j);
    uint64_t now = site.kit.t.mono_ms, deadline = krv_conn_deadline_ms(c.conn);
    assert_in_range(deadline, now + 1, now + longest_ms[place] + 2000);
    assert_int_equal(krv_conn_timeout(c.conn, deadline - 1), 0);
    assert_false(krv_conn_done(c.conn));
    assert_int_equal(krv_conn_timeout(c.conn, deadline), KRV_TIMEOUT);
    assert_true(krv_conn_done(c.conn));
    assert_int_equal(krv_conn_deadline_ms(c.conn), UINT64_MAX);
    caller_close(&c);
  }
}

static void test_garbage_ends_every_state(void **state) {
  (void)state;
  for (enum place place = 0; place < PLACES; place++) {
    for (unsigned round = 0; round < 50; round++) {
      struct caller c;
      struct joiner j;
      uint8_t garbage[300];
      bring(&c, place, &j);
      site.kit.t.env.random(&site.kit.t, garbage, sizeof garbage);
      int status = krv_conn_feed(c.conn, krv_slice(garbage, sizeof garbage));
      assert_true(status < 0 || !krv_conn_done(c.conn)); /* else a frame that is still arriving */
      caller_close(&c);
    }
  }
}

static void test_wrong_messages_are_refused_in_every_state(void **state) {
  (void)state;
  for (enum place place = IN_OPENING; place < PLACES; place++) {
    for (unsigned kind = 0; kind < 40; kind++) {
      struct caller c;
      struct joiner j;
      bring(&c, place, &j);
      krv_buf_reset(&payload);
      krv_buf_append(&payload, "garbage", kind % 2 ? 7 : 0);
      caller_say(&c, (enum krv_message_kind)kind, &payload);
      caller_say(&c, (enum krv_message_kind)kind, &payload);
      caller_pump(&c);
      assert_true(krv_conn_deadline_ms(c.conn) > 0);
      caller_close(&c);
    }
  }
}

static void test_one_byte_at_a_time_says_the_same(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct caller c;
  caller_xk_open(&c, &site, worker);
  c.chunk = 1;
  caller_case(&c, worker, &kase);
  caller_say(&c, KRV_MSG_BYE, NULL);
  caller_pump(&c);
  struct krv_message message;
  uint32_t accepted = caller_ack(&c, true).accepted;
  while (caller_next(&c, &message))
    if (message.kind == KRV_MSG_ACK) accepted = 3;
  assert_int_equal(accepted, 3);
  assert_true(krv_conn_done(c.conn));
  caller_close(&c);
}

/* What a session was told that is in, is in: cut at every byte of the way up. */
static void test_cut_at_every_byte_nothing_acknowledged_is_lost(void **state) {
  (void)state;
  uint64_t length = 1;
  bool acknowledged = false;
  for (uint64_t cut = 0; cut <= length; cut++) {
    struct krv_kit_case kase;
    struct caller c;
    struct krv_ticket ticket = site_ticket(&site, worker);
    uint8_t chain[KRV_CHAIN_LEN];
    uint64_t before = site_head(&site, chain);
    caller_ticket(&c, &site, &ticket);
    caller_open(&c, 0, NULL, 0);
    c.cut_up = cut;
    caller_case(&c, worker, &kase);
    caller_pump(&c);
    struct krv_message message;
    acknowledged = caller_find(&c, KRV_MSG_ANSWER, &message);
    assert_int_equal(site_head(&site, chain) - before, acknowledged ? 3 : 0);
    length = c.up;
    caller_close(&c);
  }
  assert_in_range(length, 300, 2000);
  assert_true(acknowledged); /* the last was whole */
}

/* The k-th allocation fails, for every k: no crash, no leak, and an answer only for what is in. */
static void test_memory_that_runs_out_anywhere_ends_cleanly(void **state) {
  (void)state;
  bool failed = true;
  for (uint64_t k = 1; failed; k++) {
    struct krv_kit_case kase;
    struct krv_channel_options options = {.env = &site.kit.t.env, .initiator = true};
    struct caller c = {.site = &site, .cut_up = UINT64_MAX};
    options.s = &site.kit.fleet.devices[worker].session;
    options.server_pk = &site.kit.fleet.server.pk;
    assert_int_equal(krv_channel_new(&options, &c.channel), 0);
    assert_int_equal(krv_conn_new(&site.service, k, &c.conn), 0);
    caller_open(&c, 0, NULL, 0);
    caller_up(&c);
    caller_case(&c, worker, &kase);
    site.kit.t.fail_at = site.kit.t.allocations + k;
    caller_pump(&c);
    failed = site.kit.t.fail_at <= site.kit.t.allocations;
    site.kit.t.fail_at = 0;
    site_turn(&site);
    caller_close(&c);
  }
}

/* ---- readers that do not read ---- */

enum { OFFICES = 32, SLOW = 2 * OFFICES, LINE = 1200 };

/* A case of so many commits, which every office device may read. */
static void make_line(void) {
  struct krv_kit_case kase;
  krv_kit_case(&site.kit, worker, &kase);
  struct krv_id prev = kase.genesis;
  for (uint64_t n = 2; n < 2 + LINE; n++) {
    struct krv_kit_commit commit = {
        .author = worker, .own = true, .n = n, .prev = prev, .prev_len = 4};
    krv_kit_commit(&site.kit, &kase, &commit, &payload, &prev);
    assert_int_equal(krv_kit_push(&site.kit, worker, KRV_MSG_COMMIT, &payload, NULL), 0);
  }
  site_turn(&site);
}

/* It hears the handshake's answer, says OPEN, and takes no byte more. */
static size_t open_and_stop(struct caller *c, krv_device_ix device) {
  caller_xk_open(c, &site, device);
  caller_up(c);
  assert_int_equal(krv_channel_feed(c->channel, krv_buf_slice(krv_conn_out(c->conn))), 0);
  krv_buf_reset(krv_conn_out(c->conn));
  (void)krv_conn_drained(c->conn);
  caller_up(c);
  site_turn(&site);
  return krv_conn_out(c->conn)->len;
}

static void test_slow_readers_share_what_may_wait(void **state) {
  (void)state;
  static struct caller callers[SLOW];
  krv_device_ix offices[OFFICES];
  size_t waits = 0;
  for (size_t i = 0; i < OFFICES; i++) offices[i] = krv_kit_admit(&site.kit, KRV_ROLE_OFFICE);
  make_line();
  for (size_t i = 0; i < SLOW; i++) waits += open_and_stop(&callers[i], offices[i / 2]);
  assert_true(waits > KRV_OUT_POOL_SIZE / 2);
  assert_in_range(waits, 1, KRV_OUT_POOL_SIZE + SLOW * (KRV_CONN_OUT_LOW + 2048));
  assert_int_equal(site.service.out_pool_used, waits);
  for (size_t i = 0; i < SLOW; i++) { /* who reads on gets all of it */
    struct krv_message message;
    size_t commits = 0;
    caller_pump(&callers[i]);
    while (caller_find(&callers[i], KRV_MSG_COMMIT, &message)) commits++;
    assert_int_equal(commits, LINE);
    caller_close(&callers[i]);
  }
  assert_int_equal(site.service.out_pool_used, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          test_founding_opens_a_session_and_may_be_repeated_by_its_key_only, set_up_empty,
          tear_down),
      CASE(test_a_joiner_waits_hears_of_its_admission_live_and_goes_on),
      CASE(test_the_office_gets_the_request),
      CASE(test_an_invitation_is_refused_in_clear_words),
      CASE(test_a_bound_invitation_outlives_its_time_for_its_key_only),
      CASE(test_every_state_has_a_deadline),
      CASE(test_garbage_ends_every_state),
      CASE(test_wrong_messages_are_refused_in_every_state),
      CASE(test_one_byte_at_a_time_says_the_same),
      CASE(test_cut_at_every_byte_nothing_acknowledged_is_lost),
      CASE(test_memory_that_runs_out_anywhere_ends_cleanly),
      CASE(test_slow_readers_share_what_may_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
