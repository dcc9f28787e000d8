/* R28: one exclusive connection, acks after the commit, and what is not committed never was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "countvfs.h"
#include "status.h"
#include "storekit.h"

static struct krv_kit kit;
static struct krv_buf out;
static char folder[64], path[96];
static struct krv_countvfs *vfs;

static int set_up(void **state) {
  (void)state;
  vfs = krv_countvfs_install();
  vfs->fail_sync_in = 0;
  krv_kit_tempdir(folder, path);
  krv_kit_init(&kit, 28, path);
  krv_buf_init(&out, &kit.t.env);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_buf_release(&out);
  krv_kit_release(&kit);
  krv_kit_rmdir(folder);
  return kit.t.live == 0 ? 0 : -1;
}

static uint64_t head(uint8_t chain[KRV_CHAIN_LEN]) {
  uint64_t seq;
  assert_int_equal(kit.store->driver->head(kit.store, &seq, chain), 0);
  return seq;
}

/* Leaves a genesis in the open transaction. */
static void push_genesis(krv_device_ix author, struct krv_kit_case *kase) {
  struct krv_access_list list;
  krv_kit_list(&kit, author, &list);
  krv_kit_genesis(&kit, author, &list, kase, &out);
  assert_int_equal(krv_kit_push(&kit, author, KRV_MSG_GENESIS, &out, NULL), 0);
}

/* The server's process ends and starts again: what is on the disk is read. */
static void restart(void) {
  krv_batch_free(kit.batch);
  krv_roster_free(kit.roster);
  kit.store->driver->close(kit.store);
  kit.batch = NULL;
  kit.roster = NULL;
  kit.store = NULL;
  assert_int_equal(krv_store_sqlite_open(&kit.t.env, path, &kit.store), 0);
  assert_int_equal(krv_roster_new(&kit.t.env, &kit.roster), 0);
  assert_int_equal(
      krv_batch_new(&kit.t.env, kit.store, kit.roster, &kit.fleet.server.pk, &kit.batch), 0);
}

static void a_second_connection_cannot_open(void **state) {
  (void)state;
  struct krv_store *second;
  assert_int_equal(krv_store_sqlite_open(&kit.t.env, path, &second), KRV_BUSY);
  assert_null(second);
}

static void what_was_committed_is_there_after_a_restart_and_the_roster_too(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct krv_store_case row;
  uint8_t before[KRV_CHAIN_LEN], after[KRV_CHAIN_LEN];
  krv_kit_admit(&kit, KRV_ROLE_WORKER);
  krv_kit_case(&kit, 1, &kase);
  uint64_t seq = head(before);
  restart();
  assert_int_equal(head(after), seq);
  assert_memory_equal(before, after, sizeof before);
  assert_int_equal(kit.store->driver->case_find(kit.store, &kase.id, &row), 0);
  assert_int_equal(krv_roster_count(kit.roster), krv_roster_count(kit.fleet.roster));
}

static void a_rollback_forgets_items_usage_and_roster_entries(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct krv_store_case row;
  uint8_t before[KRV_CHAIN_LEN], after[KRV_CHAIN_LEN];
  uint64_t seq = head(before);
  uint32_t count = krv_roster_count(kit.roster);
  krv_device_ix joined = krv_fleet_admit(&kit.fleet, KRV_ROLE_WORKER);
  assert_true(krv_roster_count(kit.fleet.roster) > count);
  for (uint32_t h = count; h < krv_roster_count(kit.fleet.roster); h++) {
    struct krv_slice entry = krv_roster_entry(kit.fleet.roster, h);
    assert_int_equal(krv_batch_roster(kit.batch, entry), 0);
    assert_int_equal(krv_batch_roster(kit.batch, entry), KRV_EXISTS);
    assert_int_equal(krv_roster_count(kit.roster), count); /* only after the commit */
  }
  push_genesis(joined, &kase); /* judged by the roster of the open transaction */
  krv_batch_rollback(kit.batch);
  assert_false(krv_batch_open(kit.batch));
  assert_int_equal(head(after), seq);
  assert_memory_equal(before, after, sizeof before);
  assert_int_equal(kit.store->driver->case_find(kit.store, &kase.id, &row), KRV_NOT_FOUND);
  assert_int_equal(krv_kit_push(&kit, joined, KRV_MSG_GENESIS, &out, NULL), KRV_UNKNOWN_DEVICE);
  krv_batch_rollback(kit.batch);
  krv_kit_push_roster(&kit); /* the same entries again */
  krv_kit_case(&kit, joined, &kase);
}

