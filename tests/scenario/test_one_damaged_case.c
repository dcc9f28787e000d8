/* One bad record must not block everyone's work: a case that is damaged in the vault is told, and
 * left out of an export; all others are there. */
#define _GNU_SOURCE
#include "embedkit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static kerven *office, *worker;
static char ids[3][33];
static const char *const names[] = {"Maya", "Leyli", "Bahar"};

/* The second of three cases of a worker is damaged. */
static int set_up(void **state) {
  if (embed_set_up(state) != 0) return -1;
  office = embed_found("office");
  worker = embed_member(office, "Jeren", "worker");
  for (size_t i = 0; i < 3; i++) embed_case(worker, names[i], ids[i]);
  embed_sync(worker);
  embed_sync(office);
  kerven_close(worker);
  sqlite3 *db;
  char path[256];
  snprintf(path, sizeof path, "%s/vault.db", embed_path("Jeren"));
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db,
                                "update states set s = randomblob(length(s)) where lid = "
                                "(select lid from cases order by lid limit 1 offset 1)",
                                NULL, NULL, NULL),
                   SQLITE_OK);
  assert_int_equal(sqlite3_changes(db), 1);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(an_export_holds_all_cases_that_can_be_read, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
