/* conn_in: what the handlers of this folder share about a connection; nobody else includes it. */
#ifndef KRV_CONN_IN_H
#define KRV_CONN_IN_H

#include "conn.h"
#include "live.h"
#include "sm.h"
#include "stream.h"

/* OPENING waits for OPEN; JOINING for the request of an enrolment; PENDING was told to wait for
 * approval; DRAIN sends what is left. */
enum krv_conn_state { KRV_CONN_SHAKE, KRV_CONN_OPENING, KRV_CONN_JOINING, KRV_CONN_PENDING,
                      KRV_CONN_SERVE, KRV_CONN_DRAIN, KRV_CONN_DONE, KRV_CONN_STATES };

enum { KRV_CURSOR_HELD_MAX = 40, KRV_WANTS_SIZE_MAX = 4096 };

/* Items since the last ACK. */
struct krv_tally {
  uint32_t accepted;
  struct krv_ack_exception *exceptions; /* from env; freed with each ACK */
  size_t count, cap;
};

struct krv_conn {
  struct krv_service *service;
  struct krv_channel *channel;
  struct krv_channel_host host;
  struct krv_pull *pull;           /* SERVE */
  struct krv_sm sm;
  uint64_t number;
  struct krv_bringer bringer;      /* device: KRV_NO_INDEX while it is not known */
  struct krv_tally tally;
  struct krv_buf wants;            /* WANT payloads, each with its length, until no batch is open */
  uint64_t told;                   /* the last seq told as CURSOR */
  uint8_t held[KRV_CURSOR_HELD_MAX]; /* a CURSOR over own items only: it rides with the next news */
  uint8_t held_len;
  uint64_t held_told;
  uint32_t roster_told;            /* entries that the client is known to hold */
  uint8_t roster_head8[8];         /* that OPEN named: the last that it shall bring */
  uint32_t roster_awaited;         /* so many entries it shall bring before it hears news */
  int64_t ticket_chain_started_s;  /* of the ticket that opened it */
  size_t early_reserved;           /* bytes of the early pool */
  size_t out_reserved;             /* bytes of the out pool */
  size_t queued;                   /* plaintext since the last flush */
  struct krv_id early_ticket;
  int status;                      /* why it ends */

  bool known;          /* the peer has shown who it is */
  bool ticket_kept;    /* the next ticket is stored */
  bool waits;          /* for the batch */
  bool added;          /* its items are in the open batch */
  bool answer_due;     /* OPEN was heard, ANSWER is owed */
  bool restart_due;    /* RESTART goes before the ANSWER */
  bool opened;         /* ANSWER and all that was new then are out */
  bool ack_due;
  bool cursor_due;     /* a held CURSOR is to go now (PING) */
  bool ping_due;       /* PING goes out after what was wanted */
  bool more;           /* the pull has more than out could take */
  bool backlog;        /* input waits for the next ACK */
  bool watching;
  bool bye;
  bool enrolled_due;   /* the enrolment's batch decides what to say */
  bool brings;         /* a roster, to a server that is no programme's yet */
  uint64_t bytes_in, bytes_out, items_in, items_out;

  /* live.c's */
  struct krv_conn *next, *previous;
  bool listed;
};

uint64_t krv_conn_now_ms(const struct krv_conn *conn);
void krv_conn_move(struct krv_conn *conn, enum krv_conn_state to);
/* Queues plaintext; a failure ends the connection. */
int krv_conn_send(struct krv_conn *conn, struct krv_slice plain);
int krv_conn_send_empty(struct krv_conn *conn, enum krv_message_kind kind);
/* Makes wire bytes of what was queued. */
int krv_conn_flush(struct krv_conn *conn);
/* Before more is queued: 0, END (as much waits for the peer as may), or the status by which the
 * connection ended. */
int krv_conn_make_room(struct krv_conn *conn);
/* REFUSE, then DRAIN. Returns status. */
int krv_conn_refuse(struct krv_conn *conn, int status);
/* DONE at once; nothing more is sent. Returns status. */
int krv_conn_end(struct krv_conn *conn, int status);
void krv_conn_log(const struct krv_conn *conn, enum krv_log_event event, int status);

/* One message each: 0, or the connection has ended with this status. */
typedef int krv_conn_handler(struct krv_conn *conn, const struct krv_message *message);
krv_conn_handler krv_on_open, krv_on_item, krv_on_roster, krv_on_want, krv_on_founding, krv_on_join;

/* on_open: what is due while no batch is open: RESTART, ROSTER, ANSWER or ACK, news. */
int krv_conn_answer(struct krv_conn *conn);
/* on_push: counts one item of the open batch for the ACK; status is what the batch said. */
int krv_conn_tally(struct krv_conn *conn, int status);
bool krv_tally_full(const struct krv_conn *conn);
void krv_tally_reset(struct krv_conn *conn);
/* The batch refused for a reason that is not the item's: it is lost. */
bool krv_batch_lost(int status);
/* on_roster: entries that the client lacks; KRV_END when out is full. */
int krv_conn_send_roster(struct krv_conn *conn);
/* on_enrol: host callback, and what the committed batch came to. */
int krv_enrol_psk(void *ctx, struct krv_slice payload, struct krv_key *psk);
int krv_enrol_greet(struct krv_conn *conn);
/* Is this server a programme's? While its roster is being brought it serves nobody (R17). */
bool krv_enrol_founded(const struct krv_service *service);
int krv_enrol_committed(struct krv_conn *conn);

#endif
