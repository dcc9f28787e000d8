#define _GNU_SOURCE /* memmem */
/* R13: the recovery key in a vault: shares that are not right are not taken, it is forgotten only
 * when others can bring it back, and nothing of it is left about (I2, F17). */
#include "mock.h"

#include <dirent.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "mend.h"
#include "recoverykit.h"

static int take(struct fleet_device *device, const struct krv_recovery_share *x,
                const struct krv_recovery_share *y) {
  return krv_recovery_take(device->world, x, y);
}

/* ---- shares that are not right */

static void nothing_was_taken(struct fleet_device *device) {
  struct krv_recovery_state now;
  struct krv_recovery_keys keys;
  assert_int_equal(krv_recovery_state(device->world, &now), 0);
  assert_false(now.here || now.exported || now.taken || now.forgotten);
  assert_int_equal(krv_recovery_load(device->world, &keys), KRV_NO_KEY);
}

static void wrong_shares_leave_the_vault_as_it_was(void **state) {
  struct town *k = *state;
  struct krv_recovery_share other[KRV_SHARES], forged;
  const struct krv_recovery_share *one = &k->shares[0], *two = &k->shares[1];
  assert_int_equal(take(k->w, one, one), KRV_EXISTS);
  nothing_was_taken(k->w);
  assert_int_equal(krv_recovery_split(k->a->world, true, other), 0);
  assert_int_equal(take(k->w, one, &other[1]), KRV_INVALID); /* another split */
  nothing_was_taken(k->w);
  forged = *two;
  forged.tie[0] ^= 1;
  assert_int_equal(take(k->w, one, &forged), KRV_OTHER_PROGRAMME);
  assert_int_equal(take(k->w, &forged, one), KRV_OTHER_PROGRAMME);
  nothing_was_taken(k->w);
  forged = *two; /* all that can be compared fits, and the key is another */
  forged.part[1].b[5] ^= 16;
  assert_int_equal(take(k->w, one, &forged), KRV_CRYPTO);
  nothing_was_taken(k->w);
  forged = *two;
  forged.part[0].b[5] ^= 16;
  assert_int_equal(take(k->w, one, &forged), KRV_CRYPTO);
  nothing_was_taken(k->w);
  assert_int_equal(take(k->w, one, two), 0);
  assert_int_equal(take(k->w, one, two), KRV_STATE);
}

/* Of another programme, with a split id that happens to be the same: told by the tie. */
static void shares_of_another_programme_are_told_apart(void **state) {
  struct town *k = *state;
  struct fleet *other = calloc(1, sizeof *other);
  struct krv_recovery_share shares[KRV_SHARES];
  assert_non_null(other);
  fleet_init(other, 99, false);
  struct fleet_device *founder = fleet_found(other, "Other");
  assert_int_equal(krv_recovery_split(founder->world, false, shares), 0);
  assert_int_equal(take(k->w, &shares[0], &shares[1]), KRV_OTHER_PROGRAMME);
  memcpy(shares[1].split, k->shares[0].split, sizeof shares[1].split);
  assert_int_equal(take(k->w, &k->shares[0], &shares[1]), KRV_OTHER_PROGRAMME);
  nothing_was_taken(k->w);
  fleet_release(other);
  free(other);
}

static void a_vault_that_is_in_no_programme_takes_none(void **state) {
  struct town *k = *state;
  struct fleet_device *n = fleet_add(&k->fleet, "Nobody");
  assert_int_equal(take(n, &k->shares[0], &k->shares[1]), KRV_NOT_APPROVED);
  assert_int_equal(krv_recovery_split(n->world, false, k->shares), KRV_NOT_APPROVED);
}

/* The k-th allocation fails, for every k: nothing is taken, and the next try does it. */
static void out_of_memory_takes_nothing(void **state) {
  struct town *k = *state;
  struct krv_testenv *t = &k->w->t;
  int status = KRV_NOMEM;
  for (uint32_t n = 1; status != 0; n++) {
    t->fail_at = t->allocations + n;
    status = take(k->w, &k->shares[0], &k->shares[1]);
    t->fail_at = 0;
    if (status == 0) break;
    assert_int_equal(status, KRV_NOMEM);
    nothing_was_taken(k->w);
    assert_true(n < 10000);
  }
  assert_true(krv_recovery_here(k->w->world));
}

/* ---- exporting and forgetting */

