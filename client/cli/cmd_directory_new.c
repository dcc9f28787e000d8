#include "commands.h"

#include <string.h>

/* A list of services without names would be of no use to anybody. */
static int check(struct krv_cli *cli) {
  for (int i = 0; i < cli->word_count; i++)
    if (!strncmp(cli->words[i], "name=", 5) && cli->words[i][5]) return 0;
  return krv_cli_why(cli, KERVEN_EUSAGE, "name=\"Who offers it\" is needed");
}

static int fill(struct krv_cli *cli, kerven_edit *edit) {
  int status = kerven_edit_set(edit, "kvn_CaseType", "directory");
  for (int i = 0; i < cli->word_count && !status; i++)
    status = krv_cli_assign(cli, edit, "directory[+]", cli->words[i]);
  return status;
}

/* The entry and its sharing come to the disk together, or not at all: a batch that is not ended is
 * taken back. */
static int run(struct krv_cli *cli) {
  kerven_edit *edit = NULL;
  char id[33];
  int status = kerven_batch_begin(cli->k);
  if (status) return status;
  status = kerven_edit_new(cli->k, NULL, &edit);
  if (!status) status = fill(cli, edit);
  if (!status) status = kerven_edit_save(edit, id);
  if (!status) status = kerven_share(cli->k, id, "everyone", true);
  if (status && !*cli->why) krv_cli_why(cli, status, "%s", kerven_detail(cli->k));
  kerven_edit_free(edit);
  if (!status) status = kerven_batch_end(cli->k);
  return status ? status : krv_cli_saved(cli, id);
}

const struct krv_command krv_cmd_directory_new = {
    .verb = "directory",
    .sub = "new",
    .args = "name=WHO FIELD=VALUE ...",
    .line = "put a service into the directory, for everyone to read",
    .text =
        "Everyone in the programme can read it; you and the office can change it. The\n"
        "fields are those of kerven schema directory. A shelter's address belongs in no\n"
        "entry.",
    .example = "kerven directory new name=\"Legal aid\" services=\"legal;interpretation\" \\\n"
               "      area=Mary forWhom=women phone=+99312345678",
    .words_min = 0,
    .words_max = -1,
    .use = KRV_USE_WRITE,
    .member = true,
    .check = check,
    .run = run};
