/* R24: nobody overwrites what he was not shown. */
#include "mock.h"

#include "fleet.h"

static struct fleet fleet;

static int setup(void **state) {
  (void)state;
  fleet_init(&fleet, 24, false);
  (void)fleet_found(&fleet, "Aygul");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  fleet_release(&fleet);
  return 0;
}

static struct krv_slice text(const char *s) {
  return krv_slice_str(s);
}

static int save(struct fleet_device *device, struct krv_edit *edit, bool *written) {
  struct krv_intake *intake;
  struct krv_id kase;
  int status = krv_intake_begin(device->world, &intake);
  if (status == 0) status = krv_edit_save(edit, intake, &kase, written);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}

static struct krv_edit *edit_of(struct fleet_device *device, const struct krv_id *kase) {
  struct krv_edit *edit;
  assert_int_equal(krv_edit_new(device->world, kase, &edit), 0);
  return edit;
}

static void a_field_that_changed_meanwhile_is_not_overwritten(void **state) {
  (void)state;
  struct fleet_device *a = &fleet.devices[0];
  struct krv_id kase = fleet_case(a, "prs_FirstName", "Maya");
  struct krv_edit *edit = edit_of(a, &kase);
  bool written;
  assert_int_equal(krv_edit_set(edit, text("prs_FirstName"), text("Mila")), 0);
  assert_int_equal(fleet_set(a, &kase, "prs_FirstName", "Nina"), 0);
  assert_int_equal(save(a, edit, &written), KRV_CONFLICT);
  assert_false(written);
  assert_string_equal(fleet_shown(a, &kase, "prs_FirstName"), "Nina");
  krv_edit_free(edit);
}

static void another_field_that_changed_meanwhile_is_no_conflict(void **state) {
  (void)state;
  struct fleet_device *a = &fleet.devices[0];
  struct krv_id kase = fleet_case(a, "prs_FirstName", "Maya");
  struct krv_edit *edit = edit_of(a, &kase);
  bool written;
  assert_int_equal(krv_edit_set(edit, text("prs_FirstName"), text("Mila")), 0);
  assert_int_equal(fleet_set(a, &kase, "prs_SecondName", "Orazova"), 0);
  assert_int_equal(save(a, edit, &written), 0);
  assert_true(written);
  assert_string_equal(fleet_shown(a, &kase, "prs_FirstName"), "Mila");
  assert_string_equal(fleet_shown(a, &kase, "prs_SecondName"), "Orazova");
  krv_edit_free(edit);
}

static void what_stands_there_already_is_no_change(void **state) {
  (void)state;
  struct fleet_device *a = &fleet.devices[0];
  struct krv_id kase = fleet_case(a, "prs_FirstName", "Maya");
  struct krv_edit *edit = edit_of(a, &kase);
  bool written;
  assert_int_equal(krv_edit_set(edit, text("prs_FirstName"), text("Maya")), 0);
  assert_int_equal(krv_edit_set(edit, text("prs_SecondName"), text("")), 0);
  assert_int_equal(save(a, edit, &written), 0);
  assert_false(written);
  assert_int_equal(fleet_card(a, &kase)->own_n, 1);
  krv_edit_free(edit);
}

static void the_last_of_several_values_counts(void **state) {
  (void)state;
  struct fleet_device *a = &fleet.devices[0];
  static const char *const tried[][4] = {
      {"Mila", "Nina", NULL},
      {"Mila", "Maya", NULL},
      {"Mila", "Nina", "Mila", NULL},
      {"", "Vera", NULL},
  };
  static const char *const wanted[] = {"Nina", "Maya", "Mila", "Vera"};
  for (size_t t = 0; t < sizeof tried / sizeof *tried; t++) {
    struct krv_id kase = fleet_case(a, "prs_FirstName", "Maya");
    struct krv_edit *edit = edit_of(a, &kase);
    bool written;
    for (size_t i = 0; i < 4 && tried[t][i]; i++)
      assert_int_equal(krv_edit_set(edit, text("prs_FirstName"), text(tried[t][i])), 0);
    assert_int_equal(save(a, edit, &written), 0);
    assert_string_equal(fleet_shown(a, &kase, "prs_FirstName"), wanted[t]);
    assert_int_equal(fleet_values(a, &kase, "prs_FirstName"), 1);
    krv_edit_free(edit);
  }
}

static void the_last_of_several_choices_counts(void **state) {
  (void)state;
  struct fleet_device *a = &fleet.devices[0];
  struct krv_id kase = fleet_case(a, "prs_FirstName", "Maya");
  struct krv_edit *edit = edit_of(a, &kase);
  bool written;
  assert_int_equal(
      krv_edit_set(edit, text("vic_TypeOfExploitation"), text("Servitude;ForcedBegging")), 0);
  assert_int_equal(krv_edit_set(edit, text("vic_TypeOfExploitation"), text("Servitude")), 0);
  assert_int_equal(save(a, edit, &written), 0);
  assert_int_equal(fleet_options(a, &kase, "vic_TypeOfExploitation"), 1);
  krv_edit_free(edit);
}

static void two_values_are_resolved_not_set(void **state) {
  (void)state;
  struct fleet_device *a = &fleet.devices[0], *b = fleet_join(&fleet, "office", "Bahar");
  struct krv_id kase = fleet_case(a, "prs_FirstName", "Maya");
  fleet_rounds(&fleet, 2);
  assert_int_equal(fleet_set(a, &kase, "prs_FirstName", "Mila"), 0);
  assert_int_equal(fleet_set(b, &kase, "prs_FirstName", "Nina"), 0);
  fleet_rounds(&fleet, 2);
  assert_int_equal(fleet_values(a, &kase, "prs_FirstName"), 2);
  assert_int_equal(fleet_set(a, &kase, "prs_FirstName", "Vera"), KRV_CONFLICT);
  assert_int_equal(fleet_resolve(a, &kase, "prs_FirstName", "Mila"), 0);
  fleet_rounds(&fleet, 2);
  assert_int_equal(fleet_values(b, &kase, "prs_FirstName"), 1);
  assert_string_equal(fleet_shown(b, &kase, "prs_FirstName"), "Mila");
  assert_true(fleet_agree(&fleet, &kase, 2));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_field_that_changed_meanwhile_is_not_overwritten),
      cmocka_unit_test(another_field_that_changed_meanwhile_is_no_conflict),
      cmocka_unit_test(what_stands_there_already_is_no_change),
      cmocka_unit_test(the_last_of_several_values_counts),
      cmocka_unit_test(the_last_of_several_choices_counts),
      cmocka_unit_test(two_values_are_resolved_not_set),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
