#include "sync_in.h"

#include <string.h>

#include "found.h"
#include "join.h"
#include "pin.h"

enum {
  QUEUE_LOW = 128 * 1024, /* more plaintext is made below this many bytes to send */
  DAY_S = 86400,
  EARLY_LEAST = 512, /* bytes of early data: the first item goes in any case */
};

#define BIT(s) (1u << KRV_SYNC_##s)
static const struct krv_sm_state states[] = {
    [KRV_SYNC_START] = {"start", BIT(SHAKE) | BIT(BROKEN), 60000},
    [KRV_SYNC_SHAKE] = {"shake", BIT(LIVE) | BIT(ENROL) | BIT(AGAIN) | BIT(BROKEN), 0},
    [KRV_SYNC_ENROL] = {"enrol", BIT(LIVE) | BIT(DONE) | BIT(BROKEN), 60000},
    [KRV_SYNC_LIVE] = {"live", BIT(DONE) | BIT(BROKEN), 0},
    [KRV_SYNC_DONE] = {"done", BIT(BROKEN), 0},
    [KRV_SYNC_AGAIN] = {"again", 0, 0},
    [KRV_SYNC_BROKEN] = {"broken", 0, 0},
};
static const struct krv_sm_table table = {states, sizeof states / sizeof *states, NULL};

void krv_sync_move(struct krv_sync *sync, enum krv_sync_state to) {
  krv_sm_move(&sync->sm, sync->env, sync, to, sync->env->mono_ms(sync->env->ctx));
}

/* A session that breaks before its answer, however it does: less early data next time (R26). What
 * is lost is a cache's worth, so it is no error where that cannot be stored. */
static void halve_early(struct krv_sync *sync) {
  struct krv_standing *standing = &sync->world->standing;
  if (sync->opening != KRV_OPENING_TICKET || sync->answered) return;
  if (sync->sm.state != KRV_SYNC_SHAKE || krv_world_fresh(sync->world) != 0) return;
  uint32_t half = standing->early_max / 2;
  uint32_t least = half > EARLY_LEAST ? half : EARLY_LEAST;
  if (standing->early_max <= least) return;
  standing->early_max = least;
  if (krv_vault_begin(sync->world->vault) != 0) return;
  if (krv_standing_save(sync->world->vault, sync->env, standing) != 0 ||
      krv_vault_commit(sync->world->vault) != 0)
    krv_vault_rollback(sync->world->vault);
}

int krv_sync_break(struct krv_sync *sync, int status) {
  if (sync->sm.state != KRV_SYNC_BROKEN && sync->sm.state != KRV_SYNC_AGAIN) {
    if (sync->world->incoming) krv_intake_rollback(sync->world->incoming);
    sync->world->incoming = NULL;
    sync->status = status;
    halve_early(sync);
    krv_sync_move(sync, KRV_SYNC_BROKEN);
  }
  return sync->status;
}

int krv_sync_intake(struct krv_sync *sync) {
  struct krv_world *world = sync->world;
  if (world->incoming) return 0;
  int status = krv_intake_begin(world, &world->incoming);
  if (status == 0) krv_intake_set_last_case(world->incoming, &sync->last_case_down);
  return status;
}

int krv_sync_settle(struct krv_sync *sync) {
  struct krv_intake *intake = sync->world->incoming;
  if (!intake) return 0;
  int64_t again = krv_intake_reopened(intake);
  if (again > 0 && again <= sync->next_lid) sync->next_lid = again - 1;
  sync->world->incoming = NULL;
  return krv_intake_commit(intake);
}

/* What stands in the first message of an enrolment. */
static int say_enrolment(struct krv_sync *sync) {
  struct krv_world *world = sync->world;
  struct krv_buf body;
  if (world->pin.moving) {
    int moves = krv_pin_brings(world, &sync->moved);
    return moves == 0 ? krv_sync_say_moved(sync, QUEUE_LOW) : moves;
  }
  krv_buf_init(&body, sync->env);
  bool founding = world->member.state == KRV_MEMBER_FOUNDING;
  int status = founding ? krv_found_entry(world, &body) : krv_join_request(world, &body);
  size_t mark = krv_message_begin(&sync->out, founding ? KRV_MSG_ROSTER : KRV_MSG_JOIN);
  krv_buf_put(&sync->out, krv_buf_slice(&body));
  krv_message_end(&sync->out, mark);
  krv_buf_release(&body);
  return status == 0 ? sync->out.status : status;
}

