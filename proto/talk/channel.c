/* channel: three handshakes as rows of one table, then DATA. The steps are
 * those of docs/protocol.md 3.
 *
 *   START --whole message 1, ours or theirs--> SHAKE --last message--> OPEN
 *     |                                          ^
 *     +--responder: id of a live ticket--> EARLY-+
 *   every state --any error, or late--> CLOSED
 *
 * Happy path: flush writes message i when it is ours; feed cuts frames out of
 * what arrives, one at a time, and reads message i when it is theirs; after the
 * last one the ciphers are split, and flush and feed move DATA.
 *
 * What can fail: a frame that is not the one expected or above its cap (known
 * after 3 bytes), a ticket that is not live (19 bytes), bytes that do not
 * verify, the host's refusal, lateness, no memory. All end alike: CLOSED, keys
 * wiped, out emptied, so that nobody learns which it was.
 *
 * Invariants:
 *   1. OPEN has both ciphers and no handshake; before OPEN there are no ciphers.
 *   2. CLOSED has a status, no key, and nothing to send.
 *   3. `wire` holds at most one frame that is not whole yet, and of a first
 *      message on a ticket at most 19 bytes until the ticket is known to live. */
#include "channel.h"

#include <string.h>

#include "dh.h"
#include "hash.h"

enum {
  SHAKE_MS = 10 * 1000,
  EARLY_MS = 120 * 1000,
  PLAIN_MAX = KRV_FRAME_SIZE_MAX - 1 - KRV_TAG_LEN, /* 65,518: what one DATA carries */
  TIME_LEN = 4,
  STEPS_MAX = 3,
};

/* ---- tables ---- */

enum { STATE_EARLY = KRV_CHANNEL_CLOSED + 1, STATE_COUNT };

#define TO(state) (1u << (state))
static const struct krv_sm_state states[STATE_COUNT] = {
    [KRV_CHANNEL_START] = {
        "start", TO(STATE_EARLY) | TO(KRV_CHANNEL_SHAKE) | TO(KRV_CHANNEL_CLOSED), SHAKE_MS},
    [STATE_EARLY] = {"early", TO(KRV_CHANNEL_SHAKE) | TO(KRV_CHANNEL_CLOSED), EARLY_MS},
    [KRV_CHANNEL_SHAKE] = {"shake", TO(KRV_CHANNEL_OPEN) | TO(KRV_CHANNEL_CLOSED), SHAKE_MS},
    [KRV_CHANNEL_OPEN] = {"open", TO(KRV_CHANNEL_CLOSED), 0},
    [KRV_CHANNEL_CLOSED] = {"closed", 0, 0},
};
#undef TO

/* What rides as payload. */
enum ride { NOTHING, TIME, TERMS, STREAM };

struct step {
  uint8_t kind;
  enum ride ride;
};

struct handshake {
  enum krv_noise_pattern pattern;
  unsigned count;
  struct step steps[STEPS_MAX];
};

static const struct handshake handshakes[] = {
    [KRV_OPENING_XK] = {KRV_NOISE_XK, 3,
                        {{KRV_FRAME_XK1, NOTHING}, {KRV_FRAME_XK2, TIME}, {KRV_FRAME_XK3, STREAM}}},
    [KRV_OPENING_ENROL] = {KRV_NOISE_XKPSK3, 3,
                           {{KRV_FRAME_EN1, TERMS}, {KRV_FRAME_EN2, NOTHING},
                            {KRV_FRAME_EN3, STREAM}}},
    [KRV_OPENING_TICKET] = {KRV_NOISE_NNPSK0, 2,
                            {{KRV_FRAME_TK1, STREAM}, {KRV_FRAME_TK2, STREAM}}},
};

struct krv_channel {
  const struct krv_env *env;
  struct krv_sm sm;
  bool initiator;
  enum krv_opening opening;
  int status; /* why it is CLOSED */

  struct krv_dh_pair s;
  struct krv_key peer, psk;
  bool has_psk, has_peer, peer_known; /* peer_known: to be shown */
  struct krv_channel_host host;
  size_t early_max, early_sent;

  struct krv_noise noise;
  struct krv_noise_cipher sending, receiving;
  struct krv_ticket ticket, next; /* the one that opens; the one after */
  bool ticket_live, ticket_verified, has_next;
  int64_t server_s;

