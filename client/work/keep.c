#include "keep.h"

#include <string.h>

#include "change.h"
#include "fork.h"
#include "recovery.h"
#include "renew.h"

/* One grant: the message without its wrap, and whose key wraps it. */
static int grant(struct krv_intake *intake, const struct krv_case_key *key,
                 const struct krv_key *receiver_pk, struct krv_msg_grant *msg) {
  struct krv_world *world = krv_intake_world(intake);
  const struct krv_envelope_ends *ends;
  struct krv_buf payload;
  int status = krv_world_give(world, receiver_pk, &ends);
  if (status != 0) return status;
  krv_envelope_seal(ends, KRV_PURPOSE_GRANT, &key->key_id, &key->key, msg->wrap);
  krv_buf_init(&payload, world->env);
  krv_msg_grant_encode(msg, &payload);
  status = payload.status;
  if (status == 0)
    status = krv_intake_item(intake, KRV_ORIGIN_OWN, KRV_MSG_GRANT, krv_buf_slice(&payload));
  krv_buf_release(&payload);
  return status;
}

/* The device of a membership, if secrets of the group may be sealed to it; else NULL. */
static const struct krv_device *reader(const struct krv_world *world, const struct krv_group *group,
                                       const struct krv_membership *member) {
  const struct krv_device *device = krv_roster_device(world->roster, member->device);
  bool in = member->to_height == UINT32_MAX && !krv_fork_left(world, group, device);
  return in ? device : NULL;
}

/* To each device of a group whose secret somebody knows who left it. */
static int grant_each(struct krv_intake *intake, const struct krv_case_key *key,
                      const struct krv_group *to, struct krv_msg_grant *msg) {
  const struct krv_world *world = krv_intake_world(intake);
  int status = 0;
  msg->to_device = true;
  for (uint32_t i = 0; status == 0 && i < to->member_count; i++) {
    const struct krv_device *device = reader(world, to, &to->members[i]);
    if (!device) continue;
    msg->device = device->ix;
    status = grant(intake, key, &device->keys.seal_pk, msg);
  }
  return status;
}

int krv_keep_grant(struct krv_intake *intake, struct krv_folder *folder,
                   const struct krv_case_key *key, krv_group_ix group, uint8_t mode) {
  struct krv_world *world = folder->world;
  const struct krv_group *to = krv_roster_group(world->roster, group);
  if (!to || to->epoch_count == 0) return KRV_NOT_FOUND;
  struct krv_msg_grant msg = {
      .kase = folder->id,
      .epoch = key->epoch,
      .key_id = key->key_id,
      .group = group,
      .group_epoch = to->epoch_count - 1,
      .mode = mode,
      .giver = world->member.device,
  };
  if (krv_world_group_exposed(world, to)) return grant_each(intake, key, to, &msg);
  return grant(intake, key, &krv_group_newest(to)->pk, &msg);
}

int krv_keep_grant_all(struct krv_intake *intake, struct krv_folder *folder,
                       const struct krv_case_key *key, const struct krv_access_list *list) {
  struct krv_case_key copy = *key; /* the folder's array may move */
  int status = 0;
  for (uint32_t i = 0; status == 0 && i < list->count; i++)
    status = krv_keep_grant(intake, folder, &copy, list->items[i].group, list->items[i].mode);
  krv_wipe(&copy, sizeof copy);
  return status;
}

int krv_keep_grant_again(struct krv_intake *intake, const struct krv_id *kase, krv_keep_to_fn to,
                         void *ctx) {
  struct krv_case_rights rights = krv_world_rights(krv_intake_world(intake));
  struct krv_access_list list;
  struct krv_folder *folder;
  int status = krv_intake_folder(intake, kase, &folder);
  if (status == 0) status = krv_change_allowed(folder);
  if (status == KRV_DENIED || (status == KRV_DAMAGED && krv_intake_unread(intake))) return 0;
  if (status != 0) return status;
  krv_case_access(folder->kase, &rights, &list);
  for (size_t k = 0; status == 0 && k < folder->key_count; k++) {
    struct krv_case_key key = folder->keys[k]; /* the array may move */
    bool named;
    status = krv_folder_named(folder, &key.key_id, &named);
    for (uint32_t i = 0; status == 0 && named && i < list.count; i++)
      if (!to || to(ctx, list.items[i].group))
        status = krv_keep_grant(intake, folder, &key, list.items[i].group, list.items[i].mode);
    krv_wipe(&key, sizeof key);
  }
  return status;
}

/* ---- groups that had nobody */

struct newcomers {
  const struct krv_world *world;
  uint32_t height;
};

/* Was there nobody before that height who is in the group still, and is there somebody now? */
static bool all_new(void *ctx, krv_group_ix ix) {
  const struct newcomers *n = ctx;
  const struct krv_group *group = krv_roster_group(n->world->roster, ix);
  bool any = false;
  if (!group || group->epochs[0].height >= n->height) return false; /* no case can list it yet */
  for (uint32_t i = 0; i < group->member_count; i++) {
    const struct krv_device *device = reader(n->world, group, &group->members[i]);
    if (!device) continue;
    if (krv_roster_membership(n->world->roster, device->ix, ix, n->height - 1)) return false;
    any = true;
  }
  return any;
}

