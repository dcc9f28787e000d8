/* R9: who may write, as the author of each commit knew it. */
#include "casekit.h"
#include "mock.h"
#include "status.h"

/* Devices 0 (office, group 0), 1 (group 2, the creator's) and 2 (group 3, not listed at first). */
struct world {
  struct kit kit;
  struct kit_replica office, creator, agency;
};
enum { OFFICE = 0, CREATOR = 2, AGENCY = 3 };

static void make_world(struct world *w) {
  kit_init(&w->kit, 9, 0);
  krv_access_list_set(&w->kit.genesis.access, CREATOR, KRV_ACCESS_WRITE);
  kit_replica_init(&w->kit, &w->office, 0);
  kit_replica_init(&w->kit, &w->creator, 1);
  kit_replica_init(&w->kit, &w->agency, 2);
}

static void release_world(struct world *w) {
  kit_replica_release(&w->office);
  kit_replica_release(&w->creator);
  kit_replica_release(&w->agency);
  kit_release(&w->kit);
}

static struct world world;

static int set_up(void **state) {
  make_world(&world);
  *state = &world;
  return 0;
}

static int tear_down(void **state) {
  release_world(*state);
  return 0;
}

static void meet(struct world *w) {
  struct kit_replica *all[] = {&w->office, &w->creator, &w->agency};
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) kit_sync(&w->kit, all[i], all[j]);
  assert_true(kit_same(&w->kit, &w->office, &w->creator));
  assert_true(kit_same(&w->kit, &w->office, &w->agency));
}

static uint32_t does(struct world *w, struct kit_replica *r, struct krv_op op) {
  return kit_write(&w->kit, r, &op, 1);
}

static uint8_t mode_now(struct world *w, krv_group_ix group) {
  struct krv_access_list list;
  krv_case_access(w->office.kase, &w->kit.rights, &list);
  return krv_access_list_mode(&list, group);
}

static enum krv_verdict verdict_of(struct world *w, uint32_t i) {
  return (enum krv_verdict)krv_lines_find(krv_case_lines(w->office.kase),
                                          &w->kit.commits[i].tip)->verdict;
}

static void the_genesis_list_lets_creator_and_office_write_and_nobody_else(void **state) {
  struct world *w = *state;
  uint32_t a = does(w, &w->creator, kit_set(0, 1, 1)), b = does(w, &w->office, kit_set(0, 2, 2));
  uint32_t c = does(w, &w->agency, kit_set(0, 3, 3));
  meet(w);
  assert_int_equal(verdict_of(w, a), KRV_VERDICT_APPLIED);
  assert_int_equal(verdict_of(w, b), KRV_VERDICT_APPLIED);
  assert_int_equal(verdict_of(w, c), KRV_VERDICT_QUARANTINED);
  assert_int_equal(mode_now(w, AGENCY), KRV_ACCESS_NONE);
}

static void who_may_write_may_share(void **state) {
  struct world *w = *state;
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_WRITE));
  meet(w);
  uint32_t b = does(w, &w->agency, kit_access(7, KRV_ACCESS_READ));
  meet(w);
  assert_int_equal(verdict_of(w, b), KRV_VERDICT_APPLIED);
  assert_int_equal(mode_now(w, AGENCY), KRV_ACCESS_WRITE);
  assert_int_equal(mode_now(w, 7), KRV_ACCESS_READ);
}

static void a_read_only_groups_commit_is_quarantined(void **state) {
  struct world *w = *state;
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_READ));
  meet(w);
  uint32_t a = does(w, &w->agency, kit_set(0, 1, 1));
  uint32_t b = does(w, &w->agency, kit_access(AGENCY, KRV_ACCESS_WRITE)); /* helps himself */
  uint32_t c = does(w, &w->agency, kit_set(0, 1, 2));
  meet(w);
  assert_int_equal(verdict_of(w, a), KRV_VERDICT_QUARANTINED);
  assert_int_equal(verdict_of(w, b), KRV_VERDICT_QUARANTINED);
  assert_int_equal(verdict_of(w, c), KRV_VERDICT_QUARANTINED);
  assert_int_equal(mode_now(w, AGENCY), KRV_ACCESS_READ);
}

static void access_must_have_been_seen_by_who_uses_it(void **state) {
  struct world *w = *state;
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_WRITE));
  uint32_t a = does(w, &w->agency, kit_set(0, 1, 1)); /* does not know yet */
  meet(w);
  assert_int_equal(verdict_of(w, a), KRV_VERDICT_QUARANTINED);
  uint32_t b = does(w, &w->agency, kit_set(0, 1, 2));
  meet(w);
  assert_int_equal(verdict_of(w, b), KRV_VERDICT_APPLIED);
}

static void removal_acts_only_on_commits_that_have_it_in_their_context(void **state) {
  struct world *w = *state;
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_WRITE));
  meet(w);
  does(w, &w->office, kit_access(AGENCY, KRV_ACCESS_NONE));
  uint32_t before = does(w, &w->agency, kit_set(0, 1, 1)); /* in the field, not knowing */
  meet(w);
  uint32_t after = does(w, &w->agency, kit_set(0, 1, 2));
  meet(w);
  assert_int_equal(verdict_of(w, before), KRV_VERDICT_APPLIED);
  assert_int_equal(verdict_of(w, after), KRV_VERDICT_QUARANTINED);
}