  struct krv_buf wire;  /* the frame that is arriving */
  struct krv_buf queue; /* plaintext that waits for flush */
  struct krv_buf out, in, terms;
};

static const struct handshake *handshake_of(const struct krv_channel *channel) {
  return &handshakes[channel->opening];
}

static bool invariant(const void *machine) {
  const struct krv_channel *c = machine;
  bool keyed = c->sending.has_key && c->receiving.has_key;
  switch (c->sm.state) {
    case KRV_CHANNEL_OPEN: return keyed && c->noise.failed;
    case KRV_CHANNEL_CLOSED: return c->status != 0 && !keyed && c->out.len == 0;
    default: return !keyed && c->status == 0;
  }
}

static const struct krv_sm_table machine_table = {states, STATE_COUNT, invariant};

/* ---- moves ---- */

static uint64_t now_ms(const struct krv_channel *c) {
  return c->env->mono_ms(c->env->ctx);
}

static void move(struct krv_channel *c, unsigned to) {
  krv_sm_move(&c->sm, c->env, c, to, now_ms(c));
}

/* Handshakes get their time once, not once a message: from the first message of an initiator, who
 * may be made long before there is a connection, and from the beginning of a responder. */
static void move_to_shake(struct krv_channel *c) {
  uint64_t deadline_ms = c->sm.deadline_ms;
  move(c, KRV_CHANNEL_SHAKE);
  if (!c->initiator) c->sm.deadline_ms = deadline_ms;
}

static void wipe_keys(struct krv_channel *c) {
  krv_noise_release(&c->noise);
  krv_wipe(&c->sending, sizeof c->sending);
  krv_wipe(&c->receiving, sizeof c->receiving);
  krv_wipe(&c->ticket.psk, sizeof c->ticket.psk);
  krv_wipe(&c->psk, sizeof c->psk);
  krv_wipe(&c->s, sizeof c->s);
}

static int fail(struct krv_channel *c, int status) {
  if (c->sm.state == KRV_CHANNEL_CLOSED) return c->status;
  c->status = status;
  wipe_keys(c);
  krv_buf_wipe(&c->wire);
  krv_buf_wipe(&c->queue);
  krv_buf_wipe(&c->out);
  move(c, KRV_CHANNEL_CLOSED);
  return status;
}

/* The last message is through: keys for DATA, and the next ticket (R26). */
static void open_up(struct krv_channel *c) {
  uint8_t handshake_hash[KRV_HASH_LEN];
  struct krv_key chaining_key;
  if (!c->initiator && c->opening != KRV_OPENING_TICKET) c->peer = c->noise.rs;
  c->peer_known = c->has_peer || (!c->initiator && c->opening != KRV_OPENING_TICKET);
  krv_noise_split(&c->noise, &c->sending, &c->receiving, handshake_hash, &chaining_key);
  if (c->opening != KRV_OPENING_ENROL) {
    krv_ticket_next(&chaining_key, c->ticket.chain_started_s, &c->next);
    c->has_next = true;
  }
  krv_wipe(&chaining_key, sizeof chaining_key);
  krv_noise_release(&c->noise);
  move(c, KRV_CHANNEL_OPEN);
}

static const struct step *next_step(const struct krv_channel *c) {
  return &handshake_of(c)->steps[c->noise.message];
}

static bool our_turn(const struct krv_channel *c) {
  return c->sm.state == KRV_CHANNEL_SHAKE && (c->noise.message % 2 == 0) == c->initiator;
}

/* After a message was written or read. */
static void advance(struct krv_channel *c) {
  if (c->sm.state != KRV_CHANNEL_SHAKE) move_to_shake(c);
  if (krv_noise_done(&c->noise)) open_up(c);
}

/* The handshake's own name in its prologue: "kerven" || kind of its first frame (R33). */
static void begin(struct krv_channel *c, const struct krv_dh_pair *e) {
  const struct handshake *handshake = handshake_of(c);
  bool ticket = c->opening == KRV_OPENING_TICKET;
  const uint8_t prologue[] = {'k', 'e', 'r', 'v', 'e', 'n', handshake->steps[0].kind};
  krv_noise_init(&c->noise, &(struct krv_noise_options){
                                .pattern = handshake->pattern,
                                .initiator = c->initiator,
                                .prologue = krv_slice(prologue, sizeof prologue),
                                .s = ticket ? NULL : &c->s,
                                .e = e,
                                .rs = c->initiator && !ticket ? &c->peer : NULL,
                                .psk = ticket ? &c->ticket.psk : c->has_psk ? &c->psk : NULL,
                            });
}

