/* Key epochs of a case (R14). Void ones never reach the state (case.c), so here
 * every EPOCH counts. */
#include <string.h>

#include "bounds.h"
#include "case_in.h"
#include "hash.h"
#include "status.h"

bool krv_case_epoch_void(const struct krv_case *kase, struct krv_case_eye *eye, uint32_t number) {
  uint32_t count = krv_state_control_count(kase->state), highest = 0;
  for (uint32_t i = 0; i < count; i++) {
    const struct krv_control *c = krv_state_control(kase->state, i);
    if (c->op.kind == KRV_OP_EPOCH && c->op.epoch > highest &&
        krv_case_eye_sees(eye, &krv_state_writer(kase->state, c->writer)->tip))
      highest = c->op.epoch;
  }
  return number != highest + 1 || number > KRV_CASE_EPOCHS_MAX;
}

/* Highest number, then lowest key id. */
static bool better(const struct krv_op *a, const struct krv_op *b) {
  struct krv_id x, y;
  if (!b || a->epoch != b->epoch) return !b || a->epoch > b->epoch;
  krv_key_id(a->key_commit, &x);
  krv_key_id(b->key_commit, &y);
  return krv_id_compare(&x, &y) < 0;
}

static const struct krv_control *chosen(const struct krv_case *kase) {
  uint32_t count = krv_state_control_count(kase->state);
  const struct krv_control *best = NULL;
  for (uint32_t i = 0; i < count; i++) {
    const struct krv_control *c = krv_state_control(kase->state, i);
    if (c->op.kind == KRV_OP_EPOCH && better(&c->op, best ? &best->op : NULL)) best = c;
  }
  return best;
}

/* Is there a removal that the epoch's maker (NULL: the genesis) had not seen? */
static bool lacks_removal(const struct krv_case *kase, const struct krv_case_rights *rights,
                          const struct krv_control *epoch) {
  const struct krv_access_rule rule = krv_case_rule(kase, rights);
  uint32_t count = krv_state_control_count(kase->state);
  for (uint32_t i = 0; i < count; i++) {
    const struct krv_control *c = krv_state_control(kase->state, i);
    if (!krv_access_removes(&rule, &c->op) || (epoch && c->writer == epoch->writer)) continue;
    if (!epoch || !krv_case_sees(rule.ctx, &krv_state_writer(kase->state, epoch->writer)->tip,
                                 &krv_state_writer(kase->state, c->writer)->tip))
      return true;
  }
  return false;
}

/* Has a device left a group of the list by an entry that the epoch's maker did not know? */
static bool lacks_leaving(const struct krv_case *kase, const struct krv_case_rights *rights,
                          const struct krv_control *epoch) {
  uint32_t height = kase->begun;
  struct krv_access_list list;
  if (epoch)
    height = krv_case_view_find(kase, &krv_state_writer(kase->state, epoch->writer)->tip)->height;
  krv_case_access(kase, rights, &list);
  for (uint32_t i = 0; i < list.count; i++)
    if (rights->left_since(rights->ctx, list.items[i].group, height)) return true;
  return false;
}

void krv_case_epoch_now(const struct krv_case *kase, const struct krv_case_rights *rights,
                        struct krv_case_epoch *out) {
  const struct krv_control *epoch = chosen(kase);
  out->number = epoch ? epoch->op.epoch : 0;
  out->maker = epoch ? krv_state_writer(kase->state, epoch->writer)->tip.device : UINT32_MAX;
  memcpy(out->key_commit, epoch ? epoch->op.key_commit : kase->genesis.key_commit,
         sizeof out->key_commit);
  out->rekey = lacks_leaving(kase, rights, epoch) || lacks_removal(kase, rights, epoch);
}

static bool has_key_id(const uint8_t key_commit[KRV_HASH_LEN], const struct krv_id *key_id) {
  struct krv_id own;
  krv_key_id(key_commit, &own);
  return krv_id_equal(&own, key_id);
}

/* Did somebody let the group in whom this writer had not seen? */
static bool let_in_unseen(const struct krv_case *kase, const struct krv_access_rule *rule,
                          uint32_t writer, krv_group_ix group) {
  uint32_t count = krv_state_control_count(kase->state);
  for (uint32_t i = 0; i < count; i++) {
    const struct krv_control *c = krv_state_control(kase->state, i);
    bool lets_in = c->op.kind == KRV_OP_ACCESS && !c->op.flag && c->op.group == group;
    if (lets_in && c->writer != writer &&
        !krv_case_sees(rule->ctx, &krv_state_writer(kase->state, writer)->tip,
                       &krv_state_writer(kase->state, c->writer)->tip))
      return true;
  }
  return false;
}

bool krv_case_epoch_lacks(const struct krv_case *kase, const struct krv_case_rights *rights,
                          const struct krv_id *key_id, krv_group_ix group) {
  const struct krv_access_rule rule = krv_case_rule(kase, rights);
  uint32_t count = krv_state_control_count(kase->state);
  for (uint32_t i = 0; i < count; i++) {
    const struct krv_control *c = krv_state_control(kase->state, i);
    if (c->op.kind == KRV_OP_EPOCH && has_key_id(c->op.key_commit, key_id))
      return let_in_unseen(kase, &rule, c->writer, group);
  }
  return false; /* the genesis key: whoever lets in grants it */
}

bool krv_case_key_commit(const struct krv_case *kase, const struct krv_id *key_id, uint32_t *epoch,
                         uint8_t key_commit[32]) {
  uint32_t count = krv_state_control_count(kase->state), number = 0;
  const uint8_t *found = has_key_id(kase->genesis.key_commit, key_id) ? kase->genesis.key_commit
                                                                      : NULL;
  for (uint32_t i = 0; !found && i < count; i++) {
    const struct krv_op *op = &krv_state_control(kase->state, i)->op;
    if (op->kind != KRV_OP_EPOCH || !has_key_id(op->key_commit, key_id)) continue;
    found = op->key_commit;
    number = op->epoch;
  }
  *epoch = number;
  if (found) memcpy(key_commit, found, KRV_HASH_LEN);
  else memset(key_commit, 0, KRV_HASH_LEN);
  return found != NULL;
}
