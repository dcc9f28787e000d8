#include "naive.h"

#include <stdlib.h>
#include <string.h>

static const struct kit_commit *at(const struct naive *m, uint32_t i) {
  return &m->kit->commits[i];
}

static bool is_prev(const struct naive *m, uint32_t c, uint32_t w) {
  const struct kit_commit *x = at(m, c), *y = at(m, w);
  return x->tip.device == y->tip.device && y->tip.n + 1 == x->tip.n &&
         krv_id_equal(&x->prev, &y->tip.id);
}

static bool fits(const struct krv_context_entry *e, const struct kit_commit *w) {
  return e->device == w->tip.device && e->n == w->tip.n && memcmp(e->id8, w->tip.id.b, 8) == 0;
}

static bool delivered_now(const struct naive *m, uint32_t c) {
  bool prev = at(m, c)->tip.n == 1;
  for (uint32_t w = 0; w < m->kit->count; w++)
    if (m->in[w] && m->delivered[w] && is_prev(m, c, w)) prev = true;
  if (!prev) return false;
  for (uint32_t e = 0; e < at(m, c)->body.context_count; e++) {
    bool found = false;
    for (uint32_t w = 0; w < m->kit->count; w++)
      if (m->delivered[w] && fits(&at(m, c)->context[e], at(m, w))) found = true;
    if (!found) return false;
  }
  return true;
}

static void see_line(struct naive *m, uint32_t c, uint32_t w) {
  m->seen[c][w] = true;
  for (uint32_t v = 0; v < m->kit->count; v++)
    if (m->delivered[v] && is_prev(m, w, v)) see_line(m, c, v);
}

static void see(struct naive *m, uint32_t c) {
  for (uint32_t w = 0; w < m->kit->count; w++) {
    if (!m->delivered[w]) continue;
    if (is_prev(m, c, w)) see_line(m, c, w);
    for (uint32_t e = 0; e < at(m, c)->body.context_count; e++)
      if (fits(&at(m, c)->context[e], at(m, w))) see_line(m, c, w);
  }
}

static bool has_twin(const struct naive *m, uint32_t c) {
  for (uint32_t w = 0; w < m->kit->count; w++) {
    const struct krv_tip *a = &at(m, c)->tip, *b = &at(m, w)->tip;
    if (w != c && m->delivered[w] && a->device == b->device && a->n == b->n &&
        memcmp(a->id.b, b->id.b, 8) == 0)
      return true;
  }
  return false;
}

/* --- access: what c has seen of one group */

static const struct krv_op *access_op(const struct naive *m, uint32_t c, uint32_t k,
                                      krv_group_ix group) {
  const struct krv_op *op = &at(m, c)->ops.items[k];
  bool is_void = group == 0 && op->mode != KRV_ACCESS_WRITE;
  return op->kind == KRV_OP_ACCESS && op->group == group && !is_void ? op : NULL;
}

struct act {
  uint32_t c, k;
  uint8_t mode;
};

static bool knows(const struct naive *m, struct act a, struct act b) {
  return a.c == b.c ? a.k > b.k : m->seen[a.c][b.c];
}

static bool survives(const struct naive *m, const struct act *acts, uint32_t count, uint32_t i) {
  for (uint32_t j = 0; j < count; j++)
    if (acts[j].mode == KRV_ACCESS_NONE && !knows(m, acts[i], acts[j])) return false;
  return acts[i].mode != KRV_ACCESS_NONE;
}