/* Hands the plaintext that was made to the channel, and lets it make bytes. */
static int hand_over(struct krv_sync *sync) {
  int status = sync->out.status;
  if (status == 0 && sync->out.len > 0)
    status = krv_channel_send(sync->channel, krv_buf_slice(&sync->out));
  krv_buf_reset(&sync->out);
  return status == 0 ? krv_channel_flush(sync->channel) : status;
}

static int make_channel(struct krv_sync *sync) {
  struct krv_world *world = sync->world;
  struct krv_buf terms;
  struct krv_channel_options options = {
      .env = sync->choice.trace_env ? sync->choice.trace_env : sync->env,
      .initiator = true,
      .opening = sync->opening,
      .s = &world->keys.session,
      .server_pk = &world->member.server_pk,
      .early_max = world->standing.early_max,
  };
  krv_buf_init(&terms, sync->env);
  if (sync->opening == KRV_OPENING_ENROL) {
    options.psk = world->pin.moving ? &world->pin.psk : &world->member.invitation.psk;
    if (world->member.state == KRV_MEMBER_JOINING)
      krv_invite_terms_encode(&world->member.invitation.terms, &terms);
    options.enrol_terms = krv_buf_slice(&terms);
  }
  if (sync->opening == KRV_OPENING_TICKET) options.ticket = &world->standing.ticket;
  int status = terms.status != 0 ? terms.status : krv_channel_new(&options, &sync->channel);
  krv_buf_release(&terms);
  return status;
}

static enum krv_opening choose_opening(const struct krv_sync *sync) {
  const struct krv_world *world = sync->world;
  if (world->member.state != KRV_MEMBER_IN || world->pin.moving) return KRV_OPENING_ENROL;
  bool ticket = world->standing.ticketed && !sync->choice.no_ticket;
  return ticket ? KRV_OPENING_TICKET : KRV_OPENING_XK;
}

