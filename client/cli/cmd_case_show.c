#include "commands.h"
#include "htcdsjson.h"
#include "out.h"
#include "utf8.h"

#include <string.h>

enum { LABEL_WIDTH = 28 };

/* ---------------------------------------------------------------------- JSON */

static json_t *access_json(struct krv_cli *cli, const char *id, int *status) {
  kerven_iter *iter = NULL;
  struct kerven_access_item item;
  json_t *list = json_array();
  *status = kerven_access(cli->k, id, &iter);
  while (!*status && !(*status = kerven_access_next(iter, &item)))
    json_array_append_new(list, json_pack("{s:s, s:b, s:s}", "group", item.group, "write",
                                          item.write, "say", item.say));
  kerven_iter_free(iter);
  if (*status > 0) *status = list ? 0 : KERVEN_ENOMEM;
  return list;
}

/* Ids of the records that are marked as deleted: case set --restore takes them. */
static json_t *deleted_json(struct krv_cli *cli, const char *id, int *status) {
  kerven_iter *iter = NULL;
  struct kerven_field_item item;
  struct kerven_field_query query = {.size = sizeof query, .deleted = true};
  char last[sizeof item.rid] = "";
  json_t *list = json_array();
  *status = kerven_fields(cli->k, id, &query, &iter);
  while (!*status && !(*status = kerven_fields_next(iter, &item))) {
    if (!item.deleted_record || !strcmp(last, item.rid)) continue;
    memcpy(last, item.rid, sizeof last);
    if (json_array_append_new(list, json_string(last))) *status = KERVEN_ENOMEM;
  }
  kerven_iter_free(iter);
  if (*status > 0) *status = list ? 0 : KERVEN_ENOMEM;
  return list;
}

/* Changes of this vault's that the office has, without effect. */
static json_t *void_json(struct krv_cli *cli, const char *id, int *status) {
  kerven_iter *iter = NULL;
  struct kerven_history_item h;
  json_t *list = json_array();
  *status = kerven_history(cli->k, id, &iter);
  while (!*status && !(*status = kerven_history_next(iter, &h)))
    if (*h.no_effect &&
        json_array_append_new(list, json_pack("{s:s, s:I, s:s, s:s}", "commit", h.commit, "n",
                                              (json_int_t)h.n, "reason", h.no_effect, "why",
                                              h.no_effect_why)))
      *status = KERVEN_ENOMEM;
  kerven_iter_free(iter);
  if (*status > 0) *status = list ? 0 : KERVEN_ENOMEM;
  return list;
}

static int show_json(struct krv_cli *cli, const char *id, bool deleted) {
  json_t *root;
  struct kerven_case_item item;
  int status = krv_htcds_case(cli->k, id, deleted, &root);
  if (status) return status;
  json_t *referrals = NULL, *gone = NULL, *voids = NULL, *access = access_json(cli, id, &status);
  if (!status) status = krv_cli_referrals(cli, id, &referrals);
  if (!status && deleted) gone = deleted_json(cli, id, &status);
  if (!status) status = kerven_case_get(cli->k, id, &item);
  if (!status) voids = item.without_effect ? void_json(cli, id, &status) : json_array();
  if (json_object_set_new(root, "without_effect", voids) && !status) status = KERVEN_ENOMEM;
  if (!status && json_object_set_new(root, "missing_names", json_string(item.missing_names)))
    status = KERVEN_ENOMEM;
  if (json_object_set_new(root, "access", access) && !status) status = KERVEN_ENOMEM;
  if (json_object_set_new(root, "referrals", referrals) && !status) status = KERVEN_ENOMEM;
  if (gone && json_object_set_new(root, "deleted", gone) && !status) status = KERVEN_ENOMEM;
  if (status) {
    json_decref(root);
    return status;
  }
  return krv_out_json(stdout, root);
}

/* ----------------------------------------------------------------- for people */

