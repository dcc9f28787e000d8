/* R21 between an office and an author: what is on the office's disk is confirmed, once and for
 * all. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "dishonest.h"
#include "fleetkit.h"
#include "receipt.h"
#include "saykit.h"

static int setup(void **state) {
  say_setup();
  return fleet_kit_setup(state, 21, true);
}

static uint64_t receipted(struct kit *k) {
  return fleet_card(k->w, &k->kase)->own_receipt_n;
}

static uint16_t stored(struct kit *k, struct fleet_device *office) {
  uint16_t count;
  assert_int_equal(krv_batch_receipts(k->fleet.service.batch, office->world->member.device, &count),
                   0);
  return count;
}

static void what_the_office_has_shows_as_delivered(void **state) {
  struct kit *k = *state;
  assert_int_equal(receipted(k), 1);
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_sync_well(k->w);
  assert_int_equal(receipted(k), 1);
  fleet_sync_well(k->a); /* the receipt goes out in the same session */
  assert_true(k->a->counts.receipts_up > 0);
  fleet_sync_well(k->w);
  assert_int_equal(k->w->counts.receipts_down, 1);
  assert_int_equal(receipted(k), 2);
}

static void a_worker_gives_no_receipts(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_share(k->w, &k->kase, "Aygul"), 0);
  assert_int_equal(fleet_note(k->a, &k->kase, "from the office"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(k->w->world->standing.receipts_given, 0);
  assert_int_equal(stored(k, k->w), 0);
}

static void both_ends_count_the_same(void **state) {
  struct kit *k = *state;
  for (uint32_t i = 0; i < 5; i++) {
    assert_int_equal(fleet_note(k->w, &k->kase, "again"), 0);
    fleet_rounds(&k->fleet, 1);
  }
  fleet_rounds(&k->fleet, 1);
  assert_true(stored(k, k->a) > 0);
  assert_int_equal(stored(k, k->a), k->a->world->standing.receipts_given);
  assert_int_equal(stored(k, k->b), k->b->world->standing.receipts_given);
  fleet_sync_well(k->a);
  assert_int_equal(k->a->counts.receipts_up, 0); /* nothing is said twice */
}

/* The office's receipt is the last thing that it says: cut it off. */
static void lose_the_receipt(struct kit *k) {
  fleet_sync_well(k->a);
  fleet_copy(k->a, "probe");
  assert_int_equal(fleet_note(k->w, &k->kase, "two"), 0);
  fleet_sync_well(k->w);
  for (uint64_t cut = 60; stored(k, k->a) == k->a->world->standing.receipts_given && cut < 2000;
       cut += 1) {
    struct fleet_link link = {.cut_up = cut};
    (void)fleet_sync(k->a, &link);
  }
  assert_int_equal(k->a->world->standing.receipts_given, stored(k, k->a) + 1);
}

static void a_receipt_that_was_lost_is_repeated(void **state) {
  struct kit *k = *state;
  lose_the_receipt(k);
  fleet_sync_well(k->a); /* hears the count */
  fleet_sync_well(k->a);
  assert_int_equal(stored(k, k->a), k->a->world->standing.receipts_given);
  fleet_sync_well(k->w);
  assert_int_equal(receipted(k), 2);
}

static void a_receipt_lost_before_a_crash_is_repeated(void **state) {
  struct kit *k = *state;
  lose_the_receipt(k);
  fleet_close(k->a);
  fleet_open(k->a);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  assert_int_equal(stored(k, k->a), k->a->world->standing.receipts_given);
  fleet_sync_well(k->w);
  assert_int_equal(receipted(k), 2);
}

static void after_a_restart_all_tips_are_receipted_anew(void **state) {
  struct kit *k = *state;
  fleet_server_copy(&k->fleet, "backup");
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(receipted(k), 2);
  fleet_server_restore(&k->fleet, "backup");
  fleet_rounds(&k->fleet, 3);
  assert_int_equal(receipted(k), 2);
  assert_int_equal(stored(k, k->a), k->a->world->standing.receipts_given);
  assert_int_equal(stored(k, k->b), k->b->world->standing.receipts_given);
}

/* Two changes that the server gets, and then a vault from before them, which writes another one. */
static void live_twice(struct kit *k) {
  fleet_copy(k->w, "old");
  assert_int_equal(fleet_note(k->w, &k->kase, "first life"), 0);
  assert_int_equal(fleet_note(k->w, &k->kase, "first life, once more"), 0);
  fleet_sync_well(k->w);
}

static void second_life(struct kit *k) {
  fleet_restore(k->w, "old");
  assert_int_equal(fleet_note(k->w, &k->kase, "second life"), 0);
  fleet_sync_well(k->w);
}

enum reached { SAVED, SERVER, DELIVERED };

static enum reached reached(struct kit *k) {
  const struct krv_card *card = fleet_card(k->w, &k->kase);
  if (card->own_n > card->own_server_n) return SAVED;
  return card->own_n > card->own_receipt_n ? SERVER : DELIVERED;
}

static void a_receipt_for_another_line_confirms_what_both_have_and_no_more(void **state) {
  struct kit *k = *state;
  live_twice(k);
  fleet_sync_well(k->a); /* a receipt for n = 3 of the first life */
  second_life(k);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_card(k->w, &k->kase)->commits, 4);
  assert_int_equal(fleet_card(k->w, &k->kase)->own_n, 2);
  assert_int_equal(receipted(k), 1);
  assert_int_equal(reached(k), SERVER);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  assert_int_equal(receipted(k), 2);
  assert_int_equal(reached(k), DELIVERED);
}

