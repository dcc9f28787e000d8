/* R17: a proposal that came too late is made anew on the head that is known then: none that a
 * person made goes lost because somebody else was first, or he is told. (Approvals:
 * test_r13_enrol; the end of a fork: test_r17_turns; a group's next secret: test_r14_group.) */
#include "mock.h"

#include <string.h>

#include "admit.h"
#include "approve.h"
#include "fleetkit.h"
#include "forkkit.h"
#include "propose.h"
#include "renew.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 1722, true);
}

static void somebody_else_is_first(struct kit *k) {
  struct krv_statement roles = {.kind = KRV_STATEMENT_ROLES,
                                .device = k->w->world->member.device,
                                .roles = KRV_ROLE_WORKER | KRV_ROLE_SUPERVISOR};
  struct krv_statement administrator = {.kind = KRV_STATEMENT_ROLES,
                                        .device = k->b->world->member.device,
                                        .roles = KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR};
  fleet_propose(k->a, &administrator, 1);
  fleet_rounds(&k->fleet, 1);
  fleet_propose(k->b, &roles, 1);
}

/* The built-in document under another version (a map that begins with 0: format, 1: version). */
static void publish(struct fleet_device *device, uint8_t version) {
  struct krv_slice builtin = krv_schema_builtin();
  struct krv_buf document;
  krv_buf_init(&document, device->world->env);
  krv_buf_put(&document, builtin);
  assert_memory_equal(document.data + 1, "\x00\x01\x01", 3);
  document.data[4] = version;
  assert_int_equal(krv_vault_begin(device->world->vault), 0);
  assert_int_equal(krv_world_publish(device->world, krv_buf_slice(&document)), 0);
  assert_int_equal(krv_vault_commit(device->world->vault), 0);
  krv_buf_release(&document);
}

static uint32_t in_use(struct fleet_device *device) {
  uint32_t named;
  uint8_t hash[KRV_HASH_LEN];
  krv_roster_schema(device->world->roster, &named, hash);
  assert_int_equal(krv_schema_version(device->world->schema), named);
  return named;
}

static void a_publication_that_came_too_late_is_published_all_the_same(void **state) {
  struct kit *k = *state;
  somebody_else_is_first(k);
  publish(k->a, 2);
  publish(k->a, 3); /* one more before any sync */
  fleet_sync_well(k->b);
  fleet_rounds(&k->fleet, 3);
  assert_int_equal(in_use(k->a), 3);
  assert_int_equal(in_use(k->w), 3);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), 0);
}

/* Of two who publish at once the newer version stays, and the older is not said again. */
static void of_two_publications_the_newer_stays(void **state) {
  struct kit *k = *state;
  somebody_else_is_first(k);
  fleet_rounds(&k->fleet, 2);
  publish(k->a, 2);
  publish(k->b, 3);
  fleet_sync_well(k->b);
  fleet_rounds(&k->fleet, 3);
  assert_int_equal(in_use(k->a), 3);
  assert_int_equal(in_use(k->b), 3);
  assert_int_equal(in_use(k->w), 3);
}

static int take(struct krv_intake *intake, enum krv_message_kind kind,
                const struct krv_buf *bytes) {
  return krv_intake_item(intake, KRV_ORIGIN_SERVER, kind, krv_buf_slice(bytes));
}

/* What has come in a transaction that failed has not come: the schema neither. */
static void a_document_goes_with_the_transaction_that_brought_it(void **state) {
  struct kit *k = *state;
  const struct krv_roster *roster;
  struct krv_intake *intake;
  struct krv_buf entry, document;
  int64_t lid = 0;
  fleet_rounds(&k->fleet, 2);
  publish(k->a, 2);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  assert_int_equal(in_use(k->a), 2);
  roster = k->a->world->roster;
  krv_buf_init(&entry, k->a->world->env);
  krv_buf_init(&document, k->a->world->env);
  krv_msg_roster_encode(
      &(struct krv_msg_roster){krv_roster_entry(roster, krv_roster_count(roster) - 1)}, &entry);
  assert_int_equal(
      krv_vault_row_next(k->a->world->vault, KRV_TABLE_DOCS, 0, &lid, &document), 0);
  uint32_t before = krv_schema_version(k->w->world->schema);
  assert_int_equal(krv_intake_begin(k->w->world, &intake), 0);
  assert_int_equal(take(intake, KRV_MSG_ROSTER, &entry), 0);
  assert_int_equal(take(intake, KRV_MSG_DOC, &document), 0);
  assert_int_equal(in_use(k->w), 2);
  krv_intake_rollback(intake);
  assert_int_equal(krv_schema_version(k->w->world->schema), before);
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(in_use(k->w), 2);
  krv_buf_release(&entry);
  krv_buf_release(&document);
}

