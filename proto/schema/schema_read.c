/* schema_read: a document becomes a schema. The bytes are copied, checked and built
 * into a tree by mp; counts are taken first, arrays allocated once, then filled.
 * The document is treated as hostile: every id, count, text and reference is checked,
 * and a document that breaks one rule is refused whole.
 *
 * What fails: anything out of place (MALFORMED), more than the bounds (TOO_LARGE),
 * another format of document (NEWER), memory. The reader's status is sticky. */
#include <string.h>

#include "mp.h"
#include "schema_doc.h"
#include "schema_priv.h"
#include "status.h"

struct reader {
  struct krv_schema *schema;
  uint32_t languages;             /* labels of a code */
  uint32_t place[KRV_LANG_COUNT]; /* of our languages among the document's */
  int status;
};

static void fail(struct reader *r, int status) {
  if (r->status == 0) r->status = status;
}

/* ---- texts ---- */

/* No control characters (a document must not drive a terminal): C0, DEL, C1. */
static bool is_printable(struct krv_slice text) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.data[i];
    if (c < 0x20 || c == 0x7f) return false;
    if (c == 0xc2 && i + 1 < text.len && text.data[i + 1] < 0xa0) return false;
  }
  return true;
}

static struct krv_slice take_text(struct reader *r, const struct krv_mp *node, size_t size_max) {
  struct krv_slice text = {0};
  if (krv_mp_str(node, &text) != 0 || !is_printable(text)) fail(r, KRV_MALFORMED);
  if (text.len > size_max) fail(r, KRV_TOO_LARGE);
  return text;
}

/* Names of types and fields are words of a field path: letters, digits, underscore. */
static struct krv_slice take_word(struct reader *r, const struct krv_mp *node) {
  struct krv_slice word = take_text(r, node, KRV_SCHEMA_NAME_SIZE_MAX);
  for (size_t i = 0; i < word.len; i++) {
    uint8_t c = word.data[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_') fail(r, KRV_MALFORMED);
  }
  return word;
}

/* Names of codes and aliases: not empty, and without the mark between choices. */
static struct krv_slice take_name(struct reader *r, const struct krv_mp *node) {
  struct krv_slice name = take_text(r, node, KRV_SCHEMA_NAME_SIZE_MAX);
  if (name.len == 0 || memchr(name.data, ';', name.len)) fail(r, KRV_MALFORMED);
  return name;
}

/* Texts of our languages, from a place in an array that holds one for each language
 * of the document; what is missing or nil is the first language's, else fallback. */
static void take_texts(struct reader *r, const struct krv_mp *array, uint32_t from,
                       size_t size_max, struct krv_slice fallback,
                       struct krv_slice out[KRV_LANG_COUNT]) {
  const struct krv_mp *first = krv_mp_at(array, from);
  if (first && !krv_mp_is_nil(first)) fallback = take_text(r, first, size_max);
  for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++) {
    const struct krv_mp *node = NULL;
    if (r->place[lang] < r->languages) node = krv_mp_at(array, from + r->place[lang]);
    out[lang] = node && !krv_mp_is_nil(node) ? take_text(r, node, size_max) : fallback;
  }
}

static const struct krv_mp *text_array(struct reader *r, const struct krv_mp *map, uint64_t key) {
  const struct krv_mp *array = krv_mp_get(map, key);
  if (array && krv_mp_type(array) != KRV_MP_ARRAY) fail(r, KRV_MALFORMED);
  return array;
}

static uint64_t take_uint(struct reader *r, const struct krv_mp *map, uint64_t key, uint64_t max) {
  uint64_t v = 0;
  if (krv_mp_uint(krv_mp_get(map, key), max, &v) != 0) fail(r, KRV_MALFORMED);
  return v;
}

static uint64_t take_uint_or_0(struct reader *r, const struct krv_mp *map, uint64_t key) {
  return krv_mp_get(map, key) ? take_uint(r, map, key, UINT32_MAX) : 0;
}

