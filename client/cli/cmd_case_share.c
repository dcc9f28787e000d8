#include "commands.h"

static int check(struct krv_cli *cli) {
  return krv_cli_has(cli, "with") ? 0 : krv_cli_why(cli, KERVEN_EUSAGE, "--with NAME is needed");
}

static int run(struct krv_cli *cli) {
  const char *with = krv_cli_option(cli, "with");
  int status = krv_cli_check_everyone(cli, cli->words[0], with, "the whole case, its history too");
  if (!status) status = kerven_share(cli->k, cli->words[0], with, krv_cli_has(cli, "read"));
  status = krv_cli_group_status(cli, status);
  if (!status) krv_cli_warn_consent(cli, cli->words[0]);
  return status ? status
                : krv_cli_done(cli, "shared with %s; it goes out with the next sync", with);
}

static const struct krv_option options[] = {
    {"with", "NAME", "a member or a group; kerven members lists them"},
    {"read", NULL, "to read only"},
    {"yes", NULL, "yes, with everyone in the programme"}, {0}};

const struct krv_command krv_cmd_case_share = {
    .verb = "case",
    .sub = "share",
    .args = "ID --with NAME",
    .line = "let a member or a group read and write a case",
    .text =
        "The whole case, its history too. To hand on only what a service needs: kerven\n"
        "refer.",
    .example = "kerven case share 3fa9 --with \"Legal aid\" --read",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .check = check,
    .run = run};
