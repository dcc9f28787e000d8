/* The vault of a command: where it is, its passphrase, opening it. */
#define _POSIX_C_SOURCE 200809L

#include "cli.h"
#include "term.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PASSPHRASE_SHORT = 12 };

static const char *vault_dir(const struct krv_cli *cli) {
  const char *dir = krv_cli_option(cli, "vault");
  if (!dir) dir = getenv("KERVEN_VAULT");
  return dir && *dir ? dir : NULL;
}

const char *krv_cli_language(const struct krv_cli *cli) {
  static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
  const char *lang = krv_cli_option(cli, "lang");
  for (size_t i = 0; !lang && i < sizeof variables / sizeof *variables; i++) {
    lang = getenv(variables[i]);
    if (lang && !*lang) lang = NULL;
  }
  if (lang && !strncmp(lang, "ru", 2)) return "ru";
  return lang && !strncmp(lang, "tk", 2) ? "tk" : "en";
}

int krv_cli_check_language(struct krv_cli *cli) {
  static const char *const known[] = {"en", "ru", "tk"};
  const char *lang = krv_cli_option(cli, "lang");
  for (size_t i = 0; lang && i < sizeof known / sizeof *known; i++)
    if (!strcmp(lang, known[i])) return 0;
  return lang ? krv_cli_why(cli, KERVEN_EUSAGE, "--lang takes en, ru or tk") : 0;
}

/* What a folder may hold before its vault is made: what a making leaves that was cut short. */
static bool is_nothing(const char *name) {
  static const char *const names[] = {".", "..", "lock", "wanted", "vault.new", "vault.new-wal"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(names[i], name)) return true;
  return false;
}

/* Nothing there, or nothing in it: found and join make a vault. */
static bool is_new(const char *dir) {
  DIR *folder = opendir(dir);
  if (!folder) return true;
  bool empty = true;
  for (struct dirent *entry; empty && (entry = readdir(folder)) != NULL;)
    empty = is_nothing(entry->d_name);
  closedir(folder);
  return empty;
}

/* ---------------------------------------------------------------- passphrases */

/* Once: it is taken away. */
static int from_environment(struct krv_cli *cli, const char *variable, char *out) {
  char *text = getenv(variable);
  if (!text) return KERVEN_ENOT_FOUND;
  size_t len = strlen(text);
  bool fits = len < KRV_CLI_SECRET_MAX;
  if (fits) memcpy(out, text, len + 1);
  krv_term_wipe(text, len); /* what stands there shows in /proc as long as this runs */
  unsetenv(variable);
  return fits ? 0 : krv_cli_why(cli, KERVEN_ETOO_LARGE, "%s", variable);
}

static int ask(struct krv_cli *cli, const char *prompt, const char *variable, char *out) {
  int status = krv_term_secret(prompt, out, KRV_CLI_SECRET_MAX);
  if (status == KERVEN_EUSAGE)
    return krv_cli_why(
        cli, status, "no passphrase: there is no terminal to ask on, and %s is not set", variable);
  if (status == KERVEN_EINVALID) return krv_cli_why(cli, KERVEN_EPASSPHRASE, "none was given");
  return status;
}

/* Characters of a UTF-8 text: bytes that begin one. */
static size_t characters(const char *text) {
  size_t count = 0;
  for (; *text; text++) count += ((unsigned char)*text & 0xc0) != 0x80;
  return count;
}

static int judge(struct krv_cli *cli, const char *fresh, const char *again) {
  if (!*fresh) {
    cli->what = "the new passphrase is empty, and would protect nothing";
    return krv_cli_advise(cli, KERVEN_EPASSPHRASE, "Choose several words.");
  }
  if (strcmp(fresh, again)) {
    cli->what = "the two are not the same";
    return krv_cli_advise(cli, KERVEN_EUSAGE, "Nothing was changed; begin again.");
  }
  if (!kerven_passphrase_fits(fresh)) {
    cli->what = "the new passphrase has under 8 characters, or digits alone: it is soon guessed";
    return krv_cli_advise(cli, KERVEN_EPASSPHRASE, "Choose several words.");
  }
  if (characters(fresh) < PASSPHRASE_SHORT)
    fprintf(stderr,
            "kerven: a passphrase of under %d characters is easy to guess; kerven passwd changes "
            "it\n",
            PASSPHRASE_SHORT);
  return 0;
}

