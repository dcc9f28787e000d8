/* kerven: the command. Finds the row of the command table, reads the options,
 * opens the vault as the row says, runs it, and turns its status into one
 * sentence and an exit status. */
#include "commands.h"
#include "fail.h"
#include "term.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct krv_command *const commands[] = {
#define X(name) &krv_cmd_##name,
    KRV_COMMANDS(X)
#undef X
        NULL};

static const struct krv_option globals[] = {
    {"vault", "DIR", "the vault's folder; else KERVEN_VAULT"},
    {"json", NULL, "answer in JSON, on one line"},
    {"lang", "en|ru|tk", "language of labels; else LC_ALL, LC_MESSAGES or LANG"},
    {"key-file", "FILE", "a second secret beside the passphrase"},
    {"from", "FILE", "more words and options, a line each; - for standard input"},
    {"help", NULL, "help for the command"},
    {"version", NULL, "the version"},
    {"commands", NULL, "the names of all commands, a line each"},
    {0}};

int krv_cli_why(struct krv_cli *cli, int status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(cli->why, sizeof cli->why, format, args);
  va_end(args);
  return status;
}

int krv_cli_advise(struct krv_cli *cli, int status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(cli->advice, sizeof cli->advice, format, args);
  va_end(args);
  return status;
}

const char *krv_cli_option(const struct krv_cli *cli, const char *name) {
  return krv_args_value(&cli->args, name);
}

bool krv_cli_has(const struct krv_cli *cli, const char *name) {
  return krv_args_has(&cli->args, name);
}

int krv_cli_done(struct krv_cli *cli, const char *format, ...) {
  if (cli->json) {
    puts("{\"ok\":true}");
    return 0;
  }
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  putchar('\n');
  return 0;
}

/* ------------------------------------------------------------ finding the row */

static bool is_group(const char *verb) {
  for (size_t i = 0; commands[i]; i++)
    if (commands[i]->sub && !strcmp(commands[i]->verb, verb)) return true;
  return false;
}

static const struct krv_command *find(const char *verb, const char *sub) {
  for (size_t i = 0; commands[i]; i++) {
    const struct krv_command *c = commands[i];
    if (strcmp(c->verb, verb)) continue;
    if (!c->sub || (sub && !strcmp(c->sub, sub))) return c;
  }
  return NULL;
}

static void take_word(struct krv_cli *cli, const char *word) {
  struct krv_args *args = &cli->args;
  args->words[args->word_count++] = word;
  if (cli->command || args->word_count > 2) return;
  cli->command = find(args->words[0], args->word_count > 1 ? word : NULL);
}

static int parse(struct krv_cli *cli, int argc, char **argv) {
  bool only_words = false;
  krv_args_release(&cli->args);
  cli->command = NULL;
  if (!krv_args_init(&cli->args, argc)) return KERVEN_ENOMEM;
  for (int i = 1; i < argc;) {
    static const struct krv_option none[] = {{0}};
    const struct krv_option *own = cli->command ? cli->command->options : NULL;
    const struct krv_option *const tables[] = {globals, own ? own : none, NULL};
    if (!only_words && !strcmp(argv[i], "--")) {
      only_words = true;
      i++;
      continue;
    }
    int taken = only_words ? 1 : krv_args_option(&cli->args, tables, argc, argv, &i);
    if (taken < 0)
      return krv_cli_why(cli, KERVEN_EUSAGE,
                         taken == -2 ? "%s needs a value" : "%s is no option here", argv[i]);
    if (taken > 0) take_word(cli, argv[i++]);
  }
  int verb_words = cli->command && cli->command->sub ? 2 : 1;
  cli->words = cli->args.words + (cli->command ? verb_words : 0);
  cli->word_count = cli->args.word_count - (cli->command ? verb_words : 0);
  cli->json = krv_cli_has(cli, "json");
  return 0;
}

static int parse_all(struct krv_cli *cli, int argc, char **argv) {
  char **words;
  int given = 0, status = parse(cli, argc, argv);
  if (!status) status = krv_cli_from(cli, &argc, argv, &words);
  if (status || !words) return status;
  status = parse(cli, argc, words);
  free(words);
  for (int i = 0; i < cli->args.given_count; i++)
    given += !strcmp(cli->args.given[i].option->name, "from");
  return status || given == 1 ? status
                              : krv_cli_why(cli, KERVEN_EUSAGE, "--from can be given once only");
}

