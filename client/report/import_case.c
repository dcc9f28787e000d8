/* Exported cases back into cases.
 *
 * Identity: a case of this vault by its id; else by the exported case's import
 * key; else by its id, which then is the import key of the copy. References to other
 * cases are turned to their copies; one whose copy is not made yet waits until all
 * cases are taken, and its case is taken once more. What points at nothing here is
 * left out and reported. docs/import.md says the same to people. */
#include "import_case.h"

#include "htcdsjson.h"
#include "marks.h"
#include "plan.h"

#include <stdio.h>
#include <string.h>

/* The case at hand. */
struct wanted {
  json_t *json;
  const char *exported; /* its id in the file */
  const char *key;      /* import key of a copy */
  char id[33];          /* here; "" when it is to be made */
  bool own;             /* it is the very case, not a copy */
  size_t place;         /* in the list */
  size_t line;          /* its place from 1; of a CSV file, where its row begins */
};

static int load_types(struct krv_case_import *j) {
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

static int load_keys(struct krv_case_import *j, const json_t *cases) {
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
static int find_copy(struct krv_case_import *j, const char *exported, char *id) {
  int status = kerven_case_find(j->import.k, exported, id);
  if (!status) return 0;
  const char *key = text_at(j->keys, exported);
  return kerven_case_by_key(j->import.k, key ? key : exported, id);
}

static int leave_out(struct krv_case_import *j, const struct wanted *w, const char *name,
                     const char *why) {
  json_t *row = json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)w->line, "case", w->exported,
                          "field", name, "why", why);
  return json_array_append_new(j->import.report->left_out, row) ? KERVEN_ENOMEM : 0;
}

static const char elsewhere[] = "it points at something that is not in this vault";

static int put_off(struct krv_case_import *j, const struct wanted *w, json_t *object,
                   const char *field, const char *value) {
  json_t *row = json_pack("[I, O, s, s]", (json_int_t)w->place, object, field, value);
  return json_array_append_new(j->late, row) ? KERVEN_ENOMEM : 0;
}

