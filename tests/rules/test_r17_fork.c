/* R17: a fork of the roster: two that were both chain, since the server lost its disk between them.
 * It is kept, told, believed by nobody, and ended by two administrators, or one and the recovery
 * key. */
#include "mock.h"

#include <stdlib.h>

#include "alarm.h"
#include "approve.h"
#include "forkkit.h"
#include "invite.h"
#include "join.h"

/* Commits of a case that open. */
static uint32_t readable(struct fleet_device *device, const struct krv_id *kase) {
  struct krv_folder *folder;
  struct krv_opened opened;
  uint32_t count = 0;
  assert_int_equal(krv_folder_load_id(device->world, kase, &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    krv_opened_init(&opened, device->world->env);
    count += krv_intake_open_commit(device->world, folder, &krv_lines_at(lines, i)->tip,
                                    &opened) == 0;
    krv_opened_release(&opened);
  }
  krv_folder_free(folder);
  return count;
}

static void both_histories_are_kept_and_neither_is_believed_anew(void **state) {
  struct fork_kit *k = *state;
  uint32_t devices = krv_roster_device_count(k->a->world->roster);
  fleet_sync_well(k->a);
  assert_non_null(k->a->world->fork);
  assert_int_equal(k->a->world->fork->common, k->common);
  assert_int_equal(fork_height(k->a), k->common + 1); /* as it was */
  assert_int_equal(krv_roster_device_count(k->a->world->roster), devices);
  assert_int_equal(fork_alarm(k->a, KRV_NO_INDEX), 1);
  fleet_close(k->a);
  fleet_open(k->a);
  assert_non_null(k->a->world->fork);
  assert_int_equal(krv_roster_height(k->a->world->fork->branch[KRV_BRANCH_OTHER]), k->common + 1);
  assert_int_equal(fork_alarm(k->a, KRV_NO_INDEX), 1);
  fleet_sync_well(k->a); /* and goes on: it names the head that it was told */
  assert_false(k->a->counts.restarted);
}

/* A proposal that lost is none: only what a signed body names, or another entry follows, was
 * chain. */
static void it_is_evident_once_both_were_chain(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->a);
  assert_false(krv_fork_evident(k->a->world));
  assert_int_equal(fleet_note(k->a, &k->kase, "names ours"), 0);
  assert_false(krv_fork_evident(k->a->world));
  assert_int_equal(fleet_note(k->b, &k->kase, "names the other"), 0);
  fleet_sync_well(k->b);
  fleet_sync_well(k->a);
  assert_true(krv_fork_evident(k->a->world));
  assert_int_equal(krv_fork_suspect(k->a->world), KRV_NO_INDEX); /* two signed */
  assert_int_equal(fork_alarm(k->a, KRV_NO_INDEX), 2);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 1);
  fleet_close(k->a);
  fleet_open(k->a);
  assert_true(krv_fork_evident(k->a->world));
}

static void another_entry_after_it_is_evidence_too(void **state) {
  struct fork_kit *k = *state;
  assert_int_equal(fleet_note(k->a, &k->kase, "names ours"), 0);
  (void)fork_let_in(k->b, "worker", "Leyla");
  fleet_sync_well(k->a);
  assert_true(krv_fork_evident(k->a->world));
}

static void nobody_is_added_meanwhile(void **state) {
  struct fork_kit *k = *state;
  struct krv_invite_request request = {.name = "Nurana", .days = 14, .roles = KRV_ROLE_WORKER};
  struct krv_approve_choice all = {.all = true};
  struct krv_buf code;
  struct fleet_device *late = fork_ask(k->b, "worker", "Leyla"); /* a request that waits */
  fleet_sync_well(k->a);
  krv_buf_init(&code, &k->a->t.env);
  assert_int_equal(krv_invite_make(k->a->world, &request, &code), KRV_FORK);
  krv_buf_release(&code);
  assert_int_equal(krv_approve(k->a->world, &all, NULL, NULL), KRV_FORK);
  (void)late;
}

static void records_go_on_in_both_directions(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->a);
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_LastName", "Atayeva"), 0);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_Gender", "Feminine"), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_Gender"), "Feminine");
  /* of Jeren, or for him: the server would mistake it */
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 6);
  assert_int_equal(k->a->counts.refused, 0);
  fleet_sync_well(k->w);
  assert_string_equal(fleet_shown(k->w, &k->kase, "prs_LastName"), "Atayeva");
  /* who knows one history only holds, and says so, what names another (R5) */
  fleet_sync_well(k->b);
  assert_int_equal(fleet_card(k->b, &k->kase)->held, 2);
  assert_null(k->b->world->fork);
}

