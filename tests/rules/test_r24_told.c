/* R24: where a save is refused, the person sees both: what he was shown, and what the field holds
 * now, each with its author; so does who sets a field that holds two values. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "embedkit.h"

static kerven *office, *worker;
static char id[33];

/* A worker's case that the office has too. */
static int set_up(void **state) {
  if (embed_set_up(state) != 0) return -1;
  office = embed_found("office");
  worker = embed_member(office, "Jeren", "worker");
  embed_case(worker, "Maya", id);
  embed_sync(worker);
  embed_sync(office);
  return 0;
}

static int tear_down(void **state) {
  kerven_close(worker);
  kerven_close(office);
  return embed_tear_down(state);
}

static void say(kerven *k, const char *path, const char *value) {
  assert_int_equal(embed_set(k, id, path, value), 0);
}

/* "Maya by Jeren; ..." */
static const char *in_words(const struct kerven_value *values, uint32_t count) {
  static char text[2][512];
  static unsigned turn;
  char *out = text[turn++ % 2];
  size_t used = 0;
  out[0] = 0;
  for (uint32_t i = 0; i < count; i++)
    used += (size_t)snprintf(out + used, sizeof text[0] - used, "%s%s by %s", i ? "; " : "",
                             values[i].value, values[i].by);
  return out;
}

struct expected {
  const char *path, *shown, *now;
};

