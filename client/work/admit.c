#include "admit.h"

#include <string.h>

#include "propose.h"

/* Statements for one entry; the roster that they will stand on. */
struct admitting {
  struct krv_world *world;
  struct krv_roster *roster;
  const char *device;
  struct krv_statement statements[KRV_ENTRY_STATEMENTS_MAX];
  uint32_t count;
};

enum { GROUPS = 3 };
/* What follows from roles and agency, with the rights there. */
struct place {
  krv_group_ix group;
  uint32_t rights; /* KRV_NO_INDEX: none */
};

static void places_of(const struct krv_device *device, struct place out[GROUPS]) {
  out[0] = (struct place){KRV_GROUP_EVERYONE, krv_rights_in_everyone(device->roles)};
  out[1] = (struct place){KRV_GROUP_OFFICE, krv_rights_in_office(device->roles)};
  out[2] = (struct place){device->agency_group, 0};
}

static bool due(const struct krv_roster *roster, krv_device_ix self,
                const struct krv_device *device, const struct place *place) {
  if (place->rights == KRV_NO_INDEX || place->group == KRV_NO_INDEX) return false;
  if (!krv_device_active(device) || krv_roster_was_member(roster, device->ix, place->group))
    return false;
  const struct krv_membership *own =
      krv_roster_membership(roster, self, place->group, UINT32_MAX);
  return own && (own->rights & KRV_ADMIT_KEEPER);
}

bool krv_admit_waits(const struct krv_world *world, const struct krv_device *device) {
  struct place places[GROUPS];
  bool waits = false;
  places_of(device, places);
  for (int i = 0; i < GROUPS; i++)
    waits |= due(world->roster, world->member.device, device, &places[i]);
  return waits;
}

/* Was this one spoken with, or does the place ask for no word? */
static bool vouched(const struct admitting *a, const struct krv_device *device,
                    const struct place *place) {
  const uint8_t simple = KRV_ROLE_WORKER | KRV_ROLE_PROVIDER;
  char hex[KRV_ID_HEX_LEN];
  if (!a->device) return place->group == KRV_GROUP_EVERYONE && !(device->roles & ~simple);
  krv_id_hex(&device->id, hex);
  return strncmp(hex, a->device, strlen(a->device)) == 0;
}

static bool consider(struct admitting *a, const struct krv_device *device) {
  struct place places[GROUPS];
  uint32_t before = a->count;
  places_of(device, places);
  for (int i = 0; i < GROUPS; i++) {
    if (!due(a->roster, a->world->member.device, device, &places[i])) continue;
    if (!vouched(a, device, &places[i])) continue;
    a->statements[a->count++] = (struct krv_statement){.kind = KRV_STATEMENT_ADMIT,
                                                       .group = places[i].group,
                                                       .device = device->ix,
                                                       .rights = (uint8_t)places[i].rights};
  }
  return a->count > before;
}

static int admit_all(struct admitting *a, void (*each)(void *ctx, const struct krv_device *device),
                     void *ctx) {
  int status = 0;
  uint32_t count = krv_roster_device_count(a->roster);
  for (krv_device_ix ix = 0; status == 0 && ix < count; ix++) {
    /* a proposal moves the roster's devices: looked up anew each time */
    const struct krv_device *device = krv_roster_device(a->roster, ix);
    if (!consider(a, device)) continue;
    if (each) each(ctx, device);
    if (a->count + GROUPS <= KRV_ENTRY_STATEMENTS_MAX) continue;
    status = krv_propose(a->world, a->roster, a->statements, a->count);
    a->count = 0;
  }
  if (status == 0 && a->count > 0)
    status = krv_propose(a->world, a->roster, a->statements, a->count);
  return status;
}

int krv_admit_due(struct krv_world *world, const char *device,
                  void (*each)(void *ctx, const struct krv_device *device), void *ctx) {
  if (device && strlen(device) < KRV_ADMIT_DIGITS_MIN) return KRV_INVALID;
  struct admitting *a = krv_zalloc(world->env, 1, sizeof *a);
  if (!a) return KRV_NOMEM;
  a->world = world;
  a->device = device;
  int status = krv_propose_roster(world, &a->roster);
  if (status == 0) status = admit_all(a, each, ctx);
  krv_roster_free(a->roster);
  krv_free(world->env, a);
  return status;
}
