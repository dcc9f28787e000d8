/* The view of a state: registers and items, both sorted by (record, field), are
 * walked side by side, field by field.
 *
 * All arrays of a view lie in one block, whose size is known before: a field
 * takes at most one register value or item each. Only memory can fail. */
#include "show.h"

#include <string.h>

#include "parts.h"
#include "show_in.h"
#include "status.h"

struct walk {
  struct krv_view *view;
  const struct krv_state *state;
  const struct krv_schema *schema;
  uint32_t reg, item;              /* next to be taken */
  struct krv_shown_value *values;  /* next free places */
  uint32_t *options;
};

struct field_key {
  const struct krv_record_id *record;
  uint16_t field;
};

static int key_compare(struct field_key a, struct field_key b) {
  int order = krv_record_compare(a.record, b.record);
  if (order != 0) return order;
  return (int)a.field - (int)b.field;
}

/* The key of the next register or item; false at the end. */
static bool next_key(const struct walk *w, struct field_key *out) {
  bool has_reg = w->reg < krv_state_reg_count(w->state);
  bool has_item = w->item < krv_state_item_count(w->state);
  struct field_key reg_key = {NULL, 0}, item_key = {NULL, 0};
  if (has_reg) {
    const struct krv_reg *reg = krv_state_reg(w->state, w->reg);
    reg_key = (struct field_key){&reg->record, reg->field};
  }
  if (has_item) {
    const struct krv_item *item = krv_state_item(w->state, w->item);
    item_key = (struct field_key){&item->record, item->field};
  }
  bool reg_first = has_reg && (!has_item || key_compare(reg_key, item_key) <= 0);
  *out = reg_first ? reg_key : item_key;
  return has_reg || has_item;
}

static const struct krv_reg *reg_of(const struct walk *w, struct field_key key) {
  if (w->reg == krv_state_reg_count(w->state)) return NULL;
  const struct krv_reg *reg = krv_state_reg(w->state, w->reg);
  return key_compare((struct field_key){&reg->record, reg->field}, key) == 0 ? reg : NULL;
}

static const struct krv_item *item_of(const struct walk *w, struct field_key key) {
  if (w->item == krv_state_item_count(w->state)) return NULL;
  const struct krv_item *item = krv_state_item(w->state, w->item);
  return key_compare((struct field_key){&item->record, item->field}, key) == 0 ? item : NULL;
}

/* Record 0 as a whole is the case: only erasure takes it away, a flag on it means nothing. */
static bool is_flat(const struct krv_shown_record *record) {
  return record->type == 0 && krv_record_is_zero(&record->id);
}

/* Deleted: somebody who had seen all set the flag, and nobody unset it beside him. */
static void take_delete(const struct walk *w, const struct krv_reg *reg,
                        struct krv_shown_record *record) {
  bool set = false, unset = false, seen_all = false;
  for (uint32_t i = 0; i < reg->count; i++) {
    const struct krv_reg_value *v = &reg->values[i];
    bool flag = krv_slice_equal(v->value, krv_slice("\xc3", 1));
    set = set || flag;
    unset = unset || !flag;
    seen_all = seen_all || (flag && !v->beaten);
    krv_show_note_write(w->state, record, v->writer, v->place);
  }
  if (is_flat(record)) return;
  record->deleted = seen_all && !unset;
  record->delete_disputed = set && !record->deleted;
}

static void take_option(struct walk *w, const struct krv_reg *reg, struct krv_shown_field *field) {
  bool on = false, off = false;
  for (uint32_t i = 0; i < reg->count; i++) {
    if (reg->values[i].kind == KRV_OP_OPTION_ON) on = true;
    else off = true;
  }
  bool careful = field->schema && field->schema->show == KRV_SHOW_RESTRICTIVE;
  if (on && !(off && careful)) field->options[field->option_count++] = reg->option;
  if (on && off) w->options[field->disputed_count++] = reg->option;
}

/* The registers and items of one field. Options that are on go to a run with room for all of
 * the field's options, disputed ones to the run behind it. */