/* ---- writing ---- */

static void trace_out(const struct krv_channel *c, uint8_t kind, size_t len) {
  krv_trace(c->env, KRV_TRACE_FRAME_OUT, kind, (int64_t)(KRV_FRAME_HEAD + len));
}

static size_t ticket_id_len(uint8_t kind) {
  return kind == KRV_FRAME_TK1 ? KRV_ID_LEN : 0;
}

/* How much of the queue message i carries. */
static size_t stream_len(const struct krv_channel *c, const struct step *step, unsigned message) {
  size_t room = krv_frame_cap(step->kind) - ticket_id_len(step->kind) -
                krv_noise_overhead(handshake_of(c)->pattern, message);
  if (step->kind == KRV_FRAME_TK1 && room > c->early_max) room = c->early_max;
  return c->queue.len < room ? c->queue.len : room;
}

static struct krv_slice payload_for(struct krv_channel *c, const struct step *step,
                                    unsigned message, uint8_t time[TIME_LEN]) {
  switch (step->ride) {
    case STREAM: return krv_slice(c->queue.data, stream_len(c, step, message));
    case TERMS: return krv_buf_slice(&c->terms);
    case TIME:
      c->server_s = (uint32_t)c->host.wall_s(c->host.ctx);
      c->ticket.chain_started_s = c->server_s;
      for (unsigned i = 0; i < TIME_LEN; i++) time[i] = (uint8_t)(c->server_s >> (8 * i));
      return krv_slice(time, TIME_LEN);
    default: return krv_slice(NULL, 0);
  }
}

static int write_message(struct krv_channel *c) {
  unsigned message = c->noise.message;
  const struct step *step = next_step(c);
  uint8_t time[TIME_LEN];
  struct krv_slice payload = payload_for(c, step, message, time);
  size_t len = ticket_id_len(step->kind) +
               krv_noise_overhead(handshake_of(c)->pattern, message) + payload.len;
  uint8_t head[KRV_FRAME_HEAD];
  krv_frame_head(step->kind, len, head);
  krv_buf_append(&c->out, head, sizeof head);
  krv_buf_append(&c->out, c->ticket.id.b, ticket_id_len(step->kind));
  if (c->out.status != 0) return c->out.status;
  int status = krv_noise_write(&c->noise, payload, &c->out);
  if (status != 0) return status;
  if (step->ride == STREAM) krv_buf_consume(&c->queue, payload.len);
  if (step->kind == KRV_FRAME_TK1) c->early_sent = payload.len;
  trace_out(c, step->kind, len);
  advance(c);
  return 0;
}

/* R26: H(random, psk, early data), so that a clone or a broken generator gives two keys for two
 * messages all the same. */
static int ticket_ephemeral(struct krv_channel *c, struct krv_dh_pair *e) {
  struct krv_key random, secret;
  krv_key_random(c->env, &random);
  const struct krv_slice parts[] = {
      krv_slice(random.b, sizeof random.b),
      krv_slice(c->ticket.psk.b, sizeof c->ticket.psk.b),
      krv_slice(c->queue.data, stream_len(c, &handshake_of(c)->steps[0], 0)),
  };
  krv_h(KRV_DOMAIN_EPHEMERAL, parts, sizeof parts / sizeof parts[0], secret.b, sizeof secret.b);
  int status = krv_dh_pair_from_secret(&secret, e);
  krv_wipe(&random, sizeof random);
  krv_wipe(&secret, sizeof secret);
  return status;
}

static int write_first(struct krv_channel *c) {
  struct krv_dh_pair e;
  int status = 0;
  if (c->opening == KRV_OPENING_TICKET)
    status = ticket_ephemeral(c, &e);
  else
    krv_dh_pair_random(c->env, &e);
  if (status == 0) begin(c, &e);
  krv_wipe(&e, sizeof e);
  if (status == 0) status = write_message(c);
  /* what takes long to arrive is answered late */
  if (status == 0 && c->early_sent > 0) c->sm.deadline_ms += EARLY_MS - SHAKE_MS;
  return status;
}

