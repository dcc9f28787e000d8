/* check: verifies a copy of the store; a running server goes on meanwhile. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "check.h"
#include "cmd.h"
#include "env_uv.h"

static void print_finding(void *ctx, const char *sentence) {
  (void)ctx;
  printf("%s\n", sentence);
}

/* The database as it lies there: a copy is written anew and may hide what is wrong with it. */
static int check_in_place(const char *dir, uint64_t *findings) {
  struct krv_buf answer;
  krv_buf_init(&answer, krv_env_real());
  int status = krv_admin_ask(dir, "check", &answer);
  if (status == KRV_DAMAGED) { /* else the answer is a list of counts */
    (void)fwrite(answer.data, 1, answer.len, stdout);
    for (size_t i = 0; i < answer.len; i++) *findings += answer.data[i] == '\n';
    if (*findings > 0) status = 0;
  }
  krv_buf_release(&answer);
  return status;
}

static int check_copy(const char *dir, struct krv_check_report *report, int *status) {
  char path[KRV_PATH_MAX];
  int exit = krv_cmd_copy_store(dir, path);
  if (exit != 0) return exit;
  *status = krv_check_store(krv_env_real(), path, report, print_finding, NULL);
  krv_cmd_drop_copy(path);
  return 0;
}

static int check_at_rest(const char *dir, struct krv_check_report *report) {
  char path[KRV_PATH_MAX];
  int lock, status = krv_dir_lock(dir, &lock);
  if (status != 0) return status;
  status = krv_path_join(dir, KRV_DIR_STORE, path);
  if (status == 0)
    status = krv_check_store(krv_env_real(), path, report, print_finding, NULL);
  close(lock);
  return status;
}

static void check_key(const char *dir, uint64_t *findings) {
  struct krv_server_key key;
  int status = krv_server_key_load(dir, krv_env_real(), &key);
  krv_wipe(&key, sizeof key);
  if (status == 0) return;
  printf("the key cannot be read: %s\n", krv_cmd_why(status));
  *findings += 1;
}

static int run(const struct krv_command *command, int argc, char **argv) {
  struct krv_check_report report = {0};
  uint64_t in_place = 0;
  if (!krv_cmd_plain(argc, argv, 1)) return krv_cmd_usage(command);
  const char *dir = argv[1];
  int exit = krv_cmd_folder(dir);
  if (exit != 0) return exit;
  int status = check_in_place(dir, &in_place);
  if (status == KRV_NOT_FOUND) status = check_at_rest(dir, &report);
  else if (status == 0) exit = check_copy(dir, &report, &status);
  if (exit != 0) return exit;
  if (status != 0)
    return krv_cmd_fail(krv_cmd_exit(status), "%s cannot be checked: %s", dir,
                        krv_cmd_why(status));
  check_key(dir, &in_place);
  printf("%llu items, %llu commits, %u roster entries, %u devices: ",
         (unsigned long long)report.items, (unsigned long long)report.commits,
         (unsigned)report.roster_count, (unsigned)report.devices);
  uint64_t findings = report.findings + in_place;
  if (findings == 0) puts("all is well");
  else printf("%llu findings\n", (unsigned long long)findings);
  return findings == 0 ? KRV_EXIT_OK : KRV_EXIT_DAMAGED;
}

const struct krv_command krv_cmd_check = {
    "check", "DIR", "verifies the database, the chain, every id, the roster and the inboxes",
    "One sentence for each finding; exit status 5 if there is any. A running server\n"
    "goes on serving: a copy is checked.\n",
    run};
