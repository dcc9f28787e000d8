/* R4, R9: what was written without the right to it is stored and served, has no effect, holds
 * nobody, and is shown: to whom lists, to whom asks for the history, and to its author. */
#include "mock.h"

#include <stdlib.h>

#include "dishonest.h"
#include "fleetkit.h"
#include "receipt.h"
#include "saykit.h"

static int setup(void **state) {
  say_setup();
  return fleet_kit_setup(state, 49, true);
}

/* How many commits of the device in the case stand so, for that status. */
static uint32_t verdicts(struct fleet_device *at, const struct krv_id *kase,
                         const struct fleet_device *author, enum krv_verdict verdict, int status) {
  struct krv_folder *folder;
  uint32_t count = 0;
  assert_int_equal(krv_folder_load_id(at->world, kase, &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    count += c->tip.device == author->world->member.device && c->verdict == verdict &&
             c->reason == -status;
  }
  krv_folder_free(folder);
  return count;
}

static void has_no_effect(struct fleet_device *at, const struct krv_id *kase,
                          const struct fleet_device *author) {
  assert_int_equal(verdicts(at, kase, author, KRV_VERDICT_QUARANTINED, KRV_DENIED), 1);
  assert_true(fleet_card(at, kase)->flags & KRV_CARD_QUARANTINED);
  assert_string_equal(fleet_shown(at, kase, "prs_FirstName"), "Maya");
  assert_int_equal(fleet_values(at, kase, "prs_FirstName"), 1);
}

/* He was let in, was put out, knows it, and writes. */
static struct fleet_device *put_out_he_writes(struct kit *k) {
  struct fleet_device *guest = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_unshare(k->w, &k->kase, "Jeren"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_set(guest, &k->kase, "prs_FirstName", "Leyla"), KRV_DENIED);
  dishonest_set(guest, &k->kase, "prs_FirstName", "Leyla");
  return guest;
}

static void a_change_without_the_right_to_it_is_shown_and_does_nothing(void **state) {
  struct kit *k = *state;
  says_not(k->a, "status --json", NULL, "\"quarantined\":1");
  says_not(k->a, "case list", NULL, "to judge");
  says_not(k->a, "case list --json", NULL, "\"quarantined\":true");
  struct fleet_device *guest = put_out_he_writes(k);
  has_no_effect(guest, &k->kase, guest); /* to himself as well */
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_marked(guest, KRV_MARK_REFUSED), 0); /* readers judge, not the server */
  has_no_effect(k->a, &k->kase, guest);
  has_no_effect(k->w, &k->kase, guest);
  assert_true(fleet_same(k->a, k->w, &k->kase));
  says(k->a, "status", NULL, "1 ! change for a person to judge");
  says(k->a, "status --json", NULL, "\"quarantined\":1");
  says(k->a, "case list", NULL, "to judge");
  says(k->a, "case list --json", NULL, "\"quarantined\":true");
  says(k->a, "case search Maya --json", NULL, "\"quarantined\":true");
  says(k->a, "case show --json", &k->kase, "\"quarantined\":true");
  says(k->a, "case history", &k->kase, "set aside, no effect until a person has judged it");
  says(k->a, "case history", &k->kase, "prs_FirstName = Leyla");
  says(k->a, "case history --json", &k->kase, "\"verdict\":\"quarantined\"");
  says(k->a, "case show", &k->kase, "a change is set aside for a person to judge");
  says_not(k->a, "case show", &k->kase, "Leyla");
}

static void it_holds_nobody_who_may_write(void **state) {
  struct kit *k = *state;
  (void)put_out_he_writes(k);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_SecondName", "Orazova"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(k->w, &k->kase)->held, 0);
  assert_string_equal(fleet_shown(k->w, &k->kase, "prs_SecondName"), "Orazova");
}

