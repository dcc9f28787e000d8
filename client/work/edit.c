/* edit: paths and texts in, operations out. It holds the case as it was shown; a field that came to
 * hold something else before the save is not overwritten (R24).
 *
 *   new --set, option, note ...--> gathered --save--> handed to change.h, once */
#include "edit.h"

#include <stdio.h>
#include <string.h>

#include "translit.h"

/* A record that this edit makes: what [+n] of a type means. */
struct newborn {
  uint8_t type;
  uint32_t number;
  struct krv_record_id id;
};

struct touched {
  struct krv_record_id record;
  uint16_t field;
  uint32_t option;
};

struct krv_edit {
  struct krv_world *world;
  bool fresh;
  bool has_list;
  struct krv_id kase;
  struct krv_access_list list;
  struct krv_folder *shown; /* NULL: a new case */
  struct krv_schema *schema; /* that the view points into: the world may take another meanwhile */
  struct krv_view view;
  struct krv_change_ops ops;
  struct touched *touched;
  size_t touched_count, touched_cap;
  struct newborn *newborn;
  size_t newborn_count, newborn_cap;
  bool has_disputed;
  struct touched disputed; /* what the last set found in two values */
  enum krv_doubt doubt;
  char unlisted[KRV_SCHEMA_NAME_SIZE_MAX + 64]; /* DOUBT_LIST, as a sentence */
  char detail[384];
};

void krv_edit_free(struct krv_edit *edit) {
  if (!edit) return;
  const struct krv_env *env = edit->world->env;
  if (edit->shown) krv_view_release(&edit->view);
  krv_schema_free(edit->schema);
  krv_folder_free(edit->shown);
  krv_change_release(&edit->ops);
  krv_free(env, edit->touched);
  krv_free(env, edit->newborn);
  krv_wipe(edit, sizeof *edit);
  krv_free(env, edit);
}

int krv_edit_new(struct krv_world *world, const struct krv_id *kase, struct krv_edit **out) {
  *out = NULL;
  int status = krv_world_ready(world);
  if (status != 0) return status;
  struct krv_edit *edit = krv_zalloc(world->env, 1, sizeof *edit);
  if (!edit) return KRV_NOMEM;
  edit->world = world;
  edit->fresh = !kase;
  krv_change_init(&edit->ops, world->env);
  if (kase) {
    struct krv_folder *shown;
    edit->kase = *kase;
    status = krv_folder_load_id(world, kase, &shown);
    if (status == 0) {
      edit->schema = krv_schema_keep(world->schema);
      status = krv_view_init(&edit->view, world->env, krv_case_state(shown->kase), edit->schema);
      if (status == 0) edit->shown = shown;
      else krv_folder_free(shown);
    }
  }
  if (status != 0) krv_edit_free(edit);
  else *out = edit;
  return status;
}

void krv_edit_list(struct krv_edit *edit, const struct krv_access_list *list) {
  edit->list = *list;
  edit->has_list = true;
}

const char *krv_edit_detail(const struct krv_edit *edit) {
  return edit->detail;
}

bool krv_edit_technical(const struct krv_edit *edit, struct krv_slice path_text) {
  struct krv_path path;
  struct krv_slice unknown;
  int status = krv_path_parse(edit->world->schema, path_text, &path, &unknown);
  return status == 0 && path.field && (path.field->flags & KRV_FIELD_TECHNICAL);
}

const char *krv_edit_unlisted(const struct krv_edit *edit) {
  return edit->unlisted;
}

enum krv_doubt krv_edit_doubt(const struct krv_edit *edit) {
  return edit->doubt;
}

static int explain(struct krv_edit *edit, int status, struct krv_slice what,
                   struct krv_slice more) {
  size_t len = what.len < 120 ? what.len : 120;
  if (len > 0) memcpy(edit->detail, what.data, len);
  edit->detail[len] = 0;
  if (more.len > 0)
    snprintf(edit->detail + len, sizeof edit->detail - len, ": %.*s", (int)more.len,
             (const char *)more.data);
  return status;
}

