/* The state, and the case around it: memory, hostile bytes. What they mean is in
 * tests/rules and tests/prop. */
#include "state.h"

#include "bounds.h"
#include "casekit.h"
#include "mock.h"
#include "show.h"
#include "status.h"

/* A case with a bit of everything: conflicts, a beaten deletion, items, control, a held commit. */
static void make_case(struct kit *kit, struct kit_replica *a) {
  struct kit_replica b;
  struct krv_op first[] = {kit_set(0, 1, 1), kit_set(7, 0x201, 2), kit_option(7, 0x202, 1, true),
                           kit_append(7, 0x203, 4, 3), kit_access(5, KRV_ACCESS_READ)};
  struct krv_op mine[] = {kit_set(0, 1, 4), kit_delete(7, 2, true), kit_epoch(1, 0xaa)};
  struct krv_op theirs[] = {kit_set(0, 1, 5), kit_append(7, 0x203, 4, 6),
                            kit_option(7, 0x202, 1, false)};
  struct krv_op later = kit_set(0, 2, 1);
  kit_init(kit, 6, 3);
  kit_replica_init(kit, a, 1);
  kit_replica_init(kit, &b, 2);
  kit_write(kit, a, first, 5);
  kit_sync(kit, &b, a);
  kit_write(kit, a, mine, 3);
  uint32_t i = kit_write(kit, &b, theirs, 3);
  kit_take(kit, a, i);
  kit_write(kit, &b, &later, 1);
  kit_take(kit, a, kit_write(kit, &b, &later, 1)); /* its prev is missing */
  kit_replica_release(&b);
}

static void release_case(struct kit *kit, struct kit_replica *a) {
  kit_replica_release(a);
  kit_release(kit);
  assert_int_equal(kit->t.live, 0);
}

static void reading_finds_what_was_written(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a;
  make_case(&kit, &a);
  const struct krv_state *s = krv_case_state(a.kase);
  const struct krv_record_id zero = kit_record(0), seven = kit_record(7);
  assert_int_equal(krv_state_find(s, &zero, 1, KRV_NO_OPTION)->count, 2);
  assert_int_equal(krv_state_find(s, &seven, 0x202, 1)->count, 1); /* off had seen on */
  assert_true(krv_state_find(s, &seven, 0x200, KRV_DELETE_KEY)->values[0].beaten);
  assert_null(krv_state_find(s, &seven, 0x202, 2));
  assert_int_equal(krv_state_item_count(s), 2);
  assert_int_equal(krv_state_control_count(s), 2);
  for (uint32_t i = 1; i < krv_state_reg_count(s); i++)
    assert_true(memcmp(&krv_state_reg(s, i - 1)->record, &krv_state_reg(s, i)->record, 8) <= 0);
  release_case(&kit, &a);
}

static void encode_state(const struct krv_case *kase, struct krv_buf *out) {
  krv_buf_reset(out);
  assert_int_equal(krv_state_encode(krv_case_state(kase), out), 0);
}

/* Every byte changed in every way. What is accepted is the one form, and can be used. */
static void hostile_states_are_refused_or_canonical(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a;
  struct krv_buf bytes, again;
  struct krv_state *decoded;
  make_case(&kit, &a);
  krv_buf_init(&bytes, &kit.t.env);
  krv_buf_init(&again, &kit.t.env);
  encode_state(a.kase, &bytes);
  for (size_t i = 0; i < bytes.len; i++)
    for (int x = 0; x < 256; x++) {
      struct krv_view view;
      bytes.data[i] ^= (uint8_t)x;
      int rc = krv_state_decode(&kit.t.env, krv_buf_slice(&bytes), &decoded);
      assert_true(rc == 0 || (rc == KRV_MALFORMED && x != 0 && !decoded));
      if (rc == 0) {
        krv_buf_reset(&again);
        assert_int_equal(krv_state_encode(decoded, &again), 0);
        assert_true(krv_slice_equal(krv_buf_slice(&bytes), krv_buf_slice(&again)));
        assert_int_equal(krv_view_init(&view, &kit.t.env, decoded, NULL), 0);
        krv_view_release(&view);
        krv_state_free(decoded);
      }
      bytes.data[i] ^= (uint8_t)x;
    }
  for (size_t len = 0; len < bytes.len; len++)
    assert_int_equal(krv_state_decode(&kit.t.env, krv_slice(bytes.data, len), &decoded),
                     KRV_MALFORMED);
  krv_buf_release(&bytes);
  krv_buf_release(&again);
  release_case(&kit, &a);
}

