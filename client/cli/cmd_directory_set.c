#include "commands.h"

#include <string.h>

static int run(struct krv_cli *cli) {
  kerven_edit *edit;
  struct kerven_case_item item;
  int status = kerven_case_get(cli->k, cli->words[0], &item);
  if (status) return status;
  if (strcmp(item.type, "directory"))
    return krv_cli_why(cli, KERVEN_ENOT_FOUND, "%s is no entry of the directory", cli->words[0]);
  status = kerven_edit_new(cli->k, cli->words[0], &edit);
  for (int i = 1; i < cli->word_count && !status; i++)
    status = krv_cli_assign(cli, edit, "directory[1]", cli->words[i]);
  return krv_cli_save(cli, edit, status);
}

const struct krv_command krv_cmd_directory_set = {
    .verb = "directory",
    .sub = "set",
    .args = "ENTRY FIELD=VALUE ...",
    .line = "change a service in the directory: your own, or any at the office",
    .text =
        "checkedOn=2026-02-01 says when it was last true. An empty VALUE clears a\n"
        "field.",
    .example = "kerven directory set 7c1e phone=+99312345679 checkedOn=2026-02-01",
    .words_min = 2,
    .words_max = -1,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = run};
