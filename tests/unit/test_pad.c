#include "bounds.h"
#include "hex.h"
#include "pad.h"

enum { UP_TO = 300 * 1000 };

static void padding_never_shortens_and_never_falls(void **state) {
  (void)state;
  for (size_t len = 0, before = 0; len < UP_TO; len++) {
    size_t padded = krv_pad_len(len);
    assert_true(padded >= len && padded >= before);
    before = padded;
  }
}

static void padding_a_padded_length_changes_nothing(void **state) {
  (void)state;
  for (size_t len = 0; len < UP_TO; len++) {
    size_t padded = krv_pad_len(len);
    assert_int_equal(krv_pad_len(padded), padded);
  }
}

static void above_the_steps_padding_adds_less_than_12_percent(void **state) {
  (void)state;
  for (size_t len = KRV_BODY_PAD_STEP_END + 1; len < UP_TO; len++)
    assert_true((krv_pad_len(len) - len) * 100 < len * 12);
}

/* What an observer learns: so few lengths are possible at all. */
static void commits_have_fewer_than_150_lengths(void **state) {
  (void)state;
  size_t lengths = 0;
  for (size_t len = 1; len <= KRV_BODY_SIZE_MAX; len++) lengths += krv_pad_len(len) == len;
  assert_true(lengths < 150);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(padding_never_shortens_and_never_falls),
      cmocka_unit_test(padding_a_padded_length_changes_nothing),
      cmocka_unit_test(above_the_steps_padding_adds_less_than_12_percent),
      cmocka_unit_test(commits_have_fewer_than_150_lengths),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
