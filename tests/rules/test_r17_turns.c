/* R17: forks of the roster that do not go by the book: a server that turns from one history to
 * the other, a * history that lost and is told again, a fork below one that has ended, a device
 * that both let in, what is * said and shared meanwhile. */
#include <stdlib.h>

#include "approve.h"
#include "forkkit.h"
#include "invite.h"
#include "join.h"
#include "mock.h"

static uint64_t reads(struct fleet_device *device, const struct krv_id *kase) {
  struct krv_folder *folder;
  if (krv_folder_load_id(device->world, kase, &folder) != 0) return 0;
  uint64_t keys = folder->key_count;
  krv_folder_free(folder);
  return keys;
}

/* So many teams, 32 an entry. */
static void propose_teams(struct fleet_device *device, uint32_t entries) {
  struct krv_statement teams[KRV_ENTRY_STATEMENTS_MAX];
  struct krv_buf name;
  krv_buf_init(&name, &device->t.env);
  assert_int_equal(krv_world_seal_name(device->world, "A team with a name that is long", &name), 0);
  for (uint32_t i = 0; i < entries; i++) {
    for (uint32_t k = 0; k < KRV_ENTRY_STATEMENTS_MAX; k++) {
      teams[k] = (struct krv_statement){.kind = KRV_STATEMENT_GROUP, .name = krv_buf_slice(&name)};
      krv_key_random(device->world->env, &teams[k].pk);
    }
    fleet_propose(device, teams, KRV_ENTRY_STATEMENTS_MAX);
  }
  krv_buf_release(&name);
}

static void end_by_two_words(struct fleet_device *device) {
  assert_int_equal(krv_fork_say_end(device->world, KRV_WORD_DEVICE), 0);
  assert_int_equal(krv_fork_say_end(device->world, KRV_WORD_RECOVERY), 0);
  fleet_sync_well(device);
  assert_null(device->world->fork);
}

static void reopen(struct fleet_device *device) {
  fleet_close(device);
  fleet_open(device);
}

/* The right backup is found: the server tells ours again, with what only ours knows. */
static void a_server_that_turns_is_followed(void **state) {
  struct fork_kit *k = *state;
  for (int turn = 0; turn < 2; turn++) {
    fleet_server_restore(&k->fleet, "his");
    fleet_sync_well(k->a);
    assert_int_equal(k->a->world->fork->told, KRV_BRANCH_OTHER);
    fleet_server_restore(&k->fleet, "hers");
    fleet_sync_well(k->a);
    assert_int_equal(k->a->world->fork->told, KRV_BRANCH_OURS);
    fleet_sync_well(k->a);
    assert_false(k->a->counts.restarted);
    assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0); /* Jeren's went as well */
  }
  assert_int_equal(fleet_note(k->jeren, &k->jerens, "again at the station"), 0);
  fleet_sync_well(k->jeren);
  fleet_sync_well(k->a);
  assert_true(fleet_same(k->a, k->jeren, &k->jerens));
  assert_int_equal(fork_verdicts(k->a, &k->jerens, KRV_VERDICT_APPLIED), 3);
}

static struct fleet_device *further_device(struct fleet_device *by, const char *name) {
  struct krv_invite_request request = {
      .name = name, .days = 14, .my_device = true, .roles = KRV_ROLE_WORKER};
  struct fleet_device *device = fleet_add(by->fleet, name);
  struct krv_buf code;
  krv_buf_init(&code, &by->t.env);
  assert_int_equal(krv_invite_make(by->world, &request, &code), 0);
  fleet_accept(device, &code);
  krv_buf_release(&code);
  fleet_sync_well(device);
  fleet_sync_well(by);
  fleet_approve(by, device);
  for (int i = 0; i < 2; i++) {
    fleet_sync_well(by);
    fleet_sync_well(device);
  }
  return device;
}

