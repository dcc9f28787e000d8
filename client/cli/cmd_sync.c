/* One sync, or, with --watch, staying connected until SIGINT or SIGTERM.
 *
 * A watching vault lets go when another process wants it (R29): the library
 * ends the run well, though nobody stopped it; the vault is closed, and opened again
 * a second later, or when the other one has had its turn. When the connection goes, it is
 * tried again after a pause that doubles up to a minute, with jitter. */
#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "out.h"
#include "term.h"

#include <signal.h>
#include <time.h>

enum { PAUSE_MIN_MS = 1000, PAUSE_MAX_MS = 60000 };

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

static void catch_signals(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

static bool stop(void *ctx) {
  (void)ctx;
  return stopped;
}

static void trace(void *ctx, const char *line) {
  (void)ctx;
  fprintf(stderr, "%s\n", line);
}

struct watching {
  struct krv_cli *cli;
  struct kerven_sync_report told;
};

static json_t *as_json(const struct kerven_sync_report *r, bool ok) {
  return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:I}", "ok", ok,
                   "commits_up", (json_int_t)r->commits_up, "commits_down",
                   (json_int_t)r->commits_down, "receipts_up", (json_int_t)r->receipts_up,
                   "receipts_down", (json_int_t)r->receipts_down, "refused", (json_int_t)r->refused,
                   "bytes_up", (json_int_t)r->bytes_up, "bytes_down", (json_int_t)r->bytes_down,
                   "round_trips", (json_int_t)r->round_trips, "ms", (json_int_t)r->ms, "ticket",
                   r->ticket, "restarted", r->restarted, "unsent", (json_int_t)r->unsent);
}

/* The count and its noun, which gets an s unless it is one. */
static void count(const char *before, uint64_t n, const char *noun, const char *after) {
  printf("%s%llu %s%s%s", before, (unsigned long long)n, noun, n == 1 ? "" : "s", after);
}

static void tell_moved(struct krv_cli *cli, const struct kerven_sync_report *r) {
  bool up = r->commits_up > 0, down = r->commits_down > 0;
  fputs("synced: ", stdout);
  if (up) count("", r->commits_up, "change", down ? " sent, " : " sent");
  if (down) count("", r->commits_down, "change", " received");
  puts(up || down ? "" : "up to date");
  if (!krv_cli_has(cli, "verbose")) return;
  printf("bytes %llu up, %llu down; round trips %u; %lld ms\n", (unsigned long long)r->bytes_up,
         (unsigned long long)r->bytes_down, r->round_trips, (long long)r->ms);
}

static int tell(struct krv_cli *cli, const struct kerven_sync_report *r) {
  if (cli->json) return krv_out_json(stdout, as_json(r, true));
  tell_moved(cli, r);
  if (r->receipts_down) puts("the office has confirmed what it received");
  if (r->refused) count("! the server refused ", r->refused, "change", ": kerven status\n");
  if (r->unsent) count("! still to be sent: ", r->unsent, "change", "\n");
  if (r->restarted) puts("the server had lost its memory; what this device holds was sent again");
  return 0;
}

/* What there is to do now. */
static int tell_after(struct krv_cli *cli, enum kerven_membership before) {
  struct kerven_status_report now = {.size = sizeof now};
  int status = cli->json ? 0 : kerven_status(cli->k, &now);
  if (status || cli->json) return status;
  if (now.membership == KERVEN_MEMBER && before == KERVEN_JOINING) puts("you are a member now");
  if (now.membership == KERVEN_JOINING)
    printf("still waiting for approval; check words: %s\n", now.words);
  if (now.requests)
    count("! ", now.requests, "device",
          now.requests == 1 ? " asks to join: kerven members, kerven approve\n"
                            : " ask to join: kerven members, kerven approve\n");
  if (now.conflicts)
    count("! ", now.conflicts, "case", " with two values: kerven case conflicts\n");
  return 0;
}

static void progress(void *ctx, const struct kerven_sync_report *r, uint64_t total_up) {
  (void)ctx;
  if (total_up || r->commits_down)
    krv_term_progress("%llu of %llu changes up, %llu down", (unsigned long long)r->commits_up,
                      (unsigned long long)total_up, (unsigned long long)r->commits_down);
}

