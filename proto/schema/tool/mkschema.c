/* mkschema: builtin.json -> msgpack -> a C file that holds it. A host tool of the
 * build; it refuses a document that breaks a rule and says where.
 *
 *   mkschema builtin.json schema_builtin.c
 *
 * docs/schema.md describes both forms of the document. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"
#include "schema_doc.h"

/* Where in the document the tool is, for messages. */
static const char *place = "document";

static _Noreturn void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "mkschema: %s: ", place);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(1);
}

/* Words of the document in the order of their numbers (schema.h). */
static const char *const field_types[] = {"text", "longText", "code", "openCode", "codes", "bool",
                                          "integer", "decimal", "date", "phone", "case",
                                          "record", "notes", NULL};
static const char *const show_rules[] = {"plain", "restrictive", "highest", NULL};
static const char *const flag_names[] = {"core", "deprecated", "required", "identifying", "card",
                                         "search", "past", "email", "technical", NULL};
enum { TYPE_CODE = 2, TYPE_CODES = 4 }; /* code, openCode, codes */

static unsigned number_of(const char *word, const char *const *words) {
  for (unsigned i = 0; words[i]; i++)
    if (strcmp(words[i], word) == 0) return i;
  die("unknown word \"%s\"", word);
}

/* ---- JSON ---- */

static json_t *member(json_t *object, const char *key, json_type type) {
  json_t *value = json_object_get(object, key);
  if (!value) die("\"%s\" is missing", key);
  if (json_typeof(value) != type) die("\"%s\" is of the wrong type", key);
  return value;
}

static const char *text_member(json_t *object, const char *key) {
  return json_string_value(member(object, key, JSON_STRING));
}

static uint64_t number_member(json_t *object, const char *key, json_int_t max) {
  json_int_t v = json_integer_value(member(object, key, JSON_INTEGER));
  if (v < 0 || v > max) die("\"%s\" is out of range", key);
  return (uint64_t)v;
}

/* keys: those that an object may have, separated and ended by spaces. */
static void only_keys(json_t *object, const char *keys) {
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    char word[64];
    snprintf(word, sizeof word, " %s ", key);
    if (!strstr(keys, word)) die("unknown key \"%s\"", key);
  }
}

static const char *text_at(json_t *array, size_t i) {
  const char *text = json_string_value(json_array_get(array, i));
  if (!text || !*text) die("text %zu of a list is missing or empty", i + 1);
  return text;
}

/* ---- msgpack ---- */

static void put_str(struct krv_buf *out, const char *text) {
  krv_mp_put_str(out, krv_slice_str(text));
}

/* One text for each language, none missing. */
static void put_texts(struct krv_buf *out, json_t *array, size_t languages) {
  if (!json_is_array(array) || json_array_size(array) != languages)
    die("needs exactly %zu texts, one for each language", languages);
  krv_mp_put_array(out, (uint32_t)languages);
  for (size_t i = 0; i < languages; i++) put_str(out, text_at(array, i));
}

static void put_strings(struct krv_buf *out, json_t *array) {
  for (size_t i = 0; i < json_array_size(array); i++) put_str(out, text_at(array, i));
}

static void key_texts(struct krv_buf *out, unsigned key, json_t *object, const char *name,
                      size_t languages) {
  krv_mp_put_uint(out, key);
  put_texts(out, member(object, name, JSON_ARRAY), languages);
}

static size_t put_languages(struct krv_buf *out, json_t *languages) {
  size_t count = json_array_size(languages);
  if (count == 0) die("no languages");
  krv_mp_put_array(out, (uint32_t)count);
  for (size_t i = 0; i < count; i++) {
    json_t *language = json_array_get(languages, i);
    const char *direction = text_member(language, "direction");
    only_keys(language, " tag name direction ");
    if (strcmp(direction, "ltr") != 0 && strcmp(direction, "rtl") != 0)
      die("direction is ltr or rtl, not \"%s\"", direction);
    krv_mp_put_array(out, 3);
    put_str(out, text_member(language, "tag"));
    put_str(out, text_member(language, "name"));
    krv_mp_put_bool(out, direction[0] == 'r');
  }
  return count;
}

/* ---- lists of codes ---- */

/* [name, label ..., {alias, rank, retired, help}]: without the object. */
static size_t texts_of(json_t *code) {
  size_t count = json_array_size(code);
  if (count > 0 && json_is_object(json_array_get(code, count - 1))) count--;
  return count;
}

