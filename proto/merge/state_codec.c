/* The state's canonical bytes: msgpack,
 *
 *   [ [[device, n, id, seen, wall, quality], ...]                      writers, by tip
 *     [[record, field, option, value, writer, kind, place], ...]       register values
 *     [[record, field, item, value, writer, place], ...]               items
 *     [[writer, place, operation], ...] ]                              control
 *
 * option: nil, a code index, or `beaten` (a bool) for a deletion flag. writer: place in the first
 * list. An item's place is left out where it is 0. Each list is sorted and every writer is referred
 * to, so equal states are equal bytes; a decoder that accepted another form would let two replicas
 * differ, so it checks all of it.
 *
 * The arrays may be longer than a msgpack tree is allowed to be, so they are
 * read element by element. */
#include <string.h>

#include "bounds.h"
#include "state_in.h"
#include "status.h"

enum { WRITER_PARTS = 6, REG_PARTS = 7, ITEM_PARTS = 6, CONTROL_PARTS = 3 };

/* --- encoding */

static void put_writers(const struct krv_state *state, struct krv_buf *out, uint32_t *rank) {
  krv_mp_put_array(out, (uint32_t)state->order_count);
  for (uint32_t i = 0; i < state->order_count; i++) {
    const struct krv_writer *w = &state->slots[state->order[i]].writer;
    rank[state->order[i]] = i;
    krv_mp_put_array(out, WRITER_PARTS);
    krv_mp_put_uint(out, w->tip.device);
    krv_mp_put_uint(out, w->tip.n);
    krv_mp_put_bin(out, w->tip.id.b, sizeof w->tip.id.b);
    krv_mp_put_uint(out, w->seen);
    krv_mp_put_int(out, w->wall_s);
    krv_mp_put_uint(out, w->wall_quality);
  }
}

static void put_option(struct krv_buf *out, uint32_t option, bool beaten) {
  if (option == KRV_NO_OPTION) krv_mp_put_nil(out);
  else if (option == KRV_DELETE_KEY) krv_mp_put_bool(out, beaten);
  else krv_mp_put_uint(out, option);
}

static void put_regs(const struct krv_state *state, struct krv_buf *out, const uint32_t *rank) {
  uint32_t count = 0;
  for (size_t i = 0; i < state->reg_count; i++) count += state->regs[i].count;
  krv_mp_put_array(out, count);
  for (size_t i = 0; i < state->reg_count; i++) {
    const struct krv_reg *reg = &state->regs[i];
    for (uint32_t v = 0; v < reg->count; v++) {
      const struct krv_reg_value *value = &reg->values[v];
      krv_mp_put_array(out, REG_PARTS);
      krv_record_put(out, &reg->record);
      krv_mp_put_uint(out, reg->field);
      put_option(out, reg->option, value->beaten);
      krv_buf_put(out, value->value);
      krv_mp_put_uint(out, rank[value->writer]);
      krv_mp_put_uint(out, value->kind);
      krv_mp_put_uint(out, value->place);
    }
  }
}

static void put_items(const struct krv_state *state, struct krv_buf *out, const uint32_t *rank) {
  krv_mp_put_array(out, (uint32_t)state->item_count);
  for (size_t i = 0; i < state->item_count; i++) {
    const struct krv_item *item = &state->items[i];
    krv_mp_put_array(out, item->place == 0 ? ITEM_PARTS - 1 : ITEM_PARTS);
    krv_record_put(out, &item->record);
    krv_mp_put_uint(out, item->field);
    krv_mp_put_bin(out, item->id.b, sizeof item->id.b);
    krv_buf_put(out, item->value);
    krv_mp_put_uint(out, rank[item->writer]);
    if (item->place != 0) krv_mp_put_uint(out, item->place);
  }
}

