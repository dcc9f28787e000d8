#include "channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chanpair.h"

#define UP1 "the push: twenty-eight bytes"
#define DOWN1 "the answer"
#define UP2 "more"
#define DOWN2 "and more"

static const enum krv_opening openings[] = {KRV_OPENING_XK, KRV_OPENING_ENROL, KRV_OPENING_TICKET};
enum { OPENINGS = 3 };

/* Both ends say two things. 0, or the first error. */
static int converse(struct chanpair *p, enum krv_opening opening) {
  int status = chanpair_open(p, opening, KRV_EARLY_DATA_MAX);
  if (status == 0) status = chanpair_send(p->client, UP1);
  if (status == 0) status = chanpair_send(p->server, DOWN1);
  if (status == 0) status = chanpair_pump(p);
  if (status == 0) status = chanpair_send(p->client, UP2);
  if (status == 0) status = chanpair_send(p->server, DOWN2);
  if (status == 0) status = chanpair_pump(p);
  return status;
}

static bool complete(const struct chanpair *p) {
  return chanpair_got(p->server, UP1 UP2) && chanpair_got(p->client, DOWN1 DOWN2);
}

/* Whatever happened, nobody reads anything but the beginning of what was said. */
static bool begins(const struct krv_buf *got, const char *all) {
  return got->len == 0 || (got->len <= strlen(all) && memcmp(got->data, all, got->len) == 0);
}

static bool only_beginnings(const struct chanpair *p) {
  return begins(krv_channel_in(p->server), UP1 UP2) &&
         begins(krv_channel_in(p->client), DOWN1 DOWN2);
}

static void every_opening_carries_both_ways(void **state) {
  (void)state;
  for (unsigned i = 0; i < OPENINGS; i++) {
    struct chanpair p;
    chanpair_init(&p, 100 + i);
    assert_int_equal(converse(&p, openings[i]), 0);
    assert_true(complete(&p));
    assert_int_equal(krv_channel_state(p.client), KRV_CHANNEL_OPEN);
    assert_int_equal(krv_channel_state(p.server), KRV_CHANNEL_OPEN);
    assert_int_equal(krv_channel_opening(p.server), openings[i]);
    chanpair_release(&p);
    assert_int_equal(p.world.live, 0);
  }
}

