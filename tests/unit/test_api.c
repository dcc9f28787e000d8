/* kerven.h as an embedder uses it, before and beside any programme: opening and closing, passphrase
 * and key file, statuses, options of an older program, texts, the doctor, and calls in the wrong
 * state. */
#define _GNU_SOURCE
#include "embedkit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char fresh_passphrase[] = "four other plain words";

static void test_every_status_has_a_sentence_of_its_own(void **state) {
  (void)state;
  const char *unknown = kerven_strerror(-1000);
  assert_non_null(unknown);
  assert_string_equal(kerven_strerror(7777), unknown);
  for (int status = KERVEN_EUSAGE; status <= KERVEN_END; status++) {
    assert_non_null(kerven_strerror(status));
    assert_true(strlen(kerven_strerror(status)) > 3);
    assert_string_not_equal(kerven_strerror(status), unknown);
    for (int other = status + 1; other <= KERVEN_END; other++)
      assert_string_not_equal(kerven_strerror(status), kerven_strerror(other));
  }
  assert_string_equal(kerven_detail(NULL), "");
}

static void test_a_vault_is_made_once_and_opened_with_its_passphrase(void **state) {
  (void)state;
  struct kerven_open_options options = embed_cheap();
  kerven *k = embed_create("once"), *other = k;
  long holder = -1;
  assert_int_equal(kerven_create(embed_path("once"), EMBED_PASSPHRASE, &options, &other),
                   KERVEN_EBUSY);
  assert_null(other);
  assert_int_equal(kerven_open_holder(embed_path("once"), EMBED_PASSPHRASE, NULL, &other, &holder),
                   KERVEN_EBUSY);
  assert_null(other);
  assert_int_equal(holder, getpid());
  kerven_close(k);
  other = k;
  assert_int_equal(kerven_create(embed_path("once"), EMBED_PASSPHRASE, &options, &other),
                   KERVEN_EEXISTS);
  assert_null(other);
  assert_int_equal(kerven_open(embed_path("once"), "correct horse battery stable", NULL, &other),
                   KERVEN_EPASSPHRASE);
  assert_null(other);
  assert_int_equal(kerven_open(embed_path("nowhere"), EMBED_PASSPHRASE, NULL, &other),
                   KERVEN_ENOT_FOUND);
  assert_int_equal(kerven_open(NULL, EMBED_PASSPHRASE, NULL, &other), KERVEN_EINVALID);
  assert_int_equal(kerven_open(embed_path("once"), NULL, NULL, &other), KERVEN_EINVALID);
  assert_int_equal(kerven_create(NULL, NULL, &options, &other), KERVEN_EINVALID);
  kerven_close(embed_open("once"));
  kerven_close(NULL);
}

static void test_a_new_passphrase_replaces_the_old_one(void **state) {
  (void)state;
  kerven *k = embed_create("passphrase");
  assert_ok(k, kerven_passphrase(k, fresh_passphrase));
  assert_int_equal(kerven_passphrase(k, NULL), KERVEN_EINVALID);
  kerven_close(k);
  assert_int_equal(kerven_open(embed_path("passphrase"), EMBED_PASSPHRASE, NULL, &k),
                   KERVEN_EPASSPHRASE);
  assert_int_equal(kerven_open(embed_path("passphrase"), fresh_passphrase, NULL, &k), 0);
  kerven_close(k);
}

static void test_a_passphrase_that_is_soon_guessed_is_not_taken(void **state) {
  (void)state;
  static const char *const weak[] = {"",           "123456",     "31.12.1999",
                                     "9999 8888 7777", "seven 7",    "\u0441\u0435\u043c\u044c 77"};
  struct kerven_open_options options = embed_cheap();
  kerven *k = embed_create("weak"), *none = k;
  assert_false(kerven_passphrase_fits(NULL));
  for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
    assert_false(kerven_passphrase_fits(weak[i]));
    assert_int_equal(kerven_create(embed_path("none"), weak[i], &options, &none),
                     KERVEN_EPASSPHRASE);
    assert_null(none);
    assert_int_equal(kerven_passphrase(k, weak[i]), KERVEN_EPASSPHRASE);
    assert_detail(k, "digits alone");
  }
  assert_true(kerven_passphrase_fits("12345678a"));
  assert_true(kerven_passphrase_fits("eight 88"));
  kerven_close(k);
  kerven_close(embed_open("weak")); /* with the one that it has */
}

static void write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
}

