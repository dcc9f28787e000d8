/* world: the store and the roster in it, opened together. */
#ifndef KRV_WORLD_H
#define KRV_WORLD_H

#include "roster.h"
#include "store.h"

struct krv_world {
  struct krv_store *store;
  struct krv_roster *roster;
};

/* path: the database. BUSY, DAMAGED (an entry of the roster does not hold), IO, NOMEM. */
int krv_world_open(const struct krv_env *env, const char *path, struct krv_world *out);
void krv_world_close(struct krv_world *world); /* may be called twice */

#endif