static uint8_t mode_of(const struct naive *m, uint32_t c, krv_group_ix group) {
  static struct act acts[4096];
  uint32_t count = 0;
  uint8_t mode = KRV_ACCESS_NONE;
  bool removed = false;
  for (uint32_t w = 0; w < m->kit->count; w++)
    for (uint32_t k = 0; m->applied[w] && m->seen[c][w] && k < at(m, w)->ops.count; k++) {
      const struct krv_op *op = access_op(m, w, k, group);
      if (op) acts[count++] = (struct act){w, k, op->mode};
      if (op && op->mode == KRV_ACCESS_NONE) removed = true;
    }
  for (uint32_t i = 0; i < count; i++) {
    bool replaced = false;
    if (!survives(m, acts, count, i)) continue;
    for (uint32_t j = 0; j < count; j++)
      if (j != i && survives(m, acts, count, j) && knows(m, acts[j], acts[i])) replaced = true;
    if (!replaced && (mode == KRV_ACCESS_NONE || acts[i].mode < mode)) mode = acts[i].mode;
  }
  if (mode != KRV_ACCESS_NONE || removed) return mode;
  return krv_access_list_mode(&m->kit->genesis.access, group);
}

static bool allowed(const struct naive *m, uint32_t c) {
  const struct krv_case_rights *rights = &m->kit->rights;
  for (krv_group_ix g = 0; g < 32; g++)
    if (rights->may_write(rights->ctx, at(m, c)->tip.device, g, 0) &&
        mode_of(m, c, g) == KRV_ACCESS_WRITE)
      return true;
  return false;
}

/* Verdicts in an order that respects delivery. */
static void judge(struct naive *m) {
  bool moved = true;
  while (moved) {
    moved = false;
    for (uint32_t c = 0; c < m->kit->count; c++) {
      bool ready = m->delivered[c] && !m->done[c];
      for (uint32_t w = 0; ready && w < m->kit->count; w++)
        if (m->seen[c][w] && !m->done[w]) ready = false;
      if (!ready) continue;
      m->applied[c] = !has_twin(m, c) && allowed(m, c);
      m->done[c] = moved = true;
    }
  }
}

struct naive *naive_new(const struct kit *kit, const bool *has) {
  struct naive *m = calloc(1, sizeof *m);
  if (!m) abort();
  m->kit = kit;
  memcpy(m->in, has, sizeof m->in);
  for (bool moved = true; moved;) {
    moved = false;
    for (uint32_t c = 0; c < kit->count; c++)
      if (m->in[c] && !m->delivered[c] && delivered_now(m, c)) m->delivered[c] = moved = true;
  }
  for (uint32_t c = 0; c < kit->count; c++)
    if (m->delivered[c]) see(m, c);
  judge(m);
  return m;
}

/* --- comparing */

/* 1 + the highest that its maker had seen, of those that were valid themselves. */
static bool epoch_valid(const struct naive *m, uint32_t c, uint32_t k) {
  uint32_t highest = 0;
  for (uint32_t d = 0; d < m->kit->count; d++)
    for (uint32_t j = 0; m->applied[d] && m->seen[c][d] && j < at(m, d)->ops.count; j++) {
      const struct krv_op *op = &at(m, d)->ops.items[j];
      if (op->kind == KRV_OP_EPOCH && op->epoch > highest && epoch_valid(m, d, j))
        highest = op->epoch;
    }
  return at(m, c)->ops.items[k].epoch == highest + 1;
}

static uint32_t key_option(const struct krv_op *op) {
  if (op->kind == KRV_OP_DELETE) return KRV_DELETE_KEY;
  return op->kind == KRV_OP_OPTION_ON || op->kind == KRV_OP_OPTION_OFF ? op->option
                                                                       : KRV_NO_OPTION;
}

static bool is_register(const struct krv_op *op) {
  return op->kind <= KRV_OP_RESOLVE && op->kind != KRV_OP_APPEND;
}

static bool same_key(const struct krv_op *a, const struct krv_op *b) {
  return memcmp(a->record.b, b->record.b, 8) == 0 && a->field == b->field &&
         key_option(a) == key_option(b);
}

/* Does the k-th write of c still stand? */
static bool stands(const struct naive *m, uint32_t c, uint32_t k) {
  const struct krv_op *op = &at(m, c)->ops.items[k];
  for (uint32_t d = 0; d < m->kit->count; d++)
    for (uint32_t j = 0; m->applied[d] && j < at(m, d)->ops.count; j++) {
      const struct krv_op *other = &at(m, d)->ops.items[j];
      bool later = d == c ? j > k : m->seen[d][c];
      if (later && is_register(other) && same_key(op, other)) return false;
    }
  return true;
}

