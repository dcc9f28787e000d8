/* conn: the life of one connection: the handshake, messages to their handlers,
 * and the moment when answers may go. The steps are those of docs/protocol.md.
 *
 * Happy path: feed() drives the channel; greet() learns who it is; each message
 * goes through the table of handlers; items join the batch; when the batch is
 * durable, committed() sends ANSWER or ACK and what is new; BYE drains.
 *
 * What can fail: the handshake (silent end), a message that has no place in the
 * state (REFUSE), a revoked device (REFUSE), a lost batch (silent end: nothing
 * was acknowledged), lateness (silent end), no memory (silent end).
 *
 * Invariants:
 *   1. Nothing that came in a batch is acknowledged before its commit: while
 *      `waits`, nothing is flushed.
 *   2. SERVE has a device and a pull; before it there is neither pull nor tally.
 *   3. DONE holds no pull, no tally and no share of the early pool. */
#include <assert.h>
#include <string.h>

#include "conn_in.h"

enum {
  SLICE_BYTES = 64 * 1024, /* plaintext that is queued before it is sealed */
  OUT_SHARE = 8,           /* a connection's of what is free of the pool */
  SHAKE_MS = 130 * 1000,  /* above the channel's own 10 s and 120 s */
  SPEAK_MS = 30 * 1000,   /* to say something, known but not watching */
  WATCH_MS = 150 * 1000,  /* a PING is due after 120 s of silence, and has 30 s to come */
  EARLY_PER_TICKET = 2,   /* R31 */
};

#define TO(state) (1u << (KRV_CONN_##state))
static const struct krv_sm_state states[KRV_CONN_STATES] = {
    [KRV_CONN_SHAKE] = {"shake", TO(OPENING) | TO(JOINING) | TO(DRAIN) | TO(DONE), SHAKE_MS},
    [KRV_CONN_OPENING] = {"opening", TO(SERVE) | TO(DRAIN) | TO(DONE), SPEAK_MS},
    [KRV_CONN_JOINING] = {"joining", TO(PENDING) | TO(OPENING) | TO(DRAIN) | TO(DONE), SPEAK_MS},
    [KRV_CONN_PENDING] = {"pending", TO(OPENING) | TO(DRAIN) | TO(DONE), SPEAK_MS},
    [KRV_CONN_SERVE] = {"serve", TO(DRAIN) | TO(DONE), SPEAK_MS},
    [KRV_CONN_DRAIN] = {"drain", TO(DONE), SPEAK_MS},
    [KRV_CONN_DONE] = {"done", 0, 0},
};

static bool invariant(const void *machine) {
  const struct krv_conn *conn = machine;
  switch (conn->sm.state) {
    case KRV_CONN_SERVE: return conn->pull && conn->bringer.device != KRV_NO_INDEX;
    case KRV_CONN_DONE: return !conn->pull && !conn->tally.exceptions && conn->early_reserved == 0;
    case KRV_CONN_DRAIN: return true;
    default: return !conn->pull && conn->tally.accepted == 0;
  }
}
static const struct krv_sm_table machine_table = {states, KRV_CONN_STATES, invariant};

uint64_t krv_conn_now_ms(const struct krv_conn *conn) {
  return conn->service->env->mono_ms(conn->service->env->ctx);
}

void krv_conn_move(struct krv_conn *conn, enum krv_conn_state to) {
  krv_sm_move(&conn->sm, conn->service->env, conn, to, krv_conn_now_ms(conn));
}

void krv_conn_log(const struct krv_conn *conn, enum krv_log_event event, int status) {
  if (!conn->service->log) return;
  conn->service->log(conn->service->log_ctx,
                     &(struct krv_log_line){
                         .event = event, .conn = conn->number, .device = conn->bringer.device,
                         .status = status, .bytes_in = conn->bytes_in, .bytes_out = conn->bytes_out,
                         .items_in = conn->items_in, .items_out = conn->items_out});
}

