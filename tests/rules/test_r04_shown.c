/* R4: what is held is stored, counted, readable with a mark and shown: whom or what it waits for,
 * and since when; once that comes it is a change like any other. Through the command, as people see
 * it. */
#define _POSIX_C_SOURCE 200809L
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aead.h"
#include "bounds.h"
#include "dishonest.h"
#include "fleetkit.h"
#include "saykit.h"
#include "upgrade.h"

static int setup(void **state) {
  say_setup();
  return fleet_kit_setup(state, 4, true);
}

/* The first unsent item of a kind, and its mark. */
static int64_t unsent(struct fleet_device *device, uint8_t kind) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  do {
    krv_buf_init(&bytes, &device->t.env);
    assert_int_equal(
        krv_vault_marked_next(device->world->vault, KRV_MARK_NONE, lid, &item, &bytes), 0);
    krv_buf_release(&bytes);
    lid = item.lid;
  } while (item.kind != kind);
  return lid;
}

static void mark(struct fleet_device *device, int64_t lid, enum krv_mark mark) {
  struct krv_vault *vault = device->world->vault;
  assert_int_equal(krv_vault_begin(vault), 0);
  assert_int_equal(krv_vault_item_mark(vault, lid, mark, 0), 0);
  assert_int_equal(krv_vault_commit(vault), 0);
}

static void day_of(const struct fleet_device *device, char out[32]) {
  time_t at = (time_t)device->t.wall_s;
  struct tm day;
  assert_non_null(gmtime_r(&at, &day));
  assert_true(strftime(out, 32, "%Y-%m-%d", &day) > 0);
}

static void a_change_whose_cause_is_missing_says_whom_it_waits_for(void **state) {
  struct kit *k = *state;
  char day[32], since[128];
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "Orazova"), 0);
  int64_t missing = unsent(k->w, KRV_MSG_COMMIT);
  mark(k->w, missing, KRV_MARK_AT_SERVER); /* the server has a gap there */
  assert_int_equal(fleet_set(k->w, &k->kase, "kvn_PlaceMet", "waiting-7"), 0);
  day_of(k->w, day);
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 1);
  (void)snprintf(since, sizeof since, "waits for a change by Dursun (number 2), since %s", day);
  says(k->a, "case history", &k->kase, since);
  says(k->a, "case history", &k->kase, "held, no effect yet, ");
  says(k->a, "case history", &k->kase, "kvn_PlaceMet = waiting-7"); /* readable, with a mark */
  (void)snprintf(since, sizeof since,
                 "\"waits\":{\"for\":\"change\",\"by\":\"Dursun\",\"n\":2,\"since\":\"%s", day);
  says(k->a, "case history --json", &k->kase, since);
  says(k->a, "case show", &k->kase, "has no effect yet: waits for a change by Dursun (number 2)");
  says_not(k->a, "case show", &k->kase, "waiting-7");
  says(k->a, "case show --json", &k->kase, "\"held\":1");
  says(k->a, "case list", NULL, "waits");
  says(k->a, "case list --json", NULL, "\"held\":1");
  says(k->a, "case list --held --json", NULL, "\"held\":1");
  says(k->a, "status", NULL, "1 ! change has no effect yet");
  says(k->a, "status --json", NULL, "\"held\":1");

  mark(k->w, missing, KRV_MARK_NONE); /* it comes */
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  says(k->a, "case show", &k->kase, "waiting-7");
  says_not(k->a, "case history", &k->kase, "waits for");
  says(k->a, "case history --json", &k->kase, "\"waits\":null");
  says_not(k->a, "case list", NULL, "waits");
  says(k->a, "case list --held --json", NULL, "\"cases\":[]");
  says_not(k->a, "status", NULL, "no effect yet");
  says(k->a, "status --json", NULL, "\"held\":0");
}

static void a_change_under_a_key_that_is_missing_waits_for_it(void **state) {
  struct kit *k = *state;
  (void)fleet_join(&k->fleet, "provider", "Pena");
  fleet_sync_well(k->w);
  assert_int_equal(fleet_share(k->w, &k->kase, "Pena"), 0);
  assert_int_equal(fleet_unshare(k->w, &k->kase, "Pena"), 0);
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "Orazova"), 0);
  /* under a new key, past the server, which has the grant */
  dishonest_hand_over(k->w, k->a, &k->kase);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 1);
  says(k->a, "case history", &k->kase, "waits for a key that this device has not got\n");
  says(k->a, "case history --json", &k->kase,
       "\"waits\":{\"for\":\"key\",\"by\":\"\",\"n\":0,\"since\":null}");
  says(k->a, "case show", &k->kase, "no key for a part of it yet");
  says(k->a, "case show --json", &k->kase, "\"keyless\":true");
  says(k->a, "case list", NULL, "no key");
  says(k->a, "status", NULL, "1 ! case that no key here opens, or not all of it");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  says(k->a, "case show", &k->kase, "Orazova");
  says(k->a, "case show --json", &k->kase, "\"keyless\":false");
  says(k->a, "status --json", NULL, "\"keyless\":0");
}

