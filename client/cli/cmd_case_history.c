#include "commands.h"
#include "htcdsjson.h"
#include "out.h"

#include <string.h>

static json_t *as_json(const struct kerven_history_item *h) {
  json_t *waits = *h->waits_for ? json_pack("{s:s, s:s, s:I, s:o}", "for", h->waits_for, "by",
                                            h->waits_by, "n", (json_int_t)h->waits_n, "since",
                                            krv_htcds_time(h->waits_since_s))
                                : json_null();
  json_t *void_at_office = *h->no_effect ? json_pack("{s:s, s:s}", "reason", h->no_effect, "why",
                                                     h->no_effect_why)
                                         : json_null();
  return json_pack("{s:s, s:s, s:s, s:I, s:o, s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "commit",
                   h->commit, "by", h->by, "device", h->device, "n", (json_int_t)h->n, "at",
                   krv_htcds_time(h->at_s), "verdict", h->verdict, "why", h->why, "changes",
                   h->changes, "sync", krv_htcds_sync(h->sync), "fork", h->fork, "waits", waits,
                   "without_effect", void_at_office);
}

/* What a person is told of a verdict. */
static const char *in_words(const char *verdict) {
  static const struct {
    const char *verdict, *words;
  } table[] = {{"held", "held, no effect yet"},
               {"quarantined", "set aside, no effect until a person has judged it"},
               {"noop", "no effect, by a signed decision"},
               {"waits", "no effect until the office has judged a device that was revoked"}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (!strcmp(table[i].verdict, verdict)) return table[i].words;
  return verdict;
}

static void print(const struct kerven_history_item *h) {
  char time[KRV_OUT_TIME_MAX];
  printf("%s  %.8s  ", krv_out_time(h->at_s, time), h->commit);
  krv_out_text(stdout, h->by);
  printf(" (%s, change %llu)  %s, %s%s\n", h->device, (unsigned long long)h->n,
         in_words(h->verdict),
         krv_htcds_sync(h->sync), h->fork ? "; two changes at this place: a copy is in use" : "");
  if (*h->why) {
    fputs("    ! ", stdout);
    krv_out_lines(stdout, h->why, 6);
    putchar('\n');
  }
  if (*h->no_effect) printf("    ! delivered, but without effect: %s\n", h->no_effect_why);
  if (!*h->changes) return; /* it does not open */
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
    .text =
        "Times are what the author's clock said. A change that is held has no effect\n"
        "yet: what it waits for stands below it. Nothing is lost; it takes effect by\n"
        "itself when that comes. A change of yours that the office has, but without\n"
        "effect, says why.",
    .example = "kerven case history 3fa9",
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
