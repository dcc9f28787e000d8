/* on_open: OPEN compares what the client knows with what the server has, and
 * answer() sends what is due, in this order: RESTART, ROSTER, ANSWER or ACK, the
 * commits that were wanted, news, CURSOR.
 *
 * A CURSOR that says no more than "your own items are in" costs a poor link a
 * frame of its own, so it is held until there is news, a PING or BYE. */
#include <string.h>

#include "conn_in.h"

enum { SLICE_BYTES = 64 * 1024 };

/* ---- OPEN ---- */

/* Does the server's chain contain what the client was told? (R12) */
static int knows_chain(struct krv_conn *conn, const struct krv_msg_open *open, bool *known) {
  struct krv_store *store = conn->service->store;
  uint8_t chain[KRV_CHAIN_LEN];
  *known = true;
  if (open->head_seq == 0) return 0;
  int status = store->driver->chain_at(store, open->head_seq, chain);
  *known = status == 0 && memcmp(chain, open->head_chain8, sizeof open->head_chain8) == 0;
  return status == KRV_NOT_FOUND ? 0 : status;
}

static bool knows_roster(const struct krv_roster *roster, const struct krv_msg_open *open) {
  if (open->roster_count == 0) return true;
  const uint8_t *hash = krv_roster_hash(roster, open->roster_count - 1);
  return hash && memcmp(hash, open->roster_head8, sizeof open->roster_head8) == 0;
}

int krv_on_open(struct krv_conn *conn, const struct krv_message *message) {
  struct krv_service *service = conn->service;
  if (conn->bringer.device == KRV_NO_INDEX) return krv_conn_refuse(conn, KRV_NOT_APPROVED);
  /* the version is the first byte for ever; what follows it is this version's */
  uint8_t version = message->payload.len > 0 ? message->payload.data[0] : 0;
  if (version < KRV_PROTOCOL_VERSION) return krv_conn_refuse(conn, KRV_UPGRADE);
  if (version > KRV_PROTOCOL_VERSION) return krv_conn_refuse(conn, KRV_NEWER);
  struct krv_msg_open open;
  if (krv_msg_open_decode(message->payload, &open) != 0) return krv_conn_refuse(conn, KRV_PROTOCOL);

  bool chain_known;
  int status = knows_chain(conn, &open, &chain_known);
  if (status != 0) return krv_conn_end(conn, status);
  bool roster_known = knows_roster(service->roster, &open);
  conn->restart_due = !chain_known || !roster_known;
  conn->roster_awaited = roster_known ? 0 : open.roster_count;
  memcpy(conn->roster_head8, open.roster_head8, sizeof conn->roster_head8);
  conn->roster_told = roster_known ? open.roster_count : krv_roster_count(service->roster);
  struct krv_cursor start = {open.cursor, open.within};
  if (conn->restart_due) start = (struct krv_cursor){0, 0};
  conn->told = start.at;
  status = krv_pull_new(service->env, service->store, service->roster, conn->bringer.device, start,
                        &conn->pull);
  if (status == 0) status = krv_batch_read_to(service->batch, conn->bringer.device, start.at);
  if (status != 0) return krv_conn_end(conn, status);
  conn->answer_due = true;
  krv_conn_move(conn, KRV_CONN_SERVE);
  krv_conn_log(conn, KRV_LOG_OPEN, 0);
  return 0;
}

/* Plaintext that is made before it is sealed. */
static size_t slice_of(size_t out_high) {
  return out_high < SLICE_BYTES ? out_high : SLICE_BYTES;
}

/* ---- WANT ---- */

int krv_on_want(struct krv_conn *conn, const struct krv_message *message) {
  if (conn->wants.len + message->payload.len + 1 > KRV_WANTS_SIZE_MAX) return 0;
  krv_buf_blob(&conn->wants, message->payload);
  return conn->wants.status == 0 ? 0 : krv_conn_end(conn, KRV_NOMEM);
}

/* Only to those whose groups the case is routed to. */
static int may_read(struct krv_conn *conn, uint64_t c, bool *may) {
  struct krv_store *store = conn->service->store;
  struct krv_store_access access;
  *may = false;
  int status;
  for (krv_group_ix from = 0;; from = access.group + 1) {
    status = store->driver->access_next(store, c, from, &access);
    if (status != 0) return status == KRV_END ? 0 : status;
    *may = access.routed_seq != 0 &&
           krv_roster_membership(conn->service->roster, conn->bringer.device, access.group,
                                 UINT32_MAX) != NULL;
    if (*may) return 0;
  }
}