static bool same_item(const struct krv_op *a, const struct krv_op *b) {
  return a->kind == KRV_OP_APPEND && b->kind == KRV_OP_APPEND && a->field == b->field &&
         memcmp(a->record.b, b->record.b, 8) == 0 && memcmp(a->item.b, b->item.b, 8) == 0 &&
         krv_slice_equal(a->value, b->value);
}

/* Is the k-th operation of c the first there that appends this item? */
static bool first_in_commit(const struct naive *m, uint32_t c, uint32_t k) {
  const struct krv_ops *ops = &at(m, c)->ops;
  for (uint32_t j = 0; j < k; j++)
    if (same_item(&ops->items[j], &ops->items[k])) return false;
  return true;
}

static uint32_t seen_by(const struct naive *m, uint32_t c) {
  uint32_t seen = 0;
  for (uint32_t w = 0; w < m->kit->count; w++) seen += m->seen[c][w];
  return seen;
}

/* By commits seen, device, commit id (R24). */
static bool is_older(const struct naive *m, uint32_t c, uint32_t d) {
  uint32_t x = seen_by(m, c), y = seen_by(m, d);
  const struct krv_tip *a = &at(m, c)->tip, *b = &at(m, d)->tip;
  if (x != y) return x < y;
  return a->device != b->device ? a->device < b->device : krv_id_compare(&a->id, &b->id) < 0;
}

/* The oldest applied commit that appended the same item. */
static uint32_t oldest_appender(const struct naive *m, const struct krv_op *op) {
  uint32_t oldest = UINT32_MAX;
  for (uint32_t d = 0; d < m->kit->count; d++)
    for (uint32_t j = 0; m->applied[d] && j < at(m, d)->ops.count; j++) {
      if (!same_item(&at(m, d)->ops.items[j], op)) continue;
      if (oldest == UINT32_MAX || is_older(m, d, oldest)) oldest = d;
    }
  return oldest;
}

/* Was something that stands in the record not seen by d? */
static bool beaten(const struct naive *m, uint32_t d, const struct krv_op *del) {
  for (uint32_t c = 0; c < m->kit->count; c++)
    for (uint32_t k = 0; m->applied[c] && k < at(m, c)->ops.count; k++) {
      const struct krv_op *op = &at(m, c)->ops.items[k];
      if (op->kind > KRV_OP_RESOLVE || op->kind == KRV_OP_DELETE || c == d || m->seen[d][c] ||
          memcmp(op->record.b, del->record.b, 8) != 0 || op->field >> 8 != del->field >> 8)
        continue;
      if (op->kind == KRV_OP_APPEND ? oldest_appender(m, op) == c : stands(m, c, k)) return true;
    }
  return false;
}

static const struct krv_reg_value *value_by(const struct krv_case *kase, const struct krv_op *op,
                                            const struct krv_tip *writer) {
  const struct krv_state *state = krv_case_state(kase);
  const struct krv_reg *reg = krv_state_find(state, &op->record, op->field, key_option(op));
  for (uint32_t v = 0; reg && v < reg->count; v++)
    if (krv_tip_compare(&krv_state_writer(state, reg->values[v].writer)->tip, writer) == 0)
      return &reg->values[v];
  return NULL;
}

static int compare_write(const struct naive *m, const struct krv_case *kase, uint32_t c,
                         uint32_t k) {
  const struct krv_op *op = &at(m, c)->ops.items[k];
  const struct krv_reg_value *v = value_by(kase, op, &at(m, c)->tip);
  if (!v || v->kind != op->kind || v->place != k) return 2;
  if ((op->kind == KRV_OP_SET || op->kind == KRV_OP_RESOLVE) &&
      !krv_slice_equal(v->value, op->value))
    return 3;
  if (op->kind == KRV_OP_DELETE && v->beaten != beaten(m, c, op)) return 4;
  return krv_state_writer(krv_case_state(kase), v->writer)->seen == seen_by(m, c) ? 0 : 5;
}

