/* What stands before what (R24): only the order of display. The number of
 * commits seen comes from contexts, so no clock has a say. */
#include <string.h>

#include "parts.h"
#include "show_in.h"

/* Where something was written: a commit and a place in it. */
struct written {
  uint32_t writer;
  uint16_t place;
};

/* <0: a is the older. */
static int age(const struct krv_state *state, struct written a, struct written b) {
  int order =
      krv_writer_age(krv_state_writer(state, a.writer), krv_state_writer(state, b.writer));
  return order != 0 ? order : (int)a.place - (int)b.place;
}

/* The newest first; then device, commit id, place, ascending. */
static int newest_first(const struct krv_state *state, struct written a, struct written b) {
  uint32_t a_seen = krv_state_writer(state, a.writer)->seen;
  uint32_t b_seen = krv_state_writer(state, b.writer)->seen;
  if (a_seen != b_seen) return a_seen > b_seen ? -1 : 1;
  return age(state, a, b);
}

static struct written written_of(const struct krv_shown_value *value) {
  return (struct written){value->writer, value->place};
}

static int32_t rank(const struct krv_field *schema, struct krv_slice value) {
  return schema && schema->show != KRV_SHOW_PLAIN ? krv_schema_show_rank(schema, value) : 0;
}

static bool goes_before(const struct krv_state *state, const struct krv_shown_field *field,
                        const struct krv_shown_value *value, uint32_t i) {
  const struct krv_shown_value *other = &field->values[i];
  int32_t mine = rank(field->schema, value->value), theirs = rank(field->schema, other->value);
  if (mine != theirs) return mine > theirs;
  return newest_first(state, written_of(value), written_of(other)) < 0;
}

static void take_out(struct krv_shown_field *field, uint32_t i) {
  field->count--;
  memmove(&field->values[i], &field->values[i + 1], (field->count - i) * sizeof *field->values);
}

static void put_in(struct krv_shown_field *field, uint32_t i,
                   const struct krv_shown_value *value) {
  memmove(&field->values[i + 1], &field->values[i], (field->count - i) * sizeof *field->values);
  field->values[i] = *value;
  field->count++;
}

void krv_show_put_value(const struct krv_state *state, struct krv_shown_field *field,
                        const struct krv_reg_value *value) {
  struct krv_shown_value fresh = {.value = value->value, .writer = value->writer,
                                  .place = value->place,
                                  .resolved = value->kind == KRV_OP_RESOLVE};
  for (uint32_t i = 0; i < field->count; i++) {
    struct krv_shown_value *equal = &field->values[i];
    if (!krv_slice_equal(equal->value, fresh.value)) continue;
    fresh.resolved = equal->resolved = equal->resolved || fresh.resolved;
    if (!goes_before(state, field, &fresh, i)) return;
    take_out(field, i);
    break;
  }
  uint32_t at = field->count;
  while (at > 0 && goes_before(state, field, &fresh, at - 1)) at--;
  put_in(field, at, &fresh);
}

/* --- sorting: heapsort, in place, and no worse for what a stranger arranged */

struct heap {
  const struct krv_state *state;
  uint8_t *base;
  size_t size; /* of an element */
  bool (*after)(const struct krv_state *state, const void *a, const void *b);
};

static bool is_after(const struct heap *h, uint32_t a, uint32_t b) {
  return h->after(h->state, h->base + a * h->size, h->base + b * h->size);
}

static void swap(const struct heap *h, uint32_t a, uint32_t b) {
  uint8_t *x = h->base + a * h->size, *y = h->base + b * h->size;
  for (size_t i = 0; i < h->size; i++) {
    uint8_t t = x[i];
    x[i] = y[i];
    y[i] = t;
  }
}

static void sift(const struct heap *h, uint32_t i, uint32_t count) {
  for (uint32_t child = 2 * i + 1; child < count; i = child, child = 2 * i + 1) {
    if (child + 1 < count && is_after(h, child + 1, child)) child++;
    if (!is_after(h, child, i)) return;
    swap(h, child, i);
  }
}

static void sort(const struct heap *h, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;) sift(h, i, count);
  for (uint32_t end = count; end-- > 1;) {
    swap(h, 0, end);
    sift(h, 0, end);
  }
}

/* --- items: by age */

void krv_show_put_item(struct krv_shown_field *field, const struct krv_item *item) {
  field->values[field->count++] = (struct krv_shown_value){
      .value = item->value, .writer = item->writer, .place = item->place};
}

static bool item_after(const struct krv_state *state, const void *a, const void *b) {
  return age(state, written_of(a), written_of(b)) > 0;
}

void krv_show_sort_items(const struct krv_state *state, struct krv_shown_field *field,
                         uint32_t single) {
  const struct heap heap = {state, (uint8_t *)(field->values + single), sizeof *field->values,
                            item_after};
  sort(&heap, field->count - single);
}

/* --- records: record 0, then by type, then age of what was written first, then id */

static struct written first_of(const struct krv_shown_record *record) {
  return (struct written){record->first_writer, record->first_place};
}

void krv_show_note_write(const struct krv_state *state, struct krv_shown_record *record,
                         uint32_t writer, uint16_t place) {
  struct written fresh = {writer, place};
  if (record->first_writer != KRV_WRITER_NONE && age(state, first_of(record), fresh) <= 0) return;
  record->first_writer = writer;
  record->first_place = place;
}

static bool record_after(const struct krv_state *state, const void *x, const void *y) {
  const struct krv_shown_record *a = x, *b = y;
  bool a_rest = !krv_record_is_zero(&a->id), b_rest = !krv_record_is_zero(&b->id);
  if (a_rest != b_rest) return a_rest;
  if (a->type != b->type) return a->type > b->type;
  int order = age(state, first_of(a), first_of(b));
  if (order == 0) order = krv_record_compare(&a->id, &b->id);
  return order > 0;
}

void krv_show_sort_records(const struct krv_state *state, struct krv_shown_record *records,
                           uint32_t count) {
  const struct heap heap = {state, (uint8_t *)records, sizeof *records, record_after};
  sort(&heap, count);
}
