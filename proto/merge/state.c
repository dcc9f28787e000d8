/* The state's memory: sorted arrays with binary search, writers in slots that
 * never move. Folding is in state_apply.c, bytes in state_codec.c. */
#include "state.h"

#include <string.h>

#include "state_in.h"
#include "status.h"

static const uint8_t bool_bytes[2] = {0xc2, 0xc3}; /* msgpack false, true */

int krv_state_new(const struct krv_env *env, struct krv_state **out) {
  struct krv_state *state = krv_zalloc(env, 1, sizeof *state);
  *out = state;
  if (!state) return KRV_NOMEM;
  state->env = env;
  state->free_slot = KRV_SLOT_NONE;
  return 0;
}

void krv_state_free(struct krv_state *state) {
  if (!state) return;
  const struct krv_env *env = state->env;
  for (size_t i = 0; i < state->reg_count; i++) {
    struct krv_reg *reg = &state->regs[i];
    for (uint32_t v = 0; v < reg->count; v++) krv_value_drop(env, reg->values[v].value);
    krv_free(env, reg->values);
  }
  for (size_t i = 0; i < state->item_count; i++) krv_value_drop(env, state->items[i].value);
  krv_free(env, state->slots);
  krv_free(env, state->order);
  krv_free(env, state->regs);
  krv_free(env, state->items);
  krv_free(env, state->controls);
  krv_free(env, state);
}

/* --- values */

struct krv_slice krv_value_bool(bool v) {
  return krv_slice(&bool_bytes[v], 1);
}

struct krv_slice krv_value_copy(const struct krv_env *env, struct krv_slice value) {
  for (int v = 0; v < 2; v++)
    if (krv_slice_equal(value, krv_value_bool(v))) return krv_value_bool(v);
  uint8_t *copy = krv_alloc(env, value.len);
  if (copy) memcpy(copy, value.data, value.len);
  return krv_slice(copy, value.len);
}

void krv_value_drop(const struct krv_env *env, struct krv_slice value) {
  bool is_static = value.data == &bool_bytes[0] || value.data == &bool_bytes[1];
  if (value.data && !is_static) krv_free(env, (void *)(uintptr_t)value.data);
}

/* --- order */

int krv_tip_compare(const struct krv_tip *a, const struct krv_tip *b) {
  if (a->device != b->device) return a->device < b->device ? -1 : 1;
  if (a->n != b->n) return a->n < b->n ? -1 : 1;
  return krv_id_compare(&a->id, &b->id);
}

int krv_writer_age(const struct krv_writer *a, const struct krv_writer *b) {
  if (a->seen != b->seen) return a->seen < b->seen ? -1 : 1;
  if (a->tip.device != b->tip.device) return a->tip.device < b->tip.device ? -1 : 1;
  int order = krv_id_compare(&a->tip.id, &b->tip.id);
  return order != 0 ? order : krv_tip_compare(&a->tip, &b->tip);
}

int krv_writer_compare(const struct krv_state *state, uint32_t a, uint32_t b) {
  return krv_tip_compare(&state->slots[a].writer.tip, &state->slots[b].writer.tip);
}

int krv_key_compare(const struct krv_key_of *a, const struct krv_key_of *b) {
  int order = krv_record_compare(a->record, b->record);
  if (order != 0) return order;
  if (a->field != b->field) return a->field < b->field ? -1 : 1;
  if (a->option != b->option) return a->option < b->option ? -1 : 1;
  return 0;
}

struct krv_key_of krv_reg_key(const struct krv_reg *reg) {
  return (struct krv_key_of){&reg->record, reg->field, reg->option};
}

int krv_item_compare(const struct krv_item *a, const struct krv_item *b) {
  const struct krv_key_of x = {&a->record, a->field, 0}, y = {&b->record, b->field, 0};
  int order = krv_key_compare(&x, &y);
  if (order == 0) order = krv_record_compare(&a->id, &b->id);
  return order != 0 ? order : krv_slice_compare(a->value, b->value);
}