/* ---- the index of names ---- */

static void add_name(struct reader *r, uint32_t scope, uint32_t target, struct krv_slice name) {
  struct krv_schema *s = r->schema;
  if (r->status != 0) return;
  int rc = krv_grow(s->env, &s->names, &s->name_cap, s->name_count, sizeof *s->names);
  if (rc != 0)
    fail(r, rc);
  else
    s->names[s->name_count++] = (struct krv_schema_name){scope, target, name};
}

/* Merges the sorted runs [at, mid) and [mid, end) of from into to. */
static void merge_runs(const struct krv_schema_name *from, struct krv_schema_name *to, size_t at,
                       size_t mid, size_t end) {
  size_t a = at, b = mid;
  for (size_t i = at; i < end; i++) {
    bool left = b == end || (a < mid && krv_schema_name_compare(&from[a], &from[b]) <= 0);
    to[i] = left ? from[a++] : from[b++];
  }
}

/* Merge sort: no worse on a hostile order, and the C library's may allocate. */
static void sort_names(struct reader *r) {
  struct krv_schema *s = r->schema;
  size_t count = s->name_count;
  if (r->status != 0 || count == 0) return;
  struct krv_schema_name *other = krv_zalloc(s->env, count, sizeof *other);
  if (!other) {
    fail(r, KRV_NOMEM);
    return;
  }
  struct krv_schema_name *from = s->names, *to = other;
  for (size_t run = 1; run < count; run *= 2) {
    for (size_t at = 0; at < count; at += 2 * run) {
      size_t mid = at + run < count ? at + run : count;
      size_t end = mid + run < count ? mid + run : count;
      merge_runs(from, to, at, mid, end);
    }
    struct krv_schema_name *swap = from;
    from = to;
    to = swap;
  }
  if (from != s->names) memcpy(s->names, from, count * sizeof *from);
  krv_free(s->env, other);
  for (size_t i = 1; i < count; i++)
    if (krv_schema_name_compare(&s->names[i - 1], &s->names[i]) == 0) fail(r, KRV_MALFORMED);
}

/* ---- codes ---- */

/* What follows the labels; its kind of node tells what it is. */
static void read_code_extra(struct reader *r, uint32_t list, uint32_t index, struct krv_code *code,
                            const struct krv_mp *node) {
  int64_t rank = 0;
  switch (krv_mp_type(node)) {
    case KRV_MP_UINT:
    case KRV_MP_NINT:
      if (krv_mp_int(node, &rank) != 0 || rank < INT16_MIN || rank > INT16_MAX)
        fail(r, KRV_MALFORMED);
      else
        code->rank = (int16_t)rank;
      break;
    case KRV_MP_BOOL: (void)krv_mp_bool(node, &code->retired); break;
    case KRV_MP_STR: add_name(r, krv_scope_of_list(list), index, take_name(r, node)); break;
    case KRV_MP_ARRAY:
      take_texts(r, node, 0, KRV_SCHEMA_HELP_SIZE_MAX, krv_slice("", 0), code->help);
      break;
    default: break; /* of a newer document */
  }
}

static void read_code(struct reader *r, uint32_t list, uint32_t index, struct krv_code *code,
                      const struct krv_mp *node) {
  if (krv_mp_type(node) != KRV_MP_ARRAY) {
    fail(r, KRV_MALFORMED);
    return;
  }
  code->name = take_name(r, krv_mp_at(node, 0));
  take_texts(r, node, 1, KRV_SCHEMA_LABEL_SIZE_MAX, code->name, code->label);
  for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++) code->help[lang] = krv_slice("", 0);
  add_name(r, krv_scope_of_list(list), index, code->name);
  for (uint32_t i = 1 + r->languages; i < krv_mp_count(node); i++)
    read_code_extra(r, list, index, code, krv_mp_at(node, i));
}

