/* batch_reach: how far each device has read, and what that means when a share is taken back (R9,
 * R19).
 *
 * A group's box is read by all its devices, each from its own cursor. When a case is unrouted, its
 * rows leave the box: who had not come to the share yet never learns of it. Who had come to it
 * keeps the case, and shall learn that it was taken back: the rows go into his device's own box, at
 * the same positions, so that he reads on from his cursor as if nothing had happened, also from an
 * older one (a vault that was restored). */
#include <string.h>

#include "batch_in.h"
#include "status.h"

static int load(struct krv_batch *batch, struct krv_reach *reach) {
  struct krv_buf key;
  krv_buf_init(&key, batch->env);
  krv_buf_u32(&key, reach->device);
  krv_buf_reset(&batch->old);
  int status = key.status;
  if (status == KRV_OK)
    status = batch->store->driver->kv_get(batch->store, KRV_KV_READ, krv_buf_slice(&key),
                                          &batch->old);
  krv_buf_release(&key);
  if (status == KRV_NOT_FOUND) return KRV_OK;
  if (status != KRV_OK) return status;
  struct krv_in in = krv_in(krv_buf_slice(&batch->old));
  reach->told = krv_in_u64(&in);
  return krv_in_end(&in) == KRV_OK ? KRV_OK : KRV_DAMAGED;
}

static int find(struct krv_batch *batch, krv_device_ix device, struct krv_reach **out) {
  *out = NULL;
  for (size_t i = 0; i < batch->reach_count && !*out; i++)
    if (batch->reaches[i].device == device) *out = &batch->reaches[i];
  if (*out) return KRV_OK;
  int status = krv_grow(batch->env, &batch->reaches, &batch->reach_cap, batch->reach_count,
                        sizeof *batch->reaches);
  if (status != KRV_OK) return status;
  struct krv_reach *reach = &batch->reaches[batch->reach_count];
  *reach = (struct krv_reach){.device = device};
  status = load(batch, reach);
  if (status != KRV_OK) return status;
  batch->reach_count++;
  *out = reach;
  return KRV_OK;
}

int krv_batch_read_to(struct krv_batch *batch, krv_device_ix device, uint64_t told) {
  struct krv_reach *reach;
  int status = find(batch, device, &reach);
  if (status != KRV_OK) return status;
  reach->changed |= reach->told != told;
  reach->told = told;
  return KRV_OK;
}

int krv_batch_put_reaches(struct krv_batch *batch) {
  int status = KRV_OK;
  for (size_t i = 0; status == KRV_OK && i < batch->reach_count; i++) {
    const struct krv_reach *reach = &batch->reaches[i];
    struct krv_buf key;
    if (!reach->changed) continue;
    krv_buf_init(&key, batch->env);
    krv_buf_u32(&key, reach->device);
    krv_buf_reset(&batch->bytes);
    krv_buf_u64(&batch->bytes, reach->told);
    status = key.status != 0 ? key.status : batch->bytes.status;
    if (status == KRV_OK)
      status = batch->store->driver->kv_put(batch->store, KRV_KV_READ, krv_buf_slice(&key),
                                            krv_buf_slice(&batch->bytes));
    krv_buf_release(&key);
  }
  return status;
}

void krv_batch_reaches_stored(struct krv_batch *batch) {
  for (size_t i = 0; i < batch->reach_count; i++) batch->reaches[i].changed = false;
}

/* ---- a share taken back ---- */

/* A device that has come to the share. */
struct holder {
  krv_device_ix device;
  uint64_t floor;
};

struct holders {
  struct holder *list;
  size_t count, cap;
};

static int add_if_holder(struct krv_batch *batch, krv_group_ix group, krv_device_ix device,
                         uint64_t routed_seq, struct holders *out) {
  struct holder holder = {.device = device};
  struct krv_reach *reach;
  struct krv_buf key;
  krv_buf_init(&key, batch->env);
  krv_buf_u32(&key, group);
  krv_buf_u32(&key, device);
  int status = krv_batch_kv_number(batch, KRV_KV_FLOOR, &key, &holder.floor);
  krv_buf_release(&key);
  if (status == KRV_OK) status = find(batch, device, &reach);
  if (status != KRV_OK) return status;
  if (reach->told < routed_seq || reach->told < holder.floor) return KRV_OK;
  status = krv_grow(batch->env, &out->list, &out->cap, out->count, sizeof holder);
  if (status == KRV_OK) out->list[out->count++] = holder;
  return status;
}

static int find_holders(struct krv_batch *batch, const struct krv_store_access *access,
                        struct holders *out) {
  int status = KRV_OK;
  for (krv_device_ix i = 0; status == KRV_OK && i < krv_roster_device_count(batch->ahead); i++)
    if (krv_roster_membership(batch->ahead, i, access->group, UINT32_MAX))
      status = add_if_holder(batch, access->group, i, access->routed_seq, out);
  return status;
}

/* One row per item: what an earlier share left there shows at the newer position. */
static int hand_over(struct krv_batch *batch, const struct holders *to, uint64_t at, uint64_t seq) {
  struct krv_store *store = batch->store;
  int status = KRV_OK;
  for (size_t i = 0; status == KRV_OK && i < to->count; i++) {
    const struct holder *holder = &to->list[i];
    uint64_t shown = at > holder->floor ? at : holder->floor, before;
    status = store->driver->inbox_drop(store, krv_box_device(holder->device), seq, &before);
    if (status == KRV_OK || status == KRV_NOT_FOUND)
      status = store->driver->inbox_put(store, krv_box_device(holder->device), shown, seq);
  }
  return status;
}

int krv_batch_part(struct krv_batch *batch, const struct krv_store_access *access) {
  struct krv_store *store = batch->store;
  struct holders holders = {0};
  uint64_t seq = 0, at, c = batch->kase.row.c;
  int status = find_holders(batch, access, &holders);
  while (status == KRV_OK && (status = store->driver->case_next(store, c, seq, &seq)) == KRV_OK) {
    status = store->driver->inbox_drop(store, krv_box_group(access->group), seq, &at);
    if (status == KRV_OK) status = hand_over(batch, &holders, at, seq);
    if (status == KRV_NOT_FOUND) status = KRV_OK;
  }
  krv_free(batch->env, holders.list);
  return status == KRV_END ? KRV_OK : status;
}
