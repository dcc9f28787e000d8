#include "commands.h"
#include "htcdsjson.h"
#include "out.h"

static const char *membership(enum kerven_membership m) {
  switch (m) {
    case KERVEN_JOINING: return "joining";
    case KERVEN_MEMBER: return "member";
    case KERVEN_REVOKED: return "revoked";
    case KERVEN_FOUNDING: return "founding";
    case KERVEN_ALONE: break;
  }
  return "alone";
}

static const struct {
  const char *name; /* in JSON */
  const char *one, *text; /* for people: of one, and of more */
  size_t offset;
} counters[] = {
    {"cases", "case", "cases", offsetof(struct kerven_status_report, cases)},
    {"referrals", "referral", "referrals", offsetof(struct kerven_status_report, referrals)},
    {"directory", "entry of the directory", "entries of the directory",
     offsetof(struct kerven_status_report, directory)},
    {"commits", "change in all", "changes in all", offsetof(struct kerven_status_report, commits)},
    {"unsent", "! change not sent yet: kerven sync", "! changes not sent yet: kerven sync",
     offsetof(struct kerven_status_report, unsent)},
    {"unreceipted", "change that no office device has confirmed yet",
     "changes that no office device has confirmed yet",
     offsetof(struct kerven_status_report, unreceipted)},
    {"held", "! change has no effect yet: kerven case list --held",
     "! changes have no effect yet: kerven case list --held",
     offsetof(struct kerven_status_report, held)},
    {"without_effect", "! change of yours has reached the office, without effect: kerven case list",
     "! changes of yours have reached the office, without effect: kerven case list",
     offsetof(struct kerven_status_report, without_effect)},
    {"quarantined", "! change for a person to judge", "! changes for a person to judge",
     offsetof(struct kerven_status_report, quarantined)},
    {"keyless", "! case that no key here opens, or not all of it: kerven case list --held",
     "! cases that no key here opens, or not all of them: kerven case list --held",
     offsetof(struct kerven_status_report, keyless)},
    {"requests", "! device asks to join: kerven approve", "! devices ask to join: kerven approve",
     offsetof(struct kerven_status_report, requests)},
    {"conflicts", "! case with two values: kerven case conflicts",
     "! cases with two values: kerven case conflicts",
     offsetof(struct kerven_status_report, conflicts)},
    {"refused", "! change that the server refused", "! changes that the server refused",
     offsetof(struct kerven_status_report, refused)},
    {"forked", "! case in which a device wrote two histories: a vault was copied or restored",
     "! cases in which a device wrote two histories: a vault was copied or restored",
     offsetof(struct kerven_status_report, forked)},
    {"strange_receipts", "! receipt for changes that this vault does not know",
     "! receipts for changes that this vault does not know",
     offsetof(struct kerven_status_report, strange_receipts)},
    {"alarms", "! alarm that nobody has seen: kerven alarms",
     "! alarms that nobody has seen: kerven alarms", offsetof(struct kerven_status_report, alarms)},
    {"recovery_due", "! recovery key that this vault alone holds: kerven recovery export",
     "! recovery keys that this vault alone holds: kerven recovery export",
     offsetof(struct kerven_status_report, recovery_due)},
    {"vault_bytes", "byte on disk", "bytes on disk",
     offsetof(struct kerven_status_report, vault_bytes)},
};

static uint64_t counter(const struct kerven_status_report *r, size_t i) {
  return *(const uint64_t *)(const void *)((const char *)r + counters[i].offset);
}

static json_t *as_json(const struct kerven_status_report *r) {
  json_t *root =
      json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:b, s:I}", "membership",
                membership(r->membership), "practice", r->practice, "programme", r->programme,
                "name", r->name, "roles", r->roles, "device", r->device, "server", r->server,
                "last_sync", krv_htcds_time(r->last_sync_s), "words", r->words, "copy_in_use",
                r->copy_in_use, "roster_height", (json_int_t)r->roster_height);
  for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
    json_object_set_new(root, counters[i].name, json_integer((json_int_t)counter(r, i)));
  return root;
}

