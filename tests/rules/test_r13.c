/* R13: enrolment. What binds an invitation, what a joiner signs, and who lets
 * whom in where. */
#include "hex.h"

#include "fleet_roster.h"
#include "words.h"

static struct krv_testenv t;
static struct krv_fleet fleet;

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 13);
  krv_fleet_found(&fleet, &t);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  krv_fleet_release(&fleet);
  return t.live == 0 ? 0 : -1;
}

/* ---- the invitation ---- */

static void fixed_pair(uint8_t fill, struct krv_dh_pair *out) {
  struct krv_key sk;
  memset(sk.b, fill, sizeof sk.b);
  assert_int_equal(krv_dh_pair_from_secret(&sk, out), 0);
}

static void the_server_recomputes_the_psk_and_the_terms_bind_it(void **state) {
  (void)state;
  struct krv_dh_pair inviter, server;
  struct krv_invite_terms terms = {.inviter = 5, .roles = 1, .expires_s = 1800000000};
  struct krv_key psk, same, other;
  memset(terms.id, 9, sizeof terms.id);
  fixed_pair(1, &inviter);
  fixed_pair(2, &server);
  assert_int_equal(krv_invite_psk(&inviter, &server.pk, &terms, &psk), 0);
  assert_int_equal(krv_invite_psk(&server, &inviter.pk, &terms, &same), 0);
  assert_hex(psk.b, sizeof psk.b,
             "34b9833a0ffa427b4db08a1376b31f1844462fb3e205fa50242156b2c9010e9c");
  assert_memory_equal(&psk, &same, sizeof psk);
  struct krv_invite_terms changed[4] = {terms, terms, terms, terms};
  changed[0].id[3] ^= 1;
  changed[1].inviter = 6;
  changed[2].roles = KRV_ROLE_OFFICE;
  changed[3].expires_s++;
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(krv_invite_psk(&server, &inviter.pk, &changed[i], &other), 0);
    assert_memory_not_equal(&psk, &other, sizeof psk);
  }
  struct krv_key zero = {{0}};
  assert_int_equal(krv_invite_psk(&server, &zero, &terms, &other), KRV_CRYPTO);
}

static void terms_come_back_and_without_a_role_are_refused(void **state) {
  (void)state;
  struct krv_invite_terms in = {{1, 2, 3, 4, 5, 6, 7, 8}, 70000, KRV_ROLES_ALL, 77}, out;
  struct krv_buf buf;
  krv_buf_init(&buf, &t.env);
  krv_invite_terms_encode(&in, &buf);
  assert_int_equal(buf.len, 17);
  struct krv_in reader = krv_in(krv_buf_slice(&buf));
  krv_invite_terms_decode(&reader, &out);
  assert_int_equal(krv_in_end(&reader), 0);
  assert_memory_equal(out.id, in.id, sizeof in.id);
  assert_int_equal(out.inviter, 70000);
  assert_int_equal(out.roles, KRV_ROLES_ALL);
  assert_int_equal(out.expires_s, 77);
  static const uint8_t bad_roles[] = {0, 64, 255};
  for (size_t i = 0; i < sizeof bad_roles; i++) {
    buf.data[12] = bad_roles[i];
    reader = krv_in(krv_buf_slice(&buf));
    krv_invite_terms_decode(&reader, &out);
    assert_int_equal(krv_in_end(&reader), KRV_MALFORMED);
  }
  krv_buf_release(&buf);
}

/* ---- the joiner ---- */

static struct krv_join some_join(struct krv_sign_pair *joiner, const uint8_t *secret) {
  struct krv_join join = {.has_member_pk = true};
  krv_sign_pair_random(&t.env, joiner);
  join.keys.sign_pk = joiner->pk;
  krv_key_random(&t.env, &join.keys.seal_pk);
  krv_key_random(&t.env, &join.keys.session_pk);
  krv_key_random(&t.env, &join.member_pk);
  krv_key_random(&t.env, &join.agency_pk);
  krv_join_sign(&join, krv_roster_programme(fleet.roster), joiner, secret);
  return join;
}

