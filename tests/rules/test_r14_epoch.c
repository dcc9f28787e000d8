/* R14: which key epoch the next writer uses. */
#include "casekit.h"
#include "hash.h"
#include "mock.h"
#include "status.h"

struct world {
  struct kit kit;
  struct kit_replica a, b;
};

static void make_world(struct world *w) {
  kit_init(&w->kit, 14, 4);
  kit_replica_init(&w->kit, &w->a, 1);
  kit_replica_init(&w->kit, &w->b, 2);
}

static void release_world(struct world *w) {
  kit_replica_release(&w->a);
  kit_replica_release(&w->b);
  kit_release(&w->kit);
}

static void meet(struct world *w) {
  kit_sync(&w->kit, &w->a, &w->b);
  kit_sync(&w->kit, &w->b, &w->a);
  assert_true(kit_same(&w->kit, &w->a, &w->b));
}

static uint32_t does(struct world *w, struct kit_replica *r, struct krv_op op) {
  return kit_write(&w->kit, r, &op, 1);
}

static struct krv_case_epoch now(struct world *w) {
  struct krv_case_epoch epoch;
  krv_case_epoch_now(w->a.kase, &w->kit.rights, &epoch);
  return epoch;
}

static void without_epochs_it_is_the_genesis_key(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  struct krv_case_epoch epoch = now(&w);
  assert_int_equal(epoch.number, 0);
  assert_memory_equal(epoch.key_commit, w.kit.genesis.key_commit, 32);
  assert_false(epoch.rekey);
  release_world(&w);
}

static void the_highest_number_is_taken_then_the_lowest_key_id(void **state) {
  (void)state;
  struct world w;
  struct krv_id x, y;
  make_world(&w);
  does(&w, &w.a, kit_epoch(1, 0xaa));
  does(&w, &w.b, kit_epoch(1, 0xbb)); /* at the same time: both stay valid */
  meet(&w);
  uint8_t key_a[32], key_b[32];
  memset(key_a, 0xaa, sizeof key_a);
  memset(key_b, 0xbb, sizeof key_b);
  krv_key_id(key_a, &x);
  krv_key_id(key_b, &y);
  assert_int_equal(now(&w).number, 1);
  assert_memory_equal(now(&w).key_commit, krv_id_compare(&x, &y) < 0 ? key_a : key_b, 32);
  does(&w, &w.b, kit_epoch(2, 0xcc));
  meet(&w);
  assert_int_equal(now(&w).number, 2);
  assert_int_equal(now(&w).key_commit[0], 0xcc);
  release_world(&w);
}

static void a_number_that_is_not_the_next_is_void_but_the_rest_of_its_commit_counts(void **state) {
  (void)state;
  struct world w;
  struct krv_op ops[] = {kit_set(0, 1, 1), kit_epoch(3, 0xdd), kit_set(0, 2, 2)};
  make_world(&w);
  uint32_t i = kit_write(&w.kit, &w.a, ops, 3);
  meet(&w);
  const struct krv_line_commit *line =
      krv_lines_find(krv_case_lines(w.a.kase), &w.kit.commits[i].tip);
  assert_int_equal(line->verdict, KRV_VERDICT_APPLIED);
  assert_int_equal(line->reason, -KRV_INVALID); /* a person sees that something was off */
  assert_int_equal(now(&w).number, 0);
  assert_int_equal(krv_state_control_count(krv_case_state(w.a.kase)), 0);
  assert_int_equal(krv_state_reg_count(krv_case_state(w.a.kase)), 2);
  does(&w, &w.a, kit_epoch(1, 0x01));
  does(&w, &w.a, kit_epoch(1, 0x02)); /* the same number again, though he knew */
  assert_int_equal(now(&w).key_commit[0], 0x01);
  release_world(&w);
}

static void a_removal_asks_for_a_new_key_until_its_maker_has_seen_it(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  does(&w, &w.a, kit_access(4, KRV_ACCESS_READ));
  assert_false(now(&w).rekey); /* adding needs no new key */
  does(&w, &w.b, kit_epoch(1, 0xaa));
  does(&w, &w.a, kit_access(4, KRV_ACCESS_NONE));
  assert_true(now(&w).rekey);
  meet(&w); /* epoch 1 is there, but its maker did not know */
  assert_int_equal(now(&w).number, 1);
  assert_true(now(&w).rekey);
  does(&w, &w.a, kit_epoch(2, 0xbb));
  assert_int_equal(now(&w).number, 2);
  assert_false(now(&w).rekey);
  struct krv_op both[] = {kit_access(3, KRV_ACCESS_NONE), kit_epoch(3, 0xcc)};
  kit_write(&w.kit, &w.a, both, 2); /* in one commit: he knew */
  assert_int_equal(now(&w).number, 3);
  assert_false(now(&w).rekey);
  does(&w, &w.a, kit_access(0, KRV_ACCESS_NONE)); /* the office: void */
  assert_false(now(&w).rekey);
  release_world(&w);
}

/* By a roster entry that the maker of the newest key did not know: what one device of a group knew
 * when it left, the next key is kept from. */
static void a_device_that_left_asks_for_a_new_key_until_its_maker_knows_it(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  w.kit.height = 4;
  does(&w, &w.a, kit_set(0, 1, 1));
  assert_false(now(&w).rekey);
  w.kit.out_from[3] = 5; /* device 3 leaves its group, which is on the list */
  assert_true(now(&w).rekey);
  does(&w, &w.a, kit_epoch(1, 0xaa)); /* who has not heard of it yet */
  assert_true(now(&w).rekey);
  meet(&w);
  w.kit.height = 5;
  does(&w, &w.b, kit_epoch(2, 0xbb));
  meet(&w); /* through bytes: kit_sync codes and decodes */
  assert_int_equal(now(&w).number, 2);
  assert_false(now(&w).rekey);
  w.kit.out_from[4] = 9;
  does(&w, &w.a, kit_access(4, KRV_ACCESS_NONE)); /* its group is off the list */
  w.kit.height = 7;
  does(&w, &w.a, kit_epoch(3, 0xcc));
  assert_false(now(&w).rekey);
  release_world(&w);
}

static void key_ids_lead_to_their_commitments(void **state) {
  (void)state;
  struct world w;
  struct krv_id id;
  uint8_t key[32], found[32];
  uint32_t number = 9;
  make_world(&w);
  does(&w, &w.a, kit_epoch(1, 0xaa));
  memset(key, 0xaa, sizeof key);
  krv_key_id(key, &id);
  assert_true(krv_case_key_commit(w.a.kase, &id, &number, found));
  assert_int_equal(number, 1);
  assert_memory_equal(found, key, 32);
  krv_key_id(w.kit.genesis.key_commit, &id);
  assert_true(krv_case_key_commit(w.a.kase, &id, &number, found));
  assert_int_equal(number, 0);
  id.b[0] ^= 1;
  assert_false(krv_case_key_commit(w.a.kase, &id, &number, found));
  release_world(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_epochs_it_is_the_genesis_key),
      cmocka_unit_test(the_highest_number_is_taken_then_the_lowest_key_id),
      cmocka_unit_test(a_number_that_is_not_the_next_is_void_but_the_rest_of_its_commit_counts),
      cmocka_unit_test(a_removal_asks_for_a_new_key_until_its_maker_has_seen_it),
      cmocka_unit_test(a_device_that_left_asks_for_a_new_key_until_its_maker_knows_it),
      cmocka_unit_test(key_ids_lead_to_their_commitments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
