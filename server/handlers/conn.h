/* conn: one connection to the server, without sockets.
 *
 *   SHAKE --handshake done--> OPEN? --OPEN message--> SERVE --BYE--> DRAIN --all out--> DONE
 *     |                         |                       |
 *     | enrolment: ENROL -------+-- in the roster -->---+
 *     |   (founding: the founding entry, or a roster until it names this server)
 *     +-- any error, late, revoked --> DONE (silent before the peer is known, else REFUSE)
 *
 * Acks and news wait for the batch: feed() may add items to it, committed() lets
 * the answers go. Time, randomness and memory come from env. */
#ifndef KRV_CONN_H
#define KRV_CONN_H

#include "batch.h"
#include "channel.h"
#include "pull.h"
#include "ticket.h"

enum {
  KRV_CONN_FEED_MAX = 64 * 1024,       /* bytes that one feed should bring at most */
  KRV_CONN_OUT_HIGH = 256 * 1024,      /* no more is pulled while out holds this much, or */
  KRV_CONN_OUT_LOW = 1024,             /* this, where slow peers have used up the pool */
  KRV_SERVICE_BATCH_ITEMS = 4096,      /* krv_service_commit is due within the turn beyond these */
  KRV_SERVICE_BATCH_BYTES = 1024 * 1024,
};

/* What a log line may hold: numbers, never content, keys or names. */
enum krv_log_event { KRV_LOG_OPEN, KRV_LOG_CLOSE, KRV_LOG_REFUSED, KRV_LOG_ENROL, KRV_LOG_FOUNDED,
                     KRV_LOG_ROSTER, KRV_LOG_RESTART, KRV_LOG_STORE_FAILED };
struct krv_log_line {
  enum krv_log_event event;
  uint64_t conn;          /* number of the connection */
  krv_device_ix device;   /* KRV_NO_INDEX: not known */
  int status;
  uint64_t bytes_in, bytes_out, items_in, items_out;
};

/* Shared by all connections of a server; one thread. */
struct krv_service {
  const struct krv_env *env;
  struct krv_store *store;
  struct krv_roster *roster;
  struct krv_batch *batch;
  struct krv_tickets *tickets;
  struct krv_dh_pair server;       /* static key */
  struct krv_key founding_psk;     /* before founding, and for its repetition */
  void (*log)(void *ctx, const struct krv_log_line *line);
  void *log_ctx;
  struct krv_live *live;           /* who watches; made by krv_live_new */
  size_t early_pool_used;
  size_t out_pool_used;            /* what was made for peers and has not reached their sockets */
  /* of the open batch; krv_service_commit begins them anew */
  uint32_t batch_items, batch_entries;
  size_t batch_bytes;
  int batch_status;                /* why it is lost already; 0: it is not */
};

/* The batch is past its bound, or lost: commit before more is fed. */
bool krv_service_commit_due(const struct krv_service *service);
/* Commits the open batch, or rolls it back if it is lost, and lets the answers go (live.h); again
 * while that brought new items. No batch is open afterwards. Returns what the store said last. */
int krv_service_commit(struct krv_service *service);

struct krv_conn;
int krv_conn_new(struct krv_service *service, uint64_t number, struct krv_conn **out);
void krv_conn_free(struct krv_conn *conn);
/* Bytes from the peer. After an error: flush out, then close. */
int krv_conn_feed(struct krv_conn *conn, struct krv_slice bytes);
/* The batch was committed (0) or lost (status): answers go to out. Also called on idle connections
 * that watch when others' items came (live fan-out). */
int krv_conn_committed(struct krv_conn *conn, int status);
/* out was handed to the socket, whole: more of a long pull may follow. */
int krv_conn_drained(struct krv_conn *conn);
struct krv_buf *krv_conn_out(struct krv_conn *conn);
/* So many bytes of out reached the socket. */
void krv_conn_sent(struct krv_conn *conn, size_t len);
/* Output that may wait for this peer, now: a share of what is free of the pool, so that many slow
 * ones together hold no more than a few quick ones. */
size_t krv_conn_out_high(const struct krv_conn *conn);
/* Everything is out and the connection may be closed. */
bool krv_conn_done(const struct krv_conn *conn);
uint64_t krv_conn_deadline_ms(const struct krv_conn *conn); /* absolute mono; UINT64_MAX: none */
int krv_conn_timeout(struct krv_conn *conn, uint64_t now_ms);
/* Ends it from this side (the server stops, a newer session took its place): what is in out may
 * still go. Harmless when it has ended. */
void krv_conn_cut(struct krv_conn *conn, int status);
krv_device_ix krv_conn_device(const struct krv_conn *conn);
/* The peer has shown who it is (a device, or the holder of an invitation). */
bool krv_conn_known(const struct krv_conn *conn);
/* It ended in silence for a reason of this server's: late, stopping, no memory, no disk. The socket
 * is to be reset then: closed in good order, it would say that this is another one's server. */
bool krv_conn_passing(const struct krv_conn *conn);
/* The peer has taken bytes that were sent long ago: a slow link is no silence. */
void krv_conn_taken(struct krv_conn *conn);

#endif
