/* Whole sessions in memory, in virtual time: push, pull, restart, live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connkit.h"

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

static int tear_down(void **state) {
  (void)state;
  krv_buf_release(&payload);
  int64_t before = site.kit.t.live;
  assert_true(before > 0);
  assert_int_equal(krv_live_count(site.service.live), 0);
  assert_int_equal(site.service.early_pool_used, 0);
  site_release(&site);
  assert_int_equal(site.kit.t.live, 0);
  return 0;
}

static void say_commit(struct caller *c, const struct krv_kit_case *kase, krv_device_ix author,
                       uint64_t n, struct krv_id *prev) {
  struct krv_kit_commit commit = {.author = author, .own = true, .n = n, .prev = *prev,
                                  .prev_len = 4};
  krv_buf_reset(&payload);
  krv_kit_commit(&site.kit, kase, &commit, &payload, prev);
  caller_say(c, KRV_MSG_COMMIT, &payload);
}

/* ---- push, pull ---- */

static void test_a_push_is_answered_only_after_the_commit(void **state) {
  (void)state;
  struct krv_ticket ticket = site_ticket(&site, worker);
  struct krv_kit_case kase;
  struct caller c;
  caller_ticket(&c, &site, &ticket);
  caller_open(&c, 0, NULL, 0);
  caller_case(&c, worker, &kase);
  caller_up(&c);
  assert_int_equal(krv_conn_out(c.conn)->len, 0);
  caller_pump(&c);
  struct krv_msg_ack ack = caller_ack(&c, true);
  assert_int_equal(ack.accepted, 3);
  assert_int_equal(ack.exception_count, 0);
  struct krv_message message;
  assert_true(caller_next(&c, &message));
  assert_int_equal(message.kind, KRV_MSG_CURSOR);
  assert_false(caller_next(&c, &message));
  caller_close(&c);
}

static void test_a_ticket_session_is_one_round_trip_of_few_bytes(void **state) {
  (void)state;
  struct krv_kit_case kase;
  krv_kit_case(&site.kit, worker, &kase);
  struct krv_ticket ticket = site_ticket(&site, worker);
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t seq = site_head(&site, chain);
  struct caller c;
  struct krv_id prev = kase.genesis;
  caller_ticket(&c, &site, &ticket);
  caller_open(&c, seq, chain, seq);
  say_commit(&c, &kase, worker, 2, &prev);
  caller_say(&c, KRV_MSG_BYE, NULL);
  caller_pump(&c);
  assert_int_equal(caller_ack(&c, true).exception_count, 0);
  assert_true(krv_conn_done(c.conn));
  assert_in_range(c.up, 1, 283); /* docs/protocol.md 9: 281, and BYE 2 */
  assert_in_range(c.down, 1, 68);
  caller_close(&c);
}

static void test_the_office_pulls_what_a_worker_pushed_but_not_its_own(void **state) {
  (void)state;
  struct krv_kit_case kase;
  krv_kit_case(&site.kit, worker, &kase);
  struct caller office, own;
  struct krv_message message;
  caller_xk_open(&office, &site, KRV_DEVICE_FOUNDER);
  caller_pump(&office);
  assert_true(caller_find(&office, KRV_MSG_ANSWER, &message));
  assert_true(caller_find(&office, KRV_MSG_GENESIS, &message));
  assert_true(caller_find(&office, KRV_MSG_CURSOR, &message));
  caller_close(&office);
  caller_xk_open(&own, &site, worker);
  caller_case(&own, worker, &kase);
  caller_pump(&own);
  unsigned geneses = 0;
  while (caller_next(&own, &message)) geneses += message.kind == KRV_MSG_GENESIS;
  assert_int_equal(geneses, 1); /* the earlier session's, not this one's */
  caller_close(&own);
}

static void test_refused_items_are_named_and_the_rest_counts(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct caller c;
  struct krv_id nothing = {{9}};
  caller_xk_open(&c, &site, worker);
  caller_case(&c, worker, &kase);
  say_commit(&c, &kase, worker, 7, &nothing); /* no prev that fits */
  krv_buf_reset(&payload);
  krv_buf_u8(&payload, 0xff);
  caller_say(&c, KRV_MSG_GRANT, &payload);
  caller_pump(&c);
  struct krv_msg_ack ack = caller_ack(&c, true);
  if (ack.accepted < 5) { /* XK3 holds 960 bytes: the rest came in DATA */
    assert_int_equal(ack.exception_count, 0);
    ack = caller_ack(&c, false);
  }
  assert_int_equal(ack.exception_count, 2);
  assert_int_equal(ack.exceptions[0].status, KRV_NEED_PREV);
  assert_int_equal(ack.exceptions[1].status, KRV_MALFORMED);
  caller_close(&c);
}

