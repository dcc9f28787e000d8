/* F12: a device is revoked while it is connected: in the midst of a pull, a push or a handshake, or
 * watching. From the entry's commit on at most one frame is written for it, and what others bring
 * afterwards is not in it; then the connection ends. */
#include "connkit.h"
#include "faults.h"
#include "frame.h"
#include "mock.h"

enum {
  TIMINGS = 1000,
  LINE = 40,
  LINE_LONG = 1600, /* more than waits for a slow reader */
  STEPS_MAX = 50,
  STEPS_FEW = 12, /* it still pulls or pushes */
  STEPS_AFTER = 25,
  UP_MAX = 500,
  DOWN_MAX = 2500,
};

static struct site site;
static struct krv_testenv dice;
static krv_device_ix worker;
static struct krv_kit_case kase; /* the worker's, which the office may write */
static uint64_t written;         /* by others into that case */

static size_t below(size_t n) {
  return (size_t)krv_testenv_below(&dice, n);
}

static void write_one(krv_device_ix author, uint64_t n, struct krv_id *prev) {
  struct krv_buf payload;
  struct krv_kit_commit commit = {
      .author = author, .own = true, .n = n, .prev = *prev, .prev_len = n > 1 ? 4 : 0};
  krv_buf_init(&payload, &site.kit.t.env);
  krv_kit_commit(&site.kit, &kase, &commit, &payload, prev);
  assert_int_equal(krv_kit_push(&site.kit, author, KRV_MSG_COMMIT, &payload, NULL), 0);
  krv_buf_release(&payload);
}

static void news(struct krv_id *prev) {
  write_one(KRV_DEVICE_FOUNDER, ++written, prev);
  site_turn(&site);
}

static size_t at_most(size_t max, size_t len) {
  size_t piece = 1 + below(max);
  return piece < len ? piece : len;
}

/* A piece up, a turn of the server or none, a piece down. */
static void step(struct caller *c) {
  struct krv_buf *up = krv_channel_out(c->channel), *down = krv_conn_out(c->conn);
  (void)krv_channel_flush(c->channel);
  size_t len = at_most(UP_MAX, up->len);
  if (len > 0) (void)krv_conn_feed(c->conn, krv_slice(up->data, len));
  krv_buf_consume(up, len);
  if (below(3)) site_turn(&site);
  len = at_most(DOWN_MAX, down->len);
  if (len > 0) (void)krv_channel_feed(c->channel, krv_slice(down->data, len));
  krv_buf_consume(down, len);
  if (len > 0) (void)krv_conn_drained(c->conn);
}

static void revoke(void) {
  struct krv_statement statement = {
      .kind = KRV_STATEMENT_REVOKE, .device = worker, .how = KRV_REVOKE_LOST};
  assert_int_equal(krv_fleet_state(&site.kit.fleet, KRV_DEVICE_FOUNDER, &statement, 1), 0);
  uint32_t height = krv_roster_height(site.kit.fleet.roster);
  struct krv_slice entry = krv_roster_entry(site.kit.fleet.roster, height);
  assert_int_equal(krv_batch_roster(site.service.batch, entry), 0);
}

/* Whole frames in what waits to be sent, from there on. An answer in the handshake is none: who
 * called is not known yet. */
static uint32_t frames_from(const struct krv_buf *out, size_t at) {
  uint32_t count = 0;
  while (at + KRV_FRAME_HEAD <= out->len) {
    struct krv_frame frame;
    size_t used;
    assert_int_equal(krv_frame_next(krv_slice(out->data + at, out->len - at), KRV_FRAME_SIZE_MAX,
                                    &frame, &used), 0);
    at += used;
    count += frame.kind != KRV_FRAME_XK2;
  }
  assert_int_equal(at, out->len);
  return count;
}

static void begin(struct caller *c, uint64_t seed) {
  struct krv_kit_case own;
  site_init(&site, seed, true);
  worker = krv_kit_admit(&site.kit, KRV_ROLE_WORKER);
  krv_kit_case(&site.kit, worker, &kase);
  struct krv_id prev = kase.genesis;
  uint64_t line = below(40) ? LINE : LINE_LONG;
  for (uint64_t n = 2; n < 2 + line; n++) write_one(worker, n, &prev);
  site_turn(&site);
  written = 0;
  caller_xk_open(c, &site, worker);
  caller_case(c, worker, &own);
  if (below(4)) caller_say(c, KRV_MSG_WATCH, NULL);
}

/* So many frames were written for it after the moment. */
static uint32_t one_timing(uint64_t seed, bool revoked) {
  struct caller c;
  struct krv_id prev = {{0}};
  krv_testenv_init(&dice, seed * 0x9e3779b97f4a7c15u);
  begin(&c, seed);
  for (size_t left = below(below(2) ? STEPS_MAX : STEPS_FEW); left > 0; left--) {
    if (below(6) == 0) news(&prev);
    step(&c);
  }
  if (revoked) revoke();
  size_t waiting = krv_conn_out(c.conn)->len;
  site_turn(&site);
  uint32_t after = frames_from(krv_conn_out(c.conn), waiting);
  for (size_t i = 0; i < STEPS_AFTER; i++) {
    waiting = krv_conn_out(c.conn)->len;
    if (i % 3 == 0) news(&prev);
    caller_up(&c);
    site_turn(&site);
    after += frames_from(krv_conn_out(c.conn), waiting);
    (void)krv_channel_feed(c.channel, krv_buf_slice(krv_conn_out(c.conn)));
    krv_buf_reset(krv_conn_out(c.conn));
    (void)krv_conn_drained(c.conn);
    after += frames_from(krv_conn_out(c.conn), 0);
  }
  if (revoked) assert_true(krv_conn_done(c.conn));
  caller_close(&c);
  site_release(&site);
  return after;
}

static void comapeo_core_1268_a_blocked_member_receives_nothing_more(void **state) {
  uint64_t seed = krv_faults_seed(), timings = krv_faults(TIMINGS), told = 0;
  (void)state;
  for (uint64_t i = 0; i < timings; i++) {
    uint32_t frames = one_timing(seed * 100000 + i, true);
    if (frames > 1)
      fail_msg("seed %llu: %u frames after the revocation",
               (unsigned long long)(seed * 100000 + i), frames);
    told += frames;
  }
  print_message("F12: %llu timings, told in %llu (seed %llu)\n", (unsigned long long)timings,
                (unsigned long long)told, (unsigned long long)seed);
  assert_true(told > timings / 2);
}

/* The count counts. */
static void who_is_not_revoked_receives_more(void **state) {
  uint32_t frames = 0;
  (void)state;
  for (uint64_t i = 0; i < 10; i++) frames += one_timing(krv_faults_seed() * 100000 + i, false);
  print_message("%u frames\n", frames);
  assert_true(frames > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comapeo_core_1268_a_blocked_member_receives_nothing_more),
      cmocka_unit_test(who_is_not_revoked_receives_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
