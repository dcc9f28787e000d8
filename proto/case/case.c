/* One case as a pure function of its commits (R3).
 *
 *   add --> something missing? --yes--> HELD (waits for the first of prev, entries)
 *             | no: delivered
 *             v
 *           twin ids? --yes--> quarantined (or RESTART, case_twin.c)
 *             | no
 *             v
 *           may its author write, as he saw the access list? --no--> quarantined
 *             | yes
 *             v
 *           folded into the state --> APPLIED
 *
 * What can fail: memory, and the number of commits. Room is made first, the
 * state is folded last, so a failure leaves the case as it was. Bytes are in
 * case_codec.c, epochs in case_epoch.c. */
#include "case.h"

#include <string.h>

#include "case_in.h"
#include "status.h"

int krv_case_new(const struct krv_env *env, const struct krv_genesis *genesis,
                 struct krv_case **out) {
  struct krv_case *kase = krv_zalloc(env, 1, sizeof *kase);
  *out = NULL;
  if (!kase) return KRV_NOMEM;
  kase->env = env;
  kase->genesis = *genesis;
  kase->begun = UINT32_MAX;
  int rc = krv_lines_new(env, &kase->lines);
  if (rc == 0) rc = krv_state_new(env, &kase->state);
  if (rc != 0) krv_case_free(kase);
  else *out = kase;
  return rc;
}

void krv_case_views_release(struct krv_case *kase) {
  for (size_t i = 0; i < kase->view_count; i++) krv_free(kase->env, kase->views[i].entries);
  kase->view_count = 0;
}

void krv_case_free(struct krv_case *kase) {
  if (!kase) return;
  krv_case_views_release(kase);
  krv_free(kase->env, kase->views);
  krv_free(kase->env, kase->twins);
  krv_free(kase->env, kase->waits);
  krv_free(kase->env, kase->freed);
  krv_lines_free(kase->lines);
  krv_state_free(kase->state);
  krv_free(kase->env, kase);
}

int krv_case_reset(struct krv_case *kase) {
  struct krv_lines *lines = NULL;
  struct krv_state *state = NULL;
  int rc = krv_case_twins_collect(kase);
  if (rc == 0) rc = krv_lines_new(kase->env, &lines);
  if (rc == 0) rc = krv_state_new(kase->env, &state);
  if (rc != 0) {
    krv_lines_free(lines);
    return rc;
  }
  krv_case_views_release(kase);
  krv_case_waits_forget(kase);
  krv_lines_free(kase->lines);
  krv_state_free(kase->state);
  kase->lines = lines;
  kase->state = state;
  kase->begun = UINT32_MAX;
  return 0;
}

const struct krv_genesis *krv_case_genesis(const struct krv_case *kase) {
  return &kase->genesis;
}

const struct krv_lines *krv_case_lines(const struct krv_case *kase) {
  return kase->lines;
}

const struct krv_state *krv_case_state(const struct krv_case *kase) {
  return kase->state;
}

/* --- what commits have seen */

bool krv_case_eye_sees(void *ctx, const struct krv_tip *w) {
  const struct krv_case_eye *eye = ctx;
  const struct krv_case_commit *c = eye->commit;
  return krv_lines_seen(eye->kase->lines, &c->tip, &c->prev, c->body->context,
                        c->body->context_count, w);
}

