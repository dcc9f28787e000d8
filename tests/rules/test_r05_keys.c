/* R5: a header names four bytes of its key. Of several keys that fit, it is the one under which
 * signature and salt hold, in whatever order they came. */
#include "mock.h"

#include <stdlib.h>

#include "dishonest.h"
#include "fleetkit.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 5, true);
}

/* Two keys whose ids begin with the same four bytes: found among 400,000 by trying. */
static struct krv_key one_of_two(int which) {
  static const uint8_t found[2][3] = {{0xd9, 0x4e, 0x01}, {0x13, 0x06, 0x03}};
  struct krv_key key = {{0}};
  memcpy(key.b, found[which], sizeof found[which]);
  return key;
}

static void has_key(struct fleet_device *device, const struct krv_id *kase, int which) {
  struct krv_key key = one_of_two(which);
  struct krv_intake *intake;
  struct krv_folder *folder;
  assert_int_equal(krv_intake_begin(device->world, &intake), 0);
  assert_int_equal(krv_intake_folder(intake, kase, &folder), 0);
  assert_int_equal(krv_folder_add_key(folder, 1, &key), 0);
  assert_int_equal(krv_intake_commit(intake), 0);
}

static void both_fit_one_header(void **state) {
  (void)state;
  struct krv_case_key a, b;
  struct krv_key x = one_of_two(0), y = one_of_two(1);
  krv_case_key_set(&a, 1, &x);
  krv_case_key_set(&b, 1, &y);
  assert_memory_equal(a.key_id.b, b.key_id.b, 4);
  assert_memory_not_equal(a.key_id.b, b.key_id.b, KRV_ID_LEN);
}

static void of_two_keys_that_fit_the_right_one_opens(struct kit *k, int right) {
  has_key(k->w, &k->kase, right);
  /* under the newest key that is there */
  dishonest_set(k->w, &k->kase, "prs_SecondName", "Orazova");
  has_key(k->a, &k->kase, 0);
  has_key(k->a, &k->kase, 1);
  dishonest_hand_over(k->w, k->a, &k->kase);
  assert_int_equal(fleet_card(k->a, &k->kase)->held, 0);
  assert_string_equal(fleet_shown(k->a, &k->kase, "prs_SecondName"), "Orazova");
}

static void the_first_of_two_keys_that_fit_opens(void **state) {
  of_two_keys_that_fit_the_right_one_opens(*state, 0);
}

static void the_second_of_two_keys_that_fit_opens(void **state) {
  of_two_keys_that_fit_the_right_one_opens(*state, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_fit_one_header),
      TEST(the_first_of_two_keys_that_fit_opens),
      TEST(the_second_of_two_keys_that_fit_opens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