static void take_field(struct walk *w, struct field_key key, struct krv_shown_record *record,
                       struct krv_shown_field *field) {
  const struct krv_reg *reg;
  const struct krv_item *item;
  uint32_t options = 0;
  for (uint32_t i = w->reg; i < krv_state_reg_count(w->state); i++) {
    reg = krv_state_reg(w->state, i);
    if (key_compare((struct field_key){&reg->record, reg->field}, key) != 0) break;
    if (reg->option < KRV_DELETE_KEY) options++;
  }
  *field = (struct krv_shown_field){.record = *key.record, .field = key.field};
  field->schema = w->schema ? krv_schema_field(w->schema, key.field) : NULL;
  field->values = w->values;
  field->options = w->options;
  field->disputed = w->options += options;
  for (; (reg = reg_of(w, key)) != NULL; w->reg++) {
    if (reg->option == KRV_DELETE_KEY) {
      take_delete(w, reg, record);
      continue;
    }
    for (uint32_t i = 0; i < reg->count; i++) {
      krv_show_note_write(w->state, record, reg->values[i].writer, reg->values[i].place);
      if (reg->option == KRV_NO_OPTION) krv_show_put_value(w->state, field, &reg->values[i]);
    }
    if (reg->option != KRV_NO_OPTION) take_option(w, reg, field);
  }
  field->conflict = field->count > 1;
  uint32_t single = field->count;
  for (; (item = item_of(w, key)) != NULL; w->item++) {
    krv_show_note_write(w->state, record, item->writer, item->place);
    krv_show_put_item(field, item);
  }
  krv_show_sort_items(w->state, field, single);
  w->values += field->count;
  w->options += field->disputed_count;
}

/* Was anything but a deletion flag written there? */
static bool is_field(const struct krv_shown_field *field, bool has_options) {
  return field->count > 0 || has_options;
}

static void walk_records(struct walk *w) {
  struct krv_view *view = w->view;
  struct krv_shown_record *record = NULL;
  struct field_key key;
  while (next_key(w, &key)) {
    uint8_t type = (uint8_t)(key.field >> 8);
    if (!record || record->type != type || krv_record_compare(&record->id, key.record) != 0) {
      record = &view->records[view->record_count++];
      *record = (struct krv_shown_record){
          .id = *key.record, .type = type, .first_field = view->field_count,
          .first_writer = KRV_WRITER_NONE};
    }
    struct krv_shown_field *field = &view->fields[view->field_count];
    take_field(w, key, record, field);
    if (!is_field(field, field->disputed != field->options)) continue;
    view->field_count++;
    record->field_count++;
  }
}

static void count_conflicts(struct krv_view *view) {
  for (uint32_t r = 0; r < view->record_count; r++) {
    const struct krv_shown_record *record = &view->records[r];
    if (record->deleted) continue;
    if (record->delete_disputed) view->conflict_count++;
    for (uint32_t f = 0; f < record->field_count; f++) {
      const struct krv_shown_field *field = &view->fields[record->first_field + f];
      if (field->conflict || field->disputed_count > 0) view->conflict_count++;
    }
  }
}

int krv_view_init(struct krv_view *view, const struct krv_env *env, const struct krv_state *state,
                  const struct krv_schema *schema) {
  size_t regs = krv_state_reg_count(state), items = krv_state_item_count(state);
  size_t keys = regs + items, values = items;
  for (uint32_t i = 0; i < regs; i++) values += krv_state_reg(state, i)->count;
  memset(view, 0, sizeof *view);
  view->env = env;
  if (keys == 0) return 0;
  /* the most strictly aligned first: fields, values, records, options (on and disputed) */
  size_t size = keys * sizeof *view->fields + values * sizeof(struct krv_shown_value) +
                keys * sizeof *view->records + 2 * regs * sizeof(uint32_t);
  view->fields = krv_alloc(env, size);
  if (!view->fields) return KRV_NOMEM;
  struct walk w = {.view = view, .state = state, .schema = schema};
  w.values = (struct krv_shown_value *)(view->fields + keys);
  view->records = (struct krv_shown_record *)(w.values + values);
  w.options = (uint32_t *)(view->records + keys);
  walk_records(&w);
  krv_show_sort_records(state, view->records, view->record_count);
  count_conflicts(view);
  return 0;
}

void krv_view_release(struct krv_view *view) {
  if (view->env) krv_free(view->env, view->fields); /* the block */
  memset(view, 0, sizeof *view);
}

const struct krv_shown_field *krv_view_field(const struct krv_view *view,
                                             const struct krv_record_id *record, uint16_t field) {
  const struct field_key key = {record, field};
  uint32_t lo = 0, hi = view->field_count;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    const struct krv_shown_field *f = &view->fields[mid];
    int order = key_compare((struct field_key){&f->record, f->field}, key);
    if (order == 0) return f;
    if (order < 0) lo = mid + 1;
    else hi = mid;
  }
  return NULL;
}

const struct krv_shown_record *krv_view_record(const struct krv_view *view, uint8_t type,
                                               uint32_t i) {
  for (uint32_t r = 0; r < view->record_count; r++) {
    const struct krv_shown_record *record = &view->records[r];
    if (record->type == type && !record->deleted && i-- == 1) return record;
  }
  return NULL;
}