static void test_a_lost_batch_is_not_acknowledged(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct krv_message message;
  struct caller c, watcher;
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t before = site_head(&site, chain);
  caller_xk_open(&watcher, &site, KRV_DEVICE_FOUNDER);
  caller_say(&watcher, KRV_MSG_WATCH, NULL);
  caller_pump(&watcher);
  site.lose = KRV_FULL;
  caller_xk_open(&c, &site, worker);
  caller_case(&c, worker, &kase);
  caller_pump(&c);
  assert_true(krv_conn_done(c.conn));
  while (caller_next(&c, &message)) /* whatever came before the items */
    if (message.kind == KRV_MSG_ACK) fail();
  assert_false(krv_conn_done(watcher.conn));
  assert_in_range(site.logged[KRV_LOG_STORE_FAILED], 1, 2);
  site.lose = 0;
  assert_int_equal(site_head(&site, chain), before);
  caller_close(&c);
  caller_close(&watcher);
}

/* ---- restart ---- */

static void test_an_unknown_head_restarts_from_zero(void **state) {
  (void)state;
  struct krv_kit_case kase;
  krv_kit_case(&site.kit, worker, &kase);
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t seq = site_head(&site, chain);
  for (unsigned round = 0; round < 2; round++) {
    struct caller c;
    struct krv_message message;
    caller_xk(&c, &site, worker);
    chain[0] ^= 1;
    caller_open(&c, round == 0 ? seq : seq + 5, chain, seq);
    chain[0] ^= 1;
    caller_pump(&c);
    assert_true(caller_next(&c, &message));
    assert_int_equal(message.kind, KRV_MSG_RESTART);
    assert_true(caller_find(&c, KRV_MSG_ANSWER, &message));
    assert_true(caller_find(&c, KRV_MSG_GENESIS, &message));
    struct krv_msg_cursor cursor;
    assert_true(caller_find(&c, KRV_MSG_CURSOR, &message));
    assert_int_equal(krv_msg_cursor_decode(message.payload, &cursor), 0);
    assert_int_equal(cursor.advance, seq);
    caller_close(&c);
  }
}

static void test_a_roster_that_the_server_lacks_restarts_and_is_taken(void **state) {
  (void)state;
  krv_device_ix next = krv_fleet_admit(&site.kit.fleet, KRV_ROLE_WORKER); /* not at the server */
  struct krv_msg_open open = {.version = KRV_PROTOCOL_VERSION,
                              .roster_count = krv_roster_count(site.kit.fleet.roster)};
  memcpy(open.roster_head8, krv_roster_hash(site.kit.fleet.roster, open.roster_count - 1), 8);
  struct caller c;
  struct krv_message message;
  caller_xk(&c, &site, KRV_DEVICE_FOUNDER);
  krv_buf_reset(&payload);
  krv_msg_open_encode(&open, &payload);
  caller_say(&c, KRV_MSG_OPEN, &payload);
  krv_buf_reset(&payload);
  krv_buf_put(&payload, krv_roster_entry(site.kit.fleet.roster, open.roster_count - 1));
  caller_say(&c, KRV_MSG_ROSTER, &payload);
  caller_pump(&c);
  assert_true(caller_next(&c, &message));
  assert_int_equal(message.kind, KRV_MSG_RESTART);
  while (caller_next(&c, &message)) /* no echo */
    assert_int_not_equal(message.kind, KRV_MSG_ROSTER);
  assert_non_null(krv_roster_device(site.service.roster, next));
  caller_close(&c);
}

static void test_missing_roster_entries_come_before_the_answer(void **state) {
  (void)state;
  struct krv_msg_open open = {.version = KRV_PROTOCOL_VERSION, .roster_count = 1};
  memcpy(open.roster_head8, krv_roster_hash(site.service.roster, 0), 8);
  struct caller c;
  struct krv_message message;
  caller_xk(&c, &site, worker);
  krv_buf_reset(&payload);
  krv_msg_open_encode(&open, &payload);
  caller_say(&c, KRV_MSG_OPEN, &payload);
  caller_pump(&c);
  assert_true(caller_next(&c, &message));
  assert_int_equal(message.kind, KRV_MSG_ROSTER);
  assert_true(krv_slice_equal(message.payload, krv_roster_entry(site.service.roster, 1)));
  assert_true(caller_find(&c, KRV_MSG_ANSWER, &message));
  caller_close(&c);
}

