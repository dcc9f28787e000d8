#include "commands.h"

#include <string.h>

static int check(struct krv_cli *cli) {
  return krv_cli_some_change(cli, 1, "nothing to change");
}

static int run(struct krv_cli *cli) {
  kerven_edit *edit;
  int status = kerven_edit_new(cli->k, cli->words[0], &edit);
  for (int i = 1; i < cli->word_count && !status; i++)
    status = krv_cli_assign(cli, edit, NULL, cli->words[i]);
  for (int i = 0; i < cli->args.given_count && !status; i++) {
    const struct krv_given *given = &cli->args.given[i];
    if (!strcmp(given->option->name, "set")) status = krv_cli_assign(cli, edit, NULL, given->value);
    if (!strcmp(given->option->name, "delete"))
      status = kerven_edit_delete(edit, given->value, true);
    if (!strcmp(given->option->name, "restore"))
      status = kerven_edit_delete(edit, given->value, false);
  }
  return krv_cli_save(cli, edit, status);
}

static const struct krv_option options[] = {
    {"set", "FIELD=VALUE", "the same as a word"},
    {"delete", "RECORD", "mark a record as deleted: consent[1] or its id; its values stay"},
    {"restore", "RECORD", "take that back, by the same name; see case show --deleted"},
    {0}};

const struct krv_command krv_cmd_case_set = {
    .verb = "case",
    .sub = "set",
    .args = "ID FIELD=VALUE ...",
    .line = "change fields of a case, in one step",
    .text = "  FIELD=VALUE      an empty VALUE clears it; several choices: A;B\n"
            "  FIELD+=A         one more choice; FIELD-=A one less; the others stay\n"
            "  FIELD=-          a long text from standard input\n"
            "  consent[+].X=V   in a new record (consent[+2] makes a second one)\n"
            "  consent[1].X=V   in the first record of that type; consent[RID] by its id\n"
            "Dates: 2001, 2001-04 or 2001-04-30. ID: 32 digits, or as many as are unique.",
    .example = "kerven case set 3fa9 cas_Status=Active vic_MethodsOfControl+=DebtBondage\n"
               "  kerven case set 3fa9 risk[+].level=high risk[+].assessedOn=2026-02-01\n"
               "  kerven case set 3fa9 task[+].what=\"Call the clinic\" task[+].due=2026-02-03",
    .options = options,
    .words_min = 1,
    .words_max = -1,
    .use = KRV_USE_WRITE,
    .member = true,
    .check = check,
    .run = run};
