/* sync_in: what the files of the client's session share. */
#ifndef KRV_SYNC_IN_H
#define KRV_SYNC_IN_H

#include "sm.h"
#include "stream.h"
#include "sync.h"

enum krv_sync_state {
  KRV_SYNC_START,
  KRV_SYNC_SHAKE,
  KRV_SYNC_ENROL,
  KRV_SYNC_LIVE,
  KRV_SYNC_DONE,
  KRV_SYNC_AGAIN,
  KRV_SYNC_BROKEN
};

enum {
  KRV_PING_MS = 60000, /* a watching session speaks at least so often */
  KRV_PING_SOON_MS = 2000, /* when marks wait for a position */
  KRV_WATCH_QUIET_MS = 3 * KRV_PING_MS, /* as many unanswered: the server is gone */
  KRV_IDLE_MS = 120000,
};

/* An item on its way, and after its ACK, what was said of it. */
struct krv_sync_flight {
  int64_t lid, case_lid;
  uint8_t kind;
  bool whole; /* sent with its whole prev: NEED_PREV is a refusal */
  bool brought; /* an entry of the roster, after RESTART */
  int status;
};

/* A commit that held ones wait for, and that was asked for in this session. */
struct krv_sync_cause {
  struct krv_id kase;
  struct krv_context_entry entry;
};

struct krv_sync {
  struct krv_world *world;
  const struct krv_env *env;
  struct krv_channel *channel;
  struct krv_sm sm;
  struct krv_sync_choice choice;
  struct krv_sync_counts counts;
  enum krv_opening opening;
  int status;

  /* up */
  struct krv_buf out; /* plaintext being made */
  int64_t next_lid; /* items up to here were sent in this session */
  struct krv_sync_flight *flights; /* sent; the first acked of them were answered */
  size_t flight_count, flight_cap, acked;
  int64_t *wholes; /* to be sent once more, whole: the server could not fill their prev in */
  size_t whole_count, whole_next, whole_cap;
  /* such entries that are not answered: they may show that there are two rosters */
  uint32_t roster_open;
  struct krv_key server_pk; /* with whom this session is: the next ticket is his */
  struct krv_roster *moved; /* the roster that goes to a new server, before everything else (R17) */
  uint32_t moved_next; /* of it, the next entry to bring */
  uint32_t roster_next; /* after RESTART: the next entry to bring; else UINT32_MAX */
  struct krv_id last_case_up; /* SAME_CASE */
  bool open_sent;
  uint64_t receipts_found; /* by the count that is being made */

  /* down */
  struct krv_id last_case_down;
  bool answered, cursor_due; /* the server said that a CURSOR follows */
  /* commits asked for whole: each has a salt of its own */
  uint8_t wanted[KRV_WANTS_MAX][KRV_SALT_LEN];
  uint32_t wants;
  /* there were more, or not all came, or one was of a damaged case: no cursor passes in this
   * session, and the next asks on */
  bool unasked;
  /* a PING is behind what was wanted; more was wanted behind that */
  bool want_pinged, wanted_since;
  uint64_t told; /* the last position that the server told */
  struct krv_msg_cursor parked; /* told while a wanted commit was on its way; applied after it */
  bool cursor_parked, past_parked; /* past: items came that the parked one does not cover */
  bool awaits; /* items came in a session that broke, and are to come again (AWAITED) */
  bool ticket_kept; /* the next ticket is in the standing */
  struct krv_ack_exception *exceptions;
  struct krv_sync_cause *causes; /* asked for */
  size_t cause_count, cause_cap;
  uint64_t causes_at; /* commits_down when they were sought last */
  bool causes_sought, asking; /* asking: PING has not come that follows the answers */

  /* round trips */
  bool waiting, heard;

  uint64_t ping_ms; /* watching: when to speak next */
  uint64_t quiet_ms; /* when silence has lasted too long; a slow link is no silence */
};

void krv_sync_move(struct krv_sync *sync, enum krv_sync_state to);
/* Ends the session with a status; keeps the first one. Returns it. */
int krv_sync_break(struct krv_sync *sync, int status);
/* Begins the transaction that news come into (world->incoming), if need be. A save of the same
 * process may end it at any time: what came is kept, only the cursor has not moved. */
int krv_sync_intake(struct krv_sync *sync);
/* Ends it, durable; 0 when none is open. */
int krv_sync_settle(struct krv_sync *sync);

/* sync_push.c: plaintext into the channel. */
int krv_sync_say_open(struct krv_sync *sync);
/* More of the roster that goes to a new server; nothing when all of it is said. */
int krv_sync_say_moved(struct krv_sync *sync, size_t budget);
bool krv_sync_moved_said(const struct krv_sync *sync);
int krv_sync_say_items(struct krv_sync *sync, size_t budget);
int krv_sync_say_receipts(struct krv_sync *sync);
/* All has come that the server has for us: what was awaited and did not come is not there. Into the
 * open transaction. */
int krv_sync_all_came(struct krv_sync *sync);
bool krv_sync_all_said(struct krv_sync *sync);
int krv_sync_hear_ack(struct krv_sync *sync, struct krv_slice payload, bool answer);
/* Answered items' marks, into the open transaction. */
int krv_sync_store_marks(struct krv_sync *sync);

/* sync_hear.c: one message. */
int krv_sync_hear(struct krv_sync *sync, const struct krv_message *message);
/* Marks, standing, ticket, all in one transaction: a position was told that covers them. */
int krv_sync_store(struct krv_sync *sync);

/* causes.c: all is in: asks for what held commits still lack, if anything has come since it last
 * did. Commits the open transaction. */
int krv_sync_ask_causes(struct krv_sync *sync);

/* restart.c: the server's chain lacks what we know (R12). */
int krv_sync_restart(struct krv_sync *sync);

#endif