int krv_cli_fresh_passphrase(struct krv_cli *cli, const char *variable,
                             char out[KRV_CLI_SECRET_MAX]) {
  char again[KRV_CLI_SECRET_MAX];
  int status = from_environment(cli, variable, out);
  if (!status) return judge(cli, out, out);
  if (status != KERVEN_ENOT_FOUND) return status;
  status = ask(cli, "New passphrase (several words; nobody can reset it): ", variable, out);
  if (!status) status = ask(cli, "The same once more: ", variable, again);
  if (!status) status = judge(cli, out, again);
  krv_term_wipe(again, sizeof again);
  return status;
}

static int passphrase(struct krv_cli *cli) {
  int status = from_environment(cli, "KERVEN_PASSPHRASE", cli->passphrase);
  if (status != KERVEN_ENOT_FOUND) return status;
  return ask(cli, "Passphrase: ", "KERVEN_PASSPHRASE", cli->passphrase);
}

/* ------------------------------------------------------------------- opening */

static int shut_out(struct krv_cli *cli, const char *dir) {
  cli->what = "this user may not open the folder";
  krv_cli_advise(cli, KERVEN_EIO, "See whose it is: ls -ld %.400s", dir);
  return krv_cli_why(cli, KERVEN_EIO, "%s", dir);
}

/* The folder in which a new vault's folder will be made. */
static int look_above(struct krv_cli *cli, const char *dir) {
  char above[512];
  struct stat found;
  size_t len = strlen(dir);
  while (len > 1 && dir[len - 1] == '/') len--;
  while (len > 0 && dir[len - 1] != '/') len--;
  while (len > 1 && dir[len - 1] == '/') len--;
  if (len == 0 || len >= sizeof above) return 0;
  memcpy(above, dir, len);
  above[len] = 0;
  if (!stat(above, &found)) return 0;
  if (errno == EACCES) return shut_out(cli, above);
  cli->what = "the folder is not there";
  krv_cli_advise(cli, KERVEN_ENOT_FOUND, "Make it first, or check the path.");
  return krv_cli_why(cli, KERVEN_ENOT_FOUND, "%s", above);
}

/* Before a passphrase is asked for: is there what the command needs, or room for a new vault? */
static int look(struct krv_cli *cli, const char *dir, bool make) {
  char path[4096];
  struct stat found;
  DIR *folder = opendir(dir);
  if (folder) closedir(folder);
  else if (errno == EACCES) return shut_out(cli, dir);
  else if (make) return look_above(cli, dir);
  int len = snprintf(path, sizeof path, "%s/vault.db", dir);
  if (make || len < 0 || (size_t)len >= sizeof path || !stat(path, &found)) return 0;
  if (errno == EACCES) return shut_out(cli, dir);
  if (cli->command->use == KRV_USE_MAKE)
    return krv_cli_why(cli, KERVEN_EEXISTS,
                       "%s holds other things, and a vault needs a folder of its own", dir);
  krv_cli_advise(cli, KERVEN_ENOT_FOUND,
                 "Check the folder; kerven found or kerven join makes one.");
  return krv_cli_why(cli, KERVEN_ENOT_FOUND, "no vault is in %s", dir);
}

/* Once, also where a watching sync opens the vault again and again. */
static void banner(struct krv_cli *cli) {
  struct kerven_status_report report = {.size = sizeof report};
  if (cli->warned) return;
  cli->warned = true;
  if (kerven_status(cli->k, &report)) return;
  if (report.practice)
    fprintf(stderr,
            "PRACTICE programme: no real people here, and nothing of it goes to a real one\n");
  if (strcmp(cli->command->verb, "alarms") != 0) krv_cli_tell_alarms(cli, report.alarms);
}

