#include "commands.h"
#include "out.h"

struct told {
  bool json;
  json_t *list;
  int approved, left;
};

static const char *reason(const struct kerven_approval *a) {
  if (a->approved) return "";
  if (a->why_not == KERVEN_EINVITE_USED)
    return "a second device tried this invitation: compare the words by voice, then approve "
           "--words";
  if (a->why_not == KERVEN_EDENIED) return "needs the words: approve --words";
  if (a->why_not == KERVEN_EINVALID)
    return "it does not fit its invitation, or brings a key that another device has: invite it "
           "anew";
  if (a->why_not == KERVEN_EEXISTS)
    return "another device has made its agency meanwhile: invite it anew";
  return kerven_strerror(a->why_not);
}

static void each(void *ctx, const struct kerven_approval *a) {
  struct told *told = ctx;
  const char *why = reason(a);
  told->approved += a->approved;
  told->left += !a->approved;
  if (told->json) {
    json_array_append_new(told->list,
                          json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", a->name, "roles", a->roles,
                                    "words", a->words, "approved", a->approved, "why", why));
    return;
  }
  bool admission = !*a->words; /* of a device that is in already, into a group that we keep */
  fputs(admission ? "let into our groups: " : a->approved ? "approved: " : "left out: ", stdout);
  krv_out_text(stdout, a->name);
  printf(" (%s)%s%s%s%s\n", a->roles, admission ? "" : ", check words: ", a->words,
         *why ? ": " : "", why);
}

static int run(struct krv_cli *cli) {
  struct kerven_approve_options options = {.size = sizeof options,
                                           .all = krv_cli_has(cli, "all"),
                                           .words = krv_cli_option(cli, "words"),
                                           .device = krv_cli_option(cli, "device"),
                                           .name = krv_cli_option(cli, "name")};
  if (options.all + (options.words != NULL) + (options.device != NULL) != 1)
    return krv_cli_why(cli, KERVEN_EUSAGE, "one of --all, --words \"...\" and --device ID");
  if (options.name && !options.words)
    return krv_cli_why(cli, KERVEN_EUSAGE, "--name goes with --words");
  struct told told = {.json = cli->json, .list = json_array()};
  int status = told.list ? kerven_approve(cli->k, &options, each, &told) : KERVEN_ENOMEM;
  if (!status && cli->json)
    status = krv_out_json(
        stdout, json_pack("{s:i, s:O}", "approved", told.approved, "requests", told.list));
  else if (!status && told.approved) puts("Run kerven sync to let them in.");
  else if (!status && !told.left)
    puts("Nobody asks to join. After they have joined, run kerven sync first.");
  json_decref(told.list);
  return status;
}

static const struct krv_option options[] = {
    {"all", NULL, "every worker and provider whose request proves itself"},
    {"words", "\"...\"", "the one device with these check words, heard by voice"},
    {"device", "ID", "one that waits for a group of yours: 16 digits of its number, by voice"},
    {"name", "WHO", "with --words, who it is: where somebody else made the invitation"},
    {0}};

const struct krv_command krv_cmd_approve = {
    .verb = "approve",
    .args = "--all | --words \"...\" | --device ID",
    .line = "let in devices that asked to join",
    .text = "Requests come with a sync, approvals go out with the next one. All other roles,\n"
            "invitations that a second device tried, and those that somebody else made, need the\n"
            "words. A further device of a member is approved by that member, with --all. Into office\n"
            "and into an agency lets only who keeps that group: members shows who waits.",
    .example = "kerven --vault office sync && kerven --vault office approve --all && "
               "kerven --vault office sync",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .run = run};
