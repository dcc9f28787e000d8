/* R24: the order of display, and what is shown first for a survivor's safety. */
#include "casekit.h"
#include "mock.h"
#include "schema.h"
#include "show.h"

enum { PURPOSES = 0x201, ASSENT = 526, RISK = 772, NAME = 12 };

struct world {
  struct kit kit;
  struct kit_replica a, b, c;
  struct krv_schema *schema;
  struct krv_view view;
};

static void make_world_of(struct world *w, uint64_t seed) {
  kit_init(&w->kit, seed, 3);
  kit_replica_init(&w->kit, &w->a, 1);
  kit_replica_init(&w->kit, &w->b, 2);
  kit_replica_init(&w->kit, &w->c, 0);
  assert_int_equal(krv_schema_new(&w->kit.t.env, krv_schema_builtin(), &w->schema), 0);
  memset(&w->view, 0, sizeof w->view);
}

static void make_world(struct world *w) {
  make_world_of(w, 24);
}

static void release_world(struct world *w) {
  krv_view_release(&w->view);
  krv_schema_free(w->schema);
  kit_replica_release(&w->a);
  kit_replica_release(&w->b);
  kit_replica_release(&w->c);
  kit_release(&w->kit);
  assert_int_equal(w->kit.t.live, 0);
}

static void does(struct world *w, struct kit_replica *r, struct krv_op op) {
  kit_write(&w->kit, r, &op, 1);
}

static void look(struct world *w) {
  kit_sync(&w->kit, &w->c, &w->a);
  kit_sync(&w->kit, &w->c, &w->b);
  krv_view_release(&w->view);
  assert_int_equal(
      krv_view_init(&w->view, &w->kit.t.env, krv_case_state(w->c.kase), w->schema), 0);
}

static const struct krv_shown_field *field_of(const struct world *w, uint64_t record,
                                              uint16_t field) {
  const struct krv_record_id id = kit_record(record);
  const struct krv_shown_field *shown = krv_view_field(&w->view, &id, field);
  assert_non_null(shown);
  return shown;
}

static void assert_first(const struct krv_shown_field *field, uint32_t count, int64_t value) {
  assert_int_equal(field->count, count);
  assert_true(krv_slice_equal(field->values[0].value, kit_int(value)));
}

static void the_value_that_had_seen_more_is_shown_first_whatever_the_clocks_say(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  does(&w, &w.a, kit_set(0, NAME, 1));
  does(&w, &w.b, kit_set(0, 13, 1));
  does(&w, &w.b, kit_set(0, NAME, 2)); /* has seen one commit; a's has seen none */
  for (uint32_t i = 0; i < w.kit.count; i++) w.kit.commits[i].body.wall_s = 100 - (int64_t)i;
  look(&w);
  assert_first(field_of(&w, 0, NAME), 2, 2);
  assert_true(field_of(&w, 0, NAME)->conflict);
  assert_int_equal(w.view.conflict_count, 1);
  release_world(&w);
}

static void with_as_much_seen_the_lower_device_is_first(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  does(&w, &w.b, kit_set(0, NAME, 2));
  does(&w, &w.a, kit_set(0, NAME, 1));
  look(&w);
  assert_first(field_of(&w, 0, NAME), 2, 1);
  release_world(&w);
}

/* Two lines of device 1 from one state: the first and the second commit of a line, each after one
 * other. */
static bool lines_of_one_device(uint64_t seed, bool *second_has_lower_id) {
  struct world w;
  struct kit_replica twin;
  make_world_of(&w, seed);
  kit_replica_copy(&w.kit, &w.a, &twin);
  does(&w, &w.b, kit_set(0, 13, 1));
  kit_sync(&w.kit, &w.a, &w.b);
  does(&w, &w.a, kit_set(0, NAME, 1)); /* has seen b's */
  does(&w, &twin, kit_set(0, 14, 1));
  does(&w, &twin, kit_set(0, NAME, 2)); /* has seen its own */
  const struct krv_id *first = &w.kit.commits[1].tip.id, *second = &w.kit.commits[3].tip.id;
  *second_has_lower_id = krv_id_compare(second, first) < 0;
  kit_sync(&w.kit, &w.c, &twin);
  look(&w);
  const struct krv_shown_field *shown = field_of(&w, 0, NAME);
  bool right = shown->count == 2 && krv_slice_equal(shown->values[0].value,
                                                    kit_int(*second_has_lower_id ? 2 : 1));
  kit_replica_release(&twin);
  release_world(&w);
  return right;
}

static void of_one_device_the_lower_commit_id_is_first(void **state) {
  (void)state;
  uint32_t lower = 0;
  for (uint64_t seed = 0; seed < 16; seed++) {
    bool second;
    assert_true(lines_of_one_device(seed, &second));
    lower += second;
  }
  assert_in_range(lower, 1, 15); /* both cases came */
}

static void equal_concurrent_values_are_no_conflict(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  does(&w, &w.a, kit_set(0, NAME, 5));
  does(&w, &w.b, kit_set(0, NAME, 5));
  look(&w);
  assert_first(field_of(&w, 0, NAME), 1, 5);
  assert_false(field_of(&w, 0, NAME)->conflict);
  assert_int_equal(w.view.conflict_count, 0);
  release_world(&w);
}