static void signature_and_mac_cover_every_key(void **state) {
  (void)state;
  uint8_t secret[KRV_INVITE_SECRET_LEN] = {8}, wrong[KRV_INVITE_SECRET_LEN] = {9};
  const struct krv_id *programme = krv_roster_programme(fleet.roster);
  struct krv_sign_pair joiner;
  struct krv_join join = some_join(&joiner, secret);
  assert_int_equal(krv_join_verify(&join, programme), 0);
  assert_true(krv_join_mac_good(&join, programme, secret));
  assert_false(krv_join_mac_good(&join, programme, wrong));
  struct krv_id other_programme = *programme;
  other_programme.b[0] ^= 1;
  assert_int_equal(krv_join_verify(&join, &other_programme), KRV_CRYPTO);
  assert_false(krv_join_mac_good(&join, &other_programme, secret));

  struct krv_join c[8];
  for (size_t i = 0; i < 8; i++) c[i] = join;
  c[0].terms.id[0] ^= 1;
  c[1].keys.sign_pk.b[0] ^= 1;
  c[2].keys.seal_pk.b[0] ^= 1;
  c[3].keys.session_pk.b[0] ^= 1;
  c[4].member_pk.b[0] ^= 1;
  c[5].has_member_pk = false;
  c[6].has_agency_pk = true;
  /* the member's key given out as the agency's */
  c[7].has_member_pk = false;
  c[7].has_agency_pk = true;
  c[7].agency_pk = join.member_pk;
  for (size_t i = 0; i < 8; i++) {
    assert_int_equal(krv_join_verify(&c[i], programme), KRV_CRYPTO);
    assert_false(krv_join_mac_good(&c[i], programme, secret));
  }
}

static void the_mac_is_the_golden_one(void **state) {
  (void)state;
  struct krv_join join = {.has_member_pk = true};
  struct krv_id programme;
  struct krv_sign_pair joiner;
  uint8_t secret[KRV_INVITE_SECRET_LEN];
  memset(secret, 8, sizeof secret);
  memset(programme.b, 0xaa, sizeof programme.b);
  memset(join.terms.id, 9, sizeof join.terms.id);
  memset(join.keys.sign_pk.b, 1, KRV_KEY_LEN);
  memset(join.keys.seal_pk.b, 2, KRV_KEY_LEN);
  memset(join.keys.session_pk.b, 3, KRV_KEY_LEN);
  memset(join.member_pk.b, 4, KRV_KEY_LEN);
  krv_sign_pair_random(&t.env, &joiner);
  krv_join_sign(&join, &programme, &joiner, secret);
  assert_hex(join.mac, sizeof join.mac, "d99cf1f1dc8edf056aacb525635190a3");
}

static void a_request_comes_back_from_its_bytes(void **state) {
  (void)state;
  uint8_t secret[KRV_INVITE_SECRET_LEN] = {8};
  for (unsigned flags = 0; flags < 4; flags++) {
    struct krv_sign_pair joiner;
    struct krv_join in = some_join(&joiner, secret), out;
    struct krv_buf buf;
    in.has_member_pk = (flags & 1) != 0;
    in.has_agency_pk = (flags & 2) != 0;
    krv_join_sign(&in, krv_roster_programme(fleet.roster), &joiner, secret);
    krv_buf_init(&buf, &t.env);
    krv_join_encode(&in, &buf);
    out.terms = in.terms;
    struct krv_in reader = krv_in(krv_buf_slice(&buf));
    krv_join_decode(&reader, &out);
    assert_int_equal(krv_in_end(&reader), 0);
    assert_int_equal(krv_join_verify(&out, krv_roster_programme(fleet.roster)), 0);
    assert_true(krv_join_mac_good(&out, krv_roster_programme(fleet.roster), secret));
    for (size_t len = 0; len < buf.len; len++) {
      reader = krv_in(krv_slice(buf.data, len));
      krv_join_decode(&reader, &out);
      assert_int_equal(krv_in_end(&reader), KRV_MALFORMED);
    }
    buf.data[0] |= 4;
    reader = krv_in(krv_buf_slice(&buf));
    krv_join_decode(&reader, &out);
    assert_int_equal(krv_in_end(&reader), KRV_MALFORMED);
    krv_buf_release(&buf);
  }
}

static void both_ends_say_the_same_words_and_a_third_key_others(void **state) {
  (void)state;
  uint8_t secret[KRV_INVITE_SECRET_LEN] = {8};
  struct krv_sign_pair joiner;
  struct krv_join join = some_join(&joiner, secret), thief = join;
  char a[KRV_WORDS_TEXT_LEN], b[KRV_WORDS_TEXT_LEN];
  krv_words(krv_roster_programme(fleet.roster), &join, a);
  krv_words(krv_roster_programme(fleet.roster), &join, b);
  assert_true(krv_words_same(a, krv_slice_str(b)));
  krv_key_random(&t.env, &thief.keys.session_pk);
  krv_words(krv_roster_programme(fleet.roster), &thief, b);
  assert_false(krv_words_same(a, krv_slice_str(b)));
}

