#include "frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status.h"

static void a_frame_is_length_kind_bytes(void **state) {
  (void)state;
  static const uint8_t bytes[] = {4, 0, KRV_FRAME_DATA, 'a', 'b', 'c', 9, 9};
  struct krv_frame frame;
  size_t used;
  uint8_t head[KRV_FRAME_HEAD];
  assert_int_equal(krv_frame_next(krv_slice(bytes, sizeof bytes), 1000, &frame, &used), 0);
  assert_int_equal(used, 6);
  assert_int_equal(frame.kind, KRV_FRAME_DATA);
  assert_int_equal(frame.bytes.len, 3);
  assert_ptr_equal(frame.bytes.data, bytes + 3);
  krv_frame_head(KRV_FRAME_DATA, 3, head);
  assert_memory_equal(head, bytes, sizeof head);
  assert_memory_equal(frame.head, bytes, sizeof head);
}

static void a_frame_that_is_not_whole_waits(void **state) {
  (void)state;
  uint8_t bytes[103] = {101, 0, KRV_FRAME_DATA};
  struct krv_frame frame;
  size_t used;
  for (size_t len = 0; len < sizeof bytes; len++) {
    uint8_t *exact = malloc(len == 0 ? 1 : len);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    assert_int_equal(krv_frame_next(krv_slice(exact, len), 1000, &frame, &used), KRV_END);
    assert_int_equal(used, 0);
    free(exact);
  }
  assert_int_equal(krv_frame_next(krv_slice(bytes, sizeof bytes), 1000, &frame, &used), 0);
}

static int next_of(size_t length, uint8_t kind, size_t cap) {
  const uint8_t head[] = {(uint8_t)(length & 0xff), (uint8_t)(length >> 8), kind};
  struct krv_frame frame;
  size_t used;
  return krv_frame_next(krv_slice(head, sizeof head), cap, &frame, &used);
}

static void the_head_alone_tells_what_is_too_long(void **state) {
  (void)state;
  for (unsigned kind = KRV_FRAME_XK1; kind <= KRV_FRAME_DATA; kind++) {
    size_t cap = krv_frame_cap((uint8_t)kind);
    assert_true(cap > 0);
    assert_int_equal(next_of(cap + 1, (uint8_t)kind, SIZE_MAX), KRV_END);
    if (cap + 2 <= KRV_FRAME_SIZE_MAX)
      assert_int_equal(next_of(cap + 2, (uint8_t)kind, SIZE_MAX), KRV_TOO_LARGE);
    assert_int_equal(next_of(11, (uint8_t)kind, 10), KRV_END);
    assert_int_equal(next_of(12, (uint8_t)kind, 10), KRV_TOO_LARGE);
  }
}

static void unknown_kinds_and_frames_without_a_kind_are_no_protocol(void **state) {
  (void)state;
  for (unsigned kind = 0; kind < 256; kind++) {
    bool known = kind >= KRV_FRAME_XK1 && kind <= KRV_FRAME_DATA;
    assert_int_equal(krv_frame_cap((uint8_t)kind) > 0, known);
    assert_int_equal(next_of(20, (uint8_t)kind, 100), known ? KRV_END : KRV_PROTOCOL);
    assert_int_equal(next_of(0, (uint8_t)kind, 100), KRV_PROTOCOL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_frame_is_length_kind_bytes),
      cmocka_unit_test(a_frame_that_is_not_whole_waits),
      cmocka_unit_test(the_head_alone_tells_what_is_too_long),
      cmocka_unit_test(unknown_kinds_and_frames_without_a_kind_are_no_protocol),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
