/* cli: what a command gets and what it is. Each command is one row, in a file of
 * its own; main.c lists the rows, runs one, and tells what went wrong. */
#ifndef KRV_CLI_H
#define KRV_CLI_H

#include "args.h"

#include <jansson.h>
#include <kerven/kerven.h>
#include <stdio.h>

enum { KRV_CLI_SECRET_MAX = 1024, KRV_CLI_TEXT_MAX = 64 * 1024 };

/* What a command does with the vault: main opens it before, and closes it after. */
enum krv_cli_use {
  KRV_USE_NONE, /* needs none */
  KRV_USE_READ, /* opened to read: writes nothing, works on a full disk */
  KRV_USE_WRITE,
  KRV_USE_MAKE,  /* made if it is not there */
  KRV_USE_MAYBE, /* read if one is named */
};

struct krv_cli;

struct krv_command {
  const char *verb, *sub; /* sub NULL: none */
  const char *args;       /* "ID FIELD=VALUE ..." */
  const char *line;       /* one line of help */
  const char *text;       /* more help, lines of 78 columns; may be NULL */
  const char *example;
  const struct krv_option *options; /* may be NULL */
  int words_min, words_max;         /* after the verb; -1: no limit */
  enum krv_cli_use use;
  const char *writes_with; /* READ: the option with which it writes; NULL: none */
  bool member; /* refused while the vault's device is in no programme (R13) */
  /* Judges the words and options before a vault is made or a passphrase asked for; may be NULL.
   * Returns as run does. */
  int (*check)(struct krv_cli *cli);
  /* 0 or a KERVEN_E..., which main tells with krv_cli_why's words, else the library's detail. */
  int (*run)(struct krv_cli *cli);
};

struct krv_cli {
  const struct krv_command *command;
  struct krv_args args;
  const char *const *words; /* after the verb; word_count of them */
  int word_count;
  bool json;
  bool stdin_read;
  char *from; /* the lines of --from; NULL: none */
  bool warned; /* the banners have been shown */
  uint64_t alarms_told; /* how many the last line about alarms told */
  kerven *k;   /* NULL without a vault */
  const char *what; /* what happened, where the table of fail.c does not know it; NULL: it does */
  char why[512];
  char advice[512]; /* what to do, likewise; "": the table knows it */
  char passphrase[KRV_CLI_SECRET_MAX]; /* wiped when the vault is open, but for sync --watch */
};