/* R12: the server burns, and who published is away: anybody brings the document that the roster
 * names. */
static void any_device_brings_the_document_to_a_server_that_lost_it(void **state) {
  struct kit *k = *state;
  struct krv_statement administrator = {.kind = KRV_STATEMENT_ROLES,
                                        .device = k->b->world->member.device,
                                        .roles = KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR};
  fleet_propose(k->a, &administrator, 1);
  fleet_rounds(&k->fleet, 1);
  publish(k->b, 2);
  fleet_rounds(&k->fleet, 1);
  publish(k->b, 3);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(in_use(k->a), 3);
  fleet_server_burn(&k->fleet, NULL);
  struct krv_founding_code code = fleet_founding_code(&k->fleet);
  assert_int_equal(krv_pin_move(k->a->world, &code, KRV_WORD_DEVICE), 0);
  fleet_sync_well(k->a);
  struct fleet_device *newcomer = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_sync_well(newcomer);
  assert_int_equal(in_use(newcomer), 3);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), 0);
}

static krv_device_ix ix(const struct fleet_device *device) {
  return device->world->member.device;
}

static struct krv_statement team(struct fleet_device *by) {
  struct krv_statement s = {.kind = KRV_STATEMENT_GROUP, .name = krv_slice("sealed", 6)};
  by->t.env.random(by->t.env.ctx, s.pk.b, sizeof s.pk.b);
  return s;
}

static struct krv_statement roles(const struct fleet_device *of, uint8_t roles) {
  return (struct krv_statement){.kind = KRV_STATEMENT_ROLES, .device = ix(of), .roles = roles};
}

static struct krv_statement admit(const struct fleet_device *whom, uint8_t rights) {
  return (struct krv_statement){.kind = KRV_STATEMENT_ADMIT, .group = KRV_GROUP_OFFICE,
                                .device = ix(whom), .rights = rights};
}

static const struct krv_device *device(const struct fleet_device *as_of,
                                       const struct fleet_device *whom) {
  return krv_roster_device(as_of->world->roster, ix(whom));
}

static bool in_office(const struct fleet_device *as_of, const struct fleet_device *whom) {
  return krv_roster_membership(as_of->world->roster, ix(whom), KRV_GROUP_OFFICE, UINT32_MAX);
}

/* The statement of the one is chain before the other's is sent. */
static void first(struct fleet_device *by, struct krv_statement s) {
  fleet_propose(by, &s, 1);
  fleet_sync_well(by);
}

/* Signed by the recovery key, which the founder's vault holds. */
static void propose_recovery(struct fleet_device *by, struct krv_statement s) {
  struct krv_roster *roster;
  assert_int_equal(krv_vault_begin(by->world->vault), 0);
  assert_int_equal(krv_propose_roster(by->world, &roster), 0);
  assert_int_equal(krv_propose_recovery(by->world, roster, &s, 1), 0);
  assert_int_equal(krv_vault_commit(by->world->vault), 0);
  krv_roster_free(roster);
}