static void a_receipt_that_comes_before_the_fork_does_not_confirm_what_is_written_after(
    void **state) {
  struct kit *k = *state;
  live_twice(k);
  fleet_sync_well(k->a);
  fleet_restore(k->w, "old");
  fleet_sync_well(k->w); /* its own lost changes, and their receipt */
  assert_int_equal(receipted(k), 1);
  assert_int_equal(fleet_card(k->w, &k->kase)->own_n, 1);
  assert_int_equal(fleet_note(k->w, &k->kase, "second life"), 0);
  assert_int_equal(reached(k), SAVED);
  fleet_sync_well(k->w);
  assert_int_equal(reached(k), SERVER);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(reached(k), DELIVERED);
}

static void both_lines_that_come_at_once_are_confirmed(void **state) {
  struct kit *k = *state;
  live_twice(k);
  second_life(k);
  fleet_sync_well(k->a); /* n = 2, 3 and the other n = 2 in one transaction */
  fleet_sync_well(k->w);
  assert_int_equal(receipted(k), 2);
  assert_int_equal(reached(k), DELIVERED);
}

/* ---- what has no receipt after a while */

static void days(struct fleet_device *device, int64_t count) {
  device->t.wall_s += count * 24 * 60 * 60;
  device->t.mono_ms += (uint64_t)count * 24 * 60 * 60 * 1000;
}

static int64_t waits(struct kit *k) {
  return fleet_card(k->w, &k->kase)->waits_s;
}

static int64_t now(struct kit *k) {
  uint8_t quality;
  return krv_world_now(k->w->world, &quality);
}

static void the_oldest_unconfirmed_change_tells_since_when(void **state) {
  struct kit *k = *state;
  assert_int_equal(waits(k), 0);
  int64_t first = now(k);
  assert_int_equal(fleet_note(k->w, &k->kase, "one"), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(k->a); /* its receipt waits at the server */
  days(k->w, 3);
  int64_t later = now(k);
  assert_int_equal(fleet_note(k->w, &k->kase, "two"), 0);
  assert_int_equal(fleet_note(k->w, &k->kase, "three"), 0);
  days(k->w, 2);
  assert_int_equal(fleet_note(k->w, &k->kase, "four"), 0);
  assert_int_equal(waits(k), first);
  fleet_close(k->w);
  fleet_open(k->w);
  assert_int_equal(waits(k), first);
  fleet_sync_well(k->w); /* hears that "one" is there */
  assert_int_equal(receipted(k), 2);
  assert_int_equal(waits(k), later);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(waits(k), 0);
}

static void changes_of_very_many_days_are_told_apart_as_far_as_there_is_room(void **state) {
  struct kit *k = *state;
  int64_t first = now(k);
  for (int i = 0; i < KRV_FOLDER_WAITS_MAX + 5; i++) {
    assert_int_equal(fleet_note(k->w, &k->kase, "one more"), 0);
    days(k->w, 1);
  }
  assert_int_equal(waits(k), first);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(waits(k), 0);
}

static void an_office_devices_own_changes_wait_until_they_are_sent(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_note(k->a, &k->kase, "from the office"), 0);
  assert_true(fleet_card(k->a, &k->kase)->waits_s > 0);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->waits_s, 0);
}

static void a_receipt_for_an_unknown_commit_is_noted(void **state) {
  struct kit *k = *state;
  struct krv_intake *intake;
  struct krv_buf payload;
  uint8_t id8[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  struct krv_msg_receipt msg = {.office = k->a->world->member.device,
                                .author = k->w->world->member.device,
                                .count = 1,
                                .id8 = id8};
  krv_buf_init(&payload, k->w->world->env);
  krv_msg_receipt_encode(&msg, &payload);
  assert_int_equal(krv_intake_begin(k->w->world, &intake), 0);
  assert_int_equal(
      krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_RECEIPT, krv_buf_slice(&payload)), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_buf_release(&payload);
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_STRANGE_RECEIPT), 1);
  fleet_close(k->w);
  fleet_open(k->w);
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_STRANGE_RECEIPT), 1);
}

