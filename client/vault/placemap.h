/* placemap: from 64-bit keys to places in somebody else's array. Open
 * addressing; several places may be kept under one key, and nothing is taken
 * out: the owner looks whether a place still is what he seeks. */
#ifndef KRV_PLACEMAP_H
#define KRV_PLACEMAP_H

#include "env.h"

struct krv_placemap {
  struct krv_placemap_slot *slots;
  uint32_t cap, count; /* cap: a power of two, or 0 */
};

/* A zeroed struct is an empty map. */
void krv_placemap_release(struct krv_placemap *map, const struct krv_env *env);
/* Room for one more, so that the next add cannot fail. NOMEM, nothing changed. */
int krv_placemap_reserve(struct krv_placemap *map, const struct krv_env *env);
void krv_placemap_add(struct krv_placemap *map, uint64_t key, uint32_t place);
/* Walks the places of a key: *step is 0 at first. Returns 0 and *place, or KRV_END. */
int krv_placemap_next(const struct krv_placemap *map, uint64_t key, uint32_t *step,
                      uint32_t *place);

#endif