static void each_end_learns_what_its_opening_tells(void **state) {
  (void)state;
  struct chanpair p;
  struct krv_ticket a, b;
  chanpair_init(&p, 1);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_null(krv_channel_peer(p.server));
  assert_false(krv_channel_next_ticket(p.client, &a));
  assert_int_equal(chanpair_pump(&p), 0);
  assert_memory_equal(krv_channel_peer(p.server), &p.client_s.pk, KRV_KEY_LEN);
  assert_memory_equal(krv_channel_peer(p.client), &p.server_s.pk, KRV_KEY_LEN);
  assert_null(krv_channel_ticket(p.server));
  assert_int_equal(krv_channel_server_s(p.client), p.world.wall_s);

  assert_int_equal(chanpair_open(&p, KRV_OPENING_ENROL, 0), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  assert_true(krv_slice_equal(krv_channel_terms(p.server), krv_slice_str("terms")));
  assert_memory_equal(krv_channel_peer(p.server), &p.client_s.pk, KRV_KEY_LEN);
  assert_int_equal(krv_channel_server_s(p.client), 0);
  assert_false(krv_channel_next_ticket(p.client, &a) || krv_channel_next_ticket(p.server, &b));

  assert_int_equal(chanpair_open(&p, KRV_OPENING_TICKET, 0), 0);
  assert_null(krv_channel_ticket(p.server));
  assert_int_equal(chanpair_pump(&p), 0);
  assert_null(krv_channel_peer(p.server));
  assert_true(krv_id_equal(krv_channel_ticket(p.server), &p.ticket.id));
  assert_int_equal(krv_channel_server_s(p.client), 0);
  chanpair_release(&p);
}

static void handshakes_have_the_sizes_that_the_specification_computes(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 2);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(p.frames, 3);
  assert_int_equal(p.frame_len[0], 3 + 32 + 16);
  assert_int_equal(p.frame_len[1], 3 + 32 + 16 + 4);
  assert_int_equal(p.frame_len[2], 3 + 48 + 16);
  assert_int_equal(chanpair_send(p.client, UP1), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(p.frame_len[3], 19 + 28);

  assert_int_equal(chanpair_open(&p, KRV_OPENING_ENROL, 0), 0);
  assert_int_equal(chanpair_send(p.client, UP1), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(p.frame_len[0], 51 + 5);
  assert_int_equal(p.frame_len[1], 51);
  assert_int_equal(p.frame_len[2], 67 + 28);

  assert_int_equal(chanpair_open(&p, KRV_OPENING_TICKET, 28), 0);
  assert_int_equal(chanpair_send(p.client, UP1), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(p.frames, 2);
  assert_int_equal(p.frame_len[0], 3 + 16 + 32 + 16 + 28);
  assert_int_equal(p.frame_len[1], 3 + 32 + 16);
  assert_int_equal(krv_channel_early_sent(p.client), 28);
  chanpair_release(&p);
}

static void early_data_is_the_beginning_and_the_rest_follows(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 3);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_TICKET, 10), 0);
  assert_int_equal(chanpair_send(p.client, UP1), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(krv_channel_early_sent(p.client), 10);
  assert_true(chanpair_got(p.server, UP1));
  assert_int_equal(p.frame_len[0], 67 + 10);
  assert_int_equal(p.frame_len[2], 19 + 18);
  chanpair_release(&p);
}

static void large_things_are_cut_into_frames(void **state) {
  (void)state;
  enum { LEN = 200000 };
  uint8_t *big = malloc(LEN);
  assert_non_null(big);
  for (size_t i = 0; i < LEN; i++) big[i] = (uint8_t)(i * 31 >> 3);
  for (unsigned i = 0; i < OPENINGS; i++) {
    struct chanpair p;
    chanpair_init(&p, 4);
    assert_int_equal(chanpair_open(&p, openings[i], SIZE_MAX), 0);
    assert_int_equal(krv_channel_send(p.client, krv_slice(big, LEN)), 0);
    assert_int_equal(krv_channel_send(p.server, krv_slice(big, LEN)), 0);
    assert_int_equal(chanpair_pump(&p), 0);
    assert_true(krv_slice_equal(krv_buf_slice(krv_channel_in(p.server)), krv_slice(big, LEN)));
    assert_true(krv_slice_equal(krv_buf_slice(krv_channel_in(p.client)), krv_slice(big, LEN)));
    for (unsigned f = 0; f < p.frames; f++)
      assert_true(p.frame_len[f] <= KRV_FRAME_HEAD + krv_frame_cap((uint8_t)p.frame_kind[f]));
    if (openings[i] == KRV_OPENING_TICKET)
      assert_int_equal(krv_channel_early_sent(p.client), KRV_EARLY_DATA_MAX);
    chanpair_release(&p);
  }
  free(big);
}

static void it_does_not_matter_how_bytes_arrive(void **state) {
  (void)state;
  for (unsigned i = 0; i < OPENINGS; i++)
    for (size_t chunk = 1; chunk < 25; chunk++) {
      struct chanpair p;
      chanpair_init(&p, 5);
      p.chunk = chunk;
      assert_int_equal(converse(&p, openings[i]), 0);
      assert_true(complete(&p));
      chanpair_release(&p);
    }
}

static void cut_at_any_byte_nothing_but_beginnings_arrives(void **state) {
  (void)state;
  for (unsigned i = 0; i < OPENINGS; i++)
    for (unsigned dir = 0; dir < 2; dir++) {
      uint64_t total = 1;
      for (uint64_t at = 0; at < total; at++) {
        struct chanpair p;
        chanpair_init(&p, 6);
        if (at == 0) { /* how long it is when nothing is cut */
          assert_int_equal(converse(&p, openings[i]), 0);
          total = p.moved[dir];
        }
        p.cut_at[dir] = at;
        assert_int_equal(converse(&p, openings[i]), 0);
        assert_false(complete(&p));
        assert_true(only_beginnings(&p));
        chanpair_release(&p);
      }
      assert_true(total > 80);
    }
}

/* A changed length may only make the reader wait for more: then more comes. */
static bool refused_in_the_end(struct chanpair *p, unsigned dir) {
  struct krv_channel *reader = dir == CHANPAIR_UP ? p->server : p->client;
  static const uint8_t zeros[65536];
  size_t before = krv_channel_in(reader)->len;
  if (krv_channel_state(reader) != KRV_CHANNEL_CLOSED)
    krv_channel_feed(reader, krv_slice(zeros, sizeof zeros));
  return krv_channel_state(reader) == KRV_CHANNEL_CLOSED && krv_channel_out(reader)->len == 0 &&
         krv_channel_in(reader)->len == before;
}

static void any_changed_byte_is_refused(void **state) {
  (void)state;
  static const uint8_t masks[] = {1, 0x80, 0xff};
  for (unsigned i = 0; i < OPENINGS; i++)
    for (unsigned dir = 0; dir < 2; dir++)
      for (unsigned m = 0; m < sizeof masks; m++) {
        uint64_t total = 1;
        for (uint64_t at = 0; at < total; at++) {
          struct chanpair p;
          chanpair_init(&p, 7);
          if (at == 0) {
            assert_int_equal(converse(&p, openings[i]), 0);
            total = p.moved[dir];
          }
          p.flip_at[dir] = at;
          p.flip_mask = masks[m];
          converse(&p, openings[i]);
          assert_false(complete(&p));
          assert_true(only_beginnings(&p));
          if (!refused_in_the_end(&p, dir))
            fail_msg("opening %u, direction %u: byte %u changed by %02x passed", i, dir,
                     (unsigned)at, masks[m]);
          chanpair_release(&p);
          assert_int_equal(p.world.live, 0);
        }
      }
}

static void whoever_has_another_key_gets_nowhere(void **state) {
  (void)state;
  static const enum krv_opening with_key[] = {KRV_OPENING_XK, KRV_OPENING_ENROL};
  for (unsigned i = 0; i < 2; i++) {
    struct chanpair p;
    chanpair_init(&p, 8);
    p.wrong_server_key = true; /* the server is not whom the client means */
    assert_int_equal(converse(&p, with_key[i]), KRV_CRYPTO);
    assert_int_equal(p.moved[CHANPAIR_DOWN], 0);
    chanpair_release(&p);
  }
  struct chanpair p;
  chanpair_init(&p, 9);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_ENROL, 0), 0);
  p.invite_psk.b[0] ^= 1;
  assert_int_equal(chanpair_pump(&p), KRV_CRYPTO);
  assert_int_equal(krv_channel_state(p.server), KRV_CHANNEL_CLOSED);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_TICKET, 0), 0);
  p.ticket.psk.b[0] ^= 1;
  assert_int_equal(chanpair_pump(&p), KRV_CRYPTO);
  assert_int_equal(p.moved[CHANPAIR_DOWN], 0);
  chanpair_release(&p);
}

