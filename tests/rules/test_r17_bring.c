/* R17: a server that lost everything gets its programme back from a device: a roster that names
 * the new server, entry by entry. Until it does, nobody is served; then the founding code is used
 * up. */
#include "connkit.h"
#include "mock.h"

enum { WORKERS = 30 };

static struct site site;
static struct krv_roster *list; /* the programme's */

/* A programme of many, whose server's key is no longer this server's. */
static int set_up(void **state) {
  (void)state;
  site_init(&site, 17, false);
  krv_fleet_admit_many(&site.kit.fleet, WORKERS, KRV_ROLE_WORKER);
  list = site.kit.fleet.roster;
  krv_dh_pair_random(&site.kit.t.env, &site.service.server);
  site.kit.fleet.server = site.service.server;
  krv_batch_free(site.empty_batch);
  assert_int_equal(krv_batch_new(&site.kit.t.env, site.empty_store, site.empty_roster,
                                 &site.service.server.pk, &site.empty_batch), 0);
  site.service.batch = site.empty_batch;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  site_release(&site);
  return 0;
}

static int name_server(const struct krv_key *pk, krv_device_ix signer) {
  struct krv_statement server = {.kind = KRV_STATEMENT_SERVER, .server_pk = *pk};
  return krv_fleet_state(&site.kit.fleet, signer, &server, 1);
}

static void name_this_server(void) {
  assert_int_equal(name_server(&site.service.server.pk, KRV_DEVICE_FOUNDER), 0);
}

static void say_entry(struct caller *c, struct krv_slice entry) {
  struct krv_buf payload;
  krv_buf_init(&payload, &site.kit.t.env);
  krv_msg_roster_encode(&(struct krv_msg_roster){entry}, &payload);
  caller_say(c, KRV_MSG_ROSTER, &payload);
  krv_buf_release(&payload);
}

static void say_entries(struct caller *c, uint32_t from, uint32_t count) {
  for (uint32_t h = from; h < from + count; h++) say_entry(c, krv_roster_entry(list, h));
}

static void call(struct caller *c, krv_device_ix device) {
  caller_enrol(c, &site, &site.kit.fleet.devices[device].session, NULL, 0);
}

static bool enrolled(struct caller *c) {
  struct krv_message message;
  return caller_find(c, KRV_MSG_ENROLLED, &message);
}

static bool founded(void) {
  return krv_roster_serves(site.service.roster, &site.service.server.pk);
}

static bool stored(uint32_t count) {
  struct krv_buf entry;
  bool same = krv_roster_count(site.service.roster) == count;
  krv_buf_init(&entry, &site.kit.t.env);
  for (uint32_t h = 0; same && h < count; h++) {
    krv_buf_reset(&entry);
    same = site.empty_store->driver->roster_get(site.empty_store, h, &entry) == 0 &&
           krv_slice_equal(krv_buf_slice(&entry), krv_roster_entry(list, h));
  }
  krv_buf_release(&entry);
  return same;
}

/* All of it by one device; the answer heard. */
static void bring_all(krv_device_ix device) {
  struct caller c;
  call(&c, device);
  say_entries(&c, 0, krv_roster_count(list));
  caller_pump(&c);
  assert_true(enrolled(&c));
  caller_close(&c);
}

static void a_whole_roster_founds_and_the_session_goes_on(void **state) {
  struct krv_message message;
  struct caller c;
  (void)state;
  name_this_server();
  call(&c, 0);
  say_entries(&c, 0, krv_roster_count(list));
  caller_pump(&c);
  assert_true(enrolled(&c));
  assert_true(founded());
  assert_true(stored(krv_roster_count(list)));
  caller_open(&c, 0, NULL, 0);
  caller_pump(&c);
  assert_true(caller_find(&c, KRV_MSG_ANSWER, &message));
  assert_int_equal(site.logged[KRV_LOG_FOUNDED], 1);
  caller_close(&c);
  caller_xk_open(&c, &site, 3); /* and the others are served */
  caller_pump(&c);
  assert_true(caller_find(&c, KRV_MSG_ANSWER, &message));
  caller_close(&c);
}

