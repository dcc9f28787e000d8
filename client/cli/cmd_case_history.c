#include "commands.h"
#include "htcdsjson.h"
#include "out.h"

static json_t *as_json(const struct kerven_history_item *h) {
  return json_pack("{s:s, s:s, s:s, s:I, s:o, s:s, s:s, s:s, s:s, s:b}", "commit", h->commit, "by",
                   h->by, "device", h->device, "n", (json_int_t)h->n, "at", krv_htcds_time(h->at_s),
                   "verdict", h->verdict, "why", h->why, "changes", h->changes, "sync",
                   krv_htcds_sync(h->sync), "fork", h->fork);
}

static void print(const struct kerven_history_item *h) {
  char time[KRV_OUT_TIME_MAX];
  printf("%s  %.8s  ", krv_out_time(h->at_s, time), h->commit);
  krv_out_text(stdout, h->by);
  printf(" (%s, change %llu)  %s, %s%s\n", h->device, (unsigned long long)h->n, h->verdict,
         krv_htcds_sync(h->sync), h->fork ? "; two changes at this place: a copy is in use" : "");
  if (*h->why) {
    fputs("    ! ", stdout);
    krv_out_lines(stdout, h->why, 6);
    putchar('\n');
  }
  fputs("    ", stdout);
  krv_out_lines(stdout, h->changes, 4);
  putchar('\n');
}

static int run(struct krv_cli *cli) {
  kerven_iter *iter = NULL;
  struct kerven_history_item item;
  json_t *list = json_array();
  int status = list ? kerven_history(cli->k, cli->words[0], &iter) : KERVEN_ENOMEM;
  while (!status && !(status = kerven_history_next(iter, &item))) {
    if (!cli->json)
      print(&item);
    else if (json_array_append_new(list, as_json(&item)))
      status = KERVEN_ENOMEM;
  }
  kerven_iter_free(iter);
  if (status > 0) status = 0;
  if (!status && cli->json) status = krv_out_json(stdout, json_pack("{s:O}", "history", list));
  json_decref(list);
  return status;
}

const struct krv_command krv_cmd_case_history = {
    .verb = "case",
    .sub = "history",
    .args = "ID",
    .line = "every change of a case: who, when, what",
    .text = "Times are what the author's clock said.",
    .example = "kerven case history 3fa9",
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
