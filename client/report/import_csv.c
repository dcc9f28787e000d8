/* CSV rows into cases, by a map (csvmap.h).
 *
 * Identity: with key columns H(source, key cells): the same row with other contents
 * updates its case. Without, H(source, all cells) and its occurrence number in the
 * file: a known one is the very same row, and is left alone, so that what people
 * have recorded in the case since then stays. */
#include "csvmap.h"
#include "htcdsjson.h"
#include "import_in.h"
#include "seen.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

struct csv_import {
  struct krv_import import;
  struct krv_csvmap *map;
  struct krv_seen *seen;
  bool bound; /* the header has been read */
  char why[256]; /* of the map */
};

struct row_edit {
  struct csv_import *c;
  kerven_edit *edit;
  const char *id; /* "" for a new case */
};

static bool has_record(kerven *k, const char *id, const char *type) {
  kerven_iter *iter;
  struct kerven_field_item item;
  struct kerven_field_query query = {.size = sizeof query, .record = type};
  int status = kerven_fields(k, id, &query, &iter);
  if (!status) status = kerven_fields_next(iter, &item);
  kerven_iter_free(iter);
  return status == 0;
}

/* A map says consent[+].x for the record that its rows make. Where the case has one by now, that
 * is consent[1].x. */
static void find_record(const struct row_edit *row, const char *path, char *out, size_t cap) {
  const char *plus = strstr(path, "[+].");
  snprintf(out, cap, "%s", path);
  if (!plus || !*row->id || (size_t)(plus - path) >= cap) return;
  out[plus - path] = 0;
  const char *number = has_record(row->c->import.k, row->id, out) ? "[1]." : "[+].";
  snprintf(out + (plus - path), cap - (size_t)(plus - path), "%s%s", number, plus + 4);
}

static int set_value(void *ctx, const struct krv_csvmap_value *value) {
  struct row_edit *row = ctx;
  char path[256];
  if (value->note) return *row->id ? 0 : kerven_edit_note(row->edit, value->path, value->value);
  find_record(row, value->path, path, sizeof path);
  int status = kerven_edit_set(row->edit, path, value->value);
  if (!status) return 0;
  char why[512];
  snprintf(why, sizeof why, "column \"%.80s\", value \"%.60s\": %s: %.200s", value->column,
           value->value, kerven_strerror(status), kerven_detail(row->c->import.k));
  return krv_import_fault(&row->c->import, status, *value->column ? why : NULL);
}

static int keep_fault(void *ctx, int status, const char *why) {
  struct row_edit *row = ctx;
  return krv_import_fault(&row->c->import, status, why);
}

static int save_row(struct csv_import *c, const struct krv_csv_row *row, const char *key,
                    const char *id) {
  struct row_edit edit = {.c = c, .id = id};
  int status = krv_import_begin(&c->import);
  if (!status) status = kerven_edit_new(c->import.k, *id ? id : NULL, &edit.edit);
  if (!status && !*id) status = kerven_edit_set(edit.edit, KRV_HTCDS_IMPORT_KEY, key);
  if (!status) status = krv_csvmap_apply(c->map, row, set_value, keep_fault, &edit);
  if (!status) status = c->import.faults.status;
  if (!status) return krv_import_save(&c->import, edit.edit, id);
  krv_import_drop(&c->import, edit.edit);
  return status;
}

/* key: 33 + 12 bytes */
static int key_of(struct csv_import *c, const struct krv_csv_row *row, char *key, size_t cap,
                  bool *keyed) {
  size_t len;
  uint32_t times = 0;
  char *identity = krv_csvmap_identity(c->map, row, &len, keyed);
  if (!identity) return KERVEN_ENOMEM;
  kerven_hash(identity, len, key);
  free(identity);
  int status = krv_seen_add(c->seen, key, &times);
  if (status) return status;
  if (!*keyed) snprintf(key + 32, cap - 32, "-%u", times);
  if (*keyed && times > 1)
    return krv_import_fault(&c->import, KERVEN_EUNFIT, "another row of this file has the same key");
  return 0;
}

static int take_row(struct csv_import *c, const struct krv_csv_row *row) {
  char key[48], id[33] = "";
  bool keyed;
  int status = key_of(c, row, key, sizeof key, &keyed);
  if (!status) status = c->import.faults.status;
  if (!status) status = kerven_case_by_key(c->import.k, key, id);
  if (status) return status;
  if (*id && !keyed) {
    krv_import_count(&c->import, KRV_IMPORT_UNCHANGED);
    return 0;
  }
  return save_row(c, row, key, id);
}

