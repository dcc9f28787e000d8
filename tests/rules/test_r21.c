/* R21: a receipt's MAC is the same at both ends, covers all 16 bytes of each id,
 * each reason, the order and both indices. The golden bytes were computed apart. */
#include "hex.h"

#include "receipt.h"

static struct krv_dh_pair office, author;
static struct krv_receipt_line lines[3];

static int setup(void **state) {
  (void)state;
  struct krv_key sk;
  memset(sk.b, 1, sizeof sk.b);
  int status = krv_dh_pair_from_secret(&sk, &office);
  memset(sk.b, 2, sizeof sk.b);
  if (status == 0) status = krv_dh_pair_from_secret(&sk, &author);
  for (uint8_t i = 0; i < 3; i++) {
    memset(lines[i].id.b, 0x10 + i, KRV_ID_LEN);
    lines[i].reason = i;
  }
  return status;
}

static void both_ends_compute_the_golden_mac(void **state) {
  (void)state;
  uint8_t a[16], b[16];
  assert_int_equal(krv_receipt_mac(&office, &author.pk, 7, 300, lines, 3, a), 0);
  assert_int_equal(krv_receipt_mac(&author, &office.pk, 7, 300, lines, 3, b), 0);
  assert_memory_equal(a, b, sizeof a);
  assert_hex(a, sizeof a, "32da0c8a3f6397190d4779cb45c615ee");
}

static void assert_differs(krv_device_ix o, krv_device_ix a, const struct krv_receipt_line *l,
                           uint32_t count) {
  uint8_t right[16], other[16];
  assert_int_equal(krv_receipt_mac(&office, &author.pk, 7, 300, lines, 3, right), 0);
  assert_int_equal(krv_receipt_mac(&office, &author.pk, o, a, l, count, other), 0);
  assert_memory_not_equal(right, other, sizeof right);
}

static void every_part_is_covered(void **state) {
  (void)state;
  struct krv_receipt_line other[3];
  for (size_t i = 0; i < 3; i++) {
    for (size_t k = 0; k < KRV_ID_LEN; k++) {
      memcpy(other, lines, sizeof other);
      other[i].id.b[k] ^= 1;
      assert_differs(7, 300, other, 3);
    }
    memcpy(other, lines, sizeof other);
    other[i].reason ^= 4;
    assert_differs(7, 300, other, 3);
  }
  memcpy(other, lines, sizeof other);
  other[0] = lines[1];
  other[1] = lines[0];
  assert_differs(7, 300, other, 3);
  assert_differs(7, 300, lines, 2);
  assert_differs(8, 300, lines, 3);
  assert_differs(300, 7, lines, 3);
}

static void too_many_lines_and_bad_keys_are_refused(void **state) {
  (void)state;
  static struct krv_receipt_line many[KRV_RECEIPT_IDS_MAX + 1];
  uint8_t mac[16];
  struct krv_key zero = {{0}};
  assert_int_equal(krv_receipt_mac(&office, &author.pk, 0, 1, many, KRV_RECEIPT_IDS_MAX, mac), 0);
  assert_int_equal(krv_receipt_mac(&office, &author.pk, 0, 1, many, KRV_RECEIPT_IDS_MAX + 1, mac),
                   KRV_INVALID);
  assert_int_equal(krv_receipt_mac(&office, &zero, 0, 1, lines, 3, mac), KRV_CRYPTO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_ends_compute_the_golden_mac),
      cmocka_unit_test(every_part_is_covered),
      cmocka_unit_test(too_many_lines_and_bad_keys_are_refused),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
