/* intake_key: grants, the envelopes that carry case keys (R10), and the asking for them. */
#include <string.h>

#include "fork.h"
#include "intake_in.h"
#include "keep.h"

/* What opens it; NULL: no secret of that group is here, or it is for another device. */
static const struct krv_dh_pair *receiver_of(const struct krv_world *world,
                                             const struct krv_msg_grant *msg) {
  if (msg->to_device) return msg->device == world->member.device ? &world->keys.seal : NULL;
  const struct krv_secret *secret = krv_world_secret(world, msg->group, msg->group_epoch);
  return secret ? &secret->pair : NULL;
}

/* Keeps a key that a grant opened to, unless it is one of many that no commit names: QUOTA. */
static int keep_key(struct krv_folder *folder, const struct krv_msg_grant *msg,
                    const struct krv_key *key, const struct krv_id *key_id) {
  bool room;
  int status = krv_folder_has_room(folder, key_id, &room);
  if (status != 0) return status;
  return room ? krv_folder_add_key(folder, msg->epoch, key) : KRV_QUOTA;
}

/* Opens a grant into the folder. NO_KEY: what it is for is not here. CRYPTO: it is a wrong
 * one. QUOTA: it is right, and passed over. */
static int open_grant(struct krv_folder *folder, const struct krv_msg_grant *msg) {
  struct krv_world *world = folder->world;
  const struct krv_dh_pair *receiver = receiver_of(world, msg);
  const struct krv_device *giver = krv_world_author(world, msg->giver);
  const struct krv_envelope_ends *ends;
  struct krv_key key;
  struct krv_id wanted, got;
  uint8_t commitment[KRV_HASH_LEN];
  krv_folder_grant_key(folder, msg, &wanted);
  if (krv_folder_key_by_id(folder, &wanted)) return 0;
  if (!receiver || !giver) return KRV_NO_KEY;
  int status = krv_world_take(world, receiver, &giver->keys.seal_pk, &ends);
  if (status == 0) status = krv_envelope_open(ends, KRV_PURPOSE_GRANT, &wanted, msg->wrap, &key);
  if (status == 0) {
    krv_key_commit(&key, commitment);
    krv_key_id(commitment, &got);
    status = krv_id_equal(&got, &wanted) ? keep_key(folder, msg, &key, &wanted) : KRV_CRYPTO;
  }
  krv_wipe(&key, sizeof key);
  return status;
}

/* --- asking */

struct asked {
  uint32_t count;
  bool named; /* a commit of the case names the key */
};

/* Does a commit's header name the key of this epoch? */
static bool names(const struct krv_vault_item *item, uint32_t epoch, const struct krv_id *key_id) {
  struct krv_msg_commit msg;
  if (item->kind != KRV_MSG_COMMIT || krv_msg_commit_decode(item->bytes, &msg) != 0) return false;
  return msg.epoch == epoch && memcmp(msg.key_id4, key_id->b, sizeof msg.key_id4) == 0;
}