/* A new passphrase must not take the second secret away. */
static void test_a_key_file_stays_needed_after_a_new_passphrase(void **state) {
  (void)state;
  struct kerven_open_options options = embed_cheap();
  char key[192];
  kerven *k;
  snprintf(key, sizeof key, "%s", embed_path("key"));
  write_file(key, "a second secret");
  options.key_file = key;
  assert_int_equal(kerven_create(embed_path("keyed"), EMBED_PASSPHRASE, &options, &k), 0);
  assert_ok(k, kerven_passphrase(k, fresh_passphrase));
  kerven_close(k);
  assert_int_equal(kerven_open(embed_path("keyed"), fresh_passphrase, NULL, &k),
                   KERVEN_EPASSPHRASE);
  for (int i = 0; i < 2; i++) { /* opened, changed and opened again */
    assert_int_equal(kerven_open(embed_path("keyed"), fresh_passphrase, &options, &k), 0);
    assert_ok(k, kerven_passphrase(k, fresh_passphrase));
    kerven_close(k);
  }
  write_file(key, "another secret");
  assert_int_equal(kerven_open(embed_path("keyed"), fresh_passphrase, &options, &k),
                   KERVEN_EPASSPHRASE);
  unlink(key);
  assert_true(kerven_open(embed_path("keyed"), fresh_passphrase, &options, &k) < 0);
  assert_null(k);
}

/* What is beyond the caller's size is neither read nor written; less than a size is refused. */
static void test_options_of_an_older_program_keep_their_size(void **state) {
  (void)state;
  struct {
    size_t size;
    const char *key_file;
  } old_options = {sizeof old_options, NULL};
  struct {
    struct kerven_status_report report;
    char guard[16];
  } room;
  kerven *k = embed_create("older");
  kerven_close(k);
  assert_int_equal(kerven_open(embed_path("older"), EMBED_PASSPHRASE, (void *)&old_options, &k), 0);
  memset(&room, 0x5a, sizeof room);
  room.report.size = offsetof(struct kerven_status_report, programme);
  assert_ok(k, kerven_status(k, &room.report));
  assert_int_equal(room.report.size, offsetof(struct kerven_status_report, programme));
  assert_int_equal(room.report.membership, KERVEN_ALONE);
  assert_int_equal(room.report.programme[0], 0x5a);
  room.report.size = sizeof room; /* a newer program */
  assert_ok(k, kerven_status(k, &room.report));
  assert_int_equal(room.report.programme[0], 0);
  assert_int_equal(room.guard[0], 0x5a);
  room.report.size = 3;
  assert_int_equal(kerven_status(k, &room.report), KERVEN_EINVALID);
  struct kerven_case_query query = {.size = 3};
  kerven_iter *iter = (kerven_iter *)&query;
  assert_int_equal(kerven_cases(k, &query, &iter), KERVEN_EINVALID);
  assert_null(iter);
  query.size = sizeof query.size;
  query.type = (const char *)16; /* beyond the size: nobody looks at it */
  assert_ok(k, kerven_cases(k, &query, &iter));
  kerven_iter_free(iter);
  struct kerven_found_options found = {.size = 1};
  assert_int_equal(kerven_found(k, "x", &found), KERVEN_EINVALID);
  struct kerven_refer_options refer = {.size = 1};
  char id[33];
  assert_int_equal(kerven_refer(k, "00", &refer, id), KERVEN_EINVALID);
  kerven_close(k);
}

static void test_a_vault_alone_says_so_and_refuses_work(void **state) {
  (void)state;
  struct kerven_status_report report = {.size = sizeof report};
  struct kerven_invite_options invite = {.size = sizeof invite, .role = "worker", .name = "W"};
  struct kerven_approve_options approve = {.size = sizeof approve, .all = true};
  struct kerven_sync_report sync = {.size = sizeof sync};
  char code[KERVEN_INVITE_TEXT_MAX] = "x", id[33] = "x";
  kerven *k = embed_create("alone");
  kerven_edit *edit = (kerven_edit *)(void *)k;
  kerven_sync *session = (kerven_sync *)(void *)k;
  assert_ok(k, kerven_status(k, &report));
  assert_int_equal(report.membership, KERVEN_ALONE);
  assert_int_equal(report.cases + report.commits + report.unsent, 0);
  assert_true(report.vault_bytes > 0);
  assert_int_equal(kerven_edit_new(k, NULL, &edit), KERVEN_ENOT_APPROVED);
  assert_null(edit);
  assert_int_equal(kerven_share(k, "00", "office", false), KERVEN_ENOT_APPROVED);
  assert_int_equal(kerven_invite(k, &invite, code), KERVEN_ENOT_APPROVED);
  assert_string_equal(code, "");
  assert_int_equal(kerven_approve(k, &approve, NULL, NULL), KERVEN_ENOT_APPROVED);
  assert_int_equal(kerven_sync_run(k, NULL, &sync), KERVEN_ENOT_APPROVED);
  assert_int_equal(kerven_sync_new(k, NULL, &session), KERVEN_ENOT_APPROVED);
  assert_null(session);
  assert_int_equal(kerven_schema_publish(k, "x", 1), KERVEN_ENOT_APPROVED);
  assert_int_equal(kerven_join(k, "not a code", 0), KERVEN_EINVITE_BAD);
  assert_int_equal(kerven_join(k, NULL, 0), KERVEN_EINVALID);
  assert_int_equal(kerven_found(k, NULL, NULL), KERVEN_EINVALID);
  assert_int_equal(kerven_case_find(k, "00", id), KERVEN_ENOT_FOUND);
  assert_string_equal(id, "");
  assert_detail(k, "00");
  assert_int_equal(kerven_case_find(k, NULL, id), KERVEN_EINVALID);
  assert_ok(k, kerven_case_by_key(k, "key", id));
  assert_string_equal(id, "");
  assert_string_equal(kerven_detail(k), "");
  assert_int_equal(embed_cases(k), 0);
  kerven_close(k);
}

