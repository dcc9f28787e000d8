#include "buf.h"
#include "hex.h"
#include "status.h"
#include "testenv.h"

static struct krv_testenv t;

static struct krv_buf new_buf(void) {
  struct krv_buf buf;
  krv_testenv_init(&t, 7);
  krv_buf_init(&buf, &t.env);
  return buf;
}

static void numbers_are_little_endian_and_come_back(void **state) {
  (void)state;
  struct krv_buf buf = new_buf();
  krv_buf_u8(&buf, 0x01);
  krv_buf_u16(&buf, 0x0302);
  krv_buf_u32(&buf, 0x07060504);
  krv_buf_u64(&buf, 0x0f0e0d0c0b0a0908);
  krv_buf_blob(&buf, krv_slice_str("abc"));
  krv_buf_append(&buf, "xyz", 3);
  assert_hex(buf.data, buf.len, "0102030405060708090a0b0c0d0e0f0361626378797a");
  struct krv_in in = krv_in(krv_buf_slice(&buf));
  assert_int_equal(krv_in_u8(&in), 0x01);
  assert_int_equal(krv_in_u16(&in), 0x0302);
  assert_int_equal(krv_in_u32(&in), 0x07060504);
  assert_int_equal(krv_in_u64(&in), 0x0f0e0d0c0b0a0908);
  assert_true(krv_slice_equal(krv_in_blob(&in, 3), krv_slice_str("abc")));
  assert_int_equal(krv_in_end(&in), KRV_MALFORMED);
  char two[2];
  krv_in_copy(&in, two, 2);
  assert_memory_equal(two, "xy", 2);
  assert_true(krv_slice_equal(krv_in_rest(&in), krv_slice_str("z")));
  assert_int_equal(krv_in_end(&in), 0);
  krv_buf_release(&buf);
  krv_buf_release(&buf);
  assert_int_equal(t.live, 0);
}

static void a_varint_has_one_form_and_comes_back(void **state) {
  (void)state;
  for (unsigned bits = 0; bits < 64; bits++)
    for (int delta = -1; delta <= 1; delta++) {
      uint64_t v = (UINT64_C(1) << bits) + (uint64_t)(int64_t)delta;
      struct krv_buf buf = new_buf();
      krv_buf_varint(&buf, v);
      size_t len = 1;
      for (uint64_t rest = v >> 7; rest > 0; rest >>= 7) len++;
      assert_int_equal(buf.len, len);
      struct krv_in in = krv_in(krv_buf_slice(&buf));
      assert_int_equal(krv_in_varint(&in, UINT64_MAX), v);
      assert_int_equal(krv_in_end(&in), 0);
      if (v > 0) {
        in = krv_in(krv_buf_slice(&buf));
        assert_int_equal(krv_in_varint(&in, v - 1), 0);
        assert_int_equal(in.status, KRV_TOO_LARGE);
      }
      krv_buf_release(&buf);
    }
}

static void other_forms_of_a_varint_are_malformed(void **state) {
  (void)state;
  static const char *const bad[] = {
      "", "80", "8000", "ff00", "818000", "ffffffffffffffffff02", "ffffffffffffffffff81",
      "ffffffffffffffffff8100", "ffffffffffffffffff7f", "80808080808080808000", "ffffffff",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint8_t bytes[16];
    struct krv_in in = krv_in(hex_bytes(bad[i], bytes, sizeof bytes));
    assert_int_equal(krv_in_varint(&in, UINT64_MAX), 0);
    assert_int_equal(krv_in_end(&in), KRV_MALFORMED);
  }
  uint8_t most[16];
  struct krv_in in = krv_in(hex_bytes("ffffffffffffffffff01", most, sizeof most));
  assert_true(krv_in_varint(&in, UINT64_MAX) == UINT64_MAX);
  assert_int_equal(krv_in_end(&in), 0);
}

