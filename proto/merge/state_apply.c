/* Folding one commit into the state, in two steps.
 *
 *   plan:  of the commit's writes to one register only the last matters, since it has seen the
 *          others; of its appends of one item only the first. Values are copied, room is made. All
 *          that can fail is here.
 *   carry: values whose writer the commit has seen go, its own come; nothing can fail.
 *
 * Deletion (R23): a DELETE value is `beaten` once something was written to its
 * record that its commit had not seen. What was there before is checked when
 * the DELETE comes; what comes later can never have been seen by it. An item
 * that several appended counts by its oldest writer, so order does not matter. */
#include <assert.h>
#include <string.h>

#include "state_in.h"
#include "status.h"

/* One register write or one item to be carried out. */
struct planned {
  const struct krv_op *op;
  uint16_t place;
  struct krv_slice value;
  struct krv_reg_value *fresh; /* values of a register that is not there yet */
};

struct plan {
  const struct krv_env *env;
  struct planned *writes, *appends; /* sorted by key */
  size_t write_count, append_count;
};

struct fold {
  struct krv_state *state;
  uint32_t slot;
  krv_seen_fn seen;
  void *ctx;
};

static struct krv_key_of write_key(const struct krv_op *op) {
  uint32_t option = KRV_NO_OPTION;
  if (op->kind == KRV_OP_DELETE) option = KRV_DELETE_KEY;
  if (op->kind == KRV_OP_OPTION_ON || op->kind == KRV_OP_OPTION_OFF) option = op->option;
  return (struct krv_key_of){&op->record, op->field, option};
}

static struct krv_item item_key(const struct krv_op *op) {
  return (struct krv_item){
      .record = op->record, .field = op->field, .id = op->item, .value = op->value};
}

static int planned_compare(const struct krv_op *a, const struct krv_op *b) {
  if (a->kind == KRV_OP_APPEND) {
    const struct krv_item x = item_key(a), y = item_key(b);
    return krv_item_compare(&x, &y);
  }
  const struct krv_key_of x = write_key(a), y = write_key(b);
  return krv_key_compare(&x, &y);
}

/* --- plan */

/* Of the writes to one key the last one counts, of one item the first. */
static void plan_one(struct planned *list, size_t *count, const struct krv_op *op, uint16_t place) {
  size_t lo = 0, hi = *count;
  bool found = false;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    int order = planned_compare(list[mid].op, op);
    if (order == 0) found = true;
    if (order < 0) lo = mid + 1;
    else hi = mid;
  }
  if (found && op->kind == KRV_OP_APPEND) return;
  if (!found) {
    memmove(&list[lo + 1], &list[lo], (*count - lo) * sizeof *list);
    (*count)++;
  }
  list[lo] = (struct planned){op, place, {NULL, 0}, NULL};
}

static void plan_release(struct plan *plan) {
  for (size_t i = 0; i < plan->write_count; i++) {
    krv_value_drop(plan->env, plan->writes[i].value);
    krv_free(plan->env, plan->writes[i].fresh);
  }
  for (size_t i = 0; i < plan->append_count; i++)
    krv_value_drop(plan->env, plan->appends[i].value);
  krv_free(plan->env, plan->writes);
}

static struct krv_slice op_value(const struct krv_op *op) {
  switch (op->kind) {
    case KRV_OP_OPTION_ON: return krv_value_bool(true);
    case KRV_OP_OPTION_OFF: return krv_value_bool(false);
    case KRV_OP_DELETE: return krv_value_bool(op->flag);
    default: return op->value;
  }
}

static int plan_write(struct krv_state *state, struct planned *p) {
  const struct krv_key_of key = write_key(p->op);
  bool found;
  size_t at = krv_reg_place(state, &key, &found);
  p->value = krv_value_copy(state->env, op_value(p->op));
  if (!p->value.data) return KRV_NOMEM;
  if (!found) {
    p->fresh = krv_alloc(state->env, sizeof *p->fresh);
    return p->fresh ? 0 : KRV_NOMEM;
  }
  struct krv_reg *reg = &state->regs[at];
  size_t cap = reg->cap;
  int rc = krv_reserve(state->env, &reg->values, &cap, (size_t)reg->count + 1,
                       sizeof *reg->values);
  reg->cap = (uint32_t)cap;
  return rc;
}