static void every_statement_that_came_too_late_is_said_again(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "office", "Gozel");
  struct fleet_device *d = fleet_join(&k->fleet, "worker", "Jeren");
  fleet_rounds(&k->fleet, 1);
  struct krv_statement to_supervisor = roles(k->w, KRV_ROLE_WORKER | KRV_ROLE_SUPERVISOR);
  struct krv_statement to_auditor = roles(k->w, KRV_ROLE_AUDITOR);
  struct krv_statement two[] = {
      {.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE, .device = ix(c)},
      {.kind = KRV_STATEMENT_REVOKE, .device = ix(d), .how = KRV_REVOKE_LEFT}};
  struct krv_statement mine = team(k->a), his = team(k->b);
  fleet_propose(k->a, &to_supervisor, 1);
  fleet_propose(k->a, two, 2);
  fleet_propose(k->a, &to_auditor, 1); /* upon what the first one said */
  fleet_propose(k->a, &mine, 1);
  first(k->b, his);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  fleet_sync_well(k->b);
  assert_int_equal(device(k->b, k->w)->roles, KRV_ROLE_AUDITOR);
  assert_false(in_office(k->b, c));
  assert_false(krv_device_active(device(k->b, d)));
  uint32_t groups = krv_roster_group_count(k->b->world->roster);
  assert_memory_equal(&krv_roster_group(k->b->world->roster, groups - 1)->epochs[0].pk, &mine.pk,
                      sizeof mine.pk);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), 0);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_OVERTAKEN), 0);
}

static void an_admission_that_came_too_late_is_made_again_whoever_signed_it(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "worker", "Jeren");
  struct krv_statement reader = admit(c, KRV_ADMIT_READ_ONLY);
  fleet_rounds(&k->fleet, 1);
  fleet_propose(k->a, &reader, 1);
  propose_recovery(k->a, admit(k->w, 0));
  first(k->b, team(k->b));
  fleet_rounds(&k->fleet, 3);
  assert_true(in_office(k->b, c));
  assert_true(in_office(k->b, k->w));
  assert_non_null(krv_world_secret(k->w->world, KRV_GROUP_OFFICE, 0));
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_OVERTAKEN), 0);
}

/* By its keeper, of somebody whom another administrator let in. */
static void whom_a_keeper_lets_in_too_late_comes_in_all_the_same(void **state) {
  struct kit *k = *state;
  first(k->a, roles(k->w, KRV_ROLE_ADMINISTRATOR));
  fleet_sync_well(k->w);
  struct fleet_device *c = fork_let_in(k->w, "office", "Gozel");
  fleet_rounds(&k->fleet, 1);
  assert_false(in_office(k->a, c));
  char hex[KRV_ID_HEX_LEN];
  krv_id_hex(&device(k->a, c)->id, hex);
  struct krv_approve_choice choice = {.device = hex};
  assert_int_equal(krv_approve(k->a->world, &choice, NULL, NULL), 0);
  first(k->b, team(k->b));
  fleet_rounds(&k->fleet, 3);
  assert_true(in_office(k->b, c));
  assert_non_null(krv_world_secret(c->world, KRV_GROUP_OFFICE, 0));
}

/* Of a device that is in by a proposal only, under a number that somebody else has by then. */
static void what_is_said_of_whom_a_proposal_lets_in_follows_him(void **state) {
  struct kit *k = *state;
  first(k->a, roles(k->b, KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR));
  fleet_sync_well(k->b);
  struct fleet_device *jeren = fork_ask(k->a, "worker", "Jeren");
  fleet_sync_well(k->a);
  fleet_approve(k->a, jeren);
  struct krv_statement both[] = {
      {.kind = KRV_STATEMENT_ROLES, .device = 3, .roles = KRV_ROLE_SUPERVISOR},
      {.kind = KRV_STATEMENT_ADMIT, .group = KRV_GROUP_OFFICE, .device = 3}};
  fleet_propose(k->a, both, 2);
  struct fleet_device *kerim = fork_let_in(k->b, "worker", "Kerim");
  assert_int_equal(ix(kerim), 3);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  fleet_sync_well(jeren);
  assert_int_equal(ix(jeren), 4);
  assert_int_equal(device(jeren, jeren)->roles, KRV_ROLE_SUPERVISOR);
  assert_true(in_office(jeren, jeren));
  assert_int_equal(device(jeren, kerim)->roles, KRV_ROLE_WORKER);
  assert_false(in_office(jeren, kerim));
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_OVERTAKEN), 0);
}