/* Additions to ours by who knows nothing of the fork: held, and nothing stops. */
static void who_is_let_in_on_ours_meanwhile_is_waited_for(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->a);
  fleet_server_restore(&k->fleet, "hers");
  fleet_sync_well(k->jeren);
  struct fleet_device *phone = further_device(k->jeren, "Jeren 2");
  assert_int_equal(fleet_note(phone, &k->jerens, "from a device that nobody believes yet"), 0);
  fleet_sync_well(phone);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &k->jerens)->held, 1);
  assert_int_equal(fork_height(k->a), k->common + 1);
}

/* What is shared with whom only ours knows goes to nobody else, and to him once it can. */
static void what_names_our_groups_waits_for_a_server_that_knows_them(void **state) {
  struct fork_kit *k = *state;
  struct krv_folder *folder; /* Kerim has Jeren's number there */
  fleet_sync_well(k->a);
  assert_int_equal(fleet_share(k->a, &k->kase, "Jeren"), 0);
  fleet_sync_well(k->a);
  fleet_server_restore(&k->fleet, "backup"); /* RESTART: all is brought, all is granted again */
  fleet_sync_well(k->b);
  fleet_sync_well(k->a);
  fleet_sync_well(k->kerim);
  fleet_sync_well(k->kerim);
  assert_int_equal(krv_folder_load_id(k->kerim->world, &k->kase, &folder), KRV_NOT_FOUND);
  fleet_server_restore(&k->fleet, "hers");
  fleet_sync_well(k->a);
  fleet_sync_well(k->jeren);
  assert_int_equal(reads(k->jeren, &k->kase), 1);
}

/* The losing server's backup is put in place by mistake, and then the right one again. */
static void a_history_that_lost_and_is_told_again_is_a_fork_and_grows_nothing(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->a);
  end_by_two_words(k->a);
  fleet_server_copy(&k->fleet, "ended");
  for (int turn = 0; turn < 3; turn++) {
    fleet_server_restore(&k->fleet, "hers");
    fleet_sync_well(k->a);
    assert_non_null(k->a->world->fork);
    fleet_sync_well(k->a);
    assert_false(k->a->counts.restarted);
    fleet_server_restore(&k->fleet, "ended");
    fleet_sync_well(k->a);
    assert_null(k->a->world->fork);
    assert_int_equal(k->a->world->lost_count, 1);
    reopen(k->a);
    assert_int_equal(k->a->world->lost_count, 1);
    assert_int_equal(fork_height(k->a), k->common + 3);
  }
  assert_int_equal(fork_verdicts(k->a, &k->jerens, KRV_VERDICT_QUARANTINED), 2);
}

/* And if that backup is all there is, it can still win. */
static void a_history_that_lost_can_win_when_nothing_else_is_left(void **state) {
  struct fork_kit *k = *state;
  fleet_sync_well(k->a);
  end_by_two_words(k->a);
  fleet_server_restore(&k->fleet, "hers");
  fleet_sync_well(k->a);
  end_by_two_words(k->a);
  reopen(k->a);
  assert_int_equal(fork_verdicts(k->a, &k->jerens, KRV_VERDICT_APPLIED), 2); /* a member again */
  assert_int_equal(fleet_note(k->jeren, &k->jerens, "back"), 0);
  fleet_sync_well(k->jeren);
  fleet_sync_well(k->a);
  fleet_sync_well(k->jeren);
  assert_true(fleet_same(k->a, k->jeren, &k->jerens));
}