int krv_keep_newcomers(struct krv_intake *intake, uint32_t height) {
  struct newcomers n = {krv_intake_world(intake), height};
  const struct krv_index *index = n.world->index;
  uint32_t count = krv_index_count(index);
  bool any = false;
  for (krv_group_ix g = 0; g < krv_roster_group_count(n.world->roster); g++) any |= all_new(&n, g);
  if (!any || count == 0 || n.world->fork || krv_world_ready(n.world) != 0) return 0;
  struct krv_id *ids = krv_alloc(n.world->env, count * sizeof *ids);
  int status = ids ? 0 : KRV_NOMEM;
  for (uint32_t i = 0; ids && i < count; i++) ids[i] = krv_index_at(index, i)->id;
  for (uint32_t i = 0; status == 0 && i < count; i++)
    status = krv_keep_grant_again(intake, &ids[i], all_new, &n);
  krv_free(n.world->env, ids);
  return status;
}

/* ---- boxes */

/* One box of one group's secret, for a device or (KRV_MSG_NO_DEVICE) the recovery key. */
static int box(struct krv_intake *intake, const struct krv_secret *secret, krv_device_ix device,
               const struct krv_key *seal_pk) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_msg_box msg = {.group = secret->group,
                            .epoch = secret->epoch,
                            .device = device,
                            .giver = world->member.device};
  struct krv_buf payload;
  int status = krv_box_seal(&world->keys.seal, seal_pk, &secret->pair, msg.box);
  if (status != 0) return status;
  krv_buf_init(&payload, world->env);
  krv_msg_box_encode(&msg, &payload);
  status = payload.status;
  if (status == 0)
    status = krv_intake_item(intake, KRV_ORIGIN_OWN, KRV_MSG_BOX, krv_buf_slice(&payload));
  krv_buf_release(&payload);
  return status;
}

/* All epochs of a group, to one receiver. */
static int box_group(struct krv_intake *intake, krv_group_ix group, krv_device_ix device,
                     const struct krv_key *seal_pk) {
  const struct krv_world *world = krv_intake_world(intake);
  int status = 0;
  for (size_t i = 0; status == 0 && i < world->secret_count; i++)
    if (world->secrets[i].group == group) status = box(intake, &world->secrets[i], device, seal_pk);
  return status;
}

/* A next secret, if this vault has it, to all devices of the group and the recovery key: to this
 * device as well, whose vault may be restored from an older copy. */
static int boxes_of_epoch(struct krv_intake *intake, const struct krv_statement *s) {
  struct krv_world *world = krv_intake_world(intake);
  const struct krv_group *group = krv_roster_group(world->roster, s->group);
  const struct krv_secret *secret = krv_world_secret(world, s->group, s->epoch);
  struct krv_key recovery_sign, recovery_seal;
  if (!secret) return 0;
  krv_roster_recovery(world->roster, &recovery_sign, &recovery_seal);
  int status = box(intake, secret, KRV_MSG_NO_DEVICE, &recovery_seal);
  for (uint32_t i = 0; status == 0 && i < group->member_count; i++) {
    const struct krv_device *device = reader(world, group, &group->members[i]);
    if (device) status = box(intake, secret, device->ix, &device->keys.seal_pk);
  }
  return status;
}

/* All epochs of a group to a device that was let into it, unless it has left since. */
static int boxes_of_admission(struct krv_intake *intake, krv_group_ix ix,
                              const struct krv_device *to) {
  const struct krv_world *world = krv_intake_world(intake);
  const struct krv_group *group = krv_roster_group(world->roster, ix);
  if (!group || !to || to->ix == world->member.device || krv_fork_left(world, group, to) ||
      !krv_roster_membership(world->roster, to->ix, ix, UINT32_MAX))
    return 0;
  return box_group(intake, ix, to->ix, &to->keys.seal_pk);
}

static int boxes_of_statement(struct krv_intake *intake, const struct krv_statement *s) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_key recovery_sign, recovery_seal;
  if (s->kind == KRV_STATEMENT_EPOCH) return boxes_of_epoch(intake, s);
  if (s->kind == KRV_STATEMENT_ADMIT)
    return boxes_of_admission(intake, s->group, krv_roster_device(world->roster, s->device));
  if (s->kind == KRV_STATEMENT_DEVICE && !s->has_member_pk) /* a further device of a member */
    return boxes_of_admission(
        intake, s->member_group,
        krv_roster_device_by_session(world->roster, &s->keys.session_pk));
  if (s->kind == KRV_STATEMENT_FOUND) {
    int status = 0;
    krv_roster_recovery(world->roster, &recovery_sign, &recovery_seal);
    for (krv_group_ix g = 0; status == 0 && g < krv_roster_group_count(world->roster); g++)
      status = box_group(intake, g, KRV_MSG_NO_DEVICE, &recovery_seal);
    return status;
  }
  return 0;
}

