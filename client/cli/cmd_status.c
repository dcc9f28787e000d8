#include "commands.h"
#include "htcdsjson.h"
#include "out.h"

static const char *membership(enum kerven_membership m) {
  switch (m) {
  case KERVEN_JOINING: return "joining";
  case KERVEN_MEMBER: return "member";
  case KERVEN_REVOKED: return "revoked";
  case KERVEN_ALONE: break;
  }
  return "alone";
}

static const struct {
  const char *name, *text; /* in JSON, and for people where it is not zero */
  size_t offset;
} counters[] = {
    {"cases", "cases", offsetof(struct kerven_status_report, cases)},
    {"commits", "changes in all", offsetof(struct kerven_status_report, commits)},
    {"unsent", "! changes not sent yet: kerven sync",
     offsetof(struct kerven_status_report, unsent)},
    {"unreceipted", "changes that no office device has confirmed yet",
     offsetof(struct kerven_status_report, unreceipted)},
    {"held", "! changes that wait for another one", offsetof(struct kerven_status_report, held)},
    {"quarantined", "! changes for a person to judge",
     offsetof(struct kerven_status_report, quarantined)},
    {"keyless", "! changes without a key", offsetof(struct kerven_status_report, keyless)},
    {"conflicts", "! conflicts: kerven case conflicts",
     offsetof(struct kerven_status_report, conflicts)},
    {"refused", "! changes that the server refused",
     offsetof(struct kerven_status_report, refused)},
    {"vault_bytes", "bytes on disk", offsetof(struct kerven_status_report, vault_bytes)},
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

static void line(const char *label, const char *text) {
  if (!*text) return;
  printf("%-12s ", label);
  krv_out_text(stdout, text);
  putchar('\n');
}

static int run(struct krv_cli *cli) {
  char time[KRV_OUT_TIME_MAX];
  struct kerven_status_report r = {.size = sizeof r};
  int status = kerven_status(cli->k, &r);
  if (status) return status;
  if (cli->json) return krv_out_json(stdout, as_json(&r));
  line("programme", r.programme);
  line("practice", r.practice ? "yes: no real people here" : "");
  line("name", r.name);
  line("roles", r.roles);
  line("membership", membership(r.membership));
  line("check words", r.words);
  line("device", r.device);
  line("server", r.server);
  line("last sync", krv_out_time(r.last_sync_s, time));
  for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
    if (counter(&r, i) || i == 0)
      printf("%12llu %s\n", (unsigned long long)counter(&r, i), counters[i].text);
  return 0;
}

const struct krv_command krv_cmd_status = {.verb = "status",
                                           .args = "",
                                           .line =
                                               "this vault: who, where, what is still to be sent",
                                           .example = "kerven status",
                                           .words_min = 0,
                                           .words_max = 0,
                                           .use = KRV_USE_READ,
                                           .run = run};
