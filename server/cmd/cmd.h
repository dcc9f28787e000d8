/* cmd: what the commands of kerven-server share. */
#ifndef KRV_CMD_H
#define KRV_CMD_H

#include "config.h"
#include "dir.h"

/* Exit statuses; the manual page lists them. */
enum krv_exit {
  KRV_EXIT_OK = 0,
  KRV_EXIT_FAILED = 1,     /* the disk, memory, the network: the sentence says which */
  KRV_EXIT_USAGE = 2,
  KRV_EXIT_IN_USE = 3,     /* another process uses the folder */
  KRV_EXIT_ADDRESS = 4,    /* cannot listen there */
  KRV_EXIT_DAMAGED = 5,    /* check or restore found something */
  KRV_EXIT_PASSPHRASE = 6,
  KRV_EXIT_EXISTS = 7,     /* would replace something */
  KRV_EXIT_NOT_FOUND = 8,  /* no such folder or file, or no server folder */
};

struct krv_command {
  const char *name, *arguments, *summary;
  const char *help;        /* options and an example */
  int (*run)(const struct krv_command *command, int argc, char **argv); /* argv[0]: the command */
};
extern const struct krv_command krv_cmd_init, krv_cmd_run, krv_cmd_status, krv_cmd_check,
    krv_cmd_backup, krv_cmd_restore;

/* "kerven-server: " and one sentence on stderr; returns exit. */
int krv_cmd_fail(enum krv_exit exit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int krv_cmd_usage(const struct krv_command *command);
/* The exit status that fits; status is negative. */
enum krv_exit krv_cmd_exit(int status);
/* The status' sentence, in the words of who keeps a server. */
const char *krv_cmd_why(int status);
/* Exactly `count` arguments and no options (--help is answered earlier). */
bool krv_cmd_plain(int argc, char **argv, int count);
/* Is dir a server's folder, with its store? 0, or the exit status after the sentence. */
int krv_cmd_folder(const char *dir);
/* From KERVEN_PASSPHRASE, or asked for on the terminal (twice if confirm). Wipe it. */
int krv_cmd_passphrase(bool confirm, struct krv_buf *out);
/* A consistent copy of dir's store under a new name inside dir: by the running server, or else by
 * this process. path: its name. 0 or the exit status after the sentence. */
int krv_cmd_copy_store(const char *dir, char path[KRV_PATH_MAX]);
/* Removes such a copy, and what SQLite put beside it. */
void krv_cmd_drop_copy(const char *path);

#endif