/* The secrets of groups that this device's own admission made, for the recovery key. */
static int boxes_of_own_groups(struct krv_intake *intake, const struct krv_statement *s) {
  const struct krv_device *self = krv_world_self(krv_intake_world(intake));
  struct krv_key recovery_sign, recovery_seal;
  bool mine = s->kind == KRV_STATEMENT_DEVICE && self &&
              memcmp(&s->keys.session_pk, &self->keys.session_pk, sizeof s->keys.session_pk) == 0;
  if (!mine) return 0;
  krv_roster_recovery(krv_intake_world(intake)->roster, &recovery_sign, &recovery_seal);
  int status = krv_own_groups_adopt(krv_intake_world(intake), s);
  if (status == 0 && s->has_member_pk)
    status = box_group(intake, self->member_group, KRV_MSG_NO_DEVICE, &recovery_seal);
  if (status == 0 && s->has_agency_pk)
    status = box_group(intake, self->agency_group, KRV_MSG_NO_DEVICE, &recovery_seal);
  return status;
}

/* Does this device give the secrets of the group to whom that signer lets in? Its own admissions;
 * those of the recovery key, which is no device, each keeper (and who holds that key:
 * krv_keep_recovered). */
static bool gives(const struct krv_world *world, krv_device_ix signer, krv_group_ix group) {
  const struct krv_membership *own =
      krv_roster_membership(world->roster, world->member.device, group, UINT32_MAX);
  if (world->member.state != KRV_MEMBER_IN) return false;
  if (signer == world->member.device) return true;
  return signer == KRV_NO_INDEX && own && (own->rights & KRV_ADMIT_KEEPER);
}

int krv_keep_boxes(struct krv_intake *intake, uint32_t height) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_entry entry;
  int status = krv_entry_decode(world->env, krv_roster_entry(world->roster, height), &entry);
  if (status != 0) return status;
  for (uint32_t i = 0; status == 0 && i < entry.statement_count; i++) {
    const struct krv_statement *s = &entry.statements[i];
    krv_group_ix group = s->kind == KRV_STATEMENT_DEVICE ? s->member_group : s->group;
    if (s->kind == KRV_STATEMENT_EPOCH) status = krv_renew_settle(world, s);
    if (status == 0 && gives(world, entry.signer, group)) status = boxes_of_statement(intake, s);
    if (status == 0) status = boxes_of_own_groups(intake, s);
    if (status == 0 && entry.signer == KRV_NO_INDEX && s->kind == KRV_STATEMENT_ADMIT)
      status = krv_keep_recovered(intake, group);
  }
  krv_entry_release(&entry, world->env);
  return status;
}

int krv_keep_secret_came(struct krv_intake *intake, krv_group_ix group, uint32_t epoch) {
  const struct krv_world *world = krv_intake_world(intake);
  const struct krv_group *known = krv_roster_group(world->roster, group);
  const struct krv_secret *secret = krv_world_secret(world, group, epoch);
  int status = 0;
  for (uint32_t i = 0; status == 0 && i < known->member_count; i++) {
    const struct krv_membership *member = &known->members[i];
    const struct krv_device *device = reader(world, known, member);
    bool ours = device && device->ix != world->member.device &&
                member->from_height > known->epochs[epoch].height &&
                gives(world, krv_roster_signer(world->roster, member->from_height), group);
    if (ours) status = box(intake, secret, device->ix, &device->keys.seal_pk);
  }
  return status;
}

/* ---- what the recovery key opens */

struct recovered {
  struct krv_intake *intake;
  const struct krv_device *to;
};

static int hand_on(void *ctx, const struct krv_secret *secret) {
  const struct recovered *r = ctx;
  struct krv_world *world = krv_intake_world(r->intake);
  if (r->to->ix != world->member.device)
    return box(r->intake, secret, r->to->ix, &r->to->keys.seal_pk);
  return krv_world_secret_learn(world, secret->group, secret->epoch, &secret->pair);
}

int krv_keep_recovered(struct krv_intake *intake, krv_group_ix ix) {
  struct krv_world *world = krv_intake_world(intake);
  const struct krv_group *group = krv_roster_group(world->roster, ix);
  int status = 0;
  if (!group || !krv_recovery_here(world)) return 0;
  for (uint32_t i = 0; status == 0 && i < group->member_count; i++) {
    const struct krv_membership *member = &group->members[i];
    struct recovered r = {intake, reader(world, group, member)};
    if (!r.to || krv_roster_signer(world->roster, member->from_height) != KRV_NO_INDEX) continue;
    status = boxes_of_admission(intake, ix, r.to);
    if (status == 0) status = krv_recovery_secrets(world, ix, hand_on, &r);
  }
  return status;
}
