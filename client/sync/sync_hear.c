/* sync_hear: what the server says, one message at a time. */
#include <string.h>

#include "found.h"
#include "pin.h"
#include "sync_in.h"

static int hear_answer(struct krv_sync *sync, struct krv_slice payload) {
  if (sync->answered) return KRV_PROTOCOL;
  int status = krv_sync_hear_ack(sync, payload, true);
  if (status != 0) return status;
  sync->answered = sync->counts.answered = true;
  if (sync->sm.state != KRV_SYNC_LIVE) krv_sync_move(sync, KRV_SYNC_LIVE);
  sync->ping_ms = sync->env->mono_ms(sync->env->ctx) + KRV_PING_SOON_MS;
  if (sync->cursor_due) return 0;
  if (!sync->choice.watch) status = krv_sync_all_came(sync); /* nothing is new */
  if (status != 0) return status;
  bool due = sync->world->incoming || sync->acked > 0 || sync->choice.watch;
  if (due) status = krv_sync_store(sync);
  return status == 0 ? krv_sync_ask_causes(sync) : status;
}

static int hear_ack(struct krv_sync *sync, struct krv_slice payload) {
  sync->ping_ms = sync->env->mono_ms(sync->env->ctx) + KRV_PING_SOON_MS;
  return krv_sync_hear_ack(sync, payload, false);
}

/* Keeps this session's successor in the place of the ticket before, which comes back with the world
 * should the transaction that stores it fail (R26). */
static void keep_ticket(struct krv_sync *sync) {
  struct krv_standing *standing = &sync->world->standing;
  struct krv_ticket next;
  if (sync->ticket_kept || !krv_channel_next_ticket(sync->channel, &next)) return;
  if (memcmp(&sync->server_pk, &sync->world->member.server_pk, sizeof sync->server_pk) != 0) {
    krv_wipe(&next, sizeof next); /* the programme has moved meanwhile */
    return;
  }
  standing->ticket = next;
  standing->ticketed = true;
  if (standing->early_max < KRV_EARLY_DATA_MAX) standing->early_max = KRV_EARLY_DATA_MAX;
  sync->ticket_kept = true;
  krv_wipe(&next, sizeof next);
}

int krv_sync_store(struct krv_sync *sync) {
  int status = krv_sync_intake(sync);
  if (status == 0) status = krv_sync_store_marks(sync);
  if (status != 0) return status;
  keep_ticket(sync);
  if (sync->choice.watch && sync->answered && !sync->cursor_due && sync->wants == 0)
    sync->world->member.last_sync_s = sync->env->wall_s(sync->env->ctx); /* all is in */
  krv_intake_touch(sync->world->incoming);
  return krv_sync_settle(sync);
}

/* All up to the position told is in the open transaction: the cursor passes it (R19). */
static int pass_cursor(struct krv_sync *sync) {
  struct krv_standing *standing = &sync->world->standing;
  bool again = sync->world->pull_again;
  standing->cursor = again ? 0 : sync->told;
  standing->within = again ? 0 : sync->parked.within;
  if (sync->told >= standing->head_seq) {
    standing->head_seq = sync->told;
    memcpy(standing->head_chain8, sync->parked.chain8, sizeof sync->parked.chain8);
  }
  int status = krv_sync_intake(sync);
  if (status == 0 && !sync->past_parked)
    status = krv_vault_marks_move(sync->world->vault, KRV_MARK_ARRIVED, KRV_MARK_AT_SERVER);
  if (status == 0 && !sync->parked.more) status = krv_sync_all_came(sync);
  sync->cursor_parked = sync->past_parked = false;
  if (status == 0) status = krv_sync_store(sync);
  /* while asking, the PING that follows says when all answers are in */
  bool all_in = !sync->parked.more && !sync->asking;
  return status == 0 && all_in ? krv_sync_ask_causes(sync) : status;
}

/* So that a server that does not have what it showed, or may not show it any more, keeps nobody
 * waiting. Who watches waits on in any case. */
static void ping_behind_wanted(struct krv_sync *sync) {
  sync->wanted_since = sync->want_pinged;
  if (sync->want_pinged || sync->choice.watch) return;
  krv_message_empty(&sync->out, KRV_MSG_PING);
  sync->want_pinged = true;
}