static int new_record(struct krv_edit *edit, const struct krv_path *path,
                      struct krv_record_id *record) {
  const struct krv_env *env = edit->world->env;
  for (size_t i = 0; i < edit->newborn_count; i++) {
    const struct newborn *known = &edit->newborn[i];
    if (known->type != path->type->id || known->number != path->number) continue;
    *record = known->id;
    return 0;
  }
  int status =
      krv_grow(env, &edit->newborn, &edit->newborn_cap, edit->newborn_count, sizeof *edit->newborn);
  if (status != 0) return status;
  struct newborn *fresh = &edit->newborn[edit->newborn_count++];
  fresh->type = path->type->id;
  fresh->number = path->number;
  env->random(env->ctx, fresh->id.b, sizeof fresh->id.b);
  *record = fresh->id;
  return 0;
}

/* With the nearest name of the same record type. */
static int no_such_field(struct krv_edit *edit, const struct krv_record_type *type,
                         struct krv_slice text, struct krv_slice unknown) {
  struct krv_buf wanted;
  char hint[128] = "";
  krv_buf_init(&wanted, edit->world->env);
  if (type && type->id != 0) {
    krv_buf_put(&wanted, type->name);
    krv_buf_u8(&wanted, '.');
  }
  krv_buf_put(&wanted, unknown);
  struct krv_slice near = krv_schema_nearest(edit->world->schema, krv_buf_slice(&wanted));
  if (near.len > 0)
    snprintf(hint, sizeof hint, "did you mean %.*s?", (int)near.len, (const char *)near.data);
  krv_buf_release(&wanted);
  return explain(edit, KRV_FIELD, text, krv_slice_str(hint));
}

/* Path to type, field and record; [+] makes the record's id once. */
static int locate(struct krv_edit *edit, struct krv_slice text, struct krv_path *path,
                  struct krv_record_id *record) {
  struct krv_slice unknown;
  const struct krv_schema *schema = edit->world->schema;
  edit->detail[0] = 0;
  edit->has_disputed = false;
  edit->doubt = KRV_DOUBT_NONE;
  memset(record, 0, sizeof *record);
  int status = krv_path_parse(schema, text, path, &unknown);
  if (status == KRV_FIELD) return no_such_field(edit, path->type, text, unknown);
  if (status != 0)
    return explain(edit, KRV_USAGE, text,
                   krv_slice_str("write NAME, TYPE[+].NAME or TYPE[1].NAME"));
  if (path->pick == KRV_PATH_FLAT) return 0;
  if (path->pick == KRV_PATH_NEW) return new_record(edit, path, record);
  status = edit->shown ? krv_path_record(path, &edit->view, record) : KRV_NOT_FOUND;
  return status == 0 ? 0
                     : explain(edit, status, text, krv_slice_str("no such record in this case"));
}

static int touch(struct krv_edit *edit, const struct krv_record_id *record, uint16_t field,
                 uint32_t option) {
  int status = krv_grow(edit->world->env, &edit->touched, &edit->touched_cap, edit->touched_count,
                        sizeof *edit->touched);
  if (status == 0) edit->touched[edit->touched_count++] = (struct touched){*record, field, option};
  return status;
}

static bool is_of(const struct touched *t, const struct krv_record_id *record, uint16_t field) {
  return t->field == field && memcmp(&t->record, record, sizeof *record) == 0;
}

static bool was_touched(const struct krv_edit *edit, const struct krv_record_id *record,
                        uint16_t field) {
  for (size_t i = 0; i < edit->touched_count; i++)
    if (is_of(&edit->touched[i], record, field)) return true;
  return false;
}

int krv_edit_op(struct krv_edit *edit, const struct krv_op *op) {
  return krv_change_add(&edit->ops, op);
}

static const struct krv_shown_field *shown_field(const struct krv_edit *edit,
                                                 const struct krv_record_id *record,
                                                 uint16_t field) {
  return edit->shown ? krv_view_field(&edit->view, record, field) : NULL;
}

