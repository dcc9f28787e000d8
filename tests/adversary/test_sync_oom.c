/* F4: the k-th allocation of a whole sync fails, for every k: a
 * session that breaks leaves a world that is as it was before, and the next one brings all. */
#include "fleet.h"
#include "mock.h"

struct scene {
  struct fleet fleet;
  struct fleet_device *office, *victim;
  struct krv_id cases[3];
};

static void scene_init(struct scene *s) {
  struct krv_id child;
  memset(s, 0, sizeof *s);
  fleet_init(&s->fleet, 77, false);
  s->office = fleet_found(&s->fleet, "Olga");
  s->victim = fleet_join(&s->fleet, "office", "Vera");
  s->cases[0] = fleet_case(s->office, "prs_FirstName", "Maya");
  fleet_rounds(&s->fleet, 2);
  assert_int_equal(fleet_note(s->victim, &s->cases[0], "mine, to be sent"), 0);
  s->cases[1] = fleet_case(s->victim, "prs_FirstName", "Nadia");
  assert_int_equal(fleet_note(s->office, &s->cases[0], "to be fetched"), 0);
  s->cases[2] = fleet_case(s->office, "prs_FirstName", "Lena");
  assert_int_equal(fleet_refer(s->office, &s->cases[2], "Vera", "prs_FirstName", &child), 0);
  fleet_sync_well(s->office);
  fleet_copy(s->victim, "young");
}

/* The session with the k-th allocation failing; false when it did not come to that. */
static bool one(struct scene *s, uint64_t k) {
  uint32_t known;
  fleet_restore(s->victim, "young");
  known = krv_index_count(s->victim->world->index);
  s->victim->t.fail_at = s->victim->t.allocations + k;
  int status = fleet_sync(s->victim, NULL);
  bool failed = s->victim->t.allocations >= s->victim->t.fail_at;
  s->victim->t.fail_at = 0;
  assert_false(krv_vault_in_transaction(s->victim->world->vault));
  if (status != 0) assert_true(krv_index_count(s->victim->world->index) <= known + 2);
  fleet_sync_well(s->victim);
  assert_int_equal(s->victim->world->news.referrals, 1); /* however often it came */
  for (size_t i = 0; i < 3; i++) {
    struct krv_folder *folder;
    assert_int_equal(krv_folder_load_id(s->victim->world, &s->cases[i], &folder), 0);
    assert_int_equal(krv_lines_held(krv_case_lines(folder->kase)), 0);
    krv_folder_free(folder);
  }
  assert_int_equal(fleet_note(s->victim, &s->cases[2], "and saving works"), 0);
  return failed;
}

static void every_allocation_of_a_sync_may_fail(void **state) {
  (void)state;
  uint64_t k = 1, tried = 0;
  struct scene s;
  scene_init(&s);
  while (one(&s, k)) {
    k++;
    tried++;
  }
  print_message("%llu points of %llu\n", (unsigned long long)tried, (unsigned long long)k);
  assert_true(tried > 10);
  fleet_release(&s.fleet);
  assert_int_equal(s.fleet.t.live, 0);
}

/* How many rows hold the commit; *bytes is the first of them. */
static uint32_t stored(struct fleet_device *device, const struct krv_id *id,
                       struct krv_buf *bytes) {
  struct krv_vault_item item;
  uint32_t rows = 0;
  while (krv_vault_item_named(device->world->vault, id->b, rows, &item, bytes) == 0) rows++;
  if (rows > 0) bytes->len = item.bytes.len;
  if (rows > 0) memmove(bytes->data, item.bytes.data, item.bytes.len);
  return rows;
}

static void a_commit_that_is_known_is_not_stored_twice_for_want_of_memory(void **state) {
  (void)state;
  struct scene s;
  struct krv_folder *folder;
  struct krv_intake *intake;
  struct krv_buf bytes, again;
  bool failed = true;
  scene_init(&s);
  fleet_sync_well(s.victim);
  assert_int_equal(krv_folder_load_id(s.office->world, &s.cases[0], &folder), 0);
  const struct krv_id id = folder->own.id;
  krv_folder_free(folder);
  krv_buf_init(&bytes, &s.fleet.t.env);
  krv_buf_init(&again, &s.fleet.t.env);
  assert_int_equal(stored(s.victim, &id, &bytes), 1);
  for (uint64_t k = 1; failed; k++) {
    assert_int_equal(krv_intake_begin(s.victim->world, &intake), 0);
    s.victim->t.fail_at = s.victim->t.allocations + k;
    int status =
        krv_intake_item(intake, KRV_ORIGIN_SERVER, KRV_MSG_COMMIT, krv_buf_slice(&bytes));
    failed = s.victim->t.allocations >= s.victim->t.fail_at;
    s.victim->t.fail_at = 0;
    if (status == 0) status = krv_intake_commit(intake);
    else krv_intake_rollback(intake);
    assert_true(status == 0 || status == KRV_NOMEM);
    krv_buf_reset(&again);
    assert_int_equal(stored(s.victim, &id, &again), 1);
  }
  krv_buf_release(&bytes);
  krv_buf_release(&again);
  fleet_release(&s.fleet);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_allocation_of_a_sync_may_fail),
      cmocka_unit_test(a_commit_that_is_known_is_not_stored_twice_for_want_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
