#include "commands.h"

#include <string.h>

static int check(struct krv_cli *cli) {
  return krv_cli_some_change(cli, 0, "nothing to record");
}

static int run(struct krv_cli *cli) {
  kerven_edit *edit;
  int status = kerven_edit_new(cli->k, NULL, &edit);
  for (int i = 0; i < cli->args.given_count && !status; i++)
    if (!strcmp(cli->args.given[i].option->name, "set"))
      status = krv_cli_assign(cli, edit, NULL, cli->args.given[i].value);
  for (int i = 0; i < cli->word_count && !status; i++)
    status = krv_cli_assign(cli, edit, NULL, cli->words[i]);
  return krv_cli_save(cli, edit, status);
}

static const struct krv_option options[] = {
    {"set", "FIELD=VALUE", "a value to begin with; as often as needed"}, {0}};

const struct krv_command krv_cmd_case_new = {
    .verb = "case",
    .sub = "new",
    .args = "FIELD=VALUE ...",
    .line = "begin a case",
    .text =
        "No field is mandatory; what is missing, consent first, is shown. You and the\n"
        "office can read it. For the forms of FIELD=VALUE see kerven case set --help.",
    .example = "kerven case new --set prs_FirstName=Aygul --set prs_Gender=Feminine",
    .options = options,
    .words_min = 0,
    .words_max = -1,
    .use = KRV_USE_WRITE,
    .member = true,
    .check = check,
    .run = run};
