#include "hex.h"
#include "secret.h"
#include "testenv.h"

static void secrets_are_compared_wiped_and_drawn_from_the_world(void **state) {
  (void)state;
  struct krv_testenv t, same;
  struct krv_key a, b;
  assert_int_equal(krv_crypto_start(), 0);
  assert_int_equal(krv_crypto_start(), 0); /* again does no harm */
  krv_testenv_init(&t, 5);
  krv_testenv_init(&same, 5);
  krv_key_random(&t.env, &a);
  krv_key_random(&same.env, &b);
  assert_true(krv_secret_equal(&a, &b, sizeof a));
  for (size_t i = 0; i < sizeof a.b; i++) {
    b.b[i] ^= 0x80;
    assert_false(krv_secret_equal(&a, &b, sizeof a));
    b.b[i] ^= 0x80;
  }
  krv_key_random(&t.env, &b);
  assert_false(krv_secret_equal(&a, &b, sizeof a));
  krv_wipe(&a, sizeof a);
  static const struct krv_key zero;
  assert_memory_equal(&a, &zero, sizeof a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(secrets_are_compared_wiped_and_drawn_from_the_world),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
