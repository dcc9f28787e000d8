/* R24: what one commit wrote is shown in the order in which it was written; R22: whoever repeats an
 * item neither moves it nor becomes its author. */
#include <stdlib.h>

#include "casekit.h"
#include "mock.h"
#include "naive.h"
#include "show.h"

enum { NOTES = 0xd01, OTHER_NOTES = 0x10c, CONSENT = 0x20e, NAME = 12, CHOICES = 45 };

struct world {
  struct kit kit;
  struct kit_replica a, b, reader;
  struct krv_view view;
};

/* Device 1 and device 2 write, device 0 reads. */
static void make_world(struct world *w) {
  kit_init(&w->kit, 24, 3);
  kit_replica_init(&w->kit, &w->a, 1);
  kit_replica_init(&w->kit, &w->b, 2);
  kit_replica_init(&w->kit, &w->reader, 0);
  memset(&w->view, 0, sizeof w->view);
}

static void release_world(struct world *w) {
  krv_view_release(&w->view);
  kit_replica_release(&w->a);
  kit_replica_release(&w->b);
  kit_replica_release(&w->reader);
  kit_release(&w->kit);
  assert_int_equal(w->kit.t.live, 0);
}

static void view_of(struct world *w, const struct kit_replica *r) {
  krv_view_release(&w->view);
  assert_int_equal(krv_view_init(&w->view, &w->kit.t.env, krv_case_state(r->kase), NULL), 0);
}

/* The reader takes the commits in that order; as bytes it is what everybody else has who holds
 * them, and what the naive model says. */
static void reads(struct world *w, const uint32_t *order, uint32_t count) {
  struct kit_replica before = w->reader, loaded;
  kit_replica_init(&w->kit, &w->reader, 0);
  for (uint32_t i = 0; i < count; i++) {
    kit_take(&w->kit, &w->reader, order[i]);
    kit_take(&w->kit, &w->reader, order[0]); /* again */
  }
  if (memcmp(before.has, w->reader.has, sizeof before.has) == 0)
    assert_true(kit_same(&w->kit, &before, &w->reader));
  kit_replica_release(&before);
  kit_replica_copy(&w->kit, &w->reader, &loaded);
  assert_true(kit_same(&w->kit, &w->reader, &loaded));
  kit_replica_release(&loaded);
  struct naive *m = naive_new(&w->kit, w->reader.has);
  assert_int_equal(naive_compare(m, w->reader.kase), 0);
  free(m);
  view_of(w, &w->reader);
}

/* All that there is, in every order of up to three commits. */
static void reads_in_every_order(struct world *w) {
  static const uint32_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  assert_in_range(w->kit.count, 1, 3);
  for (uint32_t p = 0; p < 6; p++) {
    uint32_t order[3], count = 0;
    for (uint32_t i = 0; i < 3; i++)
      if (orders[p][i] < w->kit.count) order[count++] = orders[p][i];
    reads(w, order, count);
  }
}

static const struct krv_shown_field *field_of(const struct world *w, uint64_t record,
                                              uint16_t field) {
  const struct krv_record_id id = kit_record(record);
  const struct krv_shown_field *shown = krv_view_field(&w->view, &id, field);
  assert_non_null(shown);
  return shown;
}

static void assert_shown(const struct world *w, uint64_t record, uint16_t field,
                         const int64_t *values, uint32_t count) {
  const struct krv_shown_field *shown = field_of(w, record, field);
  assert_int_equal(shown->count, count);
  for (uint32_t i = 0; i < count; i++)
    assert_true(krv_slice_equal(shown->values[i].value, kit_int(values[i])));
}

static krv_device_ix author_of(const struct world *w, const struct kit_replica *r, uint64_t record,
                               uint16_t field, uint32_t i) {
  const struct krv_shown_field *shown = field_of(w, record, field);
  return krv_state_writer(krv_case_state(r->kase), shown->values[i].writer)->tip.device;
}

static void notes_of_one_commit_stand_as_they_were_written(void **state) {
  (void)state;
  struct world w;
  struct krv_op ops[] = {kit_append(0, NOTES, 9, 1), kit_append(0, NOTES, 3, 2),
                         kit_set(0, NAME, 5), kit_append(0, NOTES, 6, 3)};
  make_world(&w);
  kit_write(&w.kit, &w.a, ops, 4);
  reads_in_every_order(&w);
  assert_shown(&w, 0, NOTES, (int64_t[]){1, 2, 3}, 3);
  release_world(&w);
}

