#include "hex.h"

#include "fleet_roster.h"

enum { DEVICES = 200 };

static struct krv_testenv t;
static struct krv_fleet fleet;

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 1);
  krv_fleet_found(&fleet, &t);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  krv_fleet_release(&fleet);
  return t.live == 0 ? 0 : -1;
}

static void an_unfounded_roster_is_empty(void **state) {
  (void)state;
  struct krv_roster *roster;
  struct krv_id id = krv_id_zero;
  struct krv_key key = {{0}};
  assert_int_equal(krv_roster_new(&t.env, &roster), 0);
  assert_false(krv_roster_founded(roster));
  assert_int_equal(krv_roster_count(roster), 0);
  assert_int_equal(krv_roster_height(roster), 0);
  assert_true(krv_id_is_zero(krv_roster_programme(roster)));
  assert_null(krv_roster_hash(roster, 0));
  assert_int_equal(krv_roster_entry(roster, 0).len, 0);
  assert_null(krv_roster_device(roster, 0));
  assert_null(krv_roster_device_by_id(roster, &id));
  assert_null(krv_roster_device_by_session(roster, &key));
  assert_null(krv_roster_group(roster, 0));
  assert_null(krv_roster_membership(roster, 0, 0, UINT32_MAX));
  assert_int_equal(krv_roster_append(roster, krv_slice(NULL, 0)), KRV_MALFORMED);
  krv_roster_free(roster);
  krv_roster_free(NULL);
}

static void the_founding_makes_three_groups_that_its_device_keeps(void **state) {
  (void)state;
  static const enum krv_group_kind kinds[] = {KRV_GROUP_KIND_EVERYONE, KRV_GROUP_KIND_OFFICE,
                                              KRV_GROUP_KIND_MEMBER};
  const struct krv_key *pks[] = {&fleet.everyone.pk, &fleet.office.pk, &fleet.devices[0].member.pk};
  const struct krv_device *founder = krv_roster_device(fleet.roster, 0);
  assert_int_equal(founder->roles, KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR);
  assert_int_equal(founder->member_group, 2);
  assert_int_equal(founder->agency_group, KRV_NO_INDEX);
  assert_int_equal(krv_roster_group_count(fleet.roster), 3);
  for (krv_group_ix g = 0; g < 3; g++) {
    const struct krv_group *group = krv_roster_group(fleet.roster, g);
    assert_int_equal(group->kind, kinds[g]);
    assert_memory_equal(&krv_group_newest(group)->pk, pks[g], KRV_KEY_LEN);
    assert_int_equal(krv_roster_membership(fleet.roster, 0, g, 0)->rights, KRV_ADMIT_KEEPER);
  }
  struct krv_key sign, seal;
  uint32_t version;
  uint8_t schema[32], expected[32];
  memset(expected, 0x5c, sizeof expected);
  krv_roster_recovery(fleet.roster, &sign, &seal);
  krv_roster_schema(fleet.roster, &version, schema);
  assert_memory_equal(&sign, &fleet.recovery_sign.pk, sizeof sign);
  assert_memory_equal(&seal, &fleet.recovery_seal.pk, sizeof seal);
  assert_true(krv_roster_practice(fleet.roster));
  assert_int_equal(version, 0);
  assert_memory_equal(schema, expected, sizeof schema);
  assert_memory_equal(krv_roster_server_pk(fleet.roster), &fleet.server.pk, KRV_KEY_LEN);
  assert_int_equal(krv_roster_programme_name(fleet.roster).len, fleet.devices[0].name_len);
}

static void assert_device(const struct krv_roster *roster, krv_device_ix ix) {
  const struct krv_fleet_device *own = &fleet.devices[ix];
  const struct krv_device *device = krv_roster_device_by_session(roster, &own->session.pk);
  assert_non_null(device);
  assert_int_equal(device->ix, ix);
  assert_ptr_equal(device, krv_roster_device_by_id(roster, &device->id));
  assert_int_equal(device->from_height, ix); /* one entry a device */
  assert_int_equal(device->roles, own->roles);
  assert_true(krv_device_active(device));
  assert_true(krv_slice_equal(device->name, krv_slice(own->name, own->name_len)));
  assert_true(krv_roster_may_write(roster, ix, device->member_group, ix));
  assert_false(ix > 0 && krv_roster_may_write(roster, ix, device->member_group, ix - 1));
  assert_null(krv_roster_device_by_session(roster, &own->seal.pk));
}

