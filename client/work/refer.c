/* refer: a referral is a case of its own, sealed to the receiver's group and the office, that holds
 * copies of the named fields and nothing else; parent and referral name each other. */
#include <stdio.h>
#include <string.h>

#include "dossier.h"
#include "share.h"

static struct krv_slice text(const char *s) {
  return krv_slice_str(s);
}

/* The next of "a, b, c", trimmed. */
static bool next_path(struct krv_slice *rest, struct krv_slice *path) {
  while (rest->len > 0) {
    const uint8_t *end = memchr(rest->data, ',', rest->len);
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    *path = krv_slice(rest->data, len);
    rest->data += len + (end ? 1 : 0);
    rest->len -= len + (end ? 1 : 0);
    while (path->len > 0 && path->data[0] == ' ') path->data++, path->len--;
    while (path->len > 0 && path->data[path->len - 1] == ' ') path->len--;
    if (path->len > 0) return true;
  }
  return false;
}

/* What is shown of it, as it stands: a code that this schema does not know as well. */
static int copy_shown(struct krv_edit *edit, const struct krv_shown_field *shown, uint16_t field) {
  struct krv_op op = {.kind = KRV_OP_OPTION_ON, .field = field};
  int status = 0;
  for (uint32_t i = 0; status == 0 && i < shown->option_count; i++) {
    op.option = shown->options[i];
    status = krv_edit_op(edit, &op);
  }
  if (shown->option_count > 0 || status != 0) return status;
  op.kind = KRV_OP_SET;
  op.value = shown->values[0].value;
  return krv_edit_op(edit, &op);
}

/* Not recorded, or cleared? */
static bool holds_nothing(const struct krv_shown_field *shown) {
  struct krv_value value;
  if (!shown || (shown->count == 0 && shown->option_count == 0)) return true;
  if (shown->option_count > 0) return false;
  return krv_value_decode(shown->values[0].value, &value) == 0 && value.kind == KRV_VALUE_NIL;
}

/* Copies what is shown of one field of record 0 into the referral; *empty when there is nothing. */
static int copy_field(struct krv_edit *edit, const struct krv_world *world,
                      const struct krv_view *view, struct krv_slice path_text, bool *empty) {
  struct krv_path path;
  struct krv_record_id record;
  struct krv_slice unknown;
  int status = krv_path_parse(world->schema, path_text, &path, &unknown);
  if (status != 0) return status;
  if (path.pick != KRV_PATH_FLAT) return KRV_USAGE;
  memset(&record, 0, sizeof record);
  const struct krv_shown_field *shown = krv_view_field(view, &record, path.field->id);
  *empty = holds_nothing(shown);
  return *empty ? 0 : copy_shown(edit, shown, path.field->id);
}

/* Of some that go along, those that do not. */
static void tell_empty(const struct krv_view *view, const struct krv_schema *schema,
                       const struct krv_referral *r) {
  struct krv_slice path_text, paths = r->paths, unknown;
  const struct krv_record_id record_0 = {{0}};
  struct krv_path path;
  while (r->empty && next_path(&paths, &path_text))
    if (krv_path_parse(schema, path_text, &path, &unknown) == 0 &&
        holds_nothing(krv_view_field(view, &record_0, path.field->id)))
      r->empty(r->ctx, path_text);
}

static int copy_fields(struct krv_edit *edit, struct krv_world *world, struct krv_folder *parent,
                       const struct krv_referral *r, char *detail, size_t cap) {
  struct krv_slice path, paths = r->paths;
  struct krv_view view;
  uint32_t named = 0, copied = 0;
  int status = krv_view_init(&view, world->env, krv_case_state(parent->kase), world->schema);
  if (status != 0) return status;
  while (status == 0 && next_path(&paths, &path)) {
    bool empty = false;
    status = copy_field(edit, world, &view, path, &empty);
    named++;
    copied += !empty;
    if (status != 0) snprintf(detail, cap, "%.*s", (int)path.len, (const char *)path.data);
  }
  if (status == 0 && copied > 0) tell_empty(&view, world->schema, r);
  krv_view_release(&view);
  if (status != 0 || named == 0 || copied > 0) return status;
  snprintf(detail, cap, "nothing is recorded in what it would share: %.*s", (int)r->paths.len,
           (const char *)r->paths.data);
  return KRV_NOT_FOUND;
}

