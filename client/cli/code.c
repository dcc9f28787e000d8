/* Which of the codes a command was given. */
#include "cli.h"

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