static void two_hundred_devices_are_found_and_replay_alike(void **state) {
  (void)state;
  struct krv_roster *replay;
  while (fleet.count < DEVICES)
    krv_fleet_admit(&fleet, fleet.count % 10 == 0 ? KRV_ROLE_AUDITOR : KRV_ROLE_WORKER);
  assert_int_equal(krv_roster_new(&t.env, &replay), 0);
  for (uint32_t h = 0; h < krv_roster_count(fleet.roster); h++)
    assert_int_equal(krv_roster_append(replay, krv_roster_entry(fleet.roster, h)), 0);
  assert_int_equal(krv_roster_device_count(replay), DEVICES);
  assert_int_equal(krv_roster_group_count(replay), DEVICES + 2);
  assert_int_equal(krv_roster_height(replay), DEVICES - 1);
  for (krv_device_ix ix = 0; ix < DEVICES; ix++) {
    assert_device(fleet.roster, ix);
    assert_device(replay, ix);
    assert_true(krv_roster_was_member(replay, ix, KRV_GROUP_EVERYONE));
    bool auditor = fleet.devices[ix].roles == KRV_ROLE_AUDITOR;
    assert_int_equal(krv_roster_was_member(replay, ix, KRV_GROUP_OFFICE), ix == 0 || auditor);
    assert_int_equal(krv_roster_may_write(replay, ix, KRV_GROUP_OFFICE, UINT32_MAX), ix == 0);
  }
  assert_memory_equal(krv_roster_hash(replay, DEVICES - 1),
                      krv_roster_hash(fleet.roster, DEVICES - 1), 32);
  krv_roster_free(replay);
}

static int state_one(krv_device_ix signer, enum krv_statement_kind kind, krv_group_ix group,
                     krv_device_ix device, uint8_t rights_or_how) {
  struct krv_statement s = {.kind = kind, .group = group, .device = device,
                            .rights = rights_or_how, .how = rights_or_how};
  return krv_fleet_state(&fleet, signer, &s, 1);
}

static void membership_is_answered_as_of_each_height(void **state) {
  (void)state;
  krv_device_ix w = krv_fleet_admit(&fleet, KRV_ROLE_WORKER);
  krv_group_ix own = krv_roster_device(fleet.roster, w)->member_group;
  struct krv_roster *r = fleet.roster;
  uint32_t born = krv_roster_height(r);
  assert_int_equal(state_one(0, KRV_STATEMENT_ADMIT, KRV_GROUP_OFFICE, w, 0), 0); /* born + 1 */
  assert_int_equal(
      state_one(0, KRV_STATEMENT_ADMIT, KRV_GROUP_OFFICE, w, KRV_ADMIT_READ_ONLY), 0);
  assert_int_equal(state_one(0, KRV_STATEMENT_EXPEL, KRV_GROUP_OFFICE, w, 0), 0);
  assert_int_equal(state_one(0, KRV_STATEMENT_ADMIT, KRV_GROUP_OFFICE, w, KRV_ADMIT_KEEPER), 0);
  assert_int_equal(state_one(0, KRV_STATEMENT_REVOKE, 0, w, KRV_REVOKE_LEFT), 0); /* born + 5 */

  static const struct {
    bool member, writes;
  } as_of[] = {{false, false}, {true, true}, {true, false}, {false, false}, {true, true},
               {false, false}};
  for (uint32_t i = 0; i < 6; i++) {
    assert_int_equal(krv_roster_membership(r, w, KRV_GROUP_OFFICE, born + i) != NULL,
                     as_of[i].member);
    assert_int_equal(krv_roster_may_write(r, w, KRV_GROUP_OFFICE, born + i), as_of[i].writes);
    assert_int_equal(krv_roster_may_write(r, w, own, born + i), i < 5);
  }
  assert_false(krv_roster_may_write(r, w, own, UINT32_MAX));
  assert_true(krv_roster_was_member(r, w, own));
  assert_true(krv_roster_was_member(r, w, KRV_GROUP_OFFICE));
  const struct krv_device *device = krv_roster_device(r, w);
  assert_false(krv_device_active(device));
  assert_int_equal(device->revoked_height, born + 5);
  assert_int_equal(device->revoked_how, KRV_REVOKE_LEFT);
  for (krv_group_ix g = 0; g < krv_roster_group_count(r); g++)
    assert_null(krv_roster_membership(r, w, g, UINT32_MAX));
  assert_int_equal(state_one(0, KRV_STATEMENT_ADMIT, KRV_GROUP_OFFICE, w, 0), KRV_INVALID);
}

