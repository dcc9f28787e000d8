#include "op.h"

#include "casekit.h"
#include "mock.h"
#include "status.h"

enum { KINDS = 9 };
static struct krv_op sample(int i) {
  switch (i) {
    case 0: return kit_set(0, 1, 5);
    case 1: return kit_set(7, 0x201, 5);
    case 2: return kit_resolve(7, 0xffff, 5);
    case 3: return kit_option(0, 45, 300, true);
    case 4: return kit_option(7, 45, 0, false);
    case 5: return kit_append(7, 0xd01, 9, 5);
    case 6: return kit_delete(7, 255, true);
    case 7: return kit_access(70000, 2);
    default: return kit_epoch(1, 0xaa);
  }
}

static void encode_all(struct krv_buf *out) {
  krv_ops_begin(out, KINDS);
  for (int i = 0; i < KINDS; i++) {
    struct krv_op op = sample(i);
    krv_op_encode(&op, out);
  }
}

static bool same(const struct krv_op *a, const struct krv_op *b) {
  return a->kind == b->kind && memcmp(&a->record, &b->record, 8) == 0 && a->field == b->field &&
         a->option == b->option && memcmp(&a->item, &b->item, 8) == 0 &&
         krv_slice_equal(a->value, b->value) && a->flag == b->flag && a->group == b->group &&
         a->mode == b->mode && a->epoch == b->epoch &&
         memcmp(a->key_commit, b->key_commit, 32) == 0;
}

static void every_kind_survives_encoding(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_buf out;
  struct krv_ops ops;
  krv_testenv_init(&t, 1);
  krv_buf_init(&out, &t.env);
  encode_all(&out);
  assert_int_equal(krv_ops_read(&t.env, krv_buf_slice(&out), &ops), 0);
  assert_int_equal(ops.count, KINDS);
  for (int i = 0; i < KINDS; i++) {
    struct krv_op op = sample(i);
    assert_true(same(&op, &ops.items[i]));
  }
  krv_ops_release(&ops);
  krv_ops_release(&ops); /* twice is allowed */
  krv_buf_release(&out);
  assert_int_equal(t.live, 0);
}

static void kinds_of_later_versions_are_newer_unless_something_is_malformed(void **state) {
  (void)state;
  static const struct {
    uint8_t bytes[12];
    size_t len;
    int status;
  } cases[] = {
      {{0x91, 0x91, 0x08}, 3, KRV_NEWER},
      {{0x91, 0x91, 0x0a}, 3, KRV_NEWER},
      {{0x91, 0x92, 0x2a, 0xc0}, 4, KRV_NEWER},
      {{0x92, 0x91, 0x08, 0x90}, 4, KRV_MALFORMED},
      {{0x92, 0x90, 0x91, 0x08}, 4, KRV_MALFORMED},
      {{0x91, 0x91, 0x00}, 3, KRV_MALFORMED},
      {{0x91, 0x95, 0x00, 0x00, 0x01, 0x05, 0x05}, 7, KRV_MALFORMED},
      {{0x91, 0x94, 0x06, 0x01, 0x03, 0xc2}, 6, KRV_MALFORMED}, /* a mode that is none */
      {{0x91, 0x94, 0x00, 0x00, 0x01, 0x93, 0x01, 0x02, 0x03}, 9, KRV_MALFORMED}, /* no value */
      {{0xc0}, 1, KRV_MALFORMED},
      {{0x90}, 1, 0},
  };
  struct krv_testenv t;
  struct krv_ops ops;
  krv_testenv_init(&t, 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(krv_ops_read(&t.env, krv_slice(cases[i].bytes, cases[i].len), &ops),
                     cases[i].status);
    krv_ops_release(&ops);
  }
  assert_int_equal(t.live, 0);
}

static void too_many_operations_are_refused(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_buf out;
  struct krv_ops ops;
  struct krv_op op = kit_set(0, 1, 5);
  krv_testenv_init(&t, 1);
  krv_buf_init(&out, &t.env);
  for (uint32_t count = KRV_OPS_MAX; count <= KRV_OPS_MAX + 1; count++) {
    krv_buf_reset(&out);
    krv_ops_begin(&out, count);
    for (uint32_t i = 0; i < count; i++) krv_op_encode(&op, &out);
    assert_int_equal(krv_ops_read(&t.env, krv_buf_slice(&out), &ops),
                     count == KRV_OPS_MAX ? 0 : KRV_TOO_LARGE);
    krv_ops_release(&ops);
  }
  krv_buf_release(&out);
}

/* Every byte changed in every way: read, and if it is read, written back the same. */
static void what_is_read_is_canonical_whatever_the_bytes(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_buf out, again;
  uint32_t accepted = 0;
  krv_testenv_init(&t, 1);
  krv_buf_init(&out, &t.env);
  krv_buf_init(&again, &t.env);
  encode_all(&out);
  for (size_t i = 0; i < out.len; i++)
    for (int x = 1; x < 256; x++) {
      struct krv_ops ops;
      out.data[i] ^= (uint8_t)x;
      if (krv_ops_read(&t.env, krv_buf_slice(&out), &ops) == 0) {
        accepted++;
        krv_buf_reset(&again);
        krv_ops_begin(&again, ops.count);
        for (uint32_t k = 0; k < ops.count; k++) krv_op_encode(&ops.items[k], &again);
        assert_true(krv_slice_equal(krv_buf_slice(&out), krv_buf_slice(&again)));
      }
      krv_ops_release(&ops);
      out.data[i] ^= (uint8_t)x;
    }
  assert_true(accepted > 0);
  for (size_t len = 0; len < out.len; len++) {
    struct krv_ops ops;
    assert_true(krv_ops_read(&t.env, krv_slice(out.data, len), &ops) != 0);
  }
  krv_buf_release(&out);
  krv_buf_release(&again);
  assert_int_equal(t.live, 0);
}

static void each_allocation_may_fail(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_buf out;
  struct krv_ops ops;
  krv_testenv_init(&t, 1);
  krv_buf_init(&out, &t.env);
  encode_all(&out);
  t.fail_at = t.allocations + 1;
  assert_int_equal(krv_ops_read(&t.env, krv_buf_slice(&out), &ops), KRV_NOMEM);
  assert_null(ops.items);
  krv_buf_release(&out);
  assert_int_equal(t.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_survives_encoding),
      cmocka_unit_test(kinds_of_later_versions_are_newer_unless_something_is_malformed),
      cmocka_unit_test(too_many_operations_are_refused),
      cmocka_unit_test(what_is_read_is_canonical_whatever_the_bytes),
      cmocka_unit_test(each_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
