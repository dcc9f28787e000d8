#include "hex.h"
#include "status.h"
#include "testenv.h"

static void an_array_grows_by_doubling_and_keeps_its_items(void **state) {
  (void)state;
  struct krv_testenv t;
  krv_testenv_init(&t, 1);
  uint32_t *items = NULL;
  size_t cap = 0;
  for (size_t count = 0; count < 1000; count++) {
    assert_int_equal(krv_grow(&t.env, &items, &cap, count, sizeof *items), 0);
    assert_true(cap > count);
    items[count] = (uint32_t)count;
  }
  assert_true(t.allocations <= 8); /* 8 * 2^7 = 1024 */
  for (size_t i = 0; i < 1000; i++) assert_int_equal(items[i], i);
  krv_free(&t.env, items);
  assert_int_equal(t.live, 0);
}

static void growing_without_memory_changes_nothing(void **state) {
  (void)state;
  struct krv_testenv t;
  krv_testenv_init(&t, 1);
  uint32_t *items = NULL;
  size_t cap = 0;
  assert_int_equal(krv_grow(&t.env, &items, &cap, 0, sizeof *items), 0);
  uint32_t *before = items;
  size_t cap_before = cap;
  t.fail_at = t.allocations + 1;
  assert_int_equal(krv_grow(&t.env, &items, &cap, cap, sizeof *items), KRV_NOMEM);
  assert_ptr_equal(items, before);
  assert_int_equal(cap, cap_before);
  krv_free(&t.env, items);
  assert_int_equal(t.live, 0);
}

/* Says whether a block that is given back holds anything; it is kept, so that it can be looked
 * at. */
static uint8_t rooms[8][512];
static size_t rooms_taken, not_zero;

static void *keep_all(void *ctx, void *p, size_t len) {
  (void)ctx;
  if (len > 0) return p ? NULL : rooms[rooms_taken++]; /* none grows in place */
  for (size_t i = 0; p && i < sizeof rooms[0]; i++) not_zero += ((uint8_t *)p)[i] != 0;
  return NULL;
}

static void an_array_that_moves_leaves_nothing_behind(void **state) {
  (void)state;
  const struct krv_env env = {.resize = keep_all};
  uint32_t *items = NULL;
  size_t cap = 0;
  for (size_t count = 0; count < 64; count++) {
    assert_int_equal(krv_grow(&env, &items, &cap, count, sizeof *items), 0);
    items[count] = 0x5ec7e700;
  }
  assert_true(rooms_taken > 2);
  assert_int_equal(not_zero, 0);
}

static void sizes_that_overflow_are_refused_before_allocating(void **state) {
  (void)state;
  struct krv_testenv t;
  krv_testenv_init(&t, 1);
  void *items = NULL;
  size_t cap = SIZE_MAX / 16;
  assert_int_equal(krv_grow(&t.env, &items, &cap, cap, 16), KRV_NOMEM);
  assert_null(krv_zalloc(&t.env, SIZE_MAX / 2, 3));
  assert_int_equal(t.allocations, 0);
}

static void zero_bytes_are_a_block_and_zalloc_zeroes(void **state) {
  (void)state;
  struct krv_testenv t;
  krv_testenv_init(&t, 1);
  void *p = krv_alloc(&t.env, 0);
  assert_non_null(p);
  uint8_t *z = krv_zalloc(&t.env, 10, 10);
  for (size_t i = 0; i < 100; i++) assert_int_equal(z[i], 0);
  krv_free(&t.env, p);
  krv_free(&t.env, z);
  krv_free(&t.env, NULL);
  assert_int_equal(t.live, 0);
}

static void count_trace(void *ctx, const struct krv_trace *event) {
  struct krv_testenv *t = ctx;
  t->wall_s += event->a + event->b;
}

static void a_trace_reaches_the_world_if_it_listens(void **state) {
  (void)state;
  struct krv_testenv t;
  krv_testenv_init(&t, 1);
  int64_t before = t.wall_s;
  krv_trace(&t.env, KRV_TRACE_REFUSED, 3, 4);
  t.env.trace = count_trace;
  krv_trace(&t.env, KRV_TRACE_REFUSED, 3, 4);
  assert_int_equal(t.wall_s - before, 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_array_grows_by_doubling_and_keeps_its_items),
      cmocka_unit_test(growing_without_memory_changes_nothing),
      cmocka_unit_test(an_array_that_moves_leaves_nothing_behind),
      cmocka_unit_test(sizes_that_overflow_are_refused_before_allocating),
      cmocka_unit_test(zero_bytes_are_a_block_and_zalloc_zeroes),
      cmocka_unit_test(a_trace_reaches_the_world_if_it_listens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