/* The text that is no code, and the one that was meant. */
static int no_such_code(struct krv_edit *edit, const struct krv_field *field,
                        struct krv_slice path, struct krv_slice text) {
  char more[KRV_SCHEMA_NAME_SIZE_MAX + 128];
  struct krv_slice near = krv_schema_nearest_code(edit->world->schema, field->list, text);
  int shown = text.len <= 80 ? (int)text.len : 0;
  int len = near.len > 0
                ? snprintf(more, sizeof more, "%.*s, did you mean %.*s?", shown,
                           (const char *)text.data, (int)near.len, (const char *)near.data)
                : snprintf(more, sizeof more, "%.*s", shown, (const char *)text.data);
  return explain(edit, KRV_CODE, path, krv_slice(more, (size_t)len));
}

/* NFC, then the field's own check. */
static int parse_value(struct krv_edit *edit, const struct krv_field *field, struct krv_slice path,
                       struct krv_slice text, struct krv_buf *out) {
  struct krv_buf nfc;
  krv_buf_init(&nfc, edit->world->env);
  int status = krv_text_normalise(text, &nfc);
  if (status == 0) status = krv_schema_parse(edit->world->schema, field, krv_buf_slice(&nfc), out);
  krv_buf_wipe(&nfc);
  if (status == KRV_CODE) return no_such_code(edit, field, path, text);
  if (status != 0) return explain(edit, status, path, text.len <= 80 ? text : krv_slice(NULL, 0));
  return out->status;
}

/* Setting what stands there already is no change, unless this edit has set it to something else. */
static bool stands_there(const struct krv_edit *edit, enum krv_op_kind kind,
                         const struct krv_field *field, const struct krv_record_id *record,
                         struct krv_slice value) {
  const struct krv_shown_field *shown = shown_field(edit, record, field->id);
  static const uint8_t nil = 0xc0;
  if (kind != KRV_OP_SET || was_touched(edit, record, field->id)) return false;
  if (!shown || shown->count == 0) return krv_slice_equal(value, krv_slice(&nil, 1));
  return krv_slice_equal(shown->values[0].value, value);
}

static void note_unlisted(struct krv_edit *edit, const struct krv_field *field,
                          struct krv_slice text) {
  struct krv_slice near = krv_schema_nearest_code(edit->world->schema, field->list, text);
  snprintf(edit->unlisted, sizeof edit->unlisted,
           near.len > 0 ? "not in its list, kept as text; did you mean %.*s?"
                        : "not in its list, kept as text",
           (int)near.len, (const char *)near.data);
}

static int write_value(struct krv_edit *edit, enum krv_op_kind kind, struct krv_slice path,
                       const struct krv_field *field, const struct krv_record_id *record,
                       struct krv_slice text) {
  struct krv_buf value;
  krv_buf_init(&value, edit->world->env);
  int status = parse_value(edit, field, path, text, &value);
  /* east of Greenwich it is tomorrow before our day ends */
  if (status == 0)
    edit->doubt = krv_schema_doubt(field, krv_buf_slice(&value), krv_world_today(edit->world, 1));
  if (edit->doubt == KRV_DOUBT_LIST) note_unlisted(edit, field, text);
  if (status == 0 && stands_there(edit, kind, field, record, krv_buf_slice(&value))) {
    krv_buf_wipe(&value);
    return 0;
  }
  if (status == 0) {
    struct krv_op op = {
        .kind = kind, .record = *record, .field = field->id, .value = krv_buf_slice(&value)};
    status = krv_edit_op(edit, &op);
  }
  krv_buf_wipe(&value);
  return status == 0 ? touch(edit, record, field->id, 0) : status;
}

static int option_index(struct krv_edit *edit, const struct krv_field *field, struct krv_slice path,
                        struct krv_slice text, uint32_t *out) {
  int32_t index = krv_schema_code(edit->world->schema, field->list, text);
  if (index < 0) return no_such_code(edit, field, path, text);
  *out = (uint32_t)index;
  return 0;
}

static int write_option(struct krv_edit *edit, const struct krv_field *field,
                        const struct krv_record_id *record, uint32_t option, bool on) {
  struct krv_op op = {.kind = on ? KRV_OP_OPTION_ON : KRV_OP_OPTION_OFF,
                      .record = *record,
                      .field = field->id,
                      .option = option};
  int status = krv_edit_op(edit, &op);
  return status == 0 ? touch(edit, record, field->id, option) : status;
}