/* Restored once more, and again somebody who knows of nothing lets somebody in. */
static void a_third_history_takes_the_place_of_the_second(void **state) {
  struct fork_kit *k = *state;
  struct krv_id kerims = fleet_case(k->kerim, "prs_FirstName", "Olga");
  fleet_sync_well(k->kerim);
  fleet_server_copy(&k->fleet, "his");
  fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &kerims)->held, 1);
  fleet_server_restore(&k->fleet, "backup");
  fleet_restore(k->b, "before");
  struct fleet_device *leyla = fork_let_in(k->b, "worker", "Leyla");
  struct krv_id leylas = fleet_case(leyla, "prs_FirstName", "Rano");
  fleet_sync_well(leyla);
  for (int turn = 0; turn < 2; turn++) {
    fleet_server_copy(&k->fleet, "third");
    fleet_sync_well(k->a);
    assert_int_equal(k->a->world->fork->told, KRV_BRANCH_OTHER);
    assert_int_equal(fleet_card(k->a, &leylas)->held, 1);
    fleet_sync_well(k->a);
    assert_false(k->a->counts.restarted);
    reopen(k->a);
    assert_int_equal(fork_height(k->a), k->common + 1);
    fleet_server_restore(&k->fleet, "his");
    fleet_sync_well(k->a); /* and it turns back */
    assert_int_equal(fleet_card(k->a, &kerims)->held, 1);
    assert_int_equal(fleet_card(k->a, &kerims)->commits, 1);
    reopen(k->a);
    assert_int_equal(k->a->world->lost_count, 2);
    fleet_server_restore(&k->fleet, "third");
  }
  fleet_sync_well(k->a);
  end_by_two_words(k->a);
  reopen(k->a);
  assert_string_equal(fleet_shown(k->a, &leylas, "prs_FirstName"), "Rano");
  assert_int_equal(fork_verdicts(k->a, &k->jerens, KRV_VERDICT_QUARANTINED), 2);
  assert_int_equal(fleet_card(k->a, &kerims)->held, 1); /* nobody has said that this one lost */
}

/* What the other history's own devices wrote is brought to a server that tells it and has lost
 * it. */
static void what_others_of_the_other_history_wrote_is_brought_to_it(void **state) {
  struct fork_kit *k = *state;
  struct krv_id kerims = fleet_case(k->kerim, "prs_FirstName", "Olga");
  fleet_sync_well(k->kerim);
  fleet_sync_well(k->a);
  fleet_server_restore(&k->fleet, "his"); /* before that case */
  fleet_sync_well(k->a);
  assert_true(k->a->counts.restarted);
  fleet_sync_well(k->b);
  assert_string_equal(fleet_shown(k->b, &kerims, "prs_FirstName"), "Olga");
}

/* A change of a device whose context names a number that only one vault has: nobody has such a
 * device. */
static int hand_in_naming(struct fleet_device *from, struct fleet_device *to,
                          const struct krv_id *kase, const struct krv_context_entry *entry) {
  struct krv_world *world = from->world;
  struct krv_intake *intake;
  struct krv_folder *folder;
  struct krv_commit commit = {0};
  struct krv_buf ops, sealed, bytes;
  assert_int_equal(krv_folder_load_id(world, kase, &folder), 0);
  krv_buf_init(&ops, world->env);
  krv_buf_init(&sealed, world->env);
  krv_buf_init(&bytes, world->env);
  krv_ops_begin(&ops, 0);
  struct krv_body body = {.roster_height = krv_roster_height(world->roster),
                          .context = entry,
                          .context_count = 1,
                          .wall_quality = KRV_WALL_DEVICE,
                          .ops = krv_buf_slice(&ops)};
  memcpy(body.roster_head8, krv_roster_hash(world->roster, body.roster_height), 8);
  commit.head = (struct krv_head){.programme = world->member.programme,
                                  .kase = *kase,
                                  .device = krv_world_self(world)->id,
                                  .n = folder->own.n + 1,
                                  .prev = folder->own.id};
  assert_int_equal(krv_commit_seal(world->zip, world->env, &folder->keys[0], &world->keys.sign,
                                   &body, &commit, &sealed),
                   0);
  struct krv_msg_commit msg = {.device = world->member.device,
                               .kase = *kase,
                               .n = commit.head.n,
                               .prev_len = 16,
                               .suite = commit.head.suite,
                               .kind = commit.head.kind,
                               .ciphertext = commit.ciphertext};
  memcpy(msg.prev, commit.head.prev.b, sizeof msg.prev);
  memcpy(msg.salt, commit.salt, sizeof msg.salt);
  krv_msg_commit_encode(&msg, &bytes);
  assert_int_equal(krv_intake_begin(to->world, &intake), 0);
  int status = krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_COMMIT, krv_buf_slice(&bytes));
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_buf_release(&ops);
  krv_buf_release(&sealed);
  krv_buf_release(&bytes);
  krv_folder_free(folder);
  return status;
}