/* ---- admission ---- */

static struct krv_statement admit(krv_group_ix group, krv_device_ix device, uint8_t rights) {
  return (struct krv_statement){
      .kind = KRV_STATEMENT_ADMIT, .group = group, .device = device, .rights = rights};
}

static void only_a_keeper_of_the_group_admits_to_it(void **state) {
  (void)state;
  krv_device_ix admin = krv_fleet_admit(&fleet, KRV_ROLE_ADMINISTRATOR);
  krv_device_ix supervisor = krv_fleet_admit(&fleet, KRV_ROLE_SUPERVISOR);
  krv_device_ix office = krv_fleet_admit(&fleet, KRV_ROLE_OFFICE);
  krv_device_ix worker = krv_fleet_admit(&fleet, KRV_ROLE_WORKER);
  krv_group_ix own = fleet.devices[worker].member_group;
  struct krv_statement to_office = admit(KRV_GROUP_OFFICE, worker, 0);
  struct krv_statement keeper = admit(KRV_GROUP_OFFICE, worker, KRV_ADMIT_KEEPER);
  struct krv_statement to_own = admit(own, supervisor, 0);
  /* administering gives no reading; being in a group does not make its keeper */
  assert_int_equal(krv_fleet_state(&fleet, admin, &to_office, 1), KRV_DENIED);
  assert_int_equal(krv_fleet_state(&fleet, supervisor, &to_office, 1), KRV_DENIED);
  assert_int_equal(krv_fleet_state(&fleet, supervisor, &keeper, 1), KRV_DENIED);
  assert_int_equal(krv_fleet_state(&fleet, worker, &to_office, 1), KRV_DENIED);
  assert_int_equal(krv_fleet_state(&fleet, KRV_DEVICE_FOUNDER, &to_own, 1), KRV_DENIED);
  assert_null(krv_roster_membership(fleet.roster, worker, KRV_GROUP_OFFICE, UINT32_MAX));

  assert_int_equal(krv_fleet_state(&fleet, worker, &to_own, 1), 0);
  assert_int_equal(krv_fleet_state(&fleet, office, &keeper, 1), 0);
  const struct krv_membership *member =
      krv_roster_membership(fleet.roster, worker, KRV_GROUP_OFFICE, UINT32_MAX);
  assert_non_null(member);
  assert_int_equal(member->rights, KRV_ADMIT_KEEPER);
  /* now the worker keeps it, too, until he is expelled */
  struct krv_statement to_admin = admit(KRV_GROUP_OFFICE, admin, KRV_ADMIT_READ_ONLY);
  assert_int_equal(krv_fleet_state(&fleet, worker, &to_admin, 1), 0);
  struct krv_statement expel = {
      .kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE, .device = worker};
  assert_int_equal(krv_fleet_state(&fleet, supervisor, &expel, 1), KRV_DENIED);
  assert_int_equal(krv_fleet_state(&fleet, office, &expel, 1), 0);
  assert_int_equal(krv_fleet_state(&fleet, office, &expel, 1), KRV_INVALID);
  assert_int_equal(krv_fleet_state(&fleet, worker, &to_admin, 1), KRV_DENIED);
}

static void the_recovery_key_makes_keepers_of_any_group(void **state) {
  (void)state;
  krv_device_ix first = krv_fleet_admit(&fleet, KRV_ROLE_WORKER);
  krv_device_ix second = krv_fleet_admit(&fleet, KRV_ROLE_WORKER);
  krv_group_ix group = fleet.devices[first].member_group;
  struct krv_statement keeper = admit(group, second, KRV_ADMIT_KEEPER);
  assert_int_equal(krv_fleet_state(&fleet, KRV_NO_INDEX, &keeper, 1), 0);
  struct krv_statement read_only = admit(group, KRV_DEVICE_FOUNDER, KRV_ADMIT_READ_ONLY);
  assert_int_equal(krv_fleet_state(&fleet, second, &read_only, 1), 0);
  assert_false(krv_roster_may_write(fleet.roster, KRV_DEVICE_FOUNDER, group, UINT32_MAX));
  struct krv_statement team = {.kind = KRV_STATEMENT_GROUP};
  krv_key_random(&t.env, &team.pk);
  assert_int_equal(krv_fleet_state(&fleet, KRV_NO_INDEX, &team, 1), KRV_DENIED);
}