/* ---- ends ---- */

static void release_early(struct krv_conn *conn) {
  conn->service->early_pool_used -= conn->early_reserved;
  conn->early_reserved = 0;
}

void krv_conn_sent(struct krv_conn *conn, size_t len) {
  if (len > conn->out_reserved) len = conn->out_reserved; /* a handshake's answer took nothing */
  conn->service->out_pool_used -= len;
  conn->out_reserved -= len;
}

static void release_work(struct krv_conn *conn) {
  krv_pull_free(conn->pull);
  conn->pull = NULL;
  krv_tally_reset(conn);
  krv_buf_release(&conn->wants);
  release_early(conn);
  conn->watching = conn->waits = conn->more = conn->backlog = false;
}

int krv_conn_end(struct krv_conn *conn, int status) {
  if (conn->sm.state == KRV_CONN_DONE) return conn->status;
  if (conn->status == 0) conn->status = status;
  if (!conn->known) krv_conn_log(conn, KRV_LOG_REFUSED, status);
  release_work(conn);
  krv_buf_wipe(krv_channel_out(conn->channel));
  krv_buf_wipe(krv_channel_in(conn->channel));
  krv_conn_move(conn, KRV_CONN_DONE);
  return status;
}

/* R26: both ends derive the next ticket; losing one costs an XK only, so a failure is none. */
static void keep_ticket(struct krv_conn *conn) {
  struct krv_ticket ticket;
  if (conn->ticket_kept || conn->status != 0 || conn->bringer.device == KRV_NO_INDEX) return;
  conn->ticket_kept = true;
  if (krv_channel_next_ticket(conn->channel, &ticket)) {
    if (krv_channel_ticket(conn->channel)) ticket.chain_started_s = conn->ticket_chain_started_s;
    (void)krv_tickets_put(conn->service->tickets, conn->bringer.device, &ticket);
  }
  krv_wipe(&ticket, sizeof ticket);
}

int krv_conn_flush(struct krv_conn *conn) {
  size_t before = krv_channel_out(conn->channel)->len;
  int status = krv_channel_flush(conn->channel);
  conn->queued = 0;
  if (status != 0) return krv_conn_end(conn, status);
  size_t made = krv_channel_out(conn->channel)->len - before;
  conn->bytes_out += made;
  conn->out_reserved += made;
  conn->service->out_pool_used += made;
  if (krv_channel_state(conn->channel) != KRV_CHANNEL_OPEN) return 0;
  release_early(conn);
  keep_ticket(conn);
  return 0;
}

size_t krv_conn_out_high(const struct krv_conn *conn) {
  size_t used = conn->service->out_pool_used - conn->out_reserved; /* by others */
  size_t share = used < KRV_OUT_POOL_SIZE ? (KRV_OUT_POOL_SIZE - used) / OUT_SHARE : 0;
  if (share < KRV_CONN_OUT_LOW) return KRV_CONN_OUT_LOW;
  return share > KRV_CONN_OUT_HIGH ? KRV_CONN_OUT_HIGH : share;
}

int krv_conn_make_room(struct krv_conn *conn) {
  size_t high = krv_conn_out_high(conn);
  size_t slice = high < SLICE_BYTES ? high : SLICE_BYTES;
  int status = conn->queued >= slice ? krv_conn_flush(conn) : 0;
  if (status != 0) return status;
  return krv_conn_out(conn)->len + conn->queued >= high ? KRV_END : 0;
}

static void drain(struct krv_conn *conn) {
  release_work(conn);
  if (krv_conn_flush(conn) == 0) krv_conn_move(conn, KRV_CONN_DRAIN);
}

