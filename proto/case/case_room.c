/* How many operations of control a case takes (I6): access is judged with every pair of them on a
 * group. A commit that would pass the bound waits, held, and stops nothing else. What is taken is
 * in the order of arrival: only beyond a bound, which no honest case comes near, can two vaults
 * hold different commits. */
#include "bounds.h"
#include "case_in.h"

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
