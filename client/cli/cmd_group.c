#include "commands.h"
#include "out.h"

#include <string.h>

static json_t *as_json(const struct kerven_group_item *g) {
  return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:s}", "name", g->name, "kind",
                   g->kind, "devices", (json_int_t)g->devices, "keepers", (json_int_t)g->keepers,
                   "secret", (json_int_t)g->secret, "member", g->member, "keeper", g->keeper,
                   "exposed", g->exposed, "renewing", g->renewing, "say", g->say);
}

static void add_row(struct krv_table *table, const struct kerven_group_item *g) {
  char devices[16], secret[16];
  snprintf(devices, sizeof devices, "%u", g->devices);
  snprintf(secret, sizeof secret, "%u", g->secret + 1);
  const char *state = g->renewing  ? "renewed with the next sync"
                      : g->exposed ? "a device has left: renew"
                                   : "";
  const char *here = g->keeper ? "keeps it" : g->member ? "reads" : "";
  bool same = !strcmp(g->name, g->say);
  const char *cells[] = {g->name, same ? "" : g->say, g->kind, devices, here, secret, state};
  krv_table_row(table, cells);
}

static int list(struct krv_cli *cli) {
  static const char *const headers[] = {"GROUP",       "WRITE IT AS", "KIND",  "DEVICES",
                                        "THIS DEVICE", "SECRET",      "STATE", NULL};
  kerven_iter *iter = NULL;
  struct kerven_group_item item;
  json_t *rows = json_array();
  struct krv_table *table = krv_table_new(headers);
  int status = rows && table ? kerven_groups(cli->k, &iter) : KERVEN_ENOMEM;
  while (!status && !(status = kerven_groups_next(iter, &item))) {
    if (!cli->json)
      add_row(table, &item);
    else if (json_array_append_new(rows, as_json(&item)))
      status = KERVEN_ENOMEM;
  }
  kerven_iter_free(iter);
  if (status > 0)
    status = cli->json ? krv_out_json(stdout, json_pack("{s:O}", "groups", rows))
                       : krv_table_print(table, stdout);
  krv_table_free(table);
  json_decref(rows);
  return status;
}

const struct krv_command krv_cmd_group_list = {
    .verb = "group",
    .sub = "list",
    .args = "",
    .line = "the groups that cases are shared with, and the state of their secrets",
    .text =
        "A group is office, everyone, an agency, or one member with all his devices.\n"
        "Its devices share a secret. When a device has left (revoked or expelled), new\n"
        "keys go to the others one by one until a device that keeps the group renews\n"
        "the secret. Where two are called the same, WRITE IT AS tells what means this\n"
        "one.",
    .example = "kerven --vault office group list",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = list};

int krv_cli_group_status(struct krv_cli *cli, int status) {
  bool named = status == KERVEN_EAMBIGUOUS && strstr(kerven_detail(cli->k), "; write one of these");
  if (named) krv_cli_advise(cli, status, "kerven group list and kerven members tell who is who.");
  return status;
}

static int renew(struct krv_cli *cli) {
  int status = krv_cli_group_status(cli, kerven_group_renew(cli->k, cli->words[0]));
  if (status == KERVEN_EEXISTS) {
    cli->what = "the renewal is under way already; it counts after the next sync";
    krv_cli_advise(cli, status, "Run kerven sync.");
  }
  return status ? status : krv_cli_done(cli, "renewed; it counts after the next sync");
}

const struct krv_command krv_cmd_group_renew = {
    .verb = "group",
    .sub = "renew",
    .args = "GROUP",
    .line = "give a group a new secret, for all devices that are in it",
    .text =
        "Needed after a device has left the group; it can be done at any time. What was\n"
        "shared before stays readable. Who left keeps what it has read, and gets\n"
        "nothing new.",
    .example = "kerven --vault office group renew office",
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = renew};
