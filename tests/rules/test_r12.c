/* R12: what a device holds, it brings: marks, positions, a server restored from a backup,
 * refusals. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "dishonest.h"
#include "fleet.h"

struct kit {
  struct fleet fleet;
  struct fleet_device *a, *b, *w;
  struct krv_id kase;
};

static int setup(void **state) {
  struct kit *k = calloc(1, sizeof *k);
  fleet_init(&k->fleet, 12, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "office", "Bahar");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
  *state = k;
  return 0;
}

static int teardown(void **state) {
  struct kit *k = *state;
  fleet_release(&k->fleet);
  free(k);
  return 0;
}

static void a_mark_counts_once_a_position_was_told_after_it(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 1);
  uint64_t head = fleet_server_head(&k->fleet);
  /* all goes up, nothing comes down */
  struct fleet_link deaf = {.cut_down = 1};
  assert_int_equal(fleet_sync(k->w, &deaf), KRV_CUT);
  assert_true(fleet_server_head(&k->fleet) == head + 1);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 1);
  assert_int_equal(fleet_card(k->w, &k->kase)->own_server_n, 1);
  fleet_sync_well(k->w);
  assert_true(fleet_server_head(&k->fleet) == head + 1); /* the same commit again is no other */
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_card(k->w, &k->kase)->own_server_n, 2);
  assert_true(k->w->world->standing.head_seq == head + 1);
}

static void head_and_cursor_are_one_with_what_came(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_note(k->a, &k->kase, "from the office"), 0);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  struct krv_standing before = k->w->world->standing;
  fleet_close(k->w);
  fleet_open(k->w);
  assert_true(k->w->world->standing.cursor == before.cursor);
  assert_true(k->w->world->standing.head_seq == fleet_server_head(&k->fleet));
  assert_memory_equal(k->w->world->standing.head_chain8, before.head_chain8, 8);
}

/* k changes by everybody after the backup; then only `who` comes, and a newcomer must get all. */
static void restore_and_heal(struct kit *k, uint32_t changes) {
  char value[32];
  fleet_server_copy(&k->fleet, "backup");
  struct krv_id fresh = fleet_case(k->w, "prs_FirstName", "Vera");
  for (uint32_t i = 1; i < changes; i++) {
    (void)snprintf(value, sizeof value, "note %u", i);
    assert_int_equal(fleet_note(&k->fleet.devices[i % 3], &k->kase, value), 0);
  }
  fleet_rounds(&k->fleet, 3);
  assert_true(fleet_agree(&k->fleet, &fresh, 3));
  uint32_t commits = fleet_card(k->a, &k->kase)->commits;
  fleet_server_restore(&k->fleet, "backup");
  fleet_sync_well(k->b); /* brings the others' commits too */
  assert_true(k->b->counts.restarted);
  assert_int_equal(fleet_marked(k->b, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->b, KRV_MARK_REFUSED), 0);
  struct fleet_device *newcomer;
  fleet_sync_well(k->a);
  assert_true(k->a->counts.restarted);
  newcomer = fleet_join(&k->fleet, "office", "Gozel"); /* the worker has not come back yet */
  assert_int_equal(fleet_card(newcomer, &k->kase)->commits, commits);
  assert_true(fleet_same(k->a, newcomer, &k->kase));
  assert_true(fleet_same(k->a, newcomer, &fresh));
  fleet_sync_well(k->w);
  assert_true(k->w->counts.restarted);
  fleet_sync_well(k->w);
  assert_false(k->w->counts.restarted);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 4));
  assert_true(fleet_agree(&k->fleet, &fresh, 4));
  const struct krv_card *card = fleet_card(k->w, &fresh);
  assert_int_equal(card->own_server_n, 1);
  assert_int_equal(card->own_receipt_n, 1);
}

static void a_server_one_commit_old_gets_it_again(void **state) {
  restore_and_heal(*state, 1);
}

static void a_server_ten_commits_old_gets_them_again(void **state) {
  restore_and_heal(*state, 10);
}

