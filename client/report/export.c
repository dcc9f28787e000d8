#define _POSIX_C_SOURCE 200809L

#include "export.h"

#include "csvfile.h"
#include "htcdsjson.h"
#include "marks.h"
#include "plan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* EDAMAGED only before it has written anything. */
typedef int (*write_fn)(void *ctx, FILE *out, const json_t *json, uint64_t number);

static int one_case(kerven *k, FILE *out, const char *id, write_fn write, void *ctx,
                    uint64_t number) {
  json_t *json;
  int status = krv_htcds_case(k, id, false, &json);
  if (status) return status;
  status = write(ctx, out, json, number);
  json_decref(json);
  return !status && ferror(out) ? KERVEN_EIO : status;
}

static int each_case(kerven *k, FILE *out, const struct krv_export_options *options, write_fn write,
                     void *ctx) {
  kerven_iter *iter;
  struct kerven_case_item item;
  struct kerven_case_query query = {.size = sizeof query, .type = options->type};
  uint64_t number = 0;
  int status = kerven_cases(k, &query, &iter);
  while (!status && !(status = kerven_cases_next(iter, &item))) {
    char id[33];
    memcpy(id, item.id, sizeof id);
    status = one_case(k, out, id, write, ctx, number);
    if (status == KERVEN_EDAMAGED) {
      options->unread(options->ctx, id);
      status = 0;
      continue;
    }
    number++;
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

struct sheet {
  kerven *k;
  json_t *columns;
  bool practice;
  struct krv_export_loss *loss;
};

json_t *krv_export_columns(kerven *k, int *status) {
  kerven_iter *iter;
  struct kerven_schema_item item;
  json_t *columns = json_array();
  *status = kerven_schema(k, &iter);
  while (!*status && !(*status = kerven_schema_next(iter, &item)))
    if (!*item.record && strcmp(item.field, KRV_HTCDS_IMPORT_KEY) && strcmp(item.type, "notes"))
      json_array_append_new(columns, json_string(item.field));
  kerven_iter_free(iter);
  if (*status > 0) *status = columns ? 0 : KERVEN_ENOMEM;
  if (!*status) return columns;
  json_decref(columns);
  return NULL;
}

static int cell_value(FILE *out, const json_t *value) {
  char *text = value ? krv_plan_text(value) : NULL;
  if (value && !text) return KERVEN_ENOMEM;
  krv_csv_cell(out, text ? text : "", 0);
  free(text);
  return 0;
}

/* The names of the fields in conflict, joined. */
static int cell_conflicts(FILE *out, const json_t *conflicts) {
  json_t *names = json_array(), *conflict;
  size_t i;
  json_array_foreach ((json_t *)conflicts, i, conflict)
    json_array_append(names, json_object_get(conflict, "field"));
  int status = names ? cell_value(out, names) : KERVEN_ENOMEM;
  json_decref(names);
  return status;
}

static int cell_marks(const struct sheet *sheet, FILE *out, const struct krv_marks *marks,
                      const json_t *fields) {
  char *text = krv_marks_text(marks, sheet->columns, fields, sheet->practice);
  if (!text) return KERVEN_ENOMEM;
  krv_csv_cell(out, text, 0);
  free(text);
  return 0;
}

static void count_loss(struct krv_export_loss *loss, const json_t *json, size_t cells) {
  size_t records = 0, notes = json_array_size(json_object_get(json, "notes"));
  size_t conflicts = json_array_size(json_object_get(json, "conflicts"));
  size_t fields = json_object_size(json_object_get(json, "fields")) - cells;
  const char *type;
  json_t *list;
  json_object_foreach (json_object_get(json, "records"), type, list)
    records += json_array_size(list);
  loss->cases += records + notes + conflicts + fields > 0;
  loss->records += records;
  loss->notes += notes;
  loss->conflicts += conflicts;
  loss->fields += fields;
}

static int write_row(void *ctx, FILE *out, const json_t *json, uint64_t number) {
  (void)number;
  const struct sheet *sheet = ctx;
  const json_t *fields = json_object_get(json, "fields"), *name;
  const char *id = json_string_value(json_object_get(json, "case"));
  struct krv_marks marks;
  size_t i, cells = 0;
  int status = krv_marks_init(&marks, sheet->k, id);
  if (status) return status;
  krv_csv_cell(out, id, 1);
  static const char *const head[] = {"type", "sync", "import_key"};
  for (i = 0; i < sizeof head / sizeof *head && !status; i++)
    status = cell_value(out, json_object_get(json, head[i]));
  json_array_foreach (sheet->columns, i, name) {
    const json_t *value = json_object_get(fields, json_string_value(name));
    if (status) break;
    status = cell_value(out, value);
    cells += value != NULL;
  }
  if (!status) status = cell_conflicts(out, json_object_get(json, "conflicts"));
  if (!status) status = cell_marks(sheet, out, &marks, fields);
  if (!status) count_loss(sheet->loss, json, cells);
  fputs("\r\n", out);
  return status;
}

static void write_header(FILE *out, const json_t *columns) {
  size_t i;
  const json_t *name;
  krv_csv_cell(out, "case", 1);
  krv_csv_cell(out, "type", 0);
  krv_csv_cell(out, "sync", 0);
  krv_csv_cell(out, "import_key", 0);
  json_array_foreach ((json_t *)columns, i, name) krv_csv_cell(out, json_string_value(name), 0);
  krv_csv_cell(out, "conflicts", 0);
  krv_csv_cell(out, "marks", 0);
  fputs("\r\n", out);
}

int krv_export_csv(kerven *k, FILE *out, const struct krv_export_options *options,
                   struct krv_export_loss *loss) {
  struct kerven_status_report here = {.size = sizeof here};
  struct sheet sheet = {.k = k, .loss = loss};
  *loss = (struct krv_export_loss){0};
  int status = kerven_status(k, &here);
  sheet.practice = here.practice;
  if (!status) sheet.columns = krv_export_columns(k, &status);
  if (!status) {
    write_header(out, sheet.columns);
    status = each_case(k, out, options, write_row, &sheet);
  }
  json_decref(sheet.columns);
  return !status && ferror(out) ? KERVEN_EIO : status;
}
