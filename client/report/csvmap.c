/* A map, its check, and its use on a row. Each field that the map writes is a
 * slot; rules fill slots in the order of the map, then the slots are told. */
#include "csvmap.h"

#include <errno.h>
#include <jansson.h>
#include <kerven/kerven.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 2000, KEYS_MAX = 64, UNBOUND = -1 };

/* What happens to a value that the translation of a rule does not name. */
enum other { OTHER_REFUSE, OTHER_KEEP, OTHER_SKIP };

struct rule {
  const char *column;   /* borrowed from the JSON, as all texts here */
  const json_t *values; /* NULL: the cell as it stands */
  enum other other;
  bool join;
  size_t slot;
  long at; /* the column's place, after bind */
};

struct slot {
  const char *path; /* NULL: the case's notes */
  bool note;
  const char *constant; /* NULL: filled by rules */
};

struct krv_csvmap {
  json_t *json; /* owns every text */
  const char *source;
  char delimiter;
  struct rule *rules;
  size_t rule_count;
  struct slot *slots;
  size_t slot_count;
  struct rule *keys; /* only column and at */
  size_t key_count;
  size_t columns; /* of the header */
};

__attribute__((format(printf, 4, 5))) static int say(char *why, size_t cap, int status,
                                                     const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(why, cap, format, args);
  va_end(args);
  return status;
}

/* ------------------------------------------------------------------ loading */

static size_t slot_of(struct krv_csvmap *map, const char *path, bool note) {
  for (size_t i = 0; i < map->slot_count; i++) {
    const struct slot *slot = &map->slots[i];
    bool same = path && slot->path ? !strcmp(slot->path, path) : slot->path == path;
    if (same && slot->note == note && !slot->constant) return i;
  }
  map->slots[map->slot_count] = (struct slot){.path = path, .note = note};
  return map->slot_count++;
}

static int read_other(const char *text, enum other *out) {
  static const char *const names[] = {"refuse", "keep", "skip"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(names[i], text)) continue;
    *out = (enum other)i;
    return 0;
  }
  return KERVEN_EUNFIT;
}

static bool only_texts(const json_t *object) {
  const char *key;
  json_t *value;
  json_object_foreach ((json_t *)object, key, value)
    if (!json_is_string(value)) return false;
  return true;
}

static int read_rule(struct krv_csvmap *map, json_t *json, size_t number, char *why, size_t cap) {
  const char *column = NULL, *field = NULL, *other = "refuse";
  int join = 0, note = 0;
  json_t *values = NULL;
  json_error_t error;
  if (json_unpack_ex(json, &error, JSON_STRICT, "{s:s, s?s, s?o, s?s, s?b, s?b}", "column", &column,
                     "field", &field, "values", &values, "other", &other, "join", &join, "note",
                     &note))
    return say(why, cap, KERVEN_EUNFIT, "rule %zu of the map: %s", number, error.text);
  if (!field && !note)
    return say(why, cap, KERVEN_EUNFIT, "rule %zu of the map needs a \"field\"", number);
  if (values && (!json_is_object(values) || !only_texts(values)))
    return say(why, cap, KERVEN_EUNFIT, "rule %zu of the map: \"values\" must be texts", number);

  struct rule *rule = &map->rules[map->rule_count++];
  *rule = (struct rule){.column = column, .values = values, .join = join, .at = UNBOUND};
  if (read_other(other, &rule->other))
    return say(why, cap, KERVEN_EUNFIT, "rule %zu of the map: \"other\" is refuse, keep or skip",
               number);
  rule->slot = slot_of(map, field, note);
  return 0;
}

static int read_constants(struct krv_csvmap *map, json_t *constants, char *why, size_t cap) {
  const char *path;
  json_t *value;
  json_object_foreach (constants, path, value) {
    if (!json_is_string(value))
      return say(why, cap, KERVEN_EUNFIT, "constant %s of the map must be a text", path);
    map->slots[map->slot_count++] =
        (struct slot){.path = path, .constant = json_string_value(value)};
  }
  return 0;
}

static int read_keys(struct krv_csvmap *map, json_t *keys, char *why, size_t cap) {
  size_t i;
  json_t *key;
  json_array_foreach (keys, i, key) {
    if (!json_is_string(key) || i == KEYS_MAX)
      return say(why, cap, KERVEN_EUNFIT, "\"key\" of the map is a list of column names");
    map->keys[map->key_count++] = (struct rule){.column = json_string_value(key), .at = UNBOUND};
  }
  return 0;
}