static void two_administrators_end_it(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->a);
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_LastName", "Atayeva"), 0);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_Gender", "Feminine"), 0);
  fleet_sync_well(k->w);
  struct krv_id fresh = fleet_case(k->w, "prs_FirstName", "Nina"); /* names the loser */
  fleet_sync_well(k->w);
  fleet_sync_well(k->b);
  fork_say(k->a, KRV_WORD_DEVICE);
  assert_non_null(k->a->world->fork); /* one is not enough */
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_DEVICE), KRV_EXISTS);
  fleet_sync_well(k->b);
  fork_say(k->b, KRV_WORD_DEVICE);
  for (int i = 0; i < 2; i++) {
    fleet_sync_well(k->a);
    fleet_sync_well(k->b);
    fleet_sync_well(k->w);
  }
  assert_null(k->a->world->fork);
  assert_null(k->w->world->fork);
  assert_int_equal(fork_height(k->a), k->common + 3);
  assert_int_equal(fork_height(k->w), k->common + 3);
  struct krv_id *cases[] = {&k->kase, &fresh};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(fleet_card(k->b, cases[i])->held, 0);
    assert_int_equal(fork_verdicts(k->b, cases[i], KRV_VERDICT_QUARANTINED), 0);
    assert_true(fleet_same(k->a, k->b, cases[i]));
    assert_true(fleet_same(k->w, k->b, cases[i]));
  }
  assert_string_equal(fleet_shown(k->b, &k->kase, "prs_LastName"), "Atayeva");
  assert_string_equal(fleet_shown(k->b, &k->kase, "prs_Gender"), "Feminine");
  /* and all goes on: the next one to come in, Jeren with a new vault */
  struct fleet_device *again = fork_let_in(k->a, "worker", "Jeren 2");
  assert_int_equal(krv_world_ready(again->world), 0);
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(fork_height(k->a), k->common + 4);
}

static void one_and_the_recovery_key_end_it(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->a);
  assert_int_equal(krv_fork_say_end(k->b->world, KRV_WORD_DEVICE), KRV_NOT_FOUND);
  assert_int_equal(krv_fork_say_end(k->w->world, KRV_WORD_DEVICE), KRV_DENIED);
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_DEVICE), 0);
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_RECOVERY), 0);
  fleet_sync_well(k->a);
  assert_null(k->a->world->fork);
  assert_int_equal(fork_height(k->a), k->common + 3);
  fleet_sync_well(k->b);
  assert_int_equal(krv_fork_say_end(k->b->world, KRV_WORD_RECOVERY), KRV_NOT_FOUND);
}

static void a_word_that_came_too_late_is_said_again(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->a);
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_DEVICE), 0);
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_RECOVERY), 0);
  (void)fork_let_in(k->b, "worker", "Leyla"); /* another entry came first */
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  assert_null(k->a->world->fork);
  assert_int_equal(fork_height(k->a), k->common + 4);
}

/* What somebody wrote whom only the loser let in is kept, opens, and is for a person to judge. */
static void nothing_of_who_is_no_member_any_more_is_lost(void **state) {
  struct fork_kit *k = *state;
  struct krv_id kerims = fleet_case(k->kerim, "prs_FirstName", "Olga");
  fleet_sync_well(k->kerim);
  fleet_sync_well(k->a);
  assert_string_equal(fleet_shown(k->a, &k->jerens, "prs_FirstName"), "Vera");
  assert_string_equal(fleet_shown(k->a, &kerims, "prs_FirstName"), ""); /* not believed yet */
  assert_int_equal(fleet_card(k->a, &kerims)->held, 1);
  fork_say(k->a, KRV_WORD_DEVICE);
  fork_say(k->a, KRV_WORD_RECOVERY);
  assert_null(k->a->world->fork);
  /* both had the same number; each commit opens by its own author's key */
  assert_string_equal(fleet_shown(k->a, &kerims, "prs_FirstName"), "Olga");
  const struct krv_card *card = fleet_card(k->a, &k->jerens);
  assert_int_equal(card->commits, 2);
  assert_int_equal(fork_verdicts(k->a, &k->jerens, KRV_VERDICT_QUARANTINED), 2);
  assert_int_equal(card->held, 0);
  assert_int_equal(readable(k->a, &k->jerens), 2);
  /* its list names nobody we know */
  assert_int_equal(fleet_note(k->a, &k->jerens, "no"), KRV_DENIED);
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(readable(k->a, &k->jerens), 2);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  assert_int_equal(k->a->counts.commits_up, 0); /* the server would take it for Kerim's */
  fleet_sync_well(k->b);
  assert_true(fleet_same(k->a, k->b, &kerims));
}

