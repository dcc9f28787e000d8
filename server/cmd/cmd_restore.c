/* restore: a backup into a new folder, built aside and verified before it takes its name. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>

#include "aside.h"
#include "backup.h"
#include "check.h"
#include "cmd.h"
#include "env_uv.h"

static void print_finding(void *ctx, const char *sentence) {
  (void)ctx;
  fprintf(stderr, "%s\n", sentence);
}

static int verify(const char *folder) {
  char path[KRV_PATH_MAX];
  struct krv_server_key key;
  struct krv_check_report report;
  int status = krv_server_key_load(folder, krv_env_real(), &key);
  krv_wipe(&key, sizeof key);
  if (status == 0) status = krv_path_join(folder, KRV_DIR_STORE, path);
  if (status == 0) status = krv_check_store(krv_env_real(), path, &report, print_finding, NULL);
  return status == 0 && report.findings > 0 ? KRV_DAMAGED : status;
}

static int restore(const char *file, const char *dir, struct krv_slice passphrase) {
  struct krv_aside aside;
  int status = krv_aside_begin(dir, &aside);
  if (status != 0) return status;
  status = krv_backup_read(krv_env_real(), file, passphrase, aside.path);
  if (status == 0) status = verify(aside.path);
  if (status == 0) status = krv_aside_settle(&aside);
  return krv_aside_end(&aside, status);
}

static int fail(const char *file, const char *dir, int status) {
  switch (status) {
    case KRV_EXISTS:
      return krv_cmd_fail(KRV_EXIT_EXISTS, "%s is there already; choose a new folder", dir);
    case KRV_PASSPHRASE: return krv_cmd_fail(KRV_EXIT_PASSPHRASE, "wrong passphrase for %s", file);
    case KRV_UNFIT: return krv_cmd_fail(KRV_EXIT_DAMAGED, "%s is no kerven backup", file);
    case KRV_DAMAGED:
      return krv_cmd_fail(KRV_EXIT_DAMAGED,
                          "%s is damaged or not complete; nothing was restored, try an older one",
                          file);
    case KRV_NOT_FOUND: return krv_cmd_fail(KRV_EXIT_NOT_FOUND, "there is no file %s", file);
    default:
      return krv_cmd_fail(KRV_EXIT_FAILED, "%s could not be made: %s", dir,
                          krv_cmd_why(status));
  }
}

static int run(const struct krv_command *command, int argc, char **argv) {
  struct krv_buf passphrase;
  if (!krv_cmd_plain(argc, argv, 2)) return krv_cmd_usage(command);
  krv_buf_init(&passphrase, krv_env_real());
  int exit = krv_cmd_passphrase(false, &passphrase);
  int status = exit == 0 ? restore(argv[1], argv[2], krv_buf_slice(&passphrase)) : 0;
  krv_buf_wipe(&passphrase);
  if (exit != 0) return exit;
  if (status != 0) return fail(argv[1], argv[2], status);
  printf("%s is restored and verified; start it with kerven-server run %s\n", argv[2], argv[2]);
  return KRV_EXIT_OK;
}

const struct krv_command krv_cmd_restore = {
    "restore", "FILE DIR", "unpacks a backup into a new folder, after verifying everything",
    "The passphrase is asked for, or taken from KERVEN_PASSPHRASE. DIR must not exist.\n"
    "Devices notice by themselves that the server is older than they are, and bring\n"
    "again what it lacks.\n",
    run};