/* A line for each exchange: whatever moved since the last one. */
static void watch_progress(void *ctx, const struct kerven_sync_report *r, uint64_t total_up) {
  struct watching *w = ctx;
  const struct kerven_sync_report *t = &w->told;
  (void)total_up;
  bool moved = r->commits_up != t->commits_up || r->commits_down != t->commits_down ||
               r->receipts_down != t->receipts_down || r->refused != t->refused;
  if (!moved) return;
  w->told = *r;
  tell(w->cli, r);
  fflush(stdout);
}

/* In slices of a second, so that a signal that comes just before one is not slept over for long. */
static void nap(long ms) {
  for (; ms > 0 && !stopped; ms -= 1000) {
    struct timespec slice = {.tv_sec = ms >= 1000, .tv_nsec = ms >= 1000 ? 0 : ms * 1000000};
    nanosleep(&slice, NULL);
  }
}

/* Between half of it and the whole: devices that lost the server together come back one by one. */
static long jitter(long ms) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return ms / 2 + now.tv_nsec / 1000 % (ms / 2 + 1);
}

static bool connection_lost(int status) {
  return status == KERVEN_EOFFLINE || status == KERVEN_ECUT || status == KERVEN_ETIMEOUT;
}

/* Opened again once nobody holds it any more. */
static int let_go(struct krv_cli *cli) {
  int status = KERVEN_EBUSY;
  kerven_close(cli->k);
  cli->k = NULL;
  while (status == KERVEN_EBUSY && !stopped) {
    nap(PAUSE_MIN_MS);
    status = stopped ? 0 : krv_cli_open(cli);
  }
  if (!status) cli->why[0] = 0;
  return status;
}

static int watch(struct krv_cli *cli, struct kerven_sync_options *options) {
  long pause_ms = PAUSE_MIN_MS;
  int status = 0;
  catch_signals();
  while (!stopped) {
    struct watching watching = {.cli = cli};
    struct kerven_sync_report report = {.size = sizeof report};
    options->ctx = &watching;
    status = kerven_sync_run(cli->k, options, &report);
    if (report.commits_up || report.commits_down) pause_ms = PAUSE_MIN_MS;
    if (status == 0 && !stopped) {
      status = let_go(cli);
      if (status) break;
    } else if (connection_lost(status)) {
      long ms = jitter(pause_ms);
      fprintf(stderr, "kerven: %s; next try in %.1f s\n", kerven_strerror(status),
              (double)ms / 1000);
      nap(ms);
      pause_ms = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
    } else if (status) {
      break;
    }
  }
  return stopped ? 0 : status;
}

static int run(struct krv_cli *cli) {
  long seconds = 0;
  bool stay = krv_cli_has(cli, "watch");
  struct kerven_sync_options options = {.size = sizeof options,
                                        .watch = stay,
                                        .stop = stop,
                                        .progress = stay ? watch_progress : progress,
                                        .trace = krv_cli_has(cli, "trace") ? trace : NULL};
  if (!krv_args_number(&cli->args, "timeout", 3600, &seconds))
    return krv_cli_why(cli, KERVEN_EUSAGE, "--timeout takes a number of seconds");
  options.timeout_ms = (int)(seconds * 1000);
  if (stay) return watch(cli, &options);
  struct kerven_sync_report report = {.size = sizeof report};
  struct kerven_status_report before = {.size = sizeof before};
  int status = kerven_status(cli->k, &before);
  if (!status) status = kerven_sync_run(cli->k, &options, &report);
  krv_term_progress_end();
  if (!status) status = tell(cli, &report);
  return status ? status : tell_after(cli, before.membership);
}

static const struct krv_option options[] = {
    {"watch", NULL, "stay connected until interrupted; a line for each exchange"},
    {"timeout", "SECONDS", "give up after so long without progress; 60 unless told"},
    {"verbose", NULL, "bytes, round trips and time too"},
    {"trace", NULL, "the conversation, message by message, on stderr"},
    {0}};

const struct krv_command krv_cmd_sync = {
    .verb = "sync",
    .args = "",
    .line = "send what is new, fetch what is new",
    .text =
        "Nothing is lost when it breaks: run it again. With --watch other commands can use the\n"
        "vault meanwhile; it lets go for them.",
    .example = "kerven sync --json",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .run = run};