static void what_the_host_refuses_is_closed_and_not_read(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 10);
  p.known_status = KRV_REVOKED;
  p.enrol_status = KRV_INVITE_EXPIRED;
  assert_int_equal(converse(&p, KRV_OPENING_XK), KRV_REVOKED);
  assert_int_equal(krv_channel_in(p.server)->len, 0);
  assert_null(krv_channel_peer(p.server));
  assert_int_equal(converse(&p, KRV_OPENING_ENROL), KRV_INVITE_EXPIRED);
  assert_int_equal(p.moved[CHANPAIR_DOWN], 0);
  /* the first error stays */
  assert_int_equal(krv_channel_feed(p.server, krv_slice("x", 1)), KRV_INVITE_EXPIRED);
  assert_int_equal(krv_channel_send(p.server, krv_slice("x", 1)), KRV_INVITE_EXPIRED);
  assert_int_equal(krv_channel_flush(p.server), KRV_INVITE_EXPIRED);
  assert_int_equal(krv_channel_timeout(p.server, UINT64_MAX - 1), KRV_INVITE_EXPIRED);
  chanpair_release(&p);
}

/* How long after `now` the channel lives on. */
static uint64_t time_left(const struct chanpair *p, const struct krv_channel *channel) {
  return krv_channel_deadline_ms(channel) - p->world.mono_ms;
}

static void handshakes_end_within_ten_seconds(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 11);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(time_left(&p, p.client), 10000);
  assert_int_equal(time_left(&p, p.server), 10000);
  p.cut_at[CHANPAIR_DOWN] = 0;
  p.world.mono_ms += 3000; /* to connect */
  assert_int_equal(krv_channel_flush(p.client), 0);
  assert_int_equal(time_left(&p, p.client), 10000);
  assert_int_equal(time_left(&p, p.server), 7000);
  p.world.mono_ms += 1000;
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(time_left(&p, p.client), 9000); /* once for all messages */
  assert_int_equal(time_left(&p, p.server), 6000);
  assert_int_equal(krv_channel_timeout(p.client, p.world.mono_ms + 8999), 0);
  assert_int_equal(krv_channel_timeout(p.client, p.world.mono_ms + 9000), KRV_TIMEOUT);
  assert_int_equal(krv_channel_state(p.client), KRV_CHANNEL_CLOSED);
  p.world.mono_ms += 6000;
  assert_int_equal(krv_channel_feed(p.server, krv_slice("x", 1)), KRV_TIMEOUT);
  p.cut_at[CHANPAIR_DOWN] = UINT64_MAX;
  assert_int_equal(converse(&p, KRV_OPENING_XK), 0);
  assert_int_equal(krv_channel_deadline_ms(p.client), UINT64_MAX);
  assert_int_equal(krv_channel_deadline_ms(p.server), UINT64_MAX);
  assert_int_equal(krv_channel_timeout(p.server, UINT64_MAX - 1), 0);
  chanpair_release(&p);
}

