#include "dishonest.h"

#include <string.h>

#include "change.h"
#include "fleet_in.h"

void dishonest_tell(struct fleet_device *to, enum krv_message_kind kind, struct krv_slice payload) {
  struct krv_intake *intake;
  fleet_must(krv_intake_begin(to->world, &intake), "begin", to->name);
  fleet_must(krv_intake_item(intake, KRV_ORIGIN_SERVER, kind, payload), "tell", to->name);
  fleet_must(krv_intake_commit(intake), "commit", to->name);
}

void dishonest_hand_over(struct fleet_device *from, struct fleet_device *to,
                         const struct krv_id *kase) {
  struct krv_folder *folder;
  struct krv_vault_item item;
  struct krv_buf bytes;
  fleet_must(krv_folder_load_id(from->world, kase, &folder), "folder", from->name);
  krv_buf_init(&bytes, &from->t.env);
  fleet_must(krv_vault_item_at(from->world->vault, folder->lid, folder->own.device, folder->own.n,
                               0, &item, &bytes),
             "last commit", from->name);
  krv_folder_free(folder);
  dishonest_tell(to, (enum krv_message_kind)item.kind, item.bytes);
  krv_buf_release(&bytes);
}

static void ops_of(struct krv_world *world, const char *path, const char *text,
                   struct krv_buf *out) {
  const struct krv_field *field = krv_schema_field_named(world->schema, 0, krv_slice_str(path));
  struct krv_value value = {.kind = KRV_VALUE_TEXT, .as.text = krv_slice_str(text)};
  struct krv_op op = {.kind = KRV_OP_SET};
  struct krv_buf bytes;
  fleet_must(field ? 0 : KRV_FIELD, "field", path);
  krv_buf_init(&bytes, world->env);
  krv_value_encode(&value, &bytes);
  op.field = field->id;
  op.value = krv_buf_slice(&bytes);
  krv_ops_begin(out, 1);
  krv_op_encode(&op, out);
  krv_buf_release(&bytes);
}

/* The commit after `last`, sealed into *sealed under the newest key that is here. */
static void seal(struct krv_folder *folder, const struct krv_tip *last, struct krv_slice ops,
                 struct krv_commit *commit, struct krv_buf *sealed) {
  static struct krv_context_entry context[KRV_CONTEXT_ENTRIES_MAX];
  struct krv_world *world = folder->world;
  struct krv_body body = {.roster_height = krv_roster_height(world->roster),
                          .context = context,
                          .ops = ops};
  memcpy(body.roster_head8, krv_roster_hash(world->roster, body.roster_height),
         sizeof body.roster_head8);
  body.context_count =
      krv_lines_context(krv_case_lines(folder->kase), &folder->own, NULL, 0, context);
  body.wall_s = krv_world_now(world, &body.wall_quality);
  memset(commit, 0, sizeof *commit);
  commit->head = (struct krv_head){.programme = world->member.programme,
                                   .kase = folder->id,
                                   .device = krv_world_self(world)->id,
                                   .n = last->n + 1,
                                   .prev = last->id};
  fleet_must(krv_commit_seal(world->zip, world->env, &folder->keys[folder->key_count - 1],
                             &world->keys.sign, &body, commit, sealed),
             "seal", "dishonest");
}

int dishonest_write(struct fleet_device *from, struct fleet_device *to, const struct krv_id *kase,
                    struct krv_tip *last, const struct krv_op *ops, uint32_t count) {
  struct krv_folder *folder;
  struct krv_intake *intake;
  struct krv_commit commit;
  struct krv_buf list, sealed, payload;
  krv_buf_init(&list, from->world->env);
  krv_buf_init(&sealed, from->world->env);
  krv_buf_init(&payload, from->world->env);
  fleet_must(krv_folder_load_id(from->world, kase, &folder), "folder", from->name);
  krv_ops_begin(&list, count);
  for (uint32_t i = 0; i < count; i++) krv_op_encode(&ops[i], &list);
  if (last->n == 0) *last = folder->own;
  seal(folder, last, krv_buf_slice(&list), &commit, &sealed);
  last->n++;
  krv_commit_id(&commit, &last->id);
  krv_change_payload(from->world, &commit, &payload);
  krv_folder_free(folder);
  fleet_must(krv_intake_begin(to->world, &intake), "begin", to->name);
  int status =
      krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_COMMIT, krv_buf_slice(&payload));
  if (status == 0) status = krv_intake_commit(intake);
  else krv_intake_rollback(intake);
  krv_buf_release(&list);
  krv_buf_release(&sealed);
  krv_buf_release(&payload);
  return status;
}

void dishonest_set(struct fleet_device *device, const struct krv_id *kase, const char *path,
                   const char *text) {
  struct krv_world *world = device->world;
  struct krv_intake *intake;
  struct krv_folder *folder;
  struct krv_commit commit;
  struct krv_buf ops, sealed, payload;
  krv_buf_init(&ops, world->env);
  krv_buf_init(&sealed, world->env);
  krv_buf_init(&payload, world->env);
  ops_of(world, path, text, &ops);
  fleet_must(krv_intake_begin(world, &intake), "begin", device->name);
  fleet_must(krv_intake_folder(intake, kase, &folder), "folder", device->name);
  seal(folder, &folder->own, krv_buf_slice(&ops), &commit, &sealed);
  krv_change_payload(world, &commit, &payload);
  fleet_must(krv_intake_item(intake, KRV_ORIGIN_OWN, KRV_MSG_COMMIT, krv_buf_slice(&payload)),
             "write", device->name);
  fleet_must(krv_intake_commit(intake), "commit", device->name);
  krv_buf_release(&ops);
  krv_buf_release(&sealed);
  krv_buf_release(&payload);
}
