/* kerven.h: members and what each sees; cases, fields, history, access, schema as iterators;
 * sharing, referring; a schema that changes while it is read. One office and one worker of one
 * server. */
#include "embedkit.h"

#include <stdio.h>
#include <stdlib.h>

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

static void exchange(void) {
  embed_sync(worker);
  embed_sync(office);
  embed_sync(worker);
}

/* Receipts go out last and unanswered: the server may store them a moment later. */
static void sync_until_delivered(const char *id) {
  struct kerven_case_item item = {.sync = KERVEN_SAVED};
  for (int tries = 0; tries < 100 && item.sync != KERVEN_DELIVERED; tries++) {
    embed_sync(worker);
    assert_ok(worker, kerven_case_get(worker, id, &item));
  }
  assert_int_equal(item.sync, KERVEN_DELIVERED);
}

static void test_status_tells_who_and_where(void **state) {
  (void)state;
  struct kerven_status_report report = {.size = sizeof report};
  assert_ok(worker, kerven_status(worker, &report));
  assert_int_equal(report.membership, KERVEN_MEMBER);
  assert_true(report.practice);
  assert_string_equal(report.programme, "Programme");
  assert_string_equal(report.name, "Batyr");
  assert_string_equal(report.roles, "worker");
  assert_int_equal(strlen(report.device), 32);
  assert_memory_equal(report.server, "127.0.0.1:", 10);
  assert_true(report.last_sync_s > 0 && report.roster_height > 0);
  assert_false(report.copy_in_use);
}

/* ---- members */

struct told {
  unsigned count, approved;
  int why_not;
  char name[201];
};

static void tell(void *ctx, const struct kerven_approval *approval) {
  struct told *told = ctx;
  told->count++;
  told->approved += approval->approved;
  told->why_not = approval->why_not;
  snprintf(told->name, sizeof told->name, "%s", approval->name);
}