static int write_data(struct krv_channel *c) {
  size_t done = 0;
  while (done < c->queue.len) {
    size_t left = c->queue.len - done;
    struct krv_slice plain = krv_slice(c->queue.data + done, left < PLAIN_MAX ? left : PLAIN_MAX);
    size_t len = plain.len + KRV_TAG_LEN;
    uint8_t *place = krv_buf_extend(&c->out, KRV_FRAME_HEAD + len);
    if (!place) return c->out.status;
    krv_frame_head(KRV_FRAME_DATA, len, place);
    int status = krv_noise_seal(&c->sending, krv_slice(place, KRV_FRAME_HEAD), plain,
                                place + KRV_FRAME_HEAD);
    if (status != 0) return status;
    trace_out(c, KRV_FRAME_DATA, len);
    done += plain.len;
  }
  krv_buf_wipe(&c->queue);
  return 0;
}

int krv_channel_flush(struct krv_channel *c) {
  int status = c->status;
  if (status != 0) return status;
  if (c->sm.state == KRV_CHANNEL_START && c->initiator)
    status = write_first(c);
  else if (our_turn(c))
    status = write_message(c);
  if (status == 0 && c->sm.state == KRV_CHANNEL_OPEN) status = write_data(c);
  return status == 0 ? 0 : fail(c, status);
}

int krv_channel_send(struct krv_channel *c, struct krv_slice plain) {
  if (c->status != 0) return c->status;
  krv_buf_put(&c->queue, plain);
  return c->queue.status == 0 ? 0 : fail(c, c->queue.status);
}

/* ---- reading ---- */

/* Whether this kind of frame may come now; a responder learns the opening from the first. */
static bool expected(struct krv_channel *c, uint8_t kind) {
  if (c->sm.state == KRV_CHANNEL_OPEN) return kind == KRV_FRAME_DATA;
  if (c->sm.state == KRV_CHANNEL_SHAKE) return !our_turn(c) && kind == next_step(c)->kind;
  if (c->initiator) return false;
  for (unsigned i = 0; i < sizeof handshakes / sizeof handshakes[0]; i++) {
    if (handshakes[i].steps[0].kind != kind) continue;
    c->opening = (enum krv_opening)i;
    return true;
  }
  return false;
}

/* Its id is there, the rest is not yet: is it worth buffering? */
static int check_ticket(struct krv_channel *c) {
  memcpy(c->ticket.id.b, c->wire.data + KRV_FRAME_HEAD, KRV_ID_LEN);
  int status = c->host.ticket(c->host.ctx, &c->ticket.id, &c->ticket.psk);
  if (status != 0) return status;
  c->ticket_live = true;
  move(c, STATE_EARLY);
  return 0;
}

static void begin_response(struct krv_channel *c) {
  struct krv_dh_pair e;
  krv_dh_pair_random(c->env, &e);
  begin(c, &e);
  krv_wipe(&e, sizeof e);
}

/* The responder's questions, each at the message that raises it. */
static int ask_host(struct krv_channel *c, uint8_t kind) {
  switch (kind) {
    case KRV_FRAME_TK1: {
      int status = c->host.ticket_used(c->host.ctx, &c->ticket.id, &c->noise.re);
      c->ticket_verified = status == 0;
      return status;
    }
    case KRV_FRAME_EN1: {
      struct krv_key psk;
      int status = c->host.enrol_psk(c->host.ctx, krv_buf_slice(&c->terms), &psk);
      if (status == 0) krv_noise_set_psk(&c->noise, &psk);
      krv_wipe(&psk, sizeof psk);
      return status;
    }
    case KRV_FRAME_XK3: return c->host.known(c->host.ctx, &c->noise.rs);
    default: return 0;
  }
}

static int take_time(struct krv_channel *c, struct krv_slice payload) {
  struct krv_in in = krv_in(payload);
  c->server_s = krv_in_u32(&in);
  c->ticket.chain_started_s = c->server_s;
  return krv_in_end(&in);
}

