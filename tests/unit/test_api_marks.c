/* kerven.h: the marks of a case: consent refused, consent missing, expired, shared with us no
 * longer; the order of history; codes. One office and one worker of one server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embedkit.h"

static kerven *office, *worker;

static int set_up(void **state) {
  if (embed_set_up(state) != 0) return -1;
  office = embed_found("office");
  worker = embed_member(office, "Batyr", "worker");
  embed_sync(office);
  return 0;
}

static int tear_down(void **state) {
  kerven_close(office);
  kerven_close(worker);
  return embed_tear_down(state);
}

static uint32_t count_cases(struct kerven_case_query query, const char *first_id) {
  struct kerven_case_item item;
  kerven_iter *iter;
  uint32_t count = 0;
  query.size = sizeof query;
  assert_ok(worker, kerven_cases(worker, &query, &iter));
  while (kerven_cases_next(iter, &item) == 0)
    if (count++ == 0 && first_id) assert_string_equal(item.id, first_id);
  assert_int_equal(kerven_cases_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
  return count;
}

static void get(kerven *k, const char *id, struct kerven_case_item *out) {
  assert_ok(k, kerven_case_get(k, id, out));
}

static void test_a_refused_consent_is_a_mark_and_names_are_missing_until_recorded(void **state) {
  (void)state;
  char id[33];
  struct kerven_case_item item;
  embed_case(worker, "Bibi", id);
  get(worker, id, &item);
  assert_true(item.no_consent && !item.consent_refused && item.missing > 0);
  assert_non_null(strstr(item.missing_names, "onsent"));
  assert_ok(worker, embed_set(worker, id, "consent[+].decision", "granted"));
  get(worker, id, &item);
  assert_false(item.no_consent || item.consent_refused);
  assert_null(strstr(item.missing_names, "onsent")); /* the record answers it */
  assert_ok(worker, embed_set(worker, id, "consent[+].decision", "refused"));
  get(worker, id, &item);
  assert_true(item.consent_refused);
}

static void test_expiry_warns_and_hides_and_deletes_nothing(void **state) {
  (void)state;
  char id[33], referral[33];
  struct kerven_case_item item;
  struct kerven_refer_options to = {.size = sizeof to, .to = "Head", .expires = "2020-02"};
  struct kerven_case_query query = {.size = sizeof query, .type = "referral", .hide_expired = true};
  embed_case(worker, "Ended", id);
  assert_ok(worker, embed_set(worker, id, "consent[+].expiresOn", "2999"));
  get(worker, id, &item);
  assert_false(item.expired);
  assert_ok(worker, embed_set(worker, id, "consent[+].expiresOn", "2020-01-31"));
  get(worker, id, &item);
  assert_true(item.expired);
  assert_int_equal(
      count_cases((struct kerven_case_query){.size = sizeof query, .search = "Ended"}, id), 1);
  uint32_t before = count_cases(query, NULL);
  /* over before it is made */
  assert_int_equal(kerven_refer(worker, id, &to, referral), KERVEN_EVALUE);
  assert_detail(worker, "2020-02 is over");
  to.expires = "2999-01";
  assert_ok(worker, kerven_refer(worker, id, &to, referral));
  assert_int_equal(count_cases(query, NULL), before + 1);
  assert_ok(worker, embed_set(worker, referral, "referral[1].expiry", "2020-02"));
  assert_int_equal(count_cases(query, NULL), before);
  query.hide_expired = false;
  assert_int_equal(count_cases(query, NULL), before + 1);
  assert_string_equal(embed_value(worker, referral, "expiry"), "2020-02");
}

