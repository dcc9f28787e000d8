/* The programme's recovery key: its three shares, and what it mends. */
#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "out.h"
#include "term.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where it is not here, shares bring it. Returns the status, of whatever kind. */
static int key_status(struct krv_cli *cli, int status) {
  if (status != KERVEN_ENO_KEY) return status;
  return krv_cli_advise(cli, status, "Two shares bring it here: kerven recovery take.");
}

/* ----------------------------------------------------------------------- export */

static int print_share(struct krv_cli *cli, const char *programme, const char *share, int number) {
  printf("%sRECOVERY SHARE %d of %d, programme \"", number > 1 ? "\n" : "", number, KERVEN_SHARES);
  krv_out_text(stdout, programme);
  puts("\"\n"
       "Keep it on paper, apart from the two others, with a person whom the programme trusts. Two\n"
       "shares together can let anybody into the programme and read every case; one alone tells\n"
       "nothing. If the founder's device is lost: kerven recovery take, on an enrolled device.");
  int status = krv_cli_qr(cli, share);
  if (status) return status;
  puts(share);
  return 0;
}

static int print_json(char shares[KERVEN_SHARES][KERVEN_SHARE_TEXT_MAX]) {
  json_t *list = json_array();
  for (int i = 0; i < KERVEN_SHARES; i++) json_array_append_new(list, json_string(shares[i]));
  return krv_out_json(stdout, json_pack("{s:o}", "shares", list));
}

static int export(struct krv_cli *cli) {
  char shares[KERVEN_SHARES][KERVEN_SHARE_TEXT_MAX];
  struct kerven_status_report r = {.size = sizeof r};
  int status = kerven_status(cli->k, &r);
  if (!status) status = kerven_recovery_export(cli->k, krv_cli_has(cli, "new"), shares);
  if (status) return key_status(cli, status);
  if (cli->json) status = print_json(shares);
  for (int i = 0; !status && !cli->json && i < KERVEN_SHARES; i++)
    status = print_share(cli, r.programme, shares[i], i + 1);
  krv_term_wipe(shares, sizeof shares);
  if (!status && krv_cli_has(cli, "new"))
    fputs("kerven: the shares before still work among themselves: have them destroyed\n", stderr);
  return status;
}

static const struct krv_option export_options[] = {
    {"new", NULL, "other shares than before, which do not fit those"},
    {"qr", NULL, "QR codes even where stdout is no terminal"},
    {0}};

const struct krv_command krv_cmd_recovery_export = {
    .verb = "recovery",
    .sub = "export",
    .args = "",
    .line = "print the three shares of the programme's recovery key, for three people",
    .text =
        "The recovery key mends a programme that has lost its administrators, its\n"
        "office devices or its server. It lies in the founder's vault alone until it is\n"
        "exported. Print the shares (| lp), cut them apart, and give each to another\n"
        "person, none to who has a vault with the key. Any two of them give it. They\n"
        "are the same each time, so that a lost one can be printed again; --new makes\n"
        "others. Clear the screen, and keep no file of them.",
    .example = "kerven --vault office recovery export | lp",
    .options = export_options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = export};

/* ------------------------------------------------------------------------- take */

