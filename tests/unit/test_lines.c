#include "lines.h"

#include "casekit.h"
#include "mock.h"
#include "status.h"

static struct krv_line_commit commit_of(krv_device_ix device, uint64_t n, uint8_t id, uint8_t prev,
                                        uint8_t verdict) {
  struct krv_line_commit c = {.tip = {device, n, {{id}}}, .prev = {{prev}}, .verdict = verdict};
  if (verdict == KRV_VERDICT_HELD) c.waits = (struct krv_context_entry){9, 9, {9}};
  return c;
}

/* Device 1: 1 - 2 - 3 and a fork 1 - 2'; device 2: 1 quarantined, 3 held. */
static struct krv_lines *sample(const struct krv_env *env) {
  const struct krv_line_commit commits[] = {
      commit_of(1, 1, 0x11, 0, KRV_VERDICT_APPLIED),
      commit_of(1, 2, 0x12, 0x11, KRV_VERDICT_APPLIED),
      commit_of(1, 2, 0x42, 0x11, KRV_VERDICT_APPLIED),
      commit_of(1, 3, 0x13, 0x12, KRV_VERDICT_QUARANTINED),
      commit_of(2, 1, 0x21, 0, KRV_VERDICT_QUARANTINED),
      commit_of(2, 3, 0x23, 0x22, KRV_VERDICT_HELD),
  };
  struct krv_lines *lines;
  if (krv_lines_new(env, &lines) != 0) return NULL;
  for (size_t i = 0; i < sizeof commits / sizeof commits[0]; i++)
    if (krv_lines_put(lines, &commits[i]) != 0) {
      krv_lines_free(lines);
      return NULL;
    }
  return lines;
}

static int note_tip(void *ctx, const struct krv_line_commit *c) {
  uint8_t **at = ctx;
  *(*at)++ = c->tip.id.b[0];
  return 0;
}

static int stop(void *ctx, const struct krv_line_commit *c) {
  (void)ctx;
  return (int)c->tip.n;
}

static void tips_are_delivered_ones_without_a_child(void **state) {
  (void)state;
  struct krv_testenv t;
  uint8_t tips[8] = {0}, *end = tips;
  krv_testenv_init(&t, 1);
  struct krv_lines *lines = sample(&t.env);
  assert_int_equal(krv_lines_tips(lines, note_tip, &end), 0);
  assert_int_equal(end - tips, 3);
  assert_memory_equal(tips, "\x42\x13\x21", 3);
  assert_int_equal(krv_lines_tips(lines, stop, NULL), 2); /* the first callback's answer */
  krv_lines_free(lines);
}

static void the_context_is_every_newest_with_effect_but_own(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX];
  const struct krv_tip nobody = {0, 0, {{0}}}, own = {1, 3, {{0x13}}};
  krv_testenv_init(&t, 1);
  struct krv_lines *lines = sample(&t.env);
  assert_int_equal(krv_lines_context(lines, &nobody, NULL, 0, room),
                   2); /* device 2 has none with effect */
  assert_int_equal(room[0].id8[0], 0x12);
  assert_int_equal(room[1].id8[0], 0x42);
  assert_int_equal(krv_lines_context(lines, &own, NULL, 0, room), 1);
  assert_int_equal(room[0].id8[0], 0x42);
  krv_lines_free(lines);
}

static void a_context_of_more_devices_than_fit_keeps_to_its_room(void **state) {
  (void)state;
  enum { DEVICES = 40, LINES = 20 };
  struct krv_testenv t;
  static struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX + 1];
  const struct krv_tip nobody = {0, 0, {{0}}};
  struct krv_lines *lines;
  krv_testenv_init(&t, 1);
  memset(room, 0xee, sizeof room);
  assert_int_equal(krv_lines_new(&t.env, &lines), 0);
  for (uint32_t d = 0; d < DEVICES; d++)
    for (uint8_t k = 1; k <= LINES; k++) {
      struct krv_line_commit c = commit_of(d, 1, k, 0, KRV_VERDICT_APPLIED);
      assert_int_equal(krv_lines_put(lines, &c), 0);
    }
  assert_int_equal(krv_lines_context(lines, &nobody, NULL, 0, room),
                   DEVICES * 8); /* 16 each do not fit */
  assert_int_equal(room[KRV_CONTEXT_ENTRIES_MAX].n, UINT64_C(0xeeeeeeeeeeeeeeee));
  for (uint32_t i = 1; i < DEVICES * 8; i++) assert_true(room[i - 1].device <= room[i].device);
  krv_lines_free(lines);
}