/* Lines that nobody has merged yet: each keeps its own order, and does not mix with the other. */
static void concurrent_commits_keep_their_notes_together(void **state) {
  (void)state;
  struct world w;
  struct krv_op by_a[] = {kit_append(0, NOTES, 9, 1), kit_append(0, NOTES, 3, 2)};
  struct krv_op by_b[] = {kit_append(0, NOTES, 8, 3), kit_append(0, NOTES, 1, 4)};
  make_world(&w);
  kit_write(&w.kit, &w.b, by_b, 2);
  kit_write(&w.kit, &w.a, by_a, 2);
  reads_in_every_order(&w);
  assert_shown(&w, 0, NOTES, (int64_t[]){1, 2, 3, 4}, 4);
  release_world(&w);
}

/* consent[1] is the one that the person wrote first, whatever the dice gave it as its id. */
static void records_of_one_commit_stand_as_they_were_written(void **state) {
  (void)state;
  static const uint64_t written[] = {70, 20, 90, 10};
  struct world w;
  struct krv_op ops[] = {kit_set(70, CONSENT, 1), kit_option(20, CONSENT, 3, true),
                         kit_append(90, 0x210, 1, 1), kit_delete(10, 2, false),
                         kit_set(20, CONSENT + 1, 1)};
  make_world(&w);
  kit_write(&w.kit, &w.a, ops, 5);
  reads_in_every_order(&w);
  for (uint32_t i = 0; i < 4; i++) {
    const struct krv_record_id id = kit_record(written[i]);
    assert_memory_equal(krv_view_record(&w.view, 2, i + 1)->id.b, id.b, sizeof id.b);
  }
  release_world(&w);
}

/* A field holds one value of a commit, and a choice is on or off: the last word, and no conflict.
 * So place has no say there. */
static void a_field_written_twice_in_one_commit_holds_the_last_and_is_no_conflict(void **state) {
  (void)state;
  struct world w;
  struct krv_op ops[] = {kit_set(0, NAME, 1), kit_option(0, CHOICES, 1, true),
                         kit_option(0, CHOICES, 2, false), kit_set(0, NAME, 2),
                         kit_option(0, CHOICES, 1, false), kit_option(0, CHOICES, 2, true)};
  make_world(&w);
  kit_write(&w.kit, &w.a, ops, 6);
  reads_in_every_order(&w);
  assert_shown(&w, 0, NAME, (int64_t[]){2}, 1);
  assert_int_equal(field_of(&w, 0, CHOICES)->option_count, 1);
  assert_int_equal(field_of(&w, 0, CHOICES)->options[0], 2);
  assert_int_equal(field_of(&w, 0, CHOICES)->disputed_count, 0);
  assert_int_equal(w.view.conflict_count, 0);
  release_world(&w);
}

static void an_item_twice_in_one_commit_stands_where_it_was_first(void **state) {
  (void)state;
  struct world w;
  struct krv_op ops[] = {kit_append(0, NOTES, 9, 1), kit_append(0, NOTES, 3, 2),
                         kit_append(0, NOTES, 9, 1)};
  make_world(&w);
  kit_write(&w.kit, &w.a, ops, 3);
  reads_in_every_order(&w);
  assert_shown(&w, 0, NOTES, (int64_t[]){1, 2}, 2);
  release_world(&w);
}

/* Many notes by two, a few a commit: as each read and wrote, whatever their ids. */
static void many_notes_stand_in_the_order_in_which_they_were_written(void **state) {
  (void)state;
  enum { COMMITS = 40, EACH = 3 };
  struct world w;
  make_world(&w);
  for (uint32_t c = 0; c < COMMITS; c++) {
    struct kit_replica *r = c % 2 == 0 ? &w.a : &w.b;
    struct krv_op ops[EACH];
    for (uint32_t i = 0; i < EACH; i++)
      ops[i] = kit_append(0, NOTES, 1 + krv_testenv_below(&w.kit.t, 1000000), c * EACH + i);
    kit_sync(&w.kit, r, c % 2 == 0 ? &w.b : &w.a);
    kit_write(&w.kit, r, ops, EACH);
  }
  view_of(&w, &w.b);
  const struct krv_shown_field *shown = field_of(&w, 0, NOTES);
  assert_int_equal(shown->count, COMMITS * EACH);
  for (uint32_t i = 0; i < shown->count; i++)
    assert_true(krv_slice_equal(shown->values[i].value, kit_int(i)));
  release_world(&w);
}

