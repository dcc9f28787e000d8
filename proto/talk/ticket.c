/* ticket: a flat array in order of arrival, so that a device's first is its
 * oldest. A programme has some hundreds of devices and at most four tickets
 * each: a walk over all costs microseconds, less than one handshake. Tickets
 * are secrets: wiped when they go, and moved by copying, never by realloc.
 *
 * Blob (docs/protocol.md 4): version u8, varint count, then per ticket varint
 * device, id 16, psk 32, start of the chain u64, tries u8, 32 for each try. */
#include "ticket.h"

#include <string.h>

#include "hash.h"

enum { BLOB_VERSION = 1, DAY_S = 86400, FIRST_CAP = 16 };

struct item {
  krv_device_ix device;
  struct krv_ticket ticket;
  uint8_t tries;
  struct krv_key e[KRV_TICKET_TRIES_MAX];
};

struct krv_tickets {
  const struct krv_env *env;
  struct item *items;
  size_t count, cap;
};

void krv_ticket_next(const struct krv_key *chaining_key, int64_t chain_started_s,
                     struct krv_ticket *out) {
  struct krv_slice part = krv_slice(chaining_key->b, sizeof chaining_key->b);
  krv_h(KRV_DOMAIN_TICKET_ID, &part, 1, out->id.b, sizeof out->id.b);
  krv_h(KRV_DOMAIN_TICKET_PSK, &part, 1, out->psk.b, sizeof out->psk.b);
  out->chain_started_s = chain_started_s;
}

static void items_release(const struct krv_env *env, struct item *items, size_t cap) {
  if (items) krv_wipe(items, cap * sizeof *items);
  krv_free(env, items);
}

int krv_tickets_new(const struct krv_env *env, struct krv_tickets **out) {
  *out = krv_zalloc(env, 1, sizeof **out);
  if (!*out) return KRV_NOMEM;
  (*out)->env = env;
  return 0;
}

void krv_tickets_free(struct krv_tickets *tickets) {
  if (!tickets) return;
  items_release(tickets->env, tickets->items, tickets->cap);
  krv_free(tickets->env, tickets);
}

static int make_room(struct krv_tickets *tickets) {
  if (tickets->count < tickets->cap) return 0;
  size_t cap = tickets->cap == 0 ? FIRST_CAP : tickets->cap * 2;
  struct item *items = krv_zalloc(tickets->env, cap, sizeof *items);
  if (!items) return KRV_NOMEM;
  if (tickets->count > 0) memcpy(items, tickets->items, tickets->count * sizeof *items);
  items_release(tickets->env, tickets->items, tickets->cap);
  tickets->items = items;
  tickets->cap = cap;
  return 0;
}

static struct item *find(const struct krv_tickets *tickets, const struct krv_id *id) {
  for (size_t i = 0; i < tickets->count; i++)
    if (krv_id_equal(&tickets->items[i].ticket.id, id)) return &tickets->items[i];
  return NULL;
}

static void drop(struct krv_tickets *tickets, struct item *item) {
  struct item *end = tickets->items + --tickets->count;
  memmove(item, item + 1, (size_t)(end - item) * sizeof *item);
  krv_wipe(end, sizeof *end);
}

/* The device's tickets before `end` (NULL: all), and the first of them. */
static size_t of_device(const struct krv_tickets *tickets, krv_device_ix device,
                        const struct item *end, struct item **first) {
  size_t count = 0;
  *first = NULL;
  for (size_t i = 0; i < tickets->count && &tickets->items[i] != end; i++) {
    if (tickets->items[i].device != device) continue;
    if (count++ == 0) *first = &tickets->items[i];
  }
  return count;
}

int krv_tickets_put(struct krv_tickets *tickets, krv_device_ix device,
                    const struct krv_ticket *ticket) {
  if (find(tickets, &ticket->id)) return KRV_EXISTS;
  struct item *first;
  if (of_device(tickets, device, NULL, &first) == KRV_TICKETS_PER_DEVICE) drop(tickets, first);
  int status = make_room(tickets);
  if (status != 0) return status;
  struct item *item = &tickets->items[tickets->count++];
  item->device = device;
  item->ticket = *ticket;
  item->tries = 0;
  return 0;
}

static bool too_old(const struct item *item, int64_t now_s) {
  return now_s - item->ticket.chain_started_s > (int64_t)KRV_TICKET_DAYS_MAX * DAY_S;
}

