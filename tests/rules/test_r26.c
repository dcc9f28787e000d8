/* R26: tickets are a cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "chanpair.h"
#include "dh.h"
#include "hash.h"

enum { DEVICE = 7, DAY_S = 86400 };

/* A pair whose server keeps a cache, after one XK. */
static void begin(struct chanpair *p, uint64_t seed) {
  chanpair_init(p, seed);
  assert_int_equal(krv_tickets_new(&p->world.env, &p->tickets), 0);
  assert_int_equal(chanpair_open(p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(chanpair_pump(p), 0);
}

/* Both ends keep the ticket that the session made. */
static void keep(struct chanpair *p) {
  struct krv_ticket own, servers;
  assert_true(krv_channel_next_ticket(p->client, &own));
  assert_true(krv_channel_next_ticket(p->server, &servers));
  if (krv_channel_opening(p->server) == KRV_OPENING_TICKET) {
    struct krv_ticket opened;
    krv_device_ix device;
    assert_int_equal(krv_tickets_find(p->tickets, krv_channel_ticket(p->server), p->world.wall_s,
                                      &device, &opened),
                     0);
    assert_int_equal(device, DEVICE);
    servers.chain_started_s = opened.chain_started_s;
  }
  assert_int_equal(krv_tickets_put(p->tickets, DEVICE, &servers), 0);
  assert_memory_equal(&own.id, &servers.id, sizeof own.id);
  assert_memory_equal(&own.psk, &servers.psk, sizeof own.psk);
  assert_int_equal(own.chain_started_s, servers.chain_started_s);
  p->ticket = own;
}

static int by_ticket(struct chanpair *p) {
  assert_int_equal(chanpair_open(p, KRV_OPENING_TICKET, 100), 0);
  assert_int_equal(chanpair_send(p->client, "push"), 0);
  return chanpair_pump(p);
}

static bool live(struct chanpair *p, const struct krv_ticket *ticket) {
  struct krv_ticket out;
  krv_device_ix device;
  return krv_tickets_find(p->tickets, &ticket->id, p->world.wall_s, &device, &out) == 0;
}

static void both_ends_derive_the_same_next_ticket_session_after_session(void **state) {
  (void)state;
  struct chanpair p;
  begin(&p, 1);
  keep(&p);
  for (unsigned i = 0; i < 10; i++) {
    struct krv_ticket before = p.ticket;
    assert_int_equal(by_ticket(&p), 0);
    assert_true(chanpair_got(p.server, "push"));
    keep(&p);
    assert_memory_not_equal(&before.id, &p.ticket.id, sizeof before.id);
    assert_memory_not_equal(&before.psk, &p.ticket.psk, sizeof before.psk);
  }
  chanpair_release(&p);
  assert_int_equal(p.world.live, 0);
}

static void the_four_newest_are_kept(void **state) {
  (void)state;
  struct chanpair p;
  struct krv_ticket made[6];
  begin(&p, 2);
  for (unsigned i = 0; i < 6; i++) {
    assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
    assert_int_equal(chanpair_pump(&p), 0);
    keep(&p);
    made[i] = p.ticket;
  }
  for (unsigned i = 0; i < 6; i++) assert_int_equal(live(&p, &made[i]), i >= 2);
  chanpair_release(&p);
}

static void a_message_that_verifies_drops_older_tickets_and_keeps_its_own_and_newer(void **state) {
  (void)state;
  struct chanpair p;
  struct krv_ticket made[4];
  begin(&p, 3);
  for (unsigned i = 0; i < 4; i++) {
    assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
    assert_int_equal(chanpair_pump(&p), 0);
    keep(&p);
    made[i] = p.ticket;
  }
  struct krv_ticket stranger = made[2];
  memset(&stranger.id, 0x77, sizeof stranger.id);
  assert_int_equal(krv_tickets_put(p.tickets, DEVICE + 1, &stranger), 0);
  p.ticket = made[2];
  assert_int_equal(by_ticket(&p), 0);
  for (unsigned i = 0; i < 4; i++) assert_int_equal(live(&p, &made[i]), i >= 2);
  assert_true(live(&p, &stranger));
  chanpair_release(&p);
}

static void a_ticket_takes_four_first_messages_and_no_fifth(void **state) {
  (void)state;
  struct chanpair p;
  begin(&p, 4);
  keep(&p);
  for (unsigned i = 0; i < 4; i++) assert_int_equal(by_ticket(&p), 0);
  assert_int_equal(by_ticket(&p), KRV_NOT_FOUND);
  assert_int_equal(p.moved[CHANPAIR_DOWN], 0);
  chanpair_release(&p);
}

static void the_same_first_message_twice_is_refused(void **state) {
  (void)state;
  struct chanpair p;
  struct krv_buf copy;
  begin(&p, 5);
  keep(&p);
  krv_buf_init(&copy, &p.world.env);
  assert_int_equal(chanpair_open(&p, KRV_OPENING_TICKET, 100), 0);
  assert_int_equal(chanpair_send(p.client, "push"), 0);
  assert_int_equal(krv_channel_flush(p.client), 0);
  krv_buf_put(&copy, krv_buf_slice(krv_channel_out(p.client)));
  assert_int_equal(krv_channel_feed(p.server, krv_buf_slice(&copy)), 0);
  assert_true(chanpair_got(p.server, "push"));
  assert_int_equal(chanpair_open(&p, KRV_OPENING_TICKET, 100), 0);
  assert_int_equal(krv_channel_feed(p.server, krv_buf_slice(&copy)), KRV_DENIED);
  assert_true(chanpair_got(p.server, "")); /* and not read again */
  krv_buf_release(&copy);
  chanpair_release(&p);
}

static void only_a_message_that_verifies_counts(void **state) {
  (void)state;
  struct chanpair p;
  begin(&p, 6);
  keep(&p);
  for (unsigned i = 0; i < 20; i++) {
    p.flip_at[CHANPAIR_UP] = 3 + 16 + i; /* in the ephemeral key */
    p.flip_mask = 4;
    assert_int_equal(by_ticket(&p), KRV_CRYPTO);
    assert_int_equal(p.moved[CHANPAIR_DOWN], 0);
  }
  p.flip_at[CHANPAIR_UP] = UINT64_MAX;
  assert_int_equal(by_ticket(&p), 0);
  chanpair_release(&p);
}

static void a_chain_ends_thirty_days_after_its_xk(void **state) {
  (void)state;
  struct chanpair p;
  begin(&p, 7);
  keep(&p);
  for (unsigned day = 0; day < 30; day += 5) { /* used all the time, it ends all the same */
    assert_int_equal(by_ticket(&p), 0);
    keep(&p);
    p.world.wall_s += 5 * DAY_S;
  }
  assert_true(live(&p, &p.ticket));
  p.world.wall_s += 1;
  assert_int_equal(by_ticket(&p), KRV_NOT_FOUND);
  chanpair_release(&p);
}

static void an_unknown_ticket_meets_silence_and_xk_makes_a_new_one(void **state) {
  (void)state;
  struct chanpair p;
  begin(&p, 8);
  keep(&p);
  krv_tickets_drop_device(p.tickets, DEVICE); /* the server lost its cache */
  assert_int_equal(by_ticket(&p), KRV_NOT_FOUND);
  assert_int_equal(p.status[0], 0);
  assert_int_equal(p.moved[CHANPAIR_DOWN], 0);
  assert_int_equal(krv_channel_out(p.server)->len, 0);
  assert_true(chanpair_got(p.server, ""));
  assert_int_equal(chanpair_open(&p, KRV_OPENING_XK, 0), 0);
  assert_int_equal(chanpair_pump(&p), 0);
  keep(&p);
  assert_int_equal(by_ticket(&p), 0);
  chanpair_release(&p);
}

static void no_random(void *ctx, void *out, size_t len) {
  (void)ctx;
  memset(out, 0, len);
}

/* What the client of a first message begins with. */
struct beginning {
  uint64_t ticket; /* the seed that makes it */
  uint64_t random; /* the seed of the generator from then on; 0: it is broken */
  const char *early;
};

/* The ephemeral key that goes out, and the ticket's psk. */
static void ephemeral(const struct beginning *b, struct krv_key *e, struct krv_key *psk) {
  struct chanpair p;
  begin(&p, b->ticket);
  keep(&p);
  p.world.seed = b->random;
  if (b->random == 0) p.world.env.random = no_random;
  assert_int_equal(chanpair_open(&p, KRV_OPENING_TICKET, 100), 0);
  if (*b->early) assert_int_equal(chanpair_send(p.client, b->early), 0);
  assert_int_equal(krv_channel_flush(p.client), 0);
  memcpy(e, krv_channel_out(p.client)->data + KRV_FRAME_HEAD + KRV_ID_LEN, sizeof *e);
  *psk = p.ticket.psk;
  chanpair_release(&p);
}

static bool same_ephemeral(const struct beginning *a, const struct beginning *b) {
  struct krv_key e[2], psk;
  ephemeral(a, &e[0], &psk);
  ephemeral(b, &e[1], &psk);
  return memcmp(&e[0], &e[1], sizeof e[0]) == 0;
}

/* Same in all: the same key, so that below nothing but the one part makes another. */
static void other_early_data_alone_make_another_ephemeral(void **state) {
  (void)state;
  struct beginning one = {9, 90, "one"}, same = {9, 90, "one"}, other = {9, 90, "two"};
  struct beginning more = {9, 90, "one "}, none = {9, 90, ""};
  assert_true(same_ephemeral(&one, &same));
  assert_false(same_ephemeral(&one, &other)); /* a clone of the vault and of its generator */
  assert_false(same_ephemeral(&one, &more));
  assert_false(same_ephemeral(&one, &none));
}

static void other_random_bytes_alone_make_another_ephemeral(void **state) {
  (void)state;
  struct beginning one = {9, 90, "one"}, other = {9, 91, "one"};
  assert_false(same_ephemeral(&one, &other));
}

static void a_broken_generator_repeats_nothing_where_ticket_or_data_differ(void **state) {
  (void)state;
  struct beginning one = {9, 0, "one"}, same = {9, 0, "one"};
  struct beginning data = {9, 0, "two"}, ticket = {10, 0, "one"};
  assert_true(same_ephemeral(&one, &same));
  assert_false(same_ephemeral(&one, &data));
  assert_false(same_ephemeral(&one, &ticket));
}

static void the_ephemeral_is_the_hash_that_the_protocol_says(void **state) {
  (void)state;
  struct beginning one = {9, 0, "one"};
  struct krv_key e, psk, secret, zero = {{0}};
  struct krv_dh_pair pair;
  ephemeral(&one, &e, &psk);
  const struct krv_slice parts[] = {krv_slice(zero.b, sizeof zero.b),
                                    krv_slice(psk.b, sizeof psk.b), krv_slice_str("one")};
  krv_h(KRV_DOMAIN_EPHEMERAL, parts, 3, secret.b, sizeof secret.b);
  assert_int_equal(krv_dh_pair_from_secret(&secret, &pair), 0);
  assert_memory_equal(&e, &pair.pk, sizeof e);
}

static int start(void **state) {
  (void)state;
  return krv_crypto_start();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_ends_derive_the_same_next_ticket_session_after_session),
      cmocka_unit_test(the_four_newest_are_kept),
      cmocka_unit_test(a_message_that_verifies_drops_older_tickets_and_keeps_its_own_and_newer),
      cmocka_unit_test(a_ticket_takes_four_first_messages_and_no_fifth),
      cmocka_unit_test(the_same_first_message_twice_is_refused),
      cmocka_unit_test(only_a_message_that_verifies_counts),
      cmocka_unit_test(a_chain_ends_thirty_days_after_its_xk),
      cmocka_unit_test(an_unknown_ticket_meets_silence_and_xk_makes_a_new_one),
      cmocka_unit_test(other_early_data_alone_make_another_ephemeral),
      cmocka_unit_test(other_random_bytes_alone_make_another_ephemeral),
      cmocka_unit_test(a_broken_generator_repeats_nothing_where_ticket_or_data_differ),
      cmocka_unit_test(the_ephemeral_is_the_hash_that_the_protocol_says),
  };
  return cmocka_run_group_tests(tests, start, NULL);
}
