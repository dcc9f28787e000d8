/* live: which connections are open, so that news reach those who watch, a third session of one
 * device replaces its oldest, and a revoked device is cut off. */
#ifndef KRV_LIVE_H
#define KRV_LIVE_H

#include "conn.h"

struct krv_live;
int krv_live_new(const struct krv_env *env, struct krv_live **out);
void krv_live_free(struct krv_live *live);
int krv_live_add(struct krv_live *live, struct krv_conn *conn);
void krv_live_remove(struct krv_live *live, struct krv_conn *conn);
/* The device of conn is known now: cuts its oldest beyond KRV_SESSIONS_PER_DEVICE_MAX. */
void krv_live_device(struct krv_live *live, struct krv_conn *conn);
/* How many handshakes on this ticket hold early data now (R31: two at once). */
uint32_t krv_live_early(const struct krv_live *live, const struct krv_id *ticket);
/* After a commit: calls krv_conn_committed on those that wait or watch, then lets those go on whose
 * input had to stop; each may end, none is freed. */
void krv_live_committed(struct krv_live *live, int status);
uint32_t krv_live_count(const struct krv_live *live);
/* Every connection, in order of coming; fn may end it, not free it. */
void krv_live_each(struct krv_live *live, void (*fn)(void *ctx, struct krv_conn *conn), void *ctx);

#endif
