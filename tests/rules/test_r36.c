/* R36: who may sign what, as a table written a second time. */
#include "hex.h"

#include "rights.h"
#include "testenv.h"

enum { W = KRV_ROLE_WORKER, S = KRV_ROLE_SUPERVISOR, P = KRV_ROLE_PROVIDER, O = KRV_ROLE_OFFICE,
       A = KRV_ROLE_ADMINISTRATOR, U = KRV_ROLE_AUDITOR };
static const uint8_t single[] = {W, S, P, O, A, U};

static void administrators_sign_devices_roles_and_policies_alone(void **state) {
  (void)state;
  static const enum krv_statement_kind kinds[] = {KRV_STATEMENT_DEVICE, KRV_STATEMENT_REVOKE,
                                                  KRV_STATEMENT_ROLES, KRV_STATEMENT_SCHEMA,
                                                  KRV_STATEMENT_SERVER, KRV_STATEMENT_END};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (size_t r = 0; r < sizeof single; r++)
      assert_int_equal(krv_rights_may_state(single[r], false, kinds[k]), single[r] == A);
  for (size_t k = 1; k < sizeof kinds / sizeof *kinds; k++)
    assert_false(krv_rights_may_state(W | S | P | O | U, true, kinds[k]));
}

static void keepers_and_only_they_sign_for_their_group(void **state) {
  (void)state;
  static const enum krv_statement_kind kinds[] = {KRV_STATEMENT_ADMIT, KRV_STATEMENT_EXPEL,
                                                  KRV_STATEMENT_EPOCH};
  for (size_t k = 0; k < 3; k++) {
    assert_false(krv_rights_may_state(KRV_ROLES_ALL, false, kinds[k]));
    for (size_t r = 0; r < sizeof single; r++)
      assert_true(krv_rights_may_state(single[r], true, kinds[k]));
  }
}

static void everybody_makes_groups_and_nobody_founds(void **state) {
  (void)state;
  for (size_t r = 0; r < sizeof single; r++) {
    assert_true(krv_rights_may_state(single[r], false, KRV_STATEMENT_GROUP));
    assert_false(krv_rights_may_state(single[r], true, KRV_STATEMENT_FOUND));
  }
  assert_false(
      krv_rights_may_state(KRV_ROLES_ALL, true, (enum krv_statement_kind)(KRV_STATEMENT_END + 1)));
}

static void office_and_supervisor_invite_workers_and_providers(void **state) {
  (void)state;
  for (unsigned invited = 0; invited <= KRV_ROLES_ALL; invited++) {
    bool field = invited != 0 && (invited & ~(unsigned)(W | P)) == 0;
    assert_int_equal(krv_rights_may_invite(O, (uint8_t)invited), field);
    assert_int_equal(krv_rights_may_invite(S, (uint8_t)invited), field);
    assert_int_equal(krv_rights_may_invite(A, (uint8_t)invited), invited != 0);
    assert_false(krv_rights_may_invite(W | P | U, (uint8_t)invited));
  }
  assert_false(krv_rights_may_invite(A, 64));
}

static void roles_give_reading_as_r13_says(void **state) {
  (void)state;
  assert_int_equal(krv_rights_in_office(O), KRV_ADMIT_KEEPER);
  assert_int_equal(krv_rights_in_office(S), 0);
  assert_int_equal(krv_rights_in_office(U), KRV_ADMIT_READ_ONLY);
  assert_int_equal(krv_rights_in_office(A), KRV_NO_INDEX);
  assert_int_equal(krv_rights_in_office(P), KRV_NO_INDEX);
  assert_int_equal(krv_rights_in_office(W), KRV_NO_INDEX);
  assert_int_equal(krv_rights_in_office(O | A | U), KRV_ADMIT_KEEPER);
  assert_int_equal(krv_rights_in_office(A | U), KRV_ADMIT_READ_ONLY);
  assert_int_equal(krv_rights_in_everyone(W | P | S | U), 0);
  assert_int_equal(krv_rights_in_everyone(O), KRV_ADMIT_KEEPER);
  assert_int_equal(krv_rights_in_everyone(A), KRV_ADMIT_KEEPER);
}

static void every_mask_of_roles_reads_back(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_buf text;
  uint8_t roles;
  krv_testenv_init(&t, 36);
  krv_buf_init(&text, &t.env);
  for (unsigned mask = 1; mask <= KRV_ROLES_ALL; mask++) {
    krv_buf_reset(&text);
    krv_roles_format((uint8_t)mask, &text);
    assert_int_equal(krv_roles_parse(krv_buf_slice(&text), &roles), 0);
    assert_int_equal(roles, mask);
  }
  krv_buf_reset(&text);
  krv_roles_format(O | A, &text);
  assert_true(krv_slice_equal(krv_buf_slice(&text), krv_slice_str("office+administrator")));
  krv_buf_release(&text);
  static const char *const bad[] = {"",        "boss",    "worker+", "+worker",
                                    "Worker",  "worker worker", "worker+worker", "work"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(krv_roles_parse(krv_slice_str(bad[i]), &roles), KRV_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(administrators_sign_devices_roles_and_policies_alone),
      cmocka_unit_test(keepers_and_only_they_sign_for_their_group),
      cmocka_unit_test(everybody_makes_groups_and_nobody_founds),
      cmocka_unit_test(office_and_supervisor_invite_workers_and_providers),
      cmocka_unit_test(roles_give_reading_as_r13_says),
      cmocka_unit_test(every_mask_of_roles_reads_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
