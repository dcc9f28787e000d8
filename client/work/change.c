#include "change.h"

#include <string.h>

#include "fork.h"
#include "keep.h"

void krv_change_init(struct krv_change_ops *ops, const struct krv_env *env) {
  krv_buf_init(&ops->bytes, env);
  ops->count = 0;
}

void krv_change_release(struct krv_change_ops *ops) {
  krv_buf_wipe(&ops->bytes);
  ops->count = 0;
}

int krv_change_add(struct krv_change_ops *ops, const struct krv_op *op) {
  if (ops->count == KRV_OPS_MAX) return KRV_TOO_LARGE;
  krv_op_encode(op, &ops->bytes);
  if (ops->bytes.status == 0) ops->count++;
  return ops->bytes.status;
}

int krv_change_default_list(const struct krv_world *world, struct krv_access_list *out) {
  const struct krv_device *self = krv_world_self(world);
  memset(out, 0, sizeof *out);
  int status = krv_access_list_set(out, KRV_GROUP_OFFICE, KRV_ACCESS_WRITE);
  return status == 0 ? krv_access_list_set(out, self->member_group, KRV_ACCESS_WRITE) : status;
}

/* Body and seal. commit's head has programme, case, device, n and prev. */
static int seal(struct krv_world *world, const struct krv_case_key *key,
                const struct krv_change_ops *ops, const struct krv_context_entry *context,
                uint32_t context_count, struct krv_commit *commit, struct krv_buf *out) {
  struct krv_buf list;
  struct krv_body body = {
      .roster_height = krv_roster_height(world->roster),
      .context = context,
      .context_count = context_count,
  };
  memcpy(body.roster_head8, krv_roster_hash(world->roster, body.roster_height),
         sizeof body.roster_head8);
  body.wall_s = krv_world_now(world, &body.wall_quality);
  krv_buf_init(&list, world->env);
  krv_ops_begin(&list, ops->count);
  krv_buf_put(&list, krv_buf_slice(&ops->bytes));
  body.ops = krv_buf_slice(&list);
  int status = list.status;
  if (status == 0)
    status = krv_commit_seal(world->zip, world->env, key, &world->keys.sign, &body, commit, out);
  krv_buf_wipe(&list);
  return status;
}

static int hand_in(struct krv_intake *intake, enum krv_message_kind kind, struct krv_buf *payload) {
  int status = payload->status;
  if (status == 0) status = krv_intake_item(intake, KRV_ORIGIN_OWN, kind, krv_buf_slice(payload));
  krv_buf_release(payload);
  return status;
}

static int send_genesis(struct krv_intake *intake, struct krv_world *world,
                        const struct krv_genesis *genesis, const struct krv_commit *commit) {
  struct krv_buf payload, list;
  struct krv_msg_genesis msg = {.device = world->member.device,
                                .suite = commit->head.suite,
                                .kind = commit->head.kind,
                                .ciphertext = commit->ciphertext};
  krv_buf_init(&payload, world->env);
  krv_buf_init(&list, world->env);
  krv_access_list_encode(&genesis->access, &list);
  msg.access = krv_buf_slice(&list);
  memcpy(msg.key_commit, genesis->key_commit, sizeof msg.key_commit);
  memcpy(msg.salt, commit->salt, sizeof msg.salt);
  krv_msg_genesis_encode(&msg, &payload);
  if (list.status != 0) payload.status = list.status;
  krv_buf_release(&list);
  return hand_in(intake, KRV_MSG_GENESIS, &payload);
}

/* The genesis is opened again by the intake before it counts, so its key must be there first. */
static int make_folder(struct krv_intake *intake, const struct krv_genesis *genesis,
                       const struct krv_case_key *key, const struct krv_id *kase) {
  struct krv_folder *folder;
  int status = krv_intake_new_folder(intake, kase, genesis, &folder);
  return status == 0 ? krv_folder_add_key(folder, 0, &key->key) : status;
}