static void a_groups_next_key_counts_when_a_keeper_signs_it(void **state) {
  (void)state;
  krv_device_ix worker = krv_fleet_admit(&fleet, KRV_ROLE_WORKER);
  krv_group_ix group = fleet.devices[worker].member_group;
  struct krv_statement epoch = {.kind = KRV_STATEMENT_EPOCH, .group = group, .epoch = 1};
  krv_key_random(&t.env, &epoch.pk);
  memset(epoch.back_chain, 0xbc, sizeof epoch.back_chain);
  assert_int_equal(krv_fleet_state(&fleet, KRV_DEVICE_FOUNDER, &epoch, 1), KRV_DENIED);
  epoch.epoch = 2;
  assert_int_equal(krv_fleet_state(&fleet, worker, &epoch, 1), KRV_INVALID);
  epoch.epoch = 1;
  assert_int_equal(krv_fleet_state(&fleet, worker, &epoch, 1), 0);
  assert_int_equal(krv_fleet_state(&fleet, worker, &epoch, 1), KRV_INVALID);
  const struct krv_group_epoch *newest =
      krv_group_newest(krv_roster_group(fleet.roster, group));
  assert_memory_equal(&newest->pk, &epoch.pk, sizeof epoch.pk);
  assert_memory_equal(newest->back_chain, epoch.back_chain, sizeof epoch.back_chain);
  assert_int_equal(newest->height, krv_roster_height(fleet.roster));
  epoch.epoch = 2; /* a key is nobody's twice */
  assert_int_equal(krv_fleet_state(&fleet, worker, &epoch, 1), KRV_INVALID);
}

/* ---- devices ---- */

static void a_joiners_keys_count_by_his_own_signature(void **state) {
  (void)state;
  struct krv_statement device;
  krv_fleet_prepare(&fleet, KRV_ROLE_WORKER, &device);
  struct krv_statement swapped = device;
  krv_key_random(&t.env, &swapped.member_pk);
  assert_int_equal(krv_fleet_state(&fleet, 0, &swapped, 1), KRV_CRYPTO);
  swapped = device;
  krv_key_random(&t.env, &swapped.keys.seal_pk);
  assert_int_equal(krv_fleet_state(&fleet, 0, &swapped, 1), KRV_CRYPTO);
  swapped = device;
  swapped.has_agency_pk = true;
  krv_key_random(&t.env, &swapped.agency_pk);
  assert_int_equal(krv_fleet_state(&fleet, 0, &swapped, 1), KRV_CRYPTO);
  assert_int_equal(krv_fleet_state(&fleet, 0, &device, 1), 0);
  krv_fleet_keep(&fleet);
}

static void further(struct krv_fleet_device *device, krv_device_ix of, struct krv_statement *s) {
  s->has_member_pk = false;
  s->member_group = fleet.devices[of].member_group;
  device->member = fleet.devices[of].member;
  krv_fleet_rejoin(&fleet, device, s);
}

static void a_members_further_device_is_let_in_by_the_members_own(void **state) {
  (void)state;
  krv_device_ix worker = krv_fleet_admit(&fleet, KRV_ROLE_WORKER | KRV_ROLE_SUPERVISOR);
  struct krv_statement device;
  struct krv_fleet_device *second = krv_fleet_prepare(&fleet, KRV_ROLE_WORKER, &device);
  further(second, worker, &device);
  assert_int_equal(krv_fleet_state(&fleet, KRV_DEVICE_FOUNDER, &device, 1), KRV_DENIED);
  device.roles = KRV_ROLE_WORKER | KRV_ROLE_ADMINISTRATOR; /* more than he has himself */
  assert_int_equal(krv_fleet_state(&fleet, worker, &device, 1), KRV_DENIED);
  device.roles = KRV_ROLE_WORKER;
  assert_int_equal(krv_fleet_state(&fleet, worker, &device, 1), 0);
  krv_device_ix ix = krv_fleet_keep(&fleet);
  krv_group_ix group = fleet.devices[worker].member_group;
  assert_int_equal(krv_roster_device(fleet.roster, ix)->member_group, group);
  assert_int_equal(krv_roster_membership(fleet.roster, ix, group, UINT32_MAX)->rights,
                   KRV_ADMIT_KEEPER);
  /* but he signs in no new member, and joins no group that is no member's */
  krv_fleet_prepare(&fleet, KRV_ROLE_WORKER, &device);
  assert_int_equal(krv_fleet_state(&fleet, worker, &device, 1), KRV_DENIED);
  struct krv_fleet_device *third = krv_fleet_prepare(&fleet, KRV_ROLE_WORKER, &device);
  device.has_member_pk = false;
  device.member_group = KRV_GROUP_OFFICE;
  krv_fleet_rejoin(&fleet, third, &device);
  assert_int_equal(krv_fleet_state(&fleet, KRV_DEVICE_FOUNDER, &device, 1), KRV_INVALID);
}