size_t krv_reg_place(const struct krv_state *state, const struct krv_key_of *key, bool *found) {
  size_t lo = 0, hi = state->reg_count;
  *found = false;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    const struct krv_key_of other = krv_reg_key(&state->regs[mid]);
    int order = krv_key_compare(&other, key);
    if (order == 0) *found = true;
    if (order < 0) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

size_t krv_item_place(const struct krv_state *state, const struct krv_item *key, bool *found) {
  size_t lo = 0, hi = state->item_count;
  *found = false;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    int order = krv_item_compare(&state->items[mid], key);
    if (order == 0) *found = true;
    if (order < 0) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/* --- weight */

uint64_t krv_weight(struct krv_slice value) {
  return KRV_WEIGHT_EACH + value.len;
}

uint64_t krv_state_weight(const struct krv_state *state) {
  return state->weight;
}

uint64_t krv_state_weight_of(const struct krv_state *state, krv_device_ix device) {
  const struct krv_slot *slots = state->slots;
  uint64_t weight = 0;
  for (size_t i = 0; i < state->reg_count; i++)
    for (uint32_t v = 0; v < state->regs[i].count; v++) {
      const struct krv_reg_value *value = &state->regs[i].values[v];
      if (slots[value->writer].writer.tip.device == device) weight += krv_weight(value->value);
    }
  for (size_t i = 0; i < state->item_count; i++)
    if (slots[state->items[i].writer].writer.tip.device == device)
      weight += krv_weight(state->items[i].value);
  for (size_t i = 0; i < state->control_count; i++)
    if (slots[state->controls[i].writer].writer.tip.device == device) weight += KRV_WEIGHT_EACH;
  return weight;
}

/* --- room and writers */

int krv_reserve(const struct krv_env *env, void *items_p, size_t *cap, size_t need, size_t size) {
  int rc = 0;
  while (rc == 0 && *cap < need) rc = krv_grow(env, items_p, cap, *cap, size);
  return rc;
}

int krv_state_reserve(struct krv_state *state, size_t count) {
  const struct krv_env *env = state->env;
  int rc = krv_reserve(env, &state->slots, &state->slot_cap, state->slot_count + 1,
                       sizeof *state->slots);
  if (rc == 0)
    rc = krv_reserve(env, &state->order, &state->order_cap, state->order_count + 1,
                     sizeof *state->order);
  if (rc == 0)
    rc = krv_reserve(env, &state->regs, &state->reg_cap, state->reg_count + count,
                     sizeof *state->regs);
  if (rc == 0)
    rc = krv_reserve(env, &state->items, &state->item_cap, state->item_count + count,
                     sizeof *state->items);
  if (rc == 0)
    rc = krv_reserve(env, &state->controls, &state->control_cap, state->control_count + count,
                     sizeof *state->controls);
  return rc;
}

static size_t order_place(const struct krv_state *state, const struct krv_tip *tip) {
  size_t lo = 0, hi = state->order_count;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (krv_tip_compare(&state->slots[state->order[mid]].writer.tip, tip) < 0) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

uint32_t krv_slot_take(struct krv_state *state, const struct krv_writer *writer) {
  uint32_t slot = state->free_slot;
  size_t at = order_place(state, &writer->tip);
  if (slot != KRV_SLOT_NONE) state->free_slot = state->slots[slot].next_free;
  else slot = (uint32_t)state->slot_count++;
  state->slots[slot] = (struct krv_slot){*writer, 0, KRV_SLOT_NONE};
  memmove(&state->order[at + 1], &state->order[at],
          (state->order_count - at) * sizeof *state->order);
  state->order[at] = slot;
  state->order_count++;
  return slot;
}

void krv_slot_drop(struct krv_state *state, uint32_t slot) {
  size_t at = order_place(state, &state->slots[slot].writer.tip);
  state->order_count--;
  memmove(&state->order[at], &state->order[at + 1],
          (state->order_count - at) * sizeof *state->order);
  state->slots[slot].next_free = state->free_slot;
  state->free_slot = slot;
}

void krv_slot_unref(struct krv_state *state, uint32_t slot) {
  if (--state->slots[slot].refs == 0) krv_slot_drop(state, slot);
}

/* --- reading */

const struct krv_writer *krv_state_writer(const struct krv_state *state, uint32_t i) {
  return &state->slots[i].writer;
}

int krv_state_writers(const struct krv_state *state,
                      int (*each)(void *ctx, const struct krv_writer *writer), void *ctx) {
  int rc = 0;
  for (size_t i = 0; rc == 0 && i < state->order_count; i++)
    rc = each(ctx, &state->slots[state->order[i]].writer);
  return rc;
}

uint32_t krv_state_reg_count(const struct krv_state *state) {
  return (uint32_t)state->reg_count;
}

const struct krv_reg *krv_state_reg(const struct krv_state *state, uint32_t i) {
  return &state->regs[i];
}

const struct krv_reg *krv_state_find(const struct krv_state *state,
                                     const struct krv_record_id *record, uint16_t field,
                                     uint32_t option) {
  const struct krv_key_of key = {record, field, option};
  bool found;
  size_t at = krv_reg_place(state, &key, &found);
  return found ? &state->regs[at] : NULL;
}

uint32_t krv_state_item_count(const struct krv_state *state) {
  return (uint32_t)state->item_count;
}

const struct krv_item *krv_state_item(const struct krv_state *state, uint32_t i) {
  return &state->items[i];
}

uint32_t krv_state_control_count(const struct krv_state *state) {
  return (uint32_t)state->control_count;
}

const struct krv_control *krv_state_control(const struct krv_state *state, uint32_t i) {
  return &state->controls[i];
}