/* Of labels, in the reader's language; of a referral also what it is about. */
static void test_a_title_is_said_in_the_language_of_its_reader(void **state) {
  (void)state;
  char id[33], referral[33];
  struct kerven_case_item item;
  struct kerven_refer_options to = {
      .size = sizeof to, .to = "Head", .share = "prs_FirstName", .service = "legal"};
  embed_case(worker, "Ogul", id);
  assert_ok(worker, embed_set(worker, id, "prs_SecondName", "Orazova"));
  assert_ok(worker, embed_set(worker, id, "prs_Gender", "Feminine"));
  assert_ok(worker, embed_set(worker, id, "cas_Status", "FollowUp"));
  assert_ok(worker, kerven_refer(worker, id, &to, referral));
  get(worker, id, &item);
  assert_string_equal(item.title, "Ogul Orazova, Woman or girl, Follow-up");
  assert_string_equal(item.status, "FollowUp");
  assert_string_equal(item.status_label, "Follow-up");
  get(worker, referral, &item);
  assert_string_equal(item.title, "Ogul, Requested, Legal aid, Head");
  assert_true(item.unanswered);
  kerven_language(worker, "ru");
  get(worker, referral, &item);
  assert_string_equal(item.title, "Ogul, Запрошено, Юридическая помощь, Head");
  kerven_language(worker, "en");
  assert_ok(worker, embed_set(worker, referral, "referral.status", "declined"));
  get(worker, referral, &item);
  assert_false(item.unanswered);
}

/* What somebody else writes into two fields of a list must not make a vault that does not open. */
static void test_a_card_is_small_whatever_is_written(void **state) {
  (void)state;
  static const char *const paths[] = {"prs_FirstName", "prs_SecondName", "kvn_Pseudonym"};
  enum { LONG = 32 * 1024 };
  char id[33], *name = calloc(1, LONG + 1);
  struct kerven_case_item item;
  assert_non_null(name);
  for (size_t i = 0; i + 2 <= LONG; i += 2) memcpy(name + i, "\xc3\xbd", 2);
  embed_case(office, "Short", id);
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    assert_ok(office, embed_set(office, id, paths[i], name));
  free(name);
  embed_sync(office);
  kerven_close(office);
  office = embed_open("office");
  get(office, id, &item);
  assert_in_range(strlen(item.title), 300, 2048);
  assert_memory_equal(item.title + strlen(item.title) - 2, "\xc3\xbd", 2);
  assert_ok(office, embed_set(office, id, "prs_FirstName", "Aygul"));
}

static void test_the_first_follow_up_that_is_not_done_is_due(void **state) {
  (void)state;
  char id[33];
  struct kerven_case_item item;
  embed_case(worker, "Due", id);
  get(worker, id, &item);
  assert_int_equal(item.due, 0);
  assert_ok(worker, embed_set(worker, id, "task[+].due", "2026-03"));
  assert_ok(worker, embed_set(worker, id, "task[+].due", "2026-02-03"));
  get(worker, id, &item);
  assert_int_equal(item.due, 20260203);
  assert_ok(worker, embed_set(worker, id, "task[2].done", "true"));
  get(worker, id, &item);
  assert_int_equal(item.due, 20260331);
  assert_true(kerven_today(worker, 1) > kerven_today(worker, 0));
}

/* What is deleted keeps its place among all: it comes back by the name that it had, or by its
 * id. */
static void test_a_record_is_restored_by_the_name_by_which_it_was_deleted(void **state) {
  (void)state;
  static const char *const levels[] = {"high", "low", "medium"};
  struct kerven_field_query query = {.size = sizeof query, .record = "risk", .deleted = true};
  struct kerven_field_item item;
  kerven_iter *iter;
  kerven_edit *edit;
  char id[33], names[2][32];
  embed_case(worker, "Risks", id);
  for (size_t i = 0; i < 3; i++)
    assert_ok(worker, embed_set(worker, id, "risk[+].level", levels[i]));
  snprintf(names[0], sizeof names[0], "risk[2]");
  assert_ok(worker, kerven_edit_new(worker, id, &edit));
  assert_ok(worker, kerven_edit_delete(edit, names[0], true));
  assert_ok(worker, kerven_edit_save(edit, NULL));
  kerven_edit_free(edit);
  assert_ok(worker, kerven_fields(worker, id, &query, &iter));
  for (uint32_t i = 0; i < 3; i++) {
    static const uint32_t numbers[] = {1, 2, 2}; /* the third is the second of those that stand */
    assert_int_equal(kerven_fields_next(iter, &item), 0);
    assert_int_equal(item.number, numbers[i]);
    assert_int_equal(item.deleted_record, i == 1);
    assert_string_equal(item.values[0].value, levels[i]);
    assert_string_equal(item.record_label, "Risk");
    if (i == 1) snprintf(names[1], sizeof names[1], "%s", item.rid);
  }
  kerven_iter_free(iter);
  for (size_t i = 0; i < 2; i++) {
    assert_ok(worker, kerven_edit_new(worker, id, &edit));
    assert_ok(worker, kerven_edit_delete(edit, names[1], true));
    assert_ok(worker, kerven_edit_save(edit, NULL));
    kerven_edit_free(edit);
    assert_ok(worker, kerven_edit_new(worker, id, &edit));
    assert_int_equal(kerven_edit_delete(edit, "risk[1]", false), KERVEN_ENOT_FOUND);
    assert_detail(worker, "no such deleted record");
    assert_ok(worker, kerven_edit_delete(edit, names[i], false));
    assert_ok(worker, kerven_edit_save(edit, NULL));
    kerven_edit_free(edit);
    assert_int_equal(embed_set(worker, id, "risk[3].level", "low"), 0);
  }
}

