/* schema_priv: what a schema holds; for the files of this layer only. */
#ifndef KRV_SCHEMA_PRIV_H
#define KRV_SCHEMA_PRIV_H

#include "schema.h"

/* A name or alias. Sorted by scope, then name; unique in its scope. */
struct krv_schema_name {
  uint32_t scope;         /* krv_scope_of_type or krv_scope_of_list */
  uint32_t target;        /* place in fields, or of the code in its list */
  struct krv_slice name;
};

/* Invariants, once read:
 *  1. Slices point into document, which the schema owns.
 *  2. types and fields ascend by id; a type's fields are a run of fields.
 *  3. field->list is NULL exactly if the field is of no code type.
 *  4. names holds every name and alias of every field and code, sorted. */
struct krv_schema {
  const struct krv_env *env;
  uint32_t further; /* holders beside the first */
  uint8_t *document;
  uint32_t version;
  struct krv_slice source;
  struct krv_language languages[KRV_LANG_COUNT];
  struct krv_record_type *types;
  struct krv_field *fields;
  struct krv_code_list *lists;
  struct krv_code *codes;
  struct krv_schema_name *names;
  uint32_t type_count, field_count, list_count, code_count;
  size_t name_count, name_cap;
  const struct krv_code_list *bools; /* the list "bool": no and yes in words; NULL if none */
};

static inline uint32_t krv_scope_of_type(uint8_t type) {
  return type;
}
static inline uint32_t krv_scope_of_list(uint32_t list) {
  return KRV_SCHEMA_TYPES_MAX + list;
}

/* Order of names; 0 only for equal scope and name. */
int krv_schema_name_compare(const struct krv_schema_name *a, const struct krv_schema_name *b);
/* The name's target, -1 if there is no such name in scope. */
int64_t krv_schema_name_find(const struct krv_schema *schema, uint32_t scope,
                             struct krv_slice name);

static inline bool krv_field_takes_code(enum krv_field_type type) {
  return type == KRV_FIELD_CODE || type == KRV_FIELD_OPEN_CODE || type == KRV_FIELD_CODES;
}

#endif
