/* schema_text: values from and for people. Input: a table of parsers by field type,
 * each makes a value, which is encoded at one place. Output: a value that fits its
 * field is shown by it, any other raw, so nothing that was written is ever hidden. */
#include <string.h>
#include <utf8proc.h>

#include "bounds.h"
#include "schema_priv.h"
#include "status.h"

/* ---- input ---- */

/* What a parser is given. scratch takes a changed text until it is encoded. */
struct input {
  const struct krv_schema *schema;
  const struct krv_field *field;
  struct krv_slice text;
  struct krv_buf *scratch;
};

/* Without white space at both ends. */
static struct krv_slice trim(struct krv_slice text) {
  while (text.len > 0 && (text.data[0] <= ' ')) {
    text.data++;
    text.len--;
  }
  while (text.len > 0 && text.data[text.len - 1] <= ' ') text.len--;
  return text;
}

/* UTF-8 without control characters but those of lines. */
static bool is_text(struct krv_slice text) {
  for (size_t i = 0; i < text.len;) {
    utf8proc_int32_t c = 0;
    utf8proc_ssize_t used =
        utf8proc_iterate(text.data + i, (utf8proc_ssize_t)(text.len - i), &c);
    if (used <= 0) return false;
    if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') return false;
    if (c >= 0x7f && c < 0xa0) return false;
    i += (size_t)used;
  }
  return true;
}

static int parse_long_text(const struct input *in, struct krv_value *out) {
  if (!is_text(in->text)) return KRV_VALUE;
  out->kind = KRV_VALUE_TEXT;
  out->as.text = in->text;
  return 0;
}

/* One line: line breaks and tabs, as spreadsheets bring them, become a space each. */
static int parse_text(const struct input *in, struct krv_value *out) {
  int rc = parse_long_text(in, out);
  if (rc != 0) return rc;
  krv_buf_put(in->scratch, trim(in->text));
  for (size_t i = 0; i < in->scratch->len; i++)
    if (in->scratch->data[i] < ' ') in->scratch->data[i] = ' ';
  out->as.text = krv_buf_slice(in->scratch);
  return in->scratch->status;
}

static int parse_code(const struct input *in, struct krv_value *out) {
  int32_t index = krv_schema_code(in->schema, in->field->list, trim(in->text));
  if (index < 0) return KRV_CODE;
  out->kind = KRV_VALUE_INT;
  out->as.integer = index;
  return 0;
}

static int parse_open_code(const struct input *in, struct krv_value *out) {
  return parse_code(in, out) == 0 ? 0 : parse_text(in, out);
}

static int parse_bool(const struct input *in, struct krv_value *out) {
  static const char *const words[2] = {"false", "true"};
  struct krv_slice text = trim(in->text);
  int32_t found = -1;
  for (int32_t i = 0; i < 2; i++)
    if (krv_slice_equal(text, krv_slice_str(words[i]))) found = i;
  if (found < 0 && in->schema->bools) found = krv_schema_code(in->schema, in->schema->bools, text);
  if (found < 0) return KRV_VALUE;
  out->kind = KRV_VALUE_BOOL;
  out->as.boolean = found == 1;
  return 0;
}

static int parse_integer(const struct input *in, struct krv_value *out) {
  struct krv_slice text = trim(in->text);
  int64_t v = 0;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.data[i];
    if (c < '0' || c > '9' || v > (INT64_MAX - 9) / 10) return KRV_VALUE;
    v = v * 10 + (c - '0');
  }
  out->kind = KRV_VALUE_INT;
  out->as.integer = v;
  return 0;
}

static int parse_decimal(const struct input *in, struct krv_value *out) {
  return krv_decimal_parse(trim(in->text), out);
}

static int parse_date(const struct input *in, struct krv_value *out) {
  out->kind = KRV_VALUE_DATE;
  return krv_date_parse(trim(in->text), &out->as.date);
}