static void test_reading_only_writes_nothing(void **state) {
  (void)state;
  struct kerven_open_options options = embed_cheap();
  kerven *k = embed_create("readonly"), *other;
  kerven_close(k);
  options.read_only = true;
  assert_int_equal(kerven_open(embed_path("readonly"), EMBED_PASSPHRASE, &options, &k), 0);
  assert_int_equal(kerven_open(embed_path("readonly"), EMBED_PASSPHRASE, &options, &other), 0);
  assert_int_equal(kerven_passphrase(k, fresh_passphrase), KERVEN_ESTATE);
  assert_int_equal(kerven_batch_begin(k), KERVEN_ESTATE);
  assert_int_equal(embed_cases(other), 0);
  assert_int_equal(kerven_doctor(k, NULL, NULL), 0);
  kerven_close(other);
  kerven_close(k);
  kerven_close(embed_open("readonly"));
}

static void count_finding(void *ctx, const char *sentence) {
  assert_true(strlen(sentence) > 5);
  ++*(unsigned *)ctx;
}

/* Some bytes are changed, at places all over the file; each place is found, or is in use by
 * nobody; a vault that does not open says that it is damaged. */
static void test_the_doctor_finds_a_changed_byte(void **state) {
  (void)state;
  unsigned findings = 0, found = 0;
  struct stat st;
  char file[224];
  kerven *k = embed_create("doctor");
  assert_ok(k, kerven_doctor(k, count_finding, &findings));
  assert_int_equal(findings, 0);
  kerven_close(k);
  snprintf(file, sizeof file, "%s/vault.db", embed_path("doctor"));
  assert_int_equal(stat(file, &st), 0);
  for (off_t at = 512; at < st.st_size; at += st.st_size / 24) {
    uint8_t run[64], bad[64];
    int fd = open(file, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, run, sizeof run, at), sizeof run);
    for (size_t i = 0; i < sizeof run; i++) bad[i] = run[i] ^ 0x55;
    assert_int_equal(pwrite(fd, bad, sizeof bad, at), sizeof bad);
    int status = kerven_open(embed_path("doctor"), EMBED_PASSPHRASE, NULL, &k);
    findings = 0;
    if (status == 0) {
      status = kerven_doctor(k, count_finding, &findings);
      assert_true(status == 0 || findings > 0);
      kerven_close(k);
    }
    assert_true(status == 0 || status == KERVEN_EDAMAGED || status == KERVEN_EPASSPHRASE);
    found += status != 0;
    assert_int_equal(pwrite(fd, run, sizeof run, at), sizeof run);
    close(fd);
  }
  assert_true(found > 0);
  k = embed_open("doctor");
  assert_ok(k, kerven_doctor(k, NULL, NULL));
  kerven_close(k);
}

static void test_batches_begin_and_end_in_pairs(void **state) {
  (void)state;
  kerven *k = embed_create("pairs");
  assert_int_equal(kerven_batch_end(k), KERVEN_ESTATE);
  assert_ok(k, kerven_batch_begin(k));
  assert_int_equal(kerven_batch_begin(k), KERVEN_ESTATE);
  assert_detail(k, "batch");
  assert_int_equal(kerven_passphrase(k, fresh_passphrase), KERVEN_ESTATE);
  assert_int_equal(kerven_doctor(k, NULL, NULL), KERVEN_ESTATE);
  assert_ok(k, kerven_batch_end(k));
  assert_int_equal(kerven_batch_end(k), KERVEN_ESTATE);
  assert_ok(k, kerven_batch_begin(k));
  kerven_close(k); /* open: taken back */
}

