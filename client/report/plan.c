#define _POSIX_C_SOURCE 200809L

#include "plan.h"

#include <kerven/kerven.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_BYTES = 256 };

struct plan {
  krv_plan_fn fn;
  void *ctx;
};

/* ------------------------------------------------------------------- values */

static bool is_notes(const json_t *value) {
  return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static bool among(const json_t *array, const json_t *wanted) {
  size_t i;
  const json_t *item;
  json_array_foreach ((json_t *)array, i, item)
    if (json_equal(item, wanted)) return true;
  return false;
}

static bool same_set(const json_t *a, const json_t *b) {
  if (json_array_size(a) != json_array_size(b)) return false;
  size_t i;
  const json_t *item;
  json_array_foreach ((json_t *)a, i, item)
    if (!among(b, item)) return false;
  return true;
}

static bool has_note(const json_t *notes, const char *text) {
  size_t i;
  const json_t *note;
  json_array_foreach ((json_t *)notes, i, note) {
    const char *there = json_string_value(json_object_get(note, "text"));
    if (there && !strcmp(there, text)) return true;
  }
  return false;
}

static bool all_notes(const json_t *present, const json_t *wanted) {
  size_t i;
  const json_t *note;
  json_array_foreach ((json_t *)wanted, i, note) {
    const char *text = json_string_value(json_object_get(note, "text"));
    if (!text || !has_note(present, text)) return false;
  }
  return true;
}

bool krv_plan_same(const json_t *wanted, const json_t *present) {
  if (is_notes(wanted)) return all_notes(present, wanted);
  if (json_is_array(wanted) && json_is_array(present)) return same_set(wanted, present);
  return present && json_equal(wanted, present);
}

static char *join(const json_t *array) {
  size_t len = 1, i;
  const json_t *item;
  json_array_foreach ((json_t *)array, i, item) len += json_string_length(item) + 1;
  char *text = calloc(len, 1), *at = text;
  if (!text) return NULL;
  json_array_foreach ((json_t *)array, i, item) {
    size_t part = json_string_length(item);
    if (i) *at++ = ';';
    if (part) memcpy(at, json_string_value(item), part);
    at += part;
  }
  return text;
}

char *krv_plan_text(const json_t *value) {
  char number[32];
  switch (json_typeof(value)) {
  case JSON_STRING: return strdup(json_string_value(value));
  case JSON_TRUE: return strdup("true");
  case JSON_FALSE: return strdup("false");
  case JSON_INTEGER:
    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    return strdup(number);
  case JSON_ARRAY: return join(value);
  default: return NULL;
  }
}

static bool has_text(const json_t *value) {
  if (json_is_array(value)) {
    size_t i;
    const json_t *item;
    json_array_foreach ((json_t *)value, i, item)
      if (!json_is_string(item)) return false;
    return json_array_size(value) > 0;
  }
  return json_is_string(value) || json_is_boolean(value) || json_is_integer(value);
}

/* -------------------------------------------------------------------- steps */

static int append_notes(struct plan *plan, const char *path, const json_t *wanted,
                        const json_t *present) {
  size_t i;
  const json_t *note;
  int status = 0;
  json_array_foreach ((json_t *)wanted, i, note) {
    const char *text = json_string_value(json_object_get(note, "text"));
    if (!text) return KERVEN_EUNFIT;
    if (has_note(present, text)) continue;
    struct krv_plan_step step = {.path = path, .value = text, .note = true};
    status = plan->fn(plan->ctx, &step);
    if (status) break;
  }
  return status;
}

static int set_field(struct plan *plan, const char *path, const json_t *wanted,
                     const json_t *present) {
  if (json_is_null(wanted) || krv_plan_same(wanted, present)) return 0;
  if (is_notes(wanted)) return append_notes(plan, path, wanted, present);
  if (!has_text(wanted))
    return json_array_size(wanted) || !json_is_array(wanted) ? KERVEN_EUNFIT : 0;
  char *text = krv_plan_text(wanted);
  if (!text) return KERVEN_ENOMEM;
  struct krv_plan_step step = {.path = path, .value = text};
  int status = plan->fn(plan->ctx, &step);
  free(text);
  return status;
}

/* prefix: "" for record 0, else "consent[...]." */
static int set_fields(struct plan *plan, const char *prefix, const json_t *wanted,
                      const json_t *present) {
  const char *name;
  json_t *value;
  int status = 0;
  json_object_foreach ((json_t *)wanted, name, value) {
    char path[PATH_MAX_BYTES];
    if (!strcmp(name, "rid") && *prefix) continue;
    int len = snprintf(path, sizeof path, "%s%s", prefix, name);
    if (len < 0 || (size_t)len >= sizeof path) return KERVEN_EUNFIT;
    status = set_field(plan, path, value, json_object_get(present, name));
    if (status) break;
  }
  return status;
}

/* ------------------------------------------------------------------ records */

static bool same_rid(const json_t *wanted, const json_t *present) {
  const json_t *rid = json_object_get(wanted, "rid");
  return json_is_string(rid) && json_equal(rid, json_object_get(present, "rid"));
}

static bool same_content(const json_t *wanted, const json_t *present) {
  const char *name;
  json_t *value;
  json_object_foreach ((json_t *)wanted, name, value)
    if (strcmp(name, "rid") && !krv_plan_same(value, json_object_get(present, name))) return false;
  return true;
}

/* Nothing in the present one contradicts the wanted one, which only says more. */
static bool same_so_far(const json_t *wanted, const json_t *present) {
  return same_content(present, wanted);
}

/* Pairs wanted records with present ones, each once: match[w] is 1 + the place of the present
 * one, 0: none. */
struct pairing {
  const json_t *wanted, *present;
  size_t *match;
  bool *taken;
};

static void pair_by(struct pairing *p, bool (*fits)(const json_t *, const json_t *)) {
  for (size_t w = 0; w < json_array_size(p->wanted); w++)
    for (size_t h = 0; h < json_array_size(p->present) && !p->match[w]; h++) {
      if (p->taken[h] || !fits(json_array_get(p->wanted, w), json_array_get(p->present, h)))
        continue;
      p->match[w] = h + 1;
      p->taken[h] = true;
    }
}

static bool anything(const json_t *wanted, const json_t *present) {
  (void)wanted;
  (void)present;
  return true;
}

static void pair_last(struct pairing *p) {
  size_t wanted = 0, present = 0;
  for (size_t w = 0; w < json_array_size(p->wanted); w++) wanted += p->match[w] == 0;
  for (size_t h = 0; h < json_array_size(p->present); h++) present += !p->taken[h];
  if (wanted == 1 && present == 1) pair_by(p, anything);
}

static int set_records(struct plan *plan, const char *type, const struct pairing *p) {
  int status = 0;
  size_t fresh = 0;
  for (size_t w = 0; w < json_array_size(p->wanted) && !status; w++) {
    char prefix[PATH_MAX_BYTES];
    const json_t *wanted = json_array_get(p->wanted, w);
    const json_t *present = p->match[w] ? json_array_get(p->present, p->match[w] - 1) : NULL;
    const char *rid = json_string_value(json_object_get(present, "rid"));
    if (!json_is_object(wanted)) return KERVEN_EUNFIT;
    int len = rid ? snprintf(prefix, sizeof prefix, "%s[%s].", type, rid)
                  : snprintf(prefix, sizeof prefix, "%s[+%zu].", type, ++fresh);
    if (len < 0 || (size_t)len >= sizeof prefix) return KERVEN_EUNFIT;
    status = set_fields(plan, prefix, wanted, present);
  }
  return status;
}

static int plan_type(struct plan *plan, const char *type, const json_t *wanted,
                     const json_t *present) {
  if (!json_is_array(wanted)) return KERVEN_EUNFIT;
  struct pairing p = {.wanted = wanted, .present = present};
  p.match = calloc(json_array_size(wanted) + 1, sizeof *p.match);
  p.taken = calloc(json_array_size(present) + 1, sizeof *p.taken);
  int status = KERVEN_ENOMEM;
  if (p.match && p.taken) {
    pair_by(&p, same_rid);
    pair_by(&p, same_content);
    pair_by(&p, same_so_far);
    pair_last(&p);
    status = set_records(plan, type, &p);
  }
  free(p.taken);
  free(p.match);
  return status;
}

int krv_plan_make(const json_t *wanted, const json_t *present, krv_plan_fn fn, void *ctx) {
  struct plan plan = {.fn = fn, .ctx = ctx};
  const json_t *fields = json_object_get(wanted, "fields");
  const json_t *records = json_object_get(wanted, "records");
  if (!json_is_object(fields) || (records && !json_is_object(records))) return KERVEN_EUNFIT;
  int status = set_fields(&plan, "", fields, json_object_get(present, "fields"));
  const json_t *notes = json_object_get(wanted, "notes");
  if (!status) status = append_notes(&plan, NULL, notes, json_object_get(present, "notes"));
  const json_t *here = json_object_get(present, "records");
  const char *type;
  json_t *list;
  json_object_foreach ((json_t *)records, type, list) {
    if (status) break;
    status = plan_type(&plan, type, list, json_object_get(here, type));
  }
  return status;
}
