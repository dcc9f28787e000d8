/* schema: which fields there are, as a document (data, versioned, sealed to
 * `everyone`, its hash in the roster), not C code. It decides validation at
 * input, display and warnings; it never decides what is merged (R22), so a
 * value that it does not know is kept and shown raw.
 *
 * A field id is u16: record type in the high byte, place in the type in the
 * low one, so an old client can file a field that it has never heard of. Type 0
 * is record 0, the flat HTCDS fields. Ids and code indices are append-only. */
#ifndef KRV_SCHEMA_H
#define KRV_SCHEMA_H

#include "buf.h"
#include "value.h"

/* Bounds of a document; KRV_MP_NODES_MAX bounds what has none here, such as aliases. */
enum {
  KRV_SCHEMA_SIZE_MAX = 512 * 1024,
  KRV_SCHEMA_LANGUAGES_MAX = 16,
  KRV_SCHEMA_TYPES_MAX = 256,
  KRV_SCHEMA_FIELDS_MAX = 4096,
  KRV_SCHEMA_LISTS_MAX = 512,
  KRV_SCHEMA_CODES_MAX = 8192,          /* of all lists */
  KRV_SCHEMA_NAME_SIZE_MAX = 100,
  KRV_SCHEMA_LABEL_SIZE_MAX = 400,
  KRV_SCHEMA_HELP_SIZE_MAX = 2000,      /* also the source */
};

enum krv_lang { KRV_LANG_EN, KRV_LANG_RU, KRV_LANG_TK, KRV_LANG_COUNT };

enum krv_field_type {
  KRV_FIELD_TEXT,      /* one line */
  KRV_FIELD_LONG_TEXT,
  KRV_FIELD_CODE,      /* one of a list; stored as its index */
  KRV_FIELD_OPEN_CODE, /* one of a list, or free text where none fits */
  KRV_FIELD_CODES,     /* several of a list; each option merges on its own */
  KRV_FIELD_BOOL,
  KRV_FIELD_INTEGER,   /* >= 0 */
  KRV_FIELD_DECIMAL,
  KRV_FIELD_DATE,      /* possibly partial */
  KRV_FIELD_PHONE,     /* E.164, or as it was told */
  KRV_FIELD_CASE,      /* another case */
  KRV_FIELD_RECORD,    /* another record of the same case */
  KRV_FIELD_NOTES,     /* appended texts; never edited */
};

/* How concurrent values are shown (design: survivor-safe display). */
enum krv_show_rule {
  KRV_SHOW_PLAIN,       /* the newest by R24, flagged */
  KRV_SHOW_RESTRICTIVE, /* consent: the lowest rank (most restrictive) wins, unknown codes' first */
  KRV_SHOW_HIGHEST,     /* risk: the highest rank wins; unknown codes rank highest */
};

enum krv_field_flags {
  KRV_FIELD_CORE = 1,       /* HTCDS core */
  KRV_FIELD_DEPRECATED = 2, /* HTCDS deprecated: shown when filled, not offered */
  KRV_FIELD_REQUIRED = 4,   /* a case without it is listed as incomplete; never refused */
  KRV_FIELD_IDENTIFYING = 8,/* names, addresses, numbers: left out of statistics */
  KRV_FIELD_CARD = 16,      /* part of the line that lists show */
  KRV_FIELD_SEARCH = 32,    /* its text is searched */
  KRV_FIELD_PAST = 64,      /* a day that has been: a later one is warned about */
  KRV_FIELD_EMAIL = 128,    /* an e-mail address, else a warning */
  KRV_FIELD_TECHNICAL = 256, /* set by kerven itself (import, referral, directory), not by hand */
  KRV_FIELD_NEWER = 512,    /* of a type that this program does not know (its type reads TEXT):
                               shown raw, not written; set by reading, never by the document */
};

struct krv_code {
  struct krv_slice name;                   /* "Feminine"; stable, exact HTCDS */
  struct krv_slice label[KRV_LANG_COUNT];
  int16_t rank;                            /* for the show rules; 0 by default */
  bool retired;                            /* shown when used, not offered */
  struct krv_slice help[KRV_LANG_COUNT];   /* "" where the label says it */
};

struct krv_code_list {
  struct krv_slice name;
  const struct krv_code *codes;            /* index = place */
  uint32_t count;
};

struct krv_field {
  uint16_t id;
  struct krv_slice name;                   /* "prs_FirstName", or "purposes" in type consent */
  enum krv_field_type type;
  enum krv_show_rule show;
  uint32_t flags;
  const struct krv_code_list *list;        /* code types; else NULL */
  struct krv_slice part;                   /* "" or health, shelter, legal: not for everybody */
  struct krv_slice label[KRV_LANG_COUNT];
  struct krv_slice help[KRV_LANG_COUNT];
};

struct krv_record_type {
  uint8_t id;
  struct krv_slice name;                   /* "" for type 0, else "consent", ... */
  struct krv_slice label[KRV_LANG_COUNT];
  const struct krv_field *fields;          /* ascending ids */
  uint32_t count;
  struct krv_slice help[KRV_LANG_COUNT];
};