static void hostile_cases_are_refused_or_canonical(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a;
  struct krv_buf bytes, again;
  struct krv_case *decoded;
  make_case(&kit, &a);
  krv_buf_init(&bytes, &kit.t.env);
  krv_buf_init(&again, &kit.t.env);
  kit_encode(&a, &bytes);
  for (size_t i = 0; i < bytes.len; i++)
    for (int x = 1; x < 256; x += 3) {
      bytes.data[i] ^= (uint8_t)x;
      int rc = krv_case_decode(&kit.t.env, krv_buf_slice(&bytes), &decoded);
      assert_true(rc == 0 || (rc == KRV_MALFORMED && !decoded));
      if (rc == 0) {
        krv_buf_reset(&again);
        assert_int_equal(krv_case_encode(decoded, &again), 0);
        assert_true(krv_slice_equal(krv_buf_slice(&bytes), krv_buf_slice(&again)));
        krv_case_free(decoded);
      }
      bytes.data[i] ^= (uint8_t)x;
    }
  krv_buf_release(&bytes);
  krv_buf_release(&again);
  release_case(&kit, &a);
}

/* Each allocation of adding a commit fails in turn: the case stays as it was, and the next try
 * does it. */
static void adding_is_all_or_nothing_whichever_allocation_fails(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a;
  struct krv_buf before, after;
  struct krv_op ops[] = {kit_set(9, 0x901, 1),  kit_set(0, 1, 9),    kit_option(9, 0x902, 1, true),
                         kit_append(9, 0x903, 1, 1), kit_delete(7, 2, true), kit_epoch(2, 1),
                         kit_epoch(7, 1), kit_access(6, KRV_ACCESS_READ)};
  uint64_t k = 1;
  int rc = KRV_NOMEM;
  make_case(&kit, &a);
  krv_buf_init(&before, &kit.t.env);
  krv_buf_init(&after, &kit.t.env);
  kit_encode(&a, &before);
  kit_replica_release(&a);
  for (; rc == KRV_NOMEM; k++) {
    enum krv_verdict verdict;
    assert_int_equal(krv_case_decode(&kit.t.env, krv_buf_slice(&before), &a.kase), 0);
    uint32_t i = kit_draft(&kit, &a, ops, 8);
    const struct krv_case_commit c = kit_commit_of(&kit, i);
    kit.t.fail_at = kit.t.allocations + k;
    rc = krv_case_add(a.kase, &kit.rights, &c, &verdict);
    kit.t.fail_at = 0;
    krv_buf_reset(&after);
    kit_encode(&a, &after);
    assert_true(rc == 0 || rc == KRV_NOMEM);
    assert_int_equal(krv_slice_equal(krv_buf_slice(&before), krv_buf_slice(&after)), rc != 0);
    if (rc != 0) assert_int_equal(krv_case_add(a.kase, &kit.rights, &c, &verdict), 0);
    krv_case_free(a.kase);
  }
  assert_true(k > 8);
  krv_buf_release(&before);
  krv_buf_release(&after);
  kit_release(&kit);
  assert_int_equal(kit.t.live, 0);
}

