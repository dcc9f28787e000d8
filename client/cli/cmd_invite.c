#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "out.h"
#include "term.h"

#include <stdio.h>
#include <unistd.h>

enum { DAYS_MAX = 365 };

static int print(struct krv_cli *cli, const char *code) {
  if (cli->json) return krv_out_json(stdout, json_pack("{s:s}", "code", code));
  if (krv_cli_has(cli, "qr") || isatty(STDOUT_FILENO)) {
    int status = krv_term_qr(stdout, code);
    if (status) return status;
  }
  if (isatty(STDOUT_FILENO))
    puts("Give this code to that person only, then approve the device after it has asked:");
  puts(code);
  return 0;
}

static int run(struct krv_cli *cli) {
  char code[KERVEN_INVITE_TEXT_MAX];
  long days = 0;
  struct kerven_invite_options options = {.size = sizeof options,
                                          .role = krv_cli_option(cli, "role"),
                                          .name = krv_cli_option(cli, "name"),
                                          .agency = krv_cli_option(cli, "agency"),
                                          .my_device = krv_cli_has(cli, "my-device")};
  if (!krv_args_number(&cli->args, "days", DAYS_MAX, &days) || (krv_cli_has(cli, "days") && !days))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--days takes a number from 1 to 365");
  if (!options.my_device && (!options.role || !options.name))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--role and --name are needed, or --my-device");
  options.days = (uint32_t)days;
  int status = kerven_invite(cli->k, &options, code);
  if (!status) status = print(cli, code);
  krv_term_wipe(code, sizeof code);
  return status;
}

static const struct krv_option options[] = {
    {"role", "ROLE", "worker, supervisor, provider, office, administrator or auditor; A+B for two"},
    {"name", "WHO", "who it is; stays sealed"},
    {"agency", "NAME", "the agency that the person works for"},
    {"my-device", NULL, "a further device of your own"},
    {"days", "N", "how long the code holds; 14 unless told"},
    {"qr", NULL, "a QR code even where stdout is no terminal"},
    {0}};

const struct krv_command krv_cmd_invite = {
    .verb = "invite",
    .args = "",
    .line = "make an invitation code; needs no network",
    .text =
        "The last line on stdout is the code; on a terminal a QR code comes before it. Who has\n"
        "the code can ask to join once, and is let in by `kerven approve` only.",
    .example =
        "kerven --vault office invite --role worker --name \"Aygul\" --agency \"Station team\"",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .run = run};
