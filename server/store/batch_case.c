/* batch_case: the case at hand: its row, who may write, where its items go. */
#include <string.h>

#include "batch_in.h"
#include "status.h"

int krv_batch_case_find(struct krv_batch *batch, const struct krv_id *id) {
  struct krv_batch_case *kase = &batch->kase;
  struct krv_store *store = batch->store;
  if (kase->held && krv_id_equal(&kase->id, id)) return KRV_OK;
  kase->held = false;
  kase->access_count = 0;
  int status = store->driver->case_find(store, id, &kase->row);
  if (status != KRV_OK) return status == KRV_NOT_FOUND ? KRV_UNKNOWN_CASE : status;
  struct krv_store_access access;
  krv_group_ix from = 0;
  while ((status = store->driver->access_next(store, kase->row.c, from, &access)) == KRV_OK) {
    status = krv_grow(batch->env, &kase->access, &kase->access_cap, kase->access_count,
                      sizeof access);
    if (status != KRV_OK) return status;
    kase->access[kase->access_count++] = access;
    from = access.group + 1;
  }
  if (status != KRV_END) return status;
  kase->id = *id;
  kase->held = true;
  return KRV_OK;
}

int krv_batch_case_new(struct krv_batch *batch, const struct krv_id *id,
                       const struct krv_store_case *row, const struct krv_access_list *list) {
  struct krv_batch_case *kase = &batch->kase;
  kase->held = false;
  kase->access_count = 0;
  kase->row = *row;
  int status = batch->store->driver->case_put(batch->store, id, &kase->row);
  if (status != KRV_OK) return status;
  kase->id = *id;
  for (uint32_t i = 0; status == KRV_OK && i < list->count; i++) {
    const struct krv_access_item *item = &list->items[i];
    struct krv_store_access access = {.group = item->group, .mode = item->mode,
                                      .wrote_once = item->mode == KRV_ACCESS_WRITE};
    status = krv_batch_access_put(batch, &access);
  }
  kase->held = status == KRV_OK;
  return status;
}

/* The first place whose group is not below group. */
static size_t place(const struct krv_batch_case *kase, krv_group_ix group) {
  size_t at = 0;
  while (at < kase->access_count && kase->access[at].group < group) at++;
  return at;
}

const struct krv_store_access *krv_batch_access(const struct krv_batch *batch, krv_group_ix group) {
  size_t at = place(&batch->kase, group);
  bool there = at < batch->kase.access_count && batch->kase.access[at].group == group;
  return there ? &batch->kase.access[at] : NULL;
}

int krv_batch_access_put(struct krv_batch *batch, const struct krv_store_access *access) {
  struct krv_batch_case *kase = &batch->kase;
  size_t at = place(kase, access->group), after = kase->access_count - at;
  int status = krv_grow(batch->env, &kase->access, &kase->access_cap, kase->access_count,
                        sizeof *access);
  if (status == KRV_OK)
    status = batch->store->driver->access_put(batch->store, kase->row.c, access);
  if (status != KRV_OK) return status;
  if (after == 0 || kase->access[at].group != access->group) {
    if (after > 0) memmove(&kase->access[at + 1], &kase->access[at], after * sizeof *access);
    kase->access_count++;
  }
  kase->access[at] = *access;
  return KRV_OK;
}

/* What one group of a case's list means for the bringer. */
struct reach {
  bool wrote;  /* it is or was in a group that may write or once could */
  bool in;     /* it is in a group of the list */
  bool writes; /* it may write today */
};

static void add_reach(const struct krv_batch *batch, krv_device_ix bringer,
                      const struct krv_store_access *access, struct reach *reach) {
  const struct krv_roster *roster = batch->ahead;
  krv_group_ix group = access->group;
  if (access->wrote_once && krv_roster_was_member(roster, bringer, group)) reach->wrote = true;
  if (!krv_roster_membership(roster, bringer, group, UINT32_MAX)) return;
  reach->in = true;
  if (access->mode == KRV_ACCESS_WRITE && krv_roster_may_write(roster, bringer, group, UINT32_MAX))
    reach->writes = true;
}

static void take_reach(const struct reach *reach, struct krv_facts *facts) {
  facts->bringer_wrote = reach->wrote;
  facts->bringer_reads_only = facts->author_is_bringer && reach->in && !reach->writes;
}

void krv_batch_case_facts(const struct krv_batch *batch, krv_device_ix bringer,
                          struct krv_facts *facts) {
  const struct krv_store_access *office = krv_batch_access(batch, KRV_GROUP_OFFICE);
  struct reach reach = {0};
  for (size_t i = 0; i < batch->kase.access_count; i++)
    add_reach(batch, bringer, &batch->kase.access[i], &reach);
  facts->case_known = true;
  facts->office_routed = office && office->routed_seq != 0;
  take_reach(&reach, facts);
}

