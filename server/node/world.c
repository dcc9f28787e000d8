#include "world.h"

/* Every entry is verified again: a store that was tampered with does not start. */
static int load_roster(const struct krv_env *env, struct krv_world *world) {
  struct krv_buf entry;
  krv_buf_init(&entry, env);
  int status = 0;
  for (uint32_t height = 0; status == 0; height++) {
    krv_buf_reset(&entry);
    status = world->store->driver->roster_get(world->store, height, &entry);
    if (status == 0) status = krv_roster_append(world->roster, krv_buf_slice(&entry));
    else if (status == KRV_NOT_FOUND) break;
  }
  krv_buf_release(&entry);
  switch (status) {
    case KRV_NOT_FOUND: return 0;
    case KRV_NOMEM:
    case KRV_IO: return status;
    default: return KRV_DAMAGED;
  }
}

int krv_world_open(const struct krv_env *env, const char *path, struct krv_world *out) {
  *out = (struct krv_world){0};
  int status = krv_store_sqlite_open(env, path, &out->store);
  if (status == 0) status = krv_roster_new(env, &out->roster);
  if (status == 0) status = load_roster(env, out);
  if (status != 0) krv_world_close(out);
  return status;
}

void krv_world_close(struct krv_world *world) {
  if (world->roster) krv_roster_free(world->roster);
  if (world->store) world->store->driver->close(world->store);
  *world = (struct krv_world){0};
}
