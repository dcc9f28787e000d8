/* connkit: a server's handlers on the memory store, and callers: a device's
 * channel wired to a conn, whose wire can be dripped and cut. Link base, crypto,
 * outer, trust, wire, talk, rules, store, handlers, with fleet_roster and
 * storekit. */
#ifndef KRV_CONNKIT_H
#define KRV_CONNKIT_H

#include "conn.h"
#include "live.h"
#include "storekit.h"
#include "stream.h"

enum { SITE_EVENTS = KRV_LOG_STORE_FAILED + 1 };

struct site {
  struct krv_kit kit;
  struct krv_service service;
  struct krv_store *empty_store;   /* a site that is not founded has its own */
  struct krv_roster *empty_roster;
  struct krv_batch *empty_batch;
  uint32_t logged[SITE_EVENTS];
  int lose;                        /* the next batches are lost with this status */
};

void site_init(struct site *site, uint64_t seed, bool founded);
void site_release(struct site *site);
/* The end of a turn of the server's loop. */
void site_turn(struct site *site);

struct caller {
  struct site *site;
  struct krv_channel *channel;
  struct krv_conn *conn;
  size_t chunk;        /* bytes a feed; 0: all */
  uint64_t up, down;   /* moved so far */
  uint64_t cut_up;     /* nothing after so many bytes reaches the server */
  size_t at;           /* what caller_next has read of the channel's in */
};

void caller_xk(struct caller *c, struct site *site, krv_device_ix device);
void caller_ticket(struct caller *c, struct site *site, const struct krv_ticket *ticket);
/* terms NULL: founding. */
void caller_enrol(struct caller *c, struct site *site, const struct krv_dh_pair *session,
                  const struct krv_invite_terms *terms, krv_device_ix inviter);
void caller_close(struct caller *c);

void caller_say(struct caller *c, enum krv_message_kind kind, const struct krv_buf *payload);
/* OPEN of a device that knows the whole roster and has this head and cursor. */
void caller_open(struct caller *c, uint64_t head, const uint8_t chain8[8], uint64_t cursor);
/* Carries bytes both ways, with a turn of the server in between, until nothing moves. */
void caller_pump(struct caller *c);
/* Carries upwards only: no turn, no answer. */
void caller_up(struct caller *c);
/* The next message from the server; false when there is none. */
bool caller_next(struct caller *c, struct krv_message *message);
/* Reads on until a message of this kind; false when there is none. */
bool caller_find(struct caller *c, enum krv_message_kind kind, struct krv_message *message);
/* XK and OPEN of a device that knows nothing but the roster. */
void caller_xk_open(struct caller *c, struct site *site, krv_device_ix device);
/* GENESIS and grants to the author's own group and the office: three items. */
void caller_case(struct caller *c, krv_device_ix author, struct krv_kit_case *kase);
/* The next ANSWER or ACK, which must be there. Exceptions hold until the next call. */
struct krv_msg_ack caller_ack(struct caller *c, bool answer);
/* A ticket from a session that had nothing to move. */
struct krv_ticket site_ticket(struct site *site, krv_device_ix device);
uint64_t site_head(struct site *site, uint8_t chain[KRV_CHAIN_LEN]);
bool caller_refused(struct caller *c, int status);

#endif
