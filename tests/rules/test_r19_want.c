/* R4, R5, R19: a short prev that nothing here fits is asked for whole (WANT), and the cursor passes
 * the commit only once that very commit is stored. What held commits lack behind the cursor is
 * asked for when all is in. */
#include "mock.h"

#include <stdlib.h>
#include <string.h>

#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 190, true);
}

/* The worker's newest commit is taken for sent: the server's line has a gap there. */
static void leave_out(struct kit *k) {
  struct krv_vault *vault = k->w->world->vault;
  struct krv_vault_item item;
  struct krv_buf bytes;
  krv_buf_init(&bytes, &k->w->t.env);
  assert_int_equal(krv_vault_marked_next(vault, KRV_MARK_NONE, 0, &item, &bytes), 0);
  krv_buf_release(&bytes);
  assert_int_equal(krv_vault_begin(vault), 0);
  assert_int_equal(krv_vault_item_mark(vault, item.lid, KRV_MARK_AT_SERVER, 0), 0);
  assert_int_equal(krv_vault_commit(vault), 0);
}

static void note(struct kit *k, const char *text) {
  assert_int_equal(fleet_note(k->w, &k->kase, text), 0);
}

static uint32_t commits(struct kit *k) {
  return fleet_card(k->a, &k->kase)->commits;
}

static void after_a_gap_all_come_in_few_sessions(void **state) {
  enum { BEHIND = 300 };
  struct kit *k = *state;
  uint32_t before = commits(k);
  note(k, "missing");
  leave_out(k);
  for (int i = 0; i < BEHIND; i++) note(k, "behind the gap");
  fleet_sync_well(k->w);
  uint32_t sessions = 0;
  do {
    fleet_sync_well(k->a);
    assert_true(++sessions < 10);
  } while (k->a->counts.commits_down > 0);
  assert_int_equal(commits(k), before + BEHIND);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, BEHIND);
  assert_true(k->a->world->standing.cursor == fleet_server_head(&k->fleet));
}

/* Two at one place, one of which is here: the other's coming is what the cursor waits for. */
static void the_cursor_waits_for_what_was_asked_for(void **state) {
  struct kit *k = *state;
  note(k, "missing");
  leave_out(k);
  fleet_copy(k->w, "before");
  note(k, "one");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  fleet_restore(k->w, "before");
  note(k, "another");
  fleet_sync_well(k->w);
  uint32_t before = commits(k);
  fleet_copy(k->a, "behind");
  for (uint64_t cut = 1;; cut += 5) {
    struct fleet_link link = {.cut_down = cut, .chunk = 1, .no_ticket = true};
    fleet_restore(k->a, "behind");
    int status = fleet_sync(k->a, &link);
    fleet_sync_well(k->a);
    assert_int_equal(commits(k), before + 1);
    if (status == 0) break;
    assert_true(cut < 100000);
  }
}

/* The place of what is there of it, in the guest's own box, is the guest's to ask for. */
static void what_was_shared_is_answered_after_it_was_taken_back(void **state) {
  struct kit *k = *state;
  struct fleet_device *guest = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_sync_well(k->w);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  note(k, "missing");
  leave_out(k);
  note(k, "behind the gap");
  fleet_sync_well(k->w);
  assert_int_equal(fleet_unshare(k->w, &k->kase, "Jeren"), 0);
  fleet_sync_well(k->w);
  uint32_t before = fleet_card(guest, &k->kase)->held;
  fleet_sync_well(guest);
  assert_int_equal(fleet_card(guest, &k->kase)->held, before + 2); /* the note, and the removal */
  assert_true(guest->world->standing.cursor == fleet_server_head(&k->fleet));
}

/* ---- what held commits lack */

/* The office's vault loses what it took in since the copy; its cursor does not. */
static void lose_since(struct fleet_device *device, const char *copy) {
  struct krv_standing had = device->world->standing, *has;
  fleet_restore(device, copy);
  has = &device->world->standing;
  has->cursor = had.cursor;
  has->head_seq = had.head_seq;
  memcpy(has->head_chain8, had.head_chain8, sizeof had.head_chain8);
  struct krv_vault *vault = device->world->vault;
  assert_int_equal(krv_vault_begin(vault), 0);
  assert_int_equal(krv_standing_save(vault, &device->t.env, has), 0);
  assert_int_equal(krv_vault_commit(vault), 0);
}

static uint32_t wants_heard;

static void count_wants(void *ctx, const struct krv_trace *event) {
  (void)ctx;
  wants_heard += event->kind == KRV_TRACE_MESSAGE_IN && event->a == KRV_MSG_WANT;
}

