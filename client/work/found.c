#include "found.h"

#include <string.h>

#include "recoveryshare.h"

/* One of the groups that FOUND makes. */
static int make_group(struct krv_world *world, krv_group_ix group, const struct krv_dh_pair *given,
                      struct krv_key *pk) {
  struct krv_dh_pair pair;
  if (given) pair = *given;
  else krv_dh_pair_random(world->env, &pair);
  *pk = pair.pk;
  int status = krv_world_secret_put(world, group, 0, &pair);
  krv_wipe(&pair, sizeof pair);
  return status;
}

static int make_recovery(struct krv_world *world, struct krv_statement *found) {
  struct krv_key seed;
  struct krv_recovery_keys keys;
  krv_key_random(world->env, &seed);
  int status = krv_recovery_keys(&seed, &keys);
  if (status == 0)
    status = krv_vault_meta_put(world->vault, KRV_META_RECOVERY, krv_slice(seed.b, sizeof seed.b));
  found->recovery_sign_pk = keys.sign.pk;
  found->recovery_seal_pk = keys.seal.pk;
  krv_wipe(&seed, sizeof seed);
  krv_wipe(&keys, sizeof keys);
  return status;
}

static int make_statement(struct krv_world *world, const struct krv_found_terms *terms,
                          struct krv_statement *found, struct krv_buf *programme,
                          struct krv_buf *name) {
  struct krv_slice builtin = krv_schema_builtin();
  memset(found, 0, sizeof *found);
  found->kind = KRV_STATEMENT_FOUND;
  found->server_pk = terms->code.server_pk;
  found->practice = terms->practice;
  krv_own_keys_public(&world->keys, &found->keys);
  krv_h(KRV_DOMAIN_DOCUMENT, &builtin, 1, found->schema_hash, sizeof found->schema_hash);
  int status = make_recovery(world, found);
  if (status == 0) status = make_group(world, KRV_GROUP_EVERYONE, NULL, &found->everyone_pk);
  if (status == 0) status = make_group(world, KRV_GROUP_OFFICE, NULL, &found->office_pk);
  if (status == 0) status = make_group(world, 2, &world->keys.member, &found->member_pk);
  if (status == 0) status = krv_world_seal_name(world, terms->programme, programme);
  if (status == 0) status = krv_world_seal_name(world, terms->name, name);
  found->group_name = krv_buf_slice(programme);
  found->name = krv_buf_slice(name);
  return status;
}

static int make_entry(struct krv_world *world, const struct krv_found_terms *terms) {
  struct krv_statement found;
  struct krv_buf programme, name, bytes, payload;
  struct krv_vault_item item = {.kind = KRV_MSG_ROSTER};
  krv_buf_init(&programme, world->env);
  krv_buf_init(&name, world->env);
  krv_buf_init(&bytes, world->env);
  krv_buf_init(&payload, world->env);
  int status = make_statement(world, terms, &found, &programme, &name);
  struct krv_entry entry = {
      .signer = KRV_DEVICE_FOUNDER, .statements = &found, .statement_count = 1};
  if (status == 0) status = krv_entry_sign(world->env, &entry, &world->keys.sign, &bytes);
  if (status == 0) {
    krv_msg_roster_encode(&(struct krv_msg_roster){krv_buf_slice(&bytes)}, &payload);
    krv_item_id(KRV_MSG_ROSTER, krv_buf_slice(&payload), &item.id);
    item.bytes = krv_buf_slice(&payload);
    status = payload.status != 0 ? payload.status : krv_vault_item_put(world->vault, &item);
  }
  krv_buf_release(&programme);
  krv_buf_release(&name);
  krv_buf_release(&bytes);
  krv_buf_release(&payload);
  return status;
}

int krv_found_prepare(struct krv_world *world, const struct krv_found_terms *terms) {
  struct krv_member *member = &world->member;
  if (member->state == KRV_MEMBER_FOUNDING && member->practice == terms->practice &&
      krv_secret_equal(member->server_pk.b, terms->code.server_pk.b, KRV_KEY_LEN))
    return 0;
  if (member->state != KRV_MEMBER_ALONE) return KRV_STATE;
  int status = krv_vault_begin(world->vault);
  if (status != 0) return status;
  member->state = KRV_MEMBER_FOUNDING;
  member->server_pk = terms->code.server_pk;
  member->invitation.psk = terms->code.psk;
  member->practice = terms->practice;
  memcpy(member->address, terms->code.address, sizeof member->address);
  status = make_entry(world, terms);
  if (status == 0) status = krv_member_save(world->vault, world->env, member);
  if (status == 0) status = krv_vault_commit(world->vault);
  if (status != 0) {
    krv_vault_rollback(world->vault);
    (void)krv_world_reload(world);
  }
  return status;
}

static int founding_item(struct krv_world *world, struct krv_vault_item *item,
                         struct krv_buf *bytes) {
  int status = krv_vault_marked_next(world->vault, KRV_MARK_NONE, 0, item, bytes);
  return status == KRV_END || (status == 0 && item->kind != KRV_MSG_ROSTER) ? KRV_STATE : status;
}

int krv_found_entry(struct krv_world *world, struct krv_buf *out) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  struct krv_msg_roster msg;
  krv_buf_init(&bytes, world->env);
  int status = founding_item(world, &item, &bytes);
  if (status == 0) status = krv_msg_roster_decode(item.bytes, &msg);
  if (status == 0) krv_buf_put(out, msg.entry);
  krv_buf_release(&bytes);
  return status == 0 ? out->status : status;
}

int krv_found_done(struct krv_world *world) {
  struct krv_intake *intake;
  struct krv_vault_item item;
  struct krv_buf bytes;
  int status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  krv_buf_init(&bytes, world->env);
  status = founding_item(world, &item, &bytes);
  if (status == 0) status = krv_vault_item_delete(world->vault, item.lid);
  if (status == 0) status = krv_intake_item(intake, KRV_ORIGIN_OWN, KRV_MSG_ROSTER, item.bytes);
  krv_buf_release(&bytes);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}
