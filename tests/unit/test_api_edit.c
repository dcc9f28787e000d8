/* kerven.h: edits of cases with all that can be wrong in them, and batches of edits. */
#include "embedkit.h"

#include <stdio.h>
#include <stdlib.h>

static kerven *office;

static int set_up(void **state) {
  if (embed_set_up(state) != 0) return -1;
  office = embed_found("office");
  return 0;
}

static int tear_down(void **state) {
  kerven_close(office);
  return embed_tear_down(state);
}

static uint64_t commits(void) {
  struct kerven_status_report report = {.size = sizeof report};
  assert_ok(office, kerven_status(office, &report));
  return report.commits;
}

static void test_an_edit_is_one_commit(void **state) {
  (void)state;
  kerven_edit *edit;
  char id[33], same[33] = "x";
  uint64_t before = commits();
  assert_ok(office, kerven_edit_new(office, NULL, &edit));
  assert_int_equal(kerven_edit_pending(edit), 0);
  assert_ok(office, kerven_edit_save(edit, same)); /* nothing to save */
  assert_string_equal(same, "");
  assert_ok(office, kerven_edit_set(edit, "prs_FirstName", "Aygul"));
  assert_ok(office, kerven_edit_set(edit, "consent[+].purposes", "store;share"));
  assert_ok(office, kerven_edit_set(edit, "consent[+].decision", "granted"));
  assert_ok(office, kerven_edit_set(edit, "consent[+2].decision", "refused"));
  assert_ok(office, kerven_edit_option(edit, "vic_MethodsOfControl", "DebtBondage", true));
  assert_ok(office, kerven_edit_note(edit, NULL, "Met at the station."));
  assert_int_equal(kerven_edit_pending(edit), 7);
  assert_ok(office, kerven_edit_save(edit, id));
  kerven_edit_free(edit);
  kerven_edit_free(NULL);
  assert_int_equal(commits(), before + 1);
  assert_string_equal(embed_value(office, id, "prs_FirstName"), "Aygul");
  assert_string_equal(embed_value(office, id, "vic_MethodsOfControl"), "DebtBondage");

  assert_ok(office, kerven_edit_new(office, id, &edit));
  assert_ok(office, kerven_edit_set(edit, "prs_FirstName", "Aygul"));
  assert_int_equal(kerven_edit_pending(edit), 0); /* it stands there */
  assert_ok(office, kerven_edit_option(edit, "vic_MethodsOfControl", "DebtBondage", false));
  assert_ok(office, kerven_edit_delete(edit, "consent[2]", true));
  assert_ok(office, kerven_edit_save(edit, same));
  assert_string_equal(same, id);
  kerven_edit_free(edit);
  assert_string_equal(embed_value(office, id, "vic_MethodsOfControl"), "");
}

/* A second save would be a second case. */
static void test_a_saved_edit_takes_nothing_more(void **state) {
  (void)state;
  kerven_edit *edit;
  char id[33], again[33] = "x";
  assert_ok(office, kerven_edit_new(office, NULL, &edit));
  assert_ok(office, kerven_edit_set(edit, "prs_FirstName", "Once"));
  assert_ok(office, kerven_edit_save(edit, id));
  uint64_t before = commits();
  assert_int_equal(kerven_edit_pending(edit), 0);
  assert_int_equal(kerven_edit_save(edit, again), KERVEN_ESTATE);
  assert_detail(office, "saved");
  assert_string_equal(again, "");
  assert_int_equal(kerven_edit_set(edit, "prs_FirstName", "Twice"), KERVEN_ESTATE);
  assert_int_equal(kerven_edit_option(edit, "prs_Citizenship", "TM", true), KERVEN_ESTATE);
  assert_int_equal(kerven_edit_note(edit, NULL, "x"), KERVEN_ESTATE);
  assert_int_equal(kerven_edit_resolve(edit, "prs_FirstName", "x"), KERVEN_ESTATE);
  assert_int_equal(kerven_edit_delete(edit, "consent[1]", true), KERVEN_ESTATE);
  kerven_edit_free(edit);
  assert_int_equal(commits(), before);
  assert_string_equal(embed_value(office, id, "prs_FirstName"), "Once");
}

