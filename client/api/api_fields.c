/* api_fields: the fields of one case as they are shown (merge/show.h), with both values where two
 * were written at the same time, who wrote them, and when. */
#include <stdio.h>
#include <string.h>

#include "api.h"

struct fields {
  struct kerven_iter base;
  struct krv_folder *folder;
  struct krv_schema *schema; /* kept: a newer one may come while it is read */
  struct krv_view view;
  bool has_view;
  struct kerven_field_query query;
  char record_type[64];
  uint32_t record, field; /* place in the view */
  uint32_t number, place; /* of the record among the live ones of its type, and among all */
  struct api_values values;
};

static void fields_release(struct kerven_iter *iter) {
  struct fields *f = (struct fields *)iter;
  if (f->has_view) krv_view_release(&f->view);
  krv_schema_free(f->schema);
  krv_folder_free(f->folder);
  api_values_release(&f->values);
}

int kerven_fields(kerven *k, const char *kase, const struct kerven_field_query *given,
                  kerven_iter **out) {
  struct krv_id id;
  api_begin(k);
  *out = NULL;
  struct fields *f = api_iter_new(k, sizeof *f, fields_release);
  if (!f) return KRV_NOMEM;
  int status = api_options(&f->query, sizeof f->query, given, given ? given->size : 0);
  if (status == 0 && f->query.record)
    snprintf(f->record_type, sizeof f->record_type, "%s", f->query.record);
  if (status == 0) status = api_case(k, kase, &id);
  if (status == 0) status = krv_folder_load_id(k->world, &id, &f->folder);
  f->schema = krv_schema_keep(k->world->schema);
  if (status == 0)
    status = krv_view_init(&f->view, krv_host_env(), krv_case_state(f->folder->kase), f->schema);
  f->has_view = status == 0;
  if (status != 0) kerven_iter_free(&f->base);
  else *out = &f->base;
  return status;
}

static const char *type_name(enum krv_field_type type) {
  static const char *const names[] = {
      [KRV_FIELD_TEXT] = "text",       [KRV_FIELD_LONG_TEXT] = "long_text",
      [KRV_FIELD_CODE] = "code",       [KRV_FIELD_OPEN_CODE] = "code",
      [KRV_FIELD_CODES] = "codes",     [KRV_FIELD_BOOL] = "bool",
      [KRV_FIELD_INTEGER] = "integer", [KRV_FIELD_DECIMAL] = "decimal",
      [KRV_FIELD_DATE] = "date",       [KRV_FIELD_PHONE] = "phone",
      [KRV_FIELD_CASE] = "case",       [KRV_FIELD_RECORD] = "record",
      [KRV_FIELD_NOTES] = "notes",
  };
  return (size_t)type < sizeof names / sizeof *names && names[type] ? names[type] : "text";
}

/* One value's handles, before the texts stop moving. */
struct value_texts {
  api_text value, display, by;
};

static struct value_texts put_value(const struct api_shown *at, const struct krv_field *schema,
                                    struct krv_slice value, krv_device_ix author,
                                    struct api_texts *texts) {
  struct value_texts out;
  out.value = api_put_begin(texts);
  krv_schema_format(at->schema, schema, value, &texts->buf);
  api_put_end(texts);
  out.display = api_put_begin(texts);
  krv_schema_display(at->schema, schema, at->world->lang, value, &texts->buf);
  api_put_end(texts);
  out.by = api_put_begin(texts);
  krv_world_device_name(at->world, author, &texts->buf);
  api_put_end(texts);
  return out;
}

static int room_for(struct api_values *values, uint32_t count) {
  if (count <= values->cap) return 0;
  struct kerven_value *grown = krv_resize(krv_host_env(), values->items, count * sizeof *grown);
  if (!grown) return KRV_NOMEM;
  values->items = grown;
  values->cap = count;
  return 0;
}

void api_values_release(struct api_values *values) {
  krv_free(krv_host_env(), values->items);
}

/* The writer of an option that is on: of the register's first "on". */
static const struct krv_writer *option_writer(const struct krv_state *state,
                                              const struct krv_shown_field *shown,
                                              uint32_t option) {
  const struct krv_reg *reg = krv_state_find(state, &shown->record, shown->field, option);
  return reg && reg->count > 0 ? krv_state_writer(state, reg->values[0].writer) : NULL;
}

