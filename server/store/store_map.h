/* store_map: an ordered map of byte strings with undo, on which the memory driver stands. A skip
 * list (Pugh 1990); what was put since the last mark can be taken back without allocating. */
#ifndef KRV_STORE_MAP_H
#define KRV_STORE_MAP_H

#include "buf.h"

struct krv_map;
/* Borrowed from the map until the next put or undo. */
struct krv_map_row {
  struct krv_slice key, value;
};

int krv_map_new(const struct krv_env *env, struct krv_map **out);
void krv_map_free(struct krv_map *map);
/* Copies both; replaces the value of an equal key. NOMEM: nothing changed. */
int krv_map_put(struct krv_map *map, struct krv_slice key, struct krv_slice value);
/* The first row with a key >= key; false: none. */
bool krv_map_from(const struct krv_map *map, struct krv_slice key, struct krv_map_row *out);
/* From here on, puts can be undone; whatever was put before stays. */
void krv_map_mark(struct krv_map *map);
void krv_map_undo(struct krv_map *map);

#endif
