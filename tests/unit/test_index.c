#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "index.h"
#include "status.h"
#include "testenv.h"

enum { CASES = 3000 };

static struct krv_testenv t;
static struct krv_index *cards;

static int set_up(void **state) {
  (void)state;
  krv_testenv_init(&t, 8);
  return krv_index_new(&t.env, &cards);
}

static int tear_down(void **state) {
  (void)state;
  krv_index_free(cards);
  return t.live == 0 ? 0 : -1;
}

static struct krv_card make(uint32_t n, int64_t changed_s) {
  static char title[32];
  struct krv_card card = {.lid = n + 1, .changed_s = changed_s, .status = -1};
  (void)snprintf(title, sizeof title, "case %u", n);
  for (size_t i = 0; i < KRV_ID_LEN; i++) card.id.b[i] = (uint8_t)(n >> (8 * (i % 4)) ^ (i * 37));
  memcpy(card.import_key8, &n, sizeof n);
  card.import_key8[7] = 1;
  card.title = krv_slice_str(title);
  return card;
}

static void put(const struct krv_card *card) {
  assert_int_equal(krv_index_put(cards, card), 0);
}

static void a_card_is_found_by_id_number_and_import_key(void **state) {
  (void)state;
  for (uint32_t n = 0; n < CASES; n++) {
    struct krv_card card = make(n, n);
    put(&card);
  }
  assert_int_equal(krv_index_count(cards), CASES);
  for (uint32_t n = 0; n < CASES; n++) {
    struct krv_card card = make(n, n);
    const struct krv_card *found = krv_index_find(cards, &card.id);
    assert_non_null(found);
    assert_ptr_equal(krv_index_by_lid(cards, card.lid), found);
    assert_ptr_equal(krv_index_by_import_key(cards, card.import_key8), found);
    assert_true(krv_slice_equal(found->title, card.title));
    assert_ptr_not_equal(found->title.data, card.title.data);
  }
  struct krv_card none = make(CASES + 1, 0);
  assert_null(krv_index_find(cards, &none.id));
  assert_null(krv_index_by_lid(cards, none.lid));
  assert_null(krv_index_by_import_key(cards, none.import_key8));
}

static void the_newest_change_comes_first_after_any_put(void **state) {
  (void)state;
  for (uint32_t n = 0; n < 300; n++) {
    struct krv_card card =
        make((uint32_t)krv_testenv_below(&t, 100), (int64_t)krv_testenv_below(&t, 50) - 25);
    put(&card);
    for (uint32_t i = 1; i < krv_index_count(cards); i++) {
      const struct krv_card *a = krv_index_at(cards, i - 1), *b = krv_index_at(cards, i);
      assert_true(a->changed_s > b->changed_s || (a->changed_s == b->changed_s && a->lid > b->lid));
    }
  }
  assert_null(krv_index_at(cards, krv_index_count(cards)));
}

static void putting_again_replaces(void **state) {
  (void)state;
  struct krv_card card = make(1, 1);
  const uint8_t old_key[8] = {1, 0, 0, 0, 0, 0, 0, 1};
  put(&card);
  card.title = krv_slice_str("renamed");
  card.import_key8[6] = 5;
  card.lid = 77;
  put(&card);
  assert_int_equal(krv_index_count(cards), 1);
  assert_null(krv_index_by_lid(cards, 2));
  assert_null(krv_index_by_import_key(cards, old_key));
  assert_true(krv_slice_equal(krv_index_by_lid(cards, 77)->title, krv_slice_str("renamed")));
  assert_non_null(krv_index_by_import_key(cards, card.import_key8));
}

static void a_case_without_import_key_is_not_found_by_zeros(void **state) {
  (void)state;
  struct krv_card card = make(1, 1);
  memset(card.import_key8, 0, 8);
  put(&card);
  assert_null(krv_index_by_import_key(cards, card.import_key8));
}

static void a_prefix_names_one_case_several_or_none(void **state) {
  (void)state;
  const struct krv_card *found;
  struct krv_card a = make(1, 1), b = make(2, 2);
  char hex[KRV_ID_HEX_LEN];
  memset(a.id.b, 0xab, 16);
  memset(b.id.b, 0xab, 16);
  b.id.b[1] = 0xac;
  put(&a);
  put(&b);
  assert_int_equal(krv_index_prefix(cards, "ab", &found), KRV_AMBIGUOUS);
  assert_null(found);
  assert_int_equal(krv_index_prefix(cards, "aba", &found), KRV_AMBIGUOUS);
  assert_int_equal(krv_index_prefix(cards, "ABAC", &found), 0);
  assert_int_equal(found->lid, b.lid);
  krv_id_hex(&a.id, hex);
  assert_int_equal(krv_index_prefix(cards, hex, &found), 0);
  assert_int_equal(found->lid, a.lid);
  assert_int_equal(krv_index_prefix(cards, "c", &found), KRV_NOT_FOUND);
  assert_int_equal(krv_index_prefix(cards, "", &found), KRV_MALFORMED);
  assert_int_equal(krv_index_prefix(cards, "abg", &found), KRV_MALFORMED);
  assert_int_equal(krv_index_prefix(cards, "ababababababababababababababababa", &found),
                   KRV_MALFORMED);
}

static void any_allocation_may_fail(void **state) {
  (void)state;
  for (uint32_t n = 0; n < 40; n++) {
    struct krv_card card = make(n, n);
    for (uint64_t k = 1;; k++) {
      t.fail_at = t.allocations + k;
      int status = krv_index_put(cards, &card);
      t.fail_at = 0;
      if (status == 0) break;
      assert_int_equal(status, KRV_NOMEM);
      assert_int_equal(krv_index_count(cards), n);
    }
    assert_non_null(krv_index_find(cards, &card.id));
  }
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_card_is_found_by_id_number_and_import_key),
      T(the_newest_change_comes_first_after_any_put),
      T(putting_again_replaces),
      T(a_case_without_import_key_is_not_found_by_zeros),
      T(a_prefix_names_one_case_several_or_none),
      T(any_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