/* Is its last day over? What is no date is left to the field. */
static bool is_over(const struct krv_world *world, struct krv_slice expires) {
  struct krv_date date;
  uint32_t today = krv_world_today(world, 0);
  if (expires.len == 0 || krv_date_parse(expires, &date) != 0) return false;
  return today > krv_last_day(&date);
}

/* What both sides keep of the referral: its record. case_path names the other case. How it stands
 * is said in one place only, the referral itself: status_code NULL in its parent. */
static int set_record(struct krv_edit *edit, const struct krv_referral *r,
                      const struct krv_id *other, const char *case_path, const char *status_code) {
  char hex[KRV_ID_HEX_LEN];
  krv_id_hex(other, hex);
  struct {
    const char *path;
    struct krv_slice value;
  } fields[] = {
      {case_path, text(hex)},
      {"referral[+].status", text(status_code ? status_code : "")},
      {"referral[+].toGroup", r->to_name},
      {"referral[+].service", r->service},
      {"referral[+].reason", r->reason},
      {"referral[+].expiry", r->expires},
  };
  int status = 0;
  for (size_t i = 0; status == 0 && i < sizeof fields / sizeof *fields; i++)
    if (fields[i].value.len > 0) status = krv_edit_set(edit, text(fields[i].path), fields[i].value);
  return status;
}

static int make_child(struct krv_intake *intake, struct krv_folder *parent,
                      const struct krv_referral *r, struct krv_id *child, char *detail,
                      size_t cap) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_access_list list;
  struct krv_edit *edit;
  bool written;
  int status = krv_edit_new(world, NULL, &edit);
  if (status != 0) return status;
  status = krv_change_default_list(world, &list);
  if (status == 0) status = krv_access_list_set(&list, r->to, KRV_ACCESS_WRITE);
  krv_edit_list(edit, &list);
  if (status == 0) status = krv_edit_set(edit, text("kvn_CaseType"), text("referral"));
  if (status == 0) status = copy_fields(edit, world, parent, r, detail, cap);
  if (status == 0) status = set_record(edit, r, &parent->id, "referral[+].parentCase", "requested");
  if (status != 0 && !detail[0]) snprintf(detail, cap, "%s", krv_edit_detail(edit));
  if (status == 0) status = krv_edit_save(edit, intake, child, &written);
  krv_edit_free(edit);
  return status;
}

int krv_refer(struct krv_intake *intake, const struct krv_id *parent_id,
              const struct krv_referral *r, struct krv_id *child, char *detail, size_t cap) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_folder *parent;
  struct krv_edit *edit;
  struct krv_id same;
  bool written;
  detail[0] = 0;
  if (is_over(world, r->expires)) {
    snprintf(detail, cap, "expires: %.*s is over", (int)r->expires.len,
             (const char *)r->expires.data);
    return KRV_VALUE;
  }
  int status = krv_folder_load_id(world, parent_id, &parent);
  if (status != 0) return status;
  status = make_child(intake, parent, r, child, detail, cap);
  krv_folder_free(parent);
  if (status != 0) return status;
  status = krv_edit_new(world, parent_id, &edit);
  if (status != 0) return status;
  status = set_record(edit, r, child, "referral[+].childCase", NULL);
  if (status != 0 && !detail[0]) snprintf(detail, cap, "%s", krv_edit_detail(edit));
  if (status == 0) status = krv_edit_save(edit, intake, &same, &written);
  krv_edit_free(edit);
  return status;
}
