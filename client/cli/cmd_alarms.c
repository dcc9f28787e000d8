#include "commands.h"
#include "htcdsjson.h"
#include "out.h"

#include <string.h>

static json_t *as_json(const struct kerven_alarm_item *a) {
  return json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:b, s:s, s:s}", "alarm",
                   (json_int_t)a->number, "kind", a->kind, "device", a->device, "name", a->name,
                   "case", a->kase, "since", krv_htcds_time(a->since_s), "last",
                   krv_htcds_time(a->last_s), "count",
                   (json_int_t)a->count, "seen", a->seen, "what", a->what, "advice", a->advice);
}

static void print(const struct kerven_alarm_item *a) {
  char time[KRV_OUT_TIME_MAX];
  printf("%lld%s  %s", (long long)a->number, a->seen ? "" : " !", krv_out_time(a->since_s, time));
  if (a->count > 1) printf(", %llu times", (unsigned long long)a->count);
  fputs("\n    ", stdout);
  krv_out_text(stdout, a->what);
  fputs("\n    ", stdout);
  krv_out_text(stdout, a->advice);
  putchar('\n');
}

static int list_all(struct krv_cli *cli) {
  kerven_iter *iter = NULL;
  struct kerven_alarm_item item;
  json_t *list = json_array();
  unsigned count = 0;
  int status = list ? kerven_alarms(cli->k, &iter) : KERVEN_ENOMEM;
  for (; !status && !(status = kerven_alarms_next(iter, &item)); count++) {
    if (!cli->json) print(&item);
    else if (json_array_append_new(list, as_json(&item))) status = KERVEN_ENOMEM;
  }
  kerven_iter_free(iter);
  if (status > 0) status = cli->json ? krv_out_json(stdout, json_pack("{s:O}", "alarms", list)) : 0;
  if (!status && !cli->json && !count) puts("no alarms");
  json_decref(list);
  return status;
}

/* --seen N, or all: 0. */
static int check(struct krv_cli *cli) {
  const char *which = krv_cli_option(cli, "seen");
  long number = 0;
  if (!which || !strcmp(which, "all")) return 0;
  if (krv_args_number(&cli->args, "seen", INT32_MAX, &number) && number > 0) return 0;
  return krv_cli_why(cli, KERVEN_EUSAGE, "--seen takes the number of an alarm, or all");
}

static int run(struct krv_cli *cli) {
  long number = 0;
  if (!krv_cli_has(cli, "seen")) return list_all(cli);
  if (strcmp(krv_cli_option(cli, "seen"), "all") != 0)
    (void)krv_args_number(&cli->args, "seen", INT32_MAX, &number); /* check has looked at it */
  int status = kerven_alarm_see(cli->k, number);
  return status ? status : krv_cli_done(cli, "%s", number ? "seen" : "all seen");
}

static const struct krv_option options[] = {
    {"seen", "N|all", "you have seen this one, or all, and need not be told again"}, {0}};

const struct krv_command krv_cmd_alarms = {
    .verb = "alarms",
    .args = "",
    .line = "what you must know: copies in use, quotas, forks",
    .text =
        "An alarm stays until you say that you have seen it, and comes back when it\n"
        "happens again. Unseen ones have a !.",
    .example = "kerven alarms --seen 3",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .writes_with = "seen",
    .check = check,
    .run = run};
