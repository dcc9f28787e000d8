#include "admit.h"

#include "propose.h"

/* Statements for one entry; the roster that they will stand on. */
struct admitting {
  struct krv_world *world;
  struct krv_roster *roster;
  struct krv_statement statements[KRV_ENTRY_STATEMENTS_MAX];
  uint32_t count;
};

static bool keeps(const struct admitting *a, krv_group_ix group) {
  const struct krv_membership *own =
      krv_roster_membership(a->roster, a->world->member.device, group, UINT32_MAX);
  return own && (own->rights & KRV_ADMIT_KEEPER);
}

/* Adds an admission if it is due and ours to make. */
static bool consider(struct admitting *a, const struct krv_device *device, krv_group_ix group,
                     uint32_t rights) {
  bool due = rights != KRV_NO_INDEX && group != KRV_NO_INDEX &&
             !krv_roster_membership(a->roster, device->ix, group, UINT32_MAX);
  if (!due || !keeps(a, group)) return false;
  a->statements[a->count++] = (struct krv_statement){
      .kind = KRV_STATEMENT_ADMIT, .group = group, .device = device->ix, .rights = (uint8_t)rights};
  return true;
}

static bool consider_device(struct admitting *a, const struct krv_device *device) {
  bool any = consider(a, device, KRV_GROUP_EVERYONE, krv_rights_in_everyone(device->roles));
  any |= consider(a, device, KRV_GROUP_OFFICE, krv_rights_in_office(device->roles));
  any |= consider(a, device, device->agency_group, 0);
  return any;
}

static int admit_all(struct admitting *a, void (*each)(void *ctx, const struct krv_device *device),
                     void *ctx) {
  int status = 0;
  uint32_t count = krv_roster_device_count(a->roster);
  for (krv_device_ix ix = 0; status == 0 && ix < count; ix++) {
    /* a proposal moves the roster's devices: looked up anew each time */
    const struct krv_device *device = krv_roster_device(a->roster, ix);
    if (!krv_device_active(device) || !consider_device(a, device)) continue;
    if (each) each(ctx, device);
    if (a->count + 3 <= KRV_ENTRY_STATEMENTS_MAX) continue;
    status = krv_propose(a->world, a->roster, a->statements, a->count);
    a->count = 0;
  }
  if (status == 0 && a->count > 0)
    status = krv_propose(a->world, a->roster, a->statements, a->count);
  return status;
}

int krv_admit_due(struct krv_world *world, void (*each)(void *ctx, const struct krv_device *device),
                  void *ctx) {
  struct admitting *a = krv_zalloc(world->env, 1, sizeof *a);
  if (!a) return KRV_NOMEM;
  a->world = world;
  int status = krv_propose_roster(world, &a->roster);
  if (status == 0) status = admit_all(a, each, ctx);
  krv_roster_free(a->roster);
  krv_free(world->env, a);
  return status;
}