int krv_tickets_find(struct krv_tickets *tickets, const struct krv_id *id, int64_t now_s,
                     krv_device_ix *device, struct krv_ticket *out) {
  memset(out, 0, sizeof *out);
  *device = 0;
  struct item *item = find(tickets, id);
  if (!item) return KRV_NOT_FOUND;
  if (too_old(item, now_s)) {
    drop(tickets, item);
    return KRV_NOT_FOUND;
  }
  if (item->tries == KRV_TICKET_TRIES_MAX) return KRV_NOT_FOUND;
  *device = item->device;
  *out = item->ticket;
  return 0;
}

int krv_tickets_used(struct krv_tickets *tickets, const struct krv_id *id,
                     const struct krv_key *e) {
  struct item *item = find(tickets, id);
  if (!item) return KRV_NOT_FOUND;
  if (item->tries == KRV_TICKET_TRIES_MAX) return KRV_DENIED;
  for (size_t i = 0; i < item->tries; i++)
    if (memcmp(item->e[i].b, e->b, sizeof e->b) == 0) return KRV_DENIED;
  item->e[item->tries++] = *e;

  /* Its sender has this ticket on disk and will not go back behind it. */
  krv_device_ix device = item->device;
  struct item *older;
  while (of_device(tickets, device, item, &older) > 0) {
    drop(tickets, older);
    item--; /* moved down with the rest */
  }
  return 0;
}

void krv_tickets_drop_device(struct krv_tickets *tickets, krv_device_ix device) {
  struct item *first;
  while (of_device(tickets, device, NULL, &first) > 0) drop(tickets, first);
}

/* ---- the blob ---- */

int krv_tickets_save(const struct krv_tickets *tickets, struct krv_buf *out) {
  krv_buf_u8(out, BLOB_VERSION);
  krv_buf_varint(out, tickets->count);
  for (size_t i = 0; i < tickets->count; i++) {
    const struct item *item = &tickets->items[i];
    krv_buf_varint(out, item->device);
    krv_buf_append(out, item->ticket.id.b, KRV_ID_LEN);
    krv_buf_append(out, item->ticket.psk.b, KRV_KEY_LEN);
    krv_buf_u64(out, (uint64_t)item->ticket.chain_started_s);
    krv_buf_u8(out, item->tries);
    for (size_t t = 0; t < item->tries; t++) krv_buf_append(out, item->e[t].b, KRV_KEY_LEN);
  }
  return out->status;
}

static void read_item(struct krv_in *in, struct item *out) {
  memset(out, 0, sizeof *out);
  out->device = (krv_device_ix)krv_in_varint(in, UINT32_MAX);
  krv_in_copy(in, out->ticket.id.b, KRV_ID_LEN);
  krv_in_copy(in, out->ticket.psk.b, KRV_KEY_LEN);
  out->ticket.chain_started_s = (int64_t)krv_in_u64(in);
  uint8_t tries = krv_in_u8(in);
  if (tries > KRV_TICKET_TRIES_MAX) krv_in_fail(in, KRV_MALFORMED);
  for (size_t t = 0; in->status == 0 && t < tries; t++) krv_in_copy(in, out->e[t].b, KRV_KEY_LEN);
  out->tries = tries;
}

/* Fills an empty cache. */
static int read_items(struct krv_in *in, struct krv_tickets *into) {
  if (krv_in_u8(in) != BLOB_VERSION) krv_in_fail(in, KRV_MALFORMED);
  uint64_t count = krv_in_varint(in, UINT32_MAX); /* each costs bytes that must be there */
  int status = in->status;
  for (uint64_t i = 0; status == 0 && i < count; i++) {
    struct item item;
    read_item(in, &item);
    status = in->status != 0 ? in->status : krv_tickets_put(into, item.device, &item.ticket);
    if (status == 0) into->items[into->count - 1] = item;
    krv_wipe(&item, sizeof item);
  }
  return status != 0 ? status : krv_in_end(in);
}

int krv_tickets_load(struct krv_tickets *tickets, struct krv_slice bytes) {
  struct krv_tickets fresh = {.env = tickets->env};
  struct krv_in in = krv_in(bytes);
  int status = read_items(&in, &fresh);
  if (status != 0) {
    items_release(fresh.env, fresh.items, fresh.cap);
    return status == KRV_NOMEM ? status : KRV_MALFORMED;
  }
  items_release(tickets->env, tickets->items, tickets->cap);
  *tickets = fresh;
  return 0;
}