/* A restriction binds whoever sees it, in whichever history. */
static void a_revocation_in_either_binds(void **state) {
  struct fork_kit *k = *state;
  const struct krv_device *worker = krv_world_self(k->w->world);
  struct krv_statement revoke = {
      .kind = KRV_STATEMENT_REVOKE, .device = worker->ix, .how = KRV_REVOKE_LOST};
  fleet_propose(k->b, &revoke, 1);
  fleet_sync_well(k->b);
  assert_false(krv_fork_revoked(k->a->world, worker));
  fleet_sync_well(k->a);
  const struct krv_device *believed = krv_roster_device(k->a->world->roster, worker->ix);
  assert_true(krv_device_active(believed)); /* by the history that this vault believes */
  assert_true(krv_fork_revoked(k->a->world, believed));
  assert_int_equal(fleet_sync(k->w, NULL), KRV_REVOKED);
}

/* One administrator signed both: he is suspended, and who ends it takes his administration from
 * him. */
static void who_signed_both_is_suspended(void **state) {
  struct fork_kit *k = calloc(1, sizeof *k);
  (void)state;
  fleet_init(&k->fleet, 172, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "administrator+office", "Bahar");
  struct fleet_device *c = fleet_join(&k->fleet, "administrator", "Ceren");
  fleet_rounds(&k->fleet, 2);
  fleet_server_copy(&k->fleet, "backup");
  fleet_copy(k->a, "before");
  k->jeren = fork_let_in(k->a, "worker", "Jeren");
  fleet_sync_well(k->b);
  k->kase = fleet_case(k->b, "prs_FirstName", "Maya"); /* names the first */
  fleet_server_restore(&k->fleet, "backup");
  fleet_restore(k->a, "before");
  k->kerim = fork_let_in(k->a, "worker", "Kerim");
  (void)fleet_case(k->kerim, "prs_FirstName", "Olga"); /* names the second */
  fleet_sync_well(k->kerim);
  fleet_sync_well(k->b);
  assert_int_equal(krv_fork_suspect(k->b->world), KRV_DEVICE_FOUNDER);
  assert_int_equal(fork_alarm(k->b, KRV_DEVICE_FOUNDER), 2);
  fork_say(k->b, KRV_WORD_DEVICE);
  fleet_sync_well(k->a);
  assert_int_equal(krv_world_self(k->a->world)->roles, KRV_ROLE_OFFICE);
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_DEVICE), KRV_DENIED);
  fleet_sync_well(c);
  fork_say(c, KRV_WORD_DEVICE);
  fleet_sync_well(k->b);
  assert_null(k->b->world->fork);
  assert_int_equal(krv_roster_device(k->b->world->roster, 0)->roles, KRV_ROLE_OFFICE);
  fleet_release(&k->fleet);
  free(k);
}

/* Memory that runs out anywhere leaves the vault as it was, or done. */
static void no_memory_on_the_way_in_or_out_breaks_anything(void **state) {
  enum { STRIDE = 13 };
  struct fork_kit *k = *state;
  fleet_copy(k->a, "unforked");
  for (int end = 0; end < 2; end++) {
    for (uint64_t nth = 1;; nth += STRIDE) {
      fleet_restore(k->a, end ? "said" : "unforked");
      k->a->t.fail_at = k->a->t.allocations + nth;
      int status = fleet_sync(k->a, NULL);
      k->a->t.fail_at = 0;
      if (status != 0) fleet_sync_well(k->a);
      assert_true((k->a->world->fork != NULL) == !end);
      if (status == 0) break;
    }
    if (end) break;
    assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_DEVICE), 0);
    assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_RECOVERY), 0);
    fleet_copy(k->a, "said");
  }
  assert_int_equal(fork_height(k->a), k->common + 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fork_kit_setup, fork_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(both_histories_are_kept_and_neither_is_believed_anew),
      TEST(it_is_evident_once_both_were_chain),
      TEST(another_entry_after_it_is_evidence_too),
      TEST(nobody_is_added_meanwhile),
      TEST(records_go_on_in_both_directions),
      TEST(two_administrators_end_it),
      TEST(one_and_the_recovery_key_end_it),
      TEST(a_word_that_came_too_late_is_said_again),
      TEST(nothing_of_who_is_no_member_any_more_is_lost),
      TEST(a_revocation_in_either_binds),
      cmocka_unit_test(who_signed_both_is_suspended),
      TEST(no_memory_on_the_way_in_or_out_breaks_anything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
