/* msg_sync: the table of messages, the head that each carries, and the messages
 * that steer a session: OPEN, ANSWER and ACK, CURSOR, REFUSE, WANT, CONFIRM. */
#include <assert.h>

#include "codec.h"

struct row {
  const char *name;
  char direction;
  unsigned cap;
};

static const struct row *row_of(unsigned kind) {
  static const struct row rows[] = {
#define X(number, name, direction, cap, codec) [number] = {#name, direction, cap},
      KRV_MESSAGE_MAP(X)
#undef X
  };
  if (kind >= sizeof rows / sizeof rows[0] || !rows[kind].name) return NULL;
  return &rows[kind];
}

unsigned krv_message_cap(unsigned kind) {
  const struct row *row = row_of(kind);
  return row ? row->cap : 0;
}

int krv_message_known(unsigned kind, char from) {
  const struct row *row = row_of(kind);
  return row && (row->direction == 'b' || row->direction == from);
}

int krv_message_may_be_early(unsigned kind) {
  static const uint8_t early[] = {KRV_MSG_OPEN,    KRV_MSG_WATCH,  KRV_MSG_PING,  KRV_MSG_BYE,
                                  KRV_MSG_GENESIS, KRV_MSG_COMMIT, KRV_MSG_GRANT, KRV_MSG_RECEIPT};
  for (size_t i = 0; i < sizeof early; i++)
    if (early[i] == kind) return 1;
  return 0;
}

const char *krv_message_name(unsigned kind) {
  const struct row *row = row_of(kind);
  return row ? row->name : "?";
}

/* ---- the head of a message ---- */

size_t krv_message_begin(struct krv_buf *out, enum krv_message_kind kind) {
  krv_buf_u8(out, (uint8_t)kind);
  return out->len;
}

/* The length is known only now: the payload moves up by its varint. */
void krv_message_end(struct krv_buf *out, size_t mark) {
  if (out->status != 0) return;
  assert(mark > 0 && mark <= out->len);
  size_t len = out->len - mark;
  if (len > krv_message_cap(out->data[mark - 1])) {
    out->status = KRV_TOO_LARGE;
    return;
  }
  krv_buf_varint(out, len);
  if (out->status != 0) return;
  size_t head_len = out->len - mark - len;
  uint8_t head[10];
  memcpy(head, out->data + mark + len, head_len);
  memmove(out->data + mark + head_len, out->data + mark, len);
  memcpy(out->data + mark, head, head_len);
}

void krv_message_empty(struct krv_buf *out, enum krv_message_kind kind) {
  krv_message_end(out, krv_message_begin(out, kind));
}

/* ---- OPEN ---- */

void krv_msg_open_encode(const struct krv_msg_open *msg, struct krv_buf *out) {
  assert(msg->cursor <= msg->head_seq);
  krv_buf_u8(out, msg->version);
  krv_buf_varint(out, msg->head_seq);
  krv_buf_append(out, msg->head_chain8, sizeof msg->head_chain8);
  krv_buf_varint(out, msg->head_seq - msg->cursor);
  krv_buf_varint(out, msg->roster_count);
  krv_buf_append(out, msg->roster_head8, sizeof msg->roster_head8);
  if (msg->within != 0) krv_buf_varint(out, msg->within);
}

