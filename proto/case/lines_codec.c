/* Lines as bytes. prev is left out where it is the commit listed just before,
 * which on a line without forks is always so: 16 bytes a commit less. */
#include <string.h>

#include "lines_in.h"
#include "status.h"

enum { PREV_BEFORE = 0x80, VERDICT_MASK = 0x7f };

/* Is the prev of the second just the first? */
static bool follows(const struct krv_line_commit *before, const struct krv_line_commit *c) {
  return before && before->tip.device == c->tip.device && before->tip.n + 1 == c->tip.n &&
         krv_id_equal(&before->tip.id, &c->prev);
}

static const struct krv_line_commit *last_of(const struct krv_lines *lines, size_t count) {
  return count == 0 ? NULL : &lines->items[count - 1].commit;
}

static void encode_commit(const struct krv_line_commit *before, const struct krv_line_commit *c,
                          struct krv_buf *out) {
  bool after = follows(before, c);
  krv_buf_varint(out, c->tip.device);
  krv_buf_varint(out, c->tip.n);
  krv_buf_append(out, c->tip.id.b, sizeof c->tip.id.b);
  krv_buf_u8(out, (uint8_t)(c->verdict | (after ? PREV_BEFORE : 0)));
  if (c->tip.n > 1 && !after) krv_buf_append(out, c->prev.b, sizeof c->prev.b);
  krv_buf_u8(out, c->reason);
  if (c->verdict != KRV_VERDICT_HELD) return;
  krv_buf_varint(out, c->waits.device);
  krv_buf_varint(out, c->waits.n);
  krv_buf_append(out, c->waits.id8, sizeof c->waits.id8);
}

int krv_lines_encode(const struct krv_lines *lines, struct krv_buf *out) {
  krv_buf_varint(out, lines->count);
  for (size_t i = 0; i < lines->count; i++)
    encode_commit(last_of(lines, i), &lines->items[i].commit, out);
  return out->status;
}

static bool waits_ok(const struct krv_context_entry *waits) {
  static const struct krv_context_entry none;
  return waits->n != 0 || (waits->device == none.device &&
                           memcmp(waits->id8, none.id8, sizeof none.id8) == 0);
}

static void decode_commit(struct krv_in *in, const struct krv_line_commit *before,
                          struct krv_line_commit *c) {
  memset(c, 0, sizeof *c);
  c->tip.device = (krv_device_ix)krv_in_varint(in, UINT32_MAX);
  c->tip.n = krv_in_varint(in, UINT64_MAX);
  krv_in_copy(in, c->tip.id.b, sizeof c->tip.id.b);
  uint8_t flags = krv_in_u8(in);
  c->verdict = flags & VERDICT_MASK;
  if (flags & PREV_BEFORE) {
    if (before) c->prev = before->tip.id;
    if (!follows(before, c)) krv_in_fail(in, KRV_MALFORMED);
  } else if (c->tip.n > 1) {
    krv_in_copy(in, c->prev.b, sizeof c->prev.b);
    if (follows(before, c)) krv_in_fail(in, KRV_MALFORMED);
  }
  c->reason = krv_in_u8(in);
  if (c->verdict == KRV_VERDICT_HELD) {
    c->waits.device = (krv_device_ix)krv_in_varint(in, UINT32_MAX);
    c->waits.n = krv_in_varint(in, UINT64_MAX);
    krv_in_copy(in, c->waits.id8, sizeof c->waits.id8);
  }
  if (c->tip.n == 0 || c->verdict > KRV_VERDICT_WAITS_CUT || !waits_ok(&c->waits))
    krv_in_fail(in, KRV_MALFORMED);
}

/* L1, L2 and the order. */
static bool may_follow(const struct krv_lines *lines, const struct krv_line_commit *c) {
  struct krv_context_entry missing;
  if (krv_lines_place(lines, &c->tip) != lines->count) return false;
  return c->verdict == KRV_VERDICT_HELD ||
         !krv_lines_missing(lines, &c->tip, &c->prev, NULL, 0, &missing);
}

int krv_lines_decode(const struct krv_env *env, struct krv_in *in, struct krv_lines **out) {
  int rc = krv_lines_new(env, out);
  if (rc != 0) return rc;
  uint64_t count = krv_in_varint(in, KRV_CASE_COMMITS_MAX);
  for (uint64_t i = 0; rc == 0 && in->status == 0 && i < count; i++) {
    struct krv_line_commit commit;
    decode_commit(in, last_of(*out, (*out)->count), &commit);
    if (in->status == 0 && !may_follow(*out, &commit)) krv_in_fail(in, KRV_MALFORMED);
    if (in->status == 0) rc = krv_lines_put(*out, &commit);
  }
  if (rc == 0 && in->status != 0) rc = KRV_MALFORMED;
  if (rc != 0) {
    krv_lines_free(*out);
    *out = NULL;
  }
  return rc;
}