/* Nobody's change is taken back by one who did not know of it, and he is told. */
static void what_does_not_hold_any_more_is_told(void **state) {
  struct kit *k = *state;
  struct fleet_device *c = fleet_join(&k->fleet, "worker", "Jeren");
  struct fleet_device *d = fleet_join(&k->fleet, "office", "Gozel");
  first(k->a, roles(k->b, KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR));
  fleet_rounds(&k->fleet, 1);
  struct krv_statement to_supervisor = roles(k->w, KRV_ROLE_WORKER | KRV_ROLE_SUPERVISOR);
  struct krv_statement both[] = {admit(c, 0), team(k->a)}; /* the other one still holds */
  struct krv_statement reader = admit(d, KRV_ADMIT_READ_ONLY);
  fleet_propose(k->a, &to_supervisor, 1);
  fleet_propose(k->a, both, 2);
  fleet_propose(k->a, &reader, 1);
  struct krv_statement his[] = {
      roles(k->w, KRV_ROLE_PROVIDER),
      {.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE, .device = ix(d)},
      {.kind = KRV_STATEMENT_REVOKE, .device = ix(c), .how = KRV_REVOKE_LOST}};
  fleet_propose(k->b, his, 3);
  fleet_sync_well(k->b);
  fleet_sync_well(k->a);
  fleet_sync_well(k->a);
  fleet_sync_well(k->b);
  assert_int_equal(device(k->b, k->w)->roles, KRV_ROLE_PROVIDER);
  assert_false(in_office(k->b, c));
  assert_false(in_office(k->b, d));
  uint32_t groups = krv_roster_group_count(k->b->world->roster);
  assert_memory_equal(&krv_roster_group(k->b->world->roster, groups - 1)->epochs[0].pk,
                      &both[1].pk, sizeof both[1].pk);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_OVERTAKEN), 3);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 0);
}

static void who_is_no_administrator_any_more_is_told_what_was_lost(void **state) {
  struct kit *k = *state;
  first(k->a, roles(k->b, KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR));
  fleet_sync_well(k->b);
  struct krv_statement to_supervisor = roles(k->w, KRV_ROLE_SUPERVISOR);
  struct krv_statement expel = {
      .kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE, .device = ix(k->b)};
  fleet_propose(k->b, &to_supervisor, 1);
  assert_int_equal(krv_renew(k->b->world, KRV_GROUP_OFFICE), 0);
  publish(k->b, 2);
  struct krv_statement taken[] = {roles(k->b, KRV_ROLE_WORKER), expel};
  fleet_propose(k->a, taken, 2);
  fleet_sync_well(k->a);
  fleet_sync_well(k->b);
  assert_int_equal(fleet_alarms(k->b, KRV_ALARM_OVERTAKEN), 3);
  fleet_sync_well(k->b); /* once */
  assert_int_equal(fleet_alarms(k->b, KRV_ALARM_OVERTAKEN), 3);
  assert_int_equal(fleet_marked(k->b, KRV_MARK_NONE), 0);
  assert_int_equal(device(k->a, k->w)->roles, KRV_ROLE_WORKER);
}

static void of_two_publications_the_older_ones_publisher_is_told(void **state) {
  struct kit *k = *state;
  first(k->a, roles(k->b, KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR));
  fleet_sync_well(k->b);
  publish(k->a, 2);
  publish(k->b, 3);
  fleet_sync_well(k->b);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(in_use(k->a), 3);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_OVERTAKEN), 1);
  assert_int_equal(fleet_alarms(k->b, KRV_ALARM_OVERTAKEN), 0);
}

/* The server refuses a proposal; another entry comes, and it is to be tried once more; the session
 * is cut before it was. */