/* Straight from the descriptor, so that no buffer but ours has held it. */
static int read_line(char *out, size_t cap) {
  for (size_t len = 0; len < cap;) {
    ssize_t n = read(STDIN_FILENO, out + len, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return KERVEN_EIO;
    if (n == 0 || out[len] == '\n') {
      out[len] = 0;
      return n == 0 && len == 0 ? KERVEN_EUSAGE : 0;
    }
    len++;
  }
  return KERVEN_EINVITE_BAD;
}

/* Shown while it is typed: nobody copies 133 letters blindly. A slip is told at once. */
static int ask(struct krv_cli *cli, const char *which, char out[KRV_CLI_SECRET_MAX]) {
  bool person = isatty(STDIN_FILENO) != 0;
  unsigned number;
  for (;;) {
    if (person) fprintf(stderr, "The %s share: ", which);
    int status = read_line(out, KRV_CLI_SECRET_MAX);
    if (status == KERVEN_EUSAGE)
      return krv_cli_why(cli, status, "two shares are read from standard input, a line each");
    if (!status) status = kerven_recovery_share(cli->k, out, &number);
    if (status != KERVEN_EINVITE_BAD || !person) return status;
    fputs("It is not complete, or has a typing error. Once more.\n", stderr);
  }
}

static const char *take_advice(int status) {
  static const struct {
    int status;
    const char *advice;
  } advices[] = {
      {KERVEN_EINVITE_BAD, "Compare it with the paper, letter by letter."},
      {KERVEN_EOTHER_PROGRAMME, "Look for the shares of this programme: kerven status names it."},
      {KERVEN_EEXISTS, "Take another one."},
      {KERVEN_EINVALID, "Shares of one export begin with the same four groups of letters."},
      {KERVEN_ECRYPTO, "Try the third share with each of them."},
      {KERVEN_ESTATE, "There is nothing to be done."},
  };
  for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
    if (advices[i].status == status) return advices[i].advice;
  return NULL;
}

static int take(struct krv_cli *cli) {
  char first[KRV_CLI_SECRET_MAX], second[KRV_CLI_SECRET_MAX];
  if (cli->stdin_read)
    return krv_cli_why(cli, KERVEN_EUSAGE, "standard input can be read once only");
  int status = ask(cli, "first", first);
  if (!status) status = ask(cli, "second", second);
  if (!status) status = kerven_recovery_take(cli->k, first, second);
  krv_term_wipe(first, sizeof first);
  krv_term_wipe(second, sizeof second);
  const char *advice = take_advice(status);
  if (advice) {
    cli->what = "the recovery key was not taken";
    return krv_cli_advise(cli, status, "%s", advice);
  }
  if (status) return status;
  return krv_cli_done(cli, "the recovery key is in this vault; when all is mended, "
                           "kerven recovery forget --yes takes it out again");
}

const struct krv_command krv_cmd_recovery_take = {
    .verb = "recovery",
    .sub = "take",
    .args = "",
    .line = "put the recovery key into this vault, from two shares",
    .text =
        "Asks for two of the three shares, or reads them from standard input, a line\n"
        "each; they are never words of the command, so that no history holds them. Any\n"
        "enrolled device can take them. Then this vault signs with the recovery key:\n"
        "kerven recovery keeper and administrator, and kerven server move, server code\n"
        "and roster end with --recovery.",
    .example = "kerven --vault admin recovery take",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = take};

/* ----------------------------------------------------------------------- forget */

static int check_forget(struct krv_cli *cli) {
  if (krv_cli_has(cli, "yes")) return 0;
  return krv_cli_why(cli, KERVEN_EUSAGE,
                     "this takes the recovery key out of the vault, and only two shares bring it "
                     "back: say so with --yes");
}

static int forget(struct krv_cli *cli) {
  int status = kerven_recovery_forget(cli->k);
  if (status == KERVEN_ESTATE)
    return krv_cli_advise(cli, status, "First kerven recovery export, and kerven sync.");
  if (status) return key_status(cli, status);
  return krv_cli_done(cli, "the recovery key is no longer in this vault");
}

static const struct krv_option forget_options[] = {
    {"yes", NULL, "two of the shares are in good hands"}, {0}};

const struct krv_command krv_cmd_recovery_forget = {
    .verb = "recovery",
    .sub = "forget",
    .args = "--yes",
    .line = "take the recovery key out of this vault, once its shares are kept",
    .text =
        "Then a device that is seized while it is open gives it to nobody. Refused\n"
        "while the shares were never exported. Copies of the vault that were made\n"
        "before still hold it.",
    .example = "kerven --vault office recovery forget --yes",
    .options = forget_options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .member = true,
    .check = check_forget,
    .run = forget};

/* ----------------------------------------------------------------------- status */

static int show(struct krv_cli *cli) {
  struct kerven_recovery_report r = {.size = sizeof r};
  int status = kerven_recovery(cli->k, &r);
  if (status) return status;
  if (cli->json)
    return krv_out_json(stdout,
                        json_pack("{s:b, s:b, s:b, s:b, s:b}", "here", r.here, "exported",
                                  r.exported, "taken", r.taken, "forgotten", r.forgotten, "office",
                                  r.office));
  if (!r.here)
    puts(r.forgotten ? "The recovery key was taken out of this vault: two shares bring it back."
                     : "The recovery key is not in this vault: two shares bring it here.");
  else if (r.taken) puts("The recovery key is in this vault, by two shares.");
  else if (r.exported) puts("The recovery key is in this vault, and its shares were exported.");
  else puts("! The recovery key is in this vault alone: kerven recovery export");
  puts(r.office ? "What it needs to open the office's cases lies here, sealed to it."
                : "What it needs to open the office's cases has not come here yet: kerven sync");
  return 0;
}

const struct krv_command krv_cmd_recovery_status = {
    .verb = "recovery",
    .sub = "status",
    .args = "",
    .line = "whether this vault holds the recovery key, and whether its shares were exported",
    .text =
        "Every device of the programme keeps the office's secret, sealed to the\n"
        "recovery key: so any one that is left, and two shares, are enough to read\n"
        "again what it holds.",
    .example = "kerven recovery status",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = show};

/* ---------------------------------------------------------------------- mending */

static int mended(struct krv_cli *cli, int status) {
  if (status == KERVEN_EEXISTS) {
    cli->what = "nothing was changed";
    return krv_cli_advise(cli, status, "Run kerven sync.");
  }
  if (status == KERVEN_ENOT_FOUND || status == KERVEN_EINVALID)
    return krv_cli_advise(cli, status, "kerven members and kerven group list name them all.");
  if (status) return key_status(cli, status);
  return krv_cli_done(cli, "signed with the recovery key; next: kerven sync");
}

static int keeper(struct krv_cli *cli) {
  int status = kerven_recovery_keeper(cli->k, cli->words[0], krv_cli_option(cli, "device"));
  return mended(cli, krv_cli_group_status(cli, status));
}

static int administrator(struct krv_cli *cli) {
  return mended(cli, kerven_recovery_administrator(cli->k, krv_cli_option(cli, "device")));
}

static const struct krv_option mend_options[] = {
    {"device", "ID", "16 digits of its number, heard by voice; this device unless told"}, {0}};

const struct krv_command krv_cmd_recovery_keeper = {
    .verb = "recovery",
    .sub = "keeper",
    .args = "GROUP",
    .line = "with the recovery key, let a device into a group that has lost its keepers",
    .text =
        "Only keepers let devices into a group (kerven approve --device). Where all of\n"
        "them are lost, this makes a new one, in office or an agency. With the next\n"
        "sync it gets the group's secret, and reads what the group could read. Compare\n"
        "the number by voice.",
    .example = "kerven --vault admin recovery keeper office --device 3f0a6c1e9b2d4785",
    .options = mend_options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = keeper};

const struct krv_command krv_cmd_recovery_administrator = {
    .verb = "recovery",
    .sub = "administrator",
    .args = "",
    .line = "with the recovery key, make a device administrator where none is left",
    .text =
        "It stays what it was beside that. An administrator lets devices in and reads\n"
        "no case by that. Where a keeper of the office is lost as well, see kerven\n"
        "recovery keeper.",
    .example = "kerven --vault w1 recovery administrator",
    .options = mend_options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = administrator};
