#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "out.h"
#include "term.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WAIT_MAX_S = 7 * 24 * 3600, POLL_S = 2 };

static int64_t now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static bool may_wait(int status) {
  return status == 0 || status == KERVEN_EOFFLINE || status == KERVEN_ECUT ||
         status == KERVEN_ETIMEOUT || status == KERVEN_ENOT_APPROVED;
}

/* They are compared by voice while this waits: once, and where they do not mix with the result. */
static void tell_words(struct krv_cli *cli, struct kerven_status_report *report) {
  if (kerven_status(cli->k, report) || !*report->words) return;
  fprintf(stderr, "kerven: check words: %s. Tell the office these words by voice\n", report->words);
  fflush(stderr);
}

/* Asks every POLL_S seconds until the device is a member or the time is up. */
static int wait_for_approval(struct krv_cli *cli, long seconds,
                             struct kerven_status_report *report) {
  int64_t end = now_s() + seconds;
  tell_words(cli, report);
  for (;;) {
    struct kerven_sync_report sync = {.size = sizeof sync};
    struct timespec pause = {.tv_sec = POLL_S};
    int status = kerven_sync_run(cli->k, NULL, &sync);
    if (!may_wait(status)) return status;
    status = kerven_status(cli->k, report);
    if (status || report->membership == KERVEN_MEMBER) return status;
    if (now_s() + POLL_S > end) return KERVEN_ENOT_APPROVED;
    krv_term_progress("waiting for approval, %lld s left. Words: %s", (long long)(end - now_s()),
                      report->words);
    nanosleep(&pause, NULL);
  }
}

static int tell(struct krv_cli *cli, const struct kerven_status_report *report, bool ok) {
  bool member = report->membership == KERVEN_MEMBER;
  if (cli->json)
    return krv_out_json(stdout, json_pack("{s:b, s:b, s:s, s:s}", "ok", ok, "member", member,
                                          "words", report->words, "programme", report->programme));
  if (member) {
    fputs("joined ", stdout);
    krv_out_text(stdout, report->programme);
    putchar('\n');
    return 0;
  }
  printf(
      "asked to join. Check words: %s\nTell the office these words by voice. When it has approved, "
      "run: kerven sync\n",
      report->words);
  return 0;
}

static int check(struct krv_cli *cli) {
  long seconds;
  if (!krv_args_number(&cli->args, "wait", WAIT_MAX_S, &seconds))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--wait takes a number of seconds");
  return krv_cli_check_code(cli, KERVEN_CODE_INVITATION);
}

static int run(struct krv_cli *cli) {
  long seconds = 0;
  struct kerven_status_report report = {.size = sizeof report};
  (void)krv_args_number(&cli->args, "wait", WAIT_MAX_S, &seconds);
  int status = kerven_join(cli->k, cli->words[0], 0);
  if (status == KERVEN_EOFFLINE && !seconds)
    return krv_cli_why(cli, status, "the request is kept, and goes out with the next kerven sync");
  if (status && !(seconds && may_wait(status))) return status;
  if (!status && *kerven_detail(cli->k)) fprintf(stderr, "kerven: %s\n", kerven_detail(cli->k));
  if (seconds) {
    status = wait_for_approval(cli, seconds, &report);
    krv_term_progress_end();
  } else {
    status = kerven_status(cli->k, &report);
  }
  if (status == KERVEN_ENOT_APPROVED && *report.words) {
    krv_cli_why(cli, status, "its check words are %s", report.words);
    if (cli->json) (void)tell(cli, &report, false);
  }
  return status ? status : tell(cli, &report, true);
}

static const struct krv_option options[] = {
    {"wait", "SECONDS", "wait for approval; without it the next sync finishes the joining"}, {0}};

const struct krv_command krv_cmd_join = {
    .verb = "join",
    .args = "CODE",
    .line = "join a programme with an invitation code",
    .text =
        "Makes a new vault and asks the server. The office then approves; compare the\n"
        "check words with it by voice. When it fails half-way, the same command goes on\n"
        "from there, and so does one with a new code of the same programme. In scripts\n"
        "the new passphrase is KERVEN_PASSPHRASE.",
    .example = "kerven --vault w1 join 8QK2... --wait 300",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .use = KRV_USE_MAKE,
    .check = check,
    .run = run};
