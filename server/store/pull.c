/* pull: a merge of inboxes by (at, seq).
 *
 * `last` is the row that was sent last: everything up to it was. A cursor says the same in a form
 * that survives the session: within a backfill at position p, {p - 1, seq}; after it, {p, 0}. Two
 * things show at one position only when they are one event, so a row that several boxes hold is one
 * row of the merge and goes once. A commit of a backfill that another box of the device showed at a
 * lower position is left out too: the cursor has passed it there, so it is stored.
 *
 * SAME_CASE: the case of the last GENESIS, COMMIT or GRANT that this puller sent. */
#include "pull.h"

#include <string.h>

#include "msg.h"
#include "status.h"

/* Own pushes that are remembered, at least: at twice as many the older half is forgotten at once,
 * and comes back once. */
enum { SKIP_MAX = 65536 };

struct row {
  uint64_t at, seq;
};

struct source {
  krv_box box;
  struct row floor;  /* only rows above it */
  bool looked;       /* next holds the box's next row, or it has none (next.at 0) */
  struct row next;
};

struct krv_pull {
  const struct krv_env *env;
  struct krv_store *store;
  const struct krv_roster *roster;
  krv_device_ix device;
  uint32_t roster_count;   /* of which sources were made */
  struct source *sources;
  size_t source_count, source_cap;
  struct row last;
  uint64_t told_within;
  bool cursor_due; /* the last CURSOR said "more", or items went aside */
  struct {
    krv_box box;
    uint64_t at;           /* 0: not inside the backfill of a group */
  } flat;
  uint64_t *skips;         /* ascending */
  size_t skip_count, skip_cap;
  struct krv_id last_case;
  bool has_last_case;
  struct krv_buf item;
};

static bool below(struct row a, struct row b) {
  return a.at < b.at || (a.at == b.at && a.seq < b.seq);
}

static bool same_row(struct row a, struct row b) {
  return a.at == b.at && a.seq == b.seq;
}

/* ---- whose boxes ---- */

static int add_source(struct krv_pull *pull, krv_box box, uint64_t floor) {
  int status = krv_grow(pull->env, &pull->sources, &pull->source_cap, pull->source_count,
                        sizeof *pull->sources);
  if (status != KRV_OK) return status;
  pull->sources[pull->source_count++] = (struct source){.box = box, .floor = {floor, UINT64_MAX}};
  return KRV_OK;
}

/* The position of the device's admission; 0 for who made the group. */
static int read_floor(struct krv_pull *pull, krv_group_ix group, uint64_t *out) {
  struct krv_buf key;
  *out = 0;
  krv_buf_init(&key, pull->env);
  krv_buf_u32(&key, group);
  krv_buf_u32(&key, pull->device);
  krv_buf_reset(&pull->item);
  int status = key.status;
  if (status == KRV_OK)
    status = pull->store->driver->kv_get(pull->store, KRV_KV_FLOOR, krv_buf_slice(&key),
                                         &pull->item);
  krv_buf_release(&key);
  if (status == KRV_NOT_FOUND) return KRV_OK;
  if (status != KRV_OK) return status;
  struct krv_in in = krv_in(krv_buf_slice(&pull->item));
  *out = krv_in_u64(&in);
  return krv_in_end(&in) == KRV_OK ? KRV_OK : KRV_DAMAGED;
}

static bool is_member(const struct krv_pull *pull, krv_group_ix group) {
  return krv_roster_membership(pull->roster, pull->device, group, UINT32_MAX) != NULL;
}

static bool approves(const struct krv_pull *pull) {
  const unsigned roles = KRV_ROLE_ADMINISTRATOR | KRV_ROLE_OFFICE | KRV_ROLE_SUPERVISOR;
  const struct krv_device *device = krv_roster_device(pull->roster, pull->device);
  return device && (device->roles & roles) != 0;
}

static int make_sources(struct krv_pull *pull) {
  pull->source_count = 0;
  pull->roster_count = 0; /* a failure in between: made anew next time */
  int status = add_source(pull, krv_box_device(pull->device), 0);
  if (status == KRV_OK && approves(pull)) status = add_source(pull, KRV_BOX_ADMISSION, 0);
  uint32_t groups = krv_roster_group_count(pull->roster);
  for (krv_group_ix group = 0; status == KRV_OK && group < groups; group++) {
    uint64_t floor;
    if (!is_member(pull, group)) continue;
    status = read_floor(pull, group, &floor);
    if (status == KRV_OK) status = add_source(pull, krv_box_group(group), floor);
  }
  if (status == KRV_OK) pull->roster_count = krv_roster_count(pull->roster);
  return status;
}