static void removal_wins_over_concurrent_adding_and_is_undone_by_who_saw_it(void **state) {
  struct world *w = *state;
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_WRITE));
  meet(w);
  does(w, &w->office, kit_access(AGENCY, KRV_ACCESS_NONE));
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_WRITE)); /* at the same time */
  meet(w);
  assert_int_equal(mode_now(w, AGENCY), KRV_ACCESS_NONE);
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_READ)); /* knowing of the removal */
  meet(w);
  assert_int_equal(mode_now(w, AGENCY), KRV_ACCESS_READ);
}

static void a_later_mode_replaces_and_of_concurrent_ones_the_lower_holds(void **state) {
  struct world *w = *state;
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_READ));
  meet(w);
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_WRITE));
  meet(w);
  assert_int_equal(mode_now(w, AGENCY), KRV_ACCESS_WRITE);
  does(w, &w->creator, kit_access(AGENCY, KRV_ACCESS_WRITE));
  does(w, &w->office, kit_access(AGENCY, KRV_ACCESS_READ));
  meet(w);
  assert_int_equal(mode_now(w, AGENCY), KRV_ACCESS_READ);
}

static void in_one_commit_the_later_operation_has_seen_the_earlier(void **state) {
  (void)state;
  struct world w;
  struct krv_op ops[] = {kit_access(AGENCY, KRV_ACCESS_NONE), kit_access(AGENCY, KRV_ACCESS_READ),
                         kit_access(8, KRV_ACCESS_READ), kit_access(8, KRV_ACCESS_NONE)};
  make_world(&w);
  kit_write(&w.kit, &w.creator, ops, 4);
  meet(&w);
  assert_int_equal(mode_now(&w, AGENCY), KRV_ACCESS_READ);
  assert_int_equal(mode_now(&w, 8), KRV_ACCESS_NONE);
  release_world(&w);
}

static void taking_the_office_out_or_down_is_void(void **state) {
  struct world *w = *state;
  does(w, &w->creator, kit_access(OFFICE, KRV_ACCESS_NONE));
  does(w, &w->creator, kit_access(OFFICE, KRV_ACCESS_READ));
  meet(w);
  assert_int_equal(mode_now(w, OFFICE), KRV_ACCESS_WRITE);
  uint32_t a = does(w, &w->office, kit_set(0, 1, 1));
  meet(w);
  assert_int_equal(verdict_of(w, a), KRV_VERDICT_APPLIED);
}

static void rights_are_those_of_the_roster_height_in_the_body(void **state) {
  struct world *w = *state;
  w->kit.out_from[1] = 5;
  w->kit.height = 4;
  uint32_t a = does(w, &w->creator, kit_set(0, 1, 1));
  w->kit.height = 5;
  uint32_t b = does(w, &w->creator, kit_set(0, 1, 2));
  meet(w);
  assert_int_equal(verdict_of(w, a), KRV_VERDICT_APPLIED);
  assert_int_equal(verdict_of(w, b), KRV_VERDICT_QUARANTINED);
}

static void a_list_takes_no_more_groups_than_it_can_hold(void **state) {
  (void)state;
  struct world w;
  struct krv_access_list list, office;
  make_world(&w);
  for (krv_group_ix g = 10; g < 10 + KRV_ACCESS_LIST_MAX; g++)
    does(&w, &w.creator, kit_access(g, KRV_ACCESS_READ));
  krv_case_access(w.creator.kase, &w.kit.rights, &list);
  assert_int_equal(list.count, KRV_ACCESS_LIST_MAX);
  assert_int_equal(krv_access_list_mode(&list, OFFICE), KRV_ACCESS_WRITE); /* the genesis first */
  uint32_t a = does(&w, &w.creator, kit_set(0, 1, 1)); /* and the case goes on */
  meet(&w);
  krv_case_access(w.office.kase, &w.kit.rights, &office);
  assert_int_equal(office.count, list.count); /* the same for everybody */
  for (uint32_t i = 0; i < list.count; i++)
    assert_int_equal(office.items[i].group, list.items[i].group);
  assert_int_equal(verdict_of(&w, a), KRV_VERDICT_APPLIED);
  release_world(&w);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      IN_WORLD(the_genesis_list_lets_creator_and_office_write_and_nobody_else),
      IN_WORLD(who_may_write_may_share),
      IN_WORLD(a_read_only_groups_commit_is_quarantined),
      IN_WORLD(access_must_have_been_seen_by_who_uses_it),
      IN_WORLD(removal_acts_only_on_commits_that_have_it_in_their_context),
      IN_WORLD(removal_wins_over_concurrent_adding_and_is_undone_by_who_saw_it),
      IN_WORLD(a_later_mode_replaces_and_of_concurrent_ones_the_lower_holds),
      cmocka_unit_test(in_one_commit_the_later_operation_has_seen_the_earlier),
      IN_WORLD(taking_the_office_out_or_down_is_void),
      IN_WORLD(rights_are_those_of_the_roster_height_in_the_body),
      cmocka_unit_test(a_list_takes_no_more_groups_than_it_can_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