int krv_conn_refuse(struct krv_conn *conn, int status) {
  if (conn->sm.state >= KRV_CONN_DRAIN) return conn->status;
  conn->status = status;
  krv_conn_log(conn, KRV_LOG_REFUSED, status);
  struct krv_buf message;
  krv_buf_init(&message, conn->service->env);
  size_t mark = krv_message_begin(&message, KRV_MSG_REFUSE);
  krv_msg_refuse_encode(&(struct krv_msg_refuse){.status = status}, &message);
  krv_message_end(&message, mark);
  if (message.status == 0 && krv_conn_send(conn, krv_buf_slice(&message)) == 0) drain(conn);
  else krv_conn_end(conn, KRV_NOMEM);
  krv_buf_release(&message);
  return status;
}

void krv_conn_cut(struct krv_conn *conn, int status) {
  if (conn->sm.state >= KRV_CONN_DRAIN) return;
  if (conn->status == 0) conn->status = status;
  if (conn->known && !conn->waits) drain(conn);
  else krv_conn_end(conn, status);
}

/* ---- the host's answers to the channel ---- */

static int host_ticket(void *ctx, const struct krv_id *id, struct krv_key *psk) {
  struct krv_conn *conn = ctx;
  struct krv_service *service = conn->service;
  struct krv_ticket ticket;
  krv_device_ix device;
  int64_t now_s = service->env->wall_s(service->env->ctx);
  int status = krv_tickets_find(service->tickets, id, now_s, &device, &ticket);
  if (status != 0) return status;
  bool room = service->early_pool_used + KRV_TK1_SIZE_MAX <= KRV_EARLY_POOL_SIZE &&
              krv_live_early(service->live, id) < EARLY_PER_TICKET;
  if (room) {
    *psk = ticket.psk;
    conn->bringer.device = device;
    conn->ticket_chain_started_s = ticket.chain_started_s;
    conn->early_ticket = *id;
    conn->early_reserved = KRV_TK1_SIZE_MAX;
    service->early_pool_used += conn->early_reserved;
  }
  krv_wipe(&ticket, sizeof ticket);
  return room ? 0 : KRV_BUSY;
}

static int host_ticket_used(void *ctx, const struct krv_id *id, const struct krv_key *e) {
  return krv_tickets_used(((struct krv_conn *)ctx)->service->tickets, id, e);
}

/* Whoever was in the roster ever hears REFUSE(revoked) inside; others hear nothing. */
static int host_known(void *ctx, const struct krv_key *session_pk) {
  const struct krv_roster *roster = ((struct krv_conn *)ctx)->service->roster;
  return krv_roster_device_by_session(roster, session_pk) ? 0 : KRV_UNKNOWN_DEVICE;
}

static int64_t host_wall_s(void *ctx) {
  const struct krv_env *env = ((struct krv_conn *)ctx)->service->env;
  return env->wall_s(env->ctx);
}

/* ---- making ---- */

int krv_conn_new(struct krv_service *service, uint64_t number, struct krv_conn **out) {
  *out = NULL;
  struct krv_conn *conn = krv_zalloc(service->env, 1, sizeof *conn);
  if (!conn) return KRV_NOMEM;
  conn->service = service;
  conn->number = number;
  conn->bringer.device = KRV_NO_INDEX;
  conn->host = (struct krv_channel_host){host_ticket, host_ticket_used, host_known,
                                         krv_enrol_psk, host_wall_s, conn};
  krv_buf_init(&conn->wants, service->env);
  krv_sm_init(&conn->sm, &machine_table, KRV_CONN_SHAKE, krv_conn_now_ms(conn));
  const struct krv_channel_options options = {
      .env = service->env, .s = &service->server, .host = &conn->host};
  int status = krv_channel_new(&options, &conn->channel);
  if (status == 0) status = krv_live_add(service->live, conn);
  if (status != 0) {
    krv_conn_free(conn);
    return status;
  }
  *out = conn;
  return 0;
}