static void no_body_can_name_a_former_device(void **state) {
  struct fork_kit *k = *state;
  struct krv_context_entry entry = {0};
  struct krv_folder *folder;
  fleet_server_restore(&k->fleet, "hers");
  assert_int_equal(fleet_share(k->a, &k->kase, "Jeren"), 0);
  fleet_sync_well(k->a);
  fleet_sync_well(k->jeren);
  assert_int_equal(fleet_note(k->jeren, &k->kase, "of a former device"), 0);
  fleet_sync_well(k->jeren);
  fleet_sync_well(k->a);
  fleet_server_restore(&k->fleet, "his");
  fleet_sync_well(k->a);
  end_by_two_words(k->a);
  for (int i = 0; i < 2; i++) fleet_sync_well(k->w);
  assert_int_equal(krv_folder_load_id(k->a->world, &k->kase, &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    const struct krv_tip *tip = &krv_lines_at(lines, i)->tip;
    if (!krv_is_former(tip->device)) continue;
    entry = (struct krv_context_entry){.device = tip->device, .n = tip->n};
    memcpy(entry.id8, tip->id.b, sizeof entry.id8);
  }
  krv_folder_free(folder);
  assert_true(krv_is_former(entry.device));
  uint32_t held = fleet_card(k->a, &k->kase)->held;
  assert_int_equal(hand_in_naming(k->w, k->a, &k->kase, &entry), 0);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, held + 1); /* as with everybody else */
}

/* An older backup, and an administrator who was away since: the second fork parts below the
 * first. */
static void a_fork_below_one_that_has_ended_leaves_a_vault_that_opens(void **state) {
  struct fork_kit *k = calloc(1, sizeof *k);
  (void)state;
  fleet_init(&k->fleet, 173, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "administrator+office", "Bahar");
  struct fleet_device *c = fleet_join(&k->fleet, "administrator+office", "Ceren");
  fleet_rounds(&k->fleet, 2);
  fleet_server_copy(&k->fleet, "old");
  k->w = fork_let_in(k->a, "worker", "Dursun");
  fleet_sync_well(k->b);
  fleet_server_copy(&k->fleet, "backup");
  k->jeren = fork_let_in(k->a, "worker", "Jeren");
  k->jerens = fleet_case(k->jeren, "prs_FirstName", "Vera");
  fleet_sync_well(k->jeren);
  fleet_sync_well(k->a);
  fleet_server_restore(&k->fleet, "backup");
  k->kerim = fork_let_in(k->b, "worker", "Kerim");
  fleet_sync_well(k->a);
  end_by_two_words(k->a);
  fleet_server_restore(&k->fleet, "old");
  (void)fork_let_in(c, "worker", "Leyla");
  fleet_sync_well(k->a);
  assert_non_null(k->a->world->fork);
  end_by_two_words(k->a);
  assert_int_equal(k->a->world->lost_count, 2);
  reopen(k->a);
  assert_int_equal(k->a->world->lost_count, 2);
  assert_int_equal(fork_verdicts(k->a, &k->jerens, KRV_VERDICT_QUARANTINED), 1); /* of the first */
  fleet_sync_well(k->a);
  assert_int_equal(fork_height(k->a), fork_height(c) + 2);
  fleet_release(&k->fleet);
  free(k);
}

static void approve_by_words(struct fleet_device *by, const char *words) {
  struct krv_approve_choice choice = {.words = words, .name = "Jeren"};
  assert_int_equal(krv_approve(by->world, &choice, NULL, NULL), 0);
  fleet_sync_well(by);
}

