/* card: version, then the fields in the order of the struct. Version 1 has no voids: most cards
 * have none, and an empty one shall fit the smallest row. */
#include "card.h"

#include <assert.h>
#include <string.h>

#include "bounds.h"
#include "status.h"

enum { CARD_VERSION = 1, CARD_WITH_VOIDS = 2 };

void krv_card_encode(const struct krv_card *card, struct krv_buf *out) {
  assert(card->status >= -1);
  krv_buf_u8(out, card->voids > 0 ? CARD_WITH_VOIDS : CARD_VERSION);
  krv_buf_append(out, card->id.b, KRV_ID_LEN);
  krv_buf_u8(out, card->type);
  krv_buf_u8(out, card->flags);
  krv_buf_varint(out, (uint64_t)((int64_t)card->status + 1)); /* 0: not set */
  krv_buf_varint(out, card->conflicts);
  krv_buf_varint(out, card->held);
  krv_buf_varint(out, card->missing);
  krv_buf_varint(out, card->commits);
  krv_buf_u64(out, (uint64_t)card->changed_s);
  krv_buf_varint(out, card->expires);
  krv_buf_varint(out, card->due);
  krv_buf_varint(out, card->own_n);
  krv_buf_varint(out, card->own_server_n);
  krv_buf_varint(out, card->own_receipt_n);
  krv_buf_varint(out, (uint64_t)card->waits_s);
  krv_buf_append(out, card->import_key8, sizeof card->import_key8);
  krv_buf_blob(out, card->title);
  if (card->voids > 0) krv_buf_varint(out, card->voids);
}

int krv_card_decode(struct krv_slice bytes, struct krv_card *out) {
  struct krv_in in = krv_in(bytes);
  memset(out, 0, sizeof *out);
  uint8_t version = krv_in_u8(&in);
  if (version > CARD_WITH_VOIDS) return KRV_NEWER;
  if (version == 0) return KRV_MALFORMED;
  krv_in_copy(&in, out->id.b, KRV_ID_LEN);
  out->type = krv_in_u8(&in);
  out->flags = krv_in_u8(&in);
  out->status = (int32_t)((int64_t)krv_in_varint(&in, (uint64_t)INT32_MAX + 1) - 1);
  out->conflicts = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  out->held = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  out->missing = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  out->commits = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  out->changed_s = (int64_t)krv_in_u64(&in);
  out->expires = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  out->due = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  out->own_n = krv_in_varint(&in, UINT64_MAX);
  out->own_server_n = krv_in_varint(&in, UINT64_MAX);
  out->own_receipt_n = krv_in_varint(&in, UINT64_MAX);
  out->waits_s = (int64_t)krv_in_varint(&in, INT64_MAX);
  krv_in_copy(&in, out->import_key8, sizeof out->import_key8);
  out->title = krv_in_blob(&in, KRV_CARD_TITLE_MAX);
  if (version == CARD_WITH_VOIDS) out->voids = (uint32_t)krv_in_varint(&in, UINT32_MAX);
  return krv_in_end(&in);
}