static int send_whole(struct krv_conn *conn, uint64_t seq, size_t *queued) {
  struct krv_store *store = conn->service->store;
  struct krv_buf bytes, message;
  struct krv_store_item item;
  krv_buf_init(&bytes, conn->service->env);
  krv_buf_init(&message, conn->service->env);
  int status = store->driver->item_get(store, seq, &item, &bytes);
  if (status == 0) {
    size_t mark = krv_message_begin(&message, (enum krv_message_kind)item.kind);
    krv_buf_put(&message, item.bytes);
    krv_message_end(&message, mark);
    status = message.status;
  }
  if (status == 0) status = krv_conn_send(conn, krv_buf_slice(&message));
  *queued += message.len;
  krv_buf_release(&message);
  krv_buf_release(&bytes);
  return status;
}

/* What stands in the device's own box is its to read, too: a case that it has come to, and that was
 * taken back since (batch_reach). */
static int in_own_box(struct krv_conn *conn, uint64_t seq, bool *out) {
  struct krv_store *store = conn->service->store;
  uint64_t found;
  int status = store->driver->inbox_flat(store, krv_box_device(conn->bringer.device), INT64_MAX,
                                         seq - 1, &found);
  *out = status == 0 && found == seq;
  return status == KRV_END ? 0 : status;
}

/* The commits at a dot whose ids begin so; zeros: all of them (a puller that could not fill a short
 * prev in does not know the id). What is not here is not answered: the puller asks others. */
static int send_dot(struct krv_conn *conn, const struct krv_msg_want *want, size_t *queued) {
  static const uint8_t any[sizeof want->id8];
  const size_t fixed = memcmp(want->id8, any, sizeof any) == 0 ? 0 : sizeof any;
  struct krv_store *store = conn->service->store;
  struct krv_store_case kase;
  struct krv_store_dot dot;
  struct krv_id from = krv_id_zero;
  bool may = false, more = true;
  int status = store->driver->case_find(store, &want->kase, &kase);
  if (status == 0) status = may_read(conn, kase.c, &may);
  memcpy(from.b, want->id8, sizeof want->id8);
  for (uint32_t i = 0; status == 0 && more && i < KRV_CONTEXT_TIPS_PER_DEVICE_MAX; i++) {
    bool served = may;
    status = store->driver->dot_next(store, kase.c, want->device, want->n, &from, &dot);
    if (status != 0 || memcmp(dot.id.b, want->id8, fixed) != 0) break;
    if (!may) status = in_own_box(conn, dot.seq, &served);
    if (status == 0 && served) status = send_whole(conn, dot.seq, queued);
    more = krv_id_next(&dot.id, &from);
  }
  return status == KRV_END || status == KRV_NOT_FOUND ? 0 : status;
}

/* KRV_END: out is full; the rest of what was wanted goes when it has drained. */
static int send_wanted(struct krv_conn *conn) {
  struct krv_in in = krv_in(krv_buf_slice(&conn->wants));
  size_t queued = 0, high = krv_conn_out_high(conn);
  bool sent = false;
  int status = 0;
  while (status == 0 && krv_in_left(&in) > 0 && krv_conn_out(conn)->len < high) {
    struct krv_msg_want want;
    size_t before = queued;
    if (krv_msg_want_decode(krv_in_blob(&in, KRV_WANTS_SIZE_MAX), &want) == 0)
      status = send_dot(conn, &want, &queued);
    sent |= queued > before;
    if (status != 0 || queued < slice_of(high)) continue;
    queued = 0;
    status = krv_conn_flush(conn);
  }
  if (sent) krv_pull_aside(conn->pull);
  if (status != 0) return status;
  krv_buf_consume(&conn->wants, conn->wants.len - krv_in_left(&in));
  if (conn->wants.len > 0) return KRV_END;
  krv_buf_release(&conn->wants);
  return 0;
}

/* ---- answers ---- */

/* Does the position move, so that the client shall wait for a CURSOR? A watching one does not wait:
 * a CURSOR over its own items is held back for it. */
static int cursor_follows(struct krv_conn *conn, bool *out) {
  struct krv_store *store = conn->service->store;
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t head;
  int status = store->driver->head(store, &head, chain);
  *out = status == 0 && head != conn->told && !conn->watching;
  return status;
}

