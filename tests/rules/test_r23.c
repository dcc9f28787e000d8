/* R23: deleting is a flag; an edit beats a deletion that has not seen it. */
#include "casekit.h"
#include "mock.h"
#include "show.h"

enum { TYPE = 2, FIELD = 0x201, NOTES = 0x202 };

struct world {
  struct kit kit;
  struct kit_replica a, b;
};

static void make_world(struct world *w) {
  const struct krv_op op = kit_set(7, FIELD, 1);
  kit_init(&w->kit, 23, 3);
  kit_replica_init(&w->kit, &w->a, 1);
  kit_replica_init(&w->kit, &w->b, 2);
  kit_write(&w->kit, &w->a, &op, 1);
  kit_sync(&w->kit, &w->b, &w->a);
}

static void release_world(struct world *w) {
  kit_replica_release(&w->a);
  kit_replica_release(&w->b);
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

static void does(struct world *w, struct kit_replica *r, struct krv_op op) {
  kit_write(&w->kit, r, &op, 1);
}

struct shown {
  bool deleted, disputed;
  uint32_t conflicts, fields;
};

/* Both replicas meet; how the record shows at both. */
static struct shown meet(struct world *w) {
  struct shown shown;
  struct krv_view view;
  kit_sync(&w->kit, &w->a, &w->b);
  kit_sync(&w->kit, &w->b, &w->a);
  assert_true(kit_same(&w->kit, &w->a, &w->b));
  assert_int_equal(krv_view_init(&view, &w->kit.t.env, krv_case_state(w->a.kase), NULL), 0);
  assert_int_equal(view.record_count, 1);
  shown = (struct shown){view.records[0].deleted, view.records[0].delete_disputed,
                         view.conflict_count, view.records[0].field_count};
  assert_true((krv_view_record(&view, TYPE, 1) == NULL) == shown.deleted);
  krv_view_release(&view);
  return shown;
}

static void a_deleted_record_keeps_its_values_and_can_be_restored(void **state) {
  struct world *w = *state;
  does(w, &w->b, kit_delete(7, TYPE, true));
  struct shown shown = meet(w);
  assert_true(shown.deleted && !shown.disputed);
  assert_int_equal(shown.fields, 1);
  does(w, &w->a, kit_delete(7, TYPE, false));
  shown = meet(w);
  assert_false(shown.deleted || shown.disputed);
}

static void a_concurrent_edit_beats_a_deletion_and_is_flagged(void **state) {
  (void)state;
  for (int order = 0; order < 2; order++) {
    struct world w;
    make_world(&w);
    does(&w, &w.a, order == 0 ? kit_delete(7, TYPE, true) : kit_set(7, FIELD, 2));
    does(&w, &w.b, order == 1 ? kit_delete(7, TYPE, true) : kit_set(7, FIELD, 2));
    struct shown shown = meet(&w);
    assert_true(!shown.deleted && shown.disputed);
    assert_int_equal(shown.conflicts, 1);
    does(&w, &w.a, kit_delete(7, TYPE, true)); /* now having seen all */
    shown = meet(&w);
    assert_true(shown.deleted);
    release_world(&w);
  }
}

static void a_concurrent_note_beats_a_deletion_too(void **state) {
  struct world *w = *state;
  does(w, &w->a, kit_delete(7, TYPE, true));
  does(w, &w->b, kit_append(7, NOTES, 1, 2));
  assert_false(meet(w).deleted);
}

static void an_edit_after_a_deletion_shows_the_record_again(void **state) {
  struct world *w = *state;
  does(w, &w->a, kit_delete(7, TYPE, true));
  assert_true(meet(w).deleted);
  does(w, &w->b, kit_set(7, FIELD, 3));
  struct shown shown = meet(w);
  assert_true(!shown.deleted && shown.disputed);
}

static void restoring_beside_a_deletion_keeps_the_record(void **state) {
  struct world *w = *state;
  does(w, &w->a, kit_delete(7, TYPE, true));
  does(w, &w->b, kit_delete(7, TYPE, false));
  struct shown shown = meet(w);
  assert_true(!shown.deleted && shown.disputed);
}

static void two_deletions_are_one_if_either_has_seen_all(void **state) {
  struct world *w = *state;
  does(w, &w->a, kit_set(7, FIELD, 4));
  does(w, &w->a, kit_delete(7, TYPE, true)); /* has seen it */
  does(w, &w->b, kit_delete(7, TYPE, true)); /* has not */
  assert_true(meet(w).deleted);
}

static void a_commit_that_writes_and_deletes_has_seen_itself(void **state) {
  (void)state;
  struct world w;
  struct krv_op ops[] = {kit_delete(7, TYPE, true), kit_set(7, FIELD, 5)};
  make_world(&w);
  kit_write(&w.kit, &w.a, ops, 2);
  assert_true(meet(&w).deleted);
  release_world(&w);
}

/* They are the case: nobody hides it, or what is in conflict there, with a flag. */
static void a_flag_on_the_flat_fields_hides_nothing(void **state) {
  struct world *w = *state;
  struct krv_view view;
  does(w, &w->a, kit_set(0, 12, 1));
  does(w, &w->b, kit_set(0, 12, 2));
  kit_sync(&w->kit, &w->a, &w->b);
  does(w, &w->a, kit_delete(0, 0, true)); /* has seen all */
  kit_sync(&w->kit, &w->b, &w->a);
  assert_true(kit_same(&w->kit, &w->a, &w->b));
  assert_int_equal(krv_view_init(&view, &w->kit.t.env, krv_case_state(w->b.kase), NULL), 0);
  assert_int_equal(view.records[0].type, 0);
  assert_false(view.records[0].deleted || view.records[0].delete_disputed);
  assert_int_equal(view.conflict_count, 1);
  krv_view_release(&view);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      IN_WORLD(a_deleted_record_keeps_its_values_and_can_be_restored),
      cmocka_unit_test(a_concurrent_edit_beats_a_deletion_and_is_flagged),
      IN_WORLD(a_concurrent_note_beats_a_deletion_too),
      IN_WORLD(an_edit_after_a_deletion_shows_the_record_again),
      IN_WORLD(restoring_beside_a_deletion_keeps_the_record),
      IN_WORLD(a_flag_on_the_flat_fields_hides_nothing),
      IN_WORLD(two_deletions_are_one_if_either_has_seen_all),
      cmocka_unit_test(a_commit_that_writes_and_deletes_has_seen_itself),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