static void put_controls(const struct krv_state *state, struct krv_buf *out,
                         const uint32_t *rank) {
  krv_mp_put_array(out, (uint32_t)state->control_count);
  for (size_t i = 0; i < state->control_count; i++) {
    const struct krv_control *control = &state->controls[i];
    krv_mp_put_array(out, CONTROL_PARTS);
    krv_mp_put_uint(out, rank[control->writer]);
    krv_mp_put_uint(out, control->place);
    krv_op_encode(&control->op, out);
  }
}

int krv_state_encode(const struct krv_state *state, struct krv_buf *out) {
  uint32_t *rank = krv_zalloc(state->env, state->slot_count, sizeof *rank);
  if (!rank) return KRV_NOMEM;
  krv_mp_put_array(out, 4);
  put_writers(state, out, rank);
  put_regs(state, out, rank);
  put_items(state, out, rank);
  put_controls(state, out, rank);
  krv_free(state->env, rank);
  return out->status;
}

/* --- decoding: one element of each list. node is its tree, parts its members'
 * bytes. Slots are taken in the order of writers, so slot and place agree. */

struct element {
  struct krv_mp_doc doc;
  uint32_t count; /* of its members */
  struct krv_slice part[REG_PARTS];
};
static const struct krv_mp *at(const struct element *e, uint32_t i) {
  return krv_mp_at(e->doc.root, i);
}

static int get_uint(const struct element *e, uint32_t i, uint64_t max, uint64_t *out) {
  return krv_mp_uint(at(e, i), max, out);
}

/* Names a writer, and counts the reference. */
static int get_writer(struct krv_state *state, const struct element *e, uint32_t i,
                      uint32_t *out) {
  uint64_t v = 0;
  if (state->slot_count == 0 || get_uint(e, i, state->slot_count - 1, &v) != 0)
    return KRV_MALFORMED;
  *out = (uint32_t)v;
  state->slots[v].refs++;
  return 0;
}

static int read_writer(struct krv_state *state, const struct element *e) {
  struct krv_writer w = {.seen = 0};
  uint64_t device, n, seen, quality;
  if (get_uint(e, 0, UINT32_MAX, &device) != 0 || get_uint(e, 1, UINT64_MAX, &n) != 0 || n == 0 ||
      krv_mp_fixed(at(e, 2), w.tip.id.b, sizeof w.tip.id.b) != 0 ||
      get_uint(e, 3, UINT32_MAX, &seen) != 0 || krv_mp_int(at(e, 4), &w.wall_s) != 0 ||
      get_uint(e, 5, UINT8_MAX, &quality) != 0)
    return KRV_MALFORMED;
  w.tip.device = (krv_device_ix)device;
  w.tip.n = n;
  w.seen = (uint32_t)seen;
  w.wall_quality = (uint8_t)quality;
  if (state->slot_count > 0 &&
      krv_tip_compare(&state->slots[state->slot_count - 1].writer.tip, &w.tip) >= 0)
    return KRV_MALFORMED;
  int rc = krv_state_reserve(state, 0);
  if (rc == 0) krv_slot_take(state, &w);
  return rc;
}

static int get_key(const struct element *e, struct krv_record_id *record, uint16_t *field) {
  uint64_t v = 0;
  if (krv_record_get(at(e, 0), record) != 0 || get_uint(e, 1, UINT16_MAX, &v) != 0)
    return KRV_MALFORMED;
  *field = (uint16_t)v;
  return 0;
}

/* Does the value fit its kind, and the kind its key? */
static bool reg_fits(const struct krv_reg *reg, const struct krv_reg_value *value,
                     struct krv_slice bytes) {
  struct krv_value decoded;
  if (krv_value_decode(bytes, &decoded) != 0) return false;
  bool is_bool = decoded.kind == KRV_VALUE_BOOL;
  switch (value->kind) {
    case KRV_OP_SET:
    case KRV_OP_RESOLVE: return reg->option == KRV_NO_OPTION;
    case KRV_OP_OPTION_ON: return reg->option < KRV_DELETE_KEY && is_bool && decoded.as.boolean;
    case KRV_OP_OPTION_OFF: return reg->option < KRV_DELETE_KEY && is_bool && !decoded.as.boolean;
    case KRV_OP_DELETE:
      return reg->option == KRV_DELETE_KEY && is_bool && (reg->field & 0xff) == 0;
    default: return false;
  }
}