/* E.164: a plus and 7 to 15 digits, the first not 0. Spaces, hyphens, dots, strokes
 * and brackets between them are dropped, 00 in front is a plus; anything else stays
 * as it was told. */
static int parse_phone(const struct input *in, struct krv_value *out) {
  struct krv_slice text = trim(in->text);
  struct krv_buf *digits = in->scratch;
  bool international = text.len > 1 && (text.data[0] == '+' || memcmp(text.data, "00", 2) == 0);
  bool plain = international;
  size_t skip = international && text.data[0] == '0' ? 2 : 1;
  krv_buf_u8(digits, '+');
  for (size_t i = skip; i < text.len && plain; i++) {
    uint8_t c = text.data[i];
    if (c >= '0' && c <= '9')
      krv_buf_u8(digits, c);
    else
      plain = strchr(" -./()", c) != NULL && c != 0;
  }
  if (digits->status != 0) return digits->status;
  if (plain && digits->len >= 8 && digits->len <= 16 && digits->data[1] != '0') {
    out->kind = KRV_VALUE_TEXT;
    out->as.text = krv_buf_slice(digits);
    return 0;
  }
  krv_buf_reset(digits);
  return parse_text(in, out);
}

static int parse_case(const struct input *in, struct krv_value *out) {
  struct krv_slice text = trim(in->text);
  out->kind = KRV_VALUE_CASE;
  return krv_id_parse((const char *)text.data, text.len, &out->as.kase) == 0 ? 0 : KRV_VALUE;
}

static int hex_digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static int parse_record(const struct input *in, struct krv_value *out) {
  struct krv_slice text = trim(in->text);
  if (text.len != 2 * (size_t)KRV_RECORD_ID_LEN) return KRV_VALUE;
  for (size_t i = 0; i < KRV_RECORD_ID_LEN; i++) {
    int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
    if (high < 0 || low < 0) return KRV_VALUE;
    out->as.record[i] = (uint8_t)(high << 4 | low);
  }
  out->kind = KRV_VALUE_RECORD;
  return 0;
}

static int (*const parsers[])(const struct input *, struct krv_value *) = {
    [KRV_FIELD_TEXT] = parse_text,       [KRV_FIELD_LONG_TEXT] = parse_long_text,
    [KRV_FIELD_CODE] = parse_code,       [KRV_FIELD_OPEN_CODE] = parse_open_code,
    [KRV_FIELD_CODES] = parse_code,      [KRV_FIELD_BOOL] = parse_bool,
    [KRV_FIELD_INTEGER] = parse_integer, [KRV_FIELD_DECIMAL] = parse_decimal,
    [KRV_FIELD_DATE] = parse_date,       [KRV_FIELD_PHONE] = parse_phone,
    [KRV_FIELD_CASE] = parse_case,       [KRV_FIELD_RECORD] = parse_record,
    [KRV_FIELD_NOTES] = parse_long_text,
};

int krv_schema_parse(const struct krv_schema *schema, const struct krv_field *field,
                     struct krv_slice text, struct krv_buf *out) {
  struct krv_buf scratch;
  struct krv_value value;
  memset(&value, 0, sizeof value);
  if (field->flags & KRV_FIELD_NEWER) return KRV_NEWER;
  if (text.len > KRV_TEXT_SIZE_MAX) return KRV_TOO_LARGE;
  krv_buf_init(&scratch, schema->env);
  struct input in = {schema, field, text, &scratch};
  int rc = trim(text).len == 0 ? 0 : parsers[field->type](&in, &value);
  if (rc == 0) {
    krv_value_encode(&value, out);
    rc = out->status;
  }
  krv_buf_wipe(&scratch);
  return rc;
}

/* ---- doubts ---- */

static bool is_e164(struct krv_slice text) {
  if (text.len < 8 || text.len > 16 || text.data[0] != '+' || text.data[1] == '0') return false;
  for (size_t i = 1; i < text.len; i++)
    if (text.data[i] < '0' || text.data[i] > '9') return false;
  return true;
}