static void test_each_mistake_in_an_edit_has_its_status_and_says_where(void **state) {
  (void)state;
  static const struct {
    const char *path, *value;
    int status;
    const char *detail;
  } cases[] = {
      {"prs_FirstNam", "x", KERVEN_EFIELD, "did you mean prs_FirstName"},
      {"consent[+].nothing", "x", KERVEN_EFIELD, "consent[+].nothing"},
      {"nothing[1].x", "x", KERVEN_EFIELD, "nothing"},
      {"prs_Gender", "Unheard", KERVEN_ECODE, "Unheard"},
      {"vic_MethodsOfControl", "DebtBondage;Unheard", KERVEN_ECODE, "Unheard"},
      {"prs_Birthdate", "2001-13-01", KERVEN_EDATE, "2001-13-01"},
      {"prs_NumberOfChildren", "many", KERVEN_EVALUE, "many"},
      {"con_Consent", "perhaps", KERVEN_EVALUE, "perhaps"},
      {"prs_FirstName", "\xff", KERVEN_EVALUE, "prs_FirstName"},
      {"consent[7].decision", "granted", KERVEN_ENOT_FOUND, "no such record"},
      {"consent[0011223344556677].decision", "granted", KERVEN_ENOT_FOUND, "no such record"},
      {"consent[x].decision", "granted", KERVEN_EUSAGE, "consent[x]"},
      {"consent[1", "granted", KERVEN_EUSAGE, "consent[1"},
      {"consent[+]", "granted", KERVEN_EUSAGE, "consent[+]"},
      {"", "granted", KERVEN_EFIELD, ""},
      {NULL, NULL, KERVEN_EFIELD, ""},
  };
  kerven_edit *edit;
  assert_ok(office, kerven_edit_new(office, NULL, &edit));
  assert_ok(office, kerven_edit_set(edit, "prs_FirstName", "Held"));
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int status = kerven_edit_set(edit, cases[i].path, cases[i].value);
    if (status != cases[i].status)
      fail_msg("%s = %s: %s", cases[i].path, cases[i].value, kerven_strerror(status));
    if (!strstr(kerven_detail(office), cases[i].detail))
      fail_msg("%s = %s: detail is \"%s\"", cases[i].path, cases[i].value, kerven_detail(office));
  }
  assert_int_equal(kerven_edit_option(edit, "prs_FirstName", "x", true), KERVEN_EVALUE);
  assert_detail(office, "several choices");
  assert_int_equal(kerven_edit_option(edit, "prs_Citizenship", "Unheard", true), KERVEN_ECODE);
  assert_int_equal(kerven_edit_note(edit, "prs_FirstName", "x"), KERVEN_EVALUE);
  assert_int_equal(kerven_edit_note(edit, NULL, ""), KERVEN_EVALUE);
  assert_int_equal(kerven_edit_resolve(edit, "prs_Gender", "Feminine"), KERVEN_ENOT_FOUND);
  assert_int_equal(kerven_edit_delete(edit, "prs_FirstName", true), KERVEN_EUSAGE);
  assert_int_equal(kerven_edit_delete(edit, "consent[+]", true), KERVEN_EUSAGE);
  assert_int_equal(kerven_edit_delete(edit, "consent[1]", true), KERVEN_ENOT_FOUND);
  char *large = calloc(1, 64 * 1024);
  assert_non_null(large);
  memset(large, 'x', 64 * 1024 - 1);
  assert_int_equal(kerven_edit_set(edit, "kvn_Narrative", large), KERVEN_ETOO_LARGE);
  free(large);
  assert_int_equal(kerven_edit_pending(edit), 1); /* no mistake left anything */
  assert_ok(office, kerven_edit_save(edit, NULL));
  assert_string_equal(kerven_detail(office), "");
  kerven_edit_free(edit);
  edit = (kerven_edit *)(void *)office;
  assert_int_equal(kerven_edit_new(office, "zz", &edit), KERVEN_ENOT_FOUND);
  assert_null(edit);
}

