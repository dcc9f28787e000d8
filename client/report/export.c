#define _POSIX_C_SOURCE 200809L

#include "export.h"

#include "csvfile.h"
#include "htcdsjson.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef int (*write_fn)(void *ctx, FILE *out, const json_t *json, uint64_t number);

static int each_case(kerven *k, FILE *out, const struct krv_export_options *options, write_fn write,
                     void *ctx) {
  kerven_iter *iter;
  struct kerven_case_item item;
  struct kerven_case_query query = {.size = sizeof query, .type = options->type};
  uint64_t number = 0;
  int status = kerven_cases(k, &query, &iter);
  while (!status && !(status = kerven_cases_next(iter, &item))) {
    json_t *json;
    char id[33];
    memcpy(id, item.id, sizeof id);
    status = krv_htcds_case(k, id, false, &json);
    if (status) break;
    status = write(ctx, out, json, number++);
    json_decref(json);
    if (!status && ferror(out)) status = KERVEN_EIO;
    if (!status && options->progress) options->progress(options->ctx, number);
  }
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

/* ---------------------------------------------------------------------- JSON */

static int write_json(void *ctx, FILE *out, const json_t *json, uint64_t number) {
  (void)ctx;
  fputs(number ? ",\n" : "\n", out);
  return json_dumpf(json, out, JSON_COMPACT) ? KERVEN_EIO : 0;
}

int krv_export_json(kerven *k, FILE *out, const struct krv_export_options *options) {
  struct kerven_status_report report = {.size = sizeof report};
  int status = kerven_status(k, &report);
  if (status) return status;
  json_t *programme = json_string(report.programme);
  fprintf(out,
          "{\"format\":\"%s\",\"version\":%d,\"standard\":\"HTCDS 2.0\",\"practice\":%s,"
          "\"programme\":",
          KRV_HTCDS_FORMAT, KRV_HTCDS_VERSION, report.practice ? "true" : "false");
  int failed = json_dumpf(programme, out, JSON_ENCODE_ANY);
  json_decref(programme);
  fputs(",\"cases\":[", out);
  status = failed ? KERVEN_EIO : each_case(k, out, options, write_json, NULL);
  fputs("\n]}\n", out);
  if (!status && ferror(out)) status = KERVEN_EIO;
  return status;
}

/* ----------------------------------------------------------------------- CSV */

static json_t *flat_fields(kerven *k, int *status) {
  kerven_iter *iter;
  struct kerven_schema_item item;
  json_t *fields = json_array();
  *status = kerven_schema(k, &iter);
  while (!*status && !(*status = kerven_schema_next(iter, &item)))
    if (!*item.record && strcmp(item.field, KRV_HTCDS_IMPORT_KEY))
      json_array_append_new(fields, json_string(item.field));
  kerven_iter_free(iter);
  if (*status > 0) *status = fields ? 0 : KERVEN_ENOMEM;
  return fields;
}

static void cell_number(FILE *out, json_int_t number) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)number);
  krv_csv_cell(out, text, 0);
}

/* Several values in one cell: "A;B"; of notes and conflicts the member that says it. */
static int cell_array(FILE *out, const json_t *array, const char *member) {
  char *text = NULL;
  size_t len = 0, i;
  const json_t *item;
  FILE *cell = open_memstream(&text, &len);
  if (!cell) return KERVEN_ENOMEM;
  json_array_foreach ((json_t *)array, i, item) {
    const char *value =
        json_string_value(json_is_object(item) ? json_object_get(item, member) : item);
    fprintf(cell, "%s%s", i ? ";" : "", value ? value : "");
  }
  int failed = fclose(cell);
  if (!failed) krv_csv_cell(out, text, 0);
  free(text);
  return failed ? KERVEN_ENOMEM : 0;
}

static int cell_value(FILE *out, const json_t *value) {
  switch (value ? json_typeof(value) : JSON_NULL) {
  case JSON_ARRAY: return cell_array(out, value, "text");
  case JSON_INTEGER: cell_number(out, json_integer_value(value)); break;
  case JSON_TRUE: krv_csv_cell(out, "true", 0); break;
  case JSON_FALSE: krv_csv_cell(out, "false", 0); break;
  case JSON_STRING: krv_csv_cell(out, json_string_value(value), 0); break;
  default: krv_csv_cell(out, "", 0);
  }
  return 0;
}

static int write_row(void *ctx, FILE *out, const json_t *json, uint64_t number) {
  (void)number;
  const json_t *columns = ctx, *fields = json_object_get(json, "fields"), *name;
  size_t i;
  int status = 0;
  krv_csv_cell(out, json_string_value(json_object_get(json, "case")), 1);
  static const char *const head[] = {"type", "sync", "import_key"};
  for (i = 0; i < sizeof head / sizeof *head && !status; i++)
    status = cell_value(out, json_object_get(json, head[i]));
  json_array_foreach ((json_t *)columns, i, name) {
    if (status) break;
    status = cell_value(out, json_object_get(fields, json_string_value(name)));
  }
  if (!status) status = cell_array(out, json_object_get(json, "conflicts"), "field");
  fputs("\r\n", out);
  return status;
}

int krv_export_csv(kerven *k, FILE *out, const struct krv_export_options *options) {
  int status;
  json_t *columns = flat_fields(k, &status);
  if (!status) {
    size_t i;
    json_t *name;
    krv_csv_cell(out, "case", 1);
    krv_csv_cell(out, "type", 0);
    krv_csv_cell(out, "sync", 0);
    krv_csv_cell(out, "import_key", 0);
    json_array_foreach (columns, i, name) krv_csv_cell(out, json_string_value(name), 0);
    krv_csv_cell(out, "conflicts", 0);
    fputs("\r\n", out);
    status = each_case(k, out, options, write_row, columns);
  }
  json_decref(columns);
  return !status && ferror(out) ? KERVEN_EIO : status;
}