/* ---- live ---- */

static void test_a_watcher_hears_news_and_roster_entries(void **state) {
  (void)state;
  struct caller office, c;
  struct krv_message message;
  struct krv_kit_case kase;
  caller_xk_open(&office, &site, KRV_DEVICE_FOUNDER);
  caller_say(&office, KRV_MSG_WATCH, NULL);
  caller_pump(&office);
  while (caller_next(&office, &message)) continue;
  caller_xk_open(&c, &site, worker);
  caller_case(&c, worker, &kase);
  caller_pump(&c);
  caller_pump(&office);
  assert_true(caller_find(&office, KRV_MSG_GENESIS, &message));
  assert_true(caller_find(&office, KRV_MSG_CURSOR, &message));
  krv_fleet_admit(&site.kit.fleet, KRV_ROLE_WORKER);
  uint32_t height = krv_roster_height(site.kit.fleet.roster);
  assert_int_equal(krv_batch_roster(site.service.batch,
                                    krv_roster_entry(site.kit.fleet.roster, height)), 0);
  caller_pump(&office);
  assert_true(caller_find(&office, KRV_MSG_ROSTER, &message));
  caller_close(&office);
  caller_close(&c);
}

static void say_want(struct caller *c, const struct krv_kit_case *kase, const struct krv_id *id) {
  struct krv_msg_want want = {.kase = kase->id, .device = worker, .n = 2};
  memcpy(want.id8, id->b, sizeof want.id8);
  krv_buf_reset(&payload);
  krv_msg_want_encode(&want, &payload);
  caller_say(c, KRV_MSG_WANT, &payload);
}

static void test_a_wanted_commit_comes_whole_to_those_who_may_read_it(void **state) {
  (void)state;
  krv_device_ix other = krv_kit_admit(&site.kit, KRV_ROLE_WORKER);
  const krv_device_ix askers[] = {KRV_DEVICE_FOUNDER, other};
  struct krv_kit_case kase;
  krv_kit_case(&site.kit, worker, &kase);
  struct krv_id id = kase.genesis;
  struct krv_kit_commit commit = {.author = worker, .own = true, .n = 2, .prev = id, .prev_len = 4};
  uint64_t seq;
  krv_buf_reset(&payload);
  krv_kit_commit(&site.kit, &kase, &commit, &payload, &id);
  assert_int_equal(krv_kit_push(&site.kit, worker, KRV_MSG_COMMIT, &payload, &seq), 0);
  site_turn(&site);
  for (size_t i = 0; i < 2; i++) {
    struct caller c;
    struct krv_message message;
    struct krv_msg_commit got;
    caller_xk_open(&c, &site, askers[i]);
    caller_pump(&c);
    while (caller_next(&c, &message)) continue;
    say_want(&c, &kase, &id);
    say_want(&c, &kase, &kase.id); /* no such commit: no answer */
    caller_pump(&c);
    assert_int_equal(caller_find(&c, KRV_MSG_COMMIT, &message), i == 0);
    if (i == 0) {
      assert_int_equal(krv_msg_commit_decode(message.payload, &got), 0);
      assert_int_equal(got.prev_len, 16);
      assert_false(got.same_case);
      assert_memory_equal(got.prev, kase.genesis.b, 16);
      assert_false(caller_find(&c, KRV_MSG_COMMIT, &message));
    }
    caller_close(&c);
  }
}