static void a_server_older_than_an_admission_gets_the_roster_first(void **state) {
  struct kit *k = *state;
  fleet_server_copy(&k->fleet, "backup");
  struct fleet_device *late = fleet_join(&k->fleet, "worker", "Jeren");
  struct krv_id kase = fleet_case(late, "prs_FirstName", "Nina");
  fleet_rounds(&k->fleet, 2);
  fleet_server_restore(&k->fleet, "backup");
  fleet_sync_well(k->a);
  assert_true(k->a->counts.restarted);
  fleet_sync_well(late);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &kase, 3));
  assert_int_equal(fleet_note(late, &kase, "still here"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &kase, 3));
}

static void until_it_is_sent_again_it_does_not_show_as_sent(void **state) {
  struct kit *k = *state;
  fleet_server_copy(&k->fleet, "backup");
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(k->w, &k->kase)->own_server_n, 2);
  fleet_server_restore(&k->fleet, "backup");
  /* it hears RESTART, and the link breaks before it is answered to what it brings */
  struct fleet_link link = {.no_ticket = true};
  uint64_t before = 0;
  for (link.cut_up = 60; link.cut_up < 900; link.cut_up += 4) {
    (void)fleet_sync(k->w, &link);
    before = fleet_card(k->w, &k->kase)->own_server_n;
    if (fleet_marked(k->w, KRV_MARK_NONE) > 0) break;
  }
  assert_true(fleet_marked(k->w, KRV_MARK_NONE) > 0);
  assert_true(before < 2);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(k->w, &k->kase)->own_server_n, 2);
  assert_int_equal(fleet_card(k->w, &k->kase)->own_receipt_n, 2);
}

/* An item that no server takes: it unroutes a case that nobody knows. */
static void put_strange_item(struct fleet_device *device) {
  struct krv_msg_unroute msg = {.group = 2};
  struct krv_vault_item item = {.kind = KRV_MSG_UNROUTE};
  struct krv_buf payload;
  krv_buf_init(&payload, device->world->env);
  memset(msg.kase.b, 0x5a, sizeof msg.kase.b);
  krv_msg_unroute_encode(&msg, &payload);
  krv_item_id(KRV_MSG_UNROUTE, krv_buf_slice(&payload), &item.id);
  item.bytes = krv_buf_slice(&payload);
  assert_int_equal(krv_vault_begin(device->world->vault), 0);
  assert_int_equal(krv_vault_item_put(device->world->vault, &item), 0);
  assert_int_equal(krv_vault_commit(device->world->vault), 0);
  krv_buf_release(&payload);
}

static void what_is_refused_stays_and_is_listed(void **state) {
  struct kit *k = *state;
  struct krv_vault_item item;
  struct krv_buf bytes;
  put_strange_item(k->w);
  assert_int_equal(fleet_note(k->w, &k->kase, "goes on"), 0);
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.refused, 1);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 1);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  krv_buf_init(&bytes, k->w->world->env);
  assert_int_equal(krv_vault_marked_next(k->w->world->vault, KRV_MARK_REFUSED, 0, &item, &bytes),
                   0);
  assert_int_equal(item.kind, KRV_MSG_UNROUTE);
  assert_int_equal(item.status, KRV_UNKNOWN_CASE);
  krv_buf_release(&bytes);
  fleet_sync_well(k->w); /* not at every sync */
  assert_int_equal(k->w->counts.refused, 0);
}

static void what_is_refused_is_tried_daily_and_when_the_roster_grows(void **state) {
  struct kit *k = *state;
  put_strange_item(k->w);
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.refused, 1);
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.refused, 0);
  k->w->t.wall_s += 86400 + 60;
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.refused, 1);
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.refused, 0);
  (void)fleet_join(&k->fleet, "worker", "Jeren");
  fleet_sync_well(k->w); /* learns of him */
  uint64_t refused = k->w->counts.refused;
  fleet_sync_well(k->w);
  assert_int_equal(refused + k->w->counts.refused, 1);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 1);
}

