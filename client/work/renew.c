/* renew: one meta row holds the secrets that are proposed: group u32, epoch u32, secret 32 each. */
#include "renew.h"

#include <string.h>

#include "again.h"
#include "alarm.h"
#include "propose.h"

enum { RENEWALS_MAX = 64 };

struct renewals {
  struct krv_secret items[RENEWALS_MAX];
  size_t count;
};

static int load(struct krv_world *world, struct renewals *out) {
  struct krv_buf row;
  struct krv_key secret;
  out->count = 0;
  krv_buf_init(&row, world->env);
  int status = krv_vault_meta_get(world->vault, KRV_META_RENEWALS, &row);
  if (status == KRV_NOT_FOUND) status = 0;
  struct krv_in in = krv_in(krv_buf_slice(&row));
  while (status == 0 && krv_in_left(&in) > 0) {
    struct krv_secret *item = &out->items[out->count];
    item->group = krv_in_u32(&in);
    item->epoch = krv_in_u32(&in);
    krv_in_copy(&in, secret.b, sizeof secret.b);
    if (in.status != 0 || out->count + 1 == RENEWALS_MAX) status = KRV_DAMAGED;
    if (status == 0) status = krv_dh_pair_from_secret(&secret, &item->pair);
    if (status == 0) out->count++;
  }
  krv_wipe(&secret, sizeof secret);
  krv_buf_wipe(&row);
  return status;
}

static int save(struct krv_world *world, const struct renewals *renewals) {
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  for (size_t i = 0; i < renewals->count; i++) {
    krv_buf_u32(&row, renewals->items[i].group);
    krv_buf_u32(&row, renewals->items[i].epoch);
    krv_buf_append(&row, renewals->items[i].pair.sk.b, KRV_KEY_LEN);
  }
  int status = row.status;
  if (status == 0)
    status = krv_vault_meta_put(world->vault, KRV_META_RENEWALS, krv_buf_slice(&row));
  krv_buf_wipe(&row);
  return status;
}

static struct krv_secret *find(struct renewals *renewals, krv_group_ix group) {
  for (size_t i = 0; i < renewals->count; i++)
    if (renewals->items[i].group == group) return &renewals->items[i];
  return NULL;
}

krv_device_ix krv_renew_maker(const struct krv_world *world, const struct krv_group *group,
                              uint32_t epoch) {
  if (epoch > 0) return krv_roster_signer(world->roster, group->epochs[epoch].height);
  return group->members[0].device;
}

/* Will nobody bring the newest secret? Who made it is gone, or is this device itself, whose vault
 * was restored from before. */
static bool nobody_gives(const struct krv_world *world, const struct krv_group *group) {
  krv_device_ix maker = krv_renew_maker(world, group, group->epoch_count - 1);
  return maker == world->member.device ||
         !krv_roster_membership(world->roster, maker, group->ix, UINT32_MAX);
}

/* May this device make it, on that roster? */
static int may_renew(const struct krv_world *world, const struct krv_roster *roster,
                     krv_group_ix group) {
  const struct krv_group *known = krv_roster_group(world->roster, group);
  const struct krv_membership *own =
      krv_roster_membership(roster, world->member.device, group, UINT32_MAX);
  if (!known) return KRV_NOT_FOUND;
  if (!own || !(own->rights & KRV_ADMIT_KEEPER)) return KRV_DENIED;
  if (!krv_world_secret(world, group, known->epoch_count - 1) && !nobody_gives(world, known))
    return KRV_NO_KEY;
  return krv_roster_group(roster, group)->epoch_count == known->epoch_count ? 0 : KRV_EXISTS;
}

/* Its secret: the one that was made for that number before, or a fresh one. */
static int choose(const struct krv_world *world, krv_group_ix group, struct renewals *renewals,
                  struct krv_secret **out) {
  uint32_t epoch = krv_roster_group(world->roster, group)->epoch_count;
  struct krv_secret *item = find(renewals, group);
  *out = item;
  if (item && item->epoch == epoch) return 0;
  if (!item) {
    if (renewals->count + 1 == RENEWALS_MAX) return KRV_TOO_LARGE;
    item = &renewals->items[renewals->count++];
  }
  item->group = group;
  item->epoch = epoch;
  krv_dh_pair_random(world->env, &item->pair);
  *out = item;
  return 0;
}

