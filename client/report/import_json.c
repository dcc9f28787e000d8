/* Our own JSON export (htcdsjson.h) back into cases.
 *
 * Identity: a case of this vault by its id; else by the exported case's import
 * key; else by its id, which then is the import key of the copy. References to other
 * cases are turned to their copies; one whose copy is not made yet waits until all
 * cases are taken, and its case is taken once more. What points at nothing here is
 * left out and reported. docs/import.md says the same to people. */
#include "htcdsjson.h"
#include "import_in.h"
#include "plan.h"

#include <errno.h>
#include <string.h>

struct json_import {
  struct krv_import import;
  json_t *types; /* "prs_FirstName" or "consent.decision" -> type of the field */
  json_t *keys;  /* exported case id -> import key of its copy */
  json_t *late;  /* [[place of the case, object, field, value]]: waits for the copy of value */
};

/* The case at hand. */
struct wanted {
  json_t *json;
  const char *exported; /* its id in the file */
  const char *key;      /* import key of a copy */
  char id[33];          /* here; "" when it is to be made */
  bool own;             /* it is the very case, not a copy */
  size_t line;          /* its place in the list, from 1 */
};

static int load_types(struct json_import *j) {
  kerven_iter *iter;
  struct kerven_schema_item item;
  int status = kerven_schema(j->import.k, &iter);
  while (!status && !(status = kerven_schema_next(iter, &item))) {
    char name[256];
    snprintf(name, sizeof name, "%s%s%s", item.record, *item.record ? "." : "", item.field);
    if (json_object_set_new(j->types, name, json_string(item.type))) status = KERVEN_ENOMEM;
  }
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

static const char *text_at(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static const char *key_of(const json_t *json) {
  const char *key = text_at(json, "import_key");
  return key && *key ? key : text_at(json, "case");
}

static int load_keys(struct json_import *j, const json_t *cases) {
  size_t i;
  const json_t *json;
  json_array_foreach ((json_t *)cases, i, json) {
    const char *id = text_at(json, "case");
    if (id && json_object_set_new(j->keys, id, json_string(key_of(json)))) return KERVEN_ENOMEM;
  }
  return 0;
}

/* --------------------------------------------------------------- references */

/* The case here that an exported reference means; "" when there is none. */
static int find_copy(struct json_import *j, const char *exported, char *id) {
  int status = kerven_case_find(j->import.k, exported, id);
  if (!status) return 0;
  const char *key = text_at(j->keys, exported);
  return kerven_case_by_key(j->import.k, key ? key : exported, id);
}

static int leave_out(struct json_import *j, const struct wanted *w, const char *name,
                     const char *why) {
  json_t *row = json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)w->line, "case", w->exported,
                          "field", name, "why", why);
  return json_array_append_new(j->import.report->left_out, row) ? KERVEN_ENOMEM : 0;
}

static const char elsewhere[] = "it points at something that is not in this vault";

static int put_off(struct json_import *j, const struct wanted *w, json_t *object, const char *field,
                   const char *value) {
  json_t *row = json_pack("[I, O, s, s]", (json_int_t)w->line - 1, object, field, value);
  return json_array_append_new(j->late, row) ? KERVEN_ENOMEM : 0;
}

/* Turns, puts off or drops one reference; *drop: it is not to be set now. */
static int turn(struct json_import *j, const struct wanted *w, json_t *object, const char *field,
                const char *name, bool *drop) {
  const char *type = text_at(j->types, name), *value = text_at(object, field);
  *drop = false;
  if (!type || !value || w->own) return 0;
  if (!strcmp(type, "record")) {
    *drop = true;
    return leave_out(j, w, name, elsewhere);
  }
  if (strcmp(type, "case")) return 0;
  char id[33] = "";
  int status = find_copy(j, value, id);
  if (status) return status;
  if (*id) return json_object_set_new(object, field, json_string(id)) ? KERVEN_ENOMEM : 0;
  *drop = true;
  bool comes = json_object_get(j->keys, value) && !j->import.again;
  return comes ? put_off(j, w, object, field, value) : leave_out(j, w, name, elsewhere);
}