/* --- against a hostile member */

/* He has the lower number, and what he repeats he puts elsewhere in his commit. */
static void whoever_repeats_an_item_neither_moves_it_nor_becomes_its_author(void **state) {
  (void)state;
  struct world w;
  struct krv_op honest[] = {kit_append(0, NOTES, 9, 1), kit_append(0, NOTES, 3, 2)};
  struct krv_op copy[] = {kit_append(0, NOTES, 3, 2), kit_append(0, NOTES, 1, 4),
                          kit_append(0, NOTES, 9, 1)};
  make_world(&w);
  kit_write(&w.kit, &w.b, honest, 2);
  kit_sync(&w.kit, &w.a, &w.b);
  kit_write(&w.kit, &w.a, copy, 3);
  reads_in_every_order(&w);
  assert_shown(&w, 0, NOTES, (int64_t[]){1, 2, 4}, 3);
  assert_int_equal(author_of(&w, &w.reader, 0, NOTES, 0), 2);
  assert_int_equal(author_of(&w, &w.reader, 0, NOTES, 1), 2);
  assert_int_equal(author_of(&w, &w.reader, 0, NOTES, 2), 1);
  release_world(&w);
}

/* Same items, other places, at the same time: one of the two orders, the same for everybody. */
static void the_same_items_at_other_places_in_two_commits_are_one_order_for_all(void **state) {
  (void)state;
  struct world w;
  struct krv_op by_a[] = {kit_append(0, NOTES, 3, 2), kit_append(0, NOTES, 9, 1)};
  struct krv_op by_b[] = {kit_append(0, NOTES, 9, 1), kit_append(0, NOTES, 5, 3),
                          kit_append(0, NOTES, 3, 2)};
  make_world(&w);
  kit_write(&w.kit, &w.b, by_b, 3);
  kit_write(&w.kit, &w.a, by_a, 2);
  reads_in_every_order(&w);
  assert_shown(&w, 0, NOTES, (int64_t[]){2, 1, 3}, 3);
  release_world(&w);
}

/* One dot, two commits with the same items: the lower id has them, at its places. */
static void an_item_on_both_lines_of_a_fork_is_one_at_the_place_of_the_lower_id(void **state) {
  (void)state;
  uint32_t lower = 0;
  for (uint32_t i = 0; i < 16; i++) {
    struct world w;
    struct kit_replica copy;
    struct krv_op first[] = {kit_append(0, NOTES, 9, 1), kit_append(0, NOTES, 3, 2)};
    struct krv_op second[] = {kit_append(0, NOTES, 3, 2), kit_append(0, NOTES, 9, 1)};
    make_world(&w);
    for (uint32_t k = 0; k < i; k++) (void)krv_testenv_below(&w.kit.t, 2); /* other ids */
    kit_replica_copy(&w.kit, &w.a, &copy);
    kit_write(&w.kit, &w.a, first, 2);
    kit_write(&w.kit, &copy, second, 2);
    reads_in_every_order(&w);
    bool second_lower =
        krv_id_compare(&w.kit.commits[1].tip.id, &w.kit.commits[0].tip.id) < 0;
    lower += second_lower;
    assert_shown(&w, 0, NOTES, second_lower ? (int64_t[]){2, 1} : (int64_t[]){1, 2}, 2);
    kit_replica_release(&copy);
    release_world(&w);
  }
  assert_in_range(lower, 1, 15); /* both came */
}

