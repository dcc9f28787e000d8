#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "out.h"
#include "term.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DAYS_MAX = 365, ROLE_SHOWN = 60 };

static int print(struct krv_cli *cli, const char *code) {
  if (cli->json) return krv_out_json(stdout, json_pack("{s:s}", "code", code));
  int status = krv_cli_qr(cli, code);
  if (status) return status;
  if (isatty(STDOUT_FILENO))
    puts("Give this code to that person only, then approve the device after it has asked:");
  puts(code);
  return 0;
}

static int check_role(struct krv_cli *cli, const char *role) {
  static const char *const roles[] = {"worker", "supervisor",    "provider",
                                      "office", "administrator", "auditor"};
  for (;; role++) {
    size_t len = strcspn(role, "+"), i = 0, count = sizeof roles / sizeof *roles;
    while (i < count && (strlen(roles[i]) != len || strncmp(roles[i], role, len) != 0)) i++;
    if (i == count)
      return krv_cli_why(cli, KERVEN_EUSAGE,
                         "there is no role `%.*s`; there are worker, supervisor, provider, office, "
                         "administrator and auditor",
                         (int)(len < ROLE_SHOWN ? len : ROLE_SHOWN), role);
    role += len;
    if (!*role) return 0;
  }
}

static int check(struct krv_cli *cli) {
  long days = 0;
  const char *role = krv_cli_option(cli, "role");
  if (!krv_args_number(&cli->args, "days", DAYS_MAX, &days) || (krv_cli_has(cli, "days") && !days))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--days takes a number from 1 to 365");
  if (!krv_cli_has(cli, "my-device") && (!role || !krv_cli_has(cli, "name")))
    return krv_cli_why(cli, KERVEN_EUSAGE, "%s needed, or --my-device",
                       role                       ? "--name is"
                       : krv_cli_has(cli, "name") ? "--role is"
                                                  : "--role and --name are");
  return role ? check_role(cli, role) : 0;
}

/* Two of one name can be told apart, but it is better to know before. */
static void tell_doubt(struct krv_cli *cli) {
  const char *doubt = kerven_detail(cli->k);
  if (!*doubt) return;
  fputs("kerven: warning: ", stderr);
  krv_out_text(stderr, doubt);
  fputs("; a second device of the same person is invited with --my-device, there\n", stderr);
}

static int run(struct krv_cli *cli) {
  char code[KERVEN_INVITE_TEXT_MAX];
  long days = 0;
  struct kerven_invite_options options = {.size = sizeof options,
                                          .role = krv_cli_option(cli, "role"),
                                          .name = krv_cli_option(cli, "name"),
                                          .agency = krv_cli_option(cli, "agency"),
                                          .my_device = krv_cli_has(cli, "my-device")};
  (void)krv_args_number(&cli->args, "days", DAYS_MAX, &days);
  options.days = (uint32_t)days;
  int status = kerven_invite(cli->k, &options, code);
  if (!status) tell_doubt(cli);
  if (!status) status = print(cli, code);
  krv_term_wipe(code, sizeof code);
  return status;
}

static const struct krv_option options[] = {
    {"role", "ROLE", "worker, supervisor, provider, office, administrator or auditor; A+B for two"},
    {"name", "WHO", "who it is; stays sealed"},
    {"agency", "NAME", "the agency that the person works for"},
    {"my-device", NULL, "a further device of your own; only you can approve it"},
    {"days", "N", "how long the code holds; 14 unless told"},
    {"qr", NULL, "a QR code even where stdout is no terminal"},
    {0}};

const struct krv_command krv_cmd_invite = {
    .verb = "invite",
    .args = "",
    .line = "make an invitation code; needs no network",
    .text =
        "The last line on stdout is the code; on a terminal a QR code comes before it.\n"
        "Who has the code can ask to join once, and is let in by `kerven approve` only.\n"
        "An agency that is not there yet is made by its first device: invite its others\n"
        "when that one is in.\n"
        "Roles: a worker records cases, a provider answers referrals, a supervisor\n"
        "works in the office and invites both, the office reads every case, an auditor\n"
        "reads every case and changes none, an administrator lets devices in and reads\n"
        "no case by that.",
    .example =
        "kerven --vault office invite --role worker --name \"Aygul\" --agency \"Station team\"",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .check = check,
    .run = run};