static int turn_all(struct json_import *j, const struct wanted *w, json_t *object,
                    const char *record) {
  const char *field;
  json_t *value;
  void *next;
  json_object_foreach_safe (object, next, field, value) {
    char name[256];
    bool drop;
    snprintf(name, sizeof name, "%s%s%s", record, *record ? "." : "", field);
    int status = turn(j, w, object, field, name, &drop);
    if (status) return status;
    if (drop) json_object_del(object, field);
  }
  return 0;
}

static int turn_case(struct json_import *j, const struct wanted *w) {
  int status = turn_all(j, w, json_object_get(w->json, "fields"), "");
  const char *type;
  json_t *list, *record;
  size_t i;
  json_object_foreach (json_object_get(w->json, "records"), type, list)
    json_array_foreach (list, i, record)
      if (!status) status = turn_all(j, w, record, type);
  return status;
}

/* -------------------------------------------------------------------- a case */

/* A copy is one writer's: of two values it takes the one shown first, and says so. */
static int tell_conflicts(struct json_import *j, const struct wanted *w) {
  size_t i;
  json_t *conflict;
  int status = 0;
  json_array_foreach (json_object_get(w->json, "conflicts"), i, conflict) {
    const char *field = text_at(conflict, "field");
    if (field && !status)
      status = leave_out(j, w, field, "two values in the export; the one shown first was taken");
  }
  return status;
}

/* The edit is begun by the first step: a case that holds everything needs none. */
struct steps {
  struct json_import *j;
  const struct wanted *w;
  kerven_edit *edit;
};

static int begin_edit(struct steps *s) {
  if (s->edit) return 0;
  const char *id = s->w->id;
  int status = krv_import_begin(&s->j->import);
  if (!status) status = kerven_edit_new(s->j->import.k, *id ? id : NULL, &s->edit);
  if (!status && !*id) status = kerven_edit_set(s->edit, KRV_HTCDS_IMPORT_KEY, s->w->key);
  return status;
}

static int take_step(void *ctx, const struct krv_plan_step *step) {
  struct steps *s = ctx;
  int status = begin_edit(s);
  if (status) return status;
  return step->note ? kerven_edit_note(s->edit, step->path, step->value)
                    : kerven_edit_set(s->edit, step->path, step->value);
}

static int identify(struct json_import *j, struct wanted *w) {
  w->exported = text_at(w->json, "case");
  if (!w->exported || !*w->exported) return KERVEN_EUNFIT;
  w->key = key_of(w->json);
  int status = kerven_case_find(j->import.k, w->exported, w->id);
  w->own = !status && !strcmp(w->id, w->exported);
  if (w->own) return 0;
  return kerven_case_by_key(j->import.k, w->key, w->id);
}

static int take_case(struct json_import *j, struct wanted *w) {
  json_t *present = NULL;
  struct steps s = {.j = j, .w = w};
  int status = identify(j, w);
  if (!status) status = turn_case(j, w);
  if (!status && *w->id) status = krv_htcds_case(j->import.k, w->id, true, &present);
  if (!status && !*w->id) status = begin_edit(&s);
  if (!status) status = krv_plan_make(w->json, present, take_step, &s);
  json_decref(present);
  if (status) {
    krv_import_drop(&j->import, s.edit);
    return status;
  }
  if (s.edit) {
    status = *w->id ? 0 : tell_conflicts(j, w);
    int saved = krv_import_save(&j->import, s.edit, w->id);
    return saved ? saved : status;
  }
  krv_import_count(&j->import, KRV_IMPORT_UNCHANGED);
  return 0;
}

/* Cases go before what points at them: referrals and parts. */
static bool is_plain(const json_t *json) {
  const char *type = text_at(json, "type");
  return !type || !strcmp(type, "case");
}