static void early_data_has_two_minutes_once_its_head_is_there(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 12);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_TICKET, 100), 0);
  assert_int_equal(chanpair_send(p.client, UP1), 0);
  p.cut_at[CHANPAIR_UP] = 18;
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(time_left(&p, p.client), 120000);
  assert_int_equal(time_left(&p, p.server), 10000);
  p.world.mono_ms += 9000;
  p.cut_at[CHANPAIR_UP] = 19; /* the whole id */
  assert_int_equal(chanpair_pump(&p), 0);
  assert_int_equal(krv_channel_state(p.server), KRV_CHANNEL_START);
  assert_int_equal(time_left(&p, p.server), 120000);
  p.world.mono_ms += 110000;
  p.cut_at[CHANPAIR_UP] = UINT64_MAX;
  assert_int_equal(chanpair_pump(&p), 0);
  assert_true(chanpair_got(p.server, UP1));
  assert_int_equal(krv_channel_state(p.client), KRV_CHANNEL_OPEN);
  chanpair_release(&p);
}

static void any_failing_allocation_is_an_error_and_leaks_nothing(void **state) {
  (void)state;
  for (unsigned i = 0; i < OPENINGS; i++) {
    unsigned k = 0;
    for (int status = KRV_NOMEM; status != 0; k++) {
      struct chanpair p;
      chanpair_init(&p, 13);
      p.world.fail_at = k + 1;
      status = converse(&p, openings[i]);
      assert_true(status == 0 || status == KRV_NOMEM);
      assert_true(status != 0 || complete(&p));
      chanpair_release(&p);
      assert_int_equal(p.world.live, 0);
    }
    assert_true(k > 10);
  }
}

static void what_is_missing_is_invalid_and_terms_are_capped(void **state) {
  (void)state;
  struct chanpair p;
  chanpair_init(&p, 14);
  struct krv_channel *channel;
  struct krv_channel_options o = {.env = &p.world.env, .initiator = true,
                                  .opening = KRV_OPENING_ENROL, .s = &p.client_s,
                                  .server_pk = &p.server_s.pk};
  assert_int_equal(krv_channel_new(&o, &channel), KRV_INVALID);
  o.psk = &p.invite_psk;
  static const uint8_t terms[209];
  o.enrol_terms = krv_slice(terms, 209);
  assert_int_equal(krv_channel_new(&o, &channel), KRV_TOO_LARGE);
  o.enrol_terms.len = 208; /* 256 - 32 - 16 */
  assert_int_equal(krv_channel_new(&o, &channel), 0);
  assert_int_equal(krv_channel_flush(channel), 0);
  assert_int_equal(krv_channel_out(channel)->len, 3 + 256);
  krv_channel_free(channel);
  assert_int_equal(krv_channel_new(&(struct krv_channel_options){.env = &p.world.env}, &channel),
                   KRV_INVALID);
  assert_null(channel);
  assert_int_equal(p.world.live, 0);
}

static int start(void **state) {
  (void)state;
  return krv_crypto_start();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_opening_carries_both_ways),
      cmocka_unit_test(each_end_learns_what_its_opening_tells),
      cmocka_unit_test(handshakes_have_the_sizes_that_the_specification_computes),
      cmocka_unit_test(early_data_is_the_beginning_and_the_rest_follows),
      cmocka_unit_test(large_things_are_cut_into_frames),
      cmocka_unit_test(it_does_not_matter_how_bytes_arrive),
      cmocka_unit_test(cut_at_any_byte_nothing_but_beginnings_arrives),
      cmocka_unit_test(any_changed_byte_is_refused),
      cmocka_unit_test(whoever_has_another_key_gets_nowhere),
      cmocka_unit_test(what_the_host_refuses_is_closed_and_not_read),
      cmocka_unit_test(handshakes_end_within_ten_seconds),
      cmocka_unit_test(early_data_has_two_minutes_once_its_head_is_there),
      cmocka_unit_test(any_failing_allocation_is_an_error_and_leaks_nothing),
      cmocka_unit_test(what_is_missing_is_invalid_and_terms_are_capped),
  };
  return cmocka_run_group_tests(tests, start, NULL);
}