void krv_conn_free(struct krv_conn *conn) {
  if (!conn) return;
  if (conn->known) krv_conn_log(conn, KRV_LOG_CLOSE, conn->status);
  krv_live_remove(conn->service->live, conn);
  release_work(conn);
  krv_conn_sent(conn, conn->out_reserved);
  krv_channel_free(conn->channel);
  krv_free(conn->service->env, conn);
}

/* ---- messages ---- */

static int on_bye(struct krv_conn *conn, const struct krv_message *message) {
  (void)message;
  conn->bye = true;
  return 0;
}

static int on_watch(struct krv_conn *conn, const struct krv_message *message) {
  (void)message;
  conn->watching = true;
  return 0;
}

static int on_ping(struct krv_conn *conn, const struct krv_message *message) {
  (void)message;
  conn->cursor_due = conn->held_len > 0; /* 6.9: whatever is due, or PING */
  conn->ping_due = !conn->cursor_due && conn->wants.len > 0; /* 6.10: after what was wanted */
  if (conn->ping_due) return 0;
  return conn->cursor_due ? 0 : krv_conn_send_empty(conn, KRV_MSG_PING);
}

#define IN(state) (1u << (KRV_CONN_##state))
static const struct {
  enum krv_message_kind kind;
  unsigned states;
  krv_conn_handler *handle;
} handlers[] = {
    {KRV_MSG_COMMIT, IN(SERVE), krv_on_item},
    {KRV_MSG_OPEN, IN(OPENING), krv_on_open},
    {KRV_MSG_BYE, IN(OPENING) | IN(JOINING) | IN(PENDING) | IN(SERVE), on_bye},
    {KRV_MSG_WATCH, IN(OPENING) | IN(PENDING) | IN(SERVE), on_watch},
    {KRV_MSG_PING, IN(OPENING) | IN(PENDING) | IN(SERVE), on_ping},
    {KRV_MSG_GENESIS, IN(SERVE), krv_on_item},
    {KRV_MSG_GRANT, IN(SERVE), krv_on_item},
    {KRV_MSG_UNROUTE, IN(SERVE), krv_on_item},
    {KRV_MSG_NEED, IN(SERVE), krv_on_item},
    {KRV_MSG_BOX, IN(SERVE), krv_on_item},
    {KRV_MSG_RECEIPT, IN(SERVE), krv_on_item},
    {KRV_MSG_DOC, IN(SERVE), krv_on_item},
    {KRV_MSG_CONFIRM, IN(SERVE), krv_on_item},
    {KRV_MSG_NOTICE, IN(SERVE), krv_on_item},
    {KRV_MSG_ROSTER, IN(SERVE), krv_on_roster},
    {KRV_MSG_WANT, IN(SERVE), krv_on_want},
    {KRV_MSG_ROSTER, IN(JOINING), krv_on_founding},
    {KRV_MSG_JOIN, IN(JOINING), krv_on_join},
};

/* Is the channel not open yet? Then it is early data, which somebody else may have sent again. */
static bool early(const struct krv_conn *conn) {
  return krv_channel_state(conn->channel) != KRV_CHANNEL_OPEN;
}

static int dispatch(struct krv_conn *conn, const struct krv_message *message) {
  krv_trace(conn->service->env, KRV_TRACE_MESSAGE_IN, message->kind, (int64_t)message->payload.len);
  if (early(conn) && !krv_message_may_be_early(message->kind))
    return krv_conn_refuse(conn, KRV_PROTOCOL);
  for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
    if (handlers[i].kind == message->kind && (handlers[i].states >> conn->sm.state & 1) != 0)
      return handlers[i].handle(conn, message);
  return krv_conn_refuse(conn, KRV_PROTOCOL);
}

/* Input stops where its answer must come first. */
static bool must_stop(const struct krv_conn *conn) {
  return krv_tally_full(conn) || conn->enrolled_due || conn->service->batch_status != 0;
}