static void test_a_case_that_is_shared_no_longer_says_so(void **state) {
  (void)state;
  char id[33];
  struct kerven_case_item item;
  kerven *guest = embed_member(office, "Guest", "worker");
  embed_case(worker, "Lent", id);
  embed_sync(worker);
  assert_ok(worker, kerven_share(worker, id, "Guest", false));
  embed_sync(worker);
  embed_sync(guest);
  get(guest, id, &item);
  assert_false(item.cut_off);
  assert_ok(worker, kerven_unshare(worker, id, "Guest"));
  embed_sync(worker);
  embed_sync(guest);
  get(guest, id, &item);
  assert_true(item.cut_off);
  assert_int_equal(embed_set(guest, id, "prs_FirstName", "Late"), KERVEN_EDENIED);
  kerven_close(guest);
}

static void test_codes_are_told_apart(void **state) {
  (void)state;
  char code[KERVEN_INVITE_TEXT_MAX];
  struct kerven_invite_options options = {.size = sizeof options, .role = "worker", .name = "X"};
  assert_ok(office, kerven_invite(office, &options, code));
  assert_int_equal(kerven_code_kind(code), KERVEN_CODE_INVITATION);
  assert_int_equal(kerven_code_kind(embed_code), KERVEN_CODE_FOUNDING);
  code[3] = code[3] == '0' ? '1' : '0';
  assert_int_equal(kerven_code_kind(code), KERVEN_CODE_NONE);
  assert_int_equal(kerven_code_kind(NULL), KERVEN_CODE_NONE);
}

static void test_history_goes_from_causes_to_what_they_led_to(void **state) {
  (void)state;
  char id[33];
  kerven_iter *iter;
  struct kerven_history_item item;
  embed_case(worker, "First", id);
  embed_sync(worker);
  embed_sync(office);
  assert_ok(office, embed_set(office, id, "prs_FirstName", "Second"));
  embed_sync(office);
  embed_sync(worker);
  assert_ok(worker, embed_set(worker, id, "prs_FirstName", "Third"));
  static const char *const order[] = {"First", "Second", "Third"};
  assert_ok(worker, kerven_history(worker, id, &iter));
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(kerven_history_next(iter, &item), 0);
    assert_non_null(strstr(item.changes, order[i]));
  }
  assert_int_equal(kerven_history_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_refused_consent_is_a_mark_and_names_are_missing_until_recorded),
      cmocka_unit_test(test_expiry_warns_and_hides_and_deletes_nothing),
      cmocka_unit_test(test_a_title_is_said_in_the_language_of_its_reader),
      cmocka_unit_test(test_a_card_is_small_whatever_is_written),
      cmocka_unit_test(test_the_first_follow_up_that_is_not_done_is_due),
      cmocka_unit_test(test_a_record_is_restored_by_the_name_by_which_it_was_deleted),
      cmocka_unit_test(test_a_case_that_is_shared_no_longer_says_so),
      cmocka_unit_test(test_codes_are_told_apart),
      cmocka_unit_test(test_history_goes_from_causes_to_what_they_led_to),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