/* A device that has forked on purpose, and asks for all of it as often as fits. */
static void test_what_is_wanted_waits_until_out_has_drained(void **state) {
  enum { FORKS = KRV_CONTEXT_TIPS_PER_DEVICE_MAX, SIZE = 50 * 1024, WANTS = 100 };
  (void)state;
  struct krv_kit_case kase;
  struct krv_message message;
  struct caller c;
  uint64_t seq;
  uint32_t heard = 0;
  uint8_t *body = calloc(1, SIZE);
  krv_kit_case(&site.kit, worker, &kase);
  for (uint32_t i = 0; i < FORKS; i++) {
    struct krv_msg_commit msg = {.device = worker, .kase = kase.id, .n = 2, .prev_len = 16,
                                 .suite = 1, .kind = 1, .ciphertext = krv_slice(body, SIZE)};
    memcpy(msg.prev, kase.genesis.b, sizeof msg.prev);
    memcpy(msg.salt, &i, sizeof i);
    krv_buf_reset(&payload);
    krv_msg_commit_encode(&msg, &payload);
    assert_int_equal(krv_kit_push(&site.kit, worker, KRV_MSG_COMMIT, &payload, &seq), 0);
  }
  free(body);
  site_turn(&site);
  caller_xk_open(&c, &site, KRV_DEVICE_FOUNDER);
  caller_pump(&c);
  while (caller_next(&c, &message)) continue;
  krv_buf_consume(krv_channel_in(c.channel), c.at);
  c.at = 0;
  for (uint32_t i = 0; i < WANTS; i++) say_want(&c, &kase, &krv_id_zero);
  caller_say(&c, KRV_MSG_PING, NULL);
  caller_up(&c);
  struct krv_buf *out = krv_conn_out(c.conn), *in = krv_channel_in(c.channel);
  do { /* it reads what there is, each time that out has drained */
    assert_true(out->len > 0 && out->len < KRV_CONN_OUT_HIGH + FORKS * (SIZE + 200));
    assert_int_equal(krv_channel_feed(c.channel, krv_buf_slice(out)), 0);
    krv_buf_consume(out, out->len);
    while (caller_next(&c, &message) && message.kind == KRV_MSG_COMMIT) heard++;
    krv_buf_consume(in, c.at);
    c.at = 0;
    assert_int_equal(krv_conn_drained(c.conn), 0);
  } while (message.kind != KRV_MSG_PING);
  assert_int_equal(heard, FORKS * WANTS); /* and PING after all of them */
  caller_close(&c);
}

enum { LINE = 3000, SLICE = 64 * 1024 };

/* A line of commits by the worker, in so many transactions. */
static void push_line(struct krv_kit_case *kase, unsigned transactions) {
  struct krv_id prev = kase->genesis;
  for (uint64_t n = 2; n < 2 + LINE; n++) {
    struct krv_kit_commit commit = {.author = worker, .own = true, .n = n, .prev = prev,
                                    .prev_len = 4};
    uint64_t seq;
    krv_buf_reset(&payload);
    krv_kit_commit(&site.kit, kase, &commit, &payload, &prev);
    assert_int_equal(krv_kit_push(&site.kit, worker, KRV_MSG_COMMIT, &payload, &seq), 0);
    if (n % (LINE / transactions) == 0) site_turn(&site);
  }
  site_turn(&site);
}

static unsigned count_commits(struct caller *c) {
  struct krv_message message;
  unsigned count = 0;
  while (caller_next(c, &message)) count += message.kind == KRV_MSG_COMMIT;
  return count;
}

static void test_a_long_pull_waits_for_a_slow_reader_and_bye_for_its_end(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct caller c;
  krv_kit_case(&site.kit, worker, &kase);
  push_line(&kase, 1);
  caller_xk_open(&c, &site, KRV_DEVICE_FOUNDER);
  caller_up(&c);
  (void)krv_channel_feed(c.channel, krv_buf_slice(krv_conn_out(c.conn)));
  krv_buf_reset(krv_conn_out(c.conn));
  caller_say(&c, KRV_MSG_BYE, NULL);
  caller_up(&c);
  site_turn(&site);
  assert_in_range(krv_conn_out(c.conn)->len, KRV_CONN_OUT_HIGH, KRV_CONN_OUT_HIGH + 2 * SLICE);
  assert_false(krv_conn_done(c.conn));
  caller_pump(&c);
  assert_int_equal(count_commits(&c), LINE);
  assert_true(krv_conn_done(c.conn));
  caller_close(&c);
}

static void test_a_watcher_that_does_not_read_costs_no_more_than_the_mark(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct caller office;
  krv_kit_case(&site.kit, worker, &kase);
  caller_xk_open(&office, &site, KRV_DEVICE_FOUNDER);
  caller_say(&office, KRV_MSG_WATCH, NULL);
  caller_pump(&office);
  push_line(&kase, 100);
  assert_in_range(krv_conn_out(office.conn)->len, KRV_CONN_OUT_HIGH, KRV_CONN_OUT_HIGH + 2 * SLICE);
  caller_pump(&office);
  assert_int_equal(count_commits(&office), LINE);
  caller_close(&office);
}