static void show_head(const struct kerven_case_item *item) {
  static const char *const where[] = {[KERVEN_SAVED] = "saved on this device, not sent yet",
                                      [KERVEN_AT_SERVER] = "at the server",
                                      [KERVEN_DELIVERED] = "delivered to the office"};
  char time[KRV_OUT_TIME_MAX];
  printf("%s %s  ", item->type, item->id);
  krv_out_text(stdout, item->title);
  printf("\n%s; last change %s, number %u\n", where[item->sync],
         krv_out_time(item->changed_s, time), item->commits);
  if (item->consent_withdrawn) puts("! CONSENT WAS WITHDRAWN");
  else if (item->consent_refused) puts("! CONSENT WAS REFUSED");
  else if (item->no_consent) puts("! NO CONSENT IS RECORDED");
  if (item->expired)
    puts(strcmp(item->type, "referral") ? "! a consent has expired" : "! it has expired");
  if (item->forked)
    puts("! a device wrote two histories in it: its vault was restored from a copy, or cloned");
  if (item->cut_off) puts("! no longer shared with you: what stands here is from before");
  if (item->missing) {
    fputs("! not recorded yet, but should be: ", stdout);
    krv_out_text(stdout, item->missing_names);
    putchar('\n');
  }
  if (item->conflicts) printf("! in conflict, see kerven case resolve: %u\n", item->conflicts);
  if (item->keyless) puts("! no key for a part of it yet: sync, or ask the office");
  if (item->quarantined) puts("! a change is set aside for a person to judge: kerven case history");
}

/* Of what has no effect yet, what for; of ours that has none at the office, why. */
static void show_effect(const struct kerven_history_item *h) {
  fputs("! a change by ", stdout);
  krv_out_text(stdout, h->by);
  if (*h->no_effect) {
    printf(" (number %llu) was delivered, but without effect: %s\n", (unsigned long long)h->n,
           h->no_effect_why);
    return;
  }
  fputs(" has no effect yet: ", stdout);
  krv_out_text(stdout, h->why);
  putchar('\n');
}

/* A few of them. */
static int show_effects(struct krv_cli *cli, const char *id) {
  enum { SHOWN = 5 };
  kerven_iter *iter;
  struct kerven_history_item h;
  unsigned count = 0;
  int status = kerven_history(cli->k, id, &iter);
  while (!status && !(status = kerven_history_next(iter, &h)))
    if ((*h.waits_for || *h.no_effect) && count++ < SHOWN) show_effect(&h);
  kerven_iter_free(iter);
  if (count > SHOWN) printf("! and %u more: kerven case history %.12s\n", count - SHOWN, id);
  return status < 0 ? status : 0;
}

/* What it is called, and the names to type: consent[1] as long as nothing else changes, the id
 * always. */
static void show_record(const struct kerven_field_item *item) {
  putchar('\n');
  krv_out_text(stdout, item->record_label);
  if (*item->rid)
    printf("  %s[%u], %s%s", item->record, item->number, item->rid,
           item->deleted_record ? "  (deleted; case set --restore takes it back)" : "");
  putchar('\n');
}

/* Label and machine name: the one to read, the other to type. */
static void show_label(const struct kerven_field_item *item) {
  printf("%s ", item->conflict ? "!" : " ");
  krv_out_text(stdout, item->label);
  size_t width = krv_utf8_width(item->label);
  printf("%*s", width < LABEL_WIDTH ? (int)(LABEL_WIDTH - width) : 1, "");
}

static void show_author(const struct kerven_value *v) {
  char time[KRV_OUT_TIME_MAX];
  fputs("   (", stdout);
  krv_out_text(stdout, v->by);
  printf(", %s%s)", krv_out_time(v->at_s, time), v->at_trusted ? "" : ", clock not checked");
}

static void show_value(const struct kerven_value *v, bool author) {
  krv_out_lines(stdout, *v->display ? v->display : "(empty)", LABEL_WIDTH + 2);
  if (author) show_author(v);
}

