/* state_in: the inside of struct krv_state, for state*.c only.
 *
 * Invariants
 *  S1 regs, items and controls are sorted by their keys; a register's values by
 *     (writer's tip, place), one per writer.
 *  S2 slots are referred to by number, so they never move; order lists the used
 *     ones by tip. A slot's refs counts the values, items and controls that name it;
 *     at 0 it joins the free list: only writers that something refers to are kept.
 *  S3 every value is an allocation of its own, but for bools, which are static.
 *  S4 weight is the sum of krv_weight over values and items, and that of an empty one for each
 *     control operation. */
#ifndef KRV_STATE_IN_H
#define KRV_STATE_IN_H

#include "parts.h"
#include "state.h"

enum { KRV_SLOT_NONE = UINT32_MAX };

struct krv_slot {
  struct krv_writer writer;
  uint32_t refs;
  uint32_t next_free;
};

struct krv_state {
  const struct krv_env *env;
  struct krv_slot *slots;
  size_t slot_count, slot_cap;
  uint32_t free_slot;
  uint32_t *order;
  size_t order_count, order_cap;
  struct krv_reg *regs;
  size_t reg_count, reg_cap;
  struct krv_item *items;
  size_t item_count, item_cap;
  struct krv_control *controls;
  size_t control_count, control_cap;
  uint64_t weight;
};

/* A key of either kind: registers have no item and no value. */
struct krv_key_of {
  const struct krv_record_id *record;
  uint16_t field;
  uint32_t option;
};
int krv_key_compare(const struct krv_key_of *a, const struct krv_key_of *b);
struct krv_key_of krv_reg_key(const struct krv_reg *reg);
/* The place of the first register or item that is not below the key; *found: it is the key's. */
size_t krv_reg_place(const struct krv_state *state, const struct krv_key_of *key, bool *found);
size_t krv_item_place(const struct krv_state *state, const struct krv_item *key, bool *found);
int krv_item_compare(const struct krv_item *a, const struct krv_item *b);

int krv_writer_compare(const struct krv_state *state, uint32_t a, uint32_t b);

/* Room for count more of everything, and one more writer. NOMEM, nothing visible changed. */
int krv_state_reserve(struct krv_state *state, size_t count);
/* Room for need elements altogether. */
int krv_reserve(const struct krv_env *env, void *items_p, size_t *cap, size_t need, size_t size);
/* A slot for a writer that is not there yet, with no references. Room is reserved. */
uint32_t krv_slot_take(struct krv_state *state, const struct krv_writer *writer);
void krv_slot_drop(struct krv_state *state, uint32_t slot); /* when nothing refers to it */
void krv_slot_unref(struct krv_state *state, uint32_t slot);

uint64_t krv_weight(struct krv_slice value);

/* A copy that the state may own; bools are static. data NULL: NOMEM. */
struct krv_slice krv_value_copy(const struct krv_env *env, struct krv_slice value);
struct krv_slice krv_value_bool(bool v);
void krv_value_drop(const struct krv_env *env, struct krv_slice value);

#endif
