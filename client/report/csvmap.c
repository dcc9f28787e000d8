/* A map, its check, and its use on a row. Each field that the map writes is a
 * slot; rules fill slots in the order of the map, then the slots are told. */
#include "csvmap.h"

#include <errno.h>
#include <jansson.h>
#include <kerven/kerven.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
  RULES_MAX = 2000,
  KEYS_MAX = 64,
  UNBOUND = -1,
  DATE_SIZE = 16,     /* "2001-04-30" and its NUL */
  WHERE_SIZE = 32,    /* "rule 2000" */
  COLUMNS_SIZE = 160, /* of a message */
  WHY_SIZE = 256,
};

/* What happens to a value that the translation of a rule does not name. */
enum other { OTHER_REFUSE, OTHER_KEEP, OTHER_SKIP };

struct rule {
  const char *column;   /* borrowed from the JSON, as all texts here */
  const json_t *values; /* NULL: the cell as it stands */
  const char *dates;    /* how the cells write a date, such as DD.MM.YYYY; NULL: as ISO 8601 */
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

/* -------------------------------------------------------------------- shapes */

enum kind { TEXT, NUMBER, YES_OR_NO, LIST, OBJECT };

struct key {
  const char *name;
  enum kind kind;
  bool needed;
};

static const struct key map_keys[] = {
    {"format", NUMBER, true},     {"source", TEXT, true}, {"about", TEXT, false},
    {"delimiter", TEXT, false},   {"key", LIST, false},   {"constants", OBJECT, false},
    {"columns", LIST, true},
};
static const struct key rule_keys[] = {
    {"column", TEXT, true}, {"field", TEXT, false},     {"values", OBJECT, false},
    {"dates", TEXT, false}, {"other", TEXT, false},     {"join", YES_OR_NO, false},
    {"note", YES_OR_NO, false},
};
enum {
  MAP_KEYS = sizeof map_keys / sizeof *map_keys,
  RULE_KEYS = sizeof rule_keys / sizeof *rule_keys,
};

static bool is_kind(const json_t *value, enum kind kind) {
  switch (kind) {
  case TEXT: return json_is_string(value);
  case NUMBER: return json_is_integer(value);
  case YES_OR_NO: return json_is_boolean(value);
  case LIST: return json_is_array(value);
  case OBJECT: return json_is_object(value);
  }
  return false;
}

static const struct key *find_key(const struct key *keys, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (!strcmp(keys[i].name, name)) return &keys[i];
  return NULL;
}

/* where: "the map" or "rule 7". */
static int check_keys(const json_t *json, const struct key *keys, size_t count, const char *where,
                      char *why, size_t cap) {
  static const char *const kinds[] = {"a text", "a whole number", "true or false", "a list [...]",
                                      "an object {...}"};
  const char *name;
  json_t *value;
  if (!json_is_object(json))
    return say(why, cap, KERVEN_EUNFIT, "%s must be an object {...}", where);
  json_object_foreach ((json_t *)json, name, value) {
    const struct key *key = find_key(keys, count, name);
    if (!key) return say(why, cap, KERVEN_EUNFIT, "unknown key \"%s\" in %s", name, where);
    if (!is_kind(value, key->kind))
      return say(why, cap, KERVEN_EUNFIT, "\"%s\" in %s must be %s", name, where,
                 kinds[key->kind]);
  }
  for (size_t i = 0; i < count; i++)
    if (keys[i].needed && !json_object_get(json, keys[i].name))
      return say(why, cap, KERVEN_EUNFIT, "%s lacks \"%s\"", where, keys[i].name);
  return 0;
}

static const char *text_at(const json_t *json, const char *key, const char *otherwise) {
  const json_t *value = json_object_get(json, key);
  return value ? json_string_value(value) : otherwise;
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

static bool is_date_form(const char *form) {
  static const char *const forms[] = {"DD.MM.YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "MM/DD/YYYY",
                                      "YYYY.MM.DD", "YYYY/MM/DD"};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (!strcmp(forms[i], form)) return true;
  return false;
}

static int check_rule(const json_t *json, const char *where, char *why, size_t cap) {
  int status = check_keys(json, rule_keys, RULE_KEYS, where, why, cap);
  const json_t *values = json_object_get(json, "values");
  if (status) return status;
  if (!json_object_get(json, "field") && !json_is_true(json_object_get(json, "note")))
    return say(why, cap, KERVEN_EUNFIT, "%s needs a \"field\"", where);
  if (values && !only_texts(values))
    return say(why, cap, KERVEN_EUNFIT, "\"values\" in %s must be texts", where);
  if (!is_date_form(text_at(json, "dates", "DD.MM.YYYY")))
    return say(why, cap, KERVEN_EUNFIT,
               "\"dates\" in %s is DD.MM.YYYY or MM/DD/YYYY or another form in docs/import.md",
               where);
  return 0;
}

static int read_rule(struct krv_csvmap *map, const json_t *json, size_t number, char *why,
                     size_t cap) {
  char where[WHERE_SIZE];
  snprintf(where, sizeof where, "rule %zu", number);
  int status = check_rule(json, where, why, cap);
  if (status) return status;
  struct rule *rule = &map->rules[map->rule_count++];
  *rule = (struct rule){.column = text_at(json, "column", NULL),
                        .values = json_object_get(json, "values"),
                        .dates = text_at(json, "dates", NULL),
                        .join = json_is_true(json_object_get(json, "join")),
                        .at = UNBOUND};
  if (read_other(text_at(json, "other", "refuse"), &rule->other))
    return say(why, cap, KERVEN_EUNFIT, "\"other\" in %s is refuse, keep or skip", where);
  rule->slot =
      slot_of(map, text_at(json, "field", NULL), json_is_true(json_object_get(json, "note")));
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
  int status = check_keys(map->json, map_keys, MAP_KEYS, "the map", why, cap);
  if (status) return status;
  const char *delimiter = text_at(map->json, "delimiter", ",");
  json_int_t format = json_integer_value(json_object_get(map->json, "format"));
  json_t *columns = json_object_get(map->json, "columns");
  json_t *constants = json_object_get(map->json, "constants");
  if (format != 1)
    return say(why, cap, KERVEN_ENEWER, "the map has format %lld", (long long)format);
  map->source = text_at(map->json, "source", NULL);
  if (strlen(delimiter) != 1 || *delimiter == '"' || *delimiter == '\n' || *delimiter == '\r')
    return say(why, cap, KERVEN_EUNFIT, "\"delimiter\" of the map is one character");
  map->delimiter = *delimiter;
  size_t count = json_array_size(columns), fixed = json_object_size(constants);
  if (count == 0 || count > RULES_MAX || fixed > RULES_MAX)
    return say(why, cap, KERVEN_EUNFIT, "\"columns\" of the map is a list of 1 to 2,000 rules");

  map->rules = calloc(count, sizeof *map->rules);
  map->slots = calloc(count + fixed, sizeof *map->slots);
  map->keys = calloc(KEYS_MAX, sizeof *map->keys);
  if (!map->rules || !map->slots || !map->keys) return KERVEN_ENOMEM;
  status = read_constants(map, constants, why, cap);
  if (!status) status = read_keys(map, json_object_get(map->json, "key"), why, cap);
  for (size_t i = 0; i < count && !status; i++)
    status = read_rule(map, json_array_get(columns, i), i + 1, why, cap);
  return status;
}

/* The JSON library's finding, for a person who has a text editor. */
static int bad_json(const char *path, const json_error_t *error, char *why, size_t cap) {
  const char *hint, *near = strstr(error->text, " near ");
  switch (json_error_code(error)) {
  case json_error_premature_end_of_input: hint = "it ends before every bracket is closed"; break;
  case json_error_duplicate_key: hint = "the same key stands there twice"; break;
  case json_error_invalid_utf8: hint = "text that is not UTF-8"; break;
  default:
    if (near && (!strcmp(near, " near '}'") || !strcmp(near, " near ']'")))
      hint = "is there a comma before that bracket? It must go";
    else
      hint = near ? "is a comma, colon or quote missing before it?" : "does every quote close?";
  }
  return say(why, cap, KERVEN_EUNFIT, "line %d of the map %s is not JSON%s: %s", error->line,
             path, near ? near : "", hint);
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
    status = bad_json(path, &error, why, cap);
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

/* The columns that are there, whole names only, as many as fit. */
static void list_columns(const struct krv_csv_row *header, char out[COLUMNS_SIZE]) {
  size_t used = 0;
  *out = 0;
  for (size_t i = 0; i < header->count; i++) {
    bool fits = used + strlen(header->cells[i]) + sizeof ", \"\", ..." <= COLUMNS_SIZE;
    int len = fits ? snprintf(out + used, COLUMNS_SIZE - used, "%s\"%s\"", i ? ", " : "",
                              header->cells[i])
                   : snprintf(out + used, COLUMNS_SIZE - used, "%s...", i ? ", " : "");
    used += (size_t)len;
    if (!fits) return;
  }
}

static int bind(struct rule *rule, const struct krv_csv_row *header, char *why, size_t cap) {
  rule->at = UNBOUND;
  for (size_t i = 0; i < header->count; i++) {
    if (strcmp(header->cells[i], rule->column)) continue;
    if (rule->at != UNBOUND)
      return say(why, cap, KERVEN_EUNFIT, "the file has two columns \"%s\"", rule->column);
    rule->at = (long)i;
  }
  if (rule->at != UNBOUND) return 0;
  char there[COLUMNS_SIZE];
  list_columns(header, there);
  if (header->count == 1 && strpbrk(header->cells[0], ",;|\t"))
    return say(why, cap, KERVEN_EUNFIT,
               "the first row reads as one column: is the delimiter right? (map: \"delimiter\"); "
               "it is %s", there);
  return say(why, cap, KERVEN_EUNFIT,
             "the file has no column \"%.100s\", which the map names; it has %s", rule->column,
             there);
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

/* One or two digits for D and M, four for Y, as spreadsheets write them. The calendar must have
 * such a day: the schema would refuse it as well, but in a form that nobody finds in the file. */
static bool read_date(const char *form, const char *cell, char out[DATE_SIZE]) {
  unsigned day = 0, month = 0, year = 0;
  while (*form) {
    char letter = *form;
    size_t letters = strspn(form, (char[]){letter, 0}), digits = strspn(cell, "0123456789");
    unsigned *part = letter == 'D' ? &day : letter == 'M' ? &month : letter == 'Y' ? &year : NULL;
    form += letters;
    if (!part) {
      if (*cell++ != letter) return false;
      continue;
    }
    if (digits == 0 || digits > letters || (letter == 'Y' && digits != letters)) return false;
    for (; digits > 0; digits--) *part = *part * 10 + (unsigned)(*cell++ - '0');
  }
  static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (*cell != 0 || month < 1 || month > 12) return false;
  snprintf(out, DATE_SIZE, "%04u-%02u-%02u", year % 10000, month % 100, day % 100);
  return day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* The rule's value for a cell: NULL where it says nothing. date: room for one. */
static int translate(const struct rule *rule, const char *cell, char date[DATE_SIZE],
                     const char **out, char *why, size_t cap) {
  const json_t *known = rule->values ? json_object_get(rule->values, cell) : NULL;
  const char *value = known ? json_string_value(known) : cell;
  *out = *value ? value : NULL;
  if (known || !*cell) return 0;
  if (rule->values && rule->other != OTHER_KEEP) {
    *out = NULL;
    if (rule->other == OTHER_SKIP) return 0;
    return say(why, cap, KERVEN_ECODE,
               "column \"%.80s\": the map has no translation for \"%.60s\"", rule->column, cell);
  }
  if (!rule->dates) return 0;
  *out = date;
  if (read_date(rule->dates, cell, date)) return 0;
  return say(why, cap, KERVEN_EDATE, "column \"%.80s\": \"%.60s\" is no date as %s",
             rule->column, cell, rule->dates);
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

int krv_csvmap_translations(const struct krv_csvmap *map, krv_csvmap_rule_fn fn, void *ctx) {
  int status = 0;
  for (size_t i = 0; i < map->rule_count && !status; i++) {
    const struct slot *slot = &map->slots[map->rules[i].slot];
    struct krv_csvmap_value value = {.path = slot->path, .column = map->rules[i].column};
    const char *cell;
    json_t *text;
    if (slot->note || !map->rules[i].values) continue;
    json_object_foreach ((json_t *)map->rules[i].values, cell, text) {
      value.value = json_string_value(text);
      if (*value.value) status = fn(ctx, i + 1, &value);
      if (status) break;
    }
  }
  return status;
}

int krv_csvmap_apply(const struct krv_csvmap *map, const struct krv_csv_row *row, krv_csvmap_fn fn,
                     krv_csvmap_fault_fn fault, void *ctx) {
  char why[WHY_SIZE];
  if (row->count != map->columns)
    return fault(ctx, say(why, sizeof why, KERVEN_EUNFIT, "%zu cells, but the file has %zu columns",
                          row->count, map->columns), why);
  char **values = calloc(map->slot_count, sizeof *values);
  if (!values) return KERVEN_ENOMEM;
  int status = 0;
  for (size_t i = 0; i < map->rule_count && !status; i++) {
    const struct rule *rule = &map->rules[i];
    const char *text;
    char date[DATE_SIZE];
    int bad = translate(rule, row->cells[rule->at], date, &text, why, sizeof why);
    status = bad    ? fault(ctx, bad, why)
             : text ? fill(&values[rule->slot], rule, text)
                    : 0;
  }
  if (!status) status = tell(map, values, fn, ctx);
  for (size_t i = 0; i < map->slot_count; i++) free(values[i]);
  free(values);
  return status;
}
