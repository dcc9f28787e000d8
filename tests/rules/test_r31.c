/* R31: frames, and how many bytes a peer may claim in which state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chanpair.h"

/* What feed says to a head that claims len bytes after it. */
static int claim(struct krv_channel *channel, uint8_t kind, size_t len) {
  const uint8_t head[] = {(uint8_t)((len + 1) & 0xff), (uint8_t)((len + 1) >> 8), kind};
  return krv_channel_feed(channel, krv_slice(head, sizeof head));
}

static void before_anything_verifies_256_bytes_are_the_cap_and_three_bytes_tell(void **state) {
  (void)state;
  static const struct { uint8_t kind; size_t len; int status; } rows[] = {
      {KRV_FRAME_XK1, 256, 0},
      {KRV_FRAME_XK1, 257, KRV_TOO_LARGE},
      {KRV_FRAME_XK1, 65534, KRV_TOO_LARGE},
      {KRV_FRAME_EN1, 256, 0},
      {KRV_FRAME_EN1, 257, KRV_TOO_LARGE},
      {KRV_FRAME_TK1, 16 * 1024, 0},
      {KRV_FRAME_TK1, 16 * 1024 + 1, KRV_TOO_LARGE},
      {KRV_FRAME_DATA, 65534, KRV_PROTOCOL},
      {KRV_FRAME_DATA, 17, KRV_PROTOCOL},
      {KRV_FRAME_XK2, 51, KRV_PROTOCOL},
      {KRV_FRAME_XK3, 64, KRV_PROTOCOL},
      {KRV_FRAME_EN2, 48, KRV_PROTOCOL},
      {KRV_FRAME_EN3, 64, KRV_PROTOCOL},
      {KRV_FRAME_TK2, 48, KRV_PROTOCOL},
      {0, 48, KRV_PROTOCOL},
      {10, 48, KRV_PROTOCOL},
      {22, 3, KRV_PROTOCOL}, /* TLS, say */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct chanpair p;
    chanpair_init(&p, 1);
    assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
    assert_int_equal(claim(p.server, rows[i].kind, rows[i].len), rows[i].status);
    assert_int_equal(krv_channel_out(p.server)->len, 0);
    chanpair_release(&p);
  }
}

static void after_xk1_the_third_message_may_have_one_kibibyte(void **state) {
  (void)state;
  static const struct { uint8_t kind; size_t len; int status; } rows[] = {
      {KRV_FRAME_XK3, 1024, 0},           {KRV_FRAME_XK3, 1025, KRV_TOO_LARGE},
      {KRV_FRAME_EN3, 1024, KRV_PROTOCOL}, {KRV_FRAME_XK1, 48, KRV_PROTOCOL},
      {KRV_FRAME_DATA, 17, KRV_PROTOCOL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct chanpair p;
    chanpair_init(&p, 2);
    assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
    assert_int_equal(krv_channel_flush(p.client), 0);
    assert_int_equal(
        krv_channel_feed(p.server, krv_buf_slice(krv_channel_out(p.client))), 0);
    assert_int_equal(krv_channel_flush(p.server), 0);
    assert_int_equal(claim(p.server, rows[i].kind, rows[i].len), rows[i].status);
    chanpair_release(&p);
  }
}

static void frames_out_of_turn_are_no_protocol(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 3);
  /* the third message before our second, and anything at an initiator that said nothing */
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(krv_channel_flush(p.client), 0);
  assert_int_equal(krv_channel_feed(p.server, krv_buf_slice(krv_channel_out(p.client))), 0);
  assert_int_equal(claim(p.server, KRV_FRAME_XK3, 64), KRV_PROTOCOL);
  /* the message that is ours */
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(krv_channel_flush(p.client), 0);
  assert_int_equal(krv_channel_feed(p.server, krv_buf_slice(krv_channel_out(p.client))), 0);
  assert_int_equal(claim(p.server, KRV_FRAME_XK2, 52), KRV_PROTOCOL);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(claim(p.client, KRV_FRAME_XK2, 52), KRV_PROTOCOL);
  chanpair_release(&p);
}

