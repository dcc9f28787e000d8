#include "cli.h"
#include "htcdsjson.h"
#include "out.h"

#include <stdio.h>
#include <string.h>

enum { ID_SHOWN = 12 }; /* digits in tables: unique in any vault, and short enough to type */

/* What a person should know before opening the case. */
static void marks_of(const struct kerven_case_item *item, uint32_t overdue_days, char *out,
                     size_t cap) {
  char waits[40];
  snprintf(waits, sizeof waits, "unconfirmed %u days", (unsigned)item->waits_days);
  const struct {
    bool on;
    const char *text;
  } marks[] = {
      {item->conflicts > 0, "conflict"},
      {item->consent_withdrawn, "consent withdrawn"},
      {item->consent_refused && !item->consent_withdrawn, "consent refused"},
      {item->no_consent && !item->consent_refused, "no consent"},
      {item->expired, "expired"},
      {item->unanswered, "no answer"},
      {item->cut_off, "no longer shared"},
      {item->waits_days >= overdue_days, waits},
      {item->forked, "two histories"},
      {item->held > 0, "waits"},
      {item->without_effect > 0, "without effect"},
      {item->keyless, "no key"},
      {item->quarantined, "to judge"},
  };
  size_t used = 0;
  *out = 0;
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    if (!marks[i].on) continue;
    int len = snprintf(out + used, cap - used, "%s%s", used ? ", " : "", marks[i].text);
    if (len < 0 || (size_t)len >= cap - used) return;
    used += (size_t)len;
  }
}

static void add_row(struct krv_table *table, const struct kerven_case_item *item,
                    uint32_t overdue_days) {
  char id[ID_SHOWN + 1], time[KRV_OUT_TIME_MAX], marks[128];
  memcpy(id, item->id, ID_SHOWN);
  id[ID_SHOWN] = 0;
  marks_of(item, overdue_days ? overdue_days : KRV_CLI_OVERDUE_DAYS, marks, sizeof marks);
  const char *cells[] = {
      id,    item->status_label, krv_htcds_sync(item->sync), krv_out_time(item->changed_s, time),
      marks, item->title};
  krv_table_row(table, cells);
}

static json_t *as_json(const struct kerven_case_item *item) {
  json_t *head = krv_htcds_head(item);
  if (!head) return NULL;
  json_object_set_new(head, "without_effect_count", json_integer((json_int_t)item->without_effect));
  json_object_set_new(head, "unconfirmed_since", krv_htcds_time(item->waits_since_s));
  json_object_set_new(head, "unconfirmed_days", json_integer((json_int_t)item->waits_days));
  return head;
}

int krv_cli_days(struct krv_cli *cli, uint32_t *out) {
  long days = KRV_CLI_OVERDUE_DAYS;
  bool good = krv_args_number(&cli->args, "days", 36500, &days) && days > 0;
  *out = (uint32_t)days;
  return good ? 0 : krv_cli_why(cli, KERVEN_EUSAGE, "--days takes a number of days, from 1");
}

/* Who has received referrals only should not read that there is nothing. */
static int print_none(struct krv_cli *cli, const struct kerven_case_query *query) {
  kerven_iter *iter = NULL;
  struct kerven_case_item item;
  struct kerven_case_query referrals = {.size = sizeof referrals, .type = "referral"};
  unsigned count = 0;
  int status =
      query->type || query->search || query->held ? 1 : kerven_cases(cli->k, &referrals, &iter);
  while (!status && !(status = kerven_cases_next(iter, &item))) count++;
  kerven_iter_free(iter);
  if (count)
    printf("no cases; %u referral%s: kerven case list --type referral\n", count,
           count == 1 ? "" : "s");
  else puts("no cases");
  return status < 0 ? status : 0;
}

void krv_cli_warn_consent(struct krv_cli *cli, const char *id) {
  struct kerven_case_item item;
  if (kerven_case_get(cli->k, id, &item)) return;
  if (item.consent_refused)
    fprintf(stderr, "kerven: warning: consent was %s in this case\n",
            item.consent_withdrawn ? "withdrawn" : "refused");
  else if (item.no_consent) fputs("kerven: warning: no consent is recorded in this case\n", stderr);
  else if (item.expired) fputs("kerven: warning: a consent in this case has expired\n", stderr);
}

/* The group of all, by its name in whatever script. */
static bool is_everyone(const char *name) {
  char folded[64];
  return kerven_fold(name, folded, sizeof folded) == 0 && !strcmp(folded, "everyone");
}

int krv_cli_check_everyone(struct krv_cli *cli, const char *id, const char *group,
                           const char *what) {
  struct kerven_case_item item;
  if (!is_everyone(group) || krv_cli_has(cli, "yes")) return 0;
  int status = kerven_case_get(cli->k, id, &item);
  if (status || !strcmp(item.type, "directory")) return status;
  cli->what = "everyone means every member of the programme, now and later, in every agency";
  return krv_cli_advise(cli, KERVEN_EUSAGE,
                        "Each of them would have %s, and what was read cannot be taken back. Add "
                        "--yes if that is meant; else name a member or a group.",
                        what);
}

int krv_cli_cases(struct krv_cli *cli, const struct kerven_case_query *query) {
  static const char *const headers[] = {"CASE",  "STATUS", "SYNC", "CHANGED",
                                        "MARKS", "TITLE",  NULL};
  kerven_iter *iter = NULL;
  struct kerven_case_item item;
  json_t *list = json_array();
  struct krv_table *table = krv_table_new(headers);
  int status = list && table ? kerven_cases(cli->k, query, &iter) : KERVEN_ENOMEM;
  if (status == KERVEN_ECODE)
    krv_cli_advise(cli, status, "--type takes case, referral, directory, part or all.");
  while (!status && !(status = kerven_cases_next(iter, &item))) {
    if (!cli->json) add_row(table, &item, query->overdue_days);
    else if (json_array_append_new(list, as_json(&item))) status = KERVEN_ENOMEM;
  }
  kerven_iter_free(iter);
  if (status > 0) status = 0;
  if (!status && cli->json) status = krv_out_json(stdout, json_pack("{s:O}", "cases", list));
  else if (!status && krv_table_rows(table)) status = krv_table_print(table, stdout);
  else if (!status) status = print_none(cli, query);
  krv_table_free(table);
  json_decref(list);
  return status;
}
