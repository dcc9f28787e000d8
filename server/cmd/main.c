/* kerven-server: the commands of a server's administrator. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cmd.h"

#define VERSION "0.1.0"

static const struct krv_command *const commands[] = {&krv_cmd_init,  &krv_cmd_run,
                                                     &krv_cmd_status, &krv_cmd_check,
                                                     &krv_cmd_backup, &krv_cmd_restore};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_help(FILE *out) {
  fputs("Usage: kerven-server COMMAND ...\n\n"
        "The meeting point of a kerven programme: it keeps sealed case records and\n"
        "hands them to the devices that may have them, and can read none of them.\n\n"
        "Commands:\n", out);
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
  fputs("\nkerven-server COMMAND --help tells more. The manual page: kerven-server(1).\n", out);
}

static void print_command_help(const struct krv_command *command) {
  printf("Usage: kerven-server %s %s\n\n%s\n\n%s", command->name, command->arguments,
         command->summary, command->help);
}

static bool asks_help(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--") == 0) return false;
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
  }
  return false;
}

int main(int argc, char **argv) {
  const struct rlimit no_core = {0, 0};
  umask(0077);
  (void)setrlimit(RLIMIT_CORE, &no_core); /* keys are in memory */
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a core that is piped has no limit */
  if (argc < 2) {
    print_help(stderr);
    return KRV_EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
      strcmp(argv[1], "help") == 0) {
    print_help(stdout);
    return KRV_EXIT_OK;
  }
  if (strcmp(argv[1], "--version") == 0) {
    puts("kerven-server " VERSION);
    return KRV_EXIT_OK;
  }
  if (krv_crypto_start() != 0)
    return krv_cmd_fail(KRV_EXIT_FAILED, "the cryptographic library did not start");
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(commands[i]->name, argv[1]) != 0) continue;
    if (asks_help(argc - 1, argv + 1)) {
      print_command_help(commands[i]);
      return KRV_EXIT_OK;
    }
    return commands[i]->run(commands[i], argc - 1, argv + 1);
  }
  return krv_cmd_fail(KRV_EXIT_USAGE, "there is no command '%s'; see kerven-server --help",
                      argv[1]);
}