void krv_cli_tell_alarms(struct krv_cli *cli, uint64_t unseen) {
  if (unseen == cli->alarms_told) return;
  cli->alarms_told = unseen;
  if (!unseen) return;
  fprintf(stderr, "kerven: %llu alarm%s that you must know of: kerven alarms\n",
          (unsigned long long)unseen, unseen == 1 ? "" : "s");
}

static int unlock(struct krv_cli *cli, const char *dir) {
  struct kerven_open_options options = {
      .size = sizeof options, .key_file = krv_cli_option(cli, "key-file"), .wait = true};
  enum krv_cli_use use = cli->command->use;
  const char *writes_with = cli->command->writes_with;
  options.read_only = (use == KRV_USE_READ && !(writes_with && krv_cli_has(cli, writes_with))) ||
                      use == KRV_USE_MAYBE;
  bool make = use == KRV_USE_MAKE && is_new(dir);
  int status = look(cli, dir, make);
  if (!status && make)
    status = krv_cli_fresh_passphrase(cli, "KERVEN_PASSPHRASE", cli->passphrase);
  else if (!status && !*cli->passphrase) status = passphrase(cli);
  if (status) return status;
  long holder = 0;
  status = make ? kerven_create(dir, cli->passphrase, &options, &cli->k)
                : kerven_open_holder(dir, cli->passphrase, &options, &cli->k, &holder);
  if (!status || status == KERVEN_EPASSPHRASE) return status;
  if (holder) return krv_cli_why(cli, status, "process %ld holds %s", holder, dir);
  return krv_cli_why(cli, status, "%s", dir);
}

/* Before approval there is nothing to list, and saying "no cases" would be taken for an answer. */
static int in_programme(struct krv_cli *cli) {
  struct kerven_status_report report = {.size = sizeof report};
  int status = kerven_status(cli->k, &report);
  if (status) return status;
  bool in = report.membership == KERVEN_MEMBER || report.membership == KERVEN_REVOKED;
  return in ? 0 : KERVEN_ENOT_APPROVED;
}

int krv_cli_founding(struct krv_cli *cli, int status) {
  struct kerven_status_report report = {.size = sizeof report};
  bool ours = status == KERVEN_ENOT_APPROVED || status == KERVEN_EINVITE_USED ||
              status == KERVEN_EOTHER_PROGRAMME;
  if (!ours || !cli->k) return status;
  /* before it is asked more */
  if (!*cli->why) krv_cli_why(cli, status, "%s", kerven_detail(cli->k));
  if (kerven_status(cli->k, &report) || report.membership != KERVEN_FOUNDING) return status;
  if (status == KERVEN_ENOT_APPROVED) {
    cli->what = "the programme is not founded yet";
    krv_cli_advise(cli, status, "Run kerven sync, or kerven found once more with the same code.");
  } else if (status == KERVEN_EINVITE_USED) {
    cli->what = "the founding code was used already by another device";
    krv_cli_advise(cli, status, "Its programme is founded: ask there for an invitation.");
  } else {
    krv_cli_advise(cli, status,
                   "Check the address: a new founding code comes from the server's init.");
  }
  return status;
}

int krv_cli_open(struct krv_cli *cli) {
  const char *dir = vault_dir(cli);
  enum krv_cli_use use = cli->command->use;
  if (use == KRV_USE_NONE || (use == KRV_USE_MAYBE && !dir)) return 0;
  if (!dir)
    return krv_cli_why(cli, KERVEN_EUSAGE, "which vault? Give --vault DIR or set KERVEN_VAULT");
  int status = unlock(cli, dir);
  if (!krv_cli_has(cli, "watch")) krv_term_wipe(cli->passphrase, sizeof cli->passphrase);
  if (status) return status;
  kerven_language(cli->k, krv_cli_language(cli));
  banner(cli);
  return cli->command->member ? in_programme(cli) : 0;
}
