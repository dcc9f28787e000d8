#include "share.h"

#include <stdio.h>
#include <string.h>

#include "keep.h"

static int access_change(struct krv_intake *intake, const struct krv_id *kase, krv_group_ix group,
                         uint8_t mode, bool rekey) {
  struct krv_change_ops ops;
  struct krv_op op = {.kind = KRV_OP_ACCESS, .group = group, .mode = mode, .flag = mode == KRV_ACCESS_NONE};
  krv_change_init(&ops, krv_intake_world(intake)->env);
  int status = krv_change_add(&ops, &op);
  if (status == 0) status = krv_change_known(intake, kase, &ops, rekey);
  krv_change_release(&ops);
  return status;
}

int krv_share(struct krv_intake *intake, const struct krv_id *kase, krv_group_ix group, bool read_only) {
  uint8_t mode = read_only ? KRV_ACCESS_READ : KRV_ACCESS_WRITE;
  struct krv_folder *folder;
  int status = krv_world_ready(krv_intake_world(intake));
  if (status == 0) status = access_change(intake, kase, group, mode, false);
  if (status == 0) status = krv_intake_folder(intake, kase, &folder);
  for (size_t i = 0; status == 0 && i < folder->key_count; i++) {
    struct krv_case_key key = folder->keys[i]; /* the array may move */
    status = krv_keep_grant(intake, folder, &key, group, mode);
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
  if (status == 0) status = access_change(intake, kase, group, KRV_ACCESS_NONE, true);
  krv_buf_init(&payload, world->env);
  krv_msg_unroute_encode(&unroute, &payload);
  if (status == 0) status = payload.status;
  if (status == 0)
    status = krv_intake_item(intake, KRV_ORIGIN_OWN, KRV_MSG_UNROUTE, krv_buf_slice(&payload));
  krv_buf_release(&payload);
  return status;
}
