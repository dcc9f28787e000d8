#include "import_in.h"

#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_PER_BATCH = 256 };

int krv_import_init(struct krv_import *import, kerven *k, const struct krv_import_options *options,
                    struct krv_import_report *report) {
  *import = (struct krv_import){.k = k, .options = options, .report = report};
  *report = (struct krv_import_report){.refused = json_array(), .left_out = json_array()};
  return report->refused && report->left_out ? 0 : KERVEN_ENOMEM;
}

void krv_import_report_release(struct krv_import_report *report) {
  json_decref(report->refused);
  json_decref(report->left_out);
  *report = (struct krv_import_report){0};
}

int krv_import_file(struct krv_import *import, const char *file, FILE **out) {
  *out = fopen(file, "rb");
  if (*out) return 0;
  int error = errno;
  snprintf(import->report->why, sizeof import->report->why, "%s: %s", file, strerror(error));
  return error == ENOENT ? KERVEN_ENOT_FOUND : KERVEN_EIO;
}

int krv_import_practice(struct krv_import *import, bool practice) {
  struct kerven_status_report here = {.size = sizeof here};
  int status = kerven_status(import->k, &here);
  if (status || here.practice || !practice) return status;
  snprintf(import->report->why, sizeof import->report->why,
           "this export comes from a practice programme, whose data never enter a real one");
  return KERVEN_EDENIED;
}

void krv_import_row(struct krv_import *import) {
  import->faults = (struct krv_import_faults){0};
  import->detail[0] = 0;
}

int krv_import_fault(struct krv_import *import, int status, const char *what) {
  struct krv_import_faults *faults = &import->faults;
  if (!status || !krv_import_is_refusal(import, status)) return status;
  char told[512];
  if (!what) {
    const char *detail = kerven_detail(import->k);
    snprintf(told, sizeof told, "%s%s%s", kerven_strerror(status), *detail ? ": " : "", detail);
    what = told;
  }
  if (!faults->status) faults->status = status;
  size_t room = sizeof faults->text - faults->len;
  int len = snprintf(faults->text + faults->len, room, "%s%s", faults->len ? "; " : "", what);
  if (len > 0 && (size_t)len < room) {
    faults->len += (size_t)len;
  } else {
    faults->text[faults->len] = 0;
    faults->beyond++;
  }
  return 0;
}

int krv_import_begin(struct krv_import *import) {
  if (import->open) return 0;
  int status = kerven_batch_begin(import->k);
  import->open = !status;
  return status;
}

static int end_batch(struct krv_import *import) {
  if (!import->open) return 0;
  int status = kerven_batch_end(import->k);
  if (!status) {
    import->report->taken += import->waiting[KRV_IMPORT_TAKEN];
    import->report->updated += import->waiting[KRV_IMPORT_UPDATED];
  }
  import->open = false;
  import->saved = 0;
  memset(import->waiting, 0, sizeof import->waiting);
  return status;
}

void krv_import_count(struct krv_import *import, enum krv_import_outcome outcome) {
  if (import->again) return;
  if (outcome == KRV_IMPORT_UNCHANGED)
    import->report->unchanged++;
  else
    import->waiting[outcome]++;
  import->rows++;
  if (import->options->progress) import->options->progress(import->options->ctx, import->rows);
}

void krv_import_drop(struct krv_import *import, kerven_edit *edit) {
  snprintf(import->detail, sizeof import->detail, "%s", kerven_detail(import->k));
  kerven_edit_free(edit);
}

/* A save that fails can end the whole transaction. Then rows that wait to be counted are gone, and
 * this is no row's refusal any more. */
static void check_batch(struct krv_import *import) {
  int status = kerven_batch_begin(import->k);
  if (status == KERVEN_ESTATE) return; /* it is open still */
  import->open = status == 0;
  import->lost = true;
  import->saved = 0;
  memset(import->waiting, 0, sizeof import->waiting);
}

int krv_import_save(struct krv_import *import, kerven_edit *edit, const char *id) {
  char saved[33];
  bool changes = !*id || kerven_edit_pending(edit);
  int status = changes ? kerven_edit_save(edit, saved) : 0;
  krv_import_drop(import, edit);
  if (status) {
    check_batch(import);
    return status;
  }
  krv_import_count(import, !*id      ? KRV_IMPORT_TAKEN
                           : changes ? KRV_IMPORT_UPDATED
                                     : KRV_IMPORT_UNCHANGED);
  import->saved += changes;
  return import->saved == ROWS_PER_BATCH ? end_batch(import) : 0;
}

bool krv_import_is_refusal(const struct krv_import *import, int status) {
  if (import->lost) return false;
  switch (status) {
  case KERVEN_EINVALID:
  case KERVEN_ETOO_LARGE:
  case KERVEN_EFIELD:
  case KERVEN_ECODE:
  case KERVEN_EDATE:
  case KERVEN_EVALUE:
  case KERVEN_ECONFLICT:
  case KERVEN_EDENIED:
  case KERVEN_ENO_KEY:
  case KERVEN_EAMBIGUOUS:
  case KERVEN_EUNFIT: return true;
  default: return false;
  }
}

int krv_import_refuse(struct krv_import *import, size_t line, const char *id, int status) {
  const struct krv_import_faults *faults = &import->faults;
  char text[sizeof faults->text + 32];
  if (faults->beyond)
    snprintf(text, sizeof text, "%s; and %u more", faults->text, faults->beyond);
  else if (faults->status)
    snprintf(text, sizeof text, "%s", faults->text);
  else
    snprintf(text, sizeof text, "%s%s%s", kerven_strerror(status), *import->detail ? ": " : "",
             import->detail);
  krv_utf8_mend(text); /* long values were cut */
  json_t *row = json_pack("{s:I, s:s}", "line", (json_int_t)line, "why", text);
  if (row && id) json_object_set_new(row, "case", json_string(id));
  import->rows++;
  return json_array_append_new(import->report->refused, row) ? KERVEN_ENOMEM : 0;
}

int krv_import_finish(struct krv_import *import, int status) {
  if (status && !*import->report->why)
    snprintf(import->report->why, sizeof import->report->why, "%s", import->detail);
  int ended = end_batch(import);
  return status ? status : ended;
}
