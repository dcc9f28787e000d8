/* R5, R19: a short prev that nothing here fits is asked for whole (WANT), and the cursor passes the
 * commit only once that very commit is stored. */
#include "mock.h"

#include <stdlib.h>

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(after_a_gap_all_come_in_few_sessions),
      TEST(the_cursor_waits_for_what_was_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
