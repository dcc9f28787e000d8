#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vaultkit.h"

static struct krv_vaultkit kit;
static struct krv_buf out;

static int set_up(void **state) {
  (void)state;
  krv_vaultkit_init(&kit, 1);
  krv_buf_init(&out, &kit.t.env);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_buf_release(&out);
  krv_vaultkit_release(&kit);
  return kit.t.live == 0 ? 0 : -1;
}

static struct krv_slice text(const char *s) {
  return krv_slice_str(s);
}

static void begin(void) {
  assert_int_equal(krv_vault_begin(kit.vault), 0);
}

static void commit(void) {
  assert_int_equal(krv_vault_commit(kit.vault), 0);
}

static void reopen(void) {
  krv_vaultkit_close(&kit);
  assert_int_equal(krv_vaultkit_open(&kit, false), 0);
}

static int open_with(const char *passphrase, const char *key_file) {
  struct krv_vault_options options = krv_vaultkit_options;
  options.key_file = key_file ? text(key_file) : krv_slice(NULL, 0);
  return krv_vault_open(&kit.t.env, kit.dir, text(passphrase), &options, &kit.vault, NULL);
}

static void create_refuses_a_folder_that_holds_a_vault(void **state) {
  (void)state;
  struct krv_vault *second;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  krv_vaultkit_close(&kit);
  assert_int_equal(
      krv_vault_create(&kit.t.env, kit.dir, text("other"), &krv_vaultkit_options, &second),
      KRV_EXISTS);
  assert_null(second);
  assert_int_equal(krv_vaultkit_open(&kit, false), 0);
  assert_int_equal(krv_vaultkit_version(kit.vault, 1), 1);
}

static void create_leaves_one_file_that_only_the_owner_reads_and_nothing_aside(void **state) {
  (void)state;
  char path[128];
  struct stat st;
  static const char *const names[] = {"vault.db", "vault.db-wal", "lock"};
  for (size_t i = 0; i < 3; i++) {
    (void)snprintf(path, sizeof path, "%s/%s", kit.dir, names[i]);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
  }
  static const char *const absent[] = {"vault.new", "vault.new-wal", "vault.db-shm", "wanted"};
  for (size_t i = 0; i < 4; i++) {
    (void)snprintf(path, sizeof path, "%s/%s", kit.dir, absent[i]);
    assert_int_not_equal(access(path, F_OK), 0);
  }
}

static void open_makes_nothing_where_nothing_is(void **state) {
  (void)state;
  struct krv_vault *vault;
  char path[64], file[96];
  (void)snprintf(path, sizeof path, "%s/none", kit.root);
  assert_int_equal(krv_vaultkit_open_at(&kit, path, &vault), KRV_NOT_FOUND);
  assert_int_not_equal(access(path, F_OK), 0);
  assert_int_equal(krv_host_make_dir(path), 0);
  (void)snprintf(file, sizeof file, "%s/vault.db", path);
  FILE *empty = fopen(file, "w");
  assert_non_null(empty);
  assert_int_equal(fclose(empty), 0);
  assert_int_equal(krv_vaultkit_open_at(&kit, path, &vault), KRV_DAMAGED);
  struct stat st;
  assert_int_equal(stat(file, &st), 0);
  assert_int_equal(st.st_size, 0); /* still what it was */
}

static void a_wrong_passphrase_is_told_as_such(void **state) {
  (void)state;
  krv_vaultkit_close(&kit);
  assert_int_equal(open_with("correct hors", NULL), KRV_PASSPHRASE);
  assert_null(kit.vault);
  assert_int_equal(open_with("", NULL), KRV_PASSPHRASE);
  assert_int_equal(open_with("correct horse", "a key file"), KRV_PASSPHRASE);
  assert_int_equal(open_with("correct horse", NULL), 0);
}