/* What was refused, one by one: calls with each, which may print it or put it into list. */
static int list_refused(struct krv_cli *cli, json_t *list) {
  kerven_iter *iter = NULL;
  struct kerven_refused_item item;
  int status = kerven_refused(cli->k, &iter);
  while (!status && !(status = kerven_refused_next(iter, &item))) {
    const char *why = kerven_strerror(item.status);
    if (list)
      json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s}", "case", item.kase, "what",
                                            item.what, "n", (json_int_t)item.n, "why", why));
    else printf("%14s%s%s%s: %s\n", "", item.what, *item.kase ? " of case " : "", item.kase, why);
  }
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

/* Cases of every type whose changes the office has not confirmed for so long. */
static int count_overdue(struct krv_cli *cli, uint32_t days, uint64_t *count, uint32_t *oldest) {
  struct kerven_case_query query = {.size = sizeof query, .type = "all", .overdue_days = days};
  struct kerven_case_item item;
  kerven_iter *iter = NULL;
  int status = kerven_cases(cli->k, &query, &iter);
  *count = *oldest = 0;
  while (!status && !(status = kerven_cases_next(iter, &item))) {
    ++*count;
    if (item.waits_days > *oldest) *oldest = item.waits_days;
  }
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

static int print_json(struct krv_cli *cli, const struct kerven_status_report *r, uint32_t days) {
  json_t *root = as_json(r), *list = json_array();
  uint64_t overdue = 0;
  uint32_t oldest = 0;
  int status = root && list ? list_refused(cli, list) : KERVEN_ENOMEM;
  if (!status) status = count_overdue(cli, days, &overdue, &oldest);
  if (root) json_object_set_new(root, "overdue", json_integer((json_int_t)overdue));
  if (root) json_object_set_new(root, "overdue_days", json_integer((json_int_t)days));
  if (root) json_object_set_new(root, "unconfirmed_days", json_integer((json_int_t)oldest));
  if (root && list) json_object_set(root, "refused_items", list);
  json_decref(list);
  if (!status) return krv_out_json(stdout, root);
  json_decref(root);
  return status;
}

static int tell_overdue(struct krv_cli *cli, uint32_t days) {
  uint64_t count;
  uint32_t oldest;
  int status = count_overdue(cli, days, &count, &oldest);
  if (!status && count)
    printf("%12llu ! case%s changes that no office device has confirmed for %u days (the oldest: "
           "%u, by this device's clock): kerven case list --overdue --days %u --type all\n",
           (unsigned long long)count, count == 1 ? " has" : "s have", (unsigned)days,
           (unsigned)oldest, (unsigned)days);
  return status;
}

static void line(const char *label, const char *text) {
  if (!*text) return;
  printf("%-12s ", label);
  krv_out_text(stdout, text);
  putchar('\n');
}

static int run(struct krv_cli *cli) {
  char time[KRV_OUT_TIME_MAX];
  struct kerven_status_report r = {.size = sizeof r};
  uint32_t days;
  int status = krv_cli_days(cli, &days);
  if (!status) status = kerven_status(cli->k, &r);
  if (status) return status;
  if (cli->json) return print_json(cli, &r, days);
  line("programme", r.programme);
  line("practice", r.practice ? "yes: no real people here" : "");
  line("name", r.name);
  line("roles", r.roles);
  bool founding = r.membership == KERVEN_FOUNDING;
  line("membership", founding ? "founding: kerven sync, or kerven found with the same code, goes on"
                              : membership(r.membership));
  line("check words", r.words);
  line("device", r.device);
  line("server", r.server);
  line("last sync", krv_out_time(r.last_sync_s, time));
  for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
    if (counter(&r, i) || i == 0)
      printf("%12llu %s\n", (unsigned long long)counter(&r, i),
             counter(&r, i) == 1 ? counters[i].one : counters[i].text);
  status = tell_overdue(cli, days);
  return status ? status : list_refused(cli, NULL);
}

static const struct krv_option options[] = {
    {"days", "N", "from when on an unconfirmed change is told; 14 unless told"}, {0}};

const struct krv_command krv_cmd_status = {
    .verb = "status",
    .args = "",
    .line = "this vault: who, where, what is still to be sent",
    .text = "A line with ! needs attention, and says what to type.",
    .example = "kerven status",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .run = run};
