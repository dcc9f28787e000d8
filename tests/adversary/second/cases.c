/* cases: items as they come, keys, lines, delivery, rights, and what a case then says. */
#include <msgpack.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "second.h"

enum { F_DEVICE = 1, F_PREV4 = 2, F_PREV16 = 4, F_VOUCH = 8, F_SAME = 16, F_EPOCH0 = 2,
       F_TO_DEVICE = 4 };
enum { SUITE_KIND = 0x11, SET = 0, RESOLVE = 5 };

struct kase *cases;
size_t case_count;
struct reader reader;
static uint8_t last_case[16];
static bool has_last;

void case_forget_last(void) {
  has_last = false;
}

static struct kase *find_case(const uint8_t id[16]) {
  for (size_t i = 0; i < case_count; i++)
    if (same(cases[i].id, id, 16)) return &cases[i];
  return NULL;
}

struct kase *case_named(const char *hex) {
  uint8_t id[16];
  CHECK(sodium_hex2bin(id, 16, hex, strlen(hex), NULL, NULL, NULL) == 0, "no case id: %s", hex);
  struct kase *kase = find_case(id);
  CHECK(kase, "no such case: %s", hex);
  return kase;
}

/* 6.4 */
static struct kase *read_case(struct slice *in, uint64_t flags) {
  if (!(flags & F_SAME)) take_to(in, last_case, 16);
  else CHECK(has_last, "6.4: no case before");
  has_last = true;
  struct kase *kase = find_case(last_case);
  CHECK(kase, "7.3: an item of a case whose genesis has not come");
  return kase;
}

/* ---- lines */

static struct commit *by_id(const struct kase *kase, const uint8_t id[16]) {
  for (size_t i = 0; i < kase->commit_count; i++)
    if (same(kase->commits[i].id, id, 16)) return &kase->commits[i];
  return NULL;
}

static const struct commit *below(const struct kase *kase, const struct commit *c) {
  return c->n > 1 ? by_id(kase, c->prev) : NULL;
}

static bool fits(const struct entry *entry, const struct commit *c) {
  return c->delivered && c->device == entry->device && c->n == entry->n &&
         same(c->id, entry->id8, 8);
}

static bool on_line(const struct kase *kase, const struct commit *top, const struct commit *w) {
  while (top && top != w) top = below(kase, top);
  return top != NULL;
}

/* m. 1 */
bool case_seen(const struct kase *kase, const struct commit *c, const struct commit *w) {
  if (on_line(kase, below(kase, c), w)) return true;
  for (size_t e = 0; e < c->entry_count; e++)
    for (size_t i = 0; i < kase->commit_count; i++)
      if (fits(&c->entries[e], &kase->commits[i]) && on_line(kase, &kase->commits[i], w))
        return true;
  return false;
}

/* The one held commit at n - 1 that begins so (5.7). */
static void fill_prev(const struct kase *kase, struct commit *c, const uint8_t *start, size_t n) {
  unsigned found = 0;
  for (size_t i = 0; i < kase->commit_count; i++) {
    const struct commit *w = &kase->commits[i];
    if (w->device != c->device || w->n + 1 != c->n || !same(w->id, start, n)) continue;
    memcpy(c->prev, w->id, 16);
    found++;
  }
  CHECK(found == 1, "5.7: %u commits fit prev", found);
}

/* ---- commits */

static void make_ad(const struct kase *kase, struct commit *c) {
  struct buf ad = {0};
  put_u(&ad, 1, 1);
  put_u(&ad, 1, 1);
  put(&ad, roster.programme, 16);
  put(&ad, kase->id, 16);
  CHECK(c->device < roster.device_count, "6.6: an author who is not in the roster");
  put(&ad, roster.devices[c->device].id, 16);
  put_u(&ad, c->n, 8);
  put(&ad, c->prev, 16);
  put_u(&ad, c->epoch, 4);
  put(&ad, c->key_id4, 4);
  CHECK(ad.n == sizeof c->ad, "c. Commits: AD is %zu bytes", ad.n);
  memcpy(c->ad, ad.p, ad.n);
  drop(&ad);
}

static void keep_commit(struct kase *kase, struct commit *c) {
  make_ad(kase, c);
  commit_name(c);
  if (by_id(kase, c->id)) return;
  kase->commits = more(kase->commits, kase->commit_count, sizeof *kase->commits);
  kase->commits[kase->commit_count++] = *c;
}