/* What was refused is tried again daily, by a clock that may jump either way (R12). */
static int reopen_daily(struct krv_world *world) {
  struct krv_standing *standing = &world->standing;
  struct krv_intake *intake;
  int64_t now_s = world->env->wall_s(world->env->ctx);
  uint64_t refused;
  int status = krv_vault_count(world->vault, KRV_MARK_REFUSED, &refused);
  if (status != 0) return status;
  bool due = now_s < standing->reopened_s || now_s - standing->reopened_s >= DAY_S;
  if (refused == 0) standing->reopened_s = now_s; /* a day from now at the earliest */
  if (refused == 0 || !due) return 0;
  status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  status = krv_intake_reopen(intake, 0);
  standing->reopened_s = now_s;
  krv_intake_touch(intake);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

static bool watching(const struct krv_sync *sync) {
  return sync->choice.watch && sync->sm.state == KRV_SYNC_LIVE;
}

/* Bytes moved. While watching, only what is heard shows that the server is there. */
static void note_progress(struct krv_sync *sync) {
  uint32_t idle_ms = sync->choice.idle_ms > 0 ? sync->choice.idle_ms : KRV_IDLE_MS;
  sync->quiet_ms =
      sync->env->mono_ms(sync->env->ctx) + (watching(sync) ? KRV_WATCH_QUIET_MS : idle_ms);
}

int krv_sync_new(struct krv_world *world, const struct krv_sync_choice *choice,
                 struct krv_sync **out) {
  *out = NULL;
  int status = krv_world_fresh(world); /* a cursor that was rolled back must not be told */
  if (status != 0) return status;
  if (world->member.state == KRV_MEMBER_ALONE) return KRV_STATE;
  struct krv_sync *sync = krv_zalloc(world->env, 1, sizeof *sync);
  if (!sync) return KRV_NOMEM;
  sync->world = world;
  sync->env = world->env;
  sync->choice = *choice;
  sync->server_pk = world->member.server_pk;
  sync->roster_next = UINT32_MAX;
  world->pull_again = false;
  note_progress(sync);
  krv_buf_init(&sync->out, world->env);
  krv_sm_init(&sync->sm, &table, KRV_SYNC_START, world->env->mono_ms(world->env->ctx));
  sync->opening = choose_opening(sync);
  sync->counts.ticket = sync->opening == KRV_OPENING_TICKET;
  sync->exceptions = krv_alloc(world->env, KRV_ACK_EXCEPTIONS_MAX * sizeof *sync->exceptions);
  status = sync->exceptions ? reopen_daily(world) : KRV_NOMEM;
  if (status == 0) status = make_channel(sync);
  if (status == 0)
    status = sync->opening == KRV_OPENING_ENROL ? say_enrolment(sync) : krv_sync_say_open(sync);
  if (status != 0) krv_sync_free(sync);
  else *out = sync;
  return status;
}

void krv_sync_free(struct krv_sync *sync) {
  if (!sync) return;
  const struct krv_env *env = sync->env;
  if (sync->world->incoming) krv_intake_rollback(sync->world->incoming);
  sync->world->incoming = NULL;
  krv_channel_free(sync->channel);
  krv_roster_free(sync->moved);
  krv_buf_wipe(&sync->out);
  krv_free(env, sync->flights);
  krv_free(env, sync->wholes);
  krv_free(env, sync->exceptions);
  krv_free(env, sync->causes);
  krv_free(env, sync);
}

/* ---- out */

/* Early data holds what fits; the rest waits for the channel to open. */
static int first_flush(struct krv_sync *sync) {
  int status = 0;
  if (sync->opening == KRV_OPENING_TICKET)
    status = krv_sync_say_items(sync, sync->world->standing.early_max);
  if (status == 0) status = hand_over(sync);
  if (status == 0) krv_sync_move(sync, KRV_SYNC_SHAKE);
  return status;
}

static bool speaking(const struct krv_sync *sync) {
  bool open = krv_channel_state(sync->channel) == KRV_CHANNEL_OPEN;
  return open && sync->open_sent &&
         (sync->sm.state == KRV_SYNC_SHAKE || sync->sm.state == KRV_SYNC_LIVE);
}

/* All said and heard: the last transaction, then the receipts. */
static int finish(struct krv_sync *sync) {
  bool over = sync->answered && !sync->cursor_due && sync->wants == 0 && !sync->asking &&
              sync->acked == sync->flight_count && krv_sync_all_said(sync);
  if (sync->sm.state != KRV_SYNC_LIVE || !over) return 0;
  int status = krv_sync_say_receipts(sync);
  if (status == 0 && sync->choice.watch) { /* no position was told after these */
    status = krv_sync_settle(sync);
    return status == 0 ? hand_over(sync) : status;
  }
  sync->world->member.last_sync_s = sync->env->wall_s(sync->env->ctx);
  if (status == 0) status = krv_sync_store(sync);
  if (status == 0) status = hand_over(sync);
  if (status == 0) krv_sync_move(sync, KRV_SYNC_DONE);
  return status;
}

static int make_more(struct krv_sync *sync) {
  int status = 0;
  if (sync->sm.state == KRV_SYNC_START) return first_flush(sync);
  bool open = krv_channel_state(sync->channel) == KRV_CHANNEL_OPEN;
  if (open && krv_channel_out(sync->channel)->len < QUEUE_LOW)
    status = krv_sync_say_moved(sync, QUEUE_LOW);
  if (status == 0 && !speaking(sync))
    status = hand_over(sync); /* the handshake's own turn, and what it carries */
  if (status != 0 || !speaking(sync)) return status;
  if (krv_channel_out(sync->channel)->len < QUEUE_LOW) status = krv_sync_say_items(sync, QUEUE_LOW);
  if (status == 0) status = hand_over(sync);
  return status == 0 ? finish(sync) : status;
}

int krv_sync_pull(struct krv_sync *sync, struct krv_slice *out) {
  *out = krv_slice(NULL, 0);
  if (sync->sm.state == KRV_SYNC_BROKEN) return sync->status;
  if (sync->sm.state == KRV_SYNC_AGAIN) return 0;
  int status = make_more(sync);
  if (status != 0) return krv_sync_break(sync, status);
  *out = krv_buf_slice(krv_channel_out(sync->channel));
  if (out->len > 0 && sync->heard) {
    sync->counts.round_trips++;
    sync->heard = false;
  }
  sync->waiting = out->len == 0;
  return 0;
}

void krv_sync_sent(struct krv_sync *sync, size_t len) {
  sync->counts.bytes_up += len;
  if (len > 0) krv_sync_moved(sync);
  krv_buf_consume(krv_channel_out(sync->channel), len);
}

void krv_sync_moved(struct krv_sync *sync) {
  if (!watching(sync)) note_progress(sync);
}

/* ---- in */

/* OPEN follows once we are in the roster's reach: at once, or after ENROLLED. */
static int hear_all(struct krv_sync *sync) {
  struct krv_buf *in = krv_channel_in(sync->channel);
  struct krv_message message;
  size_t used, at = 0;
  int status = 0;
  while (status == 0 && sync->sm.state != KRV_SYNC_BROKEN && sync->sm.state != KRV_SYNC_DONE) {
    const uint8_t *next = at > 0 ? in->data + at : in->data; /* NULL while nothing has come */
    status = krv_stream_next(krv_slice(next, in->len - at), 's', &message, &used);
    if (status == 0) status = krv_sync_hear(sync, &message);
    if (status == 0) at += used;
  }
  krv_buf_consume(in, at);
  return status == KRV_END ? 0 : status;
}

static void note_clock(struct krv_sync *sync) {
  int64_t server_s = krv_channel_server_s(sync->channel);
  if (server_s == 0) return;
  krv_member_told(&sync->world->member, server_s, sync->env->wall_s(sync->env->ctx));
}

int krv_sync_feed(struct krv_sync *sync, struct krv_slice bytes) {
  if (sync->sm.state >= KRV_SYNC_DONE) return sync->status;
  sync->counts.bytes_down += bytes.len;
  if (sync->waiting) sync->heard = true;
  int status = krv_channel_feed(sync->channel, bytes);
  note_clock(sync);
  if (status == 0) status = hear_all(sync);
  if (bytes.len > 0) note_progress(sync);
  if (status == 0) status = make_more(sync);
  if (status != 0) return krv_sync_break(sync, status);
  if (sync->sm.state == KRV_SYNC_DONE && sync->heard) {
    sync->counts.round_trips++;
    sync->heard = false;
  }
  return 0;
}

static bool silent(const struct krv_sync *sync) {
  return sync->sm.state == KRV_SYNC_SHAKE && sync->counts.bytes_down == 0;
}

/* A ticket that the server does not know is answered by silence: XK on a new connection. The
 * silence may come as a reset, where more of our first message was on its way. */
static int end(struct krv_sync *sync, int status) {
  if (sync->sm.state == KRV_SYNC_DONE || sync->sm.state == KRV_SYNC_BROKEN) return sync->status;
  if (!silent(sync) || sync->opening != KRV_OPENING_TICKET) return krv_sync_break(sync, status);
  halve_early(sync);
  krv_sync_move(sync, KRV_SYNC_AGAIN);
  return 0;
}

int krv_sync_closed(struct krv_sync *sync) {
  return end(sync, silent(sync) ? KRV_OTHER_PROGRAMME : KRV_CUT);
}

int krv_sync_lost(struct krv_sync *sync) {
  return end(sync, KRV_CUT);
}

int krv_sync_give_up(struct krv_sync *sync) {
  return krv_sync_break(sync, KRV_TIMEOUT);
}

/* What was said last may still be on its way out. */
static bool over(const struct krv_sync *sync) {
  return sync->sm.state > KRV_SYNC_DONE || krv_sync_done(sync);
}

/* Of the state alone; a handshake's is the channel's. */
static uint64_t state_deadline_ms(const struct krv_sync *sync) {
  if (watching(sync)) return sync->ping_ms;
  bool shaking = sync->sm.state == KRV_SYNC_SHAKE;
  return shaking ? krv_channel_deadline_ms(sync->channel) : sync->sm.deadline_ms;
}

uint64_t krv_sync_deadline_ms(const struct krv_sync *sync) {
  uint64_t deadline = state_deadline_ms(sync);
  return !over(sync) && sync->quiet_ms < deadline ? sync->quiet_ms : deadline;
}

/* Keeps a watching session alive, and asks for the CURSOR that the server holds back after our own
 * changes, so that their marks can be stored. */
static int ping(struct krv_sync *sync, uint64_t now_ms) {
  sync->ping_ms = now_ms + (sync->acked > 0 ? KRV_PING_SOON_MS : KRV_PING_MS);
  krv_message_empty(&sync->out, KRV_MSG_PING);
  int status = hand_over(sync);
  return status == 0 ? 0 : krv_sync_break(sync, status);
}

int krv_sync_timeout(struct krv_sync *sync, uint64_t now_ms) {
  if (over(sync) || now_ms < krv_sync_deadline_ms(sync)) return 0;
  if (watching(sync) && now_ms < sync->quiet_ms) return ping(sync, now_ms);
  return krv_sync_give_up(sync);
}

bool krv_sync_done(const struct krv_sync *sync) {
  return sync->sm.state == KRV_SYNC_DONE && krv_channel_out(sync->channel)->len == 0;
}

bool krv_sync_again(const struct krv_sync *sync) {
  return sync->sm.state == KRV_SYNC_AGAIN;
}

int krv_sync_status(const struct krv_sync *sync) {
  return sync->status;
}

void krv_sync_counts(const struct krv_sync *sync, struct krv_sync_counts *out) {
  *out = sync->counts;
}