static int bind_header(struct csv_import *c, const struct krv_csv_row *row) {
  c->bound = true;
  return krv_csvmap_bind(c->map, row, c->import.report->why, sizeof c->import.report->why);
}

static int on_row(void *ctx, const struct krv_csv_row *row) {
  struct csv_import *c = ctx;
  if (!c->bound) return bind_header(c, row);
  krv_import_row(&c->import);
  int status = take_row(c, row);
  if (status && krv_import_is_refusal(&c->import, status))
    status = krv_import_refuse(&c->import, row->line, NULL, status);
  return status;
}

/* A code that no row could ever bring in is the map's mistake, not the rows'. */
static int try_translation(void *ctx, size_t rule, const struct krv_csvmap_value *value) {
  struct row_edit *row = ctx;
  int status = kerven_edit_set(row->edit, value->path, value->value);
  if (status)
    snprintf(row->c->why, sizeof row->c->why,
             "rule %zu of the map, column \"%.60s\": %.60s cannot be \"%.60s\"", rule,
             value->column, value->path, value->value);
  return status;
}

/* The map against the schema, on an edit that is never saved. What rows will say is not known yet,
 * so only the field itself is looked at. */
static int try_field(void *ctx, const struct krv_csvmap_value *value) {
  struct row_edit *row = ctx;
  bool constant = *value->value != 0;
  int status = value->note && !value->path ? 0
               : value->note ? kerven_edit_note(row->edit, value->path, "x")
                             : kerven_edit_set(row->edit, value->path, value->value);
  return status == KERVEN_EFIELD || constant ? status : 0;
}

static int check_map(struct csv_import *c) {
  struct row_edit row = {.c = c, .id = ""};
  struct krv_import_report *report = c->import.report;
  int status = kerven_edit_new(c->import.k, NULL, &row.edit);
  if (status) return status;
  status = krv_csvmap_fields(c->map, try_field, &row);
  if (!status) status = krv_csvmap_translations(c->map, try_translation, &row);
  krv_import_drop(&c->import, row.edit);
  if (status && *c->why)
    snprintf(report->why, sizeof report->why, "%s", c->why);
  else if (status)
    snprintf(report->why, sizeof report->why, "the map names %s", c->import.detail);
  krv_utf8_mend(report->why);
  return status;
}

static int on_row_before(void *ctx, const struct krv_csv_row *row) {
  struct csv_import *c = ctx;
  return c->bound ? 0 : bind_header(c, row);
}

static int read_file(struct csv_import *c, FILE *in, krv_csv_row_fn row) {
  struct krv_csv_error error;
  struct krv_import_report *report = c->import.report;
  c->bound = false;
  int status = krv_csv_read(in, krv_csvmap_delimiter(c->map), &error, row, c);
  if (error.why) snprintf(report->why, sizeof report->why, "line %zu: %s", error.line, error.why);
  if (ferror(in)) snprintf(report->why, sizeof report->why, "the file: it cannot be read");
  if (!status && !c->bound) {
    snprintf(report->why, sizeof report->why, "the file is empty");
    status = KERVEN_EUNFIT;
  }
  return status;
}

/* Looks the whole file over before the first row is taken, so that one that is no CSV saves
 * nothing. What can be read once only, a pipe, is taken as it comes: kept rows would be plaintext
 * on disk. */
static int read_rows(struct csv_import *c, FILE *in) {
  int status = 0;
  if (fseek(in, 0, SEEK_SET) == 0) {
    status = read_file(c, in, on_row_before);
    rewind(in);
  }
  if (!status) status = krv_import_finish(&c->import, read_file(c, in, on_row));
  return status;
}

int krv_import_csv(kerven *k, const char *file, const struct krv_import_options *options,
                   struct krv_import_report *report) {
  struct csv_import c = {0};
  FILE *in = NULL;
  int status = krv_import_init(&c.import, k, options, report);
  if (!status) status = krv_csvmap_load(options->map, &c.map, report->why, sizeof report->why);
  if (!status) status = check_map(&c);
  if (!status) status = krv_import_file(&c.import, file, &in);
  if (status) goto done;
  c.seen = krv_seen_new();
  status = c.seen ? read_rows(&c, in) : KERVEN_ENOMEM;
done:
  krv_seen_free(c.seen);
  if (in) fclose(in);
  krv_csvmap_free(c.map);
  return status;
}