static void read_salt(struct slice *in, uint64_t flags, struct commit *c) {
  take_to(in, c->salt, 16);
  if (flags & F_VOUCH) (void)take(in, 16);
  CHECK(in->n >= 64 + 64 + 16, "5.7: ciphertext of %zu bytes", in->n);
  c->ciphertext = copy(*in);
}

static void on_commit(struct slice in) {
  struct commit c = {.at_server = true};
  uint64_t flags = take_u(&in, 1);
  CHECK(take_u(&in, 1) == SUITE_KIND && flags < 32 && (flags & F_DEVICE), "5.7: flags");
  c.device = take_index(&in);
  struct kase *kase = read_case(&in, flags);
  c.n = take_varint(&in);
  size_t prev = flags & F_PREV4 ? 4 : flags & F_PREV16 ? 16 : 0;
  CHECK(c.n > 0 && (c.n == 1) == (prev == 0) && (flags & 6) != 6, "5.7: prev");
  struct slice start = take(&in, prev);
  if (prev == 16) memcpy(c.prev, start.p, 16);
  if (prev == 4) fill_prev(kase, &c, start.p, prev);
  c.epoch = (uint32_t)take_varint(&in);
  if (c.epoch) take_to(&in, c.key_id4, 4);
  read_salt(&in, flags, &c);
  keep_commit(kase, &c);
}

static void on_genesis(struct slice in) {
  struct kase fresh = {.list = NULL};
  struct commit c = {.n = 1, .at_server = true};
  uint64_t flags = take_u(&in, 1);
  CHECK(take_u(&in, 1) == SUITE_KIND && (flags & ~(uint64_t)F_VOUCH) == F_DEVICE, "5.8: flags");
  c.device = take_index(&in);
  take_to(&in, fresh.key_commit, 32);
  struct slice list = in;
  uint64_t count = take_varint(&in);
  CHECK(count <= 64 && c.device < roster.device_count, "5.8: list");
  for (; fresh.list_count < count; fresh.list_count++) {
    fresh.list = more(fresh.list, fresh.list_count, sizeof *fresh.list);
    struct mode *m = &fresh.list[fresh.list_count];
    *m = (struct mode){take_index(&in), (uint32_t)take_u(&in, 1)};
    CHECK((m->mode == 1 || m->mode == 2) && (fresh.list_count == 0 || m->group > m[-1].group),
          "5.8: list");
  }
  list.n -= in.n;
  H(fresh.id, 16, "krv case", slice(roster.programme, 16), slice(roster.devices[c.device].id, 16),
    slice(fresh.key_commit, 32), list);
  memcpy(last_case, fresh.id, 16);
  has_last = true;
  read_salt(&in, flags, &c);
  if (!find_case(fresh.id)) {
    cases = more(cases, case_count, sizeof *cases);
    cases[case_count++] = fresh;
  }
  keep_commit(find_case(fresh.id), &c);
}

static void on_grant(struct slice in) {
  struct grant g = {.epoch = 0};
  uint64_t flags = take_u(&in, 1);
  const uint64_t known = F_DEVICE | F_EPOCH0 | F_TO_DEVICE | F_SAME;
  CHECK((flags & ~known) == 0 && (flags & F_DEVICE), "5.9: flags");
  struct kase *kase = read_case(&in, flags);
  if (flags & F_EPOCH0) {
    H(g.key_id, 16, "krv key id", slice(kase->key_commit, 32));
  } else {
    g.epoch = (uint32_t)take_varint(&in);
    CHECK(g.epoch > 0, "5.9: epoch");
    take_to(&in, g.key_id, 16);
  }
  g.group = take_index(&in);
  g.group_epoch = (uint32_t)take_varint(&in);
  uint64_t mode = take_u(&in, 1);
  g.giver = take_index(&in);
  g.to_device = (flags & F_TO_DEVICE) != 0;
  if (g.to_device) g.device = take_index(&in);
  take_to(&in, g.envelope, 48);
  take_end(&in);
  CHECK((mode == 1 || mode == 2) && g.giver < roster.device_count && g.group < roster.group_count,
        "5.9: mode, giver or group");
  kase->grants = more(kase->grants, kase->grant_count, sizeof *kase->grants);
  kase->grants[kase->grant_count++] = g;
}

