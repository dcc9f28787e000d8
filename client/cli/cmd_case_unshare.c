#include "commands.h"

static int run(struct krv_cli *cli) {
  const char *with = krv_cli_option(cli, "with");
  if (!with) return krv_cli_why(cli, KERVEN_EUSAGE, "--with NAME is needed");
  int status = krv_cli_group_status(cli, kerven_unshare(cli->k, cli->words[0], with));
  return status
             ? status
             : krv_cli_done(cli, "no longer shared with %s; what was read there stays read", with);
}

static const struct krv_option options[] = {
    {"with", "NAME", "a member or a group; kerven case show lists who can read it"}, {0}};

const struct krv_command krv_cmd_case_unshare = {
    .verb = "case",
    .sub = "unshare",
    .args = "ID --with NAME",
    .line = "take a case away from a member or a group",
    .text =
        "Later changes are sealed under a new key. What was read before cannot be\n"
        "unread.",
    .example = "kerven case unshare 3fa9 --with \"Legal aid\"",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = run};
