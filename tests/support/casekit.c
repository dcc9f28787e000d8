#include "casekit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

static uint8_t ints[128];

struct krv_slice kit_int(int64_t value) {
  assert(value >= 0 && value < 128);
  ints[value] = (uint8_t)value; /* a positive fixint is itself */
  return krv_slice(&ints[value], 1);
}

static bool may_write(void *ctx, krv_device_ix device, krv_group_ix group, uint32_t height) {
  const struct kit *kit = ctx;
  if (device < KIT_DEVICES_MAX && kit->out_from[device] != 0 && height >= kit->out_from[device])
    return false;
  return device < KIT_DEVICES_MAX && group < 32 && (kit->groups[device] >> group & 1) != 0;
}

static bool left_since(void *ctx, krv_group_ix group, uint32_t height) {
  const struct kit *kit = ctx;
  for (uint32_t d = 0; d < KIT_DEVICES_MAX; d++)
    if (group < 32 && (kit->groups[d] >> group & 1) != 0 && kit->out_from[d] > height) return true;
  return false;
}

void kit_init(struct kit *kit, uint64_t seed, uint32_t members) {
  memset(kit, 0, sizeof *kit);
  krv_testenv_init(&kit->t, seed);
  kit->rights = (struct krv_case_rights){0, may_write, left_since, kit};
  kit->commits = calloc(KIT_COMMITS_MAX, sizeof *kit->commits);
  for (uint32_t d = 0; d < KIT_DEVICES_MAX; d++) kit->groups[d] = 1u << (d + 1);
  kit->groups[0] |= 1;
  memset(kit->genesis.key_commit, 0x11, sizeof kit->genesis.key_commit);
  for (uint32_t g = 0; g <= members; g++)
    krv_access_list_set(&kit->genesis.access, g, KRV_ACCESS_WRITE);
}

void kit_release(struct kit *kit) {
  for (uint32_t i = 0; i < kit->count; i++) {
    krv_ops_release(&kit->commits[i].ops);
    krv_buf_release(&kit->commits[i].bytes);
  }
  free(kit->commits);
}

void kit_replica_init(struct kit *kit, struct kit_replica *r, krv_device_ix device) {
  memset(r, 0, sizeof *r);
  r->device = device;
  if (krv_case_new(&kit->t.env, &kit->genesis, &r->kase) != 0) abort();
}

void kit_replica_release(struct kit_replica *r) {
  krv_case_free(r->kase);
  r->kase = NULL;
}

void kit_replica_copy(struct kit *kit, const struct kit_replica *from, struct kit_replica *to) {
  struct krv_buf bytes;
  krv_buf_init(&bytes, &kit->t.env);
  kit_encode(from, &bytes);
  *to = *from;
  if (krv_case_decode(&kit->t.env, krv_buf_slice(&bytes), &to->kase) != 0) abort();
  krv_buf_release(&bytes);
}

struct krv_record_id kit_record(uint64_t record) {
  struct krv_record_id id;
  for (int i = 0; i < 8; i++) id.b[i] = (uint8_t)(record >> (56 - 8 * i));
  return id;
}

struct krv_op kit_set(uint64_t record, uint16_t field, int64_t value) {
  return (struct krv_op){.kind = KRV_OP_SET, .record = kit_record(record), .field = field,
                         .value = kit_int(value)};
}

struct krv_op kit_resolve(uint64_t record, uint16_t field, int64_t value) {
  struct krv_op op = kit_set(record, field, value);
  op.kind = KRV_OP_RESOLVE;
  return op;
}

struct krv_op kit_option(uint64_t record, uint16_t field, uint32_t option, bool on) {
  return (struct krv_op){.kind = on ? KRV_OP_OPTION_ON : KRV_OP_OPTION_OFF,
                         .record = kit_record(record), .field = field, .option = option};
}

struct krv_op kit_append(uint64_t record, uint16_t field, uint64_t item, int64_t value) {
  return (struct krv_op){.kind = KRV_OP_APPEND, .record = kit_record(record), .field = field,
                         .item = kit_record(item), .value = kit_int(value)};
}

struct krv_op kit_delete(uint64_t record, uint8_t type, bool flag) {
  return (struct krv_op){.kind = KRV_OP_DELETE, .record = kit_record(record),
                         .field = (uint16_t)(type << 8), .flag = flag};
}

struct krv_op kit_access(krv_group_ix group, uint8_t mode) {
  return (struct krv_op){.kind = KRV_OP_ACCESS, .group = group, .mode = mode};
}

struct krv_op kit_epoch(uint32_t number, uint8_t key) {
  struct krv_op op = {.kind = KRV_OP_EPOCH, .epoch = number};
  memset(op.key_commit, key, sizeof op.key_commit);
  return op;
}

