#include "commands.h"
#include "htcdsjson.h"
#include "out.h"

#include <string.h>

struct shown {
  struct krv_cli *cli;
  json_t *list;
  int count;
};

static void print(const char *id, const struct kerven_field_item *item) {
  char path[256], time[KRV_OUT_TIME_MAX];
  krv_htcds_path(item, path, sizeof path);
  printf("%.12s  %s  (", id, path);
  krv_out_text(stdout, item->label);
  puts(")");
  for (uint32_t i = 0; i < item->count; i++) {
    const struct kerven_value *v = &item->values[i];
    fputs("    ", stdout);
    krv_out_lines(stdout, *v->display ? v->display : "(empty)", 4);
    fputs("   by ", stdout);
    krv_out_text(stdout, v->by);
    printf(", %s%s\n", krv_out_time(v->at_s, time), v->at_trusted ? "" : " (clock not checked)");
  }
}

static int show_case(struct shown *shown, const char *id) {
  kerven_iter *iter;
  struct kerven_field_item item;
  struct kerven_field_query query = {.size = sizeof query, .conflicts_only = true};
  int status = kerven_fields(shown->cli->k, id, &query, &iter);
  while (!status && !(status = kerven_fields_next(iter, &item))) {
    shown->count++;
    if (!shown->cli->json)
      print(id, &item);
    else if (json_array_append_new(shown->list, krv_htcds_conflict(id, &item)))
      status = KERVEN_ENOMEM;
  }
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

static int run(struct krv_cli *cli) {
  kerven_iter *iter = NULL;
  struct kerven_case_item item;
  struct kerven_case_query query = {.size = sizeof query, .type = "all", .conflicts_only = true};
  struct shown shown = {.cli = cli, .list = json_array()};
  int status = shown.list ? kerven_cases(cli->k, &query, &iter) : KERVEN_ENOMEM;
  while (!status && !(status = kerven_cases_next(iter, &item))) {
    char id[sizeof item.id];
    memcpy(id, item.id, sizeof id);
    status = show_case(&shown, id);
  }
  kerven_iter_free(iter);
  if (status > 0) status = 0;
  if (!status && cli->json)
    status = krv_out_json(stdout, json_pack("{s:O}", "conflicts", shown.list));
  else if (!status)
    puts(shown.count ? "Resolve one with: kerven case resolve CASE FIELD VALUE" : "no conflicts");
  json_decref(shown.list);
  return status;
}

const struct krv_command krv_cmd_case_conflicts = {
    .verb = "case",
    .sub = "conflicts",
    .args = "",
    .line = "fields that two people set at the same time, with both values",
    .text = "Nothing is lost: both values are kept until a person resolves them.",
    .example = "kerven case conflicts",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
