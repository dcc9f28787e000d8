#include "commands.h"
#include "out.h"

static int run(struct krv_cli *cli) {
  char id[33];
  struct kerven_refer_options options = {.size = sizeof options,
                                         .to = krv_cli_option(cli, "to"),
                                         .share = krv_cli_option(cli, "share"),
                                         .service = krv_cli_option(cli, "service"),
                                         .reason = krv_cli_option(cli, "reason"),
                                         .expires = krv_cli_option(cli, "expires")};
  if (!options.to || !options.share)
    return krv_cli_why(cli, KERVEN_EUSAGE, "--to and --share are needed");
  int status = kerven_refer(cli->k, cli->words[0], &options, id);
  if (status) return status;
  krv_cli_warn_consent(cli, cli->words[0]);
  if (cli->json) return krv_out_json(stdout, json_pack("{s:s}", "case", id));
  fputs("kerven: it goes out with the next sync\n", stderr);
  puts(id);
  return 0;
}

static const struct krv_option options[] = {
    {"to", "GROUP", "who receives it: a group or a member"},
    {"share", "FIELD,...", "what is copied into it, and nothing else"},
    {"service", "CODE", "the service that is asked for"},
    {"reason", "CODE", "why"},
    {"expires", "DATE", "until when"},
    {0}};

const struct krv_command krv_cmd_refer = {
    .verb = "refer",
    .args = "ID --to GROUP --share FIELD,...",
    .line = "refer a case to a service, with only what it needs",
    .text = "Prints the id of the referral, a small case that the receiver (and the office) can\n"
            "read. It is answered with: kerven case set REFERRAL referral.status=accepted",
    .example = "kerven refer 3fa9 --to \"Clinic\" --share prs_FirstName,prs_PrimaryLanguage",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = run};
