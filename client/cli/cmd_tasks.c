/* What is to be done, of all cases: from their cards, so that only cases in which something is due
 * are opened. */
#include "commands.h"
#include "out.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_UNLESS_TOLD = 7, DAYS_MAX = 36500, ID_SHOWN = 12 };

struct tasks {
  struct krv_cli *cli;
  uint32_t today, until; /* yyyymmdd */
  json_t *list;          /* by day; those without one at the end */
};

/* "2026-02-03", "2026-02", "~2026": its last day as yyyymmdd; 0: no date. */
static uint32_t last_day(const char *text) {
  unsigned year = 0, month = 12, day = 31;
  if (sscanf(*text == '~' ? text + 1 : text, "%4u-%2u-%2u", &year, &month, &day) < 1) return 0;
  return (uint32_t)(year * 10000 + month * 100 + day);
}

static void day_text(uint32_t day, char out[16]) {
  if (day) snprintf(out, 16, "%04u-%02u-%02u", day / 10000, day / 100 % 100, day % 100);
  else *out = 0;
}

/* kind, what and owner belong to the row. */
static int add(struct tasks *t, const struct kerven_case_item *item, json_t *row, uint32_t day) {
  char text[16];
  if (!row) return KERVEN_ENOMEM;
  day_text(day, text);
  int failed = json_object_set_new(row, "due", json_string(text));
  failed |= json_object_set_new(row, "overdue", json_boolean(day && day < t->today));
  failed |= json_object_set_new(row, "case", json_string(item->id));
  failed |= json_object_set_new(row, "title", json_string(item->title));
  size_t at = json_array_size(t->list);
  for (; at > 0 && day; at--) {
    const char *before = json_string_value(json_object_get(json_array_get(t->list, at - 1), "due"));
    if (*before && strcmp(before, text) <= 0) break;
  }
  failed |= json_array_insert_new(t->list, at, row);
  return failed ? KERVEN_ENOMEM : 0;
}

struct follow_up {
  char rid[17], what[256], owner[128], due[16], time[32];
  bool done;
};

static int close_follow_up(struct tasks *t, const struct kerven_case_item *item,
                           const struct follow_up *f) {
  uint32_t day = last_day(f->due);
  if (!*f->rid || f->done || !day || day > t->until) return 0;
  return add(t, item,
             json_pack("{s:s, s:s, s:s, s:s}", "kind", "follow-up", "what", f->what, "owner",
                       f->owner, "time", f->time),
             day);
}

static void take(struct follow_up *f, const struct kerven_field_item *item) {
  const struct {
    const char *field;
    char *out;
    size_t cap;
  } texts[] = {{"what", f->what, sizeof f->what},
               {"owner", f->owner, sizeof f->owner},
               {"due", f->due, sizeof f->due},
               {"time", f->time, sizeof f->time}};
  if (item->count == 0) return;
  if (!strcmp(item->field, "done")) f->done = !strcmp(item->values[0].value, "true");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (!strcmp(item->field, texts[i].field))
      snprintf(texts[i].out, texts[i].cap, "%s", item->values[0].value);
}

static int follow_ups(struct tasks *t, const struct kerven_case_item *item) {
  kerven_iter *iter = NULL;
  struct kerven_field_item field;
  struct kerven_field_query query = {.size = sizeof query, .record = "task"};
  struct follow_up f = {0};
  int status = kerven_fields(t->cli->k, item->id, &query, &iter);
  while (!status && !(status = kerven_fields_next(iter, &field))) {
    if (strcmp(f.rid, field.rid)) {
      status = close_follow_up(t, item, &f);
      memset(&f, 0, sizeof f);
      memcpy(f.rid, field.rid, sizeof f.rid);
    }
    take(&f, &field);
  }
  kerven_iter_free(iter);
  return status < 0 ? status : close_follow_up(t, item, &f);
}

static int each(struct tasks *t, const struct kerven_case_item *item) {
  int status = 0;
  bool is_case = !strcmp(item->type, "case");
  if (item->due && item->due <= t->until) status = follow_ups(t, item);
  if (!status && is_case && item->expires && item->expires <= t->until)
    status = add(t, item,
                 json_pack("{s:s, s:s, s:s}", "kind", "consent", "owner", "", "what",
                           item->expired ? "a consent has expired" : "a consent expires"),
                 item->expires);
  if (!status && item->unanswered)
    status = add(t, item,
                 json_pack("{s:s, s:s, s:s}", "kind", "referral", "what",
                           "a referral has no answer", "owner", ""),
                 item->expires);
  return status;
}

static int print(const struct tasks *t) {
  static const char *const headers[] = {"DUE", "CASE", "WHAT", "WHO", "TITLE", NULL};
  if (!json_array_size(t->list)) {
    puts("nothing is due");
    return 0;
  }
  struct krv_table *table = krv_table_new(headers);
  if (!table) return KERVEN_ENOMEM;
  for (size_t i = 0; i < json_array_size(t->list); i++) {
    const char *kind, *what, *owner, *due, *id, *title;
    int overdue;
    char day[24], shown[ID_SHOWN + 1];
    json_unpack(json_array_get(t->list, i), "{s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "kind", &kind,
                "what", &what, "owner", &owner, "due", &due, "overdue", &overdue, "case", &id,
                "title", &title);
    snprintf(day, sizeof day, "%s%s", *due ? due : "-", overdue ? " !" : "");
    snprintf(shown, sizeof shown, "%s", id);
    const char *cells[] = {day, shown, what, owner, title};
    krv_table_row(table, cells);
  }
  int status = krv_table_print(table, stdout);
  krv_table_free(table);
  return status;
}

static int run(struct krv_cli *cli) {
  long days = DAYS_UNLESS_TOLD;
  kerven_iter *iter = NULL;
  struct kerven_case_item item;
  struct kerven_case_query query = {.size = sizeof query, .type = "all"};
  if (!krv_args_number(&cli->args, "due", DAYS_MAX, &days))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--due takes a number of days");
  struct tasks t = {.cli = cli,
                    .today = kerven_today(cli->k, 0),
                    .until = kerven_today(cli->k, (uint32_t)days),
                    .list = json_array()};
  int status = t.list ? kerven_cases(cli->k, &query, &iter) : KERVEN_ENOMEM;
  while (!status && !(status = kerven_cases_next(iter, &item))) status = each(&t, &item);
  kerven_iter_free(iter);
  if (status > 0) status = 0;
  if (!status)
    status = cli->json ? krv_out_json(stdout, json_pack("{s:O}", "tasks", t.list)) : print(&t);
  json_decref(t.list);
  return status;
}

static const struct krv_option options[] = {
    {"due", "DAYS", "due within so many days (7 unless told; 0: today), and what is overdue"},
    {0}};

const struct krv_command krv_cmd_tasks = {
    .verb = "tasks",
    .args = "",
    .line = "what is to be done: follow-ups, consents that end, referrals without an answer",
    .text =
        "By day, of all cases; ! is overdue. A follow-up is a record of its case:\n"
        "kerven case set 3fa9 task[+].what=\"Call the clinic\" task[+].due=2026-02-03, and\n"
        "task[1].done=true when it is done. One without a day is not listed.",
    .example = "kerven tasks --due 14",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