int api_values_fill(struct api_values *values, const struct api_shown *at,
                    const struct krv_shown_field *shown, struct api_texts *texts) {
  bool options = shown->option_count > 0 || shown->disputed_count > 0;
  uint32_t count = options ? shown->option_count : shown->count;
  struct value_texts *handles = krv_zalloc(krv_host_env(), count + 1, sizeof *handles);
  struct krv_buf code;
  int status = handles ? room_for(values, count) : KRV_NOMEM;
  krv_buf_init(&code, krv_host_env());
  for (uint32_t i = 0; status == 0 && i < count; i++) {
    const struct krv_writer *w;
    struct krv_slice value;
    if (options) {
      krv_buf_reset(&code);
      krv_value_encode(&(struct krv_value){.kind = KRV_VALUE_INT, .as.integer = shown->options[i]},
                       &code);
      value = krv_buf_slice(&code);
      w = option_writer(at->state, shown, shown->options[i]);
    } else {
      value = shown->values[i].value;
      w = krv_state_writer(at->state, shown->values[i].writer);
    }
    handles[i] = put_value(at, shown->schema, value, w ? w->tip.device : KRV_NO_INDEX, texts);
    values->items[i] = (struct kerven_value){
        .at_s = w ? w->wall_s : 0, .at_trusted = w && w->wall_quality == KRV_WALL_SERVER};
  }
  if (status == 0) status = code.status != 0 ? code.status : texts->buf.status;
  for (uint32_t i = 0; status == 0 && i < count; i++) {
    values->items[i].value = api_get(texts, handles[i].value);
    values->items[i].display = api_get(texts, handles[i].display);
    values->items[i].by = api_get(texts, handles[i].by);
  }
  values->count = status == 0 ? count : 0;
  krv_buf_release(&code);
  krv_free(krv_host_env(), handles);
  return status;
}

/* NULL for a type that the schema does not know, and for flat fields that somebody wrote outside
 * record 0: these are shown as what they are, and stand in no other value's place (R22). */
static const struct krv_record_type *type_of(const struct fields *f,
                                             const struct krv_shown_record *record) {
  char rid[17];
  krv_rid_format(&record->id, rid);
  return record->type == 0 && *rid ? NULL : krv_schema_type(f->schema, record->type);
}

static int describe(struct fields *f, const struct krv_shown_record *record,
                    const struct krv_shown_field *shown, struct kerven_field_item *out) {
  const struct krv_world *world = f->base.k->world;
  const struct krv_record_type *type = type_of(f, record);
  struct api_texts *texts = &f->base.texts;
  char unknown[16];
  snprintf(unknown, sizeof unknown, "#%u", shown->field);
  memset(out, 0, sizeof *out);
  api_text type_handle = api_put(texts, type ? type->name : krv_slice_str("#"));
  api_text type_label = api_put(texts, type ? type->label[world->lang] : krv_slice_str("#"));
  api_text name = api_put(texts, shown->schema ? shown->schema->name : krv_slice_str(unknown));
  api_text label =
      api_put(texts, shown->schema ? shown->schema->label[world->lang] : krv_slice_str(unknown));
  const struct api_shown at = {world, f->schema, krv_case_state(f->folder->kase)};
  int status = api_values_fill(&f->values, &at, shown, texts);
  out->record = api_get(texts, type_handle);
  out->record_label = api_get(texts, type_label);
  out->field = api_get(texts, name);
  out->label = api_get(texts, label);
  out->type = shown->schema ? type_name(shown->schema->type) : "text";
  out->number = record->type == 0 ? 0 : record->deleted ? f->place : f->number;
  krv_rid_format(&record->id, out->rid);
  out->conflict = shown->conflict || shown->disputed_count > 0;
  out->deleted_record = record->deleted;
  out->identifying = shown->schema && (shown->schema->flags & KRV_FIELD_IDENTIFYING);
  out->deprecated = shown->schema && (shown->schema->flags & KRV_FIELD_DEPRECATED);
  out->values = f->values.items;
  out->count = f->values.count;
  return status;
}

static bool wanted_record(const struct fields *f, const struct krv_shown_record *record) {
  const struct krv_record_type *type = type_of(f, record);
  if (record->deleted && !f->query.deleted) return false;
  if (!f->query.record) return true;
  return type && krv_slice_equal(type->name, krv_slice_str(f->record_type));
}

/* Numbers count records of one type in the view's order: the live ones as every path does, and all,
 * as what is restored is named. */
static void enter_record(struct fields *f) {
  const struct krv_shown_record *record = &f->view.records[f->record];
  bool same = f->record > 0 && f->view.records[f->record - 1].type == record->type;
  if (!same) f->number = f->place = 0;
  f->place++;
  if (!record->deleted) f->number++;
  f->field = 0;
}

int kerven_fields_next(kerven_iter *iter, struct kerven_field_item *out) {
  struct fields *f = (struct fields *)iter;
  api_iter_step(iter);
  for (; f->record < f->view.record_count; f->record++, f->field = 0) {
    const struct krv_shown_record *record = &f->view.records[f->record];
    if (f->field == 0) enter_record(f);
    if (!wanted_record(f, record)) continue;
    while (f->field < record->field_count) {
      const struct krv_shown_field *shown = &f->view.fields[record->first_field + f->field++];
      bool conflict = shown->conflict || shown->disputed_count > 0;
      if (f->query.conflicts_only && !conflict) continue;
      return describe(f, record, shown, out);
    }
  }
  return KERVEN_END;
}