static int read_payload(struct krv_channel *c, enum ride ride, struct krv_slice message) {
  if (ride == STREAM) return krv_noise_read(&c->noise, message, &c->in);
  if (ride == TERMS) return krv_noise_read(&c->noise, message, &c->terms);
  struct krv_buf payload;
  krv_buf_init(&payload, c->env);
  int status = krv_noise_read(&c->noise, message, &payload);
  if (status == 0 && ride == TIME) status = take_time(c, krv_buf_slice(&payload));
  if (status == 0 && ride == NOTHING && payload.len > 0) status = KRV_PROTOCOL;
  krv_buf_wipe(&payload);
  return status;
}

static int read_message(struct krv_channel *c, const struct krv_frame *frame) {
  if (c->sm.state != KRV_CHANNEL_SHAKE) begin_response(c);
  size_t skip = ticket_id_len(frame->kind), mark = c->in.len;
  struct krv_slice message = krv_slice(frame->bytes.data + skip, frame->bytes.len - skip);
  int status = read_payload(c, next_step(c)->ride, message);
  if (status == 0 && !c->initiator) status = ask_host(c, frame->kind);
  if (status == 0) {
    advance(c);
  } else if (c->in.len > mark) { /* it verified, but its sender is refused */
    krv_wipe(c->in.data + mark, c->in.len - mark);
    c->in.len = mark;
  }
  return status;
}

static int read_data(struct krv_channel *c, const struct krv_frame *frame) {
  if (frame->bytes.len <= KRV_TAG_LEN) return KRV_PROTOCOL; /* nobody sends nothing */
  size_t len = frame->bytes.len - KRV_TAG_LEN;
  uint8_t *place = krv_buf_extend(&c->in, len);
  if (!place) return c->in.status;
  int status = krv_noise_open(&c->receiving, krv_slice(frame->head, KRV_FRAME_HEAD), frame->bytes,
                              place);
  if (status != 0) c->in.len -= len;
  return status;
}

/* How many bytes must be in wire before the next decision. */
static size_t next_stop(const struct krv_channel *c) {
  if (c->wire.len < KRV_FRAME_HEAD) return KRV_FRAME_HEAD;
  size_t whole = 2 + ((size_t)c->wire.data[0] | (size_t)c->wire.data[1] << 8);
  size_t id_end = KRV_FRAME_HEAD + KRV_ID_LEN;
  bool ask = c->wire.data[2] == KRV_FRAME_TK1 && !c->ticket_live;
  return ask && whole > id_end ? id_end : whole;
}

/* One look at wire: 0 when a frame was worked off, KRV_END when it goes on. */
static int step_in(struct krv_channel *c) {
  struct krv_frame frame;
  size_t used;
  int status = krv_frame_next(krv_buf_slice(&c->wire), KRV_FRAME_SIZE_MAX - 1, &frame, &used);
  if (status < 0 || c->wire.len < KRV_FRAME_HEAD) return status;
  uint8_t kind = c->wire.data[2];
  if (!expected(c, kind)) return KRV_PROTOCOL;
  if (kind == KRV_FRAME_TK1 && !c->ticket_live && c->wire.len >= KRV_FRAME_HEAD + KRV_ID_LEN) {
    int refused = check_ticket(c);
    if (refused != 0) return refused;
  }
  if (status != 0) return status;
  if (kind == KRV_FRAME_TK1 && !c->ticket_live) return KRV_MALFORMED; /* shorter than an id */
  krv_trace(c->env, KRV_TRACE_FRAME_IN, kind, (int64_t)used);
  if (c->in.len + frame.bytes.len > KRV_CHANNEL_IN_MAX) return KRV_TOO_LARGE;
  status = kind == KRV_FRAME_DATA ? read_data(c, &frame) : read_message(c, &frame);
  if (status == 0) krv_buf_release(&c->wire); /* an idle channel holds no frame's memory */
  return status;
}

int krv_channel_feed(struct krv_channel *c, struct krv_slice bytes) {
  if (c->status != 0) return c->status;
  if (krv_sm_late(&c->sm, now_ms(c))) return fail(c, KRV_TIMEOUT);
  while (bytes.len > 0) {
    size_t need = next_stop(c) - c->wire.len;
    size_t take = need < bytes.len ? need : bytes.len;
    krv_buf_append(&c->wire, bytes.data, take);
    if (c->wire.status != 0) return fail(c, c->wire.status);
    bytes = krv_slice(bytes.data + take, bytes.len - take);
    if (take < need) break;
    int status = step_in(c);
    if (status < 0) return fail(c, status);
  }
  return 0;
}