static void share_as(struct kit *k, krv_group_ix group, bool read_only) {
  struct krv_intake *intake;
  assert_int_equal(krv_intake_begin(k->w->world, &intake), 0);
  assert_int_equal(krv_share(intake, &k->kase, group, read_only), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
}

/* The server lets nobody write whose group may only read; his client wrote all the same. */
static void what_is_refused_is_tried_again_in_the_session_that_brings_access(void **state) {
  struct kit *k = *state;
  struct fleet_device *guest = fleet_join(&k->fleet, "worker", "Jeren");
  krv_group_ix group = krv_world_self(guest->world)->member_group;
  fleet_rounds(&k->fleet, 1);
  share_as(k, group, true);
  fleet_rounds(&k->fleet, 2);
  dishonest_set(guest, &k->kase, "prs_SecondName", "Orazova");
  fleet_sync_well(guest);
  assert_int_equal(fleet_marked(guest, KRV_MARK_REFUSED), 1);
  fleet_sync_well(guest);
  assert_int_equal(fleet_marked(guest, KRV_MARK_REFUSED), 1); /* nothing has changed */
  share_as(k, group, false);
  fleet_sync_well(k->w);
  uint64_t head = fleet_server_head(&k->fleet);
  fleet_sync_well(guest); /* hears of it, and brings what was refused */
  assert_int_equal(fleet_marked(guest, KRV_MARK_REFUSED), 0);
  assert_int_equal(fleet_marked(guest, KRV_MARK_NONE), 0);
  assert_true(fleet_server_head(&k->fleet) == head + 1);
}

enum { NOTES = 400 }; /* more than a frame, and than a transaction */

/* The office device hears so much that a transaction is full, and the link breaks before the
 * CURSOR. */
static void hear_half(struct kit *k) {
  uint64_t cursor = k->a->world->standing.cursor;
  struct fleet_link link = {.cut_down = 65600, .no_ticket = true};
  for (uint32_t i = 0; i < NOTES; i++) assert_int_equal(fleet_note(k->w, &k->kase, "more"), 0);
  fleet_sync_well(k->w);
  while (fleet_card(k->a, &k->kase)->commits < KRV_BATCH_ITEMS_MAX) {
    assert_int_equal(fleet_sync(k->a, &link), KRV_CUT);
    link.cut_down += 16;
  }
  assert_true(fleet_card(k->a, &k->kase)->commits < NOTES); /* what is not stored yet is lost */
  assert_true(k->a->world->standing.cursor == cursor);
}

static void what_arrived_is_at_the_server_only_once_a_position_covers_it(void **state) {
  struct kit *k = *state;
  fleet_server_copy(&k->fleet, "backup");
  hear_half(k);
  uint32_t commits = fleet_card(k->a, &k->kase)->commits;
  assert_int_equal(fleet_marked(k->a, KRV_MARK_ARRIVED), commits - 1);
  fleet_server_restore(&k->fleet, "backup");
  fleet_sync_well(k->a); /* the server's chain holds all that it was told: no RESTART */
  assert_false(k->a->counts.restarted);
  assert_int_equal(k->a->counts.commits_up, commits - 1);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_ARRIVED) + fleet_marked(k->a, KRV_MARK_AWAITED), 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
  fleet_sync_well(k->b); /* and the worker is never seen again */
  assert_int_equal(fleet_card(k->b, &k->kase)->commits, commits);
  assert_true(fleet_same(k->a, k->b, &k->kase));
}

static void what_arrived_is_not_sent_back_when_only_the_link_broke(void **state) {
  struct kit *k = *state;
  hear_half(k);
  fleet_close(k->a);
  fleet_open(k->a);
  fleet_sync_well(k->a);
  assert_int_equal(k->a->counts.commits_up, 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_ARRIVED) + fleet_marked(k->a, KRV_MARK_AWAITED), 0);
  assert_int_equal(fleet_card(k->a, &k->kase)->commits, NOTES + 1);
  fleet_sync_well(k->a);
  assert_int_equal(k->a->counts.commits_up, 0);
  assert_true(fleet_same(k->a, k->w, &k->kase));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_mark_counts_once_a_position_was_told_after_it),
      TEST(head_and_cursor_are_one_with_what_came),
      TEST(a_server_one_commit_old_gets_it_again),
      TEST(a_server_ten_commits_old_gets_them_again),
      TEST(a_server_older_than_an_admission_gets_the_roster_first),
      TEST(what_arrived_is_at_the_server_only_once_a_position_covers_it),
      TEST(what_arrived_is_not_sent_back_when_only_the_link_broke),
      TEST(until_it_is_sent_again_it_does_not_show_as_sent),
      TEST(what_is_refused_stays_and_is_listed),
      TEST(what_is_refused_is_tried_daily_and_when_the_roster_grows),
      TEST(what_is_refused_is_tried_again_in_the_session_that_brings_access),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
