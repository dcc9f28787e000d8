/* I6, I7, I1, R10: what a member pours into an honest server stops nobody's sync. What is over a
 * bound ends at the server or is passed over and told, and what is honest goes on. */
#include "mock.h"

#include "approve.h"
#include "fleetkit.h"
#include "folder.h"
#include "own.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 10, true);
}

static int push(struct kit *k, const struct fleet_device *by, enum krv_message_kind kind,
                struct krv_buf *payload) {
  struct krv_bringer bringer = {.device = by->world->member.device};
  uint64_t seq;
  assert_int_equal(payload->status, 0);
  int status =
      krv_batch_item(k->fleet.service.batch, &bringer, kind, krv_buf_slice(payload), &seq);
  krv_buf_reset(payload);
  return status;
}

static void done(struct kit *k) {
  assert_int_equal(krv_batch_commit(k->fleet.service.batch), 0);
}

/* Honest work comes through, both ways, and somebody new comes in. */
static void all_goes_on(struct kit *k) {
  uint32_t w, a;
  fleet_sync_well(k->a);
  fleet_sync_well(k->b);
  fleet_sync_well(k->w);
  w = fleet_card(k->w, &k->kase)->commits - fleet_card(k->w, &k->kase)->held;
  a = fleet_card(k->a, &k->kase)->commits - fleet_card(k->a, &k->kase)->held;
  assert_int_equal(fleet_note(k->w, &k->kase, "after it"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(k->w, &k->kase)->commits - fleet_card(k->w, &k->kase)->held, w + 1);
  assert_int_equal(fleet_card(k->a, &k->kase)->commits - fleet_card(k->a, &k->kase)->held, a + 1);
  assert_int_equal(fleet_card(k->b, &k->kase)->commits - fleet_card(k->b, &k->kase)->held, a + 1);
  struct fleet_device *fresh = fleet_join(&k->fleet, "office", "Nadia");
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_card(fresh, &k->kase)->commits - fleet_card(fresh, &k->kase)->held,
                   a + 1);
}

/* ---- documents */

static uint32_t documents(struct fleet_device *device) {
  struct krv_buf row;
  int64_t lid = 0;
  uint32_t count = 0;
  krv_buf_init(&row, device->world->env);
  while (krv_vault_row_next(device->world->vault, KRV_TABLE_DOCS, lid, &lid, &row) == 0) {
    krv_buf_reset(&row);
    count++;
  }
  krv_buf_release(&row);
  return count;
}

static void pour_documents(struct kit *k, uint32_t count) {
  struct krv_msg_doc msg;
  struct krv_buf payload;
  uint32_t version;
  uint8_t noise[64] = {0};
  krv_buf_init(&payload, k->a->world->env);
  krv_roster_schema(k->a->world->roster, &version, msg.hash);
  for (uint32_t i = 0; i < count; i++) {
    memcpy(noise + 8, &i, sizeof i);
    msg.sealed = krv_slice(noise, sizeof noise);
    krv_msg_doc_encode(&msg, &payload);
    assert_int_equal(push(k, k->w, KRV_MSG_DOC, &payload), 0);
  }
  krv_buf_release(&payload);
  done(k);
}

static void documents_under_the_right_hash_that_do_not_open(void **state) {
  struct kit *k = *state;
  uint32_t before = documents(k->a);
  pour_documents(k, KRV_DOCUMENTS_MAX + 1);
  fleet_sync_well(k->a);
  assert_int_equal(documents(k->a), before);
  /* of one member the server shows the last */
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_PASSED_OVER), 1);
  all_goes_on(k);
}

/* ---- requests to join */