static void show_field(const struct kerven_field_item *item) {
  bool choices = !strcmp(item->type, "codes") && !item->conflict;
  bool authors = item->conflict || !strcmp(item->type, "notes");
  bool empty = item->count == 0 || (item->count == 1 && !*item->values[0].value);
  if (empty && !item->conflict) return;
  show_label(item);
  for (uint32_t i = 0; i < item->count; i++) {
    if (i && choices) fputs("; ", stdout);
    if (i && !choices) printf("\n%*s", LABEL_WIDTH + 2, "");
    show_value(&item->values[i], authors);
  }
  if (item->conflict && *item->rid)
    printf("   %s[%u].%s", item->record, item->number, item->field);
  else if (item->conflict) printf("   %s", item->field);
  putchar('\n');
}

static int show_fields(struct krv_cli *cli, const char *id, bool deleted) {
  kerven_iter *iter;
  struct kerven_field_item item;
  struct kerven_field_query query = {.size = sizeof query, .deleted = deleted};
  char shown[128] = "-", record[128]; /* the heading that stands, and the one that is due */
  int status = kerven_fields(cli->k, id, &query, &iter);
  while (!status && !(status = kerven_fields_next(iter, &item))) {
    snprintf(record, sizeof record, "%s%s", item.record, item.rid);
    if (strcmp(shown, record)) show_record(&item);
    memcpy(shown, record, sizeof shown);
    show_field(&item);
  }
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

/* With what its receiver has answered, where this vault can read it. */
static int show_referrals(struct krv_cli *cli, const char *id) {
  json_t *rows;
  int status = krv_cli_referrals(cli, id, &rows);
  if (status) return status;
  if (json_array_size(rows)) puts("\nreferred on (kerven case show ID)");
  for (size_t i = 0; i < json_array_size(rows); i++) {
    const char *child, *to, *service, *answer = "cannot be read here";
    const char *at = "", *why = "", *said = "";
    json_unpack(json_array_get(rows, i), "{s:s, s:s, s:s, s?s, s?s, s?s, s?s}", "case", &child,
                "to", &to, "service_label", &service, "status_label", &answer, "at", &at,
                "why_declined", &why, "feedback", &said);
    printf("  %.12s  ", child);
    krv_out_text(stdout, to);
    fputs(*service ? ", " : "", stdout);
    krv_out_text(stdout, service);
    fputs(": ", stdout);
    krv_out_text(stdout, answer);
    printf("%s%.10s", *at ? ", since " : "", at);
    fputs(*why ? "; " : "", stdout);
    krv_out_text(stdout, why);
    fputs(*said ? "; " : "", stdout);
    krv_out_text(stdout, said);
    putchar('\n');
  }
  json_decref(rows);
  return 0;
}

static int show_access(struct krv_cli *cli, const char *id) {
  kerven_iter *iter;
  struct kerven_access_item item;
  const char *between = "\nwho can read it: ";
  int status = kerven_access(cli->k, id, &iter);
  while (!status && !(status = kerven_access_next(iter, &item))) {
    fputs(between, stdout);
    krv_out_text(stdout, item.say);
    fputs(item.write ? " (may write)" : "", stdout);
    between = ", ";
  }
  kerven_iter_free(iter);
  putchar('\n');
  return status < 0 ? status : 0;
}

static int run(struct krv_cli *cli) {
  char id[33];
  struct kerven_case_item item;
  bool deleted = krv_cli_has(cli, "deleted");
  int status = kerven_case_find(cli->k, cli->words[0], id);
  if (status) return status;
  if (cli->json) return show_json(cli, id, deleted);
  status = kerven_case_get(cli->k, id, &item);
  if (status) return status;
  show_head(&item);
  status = item.held || item.without_effect ? show_effects(cli, id) : 0;
  if (!status) status = show_fields(cli, id, deleted);
  if (!status) status = show_referrals(cli, id);
  return status ? status : show_access(cli, id);
}

static const struct krv_option options[] = {{"deleted", NULL, "deleted records too"}, {0}};

const struct krv_command krv_cmd_case_show = {
    .verb = "case",
    .sub = "show",
    .args = "ID",
    .line = "show a case: fields, records, conflicts, who can read it",
    .text =
        "A line that begins with ! needs attention. Times are what the author's clock\n"
        "said. Referrals made from it are listed with the answer that they have got.",
    .example = "kerven case show 3fa9",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
