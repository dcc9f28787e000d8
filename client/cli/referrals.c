/* What was referred on from a case. The case has a record of each, as it was asked for; how it
 * stands is in the referral itself, a case of its own that its receiver answers (R37). */
#include "cli.h"
#include "htcdsjson.h"

#include <string.h>

/* The row of the record that the field is in: fields of one record come together. */
static json_t *row_of(json_t *rows, const char *rid) {
  json_t *last = json_array_get(rows, json_array_size(rows) - 1);
  if (last && !strcmp(json_string_value(json_object_get(last, "rid")), rid)) return last;
  json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s}", "rid", rid, "case", "", "to", "", "service",
                          "", "service_label", "");
  return json_array_append_new(rows, row) ? NULL : row;
}

static int put(json_t *row, const char *key, const char *value) {
  return json_object_set_new(row, key, json_string(value)) ? KERVEN_ENOMEM : 0;
}

static int asked_for(json_t *rows, const struct kerven_field_item *item) {
  json_t *row = row_of(rows, item->rid);
  if (!row) return KERVEN_ENOMEM;
  if (item->count == 0) return 0;
  const struct kerven_value *v = &item->values[0];
  if (!strcmp(item->field, "childCase")) return put(row, "case", v->value);
  if (!strcmp(item->field, "toGroup")) return put(row, "to", v->value);
  if (strcmp(item->field, "service")) return 0;
  int status = put(row, "service", v->value);
  return status ? status : put(row, "service_label", v->display);
}

/* Of the referral's own record. */
static int answered(json_t *row, const struct kerven_field_item *item) {
  if (item->count == 0) return 0;
  const struct kerven_value *v = &item->values[0];
  if (!strcmp(item->field, "feedback")) return put(row, "feedback", v->value);
  if (!strcmp(item->field, "whyDeclined")) return put(row, "why_declined", v->display);
  if (strcmp(item->field, "status")) return 0;
  int status = put(row, "status", v->value);
  if (!status) status = put(row, "status_label", v->display);
  if (json_object_set_new(row, "at", krv_htcds_time(v->at_s)) && !status) status = KERVEN_ENOMEM;
  return status;
}

/* Every field of a case's referral records goes to each, with the row or the rows. */
static int read_records(struct krv_cli *cli, const char *id, json_t *into,
                        int (*each)(json_t *, const struct kerven_field_item *)) {
  kerven_iter *iter = NULL;
  struct kerven_field_item item;
  struct kerven_field_query query = {.size = sizeof query, .record = "referral"};
  int status = kerven_fields(cli->k, id, &query, &iter);
  while (!status && !(status = kerven_fields_next(iter, &item))) status = each(into, &item);
  kerven_iter_free(iter);
  return status < 0 ? status : 0;
}

int krv_cli_referrals(struct krv_cli *cli, const char *id, json_t **out) {
  json_t *rows = json_array();
  int status = rows ? read_records(cli, id, rows, asked_for) : KERVEN_ENOMEM;
  for (size_t i = json_array_size(rows); i-- > 0 && !status;) {
    json_t *row = json_array_get(rows, i);
    const char *child = json_string_value(json_object_get(row, "case"));
    json_object_del(row, "rid");
    if (!*child) json_array_remove(rows, i); /* a record that was written by hand */
    else status = read_records(cli, child, row, answered);
    bool unread = status == KERVEN_ENOT_FOUND || status == KERVEN_ENO_KEY;
    if (unread) status = 0; /* shared with others only */
  }
  if (status) {
    json_decref(rows);
    rows = NULL;
  }
  *out = rows;
  return status;
}
