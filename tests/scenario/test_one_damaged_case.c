/* One bad record must not block everyone's work: a case that is damaged in the vault is told, and
 * left out of an export; all others are there, and they sync. */
#define _GNU_SOURCE
#include "embedkit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static kerven *office, *worker;
static char ids[3][33];
static const char *const names[] = {"Maya", "Leyli", "Bahar"};

static sqlite3 *open_vault(void) {
  sqlite3 *db;
  char path[256];
  snprintf(path, sizeof path, "%s/vault.db", embed_path("Jeren"));
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  return db;
}

/* Twice changes nothing. */
static void flip_the_second(void) {
  sqlite3 *db = open_vault();
  sqlite3_blob *blob;
  sqlite3_stmt *lid;
  unsigned char byte;
  assert_int_equal(
      sqlite3_prepare_v2(db, "select lid from cases order by lid limit 1 offset 1", -1, &lid, NULL),
      SQLITE_OK);
  assert_int_equal(sqlite3_step(lid), SQLITE_ROW);
  assert_int_equal(
      sqlite3_blob_open(db, "main", "states", "s", sqlite3_column_int64(lid, 0), 1, &blob),
      SQLITE_OK);
  assert_int_equal(sqlite3_blob_read(blob, &byte, 1, sqlite3_blob_bytes(blob) / 2), SQLITE_OK);
  byte ^= 1;
  assert_int_equal(sqlite3_blob_write(blob, &byte, 1, sqlite3_blob_bytes(blob) / 2), SQLITE_OK);
  assert_int_equal(sqlite3_finalize(lid), SQLITE_OK);
  assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The second of three cases of a worker is damaged, and has a change that was not sent. */
static int set_up(void **state) {
  if (embed_set_up(state) != 0) return -1;
  office = embed_found("office");
  worker = embed_member(office, "Jeren", "worker");
  for (size_t i = 0; i < 3; i++) embed_case(worker, names[i], ids[i]);
  embed_sync(worker);
  embed_sync(office);
  assert_ok(worker, embed_set(worker, ids[1], "prs_SecondName", "Ataeva"));
  kerven_close(worker);
  flip_the_second();
  worker = NULL;
  return 0;
}

static int tear_down(void **state) {
  kerven_close(worker);
  kerven_close(office);
  return embed_tear_down(state);
}

/* Runs the command on the worker's vault; returns its exit status. */
static int run(const char *arguments) {
  char line[1024];
  setenv("KERVEN_PASSPHRASE", EMBED_PASSPHRASE, 1);
  setenv("KERVEN_VAULT", embed_path("Jeren"), 1);
  snprintf(line, sizeof line, "cd '%s' && '%s' %s >out.txt 2>error.txt", embed_path("."),
           KRV_KERVEN, arguments);
  int status = system(line);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Lent until the next call. */
static const char *text_of(const char *name) {
  static char text[65536];
  FILE *file = fopen(embed_path(name), "r");
  if (!file) fail_msg("%s is not there", name);
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  return text;
}

static void holds_the_others(const char *name, const char *end) {
  const char *text = text_of(name);
  assert_non_null(strstr(text, names[0]));
  assert_null(strstr(text, names[1]));
  assert_non_null(strstr(text, names[2]));
  assert_string_equal(text + strlen(text) - strlen(end), end);
}

static void says_which(void) {
  const char *error = text_of("error.txt");
  char says[128];
  snprintf(says, sizeof says, "case %s is damaged and was left out\n", ids[1]);
  assert_non_null(strstr(error, says));
  assert_null(strstr(error, ids[0]));
  assert_null(strstr(error, ids[2]));
  assert_non_null(strstr(error, "1 case left out"));
  assert_non_null(strstr(error, "kerven doctor"));
}

static void an_export_holds_all_cases_that_can_be_read(void **state) {
  (void)state;
  assert_int_equal(run("export --format json --out cases.json"), 5);
  says_which();
  holds_the_others("cases.json", "\n]}\n");
  assert_int_equal(run("export --format csv --out cases.csv"), 5);
  says_which();
  holds_the_others("cases.csv", "\r\n");
  assert_int_equal(run("export --format json"), 5);
  says_which();
  holds_the_others("out.txt", "\n]}\n");
}

static uint64_t told(kerven *k) {
  struct kerven_alarm_item item;
  kerven_iter *iter;
  uint64_t count = 0;
  assert_ok(k, kerven_alarms(k, &iter));
  while (kerven_alarms_next(iter, &item) == 0)
    if (strcmp(item.kind, "damaged_case") == 0 && strcmp(item.kase, ids[1]) == 0)
      count += item.count;
  kerven_iter_free(iter);
  return count;
}

static void a_sync_goes_on_for_all_other_cases(void **state) {
  (void)state;
  worker = embed_open("Jeren");
  for (size_t i = 0; i < 3; i++)
    assert_ok(office, embed_set(office, ids[i], "prs_MiddleName", "of the office"));
  embed_sync(office);
  assert_ok(worker, embed_set(worker, ids[2], "prs_SecondName", "Berdieva"));
  for (int i = 0; i < 2; i++) embed_sync(worker);
  assert_string_equal(embed_value(worker, ids[0], "prs_MiddleName"), "of the office");
  assert_string_equal(embed_value(worker, ids[2], "prs_MiddleName"), "of the office");
  assert_int_equal(told(worker), 1);
  embed_sync(office);
  assert_string_equal(embed_value(office, ids[1], "prs_SecondName"), "Ataeva");
  assert_string_equal(embed_value(office, ids[2], "prs_SecondName"), "Berdieva");
  embed_sync(worker); /* the office's receipts */
  /* nothing that came meanwhile is lost */
  kerven_close(worker);
  flip_the_second();
  worker = embed_open("Jeren");
  embed_sync(worker);
  assert_string_equal(embed_value(worker, ids[1], "prs_MiddleName"), "of the office");
  assert_string_equal(embed_value(worker, ids[1], "prs_SecondName"), "Ataeva");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(an_export_holds_all_cases_that_can_be_read, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_sync_goes_on_for_all_other_cases, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