static void put_code(struct krv_buf *out, json_t *code, size_t languages) {
  size_t texts = texts_of(code);
  json_t *extra = json_array_get(code, texts), *alias = json_object_get(extra, "alias");
  json_t *rank = json_object_get(extra, "rank"), *retired = json_object_get(extra, "retired");
  json_t *help = json_object_get(extra, "help");
  only_keys(extra, " alias rank retired help ");
  if (texts < 2 || texts > languages + 1) die("needs a name and 1 to %zu labels", languages);
  size_t labels = extra ? languages : texts - 1;
  size_t more = json_array_size(alias) + (rank ? 1 : 0) + (retired ? 1 : 0) + (help ? 1 : 0);
  krv_mp_put_array(out, (uint32_t)(1 + labels + more));
  put_str(out, text_at(code, 0));
  for (size_t i = 1; i <= labels; i++) {
    json_t *label = i < texts ? json_array_get(code, i) : NULL;
    if (label && !json_is_null(label))
      put_str(out, text_at(code, i));
    else if (i == 1)
      die("the first language needs a label");
    else
      krv_mp_put_nil(out);
  }
  json_int_t level = json_integer_value(rank);
  if (rank && (!json_is_integer(rank) || level < -1000 || level > 1000))
    die("rank is not a number from -1000 to 1000");
  if (rank) krv_mp_put_int(out, level);
  if (retired) krv_mp_put_bool(out, json_is_true(retired));
  if (help) put_texts(out, help, languages);
  put_strings(out, alias);
}

/* Every text that leads to a code: name, labels, aliases. NULL after the last. */
static const char *way_to(json_t *code, size_t i) {
  size_t texts = texts_of(code);
  json_t *alias = json_object_get(json_array_get(code, texts), "alias");
  json_t *text = i < texts ? json_array_get(code, i) : json_array_get(alias, i - texts);
  if (json_is_null(text)) return "";
  return json_string_value(text);
}

static void compare_ways(json_t *a, json_t *b) {
  const char *one, *other;
  for (size_t i = 0; (one = way_to(a, i)) != NULL; i++)
    for (size_t k = 0; (other = way_to(b, k)) != NULL; k++)
      if (*one && strcmp(one, other) == 0)
        die("\"%s\" leads to %s and to %s", one, way_to(a, 0), way_to(b, 0));
}

static void put_lists(struct krv_buf *out, json_t *lists, size_t languages) {
  const char *name;
  json_t *list;
  krv_mp_put_array(out, (uint32_t)json_object_size(lists));
  json_object_foreach(lists, name, list) {
    size_t count = json_array_size(list);
    place = name;
    if (count == 0) die("a list without codes");
    krv_mp_put_map(out, 2);
    krv_mp_put_uint(out, KRV_DOC_LIST_NAME);
    put_str(out, name);
    krv_mp_put_uint(out, KRV_DOC_LIST_CODES);
    krv_mp_put_array(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
      put_code(out, json_array_get(list, i), languages);
      for (size_t k = 0; k < i; k++) compare_ways(json_array_get(list, i), json_array_get(list, k));
    }
  }
}

/* The list's place among the lists; what a show rule compares must differ in rank. */
static uint64_t list_index(json_t *lists, const char *wanted, bool ranked) {
  const char *name;
  json_t *list;
  uint64_t index = 0;
  json_object_foreach(lists, name, list) {
    if (strcmp(name, wanted) == 0) break;
    index++;
  }
  if (index == json_object_size(lists)) die("there is no list \"%s\"", wanted);
  list = json_object_get(lists, wanted);
  for (size_t i = 0; i < json_array_size(list) && ranked; i++) {
    json_t *code = json_array_get(list, i);
    if (json_object_get(json_array_get(code, texts_of(code)), "rank")) ranked = false;
  }
  if (ranked) die("a show rule, but no code of the list \"%s\" has a rank", wanted);
  return index;
}

/* ---- types and fields ---- */

static uint64_t flags_of(json_t *flags) {
  uint64_t bits = 0;
  for (size_t i = 0; i < json_array_size(flags); i++)
    bits |= (uint64_t)1 << number_of(text_at(flags, i), flag_names);
  return bits;
}

