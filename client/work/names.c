/* names: sealed to `everyone`, opened where they are shown. A sealed name begins with the epoch of
 * the secret that it is sealed under (u32), then groupseal's bytes. */
#include <string.h>

#include "fork.h"
#include "groupseal.h"
#include "world.h"

static void open_name(const struct krv_world *world, struct krv_slice sealed, struct krv_buf *out) {
  struct krv_in in = krv_in(sealed);
  uint32_t epoch = krv_in_u32(&in);
  const struct krv_secret *secret = krv_world_secret(world, KRV_GROUP_EVERYONE, epoch);
  size_t before = out->len;
  int status = in.status != 0 || !secret ? KRV_NO_KEY
                                         : krv_groupseal_open(&secret->pair.sk, KRV_GROUP_EVERYONE,
                                                              epoch, krv_in_rest(&in), out);
  if (status == 0 && out->len - before <= KRV_NAME_SIZE_MAX) return;
  if (out->status == 0) out->len = before;
  krv_buf_u8(out, '?');
}

int krv_world_seal_name(const struct krv_world *world, const char *name, struct krv_buf *out) {
  const struct krv_secret *newest = krv_world_newest_secret(world, KRV_GROUP_EVERYONE);
  if (!newest) return KRV_NO_KEY;
  if (strlen(name) == 0 || strlen(name) > KRV_NAME_SIZE_MAX) return KRV_INVALID;
  krv_buf_u32(out, newest->epoch);
  krv_groupseal(&newest->pair.sk, KRV_GROUP_EVERYONE, newest->epoch, krv_slice_str(name), out);
  return out->status;
}

void krv_world_device_name(const struct krv_world *world, krv_device_ix device,
                           struct krv_buf *out) {
  const struct krv_device *d = krv_world_author(world, device);
  if (d) open_name(world, d->name, out);
  else krv_buf_u8(out, '?');
}

void krv_world_group_name(const struct krv_world *world, krv_group_ix group, struct krv_buf *out) {
  const struct krv_group *g = krv_roster_group(world->roster, group);
  if (!g) krv_buf_u8(out, '?');
  else if (g->kind == KRV_GROUP_KIND_EVERYONE) krv_buf_put(out, krv_slice_str("everyone"));
  else if (g->kind == KRV_GROUP_KIND_OFFICE) krv_buf_put(out, krv_slice_str("office"));
  else open_name(world, g->name, out);
}

void krv_world_programme_name(const struct krv_world *world, struct krv_buf *out) {
  if (krv_roster_founded(world->roster))
    open_name(world, krv_roster_programme_name(world->roster), out);
}
