/* R13: the founding code is bound by first use to the founder's static key. Who holds it too, and
 * comes with a founding of his own, comes too late, and nothing of his is kept. */
#include "mock.h"

#include "connkit.h"

static struct site site;
static struct krv_fleet thief; /* keys of his own, and this server's */
static struct krv_buf ours, his;

static int set_up(void **state) {
  (void)state;
  site_init(&site, 13, false);
  krv_fleet_found(&thief, &site.kit.t);
  thief.server = site.kit.fleet.server;
  krv_buf_init(&ours, &site.kit.t.env);
  krv_buf_init(&his, &site.kit.t.env);
  krv_fleet_founding(&site.kit.fleet, &ours);
  krv_fleet_founding(&thief, &his);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_buf_release(&ours);
  krv_buf_release(&his);
  assert_int_equal(krv_live_count(site.service.live), 0);
  krv_fleet_release(&thief);
  site_release(&site);
  assert_int_equal(site.kit.t.live, 0);
  return 0;
}

static void start_anew(void) {
  (void)tear_down(NULL);
  (void)set_up(NULL);
}

/* The handshake is done, the founding entry said and not yet on its way. */
static void come(struct caller *c, const struct krv_fleet *who, const struct krv_buf *entry) {
  struct krv_buf payload;
  caller_enrol(c, &site, &who->devices[0].session, NULL, 0);
  caller_pump(c);
  assert_true(krv_conn_known(c->conn));
  krv_buf_init(&payload, &site.kit.t.env);
  krv_msg_roster_encode(&(struct krv_msg_roster){krv_buf_slice(entry)}, &payload);
  caller_say(c, KRV_MSG_ROSTER, &payload);
  krv_buf_release(&payload);
}

static bool let_in(struct caller *c) {
  struct krv_message message;
  struct krv_msg_enrolled enrolled;
  return caller_find(c, KRV_MSG_ENROLLED, &message) &&
         krv_msg_enrolled_decode(message.payload, &enrolled) == 0 && enrolled.state == 1;
}

/* One entry, this one, in memory and in the store, and its founder is served. */
static void founded_by(const struct krv_fleet *who, const struct krv_buf *entry) {
  struct krv_store *store = site.service.store;
  struct krv_buf stored;
  krv_buf_init(&stored, &site.kit.t.env);
  assert_int_equal(krv_roster_count(site.service.roster), 1);
  assert_true(krv_slice_equal(krv_roster_entry(site.service.roster, 0), krv_buf_slice(entry)));
  assert_int_equal(store->driver->roster_get(store, 0, &stored), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&stored), krv_buf_slice(entry)));
  assert_int_equal(store->driver->roster_get(store, 1, &stored), KRV_NOT_FOUND);
  krv_buf_release(&stored);
  assert_non_null(krv_roster_device_by_session(site.service.roster, &who->devices[0].session.pk));
  assert_int_equal(krv_roster_device_count(site.service.roster), 1);
}

static void found_well(void) {
  struct caller c;
  come(&c, &site.kit.fleet, &ours);
  caller_pump(&c);
  assert_true(let_in(&c));
  caller_close(&c);
  founded_by(&site.kit.fleet, &ours);
}

static void who_comes_after_the_founder_hears_that_the_code_is_used(void **state) {
  struct krv_message message;
  struct caller c;
  uint8_t chain[KRV_CHAIN_LEN], after[KRV_CHAIN_LEN];
  (void)state;
  found_well();
  uint64_t head = site_head(&site, chain);
  for (int i = 0; i < 3; i++) {
    come(&c, &thief, &his);
    caller_pump(&c);
    assert_true(caller_refused(&c, KRV_INVITE_USED));
    assert_true(krv_conn_done(c.conn));
    caller_open(&c, 0, NULL, 0); /* however he goes on */
    caller_pump(&c);
    assert_false(caller_find(&c, KRV_MSG_ANSWER, &message));
    caller_close(&c);
    founded_by(&site.kit.fleet, &ours);
    assert_int_equal(site_head(&site, after), head);
    assert_memory_equal(after, chain, sizeof chain);
  }
  site.kit.fleet.devices[1].session = thief.devices[0].session;
  caller_xk(&c, &site, 1); /* nobody knows him */
  caller_open(&c, 0, NULL, 0);
  caller_pump(&c);
  assert_true(krv_conn_done(c.conn));
  assert_false(krv_conn_known(c.conn));
  caller_close(&c);
  found_well(); /* and the founder may ask again */
}

static void his_own_keys_under_the_founders_entry_are_no_use(void **state) {
  struct caller c;
  (void)state;
  come(&c, &thief, &ours); /* he saw it somewhere, and is first */
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_DENIED));
  caller_close(&c);
  assert_int_equal(krv_roster_count(site.service.roster), 0);
  found_well();
}

/* The answer was lost, or the question came twice: before the batch was durable, after, and while
 * the first connection is still open. */
static void the_founder_may_repeat_himself_at_any_moment(void **state) {
  struct caller first, again;
  (void)state;
  for (int durable = 0; durable < 2; durable++)
    for (int open = 0; open < 2; open++) {
      come(&first, &site.kit.fleet, &ours);
      come(&again, &site.kit.fleet, &ours);
      caller_up(&first);
      if (durable) site_turn(&site);
      if (!open) caller_close(&first);
      caller_up(&again);
      caller_pump(&again);
      assert_true(let_in(&again));
      if (open) caller_close(&first);
      caller_close(&again);
      founded_by(&site.kit.fleet, &ours);
      start_anew();
    }
}

/* Both in one turn of the loop, whoever is the first. */
static void of_two_who_race_exactly_one_wins(void **state) {
  (void)state;
  for (int turn = 0; turn < 4; turn++) {
    struct caller one, two;
    const struct krv_fleet *who[] = {&site.kit.fleet, &thief};
    const struct krv_buf *entries[] = {&ours, &his};
    int first = turn & 1;
    come(&one, who[first], entries[first]);
    come(&two, who[!first], entries[!first]);
    caller_up(&one);
    if (turn < 2) site_turn(&site);
    caller_up(&two);
    caller_pump(&two);
    caller_pump(&one);
    assert_true(let_in(&one));
    assert_true(caller_refused(&two, KRV_INVITE_USED));
    caller_close(&one);
    caller_close(&two);
    founded_by(who[first], entries[first]);
    start_anew();
  }
}

/* A turn that could not be made durable binds nobody. */
static void a_lost_batch_binds_the_code_to_nobody(void **state) {
  struct caller one, two;
  (void)state;
  come(&one, &thief, &his);
  come(&two, &site.kit.fleet, &ours);
  site.lose = KRV_FULL;
  caller_up(&one);
  caller_pump(&one);
  assert_false(let_in(&one));
  assert_true(krv_conn_done(one.conn));
  site.lose = 0;
  assert_int_equal(krv_roster_count(site.service.roster), 0);
  caller_pump(&two);
  assert_true(let_in(&two));
  caller_close(&one);
  caller_close(&two);
  founded_by(&site.kit.fleet, &ours);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      T(who_comes_after_the_founder_hears_that_the_code_is_used),
      T(his_own_keys_under_the_founders_entry_are_no_use),
      T(the_founder_may_repeat_himself_at_any_moment),
      T(of_two_who_race_exactly_one_wins),
      T(a_lost_batch_binds_the_code_to_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
