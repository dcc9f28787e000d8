#include "commands.h"
#include "out.h"

#include <string.h>

static void tell_empty(void *ctx, const char *path) {
  (void)ctx;
  fprintf(stderr, "kerven: warning: nothing is recorded in %s: it is not in the referral\n", path);
}

static int run(struct krv_cli *cli) {
  char id[33];
  struct kerven_refer_options options = {.size = sizeof options,
                                         .to = krv_cli_option(cli, "to"),
                                         .share = krv_cli_option(cli, "share"),
                                         .service = krv_cli_option(cli, "service"),
                                         .reason = krv_cli_option(cli, "reason"),
                                         .expires = krv_cli_option(cli, "expires"),
                                         .empty = tell_empty};
  if (!options.to || !options.share)
    return krv_cli_why(cli, KERVEN_EUSAGE, "--to and --share are needed");
  int status = krv_cli_check_everyone(cli, cli->words[0], options.to, "what it shares");
  if (!status) status = kerven_refer(cli->k, cli->words[0], &options, id);
  status = krv_cli_group_status(cli, status);
  if (status == KERVEN_ENOT_FOUND && strstr(kerven_detail(cli->k), "nothing is recorded")) {
    cli->what = "an empty referral was not made";
    krv_cli_advise(cli, status, "kerven case show %.40s tells what is recorded.", cli->words[0]);
  }
  if (status == KERVEN_EVALUE && strstr(kerven_detail(cli->k), " is over"))
    krv_cli_advise(cli, status, "--expires takes a day that is still to come.");
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
    {"expires", "DATE", "its last day; 2026-04 is the end of April"},
    {"yes", NULL, "yes, to everyone in the programme"},
    {0}};

const struct krv_command krv_cmd_refer = {
    .verb = "refer",
    .args = "ID --to GROUP --share FIELD,...",
    .line = "refer a case to a service, with only what it needs",
    .text =
        "Prints the id of the referral, a small case that the receiver (and the office)\n"
        "can read. It is answered with: kerven case set REFERRAL\n"
        "referral.status=accepted Fields in which nothing is recorded are told of; it\n"
        "is not made of such fields alone.",
    .example = "kerven refer 3fa9 --to \"Clinic\" --share prs_FirstName,prs_PrimaryLanguage",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = run};
