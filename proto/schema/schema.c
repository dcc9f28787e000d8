/* schema: looking things up. Ids and names by binary search; labels by a walk over
 * the list, since only people type labels. */
#include "schema.h"

#include <string.h>
#include <utf8proc.h>

#include "schema_priv.h"

uint32_t krv_schema_version(const struct krv_schema *schema) {
  return schema->version;
}

struct krv_slice krv_schema_source(const struct krv_schema *schema) {
  return schema->source;
}

const struct krv_language *krv_schema_language(const struct krv_schema *schema,
                                               enum krv_lang lang) {
  return &schema->languages[lang];
}

uint32_t krv_schema_type_count(const struct krv_schema *schema) {
  return schema->type_count;
}

const struct krv_record_type *krv_schema_type_at(const struct krv_schema *schema, uint32_t i) {
  return i < schema->type_count ? &schema->types[i] : NULL;
}

/* At most 256 types, and callers keep what they get: a walk will do. */
const struct krv_record_type *krv_schema_type(const struct krv_schema *schema, uint8_t id) {
  for (uint32_t i = 0; i < schema->type_count; i++)
    if (schema->types[i].id == id) return &schema->types[i];
  return NULL;
}

const struct krv_record_type *krv_schema_type_named(const struct krv_schema *schema,
                                                    struct krv_slice name) {
  for (uint32_t i = 0; i < schema->type_count; i++)
    if (krv_slice_equal(schema->types[i].name, name)) return &schema->types[i];
  return NULL;
}

const struct krv_field *krv_schema_field(const struct krv_schema *schema, uint16_t id) {
  uint32_t low = 0, high = schema->field_count;
  while (low < high) {
    uint32_t mid = low + (high - low) / 2;
    if (schema->fields[mid].id < id)
      low = mid + 1;
    else
      high = mid;
  }
  bool found = low < schema->field_count && schema->fields[low].id == id;
  return found ? &schema->fields[low] : NULL;
}

int krv_schema_name_compare(const struct krv_schema_name *a, const struct krv_schema_name *b) {
  if (a->scope != b->scope) return a->scope < b->scope ? -1 : 1;
  return krv_slice_compare(a->name, b->name);
}

int64_t krv_schema_name_find(const struct krv_schema *schema, uint32_t scope,
                             struct krv_slice name) {
  struct krv_schema_name wanted = {.scope = scope, .name = name};
  size_t low = 0, high = schema->name_count;
  while (low < high) {
    size_t mid = low + (high - low) / 2;
    int order = krv_schema_name_compare(&schema->names[mid], &wanted);
    if (order == 0) return schema->names[mid].target;
    if (order < 0)
      low = mid + 1;
    else
      high = mid;
  }
  return -1;
}

const struct krv_field *krv_schema_field_named(const struct krv_schema *schema, uint8_t type,
                                               struct krv_slice name) {
  int64_t target = krv_schema_name_find(schema, krv_scope_of_type(type), name);
  return target < 0 ? NULL : &schema->fields[target];
}

/* ---- codes ---- */

/* One character of text at *at, in lower case; what is no UTF-8 stands for itself. */
static int32_t next_lower(struct krv_slice text, size_t *at) {
  utf8proc_int32_t c = 0;
  utf8proc_ssize_t used =
      utf8proc_iterate(text.data + *at, (utf8proc_ssize_t)(text.len - *at), &c);
  if (used <= 0) {
    c = text.data[*at];
    used = 1;
  }
  *at += (size_t)used;
  return utf8proc_tolower(c);
}

static bool equal_without_case(struct krv_slice a, struct krv_slice b) {
  size_t i = 0, k = 0;
  while (i < a.len && k < b.len)
    if (next_lower(a, &i) != next_lower(b, &k)) return false;
  return i == a.len && k == b.len;
}

static bool has_label(const struct krv_code *code, struct krv_slice text) {
  for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++)
    if (equal_without_case(code->label[lang], text)) return true;
  return false;
}

static uint32_t scope_of(const struct krv_schema *schema, const struct krv_code_list *list) {
  return krv_scope_of_list((uint32_t)(list - schema->lists));
}

/* Names and aliases of a scope stand together. */
static size_t scope_begin(const struct krv_schema *schema, uint32_t scope) {
  size_t low = 0, high = schema->name_count;
  while (low < high) {
    size_t mid = low + (high - low) / 2;
    if (schema->names[mid].scope < scope) low = mid + 1;
    else high = mid;
  }
  return low;
}

static const struct krv_schema_name *name_in(const struct krv_schema *schema, uint32_t scope,
                                             size_t i) {
  bool in = i < schema->name_count && schema->names[i].scope == scope;
  return in ? &schema->names[i] : NULL;
}

/* By name or alias in another case; -1 where two codes have it. */
static int32_t code_without_case(const struct krv_schema *schema, uint32_t scope,
                                 struct krv_slice text) {
  const struct krv_schema_name *name;
  int64_t found = -1;
  for (size_t i = scope_begin(schema, scope); (name = name_in(schema, scope, i)) != NULL; i++) {
    if (!equal_without_case(name->name, text)) continue;
    if (found >= 0 && found != (int64_t)name->target) return -1;
    found = name->target;
  }
  return (int32_t)found;
}