static void resolving_what_was_seen_ends_the_conflict(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  does(&w, &w.a, kit_set(0, NAME, 1));
  does(&w, &w.b, kit_set(0, NAME, 2));
  kit_sync(&w.kit, &w.a, &w.b);
  does(&w, &w.a, kit_resolve(0, NAME, 2));
  look(&w);
  assert_first(field_of(&w, 0, NAME), 1, 2);
  assert_true(field_of(&w, 0, NAME)->values[0].resolved);
  assert_int_equal(w.view.conflict_count, 0);
  release_world(&w);
}

/* Index of a code by its name in the list of a field. */
static int64_t code(const struct world *w, uint16_t field, const char *name) {
  const struct krv_field *f = krv_schema_field(w->schema, field);
  return krv_schema_code(w->schema, f->list, krv_slice_str(name));
}

static void consent_shows_the_most_restrictive_and_an_unknown_code_as_that(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  does(&w, &w.a, kit_set(0, 13, 1)); /* so that a's has seen more */
  does(&w, &w.a, kit_set(5, ASSENT, code(&w, ASSENT, "yes")));
  does(&w, &w.b, kit_set(5, ASSENT, code(&w, ASSENT, "no")));
  does(&w, &w.a, kit_set(6, ASSENT, code(&w, ASSENT, "no")));
  does(&w, &w.b, kit_set(6, ASSENT, 99));
  look(&w);
  assert_first(field_of(&w, 5, ASSENT), 2, code(&w, ASSENT, "no"));
  assert_first(field_of(&w, 6, ASSENT), 2, 99);
  release_world(&w);
}

static void risk_shows_the_highest_and_an_unknown_code_as_that(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  does(&w, &w.a, kit_set(0, 13, 1));
  does(&w, &w.a, kit_set(5, RISK, code(&w, RISK, "low")));
  does(&w, &w.b, kit_set(5, RISK, code(&w, RISK, "high")));
  does(&w, &w.a, kit_set(6, RISK, code(&w, RISK, "extreme")));
  does(&w, &w.b, kit_set(6, RISK, 99));
  look(&w);
  assert_first(field_of(&w, 5, RISK), 2, code(&w, RISK, "high"));
  assert_first(field_of(&w, 6, RISK), 2, 99);
  release_world(&w);
}

static void options_merge_one_by_one_and_a_disputed_purpose_of_consent_is_off(void **state) {
  (void)state;
  struct world w;
  enum { EXPLOITATION = 45 };
  make_world(&w);
  for (int i = 0; i < 2; i++) {
    uint64_t record = i == 0 ? 0 : 5;
    uint16_t field = i == 0 ? EXPLOITATION : PURPOSES;
    does(&w, &w.a, kit_option(record, field, 1, true));
    does(&w, &w.b, kit_option(record, field, 2, true));
    does(&w, &w.b, kit_option(record, field, 1, false)); /* at the same time as on */
  }
  look(&w);
  const struct krv_shown_field *plain = field_of(&w, 0, EXPLOITATION);
  const struct krv_shown_field *careful = field_of(&w, 5, PURPOSES);
  assert_int_equal(plain->option_count, 2);
  assert_int_equal(plain->options[0], 1);
  assert_int_equal(plain->options[1], 2);
  assert_int_equal(plain->disputed_count, 1);
  assert_int_equal(careful->option_count, 1);
  assert_int_equal(careful->options[0], 2);
  assert_int_equal(careful->disputed_count, 1);
  assert_int_equal(careful->disputed[0], 1);
  assert_int_equal(w.view.conflict_count, 2);
  release_world(&w);
}

static void records_and_notes_stand_in_the_order_of_what_was_seen(void **state) {
  (void)state;
  struct world w;
  make_world(&w);
  does(&w, &w.a, kit_set(90, ASSENT, 1)); /* the older record has the higher id */
  does(&w, &w.a, kit_set(10, ASSENT, 1));
  does(&w, &w.a, kit_append(20, 0xd01, 9, 1));
  does(&w, &w.a, kit_append(20, 0xd01, 3, 2));
  does(&w, &w.a, kit_set(0, NAME, 1));
  look(&w);
  const struct krv_record_id ninety = kit_record(90), ten = kit_record(10);
  assert_int_equal(w.view.records[0].type, 0);
  assert_memory_equal(krv_view_record(&w.view, 2, 1)->id.b, ninety.b, 8);
  assert_memory_equal(krv_view_record(&w.view, 2, 2)->id.b, ten.b, 8);
  assert_null(krv_view_record(&w.view, 2, 3));
  const struct krv_shown_field *notes = field_of(&w, 20, 0xd01);
  assert_first(notes, 2, 1);
  assert_false(notes->conflict);
  release_world(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_value_that_had_seen_more_is_shown_first_whatever_the_clocks_say),
      cmocka_unit_test(with_as_much_seen_the_lower_device_is_first),
      cmocka_unit_test(of_one_device_the_lower_commit_id_is_first),
      cmocka_unit_test(equal_concurrent_values_are_no_conflict),
      cmocka_unit_test(resolving_what_was_seen_ends_the_conflict),
      cmocka_unit_test(consent_shows_the_most_restrictive_and_an_unknown_code_as_that),
      cmocka_unit_test(risk_shows_the_highest_and_an_unknown_code_as_that),
      cmocka_unit_test(options_merge_one_by_one_and_a_disputed_purpose_of_consent_is_off),
      cmocka_unit_test(records_and_notes_stand_in_the_order_of_what_was_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