static void a_key_file_is_needed_once_it_was_mixed_in(void **state) {
  (void)state;
  struct krv_vault_options options = krv_vaultkit_options;
  options.key_file = text("32 bytes from a token");
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  assert_int_equal(krv_vault_passphrase(kit.vault, text("new words"), &options), 0);
  krv_vaultkit_close(&kit);
  assert_int_equal(open_with("correct horse", NULL), KRV_PASSPHRASE);
  assert_int_equal(open_with("new words", NULL), KRV_PASSPHRASE);
  assert_int_equal(open_with("new words", "another token"), KRV_PASSPHRASE);
  assert_int_equal(open_with("new words", "32 bytes from a token"), 0);
  assert_int_equal(krv_vaultkit_version(kit.vault, 1), 1);
}

static void a_cost_below_the_floor_is_refused_and_the_old_slot_stays(void **state) {
  (void)state;
  struct krv_vault_options cheap = {.cost = {1, 8 * 1024}};
  assert_int_equal(krv_vault_passphrase(kit.vault, text("x"), &cheap), KRV_INVALID);
  assert_false(krv_vault_in_transaction(kit.vault));
  reopen();
}

/* The child holds the vault until the parent has seen that it does. */
static void a_second_process_hears_who_holds_the_vault(void **state) {
  (void)state;
  int ready[2], done[2];
  char byte = 0;
  long holder = -1;
  krv_vaultkit_close(&kit);
  assert_int_equal(pipe(ready), 0);
  assert_int_equal(pipe(done), 0);
  pid_t child = fork();
  if (child == 0) {
    int status = krv_vaultkit_open(&kit, false);
    byte = status == 0 ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(2);
    _exit(0);
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(byte, 'y');
  assert_int_equal(krv_vault_open(&kit.t.env, kit.dir, krv_vaultkit_passphrase(),
                                  &krv_vaultkit_options, &kit.vault, &holder),
                   KRV_BUSY);
  assert_int_equal(holder, child);
  assert_int_equal(write(done[1], &byte, 1), 1);
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_int_equal(krv_vaultkit_open(&kit, false), 0); /* a dead holder holds nothing */
  for (int i = 0; i < 2; i++) close(ready[i]), close(done[i]);
}

static void small_values_are_kept_and_replaced(void **state) {
  (void)state;
  assert_int_equal(krv_vault_meta_get(kit.vault, KRV_META_KEYS, &out), KRV_NOT_FOUND);
  begin();
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_KEYS, text("one")), 0);
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_KEYS, text("two")), 0);
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_SETTINGS, krv_slice(NULL, 0)), 0);
  commit();
  reopen();
  krv_buf_append(&out, "<", 1);
  assert_int_equal(krv_vault_meta_get(kit.vault, KRV_META_KEYS, &out), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&out), text("<two"))); /* appended */
  krv_buf_reset(&out);
  assert_int_equal(krv_vault_meta_get(kit.vault, KRV_META_SETTINGS, &out), 0);
  assert_int_equal(out.len, 0);
  assert_int_equal(krv_vault_meta_get(kit.vault, (enum krv_meta)99, &out), KRV_INVALID);
}