int krv_change_new(struct krv_intake *intake, const struct krv_access_list *list,
                   const struct krv_change_ops *ops, struct krv_id *kase) {
  struct krv_world *world = krv_intake_world(intake);
  const struct krv_device *self = krv_world_self(world);
  struct krv_genesis genesis = {.creator = self->id, .access = *list};
  struct krv_commit commit;
  struct krv_case_key key;
  struct krv_buf sealed;
  struct krv_folder *folder;
  krv_case_key_random(world->env, 0, &key);
  memcpy(genesis.key_commit, key.key_commit, sizeof genesis.key_commit);
  krv_buf_init(&sealed, world->env);
  int status = krv_case_id(world->env, &world->member.programme, &genesis, kase);
  memset(&commit, 0, sizeof commit);
  commit.head = (struct krv_head){
      .programme = world->member.programme, .kase = *kase, .device = self->id, .n = 1};
  if (status == 0) status = make_folder(intake, &genesis, &key, kase);
  if (status == 0) status = seal(world, &key, ops, NULL, 0, &commit, &sealed);
  if (status == 0) status = send_genesis(intake, world, &genesis, &commit);
  if (status == 0) status = krv_intake_folder(intake, kase, &folder);
  if (status == 0) status = krv_keep_grant_all(intake, folder, &key, list);
  krv_wipe(&key, sizeof key);
  krv_buf_release(&sealed);
  return status;
}

int krv_change_allowed(const struct krv_folder *folder) {
  const struct krv_world *world = folder->world;
  struct krv_case_rights rights = krv_world_rights(world);
  struct krv_access_list list;
  if (!krv_folder_begun(folder)) return KRV_DENIED;
  krv_case_access(folder->kase, &rights, &list);
  for (uint32_t i = 0; i < list.count; i++)
    if (list.items[i].mode == KRV_ACCESS_WRITE &&
        krv_roster_may_write(world->roster, world->member.device, list.items[i].group, UINT32_MAX))
      return 0;
  return KRV_DENIED;
}

/* Was the key given, by whoever's grant is here, to somebody who has left the group in a history
 * that is not believed? */
