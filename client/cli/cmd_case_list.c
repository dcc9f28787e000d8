#include "commands.h"

static int run(struct krv_cli *cli) {
  long limit = 0;
  struct kerven_case_query query = {.size = sizeof query,
                                    .type = krv_cli_option(cli, "type"),
                                    .hide_expired = !krv_cli_has(cli, "expired")};
  if (!krv_args_number(&cli->args, "limit", 100000000, &limit))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--limit takes a number");
  uint32_t days;
  int status = krv_cli_days(cli, &days);
  if (status) return status;
  if (krv_cli_has(cli, "overdue") || krv_cli_has(cli, "days")) query.overdue_days = days;
  query.limit = (uint32_t)limit;
  query.held = krv_cli_has(cli, "held");
  if (query.held && !query.type) query.type = "all";
  return krv_cli_cases(cli, &query);
}

static const struct krv_option options[] = {
    {"type", "TYPE", "case (unless told), referral, directory, part or all"},
    {"expired", NULL, "referrals that have run out, too"},
    {"overdue", NULL, "only those with changes that no office device has confirmed for --days"},
    {"days", "N", "14 unless told; by this device's clock"},
    {"held", NULL, "those with changes that have no effect yet, or that no key here opens"},
    {"limit", "N", "at most N of them"},
    {0}};

const struct krv_command krv_cmd_case_list = {
    .verb = "case",
    .sub = "list",
    .args = "",
    .line = "list the cases",
    .text =
        "SYNC: saved (on this device), server, or delivered (an office device has it).\n"
        "MARKS: what to know before opening it; waits: a change in it has no effect\n"
        "yet, and kerven case history ID says what it waits for.",
    .example = "kerven case list --type referral",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