static int plan_make(struct krv_state *state, const struct krv_ops *ops, struct plan *plan) {
  *plan = (struct plan){.env = state->env};
  plan->writes = krv_zalloc(state->env, 2 * (size_t)ops->count, sizeof *plan->writes);
  if (!plan->writes) return KRV_NOMEM;
  plan->appends = plan->writes + ops->count;
  for (uint32_t i = 0; i < ops->count; i++) {
    const struct krv_op *op = &ops->items[i];
    if (op->kind == KRV_OP_APPEND)
      plan_one(plan->appends, &plan->append_count, op, (uint16_t)i);
    else if (op->kind <= KRV_OP_RESOLVE)
      plan_one(plan->writes, &plan->write_count, op, (uint16_t)i);
  }
  int rc = krv_state_reserve(state, ops->count);
  for (size_t i = 0; rc == 0 && i < plan->write_count; i++)
    rc = plan_write(state, &plan->writes[i]);
  for (size_t i = 0; rc == 0 && i < plan->append_count; i++) {
    plan->appends[i].value = krv_value_copy(state->env, plan->appends[i].op->value);
    if (!plan->appends[i].value.data) rc = KRV_NOMEM;
  }
  return rc;
}

/* --- carry */

static bool has_seen(const struct fold *f, uint32_t slot) {
  return slot == f->slot || f->seen(f->ctx, &f->state->slots[slot].writer.tip);
}

/* Something that they cannot have seen is being written to their record. */
static void beat_deletes(const struct fold *f, const struct krv_op *op) {
  const struct krv_key_of key = {&op->record, (uint16_t)(op->field & 0xff00), KRV_DELETE_KEY};
  bool found;
  size_t at = krv_reg_place(f->state, &key, &found);
  if (!found) return;
  struct krv_reg *reg = &f->state->regs[at];
  for (uint32_t i = 0; i < reg->count; i++)
    if (reg->values[i].writer != f->slot) reg->values[i].beaten = true;
}

static void drop_seen(const struct fold *f, struct krv_reg *reg) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < reg->count; i++) {
    struct krv_reg_value value = reg->values[i];
    if (has_seen(f, value.writer)) {
      f->state->weight -= krv_weight(value.value);
      krv_value_drop(f->state->env, value.value);
      krv_slot_unref(f->state, value.writer);
    } else {
      reg->values[kept++] = value;
    }
  }
  reg->count = kept;
}

static void put_value(const struct fold *f, struct krv_reg *reg, struct planned *p) {
  uint32_t at = reg->count;
  while (at > 0 && krv_writer_compare(f->state, reg->values[at - 1].writer, f->slot) > 0) at--;
  memmove(&reg->values[at + 1], &reg->values[at], (reg->count - at) * sizeof *reg->values);
  reg->values[at] =
      (struct krv_reg_value){p->value, f->slot, (uint8_t)p->op->kind, p->place, false};
  reg->count++;
  f->state->weight += krv_weight(p->value);
  p->value.data = NULL; /* the state's now */
  f->state->slots[f->slot].refs++;
}

static void carry_write(const struct fold *f, struct planned *p) {
  struct krv_state *state = f->state;
  const struct krv_key_of key = write_key(p->op);
  bool found;
  size_t at = krv_reg_place(state, &key, &found);
  if (p->op->kind != KRV_OP_DELETE) beat_deletes(f, p->op);
  if (!found) {
    memmove(&state->regs[at + 1], &state->regs[at], (state->reg_count - at) * sizeof *state->regs);
    state->regs[at] =
        (struct krv_reg){p->op->record, p->op->field, key.option, p->fresh, 0, 1};
    state->reg_count++;
    p->fresh = NULL;
  }
  drop_seen(f, &state->regs[at]);
  put_value(f, &state->regs[at], p);
}

static bool is_older(const struct krv_state *state, uint32_t a, uint32_t b) {
  return krv_writer_age(&state->slots[a].writer, &state->slots[b].writer) < 0;
}

