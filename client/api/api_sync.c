/* api_sync: a whole sync over TCP, or the machine for somebody's own loop. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "backoff.h"
#include "sync_uv.h"

static uint64_t now_ms(void) {
  const struct krv_env *env = krv_host_env();
  return env->mono_ms(env->ctx);
}

/* Where a run stood when it began. */
struct start {
  uint64_t ms;
  struct krv_news news;
};

static struct start start_now(const kerven *k) {
  return (struct start){now_ms(), k->world->news};
}

static void report_counts(kerven *k, const struct krv_sync_counts *counts,
                          const struct start *start, struct kerven_sync_report *out) {
  struct kerven_sync_report report = {
      .commits_up = counts->commits_up,
      .commits_down = counts->commits_down,
      .receipts_up = counts->receipts_up,
      .receipts_down = counts->receipts_down,
      .refused = counts->refused,
      .bytes_up = counts->bytes_up,
      .bytes_down = counts->bytes_down,
      .round_trips = counts->round_trips,
      .ticket = counts->ticket,
      .restarted = counts->restarted,
      .answered = counts->answered,
      .ms = (int64_t)(now_ms() - start->ms),
      .referrals = k->world->news.referrals - start->news.referrals,
      .tasks = k->world->news.tasks - start->news.tasks,
  };
  report.unsent = api_unsent(k->world);
  size_t size = out->size;
  report.size = size;
  if (size >= sizeof(size_t)) memcpy(out, &report, size < sizeof report ? size : sizeof report);
}

/* A world like the host's whose events become lines. Its functions ignore ctx, which is the
 * tracer's. */
struct tracer {
  struct krv_env env;
  const struct kerven_sync_options *options;
};

static void tell_trace(void *ctx, const struct krv_trace *event) {
  static const char *const kinds[] = {
      [KRV_TRACE_FRAME_IN] = "frame in",     [KRV_TRACE_FRAME_OUT] = "frame out",
      [KRV_TRACE_MESSAGE_IN] = "message in", [KRV_TRACE_MESSAGE_OUT] = "message out",
      [KRV_TRACE_STATE] = "state",           [KRV_TRACE_REFUSED] = "refused",
  };
  const struct tracer *tracer = ctx;
  char line[128];
  bool message = event->kind == KRV_TRACE_MESSAGE_IN || event->kind == KRV_TRACE_MESSAGE_OUT;
  snprintf(line, sizeof line, "%s %s %lld %lld", kinds[event->kind],
           message ? krv_message_name((unsigned)event->a) : "", (long long)event->a,
           (long long)event->b);
  tracer->options->trace(tracer->options->ctx, line);
}

static const struct krv_env *tracer_init(struct tracer *tracer,
                                         const struct kerven_sync_options *options) {
  if (!options->trace) return NULL;
  tracer->env = *krv_host_env();
  tracer->env.ctx = tracer;
  tracer->env.trace = tell_trace;
  tracer->options = options;
  return &tracer->env;
}

struct kerven_sync {
  kerven *k;
  struct krv_sync *sync;
  struct start start;
  size_t lent; /* of what pull gave, not yet sent */
  struct kerven_sync_options options;
  struct tracer tracer;
};

struct running {
  kerven *k;
  const struct kerven_sync_options *options;
  struct start start;
  uint64_t total_up;
};

static void tell_progress(void *ctx, const struct krv_sync_counts *counts) {
  struct running *r = ctx;
  struct kerven_sync_report report = {.size = sizeof report};
  if (!r->options->progress) return;
  report_counts(r->k, counts, &r->start, &report);
  r->options->progress(r->options->ctx, &report, r->total_up);
}

static bool ask_stop(void *ctx) {
  struct running *r = ctx;
  return r->options->stop && r->options->stop(r->options->ctx);
}

/* One at a time: two sessions of one device would share a cursor. */
static int may_start(kerven *k) {
  if (k->world->batch) return api_fail(k, KRV_STATE, "a batch is open");
  if (k->syncing) return api_fail(k, KRV_STATE, "a sync is under way");
  if (k->world->member.state != KRV_MEMBER_ALONE) return 0;
  return api_fail(k, KRV_NOT_APPROVED,
                  "this vault has joined no programme; see `kerven join --help`");
}

int api_sync_failed(kerven *k, int status, const struct krv_sync_counts *counts) {
  const char *address = k->world->member.address;
  if (status == KRV_OFFLINE || status == KRV_TIMEOUT) return api_fail(k, status, "%s", address);
  if (status == KRV_OTHER_PROGRAMME)
    return api_fail(k, status, "%s belongs to another programme, or does not know this device",
                    address);
  if (status == KRV_STATE && !counts->answered)
    return api_fail(k, status,
                    "%s has not got the list of members yet; whoever moves the programme "
                    "there has to finish that",
                    address);
  if (k->world->pin.moving && status == KRV_STALE)
    return api_fail(k, status, "%s has begun with another list of members; make it once more",
                    address);
  if (status != KRV_CUT || counts->answered) return status;
  return api_fail(k, status,
                  counts->bytes_down == 0
                      ? "%s is busy, or has just stopped"
                      : "%s stopped before it answered, or does not know this device any more "
                        "(then the office invites it again)",
                  address);
}