/* His request was in the backup, so each administrator let the same device in. */
static void who_both_let_in_is_one_device(void **state) {
  struct fork_kit *k = calloc(1, sizeof *k);
  char words[64];
  (void)state;
  fleet_init(&k->fleet, 174, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "administrator+office", "Bahar");
  fleet_rounds(&k->fleet, 2);
  k->jeren = fork_ask(k->a, "office", "Jeren");
  fleet_sync_well(k->b);
  fleet_server_copy(&k->fleet, "backup");
  fleet_sync_well(k->a);
  assert_int_equal(krv_join_words(k->jeren->world, words), 0);
  approve_by_words(k->a, words);
  for (int i = 0; i < 2; i++) {
    fleet_sync_well(k->a);
    fleet_sync_well(k->jeren);
  }
  k->kase = fleet_case(k->a, "prs_FirstName", "Maya");
  fleet_sync_well(k->a);
  fleet_sync_well(k->jeren);
  assert_int_equal(fleet_note(k->jeren, &k->kase, "before"), 0);
  fleet_sync_well(k->jeren);
  fleet_sync_well(k->a);
  fleet_server_restore(&k->fleet, "backup");
  fleet_sync_well(k->b);
  approve_by_words(k->b, words);
  fleet_sync_well(k->a);
  fleet_sync_well(k->jeren);
  assert_non_null(k->jeren->world->fork);
  assert_int_equal(fleet_note(k->jeren, &k->kase, "meanwhile"), 0);
  fleet_sync_well(k->jeren);
  fleet_sync_well(k->a);
  assert_int_equal(fork_verdicts(k->a, &k->kase, KRV_VERDICT_APPLIED), 3);
  end_by_two_words(k->a);
  fleet_sync_well(k->jeren);
  assert_null(k->jeren->world->fork);
  assert_int_equal(fleet_note(k->jeren, &k->kase, "after"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 0);
  assert_int_equal(fork_verdicts(k->a, &k->kase, KRV_VERDICT_APPLIED), 2);
  assert_int_equal(fork_verdicts(k->a, &k->kase, KRV_VERDICT_QUARANTINED), 2); /* as of common */
  assert_true(fleet_same(k->a, k->jeren, &k->kase));
  assert_true(fleet_same(k->a, k->b, &k->kase));
  assert_int_equal(fleet_marked(k->jeren, KRV_MARK_REFUSED), 0);
  struct krv_id fresh = fleet_case(k->jeren, "prs_FirstName", "Nina");
  fleet_rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(k->b, &fresh, "prs_FirstName"), "Nina");
  fleet_release(&k->fleet);
  free(k);
}

/* A word is against one history: a server that turns does not make it one against the other. */
static void nobody_says_by_himself_what_a_person_did_not(void **state) {
  struct fork_kit *k = *state;
  struct krv_ending ending;
  fleet_sync_well(k->a);
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_DEVICE), 0); /* against hers */
  fleet_server_restore(&k->fleet, "hers");
  for (int i = 0; i < 3; i++) fleet_sync_well(k->a);
  assert_int_equal(k->a->world->fork->told, KRV_BRANCH_OURS);
  for (int i = 0; i < 2; i++)
    assert_false(krv_roster_ending(k->a->world->fork->branch[i], &ending));
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
}

static void a_second_word_is_never_given_unasked(void **state) {
  struct fork_kit *k = *state;
  uint8_t junk[KRV_HASH_LEN] = {7};
  struct krv_ending ending;
  fleet_sync_well(k->a);
  fork_say(k->a, KRV_WORD_DEVICE);
  fleet_sync_well(k->b);
  fork_say(k->b, KRV_WORD_DEVICE);
  fleet_sync_well(k->a);
  assert_null(k->a->world->fork);
  struct krv_statement end = {
      .kind = KRV_STATEMENT_END, .common = 0, .losing = {junk, sizeof junk}};
  fleet_propose(k->a, &end, 1); /* one administrator's own idea */
  fleet_sync_well(k->a);
  propose_teams(k->b, 1); /* comes too late */
  fleet_sync_well(k->b);
  fleet_sync_well(k->b);
  assert_int_equal(fork_height(k->b), k->common + 5); /* the team, said again */
  assert_true(krv_roster_ending(k->b->world->roster, &ending)); /* still one word */
}

