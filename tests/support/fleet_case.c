/* fleet_case: what people do with cases, in one line each. */
#include "fleet.h"

#include <stdio.h>
#include <string.h>

#include "fleet_in.h"
#include "groupname.h"

static struct krv_slice text(const char *s) {
  return krv_slice_str(s);
}

/* Saves what an edit gathered, as its only content of a transaction. */
static int save(struct fleet_device *device, struct krv_edit *edit, int status,
                struct krv_id *kase) {
  struct krv_intake *intake = NULL;
  bool written;
  if (status == 0) status = krv_intake_begin(device->world, &intake);
  if (status == 0) status = krv_edit_save(edit, intake, kase, &written);
  if (status == 0) status = krv_intake_commit(intake);
  else if (intake) krv_intake_rollback(intake);
  krv_edit_free(edit);
  return status;
}

struct krv_id fleet_case(struct fleet_device *device, const char *path, const char *value) {
  struct krv_edit *edit;
  struct krv_id kase;
  fleet_must(krv_edit_new(device->world, NULL, &edit), "new case", device->name);
  int status = krv_edit_set(edit, text(path), text(value));
  fleet_must(save(device, edit, status, &kase), "save", device->name);
  return kase;
}

int fleet_set(struct fleet_device *device, const struct krv_id *kase, const char *path,
              const char *value) {
  struct krv_edit *edit;
  struct krv_id same;
  int status = krv_edit_new(device->world, kase, &edit);
  if (status != 0) return status;
  return save(device, edit, krv_edit_set(edit, text(path), text(value)), &same);
}

int fleet_note(struct fleet_device *device, const struct krv_id *kase, const char *words) {
  struct krv_edit *edit;
  struct krv_id same;
  int status = krv_edit_new(device->world, kase, &edit);
  if (status != 0) return status;
  return save(device, edit, krv_edit_note(edit, text(""), text(words)), &same);
}

int fleet_resolve(struct fleet_device *device, const struct krv_id *kase, const char *path,
                  const char *value) {
  struct krv_edit *edit;
  struct krv_id same;
  int status = krv_edit_new(device->world, kase, &edit);
  if (status != 0) return status;
  return save(device, edit, krv_edit_resolve(edit, text(path), text(value)), &same);
}

int fleet_delete(struct fleet_device *device, const struct krv_id *kase, const char *record,
                 bool deleted) {
  struct krv_edit *edit;
  struct krv_id same;
  int status = krv_edit_new(device->world, kase, &edit);
  if (status != 0) return status;
  return save(device, edit, krv_edit_delete(edit, text(record), deleted), &same);
}

/* ---- access */