/* A receipt of that device for the worker's last commit, told by the server. good: under the right
 * MAC, else under any other. */
static void told_of_a_receipt(struct kit *k, struct fleet_device *by, uint8_t reason, bool good) {
  struct krv_msg_receipt msg = {.office = by->world->member.device,
                                .author = k->w->world->member.device,
                                .count = 1};
  struct krv_receipt_line line = {.reason = reason};
  struct krv_folder *folder;
  struct krv_buf payload;
  assert_int_equal(krv_folder_load_id(k->w->world, &k->kase, &folder), 0);
  line.id = folder->own.id;
  krv_folder_free(folder);
  msg.id8 = line.id.b;
  if (reason != KRV_RECEIPT_DELIVERED) msg.reasons = &line.reason;
  krv_h(KRV_DOMAIN_ITEM, NULL, 0, msg.mac, sizeof msg.mac);
  if (good)
    assert_int_equal(krv_receipt_mac(&by->world->keys.seal,
                                     &krv_world_self(k->w->world)->keys.seal_pk, msg.office,
                                     msg.author, &line, 1, msg.mac),
                     0);
  krv_buf_init(&payload, k->w->world->env);
  krv_msg_receipt_encode(&msg, &payload);
  dishonest_tell(k->w, KRV_MSG_RECEIPT, krv_buf_slice(&payload));
  krv_buf_release(&payload);
}

static void only_a_receipt_under_the_offices_mac_counts(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_note(k->w, &k->kase, "two"), 0);
  fleet_sync_well(k->w);
  uint64_t seen = k->w->world->standing.receipts_seen;
  told_of_a_receipt(k, k->a, KRV_RECEIPT_DELIVERED, false);
  assert_int_equal(receipted(k), 1);
  assert_int_equal(reached(k), SERVER);
  assert_true(waits(k) > 0);
  assert_int_equal(k->w->world->standing.receipts_seen, seen);
  told_of_a_receipt(k, k->a, KRV_RECEIPT_DELIVERED, true);
  assert_int_equal(receipted(k), 2);
  assert_int_equal(reached(k), DELIVERED);
  assert_int_equal(waits(k), 0);
}

static void a_receipt_of_a_device_that_is_no_office_counts_for_nothing(void **state) {
  struct kit *k = *state;
  struct fleet_device *worker = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_note(k->w, &k->kase, "two"), 0);
  fleet_sync_well(k->w);
  told_of_a_receipt(k, worker, KRV_RECEIPT_DELIVERED, true);
  assert_int_equal(receipted(k), 1);
  assert_int_equal(reached(k), SERVER);
  told_of_a_receipt(k, k->b, KRV_RECEIPT_DELIVERED, true);
  assert_int_equal(reached(k), DELIVERED);
}

/* ---- reasons */

static void told_reason(struct kit *k, uint8_t reason) {
  told_of_a_receipt(k, k->a, reason, true);
}

static void write_and_send(struct kit *k) {
  assert_int_equal(fleet_note(k->w, &k->kase, "one more"), 0);
  fleet_sync_well(k->w);
}

static void a_change_without_effect_at_the_office_is_shown_to_its_author(void **state) {
  struct kit *k = *state;
  static const char in_words[] = "a change by Dursun (number 2) was delivered, but without effect: "
                                 "set aside there for a person to judge";
  write_and_send(k);
  says(k->w, "case show --json", &k->kase, "\"without_effect\":[]");
  says_not(k->w, "case list", NULL, "without effect");
  told_reason(k, KRV_RECEIPT_QUARANTINED);
  says(k->w, "case show", &k->kase, in_words);
  says(k->w, "case show --json", &k->kase,
       "\"n\":2,\"reason\":\"quarantined\",\"why\":\"set aside");
  says(k->w, "case history", &k->kase, "! delivered, but without effect: set aside there");
  says(k->w, "case history --json", &k->kase, "\"without_effect\":{\"reason\":\"quarantined\"");
  says(k->w, "case list", NULL, "without effect");
  says(k->w, "case list --json", NULL, "\"without_effect_count\":1");
  says(k->w, "status", NULL, "1 ! change of yours has reached the office, without effect");
  says(k->w, "status --json", NULL, "\"without_effect\":1");
  says(k->w, "case show", &k->kase, "delivered to the office"); /* nothing of it is lost */
}

