#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "status.h"
#include "testenv.h"

static void messages_come_out_one_by_one_however_they_arrive(void **state) {
  (void)state;
  struct krv_testenv world;
  struct krv_buf all;
  krv_testenv_init(&world, 5);
  krv_buf_init(&all, &world.env);
  krv_message_empty(&all, KRV_MSG_WATCH);
  size_t mark = krv_message_begin(&all, KRV_MSG_ROSTER);
  for (unsigned i = 0; i < 200; i++) krv_buf_u8(&all, (uint8_t)i);
  krv_message_end(&all, mark);
  assert_int_equal(all.status, 0);

  struct krv_message message;
  size_t used;
  assert_int_equal(krv_stream_next(krv_slice(all.data, 0), 'c', &message, &used), KRV_END);
  assert_int_equal(krv_stream_next(krv_slice(all.data, 1), 'c', &message, &used), KRV_END);
  assert_int_equal(krv_stream_next(krv_buf_slice(&all), 'c', &message, &used), 0);
  assert_int_equal(message.kind, KRV_MSG_WATCH);
  assert_int_equal(message.payload.len, 0);
  assert_int_equal(used, 2);
  krv_buf_consume(&all, used);
  for (size_t len = 0; len < all.len; len++) {
    assert_int_equal(krv_stream_next(krv_slice(all.data, len), 'c', &message, &used), KRV_END);
    assert_int_equal(used, 0);
  }
  assert_int_equal(krv_stream_next(krv_buf_slice(&all), 'c', &message, &used), 0);
  assert_int_equal(message.payload.len, 200);
  assert_int_equal(used, all.len);
  krv_buf_release(&all);
}

static void each_kind_has_its_cap_known_as_soon_as_the_length_is(void **state) {
  (void)state;
  struct krv_message message;
  size_t used;
#define X(number, name, direction, cap, codec)                                                   \
  {                                                                                              \
    uint8_t head[4] = {number, (uint8_t)(((cap) + 1) | 0x80), (uint8_t)(((cap) + 1) >> 7 | 0x80), \
                       (uint8_t)(((cap) + 1) >> 14)};                                            \
    size_t len = 4;                                                                              \
    if ((cap) + 1 < 1 << 14) head[2] &= 0x7f, len = 3;                                           \
    if ((cap) + 1 < 1 << 7) head[1] &= 0x7f, len = 2;                                            \
    char from = direction == 's' ? 's' : 'c';                                                    \
    assert_int_equal(krv_stream_next(krv_slice(head, len), from, &message, &used),               \
                     KRV_TOO_LARGE);                                                             \
  }
  KRV_MESSAGE_MAP(X)
#undef X
}

static void lengths_that_never_end_or_are_longer_than_needed_are_refused(void **state) {
  (void)state;
  static const uint8_t endless[] = {KRV_MSG_DOC, 0x80, 0x80, 0x80};
  static const uint8_t longer[] = {KRV_MSG_DOC, 0x81, 0x00};
  struct krv_message message;
  size_t used;
  assert_int_equal(krv_stream_next(krv_slice(endless, 3), 'c', &message, &used), KRV_END);
  assert_int_equal(krv_stream_next(krv_slice(endless, 4), 'c', &message, &used), KRV_TOO_LARGE);
  assert_int_equal(krv_stream_next(krv_slice(longer, 3), 'c', &message, &used), KRV_MALFORMED);
}

static void the_kind_alone_tells_who_may_not_send_it(void **state) {
  (void)state;
  struct krv_message message;
  size_t used;
  for (unsigned kind = 0; kind < 256; kind++) {
    uint8_t byte = (uint8_t)kind;
    for (const char *from = "cs"; *from; from++)
      assert_int_equal(krv_stream_next(krv_slice(&byte, 1), *from, &message, &used),
                       krv_message_known(kind, *from) ? KRV_END : KRV_PROTOCOL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_come_out_one_by_one_however_they_arrive),
      cmocka_unit_test(each_kind_has_its_cap_known_as_soon_as_the_length_is),
      cmocka_unit_test(lengths_that_never_end_or_are_longer_than_needed_are_refused),
      cmocka_unit_test(the_kind_alone_tells_who_may_not_send_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
