/* api_schema: the fields there are. */
#include <string.h>

#include "api.h"

struct schema_iter {
  struct kerven_iter base;
  struct krv_schema *schema; /* kept: a newer one may come while it is read */
  enum krv_lang lang;
  uint32_t type, field;
  const char **codes, **labels; /* lent, NULL-terminated */
  api_text *handles;
};

static void drop_codes(struct schema_iter *s) {
  krv_free(krv_host_env(), s->codes);
  krv_free(krv_host_env(), s->labels);
  krv_free(krv_host_env(), s->handles);
  s->codes = s->labels = NULL;
  s->handles = NULL;
}

static void schema_release(struct kerven_iter *iter) {
  drop_codes((struct schema_iter *)iter);
  krv_schema_free(((struct schema_iter *)iter)->schema);
}

int kerven_schema(kerven *k, kerven_iter **out) {
  *out = NULL;
  struct schema_iter *s = api_iter_new(k, sizeof *s, schema_release);
  if (!s) return KRV_NOMEM;
  int status = 0;
  if (k) s->schema = krv_schema_keep(k->world->schema);
  else status = krv_schema_new(krv_host_env(), krv_schema_builtin(), &s->schema);
  s->lang = k ? k->world->lang : KRV_LANG_EN;
  if (status != 0) kerven_iter_free(&s->base);
  else *out = &s->base;
  return status;
}

void kerven_schema_language(kerven_iter *iter, const char *lang) {
  enum krv_lang known;
  if (iter && api_lang(lang, &known)) ((struct schema_iter *)iter)->lang = known;
}

static const char *type_name(const struct krv_field *field) {
  static const char *const names[] = {
      [KRV_FIELD_TEXT] = "text",       [KRV_FIELD_LONG_TEXT] = "long_text",
      [KRV_FIELD_CODE] = "code",       [KRV_FIELD_OPEN_CODE] = "open_code",
      [KRV_FIELD_CODES] = "codes",     [KRV_FIELD_BOOL] = "bool",
      [KRV_FIELD_INTEGER] = "integer", [KRV_FIELD_DECIMAL] = "decimal",
      [KRV_FIELD_DATE] = "date",       [KRV_FIELD_PHONE] = "phone",
      [KRV_FIELD_CASE] = "case",       [KRV_FIELD_RECORD] = "record",
      [KRV_FIELD_NOTES] = "notes",
  };
  size_t i = (size_t)field->type;
  return i < sizeof names / sizeof *names && names[i] ? names[i] : "newer";
}

/* Room for the names and labels of a list; handles first, pointers when the texts rest. */
static int put_codes(struct schema_iter *s, const struct krv_code_list *list) {
  size_t count = list->count;
  s->codes = krv_zalloc(krv_host_env(), count + 1, sizeof *s->codes);
  s->labels = krv_zalloc(krv_host_env(), count + 1, sizeof *s->labels);
  s->handles = krv_zalloc(krv_host_env(), 2 * count + 1, sizeof *s->handles);
  if (!s->codes || !s->labels || !s->handles) return KRV_NOMEM;
  for (size_t i = 0; i < count; i++) {
    s->handles[2 * i] = api_put(&s->base.texts, list->codes[i].name);
    s->handles[2 * i + 1] = api_put(&s->base.texts, list->codes[i].label[s->lang]);
  }
  for (size_t i = 0; i < count; i++) {
    s->codes[i] = api_get(&s->base.texts, s->handles[2 * i]);
    s->labels[i] = api_get(&s->base.texts, s->handles[2 * i + 1]);
  }
  return 0;
}

static int describe(struct schema_iter *s, const struct krv_record_type *type,
                    const struct krv_field *field, struct kerven_schema_item *out) {
  struct api_texts *texts = &s->base.texts;
  memset(out, 0, sizeof *out);
  drop_codes(s);
  api_text record = api_put(texts, type->name), name = api_put(texts, field->name);
  api_text label = api_put(texts, field->label[s->lang]),
           help = api_put(texts, field->help[s->lang]);
  api_text list = api_put(texts, field->list ? field->list->name : krv_slice_str(""));
  int status = field->list ? put_codes(s, field->list) : 0;
  if (status == 0) status = texts->buf.status;
  out->record = api_get(texts, record);
  out->field = api_get(texts, name);
  out->label = api_get(texts, label);
  out->help = api_get(texts, help);
  out->list = api_get(texts, list);
  out->type = type_name(field);
  out->core = field->flags & KRV_FIELD_CORE;
  out->required = field->flags & KRV_FIELD_REQUIRED;
  out->deprecated = field->flags & KRV_FIELD_DEPRECATED;
  out->identifying = field->flags & KRV_FIELD_IDENTIFYING;
  out->technical = field->flags & KRV_FIELD_TECHNICAL;
  out->codes = s->codes;
  out->code_labels = s->labels;
  return status;
}

int kerven_schema_next(kerven_iter *iter, struct kerven_schema_item *out) {
  struct schema_iter *s = (struct schema_iter *)iter;
  api_iter_step(iter);
  while (s->type < krv_schema_type_count(s->schema)) {
    const struct krv_record_type *type = krv_schema_type_at(s->schema, s->type);
    if (s->field < type->count) return describe(s, type, &type->fields[s->field++], out);
    s->type++;
    s->field = 0;
  }
  return KERVEN_END;
}

int kerven_schema_publish(kerven *k, const void *document, size_t len) {
  struct krv_intake *intake;
  bool own;
  api_begin(k);
  int status = api_intake(k, &intake, &own);
  if (status != 0) return status;
  status = document ? krv_world_publish(k->world, krv_slice(document, len)) : KRV_INVALID;
  status = api_close(intake, own, status);
  if (status == KRV_EXISTS)
    return api_fail(k, status, "the schema in use is not older than this one");
  return status;
}
