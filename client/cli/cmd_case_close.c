#include "commands.h"

#include <stdlib.h>

static int run(struct krv_cli *cli) {
  kerven_edit *edit;
  const char *reason = krv_cli_option(cli, "reason"), *text = NULL;
  char *owned = NULL;
  int status = reason ? krv_cli_text(cli, reason, &text, &owned) : 0;
  if (status) return status;
  status = kerven_edit_new(cli->k, cli->words[0], &edit);
  if (!status)
    status = kerven_edit_set(edit, "cas_Status",
                             krv_cli_has(cli, "referred") ? "ClosedReferred" : "Closed");
  if (!status && text) status = kerven_edit_set(edit, "cas_ReasonForCaseClosure", text);
  free(owned);
  return krv_cli_save(cli, edit, status);
}

static const struct krv_option options[] = {
    {"reason", "TEXT", "why; - reads it from standard input"},
    {"referred", NULL, "closed because it was referred on"},
    {0}};

const struct krv_command krv_cmd_case_close = {
    .verb = "case",
    .sub = "close",
    .args = "ID",
    .line = "close a case",
    .text =
        "Sets cas_Status. Nothing is deleted; kerven case set ID cas_Status=Active\n"
        "reopens it.",
    .example = "kerven case close 3fa9 --reason \"Returned to her family\"",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = run};