static int get_option(const struct krv_mp *node, struct krv_reg *reg, struct krv_reg_value *value) {
  uint64_t v = 0;
  if (krv_mp_is_nil(node)) reg->option = KRV_NO_OPTION;
  else if (krv_mp_bool(node, &value->beaten) == 0) reg->option = KRV_DELETE_KEY;
  else if (krv_mp_uint(node, KRV_DELETE_KEY - 1, &v) == 0) reg->option = (uint32_t)v;
  else return KRV_MALFORMED;
  return 0;
}

/* The register that the value joins: the last one, or a new one above it. */
static int join_reg(struct krv_state *state, const struct krv_reg *reg, uint32_t writer,
                    struct krv_reg **out) {
  struct krv_reg *last = state->reg_count > 0 ? &state->regs[state->reg_count - 1] : NULL;
  const struct krv_key_of key = krv_reg_key(reg);
  int order = -1;
  if (last) {
    const struct krv_key_of last_key = krv_reg_key(last);
    order = krv_key_compare(&last_key, &key);
  }
  if (order > 0) return KRV_MALFORMED;
  if (order == 0 && last->values[last->count - 1].writer >= writer) return KRV_MALFORMED;
  if (order < 0) {
    int rc = krv_state_reserve(state, 1);
    if (rc != 0) return rc;
    last = &state->regs[state->reg_count++];
    *last = *reg;
  }
  *out = last;
  size_t cap = last->cap;
  int rc = krv_reserve(state->env, &last->values, &cap, (size_t)last->count + 1,
                       sizeof *last->values);
  last->cap = (uint32_t)cap;
  return rc;
}

static int read_reg(struct krv_state *state, const struct element *e) {
  struct krv_reg reg = {.count = 0}, *joined;
  struct krv_reg_value value = {.place = 0};
  uint64_t kind, place;
  if (get_key(e, &reg.record, &reg.field) != 0 || get_option(at(e, 2), &reg, &value) != 0 ||
      get_writer(state, e, 4, &value.writer) != 0 || get_uint(e, 5, UINT8_MAX, &kind) != 0 ||
      get_uint(e, 6, KRV_OPS_MAX - 1, &place) != 0)
    return KRV_MALFORMED;
  value.kind = (uint8_t)kind;
  value.place = (uint16_t)place;
  if (!reg_fits(&reg, &value, e->part[3])) return KRV_MALFORMED;
  value.value = krv_value_copy(state->env, e->part[3]);
  if (!value.value.data) return KRV_NOMEM;
  int rc = join_reg(state, &reg, value.writer, &joined);
  if (rc != 0) {
    krv_value_drop(state->env, value.value);
    return rc;
  }
  joined->values[joined->count++] = value;
  state->weight += krv_weight(value.value);
  return 0;
}

static int read_item(struct krv_state *state, const struct element *e) {
  struct krv_item item = {.field = 0};
  struct krv_value decoded;
  uint64_t place = 0;
  if (get_key(e, &item.record, &item.field) != 0 ||
      krv_mp_fixed(at(e, 2), item.id.b, sizeof item.id.b) != 0 ||
      krv_value_decode(e->part[3], &decoded) != 0 || get_writer(state, e, 4, &item.writer) != 0)
    return KRV_MALFORMED;
  if (e->count == ITEM_PARTS && (get_uint(e, 5, KRV_OPS_MAX - 1, &place) != 0 || place == 0))
    return KRV_MALFORMED;
  item.place = (uint16_t)place;
  item.value = e->part[3];
  if (state->item_count > 0 &&
      krv_item_compare(&state->items[state->item_count - 1], &item) >= 0)
    return KRV_MALFORMED;
  int rc = krv_state_reserve(state, 1);
  if (rc != 0) return rc;
  item.value = krv_value_copy(state->env, item.value);
  if (!item.value.data) return KRV_NOMEM;
  state->items[state->item_count++] = item;
  state->weight += krv_weight(item.value);
  return 0;
}