int kerven_sync_run(kerven *k, const struct kerven_sync_options *given,
                    struct kerven_sync_report *out) {
  struct kerven_sync_options options;
  struct krv_sync_counts counts;
  struct kerven_sync_report unwanted = {.size = sizeof unwanted};
  struct tracer tracer;
  api_begin(k);
  int status = api_options(&options, sizeof options, given, given ? given->size : 0);
  if (status != 0) return status;
  status = may_start(k);
  if (status != 0) return status;
  struct running r = {k, &options, start_now(k), 0};
  struct krv_sync_link link = {
      .timeout_ms = options.timeout_ms > 0 ? (uint32_t)options.timeout_ms : 60000,
      .watch = options.watch,
      .stop = ask_stop,
      .progress = tell_progress,
      .ctx = &r,
      .trace_env = tracer_init(&tracer, &options),
  };
  memset(&counts, 0, sizeof counts);
  r.total_up = api_unsent(k->world);
  status = krv_sync_over_tcp(k->world, &link, &counts);
  report_counts(k, &counts, &r.start, out ? out : &unwanted);
  return api_sync_failed(k, status, &counts);
}

bool kerven_wanted(const kerven *k) {
  return krv_vault_is_wanted(k->world->vault);
}

int64_t kerven_backoff_next_ms(struct kerven_backoff *backoff) {
  struct krv_backoff inner = {.tries = backoff->tries};
  uint32_t ms = krv_backoff_next_ms(&inner, krv_host_env());
  backoff->tries = inner.tries;
  return ms;
}

int kerven_sync_new(kerven *k, const struct kerven_sync_options *given, kerven_sync **out) {
  api_begin(k);
  *out = NULL;
  int status = may_start(k);
  if (status != 0) return status;
  kerven_sync *sync = krv_zalloc(krv_host_env(), 1, sizeof *sync);
  if (!sync) return KRV_NOMEM;
  status = api_options(&sync->options, sizeof sync->options, given, given ? given->size : 0);
  int timeout_ms = sync->options.timeout_ms;
  struct krv_sync_choice choice = {.idle_ms = timeout_ms > 0 ? (uint32_t)timeout_ms : 60000,
                                   .watch = sync->options.watch,
                                   .no_ticket = sync->options.no_ticket,
                                   .trace_env = tracer_init(&sync->tracer, &sync->options)};
  sync->k = k;
  sync->start = start_now(k);
  if (status == 0) status = krv_sync_new(k->world, &choice, &sync->sync);
  if (status != 0) krv_free(krv_host_env(), sync);
  else *out = sync;
  k->syncing = status == 0;
  return status;
}

/* What a batch holds is not saved yet: nothing of it may go out. The session waits for its end. */
static bool in_batch(const kerven_sync *sync) {
  return sync->k->world->batch != NULL;
}

const char *kerven_sync_peer(const kerven_sync *sync) {
  return sync->k->world->member.address;
}

int kerven_sync_pull(kerven_sync *sync, const uint8_t **data, size_t *len) {
  struct krv_slice out = {NULL, 0};
  int status = in_batch(sync) ? KRV_STATE : krv_sync_pull(sync->sync, &out);
  *data = out.data;
  *len = sync->lent = out.len;
  return status;
}

int kerven_sync_sent(kerven_sync *sync, size_t len) {
  if (len > sync->lent) return KRV_INVALID;
  sync->lent -= len;
  krv_sync_sent(sync->sync, len);
  return 0;
}

int kerven_sync_feed(kerven_sync *sync, const uint8_t *data, size_t len) {
  int status = in_batch(sync) ? KRV_STATE : 0;
  for (size_t at = 0; status == 0 && at < len; at += 65536)
    status = krv_sync_feed(sync->sync, krv_slice(data + at, len - at < 65536 ? len - at : 65536));
  return status;
}

int kerven_sync_closed(kerven_sync *sync) {
  return krv_sync_closed(sync->sync);
}

int kerven_sync_lost(kerven_sync *sync) {
  return krv_sync_lost(sync->sync);
}

int64_t kerven_sync_deadline_ms(const kerven_sync *sync) {
  uint64_t deadline = krv_sync_deadline_ms(sync->sync), now = now_ms();
  if (deadline == UINT64_MAX) return -1;
  return deadline > now ? (int64_t)(deadline - now) : 0;
}

int kerven_sync_timeout(kerven_sync *sync) {
  return in_batch(sync) ? KRV_STATE : krv_sync_timeout(sync->sync, now_ms());
}

bool kerven_sync_done(const kerven_sync *sync) {
  return krv_sync_done(sync->sync);
}

bool kerven_sync_again(const kerven_sync *sync) {
  return krv_sync_again(sync->sync);
}

int kerven_sync_result(kerven_sync *sync, struct kerven_sync_report *report) {
  struct krv_sync_counts counts;
  krv_sync_counts(sync->sync, &counts);
  report_counts(sync->k, &counts, &sync->start, report);
  return krv_sync_status(sync->sync);
}

void kerven_sync_free(kerven_sync *sync) {
  if (!sync) return;
  sync->k->syncing = false;
  krv_sync_free(sync->sync);
  krv_free(krv_host_env(), sync);
}
