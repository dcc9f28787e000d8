/* A case as bytes: genesis, lines, views, state. Each part checks its own form;
 * what they say of each other (K1, K2) is checked here. */
#include <string.h>

#include "bounds.h"
#include "case_in.h"
#include "status.h"

static void encode_view(const struct krv_case_view *view, struct krv_buf *out) {
  krv_buf_varint(out, view->tip.device);
  krv_buf_varint(out, view->tip.n);
  krv_buf_append(out, view->tip.id.b, sizeof view->tip.id.b);
  krv_buf_varint(out, view->height);
  krv_buf_varint(out, view->count);
  for (uint32_t i = 0; i < view->count; i++) {
    krv_buf_varint(out, view->entries[i].device);
    krv_buf_varint(out, view->entries[i].n);
    krv_buf_append(out, view->entries[i].id8, sizeof view->entries[i].id8);
  }
}

int krv_case_encode(const struct krv_case *kase, struct krv_buf *out) {
  krv_buf_append(out, kase->genesis.creator.b, sizeof kase->genesis.creator.b);
  krv_buf_append(out, kase->genesis.key_commit, sizeof kase->genesis.key_commit);
  krv_access_list_encode(&kase->genesis.access, out);
  krv_lines_encode(kase->lines, out);
  krv_buf_varint(out, kase->view_count);
  for (size_t i = 0; i < kase->view_count; i++) encode_view(&kase->views[i], out);
  krv_buf_varint(out, kase->begun == UINT32_MAX ? 0 : (uint64_t)kase->begun + 1);
  int rc = krv_state_encode(kase->state, out);
  return out->status != 0 ? out->status : rc;
}

static int entry_compare(const struct krv_context_entry *a, const struct krv_context_entry *b) {
  if (a->device != b->device) return a->device < b->device ? -1 : 1;
  if (a->n != b->n) return a->n < b->n ? -1 : 1;
  return memcmp(a->id8, b->id8, sizeof a->id8);
}

/* Entries into the view's array, which has room for them. */
static void decode_entries(struct krv_in *in, struct krv_case_view *view) {
  for (uint32_t i = 0; i < view->count; i++) {
    struct krv_context_entry *entry = &view->entries[i];
    entry->device = (krv_device_ix)krv_in_varint(in, UINT32_MAX);
    entry->n = krv_in_varint(in, UINT64_MAX);
    krv_in_copy(in, entry->id8, sizeof entry->id8);
    if (i > 0 && entry_compare(entry - 1, entry) >= 0) krv_in_fail(in, KRV_MALFORMED);
  }
}

static int decode_view(struct krv_case *kase, struct krv_in *in) {
  enum { ENTRY_SIZE_MIN = 1 + 1 + 8 };
  struct krv_case_view view = {.count = 0};
  view.tip.device = (krv_device_ix)krv_in_varint(in, UINT32_MAX);
  view.tip.n = krv_in_varint(in, UINT64_MAX);
  krv_in_copy(in, view.tip.id.b, sizeof view.tip.id.b);
  view.height = (uint32_t)krv_in_varint(in, UINT32_MAX);
  view.count = (uint32_t)krv_in_varint(in, KRV_CONTEXT_ENTRIES_MAX);
  if (in->status != 0 || view.count > krv_in_left(in) / ENTRY_SIZE_MIN) return KRV_MALFORMED;
  if (kase->view_count > 0 &&
      krv_tip_compare(&kase->views[kase->view_count - 1].tip, &view.tip) >= 0)
    return KRV_MALFORMED;
  int rc = krv_grow(kase->env, &kase->views, &kase->view_cap, kase->view_count,
                    sizeof *kase->views);
  if (rc != 0) return rc;
  if (view.count > 0) {
    view.entries = krv_zalloc(kase->env, view.count, sizeof *view.entries);
    if (!view.entries) return KRV_NOMEM;
    decode_entries(in, &view);
  }
  krv_case_view_put(kase, &view);
  return in->status != 0 ? KRV_MALFORMED : 0;
}

static int writer_applied(void *ctx, const struct krv_writer *writer) {
  const struct krv_line_commit *c = krv_lines_find(ctx, &writer->tip);
  return c && c->verdict == KRV_VERDICT_APPLIED ? 0 : KRV_MALFORMED;
}

/* K1 and K2. Controls and views both ascend by tip, so they are walked side by side. */
static bool whole(const struct krv_case *kase) {
  const struct krv_state *state = kase->state;
  uint32_t controls = krv_state_control_count(state), last = UINT32_MAX;
  size_t views = 0;
  if (krv_state_writers(state, writer_applied, kase->lines) != 0) return false;
  for (uint32_t i = 0; i < controls; i++) {
    uint32_t writer = krv_state_control(state, i)->writer;
    if (writer == last) continue;
    const struct krv_tip *tip = &krv_state_writer(state, writer)->tip;
    if (views == kase->view_count || krv_case_view_find(kase, tip) != &kase->views[views])
      return false;
    views++;
    last = writer;
  }
  return views == kase->view_count;
}

static int decode(struct krv_case *kase, struct krv_in *in) {
  krv_in_copy(in, kase->genesis.creator.b, sizeof kase->genesis.creator.b);
  krv_in_copy(in, kase->genesis.key_commit, sizeof kase->genesis.key_commit);
  krv_access_list_decode(in, &kase->genesis.access);
  if (in->status != 0) return KRV_MALFORMED;
  int rc = krv_lines_decode(kase->env, in, &kase->lines);
  if (rc != 0) return rc;
  uint64_t views = krv_in_varint(in, KRV_CASE_COMMITS_MAX);
  for (uint64_t i = 0; rc == 0 && in->status == 0 && i < views; i++) rc = decode_view(kase, in);
  uint64_t begun = krv_in_varint(in, UINT32_MAX);
  kase->begun = begun == 0 ? UINT32_MAX : (uint32_t)(begun - 1);
  if (rc == 0 && in->status != 0) rc = KRV_MALFORMED;
  if (rc == 0) rc = krv_state_decode(kase->env, krv_in_rest(in), &kase->state);
  return rc == 0 && !whole(kase) ? KRV_MALFORMED : rc;
}

int krv_case_decode(const struct krv_env *env, struct krv_slice bytes, struct krv_case **out) {
  struct krv_in in = krv_in(bytes);
  struct krv_case *kase = krv_zalloc(env, 1, sizeof *kase);
  *out = NULL;
  if (!kase) return KRV_NOMEM;
  kase->env = env;
  int rc = decode(kase, &in);
  if (rc != 0) krv_case_free(kase);
  else *out = kase;
  return rc;
}