static bool is_on(const struct krv_shown_field *shown, uint32_t option) {
  for (uint32_t i = 0; shown && i < shown->option_count; i++)
    if (shown->options[i] == option) return true;
  return false;
}

/* Each part of "A;B", trimmed; empty ones are left out. */
static bool next_part(struct krv_slice *rest, struct krv_slice *part) {
  while (rest->len > 0) {
    const uint8_t *end = memchr(rest->data, ';', rest->len);
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    *part = krv_slice(rest->data, len);
    rest->data += len + (end ? 1 : 0);
    rest->len -= len + (end ? 1 : 0);
    while (part->len > 0 && part->data[0] == ' ') part->data++, part->len--;
    while (part->len > 0 && part->data[part->len - 1] == ' ') part->len--;
    if (part->len > 0) return true;
  }
  return false;
}

static bool is_among(const uint32_t *options, uint32_t count, uint32_t option) {
  for (uint32_t i = 0; i < count; i++)
    if (options[i] == option) return true;
  return false;
}

/* Exactly these options on: switches what differs from what was shown, and what this edit switched
 * before. */
static int set_options(struct krv_edit *edit, const struct krv_field *field, struct krv_slice path,
                       const struct krv_record_id *record, struct krv_slice text) {
  const struct krv_shown_field *shown = shown_field(edit, record, field->id);
  uint32_t wanted[256], count = 0;
  struct krv_slice part;
  int status = 0;
  while (status == 0 && next_part(&text, &part)) {
    if (count == sizeof wanted / sizeof *wanted) return KRV_TOO_LARGE;
    status = option_index(edit, field, path, part, &wanted[count++]);
  }
  size_t before = edit->touched_count;
  bool again = was_touched(edit, record, field->id);
  for (uint32_t i = 0; status == 0 && i < count; i++)
    if (again || !is_on(shown, wanted[i]))
      status = write_option(edit, field, record, wanted[i], true);
  for (uint32_t i = 0; status == 0 && shown && i < shown->option_count; i++)
    if (!is_among(wanted, count, shown->options[i]))
      status = write_option(edit, field, record, shown->options[i], false);
  for (size_t i = 0; status == 0 && i < before; i++) {
    struct touched t = edit->touched[i];
    if (is_of(&t, record, field->id) && !is_among(wanted, count, t.option))
      status = write_option(edit, field, record, t.option, false);
  }
  return status;
}

int krv_edit_set(struct krv_edit *edit, struct krv_slice path_text, struct krv_slice value) {
  struct krv_path path;
  struct krv_record_id record;
  int status = locate(edit, path_text, &path, &record);
  if (status != 0) return status;
  if (!path.field)
    return explain(edit, KRV_USAGE, path_text, krv_slice_str("name a field of the record"));
  if (path.field->type == KRV_FIELD_NOTES) return krv_edit_note(edit, path_text, value);
  if (path.field->type == KRV_FIELD_CODES)
    return set_options(edit, path.field, path_text, &record, value);
  const struct krv_shown_field *shown = shown_field(edit, &record, path.field->id);
  if (shown && shown->conflict) {
    edit->has_disputed = true;
    edit->disputed = (struct touched){record, path.field->id, 0};
    return explain(edit, KRV_CONFLICT, path_text, krv_slice_str("it holds two values"));
  }
  return write_value(edit, KRV_OP_SET, path_text, path.field, &record, value);
}

int krv_edit_option(struct krv_edit *edit, struct krv_slice path_text, struct krv_slice option,
                    bool on) {
  struct krv_path path;
  struct krv_record_id record;
  struct krv_slice part;
  int status = locate(edit, path_text, &path, &record);
  if (status != 0) return status;
  if (!path.field || path.field->type != KRV_FIELD_CODES)
    return explain(edit, KRV_VALUE, path_text, krv_slice_str("not a field with several choices"));
  while (status == 0 && next_part(&option, &part)) {
    uint32_t index = 0;
    status = option_index(edit, path.field, path_text, part, &index);
    if (status == 0) status = write_option(edit, path.field, &record, index, on);
  }
  return status;
}

