/* R26 at the client: tickets are a cache; early data halves; round trips are counted. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "cutvfs.h"
#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 26, true);
}

/* Vaults on disks that can be full; the server's store is in memory. */
static int setup_disks(void **state) {
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  return fleet_kit_setup(state, 26, false);
}

static void nothing_to_say_takes_one_round_trip_on_a_ticket_and_two_without(void **state) {
  struct kit *k = *state;
  struct fleet_link xk = {.no_ticket = true};
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 1);
  assert_int_equal(fleet_sync(k->w, &xk), 0);
  assert_false(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 2);
}

static void a_small_push_rides_in_the_first_message(void **state) {
  struct kit *k = *state;
  fleet_sync_well(k->w);
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.commits_up, 1);
  assert_int_equal(k->w->counts.round_trips, 1);
}

static void an_unknown_ticket_costs_one_more_connection(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_server_restart(&k->fleet);
  fleet_sync_well(k->w);
  assert_false(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 3);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket);
}

static void the_ticket_in_use_is_the_one_on_disk(void **state) {
  struct kit *k = *state;
  for (uint32_t i = 0; i < 4; i++) {
    struct krv_ticket in_memory = k->w->world->standing.ticket;
    fleet_close(k->w);
    fleet_open(k->w);
    assert_true(k->w->world->standing.ticketed);
    assert_memory_equal(&k->w->world->standing.ticket.id, &in_memory.id, sizeof in_memory.id);
    fleet_sync_well(k->w);
    assert_true(k->w->counts.ticket);
    assert_memory_not_equal(&k->w->world->standing.ticket.id, &in_memory.id,
                            sizeof in_memory.id);
  }
}

/* Power fails before the next ticket is on the disk: the server has both. */
static void a_vault_that_lost_its_newest_ticket_goes_on_with_the_one_before(void **state) {
  struct kit *k = *state;
  fleet_sync_well(k->w);
  fleet_copy(k->w, "before");
  fleet_sync_well(k->w);
  fleet_restore(k->w, "before");
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 1);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
}

/* An older one is of no use: the server has dropped it. */
static void a_vault_that_forgot_two_tickets_is_served_by_xk(void **state) {
  struct kit *k = *state;
  fleet_copy(k->w, "old");
  fleet_sync_well(k->w);
  fleet_sync_well(k->w);
  fleet_restore(k->w, "old");
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_sync_well(k->w);
  assert_false(k->w->counts.ticket);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
}

static void while_the_next_ticket_is_on_no_disk_the_one_before_is_used(void **state) {
  struct kit *k = *state;
  fleet_sync_well(k->w);
  struct krv_ticket before = k->w->world->standing.ticket;
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  krv_cutvfs()->full = true;
  assert_int_equal(fleet_sync(k->w, NULL), KRV_FULL); /* all is answered, and cannot be stored */
  krv_cutvfs()->full = false;
  assert_memory_equal(&k->w->world->standing.ticket, &before, sizeof before);
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 1);
  assert_memory_not_equal(&k->w->world->standing.ticket, &before, sizeof before);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
}

/* Does the vault's row of where it stands hold the ticket's secret? */
static bool on_disk(struct fleet_device *device, const struct krv_ticket *ticket) {
  struct krv_buf row;
  bool found = false;
  krv_buf_init(&row, device->world->env);
  assert_int_equal(krv_vault_meta_get(device->world->vault, KRV_META_CURSOR, &row), 0);
  for (size_t at = 0; at + sizeof ticket->psk <= row.len; at++)
    found |= memcmp(row.data + at, &ticket->psk, sizeof ticket->psk) == 0;
  krv_buf_wipe(&row);
  return found;
}

/* Who seizes the vault reads what early data the tickets in it have carried: one is enough. */
static void once_the_next_ticket_is_on_the_disk_the_one_before_is_gone(void **state) {
  struct kit *k = *state;
  for (uint32_t i = 0; i < 3; i++) {
    fleet_sync_well(k->w);
    struct krv_ticket before = k->w->world->standing.ticket;
    assert_true(on_disk(k->w, &before));
    fleet_sync_well(k->w);
    assert_true(on_disk(k->w, &k->w->world->standing.ticket));
    assert_false(on_disk(k->w, &before));
  }
}

/* The server's file of tickets was written before it died: the newest is not in it. */
static void an_unknown_ticket_means_xk_though_the_server_knows_the_one_before(void **state) {
  struct kit *k = *state;
  struct krv_buf blob;
  fleet_sync_well(k->w);
  krv_buf_init(&blob, &k->fleet.t.env);
  assert_int_equal(krv_tickets_save(k->fleet.service.tickets, &blob), 0);
  fleet_sync_well(k->w);
  assert_int_equal(krv_tickets_load(k->fleet.service.tickets, krv_buf_slice(&blob)), 0);
  krv_buf_wipe(&blob);
  fleet_sync_well(k->w);
  assert_false(k->w->counts.ticket);
  assert_int_equal(k->w->counts.round_trips, 3); /* silence, then XK: no second ticket is tried */
  fleet_sync_well(k->w);
  assert_true(k->w->counts.ticket);
}