/* ---- life ---- */

static void take_options(struct krv_channel *c, const struct krv_channel_options *options) {
  c->env = options->env;
  c->initiator = options->initiator;
  c->opening = options->opening;
  if (options->s) c->s = *options->s;
  if (options->server_pk) c->peer = *options->server_pk;
  c->has_peer = options->server_pk != NULL;
  if (options->psk) c->psk = *options->psk;
  c->has_psk = options->psk != NULL;
  if (options->ticket) c->ticket = *options->ticket;
  if (options->host) c->host = *options->host;
  c->early_max =
      options->early_max < KRV_EARLY_DATA_MAX ? options->early_max : (size_t)KRV_EARLY_DATA_MAX;
}

static bool options_fit(const struct krv_channel_options *options) {
  if (!options->initiator) return options->s && options->host;
  if (options->opening == KRV_OPENING_TICKET) return options->ticket != NULL;
  if (options->opening == KRV_OPENING_ENROL && !options->psk) return false;
  return options->s && options->server_pk;
}

int krv_channel_new(const struct krv_channel_options *options, struct krv_channel **out) {
  *out = NULL;
  if (!options_fit(options)) return KRV_INVALID;
  if (options->enrol_terms.len >
      KRV_FRAME_UNVERIFIED_MAX - krv_noise_overhead(KRV_NOISE_XKPSK3, 0))
    return KRV_TOO_LARGE;
  struct krv_channel *c = krv_zalloc(options->env, 1, sizeof *c);
  if (!c) return KRV_NOMEM;
  take_options(c, options);
  struct krv_buf *bufs[] = {&c->wire, &c->queue, &c->out, &c->in, &c->terms};
  for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) krv_buf_init(bufs[i], c->env);
  krv_sm_init(&c->sm, &machine_table, KRV_CHANNEL_START, now_ms(c));
  if (c->initiator) krv_buf_put(&c->terms, options->enrol_terms);
  if (c->terms.status != 0) {
    krv_channel_free(c);
    return KRV_NOMEM;
  }
  *out = c;
  return 0;
}

void krv_channel_free(struct krv_channel *c) {
  if (!c) return;
  const struct krv_env *env = c->env;
  struct krv_buf *bufs[] = {&c->wire, &c->queue, &c->out, &c->in, &c->terms};
  for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) krv_buf_wipe(bufs[i]);
  krv_wipe(c, sizeof *c);
  krv_free(env, c);
}

/* ---- what it knows ---- */

struct krv_buf *krv_channel_out(struct krv_channel *c) {
  return &c->out;
}

struct krv_buf *krv_channel_in(struct krv_channel *c) {
  return &c->in;
}

enum krv_channel_state krv_channel_state(const struct krv_channel *c) {
  return c->sm.state == STATE_EARLY ? KRV_CHANNEL_START : (enum krv_channel_state)c->sm.state;
}

enum krv_opening krv_channel_opening(const struct krv_channel *c) {
  return c->opening;
}

const struct krv_key *krv_channel_peer(const struct krv_channel *c) {
  return c->peer_known ? &c->peer : NULL;
}

const struct krv_id *krv_channel_ticket(const struct krv_channel *c) {
  return c->ticket_verified ? &c->ticket.id : NULL;
}

struct krv_slice krv_channel_terms(const struct krv_channel *c) {
  return krv_buf_slice(&c->terms);
}

bool krv_channel_next_ticket(const struct krv_channel *c, struct krv_ticket *out) {
  if (c->has_next)
    *out = c->next;
  else
    memset(out, 0, sizeof *out);
  return c->has_next;
}

int64_t krv_channel_server_s(const struct krv_channel *c) {
  return c->server_s;
}

size_t krv_channel_early_sent(const struct krv_channel *c) {
  return c->early_sent;
}

uint64_t krv_channel_deadline_ms(const struct krv_channel *c) {
  return c->sm.deadline_ms;
}

int krv_channel_timeout(struct krv_channel *c, uint64_t now) {
  if (c->status != 0) return c->status;
  return krv_sm_late(&c->sm, now) ? fail(c, KRV_TIMEOUT) : 0;
}
