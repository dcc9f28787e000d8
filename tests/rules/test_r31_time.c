/* R31 in time, at both ends: what moves goes on, however slowly; what is silent ends at its bound.
 * A second passes, both ends are asked whether they give up, and the link carries so many bytes. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "fleetkit.h"
#include "sync_in.h"

/* docs/protocol.md 2.5 and 6.9 */
enum {
  HANDSHAKE_S = 10,
  EARLY_S = 120,
  CLIENT_IDLE_S = KRV_IDLE_MS / 1000,
  CLIENT_WATCH_S = KRV_WATCH_QUIET_MS / 1000,
  SERVER_IDLE_S = 30,
  SERVER_WATCH_S = 150,
  FAST = 100000,
};

static int setup(void **state) {
  return fleet_kit_setup(state, 310, false);
}

struct slow {
  struct fleet *fleet;
  struct fleet_device *device;
  struct krv_sync *sync;
  struct krv_conn *conn;
  size_t up, down; /* bytes a second */
  uint64_t moved_up, moved_down;
  uint32_t seconds;
  uint32_t client_end, server_end; /* the second in which it gave up; 0: it did not */
};

static void dial(struct slow *s, struct kit *k, struct fleet_device *device,
                 const struct krv_sync_choice *choice) {
  *s = (struct slow){.fleet = &k->fleet, .device = device, .up = FAST, .down = FAST};
  assert_int_equal(krv_sync_new(device->world, choice, &s->sync), 0);
  assert_int_equal(krv_conn_new(&k->fleet.service, ++k->fleet.conns, &s->conn), 0);
}

static void hang_up(struct slow *s) {
  krv_conn_free(s->conn);
  krv_sync_free(s->sync);
  (void)krv_service_commit(&s->fleet->service);
}

static bool carry_up(struct slow *s) {
  struct krv_slice out;
  size_t left = s->up;
  while (left > 0 && krv_sync_pull(s->sync, &out) == 0 && out.len > 0) {
    size_t len = out.len < left ? out.len : left;
    (void)krv_conn_feed(s->conn, krv_slice(out.data, len));
    krv_sync_sent(s->sync, len);
    s->moved_up += len;
    left -= len;
  }
  (void)krv_service_commit(&s->fleet->service);
  return left < s->up;
}

static bool carry_down(struct slow *s) {
  struct krv_buf *out = krv_conn_out(s->conn);
  size_t left = s->down;
  while (left > 0 && out->len > 0 && krv_sync_status(s->sync) == 0) {
    size_t len = out->len < left ? out->len : left;
    (void)krv_sync_feed(s->sync, krv_slice(out->data, len));
    krv_buf_consume(out, len);
    krv_conn_taken(s->conn);
    (void)krv_conn_drained(s->conn);
    s->moved_down += len;
    left -= len;
  }
  return left < s->down;
}

static bool over(const struct slow *s) {
  return krv_sync_done(s->sync) || krv_sync_status(s->sync) != 0;
}

/* Fast things happen within the second. */
static void carry(struct slow *s) {
  bool moved = true;
  while (moved && !over(s)) {
    moved = carry_up(s);
    moved = carry_down(s) || moved;
    if (s->up < FAST || s->down < FAST) return;
  }
}

static void tick(struct slow *s) {
  s->seconds++;
  s->device->t.mono_ms += 1000;
  s->device->t.wall_s++;
  s->fleet->t.mono_ms += 1000;
  s->fleet->t.wall_s++;
  if (s->client_end == 0 && krv_sync_timeout(s->sync, s->device->t.mono_ms) == KRV_TIMEOUT)
    s->client_end = s->seconds;
  if (s->server_end == 0 && krv_conn_timeout(s->conn, s->fleet->t.mono_ms) == KRV_TIMEOUT)
    s->server_end = s->seconds;
}

static void run(struct slow *s, uint32_t seconds) {
  for (uint32_t end = s->seconds + seconds; s->seconds < end && !over(s);) {
    tick(s);
    carry(s);
  }
}

