/* msg_roster: who is in: ROSTER, BOX, JOIN, ENROLLED. What an entry, a box or a
 * request means, proto/trust says; here they are lengths and numbers. */
#include "codec.h"

/* ---- BOX ---- */

void krv_msg_box_encode(const struct krv_msg_box *msg, struct krv_buf *out) {
  krv_buf_varint(out, msg->group);
  krv_buf_varint(out, msg->epoch);
  /* index + 1, and NO_DEVICE wraps to 0: the recovery key */
  krv_buf_varint(out, (uint32_t)(msg->device + 1));
  krv_buf_varint(out, msg->giver);
  krv_buf_append(out, msg->box, sizeof msg->box);
}

int krv_msg_box_decode(struct krv_slice payload, struct krv_msg_box *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  out->group = (krv_group_ix)krv_in_varint(&in, UINT32_MAX);
  out->epoch = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  out->device = (krv_device_ix)krv_in_varint(&in, UINT32_MAX) - 1;
  out->giver = krv_codec_device(&in);
  krv_in_copy(&in, out->box, sizeof out->box);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- ROSTER ---- */

void krv_msg_roster_encode(const struct krv_msg_roster *msg, struct krv_buf *out) {
  krv_buf_put(out, msg->entry);
}

int krv_msg_roster_decode(struct krv_slice payload, struct krv_msg_roster *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  if (payload.len > krv_message_cap(KRV_MSG_ROSTER)) krv_in_fail(&in, KRV_TOO_LARGE);
  out->entry = krv_codec_rest(&in);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- JOIN, ENROLLED ---- */

enum { JOIN_CONTESTED = 1 };

void krv_msg_join_encode(const struct krv_msg_join *msg, struct krv_buf *out) {
  krv_buf_u8(out, msg->contested ? JOIN_CONTESTED : 0);
  krv_buf_put(out, msg->terms_and_join);
}

int krv_msg_join_decode(struct krv_slice payload, struct krv_msg_join *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  if (payload.len > krv_message_cap(KRV_MSG_JOIN)) krv_in_fail(&in, KRV_TOO_LARGE);
  out->contested = krv_codec_flags(&in, JOIN_CONTESTED) != 0;
  out->terms_and_join = krv_codec_rest(&in);
  return krv_codec_end(&in, out, sizeof *out);
}

void krv_msg_enrolled_encode(const struct krv_msg_enrolled *msg, struct krv_buf *out) {
  krv_buf_u8(out, msg->state);
  krv_buf_u32(out, msg->server_s);
}

int krv_msg_enrolled_decode(struct krv_slice payload, struct krv_msg_enrolled *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  out->state = krv_in_u8(&in);
  if (out->state > 1) krv_in_fail(&in, KRV_MALFORMED);
  out->server_s = krv_in_u32(&in);
  return krv_codec_end(&in, out, sizeof *out);
}
