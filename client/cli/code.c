/* Codes: which of the three a command was given, and those that it prints. */
#define _POSIX_C_SOURCE 200809L

#include "cli.h"
#include "term.h"

#include <unistd.h>

static const struct {
  const char *is, *wanted;
} kinds[] = {
    [KERVEN_CODE_INVITATION] = {"an invitation; use kerven join",
                                "an invitation, from kerven invite"},
    [KERVEN_CODE_FOUNDING] = {"a founding code; use kerven found",
                              "the code that kerven-server init has printed"},
    [KERVEN_CODE_SERVER] = {"a server code; use kerven server use",
                            "a server code, from an administrator"},
    [KERVEN_CODE_SHARE] = {"a share of a recovery key; use kerven recovery take",
                           "a share of the recovery key"},
};

int krv_cli_check_code(struct krv_cli *cli, enum kerven_code wanted) {
  enum kerven_code kind = kerven_code_kind(cli->words[0]);
  if (kind == wanted) return 0;
  if (kind == KERVEN_CODE_NONE) return KERVEN_EINVITE_BAD;
  return krv_cli_why(cli, KERVEN_EUSAGE, "this is %s. Here goes %s", kinds[kind].is,
                     kinds[wanted].wanted);
}

int krv_cli_qr(struct krv_cli *cli, const char *code) {
  if (!krv_cli_has(cli, "qr") && !isatty(STDOUT_FILENO)) return 0;
  return krv_term_qr(stdout, code);
}
