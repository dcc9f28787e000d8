#include "propose.h"

#include <string.h>

#include "recovery.h"

int krv_propose_on(struct krv_world *world, const struct krv_roster *base,
                   struct krv_roster **out) {
  struct krv_roster *roster;
  struct krv_vault_item item;
  struct krv_buf bytes;
  struct krv_msg_roster msg;
  int64_t lid = 0;
  int status = krv_roster_new(world->env, &roster);
  if (status != 0) return status;
  for (uint32_t h = 0; status == 0 && h < krv_roster_count(base); h++)
    status = krv_roster_append(roster, krv_roster_entry(base, h));
  krv_buf_init(&bytes, world->env);
  while (status == 0 &&
         (status = krv_vault_marked_next(world->vault, KRV_MARK_NONE, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    if (item.kind == KRV_MSG_ROSTER && (status = krv_msg_roster_decode(item.bytes, &msg)) == 0)
      status = krv_roster_append(roster, msg.entry);
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  if (status == KRV_END) status = 0;
  if (status != 0) krv_roster_free(roster);
  else *out = roster;
  return status;
}

int krv_propose_roster(struct krv_world *world, struct krv_roster **out) {
  return world->fork ? KRV_FORK : krv_propose_on(world, world->roster, out);
}

static int propose(struct krv_world *world, struct krv_roster *roster,
                   struct krv_statement *statements, uint32_t count, krv_device_ix signer,
                   const struct krv_sign_pair *pair) {
  struct krv_buf bytes, payload;
  struct krv_vault_item item = {.kind = KRV_MSG_ROSTER};
  uint32_t height = krv_roster_height(roster);
  struct krv_entry entry = {.programme = world->member.programme,
                            .height = height + 1,
                            .signer = signer,
                            .statements = statements,
                            .statement_count = count};
  memcpy(entry.prev, krv_roster_hash(roster, height), sizeof entry.prev);
  krv_buf_init(&bytes, world->env);
  krv_buf_init(&payload, world->env);
  int status = krv_entry_sign(world->env, &entry, pair, &bytes);
  if (status == 0) status = krv_roster_append(roster, krv_buf_slice(&bytes));
  if (status == 0) {
    krv_msg_roster_encode(&(struct krv_msg_roster){krv_buf_slice(&bytes)}, &payload);
    krv_item_id(KRV_MSG_ROSTER, krv_buf_slice(&payload), &item.id);
    item.bytes = krv_buf_slice(&payload);
    status = payload.status != 0 ? payload.status : krv_vault_item_put(world->vault, &item);
  }
  krv_buf_release(&bytes);
  krv_buf_release(&payload);
  return status;
}

int krv_propose(struct krv_world *world, struct krv_roster *roster,
                struct krv_statement *statements, uint32_t count) {
  return propose(world, roster, statements, count, world->member.device, &world->keys.sign);
}

int krv_propose_recovery_pair(struct krv_world *world, struct krv_sign_pair *out) {
  struct krv_recovery_keys keys;
  int status = krv_recovery_load(world, &keys);
  if (status == 0) *out = keys.sign;
  krv_wipe(&keys, sizeof keys);
  return status;
}

int krv_propose_recovery(struct krv_world *world, struct krv_roster *roster,
                         struct krv_statement *statements, uint32_t count) {
  struct krv_sign_pair pair;
  int status = krv_propose_recovery_pair(world, &pair);
  if (status == 0) status = propose(world, roster, statements, count, KRV_NO_INDEX, &pair);
  krv_wipe(&pair, sizeof pair);
  return status;
}

int krv_propose_forget(struct krv_world *world) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  int status;
  krv_buf_init(&bytes, world->env);
  while ((status = krv_vault_marked_next(world->vault, KRV_MARK_NONE, lid, &item, &bytes)) == 0) {
    lid = item.lid;
    krv_buf_reset(&bytes);
    if (item.kind == KRV_MSG_ROSTER) status = krv_vault_item_delete(world->vault, lid);
    if (status != 0) break;
  }
  krv_buf_release(&bytes);
  return status == KRV_END ? 0 : status;
}