static void a_case_that_no_key_opens_is_listed_when_it_is_asked_for(void **state) {
  struct kit *k = *state;
  char hex[KRV_ID_HEX_LEN], mine[64];
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Leyla");
  dishonest_hand_over(k->w, k->a, &kase); /* the genesis, without a grant */
  krv_id_hex(&kase, hex);
  says_not(k->a, "case list --json", NULL, hex);
  (void)snprintf(mine, sizeof mine, "\"case\":\"%s\",\"type\":\"\"", hex);
  says(k->a, "case list --held --json", NULL, mine);
  says(k->a, "case list --held", NULL, "waits, no key");
  says(k->a, "case history", &kase, "waits for a key that this device has not got\n");
  says(k->a, "status --json", NULL, "\"keyless\":1");
  assert_non_null(strstr(say_run(k->a, "case show", &kase, 29), "no key opens it yet"));
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  says(k->a, "case list --json", NULL, hex);
  says_not(k->a, "case list --held --json", NULL, hex);
  says(k->a, "case show", &kase, "Leyla");
}

static void a_change_above_the_list_of_members_waits_for_it(void **state) {
  struct kit *k = *state;
  char day[32], since[128];
  (void)fleet_join(&k->fleet, "worker", "Jeren"); /* the worker does not hear of it */
  fleet_sync_well(k->b);
  assert_int_equal(fleet_set(k->b, &k->kase, "prs_SecondName", "Orazova"), 0);
  day_of(k->b, day);
  dishonest_hand_over(k->b, k->w, &k->kase);
  (void)snprintf(since, sizeof since, "waits for a newer list of members, since %s", day);
  says(k->w, "case history", &k->kase, since);
  says(k->w, "case history --json", &k->kase, "\"for\":\"members\"");
  says(k->w, "case list", NULL, "waits");
  says(k->w, "status", NULL, "1 ! change has no effect yet");
  fleet_sync_well(k->w);
  says(k->w, "case show", &k->kase, "Orazova");
  says_not(k->w, "case history", &k->kase, "waits for");
  says(k->w, "status --json", NULL, "\"held\":0");
}

/* The worker's next commit as a later kerven writes it: under a dictionary that nobody here has. */
static void write_newer(struct kit *k, struct krv_msg_commit *msg, struct krv_buf *bytes) {
  struct krv_world *world = k->w->world;
  struct krv_folder *folder;
  struct krv_commit commit = {.head = {.suite = 1, .kind = 1, .kase = k->kase}};
  uint8_t ad[KRV_AD_LEN], plain[KRV_SIG_LEN + KRV_BODY_PAD_FLOOR] = {0};
  uint8_t *padded = plain + KRV_SIG_LEN;
  static uint8_t sealed[sizeof plain + KRV_TAG_LEN];
  struct krv_key salt_key, once;
  padded[0] = 9; /* the dictionary */
  assert_int_equal(krv_folder_load_id(world, &k->kase, &folder), 0);
  const struct krv_case_key *key = &folder->keys[0];
  commit.head.programme = world->member.programme;
  commit.head.device = krv_world_self(world)->id;
  commit.head.n = folder->own.n + 1;
  commit.head.prev = folder->own.id;
  krv_head_ad(&commit.head, ad);
  struct krv_slice parts[] = {krv_slice(ad, sizeof ad),
                              krv_slice(key->key_commit, sizeof key->key_commit),
                              krv_slice(padded, KRV_BODY_PAD_FLOOR)};
  krv_sign(&world->keys.sign, KRV_DOMAIN_COMMIT_SIGN, parts, 3, plain);
  struct krv_slice secret = krv_slice(key->key.b, KRV_KEY_LEN);
  krv_h(KRV_DOMAIN_SALT_KEY, &secret, 1, salt_key.b, KRV_KEY_LEN);
  struct krv_slice salted[] = {krv_slice(salt_key.b, KRV_KEY_LEN), parts[0],
                               krv_slice(plain, KRV_SIG_LEN), parts[2]};
  krv_h(KRV_DOMAIN_SALT, salted, 4, commit.salt, KRV_SALT_LEN);
  struct krv_slice keyed[] = {secret, parts[0], krv_slice(commit.salt, KRV_SALT_LEN)};
  krv_h(KRV_DOMAIN_COMMIT_KEY, keyed, 3, once.b, KRV_KEY_LEN);
  krv_aead_seal(&once, 0, parts[0], krv_slice(plain, sizeof plain), sealed);
  *msg = (struct krv_msg_commit){.kase = k->kase, .device = folder->own.device,
                                 .n = commit.head.n, .suite = 1, .kind = 1, .prev_len = 16,
                                 .ciphertext = krv_slice(sealed, sizeof sealed)};
  memcpy(msg->prev, commit.head.prev.b, sizeof msg->prev);
  memcpy(msg->salt, commit.salt, sizeof msg->salt);
  krv_folder_free(folder);
  krv_buf_init(bytes, world->env);
  krv_msg_commit_encode(msg, bytes);
}

