#include "commands.h"

#include <stdlib.h>
#include <string.h>

static int run(struct krv_cli *cli) {
  kerven_edit *edit;
  const char *text;
  char *owned;
  int status = krv_cli_text(cli, cli->words[1], &text, &owned);
  if (status) return status;
  if (!text[strspn(text, " \t\r\n")]) {
    free(owned);
    return krv_cli_why(cli, KERVEN_EUSAGE, "a note needs a text");
  }
  status = kerven_edit_new(cli->k, cli->words[0], &edit);
  if (!status) status = kerven_edit_note(edit, krv_cli_option(cli, "field"), text);
  free(owned);
  return krv_cli_save(cli, edit, status);
}

static const struct krv_option options[] = {
    {"field", "FIELD", "a field of notes in a record; without it, the case's notes"}, {0}};

const struct krv_command krv_cmd_note = {
    .verb = "note",
    .args = "ID TEXT",
    .line = "add a note to a case",
    .text = "Notes are added and never changed. TEXT - reads standard input, up to 64 KiB.",
    .example = "kerven note 3fa9 \"Called back, safe until Friday\"",
    .options = options,
    .words_min = 2,
    .words_max = 2,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = run};
