#include "hex.h"
#include "sm.h"
#include "testenv.h"

enum { IDLE, OPEN, CLOSED };

#ifdef NDEBUG
enum { INVARIANTS_PER_MOVE = 0 }; /* assertions are compiled out */
#else
enum { INVARIANTS_PER_MOVE = 1 };
#endif

static bool invariant(const void *machine) {
  ++*(unsigned *)(uintptr_t)machine; /* counts its calls */
  return true;
}

static const struct krv_sm_state states[] = {
    [IDLE] = {"idle", 1u << OPEN | 1u << CLOSED, 1000},
    [OPEN] = {"open", 1u << CLOSED | 1u << OPEN, 5000},
    [CLOSED] = {"closed", 0, 0},
};
static const struct krv_sm_table table = {states, 3, invariant};

static void only_moves_of_the_table_may_be_made(void **state) {
  (void)state;
  static const bool may[3][3] = {{false, true, true}, {false, true, true}, {false, false, false}};
  for (unsigned from = 0; from < 3; from++) {
    struct krv_sm sm;
    krv_sm_init(&sm, &table, from, 0);
    for (unsigned to = 0; to < 3; to++) assert_int_equal(krv_sm_may(&sm, to), may[from][to]);
    assert_false(krv_sm_may(&sm, 3));
    assert_false(krv_sm_may(&sm, 32));
    assert_false(krv_sm_may(&sm, UINT32_MAX));
  }
}

static void each_state_has_its_deadline_from_entering(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_sm sm;
  unsigned checks = 0;
  krv_testenv_init(&t, 1);
  krv_sm_init(&sm, &table, IDLE, 100);
  assert_false(krv_sm_late(&sm, 1099));
  assert_true(krv_sm_late(&sm, 1100));
  krv_sm_move(&sm, &t.env, &checks, OPEN, 500);
  assert_int_equal(sm.state, OPEN);
  assert_false(krv_sm_late(&sm, 5499));
  assert_true(krv_sm_late(&sm, 5500));
  krv_sm_move(&sm, &t.env, &checks, CLOSED, 600);
  assert_false(krv_sm_late(&sm, UINT64_MAX));
  assert_int_equal(sm.deadline_ms, UINT64_MAX);
  assert_int_equal(checks, 2 * INVARIANTS_PER_MOVE);
}

static struct krv_trace last;

static void keep(void *ctx, const struct krv_trace *event) {
  (void)ctx;
  last = *event;
}

static void every_move_is_traced(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_sm sm;
  unsigned checks = 0;
  krv_testenv_init(&t, 1);
  t.env.trace = keep;
  krv_sm_init(&sm, &table, IDLE, 0);
  krv_sm_move(&sm, &t.env, &checks, CLOSED, 0);
  assert_int_equal(last.kind, KRV_TRACE_STATE);
  assert_int_equal(last.a, IDLE);
  assert_int_equal(last.b, CLOSED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_moves_of_the_table_may_be_made),
      cmocka_unit_test(each_state_has_its_deadline_from_entering),
      cmocka_unit_test(every_move_is_traced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
