/* sync_uv: one session over TCP, in a loop of its own, for programs without one. */
#ifndef KRV_SYNC_UV_H
#define KRV_SYNC_UV_H

#include "sync.h"

struct krv_sync_link {
  uint32_t timeout_ms; /* without any progress */
  bool watch; /* until stop says so, or another process wants the vault */
  bool (*stop)(void *ctx); /* about twice a second; may be NULL */
  void (*progress)(void *ctx, const struct krv_sync_counts *so_far);
  const struct krv_env *trace_env; /* see sync.h; may be NULL */
  void *ctx;
};
/* Connects to the member's server; on silence to a ticket once more with XK. 0 when all was said
 * and heard. OFFLINE (no connection), CUT, TIMEOUT, OTHER_PROGRAMME (see krv_sync_closed), or what
 * the server refused with. */
int krv_sync_over_tcp(struct krv_world *world, const struct krv_sync_link *link,
                      struct krv_sync_counts *counts);

#endif
