#include "hex.h"
#include "password.h"

static const uint8_t salt[KRV_PASSWORD_SALT_LEN] = {1, 2, 3};

static void costs_below_the_floor_or_absurd_are_refused(void **state) {
  (void)state;
  static const struct {
    struct krv_password_cost cost;
    bool allowed;
  } rows[] = {
      {{4, 32 * 1024}, true},   {{3, 64 * 1024}, true},  {{3, 256 * 1024}, true},
      {{64, 1024 * 1024}, true}, {{3, 32 * 1024}, false}, {{4, 32 * 1024 - 1}, false},
      {{2, 64 * 1024}, false},  {{3, 64 * 1024 - 1}, false}, {{2, 1024 * 1024}, false},
      {{60, 8 * 1024}, false},  {{65, 64 * 1024}, false}, {{3, 1024 * 1024 + 1}, false},
      {{0, 0}, false},          {{UINT32_MAX, UINT32_MAX}, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(krv_password_cost_allowed(&rows[i].cost), rows[i].allowed);
    if (rows[i].allowed) continue;
    struct krv_key key;
    assert_int_equal(krv_password_key(krv_slice_str("x"), salt, &rows[i].cost, &key), KRV_INVALID);
  }
  assert_true(krv_password_cost_allowed(&krv_password_cost_floor));
  assert_true(krv_password_cost_allowed(&krv_password_cost_default));
  assert_true(krv_password_cost_allowed(&krv_password_cost_office));
}

static void the_same_passphrase_gives_the_same_key_and_no_other_does(void **state) {
  (void)state;
  struct krv_key a, b, c, d;
  uint8_t other_salt[KRV_PASSWORD_SALT_LEN] = {9};
  const struct krv_password_cost *cost = &krv_password_cost_floor;
  assert_int_equal(krv_password_key(krv_slice_str("five quiet words"), salt, cost, &a), 0);
  assert_int_equal(krv_password_key(krv_slice_str("five quiet words"), salt, cost, &b), 0);
  assert_int_equal(krv_password_key(krv_slice_str("five quiet word"), salt, cost, &c), 0);
  assert_int_equal(krv_password_key(krv_slice_str("five quiet words"), other_salt, cost, &d), 0);
  /* Argon2id 1.3, 4 passes, 33,554,432 bytes, one lane */
  assert_hex(a.b, 32, "0f646a02bc7726a64a4e9c6499d24b9e2ab9897dde3d3325727704a1f7da2fce");
  assert_memory_equal(&a, &b, sizeof a);
  assert_memory_not_equal(&a, &c, sizeof a);
  assert_memory_not_equal(&a, &d, sizeof a);
}

static int setup(void **state) {
  (void)state;
  return krv_crypto_start();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(costs_below_the_floor_or_absurd_are_refused),
      cmocka_unit_test(the_same_passphrase_gives_the_same_key_and_no_other_does),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
