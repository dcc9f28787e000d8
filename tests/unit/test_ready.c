/* What held commits cost, in looks at what a held one waits for (I6): as many as there are commits
 * to be freed, not as many as there are pairs of them. */
#include "casekit.h"
#include "mock.h"
#include "status.h"

static uint32_t looks;

bool __real_krv_lines_fits(const struct krv_lines *lines, const struct krv_context_entry *entry);
bool __wrap_krv_lines_fits(const struct krv_lines *lines, const struct krv_context_entry *entry);
bool __wrap_krv_lines_fits(const struct krv_lines *lines, const struct krv_context_entry *entry) {
  looks++;
  return __real_krv_lines_fits(lines, entry);
}

struct pair {
  struct kit kit;
  struct kit_replica author, other, reader;
};

static void make(struct pair *p) {
  kit_init(&p->kit, 40, 3);
  kit_replica_init(&p->kit, &p->author, 1);
  kit_replica_init(&p->kit, &p->other, 2);
  kit_replica_init(&p->kit, &p->reader, 0);
}

static void drop(struct pair *p) {
  kit_replica_release(&p->author);
  kit_replica_release(&p->other);
  kit_replica_release(&p->reader);
  kit_release(&p->kit);
  assert_int_equal(p->kit.t.live, 0);
}

static uint32_t held(const struct pair *p) {
  return krv_lines_held(krv_case_lines(p->reader.kase));
}

static void write_some(struct pair *p, struct kit_replica *r, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const struct krv_op op = kit_set(0, (uint16_t)(1 + i % 50), 1);
    kit_write(&p->kit, r, &op, 1);
  }
}

/* Each waits for the one before; the first comes last and frees them all. */
static uint32_t looks_of_a_line_in_reverse(uint32_t count) {
  struct pair p;
  make(&p);
  write_some(&p, &p.author, count);
  looks = 0;
  for (uint32_t i = count; i-- > 0;) kit_take(&p.kit, &p.reader, i);
  uint32_t all = looks;
  assert_int_equal(held(&p), 0);
  assert_true(kit_same(&p.kit, &p.author, &p.reader));
  drop(&p);
  return all;
}

static void a_line_that_comes_in_reverse_costs_one_look_a_commit(void **state) {
  (void)state;
  uint32_t once = looks_of_a_line_in_reverse(100), twice = looks_of_a_line_in_reverse(200);
  assert_true(once >= 99);
  assert_in_range(twice, once, 2 * once + 4);
}

/* Two authors who answer each other, all in reverse: what frees one stands in the other's line. */
static uint32_t looks_of_a_dialogue(uint32_t count) {
  struct pair p;
  make(&p);
  for (uint32_t i = 0; i < count; i++) {
    kit_sync(&p.kit, &p.author, &p.other);
    write_some(&p, &p.author, 1);
    kit_sync(&p.kit, &p.other, &p.author);
    write_some(&p, &p.other, 1);
  }
  looks = 0;
  for (uint32_t i = p.kit.count; i-- > 0;) kit_take(&p.kit, &p.reader, i);
  uint32_t all = looks;
  assert_int_equal(held(&p), 0);
  assert_true(kit_same(&p.kit, &p.other, &p.reader));
  drop(&p);
  return all;
}

static void lines_that_wait_for_each_other_cost_a_few_looks_a_commit(void **state) {
  (void)state;
  uint32_t once = looks_of_a_dialogue(50), twice = looks_of_a_dialogue(100);
  assert_in_range(twice, once, 2 * once + 4);
}

/* A member's line without its beginning waits for ever; the others go on. */
static uint32_t looks_beside_a_flood(uint32_t flood) {
  struct pair p;
  make(&p);
  write_some(&p, &p.author, flood + 1);
  uint32_t first = p.kit.count;
  write_some(&p, &p.other, 50);
  for (uint32_t i = 1; i <= flood; i++) kit_take(&p.kit, &p.reader, i);
  looks = 0;
  for (uint32_t i = first; i < p.kit.count; i++) kit_take(&p.kit, &p.reader, i);
  uint32_t all = looks;
  assert_int_equal(held(&p), flood);
  drop(&p);
  return all;
}

static void what_waits_for_something_else_costs_others_nothing(void **state) {
  (void)state;
  assert_int_equal(looks_beside_a_flood(100), 50); /* each asks once whether it has a twin */
  assert_int_equal(looks_beside_a_flood(200), 50);
}

/* A case that was stored and read again knows who waits. */
static void a_case_that_is_read_again_frees_them_as_well(void **state) {
  (void)state;
  struct pair p;
  make(&p);
  write_some(&p, &p.author, 60);
  for (uint32_t i = 60; i-- > 1;) kit_take(&p.kit, &p.reader, i);
  struct kit_replica again;
  kit_replica_copy(&p.kit, &p.reader, &again);
  kit_take(&p.kit, &again, 0);
  assert_int_equal(krv_lines_held(krv_case_lines(again.kase)), 0);
  assert_true(kit_same(&p.kit, &p.author, &again));
  kit_replica_release(&again);
  drop(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_that_comes_in_reverse_costs_one_look_a_commit),
      cmocka_unit_test(lines_that_wait_for_each_other_cost_a_few_looks_a_commit),
      cmocka_unit_test(what_waits_for_something_else_costs_others_nothing),
      cmocka_unit_test(a_case_that_is_read_again_frees_them_as_well),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
