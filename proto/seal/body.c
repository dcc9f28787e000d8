#include "body.h"

#include <assert.h>
#include <string.h>

#include "mp.h"
#include "status.h"

/* 2020-01-01T00:00:00Z in Unix seconds; a u32 from there lasts until 2156. */
static const int64_t wall_epoch_s = 1577836800;

static uint32_t wall_pack(int64_t wall_s) {
  if (wall_s <= wall_epoch_s) return 0;
  int64_t since = wall_s - wall_epoch_s;
  return since > (int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)since;
}

/* Entries are strictly ascending, so that one context has one form. */
static bool entry_below(const struct krv_context_entry *a, const struct krv_context_entry *b) {
  if (a->device != b->device) return a->device < b->device;
  if (a->n != b->n) return a->n < b->n;
  return memcmp(a->id8, b->id8, sizeof a->id8) < 0;
}

/* The i-th entry exceeds what one device may have: the list ascends, so the
 * entry KRV_CONTEXT_TIPS_PER_DEVICE_MAX places before is of the same device. */
static bool too_many_tips(const struct krv_context_entry *entries, uint32_t i) {
  const uint32_t most = KRV_CONTEXT_TIPS_PER_DEVICE_MAX;
  return i >= most && entries[i - most].device == entries[i].device;
}

void krv_body_encode(const struct krv_body *body, struct krv_buf *out) {
  if (out->status != 0) return;
  if (body->context_count > KRV_CONTEXT_ENTRIES_MAX) {
    out->status = KRV_TOO_LARGE;
    return;
  }
  krv_buf_varint(out, body->roster_height);
  krv_buf_append(out, body->roster_head8, sizeof body->roster_head8);
  krv_buf_u32(out, wall_pack(body->wall_s));
  krv_buf_u8(out, body->wall_quality);
  krv_buf_varint(out, body->context_count);
  for (uint32_t i = 0; i < body->context_count; i++) {
    const struct krv_context_entry *entry = &body->context[i];
    assert(entry->n > 0 && (i == 0 || entry_below(entry - 1, entry)));
    if (too_many_tips(body->context, i) && out->status == 0) out->status = KRV_TOO_LARGE;
    krv_buf_varint(out, entry->device);
    krv_buf_varint(out, entry->n);
    krv_buf_append(out, entry->id8, sizeof entry->id8);
  }
  krv_buf_put(out, body->ops);
}

static void context_decode(struct krv_in *in, uint32_t count, struct krv_context_entry *room) {
  for (uint32_t i = 0; i < count && in->status == 0; i++) {
    struct krv_context_entry *entry = &room[i];
    entry->device = (krv_device_ix)krv_in_varint(in, UINT32_MAX);
    entry->n = krv_in_varint(in, UINT64_MAX);
    krv_in_copy(in, entry->id8, sizeof entry->id8);
    if (entry->n == 0 || (i > 0 && !entry_below(entry - 1, entry))) krv_in_fail(in, KRV_MALFORMED);
    if (too_many_tips(room, i)) krv_in_fail(in, KRV_TOO_LARGE);
  }
}

static bool all_zero(struct krv_slice bytes) {
  for (size_t i = 0; i < bytes.len; i++) {
    if (bytes.data[i] != 0) return false;
  }
  return true;
}

int krv_body_decode(struct krv_slice bytes, struct krv_context_entry *room, struct krv_body *out) {
  memset(out, 0, sizeof *out);
  struct krv_in in = krv_in(bytes);
  struct krv_body body = {.context = room};
  body.roster_height = (uint32_t)krv_in_varint(&in, KRV_ROSTER_HEIGHT_MAX);
  krv_in_copy(&in, body.roster_head8, sizeof body.roster_head8);
  body.wall_s = wall_epoch_s + krv_in_u32(&in);
  body.wall_quality = krv_in_u8(&in);
  body.context_count = (uint32_t)krv_in_varint(&in, KRV_CONTEXT_ENTRIES_MAX);
  context_decode(&in, body.context_count, room);
  if (in.status != 0) return in.status;

  /* One object delimits itself; what follows is padding. */
  struct krv_slice rest = krv_in_rest(&in);
  size_t used = 0;
  int status = krv_mp_check(rest, &used);
  if (status != KRV_OK) return status;
  if (!all_zero(krv_slice(rest.data + used, rest.len - used))) return KRV_MALFORMED;
  body.ops = krv_slice(rest.data, used);
  *out = body;
  return KRV_OK;
}
