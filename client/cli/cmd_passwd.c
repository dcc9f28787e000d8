#include "commands.h"
#include "term.h"

static int run(struct krv_cli *cli) {
  char fresh[KRV_CLI_SECRET_MAX];
  int status = krv_cli_fresh_passphrase(cli, "KERVEN_NEW_PASSPHRASE", fresh);
  if (!status) status = kerven_passphrase(cli->k, fresh);
  krv_term_wipe(fresh, sizeof fresh);
  return status ? status : krv_cli_done(cli, "the passphrase is changed");
}

const struct krv_command krv_cmd_passwd = {
    .verb = "passwd",
    .args = "",
    .line = "change the passphrase of this vault",
    .text =
        "Asks for the new one twice; scripts set KERVEN_NEW_PASSPHRASE. Copies of the\n"
        "vault that were made before still open with the old one.",
    .example = "kerven --vault w1 passwd",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .run = run};