static int close_intake(struct krv_intake *intake, int status) {
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

int fleet_share(struct fleet_device *device, const struct krv_id *kase, const char *with) {
  struct krv_intake *intake;
  krv_group_ix group;
  int status = krv_world_group_named(device->world, with, &group);
  if (status == 0) status = krv_intake_begin(device->world, &intake);
  return status == 0 ? close_intake(intake, krv_share(intake, kase, group, false)) : status;
}

int fleet_unshare(struct fleet_device *device, const struct krv_id *kase, const char *with) {
  struct krv_intake *intake;
  krv_group_ix group;
  int status = krv_world_group_named(device->world, with, &group);
  if (status == 0) status = krv_intake_begin(device->world, &intake);
  return status == 0 ? close_intake(intake, krv_unshare(intake, kase, group)) : status;
}

int fleet_refer(struct fleet_device *device, const struct krv_id *kase, const char *to,
                const char *paths, struct krv_id *child) {
  struct krv_intake *intake;
  struct krv_referral referral = {
      .paths = text(paths), .to_name = text(to), .service = text("shelter")};
  char detail[256];
  int status = krv_world_group_named(device->world, to, &referral.to);
  if (status == 0) status = krv_intake_begin(device->world, &intake);
  if (status != 0) return status;
  return close_intake(intake, krv_refer(intake, kase, &referral, child, detail, sizeof detail));
}

/* ---- what is there */

/* Calls with the shown field of record 0; NULL when there is none. */
static void look(struct fleet_device *device, const struct krv_id *kase, const char *path,
                 void (*fn)(void *ctx, const struct krv_world *world, const struct krv_field *field,
                            const struct krv_shown_field *shown),
                 void *ctx) {
  static const struct krv_record_id record_0;
  const struct krv_world *world = device->world;
  const struct krv_field *field = krv_schema_field_named(world->schema, 0, text(path));
  struct krv_folder *folder;
  struct krv_view view;
  fleet_must(field ? 0 : KRV_FIELD, "field", path);
  if (krv_folder_load_id(device->world, kase, &folder) != 0) return;
  fleet_must(krv_view_init(&view, world->env, krv_case_state(folder->kase), world->schema), "view",
             device->name);
  fn(ctx, world, field, krv_view_field(&view, &record_0, field->id));
  krv_view_release(&view);
  krv_folder_free(folder);
}

static void take_text(void *ctx, const struct krv_world *world, const struct krv_field *field,
                      const struct krv_shown_field *shown) {
  struct krv_buf out;
  if (!shown || shown->count == 0) return;
  krv_buf_init(&out, world->env);
  krv_schema_format(world->schema, field, shown->values[0].value, &out);
  (void)snprintf(ctx, 256, "%.*s", (int)out.len, out.len > 0 ? (const char *)out.data : "");
  krv_buf_release(&out);
}

const char *fleet_shown(struct fleet_device *device, const struct krv_id *kase, const char *path) {
  static char shown[256];
  shown[0] = 0;
  look(device, kase, path, take_text, shown);
  return shown;
}

static void take_count(void *ctx, const struct krv_world *world, const struct krv_field *field,
                       const struct krv_shown_field *shown) {
  (void)world;
  (void)field;
  if (shown) *(uint32_t *)ctx = shown->count;
}

uint32_t fleet_values(struct fleet_device *device, const struct krv_id *kase, const char *path) {
  uint32_t count = 0;
  look(device, kase, path, take_count, &count);
  return count;
}

static void take_options(void *ctx, const struct krv_world *world, const struct krv_field *field,
                         const struct krv_shown_field *shown) {
  (void)world;
  (void)field;
  if (shown) *(uint32_t *)ctx = shown->option_count;
}

uint32_t fleet_options(struct fleet_device *device, const struct krv_id *kase, const char *path) {
  uint32_t count = 0;
  look(device, kase, path, take_options, &count);
  return count;
}

const struct krv_card *fleet_card(struct fleet_device *device, const struct krv_id *kase) {
  const struct krv_card *card = krv_index_find(device->world->index, kase);
  fleet_must(card ? 0 : KRV_NOT_FOUND, "card", device->name);
  return card;
}

static bool case_bytes(struct fleet_device *device, const struct krv_id *kase,
                       struct krv_buf *out) {
  struct krv_folder *folder;
  if (krv_folder_load_id(device->world, kase, &folder) != 0) return false;
  fleet_must(krv_case_encode(folder->kase, out), "encode", device->name);
  krv_folder_free(folder);
  return true;
}

bool fleet_same(struct fleet_device *a, struct fleet_device *b, const struct krv_id *kase) {
  struct krv_buf x, y;
  krv_buf_init(&x, &a->t.env);
  krv_buf_init(&y, &b->t.env);
  bool same = case_bytes(a, kase, &x) && case_bytes(b, kase, &y) &&
              krv_slice_equal(krv_buf_slice(&x), krv_buf_slice(&y));
  krv_buf_release(&x);
  krv_buf_release(&y);
  return same;
}

bool fleet_agree(struct fleet *fleet, const struct krv_id *kase, uint32_t readers) {
  struct fleet_device *first = NULL;
  uint32_t have = 0;
  for (uint32_t i = 0; i < fleet->count; i++) {
    struct fleet_device *device = &fleet->devices[i];
    const struct krv_card *card = krv_index_find(device->world->index, kase);
    if (!card) continue;
    have++;
    if (card->held > 0) {
      fprintf(stderr, "fleet: %s holds back %u\n", device->name, card->held);
      return false;
    }
    if (!first) first = device;
    else if (!fleet_same(first, device, kase)) {
      fprintf(stderr, "fleet: %s and %s differ\n", first->name, device->name);
      return false;
    }
  }
  if (have != readers) fprintf(stderr, "fleet: %u have the case, not %u\n", have, readers);
  return have == readers;
}