static void rows_have_the_callers_number_or_the_next_free_one(void **state) {
  (void)state;
  int64_t lid = 5, next = 0;
  begin();
  assert_int_equal(krv_vault_row_put(kit.vault, KRV_TABLE_ROSTER, &lid, text("five")), 0);
  assert_int_equal(krv_vault_row_put(kit.vault, KRV_TABLE_ROSTER, &next, text("six")), 0);
  assert_int_equal(next, 6);
  assert_int_equal(krv_vault_row_put(kit.vault, KRV_TABLE_ROSTER, &lid, text("FIVE")), 0);
  lid = -1;
  assert_int_equal(krv_vault_row_put(kit.vault, KRV_TABLE_DOCS, &lid, text("x")), KRV_INVALID);
  commit();
  reopen();
  assert_int_equal(krv_vault_row_next(kit.vault, KRV_TABLE_ROSTER, 0, &lid, &out), 0);
  assert_int_equal(lid, 5);
  assert_true(krv_slice_equal(krv_buf_slice(&out), text("FIVE")));
  krv_buf_reset(&out);
  assert_int_equal(krv_vault_row_next(kit.vault, KRV_TABLE_ROSTER, lid, &lid, &out), 0);
  assert_int_equal(lid, 6);
  assert_int_equal(krv_vault_row_next(kit.vault, KRV_TABLE_ROSTER, lid, &lid, &out), KRV_END);
  assert_int_equal(krv_vault_row_next(kit.vault, KRV_TABLE_DOCS, 0, &lid, &out), KRV_END);
  begin();
  assert_int_equal(krv_vault_row_delete(kit.vault, KRV_TABLE_ROSTER, 6), 0);
  assert_int_equal(krv_vault_row_delete(kit.vault, KRV_TABLE_ROSTER, 6), KRV_NOT_FOUND);
  commit();
}

static int count_card(void *ctx, int64_t lid, struct krv_slice card) {
  int64_t *sum = ctx;
  *sum += lid * 100 + (int64_t)card.len;
  return 0;
}

static int stop_at_once(void *ctx, int64_t lid, struct krv_slice card) {
  (void)ctx, (void)lid, (void)card;
  return KRV_END; /* any number that is not zero comes back, this one too */
}

static void a_number_taken_for_a_case_is_its_own_when_it_is_put(void **state) {
  (void)state;
  struct krv_id a = {{1}}, b = {{2}};
  int64_t la, lb = 0, found;
  assert_int_equal(krv_vault_case_number(kit.vault, &la), KRV_STATE);
  begin();
  assert_int_equal(krv_vault_case_number(kit.vault, &la), 0);
  assert_int_equal(krv_vault_case_put(kit.vault, &lb, &b, text(""), text("state b")), 0);
  assert_true(la > 0 && lb != la);
  assert_int_equal(krv_vault_case_put(kit.vault, &la, &a, text(""), text("state a")), 0);
  commit();
  reopen();
  assert_int_equal(krv_vault_case_find(kit.vault, &a, &found), 0);
  assert_int_equal(found, la);
}

static void cases_are_found_by_id_and_listed_by_number(void **state) {
  (void)state;
  struct krv_id a = {{1}}, b = {{2}}, c = {{3}};
  int64_t la = 0, lb = 0, found, sum = 0;
  begin();
  assert_int_equal(krv_vault_case_put(kit.vault, &la, &a, text("card"), text("state a")), 0);
  assert_int_equal(krv_vault_case_put(kit.vault, &lb, &b, text(""), text("state b")), 0);
  assert_int_equal(krv_vault_case_put(kit.vault, &la, &a, text("card2"), text("state A")), 0);
  assert_int_equal(krv_vault_case_card(kit.vault, lb, text("late")), 0);
  assert_int_equal(krv_vault_case_card(kit.vault, 99, text("late")), KRV_NOT_FOUND);
  commit();
  reopen();
  assert_int_equal(krv_vault_case_find(kit.vault, &a, &found), 0);
  assert_int_equal(found, la);
  assert_int_equal(krv_vault_case_find(kit.vault, &b, &found), 0);
  assert_int_equal(found, lb);
  assert_int_equal(krv_vault_case_find(kit.vault, &c, &found), KRV_NOT_FOUND);
  assert_int_equal(krv_vault_case_state(kit.vault, la, &out), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&out), text("state A")));
  assert_int_equal(krv_vault_cards(kit.vault, count_card, &sum), 0);
  assert_int_equal(sum, la * 100 + 5 + lb * 100 + 4);
  sum = 0;
  assert_int_equal(krv_vault_states(kit.vault, count_card, &sum), 0);
  assert_int_equal(sum, la * 100 + 7 + lb * 100 + 7);
  assert_int_equal(krv_vault_cards(kit.vault, stop_at_once, NULL), KRV_END);
  assert_int_equal(krv_vault_states(kit.vault, stop_at_once, NULL), KRV_END);
}

