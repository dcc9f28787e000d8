/* Who may do what with a case, as one commit's author knew it (R9).
 *
 *   an addition counts          it has seen every removal of its group that is in view
 *   the genesis entry counts    no removal of its group is in view
 *   of those that count         one that another has seen is replaced by it
 *   what is left, concurrent    the lowest mode
 *
 * So a removal wins over an addition made beside it, and giving access again
 * takes somebody who knew of the removal. */
#include "access.h"

#include "status.h"

/* One group from one point of view. */
struct view {
  const struct krv_access_rule *rule;
  krv_group_ix group;
  krv_seen_fn viewpoint;
  void *ctx;
};

static bool is_void(const struct krv_access_rule *rule, const struct krv_op *op) {
  return op->group == rule->office && op->mode != KRV_ACCESS_WRITE;
}

bool krv_access_removes(const struct krv_access_rule *rule, const struct krv_op *op) {
  return op->kind == KRV_OP_ACCESS && op->mode == KRV_ACCESS_NONE && !is_void(rule, op);
}

static const struct krv_tip *tip_of(const struct view *v, const struct krv_control *c) {
  return &krv_state_writer(v->rule->state, c->writer)->tip;
}

/* The i-th control operation, if it is about the group and not void, and takes access away or does
 * not, as asked; else NULL. Whether it is in view costs more, and is asked last. */
static const struct krv_control *about(const struct view *v, uint32_t i, bool removal) {
  const struct krv_control *c = krv_state_control(v->rule->state, i);
  bool fits = c->op.kind == KRV_OP_ACCESS && c->op.group == v->group &&
              (c->op.mode == KRV_ACCESS_NONE) == removal;
  return fits && !is_void(v->rule, &c->op) ? c : NULL;
}

static bool in_view(const struct view *v, const struct krv_control *c) {
  return !v->viewpoint || v->viewpoint(v->ctx, tip_of(v, c));
}

/* Had a's commit seen b? Inside one commit the later place has seen the earlier. */
static bool knows(const struct view *v, const struct krv_control *a, const struct krv_control *b) {
  if (a->writer == b->writer) return a->place > b->place;
  return v->rule->sees(v->rule->ctx, tip_of(v, a), tip_of(v, b));
}

/* addition NULL: the genesis, which knows nothing. The last one first, here and below: it is the
 * one that most likely decides. */
static bool counts(const struct view *v, const struct krv_control *addition) {
  for (uint32_t i = krv_state_control_count(v->rule->state); i-- > 0;) {
    const struct krv_control *c = about(v, i, true);
    if (c && !(addition && knows(v, addition, c)) && in_view(v, c)) return false;
  }
  return true;
}

static bool replaced(const struct view *v, const struct krv_control *addition) {
  for (uint32_t i = krv_state_control_count(v->rule->state); i-- > 0;) {
    const struct krv_control *c = about(v, i, false);
    if (c && c != addition && knows(v, c, addition) && in_view(v, c) && counts(v, c)) return true;
  }
  return false;
}

uint8_t krv_access_mode(const struct krv_access_rule *rule, krv_group_ix group,
                        krv_seen_fn viewpoint, void *ctx) {
  const struct view v = {rule, group, viewpoint, ctx};
  uint32_t count = krv_state_control_count(rule->state);
  uint8_t lowest = KRV_ACCESS_NONE;
  for (uint32_t i = 0; i < count; i++) {
    const struct krv_control *c = about(&v, i, false);
    if (!c || !in_view(&v, c) || !counts(&v, c) || replaced(&v, c)) continue;
    if (lowest == KRV_ACCESS_NONE || c->op.mode < lowest) lowest = c->op.mode;
  }
  if (lowest != KRV_ACCESS_NONE) return lowest;
  return counts(&v, NULL) ? krv_access_list_mode(rule->genesis, group) : (uint8_t)KRV_ACCESS_NONE;
}

/* Is it the first operation about its group? */
static bool is_first(const struct krv_state *state, uint32_t i) {
  const struct krv_op *op = &krv_state_control(state, i)->op;
  for (uint32_t k = 0; k < i; k++) {
    const struct krv_op *other = &krv_state_control(state, k)->op;
    if (other->kind == KRV_OP_ACCESS && other->group == op->group) return false;
  }
  return op->kind == KRV_OP_ACCESS;
}

/* Where the list is full, the group is not on it. */
static void put(const struct krv_access_rule *rule, krv_group_ix group,
                struct krv_access_list *out) {
  (void)krv_access_list_set(out, group, krv_access_mode(rule, group, NULL, NULL));
}

void krv_access_now(const struct krv_access_rule *rule, struct krv_access_list *out) {
  uint32_t count = krv_state_control_count(rule->state);
  out->count = 0;
  for (uint32_t i = 0; i < rule->genesis->count; i++) put(rule, rule->genesis->items[i].group, out);
  for (uint32_t i = 0; i < count; i++)
    if (is_first(rule->state, i)) put(rule, krv_state_control(rule->state, i)->op.group, out);
}
