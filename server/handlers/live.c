/* live: one list of all connections, in order of coming. A commit walks it once
 * for the answers and once for those whose input had to stop: the second walk may
 * open the next batch, so nobody may wait for the first one then. */
#include "live.h"

#include "conn_in.h"

struct krv_live {
  const struct krv_env *env;
  struct krv_conn *first, *last;
  uint32_t count;
};

int krv_live_new(const struct krv_env *env, struct krv_live **out) {
  *out = krv_zalloc(env, 1, sizeof **out);
  if (!*out) return KRV_NOMEM;
  (*out)->env = env;
  return 0;
}

void krv_live_free(struct krv_live *live) {
  if (live) krv_free(live->env, live);
}

int krv_live_add(struct krv_live *live, struct krv_conn *conn) {
  conn->listed = true;
  conn->previous = live->last;
  conn->next = NULL;
  if (live->last) live->last->next = conn;
  else live->first = conn;
  live->last = conn;
  live->count++;
  return 0;
}

void krv_live_remove(struct krv_live *live, struct krv_conn *conn) {
  if (!conn->listed) return;
  conn->listed = false;
  if (conn->previous) conn->previous->next = conn->next;
  else live->first = conn->next;
  if (conn->next) conn->next->previous = conn->previous;
  else live->last = conn->previous;
  live->count--;
}

uint32_t krv_live_count(const struct krv_live *live) {
  return live->count;
}

void krv_live_each(struct krv_live *live, void (*fn)(void *ctx, struct krv_conn *conn), void *ctx) {
  for (struct krv_conn *conn = live->first; conn; conn = conn->next) fn(ctx, conn);
}

void krv_live_device(struct krv_live *live, struct krv_conn *conn) {
  unsigned others = 0;
  for (struct krv_conn *c = live->last; c; c = c->previous) {
    bool same = c != conn && c->known && c->bringer.device == conn->bringer.device &&
                c->sm.state < KRV_CONN_DRAIN;
    if (same && ++others >= KRV_SESSIONS_PER_DEVICE_MAX) krv_conn_cut(c, KRV_CUT);
  }
}

uint32_t krv_live_early(const struct krv_live *live, const struct krv_id *ticket) {
  uint32_t count = 0;
  for (const struct krv_conn *c = live->first; c; c = c->next)
    count += c->early_reserved > 0 && krv_id_equal(&c->early_ticket, ticket);
  return count;
}

static bool concerned(const struct krv_conn *conn) {
  if (conn->waits || conn->added || conn->watching) return true;
  if (!conn->known) return false;
  const struct krv_device *device = krv_roster_device(conn->service->roster, conn->bringer.device);
  return device && !krv_device_active(device);
}

void krv_live_committed(struct krv_live *live, int status) {
  for (struct krv_conn *conn = live->first; conn; conn = conn->next)
    if (concerned(conn)) (void)krv_conn_committed(conn, status);
  for (struct krv_conn *conn = live->first; conn; conn = conn->next)
    if (conn->backlog) (void)krv_conn_feed(conn, krv_slice(NULL, 0));
}

/* ---- the batch of a turn ---- */

bool krv_service_commit_due(const struct krv_service *service) {
  return service->batch_status != 0 || service->batch_items >= KRV_SERVICE_BATCH_ITEMS ||
         service->batch_bytes >= KRV_SERVICE_BATCH_BYTES;
}

/* A revoked device's tickets open nothing any more. */
static void drop_tickets(struct krv_service *service, uint32_t from_height) {
  uint32_t count = krv_roster_device_count(service->roster);
  for (krv_device_ix ix = 0; ix < count; ix++) {
    const struct krv_device *device = krv_roster_device(service->roster, ix);
    if (!krv_device_active(device) && device->revoked_height >= from_height)
      krv_tickets_drop_device(service->tickets, ix);
  }
}

static int commit_once(struct krv_service *service) {
  int status = service->batch_status;
  uint32_t roster_count = krv_roster_count(service->roster);
  if (status == 0) status = krv_batch_commit(service->batch);
  else krv_batch_rollback(service->batch);
  service->batch_items = service->batch_entries = 0;
  service->batch_bytes = 0;
  service->batch_status = 0;
  if (status != 0 && service->log)
    service->log(service->log_ctx,
                 &(struct krv_log_line){.event = KRV_LOG_STORE_FAILED, .device = KRV_NO_INDEX,
                                        .status = status});
  if (krv_roster_count(service->roster) > roster_count) drop_tickets(service, roster_count);
  krv_live_committed(service->live, status);
  return status;
}

int krv_service_commit(struct krv_service *service) {
  int status = 0;
  while (krv_batch_open(service->batch) || service->batch_status != 0)
    status = commit_once(service);
  return status;
}
