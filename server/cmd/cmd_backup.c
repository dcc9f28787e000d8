/* backup: one sealed file, from a running server or a folder at rest. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>

#include "backup.h"
#include "cmd.h"
#include "env_uv.h"

static int write_backup(const char *dir, const char *file, struct krv_slice passphrase) {
  char copy[KRV_PATH_MAX];
  int exit = krv_cmd_copy_store(dir, copy);
  if (exit != 0) return exit;
  int status = krv_backup_write(krv_env_real(), dir, copy, passphrase, file);
  krv_cmd_drop_copy(copy);
  if (status == KRV_EXISTS)
    return krv_cmd_fail(KRV_EXIT_EXISTS, "%s is there already; choose a new name", file);
  if (status != 0)
    return krv_cmd_fail(krv_cmd_exit(status), "%s could not be written: %s", file,
                        krv_cmd_why(status));
  printf("%s is written; keep it and the passphrase apart\n", file);
  return KRV_EXIT_OK;
}

static int run(const struct krv_command *command, int argc, char **argv) {
  struct krv_buf passphrase;
  if (!krv_cmd_plain(argc, argv, 2)) return krv_cmd_usage(command);
  int exit = krv_cmd_folder(argv[1]);
  if (exit != 0) return exit;
  krv_buf_init(&passphrase, krv_env_real());
  exit = krv_cmd_passphrase(true, &passphrase);
  if (exit == 0) exit = write_backup(argv[1], argv[2], krv_buf_slice(&passphrase));
  krv_buf_wipe(&passphrase);
  return exit;
}

const struct krv_command krv_cmd_backup = {
    "backup", "DIR FILE", "writes a sealed backup of a running or stopped server",
    "The passphrase is asked for, or taken from KERVEN_PASSPHRASE. The file holds the\n"
    "store, the server's key and its settings; the cache of tickets is left out.\n",
    run};