static int read_map(struct krv_csvmap *map, char *why, size_t cap) {
  int format = 0;
  const char *delimiter = ",", *about = NULL;
  json_t *keys = NULL, *constants = NULL, *columns = NULL;
  json_error_t error;
  if (json_unpack_ex(map->json, &error, JSON_STRICT, "{s:i, s:s, s?s, s?s, s?o, s?o, s:o}",
                     "format", &format, "source", &map->source, "about", &about, "delimiter",
                     &delimiter, "key", &keys, "constants", &constants, "columns", &columns))
    return say(why, cap, KERVEN_EUNFIT, "the map: %s", error.text);
  if (format != 1) return say(why, cap, KERVEN_ENEWER, "the map has format %d", format);
  if (strlen(delimiter) != 1 || *delimiter == '"' || *delimiter == '\n' || *delimiter == '\r')
    return say(why, cap, KERVEN_EUNFIT, "\"delimiter\" of the map is one character");
  map->delimiter = *delimiter;
  size_t count = json_array_size(columns), fixed = json_object_size(constants);
  if (!json_is_array(columns) || count == 0 || count > RULES_MAX || fixed > RULES_MAX)
    return say(why, cap, KERVEN_EUNFIT, "\"columns\" of the map is a list of 1 to 2,000 rules");

  map->rules = calloc(count, sizeof *map->rules);
  map->slots = calloc(count + fixed, sizeof *map->slots);
  map->keys = calloc(KEYS_MAX, sizeof *map->keys);
  if (!map->rules || !map->slots || !map->keys) return KERVEN_ENOMEM;
  int status = read_constants(map, constants, why, cap);
  if (!status) status = read_keys(map, keys, why, cap);
  for (size_t i = 0; i < count && !status; i++)
    status = read_rule(map, json_array_get(columns, i), i + 1, why, cap);
  return status;
}

int krv_csvmap_load(const char *path, struct krv_csvmap **out, char *why, size_t cap) {
  *out = NULL;
  *why = 0;
  struct krv_csvmap *map = calloc(1, sizeof *map);
  if (!map) return KERVEN_ENOMEM;
  int status = 0;
  json_error_t error;
  map->json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  if (map->json)
    status = read_map(map, why, cap);
  else if (json_error_code(&error) == json_error_cannot_open_file)
    status = say(why, cap, errno == ENOENT ? KERVEN_ENOT_FOUND : KERVEN_EIO, "the map %s: %s", path,
                 strerror(errno));
  else
    status = say(why, cap, KERVEN_EUNFIT, "the map %s, line %d: %s", path, error.line, error.text);
  if (status) {
    krv_csvmap_free(map);
    return status;
  }
  *out = map;
  return 0;
}

void krv_csvmap_free(struct krv_csvmap *map) {
  if (!map) return;
  free(map->keys);
  free(map->slots);
  free(map->rules);
  json_decref(map->json);
  free(map);
}

char krv_csvmap_delimiter(const struct krv_csvmap *map) {
  return map->delimiter;
}

/* ------------------------------------------------------------------- binding */

static int bind(struct rule *rule, const struct krv_csv_row *header, char *why, size_t cap) {
  rule->at = UNBOUND;
  for (size_t i = 0; i < header->count; i++) {
    if (strcmp(header->cells[i], rule->column)) continue;
    if (rule->at != UNBOUND)
      return say(why, cap, KERVEN_EUNFIT, "the file has two columns \"%s\"", rule->column);
    rule->at = (long)i;
  }
  if (rule->at == UNBOUND)
    return say(why, cap, KERVEN_EUNFIT, "the file has no column \"%s\", which the map names",
               rule->column);
  return 0;
}

int krv_csvmap_bind(struct krv_csvmap *map, const struct krv_csv_row *header, char *why,
                    size_t cap) {
  int status = 0;
  map->columns = header->count;
  for (size_t i = 0; i < map->rule_count && !status; i++)
    status = bind(&map->rules[i], header, why, cap);
  for (size_t i = 0; i < map->key_count && !status; i++)
    status = bind(&map->keys[i], header, why, cap);
  return status;
}

/* ---------------------------------------------------------------------- rows */