static uint32_t wants_of_a_sync(struct kit *k, struct fleet_device *device) {
  wants_heard = 0;
  k->fleet.t.env.trace = count_wants;
  fleet_sync_well(device);
  k->fleet.t.env.trace = NULL;
  return wants_heard;
}

static void lost_ones_below_a_line_come_back(void **state) {
  struct kit *k = *state;
  fleet_sync_well(k->a);
  fleet_copy(k->a, "before");
  for (int i = 0; i < 5; i++) note(k, "lost here");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  lose_since(k->a, "before");
  note(k, "on top");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), 0);
}

/* The line of who saw it is whole here: only a context names what is missing. */
static void a_lost_one_that_a_context_names_comes_back(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_note(k->b, &k->kase, "first"), 0);
  fleet_sync_well(k->b);
  fleet_rounds(&k->fleet, 1);
  fleet_copy(k->a, "before");
  note(k, "lost here");
  fleet_sync_well(k->w);
  fleet_sync_well(k->b);
  fleet_sync_well(k->a);
  lose_since(k->a, "before");
  assert_int_equal(fleet_note(k->b, &k->kase, "who wrote this has seen it"), 0);
  fleet_sync_well(k->b);
  assert_int_equal(wants_of_a_sync(k, k->a), 1);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

static void what_the_server_has_not_either_is_asked_for_once_a_session(void **state) {
  struct kit *k = *state;
  fleet_sync_well(k->a);
  note(k, "missing");
  leave_out(k);
  for (int i = 0; i < 3; i++) note(k, "behind the gap");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(wants_of_a_sync(k, k->a), 1);
    assert_int_equal(k->a->counts.round_trips, 2);
    assert_int_equal(fleet_card(k->a, &k->kase)->held, 3);
  }
  assert_int_equal(wants_of_a_sync(k, k->w), 0); /* nothing waits there */
}

/* One damaged case does not keep a session from ending, nor others from being asked about. */
static void a_damaged_case_that_waits_ends_no_session(void **state) {
  struct kit *k = *state;
  struct krv_buf card;
  note(k, "missing");
  leave_out(k);
  note(k, "behind the gap");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 1);
  struct krv_vault *vault = k->a->world->vault;
  int64_t lid = fleet_card(k->a, &k->kase)->lid;
  krv_buf_init(&card, &k->a->t.env);
  krv_card_encode(fleet_card(k->a, &k->kase), &card);
  assert_int_equal(krv_vault_begin(vault), 0);
  assert_int_equal(
      krv_vault_case_put(vault, &lid, &k->kase, krv_buf_slice(&card), krv_slice("?", 1)), 0);
  assert_int_equal(krv_vault_commit(vault), 0);
  krv_buf_release(&card);
  struct krv_id other = fleet_case(k->w, "prs_FirstName", "Leyli");
  fleet_sync_well(k->w);
  for (int i = 0; i < 2; i++) fleet_sync_well(k->a);
  assert_string_equal(fleet_shown(k->a, &other, "prs_FirstName"), "Leyli");
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_DAMAGED_CASE), 1);
}

/* R12: a position told after it is in covers it, so it is at the server like all that came. */
static void what_was_asked_for_is_not_pushed_again(void **state) {
  struct kit *k = *state;
  fleet_sync_well(k->a);
  fleet_copy(k->a, "before");
  for (int i = 0; i < 3; i++) note(k, "lost here");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  lose_since(k->a, "before");
  note(k, "on top");
  fleet_sync_well(k->w);
  assert_true(wants_of_a_sync(k, k->a) > 0);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_ARRIVED), 0);
  fleet_sync_well(k->a);
  assert_int_equal(k->a->counts.commits_up, 0);
  assert_true(k->a->counts.ticket);
  assert_int_equal(k->a->counts.round_trips, 1);
  assert_true(k->a->counts.bytes_up + k->a->counts.bytes_down <= 160); /* nothing changed */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(after_a_gap_all_come_in_few_sessions),
      TEST(the_cursor_waits_for_what_was_asked_for),
      TEST(what_was_shared_is_answered_after_it_was_taken_back),
      TEST(lost_ones_below_a_line_come_back),
      TEST(a_lost_one_that_a_context_names_comes_back),
      TEST(what_the_server_has_not_either_is_asked_for_once_a_session),
      TEST(a_damaged_case_that_waits_ends_no_session),
      TEST(what_was_asked_for_is_not_pushed_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
