#include "mend.h"

#include <string.h>

#include "admit.h"
#include "again.h"
#include "intake.h"
#include "propose.h"

/* What is to be so. */
struct mend {
  bool administrator; /* else keeper of the group */
  krv_group_ix group;
  krv_device_ix device;
};

enum { STATEMENTS = 2 };

static bool keeps(const struct krv_roster *roster, krv_group_ix group, krv_device_ix ix) {
  const struct krv_membership *own = krv_roster_membership(roster, ix, group, UINT32_MAX);
  return own && (own->rights & KRV_ADMIT_KEEPER);
}

/* What a mend comes to on that roster: the statements of one entry. Administrators keep `everyone`,
 * or they could let nobody into it. EXISTS: it is so already; INVALID: the device or group is not
 * there, or not any more. */
static int statements_of(const struct krv_roster *roster, const struct mend *mend,
                         struct krv_statement out[STATEMENTS], uint32_t *count) {
  const struct krv_device *device = krv_roster_device(roster, mend->device);
  krv_group_ix group = mend->administrator ? (krv_group_ix)KRV_GROUP_EVERYONE : mend->group;
  *count = 0;
  if (!device || !krv_device_active(device) || !krv_roster_group(roster, group)) return KRV_INVALID;
  bool keeper = keeps(roster, group, mend->device);
  if (mend->administrator ? (device->roles & KRV_ROLE_ADMINISTRATOR) != 0 : keeper)
    return KRV_EXISTS;
  if (mend->administrator)
    out[(*count)++] = (struct krv_statement){.kind = KRV_STATEMENT_ROLES, .device = mend->device,
                                             .roles = device->roles | KRV_ROLE_ADMINISTRATOR};
  if (!keeper)
    out[(*count)++] = (struct krv_statement){.kind = KRV_STATEMENT_ADMIT, .group = group,
                                             .device = mend->device, .rights = KRV_ADMIT_KEEPER};
  return 0;
}

static int find_device(const struct krv_world *world, const char *digits, krv_device_ix *out) {
  char hex[KRV_ID_HEX_LEN];
  *out = world->member.device;
  if (!digits) return 0;
  if (strlen(digits) < KRV_ADMIT_DIGITS_MIN) return KRV_INVALID;
  for (krv_device_ix ix = 0; ix < krv_roster_device_count(world->roster); ix++) {
    const struct krv_device *device = krv_roster_device(world->roster, ix);
    krv_id_hex(&device->id, hex);
    *out = ix;
    if (krv_device_active(device) && strncmp(hex, digits, strlen(digits)) == 0) return 0;
  }
  return KRV_NOT_FOUND;
}

static int say(struct krv_world *world, struct krv_roster *roster, const struct mend *mend) {
  struct krv_statement statements[STATEMENTS];
  uint32_t count;
  int status = statements_of(roster, mend, statements, &count);
  return status == 0 ? krv_propose_recovery(world, roster, statements, count) : status;
}

static int mend_now(struct krv_world *world, struct mend *mend, const char *digits) {
  struct krv_roster *roster = NULL;
  struct krv_intake *intake;
  int status = krv_world_ready(world);
  if (status == 0) status = find_device(world, digits, &mend->device);
  if (status == 0) status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  status = krv_again_if_due(world);
  if (status == 0) status = krv_propose_roster(world, &roster);
  if (status == 0) status = say(world, roster, mend);
  krv_roster_free(roster);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

int krv_mend_keeper(struct krv_world *world, krv_group_ix group, const char *device) {
  return mend_now(world, &(struct mend){.group = group}, device);
}

int krv_mend_administrator(struct krv_world *world, const char *device) {
  return mend_now(world, &(struct mend){.administrator = true}, device);
}