static size_t view_place(const struct krv_case *kase, const struct krv_tip *tip) {
  size_t lo = 0, hi = kase->view_count;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (krv_tip_compare(&kase->views[mid].tip, tip) < 0) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

const struct krv_case_view *krv_case_view_find(const struct krv_case *kase,
                                               const struct krv_tip *tip) {
  size_t at = view_place(kase, tip);
  bool there = at < kase->view_count && krv_tip_compare(&kase->views[at].tip, tip) == 0;
  return there ? &kase->views[at] : NULL;
}

void krv_case_view_put(struct krv_case *kase, const struct krv_case_view *view) {
  size_t at = view_place(kase, &view->tip);
  memmove(&kase->views[at + 1], &kase->views[at], (kase->view_count - at) * sizeof *kase->views);
  kase->views[at] = *view;
  kase->view_count++;
}

bool krv_case_sees(void *ctx, const struct krv_tip *by, const struct krv_tip *w) {
  const struct krv_case *kase = ctx;
  const struct krv_case_view *view = krv_case_view_find(kase, by);
  const struct krv_line_commit *c = krv_lines_find(kase->lines, by);
  return view && c && krv_lines_seen(kase->lines, by, &c->prev, view->entries, view->count, w);
}

/* --- rights */

struct krv_access_rule krv_case_rule(const struct krv_case *kase,
                                     const struct krv_case_rights *rights) {
  return (struct krv_access_rule){&kase->genesis.access, rights->office, kase->state,
                                  krv_case_sees, (void *)(uintptr_t)kase};
}

/* The groups that the genesis or an operation names, one after the other. */
static bool group_at(const struct krv_case *kase, uint32_t i, krv_group_ix *out) {
  const struct krv_access_list *genesis = &kase->genesis.access;
  if (i < genesis->count) {
    *out = genesis->items[i].group;
    return true;
  }
  const struct krv_op *op = &krv_state_control(kase->state, i - genesis->count)->op;
  *out = op->group;
  return op->kind == KRV_OP_ACCESS && op->mode == KRV_ACCESS_WRITE;
}

/* Each group is looked at once, however often it is named. */
static bool named_before(const struct krv_case *kase, uint32_t i, krv_group_ix group) {
  krv_group_ix other;
  for (uint32_t k = 0; k < i; k++)
    if (group_at(kase, k, &other) && other == group) return true;
  return false;
}

static bool allowed(const struct krv_case *kase, const struct krv_case_rights *rights,
                    struct krv_case_eye *eye) {
  const struct krv_access_rule rule = krv_case_rule(kase, rights);
  uint32_t count = kase->genesis.access.count + krv_state_control_count(kase->state);
  const struct krv_case_commit *c = eye->commit;
  for (uint32_t i = 0; i < count; i++) {
    krv_group_ix group;
    if (group_at(kase, i, &group) &&
        rights->may_write(rights->ctx, c->tip.device, group, c->body->roster_height) &&
        !named_before(kase, i, group) &&
        krv_access_mode(&rule, group, krv_case_eye_sees, eye) == KRV_ACCESS_WRITE)
      return true;
  }
  return false;
}

/* --- adding */

/* A copy of its line as it is, which the next put changes; NULL: it has none. */
static const struct krv_line_commit *line_before(const struct krv_case *kase,
                                                 const struct krv_tip *tip,
                                                 struct krv_line_commit *copy) {
  const struct krv_line_commit *there = krv_lines_find(kase->lines, tip);
  if (there) *copy = *there;
  return there ? copy : NULL;
}

static int hold(struct krv_case *kase, const struct krv_tip *tip, const struct krv_id *prev,
                int reason, const struct krv_context_entry *waits) {
  const struct krv_line_commit commit = {*tip, *prev, KRV_VERDICT_HELD, (uint8_t)-reason, *waits};
  struct krv_line_commit before;
  const struct krv_line_commit *there = line_before(kase, tip, &before);
  int rc = krv_case_waits_reserve(kase, tip);
  if (rc == 0) rc = krv_lines_put(kase->lines, &commit);
  if (rc == 0) krv_case_waits_held(kase, there, tip, waits);
  return rc;
}

static bool missing(const struct krv_case *kase, const struct krv_case_commit *c,
                    struct krv_context_entry *out) {
  const struct krv_body *body = c->body;
  if (krv_lines_missing(kase->lines, &c->tip, &c->prev, body->context, body->context_count, out))
    return true;
  for (uint32_t i = 0; kase->twin_count > 0 && i < body->context_count; i++) {
    if (!krv_case_twin_missing(kase, &body->context[i])) continue;
    *out = body->context[i];
    return true;
  }
  return false;
}

/* The operations that count. Void epochs are turned into a kind that the state passes over, so
 * that the others keep their places. The copy is for krv_free; NULL when none is void, and then
 * the commit's own operations are meant. */
static int effective(const struct krv_case *kase, struct krv_case_eye *eye, struct krv_ops *out,
                     bool *control) {
  const struct krv_ops *ops = eye->commit->ops;
  uint32_t voids = 0;
  *control = false;
  *out = (struct krv_ops){.count = 0};
  for (uint32_t i = 0; i < ops->count; i++) {
    const struct krv_op *op = &ops->items[i];
    bool is_void = op->kind == KRV_OP_EPOCH && krv_case_epoch_void(kase, eye, op->epoch);
    if (is_void) voids++;
    else if (op->kind == KRV_OP_EPOCH || op->kind == KRV_OP_ACCESS) *control = true;
  }
  if (voids == 0) return 0;
  out->items = krv_zalloc(kase->env, ops->count, sizeof *out->items);
  if (!out->items) return KRV_NOMEM;
  memcpy(out->items, ops->items, ops->count * sizeof *out->items);
  out->count = ops->count;
  for (uint32_t i = 0; i < ops->count; i++)
    if (ops->items[i].kind == KRV_OP_EPOCH && krv_case_epoch_void(kase, eye, ops->items[i].epoch))
      out->items[i].kind = KRV_OP_REFUSE;
  return 0;
}

static int view_make(struct krv_case *kase, const struct krv_case_commit *c,
                     struct krv_case_view *view) {
  *view = (struct krv_case_view){.tip = c->tip, .height = c->body->roster_height,
                                 .count = c->body->context_count};
  int rc = krv_grow(kase->env, &kase->views, &kase->view_cap, kase->view_count,
                    sizeof *kase->views);
  if (rc != 0 || view->count == 0) return rc;
  view->entries = krv_zalloc(kase->env, view->count, sizeof *view->entries);
  if (!view->entries) return KRV_NOMEM;
  memcpy(view->entries, c->body->context, view->count * sizeof *view->entries);
  return 0;
}

static int fold(struct krv_case *kase, struct krv_case_eye *eye, uint8_t *reason) {
  const struct krv_case_commit *c = eye->commit;
  const struct krv_body *body = c->body;
  struct krv_case_view view = {.count = 0};
  struct krv_ops ops;
  bool control;
  int rc = effective(kase, eye, &ops, &control);
  if (rc == 0 && control) rc = view_make(kase, c, &view);
  if (rc == 0) {
    const struct krv_writer writer = {
        c->tip,
        krv_lines_seen_count(kase->lines, &c->tip, &c->prev, body->context, body->context_count),
        body->wall_s, body->wall_quality};
    *reason = ops.items ? (uint8_t)-KRV_INVALID : 0;
    rc = krv_state_apply(kase->state, &writer, ops.items ? &ops : c->ops, krv_case_eye_sees, eye);
  }
  bool begins = c->tip.n == 1 && body->context_count == 0;
  if (rc == 0 && begins && body->roster_height < kase->begun) kase->begun = body->roster_height;
  if (rc == 0 && control) krv_case_view_put(kase, &view);
  else krv_free(kase->env, view.entries);
  krv_free(kase->env, ops.items);
  return rc;
}

/* All that it needs is here. */
static int deliver(struct krv_case *kase, const struct krv_case_rights *rights,
                   const struct krv_case_commit *c, enum krv_verdict *verdict) {
  struct krv_line_commit line = {c->tip, c->prev, KRV_VERDICT_QUARANTINED, 0, {0, 0, {0}}};
  struct krv_case_eye eye = {kase, c};
  enum krv_twin twin = KRV_TWIN_NO;
  int rc = krv_case_twin_judge(kase, c, &twin);
  if (rc == 0 && twin == KRV_TWIN_RESTART) rc = KRV_RESTART;
  struct krv_line_commit before;
  const struct krv_line_commit *there = line_before(kase, &c->tip, &before);
  if (rc == 0 && !there) rc = krv_lines_reserve(kase->lines);
  if (rc == 0) rc = krv_case_waits_reserve(kase, &c->tip);
  if (rc != 0) return rc;
  if (twin == KRV_TWIN_YES) {
    line.reason = (uint8_t)-KRV_AMBIGUOUS;
  } else if (!allowed(kase, rights, &eye)) {
    line.reason = (uint8_t)-KRV_DENIED;
  } else {
    line.verdict = KRV_VERDICT_APPLIED;
    rc = fold(kase, &eye, &line.reason);
  }
  if (rc == 0) rc = krv_lines_put(kase->lines, &line);
  if (rc != 0) return rc;
  krv_case_waits_delivered(kase, there, &c->tip);
  *verdict = (enum krv_verdict)line.verdict;
  return 0;
}

int krv_case_add(struct krv_case *kase, const struct krv_case_rights *rights,
                 const struct krv_case_commit *commit, enum krv_verdict *verdict) {
  const struct krv_line_commit *there = krv_lines_find(kase->lines, &commit->tip);
  struct krv_context_entry waits;
  *verdict = KRV_VERDICT_HELD;
  if (there && there->verdict != KRV_VERDICT_HELD) {
    *verdict = (enum krv_verdict)there->verdict;
    return KRV_EXISTS;
  }
  if (missing(kase, commit, &waits))
    return hold(kase, &commit->tip, &commit->prev, KRV_HELD, &waits);
  return deliver(kase, rights, commit, verdict);
}

int krv_case_hold(struct krv_case *kase, const struct krv_tip *tip, const struct krv_id *prev,
                  int reason) {
  static const struct krv_context_entry nothing;
  const struct krv_line_commit *there = krv_lines_find(kase->lines, tip);
  if (there && there->verdict != KRV_VERDICT_HELD) return KRV_EXISTS;
  return hold(kase, tip, prev, reason, &nothing);
}

void krv_case_access(const struct krv_case *kase, const struct krv_case_rights *rights,
                     struct krv_access_list *out) {
  const struct krv_access_rule rule = krv_case_rule(kase, rights);
  krv_access_now(&rule, out);
}
