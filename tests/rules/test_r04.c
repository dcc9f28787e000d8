/* R4: contexts, what is delivered, what is held, and twin ids. */
#include "casekit.h"
#include "mock.h"
#include "status.h"

struct pair {
  struct kit kit;
  struct kit_replica a, b, c; /* devices 1, 2, 0 */
};

static void make_pair(struct pair *p) {
  kit_init(&p->kit, 4, 3);
  kit_replica_init(&p->kit, &p->a, 1);
  kit_replica_init(&p->kit, &p->b, 2);
  kit_replica_init(&p->kit, &p->c, 0);
}

static void release_pair(struct pair *p) {
  kit_replica_release(&p->a);
  kit_replica_release(&p->b);
  kit_replica_release(&p->c);
  kit_release(&p->kit);
  assert_int_equal(p->kit.t.live, 0);
}

static uint32_t write_one(struct pair *p, struct kit_replica *r, uint16_t field, int64_t value) {
  const struct krv_op op = kit_set(0, field, value);
  return kit_write(&p->kit, r, &op, 1);
}

static const struct krv_line_commit *line_of(const struct pair *p, const struct kit_replica *r,
                                             uint32_t i) {
  return krv_lines_find(krv_case_lines(r->kase), &p->kit.commits[i].tip);
}

static void a_held_commit_tells_what_it_waits_for_and_is_freed_by_it(void **state) {
  (void)state;
  struct pair p;
  make_pair(&p);
  uint32_t a1 = write_one(&p, &p.a, 1, 1), a2 = write_one(&p, &p.a, 1, 2);
  kit_sync(&p.kit, &p.b, &p.a);
  uint32_t b1 = write_one(&p, &p.b, 2, 3);
  assert_int_equal(kit_take(&p.kit, &p.c, b1), KRV_VERDICT_HELD);
  const struct krv_line_commit *held = line_of(&p, &p.c, b1);
  assert_int_equal(held->reason, -KRV_HELD);
  assert_int_equal(held->waits.device, 1);
  assert_int_equal(held->waits.n, 2);
  assert_memory_equal(held->waits.id8, p.kit.commits[a2].tip.id.b, 8);
  assert_int_equal(kit_take(&p.kit, &p.c, a2), KRV_VERDICT_HELD); /* waits for its own prev */
  assert_int_equal(line_of(&p, &p.c, a2)->waits.n, 1);
  assert_int_equal(krv_lines_held(krv_case_lines(p.c.kase)), 2);
  assert_int_equal(krv_state_reg_count(krv_case_state(p.c.kase)), 0); /* held: no effect */
  assert_int_equal(kit_take(&p.kit, &p.c, a1), KRV_VERDICT_APPLIED);
  assert_int_equal(krv_lines_held(krv_case_lines(p.c.kase)), 0);
  assert_true(kit_same(&p.kit, &p.b, &p.c));
  release_pair(&p);
}

static void ready_names_each_commit_that_waits_for_a_change_once_a_round(void **state) {
  (void)state;
  struct pair p;
  struct krv_tip tip;
  make_pair(&p);
  uint32_t a1 = write_one(&p, &p.a, 1, 1), b1 = write_one(&p, &p.b, 1, 2);
  const struct kit_commit *x = &p.kit.commits[a1], *y = &p.kit.commits[b1];
  assert_int_equal(krv_case_hold(p.c.kase, &x->tip, &x->prev, KRV_NO_KEY), 0);
  assert_int_equal(krv_case_hold(p.c.kase, &y->tip, &y->prev, KRV_NEWER), 0);
  assert_int_equal(line_of(&p, &p.c, a1)->reason, -KRV_NO_KEY);
  assert_int_equal(krv_case_ready(p.c.kase, false, &tip), KRV_END);
  for (int round = 0; round < 2; round++) {
    uint32_t named = 0;
    for (; krv_case_ready(p.c.kase, true, &tip) == 0; named++)
      assert_int_equal(krv_case_hold(p.c.kase, &tip, &krv_id_zero, KRV_NO_KEY), 0);
    assert_int_equal(named, 2);
  }
  assert_int_equal(kit_take(&p.kit, &p.c, a1), KRV_VERDICT_APPLIED);
  assert_int_equal(krv_case_hold(p.c.kase, &x->tip, &x->prev, KRV_NO_KEY), KRV_EXISTS);
  release_pair(&p);
}