static int ask(struct kit *k, uint32_t number) {
  struct krv_testenv *t = &k->fleet.t;
  struct krv_join join = {.terms = {.inviter = k->w->world->member.device,
                                    .roles = KRV_ROLE_WORKER,
                                    .expires_s = UINT32_MAX},
                          .has_member_pk = true};
  struct krv_own_keys keys;
  struct krv_buf body;
  uint8_t secret[KRV_INVITE_SECRET_LEN] = {0};
  memcpy(join.terms.id, &number, sizeof number);
  krv_own_keys_random(&t->env, &keys);
  krv_own_keys_public(&keys, &join.keys);
  join.member_pk = keys.member.pk;
  krv_join_sign(&join, &k->a->world->member.programme, &keys.sign, secret);
  krv_buf_init(&body, &t->env);
  krv_invite_terms_encode(&join.terms, &body);
  krv_join_encode(&join, &body);
  int status = krv_batch_join(k->fleet.service.batch, join.terms.id, &join.keys.session_pk,
                              krv_buf_slice(&body));
  krv_buf_release(&body);
  return status;
}

static void requests_by_one_members_invitations(void **state) {
  struct kit *k = *state;
  for (uint32_t i = 0; i < KRV_REQUESTS_MAX + 1; i++)
    assert_int_equal(ask(k, i), i < KRV_REQUESTS_OF_ONE_MAX ? 0 : KRV_QUOTA);
  done(k);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_QUOTA), 1); /* it ended at the server */
  all_goes_on(k);
}

/* ---- commits */

/* One line of commits that no key opens, as long as the server takes them. */
static uint32_t pour_commits(struct kit *k, uint32_t count) {
  struct krv_buf payload;
  struct krv_commit whole = {.head = {.suite = 1,
                                      .kind = 1,
                                      .programme = k->a->world->member.programme,
                                      .kase = k->kase,
                                      .device = krv_world_self(k->w->world)->id}};
  uint8_t noise[144] = {7};
  uint32_t taken = 0;
  int status = 0;
  whole.ciphertext = krv_slice(noise, sizeof noise);
  krv_buf_init(&payload, k->a->world->env);
  for (uint32_t i = 0; i < count && status == 0; i++) {
    memcpy(noise, &i, sizeof i);
    whole.head.n = i + 1;
    struct krv_msg_commit msg = {.device = k->w->world->member.device,
                                 .kase = k->kase,
                                 .n = i + 1,
                                 .prev_len = i > 0 ? 16 : 0,
                                 .suite = 1,
                                 .kind = 1,
                                 .ciphertext = whole.ciphertext};
    memcpy(msg.prev, whole.head.prev.b, sizeof msg.prev);
    krv_msg_commit_encode(&msg, &payload);
    status = push(k, k->w, KRV_MSG_COMMIT, &payload);
    taken += status == 0;
    krv_commit_id(&whole, &whole.head.prev);
  }
  assert_true(status == 0 || status == KRV_QUOTA);
  krv_buf_release(&payload);
  done(k);
  return taken;
}

static void the_server_takes_so_many_commits_of_a_case_from_a_member(void **state) {
  struct kit *k = *state;
  assert_int_equal(pour_commits(k, KRV_CASE_BROUGHT_MAX + 100), KRV_CASE_BROUGHT_MAX - 1);
}

/* The prevs of the last ones were passed over, so that these cannot be filled in. */
static void commits_that_open_for_nobody(void **state) {
  enum { MORE = 200 };
  struct kit *k = *state;
  assert_int_equal(pour_commits(k, KRV_CASE_UNOPENED_MAX + MORE), KRV_CASE_UNOPENED_MAX + MORE);
  for (int i = 0; i < 2; i++) fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, KRV_CASE_UNOPENED_MAX);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_PASSED_OVER), MORE);
  assert_int_equal(fleet_note(k->b, &k->kase, "after it"), 0);
  fleet_sync_well(k->b);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->commits - fleet_card(k->a, &k->kase)->held, 2);
}

/* ---- notes */

/* One commit of the worker's, valid in all, of notes that take next to nothing until they are
 * unpacked. Returns its id. */
