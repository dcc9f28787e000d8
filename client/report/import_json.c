/* Our own JSON export (htcdsjson.h): the file as a whole; import_case.h does the rest. */
#include "htcdsjson.h"
#include "import_case.h"

#include <errno.h>
#include <string.h>

static const char *text_at(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static int check_file(const json_t *root, struct krv_import_report *report) {
  const char *format = text_at(root, "format");
  if (!format || strcmp(format, KRV_HTCDS_FORMAT) ||
      !json_is_array(json_object_get(root, "cases"))) {
    bool map = json_object_get(root, "source") && json_object_get(root, "columns");
    snprintf(report->why, sizeof report->why, "%s",
             map ? "this looks like a map: kerven import FILE.csv --map MAP"
                 : "the JSON is no export of kerven");
    return KERVEN_EUNFIT;
  }
  bool newer = json_integer_value(json_object_get(root, "version")) > KRV_HTCDS_VERSION;
  return newer ? KERVEN_ENEWER : 0;
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
  struct krv_case_import cases;
  json_t *root = NULL;
  int status = krv_case_import_init(&cases, k, options, report);
  if (!status) root = load(file, report, &status);
  if (!status) status = check_file(root, report);
  bool practice = json_is_true(json_object_get(root, "practice"));
  if (!status) status = krv_import_practice(&cases.import, practice);
  if (!status) status = krv_case_import_take(&cases, json_object_get(root, "cases"));
  krv_case_import_release(&cases);
  json_decref(root);
  return status;
}