static uint32_t count_codes(const struct krv_mp *lists) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < krv_mp_count(lists); i++)
    count += krv_mp_count(krv_mp_get(krv_mp_at(lists, i), KRV_DOC_LIST_CODES));
  return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

static void read_lists(struct reader *r, const struct krv_mp *lists) {
  struct krv_schema *s = r->schema;
  struct krv_code *next = s->codes;
  for (uint32_t i = 0; i < s->list_count && r->status == 0; i++) {
    struct krv_code_list *list = &s->lists[i];
    const struct krv_mp *map = krv_mp_at(lists, i);
    const struct krv_mp *codes = krv_mp_get(map, KRV_DOC_LIST_CODES);
    list->name = take_name(r, krv_mp_get(map, KRV_DOC_LIST_NAME));
    list->codes = next;
    list->count = krv_mp_count(codes);
    for (uint32_t k = 0; k < list->count && r->status == 0; k++)
      read_code(r, i, k, next++, krv_mp_at(codes, k));
    if (krv_slice_equal(list->name, krv_slice_str("bool")) && list->count == 2) s->bools = list;
  }
}

/* ---- types and fields ---- */

static void read_types(struct reader *r, const struct krv_mp *types) {
  struct krv_schema *s = r->schema;
  for (uint32_t i = 0; i < s->type_count && r->status == 0; i++) {
    struct krv_record_type *type = &s->types[i];
    const struct krv_mp *map = krv_mp_at(types, i);
    type->id = (uint8_t)take_uint(r, map, KRV_DOC_TYPE_ID, UINT8_MAX);
    type->name = take_word(r, krv_mp_get(map, KRV_DOC_TYPE_NAME));
    if ((type->id == 0) != (type->name.len == 0)) fail(r, KRV_MALFORMED);
    if (i > 0 && type->id <= s->types[i - 1].id) fail(r, KRV_MALFORMED);
    for (uint32_t k = 0; k < i; k++)
      if (krv_slice_equal(type->name, s->types[k].name)) fail(r, KRV_MALFORMED);
    take_texts(r, text_array(r, map, KRV_DOC_TYPE_LABEL), 0, KRV_SCHEMA_LABEL_SIZE_MAX, type->name,
               type->label);
    take_texts(r, text_array(r, map, KRV_DOC_TYPE_HELP), 0, KRV_SCHEMA_HELP_SIZE_MAX,
               krv_slice("", 0), type->help);
  }
}

static void read_field_kind(struct reader *r, struct krv_field *field, const struct krv_mp *map) {
  struct krv_schema *s = r->schema;
  uint64_t type = take_uint(r, map, KRV_DOC_FIELD_TYPE, UINT32_MAX);
  uint64_t show = take_uint_or_0(r, map, KRV_DOC_FIELD_SHOW);
  uint64_t flags = take_uint_or_0(r, map, KRV_DOC_FIELD_FLAGS);
  field->type = type <= KRV_FIELD_NOTES ? (enum krv_field_type)type : KRV_FIELD_TEXT;
  field->show = show <= KRV_SHOW_HIGHEST ? (enum krv_show_rule)show : KRV_SHOW_PLAIN;
  field->flags = (uint32_t)flags & (KRV_FIELD_NEWER - 1);
  if (type > KRV_FIELD_NOTES) field->flags |= KRV_FIELD_NEWER;
  if (!krv_field_takes_code(field->type)) return;
  uint64_t list = take_uint(r, map, KRV_DOC_FIELD_LIST, UINT32_MAX);
  if (list < s->list_count)
    field->list = &s->lists[list];
  else
    fail(r, KRV_MALFORMED);
}