static int propose(struct krv_world *world, struct krv_roster *roster,
                   const struct krv_secret *next) {
  const struct krv_secret *before = krv_world_secret(world, next->group, next->epoch - 1);
  struct krv_statement statement = {.kind = KRV_STATEMENT_EPOCH,
                                    .group = next->group,
                                    .epoch = next->epoch,
                                    .pk = next->pair.pk};
  int status = 0; /* to a secret that is lost nothing leads: zeros */
  if (before) status = krv_back_chain_seal(&next->pair, &before->pair, statement.back_chain);
  return status == 0 ? krv_propose(world, roster, &statement, 1) : status;
}

static int renew(struct krv_world *world, krv_group_ix group, struct renewals *renewals) {
  struct krv_roster *roster;
  struct krv_secret *next;
  int status = krv_propose_roster(world, &roster);
  if (status != 0) return status;
  status = may_renew(world, roster, group);
  if (status == 0) status = choose(world, group, renewals, &next);
  if (status == 0) status = save(world, renewals);
  if (status == 0) status = propose(world, roster, next);
  krv_roster_free(roster);
  return status;
}

int krv_renew(struct krv_world *world, krv_group_ix group) {
  struct renewals renewals;
  struct krv_intake *intake;
  int status = krv_world_ready(world);
  if (status == 0) status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  status = krv_again_if_due(world);
  if (status == 0) status = load(world, &renewals);
  if (status == 0) status = renew(world, group, &renewals);
  krv_wipe(&renewals, sizeof renewals);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

bool krv_renew_due(struct krv_world *world, krv_group_ix group) {
  struct krv_roster *roster;
  struct renewals renewals;
  bool made = load(world, &renewals) == 0 && find(&renewals, group);
  krv_wipe(&renewals, sizeof renewals);
  /* the roster anew takes long */
  if (!made || krv_propose_roster(world, &roster) != 0) return false;
  const struct krv_group *now = krv_roster_group(world->roster, group);
  const struct krv_group *then = krv_roster_group(roster, group);
  bool due = now && then && then->epoch_count > now->epoch_count;
  krv_roster_free(roster);
  return due;
}

/* It does not keep the group any more: a person is told. */
static int give_up(struct krv_world *world, struct renewals *renewals, size_t i) {
  renewals->items[i] = renewals->items[--renewals->count];
  int status = save(world, renewals);
  return status != 0 ? status
                     : krv_alarm_raise(world, &(struct krv_alarm){.kind = KRV_ALARM_OVERTAKEN,
                                                                  .device = KRV_NO_INDEX});
}

int krv_renew_again(struct krv_world *world) {
  struct renewals renewals;
  int status = load(world, &renewals);
  for (size_t i = renewals.count; status == 0 && i-- > 0;) {
    const struct krv_secret *item = &renewals.items[i];
    const struct krv_group *group = krv_roster_group(world->roster, item->group);
    if (!group || group->epoch_count != item->epoch) continue; /* somebody was first */
    status = renew(world, item->group, &renewals);
    if (status == KRV_DENIED || status == KRV_NO_KEY) status = give_up(world, &renewals, i);
    if (status == KRV_EXISTS) status = 0;
  }
  krv_wipe(&renewals, sizeof renewals);
  return status;
}

int krv_renew_settle(struct krv_world *world, const struct krv_statement *statement) {
  struct renewals renewals;
  int status = load(world, &renewals);
  struct krv_secret *item = status == 0 ? find(&renewals, statement->group) : NULL;
  if (item && item->epoch <= statement->epoch) {
    if (memcmp(item->pair.pk.b, statement->pk.b, KRV_KEY_LEN) == 0)
      status = krv_world_secret_put(world, statement->group, statement->epoch, &item->pair);
    *item = renewals.items[--renewals.count];
    if (status == 0) status = save(world, &renewals);
  }
  krv_wipe(&renewals, sizeof renewals);
  return status;
}