/* ---- making ---- */

int krv_pull_new(const struct krv_env *env, struct krv_store *store,
                 const struct krv_roster *roster, krv_device_ix device, struct krv_cursor start,
                 struct krv_pull **out) {
  *out = NULL;
  struct krv_pull *pull = krv_zalloc(env, 1, sizeof *pull);
  if (!pull) return KRV_NOMEM;
  pull->env = env;
  pull->store = store;
  pull->roster = roster;
  pull->device = device;
  pull->told_within = start.within;
  krv_buf_init(&pull->item, env);
  bool inside = start.within != 0 && start.at < UINT64_MAX;
  pull->last =
      inside ? (struct row){start.at + 1, start.within} : (struct row){start.at, UINT64_MAX};
  int status = make_sources(pull);
  if (status != KRV_OK) {
    krv_pull_free(pull);
    return status;
  }
  *out = pull;
  return KRV_OK;
}

void krv_pull_free(struct krv_pull *pull) {
  if (!pull) return;
  if (pull->sources) krv_free(pull->env, pull->sources);
  if (pull->skips) krv_free(pull->env, pull->skips);
  krv_buf_release(&pull->item);
  krv_free(pull->env, pull);
}

/* ---- own pushes ---- */

/* The first place whose seq is not below seq. */
static size_t skip_place(const struct krv_pull *pull, uint64_t seq) {
  size_t low = 0, high = pull->skip_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (pull->skips[middle] < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

static bool skipped(const struct krv_pull *pull, uint64_t seq) {
  size_t at = skip_place(pull, seq);
  return at < pull->skip_count && pull->skips[at] == seq;
}

int krv_pull_skip(struct krv_pull *pull, uint64_t seq) {
  if (seq == 0 || skipped(pull, seq)) return KRV_OK;
  int status = krv_grow(pull->env, &pull->skips, &pull->skip_cap, pull->skip_count,
                        sizeof *pull->skips);
  if (status != KRV_OK) return status;
  if (pull->skip_count == 2 * (size_t)SKIP_MAX) {
    pull->skip_count = SKIP_MAX;
    memmove(pull->skips, pull->skips + SKIP_MAX, SKIP_MAX * sizeof *pull->skips);
  }
  size_t at = skip_place(pull, seq);
  memmove(&pull->skips[at + 1], &pull->skips[at], (pull->skip_count - at) * sizeof *pull->skips);
  pull->skips[at] = seq;
  pull->skip_count++;
  return KRV_OK;
}

/* ---- messages ---- */

static bool remember_case(struct krv_pull *pull, const struct krv_id *kase) {
  bool same = pull->has_last_case && krv_id_equal(&pull->last_case, kase);
  pull->last_case = *kase;
  pull->has_last_case = true;
  return same;
}

void krv_pull_aside(struct krv_pull *pull) {
  pull->has_last_case = false;
  pull->cursor_due = true;
}

/* Of several commits at one place the one with the lowest id goes short, the others whole: a
 * reader who cannot fill a prev in asks for the place, and a WANT brings so many of it and no
 * more (6.10). */
static int put_commit(struct krv_pull *pull, const struct krv_store_item *item,
                      struct krv_buf *out) {
  struct krv_msg_commit msg;
  struct krv_store_dot first;
  if (krv_msg_commit_decode(item->bytes, &msg) != KRV_OK) return KRV_DAMAGED;
  int status = pull->store->driver->dot_next(pull->store, item->c, msg.device, msg.n, &krv_id_zero,
                                             &first);
  if (status != KRV_OK) return status == KRV_END ? KRV_DAMAGED : status;
  if (msg.prev_len == KRV_ID_LEN && first.seq == item->seq) msg.prev_len = 4;
  msg.same_case = remember_case(pull, &msg.kase);
  krv_msg_commit_encode(&msg, out);
  return KRV_OK;
}

static int put_grant(struct krv_pull *pull, const struct krv_store_item *item,
                     struct krv_buf *out) {
  struct krv_msg_grant msg;
  if (krv_msg_grant_decode(item->bytes, &msg) != KRV_OK) return KRV_DAMAGED;
  msg.same_case = remember_case(pull, &msg.kase);
  krv_msg_grant_encode(&msg, out);
  return KRV_OK;
}

static int put_genesis(struct krv_pull *pull, const struct krv_store_item *item,
                       struct krv_buf *out) {
  struct krv_id kase;
  int status = pull->store->driver->case_id(pull->store, item->c, &kase);
  if (status != KRV_OK) return status == KRV_NOT_FOUND ? KRV_DAMAGED : status;
  (void)remember_case(pull, &kase);
  krv_buf_put(out, item->bytes);
  return KRV_OK;
}

static int put_as_stored(struct krv_pull *pull, const struct krv_store_item *item,
                         struct krv_buf *out) {
  (void)pull;
  krv_buf_put(out, item->bytes);
  return KRV_OK;
}

static int put_message(struct krv_pull *pull, const struct krv_store_item *item,
                       struct krv_buf *out) {
  size_t mark = krv_message_begin(out, (enum krv_message_kind)item->kind);
  int status;
  switch (item->kind) {
    case KRV_MSG_COMMIT: status = put_commit(pull, item, out); break;
    case KRV_MSG_GRANT: status = put_grant(pull, item, out); break;
    case KRV_MSG_GENESIS: status = put_genesis(pull, item, out); break;
    default: status = put_as_stored(pull, item, out); break;
  }
  krv_message_end(out, mark);
  return status != KRV_OK ? status : out->status;
}

/* ---- the merge ---- */

static int look(struct krv_pull *pull, struct source *source) {
  if (source->looked) return KRV_OK;
  struct row after = below(pull->last, source->floor) ? source->floor : pull->last;
  int status = pull->store->driver->inbox_next(pull->store, source->box, after.at, after.seq,
                                               &source->next.at, &source->next.seq);
  if (status < 0) return status;
  if (status == KRV_END) source->next = (struct row){0, 0};
  source->looked = true;
  return KRV_OK;
}

/* The lowest next row of all boxes; KRV_END. */
static int next_row(struct krv_pull *pull, struct row *out) {
  *out = (struct row){0, 0};
  for (size_t i = 0; i < pull->source_count; i++) {
    struct source *source = &pull->sources[i];
    int status = look(pull, source);
    if (status != KRV_OK) return status;
    if (source->next.at == 0) continue;
    if (out->at == 0 || below(source->next, *out)) *out = source->next;
  }
  return out->at == 0 ? KRV_END : KRV_OK;
}

static void pass(struct krv_pull *pull, struct row row) {
  pull->last = row;
  for (size_t i = 0; i < pull->source_count; i++)
    if (same_row(pull->sources[i].next, row)) pull->sources[i].looked = false;
}

static int get_item(struct krv_pull *pull, uint64_t seq, struct krv_store_item *item) {
  krv_buf_reset(&pull->item);
  int status = pull->store->driver->item_get(pull->store, seq, item, &pull->item);
  return status == KRV_NOT_FOUND ? KRV_DAMAGED : status;
}

/* Where a box shows a commit of a case that is routed to its group since then. */
static uint64_t shown_at(const struct source *source, uint64_t routed_seq, uint64_t seq) {
  uint64_t at = routed_seq > seq ? routed_seq : seq;
  return at > source->floor.at ? at : source->floor.at;
}

static const struct source *source_of(const struct krv_pull *pull, krv_box box) {
  for (size_t i = 0; i < pull->source_count; i++)
    if (pull->sources[i].box == box) return &pull->sources[i];
  return NULL;
}

/* Whether a commit that shows at position `at` showed to this device before. */
static int shown_before(struct krv_pull *pull, const struct krv_store_item *item, uint64_t at,
                        bool *out) {
  struct krv_store_access access;
  krv_group_ix from = 0;
  int status = KRV_OK;
  *out = false;
  if (item->kind != KRV_MSG_GENESIS && item->kind != KRV_MSG_COMMIT) return KRV_OK;
  while (!*out) {
    status = pull->store->driver->access_next(pull->store, item->c, from, &access);
    if (status != KRV_OK) break;
    const struct source *source = source_of(pull, krv_box_group(access.group));
    *out = source && access.routed_seq != 0 &&
           shown_at(source, access.routed_seq, item->seq) < at;
    from = access.group + 1;
  }
  return status == KRV_END ? KRV_OK : status;
}

/* Appends an item of a backfill at position `at`, unless the device has it. */
static int put_late(struct krv_pull *pull, const struct krv_store_item *item, uint64_t at,
                    struct krv_buf *out) {
  bool shown;
  int status = shown_before(pull, item, at, &shown);
  if (status != KRV_OK || shown) return status;
  return put_message(pull, item, out);
}

/* Where to go on inside a backfill whose first part was sent. */
static uint64_t within(const struct krv_pull *pull, uint64_t at) {
  return pull->last.at == at ? pull->last.seq : 0;
}

static int enter_backfill(struct krv_pull *pull, const struct krv_store_item *item) {
  struct krv_in in = krv_in(item->bytes);
  krv_group_ix group = (krv_group_ix)krv_in_varint(&in, UINT32_MAX);
  if (krv_in_end(&in) != KRV_OK) return KRV_DAMAGED;
  pull->flat.box = krv_box_group(group);
  pull->flat.at = item->seq;
  /* who was let in and put out again learns nothing of the time before */
  if (is_member(pull, group)) return KRV_OK;
  pull->flat.at = 0;
  pass(pull, (struct row){item->seq, item->seq});
  return KRV_OK;
}

static int step_backfill(struct krv_pull *pull, struct krv_buf *out) {
  struct krv_store_item item;
  uint64_t at = pull->flat.at, seq;
  int status = pull->store->driver->inbox_flat(pull->store, pull->flat.box, at, within(pull, at),
                                               &seq);
  if (status == KRV_END) {
    pull->flat.at = 0;
    pass(pull, (struct row){at, at});
    return KRV_OK;
  }
  if (status != KRV_OK) return status;
  if (!skipped(pull, seq)) {
    status = get_item(pull, seq, &item);
    if (status == KRV_OK) status = put_late(pull, &item, at, out);
    if (status != KRV_OK) return status;
  }
  pull->last = (struct row){at, seq};
  return KRV_OK;
}

/* One row further: an item, or a piece of a backfill. KRV_END. */
static int step(struct krv_pull *pull, struct krv_buf *out) {
  struct krv_store_item item;
  struct row row;
  if (pull->flat.at != 0) return step_backfill(pull, out);
  int status = next_row(pull, &row);
  if (status != KRV_OK) return status;
  if (!skipped(pull, row.seq)) {
    status = get_item(pull, row.seq, &item);
    if (status != KRV_OK) return status;
    if (item.kind == KRV_ITEM_BACKFILL) return enter_backfill(pull, &item);
    status = row.at == row.seq ? put_message(pull, &item, out)
                               : put_late(pull, &item, row.at, out);
    if (status != KRV_OK) return status;
  }
  pass(pull, row);
  return KRV_OK;
}

/* ---- slices ---- */

/* Nothing more at the head: all positions up to it were passed. */
static int reach_head(struct krv_pull *pull) {
  uint8_t chain[KRV_CHAIN_LEN];
  uint64_t head;
  int status = pull->store->driver->head(pull->store, &head, chain);
  if (status != KRV_OK) return status;
  if (head > pull->last.at || (head == pull->last.at && pull->last.seq < UINT64_MAX))
    pull->last = (struct row){head, UINT64_MAX};
  return KRV_END;
}

static struct krv_cursor cursor_of(struct row last) {
  if (last.seq >= last.at) return (struct krv_cursor){last.at, 0};
  return (struct krv_cursor){last.at - 1, last.seq};
}

/* A cursor that is due goes out, though nothing may have come. */
static int put_cursor(struct krv_pull *pull, bool more, uint64_t *told, struct krv_buf *out) {
  struct krv_cursor cursor = cursor_of(pull->last);
  uint8_t chain[KRV_CHAIN_LEN] = {0};
  bool moved = cursor.at > *told || (cursor.at == *told && cursor.within != pull->told_within);
  if (cursor.at < *told || (!moved && !pull->cursor_due)) return KRV_OK;
  if (cursor.at > 0) {
    int status = pull->store->driver->chain_at(pull->store, cursor.at, chain);
    if (status != KRV_OK) return status == KRV_NOT_FOUND ? KRV_DAMAGED : status;
  }
  struct krv_msg_cursor msg = {
      .advance = cursor.at - *told, .more = more, .within = cursor.within};
  memcpy(msg.chain8, chain, sizeof msg.chain8);
  size_t mark = krv_message_begin(out, KRV_MSG_CURSOR);
  krv_msg_cursor_encode(&msg, out);
  krv_message_end(out, mark);
  if (out->status != 0) return out->status;
  *told = cursor.at;
  pull->told_within = cursor.within;
  pull->cursor_due = more;
  return KRV_OK;
}

int krv_pull_slice(struct krv_pull *pull, size_t budget, uint64_t *told, struct krv_buf *out) {
  size_t start = out->len;
  int end = KRV_OK;
  if (pull->roster_count != krv_roster_count(pull->roster)) {
    int status = make_sources(pull);
    if (status != KRV_OK) return status;
  }
  /* rows may have come, and gone, since the last slice */
  for (size_t i = 0; i < pull->source_count; i++) pull->sources[i].looked = false;
  while (end == KRV_OK && out->len - start < budget) end = step(pull, out);
  if (end == KRV_END) end = reach_head(pull);
  if (end < 0) return end;
  int status = put_cursor(pull, end == KRV_OK, told, out);
  return status == KRV_OK ? end : status;
}