static void put_field_kind(struct krv_buf *out, json_t *field, json_t *lists, unsigned type,
                           unsigned show) {
  bool coded = type >= TYPE_CODE && type <= TYPE_CODES;
  if (coded != (json_object_get(field, "list") != NULL)) die("a list goes with a type of code");
  krv_mp_put_uint(out, KRV_DOC_FIELD_TYPE);
  krv_mp_put_uint(out, type);
  if (show != 0) {
    krv_mp_put_uint(out, KRV_DOC_FIELD_SHOW);
    krv_mp_put_uint(out, show);
  }
  if (coded) {
    krv_mp_put_uint(out, KRV_DOC_FIELD_LIST);
    krv_mp_put_uint(out, list_index(lists, text_member(field, "list"), show != 0));
  }
}

static void put_field(struct krv_buf *out, json_t *field, json_t *lists, size_t languages) {
  json_t *flags = json_object_get(field, "flags"), *alias = json_object_get(field, "alias");
  unsigned type = number_of(text_member(field, "type"), field_types);
  json_t *rule = json_object_get(field, "show"), *part = json_object_get(field, "part");
  unsigned show = rule ? number_of(text_member(field, "show"), show_rules) : 0;
  only_keys(field, " id name type list flags show part alias label help ");
  bool coded = type >= TYPE_CODE && type <= TYPE_CODES;
  unsigned count = 5u + coded + (flags != NULL) + (show != 0) + (part != NULL) + (alias != NULL);
  krv_mp_put_map(out, count);
  krv_mp_put_uint(out, KRV_DOC_FIELD_ID);
  krv_mp_put_uint(out, number_member(field, "id", 0xffff));
  krv_mp_put_uint(out, KRV_DOC_FIELD_NAME);
  put_str(out, text_member(field, "name"));
  put_field_kind(out, field, lists, type, show);
  key_texts(out, KRV_DOC_FIELD_LABEL, field, "label", languages);
  key_texts(out, KRV_DOC_FIELD_HELP, field, "help", languages);
  if (flags) {
    krv_mp_put_uint(out, KRV_DOC_FIELD_FLAGS);
    krv_mp_put_uint(out, flags_of(flags));
  }
  if (part) {
    krv_mp_put_uint(out, KRV_DOC_FIELD_PART);
    put_str(out, text_member(field, "part"));
  }
  if (alias) {
    krv_mp_put_uint(out, KRV_DOC_FIELD_ALIAS);
    krv_mp_put_array(out, (uint32_t)json_array_size(alias));
    put_strings(out, alias);
  }
}

static bool has_way(json_t *field, const char *name) {
  json_t *alias = json_object_get(field, "alias");
  for (size_t i = 0; i < json_array_size(alias); i++)
    if (strcmp(text_at(alias, i), name) == 0) return true;
  return strcmp(text_member(field, "name"), name) == 0;
}

/* Ids ascend and belong to the type; a name or alias leads to one field. */
static void check_field(json_t *fields, size_t i, uint64_t type, uint64_t before) {
  json_t *field = json_array_get(fields, i), *alias = json_object_get(field, "alias");
  uint64_t id = number_member(field, "id", 0xffff);
  if (id <= before) die("ids must ascend and differ");
  if (id >> 8 != type || (id & 0xff) == 0) die("the id does not belong to the record type");
  for (size_t k = 0; k < i; k++) {
    json_t *other = json_array_get(fields, k);
    if (has_way(other, text_member(field, "name"))) die("the name is taken");
    for (size_t a = 0; a < json_array_size(alias); a++)
      if (has_way(other, text_at(alias, a))) die("the alias \"%s\" is taken", text_at(alias, a));
  }
}

static void put_type(struct krv_buf *out, json_t *type, size_t languages) {
  only_keys(type, " id name label help fields ");
  krv_mp_put_map(out, 4);
  krv_mp_put_uint(out, KRV_DOC_TYPE_ID);
  krv_mp_put_uint(out, number_member(type, "id", 0xff));
  krv_mp_put_uint(out, KRV_DOC_TYPE_NAME);
  put_str(out, text_member(type, "name"));
  key_texts(out, KRV_DOC_TYPE_LABEL, type, "label", languages);
  key_texts(out, KRV_DOC_TYPE_HELP, type, "help", languages);
}

static void put_types(struct krv_buf *out, json_t *types, size_t languages) {
  int64_t before = -1;
  krv_mp_put_array(out, (uint32_t)json_array_size(types));
  for (size_t i = 0; i < json_array_size(types); i++) {
    json_t *type = json_array_get(types, i);
    place = text_member(type, "name");
    int64_t id = (int64_t)number_member(type, "id", 0xff);
    if (id <= before) die("ids of types must ascend and differ");
    if ((id == 0) != (*place == 0)) die("type 0, and no other, has an empty name");
    for (size_t k = 0; k < i; k++)
      if (strcmp(place, text_member(json_array_get(types, k), "name")) == 0)
        die("the name is taken");
    before = id;
    put_type(out, type, languages);
  }
}

