/* F11, F15: a member's device inside a valid session says whatever it likes: right items, spoilt
 * ones, noise, in any order, cut anywhere. The server neither falls nor forgets: the next honest
 * device is answered, and what was stored before is served still. */
#include <stdlib.h>

#include "connkit.h"
#include "faults.h"
#include "mock.h"

enum { RUNS = 5000 };

static struct site site;
static struct krv_testenv dice;
static struct krv_kit_case kase;

static uint64_t below(uint64_t n) {
  return krv_testenv_below(&dice, n);
}

static void noise(struct krv_buf *out, size_t len) {
  while (len-- > 0) krv_buf_u8(out, (uint8_t)below(256));
}

/* Something that begins like a payload of the kind. */
static void payload_of(enum krv_message_kind kind, struct krv_buf *out) {
  if (kind == KRV_MSG_COMMIT || kind == KRV_MSG_GRANT) {
    krv_buf_u8(out, (uint8_t)(below(4) ? below(32) : below(256)));
    if (kind == KRV_MSG_COMMIT) krv_buf_u8(out, 0x11);
    if (below(3)) krv_buf_append(out, kase.id.b, sizeof kase.id.b);
    krv_buf_varint(out, below(3));
  } else if (kind == KRV_MSG_UNROUTE || kind == KRV_MSG_NEED || kind == KRV_MSG_WANT) {
    krv_buf_append(out, kase.id.b, sizeof kase.id.b);
    if (kind == KRV_MSG_NEED) noise(out, 16);
    krv_buf_varint(out, below(9));
    if (kind == KRV_MSG_WANT) krv_buf_varint(out, below(9));
    if (kind == KRV_MSG_WANT) noise(out, 8);
    return;
  } else if (kind == KRV_MSG_BOX) {
    for (int i = 0; i < 4; i++) krv_buf_varint(out, below(5));
    noise(out, 48);
    return;
  } else if (kind == KRV_MSG_ROSTER && below(2)) {
    krv_buf_put(
        out, krv_roster_entry(site.kit.roster, (uint32_t)below(krv_roster_count(site.kit.roster))));
    if (below(2)) out->data[below(out->len)] ^= 1;
    return;
  } else if (kind == KRV_MSG_CONFIRM) {
    noise(out, 16 * (1 + (size_t)below(8)));
    return;
  }
  noise(out, (size_t)below(below(4) ? 200 : 2000));
}

static void say_something(struct caller *c) {
  struct krv_buf payload;
  enum krv_message_kind kind = (enum krv_message_kind)(1 + below(22));
  krv_buf_init(&payload, &site.kit.t.env);
  if (below(12) == 0) { /* straight into the stream */
    noise(&payload, 1 + (size_t)below(60));
    (void)krv_channel_send(c->channel, krv_buf_slice(&payload));
  } else {
    payload_of(kind, &payload);
    if (payload.len <= krv_message_cap(kind)) caller_say(c, kind, &payload);
  }
  krv_buf_release(&payload);
}

static void one_run(void) {
  struct caller c;
  uint64_t says = 1 + below(12);
  if (below(8) == 0) {
    caller_xk(&c, &site, (krv_device_ix)below(2));
    if (below(2)) caller_open(&c, 1000 + below(1000), (const uint8_t *)"evil seq", below(1000));
  } else {
    caller_xk_open(&c, &site, (krv_device_ix)below(2));
  }
  if (below(4) == 0) c.chunk = 1 + (size_t)below(40);
  while (says-- > 0) {
    say_something(&c);
    if (below(2)) caller_pump(&c);
  }
  if (below(3)) caller_pump(&c);
  caller_close(&c);
}

/* A device that knows nothing is told the whole case. */
static void honest(void) {
  struct caller c;
  struct krv_message message;
  caller_xk_open(&c, &site, 0);
  caller_pump(&c);
  assert_true(caller_find(&c, KRV_MSG_ANSWER, &message));
  caller_close(&c);
  caller_xk_open(&c, &site, 0);
  caller_pump(&c);
  assert_true(caller_find(&c, KRV_MSG_GENESIS, &message));
  caller_close(&c);
}

static void a_member_says_what_he_likes_and_the_server_stands(void **state) {
  (void)state;
  uint64_t seed = krv_faults_seed(), runs = krv_faults(RUNS);
  struct caller c;
  print_message("seed %llu\n", (unsigned long long)seed);
  krv_testenv_init(&dice, seed);
  site_init(&site, seed, true);
  assert_int_equal(krv_kit_admit(&site.kit, KRV_ROLE_WORKER), 1);
  caller_xk_open(&c, &site, 1);
  caller_case(&c, 1, &kase);
  caller_pump(&c);
  caller_close(&c);
  honest();
  for (uint64_t run = 0; run < runs; run++) {
    one_run();
    if (run % 100 == 99) honest();
  }
  assert_int_equal(site.logged[KRV_LOG_STORE_FAILED], 0);
  site_release(&site);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_member_says_what_he_likes_and_the_server_stands)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
