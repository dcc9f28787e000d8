/* The texts of --help. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 32 };

static void print_options(FILE *out, const struct krv_option *options) {
  for (; options && options->name; options++) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", options->name, options->value ? " " : "",
             options->value ? options->value : "");
    fprintf(out, "  %-22s %s\n", left, options->help);
  }
}

static void name_of(const struct krv_command *c, char out[NAME_SIZE]) {
  snprintf(out, NAME_SIZE, "%s%s%s", c->verb, c->sub ? " " : "", c->sub ? c->sub : "");
}

/* A line for each command, or for those of one verb; the names are as wide as the widest. */
static void print_commands(FILE *out, const struct krv_command *const *commands, const char *verb) {
  char name[NAME_SIZE];
  int width = 0;
  for (size_t i = 0; commands[i]; i++) {
    if (verb && strcmp(commands[i]->verb, verb)) continue;
    name_of(commands[i], name);
    if ((int)strlen(name) > width) width = (int)strlen(name);
  }
  for (size_t i = 0; commands[i]; i++) {
    if (verb && strcmp(commands[i]->verb, verb)) continue;
    name_of(commands[i], name);
    fprintf(out, "  %-*s  %s\n", width, name, commands[i]->line);
  }
}

void krv_help_all(FILE *out, const struct krv_command *const *commands,
                  const struct krv_option *globals) {
  fputs("kerven: cases that are recorded offline, sealed, and synced when there is a network\n\n"
        "usage: kerven [--vault DIR] COMMAND ...\n\ncommands:\n", out);
  print_commands(out, commands, NULL);
  fputs("\noptions of all commands:\n", out);
  print_options(out, globals);
  fputs("\nThe passphrase is asked for on the terminal; scripts set KERVEN_PASSPHRASE.\n"
        "Help for one: kerven COMMAND --help. The manual: man kerven.\n", out);
}

void krv_help_group(FILE *out, const struct krv_command *const *commands, const char *verb) {
  fprintf(out, "usage: kerven %s COMMAND ...\n\n", verb);
  print_commands(out, commands, verb);
  fprintf(out, "\nHelp for one: kerven %s COMMAND --help.\n", verb);
}

void krv_help_command(FILE *out, const struct krv_command *c) {
  fprintf(out, "usage: kerven %s%s%s%s%s%s\n\n%s.\n", c->verb, c->sub ? " " : "",
          c->sub ? c->sub : "", *c->args ? " " : "", c->args,
          c->options && c->options->name ? " [options]" : "", c->line);
  if (c->text) fprintf(out, "\n%s\n", c->text);
  if (c->options && c->options->name) {
    fputs("\noptions:\n", out);
    print_options(out, c->options);
  }
  fprintf(out, "\nexample:\n  %s\n", c->example);
  fputs("\nkerven --help has the options of all commands.\n", out);
}

const char *krv_help_nearest(const struct krv_command *const *commands, const char *verb,
                             const char *sub) {
  static char name[64]; /* told once, at the end of the program */
  size_t best = 3;      /* further than two edits is no typing error */
  const char *found = NULL;
  for (; *commands; commands++) {
    const struct krv_command *c = *commands;
    size_t far = krv_word_distance(verb, c->verb);
    if (c->sub && sub) far += krv_word_distance(sub, c->sub);
    /* `kerven list` for `kerven case list` */
    size_t alone = c->sub ? krv_word_distance(verb, c->sub) : far;
    if (alone < far) far = alone;
    if (far >= best) continue;
    best = far;
    bool group_only = c->sub && !sub && alone > far;
    snprintf(name, sizeof name, "kerven %s%s%s", c->verb, c->sub && !group_only ? " " : "",
             c->sub && !group_only ? c->sub : "");
    found = name;
  }
  return found;
}
