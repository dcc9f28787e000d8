/* msg_item: what is stored and handed on: COMMIT, GENESIS, GRANT, UNROUTE, NEED,
 * RECEIPT, DOC. Each has one form only, so that equal things are equal bytes. */
#include <assert.h>

#include "bounds.h"
#include "codec.h"

/* ---- parts of commits ---- */

static void put_suite_kind(uint8_t suite, uint8_t kind, struct krv_buf *out) {
  assert(suite < 16 && kind < 16);
  krv_buf_u8(out, (uint8_t)(suite << 4 | kind));
}

static void get_suite_kind(struct krv_in *in, uint8_t *suite, uint8_t *kind) {
  uint8_t both = krv_in_u8(in);
  *suite = both >> 4;
  *kind = both & 15;
}

static void put_id_unless(bool left_out, const struct krv_id *id, struct krv_buf *out) {
  if (!left_out) krv_buf_append(out, id->b, KRV_ID_LEN);
}

static krv_device_ix get_device_if(struct krv_in *in, bool there) {
  return there ? krv_codec_device(in) : (krv_device_ix)KRV_MSG_NO_DEVICE;
}

static void too_large_over(struct krv_in *in, size_t max) {
  if (krv_in_left(in) > max) krv_in_fail(in, KRV_TOO_LARGE);
}

/* ---- COMMIT ---- */

static unsigned commit_flags(const struct krv_msg_commit *msg) {
  unsigned flags = 0;
  if (msg->device != KRV_MSG_NO_DEVICE) flags |= KRV_COMMIT_DEVICE;
  if (msg->prev_len == 4) flags |= KRV_COMMIT_PREV4;
  if (msg->prev_len == KRV_ID_LEN) flags |= KRV_COMMIT_PREV16;
  if (msg->has_vouch) flags |= KRV_COMMIT_VOUCH;
  if (msg->same_case) flags |= KRV_COMMIT_SAME_CASE;
  return flags;
}

void krv_msg_commit_encode(const struct krv_msg_commit *msg, struct krv_buf *out) {
  assert(msg->prev_len == 0 || msg->prev_len == 4 || msg->prev_len == KRV_ID_LEN);
  krv_buf_u8(out, (uint8_t)commit_flags(msg));
  put_suite_kind(msg->suite, msg->kind, out);
  if (msg->device != KRV_MSG_NO_DEVICE) krv_buf_varint(out, msg->device);
  put_id_unless(msg->same_case, &msg->kase, out);
  krv_buf_varint(out, msg->n);
  krv_buf_append(out, msg->prev, msg->prev_len);
  krv_buf_varint(out, msg->epoch);
  if (msg->epoch > 0) krv_buf_append(out, msg->key_id4, sizeof msg->key_id4);
  krv_buf_append(out, msg->salt, sizeof msg->salt);
  if (msg->has_vouch) krv_buf_append(out, msg->vouch, sizeof msg->vouch);
  krv_buf_put(out, msg->ciphertext);
}

static uint8_t prev_len_of(struct krv_in *in, unsigned flags) {
  switch (flags & (KRV_COMMIT_PREV4 | KRV_COMMIT_PREV16)) {
    case 0: return 0;
    case KRV_COMMIT_PREV4: return 4;
    case KRV_COMMIT_PREV16: return KRV_ID_LEN;
    default: krv_in_fail(in, KRV_MALFORMED); return 0;
  }
}

