/* What a case has room for (I6): so much in all, since a row holds it, and so many operations of
 * control, since access is judged with every pair of them on a group. A commit that would pass a
 * bound waits, held, and stops nothing else. What is taken is in the order of arrival: only beyond
 * a bound, which no honest case comes near, can two vaults hold different commits. */
#include "bounds.h"
#include "case_in.h"

/* Of everybody's commits, or of one device's. */
static uint64_t views_weight(const struct krv_case *kase, const krv_device_ix *device) {
  enum { ENTRY_SIZE_MAX = 5 + 10 + 8 };
  uint64_t weight = 0;
  for (size_t i = 0; i < kase->view_count; i++) {
    const struct krv_case_view *view = &kase->views[i];
    if (device && view->tip.device != *device) continue;
    weight += KRV_WEIGHT_EACH + (uint64_t)view->count * ENTRY_SIZE_MAX;
  }
  return weight;
}

bool krv_case_has_room(const struct krv_case *kase, krv_device_ix device, uint32_t spare) {
  uint64_t all = krv_state_weight(kase->state) + views_weight(kase, NULL) + spare;
  if (all <= KRV_CASE_OF_ONE_MAX) return true; /* nobody has more */
  if (all > KRV_CASE_SIZE_MAX) return false;
  uint64_t own = krv_state_weight_of(kase->state, device) + views_weight(kase, &device) + spare;
  return own <= KRV_CASE_OF_ONE_MAX;
}

static uint32_t of_kind(const struct krv_ops *ops, enum krv_op_kind kind) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < ops->count; i++) count += ops->items[i].kind == kind;
  return count;
}

static bool fits(const struct krv_case *kase, krv_device_ix device, const struct krv_ops *ops,
                 enum krv_op_kind kind, uint32_t most) {
  uint32_t more = of_kind(ops, kind), controls = krv_state_control_count(kase->state);
  uint32_t all = more, own = more;
  if (more == 0) return true;
  for (uint32_t i = 0; i < controls; i++) {
    const struct krv_control *c = krv_state_control(kase->state, i);
    if (c->op.kind != kind) continue;
    all++;
    own += krv_state_writer(kase->state, c->writer)->tip.device == device;
  }
  return all <= most && own <= KRV_CASE_CONTROLS_OF_ONE_MAX;
}

/* One device alone cannot use up the room: what another writes may need an epoch of its own, and
 * could not be written then (R14: nobody freezes a case). */
bool krv_case_takes(const struct krv_case *kase, krv_device_ix device, const struct krv_ops *ops) {
  return fits(kase, device, ops, KRV_OP_ACCESS, KRV_CASE_ACCESS_MAX) &&
         fits(kase, device, ops, KRV_OP_EPOCH, KRV_CASE_EPOCHS_MAX);
}
