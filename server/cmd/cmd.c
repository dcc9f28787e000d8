#define _GNU_SOURCE
#include "cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "admin.h"
#include "env_uv.h"
#include "id.h"
#include "store.h"

enum { PASSPHRASE_SIZE_MAX = 1024, PASSPHRASE_SIZE_MIN = 8 };

int krv_cmd_fail(enum krv_exit exit, const char *format, ...) {
  va_list args;
  fputs("kerven-server: ", stderr);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  return (int)exit;
}

int krv_cmd_usage(const struct krv_command *command) {
  return krv_cmd_fail(KRV_EXIT_USAGE, "usage: kerven-server %s %s", command->name,
                      command->arguments);
}

enum krv_exit krv_cmd_exit(int status) {
  switch (status) {
    case KRV_BUSY: return KRV_EXIT_IN_USE;
    case KRV_DAMAGED:
    case KRV_UNFIT: return KRV_EXIT_DAMAGED;
    case KRV_PASSPHRASE: return KRV_EXIT_PASSPHRASE;
    case KRV_EXISTS: return KRV_EXIT_EXISTS;
    case KRV_NOT_FOUND: return KRV_EXIT_NOT_FOUND;
    default: return KRV_EXIT_FAILED;
  }
}

const char *krv_cmd_why(int status) {
  if (status == KRV_DAMAGED) return "it is damaged; restore the newest backup";
  return krv_status_text(status);
}

bool krv_cmd_plain(int argc, char **argv, int count) {
  for (int i = 1; i < argc; i++)
    if (argv[i][0] == '-' && argv[i][1] != 0) return false;
  return argc == count + 1;
}

/* A store that is gone must not be made anew: the programme could be founded once more. */
int krv_cmd_folder(const char *dir) {
  char path[KRV_PATH_MAX];
  struct stat st;
  if (krv_path_join(dir, KRV_DIR_KEY, path) != 0 || access(path, F_OK) != 0)
    return krv_cmd_fail(KRV_EXIT_NOT_FOUND,
                        "%s is not a server's folder; kerven-server init makes one", dir);
  if (krv_path_join(dir, KRV_DIR_STORE, path) == 0 && stat(path, &st) == 0 && st.st_size > 0)
    return 0;
  return krv_cmd_fail(KRV_EXIT_DAMAGED,
                      "the store of %s is missing or empty; restore the newest backup", dir);
}

/* ---- passphrase ---- */

static int read_line(const char *prompt, struct krv_buf *out) {
  char line[PASSPHRASE_SIZE_MAX];
  struct termios before, quiet;
  bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    quiet = before;
    quiet.c_lflag &= (tcflag_t)~ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    fputs(prompt, stderr);
  }
  char *got = fgets(line, sizeof line, stdin);
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
  }
  if (got) krv_buf_append(out, line, strcspn(line, "\r\n"));
  krv_wipe(line, sizeof line);
  return got ? out->status : KRV_IO;
}

int krv_cmd_passphrase(bool confirm, struct krv_buf *out) {
  char *given = getenv("KERVEN_PASSPHRASE");
  if (given) {
    krv_buf_put(out, krv_slice_str(given));
    krv_wipe(given, strlen(given)); /* what stands there shows in /proc as long as this runs */
    unsetenv("KERVEN_PASSPHRASE");
  } else {
    struct krv_buf again;
    if (read_line("Passphrase of the backup: ", out) != 0)
      return krv_cmd_fail(KRV_EXIT_USAGE, "no passphrase; type one or set KERVEN_PASSPHRASE");
    if (!confirm || isatty(STDIN_FILENO) == 0) goto measured;
    krv_buf_init(&again, out->env);
    int status = read_line("Once more: ", &again);
    bool same = status == 0 && krv_slice_equal(krv_buf_slice(&again), krv_buf_slice(out));
    krv_buf_wipe(&again);
    if (!same) return krv_cmd_fail(KRV_EXIT_USAGE, "the two passphrases differ; try again");
  }
measured:
  if (confirm && out->len < PASSPHRASE_SIZE_MIN)
    return krv_cmd_fail(KRV_EXIT_USAGE,
                        "the passphrase is too short; use five random words or more");
  return 0;
}

/* ---- copies of the store ---- */

void krv_cmd_drop_copy(const char *path) {
  char beside[KRV_PATH_MAX];
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    int len = snprintf(beside, sizeof beside, "%s%s", path, suffixes[i]);
    if (len > 0 && (size_t)len < sizeof beside) unlink(beside);
  }
}

static int copy_offline(const char *dir, const char *path) {
  char from[KRV_PATH_MAX];
  struct krv_store *store;
  int lock, status = krv_dir_lock(dir, &lock);
  if (status != 0) return status;
  status = krv_path_join(dir, KRV_DIR_STORE, from);
  if (status == 0) status = krv_store_sqlite_open(krv_env_real(), from, &store);
  if (status == 0) {
    status = krv_store_sqlite_copy(store, path);
    store->driver->close(store);
  }
  close(lock);
  return status;
}

int krv_cmd_copy_store(const char *dir, char path[KRV_PATH_MAX]) {
  const struct krv_env *env = krv_env_real();
  char hex[KRV_ID_HEX_LEN], name[64], command[KRV_ADMIN_LINE_MAX];
  struct krv_id id;
  struct krv_buf answer;
  env->random(env->ctx, id.b, sizeof id.b);
  krv_id_hex(&id, hex);
  snprintf(name, sizeof name, KRV_ADMIN_COPY_PREFIX "%.16s.db", hex);
  snprintf(command, sizeof command, "copy %s", name);
  krv_buf_init(&answer, env);
  int status = krv_path_join(dir, name, path);
  if (status == 0) status = krv_admin_ask(dir, command, &answer);
  if (status == KRV_NOT_FOUND) status = copy_offline(dir, path);
  krv_buf_release(&answer);
  if (status == 0) return 0;
  krv_cmd_drop_copy(path);
  return krv_cmd_fail(krv_cmd_exit(status), "the store of %s could not be copied: %s", dir,
                      krv_cmd_why(status));
}