static void an_entry_fits_by_eight_bytes_but_prev_only_by_the_whole_id(void **state) {
  (void)state;
  struct pair p;
  struct krv_tip tip;
  make_pair(&p);
  uint32_t a1 = write_one(&p, &p.a, 1, 1), a2 = write_one(&p, &p.a, 1, 2);
  p.kit.commits[a2].prev.b[15] ^= 1; /* names another commit with the same first bytes */
  assert_int_equal(kit_take(&p.kit, &p.c, a1), KRV_VERDICT_APPLIED);
  assert_int_equal(kit_take(&p.kit, &p.c, a2), KRV_VERDICT_HELD);
  assert_int_equal(krv_case_ready(p.c.kase, false, &tip), KRV_END); /* nor is it named for ever */
  release_pair(&p);
}

static void a_quarantined_commit_has_no_effect_and_holds_nobody(void **state) {
  (void)state;
  struct pair p;
  make_pair(&p);
  p.kit.out_from[1] = p.kit.height = 5;
  uint32_t a1 = write_one(&p, &p.a, 1, 1);
  assert_int_equal(line_of(&p, &p.a, a1)->verdict, KRV_VERDICT_QUARANTINED);
  assert_int_equal(line_of(&p, &p.a, a1)->reason, -KRV_DENIED);
  assert_int_equal(krv_state_reg_count(krv_case_state(p.a.kase)), 0);
  p.kit.height = 4;
  uint32_t a2 = write_one(&p, &p.a, 1, 2); /* stands on a quarantined one */
  assert_int_equal(line_of(&p, &p.a, a2)->verdict, KRV_VERDICT_APPLIED);
  release_pair(&p);
}

static void a_context_names_the_nearest_one_below_with_effect(void **state) {
  (void)state;
  struct pair p;
  struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX];
  const struct krv_tip nobody = {0, 0, {{0}}};
  make_pair(&p);
  uint32_t a1 = write_one(&p, &p.a, 1, 1);
  p.kit.out_from[1] = p.kit.height = 5;
  uint32_t a2 = write_one(&p, &p.a, 1, 2), a3 = write_one(&p, &p.a, 1, 3);
  kit_sync(&p.kit, &p.b, &p.a);
  assert_int_equal(line_of(&p, &p.b, a2)->verdict, KRV_VERDICT_QUARANTINED);
  assert_int_equal(line_of(&p, &p.b, a3)->verdict, KRV_VERDICT_QUARANTINED);
  const struct krv_lines *lines = krv_case_lines(p.b.kase);
  assert_int_equal(krv_lines_context(lines, &nobody, NULL, 0, room), 1);
  assert_int_equal(room[0].n, 1);
  assert_memory_equal(room[0].id8, p.kit.commits[a1].tip.id.b, 8);
  assert_int_equal(krv_lines_context(lines, &p.kit.commits[a3].tip, NULL, 0, room),
                   0); /* own line */
  release_pair(&p);
}

static void a_context_names_at_most_16_tips_of_a_device_the_newest(void **state) {
  (void)state;
  struct pair p;
  struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX];
  const struct krv_tip nobody = {0, 0, {{0}}};
  make_pair(&p);
  for (int i = 0; i < 20; i++) { /* twenty lines: five of length 2, the rest of length 1 */
    memset(&p.a.own, 0, sizeof p.a.own);
    write_one(&p, &p.a, 1, i);
    if (i < 5) write_one(&p, &p.a, 2, i);
  }
  const struct krv_lines *lines = krv_case_lines(p.a.kase);
  uint32_t count = krv_lines_context(lines, &nobody, NULL, 0, room), long_ones = 0;
  assert_int_equal(count, KRV_CONTEXT_TIPS_PER_DEVICE_MAX);
  for (uint32_t i = 0; i < count; i++) long_ones += room[i].n == 2;
  assert_int_equal(long_ones, 5);
  for (uint32_t i = 1; i < count; i++)
    assert_true(room[i - 1].n < room[i].n || memcmp(room[i - 1].id8, room[i].id8, 8) < 0);
  release_pair(&p);
}

static bool is_named(const struct krv_context_entry *room, uint32_t count,
                     const struct krv_tip *tip) {
  for (uint32_t i = 0; i < count; i++)
    if (room[i].n == tip->n && memcmp(room[i].id8, tip->id.b, 8) == 0) return true;
  return false;
}