static int send_ack(struct krv_conn *conn) {
  bool answer = conn->answer_due;
  struct krv_msg_ack ack = {.accepted = conn->tally.accepted,
                            .exceptions = conn->tally.exceptions,
                            .exception_count = (uint32_t)conn->tally.count};
  int status = 0;
  if (answer)
    status = krv_batch_receipts(conn->service->batch, conn->bringer.device, &ack.receipts);
  if (status == 0) status = cursor_follows(conn, &ack.cursor_follows);
  if (status != 0) return krv_conn_end(conn, status);
  struct krv_buf message;
  krv_buf_init(&message, conn->service->env);
  size_t mark = krv_message_begin(&message, answer ? KRV_MSG_ANSWER : KRV_MSG_ACK);
  krv_msg_ack_encode(&ack, answer, &message);
  krv_message_end(&message, mark);
  status = message.status != 0 ? krv_conn_end(conn, message.status)
                               : krv_conn_send(conn, krv_buf_slice(&message));
  krv_buf_release(&message);
  conn->answer_due = conn->ack_due = false;
  krv_tally_reset(conn);
  return status;
}

/* A CURSOR goes out. */
static int tell(struct krv_conn *conn, uint64_t told) {
  conn->told = told;
  int status = krv_batch_read_to(conn->service->batch, conn->bringer.device, told);
  return status == 0 ? 0 : krv_conn_end(conn, status);
}

static int send_held_cursor(struct krv_conn *conn) {
  size_t len = conn->held_len;
  if (len == 0) return 0;
  conn->held_len = 0;
  int status = tell(conn, conn->held_told);
  return status == 0 ? krv_conn_send(conn, krv_slice(conn->held, len)) : status;
}

/* One slice of news, or its CURSOR held back. */
static int take_slice(struct krv_conn *conn, struct krv_slice slice, uint64_t told) {
  if (slice.len == 0) return 0;
  bool cursor_only = slice.data[0] == KRV_MSG_CURSOR && slice.len <= sizeof conn->held;
  if (cursor_only && conn->opened && conn->watching) {
    memcpy(conn->held, slice.data, slice.len);
    conn->held_len = (uint8_t)slice.len;
    conn->held_told = told;
    return 0;
  }
  conn->held_len = 0; /* this slice's CURSOR is counted from `told` as well, and reaches further */
  int status = tell(conn, told);
  if (status != 0) return status;
  if (!cursor_only) conn->items_out++;
  return krv_conn_send(conn, slice);
}

static int send_news(struct krv_conn *conn) {
  struct krv_buf slice;
  krv_buf_init(&slice, conn->service->env);
  conn->more = false;
  int status = 0;
  if (conn->roster_awaited > 0 && !conn->bye) return 0;
  while (status == 0) {
    size_t high = krv_conn_out_high(conn);
    if (krv_conn_out(conn)->len >= high) {
      conn->more = true;
      break;
    }
    uint64_t told = conn->told;
    krv_buf_reset(&slice);
    status = krv_pull_slice(conn->pull, slice_of(high), &told, &slice);
    if (status < 0) break;
    int sent = take_slice(conn, krv_buf_slice(&slice), told);
    if (sent == 0) sent = krv_conn_flush(conn);
    if (sent != 0) status = sent;
  }
  krv_buf_release(&slice);
  if (status == KRV_END) conn->opened = true;
  return status == KRV_END ? 0 : status;
}

static int answer_open(struct krv_conn *conn) {
  if (conn->restart_due) {
    conn->restart_due = false;
    krv_conn_log(conn, KRV_LOG_RESTART, 0);
    if (krv_conn_send_empty(conn, KRV_MSG_RESTART) != 0) return conn->status;
  }
  int status = krv_conn_send_roster(conn);
  if (status == 0 && (conn->answer_due || conn->ack_due)) status = send_ack(conn);
  if (status == 0) status = send_wanted(conn);
  if (status == KRV_END) {
    conn->more = true;
    return 0;
  }
  if (status == 0) status = send_news(conn);
  if (status == 0 && (conn->cursor_due || conn->bye)) status = send_held_cursor(conn);
  conn->cursor_due = false;
  if (status == 0 && conn->ping_due) status = krv_conn_send_empty(conn, KRV_MSG_PING);
  conn->ping_due = false;
  return status;
}

int krv_conn_answer(struct krv_conn *conn) {
  int status = 0;
  if (conn->enrolled_due) status = krv_enrol_committed(conn);
  if (status == 0 && conn->sm.state == KRV_CONN_SERVE) status = answer_open(conn);
  if (status != 0 && conn->sm.state < KRV_CONN_DRAIN) krv_conn_end(conn, status);
  return status;
}
