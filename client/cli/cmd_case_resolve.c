#include "commands.h"

#include <stdlib.h>

/* One value is changed by set: a decision about it would pass by what set shows and refuses. */
static int decide(struct krv_cli *cli, kerven_edit *edit, const char *value) {
  const char *path = cli->words[1];
  int status = krv_cli_valued(cli, edit, path, kerven_edit_resolve(edit, path, value));
  if (status != KERVEN_ESTATE) return status;
  cli->what = "there is no conflict to resolve";
  return krv_cli_advise(cli, status, "To change it: kerven case set %s %s=VALUE.", cli->words[0],
                        path);
}

static int run(struct krv_cli *cli) {
  kerven_edit *edit;
  const char *value;
  char *owned;
  int status = krv_cli_text(cli, cli->words[2], &value, &owned);
  if (status) return status;
  status = kerven_edit_new(cli->k, cli->words[0], &edit);
  if (!status) status = decide(cli, edit, value);
  free(owned);
  return krv_cli_save(cli, edit, status);
}

const struct krv_command krv_cmd_case_resolve = {
    .verb = "case",
    .sub = "resolve",
    .args = "ID FIELD VALUE",
    .line = "decide between the values of a conflict",
    .text = "VALUE is one of the two, or something else; - reads it from standard input.\n"
            "FIELD is written as kerven case conflicts shows it.",
    .example = "kerven case resolve 3fa9 cas_Status Active",
    .words_min = 3,
    .words_max = 3,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = run};