static void those_that_wrote_this_commits_fields_go_first(void **state) {
  (void)state;
  struct pair p;
  struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX];
  const struct krv_tip nobody = {0, 0, {{0}}};
  struct krv_tip tips[20];
  make_pair(&p);
  for (int i = 0; i < 20; i++) { /* twenty lines of length 1 */
    memset(&p.a.own, 0, sizeof p.a.own);
    tips[i] = p.kit.commits[write_one(&p, &p.a, 1, i)].tip;
  }
  const struct krv_lines *lines = krv_case_lines(p.a.kase);
  for (int i = 0; i < 20; i++) { /* whichever wrote it is named, and there are still sixteen */
    uint32_t count = krv_lines_context(lines, &nobody, &tips[i], 1, room);
    assert_int_equal(count, KRV_CONTEXT_TIPS_PER_DEVICE_MAX);
    assert_true(is_named(room, count, &tips[i]));
  }
  uint32_t count = krv_lines_context(lines, &nobody, tips, 16, room);
  for (int i = 0; i < 16; i++) assert_true(is_named(room, count, &tips[i]));
  release_pair(&p);
}

/* b1 is made to look like a1's twin: same dot, same first eight bytes. */
static uint32_t make_twin(struct pair *p, uint32_t of) {
  struct krv_op op = kit_set(0, 3, 7);
  uint32_t i = kit_draft(&p->kit, &p->b, &op, 1);
  struct kit_commit *twin = &p->kit.commits[i];
  twin->tip.device = p->kit.commits[of].tip.device;
  twin->tip.n = p->kit.commits[of].tip.n;
  twin->prev = p->kit.commits[of].prev;
  memcpy(twin->tip.id.b, p->kit.commits[of].tip.id.b, 8);
  return i;
}

static void twin_ids_are_both_quarantined_in_any_order(void **state) {
  (void)state;
  struct pair p;
  enum krv_verdict verdict;
  make_pair(&p);
  uint32_t a1 = write_one(&p, &p.a, 1, 1), twin = make_twin(&p, a1);
  uint32_t a2 = write_one(&p, &p.a, 2, 2);
  const struct krv_case_commit first = kit_commit_of(&p.kit, a1);
  const struct krv_case_commit second = kit_commit_of(&p.kit, twin);
  assert_int_equal(krv_case_add(p.c.kase, &p.kit.rights, &first, &verdict), 0);
  assert_int_equal(verdict, KRV_VERDICT_APPLIED);
  assert_int_equal(krv_case_add(p.c.kase, &p.kit.rights, &second, &verdict), KRV_RESTART);
  assert_int_equal(krv_case_reset(p.c.kase), 0);
  assert_int_equal(krv_case_add(p.c.kase, &p.kit.rights, &first, &verdict), 0);
  assert_int_equal(verdict, KRV_VERDICT_QUARANTINED);
  assert_int_equal(krv_case_add(p.c.kase, &p.kit.rights, &second, &verdict), 0);
  assert_int_equal(verdict, KRV_VERDICT_QUARANTINED);
  assert_int_equal(line_of(&p, &p.c, a1)->reason, -KRV_AMBIGUOUS);
  assert_int_equal(krv_state_reg_count(krv_case_state(p.c.kase)), 0);
  assert_int_equal(kit_take(&p.kit, &p.c, a2), KRV_VERDICT_APPLIED); /* it holds nobody */
  kit_take(&p.kit, &p.b, a2);
  kit_take(&p.kit, &p.b, twin);
  kit_take(&p.kit, &p.b, a1);
  assert_true(krv_lines_count(krv_case_lines(p.b.kase)) == 3);
  assert_true(kit_same(&p.kit, &p.b, &p.c));
  release_pair(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_held_commit_tells_what_it_waits_for_and_is_freed_by_it),
      cmocka_unit_test(ready_names_each_commit_that_waits_for_a_change_once_a_round),
      cmocka_unit_test(an_entry_fits_by_eight_bytes_but_prev_only_by_the_whole_id),
      cmocka_unit_test(a_quarantined_commit_has_no_effect_and_holds_nobody),
      cmocka_unit_test(a_context_names_the_nearest_one_below_with_effect),
      cmocka_unit_test(a_context_names_at_most_16_tips_of_a_device_the_newest),
      cmocka_unit_test(those_that_wrote_this_commits_fields_go_first),
      cmocka_unit_test(twin_ids_are_both_quarantined_in_any_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
