#include "share.h"

#include <stdio.h>
#include <string.h>

#include "keep.h"

static int access_change(struct krv_intake *intake, const struct krv_id *kase, krv_group_ix group,
                         uint8_t mode) {
  struct krv_change_ops ops;
  bool parting = mode == KRV_ACCESS_NONE;
  struct krv_op op = {.kind = KRV_OP_ACCESS, .group = group, .mode = mode, .flag = parting};
  krv_change_init(&ops, krv_intake_world(intake)->env);
  int status = krv_change_add(&ops, &op);
  if (status == 0) status = krv_change_known(intake, kase, &ops, parting);
  krv_change_release(&ops);
  return status;
}

/* This vault's own grants to a group; sent: those too that the server has. */
static int drop_grants(struct krv_world *world, int64_t case_lid, krv_group_ix group, bool sent) {
  struct krv_vault_item item;
  struct krv_msg_grant grant;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  krv_buf_init(&bytes, world->env);
  while ((status = krv_vault_item_next(world->vault, case_lid, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    bool drop = item.kind == KRV_MSG_GRANT && (sent || item.mark == KRV_MARK_NONE) &&
                krv_msg_grant_decode(item.bytes, &grant) == 0 && grant.group == group &&
                grant.giver == world->member.device;
    krv_buf_reset(&bytes);
    if (drop) status = krv_vault_item_delete(world->vault, lid);
    if (status != 0) break;
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

/* A group that is let in again gets its keys again: when it was let go, the server dropped them.
 * They are made anew, the same bytes, and sent after what cut it off. */
static int forget_grants(struct krv_intake *intake, const struct krv_id *kase,
                         krv_group_ix group) {
  struct krv_case_rights rights = krv_world_rights(krv_intake_world(intake));
  struct krv_access_list list;
  struct krv_folder *folder;
  int status = krv_intake_folder(intake, kase, &folder);
  if (status != 0) return status;
  krv_case_access(folder->kase, &rights, &list);
  if (krv_access_list_mode(&list, group) != KRV_ACCESS_NONE) return 0;
  /* it would not be on it (access.h) */
  if (list.count == KRV_ACCESS_LIST_MAX) return KRV_TOO_LARGE;
  return drop_grants(folder->world, folder->lid, group, true);
}

int krv_share(struct krv_intake *intake, const struct krv_id *kase, krv_group_ix group,
              bool read_only) {
  uint8_t mode = read_only ? KRV_ACCESS_READ : KRV_ACCESS_WRITE;
  struct krv_folder *folder;
  int status = krv_world_ready(krv_intake_world(intake));
  if (status == 0) status = forget_grants(intake, kase, group);
  if (status == 0) status = access_change(intake, kase, group, mode);
  if (status == 0) status = krv_intake_folder(intake, kase, &folder);
  for (size_t i = 0; status == 0 && i < folder->key_count; i++) {
    struct krv_case_key key = folder->keys[i]; /* the array may move */
    bool named;
    status = krv_folder_named(folder, &key.key_id, &named);
    if (status == 0 && named) status = krv_keep_grant(intake, folder, &key, group, mode);
    krv_wipe(&key, sizeof key);
  }
  return status;
}

int krv_unshare(struct krv_intake *intake, const struct krv_id *kase, krv_group_ix group) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_msg_unroute unroute = {*kase, group};
  struct krv_buf payload;
  if (group == KRV_GROUP_OFFICE) return KRV_DENIED;
  int status = krv_world_ready(world);
  struct krv_folder *folder;
  if (status == 0) status = access_change(intake, kase, group, KRV_ACCESS_NONE);
  if (status == 0) status = krv_intake_folder(intake, kase, &folder);
  /* what was not sent yet is not sent at all: nobody reads what he was let into only while there
   * was no network */
  if (status == 0) status = drop_grants(world, folder->lid, group, false);
  krv_buf_init(&payload, world->env);
  krv_msg_unroute_encode(&unroute, &payload);
  if (status == 0) status = payload.status;
  if (status == 0)
    status = krv_intake_item(intake, KRV_ORIGIN_OWN, KRV_MSG_UNROUTE, krv_buf_slice(&payload));
  krv_buf_release(&payload);
  return status;
}
