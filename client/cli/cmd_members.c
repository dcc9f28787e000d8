#include "commands.h"
#include "out.h"

static json_t *groups_of(const struct kerven_member_item *m) {
  json_t *list = json_array();
  for (size_t i = 0; list && m->group_names[i]; i++)
    json_array_append_new(list, json_string(m->group_names[i]));
  return list;
}

static json_t *as_json(const struct kerven_member_item *m) {
  return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:o, s:s, s:b, s:b, s:b, s:b}", "name",
                   m->name, "roles", m->roles, "agency", m->agency, "device", m->device, "self",
                   m->self, "active", m->active, "pending", m->pending, "words", m->words,
                   "groups", groups_of(m), "invited_by", m->invited_by, "further", m->further,
                   "waits", m->waits, "refused", m->refused, "expired", m->expired);
}

static void add_row(struct krv_table *table, const struct kerven_member_item *m) {
  char device[9], stranger[256];
  snprintf(device, sizeof device, "%.8s", m->device);
  snprintf(stranger, sizeof stranger, m->further ? "(a device of %s)" : "(invited by %s)",
           m->invited_by);
  const char *state = m->refused  ? "refused here"
                      : m->expired ? "asked; too old"
                      : m->pending ? "asks to join"
                      : m->waits  ? "waits for a group"
                      : m->active ? "active"
                                  : "revoked";
  const char *cells[] = {m->pending && !*m->name ? stranger : m->name,
                         m->self ? "this device" : state,
                         m->roles,
                         m->agency,
                         device,
                         m->pending ? m->words : m->groups};
  krv_table_row(table, cells);
}

static int run(struct krv_cli *cli) {
  static const char *const headers[] = {"NAME",   "STATE",  "ROLES",
                                        "AGENCY", "DEVICE", "GROUPS (OR CHECK WORDS)", NULL};
  kerven_iter *iter = NULL;
  struct kerven_member_item item;
  json_t *list = json_array();
  struct krv_table *table = krv_table_new(headers);
  int status = list && table ? kerven_members(cli->k, &iter) : KERVEN_ENOMEM;
  while (!status && !(status = kerven_members_next(iter, &item))) {
    if (!cli->json)
      add_row(table, &item);
    else if (json_array_append_new(list, as_json(&item)))
      status = KERVEN_ENOMEM;
  }
  kerven_iter_free(iter);
  if (status > 0)
    status = cli->json ? krv_out_json(stdout, json_pack("{s:O}", "members", list))
                       : krv_table_print(table, stdout);
  krv_table_free(table);
  json_decref(list);
  return status;
}

const struct krv_command krv_cmd_members = {
    .verb = "members",
    .args = "",
    .line = "who is in the programme, and who asks to join",
    .text =
        "Who asks to join is shown with six check words. Compare them by voice with\n"
        "those on that device before you let it in: kerven approve. One whose\n"
        "invitation has expired meanwhile is too old: it comes in by its words only,\n"
        "and approve --refuse clears it. Who waits for a group is in the programme\n"
        "already, and is let into a group of yours with kerven approve --device.",
    .example = "kerven --vault office members",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