static void read_field(struct reader *r, uint32_t index, const struct krv_mp *map) {
  struct krv_field *field = &r->schema->fields[index];
  const struct krv_mp *alias = text_array(r, map, KRV_DOC_FIELD_ALIAS);
  const struct krv_mp *part = krv_mp_get(map, KRV_DOC_FIELD_PART);
  field->id = (uint16_t)take_uint(r, map, KRV_DOC_FIELD_ID, UINT16_MAX);
  uint32_t scope = krv_scope_of_type((uint8_t)(field->id >> 8));
  field->name = take_word(r, krv_mp_get(map, KRV_DOC_FIELD_NAME));
  field->part = part ? take_word(r, part) : krv_slice("", 0);
  if (field->name.len == 0) fail(r, KRV_MALFORMED);
  read_field_kind(r, field, map);
  take_texts(r, text_array(r, map, KRV_DOC_FIELD_LABEL), 0, KRV_SCHEMA_LABEL_SIZE_MAX, field->name,
             field->label);
  take_texts(r, text_array(r, map, KRV_DOC_FIELD_HELP), 0, KRV_SCHEMA_HELP_SIZE_MAX,
             krv_slice("", 0), field->help);
  add_name(r, scope, index, field->name);
  for (uint32_t i = 0; i < krv_mp_count(alias); i++)
    add_name(r, scope, index, take_name(r, krv_mp_at(alias, i)));
}

/* Fields ascend and so do types: one walk gives each field to its type. */
static void read_fields(struct reader *r, const struct krv_mp *fields) {
  struct krv_schema *s = r->schema;
  uint32_t t = 0;
  for (uint32_t i = 0; i < s->field_count && r->status == 0; i++) {
    read_field(r, i, krv_mp_at(fields, i));
    uint16_t id = s->fields[i].id;
    if (i > 0 && id <= s->fields[i - 1].id) fail(r, KRV_MALFORMED);
    while (t < s->type_count && s->types[t].id < id >> 8) t++;
    if (t == s->type_count || s->types[t].id != id >> 8) {
      fail(r, KRV_MALFORMED);
      return;
    }
    if (s->types[t].count++ == 0) s->types[t].fields = &s->fields[i];
  }
}

/* ---- the whole ---- */

static void read_languages(struct reader *r, const struct krv_mp *languages) {
  static const char *const tags[KRV_LANG_COUNT] = {"en", "ru", "tk"};
  struct krv_schema *s = r->schema;
  r->languages = krv_mp_count(languages);
  if (r->languages == 0 || krv_mp_type(languages) != KRV_MP_ARRAY) fail(r, KRV_MALFORMED);
  if (r->languages > KRV_SCHEMA_LANGUAGES_MAX) fail(r, KRV_TOO_LARGE);
  for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++) {
    r->place[lang] = UINT32_MAX;
    s->languages[lang].tag = krv_slice_str(tags[lang]);
    s->languages[lang].name = krv_slice("", 0);
  }
  for (uint32_t i = 0; i < r->languages && r->status == 0; i++) {
    const struct krv_mp *row = krv_mp_at(languages, i);
    struct krv_slice tag = take_text(r, krv_mp_at(row, 0), KRV_SCHEMA_NAME_SIZE_MAX);
    struct krv_slice name = take_text(r, krv_mp_at(row, 1), KRV_SCHEMA_NAME_SIZE_MAX);
    bool rtl = false;
    if (krv_mp_bool(krv_mp_at(row, 2), &rtl) != 0) fail(r, KRV_MALFORMED);
    for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++) {
      if (!krv_slice_equal(tag, s->languages[lang].tag)) continue;
      if (r->place[lang] != UINT32_MAX) fail(r, KRV_MALFORMED);
      r->place[lang] = i;
      s->languages[lang].name = name;
      s->languages[lang].rtl = rtl;
    }
  }
}

static uint32_t take_count(struct reader *r, const struct krv_mp *node, uint32_t max) {
  if (!node || krv_mp_type(node) != KRV_MP_ARRAY) fail(r, KRV_MALFORMED);
  if (krv_mp_count(node) > max) fail(r, KRV_TOO_LARGE);
  return r->status == 0 ? krv_mp_count(node) : 0;
}