void case_item(uint8_t kind, struct slice payload) {
  if (kind == M_GENESIS) on_genesis(payload);
  else if (kind == M_COMMIT) on_commit(payload);
  else on_grant(payload);
}

/* ---- keys (c. Keys of a case, Envelopes) */

const struct key *case_key(const struct kase *kase, const uint8_t id[16]) {
  for (size_t i = 0; i < kase->key_count; i++)
    if (same(kase->keys[i].id, id, 16)) return &kase->keys[i];
  return NULL;
}

static void open_grant(struct kase *kase, const struct grant *g) {
  const struct group *group = &roster.groups[g->group];
  bool known = g->group_epoch < group->epoch_count && group->epochs[g->group_epoch].has_secret;
  if (g->to_device ? g->device != reader.device : !known) return;
  struct pair receiver =
      g->to_device ? reader.seal : pair_from(group->epochs[g->group_epoch].secret);
  struct key key = {.epoch = g->epoch};
  if (!envelope_open(&receiver, roster.devices[g->giver].seal_pk, GRANT_PURPOSE, g->key_id,
                     g->envelope, key.key))
    return; /* shadows nothing */
  H(key.commit, 32, "krv key commit", slice(key.key, 32));
  H(key.id, 16, "krv key id", slice(key.commit, 32));
  if (!same(key.id, g->key_id, 16) || case_key(kase, key.id)) return;
  kase->keys = more(kase->keys, kase->key_count, sizeof *kase->keys);
  kase->keys[kase->key_count++] = key;
}

static void open_with_keys(const struct kase *kase, struct commit *c) {
  for (size_t k = 0; k < kase->key_count && !c->opened; k++) {
    const struct key *key = &kase->keys[k];
    if (key->epoch != c->epoch || (c->epoch > 0 && !same(key->id, c->key_id4, 4))) continue;
    commit_open(c, key, roster.devices[c->device].sign_pk);
  }
}

/* ---- delivery (m. 2) */

static bool causes_delivered(const struct kase *kase, const struct commit *c) {
  if (c->n > 1 && !(below(kase, c) && below(kase, c)->delivered)) return false;
  for (size_t e = 0; e < c->entry_count; e++) {
    bool found = false;
    for (size_t i = 0; i < kase->commit_count; i++)
      found |= fits(&c->entries[e], &kase->commits[i]);
    if (!found) return false;
  }
  return true;
}

void case_settle(struct kase *kase) {
  for (size_t i = 0; i < kase->grant_count; i++) open_grant(kase, &kase->grants[i]);
  for (size_t i = 0; i < kase->commit_count; i++) open_with_keys(kase, &kase->commits[i]);
  for (bool again = true; again;) {
    again = false;
    for (size_t i = 0; i < kase->commit_count; i++) {
      struct commit *c = &kase->commits[i];
      if (c->delivered || !c->opened || !causes_delivered(kase, c)) continue;
      c->applied = case_may_write(kase, c, c->device, c->height);
      c->delivered = again = true;
    }
  }
}

/* ---- writing */

static bool is_tip(const struct kase *kase, const struct commit *c) {
  for (size_t i = 0; i < kase->commit_count; i++)
    if (kase->commits[i].delivered && kase->commits[i].n > 1 &&
        same(kase->commits[i].prev, c->id, 16))
      return false;
  return c->delivered;
}

static int by_dot(const void *a, const void *b) {
  const struct entry *x = a, *y = b;
  if (x->device != y->device) return x->device < y->device ? -1 : 1;
  if (x->n != y->n) return x->n < y->n ? -1 : 1;
  return memcmp(x->id8, y->id8, 8);
}

/* m. 1: the tips of other lines, or the nearest below that has effect; own line is prev. */
static void name_tips(const struct kase *kase, struct commit *c) {
  for (size_t i = 0; i < kase->commit_count; i++) {
    const struct commit *tip = &kase->commits[i];
    if (!is_tip(kase, tip)) continue;
    if (tip->device == reader.device) {
      CHECK(c->n == 1, "m. 1: this vault has forked");
      c->n = tip->n + 1;
      memcpy(c->prev, tip->id, 16);
      continue;
    }
    while (tip && !tip->applied) tip = below(kase, tip);
    if (!tip) continue;
    c->entries = more(c->entries, c->entry_count, sizeof *c->entries);
    struct entry *entry = &c->entries[c->entry_count++];
    *entry = (struct entry){.device = tip->device, .n = tip->n};
    memcpy(entry->id8, tip->id, 8);
  }
  if (c->entry_count) qsort(c->entries, c->entry_count, sizeof *c->entries, by_dot);
}

