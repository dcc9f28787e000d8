/* sm: the runner of state machines. A machine is a const table that says which
 * state may follow which; every move is checked against it, and a move that the
 * table lacks is a programming error (assert). The diagram stands at the top of
 * the machine's own file. */
#ifndef KRV_SM_H
#define KRV_SM_H

#include <stdbool.h>
#include <stdint.h>

#include "env.h"

struct krv_sm_state {
  const char *name;
  uint32_t next;        /* bit s: state s may follow */
  uint32_t deadline_ms; /* from entering the state; 0 only for final states */
};

struct krv_sm_table {
  const struct krv_sm_state *states;
  unsigned count; /* at most 32 */
  bool (*invariant)(const void *machine); /* holds after each move; may be NULL */
};

struct krv_sm {
  const struct krv_sm_table *table;
  unsigned state;
  uint64_t deadline_ms; /* absolute, mono; UINT64_MAX: none */
};

void krv_sm_init(struct krv_sm *sm, const struct krv_sm_table *table, unsigned first,
                 uint64_t now_ms);
/* Whether the table lets state `to` follow the present one. */
bool krv_sm_may(const struct krv_sm *sm, unsigned to);
/* Asserts krv_sm_may, and the invariant afterwards; traces the move. */
void krv_sm_move(struct krv_sm *sm, const struct krv_env *env, const void *machine, unsigned to,
                 uint64_t now_ms);
/* Whether the state's deadline has come. */
bool krv_sm_late(const struct krv_sm *sm, uint64_t now_ms);

#endif
