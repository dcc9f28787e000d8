/* fleet_link: bytes between one device's session and the server's connection. */
#include "fleet.h"

#include <stdio.h>
#include <string.h>

#include "fleet_in.h"

struct joined {
  struct fleet *fleet;
  struct krv_sync *sync;
  struct krv_conn *conn;
  const struct fleet_link *link;
  uint64_t up, down;
  bool broken;
};

static void tap(struct fleet *fleet, struct krv_slice bytes) {
  if (fleet->tapped) krv_buf_put(&fleet->tap, bytes);
}

/* The next piece, as far as the link holds. */
static struct krv_slice piece(struct joined *j, struct krv_slice all, uint64_t moved,
                              uint64_t cut) {
  size_t len = j->link->chunk > 0 && j->link->chunk < all.len ? j->link->chunk : all.len;
  if (len > KRV_CONN_FEED_MAX) len = KRV_CONN_FEED_MAX;
  if (cut > 0 && moved + len >= cut) {
    len = (size_t)(cut - moved);
    j->broken = true;
  }
  return krv_slice(all.data, len);
}

static bool carry_up(struct joined *j) {
  struct krv_slice out;
  bool moved = false;
  while (!j->broken && krv_sync_pull(j->sync, &out) == 0 && out.len > 0) {
    struct krv_slice part = piece(j, out, j->up, j->link->cut_up);
    tap(j->fleet, part);
    (void)krv_conn_feed(j->conn, part);
    if (krv_service_commit_due(&j->fleet->service)) (void)krv_service_commit(&j->fleet->service);
    krv_sync_sent(j->sync, part.len);
    j->up += part.len;
    moved = true;
    if (j->link->turns) break;
  }
  return moved;
}

static bool carry_down(struct joined *j) {
  struct krv_buf *out = krv_conn_out(j->conn);
  bool moved = false;
  while (!j->broken && out->len > 0) {
    struct krv_slice part = piece(j, krv_buf_slice(out), j->down, j->link->cut_down);
    tap(j->fleet, part);
    int status = krv_sync_feed(j->sync, part);
    j->down += part.len;
    krv_buf_consume(out, part.len);
    (void)krv_conn_drained(j->conn);
    moved = true;
    if (status != 0) break;
  }
  return moved;
}

/* Nothing moves any more: the clock runs until the device gives up. */
static int wait_in_vain(struct joined *j, struct fleet_device *device) {
  uint64_t deadline = krv_sync_deadline_ms(j->sync);
  if (deadline == UINT64_MAX) return krv_sync_closed(j->sync); /* it was through already */
  if (deadline > device->t.mono_ms) {
    uint64_t passed = deadline - device->t.mono_ms;
    device->t.mono_ms = deadline;
    device->t.wall_s += (int64_t)(passed / 1000);
  }
  return krv_sync_timeout(j->sync, device->t.mono_ms);
}

static int carry(struct joined *j, struct fleet_device *device) {
  for (;;) {
    bool moved = carry_up(j);
    (void)krv_service_commit(&j->fleet->service);
    moved = carry_down(j) || moved;
    if (krv_sync_status(j->sync) != 0) return krv_sync_status(j->sync);
    if (krv_sync_done(j->sync) || krv_sync_again(j->sync)) return 0;
    if (j->broken) return j->link->lost ? wait_in_vain(j, device) : krv_sync_lost(j->sync);
    if (moved) continue;
    if (krv_conn_done(j->conn))
      return krv_conn_passing(j->conn) ? krv_sync_lost(j->sync) : krv_sync_closed(j->sync);
    return wait_in_vain(j, device);
  }
}

static void add_counts(struct fleet_device *device, struct krv_sync *sync) {
  struct krv_sync_counts all = device->counts, fresh;
  krv_sync_counts(sync, &fresh);
  fresh.bytes_up += all.bytes_up;
  fresh.bytes_down += all.bytes_down;
  fresh.round_trips += all.round_trips;
  device->counts = fresh;
}

static int connect_once(struct fleet_device *device, const struct fleet_link *link, bool no_ticket,
                        bool *again) {
  struct joined j = {.fleet = device->fleet, .link = link};
  struct krv_sync_choice choice = {.no_ticket = no_ticket};
  *again = false;
  int status = krv_sync_new(device->world, &choice, &j.sync);
  if (status != 0) return status;
  fleet_must(krv_conn_new(&j.fleet->service, ++j.fleet->conns, &j.conn), "conn", device->name);
  status = carry(&j, device);
  krv_conn_free(j.conn);
  (void)krv_service_commit(&j.fleet->service); /* what came in lies in the batch all the same */
  *again = krv_sync_again(j.sync);
  add_counts(device, j.sync);
  krv_sync_free(j.sync);
  return status;
}

int fleet_sync(struct fleet_device *device, const struct fleet_link *link) {
  static const struct fleet_link good;
  bool again;
  if (!link) link = &good;
  memset(&device->counts, 0, sizeof device->counts);
  int status = connect_once(device, link, link->no_ticket, &again);
  if (!again) return status;
  if (link->cut_up > 0 || link->cut_down > 0) return KRV_CUT; /* there is no second line */
  device->counts.round_trips++;
  return connect_once(device, link, true, &again);
}

void fleet_sync_well(struct fleet_device *device) {
  fleet_must(fleet_sync(device, NULL), "sync", device->name);
}

void fleet_rounds(struct fleet *fleet, uint32_t rounds) {
  for (uint32_t r = 0; r < rounds; r++)
    for (uint32_t i = 0; i < fleet->count; i++)
      if (fleet->devices[i].world) fleet_sync_well(&fleet->devices[i]);
}
