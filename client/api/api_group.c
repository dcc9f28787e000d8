/* api_group: groups: who reads together, and the secret that they share. */
#include <string.h>

#include "api.h"
#include "renew.h"

struct groups {
  struct kerven_iter base;
  struct krv_groupnames names;
  krv_group_ix next;
};

int api_group(kerven *k, const char *name, krv_group_ix *out) {
  struct krv_groupnames names;
  struct krv_buf choices;
  int status = krv_groupnames_load(k->world, &names);
  if (status != 0) return status;
  krv_buf_init(&choices, krv_host_env());
  status = krv_groupnames_find(&names, krv_slice_str(name), out);
  if (status == KRV_AMBIGUOUS &&
      krv_groupnames_choices(&names, krv_slice_str(name), &choices) == 0)
    api_fail(k, status, "%.60s; write one of these: %.*s", name, (int)choices.len,
             (const char *)choices.data);
  krv_buf_release(&choices);
  krv_groupnames_release(&names);
  return status;
}

int api_name_free(kerven *k, const char *name) {
  if (!krv_groupname_reserved(k->world, name)) return 0;
  return api_fail(k, KRV_EXISTS, "%.60s has a meaning of its own wherever a group is named", name);
}

int api_name_doubt(kerven *k, const char *name) {
  bool taken;
  if (krv_groupname_taken(k->world, name, &taken) == 0 && taken)
    api_fail(k, 0, "somebody or some agency is called %.200s already", name);
  return 0;
}

static void groups_release(struct kerven_iter *iter) {
  struct groups *g = (struct groups *)iter;
  if (g->names.world) krv_groupnames_release(&g->names);
}

int kerven_groups(kerven *k, kerven_iter **out) {
  api_begin(k);
  *out = NULL;
  struct groups *g = api_iter_new(k, sizeof *g, groups_release);
  if (!g) return KRV_NOMEM;
  int status = krv_groupnames_load(k->world, &g->names);
  if (status != 0) kerven_iter_free(&g->base);
  else *out = &g->base;
  return status;
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
  if (g->next >= g->names.count) return KERVEN_END;
  api_text name = api_put_begin(&iter->texts);
  krv_world_group_name(world, g->next, &iter->texts.buf);
  api_put_end(&iter->texts);
  api_text say = api_put_begin(&iter->texts);
  int status = krv_groupnames_say(&g->names, g->next, &iter->texts.buf);
  api_put_end(&iter->texts);
  if (status != 0) return status;
  memset(out, 0, sizeof *out);
  count_members(world, group, out);
  out->name = api_get(&iter->texts, name);
  out->say = api_get(&iter->texts, say);
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
  if (status == 0) status = api_group(k, name, &group);
  if (status == KRV_NOT_FOUND) return api_fail(k, status, "no group is called %.100s", name);
  if (status == 0) status = krv_renew(k->world, group);
  if (status == KRV_DENIED)
    return api_fail(k, status, "only a device that keeps the group %.100s renews its secret", name);
  if (status == KRV_NO_KEY)
    return api_fail(k, status,
                    "the newest secret of %.100s has not come here yet: sync first; if it was lost "
                    "with the device that made it, have that device revoked",
                    name);
  return status;
}
