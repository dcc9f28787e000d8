/* R31, the server's side: what a stranger can make it hold, the version as the
 * first byte inside encryption, early data from one bounded pool and two at once
 * a ticket, and acknowledgements that count items in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "connkit.h"

static struct site site;
static krv_device_ix worker;
static struct krv_buf payload;

static int set_up(void **state) {
  (void)state;
  site_init(&site, 31, true);
  worker = krv_kit_admit(&site.kit, KRV_ROLE_WORKER);
  krv_buf_init(&payload, &site.kit.t.env);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_buf_release(&payload);
  site_release(&site);
  assert_int_equal(site.kit.t.live, 0);
  return 0;
}

static struct krv_ticket earn_ticket(void) {
  struct caller c;
  struct krv_ticket ticket;
  caller_xk(&c, &site, worker);
  caller_open(&c, 0, NULL, 0);
  caller_pump(&c);
  assert_true(krv_channel_next_ticket(c.channel, &ticket));
  caller_close(&c);
  return ticket;
}

static void say_version(struct caller *c, uint8_t version) {
  krv_buf_reset(&payload);
  krv_buf_u8(&payload, version);
  krv_buf_append(&payload, "of another shape", 16);
  caller_say(c, KRV_MSG_OPEN, &payload);
}

static void test_r31_an_old_client_hears_upgrade_and_a_newer_one_newer(void **state) {
  (void)state;
  struct caller c;
  caller_xk(&c, &site, worker);
  say_version(&c, 0);
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_UPGRADE));
  assert_true(krv_conn_done(c.conn));
  caller_close(&c);
  caller_xk(&c, &site, worker);
  say_version(&c, KRV_PROTOCOL_VERSION + 1);
  caller_pump(&c);
  assert_true(caller_refused(&c, KRV_NEWER));
  caller_close(&c);
}

static void test_r31_a_stranger_hears_nothing_and_costs_a_frame_at_most(void **state) {
  (void)state;
  static const uint8_t heads[][3] = {{0xff, 0xff, 1}, {2, 1, 3}, {2, 0, 9}, {1, 0, 0}, {0, 0, 1},
                                     {0xff, 0xff, 7}, {5, 0, 200}, {2, 1, 4}};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    struct krv_conn *conn;
    assert_int_equal(krv_conn_new(&site.service, i, &conn), 0);
    uint8_t bytes[600] = {0};
    memcpy(bytes, heads[i], 3);
    assert_true(krv_conn_feed(conn, krv_slice(bytes, sizeof bytes)) < 0);
    assert_true(krv_conn_done(conn));
    assert_int_equal(krv_conn_out(conn)->len, 0);
    assert_false(krv_conn_known(conn));
    krv_conn_free(conn);
  }
}

static void test_r31_a_key_that_the_roster_never_held_hears_nothing(void **state) {
  (void)state;
  struct caller c;
  struct krv_dh_pair mine = site.kit.fleet.devices[worker].session;
  krv_dh_pair_random(&site.kit.t.env, &site.kit.fleet.devices[worker].session);
  caller_xk(&c, &site, worker);
  caller_open(&c, 0, NULL, 0);
  caller_pump(&c);
  assert_int_equal(c.down, 55); /* XK2 only */
  assert_true(krv_conn_done(c.conn));
  caller_close(&c);
  site.kit.fleet.devices[worker].session = mine;
}

/* Head and id of a TK1 that never ends. */
static void open_early(struct krv_conn **conn, const struct krv_ticket *ticket) {
  uint8_t bytes[3 + KRV_ID_LEN] = {0xff, 0x2f, 7};
  memcpy(bytes + 3, ticket->id.b, KRV_ID_LEN);
  assert_int_equal(krv_conn_new(&site.service, 1, conn), 0);
  (void)krv_conn_feed(*conn, krv_slice(bytes, sizeof bytes));
}

static void test_r31_early_data_is_two_at_once_a_ticket_from_one_pool(void **state) {
  (void)state;
  struct krv_ticket ticket = earn_ticket();
  struct krv_conn *conns[3];
  for (unsigned i = 0; i < 3; i++) open_early(&conns[i], &ticket);
  assert_false(krv_conn_done(conns[0]));
  assert_false(krv_conn_done(conns[1]));
  assert_true(krv_conn_done(conns[2]));
  assert_int_equal(site.service.early_pool_used, 2 * KRV_TK1_SIZE_MAX);
  assert_int_equal(krv_conn_deadline_ms(conns[0]), site.kit.t.mono_ms + 120000);
  krv_conn_free(conns[0]);
  krv_conn_free(conns[2]);
  assert_int_equal(site.service.early_pool_used, KRV_TK1_SIZE_MAX);
  site.service.early_pool_used += KRV_EARLY_POOL_SIZE - 2 * KRV_TK1_SIZE_MAX + 1;
  open_early(&conns[0], &ticket); /* the pool is full by one byte */
  assert_true(krv_conn_done(conns[0]));
  site.service.early_pool_used -= KRV_EARLY_POOL_SIZE - 2 * KRV_TK1_SIZE_MAX + 1;
  krv_conn_free(conns[0]);
  krv_conn_free(conns[1]);
  assert_int_equal(site.service.early_pool_used, 0);
}

/* Items beyond what one ACK can name wait for the next: nothing is dropped or counted twice. */
static void test_r31_acks_count_every_item_in_order_however_many(void **state) {
  (void)state;
  static struct krv_ack_exception room[KRV_ACK_EXCEPTIONS_MAX];
  enum { ITEMS = 2 * KRV_ACK_EXCEPTIONS_MAX + 100 };
  struct caller c;
  struct krv_message message;
  struct krv_msg_ack ack;
  caller_xk(&c, &site, worker);
  caller_open(&c, 0, NULL, 0);
  krv_buf_reset(&payload);
  krv_buf_u8(&payload, 0xff);
  for (unsigned i = 0; i < ITEMS; i++) caller_say(&c, KRV_MSG_GRANT, &payload);
  caller_pump(&c);
  uint32_t accepted = 0, refused = 0;
  while (caller_next(&c, &message)) {
    bool answer = message.kind == KRV_MSG_ANSWER;
    if (!answer && message.kind != KRV_MSG_ACK) continue;
    assert_int_equal(krv_msg_ack_decode(message.payload, answer, room, &ack), 0);
    accepted += ack.accepted;
    refused += ack.exception_count;
  }
  assert_int_equal(accepted, ITEMS);
  assert_int_equal(refused, ITEMS);
  assert_false(krv_conn_done(c.conn));
  caller_close(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_r31_an_old_client_hears_upgrade_and_a_newer_one_newer,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_r31_a_stranger_hears_nothing_and_costs_a_frame_at_most,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_r31_a_key_that_the_roster_never_held_hears_nothing,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_r31_early_data_is_two_at_once_a_ticket_from_one_pool,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_r31_acks_count_every_item_in_order_however_many, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