static void a_case_without_a_card_is_aside_until_it_has_one(void **state) {
  (void)state;
  struct krv_id a = {{1}}, b = {{2}}, found;
  int64_t la = 0, lb = 0, lid, sum = 0;
  uint64_t aside;
  begin();
  assert_int_equal(krv_vault_case_put(kit.vault, &la, &a, text(""), text("state a")), 0);
  assert_int_equal(krv_vault_case_put(kit.vault, &lb, &b, text("card"), text("state b")), 0);
  commit();
  reopen();
  assert_int_equal(krv_vault_cards(kit.vault, count_card, &sum), 0);
  assert_int_equal(sum, lb * 100 + 4);
  assert_int_equal(krv_vault_aside_count(kit.vault, &aside), 0);
  assert_int_equal(aside, 1);
  assert_int_equal(krv_vault_aside_next(kit.vault, 0, &lid, &found), 0);
  assert_int_equal(lid, la);
  assert_true(krv_id_equal(&found, &a));
  assert_int_equal(krv_vault_aside_next(kit.vault, lid, &lid, &found), KRV_END);
  assert_int_equal(krv_vault_case_find(kit.vault, &a, &lid), 0); /* it is there all the same */
  assert_int_equal(krv_vault_case_id(kit.vault, la, &found), 0);
  assert_int_equal(krv_vault_case_id(kit.vault, 99, &found), KRV_NOT_FOUND);
  begin();
  assert_int_equal(krv_vault_case_put(kit.vault, &la, &a, text("late"), text("state A")), 0);
  commit();
  assert_int_equal(krv_vault_aside_count(kit.vault, &aside), 0);
  assert_int_equal(aside, 0);
}

static void case_keys_belong_to_their_case(void **state) {
  (void)state;
  int64_t lid = 0;
  begin();
  assert_int_equal(krv_vault_casekey_put(kit.vault, 1, text("k1")), 0);
  assert_int_equal(krv_vault_casekey_put(kit.vault, 2, text("other")), 0);
  assert_int_equal(krv_vault_casekey_put(kit.vault, 1, text("k2")), 0);
  commit();
  assert_int_equal(krv_vault_casekey_next(kit.vault, 1, 0, &lid, &out), 0);
  assert_int_equal(krv_vault_casekey_next(kit.vault, 1, lid, &lid, &out), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&out), text("k1k2")));
  assert_int_equal(krv_vault_casekey_next(kit.vault, 1, lid, &lid, &out), KRV_END);
}

static int64_t put_item(int64_t case_lid, uint32_t device, uint64_t n, uint8_t name,
                        const char *bytes) {
  struct krv_vault_item item = {.case_lid = case_lid,
                                .kind = 2,
                                .device = device,
                                .n = n,
                                .id = {{name, 7}},
                                .bytes = text(bytes)};
  assert_int_equal(krv_vault_item_put(kit.vault, &item), 0);
  return item.lid;
}