/* Something, one @, something with a dot inside; no spaces. What an address is in full only its
 * server knows. */
static bool is_email(struct krv_slice text) {
  const uint8_t *at = memchr(text.data, '@', text.len);
  if (!at || at == text.data || memchr(text.data, ' ', text.len)) return false;
  struct krv_slice host = krv_slice(at + 1, text.len - (size_t)(at + 1 - text.data));
  if (host.len < 3 || memchr(host.data, '@', host.len)) return false;
  const uint8_t *dot = memchr(host.data + 1, '.', host.len - 1);
  return dot && host.data[host.len - 1] != '.';
}

static bool is_ahead(const struct krv_date *date, uint32_t today) {
  uint32_t month = date->month > 0 ? date->month : 1, day = date->day > 0 ? date->day : 1;
  return today > 0 && (uint32_t)date->year * 10000 + month * 100 + day > today;
}

enum krv_doubt krv_schema_doubt(const struct krv_field *field, struct krv_slice bytes,
                                uint32_t today) {
  struct krv_value value;
  if (krv_value_decode(bytes, &value) != 0) return KRV_DOUBT_NONE;
  bool text = value.kind == KRV_VALUE_TEXT && value.as.text.len > 0;
  if (text && field->type == KRV_FIELD_PHONE && !is_e164(value.as.text)) return KRV_DOUBT_PHONE;
  if (text && (field->flags & KRV_FIELD_EMAIL) && !is_email(value.as.text)) return KRV_DOUBT_EMAIL;
  if (text && field->type == KRV_FIELD_OPEN_CODE) return KRV_DOUBT_LIST;
  bool past = value.kind == KRV_VALUE_DATE && (field->flags & KRV_FIELD_PAST);
  return past && is_ahead(&value.as.date, today) ? KRV_DOUBT_FUTURE : KRV_DOUBT_NONE;
}

/* ---- output ---- */

static void put_text(struct krv_buf *out, const char *text) {
  krv_buf_put(out, krv_slice_str(text));
}

static void put_int(struct krv_buf *out, int64_t v) {
  struct krv_value value = {.kind = KRV_VALUE_DECIMAL};
  value.as.decimal.mantissa = v;
  krv_decimal_format(&value, out);
}

static void put_hex(struct krv_buf *out, const uint8_t *bytes, size_t len) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < len; i++) {
    krv_buf_u8(out, (uint8_t)digits[bytes[i] >> 4]);
    krv_buf_u8(out, (uint8_t)digits[bytes[i] & 15]);
  }
}

/* The form that a value has by itself. */
static void put_plain(struct krv_buf *out, const struct krv_value *value) {
  switch (value->kind) {
    case KRV_VALUE_NIL: break;
    case KRV_VALUE_BOOL: put_text(out, value->as.boolean ? "true" : "false"); break;
    case KRV_VALUE_INT: put_int(out, value->as.integer); break;
    case KRV_VALUE_TEXT: krv_buf_put(out, value->as.text); break;
    case KRV_VALUE_DECIMAL: krv_decimal_format(value, out); break;
    case KRV_VALUE_DATE: krv_date_format(&value->as.date, out); break;
    case KRV_VALUE_RECORD: put_hex(out, value->as.record, KRV_RECORD_ID_LEN); break;
    case KRV_VALUE_CASE: put_hex(out, value->as.kase.b, KRV_ID_LEN); break;
  }
}

/* The code that a value names, NULL if it is none of the list. */
static const struct krv_code *code_of(const struct krv_field *field,
                                      const struct krv_value *value) {
  if (!field || !field->list || value->kind != KRV_VALUE_INT) return NULL;
  bool known = value->as.integer >= 0 && value->as.integer < (int64_t)field->list->count;
  return known ? &field->list->codes[value->as.integer] : NULL;
}