/* All that the server has of what was wanted before our PING is in. */
static int hear_wanted_end(struct krv_sync *sync) {
  bool more = sync->wanted_since && sync->wants > 0;
  sync->want_pinged = sync->wanted_since = false;
  if (more) {
    ping_behind_wanted(sync);
    return sync->out.status;
  }
  sync->unasked |= sync->wants > 0;
  sync->wants = 0;
  return 0;
}

/* PING comes after all that was due when ours was heard: for who watches, the end of the news. */
static int hear_ping(struct krv_sync *sync) {
  int status = 0;
  if (sync->want_pinged) return hear_wanted_end(sync);
  sync->asking = false;
  if (!sync->answered || sync->cursor_due) return 0;
  if (sync->awaits) {
    status = krv_sync_all_came(sync);
    if (status == 0) status = krv_sync_settle(sync);
  }
  return status == 0 ? krv_sync_ask_causes(sync) : status;
}

static int hear_cursor(struct krv_sync *sync, struct krv_slice payload) {
  struct krv_msg_cursor cursor;
  int status = krv_msg_cursor_decode(payload, &cursor);
  if (status != 0) return status;
  if (cursor.advance > UINT64_MAX - sync->told) return KRV_MALFORMED;
  sync->told += cursor.advance;
  sync->cursor_due = cursor.more;
  sync->cursor_parked = sync->wants > 0 || sync->unasked;
  sync->past_parked = false;
  sync->parked = cursor;
  return sync->cursor_parked ? 0 : pass_cursor(sync);
}

static int hear_refuse(struct krv_sync *sync, struct krv_slice payload) {
  struct krv_msg_refuse refuse;
  int status = krv_msg_refuse_decode(payload, &refuse);
  sync->answered = true; /* what was said early has got through */
  return status != 0 ? status : refuse.status;
}

static int hear_enrolled(struct krv_sync *sync, struct krv_slice payload) {
  struct krv_msg_enrolled enrolled;
  int status = krv_msg_enrolled_decode(payload, &enrolled);
  if (status != 0) return status;
  if (sync->opening != KRV_OPENING_ENROL || sync->open_sent) return KRV_PROTOCOL; /* once */
  struct krv_member *member = &sync->world->member;
  krv_member_told(member, enrolled.server_s, sync->env->wall_s(sync->env->ctx));
  if (sync->moved && (enrolled.state != 1 || !krv_sync_moved_said(sync))) return KRV_PROTOCOL;
  if (enrolled.state == 0) { /* asked; the rest comes with a later sync */
    krv_sync_move(sync, KRV_SYNC_ENROL);
    krv_sync_move(sync, KRV_SYNC_DONE);
    return 0;
  }
  if (member->state == KRV_MEMBER_FOUNDING) status = krv_found_done(sync->world);
  if (sync->moved) status = krv_pin_moved(sync->world);
  sync->counts.enrolled = true;
  return status == 0 ? krv_sync_say_open(sync) : status;
}

/* A commit whose prev fits nothing here is asked for whole; the cursor waits for it. */
static int want_whole(struct krv_sync *sync, struct krv_slice payload) {
  struct krv_msg_commit commit;
  struct krv_msg_want want;
  int status = krv_msg_commit_decode(payload, &commit);
  if (status != 0) return status;
  memset(&want, 0, sizeof want);
  want.kase = commit.same_case ? *krv_intake_last_case(sync->world->incoming) : commit.kase;
  want.device = commit.device;
  want.n = commit.n;
  if (sync->wants == KRV_WANTS_MAX) {
    status = krv_intake_missed(sync->world->incoming, &want.kase, want.device);
    sync->unasked |= status == KRV_NEED_PREV;
    return status == KRV_NEED_PREV ? 0 : status;
  }
  size_t mark = krv_message_begin(&sync->out, KRV_MSG_WANT);
  krv_msg_want_encode(&want, &sync->out);
  krv_message_end(&sync->out, mark);
  memcpy(sync->wanted[sync->wants++], commit.salt, sizeof commit.salt);
  ping_behind_wanted(sync);
  return sync->out.status;
}