/* Each cut is at another byte; the same code goes on, whatever had come. */
static void cut_anywhere_it_goes_on_with_the_same_code(void **state) {
  struct caller c;
  (void)state;
  name_this_server();
  uint32_t count = krv_roster_count(list);
  for (uint64_t cut = 1; !founded(); cut += 997) {
    call(&c, 0);
    c.chunk = 100;
    c.cut_up = cut;
    say_entries(&c, 0, count);
    caller_pump(&c);
    caller_close(&c);
    assert_in_range(cut, 1, 200000);
  }
  assert_true(stored(count));
  bring_all(0); /* its answer was lost: ENROLLED again */
  assert_true(stored(count));
}

static void half_brought_it_survives_a_restart_and_serves_nobody(void **state) {
  struct krv_invite_terms terms = {.id = {9}, .roles = KRV_ROLE_WORKER, .expires_s = UINT32_MAX};
  struct krv_dh_pair joiner;
  struct caller c;
  (void)state;
  name_this_server();
  uint32_t count = krv_roster_count(list), half = count / 2;
  call(&c, 0);
  say_entries(&c, 0, half);
  caller_pump(&c);
  assert_false(enrolled(&c));
  caller_close(&c);
  krv_batch_free(site.empty_batch); /* the server starts anew on what it stored */
  krv_roster_free(site.empty_roster);
  assert_int_equal(krv_roster_new(&site.kit.t.env, &site.empty_roster), 0);
  assert_int_equal(krv_batch_new(&site.kit.t.env, site.empty_store, site.empty_roster,
                                 &site.service.server.pk, &site.empty_batch), 0);
  site.service.roster = site.empty_roster;
  site.service.batch = site.empty_batch;
  assert_true(stored(half));
  for (krv_device_ix device = 0; device < 2; device++) {
    caller_xk_open(&c, &site, device);
    caller_pump(&c);
    assert_true(caller_refused(&c, KRV_STATE));
    caller_close(&c);
  }
  krv_dh_pair_random(&site.kit.t.env, &joiner);
  caller_enrol(&c, &site, &joiner, &terms, 0);
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_STATE));
  caller_close(&c);
  bring_all(0);
  assert_true(stored(count));
}

static void the_code_is_the_first_ones_during_and_after(void **state) {
  struct krv_buf payload;
  struct caller c;
  (void)state;
  name_this_server();
  for (int after = 0; after < 2; after++) {
    call(&c, 0);
    say_entries(&c, 0, after ? krv_roster_count(list) : 3);
    caller_pump(&c);
    caller_close(&c);
    call(&c, 4); /* a member like him */
    say_entries(&c, 0, krv_roster_count(list));
    caller_pump(&c);
    assert_true(caller_refused(&c, KRV_INVITE_USED));
    caller_close(&c);
    call(&c, 0); /* who founds another programme here */
    krv_buf_init(&payload, &site.kit.t.env);
    krv_fleet_founding(&site.kit.fleet, &payload); /* it names this server, and his key */
    say_entry(&c, krv_buf_slice(&payload));
    caller_pump(&c);
    assert_true(caller_refused(&c, KRV_INVITE_USED));
    krv_buf_release(&payload);
    caller_close(&c);
  }
  assert_true(founded());
}

static void a_roster_that_never_names_it_founds_nothing(void **state) {
  struct krv_key other;
  struct caller c;
  (void)state;
  krv_key_random(&site.kit.t.env, &other);
  assert_int_equal(name_server(&other, KRV_DEVICE_FOUNDER), 0);
  call(&c, 0);
  say_entries(&c, 0, krv_roster_count(list));
  caller_pump(&c);
  assert_false(enrolled(&c));
  assert_false(founded());
  caller_close(&c);
  name_this_server(); /* said on top of it, later */
  bring_all(0);
  assert_true(founded());
}

