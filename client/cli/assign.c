/* What set, new and note share: values from the command line into an edit. */
#define _POSIX_C_SOURCE 200809L

#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STDIN_MAX = 64 * 1024 };

int krv_cli_text(struct krv_cli *cli, const char *word, const char **out, char **owned) {
  *owned = NULL;
  *out = word;
  if (strcmp(word, "-")) return 0;
  char *text = calloc(STDIN_MAX + 1, 1);
  if (!text) return KERVEN_ENOMEM;
  size_t len = fread(text, 1, STDIN_MAX, stdin);
  int status = 0;
  if (ferror(stdin)) status = krv_cli_why(cli, KERVEN_EIO, "standard input");
  if (!status && !feof(stdin) && getc(stdin) != EOF)
    status = krv_cli_why(cli, KERVEN_ETOO_LARGE, "a text of over 64 KiB on standard input");
  if (!status && memchr(text, 0, len))
    status = krv_cli_why(cli, KERVEN_EVALUE, "standard input is no text");
  if (status) {
    free(text);
    return status;
  }
  if (len && text[len - 1] == '\n') text[len - 1] = 0; /* the line end of echo is not meant */
  *out = *owned = text;
  return 0;
}

/* "A;B": each of them. */
static int set_options(kerven_edit *edit, const struct krv_assign *assign, const char *value) {
  char *copy = strdup(value), *rest = NULL;
  if (!copy) return KERVEN_ENOMEM;
  int status = 0;
  for (char *option = strtok_r(copy, ";", &rest); option && !status;
       option = strtok_r(NULL, ";", &rest))
    status = kerven_edit_option(edit, assign->path, option, assign->op == KRV_ASSIGN_ON);
  free(copy);
  return status;
}

int krv_cli_assign(struct krv_cli *cli, kerven_edit *edit, const char *text) {
  struct krv_assign assign;
  const char *value;
  char *owned;
  if (!krv_assign_parse(text, &assign))
    return krv_cli_why(cli, KERVEN_EUSAGE,
                       "`%s` is not FIELD=VALUE, FIELD+=OPTION or FIELD-=OPTION", text);
  int status = krv_cli_text(cli, assign.value, &value, &owned);
  if (status) return status;
  status = assign.op == KRV_ASSIGN_SET ? kerven_edit_set(edit, assign.path, value)
                                       : set_options(edit, &assign, value);
  free(owned);
  return status;
}

int krv_cli_save(struct krv_cli *cli, kerven_edit *edit, int status) {
  char id[33] = "";
  if (!status) status = kerven_edit_save(edit, id);
  if (status && !*cli->why) krv_cli_why(cli, status, "%s", kerven_detail(cli->k));
  kerven_edit_free(edit);
  if (status) return status;
  if (cli->json)
    printf("{\"case\": \"%s\"}\n", id);
  else
    printf("saved %s\n", id);
  return 0;
}
