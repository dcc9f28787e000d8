/* sync: the client's end of a session, without sockets (R12, R19, R26, R31).
 *
 *   START --first flush--> SHAKE --answer--> LIVE --all said and heard--> DONE
 *                            |  |              ^
 *                            |  +--ENROLLED--> ENROL (asked to join, not in yet) --> DONE
 *                            +--closed without a word, on a ticket--> AGAIN (XK, a new connection)
 *   any state --error, late, closed--> BROKEN: what was saved stays saved, the next sync goes on
 *
 * Deadlines: a handshake has what the channel gives it, and a session that moves goes on for as
 * long as it moves; 120 s without a byte, or 180 s of a server that does not answer a watching one,
 * end it.
 *
 * What is held and has no mark is sent, in order of arrival; what is news is taken in through the
 * intake, with the cursor in the same transaction. Marks are stored with the (seq, chain) that was
 * told after them. Receipts go out last and unanswered. */
#ifndef KRV_SYNC_H
#define KRV_SYNC_H

#include "channel.h"
#include "intake.h"

struct krv_sync;

struct krv_sync_counts {
  uint64_t commits_up, commits_down, receipts_up, receipts_down, refused;
  uint64_t bytes_up, bytes_down;
  uint32_t round_trips; /* times that we had to hear before we could send or finish */
  bool ticket, restarted, enrolled;
  bool answered; /* this server serves this device */
};

struct krv_sync_choice {
  bool watch; /* stay for live news */
  bool no_ticket; /* open with XK */
  uint32_t idle_ms; /* TIMEOUT after so long without a byte moving; 0: 120 s */
  const struct krv_env *trace_env; /* the world's, with a trace function; NULL: none */
};

/* The world must not be closed before the session is freed. */
int krv_sync_new(struct krv_world *world, const struct krv_sync_choice *choice,
                 struct krv_sync **out);
void krv_sync_free(struct krv_sync *sync);

/* Bytes to send; taken away by krv_sync_sent. Makes more of what there is to say while little is
 * queued. */
int krv_sync_pull(struct krv_sync *sync, struct krv_slice *out);
void krv_sync_sent(struct krv_sync *sync, size_t len);
/* What was sent has moved on, over there: a link so slow that long nothing more can be sent. */
void krv_sync_moved(struct krv_sync *sync);
int krv_sync_feed(struct krv_sync *sync, struct krv_slice bytes);
/* The peer closed in good order: 0 when all was said, else CUT; OTHER_PROGRAMME when XK or
 * enrolment was closed before its first byte: a server that could read what we said would have
 * answered, and one with reasons of its own resets (protocol.md 2.4). */
int krv_sync_closed(struct krv_sync *sync);
/* It broke: reset, unreachable. 0 when all was said, else CUT. */
int krv_sync_lost(struct krv_sync *sync);
/* Whoever moves its bytes waits no longer: TIMEOUT. */
int krv_sync_give_up(struct krv_sync *sync);
uint64_t krv_sync_deadline_ms(const struct krv_sync *sync);
int krv_sync_timeout(struct krv_sync *sync, uint64_t now_ms);

bool krv_sync_done(const struct krv_sync *sync); /* all bytes out: close the connection */
bool krv_sync_again(const struct krv_sync *sync); /* open anew, with no_ticket */
int krv_sync_status(
    const struct krv_sync *sync); /* of a broken session; what the server refused with */
void krv_sync_counts(const struct krv_sync *sync, struct krv_sync_counts *out);

#endif