static void test_an_odd_value_is_taken_with_a_word_and_one_value_is_not_resolved(void **state) {
  (void)state;
  kerven_edit *edit;
  char id[33];
  embed_case(office, "Odd", id);
  assert_ok(office, kerven_edit_new(office, id, &edit));
  assert_string_equal(kerven_edit_doubt(edit), "");
  assert_ok(office, kerven_edit_set(edit, "prs_Birthdate", "2999"));
  assert_non_null(strstr(kerven_edit_doubt(edit), "future"));
  assert_ok(office, kerven_edit_set(edit, "prs_HomePhone", "ask at the shop"));
  assert_non_null(strstr(kerven_edit_doubt(edit), "phone"));
  assert_ok(office, kerven_edit_set(edit, "prs_Gender", "Feminine"));
  assert_string_equal(kerven_edit_doubt(edit), "");
  assert_int_equal(kerven_edit_resolve(edit, "prs_FirstName", "Even"), KERVEN_ESTATE);
  assert_detail(office, "one value");
  assert_ok(office, kerven_edit_save(edit, NULL));
  kerven_edit_free(edit);
  assert_string_equal(embed_value(office, id, "prs_HomePhone"), "ask at the shop");
  assert_string_equal(embed_value(office, id, "prs_FirstName"), "Odd");
}

static void test_nobody_overwrites_what_he_was_not_shown(void **state) {
  (void)state;
  kerven_edit *first, *second;
  char id[33];
  embed_case(office, "Before", id);
  assert_ok(office, kerven_edit_new(office, id, &first));
  assert_ok(office, kerven_edit_new(office, id, &second));
  assert_ok(office, kerven_edit_set(first, "prs_FirstName", "First"));
  assert_ok(office, kerven_edit_set(second, "prs_FirstName", "Second"));
  assert_ok(office, kerven_edit_save(first, NULL));
  assert_int_equal(kerven_edit_save(second, NULL), KERVEN_ECONFLICT);
  assert_detail(office, "prs_FirstName");
  assert_int_equal(kerven_edit_pending(second), 1); /* it is still an edit */
  assert_int_equal(kerven_edit_save(second, NULL), KERVEN_ECONFLICT);
  kerven_edit_free(first);
  kerven_edit_free(second);
  assert_string_equal(embed_value(office, id, "prs_FirstName"), "First");
}

/* ---- batches */

static int add_row(const char *key, const char *name, char id[33]) {
  kerven_edit *edit;
  assert_ok(office, kerven_edit_new(office, NULL, &edit));
  assert_ok(office, kerven_edit_set(edit, "kvn_ImportKey", key));
  int status = kerven_edit_set(edit, "prs_FirstName", name);
  if (status == 0) status = kerven_edit_save(edit, id);
  kerven_edit_free(edit);
  return status;
}

static void test_rows_of_a_batch_are_known_at_once_and_stay(void **state) {
  (void)state;
  struct kerven_case_item item;
  char a[33], b[33], found[33];
  uint32_t before = embed_cases(office);
  assert_ok(office, kerven_batch_begin(office));
  assert_ok(office, add_row("row 1", "Ay", a));
  assert_ok(office, kerven_case_by_key(office, "row 1", found));
  assert_string_equal(found, a);
  assert_ok(office, kerven_case_find(office, a, found));
  assert_string_equal(found, a);
  assert_int_equal(embed_cases(office), before + 1);
  assert_ok(office, add_row("row 2", "Gun", b));
  assert_ok(office, embed_set(office, a, "prs_SecondName", "Within"));
  assert_ok(office, embed_set(office, b, "prs_SecondName", "Too"));
  assert_ok(office, kerven_case_get(office, a, &item));
  assert_int_equal(item.commits, 2);
  assert_ok(office, kerven_batch_end(office));
  kerven_close(office);
  office = embed_open("office"); /* on disk */
  assert_ok(office, kerven_case_by_key(office, "row 2", found));
  assert_string_equal(found, b);
  assert_ok(office, kerven_case_by_key(office, "row 3", found));
  assert_string_equal(found, "");
  assert_int_equal(kerven_case_by_key(office, NULL, found), KERVEN_EINVALID);
  assert_string_equal(embed_value(office, a, "prs_SecondName"), "Within");
  assert_string_equal(embed_value(office, b, "prs_SecondName"), "Too");
}