static void an_agencys_first_device_makes_and_keeps_its_group(void **state) {
  (void)state;
  struct krv_statement device;
  struct krv_fleet_device *first = krv_fleet_prepare(&fleet, KRV_ROLE_PROVIDER, &device);
  device.has_agency_pk = true;
  device.agency_pk = first->agency.pk;
  device.group_name = device.name;
  krv_fleet_rejoin(&fleet, first, &device);
  assert_int_equal(krv_fleet_state(&fleet, KRV_DEVICE_FOUNDER, &device, 1), 0);
  krv_device_ix ix = krv_fleet_keep(&fleet);
  krv_group_ix agency = krv_roster_device(fleet.roster, ix)->agency_group;
  assert_int_equal(krv_roster_group(fleet.roster, agency)->kind, KRV_GROUP_KIND_AGENCY);

  /* a second member belongs to it by name, and reads when a keeper admits it */
  struct krv_fleet_device *second = krv_fleet_prepare(&fleet, KRV_ROLE_PROVIDER, &device);
  device.agency_group = agency;
  krv_fleet_rejoin(&fleet, second, &device);
  assert_int_equal(krv_fleet_state(&fleet, KRV_DEVICE_FOUNDER, &device, 1), 0);
  krv_device_ix next = krv_fleet_keep(&fleet);
  assert_false(krv_roster_was_member(fleet.roster, next, agency));
  struct krv_statement in = admit(agency, next, 0);
  assert_int_equal(krv_fleet_state(&fleet, KRV_DEVICE_FOUNDER, &in, 1), KRV_DENIED);
  assert_int_equal(krv_fleet_state(&fleet, ix, &in, 1), 0);
  assert_true(krv_roster_may_write(fleet.roster, next, agency, UINT32_MAX));

  /* a further device may carry its member's agency, no other, and makes none */
  krv_device_ix worker = krv_fleet_admit(&fleet, KRV_ROLE_PROVIDER);
  struct krv_fleet_device *own = krv_fleet_prepare(&fleet, KRV_ROLE_PROVIDER, &device);
  device.agency_group = agency;
  further(own, worker, &device);
  assert_int_equal(krv_fleet_state(&fleet, worker, &device, 1), KRV_DENIED);
  device.agency_group = KRV_NO_INDEX;
  device.has_agency_pk = true;
  device.agency_pk = own->agency.pk;
  krv_fleet_rejoin(&fleet, own, &device);
  assert_int_equal(krv_fleet_state(&fleet, worker, &device, 1), KRV_DENIED);
  device.has_agency_pk = false;
  device.agency_group = agency;
  further(own, next, &device);
  assert_int_equal(krv_fleet_state(&fleet, next, &device, 1), 0);
  krv_fleet_keep(&fleet);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_server_recomputes_the_psk_and_the_terms_bind_it),
      cmocka_unit_test(terms_come_back_and_without_a_role_are_refused),
      cmocka_unit_test(signature_and_mac_cover_every_key),
      cmocka_unit_test(the_mac_is_the_golden_one),
      cmocka_unit_test(a_request_comes_back_from_its_bytes),
      cmocka_unit_test(both_ends_say_the_same_words_and_a_third_key_others),
      cmocka_unit_test(only_a_keeper_of_the_group_admits_to_it),
      cmocka_unit_test(the_recovery_key_makes_keepers_of_any_group),
      cmocka_unit_test(a_groups_next_key_counts_when_a_keeper_signs_it),
      cmocka_unit_test(a_joiners_keys_count_by_his_own_signature),
      cmocka_unit_test(a_members_further_device_is_let_in_by_the_members_own),
      cmocka_unit_test(an_agencys_first_device_makes_and_keeps_its_group),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