static void early_data_halves_until_it_gets_through(struct kit *k, const struct fleet_link *bad,
                                                    int how) {
  fleet_sync_well(k->w);
  for (uint32_t i = 0; i < 40; i++) assert_int_equal(fleet_note(k->w, &k->kase, "a long day"), 0);
  uint32_t before = k->w->world->standing.early_max;
  assert_int_equal(before, KRV_EARLY_DATA_MAX);
  for (uint32_t i = 0; i < 3; i++) {
    assert_int_equal(fleet_sync(k->w, bad), how);
    assert_int_equal(k->w->world->standing.early_max, before / 2);
    before /= 2;
    fleet_close(k->w);
    fleet_open(k->w);
    assert_int_equal(k->w->world->standing.early_max, before);
  }
  for (uint32_t i = 0; i < 10; i++) (void)fleet_sync(k->w, bad);
  assert_int_equal(k->w->world->standing.early_max, 512); /* one commit goes at least */
  fleet_sync_well(k->w);
  assert_int_equal(k->w->world->standing.early_max, KRV_EARLY_DATA_MAX);
  fleet_rounds(&k->fleet, 1);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

static void early_data_halves_when_nothing_is_heard(void **state) {
  early_data_halves_until_it_gets_through(*state, &(struct fleet_link){.cut_up = 400, .lost = true},
                                          KRV_TIMEOUT);
}

static void early_data_halves_when_the_link_is_cut(void **state) {
  early_data_halves_until_it_gets_through(*state, &(struct fleet_link){.cut_up = 400}, KRV_CUT);
}

/* All that was said early has arrived, and a part of the answer has come back. */
static void early_data_halves_when_the_answer_is_cut(void **state) {
  early_data_halves_until_it_gets_through(*state, &(struct fleet_link){.cut_down = 20}, KRV_CUT);
}

/* Which messages the server has read out of a device's first bytes. */
static unsigned heard_kinds;

static void note_kind(void *ctx, const struct krv_trace *event) {
  (void)ctx;
  if (event->kind == KRV_TRACE_MESSAGE_IN) heard_kinds |= 1u << event->a;
}

static unsigned early_kinds(struct fleet_device *device) {
  struct fleet *fleet = device->fleet;
  struct krv_sync_choice choice = {0};
  struct krv_sync *sync;
  struct krv_conn *conn;
  struct krv_slice out;
  assert_int_equal(krv_sync_new(device->world, &choice, &sync), 0);
  assert_int_equal(krv_conn_new(&fleet->service, ++fleet->conns, &conn), 0);
  fleet->t.env.trace = note_kind;
  heard_kinds = 0;
  assert_int_equal(krv_sync_pull(sync, &out), 0);
  assert_int_equal(krv_conn_feed(conn, out), 0);
  fleet->t.env.trace = NULL;
  krv_conn_free(conn);
  krv_sync_free(sync);
  (void)krv_service_commit(&fleet->service);
  return heard_kinds;
}

#define KIND(name) (1u << KRV_MSG_##name)

/* Who captured the first bytes may play them back when the share has been given anew. */
static void early_data_takes_no_share_back(void **state) {
  struct kit *k = *state;
  struct fleet_device *guest = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  assert_int_equal(early_kinds(k->w), KIND(OPEN) | KIND(COMMIT) | KIND(GRANT));
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_unshare(k->w, &k->kase, "Jeren"), 0);
  assert_int_equal(fleet_note(k->w, &k->kase, "not for the guest"), 0);
  assert_int_equal(early_kinds(k->w) & ~KIND(COMMIT), KIND(OPEN));
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_card(guest, &k->kase)->flags & KRV_CARD_CUT_OFF);
  assert_true(fleet_same(k->a, k->w, &k->kase));
}

/* A proposal and what follows it wait; the commits after them keep their place behind. */
static void what_is_no_commit_waits_for_the_channel_in_its_order(void **state) {
  struct kit *k = *state;
  struct krv_statement roles = {.kind = KRV_STATEMENT_ROLES,
                                .device = k->b->world->member.device,
                                .roles = KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR};
  fleet_sync_well(k->a);
  fleet_propose(k->a, &roles, 1);
  assert_int_equal(fleet_note(k->a, &k->kase, "after it"), 0);
  assert_int_equal(early_kinds(k->a), KIND(OPEN));
  fleet_sync_well(k->a);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(nothing_to_say_takes_one_round_trip_on_a_ticket_and_two_without),
      TEST(a_small_push_rides_in_the_first_message),
      TEST(an_unknown_ticket_costs_one_more_connection),
      TEST(the_ticket_in_use_is_the_one_on_disk),
      TEST(a_vault_that_lost_its_newest_ticket_goes_on_with_the_one_before),
      TEST(a_vault_that_forgot_two_tickets_is_served_by_xk),
      TEST(once_the_next_ticket_is_on_the_disk_the_one_before_is_gone),
      TEST(an_unknown_ticket_means_xk_though_the_server_knows_the_one_before),
      TEST(early_data_halves_when_nothing_is_heard),
      TEST(early_data_halves_when_the_link_is_cut),
      TEST(early_data_halves_when_the_answer_is_cut),
      TEST(early_data_takes_no_share_back),
      TEST(what_is_no_commit_waits_for_the_channel_in_its_order),
      cmocka_unit_test_setup_teardown(while_the_next_ticket_is_on_no_disk_the_one_before_is_used,
                                      setup_disks, fleet_kit_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