uint32_t kit_draft(struct kit *kit, const struct kit_replica *r, const struct krv_op *ops,
                   uint32_t count) {
  assert(kit->count < KIT_COMMITS_MAX);
  struct kit_commit *c = &kit->commits[kit->count];
  static struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX];
  c->tip.device = r->device;
  c->tip.n = r->own.n + 1;
  kit->t.env.random(kit->t.env.ctx, c->tip.id.b, sizeof c->tip.id.b);
  c->prev = r->own.id;
  c->body.context_count = krv_lines_context(krv_case_lines(r->kase), &r->own, NULL, 0, room);
  assert(c->body.context_count <= 64);
  memcpy(c->context, room, c->body.context_count * sizeof room[0]);
  c->body.context = c->context;
  c->body.roster_height = kit->height;
  c->body.wall_s = (int64_t)krv_testenv_below(&kit->t, 1u << 30); /* clocks are wrong */
  krv_buf_init(&c->bytes, &kit->t.env);
  krv_ops_begin(&c->bytes, count);
  for (uint32_t i = 0; i < count; i++) krv_op_encode(&ops[i], &c->bytes);
  c->body.ops = krv_buf_slice(&c->bytes);
  if (krv_ops_read(&kit->t.env, c->body.ops, &c->ops) != 0) abort();
  return kit->count++;
}

uint32_t kit_write(struct kit *kit, struct kit_replica *r, const struct krv_op *ops,
                   uint32_t count) {
  uint32_t i = kit_draft(kit, r, ops, count);
  kit_take(kit, r, i);
  r->own = kit->commits[i].tip;
  return i;
}

struct krv_case_commit kit_commit_of(const struct kit *kit, uint32_t i) {
  const struct kit_commit *c = &kit->commits[i];
  return (struct krv_case_commit){c->tip, c->prev, &c->body, &c->ops};
}

static uint32_t number_of(const struct kit *kit, const struct krv_tip *tip) {
  for (uint32_t i = 0; i < kit->count; i++)
    if (krv_tip_compare(&kit->commits[i].tip, tip) == 0) return i;
  abort();
}

static bool add(struct kit *kit, struct kit_replica *r, uint32_t i, enum krv_verdict *verdict) {
  const struct krv_case_commit c = kit_commit_of(kit, i);
  int rc = krv_case_add(r->kase, &kit->rights, &c, verdict);
  if (rc != 0 && rc != KRV_EXISTS && rc != KRV_RESTART) abort();
  return rc != KRV_RESTART;
}

/* Adds i (if below count) and whatever is freed; false on RESTART. */
static bool settle(struct kit *kit, struct kit_replica *r, uint32_t i) {
  enum krv_verdict verdict;
  struct krv_tip tip;
  if (!add(kit, r, i, &verdict)) return false;
  while (krv_case_ready(r->kase, false, &tip) == 0)
    if (!add(kit, r, number_of(kit, &tip), &verdict)) return false;
  return true;
}

static bool again(struct kit *kit, struct kit_replica *r) {
  uint32_t start = (uint32_t)krv_testenv_below(&kit->t, kit->count);
  if (krv_case_reset(r->kase) != 0) abort();
  for (uint32_t k = 0; k < kit->count; k++) {
    uint32_t i = (start + k) % kit->count;
    if (r->has[i] && !settle(kit, r, i)) return false;
  }
  return true;
}

enum krv_verdict kit_take(struct kit *kit, struct kit_replica *r, uint32_t i) {
  r->has[i] = true;
  bool ok = settle(kit, r, i);
  while (!ok) ok = again(kit, r);
  const struct krv_line_commit *c =
      krv_lines_find(krv_case_lines(r->kase), &kit->commits[i].tip);
  return (enum krv_verdict)c->verdict;
}

void kit_sync(struct kit *kit, struct kit_replica *to, const struct kit_replica *from) {
  for (uint32_t i = 0; i < kit->count; i++)
    if (from->has[i] && !to->has[i]) kit_take(kit, to, i);
}

void kit_encode(const struct kit_replica *r, struct krv_buf *out) {
  if (krv_case_encode(r->kase, out) != 0) abort();
}

bool kit_same(struct kit *kit, const struct kit_replica *a, const struct kit_replica *b) {
  struct krv_buf x, y;
  krv_buf_init(&x, &kit->t.env);
  krv_buf_init(&y, &kit->t.env);
  kit_encode(a, &x);
  kit_encode(b, &y);
  bool same = krv_slice_equal(krv_buf_slice(&x), krv_buf_slice(&y));
  krv_buf_release(&x);
  krv_buf_release(&y);
  return same;
}