static void revoke(krv_device_ix device) {
  struct krv_statement s = {.kind = KRV_STATEMENT_REVOKE, .device = device, .how = KRV_REVOKE_LOST};
  assert_int_equal(krv_fleet_state(&site.kit.fleet, KRV_DEVICE_FOUNDER, &s, 1), 0);
}

static void try_in_vain(const struct krv_dh_pair *session) {
  struct caller c;
  caller_enrol(&c, &site, session, NULL, 0);
  say_entries(&c, 0, krv_roster_count(list));
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_DENIED));
  assert_false(founded());
  caller_close(&c);
}

static void who_was_never_let_in_founds_nothing(void **state) {
  struct krv_dh_pair thief;
  (void)state;
  name_this_server();
  krv_dh_pair_random(&site.kit.t.env, &thief);
  try_in_vain(&thief);
}

static void who_was_revoked_founds_nothing(void **state) {
  (void)state;
  revoke(5);
  name_this_server();
  try_in_vain(&site.kit.fleet.devices[5].session);
}

static void entries_must_follow_and_verify(void **state) {
  struct krv_buf forged;
  struct caller c;
  (void)state;
  name_this_server();
  uint32_t last = krv_roster_count(list) - 1;
  call(&c, 0);
  say_entries(&c, 2, 1); /* without what is before it */
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_STALE));
  caller_close(&c);
  krv_buf_init(&forged, &site.kit.t.env);
  krv_buf_put(&forged, krv_roster_entry(list, last));
  forged.data[forged.len - 1] ^= 1; /* of the signature */
  call(&c, 0);
  say_entries(&c, 0, last);
  say_entry(&c, krv_buf_slice(&forged));
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_CRYPTO));
  assert_false(founded());
  caller_close(&c);
  krv_buf_release(&forged);
  bring_all(0); /* what held is kept */
}

static void an_entry_that_names_another_server_is_not_for_this_one(void **state) {
  struct krv_key other;
  struct caller c;
  (void)state;
  name_this_server();
  bring_all(0);
  krv_key_random(&site.kit.t.env, &other);
  assert_int_equal(name_server(&other, KRV_DEVICE_FOUNDER), 0);
  caller_xk(&c, &site, 0);
  caller_open(&c, 0, NULL, 0);
  say_entries(&c, krv_roster_count(list) - 1, 1);
  caller_pump(&c);
  struct krv_msg_ack ack = caller_ack(&c, true);
  assert_int_equal(ack.exception_count, 1);
  assert_int_equal(ack.exceptions[0].status, KRV_DENIED);
  assert_true(founded());
  caller_close(&c);
}

static void a_lost_batch_keeps_nothing_and_answers_nothing(void **state) {
  struct caller c;
  (void)state;
  name_this_server();
  site.lose = KRV_FULL;
  call(&c, 0);
  say_entries(&c, 0, krv_roster_count(list));
  caller_pump(&c);
  assert_false(enrolled(&c));
  assert_true(krv_conn_done(c.conn));
  assert_int_equal(krv_roster_count(site.service.roster), 0);
  caller_close(&c);
  site.lose = 0;
  bring_all(0);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      T(a_whole_roster_founds_and_the_session_goes_on),
      T(cut_anywhere_it_goes_on_with_the_same_code),
      T(half_brought_it_survives_a_restart_and_serves_nobody),
      T(the_code_is_the_first_ones_during_and_after),
      T(a_roster_that_never_names_it_founds_nothing),
      T(who_was_never_let_in_founds_nothing),
      T(who_was_revoked_founds_nothing),
      T(entries_must_follow_and_verify),
      T(an_entry_that_names_another_server_is_not_for_this_one),
      T(a_lost_batch_keeps_nothing_and_answers_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