static void test_texts_are_normalised_folded_and_hashed(void **state) {
  (void)state;
  char out[64], a[33], b[33];
  assert_int_equal(kerven_normalise("Ay\xcc\x88", out, sizeof out), 0);
  assert_string_equal(out, "A\xc3\xbf");
  assert_int_equal(kerven_normalise("\xff", out, sizeof out), KERVEN_EVALUE);
  assert_string_equal(out, "");
  assert_int_equal(kerven_normalise("abcd", out, 4), KERVEN_ETOO_LARGE);
  assert_string_equal(out, "");
  assert_int_equal(kerven_normalise("abcd", out, 5), 0);
  assert_string_equal(out, "abcd");
  memset(out, 'x', sizeof out);
  assert_int_equal(kerven_normalise("a", out, 0), KERVEN_ETOO_LARGE);
  assert_int_equal(out[0], 'x');
  assert_int_equal(kerven_normalise(NULL, out, sizeof out), 0);
  assert_string_equal(out, "");
  assert_int_equal(kerven_fold("AÝGÜL", out, sizeof out), 0);
  assert_string_equal(out, "aygul");
  assert_int_equal(kerven_fold("Мерем", out, sizeof out), 0);
  assert_string_equal(out, "merem");
  assert_int_equal(kerven_fold("abc", out, 2), KERVEN_ETOO_LARGE);
  assert_int_equal(kerven_fold(NULL, out, sizeof out), 0);
  kerven_hash("a", 1, a);
  kerven_hash("a", 1, b);
  assert_int_equal(strlen(a), 32);
  assert_string_equal(a, b);
  kerven_hash("b", 1, b);
  assert_string_not_equal(a, b);
  kerven_hash(NULL, 0, b);
  assert_string_not_equal(a, b);
}

/* Walks the built-in schema; returns the label of prs_Gender and counts fields. */
static unsigned walk_schema(kerven *k, char label[64]) {
  struct kerven_schema_item item;
  kerven_iter *iter;
  unsigned count = 0;
  int status;
  assert_int_equal(kerven_schema(k, &iter), 0);
  while ((status = kerven_schema_next(iter, &item)) == 0) {
    count++;
    assert_true(item.field[0] && item.label[0] && item.type[0]);
    assert_int_equal(item.codes != NULL, item.list[0] != 0);
    for (size_t i = 0; item.codes && item.codes[i]; i++) assert_non_null(item.code_labels[i]);
    if (strcmp(item.field, "prs_Gender") != 0) continue;
    assert_string_equal(item.record, "");
    assert_string_equal(item.codes[0], "Feminine");
    assert_true(item.core && !item.required && !item.identifying && !item.deprecated);
    snprintf(label, 64, "%s", item.label);
  }
  assert_int_equal(status, KERVEN_END);
  assert_int_equal(kerven_schema_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
  kerven_iter_free(NULL);
  return count;
}

static void test_the_schema_is_there_without_a_vault_and_in_three_languages(void **state) {
  (void)state;
  static const char *const labels[][2] = {{"en", "Gender"}, {"ru", "Пол"}, {"tk", "Jynsy"}};
  struct kerven_schema_item item;
  kerven_iter *iter;
  char label[64] = "";
  kerven *k = embed_create("schema");
  unsigned count = walk_schema(NULL, label);
  assert_true(count > 100);
  assert_string_equal(label, "Gender");
  for (size_t i = 0; i < 3; i++) {
    kerven_language(k, labels[i][0]);
    assert_int_equal(walk_schema(k, label), count);
    assert_string_equal(label, labels[i][1]);
  }
  kerven_language(k, "xx"); /* not known: as before */
  kerven_language(k, NULL);
  kerven_language(NULL, "en");
  walk_schema(k, label);
  assert_string_equal(label, "Jynsy");
  assert_int_equal(kerven_schema(k, &iter), 0);
  assert_int_equal(kerven_schema_next(iter, &item), 0);
  kerven_iter_free(iter); /* early */
  kerven_close(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_status_has_a_sentence_of_its_own),
      cmocka_unit_test(test_a_vault_is_made_once_and_opened_with_its_passphrase),
      cmocka_unit_test(test_a_new_passphrase_replaces_the_old_one),
      cmocka_unit_test(test_a_passphrase_that_is_soon_guessed_is_not_taken),
      cmocka_unit_test(test_a_key_file_stays_needed_after_a_new_passphrase),
      cmocka_unit_test(test_options_of_an_older_program_keep_their_size),
      cmocka_unit_test(test_a_vault_alone_says_so_and_refuses_work),
      cmocka_unit_test(test_reading_only_writes_nothing),
      cmocka_unit_test(test_the_doctor_finds_a_changed_byte),
      cmocka_unit_test(test_batches_begin_and_end_in_pairs),
      cmocka_unit_test(test_texts_are_normalised_folded_and_hashed),
      cmocka_unit_test(test_the_schema_is_there_without_a_vault_and_in_three_languages),
  };
  return cmocka_run_group_tests(tests, embed_set_up, embed_tear_down);
}