static void what_does_not_exist_is_invalid(void **state) {
  (void)state;
  krv_group_ix no_group = krv_roster_group_count(fleet.roster);
  krv_device_ix no_device = krv_roster_device_count(fleet.roster);
  assert_int_equal(state_one(0, KRV_STATEMENT_ADMIT, no_group, 0, 0), KRV_INVALID);
  assert_int_equal(state_one(KRV_NO_INDEX, KRV_STATEMENT_ADMIT, no_group, 0, 0), KRV_INVALID);
  assert_int_equal(state_one(0, KRV_STATEMENT_ADMIT, 0, no_device, 0), KRV_INVALID);
  assert_int_equal(state_one(0, KRV_STATEMENT_EXPEL, 0, no_device, 0), KRV_INVALID);
  assert_int_equal(state_one(KRV_NO_INDEX, KRV_STATEMENT_EXPEL, no_group, 0, 0), KRV_INVALID);
  assert_int_equal(state_one(0, KRV_STATEMENT_REVOKE, 0, no_device, 1), KRV_INVALID);
  assert_int_equal(state_one(0, KRV_STATEMENT_REVOKE, 0, 1, 3), KRV_MALFORMED);
  assert_int_equal(state_one(0, KRV_STATEMENT_ADMIT, 0, 1, 4), KRV_MALFORMED);
}

/* A rich entry at the head: a new member with an agency, admissions, an epoch. */
static void rich_entry(struct krv_buf *out) {
  static const uint8_t losing[KRV_HASH_LEN] = {1};
  struct krv_statement s[6];
  struct krv_fleet_device *device = krv_fleet_prepare(&fleet, KRV_ROLE_PROVIDER, &s[0]);
  s[0].has_agency_pk = true;
  s[0].agency_pk = device->agency.pk;
  s[0].group_name = s[0].name;
  krv_fleet_rejoin(&fleet, device, &s[0]);
  s[1] = (struct krv_statement){.kind = KRV_STATEMENT_ADMIT, .device = device->ix};
  s[2] = (struct krv_statement){.kind = KRV_STATEMENT_EPOCH, .group = KRV_GROUP_OFFICE, .epoch = 1};
  krv_key_random(&t.env, &s[2].pk);
  s[3] = (struct krv_statement){.kind = KRV_STATEMENT_GROUP, .name = s[0].name};
  krv_key_random(&t.env, &s[3].pk);
  s[4] = (struct krv_statement){.kind = KRV_STATEMENT_SCHEMA, .schema_version = 3};
  s[5] = (struct krv_statement){.kind = KRV_STATEMENT_END, .losing = {losing, sizeof losing}};
  krv_buf_init(out, &t.env);
  krv_fleet_entry(&fleet, KRV_DEVICE_FOUNDER, s, 6, out);
}

static void every_changed_byte_and_every_shorter_entry_is_refused(void **state) {
  (void)state;
  struct krv_buf bytes;
  rich_entry(&bytes);
  assert_int_equal(krv_roster_check(fleet.roster, krv_buf_slice(&bytes)), 0);
  for (size_t i = 0; i < bytes.len; i++) {
    for (unsigned bit = 0; bit < 8; bit++) {
      bytes.data[i] ^= (uint8_t)(1u << bit);
      assert_in_range(-krv_roster_check(fleet.roster, krv_buf_slice(&bytes)), 2, 41);
      bytes.data[i] ^= (uint8_t)(1u << bit);
    }
    assert_int_not_equal(krv_roster_check(fleet.roster, krv_slice(bytes.data, i)), 0);
  }
  krv_buf_u8(&bytes, 0);
  assert_int_not_equal(krv_roster_check(fleet.roster, krv_buf_slice(&bytes)), 0);
  krv_buf_release(&bytes);
}

/* The same bytes, re-signed by the rightful signer after each change: whatever is
 * accepted then is well formed, and the roster stays whole. */