static void the_word_of_who_is_no_administrator_any_more_stops_no_session(void **state) {
  struct fork_kit *k = *state;
  struct krv_statement roles = {
      .kind = KRV_STATEMENT_ROLES, .device = KRV_DEVICE_FOUNDER, .roles = KRV_ROLE_OFFICE};
  fleet_sync_well(k->a);
  uint64_t open = fleet_marked(k->a, KRV_MARK_NONE), refused = fleet_marked(k->a, KRV_MARK_REFUSED);
  assert_int_equal(krv_fork_say_end(k->a->world, KRV_WORD_DEVICE), 0);
  fleet_propose(k->b, &roles, 1);
  fleet_sync_well(k->b);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  assert_non_null(k->a->world->fork);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), open);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), refused);
}

/* More entries than are said in one go: the server's own come before the last was brought. */
static void a_long_history_is_compared_to_its_end(void **state) {
  struct fork_kit *k = *state;
  fleet_server_restore(&k->fleet, "hers");
  fleet_sync_well(k->a);
  for (int i = 0; i < 6; i++) {
    propose_teams(k->a, 25);
    fleet_sync_well(k->a);
  }
  assert_int_equal(fork_height(k->a), k->common + 151);
  fleet_server_restore(&k->fleet, "his");
  assert_int_equal(fleet_sync(k->a, &(struct fleet_link){.turns = true}), 0);
  assert_non_null(k->a->world->fork);
  fleet_sync_well(k->a);
  assert_false(k->a->counts.restarted);
}

/* What was held until the end is receipted then: its author learns that it has arrived. */
static void what_is_delivered_at_the_end_is_receipted_then(void **state) {
  struct fork_kit *k = *state;
  struct krv_id kerims = fleet_case(k->kerim, "prs_FirstName", "Olga");
  fleet_sync_well(k->kerim);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &kerims)->held, 1);
  uint16_t given = k->a->world->standing.receipts_given;
  end_by_two_words(k->a);
  assert_int_equal(k->a->world->standing.receipts_given, given + 1);
  fleet_sync_well(k->a);
  fleet_sync_well(k->kerim);
  assert_int_equal(fleet_card(k->kerim, &kerims)->own_receipt_n, 1);
}

/* Numbers of this vault's own making are nobody's on the wire. */
static void former_devices_have_no_number_on_the_wire(void **state) {
  struct fork_kit *k = *state;
  struct krv_intake *intake;
  struct krv_buf bytes;
  fleet_sync_well(k->a);
  end_by_two_words(k->a);
  struct krv_msg_commit msg = {.kase = k->kase, .n = 1, .suite = 1, .kind = 1};
  uint8_t text[144] = {0};
  msg.device = krv_former(0, krv_fork_devices_at(k->a->world->roster, k->common));
  msg.ciphertext = krv_slice(text, sizeof text);
  krv_buf_init(&bytes, &k->a->t.env);
  krv_msg_commit_encode(&msg, &bytes);
  assert_non_null(krv_world_author(k->a->world, msg.device));
  assert_int_equal(krv_intake_begin(k->a->world, &intake), 0);
  assert_int_equal(
      krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_COMMIT, krv_buf_slice(&bytes)),
      KRV_UNKNOWN_DEVICE);
  krv_intake_rollback(intake);
  krv_buf_release(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fork_kit_setup, fork_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_server_that_turns_is_followed),
      TEST(who_is_let_in_on_ours_meanwhile_is_waited_for),
      TEST(what_names_our_groups_waits_for_a_server_that_knows_them),
      TEST(a_history_that_lost_and_is_told_again_is_a_fork_and_grows_nothing),
      TEST(a_history_that_lost_can_win_when_nothing_else_is_left),
      TEST(a_third_history_takes_the_place_of_the_second),
      TEST(what_others_of_the_other_history_wrote_is_brought_to_it),
      TEST(no_body_can_name_a_former_device),
      cmocka_unit_test(a_fork_below_one_that_has_ended_leaves_a_vault_that_opens),
      cmocka_unit_test(who_both_let_in_is_one_device),
      TEST(nobody_says_by_himself_what_a_person_did_not),
      TEST(a_second_word_is_never_given_unasked),
      TEST(the_word_of_who_is_no_administrator_any_more_stops_no_session),
      TEST(a_long_history_is_compared_to_its_end),
      TEST(what_is_delivered_at_the_end_is_receipted_then),
      TEST(former_devices_have_no_number_on_the_wire),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