/* The handshake at full speed, until both know each other; then the link is as slow as told. */
static void meet(struct slow *s, struct kit *k, struct fleet_device *device, size_t up,
                 size_t down) {
  static const struct krv_sync_choice choice = {.no_ticket = true};
  dial(s, k, device, &choice);
  (void)carry_up(s);
  (void)carry_down(s);
  s->up = device->world->member.state == KRV_MEMBER_JOINING ? 600 : 200; /* the third message */
  (void)carry_up(s);
  assert_true(krv_conn_known(s->conn));
  s->up = up;
  s->down = down;
}

static void expect_through(struct slow *s, uint32_t at_least_s) {
  run(s, 3600);
  assert_int_equal(krv_sync_status(s->sync), 0);
  assert_true(krv_sync_done(s->sync));
  assert_int_equal(s->client_end, 0);
  assert_int_equal(s->server_end, 0);
  assert_true(s->seconds >= at_least_s); /* it did take longer than any bound */
}

static void a_push_at_five_bytes_a_second_goes_through(void **state) {
  struct kit *k = *state;
  struct slow s;
  fleet_sync_well(k->w);
  for (uint32_t i = 0; i < 12; i++) assert_int_equal(fleet_note(k->w, &k->kase, "far away"), 0);
  meet(&s, k, k->w, 5, 5);
  expect_through(&s, 3 * CLIENT_IDLE_S);
  hang_up(&s);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

static void a_pull_at_five_bytes_a_second_goes_through(void **state) {
  struct kit *k = *state;
  struct slow s;
  fleet_rounds(&k->fleet, 2);
  for (uint32_t i = 0; i < 12; i++) assert_int_equal(fleet_note(k->w, &k->kase, "far away"), 0);
  fleet_sync_well(k->w);
  meet(&s, k, k->b, 5, 5);
  expect_through(&s, 3 * CLIENT_IDLE_S);
  hang_up(&s);
  assert_true(fleet_same(k->w, k->b, &k->kase));
}

/* Whoever comes in hears the whole roster before the first answer. */
static void a_newcomer_hears_the_roster_at_five_bytes_a_second(void **state) {
  struct kit *k = *state;
  struct fleet_device *newcomer = fleet_add(&k->fleet, "Gozel");
  struct krv_buf code;
  struct slow s;
  krv_buf_init(&code, k->a->world->env);
  fleet_invite(k->a, "worker", "Gozel", &code);
  fleet_accept(newcomer, &code);
  krv_buf_release(&code);
  fleet_sync_well(newcomer);
  fleet_sync_well(k->a);
  fleet_approve(k->a, newcomer);
  fleet_sync_well(k->a);
  meet(&s, k, newcomer, 5, 5);
  run(&s, 2 * CLIENT_IDLE_S);
  assert_false(s.sync->answered); /* long after the handshake, it still hears the roster */
  expect_through(&s, 3 * CLIENT_IDLE_S);
  hang_up(&s);
  assert_int_equal(krv_world_ready(newcomer->world), 0);
}

/* What the link does not carry shows as silence at once. */
static void expect_ends(struct slow *s, uint32_t client_s, uint32_t server_s) {
  uint32_t from = s->seconds;
  s->up = s->down = 0;
  for (uint32_t i = 0; i < 600; i++) tick(s);
  assert_int_equal(s->client_end - from, client_s);
  assert_int_equal(s->server_end - from, server_s);
  assert_int_equal(krv_sync_status(s->sync), KRV_TIMEOUT);
  assert_true(krv_conn_done(s->conn));
}

static void a_handshake_that_stands_still_ends_after_ten_seconds(void **state) {
  struct kit *k = *state;
  struct krv_sync_choice choice = {.no_ticket = true};
  struct krv_slice out;
  struct slow s;
  dial(&s, k, k->w, &choice); /* the first message is on its way, and lost */
  assert_int_equal(krv_sync_pull(s.sync, &out), 0);
  krv_sync_sent(s.sync, out.len);
  expect_ends(&s, HANDSHAKE_S, HANDSHAKE_S);
  hang_up(&s);
}

/* Nobody holds a place at the server by sending a byte now and then. */
static void a_handshake_that_trickles_ends_after_ten_seconds_all_the_same(void **state) {
  struct kit *k = *state;
  struct krv_sync_choice choice = {.no_ticket = true};
  struct slow s;
  dial(&s, k, k->w, &choice);
  s.up = 1;
  s.down = 1;
  run(&s, 60);
  assert_int_equal(s.client_end, 1 + HANDSHAKE_S); /* its first byte went in the first second */
  hang_up(&s);
  struct krv_conn *conn;
  assert_int_equal(krv_conn_new(&k->fleet.service, ++k->fleet.conns, &conn), 0);
  uint64_t deadline_ms = krv_conn_deadline_ms(conn);
  assert_int_equal(deadline_ms, k->fleet.t.mono_ms + HANDSHAKE_S * 1000);
  static const uint8_t head[] = {49, 0, KRV_FRAME_XK1};
  for (size_t i = 0; i < sizeof head; i++) {
    k->fleet.t.mono_ms += 3000;
    assert_int_equal(krv_conn_feed(conn, krv_slice(head + i, 1)), 0);
    assert_int_equal(krv_conn_deadline_ms(conn), deadline_ms);
  }
  assert_int_equal(krv_conn_timeout(conn, deadline_ms), KRV_TIMEOUT);
  assert_true(krv_conn_passing(conn));
  krv_conn_free(conn);
}

/* A device is made ready long before its radio has found a network. */
static void the_handshakes_time_begins_with_the_connection(void **state) {
  struct kit *k = *state;
  struct krv_sync_choice choice = {.no_ticket = true};
  struct slow s;
  dial(&s, k, k->w, &choice);
  for (uint32_t i = 0; i < 4 * HANDSHAKE_S; i++) tick(&s);
  assert_int_equal(s.client_end, 0);
  krv_conn_free(s.conn);
  assert_int_equal(krv_conn_new(&k->fleet.service, ++k->fleet.conns, &s.conn), 0);
  s.server_end = 0;
  run(&s, 5);
  assert_true(krv_sync_done(s.sync));
  hang_up(&s);
}

static void early_data_has_two_minutes_at_both_ends(void **state) {
  struct kit *k = *state;
  struct krv_sync_choice choice = {0};
  struct slow s;
  fleet_sync_well(k->w);
  for (uint32_t i = 0; i < 12; i++) assert_int_equal(fleet_note(k->w, &k->kase, "far away"), 0);
  dial(&s, k, k->w, &choice);
  s.up = 25; /* head and ticket id, in one second */
  s.down = 1;
  run(&s, 1);
  assert_int_equal(krv_conn_deadline_ms(s.conn), k->fleet.t.mono_ms + EARLY_S * 1000);
  s.up = 1; /* it moves, but will not be there in time */
  run(&s, 600);
  assert_int_equal(s.client_end, 1 + EARLY_S);
  assert_int_equal(s.server_end, 1 + EARLY_S);
  hang_up(&s);
}

static void silence_ends_a_session_at_its_bound(void **state) {
  struct kit *k = *state;
  struct slow s;
  for (uint32_t i = 0; i < 12; i++) assert_int_equal(fleet_note(k->w, &k->kase, "far away"), 0);
  meet(&s, k, k->w, 5, 5);
  run(&s, 20);
  expect_ends(&s, CLIENT_IDLE_S, SERVER_IDLE_S);
  hang_up(&s);
  fleet_sync_well(k->w); /* nothing was lost */
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
}

static void a_watching_session_lives_while_both_are_there_and_ends_in_silence(void **state) {
  struct kit *k = *state;
  struct krv_sync_choice choice = {.watch = true};
  struct slow s;
  fleet_sync_well(k->w);
  dial(&s, k, k->w, &choice);
  run(&s, 6 * 3600);
  assert_int_equal(s.client_end, 0);
  assert_int_equal(s.server_end, 0);
  assert_int_equal(krv_sync_status(s.sync), 0);
  assert_true(s.moved_up < 6 * 3600 / 60 * 30 + 400); /* a PING a minute, and no more */
  struct krv_sync_counts before, after; /* news come when they come */
  krv_sync_counts(s.sync, &before);
  assert_int_equal(fleet_note(k->a, &k->kase, "come back"), 0);
  fleet_sync_well(k->a);
  carry(&s);
  krv_sync_counts(s.sync, &after);
  assert_int_equal(after.commits_down - before.commits_down, 1);
  for (uint64_t up = s.moved_up; s.moved_up == up;) run(&s, 1); /* up to a PING and its answer */
  expect_ends(&s, CLIENT_WATCH_S, SERVER_WATCH_S);
  hang_up(&s);
}

/* On the disk, with what came: who reads the vault next sees it. */
static void a_watching_session_keeps_when_all_was_in(void **state) {
  struct kit *k = *state;
  struct krv_sync_choice choice = {.watch = true};
  struct slow s;
  fleet_sync_well(k->w);
  int64_t before = k->w->world->member.last_sync_s;
  k->w->t.wall_s += 1000;
  dial(&s, k, k->w, &choice);
  run(&s, 5);
  assert_true(k->w->world->member.last_sync_s >= before + 1000);
  k->w->t.wall_s += 1000;
  assert_int_equal(fleet_note(k->a, &k->kase, "news"), 0);
  fleet_sync_well(k->a);
  carry(&s);
  int64_t after = k->w->world->member.last_sync_s;
  assert_true(after >= before + 2000);
  hang_up(&s);
  fleet_close(k->w);
  fleet_open(k->w);
  assert_int_equal(k->w->world->member.last_sync_s, after);
}

/* ---- the server's clock, which XK tells */

static int64_t off_by_s(const struct fleet_device *device, uint8_t *quality) {
  int64_t off = krv_world_now(device->world, quality) - device->fleet->t.wall_s;
  return off < 0 ? -off : off;
}

static void the_time_told_is_kept_until_the_clock_is_set(void **state) {
  enum { DAY_S = 86400 };
  struct kit *k = *state;
  struct fleet_link xk = {.no_ticket = true};
  uint8_t quality;
  k->w->t.wall_s = 0; /* its battery was empty */
  assert_int_equal(fleet_sync(k->w, &xk), 0);
  assert_true(off_by_s(k->w, &quality) < 60 && quality == KRV_WALL_SERVER);
  fleet_close(k->w);
  fleet_open(k->w);
  k->fleet.t.wall_s += 20 * DAY_S;
  k->w->t.wall_s += 20 * DAY_S;
  assert_true(off_by_s(k->w, &quality) < 60 && quality == KRV_WALL_SERVER);
  k->w->t.wall_s = k->fleet.t.wall_s; /* set right, by hand: not in 56 years */
  assert_true(off_by_s(k->w, &quality) == 0 && quality == KRV_WALL_DEVICE);
}

static void a_clock_that_runs_ahead_after_it_was_told_is_not_called_sure(void **state) {
  struct kit *k = *state;
  struct fleet_link xk = {.no_ticket = true};
  uint8_t quality;
  assert_int_equal(fleet_sync(k->w, &xk), 0);
  k->w->t.wall_s += (int64_t)40 * 365 * 86400;
  (void)krv_world_now(k->w->world, &quality);
  assert_int_equal(quality, KRV_WALL_DEVICE);
  k->w->t.wall_s = 0;
  (void)krv_world_now(k->w->world, &quality);
  assert_int_equal(quality, KRV_WALL_DEVICE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_push_at_five_bytes_a_second_goes_through),
      TEST(a_pull_at_five_bytes_a_second_goes_through),
      TEST(a_newcomer_hears_the_roster_at_five_bytes_a_second),
      TEST(a_handshake_that_stands_still_ends_after_ten_seconds),
      TEST(a_handshake_that_trickles_ends_after_ten_seconds_all_the_same),
      TEST(the_handshakes_time_begins_with_the_connection),
      TEST(early_data_has_two_minutes_at_both_ends),
      TEST(silence_ends_a_session_at_its_bound),
      TEST(a_watching_session_lives_while_both_are_there_and_ends_in_silence),
      TEST(a_watching_session_keeps_when_all_was_in),
      TEST(the_time_told_is_kept_until_the_clock_is_set),
      TEST(a_clock_that_runs_ahead_after_it_was_told_is_not_called_sure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
