/* --from: further words and options of a command, a line each, out of a file or standard input.
 * What stands on a command line shows to every user of the machine (ps), and stays in the shell's
 * history. */
#define _POSIX_C_SOURCE 200809L

#include "cli.h"
#include "term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_lines(struct krv_cli *cli, const char *path) {
  if (!strcmp(path, "-")) return krv_cli_read(cli, stdin, "standard input", &cli->from);
  FILE *in = fopen(path, "rb");
  if (!in) return krv_cli_why(cli, errno == ENOENT ? KERVEN_ENOT_FOUND : KERVEN_EIO, "%s", path);
  int status = krv_cli_read(cli, in, path, &cli->from);
  fclose(in);
  return status;
}

/* Cuts the text into its lines and appends those that are not empty; returns how many words there
 * are then. */
static int add_lines(char *text, char **words, int count) {
  for (char *line = text; line;) {
    char *end = strchr(line, '\n'), *after = end ? end + 1 : NULL;
    if (!end) end = line + strlen(line);
    if (end > line && end[-1] == '\r') end--;
    *end = 0;
    if (*line) words[count++] = line;
    line = after;
  }
  return count;
}

static size_t count_lines(const char *text) {
  size_t count = 1;
  for (; *text; text++) count += *text == '\n';
  return count;
}

int krv_cli_from(struct krv_cli *cli, int *argc, char **argv, char ***out) {
  const char *path = krv_cli_option(cli, "from");
  *out = NULL;
  if (!path) return 0;
  int status = read_lines(cli, path);
  if (status) return status;
  char **words = calloc((size_t)*argc + count_lines(cli->from), sizeof *words);
  if (!words) return KERVEN_ENOMEM;
  memcpy(words, argv, (size_t)*argc * sizeof *words);
  *argc = add_lines(cli->from, words, *argc);
  *out = words;
  return 0;
}

void krv_cli_from_release(struct krv_cli *cli) {
  if (cli->from) krv_term_wipe(cli->from, KRV_CLI_TEXT_MAX + 1); /* a code may be in it */
  free(cli->from);
  cli->from = NULL;
}