/* Keeps what a failure has to say beyond its status, and returns the status. */
int krv_cli_why(struct krv_cli *cli, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Keeps what is to be done about it, in whole sentences, and returns the status. */
int krv_cli_advise(struct krv_cli *cli, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "en", "ru" or "tk": told by --lang or the locale. */
const char *krv_cli_language(const struct krv_cli *cli);

int krv_cli_check_language(struct krv_cli *cli);

/* The option's value, or NULL. */
const char *krv_cli_option(const struct krv_cli *cli, const char *name);
bool krv_cli_has(const struct krv_cli *cli, const char *name);

/* open.c: opens (or makes) the command's vault, with the banner of a practice programme. Under
 * --watch the passphrase is kept, so that it can be called again after kerven_close. */
int krv_cli_open(struct krv_cli *cli);
/* A failure of a vault that has begun to found a programme: in words of founding, not of joining.
 * Returns the status, of whatever kind. */
int krv_cli_founding(struct krv_cli *cli, int status);
/* One line on stderr, if there are any and the number is not the one that was told last. */
void krv_cli_tell_alarms(struct krv_cli *cli, uint64_t unseen);
/* A new passphrase, asked twice, or from the environment variable. */
int krv_cli_fresh_passphrase(struct krv_cli *cli, const char *variable,
                             char out[KRV_CLI_SECRET_MAX]);

/* code.c: whether the first word is a code of the wanted kind; another kind is told with the
 * command that takes it. */
int krv_cli_check_code(struct krv_cli *cli, enum kerven_code wanted);
/* The code as a QR code, on a terminal or with --qr; then its text follows. */
int krv_cli_qr(struct krv_cli *cli, const char *code);

/* from.c: the command line with the lines of --from after it, as a new array to free(); its strings
 * live as long as cli. *out is NULL where there is no --from. */
int krv_cli_from(struct krv_cli *cli, int *argc, char **argv, char ***out);
void krv_cli_from_release(struct krv_cli *cli);

/* assign.c: all that a stream has, at most 64 KiB, without the line end of its last line, in
 * KRV_CLI_TEXT_MAX + 1 bytes, zeros after it; name is for failures. Standard input is read once:
 * EUSAGE, if somebody had it. free() what *owned gets. */
int krv_cli_read(struct krv_cli *cli, FILE *in, const char *name, char **owned);
/* The text itself, or all of standard input where it is "-". free() what *owned gets. */
int krv_cli_text(struct krv_cli *cli, const char *word, const char **out, char **owned);

/* {"ok":true} with --json, else the sentence. */
int krv_cli_done(struct krv_cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A value that does not fit the field (ECODE, EVALUE): advises with the field's own name, and its
 * codes where they are few. Returns the status, of whatever kind. */
int krv_cli_field_status(struct krv_cli *cli, int status, const char *path);
/* A name that means several groups (EAMBIGUOUS): advises who tells them apart. Returns the status,
 * of whatever kind. */
int krv_cli_group_status(struct krv_cli *cli, int status);
/* Whether the command line sets anything: words after the first words_before, or an option. */
int krv_cli_some_change(struct krv_cli *cli, int words_before, const char *otherwise);
/* What the edit made of one value: a warning on stderr where it doubts it, advice where it refused
 * it. Returns the status. */
int krv_cli_valued(struct krv_cli *cli, kerven_edit *edit, const char *path, int status);
/* FIELD=VALUE and its relatives into an edit. record: where a bare FIELD belongs, "directory[1]";
 * NULL: record 0. */
int krv_cli_assign(struct krv_cli *cli, kerven_edit *edit, const char *record, const char *text);
/* Tells the id of the case that was saved. */
int krv_cli_saved(struct krv_cli *cli, const char *id);
/* Saves, frees, tells the case's id. status: what the edit has come to; an error is returned. */
int krv_cli_save(struct krv_cli *cli, kerven_edit *edit, int status);

/* referrals.c: what was referred on from a case, and how its receivers answered, as an array of
 * {"case", "to", "service", "service_label", "status", "status_label", "at", "why_declined",
 * "feedback"}; a referral that this vault cannot read has no "status". A new reference; NULL on
 * error. */
int krv_cli_referrals(struct krv_cli *cli, const char *id, json_t **out);

/* case_list.c: the cases that a query finds, as a table or JSON. */
int krv_cli_cases(struct krv_cli *cli, const struct kerven_case_query *query);
/* --days, or as many as a change may usually wait for the office's confirmation. */
enum { KRV_CLI_OVERDUE_DAYS = 14 };
int krv_cli_days(struct krv_cli *cli, uint32_t *out);
/* Before a case goes to others: a line on stderr when nobody has consented, or somebody refused. */
void krv_cli_warn_consent(struct krv_cli *cli, const char *id);
/* Would it show a case (or *what of it) to the whole programme, which nobody has said --yes to? An
 * entry of the directory is there for that. EUSAGE. */
int krv_cli_check_everyone(struct krv_cli *cli, const char *id, const char *group,
                           const char *what);

/* help.c */
void krv_help_all(FILE *out, const struct krv_command *const *commands,
                  const struct krv_option *globals);
void krv_help_group(FILE *out, const struct krv_command *const *commands, const char *verb);
void krv_help_command(FILE *out, const struct krv_command *command);
/* The command's name that looks most like the words; NULL when none does. */
const char *krv_help_nearest(const struct krv_command *const *commands, const char *verb,
                             const char *sub);

#endif