static void items_are_found_by_dot_by_name_and_by_case(void **state) {
  (void)state;
  struct krv_vault_item item;
  begin();
  int64_t first = put_item(1, 4, 1, 10, "first");
  int64_t twin = put_item(1, 4, 1, 11, "its twin");
  int64_t loose = put_item(0, 0, 0, 12, "of no case");
  put_item(2, 4, 1, 13, "of another case");
  commit();
  reopen();
  assert_int_equal(krv_vault_item_at(kit.vault, 1, 4, 1, 0, &item, &out), 0);
  assert_int_equal(item.lid, first);
  assert_true(krv_slice_equal(item.bytes, text("first")));
  assert_int_equal(krv_vault_item_at(kit.vault, 1, 4, 1, 1, &item, &out), 0);
  assert_int_equal(item.lid, twin);
  assert_int_equal(item.device, 4);
  assert_int_equal(item.id.b[0], 11);
  assert_int_equal(krv_vault_item_at(kit.vault, 1, 4, 1, 2, &item, &out), KRV_END);
  assert_int_equal(krv_vault_item_at(kit.vault, 1, 5, 1, 0, &item, &out), KRV_END);
  const uint8_t id8[8] = {12, 7};
  assert_int_equal(krv_vault_item_named(kit.vault, id8, 0, &item, &out), 0);
  assert_int_equal(item.lid, loose);
  assert_int_equal(krv_vault_item_named(kit.vault, id8, 1, &item, &out), KRV_END);
  assert_int_equal(krv_vault_item_next(kit.vault, 1, 0, &item, &out), 0);
  assert_int_equal(krv_vault_item_next(kit.vault, 1, item.lid, &item, &out), 0);
  assert_int_equal(item.lid, twin);
  assert_int_equal(krv_vault_item_next(kit.vault, 1, item.lid, &item, &out), KRV_END);
  assert_int_equal(krv_vault_item_next(kit.vault, 0, 0, &item, &out), 0);
  assert_int_equal(item.lid, loose);
  assert_int_equal(krv_vault_item_get(kit.vault, 999, &item, &out), KRV_NOT_FOUND);
}

static uint64_t count(enum krv_mark mark) {
  uint64_t n;
  assert_int_equal(krv_vault_count(kit.vault, mark, &n), 0);
  return n;
}

static void marks_tell_what_the_server_has(void **state) {
  (void)state;
  struct krv_vault_item item;
  int64_t lids[5];
  begin();
  for (uint8_t i = 0; i < 5; i++) lids[i] = put_item(1, 1, i + 1u, i, "x");
  assert_int_equal(krv_vault_item_mark(kit.vault, lids[0], KRV_MARK_AT_SERVER, 0), 0);
  assert_int_equal(krv_vault_item_mark(kit.vault, lids[1], KRV_MARK_REFUSED, KRV_QUOTA), 0);
  assert_int_equal(krv_vault_item_mark(kit.vault, lids[3], KRV_MARK_AT_SERVER, 0), 0);
  assert_int_equal(krv_vault_item_mark(kit.vault, 99, KRV_MARK_AT_SERVER, 0), KRV_NOT_FOUND);
  commit();
  reopen();
  assert_int_equal(count(KRV_MARK_NONE), 2);
  assert_int_equal(count(KRV_MARK_AT_SERVER), 2);
  assert_int_equal(count(KRV_MARK_REFUSED), 1);
  assert_int_equal(krv_vault_marked_next(kit.vault, KRV_MARK_NONE, 0, &item, &out), 0);
  assert_int_equal(item.lid, lids[2]);
  assert_int_equal(krv_vault_marked_next(kit.vault, KRV_MARK_NONE, item.lid, &item, &out), 0);
  assert_int_equal(item.lid, lids[4]);
  assert_int_equal(krv_vault_marked_next(kit.vault, KRV_MARK_NONE, item.lid, &item, &out), KRV_END);
  assert_int_equal(krv_vault_marked_next(kit.vault, KRV_MARK_REFUSED, 0, &item, &out), 0);
  assert_int_equal(item.status, KRV_QUOTA);
  begin();
  assert_int_equal(krv_vault_unmark_all(kit.vault), 0);
  commit();
  assert_int_equal(count(KRV_MARK_NONE), 4); /* R12: what was refused stays refused */
  assert_int_equal(count(KRV_MARK_REFUSED), 1);
}

static void the_number_of_a_deleted_item_is_not_given_again(void **state) {
  (void)state;
  begin();
  int64_t last = put_item(1, 1, 1, 1, "x");
  commit();
  reopen();
  begin();
  assert_int_equal(krv_vault_item_delete(kit.vault, last), 0);
  assert_true(put_item(1, 1, 1, 1, "y") > last);
  commit();
}