static void test_a_failing_row_of_a_batch_is_taken_back_alone(void **state) {
  (void)state;
  struct kerven_refer_options refer = {
      .size = sizeof refer, .to = "office", .expires = "2001-99-99"};
  kerven_edit *stale;
  char a[33], b[33], c[33], child[33] = "x";
  embed_case(office, "Stale", c);
  assert_ok(office, kerven_edit_new(office, c, &stale));
  assert_ok(office, kerven_edit_set(stale, "prs_FirstName", "Too late"));
  assert_ok(office, embed_set(office, c, "prs_FirstName", "Newer"));
  uint32_t before = embed_cases(office);
  assert_ok(office, kerven_batch_begin(office));
  assert_ok(office, add_row("good 1", "Ay", a));
  assert_int_equal(kerven_edit_save(stale, NULL), KERVEN_ECONFLICT);
  assert_int_equal(kerven_share(office, a, "nobody", false), KERVEN_ENOT_FOUND);
  assert_int_equal(kerven_unshare(office, a, "office"), KERVEN_EDENIED);
  assert_int_equal(kerven_refer(office, a, &refer, child), KERVEN_EDATE);
  assert_string_equal(child, "");
  assert_int_equal(kerven_schema_publish(office, "x", 1), KERVEN_EMALFORMED);
  assert_ok(office, add_row("good 2", "Gun", b));
  assert_int_equal(embed_cases(office), before + 2);
  assert_ok(office, kerven_batch_end(office));
  kerven_edit_free(stale);
  kerven_close(office);
  office = embed_open("office");
  assert_int_equal(embed_cases(office), before + 2);
  assert_string_equal(embed_value(office, a, "prs_FirstName"), "Ay");
  assert_string_equal(embed_value(office, b, "prs_FirstName"), "Gun");
  assert_string_equal(embed_value(office, c, "prs_FirstName"), "Newer");
  assert_ok(office, kerven_doctor(office, NULL, NULL));
}

static void test_a_batch_that_never_ended_never_was(void **state) {
  (void)state;
  char id[33];
  uint32_t before = embed_cases(office);
  assert_ok(office, kerven_batch_begin(office));
  embed_case(office, "Gone", id);
  kerven_close(office);
  office = embed_open("office");
  assert_int_equal(embed_cases(office), before);
  assert_int_equal(kerven_case_find(office, id, id), KERVEN_ENOT_FOUND);
}

static void test_what_makes_its_own_transaction_waits_for_the_batch(void **state) {
  (void)state;
  struct kerven_invite_options invite = {.size = sizeof invite, .role = "worker", .name = "W"};
  struct kerven_approve_options approve = {.size = sizeof approve, .all = true};
  struct kerven_found_options found = {.size = sizeof found, .programme = "P", .name = "N"};
  char code[KERVEN_INVITE_TEXT_MAX], id[33];
  kerven_sync *sync;
  assert_ok(office, kerven_batch_begin(office));
  embed_case(office, "Stays", id);
  assert_int_equal(kerven_invite(office, &invite, code), KERVEN_ESTATE);
  assert_int_equal(kerven_approve(office, &approve, NULL, NULL), KERVEN_ESTATE);
  assert_int_equal(kerven_found(office, embed_code, &found), KERVEN_ESTATE);
  assert_int_equal(kerven_join(office, "x", 0), KERVEN_ESTATE);
  assert_int_equal(kerven_sync_run(office, NULL, NULL), KERVEN_ESTATE);
  assert_int_equal(kerven_sync_new(office, NULL, &sync), KERVEN_ESTATE);
  assert_ok(office, kerven_batch_end(office));
  assert_string_equal(embed_value(office, id, "prs_FirstName"), "Stays");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_edit_is_one_commit),
      cmocka_unit_test(test_a_saved_edit_takes_nothing_more),
      cmocka_unit_test(test_each_mistake_in_an_edit_has_its_status_and_says_where),
      cmocka_unit_test(test_an_odd_value_is_taken_with_a_word_and_one_value_is_not_resolved),
      cmocka_unit_test(test_nobody_overwrites_what_he_was_not_shown),
      cmocka_unit_test(test_rows_of_a_batch_are_known_at_once_and_stay),
      cmocka_unit_test(test_a_failing_row_of_a_batch_is_taken_back_alone),
      cmocka_unit_test(test_a_batch_that_never_ended_never_was),
      cmocka_unit_test(test_what_makes_its_own_transaction_waits_for_the_batch),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