int krv_msg_commit_decode(struct krv_slice payload, struct krv_msg_commit *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  too_large_over(&in, KRV_COMMIT_SIZE_MAX);
  unsigned flags = krv_codec_flags(&in, KRV_COMMIT_DEVICE | KRV_COMMIT_PREV4 | KRV_COMMIT_PREV16 |
                                            KRV_COMMIT_VOUCH | KRV_COMMIT_SAME_CASE);
  get_suite_kind(&in, &out->suite, &out->kind);
  out->device = get_device_if(&in, flags & KRV_COMMIT_DEVICE);
  out->same_case = flags & KRV_COMMIT_SAME_CASE;
  if (!out->same_case) krv_in_copy(&in, out->kase.b, KRV_ID_LEN);
  out->n = krv_in_varint(&in, UINT64_MAX);
  out->prev_len = prev_len_of(&in, flags);
  /* the first commit of a line has no prev, every other one has */
  if (out->n == 0 || (out->n == 1) != (out->prev_len == 0)) krv_in_fail(&in, KRV_MALFORMED);
  krv_in_copy(&in, out->prev, out->prev_len);
  out->epoch = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  if (out->epoch > 0) krv_in_copy(&in, out->key_id4, sizeof out->key_id4);
  krv_in_copy(&in, out->salt, sizeof out->salt);
  out->has_vouch = flags & KRV_COMMIT_VOUCH;
  if (out->has_vouch) krv_in_copy(&in, out->vouch, sizeof out->vouch);
  out->ciphertext = krv_codec_rest(&in);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- GENESIS ---- */

void krv_msg_genesis_encode(const struct krv_msg_genesis *msg, struct krv_buf *out) {
  unsigned flags = 0;
  if (msg->device != KRV_MSG_NO_DEVICE) flags |= KRV_COMMIT_DEVICE;
  if (msg->has_vouch) flags |= KRV_COMMIT_VOUCH;
  krv_buf_u8(out, (uint8_t)flags);
  put_suite_kind(msg->suite, msg->kind, out);
  if (msg->device != KRV_MSG_NO_DEVICE) krv_buf_varint(out, msg->device);
  krv_buf_append(out, msg->key_commit, sizeof msg->key_commit);
  krv_buf_put(out, msg->access);
  krv_buf_append(out, msg->salt, sizeof msg->salt);
  if (msg->has_vouch) krv_buf_append(out, msg->vouch, sizeof msg->vouch);
  krv_buf_put(out, msg->ciphertext);
}

/* Finds the end of an access list; what it says, forms.h judges. */
static struct krv_slice get_access(struct krv_in *in) {
  const uint8_t *start = in->p;
  uint64_t count = krv_in_varint(in, KRV_ACCESS_LIST_MAX);
  for (uint64_t i = 0; i < count && in->status == 0; i++) {
    krv_in_varint(in, UINT32_MAX);
    krv_in_u8(in);
  }
  return in->status == 0 ? krv_slice(start, (size_t)(in->p - start)) : krv_slice(NULL, 0);
}

int krv_msg_genesis_decode(struct krv_slice payload, struct krv_msg_genesis *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  too_large_over(&in, KRV_COMMIT_SIZE_MAX);
  unsigned flags = krv_codec_flags(&in, KRV_COMMIT_DEVICE | KRV_COMMIT_VOUCH);
  get_suite_kind(&in, &out->suite, &out->kind);
  out->device = get_device_if(&in, flags & KRV_COMMIT_DEVICE);
  krv_in_copy(&in, out->key_commit, sizeof out->key_commit);
  out->access = get_access(&in);
  krv_in_copy(&in, out->salt, sizeof out->salt);
  out->has_vouch = flags & KRV_COMMIT_VOUCH;
  if (out->has_vouch) krv_in_copy(&in, out->vouch, sizeof out->vouch);
  out->ciphertext = krv_codec_rest(&in);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- GRANT ---- */

void krv_msg_grant_encode(const struct krv_msg_grant *msg, struct krv_buf *out) {
  unsigned flags = 0;
  if (msg->giver != KRV_MSG_NO_DEVICE) flags |= KRV_GRANT_GIVER;
  if (msg->epoch == 0) flags |= KRV_GRANT_EPOCH0;
  if (msg->to_device) flags |= KRV_GRANT_DEVICE;
  if (msg->same_case) flags |= KRV_GRANT_SAME_CASE;
  krv_buf_u8(out, (uint8_t)flags);
  put_id_unless(msg->same_case, &msg->kase, out);
  if (msg->epoch > 0) krv_buf_varint(out, msg->epoch);
  put_id_unless(msg->epoch == 0, &msg->key_id, out);
  krv_buf_varint(out, msg->group);
  krv_buf_varint(out, msg->group_epoch);
  krv_buf_u8(out, msg->mode);
  if (msg->giver != KRV_MSG_NO_DEVICE) krv_buf_varint(out, msg->giver);
  if (msg->to_device) krv_buf_varint(out, msg->device);
  krv_buf_append(out, msg->wrap, sizeof msg->wrap);
}

int krv_msg_grant_decode(struct krv_slice payload, struct krv_msg_grant *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  unsigned flags = krv_codec_flags(
      &in, KRV_GRANT_GIVER | KRV_GRANT_EPOCH0 | KRV_GRANT_DEVICE | KRV_GRANT_SAME_CASE);
  out->same_case = flags & KRV_GRANT_SAME_CASE;
  if (!out->same_case) krv_in_copy(&in, out->kase.b, KRV_ID_LEN);
  if (!(flags & KRV_GRANT_EPOCH0)) {
    out->epoch = (uint32_t)krv_in_varint(&in, UINT32_MAX);
    if (out->epoch == 0) krv_in_fail(&in, KRV_MALFORMED);
    krv_in_copy(&in, out->key_id.b, KRV_ID_LEN);
  }
  out->group = (krv_group_ix)krv_in_varint(&in, UINT32_MAX);
  out->group_epoch = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  out->mode = krv_in_u8(&in);
  out->giver = get_device_if(&in, flags & KRV_GRANT_GIVER);
  out->to_device = flags & KRV_GRANT_DEVICE;
  if (out->to_device) out->device = (krv_device_ix)krv_in_varint(&in, UINT32_MAX - 1);
  krv_in_copy(&in, out->wrap, sizeof out->wrap);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- UNROUTE, NEED ---- */

void krv_msg_unroute_encode(const struct krv_msg_unroute *msg, struct krv_buf *out) {
  krv_buf_append(out, msg->kase.b, KRV_ID_LEN);
  krv_buf_varint(out, msg->group);
}

int krv_msg_unroute_decode(struct krv_slice payload, struct krv_msg_unroute *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  krv_in_copy(&in, out->kase.b, KRV_ID_LEN);
  out->group = (krv_group_ix)krv_in_varint(&in, UINT32_MAX);
  return krv_codec_end(&in, out, sizeof *out);
}

void krv_msg_need_encode(const struct krv_msg_need *msg, struct krv_buf *out) {
  krv_buf_append(out, msg->kase.b, KRV_ID_LEN);
  krv_buf_append(out, msg->key_id.b, KRV_ID_LEN);
  krv_buf_varint(out, msg->group);
}

int krv_msg_need_decode(struct krv_slice payload, struct krv_msg_need *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  krv_in_copy(&in, out->kase.b, KRV_ID_LEN);
  krv_in_copy(&in, out->key_id.b, KRV_ID_LEN);
  out->group = (krv_group_ix)krv_in_varint(&in, UINT32_MAX);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- RECEIPT ---- */

enum { RECEIPT_OFFICE = 1, RECEIPT_REASONS = 2 };

void krv_msg_receipt_encode(const struct krv_msg_receipt *msg, struct krv_buf *out) {
  assert(msg->count >= 1 && msg->count <= KRV_RECEIPT_IDS_MAX);
  unsigned flags = 0;
  if (msg->office != KRV_MSG_NO_DEVICE) flags |= RECEIPT_OFFICE;
  if (msg->reasons) flags |= RECEIPT_REASONS;
  krv_buf_u8(out, (uint8_t)flags);
  if (msg->office != KRV_MSG_NO_DEVICE) krv_buf_varint(out, msg->office);
  krv_buf_varint(out, msg->author);
  krv_buf_varint(out, msg->count);
  krv_buf_append(out, msg->id8, (size_t)msg->count * 8);
  if (msg->reasons) krv_buf_append(out, msg->reasons, msg->count);
  krv_buf_append(out, msg->mac, sizeof msg->mac);
}

int krv_msg_receipt_decode(struct krv_slice payload, struct krv_msg_receipt *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  unsigned flags = krv_codec_flags(&in, RECEIPT_OFFICE | RECEIPT_REASONS);
  out->office = get_device_if(&in, flags & RECEIPT_OFFICE);
  out->author = krv_codec_device(&in);
  out->count = (uint32_t)krv_in_varint(&in, KRV_RECEIPT_IDS_MAX);
  if (out->count == 0) krv_in_fail(&in, KRV_MALFORMED);
  out->id8 = krv_in_bytes(&in, (size_t)out->count * 8).data;
  if (flags & RECEIPT_REASONS) out->reasons = krv_in_bytes(&in, out->count).data;
  krv_in_copy(&in, out->mac, sizeof out->mac);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- DOC ---- */

void krv_msg_doc_encode(const struct krv_msg_doc *msg, struct krv_buf *out) {
  krv_buf_append(out, msg->hash, sizeof msg->hash);
  krv_buf_put(out, msg->sealed);
}

int krv_msg_doc_decode(struct krv_slice payload, struct krv_msg_doc *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  too_large_over(&in, krv_message_cap(KRV_MSG_DOC));
  krv_in_copy(&in, out->hash, sizeof out->hash);
  out->sealed = krv_codec_rest(&in);
  return krv_codec_end(&in, out, sizeof *out);
}

/* ---- NOTICE ---- */

void krv_msg_notice_encode(const struct krv_msg_notice *msg, struct krv_buf *out) {
  assert(msg->status < 0 && msg->status >= -UINT8_MAX);
  krv_buf_varint(out, msg->device);
  krv_buf_u8(out, (uint8_t)-msg->status);
  krv_buf_varint(out, msg->day);
}

int krv_msg_notice_decode(struct krv_slice payload, struct krv_msg_notice *out) {
  struct krv_in in = krv_in(payload);
  memset(out, 0, sizeof *out);
  out->device = krv_codec_device(&in);
  out->status = -(int)krv_in_u8(&in);
  if (out->status == 0) krv_in_fail(&in, KRV_MALFORMED);
  out->day = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  return krv_codec_end(&in, out, sizeof *out);
}