int krv_edit_resolve(struct krv_edit *edit, struct krv_slice path_text, struct krv_slice value) {
  struct krv_path path;
  struct krv_record_id record;
  int status = locate(edit, path_text, &path, &record);
  if (status != 0) return status;
  const struct krv_shown_field *shown =
      path.field ? shown_field(edit, &record, path.field->id) : NULL;
  if (!shown)
    return explain(edit, KRV_NOT_FOUND, path_text, krv_slice_str("nothing is recorded there"));
  if (!shown->conflict && shown->disputed_count == 0)
    return explain(edit, KRV_STATE, path_text, krv_slice_str("it holds one value"));
  if (path.field->type == KRV_FIELD_CODES) {
    /* every disputed option is said anew, as the list of those that shall be on has it */
    status = set_options(edit, path.field, path_text, &record, value);
    for (uint32_t i = 0; status == 0 && i < shown->disputed_count; i++) {
      bool on = false;
      struct krv_slice rest = value, part;
      while (next_part(&rest, &part))
        on |= krv_schema_code(edit->world->schema, path.field->list, part) ==
              (int32_t)shown->disputed[i];
      status = write_option(edit, path.field, &record, shown->disputed[i], on);
    }
    return status;
  }
  return write_value(edit, KRV_OP_RESOLVE, path_text, path.field, &record, value);
}

int krv_edit_note(struct krv_edit *edit, struct krv_slice path_text, struct krv_slice text) {
  struct krv_path path = {0};
  struct krv_record_id record;
  struct krv_buf value;
  int status =
      locate(edit, path_text.len > 0 ? path_text : krv_slice_str("note[+].text"), &path, &record);
  if (status != 0) return status;
  if (path_text.len == 0) memset(&record, 0, sizeof record);
  if (!path.field || path.field->type != KRV_FIELD_NOTES)
    return explain(edit, KRV_VALUE, path_text, krv_slice_str("not a field of notes"));
  if (text.len == 0)
    return explain(edit, KRV_VALUE, krv_slice_str("a note"), krv_slice_str("it is empty"));
  krv_buf_init(&value, edit->world->env);
  status = parse_value(edit, path.field, krv_slice_str("note"), text, &value);
  if (status == 0) {
    struct krv_op op = {.kind = KRV_OP_APPEND,
                        .record = record,
                        .field = path.field->id,
                        .value = krv_buf_slice(&value)};
    edit->world->env->random(edit->world->env->ctx, op.item.b, sizeof op.item.b);
    status = krv_edit_op(edit, &op);
  }
  krv_buf_wipe(&value);
  return status;
}

/* The record that a person names to delete or restore: TYPE[1], TYPE[rid], or the rid alone. */
static int locate_record(struct krv_edit *edit, struct krv_slice text, bool deleted,
                         struct krv_record_id *record, uint8_t *type) {
  const struct krv_shown_record *named = edit->shown ? krv_path_rid(text, &edit->view) : NULL;
  struct krv_path path;
  edit->detail[0] = 0;
  if (named) {
    *record = named->id;
    *type = named->type;
    return 0;
  }
  struct krv_slice unknown;
  int status = krv_path_parse(edit->world->schema, text, &path, &unknown);
  if (status == KRV_FIELD) return no_such_field(edit, path.type, text, unknown);
  if (status != 0 || path.field || path.pick == KRV_PATH_FLAT || path.pick == KRV_PATH_NEW)
    return explain(edit, KRV_USAGE, text, krv_slice_str("name a record: TYPE[1]"));
  *type = path.type->id;
  if (!edit->shown) status = KRV_NOT_FOUND;
  else if (deleted) status = krv_path_record(&path, &edit->view, record);
  else status = krv_path_deleted(&path, &edit->view, record);
  const char *none = deleted ? "no such record in this case" : "no such deleted record";
  return status == 0 ? 0 : explain(edit, status, text, krv_slice_str(none));
}

int krv_edit_delete(struct krv_edit *edit, struct krv_slice record_text, bool deleted) {
  struct krv_record_id record;
  uint8_t type = 0;
  int status = locate_record(edit, record_text, deleted, &record, &type);
  if (status != 0) return status;
  struct krv_op op = {.kind = KRV_OP_DELETE,
                      .record = record,
                      .flag = deleted,
                      .field = (uint16_t)(type << 8)};
  return krv_edit_op(edit, &op);
}

