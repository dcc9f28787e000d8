/* api_group: groups: who reads together, and the secret that they share. */
#include <string.h>

#include "api.h"
#include "renew.h"

struct groups {
  struct kerven_iter base;
  krv_group_ix next;
};

int kerven_groups(kerven *k, kerven_iter **out) {
  api_begin(k);
  *out = NULL;
  struct groups *g = api_iter_new(k, sizeof *g, NULL);
  if (!g) return KRV_NOMEM;
  *out = &g->base;
  return 0;
}

static const char *kind_name(enum krv_group_kind kind) {
  static const char *const names[] = {[KRV_GROUP_KIND_EVERYONE] = "everyone",
                                      [KRV_GROUP_KIND_OFFICE] = "office",
                                      [KRV_GROUP_KIND_MEMBER] = "member",
                                      [KRV_GROUP_KIND_AGENCY] = "agency",
                                      [KRV_GROUP_KIND_TEAM] = "team"};
  return names[kind];
}

static void count_members(const struct krv_world *world, const struct krv_group *group,
                          struct kerven_group_item *out) {
  for (uint32_t i = 0; i < group->member_count; i++) {
    const struct krv_membership *member = &group->members[i];
    if (member->to_height != UINT32_MAX) continue;
    bool self = world->member.state == KRV_MEMBER_IN && member->device == world->member.device;
    bool keeper = (member->rights & KRV_ADMIT_KEEPER) != 0;
    out->devices++;
    out->keepers += keeper;
    out->member |= self;
    out->keeper |= self && keeper;
  }
}

int kerven_groups_next(kerven_iter *iter, struct kerven_group_item *out) {
  struct groups *g = (struct groups *)iter;
  struct krv_world *world = iter->k->world;
  api_iter_step(iter);
  const struct krv_group *group = krv_roster_group(world->roster, g->next);
  if (!group) return KERVEN_END;
  api_text name = api_put_begin(&iter->texts);
  krv_world_group_name(world, g->next, &iter->texts.buf);
  api_put_end(&iter->texts);
  memset(out, 0, sizeof *out);
  count_members(world, group, out);
  out->name = api_get(&iter->texts, name);
  out->kind = kind_name(group->kind);
  out->secret = group->epoch_count - 1;
  out->exposed = krv_world_group_exposed(world, group);
  out->renewing = krv_renew_due(world, g->next++);
  return iter->texts.buf.status;
}

int kerven_group_renew(kerven *k, const char *name) {
  krv_group_ix group;
  api_begin(k);
  int status = api_alone(k);
  if (status == 0) status = krv_world_ready(k->world);
  if (status == 0) status = krv_world_group_named(k->world, name, &group);
  if (status == KRV_NOT_FOUND) return api_fail(k, status, "no group is called %.100s", name);
  if (status == KRV_AMBIGUOUS)
    return api_fail(k, status, "several groups are called %.100s", name);
  if (status == 0) status = krv_renew(k->world, group);
  if (status == KRV_DENIED)
    return api_fail(k, status, "only a device that keeps the group %.100s renews its secret", name);
  if (status == KRV_NO_KEY)
    return api_fail(k, status, "the newest secret of %.100s has not come here yet: sync first",
                    name);
  if (status == KRV_EXISTS)
    return api_fail(k, status, "that is under way already; it counts after the next sync");
  return status;
}