static void clashes_are(kerven *k, kerven_edit *edit, const struct expected *expected,
                        uint32_t count) {
  struct kerven_clash_item item;
  kerven_iter *iter;
  assert_ok(k, kerven_edit_clashes(edit, &iter));
  for (uint32_t i = 0; i < count; i++) {
    assert_int_equal(kerven_edit_clashes_next(iter, &item), 0);
    assert_string_equal(item.path, expected[i].path);
    assert_true(item.label[0] != 0);
    assert_string_equal(in_words(item.shown, item.shown_count), expected[i].shown);
    assert_string_equal(in_words(item.now, item.now_count), expected[i].now);
    for (uint32_t v = 0; v < item.now_count; v++) assert_true(item.now[v].at_s > 0);
  }
  assert_int_equal(kerven_edit_clashes_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
}

/* What another member wrote came with a sync while the edit was open. */
static void a_refused_save_tells_what_was_shown_and_what_is_there_now(void **state) {
  (void)state;
  kerven_edit *edit;
  assert_ok(worker, kerven_edit_new(worker, id, &edit));
  assert_ok(worker, kerven_edit_set(edit, "prs_FirstName", "Mila"));
  assert_ok(worker, kerven_edit_set(edit, "prs_FirstName", "Milana")); /* once more */
  assert_ok(worker, kerven_edit_set(edit, "prs_MiddleName", "Durdy")); /* nobody else touches it */
  assert_ok(worker, kerven_edit_set(edit, "prs_SecondName", "Geldiyeva"));
  assert_ok(worker, kerven_edit_option(edit, "vic_MethodsOfControl", "DebtBondage", true));
  clashes_are(worker, edit, NULL, 0);
  say(office, "prs_FirstName", "Nina");
  say(office, "prs_SecondName", "Orazova");
  say(office, "vic_MethodsOfControl", "PhysicalThreats");
  embed_sync(office);
  embed_sync(worker);
  assert_int_equal(kerven_edit_save(edit, NULL), KERVEN_ECONFLICT);
  static const struct expected all[] = {
      {"prs_FirstName", "Maya by Jeren", "Nina by Head"},
      {"prs_SecondName", "", "Orazova by Head"},
      {"vic_MethodsOfControl", "", "PhysicalThreats by Head"},
  };
  clashes_are(worker, edit, all, 3);
  kerven_edit_free(edit);
  assert_string_equal(embed_value(worker, id, "prs_FirstName"), "Nina");
}

static void a_field_of_a_record_is_named_by_the_records_id(void **state) {
  (void)state;
  struct kerven_field_item item;
  struct kerven_field_query query = {.size = sizeof query, .record = "risk"};
  kerven_iter *iter;
  kerven_edit *edit;
  char path[64];
  say(worker, "risk[+].level", "high");
  assert_ok(worker, kerven_fields(worker, id, &query, &iter));
  assert_int_equal(kerven_fields_next(iter, &item), 0);
  (void)snprintf(path, sizeof path, "risk[%s].level", item.rid);
  kerven_iter_free(iter);
  assert_ok(worker, kerven_edit_new(worker, id, &edit));
  assert_ok(worker, kerven_edit_set(edit, "risk[1].level", "low"));
  say(worker, "risk[1].level", "medium");
  assert_int_equal(kerven_edit_save(edit, NULL), KERVEN_ECONFLICT);
  clashes_are(worker, edit, &(struct expected){path, "high by Jeren", "medium by Jeren"}, 1);
  kerven_edit_free(edit);
}

/* Two values, written at the same time. */
static void make_two_values(void) {
  say(worker, "prs_FirstName", "Mila");
  say(office, "prs_FirstName", "Nina");
  embed_sync(worker);
  embed_sync(office);
  embed_sync(worker);
}

static const struct kerven_value *value_by(const struct kerven_clash_item *item, const char *by) {
  for (uint32_t i = 0; i < item->now_count; i++)
    if (strcmp(item->now[i].by, by) == 0) return &item->now[i];
  return NULL;
}

static void a_refused_set_tells_both_values(void **state) {
  (void)state;
  struct kerven_clash_item item;
  kerven_iter *iter;
  kerven_edit *edit;
  make_two_values();
  assert_ok(office, kerven_edit_new(office, id, &edit));
  assert_int_equal(kerven_edit_set(edit, "prs_FirstName", "Vera"), KERVEN_ECONFLICT);
  assert_ok(office, kerven_edit_clashes(edit, &iter));
  assert_int_equal(kerven_edit_clashes_next(iter, &item), 0);
  assert_string_equal(item.path, "prs_FirstName");
  assert_int_equal(item.now_count, 2);
  assert_int_equal(item.shown_count, 2);
  assert_non_null(value_by(&item, "Jeren"));
  assert_string_equal(value_by(&item, "Jeren")->value, "Mila");
  assert_non_null(value_by(&item, "Head"));
  assert_string_equal(value_by(&item, "Head")->value, "Nina");
  assert_int_equal(kerven_edit_clashes_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
  assert_ok(office, kerven_edit_set(edit, "prs_SecondName", "Orazova"));
  clashes_are(office, edit, NULL, 0); /* that one is well */
  kerven_edit_free(edit);
}

static const char *run(const char *vault, const char *words, int exit_status) {
  static char out[4096];
  char line[1024];
  (void)snprintf(line, sizeof line, "%s --vault %s %s 2>&1", KRV_KERVEN, embed_path(vault), words);
  setenv("KERVEN_PASSPHRASE", EMBED_PASSPHRASE, 1);
  setenv("LC_ALL", "C", 1);
  FILE *pipe = popen(line, "r");
  assert_non_null(pipe);
  size_t len = fread(out, 1, sizeof out - 1, pipe);
  out[len] = 0;
  int how = pclose(pipe);
  assert_true(WIFEXITED(how));
  if (WEXITSTATUS(how) != exit_status) fail_msg("%s: %s", words, out);
  return out;
}

static void the_command_tells_both_values_and_whose_they_are(void **state) {
  (void)state;
  char words[256];
  make_two_values();
  kerven_close(office);
  (void)snprintf(words, sizeof words, "case set %s prs_FirstName=Vera", id);
  const char *said = run("office", words, 11);
  office = embed_open("office");
  if (!strstr(said, "prs_FirstName, as it is now: ") || !strstr(said, "Mila (Jeren, ") ||
      !strstr(said, "Nina (Head, "))
    fail_msg("%s", said);
  assert_non_null(strstr(said, "kerven case resolve"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_refused_save_tells_what_was_shown_and_what_is_there_now),
      TEST(a_field_of_a_record_is_named_by_the_records_id),
      TEST(a_refused_set_tells_both_values),
      TEST(the_command_tells_both_values_and_whose_they_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