/* An id that is used already: in a field of another type, in another record, with other bytes. */
static void an_item_id_in_another_field_or_record_or_with_other_bytes_is_another_item(
    void **state) {
  (void)state;
  struct world w;
  struct krv_op honest[] = {kit_append(0, NOTES, 9, 1), kit_append(0, NOTES, 3, 2)};
  struct krv_op hostile[] = {kit_append(0, OTHER_NOTES, 3, 2), kit_append(0, OTHER_NOTES, 9, 1),
                             kit_append(5, NOTES, 9, 1), kit_append(0, NOTES, 9, 7),
                             kit_set(0, NOTES, 8)};
  make_world(&w);
  kit_write(&w.kit, &w.b, honest, 2);
  kit_sync(&w.kit, &w.a, &w.b);
  kit_write(&w.kit, &w.a, hostile, 5);
  reads_in_every_order(&w);
  assert_shown(&w, 0, NOTES, (int64_t[]){8, 1, 2, 7}, 4); /* a single value before the notes */
  assert_shown(&w, 0, OTHER_NOTES, (int64_t[]){2, 1}, 2);
  assert_shown(&w, 5, NOTES, (int64_t[]){1}, 1);
  assert_int_equal(w.view.conflict_count, 0);
  release_world(&w);
}

/* Repeating a note of a record that was deleted meanwhile is no new note in it. */
static void repeating_an_item_that_a_deletion_had_seen_does_not_beat_it(void **state) {
  (void)state;
  struct world w;
  const struct krv_op note[] = {kit_append(7, 0x210, 9, 1)}, gone[] = {kit_delete(7, 2, true)};
  make_world(&w);
  kit_write(&w.kit, &w.b, note, 1);
  kit_sync(&w.kit, &w.a, &w.b);
  kit_write(&w.kit, &w.b, gone, 1);
  kit_write(&w.kit, &w.a, note, 1); /* has not seen the deletion */
  reads_in_every_order(&w);
  assert_true(w.view.records[0].deleted);
  assert_false(w.view.records[0].delete_disputed);
  release_world(&w);
}

/* A place in the state is written one way only. */
static void a_place_of_nought_that_is_written_out_is_refused(void **state) {
  (void)state;
  static const uint8_t first[] = {0x95, 0x00, 0xcd, 0x0d, 0x01, 0xc4, 8,
                                  0,    0,    0,    0,    0,    0,    0, 9, 1, 0};
  struct world w;
  struct krv_op op = kit_append(0, NOTES, 9, 1);
  struct krv_state *decoded;
  struct krv_buf bytes;
  make_world(&w);
  kit_write(&w.kit, &w.a, &op, 1);
  krv_buf_init(&bytes, &w.kit.t.env);
  assert_int_equal(krv_state_encode(krv_case_state(w.a.kase), &bytes), 0);
  size_t at = bytes.len - sizeof first - 1; /* behind it: no control operations */
  assert_memory_equal(bytes.data + at, first, sizeof first);
  bytes.data[at] = 0x96;
  bytes.data[bytes.len - 1] = 0;
  krv_buf_u8(&bytes, 0x90);
  assert_int_equal(krv_state_decode(&w.kit.t.env, krv_buf_slice(&bytes), &decoded), KRV_MALFORMED);
  bytes.data[bytes.len - 2] = 1; /* and this would be the second operation */
  assert_int_equal(krv_state_decode(&w.kit.t.env, krv_buf_slice(&bytes), &decoded), 0);
  assert_int_equal(krv_state_item(decoded, 0)->place, 1);
  krv_state_free(decoded);
  krv_buf_release(&bytes);
  release_world(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(notes_of_one_commit_stand_as_they_were_written),
      cmocka_unit_test(concurrent_commits_keep_their_notes_together),
      cmocka_unit_test(many_notes_stand_in_the_order_in_which_they_were_written),
      cmocka_unit_test(records_of_one_commit_stand_as_they_were_written),
      cmocka_unit_test(a_field_written_twice_in_one_commit_holds_the_last_and_is_no_conflict),
      cmocka_unit_test(an_item_twice_in_one_commit_stands_where_it_was_first),
      cmocka_unit_test(whoever_repeats_an_item_neither_moves_it_nor_becomes_its_author),
      cmocka_unit_test(the_same_items_at_other_places_in_two_commits_are_one_order_for_all),
      cmocka_unit_test(an_item_on_both_lines_of_a_fork_is_one_at_the_place_of_the_lower_id),
      cmocka_unit_test(an_item_id_in_another_field_or_record_or_with_other_bytes_is_another_item),
      cmocka_unit_test(repeating_an_item_that_a_deletion_had_seen_does_not_beat_it),
      cmocka_unit_test(a_place_of_nought_that_is_written_out_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