static void allocate(struct reader *r, const struct krv_mp *root) {
  struct krv_schema *s = r->schema;
  const struct krv_mp *lists = krv_mp_get(root, KRV_DOC_LISTS);
  s->list_count = take_count(r, lists, KRV_SCHEMA_LISTS_MAX);
  s->type_count = take_count(r, krv_mp_get(root, KRV_DOC_TYPES), KRV_SCHEMA_TYPES_MAX);
  s->field_count = take_count(r, krv_mp_get(root, KRV_DOC_FIELDS), KRV_SCHEMA_FIELDS_MAX);
  s->code_count = count_codes(lists);
  if (s->code_count > KRV_SCHEMA_CODES_MAX) fail(r, KRV_TOO_LARGE);
  if (r->status != 0) return;
  s->lists = krv_zalloc(s->env, s->list_count, sizeof *s->lists);
  s->codes = krv_zalloc(s->env, s->code_count, sizeof *s->codes);
  s->types = krv_zalloc(s->env, s->type_count, sizeof *s->types);
  s->fields = krv_zalloc(s->env, s->field_count, sizeof *s->fields);
  if (!s->lists || !s->codes || !s->types || !s->fields) fail(r, KRV_NOMEM);
}

static int read_document(struct krv_schema *schema, const struct krv_mp *root) {
  struct reader r = {.schema = schema};
  if (krv_mp_type(root) != KRV_MP_MAP) return KRV_MALFORMED;
  uint64_t format = take_uint(&r, root, KRV_DOC_FORMAT, UINT32_MAX);
  if (r.status == 0 && format != KRV_DOC_FORMAT_1) return KRV_NEWER;
  schema->version = (uint32_t)take_uint(&r, root, KRV_DOC_VERSION, UINT32_MAX);
  schema->source = take_text(&r, krv_mp_get(root, KRV_DOC_SOURCE), KRV_SCHEMA_HELP_SIZE_MAX);
  read_languages(&r, krv_mp_get(root, KRV_DOC_LANGUAGES));
  allocate(&r, root);
  if (r.status != 0) return r.status;
  read_lists(&r, krv_mp_get(root, KRV_DOC_LISTS));
  read_types(&r, krv_mp_get(root, KRV_DOC_TYPES));
  read_fields(&r, krv_mp_get(root, KRV_DOC_FIELDS));
  sort_names(&r);
  return r.status;
}

int krv_schema_new(const struct krv_env *env, struct krv_slice document, struct krv_schema **out) {
  struct krv_mp_doc doc = {0};
  *out = NULL;
  if (document.len > KRV_SCHEMA_SIZE_MAX) return KRV_TOO_LARGE;
  struct krv_schema *schema = krv_zalloc(env, 1, sizeof *schema);
  if (!schema) return KRV_NOMEM;
  schema->env = env;
  int rc = KRV_NOMEM;
  schema->document = krv_alloc(env, document.len);
  if (!schema->document) goto fail;
  if (document.len > 0) memcpy(schema->document, document.data, document.len);
  rc = krv_mp_read(&doc, krv_slice(schema->document, document.len));
  if (rc != 0) goto fail;
  rc = read_document(schema, doc.root);
  krv_mp_doc_release(&doc);
  if (rc != 0) goto fail;
  *out = schema;
  return 0;

fail:
  krv_schema_free(schema);
  return rc;
}

struct krv_schema *krv_schema_keep(struct krv_schema *schema) {
  schema->further++;
  return schema;
}

void krv_schema_free(struct krv_schema *schema) {
  if (!schema || schema->further-- > 0) return;
  const struct krv_env *env = schema->env;
  krv_free(env, schema->names);
  krv_free(env, schema->fields);
  krv_free(env, schema->types);
  krv_free(env, schema->codes);
  krv_free(env, schema->lists);
  krv_free(env, schema->document);
  krv_free(env, schema);
}
