/* R3: the state is a pure function of the set of commits. (prop/test_merge_order
 * tries it on random histories; here is one, in every order.) */
#include "casekit.h"
#include "mock.h"
#include "status.h"

enum { COMMITS = 6 };

static void write_history(struct kit *kit, struct kit_replica *a, struct kit_replica *b) {
  struct krv_op ops[COMMITS] = {kit_set(0, 1, 1),     kit_append(5, 0x201, 1, 2),
                                kit_set(0, 1, 3),     kit_delete(5, 2, true),
                                kit_resolve(0, 1, 4), kit_option(5, 0x202, 1, true)};
  kit_write(kit, a, &ops[0], 1);
  kit_sync(kit, b, a);
  kit_write(kit, b, &ops[1], 1);
  kit_write(kit, a, &ops[2], 1);
  kit_write(kit, b, &ops[3], 1);
  kit_sync(kit, a, b);
  kit_write(kit, a, &ops[4], 1);
  kit_write(kit, b, &ops[5], 1);
  kit_sync(kit, b, a);
  kit_sync(kit, a, b);
}

/* The k-th permutation, by its factorial digits. */
static void permute(uint32_t k, uint32_t order[COMMITS]) {
  for (uint32_t i = 0; i < COMMITS; i++) order[i] = i;
  for (uint32_t i = COMMITS; i > 1; i--) {
    uint32_t j = k % i, t = order[i - 1];
    k /= i;
    order[i - 1] = order[j];
    order[j] = t;
  }
}

static void all_720_orders_of_six_commits_give_the_same_bytes(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a, b;
  kit_init(&kit, 3, 3);
  kit_replica_init(&kit, &a, 1);
  kit_replica_init(&kit, &b, 2);
  write_history(&kit, &a, &b);
  assert_int_equal(kit.count, COMMITS);
  assert_true(kit_same(&kit, &a, &b));
  for (uint32_t k = 0; k < 720; k++) {
    uint32_t order[COMMITS];
    struct kit_replica r;
    permute(k, order);
    kit_replica_init(&kit, &r, 0);
    for (uint32_t i = 0; i < COMMITS; i++) kit_take(&kit, &r, order[i]);
    assert_true(kit_same(&kit, &a, &r));
    kit_replica_release(&r);
  }
  kit_replica_release(&a);
  kit_replica_release(&b);
  kit_release(&kit);
}

static void a_set_with_holes_is_the_same_in_every_order_too(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a, b, first, again;
  kit_init(&kit, 3, 3);
  kit_replica_init(&kit, &a, 1);
  kit_replica_init(&kit, &b, 2);
  write_history(&kit, &a, &b);
  for (uint32_t hole = 0; hole < COMMITS; hole++) {
    kit_replica_init(&kit, &first, 0);
    kit_replica_init(&kit, &again, 0);
    for (uint32_t i = 0; i < COMMITS; i++)
      if (i != hole) kit_take(&kit, &first, i);
    for (uint32_t i = COMMITS; i-- > 0;)
      if (i != hole) kit_take(&kit, &again, i);
    assert_true(kit_same(&kit, &first, &again)); /* what is held waits for the same */
    kit_replica_release(&first);
    kit_replica_release(&again);
  }
  kit_replica_release(&a);
  kit_replica_release(&b);
  kit_release(&kit);
}

static void the_same_commit_again_changes_nothing(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a, b, before;
  enum krv_verdict verdict;
  kit_init(&kit, 3, 3);
  kit_replica_init(&kit, &a, 1);
  kit_replica_init(&kit, &b, 2);
  write_history(&kit, &a, &b);
  kit_replica_copy(&kit, &a, &before);
  for (uint32_t i = 0; i < COMMITS; i++) {
    const struct krv_case_commit c = kit_commit_of(&kit, i);
    assert_int_equal(krv_case_add(a.kase, &kit.rights, &c, &verdict), KRV_EXISTS);
    assert_int_equal(verdict, KRV_VERDICT_APPLIED);
  }
  assert_true(kit_same(&kit, &a, &before));
  kit_replica_release(&a);
  kit_replica_release(&b);
  kit_replica_release(&before);
  kit_release(&kit);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_720_orders_of_six_commits_give_the_same_bytes),
      cmocka_unit_test(a_set_with_holes_is_the_same_in_every_order_too),
      cmocka_unit_test(the_same_commit_again_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
