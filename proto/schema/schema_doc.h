/* schema_doc: the keys of a schema document, shared by the build-time tool that
 * writes it and the reader. docs/schema.md tells what each holds. Keys are
 * append-only; a reader skips those that it does not know. */
#ifndef KRV_SCHEMA_DOC_H
#define KRV_SCHEMA_DOC_H

enum { KRV_DOC_FORMAT_1 = 1 };

enum krv_doc_key {
  KRV_DOC_FORMAT,    /* uint, 1 */
  KRV_DOC_VERSION,   /* uint */
  KRV_DOC_SOURCE,    /* str */
  KRV_DOC_LANGUAGES, /* [[tag, name, right to left], ...]; the first is the fallback */
  KRV_DOC_LISTS,     /* [list, ...] */
  KRV_DOC_TYPES,     /* [type, ...], ascending ids */
  KRV_DOC_FIELDS,    /* [field, ...], ascending ids */
};

/* A code is an array: name, a label (or nil) for each language, then in any order
 * rank (integer), retired (bool), help (array of texts), aliases (str each). */
enum krv_doc_list_key { KRV_DOC_LIST_NAME, KRV_DOC_LIST_CODES };

enum krv_doc_type_key {
  KRV_DOC_TYPE_ID, KRV_DOC_TYPE_NAME, KRV_DOC_TYPE_LABEL, KRV_DOC_TYPE_HELP,
};

enum krv_doc_field_key {
  KRV_DOC_FIELD_ID, KRV_DOC_FIELD_NAME, KRV_DOC_FIELD_TYPE, KRV_DOC_FIELD_LABEL,
  KRV_DOC_FIELD_HELP, KRV_DOC_FIELD_FLAGS, KRV_DOC_FIELD_SHOW,
  KRV_DOC_FIELD_LIST, /* index of the list */
  KRV_DOC_FIELD_PART, KRV_DOC_FIELD_ALIAS /* array of str */,
};

#endif