static void a_refused_proposal_stands_in_nobodys_way(void **state) {
  struct kit *k = *state;
  struct krv_statement elsewhere = {.kind = KRV_STATEMENT_SERVER};
  struct krv_approve_choice all = {.all = true};
  elsewhere.server_pk.b[0] = 9;
  fleet_propose(k->a, &elsewhere, 1);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_marked(k->a, KRV_MARK_REFUSED), 1);
  uint32_t height = krv_roster_height(k->a->world->roster);
  first(k->b, team(k->b));
  for (uint64_t cut = 20; krv_roster_height(k->a->world->roster) == height; cut += 10) {
    assert_in_range(cut, 20, 4000);
    (void)fleet_sync(k->a, &(struct fleet_link){.cut_down = cut, .no_ticket = true});
  }
  assert_int_equal(fleet_marked(k->a, KRV_MARK_NONE), 1);
  assert_int_equal(krv_approve(k->a->world, &all, NULL, NULL), 0);
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
  fleet_sync_well(k->a);
  assert_int_equal(krv_roster_group(k->a->world->roster, KRV_GROUP_OFFICE)->epoch_count, 2);
}

/* Somebody else's entry has come, and the session was cut before the server answered ours. */
static void a_proposal_whose_answer_was_cut_stands_in_nobodys_way(void **state) {
  struct kit *k = *state;
  struct krv_statement mine = team(k->a);
  uint32_t height = krv_roster_height(k->a->world->roster);
  fleet_propose(k->a, &mine, 1);
  first(k->b, team(k->b));
  for (uint64_t cut = 20; krv_roster_height(k->a->world->roster) == height; cut += 10) {
    assert_in_range(cut, 20, 4000);
    (void)fleet_sync(k->a, &(struct fleet_link){.cut_down = cut, .no_ticket = true});
  }
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
  publish(k->a, 2);
  fleet_sync_well(k->a);
  assert_int_equal(in_use(k->a), 2);
  assert_int_equal(krv_roster_height(k->a->world->roster), height + 4);
}

/* Two histories: nothing is added to either. What a person signed before he heard of it is made
 * once that has ended, or is told. */
static void what_a_fork_stopped_is_made_after_it_or_told(void **state) {
  struct fork_kit *k = *state;
  struct krv_statement to_supervisor = roles(k->w, KRV_ROLE_SUPERVISOR);
  assert_int_equal(krv_renew(k->a->world, KRV_GROUP_OFFICE), 0);
  fleet_propose(k->a, &to_supervisor, 1);
  fleet_sync_well(k->a);
  assert_non_null(k->a->world->fork);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_OVERTAKEN), 1);
  fork_say(k->a, KRV_WORD_DEVICE);
  fork_say(k->a, KRV_WORD_RECOVERY);
  fleet_sync_well(k->a);
  assert_null(k->a->world->fork);
  fleet_sync_well(k->b);
  assert_int_equal(krv_roster_group(k->b->world->roster, KRV_GROUP_OFFICE)->epoch_count, 2);
  assert_int_equal(device(k->b, k->w)->roles, KRV_ROLE_WORKER);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_OVERTAKEN), 1);
}

#define FORK_TEST(name) cmocka_unit_test_setup_teardown(name, fork_kit_setup, fork_kit_teardown)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_publication_that_came_too_late_is_published_all_the_same),
      TEST(of_two_publications_the_newer_stays),
      TEST(a_document_goes_with_the_transaction_that_brought_it),
      TEST(any_device_brings_the_document_to_a_server_that_lost_it),
      TEST(every_statement_that_came_too_late_is_said_again),
      TEST(an_admission_that_came_too_late_is_made_again_whoever_signed_it),
      TEST(whom_a_keeper_lets_in_too_late_comes_in_all_the_same),
      TEST(what_is_said_of_whom_a_proposal_lets_in_follows_him),
      TEST(what_does_not_hold_any_more_is_told),
      TEST(who_is_no_administrator_any_more_is_told_what_was_lost),
      TEST(of_two_publications_the_older_ones_publisher_is_told),
      TEST(a_refused_proposal_stands_in_nobodys_way),
      TEST(a_proposal_whose_answer_was_cut_stands_in_nobodys_way),
      FORK_TEST(what_a_fork_stopped_is_made_after_it_or_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
