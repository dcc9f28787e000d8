/* R38: an import is one commit a row, 256 rows a transaction as long as there are so many; a kill
 * between two transactions leaves whole ones, and a repeat takes the rest. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "childkit.h"
#include "cutvfs.h"
#include "embedkit.h"
#include "import.h"

enum { A_TRANSACTION = 256, ROWS = 600, SYNCS_A_SAVE = 2, ENDS_MAX = 8 };

/* What is on the disk after each transaction of an import, as it is told to end. */
static struct {
  uint32_t ends, cases[ENDS_MAX];
  uint64_t syncs; /* so far */
  uint32_t kill_after; /* the process, once so many have ended; 0: never */
} seen;

int __real_kerven_batch_end(kerven *k);
int __wrap_kerven_batch_end(kerven *k);
int __wrap_kerven_batch_end(kerven *k) {
  int status = __real_kerven_batch_end(k);
  seen.syncs = krv_cutvfs()->syncs;
  if (seen.ends < ENDS_MAX) seen.cases[seen.ends] = embed_cases(k);
  seen.ends++;
  if (seen.ends == seen.kill_after) (void)raise(SIGKILL);
  return status;
}

static int set_up(void **state) {
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  memset(&seen, 0, sizeof seen);
  return embed_set_up(state);
}

static FILE *make(const char *name) {
  FILE *file = fopen(embed_path(name), "w");
  assert_non_null(file);
  return file;
}

/* Each row makes two fields, a record and a note. */
static void put_rows(uint32_t rows) {
  FILE *map = make("map.json"), *csv = make("rows.csv");
  fputs("{\"format\":1,\"source\":\"s\",\"columns\":["
        "{\"column\":\"Name\",\"field\":\"prs_FirstName\"},"
        "{\"column\":\"Status\",\"field\":\"cas_Status\"},"
        "{\"column\":\"Risk\",\"field\":\"risk[+].level\"},"
        "{\"column\":\"Said\",\"note\":true}]}\n",
        map);
  fputs("Name,Status,Risk,Said\n", csv);
  for (uint32_t i = 0; i < rows; i++)
    (void)fprintf(csv, "Vera %u,Active,high,met at the station\n", i);
  assert_int_equal(fclose(map), 0);
  assert_int_equal(fclose(csv), 0);
}

static void import_rows(kerven *k, uint64_t taken, uint64_t unchanged) {
  char map[192];
  (void)snprintf(map, sizeof map, "%s", embed_path("map.json"));
  struct krv_import_options options = {.map = map};
  struct krv_import_report report;
  krv_cutvfs_reset();
  seen.ends = 0;
  assert_ok(k, krv_import_csv(k, embed_path("rows.csv"), &options, &report));
  assert_int_equal(report.taken, taken);
  assert_int_equal(report.unchanged, unchanged);
  assert_int_equal(json_array_size(report.refused), 0);
  krv_import_report_release(&report);
}

static bool has_note(kerven *k, const char *id) {
  struct kerven_field_item item;
  kerven_iter *iter;
  bool found = false;
  assert_ok(k, kerven_fields(k, id, NULL, &iter));
  while (kerven_fields_next(iter, &item) == 0)
    found |= strcmp(item.type, "notes") == 0 && item.count == 1;
  kerven_iter_free(iter);
  return found;
}

/* Every case that is there has all of its row, in one commit. */
static void all_are_whole(kerven *k, uint32_t count) {
  struct kerven_case_item item;
  kerven_iter *iter;
  uint32_t cases = 0;
  assert_ok(k, kerven_cases(k, NULL, &iter));
  while (kerven_cases_next(iter, &item) == 0) {
    assert_int_equal(item.commits, 1);
    assert_string_equal(item.status, "Active");
    assert_memory_equal(embed_value(k, item.id, "prs_FirstName"), "Vera ", 5);
    assert_string_equal(embed_value(k, item.id, "level"), "high");
    assert_true(has_note(k, item.id));
    cases++;
  }
  kerven_iter_free(iter);
  assert_int_equal(cases, count);
}

static void a_transaction_takes_256_rows_and_a_row_is_one_commit(void **state) {
  (void)state;
  struct kerven_status_report before = {.size = sizeof before}, after = {.size = sizeof after};
  kerven *k = embed_found("office");
  assert_ok(k, kerven_status(k, &before));
  put_rows(ROWS);
  import_rows(k, ROWS, 0);
  assert_int_equal(seen.ends, 3);
  assert_int_equal(seen.cases[0], A_TRANSACTION);
  assert_int_equal(seen.cases[1], 2 * A_TRANSACTION);
  assert_int_equal(seen.cases[2], ROWS);
  assert_true(seen.syncs >= 3 && seen.syncs <= 3 * SYNCS_A_SAVE); /* and none in between */
  assert_ok(k, kerven_status(k, &after));
  assert_int_equal(after.commits - before.commits, ROWS);
  all_are_whole(k, ROWS);
  kerven_close(k);
}

static void a_full_transaction_is_followed_by_no_empty_one(void **state) {
  (void)state;
  kerven *k = embed_found("office");
  put_rows(A_TRANSACTION);
  import_rows(k, A_TRANSACTION, 0);
  assert_int_equal(seen.ends, 1);
  put_rows(A_TRANSACTION + 1);
  import_rows(k, 1, A_TRANSACTION);
  assert_int_equal(seen.ends, 1);
  kerven_close(k);
}

static void killed_between_two_transactions_it_leaves_256_and_a_repeat_takes_the_rest(
    void **state) {
  (void)state;
  int how = 0;
  kerven *k = embed_found("office");
  kerven_close(k);
  put_rows(ROWS);
  pid_t child = krv_child_fork();
  if (child == 0) {
    seen.kill_after = 1;
    k = embed_open("office");
    import_rows(k, ROWS, 0);
    _exit(0);
  }
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
  k = embed_open("office");
  all_are_whole(k, A_TRANSACTION);
  assert_ok(k, kerven_doctor(k, NULL, NULL));
  import_rows(k, ROWS - A_TRANSACTION, A_TRANSACTION);
  assert_int_equal(seen.ends, 2);
  all_are_whole(k, ROWS);
  import_rows(k, 0, ROWS);
  kerven_close(k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, embed_tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_transaction_takes_256_rows_and_a_row_is_one_commit),
      TEST(a_full_transaction_is_followed_by_no_empty_one),
      TEST(killed_between_two_transactions_it_leaves_256_and_a_repeat_takes_the_rest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