static struct krv_id pour_note(struct kit *k, const struct krv_folder *folder, uint64_t n,
                               const struct krv_id *prev, struct krv_slice ops) {
  struct krv_world *w = k->w->world;
  struct krv_body body = {.roster_height = krv_roster_height(w->roster), .ops = ops};
  struct krv_commit commit = {.head = {.programme = w->member.programme,
                                       .kase = k->kase,
                                       .device = krv_world_self(w)->id,
                                       .n = n,
                                       .prev = *prev}};
  struct krv_buf sealed, payload;
  struct krv_id id;
  krv_buf_init(&sealed, w->env);
  krv_buf_init(&payload, w->env);
  memcpy(body.roster_head8, krv_roster_hash(w->roster, body.roster_height),
         sizeof body.roster_head8);
  assert_int_equal(krv_commit_seal(w->zip, w->env, &folder->keys[0], &w->keys.sign, &body, &commit,
                                   &sealed), 0);
  struct krv_msg_commit msg = {.device = w->member.device,
                               .kase = k->kase,
                               .n = n,
                               .prev_len = 16,
                               .suite = commit.head.suite,
                               .kind = commit.head.kind,
                               .ciphertext = commit.ciphertext};
  memcpy(msg.prev, prev->b, sizeof msg.prev);
  memcpy(msg.salt, commit.salt, sizeof msg.salt);
  krv_msg_commit_encode(&msg, &payload);
  assert_int_equal(push(k, k->w, KRV_MSG_COMMIT, &payload), 0);
  krv_commit_id(&commit, &id);
  krv_buf_release(&sealed);
  krv_buf_release(&payload);
  return id;
}

static void pour_notes(struct kit *k, uint32_t count) {
  enum { NOTES = 7, NOTE_TEXT = 3329 };
  static char words[32000];
  struct krv_folder *folder;
  struct krv_buf ops, value;
  memset(words, 'a', sizeof words);
  krv_buf_init(&value, k->w->world->env);
  krv_buf_init(&ops, k->w->world->env);
  krv_value_encode(&(struct krv_value){.kind = KRV_VALUE_TEXT,
                                       .as.text = krv_slice(words, sizeof words)}, &value);
  assert_int_equal(krv_folder_load_id(k->w->world, &k->kase, &folder), 0);
  struct krv_id prev = folder->own.id;
  for (uint32_t i = 0; i < count; i++) {
    krv_buf_reset(&ops);
    krv_ops_begin(&ops, NOTES);
    for (uint32_t j = 0; j < NOTES; j++) {
      struct krv_op op = {
          .kind = KRV_OP_APPEND, .field = NOTE_TEXT, .value = krv_buf_slice(&value)};
      memcpy(op.item.b, (uint64_t[]){1 + i * NOTES + j}, sizeof op.item.b);
      krv_op_encode(&op, &ops);
    }
    prev = pour_note(k, folder, folder->own.n + 1 + i, &prev, krv_buf_slice(&ops));
  }
  done(k);
  krv_folder_free(folder);
  krv_buf_release(&ops);
  krv_buf_release(&value);
}

static size_t state_size(struct fleet_device *device, const struct krv_id *kase) {
  struct krv_buf state;
  krv_buf_init(&state, device->world->env);
  assert_int_equal(
      krv_vault_case_state(device->world->vault, fleet_card(device, kase)->lid, &state), 0);
  size_t size = state.len;
  krv_buf_release(&state);
  return size;
}

/* Some hundred bytes a commit on the wire, and 22 MB in a case: more than a row of a vault. */
static void notes_that_grow_when_they_are_unpacked(void **state) {
  struct kit *k = *state;
  pour_notes(k, 100);
  assert_int_equal(fleet_sync(k->a, NULL), 0);
  assert_true(fleet_card(k->a, &k->kase)->held > 70);
  assert_in_range(state_size(k->a, &k->kase), KRV_CASE_OF_ONE_MAX / 2, KRV_CASE_OF_ONE_MAX * 2);
  assert_true(fleet_alarms(k->a, KRV_ALARM_PASSED_OVER) > 0);
  /* others' part of that case has its room, and his other cases come through */
  fleet_sync_well(k->b);
  assert_int_equal(fleet_set(k->b, &k->kase, "prs_SecondName", "Orazova"), 0);
  struct krv_id other = fleet_case(k->w, "prs_FirstName", "Leyla");
  fleet_rounds(&k->fleet, 2);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_SecondName"), "Orazova");
  assert_string_equal(fleet_shown(k->b, &other, "prs_FirstName"), "Leyla");
  assert_true(fleet_same(k->a, k->b, &k->kase));
  /* an honest vault stops before others do */
  assert_int_equal(fleet_note(k->w, &k->kase, "too much"), KRV_QUOTA);
}