static int take_cases(struct json_import *j, json_t *cases, bool plain) {
  size_t i;
  json_t *json;
  int status = 0;
  json_array_foreach (cases, i, json) {
    if (is_plain(json) != plain) continue;
    struct wanted w = {.json = json, .line = i + 1};
    status = take_case(j, &w);
    if (status && krv_import_is_refusal(&j->import, status))
      status = krv_import_refuse(&j->import, w.line, w.exported, status,
                                 status == KERVEN_EUNFIT ? "this is no exported case" : NULL);
    if (status) break;
  }
  return status;
}

/* The cases whose references had to wait, once more. */
static int take_late(struct json_import *j, json_t *cases) {
  size_t i;
  json_t *row;
  int status = 0;
  j->import.again = true;
  json_array_foreach (j->late, i, row) {
    size_t place = (size_t)json_integer_value(json_array_get(row, 0));
    const char *field = json_string_value(json_array_get(row, 2));
    struct wanted w = {.json = json_array_get(cases, place), .line = place + 1};
    if (json_object_set(json_array_get(row, 1), field, json_array_get(row, 3)))
      return KERVEN_ENOMEM;
    status = take_case(j, &w);
    if (status && krv_import_is_refusal(&j->import, status))
      status = krv_import_refuse(&j->import, w.line, w.exported, status, NULL);
    if (status) break;
  }
  return status;
}

static int check_file(kerven *k, const json_t *root, struct krv_import_report *report) {
  const char *format = text_at(root, "format");
  if (!format || strcmp(format, KRV_HTCDS_FORMAT) ||
      !json_is_array(json_object_get(root, "cases"))) {
    bool map = json_object_get(root, "source") && json_object_get(root, "columns");
    snprintf(report->why, sizeof report->why, "%s",
             map ? "this looks like a map: kerven import FILE.csv --map MAP"
                 : "the JSON is no export of kerven");
    return KERVEN_EUNFIT;
  }
  if (json_integer_value(json_object_get(root, "version")) > KRV_HTCDS_VERSION)
    return KERVEN_ENEWER;
  struct kerven_status_report here = {.size = sizeof here};
  int status = kerven_status(k, &here);
  if (status || here.practice || !json_is_true(json_object_get(root, "practice"))) return status;
  snprintf(report->why, sizeof report->why,
           "this export comes from a practice programme, whose data never enter a real one");
  return KERVEN_EDENIED;
}

static json_t *load(const char *file, struct krv_import_report *report, int *status) {
  json_error_t error;
  FILE *in = fopen(file, "rb");
  json_t *root = in ? json_loadf(in, JSON_REJECT_DUPLICATES, &error) : NULL;
  *status = 0;
  if (!in || ferror(in)) { /* opening a folder works, reading it does not */
    *status = !in && errno == ENOENT ? KERVEN_ENOT_FOUND : KERVEN_EIO;
    snprintf(report->why, sizeof report->why, "%s: %s", file,
             in ? "it cannot be read" : strerror(errno));
  } else if (!root) {
    *status = KERVEN_EUNFIT;
    snprintf(report->why, sizeof report->why, "line %d: %s", error.line, error.text);
  }
  if (in) fclose(in);
  if (!*status) return root;
  json_decref(root);
  return NULL;
}

int krv_import_json(kerven *k, const char *file, const struct krv_import_options *options,
                    struct krv_import_report *report) {
  struct json_import j = {.types = json_object(), .keys = json_object(), .late = json_array()};
  json_t *root = NULL;
  int status = krv_import_init(&j.import, k, options, report);
  if (!status && (!j.types || !j.keys || !j.late)) status = KERVEN_ENOMEM;
  if (!status) root = load(file, report, &status);
  if (!status) status = check_file(k, root, report);
  if (!status) status = load_types(&j);
  json_t *cases = json_object_get(root, "cases");
  if (!status) status = load_keys(&j, cases);
  if (!status) status = take_cases(&j, cases, true);
  if (!status) status = take_cases(&j, cases, false);
  if (!status) status = take_late(&j, cases);
  status = krv_import_finish(&j.import, status);
  json_decref(j.late);
  json_decref(root);
  json_decref(j.keys);
  json_decref(j.types);
  return status;
}