/* A number where none belongs is the code of a newer list or of another type. */
static bool is_raw_number(const struct krv_field *field, const struct krv_value *value) {
  if (!field || value->kind != KRV_VALUE_INT || (field->flags & KRV_FIELD_NEWER)) return false;
  return field->type != KRV_FIELD_INTEGER && field->type != KRV_FIELD_DECIMAL;
}

/* Decodes; bytes that are no value are shown as what they are, and false returned. */
static bool decode_or_show(struct krv_slice bytes, struct krv_value *value, struct krv_buf *out) {
  if (krv_value_decode(bytes, value) == 0) return true;
  krv_buf_u8(out, '?');
  put_hex(out, bytes.data, bytes.len);
  return false;
}

static void put_value(struct krv_buf *out, const struct krv_field *field,
                      const struct krv_value *value) {
  if (is_raw_number(field, value)) krv_buf_u8(out, '#');
  put_plain(out, value);
}

void krv_schema_format(const struct krv_schema *schema, const struct krv_field *field,
                       struct krv_slice bytes, struct krv_buf *out) {
  struct krv_value value;
  (void)schema;
  if (!decode_or_show(bytes, &value, out)) return;
  const struct krv_code *code = code_of(field, &value);
  if (code)
    krv_buf_put(out, code->name);
  else
    put_value(out, field, &value);
}

void krv_schema_display(const struct krv_schema *schema, const struct krv_field *field,
                        enum krv_lang lang, struct krv_slice bytes, struct krv_buf *out) {
  struct krv_value value;
  if (!decode_or_show(bytes, &value, out)) return;
  const struct krv_code *code = code_of(field, &value);
  if (value.kind == KRV_VALUE_BOOL && schema->bools)
    code = &schema->bools->codes[value.as.boolean ? 1 : 0];
  if (code)
    krv_buf_put(out, code->label[lang]);
  else
    put_value(out, field, &value);
}

/* ---- rank ---- */

static int32_t clamp(int64_t v) {
  if (v >= INT32_MAX) return INT32_MAX - 1;
  return v <= INT32_MIN ? INT32_MIN + 1 : (int32_t)v;
}

/* How bad, or how much, the value is; false if it does not fit the field. */
static bool measure(const struct krv_field *field, const struct krv_value *value, int64_t *rank) {
  const struct krv_code *code = code_of(field, value);
  const struct krv_date *date = &value->as.date;
  bool codes = krv_field_takes_code(field->type);
  *rank = 0;
  if (code)
    *rank = code->rank;
  else if (codes)
    return field->type == KRV_FIELD_OPEN_CODE && value->kind == KRV_VALUE_TEXT;
  else if (field->type == KRV_FIELD_BOOL && value->kind == KRV_VALUE_BOOL)
    *rank = value->as.boolean ? 1 : -1;
  else if (field->type == KRV_FIELD_DATE && value->kind == KRV_VALUE_DATE)
    *rank = date->year * 10000 + date->month * 100 + date->day;
  else if (field->type == KRV_FIELD_INTEGER && value->kind == KRV_VALUE_INT)
    *rank = value->as.integer;
  else
    return value->kind == KRV_VALUE_TEXT;
  return true;
}

int32_t krv_schema_show_rank(const struct krv_field *field, struct krv_slice bytes) {
  struct krv_value value;
  int64_t rank;
  if (field->show == KRV_SHOW_PLAIN) return 0;
  if (krv_value_decode(bytes, &value) != 0) return INT32_MAX;
  if (value.kind == KRV_VALUE_NIL)
    return krv_field_takes_code(field->type) || field->type == KRV_FIELD_BOOL ? 0 : INT32_MIN;
  if (!measure(field, &value, &rank)) return INT32_MAX;
  return clamp(field->show == KRV_SHOW_RESTRICTIVE ? -clamp(rank) : rank);
}