uint32_t krv_edit_count(const struct krv_edit *edit) {
  return edit->ops.count;
}

/* ---- saving */

static bool same_reg(const struct krv_state *a, const struct krv_reg *x, const struct krv_state *b,
                     const struct krv_reg *y) {
  if (x->count != y->count) return false;
  for (uint32_t i = 0; i < x->count; i++) {
    const struct krv_tip *s = &krv_state_writer(a, x->values[i].writer)->tip;
    const struct krv_tip *t = &krv_state_writer(b, y->values[i].writer)->tip;
    if (!krv_id_equal(&s->id, &t->id)) return false;
  }
  return true;
}

/* Does the field hold in b what it holds in a? Registers that only b has count as well. */
static bool same_field(const struct krv_state *a, const struct krv_state *b,
                       const struct touched *t) {
  for (uint32_t i = 0; i < krv_state_reg_count(b); i++) {
    const struct krv_reg *y = krv_state_reg(b, i);
    if (y->field != t->field || memcmp(&y->record, &t->record, sizeof t->record) != 0) continue;
    const struct krv_reg *x = krv_state_find(a, &y->record, y->field, y->option);
    if (!x || !same_reg(a, x, b, y)) return false;
  }
  return true;
}

const struct krv_folder *krv_edit_shown(const struct krv_edit *edit) {
  return edit->shown;
}

/* Several operations may have touched one field. */
static bool is_first_of_field(const struct krv_edit *edit, size_t i) {
  const struct touched *t = &edit->touched[i];
  for (size_t before = 0; before < i; before++)
    if (is_of(&edit->touched[before], &t->record, t->field)) return false;
  return true;
}

bool krv_edit_clash(const struct krv_edit *edit, const struct krv_state *now, size_t i,
                    struct krv_record_id *record, uint16_t *field) {
  const struct touched *found = edit->has_disputed && i == 0 ? &edit->disputed : NULL;
  for (size_t t = 0; edit->shown && !edit->has_disputed && !found && t < edit->touched_count; t++) {
    const struct touched *touched = &edit->touched[t];
    bool clashes = is_first_of_field(edit, t) &&
                   !same_field(krv_case_state(edit->shown->kase), now, touched);
    if (clashes && i-- == 0) found = touched;
  }
  if (!found) return false;
  *record = found->record;
  *field = found->field;
  return true;
}

static int check_shown(struct krv_edit *edit, const struct krv_folder *now) {
  const struct krv_state *then = krv_case_state(edit->shown->kase),
                         *fresh = krv_case_state(now->kase);
  if (krv_lines_count(krv_case_lines(now->kase)) ==
      krv_lines_count(krv_case_lines(edit->shown->kase)))
    return 0;
  for (size_t i = 0; i < edit->touched_count; i++) {
    if (same_field(then, fresh, &edit->touched[i])) continue;
    const struct krv_field *field = krv_schema_field(edit->world->schema, edit->touched[i].field);
    return explain(edit, KRV_CONFLICT, field ? field->name : krv_slice_str("a field"),
                   krv_slice_str("it was changed while you were editing"));
  }
  return 0;
}

int krv_edit_save(struct krv_edit *edit, struct krv_intake *intake, struct krv_id *kase,
                  bool *written) {
  struct krv_folder *now;
  int status = edit->ops.bytes.status;
  *written = false;
  *kase = edit->kase;
  if (status != 0 || edit->ops.count == 0) return status;
  if (edit->fresh) {
    if (!edit->has_list) status = krv_change_default_list(edit->world, &edit->list);
    if (status == 0) status = krv_change_new(intake, &edit->list, &edit->ops, &edit->kase);
  } else {
    status = krv_intake_folder(intake, &edit->kase, &now);
    if (status == 0) status = check_shown(edit, now);
    if (status == 0) status = krv_change_known(intake, &edit->kase, &edit->ops, false);
  }
  *kase = edit->kase;
  *written = status == 0;
  return status;
}