static bool has_item(const struct krv_case *kase, const struct krv_op *op,
                     const struct krv_tip *writer, uint32_t place) {
  const struct krv_state *state = krv_case_state(kase);
  for (uint32_t i = 0; i < krv_state_item_count(state); i++) {
    const struct krv_item *item = krv_state_item(state, i);
    if (item->field == op->field && memcmp(item->record.b, op->record.b, 8) == 0 &&
        memcmp(item->id.b, op->item.b, 8) == 0 && krv_slice_equal(item->value, op->value) &&
        item->place == place &&
        krv_tip_compare(&krv_state_writer(state, item->writer)->tip, writer) == 0)
      return true;
  }
  return false;
}

static int compare_verdicts(const struct naive *m, const struct krv_case *kase) {
  const struct krv_lines *lines = krv_case_lines(kase);
  uint32_t in = 0;
  for (uint32_t c = 0; c < m->kit->count; c++) {
    const struct krv_line_commit *line = krv_lines_find(lines, &at(m, c)->tip);
    in += m->in[c];
    if (!line) {
      if (m->in[c]) return 10;
      continue;
    }
    int expected = !m->delivered[c] ? KRV_VERDICT_HELD
                   : m->applied[c]  ? KRV_VERDICT_APPLIED
                                    : KRV_VERDICT_QUARANTINED;
    if (line->verdict != expected) return 11;
  }
  return krv_lines_count(lines) == in ? 0 : 12;
}

/* No less than its bytes, and each device's part is its own. */
static bool weighs_its_parts(const struct naive *m, const struct krv_case *kase) {
  const struct krv_state *state = krv_case_state(kase);
  enum { HEADS = 16 };
  uint64_t parts = 0;
  struct krv_buf bytes;
  krv_buf_init(&bytes, &m->kit->t.env);
  if (krv_state_encode(state, &bytes) != 0) return false;
  size_t len = bytes.len;
  krv_buf_release(&bytes);
  for (krv_device_ix d = 0; d < KIT_DEVICES_MAX; d++) parts += krv_state_weight_of(state, d);
  return parts == krv_state_weight(state) && len <= parts + HEADS;
}

int naive_compare(const struct naive *m, const struct krv_case *kase) {
  const struct krv_state *state = krv_case_state(kase);
  uint32_t values = 0, items = 0, controls = 0, standing = 0;
  int rc = compare_verdicts(m, kase);
  for (uint32_t c = 0; rc == 0 && c < m->kit->count; c++)
    for (uint32_t k = 0; rc == 0 && m->applied[c] && k < at(m, c)->ops.count; k++) {
      const struct krv_op *op = &at(m, c)->ops.items[k];
      if (is_register(op) && stands(m, c, k)) {
        standing++;
        rc = compare_write(m, kase, c, k);
      }
      if (op->kind == KRV_OP_APPEND && first_in_commit(m, c, k) && oldest_appender(m, op) == c) {
        items++;
        if (!has_item(kase, op, &at(m, c)->tip, k)) rc = 6;
      }
      if (op->kind == KRV_OP_ACCESS) controls++;
      if (op->kind == KRV_OP_EPOCH && epoch_valid(m, c, k)) controls++;
    }
  for (uint32_t i = 0; i < krv_state_reg_count(state); i++)
    values += krv_state_reg(state, i)->count;
  if (rc == 0 && !weighs_its_parts(m, kase)) rc = 13;
  if (rc == 0 && values != standing) rc = 7;
  if (rc == 0 && krv_state_item_count(state) != items) rc = 8;
  return rc == 0 && krv_state_control_count(state) != controls ? 9 : rc;
}