static int unknown(struct krv_cli *cli) {
  const char *const *words = cli->args.words;
  int count = cli->args.word_count;
  if (!strcmp(words[0], "help")) words++, count--;
  const char *verb = words[0], *sub = count > 1 ? words[1] : NULL;
  if (is_group(verb) && !sub)
    return krv_cli_why(cli, KERVEN_EUSAGE, "`kerven %s` needs a further word", verb);
  const char *nearest = krv_help_nearest(commands, verb, sub);
  bool both = sub && is_group(verb);
  return krv_cli_why(cli, KERVEN_EUSAGE, "there is no command `%s%s%s`%s%s%s", verb,
                     both ? " " : "", both ? sub : "", nearest ? "; did you mean `" : "",
                     nearest ? nearest : "", nearest ? "`?" : "");
}

/* -------------------------------------------------------------------- running */

static void help(struct krv_cli *cli, const char *verb) {
  if (cli->command) krv_help_command(stdout, cli->command);
  else if (verb && is_group(verb)) krv_help_group(stdout, commands, verb);
  else krv_help_all(stdout, commands, globals);
}

static void print_names(void) {
  for (size_t i = 0; commands[i]; i++)
    printf("%s%s%s\n", commands[i]->verb, commands[i]->sub ? " " : "",
           commands[i]->sub ? commands[i]->sub : "");
}

/* `kerven help case set` is `kerven case set --help`. False: there is no such command. */
static bool help_words(struct krv_cli *cli) {
  const char *const *words = cli->args.words + 1;
  int count = cli->args.word_count - 1;
  cli->command = count ? find(words[0], count > 1 ? words[1] : NULL) : NULL;
  if (count && !cli->command && !is_group(words[0])) return false;
  help(cli, count ? words[0] : NULL);
  return true;
}

/* --help, --version, --commands. True when that was all. */
static bool tell_about(struct krv_cli *cli) {
  const char *verb = cli->args.word_count ? cli->args.words[0] : NULL;
  if (verb && !strcmp(verb, "help")) return help_words(cli);
  if (krv_cli_has(cli, "version")) printf("kerven %s\n", KERVEN_VERSION);
  else if (krv_cli_has(cli, "commands")) print_names();
  else if (krv_cli_has(cli, "help")) help(cli, verb);
  else return false;
  return true;
}

static int check_words(struct krv_cli *cli) {
  const struct krv_command *c = cli->command;
  bool few = cli->word_count < c->words_min;
  if (!few && (c->words_max < 0 || cli->word_count <= c->words_max)) return 0;
  bool unquoted = !few && c->words_max > 0;
  return krv_cli_why(cli, KERVEN_EUSAGE, "too %s words%s; usage: kerven %s%s%s%s%s",
                     few ? "few" : "many", unquoted ? ", put the text in quotes" : "", c->verb,
                     c->sub ? " " : "", c->sub ? c->sub : "", *c->args ? " " : "", c->args);
}

/* What was not understood is explained by the help of the command, where one was named. */
static void advise_usage(struct krv_cli *cli) {
  const struct krv_command *c = cli->command;
  if (!c || *cli->advice) return;
  krv_cli_advise(cli, KERVEN_EUSAGE, "See kerven %s%s%s --help.", c->verb, c->sub ? " " : "",
                 c->sub ? c->sub : "");
}

static int run(struct krv_cli *cli, int argc, char **argv) {
  int status = parse_all(cli, argc, argv);
  if (status || tell_about(cli)) return status;
  if (!cli->args.word_count) {
    krv_help_all(stderr, commands, globals);
    return krv_cli_why(cli, KERVEN_EUSAGE, "no command given");
  }
  if (!cli->command) return unknown(cli);
  status = check_words(cli);
  if (!status) status = krv_cli_check_language(cli);
  if (!status && cli->command->check) status = cli->command->check(cli);
  if (!status) status = krv_cli_open(cli);
  if (!status) status = cli->command->run(cli);
  status = krv_cli_founding(cli, status);
  if (status && !*cli->why && cli->k)
    status = krv_cli_why(cli, status, "%s", kerven_detail(cli->k));
  return status;
}

int main(int argc, char **argv) {
  struct krv_cli cli = {0};
  kerven_harden(); /* before a passphrase is asked for, or read */
  int status = run(&cli, argc, argv);
  kerven_close(cli.k);
  krv_term_wipe(cli.passphrase, sizeof cli.passphrase);
  krv_args_release(&cli.args);
  krv_cli_from_release(&cli);
  errno = 0;
  if (fflush(stdout) || ferror(stdout)) {
    bool full = errno == ENOSPC || errno == EDQUOT;
    if (!status || status == KERVEN_EIO)
      status = krv_cli_why(&cli, full ? KERVEN_EFULL : KERVEN_EIO, "standard output");
  }
  if (status == KERVEN_EUSAGE) advise_usage(&cli);
  if (status) {
    struct krv_fail_words words = {.what = cli.what, .detail = cli.why, .advice = cli.advice};
    krv_fail_print(stderr, status, &words);
  }
  return krv_fail_exit(status);
}