static size_t append(char *at, size_t used, const char *text) {
  size_t len = strlen(text) + 1;
  if (at) memcpy(at + used, text, len);
  return used + len;
}

static size_t write_identity(const struct krv_csvmap *map, const struct krv_csv_row *row,
                             char *at) {
  size_t used = append(at, 0, map->source);
  for (size_t i = 0; i < map->key_count; i++) {
    size_t cell = (size_t)map->keys[i].at;
    used = append(at, used, cell < row->count ? row->cells[cell] : "");
  }
  for (size_t i = 0; map->key_count == 0 && i < row->count; i++)
    used = append(at, used, row->cells[i]);
  return used;
}

char *krv_csvmap_identity(const struct krv_csvmap *map, const struct krv_csv_row *row, size_t *len,
                          bool *keyed) {
  *keyed = map->key_count > 0;
  *len = write_identity(map, row, NULL);
  char *identity = malloc(*len);
  if (identity) write_identity(map, row, identity);
  return identity;
}

/* The rule's value for a cell: NULL where it says nothing. */
static int translate(const struct rule *rule, const char *cell, const char **out, char *why,
                     size_t cap) {
  *out = *cell ? cell : NULL;
  if (!rule->values) return 0;
  const json_t *known = json_object_get(rule->values, cell);
  if (known) {
    const char *value = json_string_value(known);
    *out = *value ? value : NULL;
    return 0;
  }
  if (!*cell || rule->other == OTHER_KEEP) return 0;
  *out = NULL;
  if (rule->other == OTHER_SKIP) return 0;
  return say(why, cap, KERVEN_ECODE, "column \"%s\": the map has no translation for \"%s\"",
             rule->column, cell);
}

/* Without join the first rule that has something to say for a field wins. */
static int fill(char **value, const struct rule *rule, const char *text) {
  if (*value && !rule->join) return 0;
  size_t old = *value ? strlen(*value) : 0, more = strlen(text);
  char *grown = realloc(*value, old + more + 2);
  if (!grown) return KERVEN_ENOMEM;
  if (old) grown[old++] = ';';
  memcpy(grown + old, text, more + 1);
  *value = grown;
  return 0;
}

static const char *column_of(const struct krv_csvmap *map, size_t slot) {
  for (size_t i = 0; i < map->rule_count; i++)
    if (map->rules[i].slot == slot && !map->slots[slot].constant) return map->rules[i].column;
  return "";
}

static int tell(const struct krv_csvmap *map, char **values, krv_csvmap_fn fn, void *ctx) {
  int status = 0;
  for (size_t i = 0; i < map->slot_count && !status; i++) {
    const struct slot *slot = &map->slots[i];
    struct krv_csvmap_value value = {.path = slot->path,
                                     .value = slot->constant ? slot->constant : values[i],
                                     .column = column_of(map, i),
                                     .note = slot->note};
    if (value.value) status = fn(ctx, &value);
  }
  return status;
}

int krv_csvmap_fields(const struct krv_csvmap *map, krv_csvmap_fn fn, void *ctx) {
  int status = 0;
  for (size_t i = 0; i < map->slot_count && !status; i++) {
    const struct slot *slot = &map->slots[i];
    struct krv_csvmap_value value = {.path = slot->path,
                                     .value = slot->constant ? slot->constant : "",
                                     .column = column_of(map, i),
                                     .note = slot->note};
    status = fn(ctx, &value);
  }
  return status;
}

int krv_csvmap_apply(const struct krv_csvmap *map, const struct krv_csv_row *row, krv_csvmap_fn fn,
                     void *ctx, char *why, size_t cap) {
  *why = 0;
  if (row->count != map->columns)
    return say(why, cap, KERVEN_EUNFIT, "%zu cells, but the file has %zu columns", row->count,
               map->columns);
  char **values = calloc(map->slot_count, sizeof *values);
  if (!values) return KERVEN_ENOMEM;
  int status = 0;
  for (size_t i = 0; i < map->rule_count && !status; i++) {
    const struct rule *rule = &map->rules[i];
    const char *text;
    status = translate(rule, row->cells[rule->at], &text, why, cap);
    if (!status && text) status = fill(&values[rule->slot], rule, text);
  }
  if (!status) status = tell(map, values, fn, ctx);
  for (size_t i = 0; i < map->slot_count; i++) free(values[i]);
  free(values);
  return status;
}
