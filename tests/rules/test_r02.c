/* R2: a fork is nothing to repair: both lines are kept and applied. */
#include "casekit.h"
#include "mock.h"
#include "status.h"

/* A device writes, is copied, and both copies write on. */
struct fork {
  struct kit kit;
  struct kit_replica vault, copy, office;
  uint32_t base, mine, other;
};

static void make_fork(struct fork *f) {
  struct krv_op a = kit_set(0, 1, 1), b = kit_set(0, 1, 2), c = kit_set(0, 1, 3);
  kit_init(&f->kit, 2, 3);
  kit_replica_init(&f->kit, &f->vault, 1);
  kit_replica_init(&f->kit, &f->office, 0);
  f->base = kit_write(&f->kit, &f->vault, &a, 1);
  kit_replica_copy(&f->kit, &f->vault, &f->copy);
  f->mine = kit_write(&f->kit, &f->vault, &b, 1);
  f->other = kit_write(&f->kit, &f->copy, &c, 1);
}

static void release_fork(struct fork *f) {
  kit_replica_release(&f->vault);
  kit_replica_release(&f->copy);
  kit_replica_release(&f->office);
  kit_release(&f->kit);
}

static const struct krv_reg *the_field(const struct kit_replica *r) {
  const struct krv_record_id zero = kit_record(0);
  return krv_state_find(krv_case_state(r->kase), &zero, 1, KRV_NO_OPTION);
}

static uint32_t value_count(const struct kit_replica *r) {
  return the_field(r)->count;
}

static void both_lines_of_a_fork_are_applied_and_both_values_stay(void **state) {
  (void)state;
  struct fork f;
  make_fork(&f);
  kit_sync(&f.kit, &f.office, &f.vault);
  assert_false(krv_lines_forked(krv_case_lines(f.office.kase), 1));
  kit_sync(&f.kit, &f.office, &f.copy);
  assert_true(krv_lines_forked(krv_case_lines(f.office.kase), 1));
  assert_false(krv_lines_forked(krv_case_lines(f.office.kase), 0));
  assert_int_equal(krv_lines_count(krv_case_lines(f.office.kase)), 3);
  assert_int_equal(value_count(&f.office), 2);
  release_fork(&f);
}

static void a_vault_goes_on_from_its_own_tip_and_names_the_other(void **state) {
  (void)state;
  struct fork f;
  struct krv_op op = kit_resolve(0, 1, 4);
  make_fork(&f);
  kit_take(&f.kit, &f.vault, f.other);
  uint32_t next = kit_write(&f.kit, &f.vault, &op, 1);
  const struct kit_commit *c = &f.kit.commits[next];
  assert_int_equal(c->tip.n, 3);
  assert_true(krv_id_equal(&c->prev, &f.kit.commits[f.mine].tip.id));
  assert_int_equal(c->body.context_count, 1);
  assert_int_equal(c->context[0].device, 1);
  assert_int_equal(c->context[0].n, 2);
  assert_memory_equal(c->context[0].id8, f.kit.commits[f.other].tip.id.b, 8);
  kit_sync(&f.kit, &f.office, &f.vault);
  assert_int_equal(value_count(&f.office), 1); /* both were seen, both are replaced */
  assert_int_equal(krv_state_writer(krv_case_state(f.office.kase),
                                        the_field(&f.office)->values[0].writer)->seen, 3);
  release_fork(&f);
}

static void a_vault_that_lost_its_last_commit_names_it_when_it_comes_back(void **state) {
  (void)state;
  struct fork f;
  struct krv_op op = kit_set(0, 2, 5);
  make_fork(&f);
  kit_replica_release(&f.vault);
  kit_replica_init(&f.kit, &f.vault, 1);
  kit_take(&f.kit, &f.vault, f.base);
  kit_take(&f.kit, &f.vault, f.mine);
  f.vault.own = f.kit.commits[f.base].tip; /* restored: it knows of having written base only */
  uint32_t next = kit_draft(&f.kit, &f.vault, &op, 1);
  assert_int_equal(f.kit.commits[next].tip.n, 2);
  assert_int_equal(f.kit.commits[next].body.context_count, 1);
  assert_memory_equal(f.kit.commits[next].context[0].id8, f.kit.commits[f.mine].tip.id.b, 8);
  release_fork(&f);
}

static void seen_and_its_count_follow_each_line(void **state) {
  (void)state;
  struct fork f;
  make_fork(&f);
  kit_sync(&f.kit, &f.office, &f.vault);
  kit_sync(&f.kit, &f.office, &f.copy);
  const struct krv_lines *lines = krv_case_lines(f.office.kase);
  const struct kit_commit *mine = &f.kit.commits[f.mine], *other = &f.kit.commits[f.other];
  struct krv_tip next = {1, 3, {{9}}};
  struct krv_context_entry entry;
  assert_true(krv_lines_seen(lines, &next, &mine->tip.id, NULL, 0, &f.kit.commits[f.base].tip));
  assert_true(krv_lines_seen(lines, &next, &mine->tip.id, NULL, 0, &mine->tip));
  assert_false(krv_lines_seen(lines, &next, &mine->tip.id, NULL, 0, &other->tip));
  assert_int_equal(krv_lines_seen_count(lines, &next, &mine->tip.id, NULL, 0), 2);
  krv_lines_entry(&other->tip, &entry);
  assert_true(krv_lines_seen(lines, &next, &mine->tip.id, &entry, 1, &other->tip));
  assert_int_equal(krv_lines_seen_count(lines, &next, &mine->tip.id, &entry, 1), 3);
  release_fork(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_lines_of_a_fork_are_applied_and_both_values_stay),
      cmocka_unit_test(a_vault_goes_on_from_its_own_tip_and_names_the_other),
      cmocka_unit_test(a_vault_that_lost_its_last_commit_names_it_when_it_comes_back),
      cmocka_unit_test(seen_and_its_count_follow_each_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