static void a_failed_sync_fails_the_commit_and_the_store_takes_no_more(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct krv_store_case row;
  push_genesis(0, &kase);
  vfs->fail_sync_in = 1;
  assert_int_equal(krv_batch_commit(kit.batch), KRV_IO);
  assert_false(krv_batch_open(kit.batch));
  assert_int_equal(kit.store->driver->case_find(kit.store, &kase.id, &row), KRV_NOT_FOUND);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_GENESIS, &out, NULL), KRV_IO);
  restart();
  int found = kit.store->driver->case_find(kit.store, &kase.id, &row);
  assert_true(found == 0 || found == KRV_NOT_FOUND); /* nobody was told either */
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_GENESIS, &out, NULL), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
}

/* An admission, a genesis, two grants and a commit in one transaction. */
struct scene {
  uint32_t height;
  struct krv_kit_case kase;
  struct krv_buf payloads[4];
};

static void make_scene(struct scene *scene) {
  struct krv_access_list list;
  struct krv_id id;
  for (int i = 0; i < 4; i++) krv_buf_init(&scene->payloads[i], &kit.t.env);
  scene->height = krv_roster_count(kit.roster);
  krv_fleet_admit(&kit.fleet, KRV_ROLE_OFFICE);
  krv_kit_list(&kit, 0, &list);
  krv_kit_genesis(&kit, 0, &list, &scene->kase, &scene->payloads[0]);
  krv_kit_grant(&kit, &scene->kase, KRV_GROUP_OFFICE, KRV_ACCESS_WRITE, &scene->payloads[1]);
  krv_kit_grant(&kit, &scene->kase, list.items[1].group, KRV_ACCESS_WRITE, &scene->payloads[2]);
  struct krv_kit_commit c = {0, true, 2, scene->kase.genesis, 4};
  krv_kit_commit(&kit, &scene->kase, &c, &scene->payloads[3], &id);
}

static int play_scene(const struct scene *scene) {
  static const enum krv_message_kind kinds[] = {KRV_MSG_GENESIS, KRV_MSG_GRANT, KRV_MSG_GRANT,
                                                KRV_MSG_COMMIT};
  int status = 0;
  for (uint32_t h = scene->height; status == 0 && h < krv_roster_count(kit.fleet.roster); h++)
    status = krv_batch_roster(kit.batch, krv_roster_entry(kit.fleet.roster, h));
  for (int i = 0; status == 0 && i < 4; i++)
    status = krv_kit_push(&kit, 0, kinds[i], &scene->payloads[i], NULL);
  if (status == 0) status = krv_batch_commit(kit.batch);
  krv_batch_rollback(kit.batch); /* nothing is open after a commit */
  return status;
}

/* For every k the k-th allocation fails: the transaction is forgotten whole, and once none fails
 * the same bytes are taken. The one exception is the caller's roster after the disk has it: the
 * next transaction brings it up. */