static void test_a_cursor_over_own_items_waits_for_a_ping(void **state) {
  (void)state;
  struct caller c;
  struct krv_message message;
  struct krv_kit_case kase;
  caller_xk_open(&c, &site, worker);
  caller_say(&c, KRV_MSG_WATCH, NULL);
  caller_pump(&c);
  while (caller_next(&c, &message)) continue;
  caller_case(&c, worker, &kase);
  caller_pump(&c);
  assert_int_equal(caller_ack(&c, false).accepted, 3);
  assert_false(caller_next(&c, &message));
  caller_say(&c, KRV_MSG_PING, NULL);
  caller_pump(&c);
  assert_true(caller_next(&c, &message));
  assert_int_equal(message.kind, KRV_MSG_CURSOR);
  caller_say(&c, KRV_MSG_PING, NULL);
  caller_pump(&c);
  assert_true(caller_next(&c, &message));
  assert_int_equal(message.kind, KRV_MSG_PING);
  caller_close(&c);
}

static void test_a_third_session_of_a_device_replaces_its_oldest(void **state) {
  (void)state;
  struct caller c[3];
  for (unsigned i = 0; i < 3; i++) {
    caller_xk_open(&c[i], &site, worker);
    caller_say(&c[i], KRV_MSG_WATCH, NULL);
    caller_pump(&c[i]);
  }
  assert_true(krv_conn_done(c[0].conn));
  assert_false(krv_conn_done(c[1].conn));
  assert_false(krv_conn_done(c[2].conn));
  for (unsigned i = 0; i < 3; i++) caller_close(&c[i]);
}

static void revoke(krv_device_ix device) {
  struct krv_statement statement = {.kind = KRV_STATEMENT_REVOKE, .device = device,
                                    .how = KRV_REVOKE_LOST};
  assert_int_equal(krv_fleet_state(&site.kit.fleet, KRV_DEVICE_FOUNDER, &statement, 1), 0);
  uint32_t height = krv_roster_height(site.kit.fleet.roster);
  assert_int_equal(krv_batch_roster(site.service.batch,
                                    krv_roster_entry(site.kit.fleet.roster, height)), 0);
  site_turn(&site);
}

static void test_a_revoked_device_is_cut_at_once_and_for_good(void **state) {
  (void)state;
  struct krv_ticket ticket = site_ticket(&site, worker);
  struct caller c, again;
  caller_xk_open(&c, &site, worker);
  caller_pump(&c);
  revoke(worker); /* it neither waits nor watches */
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_REVOKED));
  assert_true(krv_conn_done(c.conn));
  caller_close(&c);
  caller_ticket(&again, &site, &ticket);
  caller_open(&again, 0, NULL, 0);
  caller_pump(&again);
  assert_int_equal(again.down, 0);
  assert_true(krv_conn_done(again.conn));
  caller_close(&again);
  caller_xk_open(&again, &site, worker);
  caller_pump(&again);
  assert_true(caller_refused(&again, KRV_REVOKED));
  caller_close(&again);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(test_a_push_is_answered_only_after_the_commit),
      CASE(test_a_ticket_session_is_one_round_trip_of_few_bytes),
      CASE(test_the_office_pulls_what_a_worker_pushed_but_not_its_own),
      CASE(test_refused_items_are_named_and_the_rest_counts),
      CASE(test_a_lost_batch_is_not_acknowledged),
      CASE(test_an_unknown_head_restarts_from_zero),
      CASE(test_a_roster_that_the_server_lacks_restarts_and_is_taken),
      CASE(test_missing_roster_entries_come_before_the_answer),
      CASE(test_a_watcher_hears_news_and_roster_entries),
      CASE(test_a_wanted_commit_comes_whole_to_those_who_may_read_it),
      CASE(test_what_is_wanted_waits_until_out_has_drained),
      CASE(test_a_long_pull_waits_for_a_slow_reader_and_bye_for_its_end),
      CASE(test_a_watcher_that_does_not_read_costs_no_more_than_the_mark),
      CASE(test_a_cursor_over_own_items_waits_for_a_ping),
      CASE(test_a_third_session_of_a_device_replaces_its_oldest),
      CASE(test_a_revoked_device_is_cut_at_once_and_for_good),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