/* Turns, puts off or drops one reference; *drop: it is not to be set now. */
static int turn(struct krv_case_import *j, const struct wanted *w, json_t *object,
                const char *field, const char *name, bool *drop) {
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

static int turn_all(struct krv_case_import *j, const struct wanted *w, json_t *object,
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

static int turn_case(struct krv_case_import *j, const struct wanted *w) {
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
static int tell_conflicts(struct krv_case_import *j, const struct wanted *w) {
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
  struct krv_case_import *j;
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
  status = step->note ? kerven_edit_note(s->edit, step->path, step->value)
                      : kerven_edit_set(s->edit, step->path, step->value);
  return krv_import_fault(&s->j->import, status, NULL);
}

static int identify(struct krv_case_import *j, struct wanted *w) {
  w->exported = text_at(w->json, "case");
  if (!w->exported || !*w->exported) return KERVEN_EUNFIT;
  w->key = key_of(w->json);
  int status = kerven_case_find(j->import.k, w->exported, w->id);
  w->own = !status && !strcmp(w->id, w->exported);
  if (w->own) return 0;
  return kerven_case_by_key(j->import.k, w->key, w->id);
}

/* Of a row that was exported from this very case only the cells that a person edited are left. One
 * of a field that has changed in the case as well is a fault: what is there was not shown (R24). */
static int keep_edited(struct krv_case_import *j, const struct wanted *w, const json_t *present,
                       const struct krv_marks *marks) {
  json_t *fields = json_object_get(w->json, "fields"), *value;
  const char *text = text_at(w->json, "marks"), *field;
  void *next;
  int status = 0;
  json_object_foreach_safe (fields, next, field, value) {
    const json_t *held = json_object_get(present, field);
    if (krv_plan_same(value, held) || krv_marks_held(marks, text, field, value)) {
      json_object_del(fields, field);
      continue;
    }
    if (krv_marks_held(marks, text, field, held)) continue;
    char why[256];
    snprintf(why, sizeof why, "%.100s: the case holds something else than when it was exported",
             field);
    if (!status) status = krv_import_fault(&j->import, KERVEN_ECONFLICT, why);
  }
  return status;
}

/* A person may have emptied a cell to clear the field. */
static int tell_emptied(struct krv_case_import *j, const struct wanted *w, const json_t *present,
                        const struct krv_marks *marks) {
  size_t i;
  json_t *name;
  int status = 0;
  json_array_foreach (json_object_get(w->json, "empty"), i, name) {
    const char *field = json_string_value(name);
    const json_t *held = json_object_get(present, field);
    if (held && krv_marks_held(marks, text_at(w->json, "marks"), field, held) && !status)
      status = leave_out(j, w, field,
                         "an empty cell clears nothing; kerven case set ID FIELD= does");
  }
  return status;
}

static int compare_row(struct krv_case_import *j, const struct wanted *w, const json_t *present) {
  struct krv_marks marks;
  const json_t *fields = json_object_get(present, "fields");
  int status = krv_marks_init(&marks, j->import.k, w->id);
  if (!status) status = keep_edited(j, w, fields, &marks);
  if (!status) status = tell_emptied(j, w, fields, &marks);
  return status;
}

static int take_case(struct krv_case_import *j, struct wanted *w) {
  json_t *present = NULL;
  struct steps s = {.j = j, .w = w};
  krv_import_row(&j->import);
  int status = identify(j, w);
  if (!status && !*w->id && j->import.again) return 0; /* it was refused */
  if (!status) status = turn_case(j, w);
  if (!status && *w->id) status = krv_htcds_case(j->import.k, w->id, true, &present);
  if (!status && j->sheet && w->own) status = compare_row(j, w, present);
  if (!status && !*w->id) status = begin_edit(&s);
  if (!status) status = krv_plan_make(w->json, present, take_step, &s);
  if (!status) status = j->import.faults.status;
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

static int take_at(struct krv_case_import *j, json_t *cases, size_t place) {
  json_t *json = json_array_get(cases, place);
  struct wanted w = {.json = json, .place = place, .line = place + 1};
  if (j->sheet) w.line = (size_t)json_integer_value(json_object_get(json, "line"));
  int status = take_case(j, &w);
  if (!status || !krv_import_is_refusal(&j->import, status)) return status;
  if (status == KERVEN_EUNFIT && !j->import.faults.status)
    status = krv_import_fault(&j->import, status, "this is no exported case");
  return krv_import_refuse(&j->import, w.line, w.exported, status);
}

static int take_cases(struct krv_case_import *j, json_t *cases, bool plain) {
  int status = 0;
  for (size_t i = 0; i < json_array_size(cases) && !status; i++)
    if (is_plain(json_array_get(cases, i)) == plain) status = take_at(j, cases, i);
  return status;
}

/* The cases whose references had to wait, once more. */
static int take_late(struct krv_case_import *j, json_t *cases) {
  size_t i;
  json_t *row;
  int status = 0;
  j->import.again = true;
  json_array_foreach (j->late, i, row) {
    const char *field = json_string_value(json_array_get(row, 2));
    if (status) break;
    if (json_object_set(json_array_get(row, 1), field, json_array_get(row, 3)))
      status = KERVEN_ENOMEM;
    if (!status)
      status = take_at(j, cases, (size_t)json_integer_value(json_array_get(row, 0)));
  }
  return status;
}

/* -------------------------------------------------------------------- whole */

int krv_case_import_init(struct krv_case_import *j, kerven *k,
                         const struct krv_import_options *options,
                         struct krv_import_report *report) {
  *j = (struct krv_case_import){
      .types = json_object(), .keys = json_object(), .late = json_array()};
  int status = krv_import_init(&j->import, k, options, report);
  if (!status && (!j->types || !j->keys || !j->late)) status = KERVEN_ENOMEM;
  return status ? status : load_types(j);
}

void krv_case_import_release(struct krv_case_import *j) {
  json_decref(j->late);
  json_decref(j->keys);
  json_decref(j->types);
}

const char *krv_case_import_type(const struct krv_case_import *j, const char *field) {
  return strchr(field, '.') ? NULL : text_at(j->types, field);
}

int krv_case_import_take(struct krv_case_import *j, json_t *cases) {
  int status = load_keys(j, cases);
  if (!status) status = take_cases(j, cases, true);
  if (!status) status = take_cases(j, cases, false);
  if (!status) status = take_late(j, cases);
  return krv_import_finish(&j->import, status);
}