static void an_allocation_that_fails_anywhere_loses_nothing(void **state) {
  (void)state;
  struct scene scene;
  uint8_t before[KRV_CHAIN_LEN], after[KRV_CHAIN_LEN];
  make_scene(&scene);
  uint64_t seq = head(before), k = 1;
  int status = KRV_NOMEM;
  for (; status == KRV_NOMEM; k++) {
    kit.t.fail_at = kit.t.allocations + k;
    status = play_scene(&scene);
    kit.t.fail_at = 0;
    if (status != KRV_NOMEM || head(after) != seq) break;
    assert_memory_equal(before, after, sizeof before);
  }
  assert_true(status == 0 || head(after) > seq);
  assert_true(k > 20);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_COMMIT, &scene.payloads[3], NULL), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(krv_roster_count(kit.roster), krv_roster_count(kit.fleet.roster));
  for (int i = 0; i < 4; i++) krv_buf_release(&scene.payloads[i]);
}

static void a_copy_is_whole_and_opens(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct krv_store *copy;
  struct krv_store_case row;
  char to[128];
  snprintf(to, sizeof to, "%s/copy.db", folder);
  krv_kit_case(&kit, 0, &kase);
  assert_int_equal(krv_store_sqlite_copy(kit.store, to), 0);
  assert_int_equal(krv_store_sqlite_copy(kit.store, to), KRV_EXISTS);
  assert_int_equal(krv_store_sqlite_open(&kit.t.env, to, &copy), 0);
  assert_int_equal(copy->driver->case_find(copy, &kase.id, &row), 0);
  copy->driver->close(copy);
}

static void count_finding(void *ctx, const char *sentence) {
  (void)sentence;
  ++*(unsigned *)ctx;
}

static void a_check_counts_rows_and_finds_what_is_missing(void **state) {
  (void)state;
  struct krv_kit_case kase;
  unsigned findings = 0, more = 0;
  krv_kit_case(&kit, 0, &kase);
  assert_int_equal(krv_store_sqlite_check(kit.store, count_finding, &findings), 0);
  assert_int_equal(kit.store->driver->begin(kit.store), 0);
  assert_int_equal(kit.store->driver->inbox_put(kit.store, 1, 999, 999), 0);
  assert_int_equal(kit.store->driver->commit(kit.store), 0);
  assert_int_equal(krv_store_sqlite_check(kit.store, count_finding, &more), KRV_DAMAGED);
  assert_int_equal(findings, 6); /* one row count a table */
  assert_int_equal(more, 1);
}

static int busy(struct krv_store *store, const struct krv_store_item *item) {
  (void)store, (void)item;
  return KRV_BUSY;
}

/* Another process at the file is no reason to refuse an item for good: the turn fails as a
 * whole. */
static void a_busy_store_is_no_refusal(void **state) {
  (void)state;
  krv_device_ix author = krv_kit_admit(&kit, KRV_ROLE_WORKER);
  const struct krv_store_driver *driver = kit.store->driver;
  struct krv_store_driver another = *driver;
  struct krv_access_list list;
  struct krv_kit_case kase;
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t before = head(chain);
  another.item_put = busy;
  krv_kit_list(&kit, author, &list);
  krv_kit_genesis(&kit, author, &list, &kase, &out);
  kit.store->driver = &another;
  assert_int_equal(krv_kit_push(&kit, author, KRV_MSG_GENESIS, &out, NULL), KRV_BUSY);
  assert_int_equal(krv_batch_commit(kit.batch), KRV_BUSY);
  kit.store->driver = driver;
  assert_int_equal(head(chain), before);
  assert_int_equal(krv_kit_push(&kit, author, KRV_MSG_GENESIS, &out, NULL), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(head(chain), before + 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_second_connection_cannot_open),
      T(what_was_committed_is_there_after_a_restart_and_the_roster_too),
      T(a_rollback_forgets_items_usage_and_roster_entries),
      T(a_failed_sync_fails_the_commit_and_the_store_takes_no_more),
      T(a_busy_store_is_no_refusal),
      T(an_allocation_that_fails_anywhere_loses_nothing),
      T(a_copy_is_whole_and_opens),
      T(a_check_counts_rows_and_finds_what_is_missing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
