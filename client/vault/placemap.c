#include "placemap.h"

#include <assert.h>
#include <stdbool.h>

#include "status.h"

struct krv_placemap_slot {
  uint64_t key;
  uint32_t place_1; /* place + 1; 0: free */
};

/* splitmix64's finaliser: neighbouring numbers land far apart */
static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void krv_placemap_release(struct krv_placemap *map, const struct krv_env *env) {
  krv_free(env, map->slots);
  *map = (struct krv_placemap){0};
}

static void insert(struct krv_placemap *map, uint64_t key, uint32_t place_1) {
  uint32_t mask = map->cap - 1;
  uint32_t i = (uint32_t)mix(key) & mask;
  while (map->slots[i].place_1 != 0) i = (i + 1) & mask;
  map->slots[i] = (struct krv_placemap_slot){key, place_1};
  map->count++;
}

int krv_placemap_reserve(struct krv_placemap *map, const struct krv_env *env) {
  if (map->count + 1 <= map->cap / 2) return 0;
  if (map->cap > UINT32_MAX / 4) return KRV_TOO_LARGE;
  struct krv_placemap bigger = {NULL, map->cap ? map->cap * 2 : 16, 0};
  bigger.slots = krv_zalloc(env, bigger.cap, sizeof *bigger.slots);
  if (!bigger.slots) return KRV_NOMEM;
  for (uint32_t i = 0; i < map->cap; i++)
    if (map->slots[i].place_1 != 0) insert(&bigger, map->slots[i].key, map->slots[i].place_1);
  krv_free(env, map->slots);
  *map = bigger;
  return 0;
}

void krv_placemap_add(struct krv_placemap *map, uint64_t key, uint32_t place) {
  assert(map->count + 1 <= map->cap / 2);
  insert(map, key, place + 1);
}

int krv_placemap_next(const struct krv_placemap *map, uint64_t key, uint32_t *step,
                      uint32_t *place) {
  if (map->cap == 0) return KRV_END;
  uint32_t mask = map->cap - 1;
  for (; *step < map->cap; ++*step) {
    const struct krv_placemap_slot *slot = &map->slots[((uint32_t)mix(key) + *step) & mask];
    if (slot->place_1 == 0) return KRV_END;
    if (slot->key != key) continue;
    *place = slot->place_1 - 1;
    ++*step;
    return 0;
  }
  return KRV_END;
}
