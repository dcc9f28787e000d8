/* R17: two administrators, or one and the recovery key, end a fork of the roster, in the same
 * words. */
#include "mock.h"

#include "fleet_roster.h"

static struct krv_testenv t;
static struct krv_fleet fleet;
static krv_device_ix second, third;
static uint8_t losing[2 * KRV_HASH_LEN];

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 170);
  krv_fleet_found(&fleet, &t);
  second = krv_fleet_admit(&fleet, KRV_ROLE_ADMINISTRATOR);
  third = krv_fleet_admit(&fleet, KRV_ROLE_ADMINISTRATOR);
  memset(losing, 0x4c, sizeof losing);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  krv_fleet_release(&fleet);
  return t.live == 0 ? 0 : -1;
}

/* Another history parted after the height before the head's, and has two entries. */
static struct krv_statement some_end(void) {
  return (struct krv_statement){.kind = KRV_STATEMENT_END,
                                .common = 1,
                                .losing = {losing, sizeof losing}};
}

static bool lost(uint32_t height, uint32_t *common) {
  return krv_roster_lost(fleet.roster, height, losing, common);
}

static void two_words_make_it_final(void **state) {
  (void)state;
  struct krv_statement end = some_end();
  struct krv_ending pending;
  uint32_t common = 99;
  assert_false(krv_roster_ending(fleet.roster, &pending));
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), 0);
  assert_false(lost(2, &common));
  assert_true(krv_roster_ending(fleet.roster, &pending));
  assert_int_equal(pending.common, 1);
  assert_int_equal(pending.signer, second);
  assert_int_equal(pending.losing.len, sizeof losing);
  assert_memory_equal(pending.losing.data, losing, sizeof losing);
  assert_int_equal(krv_fleet_state(&fleet, third, &end, 1), 0);
  assert_false(krv_roster_ending(fleet.roster, &pending));
  assert_true(lost(2, &common));
  assert_int_equal(common, 1);
  assert_true(lost(3, &common));
  assert_false(lost(1, &common)); /* what is shared did not lose */
  assert_false(lost(4, &common)); /* nothing was said of it */
  losing[0] ^= 1;
  assert_false(lost(2, &common)); /* another entry of that height */
}

static void one_and_the_recovery_key_are_enough(void **state) {
  (void)state;
  struct krv_statement end = some_end();
  uint32_t common;
  assert_int_equal(krv_fleet_state(&fleet, KRV_NO_INDEX, &end, 1), 0);
  assert_false(lost(2, &common));
  assert_int_equal(krv_fleet_state(&fleet, 0, &end, 1), 0);
  assert_true(lost(2, &common));
}

static void nobody_says_it_twice(void **state) {
  (void)state;
  struct krv_statement end = some_end();
  uint32_t common;
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), 0);
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), KRV_INVALID);
  assert_false(lost(2, &common));
  assert_int_equal(krv_fleet_state(&fleet, KRV_NO_INDEX, &end, 1), 0);
  assert_int_equal(krv_fleet_state(&fleet, third, &end, 1), KRV_INVALID); /* it is final */
}

static void other_words_do_not_add_up(void **state) {
  (void)state;
  struct krv_statement end = some_end(), shorter = some_end();
  uint32_t common;
  shorter.losing.len = KRV_HASH_LEN;
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), 0);
  assert_int_equal(krv_fleet_state(&fleet, third, &shorter, 1), 0);
  assert_false(lost(2, &common));
  assert_int_equal(krv_fleet_state(&fleet, third, &end, 1), 0);
  assert_true(lost(3, &common));
}

static void only_administrators_say_it(void **state) {
  (void)state;
  struct krv_statement end = some_end();
  static const uint8_t roles[] = {KRV_ROLE_WORKER, KRV_ROLE_SUPERVISOR, KRV_ROLE_OFFICE,
                                  KRV_ROLE_AUDITOR, KRV_ROLE_PROVIDER};
  for (size_t i = 0; i < sizeof roles; i++)
    assert_int_equal(krv_fleet_state(&fleet, krv_fleet_admit(&fleet, roles[i]), &end, 1),
                     KRV_DENIED);
}

/* Who signed two histories is suspended by whoever ends the fork: his own word counts no more. */
static void the_word_of_who_is_no_administrator_any_more_does_not_count(void **state) {
  (void)state;
  struct krv_statement end = some_end();
  struct krv_statement both[] = {
      {.kind = KRV_STATEMENT_ROLES, .device = second, .roles = KRV_ROLE_WORKER}, some_end()};
  uint32_t common;
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), 0);
  assert_int_equal(krv_fleet_state(&fleet, third, both, 2), 0);
  assert_false(lost(2, &common));
  assert_int_equal(krv_fleet_state(&fleet, 0, &end, 1), 0);
  assert_true(lost(2, &common));
}

static void it_parts_below_where_it_is_said(void **state) {
  (void)state;
  struct krv_statement end = some_end();
  end.common = krv_roster_height(fleet.roster); /* the entry itself would be the other one */
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), KRV_INVALID);
  end.common--;
  memcpy(losing, krv_roster_hash(fleet.roster, end.common + 1), KRV_HASH_LEN); /* our own */
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), KRV_INVALID);
}

static void it_names_whole_hashes_and_not_too_many(void **state) {
  (void)state;
  static uint8_t many[(KRV_LOSING_MAX + 1) * KRV_HASH_LEN];
  static const size_t lens[] = {0, KRV_HASH_LEN - 1, KRV_HASH_LEN + 1};
  struct krv_statement end = some_end();
  end.losing.data = many;
  for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
    end.losing.len = lens[i];
    assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), KRV_MALFORMED);
  }
  end.losing.len = sizeof many;
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), KRV_TOO_LARGE);
  end.losing.len = sizeof many - KRV_HASH_LEN;
  assert_int_equal(krv_fleet_state(&fleet, second, &end, 1), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(two_words_make_it_final),
      TEST(one_and_the_recovery_key_are_enough),
      TEST(nobody_says_it_twice),
      TEST(other_words_do_not_add_up),
      TEST(only_administrators_say_it),
      TEST(the_word_of_who_is_no_administrator_any_more_does_not_count),
      TEST(it_parts_below_where_it_is_said),
      TEST(it_names_whole_hashes_and_not_too_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