static void test_a_request_is_pending_until_its_words_are_said(void **state) {
  (void)state;
  struct kerven_invite_options invite = {
      .size = sizeof invite, .role = "supervisor", .name = "Sona"};
  struct kerven_approve_options approve = {.size = sizeof approve, .all = true};
  struct kerven_status_report status = {.size = sizeof status};
  struct kerven_member_item item;
  struct told told = {0};
  char code[KERVEN_INVITE_TEXT_MAX];
  kerven_iter *iter;
  unsigned pending = 0, self = 0;
  kerven *k = embed_create("Sona");
  assert_ok(office, kerven_invite(office, &invite, code));
  invite.role = "queen";
  assert_true(kerven_invite(office, &invite, code) < 0);
  assert_detail(office, "queen");
  assert_string_equal(code, "");
  invite.name = NULL;
  assert_int_equal(kerven_invite(office, &invite, code), KERVEN_EINVALID);
  invite.role = "supervisor", invite.name = "Sona";
  assert_ok(office, kerven_invite(office, &invite, code));
  assert_ok(k, kerven_join(k, code, 0));
  assert_ok(k, kerven_join(k, code, 0)); /* asks again */
  assert_ok(k, kerven_status(k, &status));
  assert_int_equal(status.membership, KERVEN_JOINING);
  embed_sync(office);
  assert_ok(office, kerven_members(office, &iter));
  while (kerven_members_next(iter, &item) == 0) {
    self += item.self;
    if (!item.pending) continue;
    pending++;
    assert_string_equal(item.name, "Sona");
    assert_string_equal(item.roles, "supervisor");
    assert_string_equal(item.words, status.words);
  }
  assert_int_equal(kerven_members_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
  assert_int_equal(pending, 1);
  assert_int_equal(self, 1);
  assert_ok(office,
            kerven_approve(office, &approve, tell, &told)); /* a supervisor needs the words */
  assert_int_equal(told.count, 1);
  assert_int_equal(told.approved, 0);
  assert_int_equal(told.why_not, KERVEN_EDENIED);
  approve.all = false, approve.words = "not the right words at all";
  assert_int_equal(kerven_approve(office, &approve, tell, &told), KERVEN_ENOT_FOUND);
  assert_detail(office, "words");
  approve.words = status.words;
  assert_ok(office, kerven_approve(office, &approve, tell, &told));
  assert_int_equal(told.approved, 1);
  assert_string_equal(told.name, "Sona");
  embed_sync(office);
  embed_sync(k);
  assert_ok(k, kerven_status(k, &status));
  assert_int_equal(status.membership, KERVEN_MEMBER);
  assert_string_equal(status.words, "");
  assert_int_equal(kerven_join(k, code, 0), KERVEN_ESTATE);
  assert_detail(k, "already");
  kerven_close(k);
}

static void test_without_a_server_founding_and_joining_say_whom_they_asked(void **state) {
  (void)state;
  struct kerven_invite_options invite = {.size = sizeof invite, .role = "worker", .name = "Late"};
  struct kerven_status_report status = {.size = sizeof status};
  char code[KERVEN_INVITE_TEXT_MAX];
  kerven *k = embed_create("Late");
  assert_ok(office, kerven_invite(office, &invite, code));
  embed_stop_server();
  assert_int_equal(kerven_join(k, code, 2000), KERVEN_EOFFLINE);
  assert_detail(k, "127.0.0.1:");
  assert_ok(k, kerven_status(k, &status));
  assert_int_equal(status.membership, KERVEN_JOINING);
  assert_true(strlen(status.words) > 10);
  assert_int_equal(kerven_sync_run(worker, NULL, NULL), KERVEN_EOFFLINE);
  assert_detail(worker, "127.0.0.1:");
  embed_run_server();
  embed_sync(k); /* asks again */
  kerven_close(k);
}

/* ---- cases */

static void test_a_case_goes_from_saved_to_delivered(void **state) {
  (void)state;
  struct kerven_case_item item;
  struct kerven_sync_report report = {.size = sizeof report};
  char id[33], full[33];
  embed_case(worker, "Jeren", id);
  assert_ok(worker, kerven_case_get(worker, id, &item));
  assert_int_equal(item.sync, KERVEN_SAVED);
  assert_string_equal(item.id, id);
  assert_string_equal(item.type, "case");
  assert_non_null(strstr(item.title, "Jeren"));
  assert_string_equal(item.status, "");
  assert_true(item.no_consent && item.missing > 0 && item.commits == 1 && item.changed_s > 0);
  assert_ok(worker, kerven_sync_run(worker, NULL, &report));
  assert_int_equal(report.commits_up, 1);
  assert_int_equal(report.unsent, 0);
  assert_true(report.bytes_up > 100 && report.round_trips <= 2);
  assert_ok(worker, kerven_case_get(worker, id, &item));
  assert_int_equal(item.sync, KERVEN_AT_SERVER);
  embed_sync(office);
  sync_until_delivered(id);
  assert_ok(office, kerven_case_find(office, id, full));
  snprintf(full + 12, sizeof full - 12, "%s", "");
  assert_ok(office, kerven_case_find(office, full, full));
  assert_string_equal(full, id);
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

static void test_cases_are_listed_by_search_type_and_limit(void **state) {
  (void)state;
  struct kerven_case_query wrong = {.size = sizeof wrong, .type = "nonsense"};
  kerven_iter *iter;
  char id[33];
  embed_case(worker, "Ogulgerek", id);
  uint32_t all = embed_cases(worker);
  assert_int_equal(count_cases((struct kerven_case_query){.search = "ogulger"}, id), 1);
  assert_int_equal(count_cases((struct kerven_case_query){.search = "Огулгерек"}, id), 1);
  assert_int_equal(count_cases((struct kerven_case_query){.search = "ogul nobody"}, NULL), 0);
  assert_int_equal(count_cases((struct kerven_case_query){.search = ""}, NULL), all);
  assert_int_equal(count_cases((struct kerven_case_query){.limit = 1}, NULL), 1);
  assert_int_equal(count_cases((struct kerven_case_query){.search = "", .limit = 1}, NULL), 1);
  assert_int_equal(count_cases((struct kerven_case_query){.type = "all"}, NULL), all);
  assert_int_equal(count_cases((struct kerven_case_query){.type = "referral"}, NULL), 0);
  assert_int_equal(count_cases((struct kerven_case_query){.conflicts_only = true}, NULL), 0);
  assert_int_equal(kerven_cases(worker, &wrong, &iter), KERVEN_ECODE);
  assert_null(iter);
  assert_detail(worker, "nonsense");
}

/* What a list lends holds while cases change under it. */
static void test_a_list_survives_changes_while_it_is_read(void **state) {
  (void)state;
  struct kerven_case_item item;
  kerven_iter *iter;
  char id[33];
  uint32_t before = embed_cases(worker), count = 0;
  assert_ok(worker, kerven_cases(worker, NULL, &iter));
  while (kerven_cases_next(iter, &item) == 0) {
    assert_ok(worker, embed_set(worker, item.id, "prs_SecondName", "While listed"));
    assert_ok(worker, kerven_batch_begin(worker));
    embed_case(worker, "Another", id);
    assert_ok(worker, kerven_batch_end(worker));
    assert_true(strlen(item.title) > 0);
    count++;
  }
  kerven_iter_free(iter);
  assert_int_equal(count, before);
  assert_int_equal(embed_cases(worker), 2 * before);
}

/* ---- one case */

static void make_conflict(char id[33]) {
  embed_case(worker, "Maral", id);
  exchange();
  assert_ok(worker, embed_set(worker, id, "prs_SecondName", "By worker"));
  assert_ok(office, embed_set(office, id, "prs_SecondName", "By office"));
  exchange();
}

static void test_both_values_are_shown_until_one_is_chosen(void **state) {
  (void)state;
  struct kerven_field_query query = {.size = sizeof query, .conflicts_only = true};
  struct kerven_status_report report = {.size = sizeof report};
  struct kerven_field_item item;
  kerven_iter *iter;
  kerven_edit *edit;
  char id[33];
  make_conflict(id);
  assert_ok(worker, kerven_fields(worker, id, &query, &iter));
  assert_int_equal(kerven_fields_next(iter, &item), 0);
  assert_string_equal(item.field, "prs_SecondName");
  assert_true(item.conflict && item.identifying && item.count == 2);
  for (uint32_t i = 0; i < 2; i++) {
    bool own = strcmp(item.values[i].value, "By worker") == 0;
    assert_string_equal(item.values[i].by, own ? "Batyr" : "Head");
    assert_true(item.values[i].at_s > 0 && item.values[i].at_trusted);
  }
  assert_int_equal(kerven_fields_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
  assert_ok(worker, kerven_status(worker, &report));
  assert_int_equal(report.conflicts, 1);
  assert_int_equal(count_cases((struct kerven_case_query){.conflicts_only = true}, id), 1);
  assert_int_equal(embed_set(worker, id, "prs_SecondName", "Third"), KERVEN_ECONFLICT);
  assert_detail(worker, "prs_SecondName");
  assert_ok(worker, kerven_edit_new(worker, id, &edit));
  assert_ok(worker, kerven_edit_resolve(edit, "prs_SecondName", "By worker"));
  assert_ok(worker, kerven_edit_save(edit, NULL));
  kerven_edit_free(edit);
  exchange();
  assert_string_equal(embed_value(office, id, "prs_SecondName"), "By worker");
  assert_ok(office, kerven_fields(office, id, &query, &iter));
  assert_int_equal(kerven_fields_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
}

static void test_fields_by_record_type_with_deleted_ones_on_demand(void **state) {
  (void)state;
  struct kerven_field_query query = {.size = sizeof query, .record = "consent"};
  struct kerven_field_item item;
  kerven_iter *iter;
  kerven_edit *edit;
  char id[33];
  assert_ok(worker, kerven_edit_new(worker, NULL, &edit));
  assert_ok(worker, kerven_edit_set(edit, "consent[+].decision", "granted"));
  assert_ok(worker, kerven_edit_set(edit, "prs_FirstName", "Enejan"));
  assert_ok(worker, kerven_edit_set(edit, "prs_Birthdate", "2001-04"));
  assert_ok(worker, kerven_edit_save(edit, id));
  kerven_edit_free(edit);
  kerven_language(worker, "ru");
  assert_ok(worker, kerven_fields(worker, id, &query, &iter));
  assert_int_equal(kerven_fields_next(iter, &item), 0);
  assert_string_equal(item.record, "consent");
  assert_int_equal(item.number, 1);
  assert_int_equal(strlen(item.rid), 16);
  assert_string_equal(item.field, "decision");
  assert_string_equal(item.type, "code");
  assert_string_equal(item.values[0].value, "granted");
  assert_string_equal(item.values[0].display, "Согласие дано");
  assert_int_equal(kerven_fields_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
  kerven_language(worker, "en");
  assert_string_equal(embed_value(worker, id, "prs_Birthdate"), "2001-04");
  assert_ok(worker, kerven_edit_new(worker, id, &edit));
  assert_ok(worker, kerven_edit_delete(edit, "consent[1]", true));
  assert_ok(worker, kerven_edit_save(edit, NULL));
  kerven_edit_free(edit);
  assert_ok(worker, kerven_fields(worker, id, &query, &iter));
  assert_int_equal(kerven_fields_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
  query.deleted = true;
  assert_ok(worker, kerven_fields(worker, id, &query, &iter));
  assert_int_equal(kerven_fields_next(iter, &item), 0);
  assert_true(item.deleted_record);
  kerven_iter_free(iter); /* early */
  iter = (kerven_iter *)(void *)worker;
  assert_int_equal(kerven_fields(worker, "zz", NULL, &iter), KERVEN_ENOT_FOUND);
  assert_null(iter);
}

static void test_history_names_every_change(void **state) {
  (void)state;
  struct kerven_history_item item;
  kerven_iter *iter;
  char id[33], first[33] = "";
  unsigned count = 0;
  embed_case(worker, "Selbi", id);
  assert_ok(worker, embed_set(worker, id, "vic_MethodsOfControl", "DebtBondage"));
  exchange();
  assert_ok(office, embed_set(office, id, "prs_FirstName", "Selbi G"));
  embed_sync(office);
  sync_until_delivered(id);
  assert_ok(worker, kerven_history(worker, id, &iter));
  while (kerven_history_next(iter, &item) == 0) {
    count++;
    assert_int_equal(strlen(item.commit), 32);
    assert_string_not_equal(item.commit, first);
    snprintf(first, sizeof first, "%s", item.commit);
    assert_string_equal(item.verdict, "applied");
    assert_string_equal(item.why, "");
    assert_int_equal(strlen(item.device), 8);
    assert_true(item.at_s > 0 && !item.fork);
    bool own = strcmp(item.by, "Batyr") == 0;
    assert_int_equal(item.sync, KERVEN_DELIVERED); /* the office has what it wrote itself */
    assert_non_null(strstr(item.changes, !own          ? "prs_FirstName = Selbi G"
                                         : item.n == 1 ? "prs_FirstName = Selbi"
                                                       : "vic_MethodsOfControl + DebtBondage"));
  }
  assert_int_equal(count, 3);
  kerven_iter_free(iter);
  assert_int_equal(kerven_history(worker, "zz", &iter), KERVEN_ENOT_FOUND);
  assert_null(iter);
}

static unsigned count_access(const char *id, const char *group, bool *write) {
  struct kerven_access_item item;
  kerven_iter *iter;
  unsigned count = 0;
  *write = false;
  assert_ok(worker, kerven_access(worker, id, &iter));
  while (kerven_access_next(iter, &item) == 0) {
    count++;
    if (strcmp(item.group, group) == 0) *write = item.write;
  }
  assert_int_equal(kerven_access_next(iter, &item), KERVEN_END);
  kerven_iter_free(iter);
  return count;
}

static void test_a_case_is_shared_and_taken_back(void **state) {
  (void)state;
  kerven *sona = embed_member(office, "Leyla", "worker");
  kerven_iter *iter;
  char id[33];
  bool write;
  embed_sync(worker);
  embed_case(worker, "Shared", id);
  assert_int_equal(count_access(id, "Batyr", &write), 2);
  assert_true(write);
  assert_ok(worker, kerven_share(worker, id, "leyla", true));
  assert_int_equal(count_access(id, "Leyla", &write), 3);
  assert_false(write);
  embed_sync(worker);
  embed_sync(sona);
  assert_string_equal(embed_value(sona, id, "prs_FirstName"), "Shared");
  assert_int_equal(embed_set(sona, id, "prs_FirstName", "Mine"), KERVEN_EDENIED);
  assert_ok(worker, kerven_unshare(worker, id, "Leyla"));
  assert_int_equal(count_access(id, "Leyla", &write), 2);
  assert_ok(worker, embed_set(worker, id, "prs_FirstName", "Later"));
  embed_sync(worker);
  embed_sync(sona);
  assert_string_equal(embed_value(sona, id, "prs_FirstName"), "Shared");
  assert_int_equal(kerven_share(worker, id, "nobody", false), KERVEN_ENOT_FOUND);
  assert_detail(worker, "nobody");
  assert_int_equal(kerven_share(worker, id, NULL, false), KERVEN_EINVALID);
  assert_int_equal(kerven_unshare(worker, id, "office"), KERVEN_EDENIED);
  assert_detail(worker, "office");
  assert_int_equal(kerven_access(worker, "zz", &iter), KERVEN_ENOT_FOUND);
  assert_null(iter);
  kerven_close(sona);
}

static void test_a_mark_is_the_same_for_all_who_read_the_case(void **state) {
  (void)state;
  kerven *other = embed_member(office, "Nury", "worker");
  char id[33], second[33], mark[33], again[33];
  embed_sync(worker); /* who Nury is */
  embed_case(worker, "Marked", id);
  embed_case(worker, "Marked", second);
  assert_ok(worker, kerven_case_mark(worker, id, "text", mark));
  assert_int_equal(strlen(mark), 32);
  assert_ok(worker, kerven_case_mark(worker, second, "text", again));
  assert_string_not_equal(again, mark);
  assert_ok(worker, kerven_case_mark(worker, id, "texts", again));
  assert_string_not_equal(again, mark);
  assert_ok(worker, kerven_share(worker, id, "Nury", false));
  embed_sync(worker);
  embed_sync(office);
  embed_sync(other);
  assert_ok(office, kerven_case_mark(office, id, "text", again));
  assert_string_equal(again, mark);
  assert_ok(other, kerven_case_mark(other, id, "text", again));
  assert_string_equal(again, mark);
  /* a new key of the case makes no new marks */
  assert_ok(worker, kerven_unshare(worker, id, "Nury"));
  assert_ok(worker, embed_set(worker, id, "prs_FirstName", "Later"));
  assert_ok(worker, kerven_case_mark(worker, id, "text", again));
  assert_string_equal(again, mark);
  assert_int_equal(kerven_case_mark(worker, id, NULL, again), KERVEN_EINVALID);
  assert_int_equal(kerven_case_mark(worker, "zz", "text", again), KERVEN_ENOT_FOUND);
  assert_string_equal(again, "");
  kerven_close(other);
}

static void add_name(void *ctx, const char *path) {
  char *told = ctx;
  size_t len = strlen(told);
  snprintf(told + len, 256 - len, "%s ", path);
}

static void test_a_referral_holds_what_was_named_and_nothing_else(void **state) {
  (void)state;
  struct kerven_refer_options options = {
      .size = sizeof options, .to = "Head", .reason = "Needs shelter", .share = "prs_FirstName"};
  struct kerven_case_item item;
  char id[33], child[33];
  embed_case(worker, "Referred", id);
  assert_ok(worker, embed_set(worker, id, "prs_SecondName", "Secret"));
  assert_ok(worker, kerven_refer(worker, id, &options, child));
  assert_ok(worker, kerven_case_get(worker, child, &item));
  assert_string_equal(item.type, "referral");
  assert_string_equal(embed_value(worker, child, "prs_FirstName"), "Referred");
  assert_string_equal(embed_value(worker, child, "prs_SecondName"), "");
  assert_string_equal(embed_value(worker, child, "reason"), "Needs shelter");
  assert_string_equal(embed_value(worker, id, "childCase"), child);
  assert_int_equal(count_cases((struct kerven_case_query){.type = "referral"}, child), 1);
  exchange();
  assert_string_equal(embed_value(office, child, "prs_FirstName"), "Referred");
  uint32_t before = embed_cases(worker);
  char told[256] = "";
  options.empty = add_name;
  options.ctx = told;
  options.share = "prs_Gender, prs_FirstName, cas_Status";
  assert_ok(worker, kerven_refer(worker, id, &options, child));
  assert_string_equal(told, "prs_Gender cas_Status ");
  options.share = "prs_Gender,cas_Status";
  assert_int_equal(kerven_refer(worker, id, &options, child), KERVEN_ENOT_FOUND);
  assert_detail(worker, "nothing is recorded in what it would share: prs_Gender,cas_Status");
  options.share = "prs_Nothing";
  assert_int_equal(kerven_refer(worker, id, &options, child), KERVEN_EFIELD);
  assert_detail(worker, "prs_Nothing");
  assert_string_equal(child, "");
  options.to = NULL;
  assert_int_equal(kerven_refer(worker, id, &options, child), KERVEN_EINVALID);
  assert_int_equal(kerven_refer(worker, id, NULL, child), KERVEN_EINVALID);
  assert_int_equal(embed_cases(worker), before);
}

/* ---- a newer schema */

static uint8_t *read_document(size_t *len) {
  FILE *file = fopen(KRV_DOCUMENT, "rb");
  uint8_t *bytes = malloc(512 * 1024);
  assert_true(file && bytes);
  *len = fread(bytes, 1, 512 * 1024, file);
  fclose(file);
  assert_true(*len > 1000);
  return bytes;
}

/* A map that begins with 0: format, 1: version (docs/schema.md). */
static void make_newer(uint8_t *bytes) {
  assert_memory_equal(bytes + 1, "\x00\x01\x01", 3);
  assert_true(bytes[4] < 0x7f);
  bytes[4]++;
}

static void test_a_newer_schema_may_come_while_the_old_one_is_read(void **state) {
  (void)state;
  struct kerven_schema_item schema;
  struct kerven_field_item field;
  kerven_iter *schemas, *fields;
  kerven_edit *edit;
  char id[33];
  size_t len;
  uint8_t *document = read_document(&len);
  embed_case(worker, "Old schema", id);
  assert_int_equal(kerven_schema_publish(worker, document, len), KERVEN_EEXISTS);
  assert_int_equal(kerven_schema_publish(office, NULL, 0), KERVEN_EINVALID);
  assert_int_equal(kerven_schema_publish(office, document, len / 2), KERVEN_EMALFORMED);
  assert_int_equal(kerven_schema_publish(office, document, len), KERVEN_EEXISTS);
  assert_detail(office, "schema");
  make_newer(document);
  assert_int_equal(kerven_schema_publish(worker, document, len), KERVEN_EDENIED);
  assert_ok(office, kerven_schema(office, &schemas)); /* the office's own changes as well */
  assert_int_equal(kerven_schema_next(schemas, &schema), 0);
  assert_ok(office, kerven_schema_publish(office, document, len));
  embed_sync(office);
  assert_int_equal(kerven_schema_publish(office, document, len), KERVEN_EEXISTS);
  free(document);

  assert_ok(worker, kerven_fields(worker, id, NULL, &fields));
  assert_ok(worker, kerven_edit_new(worker, id, &edit));
  assert_ok(worker, kerven_edit_set(edit, "prs_FirstName", "New schema"));
  embed_sync(worker); /* the document comes */
  unsigned count = 1;
  while (kerven_schema_next(schemas, &schema) == 0) count += schema.field[0] != 0;
  assert_true(count > 100);
  assert_int_equal(kerven_fields_next(fields, &field), 0);
  assert_string_equal(field.field, "prs_FirstName");
  assert_string_equal(field.label, "First name");
  assert_ok(worker, kerven_edit_save(edit, NULL));
  kerven_edit_free(edit);
  kerven_iter_free(fields);
  kerven_iter_free(schemas);
  assert_string_equal(embed_value(worker, id, "prs_FirstName"), "New schema");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_status_tells_who_and_where),
      cmocka_unit_test(test_a_request_is_pending_until_its_words_are_said),
      cmocka_unit_test(test_without_a_server_founding_and_joining_say_whom_they_asked),
      cmocka_unit_test(test_a_case_goes_from_saved_to_delivered),
      cmocka_unit_test(test_cases_are_listed_by_search_type_and_limit),
      cmocka_unit_test(test_a_list_survives_changes_while_it_is_read),
      cmocka_unit_test(test_both_values_are_shown_until_one_is_chosen),
      cmocka_unit_test(test_fields_by_record_type_with_deleted_ones_on_demand),
      cmocka_unit_test(test_history_names_every_change),
      cmocka_unit_test(test_a_case_is_shared_and_taken_back),
      cmocka_unit_test(test_a_mark_is_the_same_for_all_who_read_the_case),
      cmocka_unit_test(test_a_referral_holds_what_was_named_and_nothing_else),
      cmocka_unit_test(test_a_newer_schema_may_come_while_the_old_one_is_read),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