int32_t krv_schema_code(const struct krv_schema *schema, const struct krv_code_list *list,
                        struct krv_slice text) {
  uint32_t scope = scope_of(schema, list);
  int64_t target = krv_schema_name_find(schema, scope, text);
  if (target >= 0) return (int32_t)target;
  if (text.len == 0) return -1;
  for (uint32_t i = 0; i < list->count; i++)
    if (has_label(&list->codes[i], text)) return (int32_t)i;
  return code_without_case(schema, scope, text);
}

/* ---- did you mean ---- */

static char lower(uint8_t c) {
  return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

/* Levenshtein's distance without case; names are at most KRV_SCHEMA_NAME_SIZE_MAX. */
static unsigned distance(struct krv_slice a, struct krv_slice b) {
  unsigned row[KRV_SCHEMA_NAME_SIZE_MAX + 1];
  for (unsigned k = 0; k <= b.len; k++) row[k] = k;
  for (unsigned i = 1; i <= a.len; i++) {
    unsigned corner = row[0];
    row[0] = i;
    for (unsigned k = 1; k <= b.len; k++) {
      unsigned above = row[k];
      unsigned change = lower(a.data[i - 1]) == lower(b.data[k - 1]) ? 0 : 1;
      row[k] = least(corner + change, least(above, row[k - 1]) + 1);
      corner = above;
    }
  }
  return row[b.len];
}

struct nearest {
  struct krv_slice wanted, best;
  unsigned away; /* distance of best; what is farther is not near */
};

/* shown is what name leads to: another spelling's field is offered by its own name.
 * HTCDS names are also known without their prefix: FirstName is prs_FirstName. */
static void consider(struct nearest *n, struct krv_slice name, struct krv_slice shown) {
  if (name.len > KRV_SCHEMA_NAME_SIZE_MAX) return;
  unsigned away = distance(n->wanted, name);
  if (name.len > 4 && name.data[3] == '_') {
    struct krv_slice bare = krv_slice(name.data + 4, name.len - 4);
    away = least(away, distance(n->wanted, bare));
  }
  if (away >= n->away) return;
  n->away = away;
  n->best = shown;
}

static void consider_fields(const struct krv_schema *schema, struct nearest *n, uint8_t type) {
  const struct krv_schema_name *name;
  uint32_t scope = krv_scope_of_type(type);
  for (size_t i = scope_begin(schema, scope); (name = name_in(schema, scope, i)) != NULL; i++)
    consider(n, name->name, schema->fields[name->target].name);
}

static void consider_label(struct nearest *n, const struct krv_code *code) {
  for (unsigned lang = 0; lang < KRV_LANG_COUNT; lang++)
    if (code->label[lang].len <= KRV_SCHEMA_NAME_SIZE_MAX) {
      unsigned away = distance(n->wanted, code->label[lang]);
      if (away < n->away) *n = (struct nearest){n->wanted, code->name, away};
    }
}

struct krv_slice krv_schema_nearest_code(const struct krv_schema *schema,
                                         const struct krv_code_list *list, struct krv_slice text) {
  const struct krv_schema_name *name;
  uint32_t scope = scope_of(schema, list);
  /* of a short text less than half may be wrong */
  struct nearest n = {.wanted = text, .best = krv_slice("", 0)};
  if (text.len == 0 || text.len > KRV_SCHEMA_NAME_SIZE_MAX) return n.best;
  n.away = least(2, (unsigned)(text.len - 1) / 2) + 1;
  for (size_t i = scope_begin(schema, scope); (name = name_in(schema, scope, i)) != NULL; i++)
    consider(&n, name->name, list->codes[name->target].name);
  for (uint32_t i = 0; i < list->count; i++) consider_label(&n, &list->codes[i]);
  return n.best;
}

struct krv_slice krv_schema_nearest(const struct krv_schema *schema, struct krv_slice name) {
  const struct krv_record_type *type = krv_schema_type(schema, 0);
  const uint8_t *dot = name.len > 0 ? memchr(name.data, '.', name.len) : NULL;
  struct nearest n = {.wanted = name, .best = krv_slice("", 0)};
  if (dot) {
    n.wanted = krv_slice(name.data, (size_t)(dot - name.data));
    type = krv_schema_type_named(schema, n.wanted);
    if (type) n.wanted = krv_slice(dot + 1, name.len - n.wanted.len - 1);
  }
  if (n.wanted.len == 0 || n.wanted.len > KRV_SCHEMA_NAME_SIZE_MAX) return n.best;
  n.away = (unsigned)n.wanted.len / 3 + 2; /* one letter in three may be wrong, and one more */
  if (type)
    consider_fields(schema, &n, type->id);
  else
    for (uint32_t i = 0; i < schema->type_count; i++)
      if (schema->types[i].id != 0) consider(&n, schema->types[i].name, schema->types[i].name);
  return n.best;
}
