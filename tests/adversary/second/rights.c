/* rights: who may do what with a case as one commit's author knew it, and under which key the next
 * commit goes (merge.md 2 and 4). */
#include <string.h>

#include "second.h"

enum { OFFICE = 1, ACCESS = 6, NEW_EPOCH = 7, WRITE = 2 };

/* ---- rights (m. 2) */

bool case_knows(const struct kase *kase, struct place a, struct place b) {
  return a.c == b.c ? a.op > b.op : case_seen(kase, a.c, b.c);
}

/* The i-th access operation on the group that the viewpoint has seen; false after the last. */
static bool access_at(const struct kase *kase, const struct commit *viewpoint, uint32_t group,
                      size_t i, struct place *out) {
  for (size_t k = 0; k < kase->commit_count; k++) {
    const struct commit *c = &kase->commits[k];
    if (!c->applied || (viewpoint && !case_seen(kase, viewpoint, c))) continue;
    for (size_t o = 0; o < c->op_count; o++) {
      const struct op *op = &c->ops[o];
      if (op->kind != ACCESS || op->group != group || (group == OFFICE && op->mode != WRITE))
        continue;
      *out = (struct place){c, op};
      if (i-- == 0) return true;
    }
  }
  return false;
}

/* Has it seen every removal in view? The genesis (c NULL) has seen none. */
static bool counts(const struct kase *kase, const struct commit *v, uint32_t group,
                   struct place a) {
  struct place r;
  for (size_t i = 0; access_at(kase, v, group, i, &r); i++)
    if (r.op->mode == 0 && !(a.c && case_knows(kase, a, r))) return false;
  return true;
}

static bool replaced(const struct kase *kase, const struct commit *v, uint32_t group,
                     struct place a) {
  struct place b;
  for (size_t i = 0; access_at(kase, v, group, i, &b); i++)
    if (b.op != a.op && b.op->mode != 0 && case_knows(kase, b, a) && counts(kase, v, group, b))
      return true;
  return false;
}

static uint32_t mode_of(const struct kase *kase, const struct commit *v, uint32_t group) {
  struct place a;
  uint32_t lowest = 0;
  for (size_t i = 0; access_at(kase, v, group, i, &a); i++) {
    if (a.op->mode == 0 || !counts(kase, v, group, a) || replaced(kase, v, group, a)) continue;
    if (lowest == 0 || a.op->mode < lowest) lowest = a.op->mode;
  }
  if (lowest || !counts(kase, v, group, (struct place){NULL, NULL})) return lowest;
  for (size_t i = 0; i < kase->list_count; i++)
    if (kase->list[i].group == group) return kase->list[i].mode;
  return 0;
}

bool case_may_write(const struct kase *kase, const struct commit *c, uint32_t device,
                    uint32_t height) {
  for (uint32_t g = 0; g < roster.group_count; g++)
    if (roster_member(device, g, height, true) && mode_of(kase, c, g) == WRITE) return true;
  return false;
}

/* ---- the key of the next commit (m. 4, Epochs) */

static bool removal_unknown_to(const struct kase *kase, const struct commit *maker) {
  struct place r;
  for (uint32_t g = 0; g < roster.group_count; g++)
    for (size_t i = 0; access_at(kase, NULL, g, i, &r); i++)
      if (r.op->mode == 0 && r.c != maker && !(maker && case_seen(kase, maker, r.c))) return true;
  return false;
}

const struct key *case_key_for_next(const struct kase *kase) {
  struct key best = {.epoch = 0};
  const struct commit *maker = NULL;
  H(best.id, 16, "krv key id", slice(kase->key_commit, 32));
  for (size_t i = 0; i < kase->commit_count; i++)
    for (size_t o = 0; kase->commits[i].applied && o < kase->commits[i].op_count; o++) {
      const struct op *op = &kase->commits[i].ops[o];
      uint8_t id[16];
      H(id, 16, "krv key id", slice(op->key_commit, 32));
      bool better =
          op->kind == NEW_EPOCH &&
          (op->number > best.epoch || (op->number == best.epoch && memcmp(id, best.id, 16) < 0));
      if (!better) continue;
      best.epoch = op->number;
      memcpy(best.id, id, 16);
      maker = &kase->commits[i];
    }
  CHECK(!removal_unknown_to(kase, maker),
        "m. 4: the next epoch is due, which this client cannot make");
  const struct key *key = case_key(kase, best.id);
  CHECK(key, "no grant of epoch %u has come", best.epoch);
  return key;
}