/* ---- keys */

static void give(struct kit *k, const struct krv_case_key *key, struct krv_buf *payload) {
  struct krv_world *w = k->w->world;
  const struct krv_envelope_ends *ends;
  const struct krv_group *office = krv_roster_group(w->roster, KRV_GROUP_OFFICE);
  struct krv_msg_grant msg = {.kase = k->kase,
                              .epoch = key->epoch,
                              .key_id = key->key_id,
                              .group = KRV_GROUP_OFFICE,
                              .mode = KRV_ACCESS_WRITE,
                              .giver = w->member.device};
  assert_int_equal(krv_world_give(w, &krv_group_newest(office)->pk, &ends), 0);
  krv_envelope_seal(ends, KRV_PURPOSE_GRANT, &key->key_id, &key->key, msg.wrap);
  krv_msg_grant_encode(&msg, payload);
  assert_int_equal(push(k, k->w, KRV_MSG_GRANT, payload), 0);
}

static size_t keys_of(struct fleet_device *device, const struct krv_id *kase) {
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load_id(device->world, kase, &folder), 0);
  size_t count = folder->key_count;
  krv_folder_free(folder);
  return count;
}

static uint64_t unsent(struct fleet_device *device) {
  return fleet_marked(device, KRV_MARK_NONE);
}

/* Valid envelopes, of keys that no commit names. */
static void grants_of_keys_that_nothing_names(void **state) {
  enum { COUNT = 2000 };
  struct kit *k = *state;
  struct krv_case_key key;
  struct krv_buf payload;
  krv_buf_init(&payload, k->a->world->env);
  for (uint32_t i = 0; i < COUNT; i++) {
    krv_case_key_random(&k->w->t.env, 1 + i % 3, &key);
    give(k, &key, &payload);
    if (i % 250 == 249) done(k);
  }
  krv_buf_release(&payload);
  fleet_sync_well(k->a);
  assert_int_equal(keys_of(k->a, &k->kase), 1 + KRV_CASE_KEYS_UNNAMED_MAX);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_PASSED_OVER), COUNT - KRV_CASE_KEYS_UNNAMED_MAX);
  /* a real one comes through: access taken back, so that the worker makes the next epoch */
  fleet_join(&k->fleet, "worker", "Ines");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_share(k->w, &k->kase, "Ines"), 0);
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_unshare(k->w, &k->kase, "Ines"), 0);
  assert_int_equal(fleet_note(k->w, &k->kase, "under the next key"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(keys_of(k->w, &k->kase), 2);
  assert_int_equal(keys_of(k->a, &k->kase), 2 + KRV_CASE_KEYS_UNNAMED_MAX);
  assert_true(fleet_same(k->w, k->a, &k->kase));
  /* and what nothing names is given to nobody */
  struct fleet_device *last = fleet_join(&k->fleet, "worker", "Lena");
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(unsent(k->a), 0);
  assert_int_equal(fleet_share(k->a, &k->kase, "Lena"), 0);
  assert_in_range(unsent(k->a), 3, 4); /* the change, and a grant of each of the two */
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(keys_of(last, &k->kase), 2);
  assert_true(fleet_same(last, k->a, &k->kase));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(documents_under_the_right_hash_that_do_not_open),
      TEST(requests_by_one_members_invitations),
      TEST(the_server_takes_so_many_commits_of_a_case_from_a_member),
      TEST(commits_that_open_for_nobody),
      TEST(notes_that_grow_when_they_are_unpacked),
      TEST(grants_of_keys_that_nothing_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
