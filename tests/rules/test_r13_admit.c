/* R13: into a group only its keeper lets a device in, and not by an administrator's word: he speaks
 * with whoever it is. */
#include "mock.h"

#include "admit.h"
#include "approve.h"
#include "fleetkit.h"
#include "forkkit.h"
#include "invite.h"
#include "join.h"
#include "propose.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 132, true);
}

/* An administrator, who keeps no group that reads cases, lets somebody in with these roles. */
static struct fleet_device *let_in_by(struct kit *k, const char *roles, const char *name) {
  struct fleet_device *by = fleet_join(&k->fleet, "administrator", "Ceren");
  struct fleet_device *device = fork_let_in(by, roles, name);
  fleet_sync_well(k->a);
  return device;
}

static bool in_office(struct kit *k, struct fleet_device *device) {
  return krv_roster_membership(k->a->world->roster, device->world->member.device,
                               KRV_GROUP_OFFICE, UINT32_MAX) != NULL;
}

static void approve(struct kit *k, const struct krv_approve_choice *choice, int status) {
  assert_int_equal(krv_approve(k->a->world, choice, NULL, NULL), status);
  fleet_sync_well(k->a);
}

static void an_administrators_word_opens_no_case(void **state) {
  struct kit *k = *state;
  struct fleet_device *evil = let_in_by(k, "office", "Evil");
  const struct krv_device *seen =
      krv_roster_device(k->a->world->roster, evil->world->member.device);
  char hex[KRV_ID_HEX_LEN];
  krv_id_hex(&seen->id, hex);
  assert_true(krv_admit_waits(k->a->world, seen));
  approve(k, &(struct krv_approve_choice){.all = true}, 0);
  assert_false(in_office(k, evil));
  fleet_sync_well(evil);
  fleet_sync_well(evil);
  assert_int_equal(krv_index_count(evil->world->index), 0);
  /* the number, heard by voice: enough of it, and the right one */
  hex[15] = 0;
  approve(k, &(struct krv_approve_choice){.device = hex}, KRV_INVALID);
  approve(k, &(struct krv_approve_choice){.device = "0123456789abcdef"}, KRV_NOT_FOUND);
  assert_false(in_office(k, evil));
  krv_id_hex(&krv_roster_device(k->a->world->roster, evil->world->member.device)->id, hex);
  hex[KRV_ADMIT_DIGITS_MIN] = 0;
  approve(k, &(struct krv_approve_choice){.device = hex}, 0);
  assert_true(in_office(k, evil));
  fleet_sync_well(evil);
  fleet_sync_well(k->a);
  fleet_sync_well(evil);
  assert_int_equal(krv_index_count(evil->world->index), 1);
}

static void a_worker_is_let_into_everyone_which_reads_no_case(void **state) {
  struct kit *k = *state;
  struct krv_invite_request request = {.name = "Dursun", .my_device = true, .days = 14};
  struct krv_buf code;
  struct krv_approve_choice all = {.all = true};
  krv_buf_init(&code, &k->w->t.env);
  assert_int_equal(krv_invite_make(k->w->world, &request, &code), 0);
  struct fleet_device *further = fleet_add(&k->fleet, "Dursun2");
  fleet_accept(further, &code);
  krv_buf_release(&code);
  fleet_sync_well(further);
  fleet_sync_well(k->w);
  assert_int_equal(krv_approve(k->w->world, &all, NULL, NULL), 0);
  fleet_sync_well(k->w);
  fleet_sync_well(further);
  fleet_sync_well(k->a);
  krv_device_ix ix = further->world->member.device;
  assert_true(krv_admit_waits(k->a->world, krv_roster_device(k->a->world->roster, ix)));
  approve(k, &all, 0);
  const struct krv_device *seen = krv_roster_device(k->a->world->roster, ix);
  assert_false(krv_admit_waits(k->a->world, seen));
  assert_non_null(
      krv_roster_membership(k->a->world->roster, ix, KRV_GROUP_EVERYONE, UINT32_MAX));
  assert_false(in_office(k, further));
}

static void who_was_put_out_is_not_let_in_again_by_the_way(void **state) {
  struct kit *k = *state;
  struct krv_statement expel = {.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_EVERYONE,
                                .device = k->w->world->member.device};
  struct krv_roster *roster;
  assert_int_equal(krv_vault_begin(k->a->world->vault), 0);
  assert_int_equal(krv_propose_roster(k->a->world, &roster), 0);
  assert_int_equal(krv_propose(k->a->world, roster, &expel, 1), 0);
  assert_int_equal(krv_vault_commit(k->a->world->vault), 0);
  krv_roster_free(roster);
  fleet_sync_well(k->a);
  approve(k, &(struct krv_approve_choice){.all = true}, 0);
  assert_null(krv_roster_membership(k->a->world->roster, k->w->world->member.device,
                                    KRV_GROUP_EVERYONE, UINT32_MAX));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_administrators_word_opens_no_case),
      TEST(a_worker_is_let_into_everyone_which_reads_no_case),
      TEST(who_was_put_out_is_not_let_in_again_by_the_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