struct krv_language {
  struct krv_slice tag;                    /* "en", "ru", "tk" (BCP 47) */
  struct krv_slice name;                   /* in itself; "" when the document lacks the language */
  bool rtl;                                /* written from right to left */
};

struct krv_schema; /* immutable once read; may be shared between threads */

/* Reads and checks a document (msgpack; see docs/schema.md). bytes are copied; env
 * must outlive the schema. Keys that this program does not know are skipped. A text
 * that is missing in a language is the first language's, a missing label the name.
 * MALFORMED, TOO_LARGE, NOMEM; NEWER for another format of document. */
int krv_schema_new(const struct krv_env *env, struct krv_slice document, struct krv_schema **out);
/* One holder more: each keeps it until he frees it. One thread. */
struct krv_schema *krv_schema_keep(struct krv_schema *schema);
void krv_schema_free(struct krv_schema *schema);
/* The document that is built in; static storage. */
struct krv_slice krv_schema_builtin(void);

uint32_t krv_schema_version(const struct krv_schema *schema);
/* Where fields and codes come from, with their licence; shown with the programme's own. */
struct krv_slice krv_schema_source(const struct krv_schema *schema);
const struct krv_language *krv_schema_language(const struct krv_schema *schema, enum krv_lang lang);
uint32_t krv_schema_type_count(const struct krv_schema *schema);
const struct krv_record_type *krv_schema_type_at(const struct krv_schema *schema, uint32_t i);
/* NULL when not in this schema. */
const struct krv_record_type *krv_schema_type(const struct krv_schema *schema, uint8_t id);
const struct krv_record_type *krv_schema_type_named(const struct krv_schema *schema,
                                                    struct krv_slice name);
const struct krv_field *krv_schema_field(const struct krv_schema *schema, uint16_t id);
/* By exact name or by alias (old and survey-form spellings); NULL if none. */
const struct krv_field *krv_schema_field_named(const struct krv_schema *schema, uint8_t type,
                                               struct krv_slice name);
/* The index of a code by name, alias or label in any language; -1 if none. Exact names go first,
 * then labels without regard to case, then names without it where they lead to one code only. list
 * is one of this schema's. */
int32_t krv_schema_code(const struct krv_schema *schema, const struct krv_code_list *list,
                        struct krv_slice text);
/* The name of the code that a mistyped one is near to, at most two letters off; empty if none
 * is. */
struct krv_slice krv_schema_nearest_code(const struct krv_schema *schema,
                                         const struct krv_code_list *list, struct krv_slice text);
/* The nearest field name to a mistyped one, for "did you mean"; empty if none is near.
 * "type.name" looks in that type and gives the field's name alone, without the type;
 * a mistyped type gives the nearest type name. A plain name looks in record type 0. */
struct krv_slice krv_schema_nearest(const struct krv_schema *schema, struct krv_slice name);

/* One person's input to one value: parses, checks against the field, appends
 * the canonical bytes to out. For CODES each single option; for NOTES the text.
 * text is NFC already. Empty text gives nil (cleared). A field of one line loses white
 * space at its ends, and a line break in it becomes a space; a phone number that starts
 * with + or 00 loses its punctuation.
 * CODE, DATE, VALUE, TOO_LARGE; NEWER for a field of an unknown type. On failure out
 * holds what it held. */
int krv_schema_parse(const struct krv_schema *schema, const struct krv_field *field,
                     struct krv_slice text, struct krv_buf *out);
/* What is odd about a value that the field takes: for a warning, never a reason to refuse (R22). */
enum krv_doubt { KRV_DOUBT_NONE, KRV_DOUBT_PHONE, KRV_DOUBT_EMAIL, KRV_DOUBT_FUTURE,
                 KRV_DOUBT_LIST };
/* A phone number that is not E.164, what is no e-mail address, a text where a list is open, a day
 * after today (yyyymmdd; 0: not known) where the field is about the past: of a partial date, when
 * all of it lies ahead. */
enum krv_doubt krv_schema_doubt(const struct krv_field *field, struct krv_slice value,
                                uint32_t today);
/* The machine form of a value: code names, ISO dates, "true"; appends UTF-8.
 * A value that does not fit the field (a newer schema wrote it) is shown raw:
 * "#17" for an unknown code. Never fails but for memory. field may be NULL. */
void krv_schema_format(const struct krv_schema *schema, const struct krv_field *field,
                       struct krv_slice value, struct krv_buf *out);
/* The form for people, in a language: labels instead of code names. */
void krv_schema_display(const struct krv_schema *schema, const struct krv_field *field,
                        enum krv_lang lang, struct krv_slice value, struct krv_buf *out);
/* Rank of a value under the field's show rule; larger is what is shown. An
 * unknown consent code ranks as the most restrictive, an unknown risk highest; so
 * does a value that does not decode or fit. RESTRICTIVE also means: no over yes, the
 * earlier date, the smaller number; HIGHEST the reverse. Nothing (nil) stands between
 * good and bad codes, where rank 0 is, and below everything in fields of other types. */
int32_t krv_schema_show_rank(const struct krv_field *field, struct krv_slice value);

#endif