static void putting_the_same_again_replaces(void **state) {
  (void)state;
  struct krv_testenv t;
  krv_testenv_init(&t, 1);
  struct krv_lines *lines = sample(&t.env);
  struct krv_line_commit c = commit_of(2, 3, 0x23, 0x22, KRV_VERDICT_HELD);
  assert_int_equal(krv_lines_held(lines), 1);
  c.reason = 7;
  assert_int_equal(krv_lines_put(lines, &c), 0);
  assert_int_equal(krv_lines_count(lines), 6);
  assert_int_equal(krv_lines_held(lines), 1);
  assert_int_equal(krv_lines_find(lines, &c.tip)->reason, 7);
  krv_lines_free(lines);
}

static int decode(const struct krv_env *env, struct krv_slice bytes, struct krv_lines **out) {
  struct krv_in in = krv_in(bytes);
  int rc = krv_lines_decode(env, &in, out);
  if (rc == 0 && krv_in_end(&in) != 0) {
    krv_lines_free(*out);
    *out = NULL;
    rc = KRV_MALFORMED;
  }
  return rc;
}

/* Every byte changed in every way, and every prefix: refused, or the one form of what it says. */
static void what_is_decoded_is_canonical_whatever_the_bytes(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_buf bytes, again;
  struct krv_lines *lines;
  krv_testenv_init(&t, 1);
  krv_buf_init(&bytes, &t.env);
  krv_buf_init(&again, &t.env);
  lines = sample(&t.env);
  assert_int_equal(krv_lines_encode(lines, &bytes), 0);
  krv_lines_free(lines);
  for (size_t i = 0; i < bytes.len; i++)
    for (int x = 0; x < 256; x++) {
      bytes.data[i] ^= (uint8_t)x;
      int rc = decode(&t.env, krv_buf_slice(&bytes), &lines);
      assert_true(rc == 0 || (rc == KRV_MALFORMED && x != 0 && !lines));
      if (rc == 0) {
        krv_buf_reset(&again);
        krv_lines_encode(lines, &again);
        assert_true(krv_slice_equal(krv_buf_slice(&bytes), krv_buf_slice(&again)));
        krv_lines_free(lines);
      }
      bytes.data[i] ^= (uint8_t)x;
    }
  for (size_t len = 0; len < bytes.len; len++)
    assert_int_equal(decode(&t.env, krv_slice(bytes.data, len), &lines), KRV_MALFORMED);
  krv_buf_release(&bytes);
  krv_buf_release(&again);
  assert_int_equal(t.live, 0);
}

static void each_allocation_may_fail(void **state) {
  (void)state;
  struct krv_testenv t;
  uint64_t k = 1;
  for (;; k++) {
    krv_testenv_init(&t, 1);
    t.fail_at = k;
    struct krv_lines *lines = sample(&t.env);
    krv_lines_free(lines);
    assert_int_equal(t.live, 0);
    if (lines) break;
  }
  assert_true(k > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tips_are_delivered_ones_without_a_child),
      cmocka_unit_test(the_context_is_every_newest_with_effect_but_own),
      cmocka_unit_test(a_context_of_more_devices_than_fit_keeps_to_its_room),
      cmocka_unit_test(putting_the_same_again_replaces),
      cmocka_unit_test(what_is_decoded_is_canonical_whatever_the_bytes),
      cmocka_unit_test(each_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
