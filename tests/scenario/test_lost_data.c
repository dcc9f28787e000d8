/* Where others lost data: each of these happened to somebody, and is named after where it was
 * told. */
#define _GNU_SOURCE
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "fleet.h"
#include "vaultkit.h"

struct kit {
  struct fleet fleet;
  struct fleet_device *a, *w, *x; /* an office device and two workers */
  struct krv_id kase;
};

static int setup(void **state) {
  struct kit *k = calloc(1, sizeof *k);
  fleet_init(&k->fleet, 8093, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->x = fleet_join(&k->fleet, "worker", "Jeren");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_share(k->w, &k->kase, "Jeren"), 0);
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

/* The server was restored from a backup: documents made after it were never uploaded again. */
static void cht_core_8093_server_restored_from_backup(void **state) {
  struct kit *k = *state;
  fleet_server_copy(&k->fleet, "backup");
  struct krv_id kases[10];
  for (uint32_t i = 0; i < 10; i++)
    kases[i] = fleet_case(i % 2 ? k->w : k->x, "prs_FirstName", "Vera");
  fleet_rounds(&k->fleet, 2);
  fleet_server_restore(&k->fleet, "backup");
  fleet_close(k->a); /* the office comes last */
  fleet_sync_well(k->w);
  fleet_sync_well(k->x);
  fleet_open(k->a);
  fleet_rounds(&k->fleet, 2);
  for (uint32_t i = 0; i < 10; i++) assert_true(fleet_agree(&k->fleet, &kases[i], 2));
}

/* The checkpoint was written before the data: a cursor never passes what is not stored. */
static void pouchdb_1240_checkpoint_before_the_data(void **state) {
  struct kit *k = *state;
  for (uint64_t cut = 1; cut < 1200; cut += 29) {
    struct fleet_link link = {.cut_down = cut};
    assert_int_equal(fleet_note(k->w, &k->kase, "one more"), 0);
    fleet_sync_well(k->w);
    (void)fleet_sync(k->a, &link);
    fleet_copy(k->a, "now");
    if (cut % 5 == 0) fleet_restore(k->a, "now"); /* what is on disk is all there is */
  }
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

/* The same id was made on two devices: only one of them was replicated. */
static void pouchdb_4651_same_id_on_two_devices(void **state) {
  struct kit *k = *state;
  fleet_copy(k->w, "clone");
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "from the first"), 0);
  fleet_sync_well(k->w);
  fleet_restore(k->w, "clone"); /* the same device, case and number again */
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "from the second"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
  assert_int_equal(fleet_values(k->a, &k->kase, "prs_SecondName"), 2);
}

/* A reload during the first replication: it was taken as complete. Broken off at every message. */
static void cht_core_7419_first_replication_interrupted(void **state) {
  struct kit *k = *state;
  struct krv_id kases[8];
  for (uint32_t i = 0; i < 8; i++) kases[i] = fleet_case(k->w, "prs_FirstName", "Vera");
  fleet_rounds(&k->fleet, 2);
  struct fleet_device *late = fleet_add(&k->fleet, "Gozel");
  struct krv_buf code;
  krv_buf_init(&code, k->a->world->env);
  fleet_invite(k->a, "office", "Gozel", &code);
  fleet_accept(late, &code);
  fleet_sync_well(late);
  fleet_sync_well(k->a);
  fleet_approve(k->a, late);
  fleet_sync_well(k->a);
  for (uint64_t cut = 20; cut < 12000; cut += 211) {
    struct fleet_link link = {.cut_down = cut};
    if (fleet_sync(late, &link) == 0 && krv_index_count(late->world->index) == 9) break;
    if (cut % 3 == 0) {
      fleet_close(late);
      fleet_open(late);
    }
  }
  fleet_rounds(&k->fleet, 2);
  for (uint32_t i = 0; i < 8; i++) assert_true(fleet_agree(&k->fleet, &kases[i], 3));
  assert_true(fleet_agree(&k->fleet, &k->kase, 4));
  krv_buf_release(&code);
}

/* Access was changed: unsynced edits were silently dropped. */
static void cht_core_5701_sormas_403_access_changed_with_unsynced_edits(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_set(k->x, &k->kase, "prs_SecondName", "written offline"), 0);
  assert_int_equal(fleet_unshare(k->a, &k->kase, "Jeren"), 0);
  fleet_sync_well(k->a);
  fleet_sync_well(k->x);
  fleet_rounds(&k->fleet, 2);
  /* written before it could know: it counts, with both who may read */
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_SecondName"), "written offline");
  assert_string_equal(fleet_shown(k->w, &k->kase, "prs_SecondName"), "written offline");
  assert_int_equal(fleet_marked(k->x, KRV_MARK_NONE), 0);
  /* It has read the removal: what it would write now is refused to its face, not dropped in
   * silence. */
  assert_int_equal(fleet_set(k->x, &k->kase, "prs_SecondName", "after"), KRV_DENIED);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_marked(k->x, KRV_MARK_REFUSED), 0);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_SecondName"), "written offline");
  assert_true(fleet_same(k->a, k->w, &k->kase));
  assert_string_equal(fleet_shown(k->x, &k->kase, "prs_FirstName"), "Maya");
}