static void the_same_shares_each_time_until_others_are_asked_for(void **state) {
  struct town *k = *state;
  struct krv_recovery_share again[KRV_SHARES], fresh[KRV_SHARES];
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(krv_recovery_split(k->a->world, false, again), 0);
  assert_memory_equal(again, k->shares, sizeof again);
  assert_int_equal(krv_recovery_split(k->a->world, true, fresh), 0);
  for (int i = 0; i < KRV_SHARES; i++)
    assert_memory_not_equal(fresh[i].part, again[i].part, sizeof again[i].part);
  assert_int_equal(krv_recovery_split(k->a->world, false, again), 0);
  assert_memory_equal(again, fresh, sizeof again);
  /* who took two prints the third again */
  assert_int_equal(take(k->w, &k->shares[2], &k->shares[0]), 0);
  assert_int_equal(krv_recovery_split(k->w->world, false, again), 0);
  assert_memory_equal(again, k->shares, sizeof again);
  assert_int_equal(krv_recovery_split(k->v->world, false, again), KRV_NO_KEY);
}

static void it_is_forgotten_only_when_others_can_bring_it_back(void **state) {
  struct town *k = *state;
  struct krv_recovery_state now;
  struct krv_recovery_share share[KRV_SHARES];
  struct fleet *other = calloc(1, sizeof *other);
  assert_non_null(other);
  fleet_init(other, 98, false);
  struct fleet_device *founder = fleet_found(other, "Other");
  assert_int_equal(krv_recovery_forget(founder->world), KRV_STATE); /* never exported */
  assert_int_equal(krv_recovery_state(founder->world, &now), 0);
  assert_true(now.here && !now.exported && !now.taken);
  fleet_release(other);
  free(other);
  assert_int_equal(krv_recovery_forget(k->w->world), KRV_NO_KEY);
  assert_int_equal(krv_recovery_forget(k->a->world), 0);
  assert_int_equal(krv_recovery_forget(k->a->world), KRV_NO_KEY);
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(krv_recovery_state(k->a->world, &now), 0);
  assert_true(!now.here && now.exported && now.forgotten);
  assert_int_equal(krv_recovery_split(k->a->world, false, share), KRV_NO_KEY);
  assert_int_equal(krv_mend_administrator(k->a->world, town_digits(k->w)), KRV_NO_KEY);
  assert_int_equal(take(k->a, &k->shares[0], &k->shares[1]), 0);
  assert_int_equal(krv_mend_administrator(k->a->world, town_digits(k->w)), 0);
  assert_int_equal(krv_recovery_forget(k->a->world), KRV_BUSY); /* it is still to be sent */
  fleet_sync_well(k->a);
  assert_int_equal(krv_recovery_forget(k->a->world), 0);
}

/* ---- nothing of it is left about */

static const uint8_t *needles[1 + KRV_SHARES];
static uint32_t found_in_heap;
static void *(*plain_resize)(void *ctx, void *p, size_t len);

static void look(const void *p, size_t len) {
  for (size_t n = 0; n < sizeof needles / sizeof *needles; n++)
    found_in_heap += memmem(p, len, needles[n], 16) != NULL;
}

static void *resize_and_look(void *ctx, void *p, size_t len) {
  if (p && len == 0) look(p, malloc_usable_size(p));
  return plain_resize(ctx, p, len);
}

static void needles_of(struct town *k, struct krv_key *seed) {
  struct krv_split split;
  static struct krv_key parts[KRV_SHARES];
  assert_int_equal(krv_split_join(&k->shares[0], &k->shares[1], &split), 0);
  krv_split_seed(&split, seed);
  memcpy(parts, split.part, sizeof parts);
  needles[0] = seed->b;
  for (size_t i = 0; i < KRV_SHARES; i++) needles[1 + i] = parts[i].b;
}

/* No block that is given back holds the seed or a part of it. */
static void what_held_it_is_wiped_before_it_is_freed(void **state) {
  struct town *k = *state;
  struct krv_key seed;
  struct krv_recovery_share again[KRV_SHARES], read;
  struct krv_buf text;
  needles_of(k, &seed);
  plain_resize = k->w->t.env.resize;
  k->w->t.env.resize = resize_and_look;
  found_in_heap = 0;
  assert_int_equal(take(k->w, &k->shares[0], &k->shares[2]), 0);
  assert_int_equal(krv_recovery_split(k->w->world, false, again), 0);
  krv_buf_init(&text, k->w->world->env);
  krv_recovery_share_format(&again[1], &text);
  assert_int_equal(krv_recovery_share_parse(krv_buf_slice(&text), &read), 0);
  krv_buf_wipe(&text);
  assert_int_equal(krv_mend_administrator(k->w->world, NULL), 0);
  fleet_sync_well(k->w);
  assert_int_equal(krv_recovery_forget(k->w->world), 0);
  assert_int_equal(found_in_heap, 0);
  /* a buffer that is not wiped would have been seen */
  krv_buf_init(&text, k->w->world->env);
  krv_buf_append(&text, seed.b, sizeof seed.b);
  krv_buf_release(&text);
  k->w->t.env.resize = plain_resize;
  assert_int_equal(found_in_heap, 1);
}