static void a_change_of_a_newer_kerven_waits_for_that(void **state) {
  struct kit *k = *state;
  struct krv_msg_commit msg;
  struct krv_intake *intake;
  struct krv_buf bytes;
  write_newer(k, &msg, &bytes);
  assert_int_equal(krv_intake_begin(k->a->world, &intake), 0);
  assert_int_equal(
      krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_COMMIT, krv_buf_slice(&bytes)), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_buf_release(&bytes);
  says(k->a, "case history", &k->kase, "waits for a newer kerven on this device\n");
  says(k->a, "case history --json", &k->kase, "\"waits\":{\"for\":\"newer\"");
  says(k->a, "case list", NULL, "waits");
  says(k->a, "case show", &k->kase, "Maya"); /* the rest of the case is there as ever */
  says(k->a, "status", NULL, "1 ! change has no effect yet");
}

/* The worker's newest commit, as a program takes it in that does not know what is in it. */
static void hold_as_newer(struct kit *k) {
  struct krv_folder *from, *to;
  struct krv_vault_item item;
  struct krv_msg_commit msg;
  struct krv_intake *intake;
  struct krv_buf bytes;
  struct krv_id prev;
  assert_int_equal(krv_folder_load_id(k->w->world, &k->kase, &from), 0);
  struct krv_tip tip = from->own;
  krv_buf_init(&bytes, &k->w->t.env);
  assert_int_equal(krv_vault_item_at(k->w->world->vault, from->lid, tip.device, tip.n, 0, &item,
                                     &bytes), 0);
  krv_folder_free(from);
  assert_int_equal(krv_msg_commit_decode(item.bytes, &msg), 0);
  memcpy(prev.b, msg.prev, sizeof prev.b);
  assert_int_equal(krv_intake_begin(k->a->world, &intake), 0);
  assert_int_equal(krv_intake_folder(intake, &k->kase, &to), 0);
  item.case_lid = to->lid;
  item.mark = KRV_MARK_AT_SERVER;
  assert_int_equal(krv_vault_item_put(k->a->world->vault, &item), 0);
  assert_int_equal(krv_case_hold(to->kase, &tip, &prev, KRV_NEWER), 0);
  to->dirty = true;
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_buf_release(&bytes);
}

static void held_by(struct fleet_device *device, const char *program) {
  struct krv_vault *vault = device->world->vault;
  assert_int_equal(krv_vault_begin(vault), 0);
  assert_int_equal(program ? krv_vault_meta_put(vault, KRV_META_HELD_BY, krv_slice_str(program))
                           : krv_upgrade_note(device->world), 0);
  assert_int_equal(krv_vault_commit(vault), 0);
}

static void what_an_older_kerven_held_is_tried_again_by_the_next(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "Orazova"), 0);
  hold_as_newer(k);
  held_by(k->a, NULL); /* by this very program: what it does not know it does not learn */
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 1);
  held_by(k->a, "0.0.9");
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 0);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_SecondName"), "Orazova");
  says_not(k->a, "status", NULL, "no effect yet");
}

/* Which program holds it is noted; one that does not know it either holds it on, and tries once. */
static void who_holds_what_a_newer_one_wrote_is_noted(void **state) {
  struct kit *k = *state;
  struct krv_msg_commit msg;
  struct krv_intake *intake;
  struct krv_buf bytes, row;
  krv_buf_init(&row, &k->a->t.env);
  assert_int_equal(krv_vault_meta_get(k->a->world->vault, KRV_META_HELD_BY, &row), KRV_NOT_FOUND);
  write_newer(k, &msg, &bytes);
  assert_int_equal(krv_intake_begin(k->a->world, &intake), 0);
  assert_int_equal(
      krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_COMMIT, krv_buf_slice(&bytes)), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
  krv_buf_release(&bytes);
  assert_int_equal(krv_vault_meta_get(k->a->world->vault, KRV_META_HELD_BY, &row), 0);
  held_by(k->a, "0.0.9");
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 1);
  krv_buf_init(&bytes, &k->a->t.env);
  assert_int_equal(krv_vault_meta_get(k->a->world->vault, KRV_META_HELD_BY, &bytes), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&bytes), krv_buf_slice(&row)));
  krv_buf_release(&bytes);
  krv_buf_release(&row);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_change_whose_cause_is_missing_says_whom_it_waits_for),
      TEST(a_change_under_a_key_that_is_missing_waits_for_it),
      TEST(a_case_that_no_key_opens_is_listed_when_it_is_asked_for),
      TEST(a_change_above_the_list_of_members_waits_for_it),
      TEST(a_change_of_a_newer_kerven_waits_for_that),
      TEST(what_an_older_kerven_held_is_tried_again_by_the_next),
      TEST(who_holds_what_a_newer_one_wrote_is_noted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