void krv_batch_list_facts(const struct krv_batch *batch, krv_device_ix bringer,
                          const struct krv_access_list *list, struct krv_facts *facts) {
  struct reach reach = {0};
  facts->receiver_known = true;
  for (uint32_t i = 0; i < list->count; i++) {
    const struct krv_access_item *item = &list->items[i];
    struct krv_store_access access = {.group = item->group, .mode = item->mode,
                                      .wrote_once = item->mode == KRV_ACCESS_WRITE};
    if (!krv_roster_group(batch->ahead, item->group)) facts->receiver_known = false;
    else add_reach(batch, bringer, &access, &reach);
  }
  facts->list_has_office = krv_access_list_mode(list, KRV_GROUP_OFFICE) == KRV_ACCESS_WRITE;
  take_reach(&reach, facts);
}

int krv_batch_spread(struct krv_batch *batch, uint64_t seq) {
  struct krv_store *store = batch->store;
  int status = KRV_OK;
  for (size_t i = 0; status == KRV_OK && i < batch->kase.access_count; i++) {
    const struct krv_store_access *access = &batch->kase.access[i];
    if (access->routed_seq == 0) continue;
    status = store->driver->inbox_put(store, krv_box_group(access->group), seq, seq);
  }
  return status;
}

int krv_batch_route(struct krv_batch *batch, krv_group_ix group, uint64_t at) {
  struct krv_store *store = batch->store;
  struct krv_store_item item;
  uint64_t seq = 0;
  int status;
  while ((status = store->driver->case_next(store, batch->kase.row.c, seq, &seq)) == KRV_OK) {
    if (seq >= at) break;
    krv_buf_reset(&batch->old);
    status = store->driver->item_get(store, seq, &item, &batch->old);
    if (status != KRV_OK) return status;
    if (item.kind != KRV_MSG_GENESIS && item.kind != KRV_MSG_COMMIT) continue;
    status = store->driver->inbox_put(store, krv_box_group(group), at, seq);
    if (status != KRV_OK) return status;
  }
  return status == KRV_END ? KRV_OK : status;
}

int krv_batch_dot_find(struct krv_batch *batch, krv_device_ix device, uint64_t n,
                       const struct krv_id *id, struct krv_facts *facts) {
  struct krv_store *store = batch->store;
  struct krv_store_dot dot;
  int status = store->driver->dot_next(store, batch->kase.row.c, device, n, id, &dot);
  facts->duplicate |= status == KRV_OK && krv_id_equal(&dot.id, id);
  return status == KRV_END ? KRV_OK : status;
}

int krv_batch_dot_fit(struct krv_batch *batch, krv_device_ix device, uint64_t n,
                      const uint8_t start4[4], uint8_t out[KRV_ID_LEN]) {
  struct krv_store *store = batch->store;
  struct krv_store_dot dot;
  struct krv_id from = krv_id_zero;
  memcpy(from.b, start4, 4);
  int status = store->driver->dot_next(store, batch->kase.row.c, device, n, &from, &dot);
  if (status == KRV_END) return KRV_NEED_PREV;
  if (status != KRV_OK) return status;
  if (memcmp(dot.id.b, start4, 4) != 0) return KRV_NEED_PREV;
  memcpy(out, dot.id.b, KRV_ID_LEN);
  if (!krv_id_next(&dot.id, &from)) return KRV_OK; /* it is the last of all ids */
  status = store->driver->dot_next(store, batch->kase.row.c, device, n, &from, &dot);
  if (status == KRV_OK && memcmp(dot.id.b, start4, 4) == 0) return KRV_NEED_PREV;
  return status == KRV_END ? KRV_OK : status;
}

krv_group_ix krv_batch_member(const struct krv_batch *batch, krv_device_ix device) {
  const struct krv_device *known = krv_roster_device(batch->ahead, device);
  return known ? known->member_group : KRV_NO_INDEX;
}

int krv_batch_brought(struct krv_batch *batch, krv_device_ix bringer, uint64_t more,
                      uint64_t *out) {
  const struct krv_device *device = krv_roster_device(batch->ahead, bringer);
  struct krv_buf key;
  *out = 0;
  if (!device || device->roles & KRV_ROLE_OFFICE) return KRV_OK;
  krv_buf_init(&key, batch->env);
  krv_buf_u64(&key, batch->kase.row.c);
  krv_buf_u32(&key, device->member_group);
  int status = krv_batch_kv_number(batch, KRV_KV_BROUGHT, &key, out);
  *out += more;
  if (status == KRV_OK && more > 0)
    status = krv_batch_kv_put_number(batch, KRV_KV_BROUGHT, &key, *out);
  krv_buf_release(&key);
  return status;
}
