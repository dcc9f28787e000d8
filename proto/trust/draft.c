#include "draft.h"

#include <assert.h>
#include <string.h>

/* ---- the sorted table ---- */

/* The first place whose name is not below name. */
static size_t index_place(const struct krv_name_index *index, const uint8_t name[KRV_KEY_LEN]) {
  size_t low = 0, high = index->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (memcmp(index->rows[middle].name, name, KRV_KEY_LEN) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const struct krv_name_row *krv_name_index_find(const struct krv_name_index *index, const void *name,
                                               size_t len) {
  uint8_t whole[KRV_KEY_LEN] = {0};
  assert(len <= sizeof whole);
  memcpy(whole, name, len);
  size_t at = index_place(index, whole);
  if (at == index->count || memcmp(index->rows[at].name, whole, sizeof whole) != 0) return NULL;
  return &index->rows[at];
}

/* Room was made before (krv_draft_commit). */
static void index_add(struct krv_name_index *index, const void *name, size_t len,
                      enum krv_key_use use, uint32_t ix) {
  struct krv_name_row row = {.ix = ix, .use = use};
  assert(index->count < index->cap && len <= sizeof row.name);
  memcpy(row.name, name, len);
  size_t at = index_place(index, row.name);
  memmove(&index->rows[at + 1], &index->rows[at], (index->count - at) * sizeof row);
  index->rows[at] = row;
  index->count++;
}

/* ---- looking ---- */

void krv_draft_init(struct krv_draft *draft, const struct krv_roster *base, uint32_t height) {
  *draft = (struct krv_draft){
      .base = base,
      .height = height,
      .facts = base->facts,
      .device_count = (uint32_t)base->device_count,
      .group_count = (uint32_t)base->group_count,
  };
}

static void group_release(const struct krv_env *env, struct krv_group *group) {
  krv_free(env, group->epochs);
  krv_free(env, group->members);
}

void krv_draft_release(struct krv_draft *draft) {
  const struct krv_env *env = draft->base->env;
  for (size_t i = 0; i < draft->group_touched; i++) group_release(env, &draft->groups[i]);
  krv_free(env, draft->groups);
  krv_free(env, draft->devices);
  krv_free(env, draft->ends);
  memset(draft, 0, sizeof *draft);
}

static struct krv_device *touched_device(const struct krv_draft *draft, krv_device_ix ix) {
  for (size_t i = 0; i < draft->device_touched; i++)
    if (draft->devices[i].ix == ix) return &draft->devices[i];
  return NULL;
}

static struct krv_group *touched_group(const struct krv_draft *draft, krv_group_ix ix) {
  for (size_t i = 0; i < draft->group_touched; i++)
    if (draft->groups[i].ix == ix) return &draft->groups[i];
  return NULL;
}

const struct krv_device *krv_draft_device(const struct krv_draft *draft, krv_device_ix ix) {
  const struct krv_device *device = touched_device(draft, ix);
  return device ? device : krv_roster_device(draft->base, ix);
}

const struct krv_group *krv_draft_group(const struct krv_draft *draft, krv_group_ix ix) {
  const struct krv_group *group = touched_group(draft, ix);
  return group ? group : krv_roster_group(draft->base, ix);
}

static struct krv_membership *open_membership(const struct krv_group *group, krv_device_ix device) {
  for (uint32_t i = 0; i < group->member_count; i++)
    if (group->members[i].device == device && group->members[i].to_height == UINT32_MAX)
      return &group->members[i];
  return NULL;
}

const struct krv_membership *krv_draft_member(const struct krv_draft *draft, krv_group_ix group,
                                              krv_device_ix device) {
  const struct krv_group *found = krv_draft_group(draft, group);
  return found ? open_membership(found, device) : NULL;
}

static bool same_key(const struct krv_key *a, const struct krv_key *b) {
  return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool krv_draft_has_key(const struct krv_draft *draft, const struct krv_key *pk) {
  if (krv_name_index_find(&draft->base->keys, pk->b, sizeof pk->b)) return true;
  for (size_t i = 0; i < draft->device_touched; i++) {
    const struct krv_device_keys *keys = &draft->devices[i].keys;
    if (same_key(&keys->sign_pk, pk) || same_key(&keys->seal_pk, pk) ||
        same_key(&keys->session_pk, pk))
      return true;
  }
  for (size_t i = 0; i < draft->group_touched; i++)
    for (uint32_t e = 0; e < draft->groups[i].epoch_count; e++)
      if (same_key(&draft->groups[i].epochs[e].pk, pk)) return true;
  return false;
}

bool krv_draft_has_invite(const struct krv_draft *draft, const uint8_t invite[KRV_INVITE_ID_LEN]) {
  if (krv_name_index_find(&draft->base->invites, invite, KRV_INVITE_ID_LEN)) return true;
  for (size_t i = 0; i < draft->device_touched; i++)
    if (draft->devices[i].ix != KRV_DEVICE_FOUNDER &&
        memcmp(draft->devices[i].invite, invite, KRV_INVITE_ID_LEN) == 0)
      return true;
  return false;
}

/* ---- changing ---- */

static int push_device(struct krv_draft *draft, const struct krv_device *device) {
  int status = krv_grow(draft->base->env, &draft->devices, &draft->device_cap,
                        draft->device_touched, sizeof *device);
  if (status == 0) draft->devices[draft->device_touched++] = *device;
  return status;
}

int krv_draft_edit_device(struct krv_draft *draft, krv_device_ix ix, struct krv_device **out) {
  *out = touched_device(draft, ix);
  if (*out) return 0;
  const struct krv_device *device = krv_roster_device(draft->base, ix);
  assert(device);
  int status = push_device(draft, device);
  if (status == 0) *out = &draft->devices[draft->device_touched - 1];
  return status;
}

int krv_draft_add_device(struct krv_draft *draft, const struct krv_device *device,
                         krv_device_ix *out) {
  struct krv_device copy = *device;
  copy.ix = draft->device_count;
  int status = push_device(draft, &copy);
  if (status == 0) *out = draft->device_count++;
  return status;
}

/* An array of its own with room for `more` further items. NULL: no memory. */
static void *copy_items(const struct krv_env *env, const void *items, size_t count, size_t more,
                        size_t size) {
  void *copy = krv_zalloc(env, count + more, size);
  if (copy && count > 0) memcpy(copy, items, count * size);
  return copy;
}

/* Copies the group's arrays into the draft; the caller's group keeps its own. */
static int push_group(struct krv_draft *draft, const struct krv_group *group) {
  const struct krv_env *env = draft->base->env;
  struct krv_group copy = *group;
  int status = krv_grow(env, &draft->groups, &draft->group_cap, draft->group_touched, sizeof copy);
  if (status != 0) return status;
  copy.epochs = copy_items(env, group->epochs, group->epoch_count, 1, sizeof *copy.epochs);
  copy.members = copy_items(env, group->members, group->member_count, 1, sizeof *copy.members);
  if (!copy.epochs || !copy.members) {
    group_release(env, &copy);
    return KRV_NOMEM;
  }
  draft->groups[draft->group_touched++] = copy;
  return 0;
}

static int edit_group(struct krv_draft *draft, krv_group_ix ix, struct krv_group **out) {
  *out = touched_group(draft, ix);
  if (*out) return 0;
  const struct krv_group *group = krv_roster_group(draft->base, ix);
  assert(group);
  int status = push_group(draft, group);
  if (status == 0) *out = &draft->groups[draft->group_touched - 1];
  return status;
}

int krv_draft_add_group(struct krv_draft *draft, enum krv_group_kind kind, struct krv_slice name,
                        const struct krv_key *pk, krv_group_ix *out) {
  struct krv_group group = {.ix = draft->group_count, .kind = kind, .name = name};
  int status = push_group(draft, &group);
  if (status != 0) return status;
  *out = draft->group_count++;
  return krv_draft_add_epoch(draft, *out, pk, NULL);
}

int krv_draft_add_epoch(struct krv_draft *draft, krv_group_ix group, const struct krv_key *pk,
                        const uint8_t back_chain[48]) {
  struct krv_group *g;
  int status = edit_group(draft, group, &g);
  if (status != 0) return status;
  struct krv_group_epoch epoch = {.pk = *pk, .height = draft->height};
  if (back_chain) memcpy(epoch.back_chain, back_chain, sizeof epoch.back_chain);
  void *epochs = krv_resize(draft->base->env, g->epochs, (g->epoch_count + 1) * sizeof epoch);
  if (!epochs) return KRV_NOMEM;
  g->epochs = epochs;
  g->epochs[g->epoch_count++] = epoch;
  return 0;
}

int krv_draft_leave(struct krv_draft *draft, krv_group_ix group, krv_device_ix device) {
  struct krv_group *g;
  if (!krv_draft_member(draft, group, device)) return 0;
  int status = edit_group(draft, group, &g);
  if (status == 0) open_membership(g, device)->to_height = draft->height;
  return status;
}

int krv_draft_join(struct krv_draft *draft, krv_group_ix group, krv_device_ix device,
                   uint8_t rights) {
  struct krv_group *g;
  int status = krv_draft_leave(draft, group, device);
  if (status == 0) status = edit_group(draft, group, &g);
  if (status != 0) return status;
  void *members =
      krv_resize(draft->base->env, g->members, (g->member_count + 1) * sizeof *g->members);
  if (!members) return KRV_NOMEM;
  g->members = members;
  g->members[g->member_count++] = (struct krv_membership){
      .device = device, .from_height = draft->height, .to_height = UINT32_MAX, .rights = rights};
  return 0;
}

int krv_draft_add_end(struct krv_draft *draft, const struct krv_end *end) {
  int status =
      krv_grow(draft->base->env, &draft->ends, &draft->end_cap, draft->end_count, sizeof *end);
  if (status == 0) draft->ends[draft->end_count++] = *end;
  return status;
}

const struct krv_end *krv_draft_end(const struct krv_draft *draft, size_t i) {
  if (i < draft->base->end_count) return &draft->base->ends[i];
  i -= draft->base->end_count;
  return i < draft->end_count ? &draft->ends[i] : NULL;
}

/* ---- taking over ---- */

static int reserve(const struct krv_env *env, void *items_p, size_t *cap, size_t need,
                   size_t size) {
  int status = 0;
  while (status == 0 && *cap < need) status = krv_grow(env, items_p, cap, *cap, size);
  return status;
}

static int index_reserve(const struct krv_env *env, struct krv_name_index *index, size_t more) {
  return reserve(env, &index->rows, &index->cap, index->count + more, sizeof *index->rows);
}

static size_t new_epochs(const struct krv_draft *draft, const struct krv_group *group) {
  const struct krv_group *before = krv_roster_group(draft->base, group->ix);
  return group->epoch_count - (before ? before->epoch_count : 0);
}

static int reserve_all(const struct krv_draft *draft, struct krv_roster *base) {
  const struct krv_env *env = base->env;
  size_t devices = draft->device_count - base->device_count, keys = 3 * devices;
  for (size_t i = 0; i < draft->group_touched; i++) keys += new_epochs(draft, &draft->groups[i]);
  int status =
      reserve(env, &base->devices, &base->device_cap, draft->device_count, sizeof *base->devices);
  if (status == 0)
    status =
        reserve(env, &base->groups, &base->group_cap, draft->group_count, sizeof *base->groups);
  if (status == 0)
    status =
        krv_grow(env, &base->entries, &base->entry_cap, base->entry_count, sizeof *base->entries);
  if (status == 0)
    status = reserve(env, &base->ends, &base->end_cap, base->end_count + draft->end_count,
                     sizeof *base->ends);
  if (status == 0) status = index_reserve(env, &base->keys, keys);
  if (status == 0) status = index_reserve(env, &base->ids, devices);
  if (status == 0) status = index_reserve(env, &base->invites, devices);
  return status;
}

static void take_device(struct krv_roster *base, const struct krv_device *device) {
  bool is_new = device->ix >= base->device_count;
  base->devices[device->ix] = *device;
  if (!is_new) return;
  const struct krv_device_keys *keys = &device->keys;
  index_add(&base->keys, keys->sign_pk.b, KRV_KEY_LEN, KRV_KEY_USE_SIGN, device->ix);
  index_add(&base->keys, keys->seal_pk.b, KRV_KEY_LEN, KRV_KEY_USE_SEAL, device->ix);
  index_add(&base->keys, keys->session_pk.b, KRV_KEY_LEN, KRV_KEY_USE_SESSION, device->ix);
  index_add(&base->ids, device->id.b, KRV_ID_LEN, KRV_KEY_USE_SIGN, device->ix);
  if (device->ix != KRV_DEVICE_FOUNDER) /* nobody invited the founder */
    index_add(&base->invites, device->invite, KRV_INVITE_ID_LEN, KRV_KEY_USE_SIGN, device->ix);
  base->device_count++;
}

static void take_group(struct krv_roster *base, const struct krv_group *group) {
  bool is_new = group->ix >= base->group_count;
  uint32_t known = is_new ? 0 : base->groups[group->ix].epoch_count;
  if (is_new) base->group_count++;
  else group_release(base->env, &base->groups[group->ix]);
  base->groups[group->ix] = *group;
  for (uint32_t e = known; e < group->epoch_count; e++)
    index_add(&base->keys, group->epochs[e].pk.b, KRV_KEY_LEN, KRV_KEY_USE_GROUP, group->ix);
}

int krv_draft_commit(struct krv_draft *draft, struct krv_roster *base,
                     const struct krv_record *record) {
  assert(draft->base == base && draft->height == base->entry_count);
  int status = reserve_all(draft, base);
  if (status != 0) return status;
  /* new ones were added in the order of their numbers, so each finds its place */
  for (size_t i = 0; i < draft->device_touched; i++) take_device(base, &draft->devices[i]);
  for (size_t i = 0; i < draft->group_touched; i++) take_group(base, &draft->groups[i]);
  for (size_t i = 0; i < draft->end_count; i++) base->ends[base->end_count++] = draft->ends[i];
  base->facts = draft->facts;
  base->entries[base->entry_count++] = *record;
  draft->group_touched = 0; /* their arrays are the roster's now */
  krv_draft_release(draft);
  return 0;
}