static void search_file(const char *path, uint32_t *hits) {
  FILE *f = fopen(path, "rb");
  if (!f) return;
  assert_int_equal(fseek(f, 0, SEEK_END), 0);
  long size = ftell(f);
  char *bytes = malloc((size_t)size + 1);
  assert_non_null(bytes);
  rewind(f);
  assert_int_equal(fread(bytes, 1, (size_t)size, f), size);
  fclose(f);
  for (size_t n = 0; n < sizeof needles / sizeof *needles; n++)
    *hits += memmem(bytes, (size_t)size, needles[n], 16) != NULL;
  free(bytes);
}

static uint32_t search_folder(const char *folder) {
  char path[512];
  uint32_t hits = 0;
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (struct dirent *e; (e = readdir(dir)) != NULL;) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    if (e->d_name[0] == '.') continue;
    if (e->d_type == DT_DIR) hits += search_folder(path);
    else search_file(path, &hits);
  }
  closedir(dir);
  return hits;
}

/* F17: in no file, of the device or the server, nor on the wire, is it in clear. */
static void it_is_in_no_file_and_on_no_wire(void **state) {
  struct town *k = *state;
  struct krv_key seed;
  uint32_t hits = 0;
  needles_of(k, &seed);
  k->fleet.tapped = true;
  assert_int_equal(take(k->c, &k->shares[0], &k->shares[1]), 0);
  assert_int_equal(krv_mend_keeper(k->c->world, KRV_GROUP_OFFICE, NULL), 0);
  fleet_rounds(&k->fleet, 2);
  fleet_close(k->c);
  assert_int_equal(search_folder(k->fleet.root), 0);
  for (size_t n = 0; n < sizeof needles / sizeof *needles; n++)
    hits += memmem(k->fleet.tap.data, k->fleet.tap.len, needles[n], 16) != NULL;
  assert_int_equal(hits, 0);
  char path[128]; /* the search itself finds what is there */
  (void)snprintf(path, sizeof path, "%s/planted", k->fleet.root);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(seed.b, 1, sizeof seed.b, f), sizeof seed.b);
  fclose(f);
  assert_int_equal(search_folder(k->fleet.root), 1);
}

/* A row of `meta` as it lies in the file, sealed. */
static void sealed_row(const struct fleet_device *device, int row, uint8_t out[16]) {
  char uri[192];
  sqlite3 *db;
  sqlite3_stmt *stmt;
  (void)snprintf(uri, sizeof uri, "file:%s/vault.db?immutable=1", device->dir);
  assert_int_equal(sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL), 0);
  assert_int_equal(sqlite3_prepare_v2(db, "select s from meta where lid = ?", -1, &stmt, NULL), 0);
  assert_int_equal(sqlite3_bind_int(stmt, 1, row), 0);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  assert_true(sqlite3_column_bytes(stmt, 0) >= 40);
  memcpy(out, (const uint8_t *)sqlite3_column_blob(stmt, 0) + 24, 16); /* behind the nonce */
  sqlite3_finalize(stmt);
  sqlite3_close(db);
}

/* Whoever learns the passphrase later finds no sealed row of it in the file or its log. */
static void a_forgotten_key_is_overwritten_in_the_file(void **state) {
  struct town *k = *state;
  static uint8_t rows[2][16];
  fleet_close(k->a);
  sealed_row(k->a, KRV_META_RECOVERY, rows[0]);
  sealed_row(k->a, KRV_META_SHARES, rows[1]);
  for (size_t i = 0; i < sizeof needles / sizeof *needles; i++) needles[i] = rows[i % 2];
  assert_int_equal(search_folder(k->a->dir), sizeof needles / sizeof *needles);
  fleet_open(k->a);
  assert_int_equal(krv_recovery_forget(k->a->world), 0);
  assert_int_equal(search_folder(k->a->dir), 0); /* at once, not only once it is closed */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, town_setup, town_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(wrong_shares_leave_the_vault_as_it_was),
      TEST(shares_of_another_programme_are_told_apart),
      TEST(a_vault_that_is_in_no_programme_takes_none),
      TEST(out_of_memory_takes_nothing),
      TEST(the_same_shares_each_time_until_others_are_asked_for),
      TEST(it_is_forgotten_only_when_others_can_bring_it_back),
      TEST(what_held_it_is_wiped_before_it_is_freed),
      TEST(it_is_in_no_file_and_on_no_wire),
      TEST(a_forgotten_key_is_overwritten_in_the_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