static int read_messages(struct krv_conn *conn) {
  struct krv_buf *in = krv_channel_in(conn->channel);
  size_t done = 0;
  int status = 0;
  conn->backlog = false;
  while (status == 0 && conn->sm.state > KRV_CONN_SHAKE && conn->sm.state < KRV_CONN_DRAIN &&
         !conn->bye) {
    if (must_stop(conn)) {
      conn->backlog = true;
      break;
    }
    struct krv_message message;
    size_t used;
    const uint8_t *next = done > 0 ? in->data + done : in->data; /* NULL while nothing has come */
    status = krv_stream_next(krv_slice(next, in->len - done), 'c', &message, &used);
    if (status < 0) krv_conn_refuse(conn, KRV_PROTOCOL);
    if (status != 0) break;
    done += used;
    status = dispatch(conn, &message);
  }
  if (conn->sm.state == KRV_CONN_DONE) return conn->status; /* in is gone */
  krv_buf_consume(in, done);
  if (in->len == 0) krv_buf_wipe(in); /* an idle connection holds no memory for input */
  return status == KRV_END ? 0 : status;
}

/* ---- who it is ---- */

static int known_device(struct krv_conn *conn, const struct krv_device *device) {
  conn->known = true;
  krv_conn_move(conn, KRV_CONN_OPENING);
  if (!device) return krv_conn_refuse(conn, KRV_UNKNOWN_DEVICE);
  if (!krv_enrol_founded(conn->service)) return krv_conn_refuse(conn, KRV_STATE);
  conn->bringer.device = device->ix;
  if (!krv_device_active(device)) return krv_conn_refuse(conn, KRV_REVOKED);
  krv_live_device(conn->service->live, conn);
  return 0;
}

static int greet(struct krv_conn *conn) {
  const struct krv_roster *roster = conn->service->roster;
  if (krv_channel_ticket(conn->channel))
    return known_device(conn, krv_roster_device(roster, conn->bringer.device));
  if (krv_channel_state(conn->channel) != KRV_CHANNEL_OPEN) return 0;
  if (krv_channel_opening(conn->channel) != KRV_OPENING_ENROL)
    return known_device(
        conn, krv_roster_device_by_session(roster, krv_channel_peer(conn->channel)));
  conn->known = true;
  krv_conn_move(conn, KRV_CONN_JOINING);
  return krv_enrol_greet(conn);
}

/* ---- answers ---- */

/* Sends what is due, unless the batch decides about it. */
static int reply(struct krv_conn *conn) {
  if (conn->sm.state >= KRV_CONN_DRAIN) return conn->status;
  bool due = conn->answer_due || conn->ack_due || conn->enrolled_due || conn->wants.len > 0 ||
             conn->more || conn->watching || conn->cursor_due || conn->bye;
  if (due && krv_batch_open(conn->service->batch)) {
    conn->waits = true;
    return 0;
  }
  int status = due ? krv_conn_answer(conn) : 0;
  if (status != 0 || conn->sm.state == KRV_CONN_DONE) return status;
  if (conn->bye && !conn->more) {
    drain(conn);
    return 0;
  }
  return krv_conn_flush(conn);
}

static uint32_t patience_ms(const struct krv_conn *conn) {
  return conn->watching ? WATCH_MS : SPEAK_MS;
}

static void heard(struct krv_conn *conn) {
  bool brings = conn->sm.state == KRV_CONN_JOINING && conn->brings;
  if (conn->sm.state == KRV_CONN_SERVE || conn->sm.state == KRV_CONN_PENDING || brings)
    conn->sm.deadline_ms = krv_conn_now_ms(conn) + patience_ms(conn);
}

void krv_conn_taken(struct krv_conn *conn) {
  uint64_t until_ms = krv_conn_now_ms(conn) + SPEAK_MS;
  bool sends = conn->sm.state == KRV_CONN_SERVE || conn->sm.state == KRV_CONN_DRAIN;
  if (sends && conn->sm.deadline_ms < until_ms) conn->sm.deadline_ms = until_ms;
}

