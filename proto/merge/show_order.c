/* What stands before what (R24): only the order of display. The number of
 * commits seen comes from contexts, so no clock has a say. */
#include <string.h>

#include "parts.h"
#include "show_in.h"

/* <0: a is the older. */
static int age(const struct krv_state *state, uint32_t a, uint32_t b) {
  const struct krv_writer *x = krv_state_writer(state, a), *y = krv_state_writer(state, b);
  if (x->seen != y->seen) return x->seen < y->seen ? -1 : 1;
  return krv_tip_compare(&x->tip, &y->tip);
}

uint32_t krv_show_older(const struct krv_state *state, uint32_t a, uint32_t b) {
  if (a == KRV_WRITER_NONE || b == KRV_WRITER_NONE) return a == KRV_WRITER_NONE ? b : a;
  return age(state, a, b) <= 0 ? a : b;
}

/* The newest first; then device, commit id, place, ascending. */
static int newest_first(const struct krv_state *state, uint32_t a, uint16_t a_place, uint32_t b,
                        uint16_t b_place) {
  const struct krv_writer *x = krv_state_writer(state, a), *y = krv_state_writer(state, b);
  if (x->seen != y->seen) return x->seen > y->seen ? -1 : 1;
  if (x->tip.device != y->tip.device) return x->tip.device < y->tip.device ? -1 : 1;
  int order = krv_id_compare(&x->tip.id, &y->tip.id);
  return order != 0 ? order : (int)a_place - (int)b_place;
}

static int32_t rank(const struct krv_field *schema, struct krv_slice value) {
  return schema && schema->show != KRV_SHOW_PLAIN ? krv_schema_show_rank(schema, value) : 0;
}

static bool goes_before(const struct krv_state *state, const struct krv_shown_field *field,
                        const struct krv_reg_value *value, uint32_t i, uint16_t place) {
  const struct krv_shown_value *other = &field->values[i];
  int32_t mine = rank(field->schema, value->value), theirs = rank(field->schema, other->value);
  if (mine != theirs) return mine > theirs;
  return newest_first(state, value->writer, value->place, other->writer, place) < 0;
}

static void take_out(struct krv_shown_field *field, uint16_t *places, uint32_t i) {
  field->count--;
  memmove(&field->values[i], &field->values[i + 1], (field->count - i) * sizeof *field->values);
  memmove(&places[i], &places[i + 1], (field->count - i) * sizeof *places);
}

void krv_show_put_value(const struct krv_state *state, struct krv_shown_field *field,
                        uint16_t *places, const struct krv_reg_value *value) {
  bool resolved = value->kind == KRV_OP_RESOLVE;
  for (uint32_t i = 0; i < field->count; i++) {
    if (!krv_slice_equal(field->values[i].value, value->value)) continue;
    resolved = resolved || field->values[i].resolved;
    if (!goes_before(state, field, value, i, places[i])) {
      field->values[i].resolved = resolved;
      return;
    }
    take_out(field, places, i);
    break;
  }
  uint32_t at = field->count;
  while (at > 0 && goes_before(state, field, value, at - 1, places[at - 1])) at--;
  memmove(&field->values[at + 1], &field->values[at], (field->count - at) * sizeof *field->values);
  memmove(&places[at + 1], &places[at], (field->count - at) * sizeof *places);
  field->values[at] = (struct krv_shown_value){value->value, value->writer, resolved};
  places[at] = value->place;
  field->count++;
}

void krv_show_put_item(const struct krv_state *state, struct krv_shown_field *field,
                       uint32_t single, const struct krv_item *item) {
  uint32_t at = field->count;
  while (at > single && age(state, item->writer, field->values[at - 1].writer) < 0) at--;
  memmove(&field->values[at + 1], &field->values[at], (field->count - at) * sizeof *field->values);
  field->values[at] = (struct krv_shown_value){item->value, item->writer, false};
  field->count++;
}

/* --- records: record 0, then by type, then age, then id */

static bool record_after(const struct krv_state *state, const struct krv_shown_record *a,
                         const struct krv_shown_record *b) {
  bool a_rest = !krv_record_is_zero(&a->id), b_rest = !krv_record_is_zero(&b->id);
  if (a_rest != b_rest) return a_rest;
  if (a->type != b->type) return a->type > b->type;
  int order = age(state, a->first_writer, b->first_writer);
  if (order == 0) order = krv_record_compare(&a->id, &b->id);
  return order > 0;
}

static void swap(struct krv_shown_record *a, struct krv_shown_record *b) {
  struct krv_shown_record t = *a;
  *a = *b;
  *b = t;
}

static void sift(const struct krv_state *state, struct krv_shown_record *r, uint32_t i,
                 uint32_t count) {
  for (uint32_t child = 2 * i + 1; child < count; i = child, child = 2 * i + 1) {
    if (child + 1 < count && record_after(state, &r[child + 1], &r[child])) child++;
    if (!record_after(state, &r[child], &r[i])) return;
    swap(&r[child], &r[i]);
  }
}

/* Heapsort: in place, and no worse for records that a stranger arranged. */
void krv_show_sort_records(const struct krv_state *state, struct krv_shown_record *records,
                           uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;) sift(state, records, i, count);
  for (uint32_t end = count; end-- > 1;) {
    swap(&records[0], &records[end]);
    sift(state, records, 0, end);
  }
}
