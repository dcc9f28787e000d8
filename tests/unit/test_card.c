#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "card.h"
#include "status.h"
#include "testenv.h"

static struct krv_testenv t;

static struct krv_card sample(void) {
  struct krv_card card = {.type = 3,
                          .flags = KRV_CARD_KEYLESS,
                          .status = 7,
                          .conflicts = 2,
                          .held = 300,
                          .missing = 1,
                          .commits = 70000,
                          .changed_s = -5,
                          .own_n = 1ull << 40,
                          .own_server_n = 12,
                          .own_receipt_n = 11,
                          .waits_s = 1790000001,
                          .voids = 3,
                          .expires = 20260131,
                          .due = 20260203,
                          .title = krv_slice_str("A\xc3\xbdg\xc3\xbcl")};
  for (uint8_t i = 0; i < KRV_ID_LEN; i++) card.id.b[i] = i;
  memset(card.import_key8, 9, 8);
  return card;
}

static void assert_same(const struct krv_card *a, const struct krv_card *b) {
  assert_true(krv_id_equal(&a->id, &b->id));
  assert_true(krv_slice_equal(a->title, b->title));
  assert_memory_equal(a->import_key8, b->import_key8, 8);
  assert_int_equal(a->type, b->type);
  assert_int_equal(a->flags, b->flags);
  assert_int_equal(a->status, b->status);
  assert_int_equal(a->conflicts, b->conflicts);
  assert_int_equal(a->held, b->held);
  assert_int_equal(a->missing, b->missing);
  assert_int_equal(a->commits, b->commits);
  assert_int_equal(a->changed_s, b->changed_s);
  assert_int_equal(a->own_n, b->own_n);
  assert_int_equal(a->own_server_n, b->own_server_n);
  assert_int_equal(a->own_receipt_n, b->own_receipt_n);
  assert_int_equal(a->waits_s, b->waits_s);
  assert_int_equal(a->voids, b->voids);
  assert_int_equal(a->expires, b->expires);
  assert_int_equal(a->due, b->due);
}

static void a_card_comes_back_as_it_was(void **state) {
  (void)state;
  struct krv_card card = sample(), back;
  struct krv_buf buf;
  krv_buf_init(&buf, &t.env);
  static const int32_t statuses[] = {-1, 0, 1, INT32_MAX};
  for (size_t i = 0; i < 4; i++) {
    card.status = statuses[i];
    card.changed_s = i == 3 ? INT64_MIN : 1790000000 + (int64_t)i;
    krv_buf_reset(&buf);
    krv_card_encode(&card, &buf);
    assert_int_equal(krv_card_decode(krv_buf_slice(&buf), &back), 0);
    assert_same(&card, &back);
    assert_int_equal(back.lid, 0);
  }
  krv_buf_release(&buf);
}

static void an_empty_card_is_small(void **state) {
  (void)state;
  struct krv_card card = {.status = -1}, back;
  struct krv_buf buf;
  krv_buf_init(&buf, &t.env);
  krv_card_encode(&card, &buf);
  assert_true(buf.len < 48); /* one step of a sealed row's padding */
  assert_int_equal(krv_card_decode(krv_buf_slice(&buf), &back), 0);
  assert_same(&card, &back);
  krv_buf_release(&buf);
}

static void what_is_cut_longer_or_newer_is_refused(void **state) {
  (void)state;
  struct krv_card card = sample(), back;
  struct krv_buf buf;
  krv_buf_init(&buf, &t.env);
  krv_card_encode(&card, &buf);
  for (size_t len = 0; len < buf.len; len++)
    assert_true(krv_card_decode(krv_slice(buf.data, len), &back) < 0);
  buf.data[0] = 3;
  assert_int_equal(krv_card_decode(krv_buf_slice(&buf), &back), KRV_NEWER);
  buf.data[0] = 2;
  krv_buf_u8(&buf, 0);
  assert_int_equal(krv_card_decode(krv_buf_slice(&buf), &back), KRV_MALFORMED);
  krv_buf_release(&buf);
}

static void any_bytes_may_be_decoded(void **state) {
  (void)state;
  struct krv_card back;
  for (int i = 0; i < 20000; i++) {
    uint8_t bytes[80];
    size_t len = (size_t)krv_testenv_below(&t, sizeof bytes + 1);
    t.env.random(&t, bytes, sizeof bytes);
    bytes[0] = (uint8_t)(1 + i % 2);
    if (krv_card_decode(krv_slice(bytes, len), &back) == 0) assert_true(back.status >= -1);
  }
}

static int set_up(void **state) {
  (void)state;
  krv_testenv_init(&t, 4);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_card_comes_back_as_it_was, set_up),
      cmocka_unit_test_setup(an_empty_card_is_small, set_up),
      cmocka_unit_test_setup(what_is_cut_longer_or_newer_is_refused, set_up),
      cmocka_unit_test_setup(any_bytes_may_be_decoded, set_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