static void what_arrived_moves_to_the_server_all_at_once(void **state) {
  (void)state;
  begin();
  int64_t a = put_item(1, 1, 1, 1, "a"), b = put_item(1, 1, 2, 2, "b");
  (void)put_item(1, 1, 3, 3, "c");
  assert_int_equal(krv_vault_item_mark(kit.vault, a, KRV_MARK_ARRIVED, 0), 0);
  assert_int_equal(krv_vault_item_mark(kit.vault, b, KRV_MARK_AWAITED, 0), 0);
  assert_int_equal(krv_vault_marks_move(kit.vault, KRV_MARK_AT_SERVER, KRV_MARK_NONE), KRV_INVALID);
  assert_int_equal(krv_vault_marks_move(kit.vault, KRV_MARK_ARRIVED, KRV_MARK_AT_SERVER), 0);
  assert_int_equal(count(KRV_MARK_AT_SERVER), 1);
  assert_int_equal(count(KRV_MARK_AWAITED), 1);
  assert_int_equal(count(KRV_MARK_NONE), 1);
  assert_int_equal(krv_vault_unmark_all(kit.vault), 0); /* R12: what was awaited too */
  assert_int_equal(count(KRV_MARK_NONE), 3);
  commit();
}

static void rollback_forgets_everything_since_begin(void **state) {
  (void)state;
  assert_int_equal(krv_vaultkit_save(kit.vault, 1, 1), 0);
  begin();
  assert_int_equal(krv_vault_begin(kit.vault), KRV_STATE);
  put_item(1, 9, 9, 9, "gone");
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_KEYS, text("gone")), 0);
  krv_vault_rollback(kit.vault);
  assert_false(krv_vault_in_transaction(kit.vault));
  struct krv_vault_item item;
  assert_int_equal(krv_vault_item_at(kit.vault, 1, 9, 9, 0, &item, &out), KRV_END);
  assert_int_equal(krv_vault_meta_get(kit.vault, KRV_META_KEYS, &out), KRV_NOT_FOUND);
  assert_int_equal(krv_vaultkit_version(kit.vault, 1), 1);
  begin();
  put_item(1, 9, 9, 9, "closed on");
  krv_vaultkit_close(&kit); /* no commit: forgotten */
  assert_int_equal(krv_vaultkit_open(&kit, false), 0);
  assert_int_equal(krv_vault_item_at(kit.vault, 1, 9, 9, 0, &item, &out), KRV_END);
}

static void writes_outside_a_transaction_are_refused(void **state) {
  (void)state;
  int64_t lid = 0;
  struct krv_vault_item item = {.kind = 2};
  assert_int_equal(krv_vault_commit(kit.vault), KRV_STATE);
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_KEYS, text("x")), KRV_STATE);
  assert_int_equal(krv_vault_row_put(kit.vault, KRV_TABLE_DOCS, &lid, text("x")), KRV_STATE);
  assert_int_equal(krv_vault_item_put(kit.vault, &item), KRV_STATE);
  assert_int_equal(krv_vault_unmark_all(kit.vault), KRV_STATE);
  begin();
  assert_int_equal(krv_vault_idle(kit.vault), KRV_STATE);
  krv_vault_rollback(kit.vault);
}

static void large_rows_are_kept_and_too_large_ones_spoil_the_transaction(void **state) {
  (void)state;
  static uint8_t big[17 * 1024 * 1024];
  for (size_t i = 0; i < sizeof big; i++) big[i] = (uint8_t)(i * 131 >> 3);
  begin();
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_KEYS, krv_slice(big, 3000000)), 0);
  commit();
  reopen();
  assert_int_equal(krv_vault_meta_get(kit.vault, KRV_META_KEYS, &out), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&out), krv_slice(big, 3000000)));
  begin();
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_SETTINGS, text("small")), 0);
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_KEYS, krv_slice(big, sizeof big)),
                   KRV_TOO_LARGE);
  assert_int_equal(krv_vault_commit(kit.vault), KRV_TOO_LARGE); /* the first error wins */
  assert_int_equal(krv_vault_meta_get(kit.vault, KRV_META_SETTINGS, &out), KRV_NOT_FOUND);
}