/* Decoding, viewing, resetting and encoding: each allocation fails in turn, nothing leaks. */
static void the_rest_fails_cleanly_whichever_allocation_fails(void **state) {
  (void)state;
  struct kit kit;
  struct kit_replica a;
  struct krv_buf bytes;
  uint64_t k = 1;
  int rc = KRV_NOMEM;
  make_case(&kit, &a);
  krv_buf_init(&bytes, &kit.t.env);
  kit_encode(&a, &bytes);
  int64_t live = kit.t.live;
  for (; rc == KRV_NOMEM; k++) {
    struct krv_case *kase = NULL;
    struct krv_view view;
    struct krv_buf out;
    krv_buf_init(&out, &kit.t.env);
    kit.t.fail_at = kit.t.allocations + k;
    rc = krv_case_decode(&kit.t.env, krv_buf_slice(&bytes), &kase);
    if (rc == 0) rc = krv_view_init(&view, &kit.t.env, krv_case_state(kase), NULL);
    if (rc == 0) krv_view_release(&view);
    if (rc == 0) rc = krv_case_encode(kase, &out);
    if (rc == 0) rc = krv_case_reset(kase);
    kit.t.fail_at = 0;
    krv_case_free(kase);
    krv_buf_release(&out);
    assert_int_equal(kit.t.live, live);
  }
  assert_int_equal(rc, 0);
  assert_true(k > 20);
  krv_buf_release(&bytes);
  release_case(&kit, &a);
}

/* Commits of two thousand notes until the reader's case has no more room for the device. */
static uint32_t fill(struct kit *kit, krv_device_ix device, struct kit_replica *reader) {
  enum { NOTES = 2000, COMMITS_MAX = 100 };
  static struct krv_op ops[NOTES];
  struct kit_replica writer;
  uint32_t commits = 0;
  kit_replica_init(kit, &writer, device);
  while (commits < COMMITS_MAX && krv_case_has_room(reader->kase, device, 0)) {
    for (uint32_t i = 0; i < NOTES; i++)
      ops[i] = kit_append(1 + device, 0xd01, 1 + commits * NOTES + i, 5);
    assert_int_equal(kit_take(kit, reader, kit_write(kit, &writer, ops, NOTES)),
                     KRV_VERDICT_APPLIED);
    commits++;
  }
  kit_replica_release(&writer);
  return commits;
}

/* Three devices fill a case, and none of them more than its third. */
static void a_case_has_room_for_so_much_of_one_device_and_of_all(void **state) {
  (void)state;
  enum { WEIGHT = 2000 * (KRV_WEIGHT_EACH + 1), FULL = KRV_CASE_OF_ONE_MAX / WEIGHT + 1 };
  struct kit kit;
  struct kit_replica reader, loaded;
  kit_init(&kit, 6, 4);
  kit_replica_init(&kit, &reader, 0);
  for (krv_device_ix d = 1; d <= 3; d++) {
    assert_int_equal(fill(&kit, d, &reader), d < 3 ? FULL : FULL - 1); /* the third: of all */
    assert_false(krv_case_has_room(reader.kase, d, 0));
  }
  assert_false(krv_case_has_room(reader.kase, 4, 0)); /* it wrote nothing */
  kit_replica_copy(&kit, &reader, &loaded);
  assert_int_equal(krv_state_weight(krv_case_state(loaded.kase)),
                   krv_state_weight(krv_case_state(reader.kase)));
  kit_replica_release(&loaded);
  kit_replica_release(&reader);
  kit_release(&kit);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reading_finds_what_was_written),
      cmocka_unit_test(hostile_states_are_refused_or_canonical),
      cmocka_unit_test(hostile_cases_are_refused_or_canonical),
      cmocka_unit_test(adding_is_all_or_nothing_whichever_allocation_fails),
      cmocka_unit_test(a_case_has_room_for_so_much_of_one_device_and_of_all),
      cmocka_unit_test(the_rest_fails_cleanly_whichever_allocation_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
