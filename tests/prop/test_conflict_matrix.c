/* F22: every pair of operation kinds, written at the same time by two of three
 * devices while the third writes as well, in every order of arrival: the same
 * bytes, and nothing that was written is lost. */
#include <stdlib.h>

#include "casekit.h"
#include "mock.h"
#include "naive.h"

enum { KINDS = 12, DEVICES = 3, PERMUTATIONS = 6 };
static const uint32_t permutations[PERMUTATIONS][DEVICES] = {
    {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* All on one record, and on one field where the kind has one. */
static struct krv_op op_of(uint32_t kind, int64_t value) {
  switch (kind) {
    case 0: return kit_set(1, 0x201, value);
    case 1: return kit_resolve(1, 0x201, value);
    case 2: return kit_option(1, 0x201, 3, true);
    case 3: return kit_option(1, 0x201, 3, false);
    case 4: return kit_append(1, 0x201, 7, value);
    case 5: return kit_append(1, 0x201, 7, 100); /* the same item by both */
    case 6: return kit_delete(1, 2, true);
    case 7: return kit_delete(1, 2, false);
    case 8: return kit_access(5, KRV_ACCESS_WRITE);
    case 9: return kit_access(5, KRV_ACCESS_NONE);
    case 10: return kit_access(3, KRV_ACCESS_READ); /* device 2's own group */
    default: return kit_epoch(1, (uint8_t)value);
  }
}

static bool written_by(const struct krv_case *kase, const struct krv_op *op,
                       const struct krv_tip *tip) {
  const struct krv_state *state = krv_case_state(kase);
  for (uint32_t i = 0; i < krv_state_reg_count(state); i++) {
    const struct krv_reg *reg = krv_state_reg(state, i);
    for (uint32_t v = 0; v < reg->count; v++)
      if (reg->values[v].kind == op->kind &&
          krv_tip_compare(&krv_state_writer(state, reg->values[v].writer)->tip, tip) == 0)
        return true;
  }
  for (uint32_t i = 0; i < krv_state_item_count(state); i++)
    if (op->kind == KRV_OP_APPEND && krv_slice_equal(krv_state_item(state, i)->value, op->value))
      return true;
  for (uint32_t i = 0; i < krv_state_control_count(state); i++)
    if (krv_tip_compare(&krv_state_writer(state, krv_state_control(state, i)->writer)->tip, tip) ==
        0)
      return true;
  return false;
}

/* Three concurrent commits over a common one; then a reader for each order. */
static void try_cell(uint32_t a, uint32_t b, const uint32_t *who) {
  struct kit kit;
  struct kit_replica writers[DEVICES], first, reader;
  struct krv_op ops[DEVICES] = {op_of(a, 1), op_of(b, 2), op_of(a, 3)};
  struct krv_op base = kit_set(1, 0x201, 9);
  uint32_t commits[DEVICES], root;
  kit_init(&kit, 22, DEVICES);
  for (uint32_t d = 0; d < DEVICES; d++) kit_replica_init(&kit, &writers[d], d);
  root = kit_write(&kit, &writers[0], &base, 1);
  for (uint32_t d = 1; d < DEVICES; d++) kit_take(&kit, &writers[d], root);
  for (uint32_t k = 0; k < DEVICES; k++)
    commits[k] = kit_write(&kit, &writers[who[k]], &ops[k], 1);

  for (uint32_t p = 0; p < PERMUTATIONS; p++) {
    struct kit_replica *r = p == 0 ? &first : &reader;
    kit_replica_init(&kit, r, 0);
    kit_take(&kit, r, root);
    for (uint32_t k = 0; k < DEVICES; k++)
      assert_int_equal(kit_take(&kit, r, commits[permutations[p][k]]), KRV_VERDICT_APPLIED);
    assert_true(kit_same(&kit, &first, r));
    for (uint32_t k = 0; k < DEVICES; k++)
      assert_true(written_by(r->kase, &ops[k], &kit.commits[commits[k]].tip));
    if (p > 0) kit_replica_release(&reader);
  }
  struct naive *m = naive_new(&kit, first.has);
  assert_int_equal(naive_compare(m, first.kase), 0);
  free(m);
  kit_replica_release(&first);
  for (uint32_t d = 0; d < DEVICES; d++) kit_replica_release(&writers[d]);
  kit_release(&kit);
}

static void every_pair_of_kinds_by_every_device_in_every_order_keeps_both(void **state) {
  (void)state;
  for (uint32_t a = 0; a < KINDS; a++)
    for (uint32_t b = 0; b < KINDS; b++)
      for (uint32_t who = 0; who < PERMUTATIONS; who++) try_cell(a, b, permutations[who]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_pair_of_kinds_by_every_device_in_every_order_keeps_both),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
