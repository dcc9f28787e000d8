#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "out.h"
#include "term.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------ show */

static int show(struct krv_cli *cli) {
  struct kerven_server_report r = {.size = sizeof r};
  int status = kerven_server(cli->k, &r);
  if (status) return status;
  if (cli->json)
    return krv_out_json(stdout,
                        json_pack("{s:s, s:s, s:I, s:b, s:b}", "address", r.address, "key", r.key,
                                  "since", (json_int_t)r.since, "confirmed", r.confirmed, "moving",
                                  r.moving));
  printf("%-12s ", "address");
  krv_out_text(stdout, r.address);
  printf("\n%-12s %s\n", "key", r.key);
  if (r.moving)
    puts("\n! the programme is being moved there, and that is not finished: kerven sync goes on");
  else if (!r.confirmed)
    puts("\n! taken from a server code; the next sync will show the entry that names it");
  else if (r.since)
    printf("%-12s entry %u of the list of members\n", "since", r.since);
  else
    printf("%-12s the founding\n", "since");
  return 0;
}

const struct krv_command krv_cmd_server_show = {
    .verb = "server",
    .sub = "show",
    .args = "",
    .line = "which server this device goes to, and who says so",
    .text =
        "The key is the first 16 digits of it: all devices of a programme show the\n"
        "same.",
    .example = "kerven server show",
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_READ,
    .member = true,
    .run = show};

/* ------------------------------------------------------------------------ codes */

static void add_name(void *ctx, const char *name) {
  json_array_append_new(ctx, json_string(name));
}

/* Whoever holds such an invitation cannot join by it: its secret hangs on the server's key. */
static int void_invitations(struct krv_cli *cli, json_t **names) {
  *names = json_array();
  int status = kerven_server_void(cli->k, add_name, *names);
  if (status) json_decref(*names);
  return status;
}

static void warn_void(const json_t *names) {
  size_t i;
  json_t *name;
  if (!json_array_size(names)) return;
  fputs("no longer valid, and to be made anew with kerven invite: the invitations of ", stderr);
  json_array_foreach(names, i, name) {
    if (i) fputs(", ", stderr);
    krv_out_text(stderr, json_string_value(name));
  }
  fputc('\n', stderr);
}

static int print_code(struct krv_cli *cli, const char *code) {
  int status = krv_cli_qr(cli, code);
  if (status) return status;
  if (isatty(STDOUT_FILENO))
    puts("Every other device takes this with kerven server use; it is no secret:");
  puts(code);
  return 0;
}

/* After a move: also whose invitations hold no more. */
static int print_moved(struct krv_cli *cli, const char *code) {
  json_t *names;
  int status = void_invitations(cli, &names);
  if (status) return status;
  if (cli->json)
    return krv_out_json(stdout, json_pack("{s:s, s:o}", "code", code, "void", names));
  warn_void(names);
  json_decref(names);
  return print_code(cli, code);
}

static int check_move(struct krv_cli *cli) {
  return krv_cli_check_code(cli, KERVEN_CODE_FOUNDING);
}

static int move(struct krv_cli *cli) {
  char code[KERVEN_INVITE_TEXT_MAX];
  struct kerven_server_options options = {.size = sizeof options,
                                          .recovery = krv_cli_has(cli, "recovery")};
  int status = kerven_server_move(cli->k, cli->words[0], &options, code);
  if (status == KERVEN_EINVITE_USED) {
    cli->what = "the founding code was used already by another device";
    return krv_cli_advise(cli, status,
                          "Make the new server once more, with kerven-server init, and move to it "
                          "with its code.");
  }
  if (status) return status;
  if (*kerven_detail(cli->k))
    fprintf(stderr, "the new server has the list of members; the rest goes with kerven sync (%s)\n",
            kerven_detail(cli->k));
  return print_moved(cli, code);
}

static const struct krv_option move_options[] = {
    {"recovery", NULL, "sign it with the programme's recovery key (kerven recovery)"},
    {"qr", NULL, "a QR code even where stdout is no terminal"},
    {0}};

const struct krv_command krv_cmd_server_move = {
    .verb = "server",
    .sub = "move",
    .args = "CODE",
    .line = "carry the programme to a new server, the old one being lost",
    .text =
        "For an administrator, when the server is gone and no backup is left. CODE is\n"
        "what kerven-server init has printed on the new machine. The list of members\n"
        "goes there, then everything that this device holds. The last line on stdout is\n"
        "the server code, which brings every other device there, with what it holds.\n"
        "Nobody enrols anew. When it fails half-way, the same command goes on from\n"
        "there.",
    .example = "kerven --vault office server move F0R5...",
    .options = move_options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .member = true,
    .check = check_move,
    .run = move};

static int code(struct krv_cli *cli) {
  char text[KERVEN_INVITE_TEXT_MAX];
  struct kerven_server_options options = {.size = sizeof options,
                                          .address = krv_cli_option(cli, "address"),
                                          .recovery = krv_cli_has(cli, "recovery")};
  int status = kerven_server_code(cli->k, &options, text);
  if (status) return status;
  return cli->json ? krv_out_json(stdout, json_pack("{s:s}", "code", text)) : print_code(cli, text);
}

static const struct krv_option code_options[] = {
    {"address", "HOST:PORT", "where the same server is now; this device goes there too"},
    {"recovery", NULL, "sign it with the programme's recovery key (kerven recovery)"},
    {"qr", NULL, "a QR code even where stdout is no terminal"},
    {0}};

const struct krv_command krv_cmd_server_code = {
    .verb = "server",
    .sub = "code",
    .args = "",
    .line = "print the server code, for devices that do not find the server",
    .text = "Signed by this administrator. It holds no secret: it can be sent or hung up.",
    .example = "kerven --vault office server code --address sync.example.org:7440",
    .options = code_options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .member = true,
    .run = code};

/* ------------------------------------------------------------------------- use */

static int check_use(struct krv_cli *cli) {
  return krv_cli_check_code(cli, KERVEN_CODE_SERVER);
}

static int use(struct krv_cli *cli) {
  struct kerven_server_report r = {.size = sizeof r};
  json_t *names;
  int status = kerven_server_use(cli->k, cli->words[0]);
  if (!status) status = kerven_server(cli->k, &r);
  if (!status) status = void_invitations(cli, &names);
  if (status) return status;
  warn_void(names);
  json_decref(names);
  return krv_cli_done(cli, "this device goes to %s now; next: kerven sync", r.address);
}

const struct krv_command krv_cmd_server_use = {
    .verb = "server",
    .sub = "use",
    .args = "CODE",
    .line = "go to the server that a server code names",
    .text =
        "An administrator, or the recovery key, must have signed it. Nothing that is\n"
        "recorded is lost: the next sync brings it there.",
    .example = "kerven server use EC1G...",
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_WRITE,
    .check = check_use,
    .run = use};