static void put_fields(struct krv_buf *out, json_t *types, json_t *lists, size_t languages) {
  size_t count = 0;
  for (size_t i = 0; i < json_array_size(types); i++)
    count += json_array_size(member(json_array_get(types, i), "fields", JSON_ARRAY));
  krv_mp_put_array(out, (uint32_t)count);
  for (size_t i = 0; i < json_array_size(types); i++) {
    json_t *type = json_array_get(types, i), *fields = json_object_get(type, "fields");
    uint64_t before = 0, id = number_member(type, "id", 0xff);
    for (size_t k = 0; k < json_array_size(fields); k++) {
      json_t *field = json_array_get(fields, k);
      place = text_member(field, "name");
      check_field(fields, k, id, before);
      before = number_member(field, "id", 0xffff);
      put_field(out, field, lists, languages);
    }
  }
}

/* ---- the whole ---- */

static void put_document(struct krv_buf *out, json_t *root) {
  json_t *lists = member(root, "lists", JSON_OBJECT), *types = member(root, "types", JSON_ARRAY);
  only_keys(root, " format version source languages lists types ");
  if (number_member(root, "format", 1) != KRV_DOC_FORMAT_1) die("format must be 1");
  krv_mp_put_map(out, 7);
  krv_mp_put_uint(out, KRV_DOC_FORMAT);
  krv_mp_put_uint(out, KRV_DOC_FORMAT_1);
  krv_mp_put_uint(out, KRV_DOC_VERSION);
  krv_mp_put_uint(out, number_member(root, "version", 0x7fffffff));
  krv_mp_put_uint(out, KRV_DOC_SOURCE);
  put_str(out, text_member(root, "source"));
  krv_mp_put_uint(out, KRV_DOC_LANGUAGES);
  size_t languages = put_languages(out, member(root, "languages", JSON_ARRAY));
  krv_mp_put_uint(out, KRV_DOC_LISTS);
  put_lists(out, lists, languages);
  krv_mp_put_uint(out, KRV_DOC_TYPES);
  put_types(out, types, languages);
  krv_mp_put_uint(out, KRV_DOC_FIELDS);
  put_fields(out, types, lists, languages);
}

static void write_c(struct krv_slice bytes, const char *path) {
  FILE *file = fopen(path, "w");
  place = path;
  if (!file) die("cannot be written");
  fprintf(file, "/* Made by mkschema from builtin.json. */\n#include \"schema.h\"\n\n"
                "static const uint8_t bytes[%zu] = {", bytes.len);
  for (size_t i = 0; i < bytes.len; i++)
    fprintf(file, "%s%u,", i % 24 == 0 ? "\n" : "", (unsigned)bytes.data[i]);
  fprintf(file, "\n};\n\nstruct krv_slice krv_schema_builtin(void) {\n"
                "  return krv_slice(bytes, sizeof bytes);\n}\n");
  bool bad = ferror(file) != 0;
  if (fclose(file) != 0 || bad) die("cannot be written");
}

static void *resize(void *ctx, void *p, size_t len) {
  (void)ctx;
  if (len > 0) return realloc(p, len);
  free(p);
  return NULL;
}

/* The document itself, for `kerven schema --publish`. */
static void write_raw(struct krv_slice bytes, const char *path) {
  FILE *file = fopen(path, "wb");
  bool written = file && fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
  if (file && fclose(file) != 0) written = false;
  place = path;
  if (!written) die("cannot be written");
}

int main(int argc, char **argv) {
  struct krv_env env = {.resize = resize};
  struct krv_buf out;
  json_error_t error;
  if (argc != 3) die("usage: kerven-mkschema SCHEMA.json SCHEMA.krvs (a .c file: as source)");
  place = argv[1];
  json_t *root = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error);
  if (!root) die("line %d: %s", error.line, error.text);
  krv_buf_init(&out, &env);
  put_document(&out, root);
  place = argv[1];
  if (out.status != 0 || krv_mp_check(krv_buf_slice(&out), NULL) != 0)
    die("larger than msgpack's bounds allow (bounds.h)");
  size_t len = strlen(argv[2]);
  bool source = len > 2 && strcmp(argv[2] + len - 2, ".c") == 0;
  (source ? write_c : write_raw)(krv_buf_slice(&out), argv[2]);
  krv_buf_release(&out);
  json_decref(root);
  return 0;
}