static void early_data_is_buffered_only_under_a_live_ticket(void **state) {
  (void)state;
  static const uint8_t more[1024];
  struct chanpair p;
  chanpair_init(&p, 4);
  /* live: 16 KiB may come */
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(claim(p.server, KRV_FRAME_TK1, 16 * 1024), 0);
  assert_int_equal(krv_channel_feed(p.server, krv_slice(p.ticket.id.b, 16)), 0);
  for (unsigned i = 0; i < 15; i++)
    assert_int_equal(krv_channel_feed(p.server, krv_slice(more, sizeof more)), 0);
  /* not live: it is over with the last byte of the id, and nothing was said */
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(claim(p.server, KRV_FRAME_TK1, 16 * 1024), 0);
  assert_int_equal(krv_channel_feed(p.server, krv_slice(p.ticket.id.b, 15)), 0);
  assert_int_equal(krv_channel_feed(p.server, krv_slice("\x01", 1)), KRV_NOT_FOUND);
  assert_int_equal(krv_channel_out(p.server)->len, 0);
  /* the same when all comes at once */
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  uint8_t all[3 + 16 + 1024] = {0x11, 0x04, KRV_FRAME_TK1};
  uint64_t before = p.world.allocations;
  assert_int_equal(krv_channel_feed(p.server, krv_slice(all, sizeof all)), KRV_NOT_FOUND);
  assert_true(p.world.allocations - before <= 1);
  /* shorter than an id */
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  static const uint8_t shorter[] = {4, 0, KRV_FRAME_TK1, 1, 2, 3};
  assert_int_equal(krv_channel_feed(p.server, krv_slice(shorter, sizeof shorter)), KRV_MALFORMED);
  chanpair_release(&p);
}

static void open_channels_take_frames_of_64_kibibytes(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 5);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(claim(p.server, KRV_FRAME_DATA, 65534), 0);
  assert_int_equal(claim(p.client, KRV_FRAME_XK2, 51), KRV_PROTOCOL);
  chanpair_release(&p);
}

static void empty_data_frames_are_refused(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 6);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  static const uint8_t nothing[3 + 16] = {17, 0, KRV_FRAME_DATA};
  assert_int_equal(krv_channel_feed(p.server, krv_slice(nothing, sizeof nothing)), KRV_PROTOCOL);
  chanpair_release(&p);
}

static void what_the_owner_does_not_take_is_bounded(void **state) {
  (void)state;
  enum { LEN = 64 * 1024 };
  struct chanpair p;
  uint8_t *plain = calloc(1, LEN);
  assert_non_null(plain);
  chanpair_init(&p, 7);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  for (unsigned i = 0; i < 100; i++) { /* one that takes may have any amount */
    assert_int_equal(krv_channel_send(p.client, krv_slice(plain, LEN)), 0);
    assert_int_equal(chanpair_pump(&p), 0);
    krv_buf_reset(krv_channel_in(p.server));
  }
  int status = 0;
  unsigned rounds = 0;
  while (status == 0 && rounds++ < 100) {
    assert_int_equal(krv_channel_send(p.client, krv_slice(plain, LEN)), 0);
    status = chanpair_pump(&p);
    assert_true(krv_channel_in(p.server)->len <= KRV_CHANNEL_IN_MAX);
  }
  assert_int_equal(status, KRV_TOO_LARGE);
  assert_true(rounds >= 15);
  free(plain);
  chanpair_release(&p);
}

static void an_idle_channel_holds_no_frame(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 8);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(chanpair_send(p.client, "something"), 0);
  assert_int_equal(chanpair_send(p.server, "something"), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  struct krv_channel *ends[] = {p.client, p.server};
  for (unsigned i = 0; i < 2; i++) { /* an owner with nothing to do gives back what is his */
    krv_buf_release(krv_channel_in(ends[i]));
    krv_buf_release(krv_channel_out(ends[i]));
  }
  assert_int_equal(p.world.live, 2); /* the two channels */
  chanpair_release(&p);
}

static int start(void **state) {
  (void)state;
  return krv_crypto_start();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(before_anything_verifies_256_bytes_are_the_cap_and_three_bytes_tell),
      cmocka_unit_test(after_xk1_the_third_message_may_have_one_kibibyte),
      cmocka_unit_test(frames_out_of_turn_are_no_protocol),
      cmocka_unit_test(early_data_is_buffered_only_under_a_live_ticket),
      cmocka_unit_test(open_channels_take_frames_of_64_kibibytes),
      cmocka_unit_test(empty_data_frames_are_refused),
      cmocka_unit_test(an_idle_channel_holds_no_frame),
      cmocka_unit_test(what_the_owner_does_not_take_is_bounded),
  };
  return cmocka_run_group_tests(tests, start, NULL);
}