static void random_bytes_read_as_varint_only_if_they_are_its_form(void **state) {
  (void)state;
  struct krv_buf buf = new_buf();
  unsigned accepted = 0;
  for (unsigned round = 0; round < 20000; round++) {
    uint8_t bytes[10];
    size_t len = 1 + krv_testenv_below(&t, 10);
    for (size_t i = 0; i < len; i++)
      bytes[i] = (uint8_t)(krv_testenv_next(&t) | (i + 1 < len ? 0x80u : 0));
    struct krv_in in = krv_in(krv_slice(bytes, len));
    uint64_t v = krv_in_varint(&in, UINT64_MAX);
    if (krv_in_end(&in) != 0) continue;
    accepted++;
    krv_buf_reset(&buf);
    krv_buf_varint(&buf, v);
    assert_true(krv_slice_equal(krv_buf_slice(&buf), krv_slice(bytes, len)));
  }
  assert_true(accepted > 1000);
  krv_buf_release(&buf);
}

static void the_first_failed_read_decides_and_the_rest_gives_nothing(void **state) {
  (void)state;
  static const uint8_t bytes[] = {1, 2, 3, 4, 5};
  struct krv_in in = krv_in(krv_slice(bytes, sizeof bytes));
  assert_int_equal(krv_in_u64(&in), 0);
  assert_int_equal(in.status, KRV_MALFORMED);
  assert_int_equal(krv_in_left(&in), 0);
  assert_int_equal(krv_in_u8(&in), 0);
  assert_int_equal(krv_in_rest(&in).len, 0);
  assert_int_equal(krv_in_bytes(&in, 1).len, 0);
  uint8_t copy[3] = {9, 9, 9};
  krv_in_copy(&in, copy, 3);
  assert_hex(copy, 3, "000000");
  krv_in_fail(&in, KRV_TOO_LARGE);
  assert_int_equal(krv_in_end(&in), KRV_MALFORMED);

  in = krv_in(krv_slice(bytes, sizeof bytes));
  assert_int_equal(krv_in_bytes(&in, SIZE_MAX).len, 0);
  assert_int_equal(krv_in_end(&in), KRV_MALFORMED);
  in = krv_in(krv_slice(bytes, sizeof bytes));
  assert_int_equal(krv_in_blob(&in, 0).len, 0); /* length 1 above 0 */
  assert_int_equal(krv_in_end(&in), KRV_TOO_LARGE);
  in = krv_in(krv_slice(NULL, 0));
  assert_int_equal(krv_in_end(&in), 0);
  assert_int_equal(krv_in_u8(&in), 0);
  assert_int_equal(krv_in_end(&in), KRV_MALFORMED);
}

static void slices_compare_like_words_in_a_dictionary(void **state) {
  (void)state;
  static const char *const sorted[] = {"", "a", "ab", "abc", "b", "ba"};
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 6; j++) {
      struct krv_slice a = krv_slice_str(sorted[i]), b = krv_slice_str(sorted[j]);
      int order = krv_slice_compare(a, b);
      assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
      assert_int_equal(krv_slice_equal(a, b), i == j);
    }
  assert_true(krv_slice_equal(krv_slice(NULL, 0), krv_slice_str("")));
  assert_int_equal(krv_slice_compare(krv_slice(NULL, 0), krv_slice_str("")), 0);
}

