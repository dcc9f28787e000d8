#include "path.h"

#include <string.h>

static const struct krv_record_id record_0;

void krv_rid_format(const struct krv_record_id *rid, char out[17]) {
  static const char digits[] = "0123456789abcdef";
  out[0] = 0;
  if (memcmp(rid, &record_0, sizeof record_0) == 0) return;
  for (size_t i = 0; i < sizeof rid->b; i++) {
    out[2 * i] = digits[rid->b[i] >> 4];
    out[2 * i + 1] = digits[rid->b[i] & 15];
  }
  out[16] = 0;
}

static int hex_digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 1 to 999,999. */
static int parse_number(struct krv_slice text, uint32_t *out) {
  if (text.len == 0 || text.len > 6) return KRV_MALFORMED;
  *out = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') return KRV_MALFORMED;
    *out = *out * 10 + (uint32_t)(text.data[i] - '0');
  }
  return *out > 0 ? 0 : KRV_MALFORMED;
}

static int parse_rid(struct krv_slice text, struct krv_record_id *out) {
  if (text.len != 2 * KRV_RECORD_ID_LEN) return KRV_MALFORMED;
  for (size_t i = 0; i < KRV_RECORD_ID_LEN; i++) {
    int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
    if (high < 0 || low < 0) return KRV_MALFORMED;
    out->b[i] = (uint8_t)(high << 4 | low);
  }
  return 0;
}

/* What stands between the brackets. */
static int parse_pick(struct krv_slice text, struct krv_path *out) {
  if (text.len > 0 && text.data[0] == '+') {
    out->pick = KRV_PATH_NEW;
    out->number = 1;
    return text.len == 1 ? 0 : parse_number(krv_slice(text.data + 1, text.len - 1), &out->number);
  }
  bool rid = text.len == 2 * KRV_RECORD_ID_LEN;
  out->pick = rid ? KRV_PATH_RID : KRV_PATH_NUMBER;
  return rid ? parse_rid(text, &out->rid) : parse_number(text, &out->number);
}

static const uint8_t *find(struct krv_slice text, int c) {
  return text.len > 0 ? memchr(text.data, c, text.len) : NULL;
}

static int parse_record(const struct krv_schema *schema, struct krv_slice text, const uint8_t *open,
                        struct krv_path *out, struct krv_slice *unknown) {
  struct krv_slice name = krv_slice(text.data, (size_t)(open - text.data));
  struct krv_slice rest = krv_slice(open + 1, text.len - name.len - 1);
  const uint8_t *close = find(rest, ']');
  if (!close) return KRV_MALFORMED;
  struct krv_slice pick = krv_slice(rest.data, (size_t)(close - rest.data));
  struct krv_slice field = krv_slice(close + 1, rest.len - pick.len - 1);
  out->type = krv_schema_type_named(schema, name);
  *unknown = name;
  if (!out->type || out->type->id == 0) return KRV_FIELD;
  int status = parse_pick(pick, out);
  if (status != 0 || field.len == 0) return status;
  if (field.data[0] != '.') return KRV_MALFORMED;
  *unknown = krv_slice(field.data + 1, field.len - 1);
  out->field = krv_schema_field_named(schema, out->type->id, *unknown);
  return out->field ? 0 : KRV_FIELD;
}

/* `referral.status`: the first record of the type, or a new one. */
static int parse_dotted(const struct krv_schema *schema, struct krv_slice text, const uint8_t *dot,
                        struct krv_path *out, struct krv_slice *unknown) {
  struct krv_slice name = krv_slice(text.data, (size_t)(dot - text.data));
  *unknown = name;
  out->type = krv_schema_type_named(schema, name);
  if (!out->type || out->type->id == 0) return KRV_FIELD;
  out->pick = KRV_PATH_NUMBER;
  out->number = 1;
  *unknown = krv_slice(dot + 1, text.len - name.len - 1);
  out->field = krv_schema_field_named(schema, out->type->id, *unknown);
  return out->field ? 0 : KRV_FIELD;
}

int krv_path_parse(const struct krv_schema *schema, struct krv_slice text, struct krv_path *out,
                   struct krv_slice *unknown) {
  const uint8_t *open = find(text, '['), *dot = find(text, '.');
  memset(out, 0, sizeof *out);
  *unknown = text;
  if (open) return parse_record(schema, text, open, out, unknown);
  if (dot) return parse_dotted(schema, text, dot, out, unknown);
  out->pick = KRV_PATH_FLAT;
  out->type = krv_schema_type(schema, 0);
  out->field = krv_schema_field_named(schema, 0, text);
  return out->field ? 0 : KRV_FIELD;
}

static const struct krv_shown_record *by_rid(const struct krv_view *view, uint8_t type,
                                             const struct krv_record_id *rid) {
  for (uint32_t i = 0; i < view->record_count; i++) {
    const struct krv_shown_record *record = &view->records[i];
    bool same = memcmp(&record->id, rid, sizeof *rid) == 0;
    if (same && record->type != 0 && (type == 0 || record->type == type)) return record;
  }
  return NULL;
}

/* The n-th of a type, deleted ones counted. */
static const struct krv_shown_record *nth_of_all(const struct krv_view *view, uint8_t type,
                                                 uint32_t n) {
  for (uint32_t i = 0; i < view->record_count; i++)
    if (view->records[i].type == type && n-- == 1) return &view->records[i];
  return NULL;
}

const struct krv_shown_record *krv_path_rid(struct krv_slice text, const struct krv_view *view) {
  struct krv_record_id rid;
  return parse_rid(text, &rid) == 0 ? by_rid(view, 0, &rid) : NULL;
}

int krv_path_record(const struct krv_path *path, const struct krv_view *view,
                    struct krv_record_id *out) {
  memset(out, 0, sizeof *out);
  if (path->pick == KRV_PATH_FLAT) return 0;
  const struct krv_shown_record *record =
      path->pick == KRV_PATH_NUMBER ? krv_view_record(view, path->type->id, path->number)
                                    : by_rid(view, path->type->id, &path->rid);
  if (!record) return KRV_NOT_FOUND;
  *out = record->id;
  return 0;
}

int krv_path_deleted(const struct krv_path *path, const struct krv_view *view,
                     struct krv_record_id *out) {
  memset(out, 0, sizeof *out);
  if (path->pick == KRV_PATH_FLAT) return KRV_NOT_FOUND;
  const struct krv_shown_record *record =
      path->pick == KRV_PATH_NUMBER ? nth_of_all(view, path->type->id, path->number)
                                    : by_rid(view, path->type->id, &path->rid);
  if (!record || !(record->deleted || record->delete_disputed)) return KRV_NOT_FOUND;
  *out = record->id;
  return 0;
}