static int read_control(struct krv_state *state, const struct element *e) {
  struct krv_control control = {.place = 0};
  uint64_t place = 0;
  if (get_writer(state, e, 0, &control.writer) != 0 ||
      get_uint(e, 1, KRV_OPS_MAX - 1, &place) != 0 ||
      krv_op_read(at(e, 2), e->part[2], &control.op) != 0)
    return KRV_MALFORMED;
  control.place = (uint16_t)place;
  if (control.op.kind != KRV_OP_ACCESS && control.op.kind != KRV_OP_EPOCH) return KRV_MALFORMED;
  if (state->control_count > 0) {
    const struct krv_control *last = &state->controls[state->control_count - 1];
    if (last->writer > control.writer ||
        (last->writer == control.writer && last->place >= control.place))
      return KRV_MALFORMED;
  }
  int rc = krv_state_reserve(state, 1);
  if (rc != 0) return rc;
  state->controls[state->control_count++] = control;
  state->weight += KRV_WEIGHT_EACH;
  return 0;
}

struct section {
  uint32_t least, most; /* members of an element */
  int (*read)(struct krv_state *state, const struct element *e);
};
static const struct section sections[] = {{WRITER_PARTS, WRITER_PARTS, read_writer},
                                          {REG_PARTS, REG_PARTS, read_reg},
                                          {ITEM_PARTS - 1, ITEM_PARTS, read_item},
                                          {CONTROL_PARTS, CONTROL_PARTS, read_control}};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

static int read_element(struct krv_state *state, const struct section *section,
                        struct krv_slice *rest) {
  struct element e = {.doc = {.root = NULL}};
  struct krv_slice bytes, inner;
  int rc = krv_part_next(rest, &bytes);
  inner = bytes;
  if (rc == 0) rc = krv_part_array(&inner, &e.count);
  if (rc == 0 && (e.count < section->least || e.count > section->most)) rc = KRV_MALFORMED;
  for (uint32_t i = 0; rc == 0 && i < e.count; i++) rc = krv_part_next(&inner, &e.part[i]);
  if (rc == 0) rc = krv_mp_read(&e.doc, bytes);
  if (rc == 0) rc = section->read(state, &e);
  krv_mp_doc_release(&e.doc);
  return rc;
}

static int read_state(struct krv_state *state, struct krv_slice rest) {
  uint32_t count = 0;
  int rc = krv_part_array(&rest, &count);
  if (rc == 0 && count != SECTIONS) rc = KRV_MALFORMED;
  for (uint32_t s = 0; rc == 0 && s < SECTIONS; s++) {
    rc = krv_part_array(&rest, &count);
    for (uint32_t i = 0; rc == 0 && i < count; i++) rc = read_element(state, &sections[s], &rest);
  }
  if (rc == 0 && rest.len != 0) rc = KRV_MALFORMED;
  for (size_t i = 0; rc == 0 && i < state->slot_count; i++)
    if (state->slots[i].refs == 0) rc = KRV_MALFORMED;
  return rc;
}

int krv_state_decode(const struct krv_env *env, struct krv_slice bytes, struct krv_state **out) {
  int rc = krv_state_new(env, out);
  if (rc == 0) rc = read_state(*out, bytes);
  if (rc != 0) {
    krv_state_free(*out);
    *out = NULL;
  }
  return rc == KRV_TOO_LARGE ? KRV_MALFORMED : rc;
}