/* Phones that travel in time. */
static void cht_core_6284_phones_that_travel_in_time(void **state) {
  struct kit *k = *state;
  static const int64_t year_s = 365 * 86400, jumps[] = {30, -50, 12, -8, 40, -45};
  for (uint32_t i = 0; i < 6; i++) {
    k->w->t.wall_s += jumps[i] * year_s;
    k->x->t.wall_s -= jumps[i] * year_s;
    assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", i % 2 ? "Nina" : "Mila"), 0);
    fleet_rounds(&k->fleet, 1);
    assert_int_equal(fleet_set(k->x, &k->kase, "prs_SecondName", i % 2 ? "Orazova" : "Amanova"), 0);
    fleet_rounds(&k->fleet, 2);
    assert_true(fleet_agree(&k->fleet, &k->kase, 3));
    assert_int_equal(fleet_values(k->a, &k->kase, "prs_FirstName"),
                     1); /* the later one, not the newer clock's */
    assert_string_equal(fleet_shown(k->a, &k->kase, "prs_FirstName"), i % 2 ? "Nina" : "Mila");
  }
}

/* The same field was edited offline by two: one was silently overwritten. */
static void primero_508_same_field_edited_by_two(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", "Nina"), 0);
  assert_int_equal(fleet_set(k->x, &k->kase, "prs_FirstName", "Mila"), 0);
  fleet_rounds(&k->fleet, 2);
  for (uint32_t i = 0; i < 3; i++)
    assert_int_equal(fleet_values(&k->fleet.devices[i], &k->kase, "prs_FirstName"), 2);
  assert_int_equal(fleet_card(k->a, &k->kase)->conflicts, 1);
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_FirstName", "Vera"), KRV_CONFLICT);
}

/* A crash during a restore left an empty case database. Here the restored vault meets crashes while
 * it fetches what it lacks. */
static void commcare_1901_crash_during_restore(void **state) {
  struct kit *k = *state;
  fleet_copy(k->a, "empty");
  struct krv_id kases[6];
  for (uint32_t i = 0; i < 6; i++) kases[i] = fleet_case(k->w, "prs_FirstName", "Vera");
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  fleet_restore(k->a, "empty");
  for (uint64_t cut = 50; cut < 3000; cut += 211) {
    struct fleet_link link = {.cut_down = cut};
    (void)fleet_sync(k->a, &link);
    fleet_close(k->a);
    fleet_open(k->a);
    assert_string_equal(fleet_shown(k->a, &k->kase, "prs_FirstName"), "Maya");
  }
  fleet_rounds(&k->fleet, 2);
  for (uint32_t i = 0; i < 6; i++) assert_true(fleet_agree(&k->fleet, &kases[i], 2));
}

/* A download overwrote local data that was not sent yet. */
static void dhis2_1620_download_over_unsent_data(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_SecondName", "local"), 0);
  assert_int_equal(fleet_set(k->a, &k->kase, "prs_SecondName", "remote"), 0);
  fleet_sync_well(k->a);
  /* it hears all, and nothing that it says arrives after its hello */
  for (uint64_t cut = 80; cut < 300; cut += 11) {
    struct fleet_link link = {.cut_up = cut, .no_ticket = true};
    (void)fleet_sync(k->w, &link);
  }
  assert_true(fleet_values(k->w, &k->kase, "prs_SecondName") >= 1);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_values(k->a, &k->kase, "prs_SecondName"), 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

/* An expired login: the only way out deleted unsynced data. Here tickets are forgotten. */
static void etesync_227_expired_login(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_note(k->w, &k->kase, "kept"), 0);
  k->fleet.t.wall_s += 90 * 86400ll;
  k->w->t.wall_s += 90 * 86400ll;
  fleet_sync_well(k->w);
  assert_false(k->w->counts.ticket);
  fleet_rounds(&k->fleet, 1);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

/* An old backup of the app was restored: taken as mass deletion. */
static void syncthing_175_old_backup_restored(void **state) {
  struct kit *k = *state;
  fleet_copy(k->w, "old");
  struct krv_id kases[5];
  for (uint32_t i = 0; i < 5; i++) {
    kases[i] = fleet_case(k->w, "prs_FirstName", "Vera");
    assert_int_equal(fleet_note(k->w, &kases[i], "with a note"), 0);
  }
  fleet_rounds(&k->fleet, 2);
  fleet_restore(k->w, "old"); /* it lacks all five */
  fleet_rounds(&k->fleet, 2);
  for (uint32_t i = 0; i < 5; i++) {
    assert_true(fleet_agree(&k->fleet, &kases[i], 2));
    assert_int_equal(fleet_card(k->a, &kases[i])->commits, 2);
  }
}

static bool contains(const uint8_t *bytes, size_t len, const char *needle, size_t needle_len) {
  return memmem(bytes, len, needle, needle_len) != NULL;
}

/* Base64 of the needle as it stands in any text: at each of three offsets, without the edges. */
static size_t base64(const char *needle, size_t offset, char out[96]) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t len = 0;
  for (size_t i = (3 - offset) % 3; i + 3 <= strlen(needle); i += 3) {
    const unsigned char *in = (const unsigned char *)needle + i;
    uint32_t three = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    for (int k = 3; k >= 0; k--) out[len++] = letters[three >> (6 * k) & 63];
  }
  return len;
}

