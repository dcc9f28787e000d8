/* check finds what is wrong with a store, and nothing where all is right. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "storekit.h"

enum { COMMITS = 5 };

static char folder[64], path[96];
static struct krv_kit kit;
static struct krv_check_report report;
static char last[256];
static uint8_t needle[32]; /* bytes of the last commit's ciphertext */

static void on_finding(void *ctx, const char *sentence) {
  (void)ctx;
  snprintf(last, sizeof last, "%s", sentence);
}

static int check(void) {
  return krv_check_store(&kit.t.env, path, &report, on_finding, NULL);
}

/* A programme of two devices, one case, a line of commits; the store stays open in the kit. */
static int set_up(void **state) {
  (void)state;
  struct krv_kit_case kase;
  struct krv_buf payload;
  krv_kit_tempdir(folder, path);
  krv_kit_init(&kit, 5, path);
  krv_device_ix worker = krv_kit_admit(&kit, KRV_ROLE_WORKER);
  krv_kit_case(&kit, worker, &kase);
  krv_buf_init(&payload, &kit.t.env);
  struct krv_id prev = kase.genesis;
  for (uint64_t n = 2; n < 2 + COMMITS; n++) {
    struct krv_kit_commit commit = {.author = worker, .own = true, .n = n, .prev = prev,
                                    .prev_len = 4};
    krv_buf_reset(&payload);
    krv_kit_commit(&kit, &kase, &commit, &payload, &prev);
    uint64_t seq;
    assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_COMMIT, &payload, &seq), 0);
  }
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  memcpy(needle, payload.data + payload.len - sizeof needle, sizeof needle);
  krv_buf_release(&payload);
  last[0] = 0;
  return 0;
}

/* The file at rest. */
static void close_store(void) {
  assert_int_equal(krv_store_sqlite_checkpoint(kit.store, true), 0);
  kit.store->driver->close(kit.store);
  kit.store = NULL;
}

static int tear_down(void **state) {
  (void)state;
  krv_kit_release(&kit);
  krv_kit_rmdir(folder);
  return 0;
}

static void test_a_good_store_has_no_findings(void **state) {
  (void)state;
  close_store();
  assert_int_equal(check(), 0);
  assert_string_equal(last, "");
  assert_int_equal(report.findings, 0);
  assert_int_equal(report.commits, 1 + COMMITS);
  assert_in_range(report.items, 1 + COMMITS + 2, 100);
  assert_int_equal(report.devices, 2);
  assert_int_equal(report.roster_count, 2);
}

static void test_one_changed_bit_of_a_commit_is_found(void **state) {
  (void)state;
  close_store();
  struct stat st;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(fstat(fd, &st), 0);
  uint8_t *bytes = malloc((size_t)st.st_size);
  assert_non_null(bytes);
  assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
  const uint8_t *at = memmem(bytes, (size_t)st.st_size, needle, sizeof needle);
  assert_non_null(at);
  uint8_t changed = *at ^ 4;
  assert_int_equal(pwrite(fd, &changed, 1, at - bytes), 1);
  close(fd);
  free(bytes);
  assert_int_equal(check(), 0);
  assert_int_equal(report.findings, 1);
  assert_non_null(strstr(last, "the chain does not fit its bytes"));
}

static void test_an_inbox_row_without_its_item_is_found(void **state) {
  (void)state;
  const struct krv_store_driver *driver = kit.store->driver;
  assert_int_equal(driver->begin(kit.store), 0);
  assert_int_equal(driver->inbox_put(kit.store, krv_box_group(KRV_GROUP_OFFICE), 900, 900), 0);
  assert_int_equal(driver->commit(kit.store), 0);
  close_store();
  assert_int_equal(check(), 0);
  assert_in_range(report.findings, 1, 3);
}

static void test_a_roster_that_does_not_hold_is_found(void **state) {
  (void)state;
  const struct krv_store_driver *driver = kit.store->driver;
  assert_int_equal(driver->begin(kit.store), 0);
  assert_int_equal(driver->roster_put(kit.store, 2, krv_slice("no entry", 8)), 0);
  assert_int_equal(driver->commit(kit.store), 0);
  close_store();
  assert_int_equal(check(), 0);
  assert_int_equal(report.findings, 1);
  assert_non_null(strstr(last, "roster"));
}

/* onadata #3205: the server collected ciphertext as garbage. Nothing here was ever sealed with a
 * key: no check, checkpoint, backup or restart takes a byte of it away. */
static struct krv_buf all_items(struct krv_store *store) {
  struct krv_buf all, bytes;
  struct krv_store_item item;
  krv_buf_init(&all, &kit.t.env);
  krv_buf_init(&bytes, &kit.t.env);
  for (uint64_t seq = 1; store->driver->item_get(store, seq, &item, &bytes) == 0; seq++) {
    krv_buf_append(&all, item.chain, sizeof item.chain);
    krv_buf_put(&all, item.bytes);
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return all;
}

static void same_items(const char *where, const struct krv_buf *before) {
  struct krv_store *store;
  assert_int_equal(krv_store_sqlite_open(&kit.t.env, where, &store), 0);
  struct krv_buf now = all_items(store);
  assert_true(krv_slice_equal(krv_buf_slice(&now), krv_buf_slice(before)));
  krv_buf_release(&now);
  store->driver->close(store);
}

static void onadata_3205_what_the_server_cannot_read_is_no_garbage(void **state) {
  (void)state;
  char copy[128];
  snprintf(copy, sizeof copy, "%s/copy.db", folder);
  struct krv_buf before = all_items(kit.store);
  assert_true(before.len > COMMITS * 150);
  assert_int_equal(krv_store_sqlite_copy(kit.store, copy), 0); /* what a backup seals */
  close_store();
  assert_int_equal(check(), 0);
  assert_int_equal(report.findings, 0);
  same_items(path, &before);
  same_items(copy, &before);
  same_items(path, &before); /* after a restart */
  krv_buf_release(&before);
}

static void test_no_file_is_no_store(void **state) {
  (void)state;
  close_store();
  int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  assert_int_equal(write(fd, "this is no database, but long enough to be looked at", 52), 52);
  close(fd);
  assert_true(check() != 0 || report.findings > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_good_store_has_no_findings, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_one_changed_bit_of_a_commit_is_found, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_an_inbox_row_without_its_item_is_found, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_a_roster_that_does_not_hold_is_found, set_up, tear_down),
      cmocka_unit_test_setup_teardown(onadata_3205_what_the_server_cannot_read_is_no_garbage,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_no_file_is_no_store, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
