/* Our own CSV export back into cases: each row becomes the JSON form of a case with
 * the fields that its cells hold, and import_case.h does the rest.
 *
 * The file may have been through a spreadsheet: a byte order mark, semicolons or tabs
 * between the cells, other line ends, columns moved or deleted, blank rows. The columns
 * "case" and "marks" are what makes it an export. */
#include "csvfile.h"
#include "htcdsjson.h"
#include "import_case.h"
#include "marks.h"

#include <string.h>

enum { CASE_DIGITS = 32 };

struct sheet {
  struct krv_case_import cases;
  json_t *columns; /* names, as the first row has them */
  json_t *rows;    /* the list of cases */
  json_t *ids;     /* those seen: {id: true} */
  bool bound;
  bool practice; /* a row comes from a practice programme */
};

static const char *column_at(const struct sheet *s, size_t i) {
  return json_string_value(json_array_get(s->columns, i));
}

static bool has_column(const json_t *columns, const char *name) {
  size_t i;
  const json_t *column;
  json_array_foreach ((json_t *)columns, i, column)
    if (!strcmp(json_string_value(column), name)) return true;
  return false;
}

/* ------------------------------------------------------------------- header */

static int keep_header(void *ctx, const struct krv_csv_row *row) {
  json_t *columns = ctx;
  for (size_t i = 0; i < row->count; i++)
    if (json_array_append_new(columns, json_string(krv_csv_plain(row->cells[i]))))
      return KERVEN_ENOMEM;
  return KERVEN_END;
}

static int no_export(struct krv_import_report *report, const struct krv_csv_error *error,
                     bool readable) {
  if (!readable && !error->why) {
    snprintf(report->why, sizeof report->why, "the file is empty");
    return KERVEN_EUNFIT;
  }
  if (!readable) {
    snprintf(report->why, sizeof report->why, "line %zu: %s", error->line, error->why);
    return KERVEN_EUNFIT;
  }
  snprintf(report->why, sizeof report->why,
           "a CSV file needs --map MAP, unless it is an export of kerven with its columns \"case\" "
           "and \"marks\"; see docs/import.md");
  return KERVEN_EUSAGE;
}

/* The delimiter with which the first row is that of an export. */
static int find_delimiter(FILE *in, struct krv_import_report *report, char *out) {
  struct krv_csv_error first = {0}, error;
  bool readable = false;
  for (const char *delimiter = ",;\t"; *delimiter; delimiter++) {
    json_t *columns = json_array();
    rewind(in);
    int status = columns ? krv_csv_read(in, *delimiter, &error, keep_header, columns)
                         : KERVEN_ENOMEM;
    bool ours = has_column(columns, "case") && has_column(columns, "marks");
    json_decref(columns);
    if (status == KERVEN_END && ours) {
      *out = *delimiter;
      rewind(in);
      return 0;
    }
    if (status == KERVEN_EIO)
      snprintf(report->why, sizeof report->why, "the file: it cannot be read");
    if (status == KERVEN_EIO || status == KERVEN_ENOMEM) return status;
    readable |= status == KERVEN_END;
    if (!first.why) first = error;
  }
  return no_export(report, &first, readable);
}

/* Columns that are no fields. */
static bool is_head(const char *name) {
  static const char *const head[] = {"case",      "type",  "sync", "import_key",
                                     "conflicts", "marks", ""};
  for (size_t i = 0; i < sizeof head / sizeof *head; i++)
    if (!strcmp(head[i], name)) return true;
  return false;
}

/* A column that nobody knows is told before anything is taken: its name may be mistyped. */
static int check_column(struct sheet *s, const char *name) {
  struct krv_import *import = &s->cases.import;
  struct krv_import_report *report = import->report;
  kerven_edit *edit;
  if (is_head(name) || krv_case_import_type(&s->cases, name)) return 0;
  int status = kerven_edit_new(import->k, NULL, &edit);
  if (status) return status;
  status = kerven_edit_set(edit, name, "");
  krv_import_drop(import, edit);
  snprintf(report->why, sizeof report->why,
           "the file has a column \"%.100s\", which is no field%s%s", name, status ? ": " : "",
           status ? import->detail : "");
  return KERVEN_EFIELD;
}

static int bind(struct sheet *s, const struct krv_csv_row *row) {
  int status = keep_header(s->columns, row);
  if (status != KERVEN_END) return status;
  status = 0;
  for (size_t i = 0; i < row->count && !status; i++) {
    const char *name = column_at(s, i);
    for (size_t before = 0; before < i && *name && !status; before++) {
      if (strcmp(column_at(s, before), name)) continue;
      snprintf(s->cases.import.report->why, sizeof s->cases.import.report->why,
               "the file has two columns \"%.100s\"", name);
      status = KERVEN_EUNFIT;
    }
    if (!status) status = check_column(s, name);
  }
  return status;
}

/* --------------------------------------------------------------------- rows */

static json_t *conflicts_of(const char *cell) {
  json_t *names = krv_htcds_value("codes", cell), *conflicts = json_array(), *name;
  size_t i;
  json_array_foreach (names, i, name)
    json_array_append_new(conflicts, json_pack("{s:O}", "field", name));
  json_decref(names);
  return conflicts;
}

