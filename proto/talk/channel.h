/* channel: an encrypted byte stream without sockets, either end.
 *
 *   initiator          responder
 *   START --first message--> START
 *     | XK, EN: three messages; TK: two; queued plaintext rides in each of our
 *     | messages as far as the frame allows (early data)
 *     v                       v
 *   OPEN  <---- DATA ---->  OPEN        any error, bad frame, late --> CLOSED
 *
 * Use: send() queues plaintext; flush() turns it into wire bytes in out;
 * feed() takes wire bytes and appends plaintext to in. The owner drains both
 * buffers. Nothing is freed inside a callback. */
#ifndef KRV_CHANNEL_H
#define KRV_CHANNEL_H

#include "frame.h"
#include "noise.h"
#include "id.h"
#include "sm.h"

struct krv_ticket {
  struct krv_id id;
  struct krv_key psk;
  int64_t chain_started_s; /* the server's clock; Unix seconds of the XK that began the chain */
};
/* The next ticket from a session's final chaining key (R26). */
void krv_ticket_next(const struct krv_key *chaining_key, int64_t chain_started_s,
                     struct krv_ticket *out);

enum {
  KRV_CHANNEL_IN_MAX = 1024 * 1024, /* plaintext that the owner has not taken yet */
};

enum krv_opening { KRV_OPENING_XK, KRV_OPENING_ENROL, KRV_OPENING_TICKET };

/* The responder's questions. Each returns 0 or a status, upon which the channel closes in
 * silence. */
struct krv_channel_host {
  /* The psk of a live ticket; tried counts only when the message verifies (used). */
  int (*ticket)(void *ctx, const struct krv_id *id, struct krv_key *psk);
  /* Message 1 under the ticket verified; e is the client's ephemeral (R26: at most four, each
   * different). */
  int (*ticket_used)(void *ctx, const struct krv_id *id, const struct krv_key *e);
  /* XK: is the static key of an active device? */
  int (*known)(void *ctx, const struct krv_key *session_pk);
  /* Enrolment: the psk for the payload of message 1 (terms, or empty: founding). */
  int (*enrol_psk)(void *ctx, struct krv_slice payload, struct krv_key *psk);
  /* Unix seconds for XK's message 2. */
  int64_t (*wall_s)(void *ctx);
  void *ctx;
};

struct krv_channel_options {
  const struct krv_env *env;
  bool initiator;
  enum krv_opening opening;          /* initiator */
  const struct krv_dh_pair *s;       /* own session key (responder: server key) */
  const struct krv_key *server_pk;   /* initiator, XK and enrolment */
  const struct krv_key *psk;         /* initiator, enrolment */
  const struct krv_ticket *ticket;   /* initiator, ticket */
  struct krv_slice enrol_terms;      /* initiator, enrolment: payload of message 1 */
  size_t early_max;                  /* initiator, ticket: bytes of queued plaintext in message 1 */
  const struct krv_channel_host *host; /* responder */
};

enum krv_channel_state {
  KRV_CHANNEL_START, KRV_CHANNEL_SHAKE, KRV_CHANNEL_OPEN, KRV_CHANNEL_CLOSED
};

struct krv_channel; /* from env */

/* What the options point to is copied, but for env. INVALID when one that the opening needs is
 * missing, TOO_LARGE for terms that message 1 cannot hold, NOMEM. */
int krv_channel_new(const struct krv_channel_options *options, struct krv_channel **out);
void krv_channel_free(struct krv_channel *channel); /* wipes */

/* Takes wire bytes, all of them. An error closes the channel for good and is returned again by
 * later calls: TIMEOUT, PROTOCOL, TOO_LARGE, MALFORMED, CRYPTO, NOMEM, or what the host said.
 * Memory that a peer can claim: one frame that is not whole (64 KiB; before anything verified the
 * caps of frame.h), and what the owner leaves in `in`: TOO_LARGE beyond KRV_CHANNEL_IN_MAX, so feed
 * pieces of at most 64 KiB and take out what is whole after each. What was in `in` before an error
 * had verified and stays. */
int krv_channel_feed(struct krv_channel *channel, struct krv_slice bytes);
/* Queues plaintext; how much, is the owner's affair. */
int krv_channel_send(struct krv_channel *channel, struct krv_slice plain);
/* Makes wire bytes of what may be sent now: the handshake message that is ours to send, then DATA.
 * Call it after every feed; but a responder on a ticket only once its answer is queued, which then
 * rides in message 2. Nothing to send: 0. */
int krv_channel_flush(struct krv_channel *channel);
struct krv_buf *krv_channel_out(struct krv_channel *channel);
struct krv_buf *krv_channel_in(struct krv_channel *channel);

enum krv_channel_state krv_channel_state(const struct krv_channel *channel);
/* How it was opened; known to the responder once message 1 verified. */
enum krv_opening krv_channel_opening(const struct krv_channel *channel);
/* When open, responder: the initiator's static key (XK, enrolment); initiator: the server's, if the
 * options gave it. NULL before, and for a responder on a ticket. */
const struct krv_key *krv_channel_peer(const struct krv_channel *channel);
/* Responder: the ticket that opened it. NULL otherwise. */
const struct krv_id *krv_channel_ticket(const struct krv_channel *channel);
/* The payload of enrolment's message 1 (terms); empty otherwise. */
struct krv_slice krv_channel_terms(const struct krv_channel *channel);
/* The next ticket, once open; false before. Not for enrolment sessions. Its chain_started_s is the
 * time in XK's message 2, or that of the ticket that opened; a responder on a ticket does not know
 * the latter here (0) and takes it from krv_tickets_find. */
bool krv_channel_next_ticket(const struct krv_channel *channel, struct krv_ticket *out);
/* The server's clock from XK's message 2 (Unix seconds); 0 when not told. */
int64_t krv_channel_server_s(const struct krv_channel *channel);
/* How many plaintext bytes rode in our first message (initiator, ticket). */
size_t krv_channel_early_sent(const struct krv_channel *channel);

/* Handshakes end within 10 s (initiator: of the first flush), early data within 120 s; UINT64_MAX
 * when open. */
uint64_t krv_channel_deadline_ms(const struct krv_channel *channel);
int krv_channel_timeout(struct krv_channel *channel, uint64_t now_ms); /* TIMEOUT once late */

#endif