static int given_to_who_left(const struct krv_folder *folder, const struct krv_id *key_id,
                             const struct krv_group *group, bool *given) {
  const struct krv_world *world = folder->world;
  struct krv_vault_item item;
  struct krv_msg_grant msg;
  struct krv_id of;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status = 0;
  krv_buf_init(&bytes, world->env);
  while (!*given && (status = krv_vault_item_next(world->vault, folder->lid, lid, &item, &bytes)) ==
                        0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_GRANT && krv_msg_grant_decode(item.bytes, &msg) == 0 &&
        msg.group == group->ix) {
      const struct krv_device *to =
          msg.to_device ? krv_roster_device(world->roster, msg.device) : NULL;
      krv_folder_grant_key(folder, &msg, &of);
      *given = krv_id_equal(&of, key_id) && (!to || krv_fork_left(world, group, to));
    }
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

/* A device has left a group of the list by a history that is not believed: no body names that, so
 * of nobody else can be told whether he knew it when he made the epoch (R14, R17). This vault's own
 * grants tell whether it did. */
static int lacks_forks_leaving(const struct krv_folder *folder,
                               const struct krv_case_rights *rights,
                               const struct krv_case_epoch *epoch, bool *lacks) {
  const struct krv_world *world = folder->world;
  const struct krv_id *self = &krv_world_self(world)->id;
  bool ours = epoch->maker == UINT32_MAX
                  ? krv_id_equal(&krv_case_genesis(folder->kase)->creator, self)
                  : epoch->maker == world->member.device;
  struct krv_access_list list;
  struct krv_id key_id;
  *lacks = false;
  if (!world->fork) return 0;
  krv_key_id(epoch->key_commit, &key_id);
  krv_case_access(folder->kase, rights, &list);
  int status = 0;
  for (uint32_t i = 0; status == 0 && !*lacks && i < list.count; i++) {
    const struct krv_group *group = krv_roster_group(world->roster, list.items[i].group);
    if (!group || !krv_fork_exposed(world, group)) continue;
    *lacks = !ours;
    if (ours) status = given_to_who_left(folder, &key_id, group, lacks);
  }
  return status;
}

/* The key for the next commit; *fresh when it begins a new epoch: due by R14, unless it is a
 * parting, or because the newest one's key was granted to nobody here (whoever announced it shall
 * not freeze the case). */
static int choose_key(const struct krv_folder *folder, bool parting, struct krv_case_key *key,
                      bool *fresh) {
  struct krv_case_rights rights = krv_world_rights(folder->world);
  struct krv_case_epoch now;
  struct krv_id key_id;
  bool lacks;
  krv_case_epoch_now(folder->kase, &rights, &now);
  int status = lacks_forks_leaving(folder, &rights, &now, &lacks);
  if (status != 0) return status;
  if (folder->key_count == 0) return KRV_NO_KEY;
  krv_key_id(now.key_commit, &key_id);
  const struct krv_case_key *known = krv_folder_key_by_id(folder, &key_id);
  *fresh = ((now.rekey || lacks) && !parting) || !known;
  if (*fresh) krv_case_key_random(folder->world->env, now.number + 1, key);
  else *key = *known;
  if (!*fresh) key->epoch = now.number;
  return 0;
}

static int add_epoch_op(struct krv_change_ops *ops, const struct krv_case_key *key) {
  struct krv_op op = {.kind = KRV_OP_EPOCH, .epoch = key->epoch};
  memcpy(op.key_commit, key->key_commit, sizeof op.key_commit);
  return krv_change_add(ops, &op);
}

void krv_change_payload(const struct krv_world *world, const struct krv_commit *commit,
                        struct krv_buf *out) {
  const struct krv_head *head = &commit->head;
  struct krv_msg_commit msg = {
      .device = world->member.device,
      .kase = head->kase,
      .n = head->n,
      .prev_len = head->n == 1 ? 0 : 16,
      .suite = head->suite,
      .kind = head->kind,
      .epoch = head->epoch,
      .ciphertext = commit->ciphertext,
  };
  memcpy(msg.prev, head->prev.b, sizeof msg.prev);
  memcpy(msg.key_id4, head->key_id4, sizeof msg.key_id4);
  memcpy(msg.salt, commit->salt, sizeof msg.salt);
  krv_msg_commit_encode(&msg, out);
}

static int send_commit(struct krv_intake *intake, struct krv_world *world,
                       const struct krv_commit *commit) {
  struct krv_buf payload;
  krv_buf_init(&payload, world->env);
  krv_change_payload(world, commit, &payload);
  return hand_in(intake, KRV_MSG_COMMIT, &payload);
}

/* Who wrote what these operations write: their tips go first where not all fit (R4). The caller
 * frees *tips. */
static int writers_of(const struct krv_folder *folder, const struct krv_change_ops *gathered,
                      struct krv_tip **tips, uint32_t *count) {
  const struct krv_env *env = folder->world->env;
  const struct krv_state *state = krv_case_state(folder->kase);
  struct krv_buf list;
  struct krv_ops ops = {0};
  size_t cap = 0;
  *tips = NULL;
  *count = 0;
  krv_buf_init(&list, env);
  krv_ops_begin(&list, gathered->count);
  krv_buf_put(&list, krv_buf_slice(&gathered->bytes));
  int status = list.status != 0 ? list.status : krv_ops_read(env, krv_buf_slice(&list), &ops);
  for (uint32_t i = 0; status == 0 && i < ops.count; i++) {
    const struct krv_op *op = &ops.items[i];
    bool option = op->kind == KRV_OP_OPTION_ON || op->kind == KRV_OP_OPTION_OFF;
    const struct krv_reg *reg =
        krv_state_find(state, &op->record, op->field, option ? op->option : KRV_NO_OPTION);
    for (uint32_t v = 0; status == 0 && reg && v < reg->count; v++) {
      status = krv_grow(env, tips, &cap, *count, sizeof **tips);
      if (status == 0) (*tips)[(*count)++] = krv_state_writer(state, reg->values[v].writer)->tip;
    }
  }
  krv_ops_release(&ops);
  krv_buf_wipe(&list);
  return status;
}

/* Seals the next commit of an open folder under key and hands it in. */
static int write_next(struct krv_intake *intake, struct krv_folder *folder,
                      const struct krv_case_key *key, const struct krv_change_ops *ops) {
  struct krv_world *world = folder->world;
  struct krv_context_entry *context =
      krv_alloc(world->env, KRV_CONTEXT_ENTRIES_MAX * sizeof *context);
  struct krv_commit commit;
  struct krv_buf sealed;
  if (!context) return KRV_NOMEM;
  krv_buf_init(&sealed, world->env);
  memset(&commit, 0, sizeof commit);
  commit.head = (struct krv_head){.programme = world->member.programme,
                                  .kase = folder->id,
                                  .device = krv_world_self(world)->id,
                                  .n = folder->own.n + 1,
                                  .prev = folder->own.id};
  struct krv_tip *first;
  uint32_t first_count, count = 0;
  int status = writers_of(folder, ops, &first, &first_count);
  if (status == 0)
    count =
        krv_lines_context(krv_case_lines(folder->kase), &folder->own, first, first_count, context);
  if (status == 0) status = seal(world, key, ops, context, count, &commit, &sealed);
  krv_free(world->env, first);
  if (status == 0) status = send_commit(intake, world, &commit);
  krv_free(world->env, context);
  krv_buf_release(&sealed);
  return status;
}

/* Keys to whom they must be given: a fresh one to all that the list holds, the others to those whom
 * the makers of their epochs did not know (R14). */
static int grant_keys(struct krv_intake *intake, struct krv_folder *folder,
                      const struct krv_case_key *fresh) {
  struct krv_case_rights rights = krv_world_rights(folder->world);
  struct krv_access_list list;
  krv_case_access(folder->kase, &rights, &list);
  int status = fresh ? krv_keep_grant_all(intake, folder, fresh, &list) : 0;
  for (size_t k = 0; k < folder->key_count; k++) {
    struct krv_case_key key = folder->keys[k]; /* the array may move */
    for (uint32_t i = 0; status == 0 && i < list.count; i++)
      if (krv_case_epoch_lacks(folder->kase, &rights, &key.key_id, list.items[i].group))
        status = krv_keep_grant(intake, folder, &key, list.items[i].group, list.items[i].mode);
    krv_wipe(&key, sizeof key);
  }
  return status;
}

int krv_change_known(struct krv_intake *intake, const struct krv_id *kase,
                     const struct krv_change_ops *ops, bool parting) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_folder *folder;
  struct krv_change_ops all;
  struct krv_case_key key;
  bool fresh = false;
  int status = krv_intake_folder(intake, kase, &folder);
  if (status == 0) status = krv_change_allowed(folder);
  if (status == 0) status = choose_key(folder, parting, &key, &fresh);
  if (status != 0) return status;
  krv_change_init(&all, world->env);
  krv_buf_put(&all.bytes, krv_buf_slice(&ops->bytes));
  all.count = ops->count;
  if (fresh) status = add_epoch_op(&all, &key);
  if (status == 0 && fresh) status = krv_folder_add_key(folder, key.epoch, &key.key);
  if (status == 0) status = write_next(intake, folder, &key, &all);
  if (status == 0) status = krv_intake_folder(intake, kase, &folder);
  if (status == 0) status = grant_keys(intake, folder, fresh ? &key : NULL);
  krv_wipe(&key, sizeof key);
  krv_change_release(&all);
  return status;
}