static int count_asked(const struct krv_folder *folder, uint32_t epoch,
                       const struct krv_id *key_id, struct asked *out) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  *out = (struct asked){0};
  krv_buf_init(&bytes, folder->world->env);
  while ((status = krv_vault_item_next(folder->world->vault, folder->lid, lid, &item, &bytes)) ==
         0) {
    lid = item.lid;
    out->count += item.kind == KRV_MSG_NEED;
    out->named |= names(&item, epoch, key_id);
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

/* Whoever may write can invent keys and grants of them: few are asked for that no commit names, and
 * of a case not many at all. The genesis names its own. */
static int may_ask(const struct krv_folder *folder, uint32_t epoch, const struct krv_id *key_id,
                   bool *may) {
  struct asked asked;
  *may = epoch == 0;
  if (*may) return 0;
  int status = count_asked(folder, epoch, key_id, &asked);
  *may = status == 0 && asked.count < (uint32_t)(asked.named ? KRV_CASE_NEEDS_MAX
                                                             : KRV_CASE_NEEDS_UNNAMED_MAX);
  return status;
}

/* Asks whoever has the key for a grant that opens; once. */
static int post_need(struct krv_intake *intake, const struct krv_folder *folder,
                     const struct krv_msg_grant *grant) {
  struct krv_msg_need need = {.kase = folder->id, .group = grant->group};
  struct krv_buf stored;
  struct krv_tip name = {0};
  bool may = false;
  krv_folder_grant_key(folder, grant, &need.key_id);
  krv_buf_init(&stored, intake->world->env);
  krv_msg_need_encode(&need, &stored);
  krv_item_id(KRV_MSG_NEED, krv_buf_slice(&stored), &name.id);
  int status = stored.status;
  if (status == 0) status = krv_intake_known(intake, &name.id, NULL);
  if (status == KRV_NOT_FOUND)
    status = may_ask(folder, grant->epoch, &need.key_id, &may);
  if (status == 0 && may) {
    struct krv_arrival own = {KRV_ORIGIN_OWN, KRV_MSG_NEED, krv_buf_slice(&stored)};
    status = krv_intake_store(intake, &own, folder->lid, &name, krv_buf_slice(&stored), NULL);
  }
  krv_buf_release(&stored);
  return status;
}

/* --- grants that came */

static int count_grants(struct krv_folder *folder) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status = 0;
  if (folder->grants_counted) return 0;
  krv_buf_init(&bytes, folder->world->env);
  folder->grants = 0;
  while ((status = krv_vault_item_next(folder->world->vault, folder->lid, lid, &item, &bytes)) ==
         0) {
    lid = item.lid;
    folder->grants += item.kind == KRV_MSG_GRANT && item.device != folder->world->member.device;
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  folder->grants_counted = status == KRV_END;
  return status == KRV_END ? 0 : status;
}

/* A key for others of our group: if none for us comes with it, we came to the group later, and ask.
 * Each key once, whoever it is for. */
static int note_lacking(struct krv_intake *intake, const struct krv_msg_grant *msg) {
  struct krv_folder *folder = intake->open;
  const struct krv_world *world = intake->world;
  struct krv_id key_id, noted;
  int status = 0;
  if (!krv_roster_membership(world->roster, world->member.device, msg->group, UINT32_MAX)) return 0;
  krv_folder_grant_key(folder, msg, &key_id);
  for (uint32_t i = 0; i < folder->lacking_count; i++) {
    krv_folder_grant_key(folder, &folder->lacking[i], &noted);
    if (krv_id_equal(&noted, &key_id) && folder->lacking[i].group == msg->group) return 0;
  }
  if (folder->lacking_count == KRV_FOLDER_LACKING_MAX) status = krv_intake_ask(intake);
  if (status == 0) folder->lacking[folder->lacking_count++] = *msg;
  return status;
}

/* Is it sealed to a secret that never came, though a newer one did? That one may be lost. */
static bool passed_over(const struct krv_world *world, const struct krv_msg_grant *msg) {
  const struct krv_secret *newest = krv_world_newest_secret(world, msg->group);
  return !msg->to_device && newest && newest->epoch > msg->group_epoch &&
         !krv_world_secret(world, msg->group, msg->group_epoch);
}

int krv_intake_ask(struct krv_intake *intake) {
  struct krv_folder *folder = intake->open;
  struct krv_id key_id;
  int status = 0;
  for (uint32_t i = 0; status == 0 && i < folder->lacking_count; i++) {
    krv_folder_grant_key(folder, &folder->lacking[i], &key_id);
    if (!krv_folder_key_by_id(folder, &key_id))
      status = post_need(intake, folder, &folder->lacking[i]);
  }
  folder->lacking_count = 0;
  return status;
}

/* No secret opens it yet: it is kept if one can come that does. A giver's name is on it, but
 * anybody may have put it there: so none takes another's place. */
static int keep_for_later(struct krv_intake *intake, const struct krv_arrival *arrival,
                          const struct krv_msg_grant *msg, const struct krv_tip *name,
                          struct krv_slice stored) {
  struct krv_folder *folder = intake->open;
  const struct krv_roster *roster = intake->world->roster;
  const struct krv_group *group = krv_roster_group(roster, msg->group);
  if (!group || msg->group_epoch >= group->epoch_count) return 0;
  if (msg->to_device && msg->device != intake->world->member.device)
    return note_lacking(intake, msg);
  if (!krv_world_author(intake->world, msg->giver)) return 0;
  int status = count_grants(folder);
  if (status != 0) return status;
  if (folder->grants >= KRV_CASE_GRANTS_MAX)
    return krv_intake_tell_over(intake, msg->giver, &folder->id);
  folder->grants++;
  if (passed_over(intake->world, msg)) status = note_lacking(intake, msg);
  if (status != 0) return status;
  return krv_intake_store(intake, arrival, folder->lid, name, stored, NULL);
}

/* Of one key one grant is kept, that opened it. One that is wrong shadows nothing: it is not kept,
 * and answered by a need. */
static int take_grant(struct krv_intake *intake, const struct krv_arrival *arrival,
                      const struct krv_msg_grant *msg, const struct krv_tip *name,
                      struct krv_slice stored) {
  struct krv_folder *folder = intake->open;
  size_t before = folder->key_count;
  struct krv_id key_id;
  bool named;
  int status = open_grant(folder, msg);
  if (status == KRV_QUOTA) return krv_intake_tell_over(intake, msg->giver, &folder->id);
  if (status == KRV_CRYPTO) return post_need(intake, folder, msg);
  if (status == KRV_NO_KEY) return keep_for_later(intake, arrival, msg, name, stored);
  if (status != 0 || folder->key_count == before) return status;
  status = krv_intake_store(intake, arrival, folder->lid, name, stored, NULL);
  folder->grants++;
  krv_folder_grant_key(folder, msg, &key_id);
  if (status == 0) status = krv_folder_named(folder, &key_id, &named);
  return status == 0 && named ? krv_intake_retry(intake) : status; /* else nothing waits for it */
}

int krv_intake_grant(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_msg_grant msg;
  struct krv_folder *folder;
  struct krv_buf stored;
  struct krv_tip name = {0};
  bool known;
  int status = krv_msg_grant_decode(arrival->payload, &msg);
  if (status != 0) return status;
  if (msg.giver == KRV_MSG_NO_DEVICE) return KRV_MALFORMED;
  if (msg.same_case) msg.kase = intake->last_case;
  msg.same_case = false;
  status = krv_intake_folder(intake, &msg.kase, &folder);
  if (status == KRV_NOT_FOUND) return KRV_UNKNOWN_CASE;
  intake->last_case = msg.kase; /* of a damaged one too: the next may be of the same case */
  if (status != 0) return status;
  krv_buf_init(&stored, intake->world->env);
  krv_msg_grant_encode(&msg, &stored);
  krv_item_id(KRV_MSG_GRANT, krv_buf_slice(&stored), &name.id);
  name.device = msg.giver = krv_intake_number(intake, arrival, msg.giver);
  if (msg.to_device) msg.device = krv_intake_number(intake, arrival, msg.device);
  status = stored.status;
  /* who may write has changed, for the server: what it refused of this case may pass now */
  if (status == 0 && arrival->origin == KRV_ORIGIN_SERVER && folder->lid != 0)
    status = krv_intake_reopen(intake, folder->lid);
  if (status == 0) status = krv_intake_known_arrived(intake, arrival, &name.id, &known);
  if (status == 0 && !known && arrival->origin == KRV_ORIGIN_SERVER)
    status = take_grant(intake, arrival, &msg, &name, krv_buf_slice(&stored));
  else if (status == 0 && !known)
    status = krv_intake_store(intake, arrival, folder->lid, &name, krv_buf_slice(&stored), NULL);
  krv_buf_release(&stored);
  return status;
}

/* One that turns out wrong now that its secret is here is kept no longer. */
static int open_kept(struct krv_intake *intake, const struct krv_vault_item *item) {
  struct krv_folder *folder = intake->open;
  struct krv_msg_grant msg;
  int status = krv_msg_grant_decode(item->bytes, &msg);
  msg.giver = item->device; /* by this vault's numbers */
  msg.device = intake->world->member.device; /* others' are not kept */
  if (status == 0 && msg.giver != intake->world->member.device) status = open_grant(folder, &msg);
  if (status == KRV_NO_KEY)
    return passed_over(intake->world, &msg) ? note_lacking(intake, &msg) : 0;
  bool over = status == KRV_QUOTA;
  if (status != KRV_CRYPTO && !over) return status;
  status = krv_vault_item_delete(intake->world->vault, item->lid);
  folder->grants_counted = false;
  if (status != 0) return status;
  return over ? krv_intake_tell_over(intake, msg.giver, &folder->id)
              : post_need(intake, folder, &msg);
}

int krv_intake_regrant(struct krv_intake *intake) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  krv_buf_init(&bytes, intake->world->env);
  for (;;) {
    krv_buf_reset(&bytes);
    status = krv_vault_item_next(intake->world->vault, intake->open->lid, lid, &item, &bytes);
    if (status != 0) break;
    lid = item.lid;
    if (item.kind == KRV_MSG_GRANT) status = open_kept(intake, &item);
    if (status != 0) break;
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}

int krv_intake_unroute(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_msg_unroute msg;
  struct krv_folder *folder;
  struct krv_tip name = {0};
  int status = krv_msg_unroute_decode(arrival->payload, &msg);
  if (status == 0) status = krv_intake_folder(intake, &msg.kase, &folder);
  if (status != 0) return status;
  krv_item_id(KRV_MSG_UNROUTE, arrival->payload, &name.id);
  return krv_intake_store(intake, arrival, folder->lid, &name, arrival->payload, NULL);
}

/* Somebody cannot open: whoever has the key, and knows a list that holds the group, grants
 * again. */
int krv_intake_need(struct krv_intake *intake, const struct krv_arrival *arrival) {
  struct krv_world *world = intake->world;
  struct krv_case_rights rights = krv_world_rights(world);
  struct krv_access_list list;
  struct krv_msg_need msg;
  struct krv_folder *folder;
  int status = krv_msg_need_decode(arrival->payload, &msg);
  if (status != 0 || arrival->origin == KRV_ORIGIN_OWN) return status;
  status = krv_intake_folder(intake, &msg.kase, &folder);
  if (status == KRV_NOT_FOUND) return 0; /* not a case of ours */
  if (status != 0) return status;
  krv_case_access(folder->kase, &rights, &list);
  const struct krv_case_key *key = krv_folder_key_by_id(folder, &msg.key_id);
  bool named;
  if (!key || !krv_folder_begun(folder)) return 0;
  status = krv_folder_named(folder, &msg.key_id, &named);
  if (status != 0 || !named) return status;
  if (krv_access_list_mode(&list, msg.group) == KRV_ACCESS_NONE) return 0;
  return krv_keep_grant(intake, folder, key, msg.group, krv_access_list_mode(&list, msg.group));
}