/* A cell into the case's JSON; an empty one is remembered by its column. */
static int put_cell(const struct sheet *s, json_t *json, const char *name, const char *cell) {
  const char *type = krv_case_import_type(&s->cases, name);
  if (!*name || !strcmp(name, "sync")) return 0;
  if (!strcmp(name, "conflicts"))
    return json_object_set_new(json, name, conflicts_of(cell)) ? KERVEN_ENOMEM : 0;
  if (is_head(name)) return json_object_set_new(json, name, json_string(cell)) ? KERVEN_ENOMEM : 0;
  int failed = *cell ? json_object_set_new(json_object_get(json, "fields"), name,
                                           krv_htcds_value(type, cell))
                     : json_array_append_new(json_object_get(json, "empty"), json_string(name));
  return failed ? KERVEN_ENOMEM : 0;
}

static bool is_blank(const struct krv_csv_row *row) {
  for (size_t i = 0; i < row->count; i++)
    if (*row->cells[i]) return false;
  return true;
}

/* Whether the row can be a case at all; else the faults tell why not. */
static int check_row(struct sheet *s, const struct krv_csv_row *row, const json_t *json) {
  struct krv_import *import = &s->cases.import;
  const char *id = json_string_value(json_object_get(json, "case"));
  if (row->count != json_array_size(s->columns)) {
    char why[96];
    snprintf(why, sizeof why, "%zu cells, but the file has %zu columns", row->count,
             json_array_size(s->columns));
    return krv_import_fault(import, KERVEN_EUNFIT, why);
  }
  if (!*id)
    return krv_import_fault(import, KERVEN_EUNFIT,
                            "no case id: a new person comes in by kerven case new, or by a map");
  if (strlen(id) != CASE_DIGITS || strspn(id, "0123456789abcdef") != CASE_DIGITS)
    return krv_import_fault(import, KERVEN_EUNFIT,
                            "the case id is not as it was exported: let the spreadsheet read every "
                            "column as text");
  if (json_object_get(s->ids, id))
    return krv_import_fault(import, KERVEN_EUNFIT, "another row of this file is the same case");
  return json_object_set_new(s->ids, id, json_true()) ? KERVEN_ENOMEM : 0;
}

static json_t *case_of(const struct sheet *s, const struct krv_csv_row *row) {
  size_t columns = json_array_size(s->columns);
  json_t *json = json_pack("{s:I, s:s, s:s, s:{}, s:[]}", "line", (json_int_t)row->line, "case", "",
                           "marks", "", "fields", "empty");
  int status = json ? 0 : KERVEN_ENOMEM;
  for (size_t i = 0; i < row->count && i < columns && !status; i++)
    status = put_cell(s, json, column_at(s, i), krv_csv_plain(row->cells[i]));
  if (!status) return json;
  json_decref(json);
  return NULL;
}

static int on_row(void *ctx, const struct krv_csv_row *row) {
  struct sheet *s = ctx;
  struct krv_import *import = &s->cases.import;
  if (!s->bound) {
    s->bound = true;
    return bind(s, row);
  }
  if (is_blank(row)) return 0;
  json_t *json = case_of(s, row);
  if (!json) return KERVEN_ENOMEM;
  krv_import_row(import);
  int status = check_row(s, row, json);
  s->practice |= krv_marks_practice(json_string_value(json_object_get(json, "marks")));
  if (!status && import->faults.status)
    status = krv_import_refuse(import, row->line, NULL, import->faults.status);
  else if (!status && json_array_append(s->rows, json))
    status = KERVEN_ENOMEM;
  json_decref(json);
  return status;
}

static int read_rows(struct sheet *s, FILE *in) {
  struct krv_import_report *report = s->cases.import.report;
  struct krv_csv_error error = {0};
  char delimiter;
  int status = find_delimiter(in, report, &delimiter);
  if (!status) status = krv_csv_read(in, delimiter, &error, on_row, s);
  if (error.why) snprintf(report->why, sizeof report->why, "line %zu: %s", error.line, error.why);
  return status ? status : krv_import_practice(&s->cases.import, s->practice);
}

int krv_import_sheet(kerven *k, const char *file, const struct krv_import_options *options,
                     struct krv_import_report *report) {
  struct sheet s = {.columns = json_array(), .rows = json_array(), .ids = json_object()};
  FILE *in = NULL;
  int status = krv_case_import_init(&s.cases, k, options, report);
  s.cases.sheet = true;
  if (!status && (!s.columns || !s.rows || !s.ids)) status = KERVEN_ENOMEM;
  if (!status) status = krv_import_file(&s.cases.import, file, &in);
  if (status) goto done;
  status = read_rows(&s, in);
  if (!status) status = krv_case_import_take(&s.cases, s.rows);
done:
  if (in) fclose(in);
  krv_case_import_release(&s.cases);
  json_decref(s.ids);
  json_decref(s.rows);
  json_decref(s.columns);
  return status;
}
