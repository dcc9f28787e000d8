#include "commands.h"
#include "out.h"

struct told {
  bool json, refuse;
  json_t *list;
  int approved, left;
};

static const char *reason(const struct kerven_approval *a) {
  if (a->approved) return "";
  if (a->refused) return "refused on this device; approve --words would let it in";
  if (a->why_not == KERVEN_EINVITE_USED)
    return "a second device tried this invitation: compare the words by voice, then approve "
           "--words";
  if (a->why_not == KERVEN_EINVITE_EXPIRED)
    return "its invitation has expired meanwhile: compare the words by voice, then approve "
           "--words, or clear it with approve --refuse --words";
  if (a->why_not == KERVEN_EDENIED) return "needs the words: approve --words";
  if (a->why_not == KERVEN_EINVALID)
    return "it does not fit its invitation, or brings a key that another device has: invite it "
           "anew";
  if (a->why_not == KERVEN_EEXISTS)
    return "another device has made its agency meanwhile: invite it anew";
  return kerven_strerror(a->why_not);
}

static const char *outcome(const struct told *told, const struct kerven_approval *a) {
  if (told->refuse) return "refused: ";
  if (!a->approved) return "left out: ";
  /* without words: of a device that is in already, into a group that we keep */
  return *a->words ? "approved: " : "let into our groups: ";
}

static void each(void *ctx, const struct kerven_approval *a) {
  struct told *told = ctx;
  const char *why = told->refuse ? "" : reason(a);
  told->approved += a->approved;
  told->left += !a->approved;
  if (told->json) {
    json_array_append_new(told->list,
                          json_pack("{s:s, s:s, s:s, s:b, s:b, s:s}", "name", a->name, "roles",
                                    a->roles, "words", a->words, "approved", a->approved,
                                    "refused", a->refused, "why", why));
    return;
  }
  fputs(outcome(told, a), stdout);
  krv_out_text(stdout, *a->name ? a->name : "(somebody else invited it)");
  printf(" (%s)%s%s%s%s\n", a->roles, *a->words ? ", check words: " : "", a->words,
         *why ? ": " : "", why);
}

static int check(struct krv_cli *cli) {
  int ways = krv_cli_has(cli, "all") + krv_cli_has(cli, "words") + krv_cli_has(cli, "device");
  if (ways != 1)
    return krv_cli_why(cli, KERVEN_EUSAGE, "one of --all, --words \"...\" and --device ID");
  if (krv_cli_has(cli, "words")) return 0;
  static const char *const with_words[] = {"name", "agency", "refuse"};
  for (size_t i = 0; i < sizeof with_words / sizeof *with_words; i++)
    if (krv_cli_has(cli, with_words[i]))
      return krv_cli_why(cli, KERVEN_EUSAGE, "--%s goes with --words", with_words[i]);
  return 0;
}

static int run(struct krv_cli *cli) {
  struct kerven_approve_options options = {.size = sizeof options,
                                           .all = krv_cli_has(cli, "all"),
                                           .words = krv_cli_option(cli, "words"),
                                           .device = krv_cli_option(cli, "device"),
                                           .name = krv_cli_option(cli, "name"),
                                           .agency = krv_cli_option(cli, "agency"),
                                           .refuse = krv_cli_has(cli, "refuse")};
  struct told told = {.json = cli->json, .refuse = options.refuse, .list = json_array()};
  int status = told.list ? kerven_approve(cli->k, &options, each, &told) : KERVEN_ENOMEM;
  if (!status && *kerven_detail(cli->k)) {
    fputs("kerven: warning: ", stderr);
    krv_out_text(stderr, kerven_detail(cli->k));
    fputs(": kerven group list tells what to write for each\n", stderr);
  }
  if (status == KERVEN_EUSAGE) cli->what = "this device was not let in";
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
    {"name", "WHO", "with --words, whose it is: where somebody else made the invitation"},
    {"agency", "NAME", "with --words, its agency: where somebody else made the invitation"},
    {"refuse", NULL, "with --words, do not let this one in"},
    {0}};

const struct krv_command krv_cmd_approve = {
    .verb = "approve",
    .args = "--all | --words \"...\" | --device ID",
    .line = "let in devices that asked to join",
    .text =
        "Requests come with a sync, approvals go out with the next one. --all takes\n"
        "workers and providers whom this vault invited, and your own further devices.\n"
        "For everybody else (another role, an invitation that a second device tried or\n"
        "that somebody else made) call the person, compare the six check words, and\n"
        "give them with --words. Into office and into an agency lets only who keeps\n"
        "that group: kerven members shows who waits, --device lets them in.\n"
        "--refuse keeps a device out as far as this vault goes: --all leaves it out,\n"
        "and nobody is told. Other administrators see the request still, so tell them.\n"
        "Approving it by its words takes that back; once its invitation has expired it\n"
        "is listed no more.",
    .example = "kerven --vault office sync && kerven --vault office approve --all && "
               "kerven --vault office sync",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .check = check,
    .run = run};