/* Raw (which is how msgpack holds it), as UTF-16 of either order, and in base64. */
static bool shows(const uint8_t *bytes, size_t len, const char *needle) {
  char other[96];
  size_t needle_len = strlen(needle);
  if (contains(bytes, len, needle, needle_len)) return true;
  for (size_t i = 0; i < needle_len; i++) {
    other[2 * i] = needle[i];
    other[2 * i + 1] = 0;
  }
  /* without the last zero it is the other order's too */
  if (contains(bytes, len, other, 2 * needle_len - 1)) return true;
  for (size_t offset = 0; offset < 3; offset++) {
    size_t other_len = base64(needle, offset, other);
    if (other_len >= 4 && contains(bytes, len, other, other_len)) return true;
  }
  return false;
}

static void the_search_sees_each_disguise(void **state) {
  static const char utf16[] = "x\0P\0L\0A\0N\0T\0E\0D\0", big[] = "\0P\0L\0A\0N\0T\0E\0D";
  static const char *const coded[] = {"UExBTlRFRA==", "eFBMQU5URUQ=", "eHhQTEFOVEVE"};
  (void)state;
  assert_true(shows((const uint8_t *)utf16, sizeof utf16, "PLANTED"));
  assert_true(shows((const uint8_t *)big, sizeof big, "PLANTED"));
  for (size_t i = 0; i < 3; i++)
    assert_true(shows((const uint8_t *)coded[i], strlen(coded[i]), "PLANTED"));
  assert_false(shows((const uint8_t *)"nothing of it", 13, "PLANTED"));
}

static bool file_shows(const char *path, const char *needle) {
  static uint8_t bytes[8 * 1024 * 1024];
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  size_t len = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  assert_true(len < sizeof bytes);
  return shows(bytes, len, needle);
}

/* Sent in plaintext although encryption was on: planted strings are looked for on the wire and in
 * the server's and the vault's files (F17). */
static void onadata_1233_getodk_748_sent_in_plaintext(void **state) {
  static const char *const planted[] = {"ZULFIYA-PLANTED", "NARRATIVE-PLANTED",
                                        "second-planted@example.org"};
  struct kit *k = *state;
  char path[128];
  k->fleet.tapped = true;
  assert_int_equal(fleet_set(k->w, &k->kase, "prs_FirstName", planted[0]), 0);
  assert_int_equal(fleet_note(k->w, &k->kase, planted[1]), 0);
  assert_int_equal(fleet_set(k->x, &k->kase, "prs_Email", planted[2]), 0);
  fleet_rounds(&k->fleet, 3);
  (void)fleet_join(&k->fleet, "office", "PLANTED-NAME");
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_FirstName"), planted[0]);
  assert_true(k->fleet.tap.len > 2000);
  static const char *const files[] = {"store-0",         "store-0-wal", "v1/vault.db",
                                      "v1/vault.db-wal", "v2/vault.db", "v2/vault.db-wal"};
  const char *needles[] = {planted[0], planted[1], planted[2], "PLANTED-NAME", "PLANTED"};
  for (size_t i = 0; i < 5; i++) {
    assert_false(shows(k->fleet.tap.data, k->fleet.tap.len, needles[i]));
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
      (void)snprintf(path, sizeof path, "%s/%s", k->fleet.root, files[f]);
      assert_false(file_shows(path, needles[i]));
    }
  }
  (void)snprintf(path, sizeof path, "%s/store-0", k->fleet.root);
  assert_true(file_shows(path, "SQLite format 3")); /* the search finds what is there */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(cht_core_8093_server_restored_from_backup),
      TEST(pouchdb_1240_checkpoint_before_the_data),
      TEST(pouchdb_4651_same_id_on_two_devices),
      TEST(cht_core_7419_first_replication_interrupted),
      TEST(cht_core_5701_sormas_403_access_changed_with_unsynced_edits),
      TEST(cht_core_6284_phones_that_travel_in_time),
      TEST(primero_508_same_field_edited_by_two),
      TEST(commcare_1901_crash_during_restore),
      TEST(dhis2_1620_download_over_unsent_data),
      TEST(etesync_227_expired_login),
      TEST(syncthing_175_old_backup_restored),
      TEST(onadata_1233_getodk_748_sent_in_plaintext),
      cmocka_unit_test(the_search_sees_each_disguise),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
