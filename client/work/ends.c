/* ends: a handful of DH results, by both public keys. The same pair gives the same ends from either
 * side, so who asks does not matter. */
#include <string.h>

#include "world.h"

static const struct krv_envelope_ends *known(const struct krv_world *world,
                                             const struct krv_key *giver_pk,
                                             const struct krv_key *receiver_pk) {
  for (size_t i = 0; i < KRV_WORLD_ENDS; i++) {
    const struct krv_envelope_ends *ends = &world->ends[i];
    if (memcmp(&ends->giver_pk, giver_pk, sizeof *giver_pk) == 0 &&
        memcmp(&ends->receiver_pk, receiver_pk, sizeof *receiver_pk) == 0)
      return ends;
  }
  return NULL;
}

static int keep(struct krv_world *world, struct krv_envelope_ends *fresh, int status,
                const struct krv_envelope_ends **out) {
  if (status == 0) {
    struct krv_envelope_ends *place = &world->ends[world->ends_next++ % KRV_WORLD_ENDS];
    *place = *fresh;
    *out = place;
  }
  krv_wipe(fresh, sizeof *fresh);
  return status;
}

int krv_world_give(struct krv_world *world, const struct krv_key *receiver_pk,
                   const struct krv_envelope_ends **out) {
  struct krv_envelope_ends fresh;
  *out = known(world, &world->keys.seal.pk, receiver_pk);
  if (*out) return 0;
  return keep(world, &fresh, krv_envelope_give(&fresh, &world->keys.seal, receiver_pk), out);
}

int krv_world_take(struct krv_world *world, const struct krv_dh_pair *receiver,
                   const struct krv_key *giver_pk, const struct krv_envelope_ends **out) {
  struct krv_envelope_ends fresh;
  *out = known(world, giver_pk, &receiver->pk);
  if (*out) return 0;
  return keep(world, &fresh, krv_envelope_take(&fresh, receiver, giver_pk), out);
}