/* The reasons in the receipts that this office device keeps for an author; 8 bytes of each id. */
static uint32_t receipts_with(struct fleet_device *office, const struct fleet_device *author,
                              uint8_t reason, uint8_t id8[8]) {
  struct krv_vault_item item;
  struct krv_msg_receipt msg;
  struct krv_buf bytes;
  uint32_t count = 0;
  krv_buf_init(&bytes, office->world->env);
  for (int64_t lid = 0; krv_vault_item_next(office->world->vault, 0, lid, &item, &bytes) == 0;
       lid = item.lid, krv_buf_reset(&bytes)) {
    if (item.kind != KRV_MSG_RECEIPT || krv_msg_receipt_decode(item.bytes, &msg) != 0 ||
        msg.author != author->world->member.device)
      continue;
    for (uint32_t i = 0; i < msg.count; i++) {
      if ((msg.reasons ? msg.reasons[i] : KRV_RECEIPT_DELIVERED) != reason) continue;
      memcpy(id8, msg.id8 + (size_t)i * 8, 8);
      count++;
    }
  }
  krv_buf_release(&bytes);
  return count;
}

static void its_receipt_says_that_it_has_no_effect(void **state) {
  struct kit *k = *state;
  struct krv_folder *folder;
  uint8_t id8[8];
  struct fleet_device *guest = put_out_he_writes(k);
  fleet_sync_well(guest);
  fleet_sync_well(k->a);
  assert_int_equal(receipts_with(k->a, guest, KRV_RECEIPT_DELIVERED, id8), 0);
  assert_int_equal(receipts_with(k->a, guest, KRV_RECEIPT_QUARANTINED, id8), 1);
  assert_int_equal(krv_folder_load_id(guest->world, &k->kase, &folder), 0);
  assert_memory_equal(id8, folder->own.id.b, sizeof id8);
  krv_folder_free(folder);
  fleet_sync_well(guest);
  assert_int_equal(fleet_card(guest, &k->kase)->own_receipt_n, 1); /* the office has it */
  says(guest, "case show", &k->kase,
       "! a change by Jeren (number 1) was delivered, but without effect: set aside there for a "
       "person to judge");
}

/* The server refuses both from their own session; past it, readers judge. */
static void refused_and_past_the_server_no_effect(struct kit *k, struct fleet_device *reader) {
  assert_string_equal(fleet_shown(reader, &k->kase, "prs_FirstName"), "Maya");
  assert_int_equal(fleet_set(reader, &k->kase, "prs_FirstName", "Leyla"), KRV_DENIED);
  dishonest_set(reader, &k->kase, "prs_FirstName", "Leyla");
  has_no_effect(reader, &k->kase, reader);
  fleet_sync_well(reader);
  assert_int_equal(fleet_marked(reader, KRV_MARK_REFUSED), 1);
  dishonest_hand_over(reader, k->a, &k->kase);
  dishonest_hand_over(reader, k->w, &k->kase);
  has_no_effect(k->a, &k->kase, reader);
  has_no_effect(k->w, &k->kase, reader);
}

static void what_a_read_only_member_writes_has_no_effect(void **state) {
  struct kit *k = *state;
  struct fleet_device *reader = fleet_join(&k->fleet, "worker", "Jeren");
  struct krv_intake *intake;
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(krv_intake_begin(k->w->world, &intake), 0);
  assert_int_equal(
      krv_share(intake, &k->kase, krv_world_self(reader->world)->member_group, true), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  fleet_rounds(&k->fleet, 2);
  refused_and_past_the_server_no_effect(k, reader);
}

static void what_an_auditor_writes_has_no_effect(void **state) {
  struct kit *k = *state;
  struct fleet_device *auditor = fleet_join(&k->fleet, "auditor", "Nazar");
  fleet_rounds(&k->fleet, 2);
  refused_and_past_the_server_no_effect(k, auditor);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_change_without_the_right_to_it_is_shown_and_does_nothing),
      TEST(it_holds_nobody_who_may_write),
      TEST(its_receipt_says_that_it_has_no_effect),
      TEST(what_a_read_only_member_writes_has_no_effect),
      TEST(what_an_auditor_writes_has_no_effect),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