static void carry_append(const struct fold *f, struct planned *p) {
  struct krv_state *state = f->state;
  struct krv_item item = item_key(p->op);
  bool found;
  size_t at = krv_item_place(state, &item, &found);
  if (found && is_older(state, state->items[at].writer, f->slot)) return;
  beat_deletes(f, p->op);
  state->slots[f->slot].refs++;
  if (found) {
    krv_slot_unref(state, state->items[at].writer);
    state->items[at].writer = f->slot;
    state->items[at].place = p->place;
    return;
  }
  memmove(&state->items[at + 1], &state->items[at],
          (state->item_count - at) * sizeof *state->items);
  item.value = p->value;
  item.writer = f->slot;
  item.place = p->place;
  state->items[at] = item;
  state->item_count++;
  state->weight += krv_weight(p->value);
  p->value.data = NULL;
}

static void carry_control(const struct fold *f, const struct krv_op *op, uint16_t place) {
  struct krv_state *state = f->state;
  size_t at = state->control_count;
  while (at > 0 && krv_writer_compare(state, state->controls[at - 1].writer, f->slot) > 0) at--;
  memmove(&state->controls[at + 1], &state->controls[at],
          (state->control_count - at) * sizeof *state->controls);
  state->controls[at] = (struct krv_control){*op, f->slot, place};
  state->control_count++;
  state->weight += KRV_WEIGHT_EACH;
  state->slots[f->slot].refs++;
}

/* Is there anything in the record that the commit has not seen? */
static bool unseen_in_record(const struct fold *f, const struct krv_op *op) {
  const struct krv_state *state = f->state;
  const struct krv_key_of first = {&op->record, op->field, 0};
  const struct krv_item first_item = {.record = op->record, .field = op->field};
  bool found;
  for (size_t i = krv_reg_place(state, &first, &found); i < state->reg_count; i++) {
    const struct krv_reg *reg = &state->regs[i];
    if (krv_record_compare(&reg->record, &op->record) != 0 || reg->field >> 8 != op->field >> 8)
      break;
    for (uint32_t v = 0; reg->option != KRV_DELETE_KEY && v < reg->count; v++)
      if (!has_seen(f, reg->values[v].writer)) return true;
  }
  for (size_t i = krv_item_place(state, &first_item, &found); i < state->item_count; i++) {
    const struct krv_item *item = &state->items[i];
    if (krv_record_compare(&item->record, &op->record) != 0 || item->field >> 8 != op->field >> 8)
      break;
    if (!has_seen(f, item->writer)) return true;
  }
  return false;
}

static void judge_delete(const struct fold *f, const struct krv_op *op) {
  const struct krv_key_of key = write_key(op);
  bool found;
  size_t at = krv_reg_place(f->state, &key, &found);
  assert(found);
  struct krv_reg *reg = &f->state->regs[at];
  for (uint32_t i = 0; i < reg->count; i++)
    if (reg->values[i].writer == f->slot) reg->values[i].beaten = unseen_in_record(f, op);
}

static void carry(const struct fold *f, struct plan *plan, const struct krv_ops *ops) {
  for (size_t i = 0; i < plan->write_count; i++) carry_write(f, &plan->writes[i]);
  for (size_t i = 0; i < plan->append_count; i++) carry_append(f, &plan->appends[i]);
  for (uint32_t i = 0; i < ops->count; i++) {
    const struct krv_op *op = &ops->items[i];
    if (op->kind == KRV_OP_ACCESS || op->kind == KRV_OP_EPOCH) carry_control(f, op, (uint16_t)i);
  }
  for (size_t i = 0; i < plan->write_count; i++)
    if (plan->writes[i].op->kind == KRV_OP_DELETE) judge_delete(f, plan->writes[i].op);
}

int krv_state_apply(struct krv_state *state, const struct krv_writer *writer,
                    const struct krv_ops *ops, krv_seen_fn seen, void *ctx) {
  struct plan plan;
  int rc = plan_make(state, ops, &plan);
  if (rc == 0) {
    struct fold f = {state, krv_slot_take(state, writer), seen, ctx};
    state->slots[f.slot].refs++; /* ours, so that it stays while we work */
    carry(&f, &plan, ops);
    krv_slot_unref(state, f.slot);
  }
  plan_release(&plan);
  return rc;
}