int krv_msg_open_decode(struct krv_slice payload, struct krv_msg_open *out) {
  static const uint8_t zeros[8];
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  out->version = krv_in_u8(&in);
  /* Another version's OPEN may go on differently: it is for the handler to refuse it. */
  if (in.status == 0 && out->version != KRV_PROTOCOL_VERSION) return 0;
  out->head_seq = krv_in_varint(&in, UINT64_MAX);
  krv_in_copy(&in, out->head_chain8, sizeof out->head_chain8);
  out->cursor = out->head_seq - krv_in_varint(&in, out->head_seq);
  out->roster_count = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  krv_in_copy(&in, out->roster_head8, sizeof out->roster_head8);
  if (out->roster_count == 0 && memcmp(out->roster_head8, zeros, sizeof zeros) != 0)
    krv_in_fail(&in, KRV_MALFORMED);
  out->within = krv_codec_optional(&in);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- ANSWER, ACK ---- */

void krv_msg_ack_encode(const struct krv_msg_ack *msg, bool answer, struct krv_buf *out) {
  assert(msg->exception_count <= KRV_ACK_EXCEPTIONS_MAX);
  if (answer) krv_buf_u16(out, msg->receipts);
  krv_buf_varint(out, (uint64_t)msg->accepted << 1 | msg->cursor_follows);
  krv_buf_varint(out, msg->exception_count);
  for (uint32_t i = 0; i < msg->exception_count; i++) {
    const struct krv_ack_exception *e = &msg->exceptions[i];
    assert(e->status < 0 && e->status >= -UINT8_MAX);
    krv_buf_varint(out, e->index);
    krv_buf_u8(out, (uint8_t)-e->status);
  }
}

int krv_msg_ack_decode(struct krv_slice payload, bool answer, struct krv_ack_exception *room,
                       struct krv_msg_ack *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  if (answer) out->receipts = krv_in_u16(&in);
  uint64_t accepted = krv_in_varint(&in, (uint64_t)UINT32_MAX << 1 | 1);
  out->accepted = (uint32_t)(accepted >> 1);
  out->cursor_follows = accepted & 1;
  out->exception_count = (uint32_t)krv_in_varint(&in, KRV_ACK_EXCEPTIONS_MAX);
  out->exceptions = room;
  for (uint32_t i = 0; in.status == 0 && i < out->exception_count; i++) {
    struct krv_ack_exception *e = &room[i];
    e->index = (uint32_t)krv_in_varint(&in, UINT32_MAX);
    e->status = -(int)krv_in_u8(&in);
    bool rises = i == 0 || e->index > room[i - 1].index;
    if (e->status == 0 || e->index >= out->accepted || !rises) krv_in_fail(&in, KRV_MALFORMED);
  }
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- CURSOR, REFUSE ---- */

void krv_msg_cursor_encode(const struct krv_msg_cursor *msg, struct krv_buf *out) {
  krv_buf_varint(out, msg->advance << 1 | msg->more);
  krv_buf_append(out, msg->chain8, sizeof msg->chain8);
  if (msg->within != 0) krv_buf_varint(out, msg->within);
}

int krv_msg_cursor_decode(struct krv_slice payload, struct krv_msg_cursor *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  uint64_t advance = krv_in_varint(&in, UINT64_MAX);
  out->advance = advance >> 1;
  out->more = advance & 1;
  krv_in_copy(&in, out->chain8, sizeof out->chain8);
  out->within = krv_codec_optional(&in);
  return krv_codec_end(&in, out, sizeof *out);
}

void krv_msg_refuse_encode(const struct krv_msg_refuse *msg, struct krv_buf *out) {
  assert(msg->status < 0 && msg->status >= -UINT8_MAX);
  krv_buf_u8(out, (uint8_t)-msg->status);
  if (msg->argument != 0) krv_buf_varint(out, msg->argument);
}

int krv_msg_refuse_decode(struct krv_slice payload, struct krv_msg_refuse *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  out->status = -(int)krv_in_u8(&in);
  if (out->status == 0) krv_in_fail(&in, KRV_MALFORMED);
  out->argument = krv_codec_optional(&in);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- WANT, CONFIRM ---- */

void krv_msg_want_encode(const struct krv_msg_want *msg, struct krv_buf *out) {
  krv_buf_append(out, msg->kase.b, KRV_ID_LEN);
  krv_buf_varint(out, msg->device);
  krv_buf_varint(out, msg->n);
  krv_buf_append(out, msg->id8, sizeof msg->id8);
}

int krv_msg_want_decode(struct krv_slice payload, struct krv_msg_want *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  krv_in_copy(&in, out->kase.b, KRV_ID_LEN);
  out->device = krv_codec_device(&in);
  out->n = krv_in_varint(&in, UINT64_MAX);
  if (out->n == 0) krv_in_fail(&in, KRV_MALFORMED);
  krv_in_copy(&in, out->id8, sizeof out->id8);
  return krv_codec_end(&in, out, sizeof *out);
}

void krv_msg_confirm_encode(const struct krv_msg_confirm *msg, struct krv_buf *out) {
  krv_buf_append(out, msg->ids, (size_t)msg->count * KRV_ID_LEN);
}

int krv_msg_confirm_decode(struct krv_slice payload, struct krv_msg_confirm *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  if (payload.len > krv_message_cap(KRV_MSG_CONFIRM)) krv_in_fail(&in, KRV_TOO_LARGE);
  struct krv_slice ids = krv_codec_rest(&in);
  if (ids.len % KRV_ID_LEN != 0) krv_in_fail(&in, KRV_MALFORMED);
  out->ids = ids.data;
  out->count = (uint32_t)(ids.len / KRV_ID_LEN);
  return krv_codec_end(&in, out, sizeof *out);
}
