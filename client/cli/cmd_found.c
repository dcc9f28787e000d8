#include "commands.h"

#include <stdio.h>

static int check(struct krv_cli *cli) {
  if (!krv_cli_has(cli, "programme") || !krv_cli_has(cli, "name"))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--programme and --name are needed");
  return krv_cli_check_code(cli, KERVEN_CODE_FOUNDING);
}

static int run(struct krv_cli *cli) {
  struct kerven_found_options options = {.size = sizeof options,
                                         .programme = krv_cli_option(cli, "programme"),
                                         .name = krv_cli_option(cli, "name"),
                                         .practice = krv_cli_has(cli, "practice")};
  struct kerven_status_report now = {.size = sizeof now};
  int status = kerven_found(cli->k, cli->words[0], &options);
  if (!status) status = kerven_status(cli->k, &now);
  if (status) return status;
  return krv_cli_done(cli,
                      "founded: %s\nThis device is its administrator and its office. Next: "
                      "kerven invite --role worker --name \"Who\"%s",
                      now.programme,
                      now.practice ? ""
                                   : "\nIts recovery key is in this vault alone until you have "
                                     "printed its shares: kerven recovery export");
}

static const struct krv_option options[] = {
    {"programme", "NAME", "the programme's name; everybody in it will see it"},
    {"name", "WHO", "your name, as others will see it"},
    {"practice", NULL, "a programme for training: says so everywhere, for ever"},
    {0}};

const struct krv_command krv_cmd_found = {
    .verb = "found",
    .args = "CODE",
    .line = "found a programme with the code that the server printed",
    .text =
        "Makes a new vault, with keys that never leave it, and becomes the programme's\n"
        "first administrator and office. CODE is the last line that kerven-server init\n"
        "prints. When it fails half-way, the same command goes on from there. In\n"
        "scripts the new passphrase is KERVEN_PASSPHRASE.",
    .example =
        "kerven --vault office found K4RV... --programme \"Ashgabat outreach\" --name \"Maral\"",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_MAKE,
    .check = check,
    .run = run};