static int write_to(void *buf, const char *p, size_t n) {
  put(buf, p, n);
  return 0;
}

static void make_ops(uint32_t field, const char *text, struct buf *out) {
  msgpack_packer packer;
  msgpack_packer_init(&packer, out, write_to);
  msgpack_pack_array(&packer, 1);
  msgpack_pack_array(&packer, 4);
  msgpack_pack_uint32(&packer, SET);
  msgpack_pack_uint32(&packer, 0);
  msgpack_pack_uint32(&packer, field);
  msgpack_pack_str(&packer, strlen(text));
  msgpack_pack_str_body(&packer, text, strlen(text));
}

/* 5.7, in its own session: no device, 4 bytes of prev. */
static void put_commit(const struct kase *kase, const struct commit *c, struct buf *out) {
  put_u(out, c->n > 1 ? F_PREV4 : 0, 1);
  put_u(out, SUITE_KIND, 1);
  put(out, kase->id, 16);
  put_varint(out, c->n);
  put(out, c->prev, c->n > 1 ? 4 : 0);
  put_varint(out, c->epoch);
  put(out, c->key_id4, c->epoch ? 4 : 0);
  put(out, c->salt, 16);
  put(out, c->ciphertext.p, c->ciphertext.n);
}

void case_set(struct kase *kase, uint32_t field, const char *text, struct buf *out) {
  struct commit c = {.device = reader.device, .n = 1};
  struct buf ops = {0};
  const struct key *key = case_key_for_next(kase);
  CHECK(case_may_write(kase, NULL, reader.device, NOW), "m. 2: this device may not write here");
  name_tips(kase, &c);
  c.epoch = key->epoch;
  if (c.epoch) memcpy(c.key_id4, key->id, 4);
  make_ad(kase, &c);
  make_ops(field, text, &ops);
  commit_seal(&c, key, slice(ops.p, ops.n));
  drop(&ops);
  put_commit(kase, &c, out);
  /* kept as what it is: sealed, then opened again like anybody's */
  free(c.entries);
  c.entries = NULL;
  c.entry_count = 0;
  keep_commit(kase, &c);
  case_settle(kase);
  CHECK(by_id(kase, c.id)->applied, "own commit does not open");
}

/* ---- reading (m. 4, Registers) */

static bool overwritten(const struct kase *kase, struct place a) {
  for (size_t i = 0; i < kase->commit_count; i++) {
    const struct commit *c = &kase->commits[i];
    for (size_t o = 0; c->applied && o < c->op_count; o++) {
      const struct op *op = &c->ops[o];
      bool same_key =
          (op->kind == SET || op->kind == RESOLVE) && op->flat && op->field == a.op->field;
      if (same_key && op != a.op && case_knows(kase, (struct place){c, op}, a)) return true;
    }
  }
  return false;
}

static void show_value(struct slice value) {
  uint8_t head = value.n ? value.p[0] : 0;
  size_t skip = head >> 5 == 5 ? 1 : head == 0xd9 ? 2 : head == 0xda ? 3 : head == 0xdb ? 5 : 0;
  if (skip && skip <= value.n) fwrite(value.p + skip, 1, value.n - skip, stdout);
  else print_hex(value.p, value.n);
}

void case_show(const struct kase *kase) {
  size_t zipped = 0, applied = 0;
  for (size_t i = 0; i < kase->commit_count; i++) {
    const struct commit *c = &kase->commits[i];
    applied += c->applied;
    zipped += c->zipped;
    for (size_t o = 0; c->applied && o < c->op_count; o++) {
      const struct op *op = &c->ops[o];
      if ((op->kind != SET && op->kind != RESOLVE) || !op->flat) continue;
      if (overwritten(kase, (struct place){c, op})) continue;
      printf("field %u by device %u: ", op->field, c->device);
      show_value(op->value);
      printf("\n");
    }
  }
  printf("case ");
  print_hex(kase->id, 16);
  printf(": %zu commits, %zu applied, %zu zipped, %zu keys\n", kase->commit_count, applied, zipped,
         kase->key_count);
}