/* Is it one that was asked for? Others may stand at the same place; the salt is this one's own
 * (R6). */
static bool take_wanted(struct krv_sync *sync, struct krv_slice payload) {
  struct krv_msg_commit commit;
  if (sync->wants == 0 || krv_msg_commit_decode(payload, &commit) != 0 || commit.prev_len != 16)
    return false;
  for (uint32_t i = 0; i < sync->wants; i++) {
    if (memcmp(sync->wanted[i], commit.salt, sizeof commit.salt) != 0) continue;
    memcpy(sync->wanted[i], sync->wanted[--sync->wants], sizeof commit.salt);
    return true;
  }
  return false;
}

/* A wanted commit has come whole: the cursor that waited for it may pass. */
static int wanted_came(struct krv_sync *sync, struct krv_slice payload) {
  if (!take_wanted(sync, payload)) {
    sync->past_parked |= sync->cursor_parked;
    return 0;
  }
  bool pass = sync->wants == 0 && !sync->unasked && sync->cursor_parked;
  return pass ? pass_cursor(sync) : 0;
}

/* Its case is damaged here: it was not taken in. No cursor passes what is not stored, so it comes
 * again with each session until the case can be read. */
static bool waits_for_repair(struct krv_sync *sync, enum krv_message_kind kind, int status) {
  bool of_case = kind == KRV_MSG_GENESIS || kind == KRV_MSG_COMMIT || kind == KRV_MSG_GRANT ||
                 kind == KRV_MSG_UNROUTE || kind == KRV_MSG_NEED;
  bool waits = status == KRV_DAMAGED && of_case && krv_intake_unread(sync->world->incoming);
  sync->unasked |= waits;
  return waits;
}

static int hear_item(struct krv_sync *sync, enum krv_message_kind kind, struct krv_slice payload) {
  int status = krv_sync_intake(sync);
  if (status != 0) return status;
  if (krv_intake_count(sync->world->incoming) >= KRV_BATCH_ITEMS_MAX) { /* a transaction is full */
    status = krv_sync_settle(sync);
    if (status == 0) status = krv_sync_intake(sync);
    if (status != 0) return status;
  }
  size_t fresh = krv_intake_fresh(sync->world->incoming);
  status = krv_intake_item(sync->world->incoming, KRV_ORIGIN_SERVER, kind, payload);
  sync->counts.commits_down += krv_intake_fresh(sync->world->incoming) - fresh;
  sync->last_case_down = *krv_intake_last_case(sync->world->incoming);
  if (status == KRV_NEED_PREV) return want_whole(sync, payload);
  if (waits_for_repair(sync, kind, status)) return 0;
  if (status == 0 && kind == KRV_MSG_RECEIPT) sync->counts.receipts_down++;
  if (status == 0 && kind == KRV_MSG_COMMIT) return wanted_came(sync, payload);
  sync->past_parked |= sync->cursor_parked;
  return status;
}

int krv_sync_hear(struct krv_sync *sync, const struct krv_message *message) {
  bool opened = sync->open_sent;
  krv_trace(sync->choice.trace_env ? sync->choice.trace_env : sync->env, KRV_TRACE_MESSAGE_IN,
            message->kind, (int64_t)message->payload.len);
  switch (message->kind) {
    case KRV_MSG_ENROLLED: return hear_enrolled(sync, message->payload);
    case KRV_MSG_REFUSE: return hear_refuse(sync, message->payload);
    case KRV_MSG_PING: return hear_ping(sync); /* the answer to ours */
    case KRV_MSG_BYE: return KRV_CUT;
    default: break;
  }
  if (!opened) return KRV_PROTOCOL;
  switch (message->kind) {
    case KRV_MSG_ANSWER: return hear_answer(sync, message->payload);
    case KRV_MSG_ACK: return hear_ack(sync, message->payload);
    case KRV_MSG_CURSOR: return hear_cursor(sync, message->payload);
    case KRV_MSG_RESTART: return krv_sync_restart(sync);
    default: return hear_item(sync, message->kind, message->payload);
  }
}