static void a_buffer_is_emptied_consumed_and_extended(void **state) {
  (void)state;
  struct krv_buf buf = new_buf();
  assert_non_null(krv_buf_extend(&buf, 0));
  assert_int_equal(buf.len, 0);
  for (unsigned i = 0; i < 1000; i++) krv_buf_u8(&buf, (uint8_t)i);
  krv_buf_consume(&buf, 0);
  krv_buf_consume(&buf, 300);
  assert_int_equal(buf.len, 700);
  for (unsigned i = 0; i < 700; i++) assert_int_equal(buf.data[i], (uint8_t)(i + 300));
  krv_buf_append(&buf, NULL, 0);
  krv_buf_put(&buf, krv_slice(NULL, 0));
  assert_int_equal(buf.len, 700);
  assert_null(krv_buf_extend(&buf, SIZE_MAX - 10));
  assert_int_equal(buf.status, KRV_TOO_LARGE);
  krv_buf_u8(&buf, 1);
  assert_int_equal(buf.len, 700);
  krv_buf_reset(&buf);
  assert_int_equal(buf.status, 0);
  assert_int_equal(buf.len, 0);
  krv_buf_wipe(&buf);
  krv_buf_wipe(&buf);
  assert_int_equal(t.live, 0);
}

/* Everything that writes, once. */
static void write_all(struct krv_buf *buf) {
  for (uint32_t i = 0; i < 200; i++) {
    krv_buf_u8(buf, 1);
    krv_buf_u16(buf, 2);
    krv_buf_u32(buf, i);
    krv_buf_u64(buf, 4);
    krv_buf_varint(buf, 1u << 20);
    krv_buf_blob(buf, krv_slice_str("some text"));
    uint8_t *place = krv_buf_extend(buf, 5);
    if (place) memset(place, 5, 5);
  }
}

static void each_allocation_that_fails_is_told_once_and_leaks_nothing(void **state) {
  (void)state;
  struct krv_buf whole = new_buf();
  write_all(&whole);
  assert_int_equal(whole.status, 0);
  size_t len = whole.len;
  uint64_t allocations = t.allocations;
  krv_buf_release(&whole);
  assert_true(allocations >= 5);
  for (uint64_t k = 1; k <= allocations + 1; k++) {
    struct krv_buf buf = new_buf();
    t.fail_at = k;
    write_all(&buf);
    assert_int_equal(buf.status, k <= allocations ? KRV_NOMEM : 0);
    if (k <= allocations) assert_int_equal(t.allocations, k);
    assert_true(k <= allocations ? buf.len < len : buf.len == len);
    krv_buf_release(&buf);
    assert_int_equal(t.live, 0);
  }
}

/* A resize that keeps what was freed, so that the test can look at it. */
static uint8_t *blocks[32];
static size_t sizes[32], block_count;

static void *keeping_resize(void *ctx, void *p, size_t len) {
  (void)ctx;
  if (len == 0) return NULL;
  assert_null(p);
  static uint8_t arena[1 << 16];
  static size_t used;
  uint8_t *block = arena + used;
  used += len;
  assert_true(used <= sizeof arena && block_count < 32);
  blocks[block_count] = block;
  sizes[block_count++] = len;
  return block;
}

static void growing_and_wiping_leave_no_copy_behind(void **state) {
  (void)state;
  krv_testenv_init(&t, 7);
  t.env.resize = keeping_resize;
  struct krv_buf buf;
  krv_buf_init(&buf, &t.env);
  for (unsigned i = 0; i < 1000; i++) krv_buf_u8(&buf, 0x5e);
  krv_buf_wipe(&buf);
  assert_true(block_count >= 5);
  for (size_t b = 0; b < block_count; b++)
    for (size_t i = 0; i < sizes[b]; i++) assert_int_equal(blocks[b][i], 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_little_endian_and_come_back),
      cmocka_unit_test(a_varint_has_one_form_and_comes_back),
      cmocka_unit_test(other_forms_of_a_varint_are_malformed),
      cmocka_unit_test(random_bytes_read_as_varint_only_if_they_are_its_form),
      cmocka_unit_test(the_first_failed_read_decides_and_the_rest_gives_nothing),
      cmocka_unit_test(slices_compare_like_words_in_a_dictionary),
      cmocka_unit_test(a_buffer_is_emptied_consumed_and_extended),
      cmocka_unit_test(each_allocation_that_fails_is_told_once_and_leaks_nothing),
      cmocka_unit_test(growing_and_wiping_leave_no_copy_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