static void what_takes_effect_later_is_shown_no_more(void **state) {
  struct kit *k = *state;
  write_and_send(k);
  told_reason(k, KRV_RECEIPT_WAITING);
  assert_int_equal(fleet_card(k->w, &k->kase)->voids, 1);
  told_reason(k, KRV_RECEIPT_QUARANTINED); /* the newest word counts */
  assert_int_equal(fleet_card(k->w, &k->kase)->voids, 1);
  says(k->w, "case history --json", &k->kase, "\"reason\":\"quarantined\"");
  told_reason(k, KRV_RECEIPT_DELIVERED);
  assert_int_equal(fleet_card(k->w, &k->kase)->voids, 0);
  says_not(k->w, "case show", &k->kase, "without effect");
  says_not(k->w, "status", NULL, "without effect");
}

/* Numbers stand for reasons also where this office gives them not yet. */
static void every_reason_has_its_word_and_only_an_office_without_the_key_has_it_not(void **state) {
  struct kit *k = *state;
  static const struct {
    uint8_t reason;
    const char *word;
    enum reached reached;
  } table[] = {{KRV_RECEIPT_QUARANTINED, "quarantined", DELIVERED},
               {KRV_RECEIPT_KEYLESS, "keyless", SERVER},
               {KRV_RECEIPT_WAITING, "waiting", DELIVERED},
               {KRV_RECEIPT_ERASED, "erased", DELIVERED},
               {200, "other", SERVER}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    char part[64];
    write_and_send(k);
    told_reason(k, table[i].reason);
    assert_int_equal(reached(k), table[i].reached);
    assert_int_equal(fleet_card(k->w, &k->kase)->voids, i + 1);
    (void)snprintf(part, sizeof part, "\"reason\":\"%s\"", table[i].word);
    says(k->w, "case history --json", &k->kase, part);
  }
}

static void of_many_the_newest_are_named(void **state) {
  struct kit *k = *state;
  struct krv_folder *folder;
  for (uint32_t i = 0; i < KRV_FOLDER_VOIDS_MAX + 2; i++) {
    assert_int_equal(fleet_note(k->w, &k->kase, "again"), 0);
    told_reason(k, KRV_RECEIPT_QUARANTINED);
  }
  assert_int_equal(fleet_card(k->w, &k->kase)->voids, KRV_FOLDER_VOIDS_MAX);
  assert_int_equal(krv_folder_load_id(k->w->world, &k->kase, &folder), 0);
  assert_int_equal(krv_folder_void_reason(folder, &folder->own.id), KRV_RECEIPT_QUARANTINED);
  krv_folder_free(folder);
}

static void a_reason_is_kept_where_a_device_has_forked(void **state) {
  struct kit *k = *state;
  live_twice(k);
  second_life(k);
  fleet_sync_well(k->w);
  assert_true(fleet_card(k->w, &k->kase)->flags & KRV_CARD_FORKED);
  told_reason(k, KRV_RECEIPT_QUARANTINED);
  assert_int_equal(fleet_card(k->w, &k->kase)->voids, 1);
  assert_int_equal(reached(k), DELIVERED);
}

static void a_reason_under_another_mac_says_nothing(void **state) {
  struct kit *k = *state;
  write_and_send(k);
  told_of_a_receipt(k, k->a, KRV_RECEIPT_QUARANTINED, false);
  assert_int_equal(fleet_card(k->w, &k->kase)->voids, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_the_office_has_shows_as_delivered),
      TEST(a_worker_gives_no_receipts),
      TEST(both_ends_count_the_same),
      TEST(a_receipt_that_was_lost_is_repeated),
      TEST(a_receipt_lost_before_a_crash_is_repeated),
      TEST(after_a_restart_all_tips_are_receipted_anew),
      TEST(a_receipt_for_another_line_confirms_what_both_have_and_no_more),
      TEST(a_receipt_that_comes_before_the_fork_does_not_confirm_what_is_written_after),
      TEST(both_lines_that_come_at_once_are_confirmed),
      TEST(the_oldest_unconfirmed_change_tells_since_when),
      TEST(changes_of_very_many_days_are_told_apart_as_far_as_there_is_room),
      TEST(an_office_devices_own_changes_wait_until_they_are_sent),
      TEST(a_receipt_for_an_unknown_commit_is_noted),
      TEST(only_a_receipt_under_the_offices_mac_counts),
      TEST(a_receipt_of_a_device_that_is_no_office_counts_for_nothing),
      TEST(a_change_without_effect_at_the_office_is_shown_to_its_author),
      TEST(what_takes_effect_later_is_shown_no_more),
      TEST(every_reason_has_its_word_and_only_an_office_without_the_key_has_it_not),
      TEST(of_many_the_newest_are_named),
      TEST(a_reason_is_kept_where_a_device_has_forked),
      TEST(a_reason_under_another_mac_says_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
