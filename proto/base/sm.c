#include "sm.h"

#include <assert.h>

enum { STATES_MAX = 32 }; /* bits of krv_sm_state.next */

static void enter(struct krv_sm *sm, unsigned state, uint64_t now_ms) {
  uint32_t deadline_ms = sm->table->states[state].deadline_ms;
  sm->state = state;
  sm->deadline_ms = deadline_ms == 0 ? UINT64_MAX : now_ms + deadline_ms;
}

void krv_sm_init(struct krv_sm *sm, const struct krv_sm_table *table, unsigned first,
                 uint64_t now_ms) {
  assert(table->count <= STATES_MAX && first < table->count);
  sm->table = table;
  enter(sm, first, now_ms);
}

bool krv_sm_may(const struct krv_sm *sm, unsigned to) {
  return to < sm->table->count && (sm->table->states[sm->state].next >> to & 1) != 0;
}

void krv_sm_move(struct krv_sm *sm, const struct krv_env *env, const void *machine, unsigned to,
                 uint64_t now_ms) {
  assert(krv_sm_may(sm, to));
  krv_trace(env, KRV_TRACE_STATE, (int64_t)sm->state, (int64_t)to);
  enter(sm, to, now_ms);
  assert(!sm->table->invariant || sm->table->invariant(machine));
  (void)machine; /* read by the assertion only */
}

bool krv_sm_late(const struct krv_sm *sm, uint64_t now_ms) {
  return now_ms >= sm->deadline_ms && sm->deadline_ms != UINT64_MAX;
}
