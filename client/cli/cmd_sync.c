/* One sync, or, with --watch, staying connected until SIGINT or SIGTERM.
 *
 * A watching vault lets go when another process wants it (R29), also while there is no
 * connection: the library ends the run well, though nobody stopped it; the vault is closed, and
 * opened again a second later, or when the other one has had its turn. When the connection goes, or
 * while approval is waited for, it is tried again after the pauses of kerven_backoff. */
#define _POSIX_C_SOURCE 200809L

#include "commands.h"
#include "out.h"
#include "term.h"

#include <signal.h>
#include <time.h>

enum { LET_GO_MS = 1000, SLICE_MS = 500 };

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
  struct kerven_sync_report told; /* of this connection */
  struct kerven_backoff backoff;
  uint64_t requests; /* told */
  bool connected, answered, words_told; /* connected: now; answered: at any time */
};

/* It has asked to join, and the office has not approved. */
static bool waits(const struct kerven_status_report *now) {
  return now->membership == KERVEN_JOINING;
}

static json_t *as_json(const struct kerven_sync_report *r, const struct kerven_status_report *now) {
  const char *form = "{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:I}";
  json_t *out = json_pack(form, "ok", 1,
                   "commits_up", (json_int_t)r->commits_up, "commits_down",
                   (json_int_t)r->commits_down, "receipts_up", (json_int_t)r->receipts_up,
                   "receipts_down", (json_int_t)r->receipts_down, "refused", (json_int_t)r->refused,
                   "bytes_up", (json_int_t)r->bytes_up, "bytes_down", (json_int_t)r->bytes_down,
                   "round_trips", (json_int_t)r->round_trips, "ms", (json_int_t)r->ms, "ticket",
                   r->ticket, "restarted", r->restarted, "unsent", (json_int_t)r->unsent);
  if (out) json_object_set_new(out, "referrals", json_integer((json_int_t)r->referrals));
  if (out) json_object_set_new(out, "tasks", json_integer((json_int_t)r->tasks));
  if (out) json_object_set_new(out, "requests", json_integer((json_int_t)now->requests));
  if (out) json_object_set_new(out, "member", json_boolean(now->membership == KERVEN_MEMBER));
  if (out && waits(now)) json_object_set_new(out, "words", json_string(now->words));
  return out;
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

/* Nothing was synced, and nothing is wrong. */
static int tell_waiting(const struct kerven_status_report *now) {
  printf("this device waits for approval. Check words: %s\n"
         "Tell the office these words by voice. When it has approved, run: kerven sync\n",
         now->words);
  return 0;
}

/* Work that somebody else made for this device. */
static void tell_came(const struct kerven_sync_report *r) {
  if (r->referrals) count("! ", r->referrals, "referral", "");
  if (r->tasks) count(r->referrals ? " and " : "! ", r->tasks, "follow-up", "");
  if (r->referrals || r->tasks)
    printf(" came: %s%s%s\n", r->referrals ? "kerven case list --type referral" : "",
           r->referrals && r->tasks ? ", " : "", r->tasks ? "kerven tasks" : "");
}

/* With the option that lets them in: --all takes some, the others are compared by voice. */
static void tell_requests(const struct kerven_status_report *now) {
  if (!now->requests) return;
  count("! ", now->requests, "device", now->requests == 1 ? " waits" : " wait");
  printf(" to be let in. Who, and what to compare: kerven members. Let in: kerven approve %s\n",
         now->requests_plain == now->requests ? "--all"
         : now->requests_plain                ? "--all, and --words for the others"
                                              : "--words \"...\", or --device");
}

static int tell(struct krv_cli *cli, const struct kerven_sync_report *r,
                const struct kerven_status_report *now) {
  if (cli->json) return krv_out_json(stdout, as_json(r, now));
  if (waits(now)) return tell_waiting(now);
  tell_moved(cli, r);
  if (r->receipts_down) puts("the office has confirmed what it received");
  tell_came(r);
  if (r->refused) count("! the server refused ", r->refused, "change", ": kerven status\n");
  if (r->unsent) count("! still to be sent: ", r->unsent, "change", "\n");
  if (r->restarted) puts("the server had lost its memory; what this device holds was sent again");
  return 0;
}

/* What there is to do now. */
static void tell_todo(const struct kerven_status_report *now, enum kerven_membership before) {
  if (now->membership == KERVEN_MEMBER && before == KERVEN_JOINING) puts("you are a member now");
  tell_requests(now);
  if (now->conflicts)
    count("! ", now->conflicts, "case", " with two values: kerven case conflicts\n");
}

static int tell_all(struct krv_cli *cli, const struct kerven_sync_report *r,
                    enum kerven_membership before) {
  struct kerven_status_report now = {.size = sizeof now};
  int status = kerven_status(cli->k, &now);
  if (!status) status = tell(cli, r, &now);
  if (!status) krv_cli_tell_alarms(cli, now.alarms);
  if (!status && !cli->json) tell_todo(&now, before);
  return status;
}

static void progress(void *ctx, const struct kerven_sync_report *r, uint64_t total_up) {
  (void)ctx;
  if (total_up || r->commits_down)
    krv_term_progress("%llu of %llu changes up, %llu down", (unsigned long long)r->commits_up,
                      (unsigned long long)total_up, (unsigned long long)r->commits_down);
}

/* ------------------------------------------------------------------- watching */

static void tell_connected(struct watching *w) {
  struct kerven_status_report now = {.size = sizeof now};
  w->connected = true;
  if (kerven_status(w->cli->k, &now)) return;
  fprintf(stderr, "kerven: connected to %s\n", now.server);
  if (w->words_told && now.membership == KERVEN_MEMBER) puts("you are a member now");
  w->words_told = false;
  fflush(stdout);
}

/* What moved since the last line of this connection. */
static struct kerven_sync_report since(const struct kerven_sync_report *r,
                                       const struct kerven_sync_report *told) {
  struct kerven_sync_report fresh = *r;
  fresh.commits_up -= told->commits_up;
  fresh.commits_down -= told->commits_down;
  fresh.receipts_up -= told->receipts_up;
  fresh.receipts_down -= told->receipts_down;
  fresh.refused -= told->refused;
  fresh.referrals -= told->referrals;
  fresh.tasks -= told->tasks;
  fresh.bytes_up -= told->bytes_up;
  fresh.bytes_down -= told->bytes_down;
  fresh.round_trips -= told->round_trips;
  fresh.ms -= told->ms;
  return fresh;
}

/* A line for each exchange that moved something. */
static void watch_progress(void *ctx, const struct kerven_sync_report *r, uint64_t total_up) {
  struct watching *w = ctx;
  struct kerven_sync_report fresh = since(r, &w->told);
  struct kerven_status_report now = {.size = sizeof now};
  (void)total_up;
  if (r->answered && !w->connected) tell_connected(w);
  bool moved = fresh.commits_up || fresh.commits_down || fresh.receipts_down || fresh.refused;
  if ((!moved && !fresh.bytes_down) || kerven_status(w->cli->k, &now)) return;
  bool asked = now.requests > w->requests;
  w->requests = now.requests;
  if (!moved && !asked) return;
  w->told = *r;
  tell(w->cli, &fresh, &now);
  if (asked && !w->cli->json) tell_requests(&now);
  fflush(stdout);
  krv_cli_tell_alarms(w->cli, now.alarms);
}

/* A signal ends it, and one that comes just before is not slept over for longer than a slice. */
static void nap(int64_t ms) {
  for (; ms > 0 && !stopped; ms -= SLICE_MS) {
    struct timespec slice = {.tv_nsec = (long)(ms < SLICE_MS ? ms : SLICE_MS) * 1000000};
    nanosleep(&slice, NULL);
  }
}

/* Opened again once nobody holds it any more. */
static int let_go(struct krv_cli *cli) {
  int status = KERVEN_EBUSY;
  kerven_close(cli->k);
  cli->k = NULL;
  while (status == KERVEN_EBUSY && !stopped) {
    nap(LET_GO_MS);
    status = stopped ? 0 : krv_cli_open(cli);
  }
  if (!status) cli->why[0] = 0;
  return status;
}

/* Until the next try; whoever wants the vault meanwhile gets it. */
static int hold_on(struct krv_cli *cli, int64_t ms) {
  for (; ms > 0 && !stopped; ms -= SLICE_MS) {
    if (kerven_wanted(cli->k)) return let_go(cli);
    nap(ms < SLICE_MS ? ms : SLICE_MS);
  }
  return 0;
}

/* A server that took no part may be one that is just being moved, if it was ours a while ago. */
static bool passes(const struct watching *w, int status) {
  return status == KERVEN_EOFFLINE || status == KERVEN_ECUT || status == KERVEN_ETIMEOUT ||
         (status == KERVEN_EOTHER_PROGRAMME && w->answered);
}

static int wait_for_approval(struct watching *w, const struct kerven_status_report *now) {
  if (!w->words_told && !w->cli->json) tell_waiting(now);
  w->words_told = true;
  fflush(stdout);
  return hold_on(w->cli, kerven_backoff_next_ms(&w->backoff));
}

/* One connection, and what follows it. 0: on with the next. */
static int watch_once(struct watching *w, const struct kerven_sync_options *options) {
  struct kerven_sync_report report = {.size = sizeof report};
  struct kerven_status_report now = {.size = sizeof now};
  w->told = (struct kerven_sync_report){0};
  w->connected = false;
  int status = kerven_sync_run(w->cli->k, options, &report);
  if (report.answered) {
    w->answered = true;
    w->backoff = (struct kerven_backoff){0};
  }
  if (stopped) return 0;
  if (status == 0 && !kerven_wanted(w->cli->k)) status = kerven_status(w->cli->k, &now);
  if (status == 0) return waits(&now) ? wait_for_approval(w, &now) : let_go(w->cli);
  if (!passes(w, status)) return status;
  int64_t ms = kerven_backoff_next_ms(&w->backoff);
  fprintf(stderr, "kerven: %s; next try in %.1f s\n", kerven_strerror(status), (double)ms / 1000);
  return hold_on(w->cli, ms);
}

static int watch(struct krv_cli *cli, struct kerven_sync_options *options) {
  struct watching w = {.cli = cli};
  int status = 0;
  catch_signals();
  options->ctx = &w;
  while (!stopped && !status) status = watch_once(&w, options);
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
  return status ? status : tell_all(cli, &report, before.membership);
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
        "Nothing is lost when it breaks: run it again. With --watch it comes back by\n"
        "itself, and other commands can use the vault meanwhile; it lets go for them.\n"
        "While the office has not approved this device, it shows the check words.",
    .example = "kerven sync --json",
    .options = options,
    .words_min = 0,
    .words_max = 0,
    .use = KRV_USE_WRITE,
    .run = run};
