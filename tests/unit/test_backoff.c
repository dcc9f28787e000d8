/* backoff: the pauses between tries stay within their bounds, are spread evenly over them, and keep
 * many devices from coming back at once. In virtual time, seeded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backoff.h"
#include "testenv.h"

static void the_bound_doubles_up_to_the_cap_and_begins_anew_when_zeroed(void **state) {
  (void)state;
  static const uint32_t bounds_ms[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
  struct krv_testenv t;
  struct krv_backoff backoff = {0};
  krv_testenv_init(&t, 1);
  for (size_t i = 0; i < sizeof bounds_ms / sizeof *bounds_ms; i++) {
    assert_int_equal(krv_backoff_bound_ms(&backoff), bounds_ms[i]);
    assert_in_range(krv_backoff_next_ms(&backoff, &t.env), KRV_BACKOFF_FLOOR_MS, bounds_ms[i]);
  }
  backoff.tries = UINT32_MAX; /* a device that was offline for a very long time */
  assert_in_range(krv_backoff_next_ms(&backoff, &t.env), KRV_BACKOFF_FLOOR_MS, KRV_BACKOFF_CAP_MS);
  assert_int_equal(krv_backoff_bound_ms(&backoff), KRV_BACKOFF_CAP_MS);
  backoff = (struct krv_backoff){0};
  assert_int_equal(krv_backoff_bound_ms(&backoff), KRV_BACKOFF_FIRST_MS);
}

/* Ten equal parts between floor and bound: each gets its tenth of 20,000 pauses, give or take 15 %,
 * which is more than six standard deviations. */
static void every_pause_between_floor_and_bound_is_equally_likely(void **state) {
  (void)state;
  enum { PARTS = 10, PAUSES = 20000, EACH = PAUSES / PARTS };
  struct krv_testenv t;
  krv_testenv_init(&t, 2);
  for (uint32_t tries = 0; tries < 8; tries++) {
    uint32_t parts[PARTS] = {0}, least = UINT32_MAX, most = 0;
    uint32_t span = 0;
    for (uint32_t i = 0; i < PAUSES; i++) {
      struct krv_backoff backoff = {.tries = tries};
      span = krv_backoff_bound_ms(&backoff) - KRV_BACKOFF_FLOOR_MS + 1;
      uint32_t ms = krv_backoff_next_ms(&backoff, &t.env);
      parts[(uint64_t)(ms - KRV_BACKOFF_FLOOR_MS) * PARTS / span]++;
      if (ms < least) least = ms;
      if (ms > most) most = ms;
    }
    for (uint32_t i = 0; i < PARTS; i++)
      assert_in_range(parts[i], EACH * 85 / 100, EACH * 115 / 100);
    assert_in_range(least, KRV_BACKOFF_FLOOR_MS, KRV_BACKOFF_FLOOR_MS + span / 500);
    assert_in_range(most, KRV_BACKOFF_FLOOR_MS + span - span / 500 - 1,
                    KRV_BACKOFF_FLOOR_MS + span - 1);
  }
}

/* 200 devices lose their server in the same millisecond, and it stays away for ten minutes. How
 * many knock in one second? */
static void devices_that_lost_their_server_together_do_not_come_back_together(void **state) {
  (void)state;
  enum { DEVICES = 200, AWAY_MS = 10 * 60 * 1000, SECONDS = AWAY_MS / 1000 + 70 };
  static uint32_t knocks[SECONDS];
  uint64_t returned = 0, tries = 0;
  for (uint32_t d = 0; d < DEVICES; d++) {
    struct krv_testenv t;
    struct krv_backoff backoff = {0};
    krv_testenv_init(&t, 1000 + d);
    uint64_t start_ms = t.mono_ms;
    do {
      t.mono_ms += krv_backoff_next_ms(&backoff, &t.env);
      knocks[(t.mono_ms - start_ms) / 1000]++;
      tries++;
    } while (t.mono_ms - start_ms < AWAY_MS);
    returned += t.mono_ms - start_ms - AWAY_MS;
  }
  for (uint32_t s = 60; s < AWAY_MS / 1000; s++)
    assert_in_range(knocks[s], 0, 22); /* 6.6 on average */
  assert_in_range(tries, DEVICES * 15, DEVICES * 30);
  assert_in_range(returned / DEVICES, 15000, 25000); /* until a device is back, on average */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_bound_doubles_up_to_the_cap_and_begins_anew_when_zeroed),
      cmocka_unit_test(every_pause_between_floor_and_bound_is_equally_likely),
      cmocka_unit_test(devices_that_lost_their_server_together_do_not_come_back_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
