#include "commands.h"

static int run(struct krv_cli *cli) {
  return krv_cmd_case_show.run(cli);
}

const struct krv_command krv_cmd_directory_show = {
    .verb = "directory",
    .sub = "show",
    .args = "ENTRY",
    .line = "show all that the directory has of a service",
    .text = "An entry is a small case of its own: kerven case history shows who changed it.",
    .example = "kerven directory show 7c1e",
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_READ,
    .member = true,
    .run = run};