static void changed_bodies_with_a_good_signature_never_break_it(void **state) {
  (void)state;
  struct krv_buf bytes;
  rich_entry(&bytes);
  size_t len = bytes.len - KRV_SIG_LEN;
  const struct krv_slice body = krv_slice(bytes.data, len);
  for (size_t i = 0; i < len; i++) {
    const uint8_t right = bytes.data[i];
    for (unsigned k = 0; k < 3; k++) {
      bytes.data[i] = (uint8_t)(k == 0 ? right ^ 1 : krv_testenv_next(&t));
      krv_sign(&fleet.devices[0].sign, KRV_DOMAIN_ENTRY_SIGN, &body, 1, bytes.data + len);
      (void)krv_roster_check(fleet.roster, krv_buf_slice(&bytes));
    }
    bytes.data[i] = right;
  }
  krv_sign(&fleet.devices[0].sign, KRV_DOMAIN_ENTRY_SIGN, &body, 1, bytes.data + len);
  assert_int_equal(krv_roster_check(fleet.roster, krv_buf_slice(&bytes)), 0);
  krv_buf_release(&bytes);
}

static void statements_of_later_versions_are_told_from_nonsense(void **state) {
  (void)state;
  struct krv_statement s = {.kind = KRV_STATEMENT_SERVER};
  struct krv_buf bytes;
  krv_buf_init(&bytes, &t.env);
  krv_fleet_entry(&fleet, 0, &s, 1, &bytes);
  size_t number = bytes.len - KRV_SIG_LEN - 34 - 1; /* before the server's key */
  assert_int_equal(bytes.data[number], KRV_STATEMENT_SERVER);
  bytes.data[number] = KRV_STATEMENT_END + 1;
  assert_int_equal(krv_roster_check(fleet.roster, krv_buf_slice(&bytes)), KRV_NEWER);
  bytes.data[number] = KRV_STATEMENT_ADMIT;
  assert_int_equal(krv_roster_check(fleet.roster, krv_buf_slice(&bytes)), KRV_MALFORMED);
  bytes.data[number] = KRV_STATEMENT_SERVER;
  bytes.data[1] = 2;
  assert_int_equal(krv_roster_check(fleet.roster, krv_buf_slice(&bytes)), KRV_NEWER);
  krv_buf_release(&bytes);
}

static void every_failed_allocation_leaves_the_roster_as_it_was(void **state) {
  (void)state;
  struct krv_buf bytes;
  uint32_t before = krv_roster_count(fleet.roster);
  int64_t live;
  rich_entry(&bytes);
  live = t.live;
  uint64_t k = 1;
  for (;; k++) {
    t.fail_at = t.allocations + k;
    int status = krv_roster_check(fleet.roster, krv_buf_slice(&bytes));
    t.fail_at = 0;
    assert_int_equal(t.live, live);
    if (status == 0) break;
    assert_int_equal(status, KRV_NOMEM);
  }
  for (k = 1;; k++) {
    t.fail_at = t.allocations + k;
    int status = krv_roster_append(fleet.roster, krv_buf_slice(&bytes));
    t.fail_at = 0;
    if (status == 0) break;
    assert_int_equal(status, KRV_NOMEM);
    assert_int_equal(krv_roster_count(fleet.roster), before);
    assert_null(krv_roster_device(fleet.roster, fleet.count));
  }
  assert_in_range(k, 10, 200);
  krv_fleet_keep(&fleet);
  assert_int_equal(krv_roster_count(fleet.roster), before + 1);
  krv_buf_release(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_unfounded_roster_is_empty),
      cmocka_unit_test(the_founding_makes_three_groups_that_its_device_keeps),
      cmocka_unit_test(two_hundred_devices_are_found_and_replay_alike),
      cmocka_unit_test(membership_is_answered_as_of_each_height),
      cmocka_unit_test(what_does_not_exist_is_invalid),
      cmocka_unit_test(every_changed_byte_and_every_shorter_entry_is_refused),
      cmocka_unit_test(changed_bodies_with_a_good_signature_never_break_it),
      cmocka_unit_test(statements_of_later_versions_are_told_from_nonsense),
      cmocka_unit_test(every_failed_allocation_leaves_the_roster_as_it_was),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