static void a_write_that_failed_is_taken_back_to_the_point_before_it(void **state) {
  (void)state;
  static uint8_t big[17 * 1024 * 1024];
  begin();
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_SETTINGS, text("before")), 0);
  assert_int_equal(krv_vault_point(kit.vault), 0);
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_SETTINGS, text("taken back")), 0);
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_KEYS, krv_slice(big, sizeof big)),
                   KRV_TOO_LARGE);
  assert_int_equal(krv_vault_point_back(kit.vault), 0);
  assert_int_equal(krv_vault_meta_put(kit.vault, KRV_META_PIN, text("after")), 0);
  commit();
  assert_int_equal(krv_vault_meta_get(kit.vault, KRV_META_SETTINGS, &out), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&out), text("before")));
}

static void note(void *ctx, const char *sentence) {
  fprintf(stderr, "finding: %s\n", sentence);
  ++*(unsigned *)ctx;
}

static void check_of_a_healthy_vault_finds_nothing(void **state) {
  (void)state;
  unsigned findings = 0;
  for (uint32_t n = 1; n < 20; n++) assert_int_equal(krv_vaultkit_save(kit.vault, n, 1), 0);
  assert_int_equal(krv_vault_check(kit.vault, note, &findings), 0);
  assert_int_equal(findings, 0);
  assert_true(krv_vault_bytes(kit.vault) > 19 * 3000);
}

/* Every allocation of a save and of a check fails in turn; nothing leaks, nothing is half there. */
static void any_allocation_may_fail(void **state) {
  (void)state;
  for (uint64_t k = 1; k < 40; k++) {
    kit.t.fail_at = kit.t.allocations + k;
    int status = krv_vaultkit_save(kit.vault, 3, 1);
    kit.t.fail_at = 0;
    int version = krv_vaultkit_version(kit.vault, 3);
    assert_int_equal(version, status == 0 ? 1 : 0);
    if (status == 0) return;
    assert_int_equal(status, KRV_NOMEM);
  }
  fail();
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(create_refuses_a_folder_that_holds_a_vault),
      T(create_leaves_one_file_that_only_the_owner_reads_and_nothing_aside),
      T(open_makes_nothing_where_nothing_is),
      T(a_wrong_passphrase_is_told_as_such),
      T(a_key_file_is_needed_once_it_was_mixed_in),
      T(a_cost_below_the_floor_is_refused_and_the_old_slot_stays),
      T(a_second_process_hears_who_holds_the_vault),
      T(small_values_are_kept_and_replaced),
      T(rows_have_the_callers_number_or_the_next_free_one),
      T(a_number_taken_for_a_case_is_its_own_when_it_is_put),
      T(cases_are_found_by_id_and_listed_by_number),
      T(a_case_without_a_card_is_aside_until_it_has_one),
      T(what_arrived_moves_to_the_server_all_at_once),
      T(case_keys_belong_to_their_case),
      T(items_are_found_by_dot_by_name_and_by_case),
      T(marks_tell_what_the_server_has),
      T(the_number_of_a_deleted_item_is_not_given_again),
      T(rollback_forgets_everything_since_begin),
      T(writes_outside_a_transaction_are_refused),
      T(large_rows_are_kept_and_too_large_ones_spoil_the_transaction),
      T(a_write_that_failed_is_taken_back_to_the_point_before_it),
      T(check_of_a_healthy_vault_finds_nothing),
      T(any_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