int krv_conn_feed(struct krv_conn *conn, struct krv_slice bytes) {
  if (conn->sm.state >= KRV_CONN_DRAIN) return conn->status;
  conn->bytes_in += bytes.len;
  int status = bytes.len == 0 ? 0 : krv_channel_feed(conn->channel, bytes);
  if (status != 0) return krv_conn_end(conn, status);
  if (conn->sm.state == KRV_CONN_SHAKE) status = greet(conn);
  if (status == 0) status = read_messages(conn);
  if (bytes.len > 0) heard(conn);
  return status == 0 ? reply(conn) : status;
}

int krv_conn_committed(struct krv_conn *conn, int status) {
  if (conn->sm.state >= KRV_CONN_DRAIN) return conn->status;
  bool added = conn->added;
  conn->added = conn->waits = false;
  if (status < 0 && added) return krv_conn_end(conn, status);
  const struct krv_device *device = krv_roster_device(conn->service->roster, conn->bringer.device);
  if (conn->sm.state > KRV_CONN_SHAKE && device && !krv_device_active(device))
    return krv_conn_refuse(conn, KRV_REVOKED);
  if (conn->sm.state == KRV_CONN_PENDING) conn->enrolled_due = true;
  return reply(conn);
}

int krv_conn_drained(struct krv_conn *conn) {
  krv_conn_sent(conn, conn->out_reserved);
  return conn->more && !conn->waits ? reply(conn) : 0;
}

struct krv_buf *krv_conn_out(struct krv_conn *conn) {
  return krv_channel_out(conn->channel);
}

bool krv_conn_done(const struct krv_conn *conn) {
  if (conn->sm.state == KRV_CONN_DONE) return true;
  return conn->sm.state == KRV_CONN_DRAIN && krv_channel_out(conn->channel)->len == 0;
}

/* ---- time ---- */

uint64_t krv_conn_deadline_ms(const struct krv_conn *conn) {
  uint64_t own_ms = conn->sm.deadline_ms;
  if (conn->sm.state == KRV_CONN_DONE) return UINT64_MAX;
  if (conn->sm.state != KRV_CONN_SHAKE) return own_ms;
  uint64_t channel_ms = krv_channel_deadline_ms(conn->channel);
  return channel_ms < own_ms ? channel_ms : own_ms;
}

int krv_conn_timeout(struct krv_conn *conn, uint64_t now_ms) {
  if (now_ms < krv_conn_deadline_ms(conn) || conn->sm.state == KRV_CONN_DONE) return 0;
  return krv_conn_end(conn, KRV_TIMEOUT);
}

krv_device_ix krv_conn_device(const struct krv_conn *conn) {
  return conn->known ? conn->bringer.device : KRV_NO_INDEX;
}

bool krv_conn_known(const struct krv_conn *conn) {
  return conn->known;
}

bool krv_conn_passing(const struct krv_conn *conn) {
  static const int reasons[] = {KRV_TIMEOUT, KRV_CUT, KRV_BUSY, KRV_NOMEM, KRV_IO, KRV_FULL};
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (!conn->known && conn->status == reasons[i]) return true;
  return false;
}

/* ---- sending ---- */

int krv_conn_send(struct krv_conn *conn, struct krv_slice plain) {
  conn->queued += plain.len;
  int status = plain.len == 0 ? 0 : krv_channel_send(conn->channel, plain);
  return status == 0 ? 0 : krv_conn_end(conn, status);
}

int krv_conn_send_empty(struct krv_conn *conn, enum krv_message_kind kind) {
  struct krv_buf message;
  krv_buf_init(&message, conn->service->env);
  krv_message_empty(&message, kind);
  int status = message.status != 0 ? krv_conn_end(conn, message.status)
                                   : krv_conn_send(conn, krv_buf_slice(&message));
  krv_buf_release(&message);
  return status;
}
