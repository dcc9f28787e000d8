#define _POSIX_C_SOURCE 200809L

#include "htcdsjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *krv_htcds_sync(enum kerven_sync_state state) {
  switch (state) {
    case KERVEN_DELIVERED: return "delivered";
    case KERVEN_AT_SERVER: return "server";
    case KERVEN_SAVED: break;
  }
  return "saved";
}

json_t *krv_htcds_time(int64_t at_s) {
  char text[32];
  struct tm tm;
  time_t at = (time_t)at_s;
  if (at_s == 0 || !gmtime_r(&at, &tm)) return json_null();
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
  return json_string(text);
}

json_t *krv_htcds_head(const struct kerven_case_item *item) {
  return json_pack(
      "{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}",
      "case", item->id, "type", item->type, "title", item->title, "status", item->status, "sync",
      krv_htcds_sync(item->sync), "changed", krv_htcds_time(item->changed_s), "commits",
      (json_int_t)item->commits, "conflict_count", (json_int_t)item->conflicts, "held",
      (json_int_t)item->held, "missing", (json_int_t)item->missing, "no_consent", item->no_consent,
      "consent_refused", item->consent_refused, "consent_withdrawn",
      item->consent_withdrawn, "cut_off", item->cut_off, "expired", item->expired,
      "forked", item->forked, "keyless", item->keyless, "quarantined", item->quarantined);
}

void krv_htcds_path(const struct kerven_field_item *item, char *out, size_t cap) {
  if (*item->record) snprintf(out, cap, "%s[%s].%s", item->record, item->rid, item->field);
  else snprintf(out, cap, "%s", item->field);
}

/* -------------------------------------------------------------------- values */

static json_t *options(const struct kerven_field_item *item) {
  json_t *array = json_array();
  for (uint32_t i = 0; i < item->count; i++)
    if (*item->values[i].value) json_array_append_new(array, json_string(item->values[i].value));
  return array;
}

static json_t *notes(const struct kerven_field_item *item) {
  json_t *array = json_array();
  for (uint32_t i = 0; i < item->count; i++) {
    const struct kerven_value *note = &item->values[i];
    json_array_append_new(array, json_pack("{s:s, s:s, s:o}", "text", note->value, "by", note->by,
                                           "at", krv_htcds_time(note->at_s)));
  }
  return array;
}

static json_t *boolean(const char *value) {
  if (!strcmp(value, "true")) return json_true();
  if (!strcmp(value, "false")) return json_false();
  return json_string(value);
}

static json_t *integer(const char *value) {
  char *end;
  long long number = strtoll(value, &end, 10);
  char again[32];
  snprintf(again, sizeof again, "%lld", number);
  return *end || strcmp(again, value) ? json_string(value) : json_integer(number);
}

/* NULL where there is no value to show. Decimals stay texts: their digits are exact. */
static json_t *value_of(const struct kerven_field_item *item) {
  if (item->count == 0) return NULL;
  if (!strcmp(item->type, "codes")) return options(item);
  if (!strcmp(item->type, "notes")) return notes(item);
  const char *value = item->values[0].value;
  if (!*value) return NULL;
  if (!strcmp(item->type, "bool")) return boolean(value);
  if (!strcmp(item->type, "integer")) return integer(value);
  return json_string(value);
}

/* "A;B", without spaces around a choice. */
static json_t *choices(const char *text) {
  json_t *array = json_array();
  while (array && *text) {
    size_t len = strcspn(text, ";"), skip = strspn(text, " ");
    size_t end = len;
    while (end > skip && text[end - 1] == ' ') end--;
    if (end > skip) json_array_append_new(array, json_stringn(text + skip, end - skip));
    text += len + (text[len] != 0);
  }
  return array;
}

json_t *krv_htcds_value(const char *type, const char *text) {
  if (!strcmp(type, "codes")) return choices(text);
  if (!strcmp(type, "bool")) return boolean(text);
  if (!strcmp(type, "integer")) return integer(text);
  return json_string(text);
}

json_t *krv_htcds_conflict(const char *id, const struct kerven_field_item *item) {
  char path[256];
  krv_htcds_path(item, path, sizeof path);
  json_t *values = json_array();
  for (uint32_t i = 0; i < item->count; i++) {
    const struct kerven_value *v = &item->values[i];
    json_array_append_new(values, json_pack("{s:s, s:s, s:s, s:o, s:b}", "value", v->value,
                                            "display", v->display, "by", v->by, "at",
                                            krv_htcds_time(v->at_s), "at_trusted", v->at_trusted));
  }
  return json_pack("{s:s, s:s, s:s, s:o}", "case", id, "field", path, "label", item->label,
                   "values", values);
}

/* --------------------------------------------------------------------- cases */

/* The record's object, made when its first field comes. Fields of a record come together, so it
 * is the last of its type. */
static json_t *record_of(json_t *records, const struct kerven_field_item *item) {
  json_t *list = json_object_get(records, item->record);
  if (!list) {
    list = json_array();
    if (json_object_set_new(records, item->record, list)) return NULL;
  }
  for (size_t i = json_array_size(list); i-- > 0;) {
    json_t *record = json_array_get(list, i);
    if (!strcmp(json_string_value(json_object_get(record, "rid")), item->rid)) return record;
  }
  json_t *record = json_pack("{s:s}", "rid", item->rid);
  return json_array_append_new(list, record) ? NULL : record;
}

/* The case's own notes stand in no record. */
static bool is_case_note(const struct kerven_field_item *item) {
  return *item->record && !*item->rid && !strcmp(item->type, "notes");
}

static int add_field(json_t *root, const char *id, const struct kerven_field_item *item) {
  int failed = 0;
  if (item->conflict)
    failed =
        json_array_append_new(json_object_get(root, "conflicts"), krv_htcds_conflict(id, item));
  json_t *value = value_of(item);
  if (!value) return failed ? KERVEN_ENOMEM : 0;
  json_t *at = json_object_get(root, "fields");
  if (is_case_note(item)) return json_object_set_new(root, "notes", value) ? KERVEN_ENOMEM : 0;
  if (*item->record) at = record_of(json_object_get(root, "records"), item);
  else if (!strcmp(item->field, KRV_HTCDS_IMPORT_KEY))
    return json_object_set_new(root, "import_key", value) ? KERVEN_ENOMEM : 0;
  failed |= json_object_set_new(at, item->field, value);
  return failed ? KERVEN_ENOMEM : 0;
}

static int add_fields(kerven *k, const char *id, bool deleted, json_t *root) {
  kerven_iter *iter;
  struct kerven_field_item item;
  struct kerven_field_query query = {.size = sizeof query, .deleted = deleted};
  int status = kerven_fields(k, id, &query, &iter);
  while (!status && !(status = kerven_fields_next(iter, &item)))
    status = add_field(root, id, &item);
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

int krv_htcds_case(kerven *k, const char *id, bool deleted, json_t **out) {
  struct kerven_case_item item;
  *out = NULL;
  int status = kerven_case_get(k, id, &item);
  if (status) return status;
  json_t *root = krv_htcds_head(&item);
  int failed = json_object_set_new(root, "fields", json_object());
  failed |= json_object_set_new(root, "records", json_object());
  failed |= json_object_set_new(root, "notes", json_array());
  failed |= json_object_set_new(root, "conflicts", json_array());
  status = failed ? KERVEN_ENOMEM : add_fields(k, id, deleted, root);
  if (status) {
    json_decref(root);
    return status;
  }
  *out = root;
  return 0;
}
