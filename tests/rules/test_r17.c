/* R17: an entry counts after the head that it names, signed by who may, whole or
 * not at all. */
#include "hex.h"

#include "fleet_roster.h"

static struct krv_testenv t;
static struct krv_fleet fleet;

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 17);
  krv_fleet_found(&fleet, &t);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  krv_fleet_release(&fleet);
  return t.live == 0 ? 0 : -1;
}

static struct krv_statement some_server(void) {
  struct krv_statement s = {.kind = KRV_STATEMENT_SERVER};
  krv_key_random(&t.env, &s.server_pk);
  return s;
}

/* Appends bytes and expects the status, of check as well, and no change by either. */
static void assert_refused(struct krv_slice bytes, int status) {
  uint32_t count = krv_roster_count(fleet.roster);
  uint32_t devices = krv_roster_device_count(fleet.roster);
  uint32_t groups = krv_roster_group_count(fleet.roster);
  struct krv_key server = *krv_roster_server_pk(fleet.roster);
  assert_int_equal(krv_roster_check(fleet.roster, bytes), status);
  assert_int_equal(krv_roster_append(fleet.roster, bytes), status);
  assert_int_equal(krv_roster_count(fleet.roster), count);
  assert_int_equal(krv_roster_device_count(fleet.roster), devices);
  assert_int_equal(krv_roster_group_count(fleet.roster), groups);
  assert_memory_equal(&server, krv_roster_server_pk(fleet.roster), sizeof server);
}

static void assert_entry_refused(krv_device_ix signer, struct krv_statement *s, uint32_t count,
                                 int status) {
  struct krv_buf bytes;
  krv_buf_init(&bytes, &t.env);
  krv_fleet_entry(&fleet, signer, s, count, &bytes);
  assert_refused(krv_buf_slice(&bytes), status);
  krv_buf_release(&bytes);
}

static void the_second_of_two_proposals_is_stale_the_same_bytes_exist(void **state) {
  (void)state;
  struct krv_statement one = some_server(), two = some_server();
  struct krv_buf a, b;
  krv_buf_init(&a, &t.env);
  krv_buf_init(&b, &t.env);
  krv_fleet_entry(&fleet, 0, &one, 1, &a);
  krv_fleet_entry(&fleet, 0, &two, 1, &b);
  assert_int_equal(krv_roster_check(fleet.roster, krv_buf_slice(&a)), 0);
  assert_int_equal(krv_roster_append(fleet.roster, krv_buf_slice(&a)), 0);
  assert_refused(krv_buf_slice(&a), KRV_EXISTS);
  assert_refused(krv_buf_slice(&b), KRV_STALE);
  krv_buf_release(&a);
  krv_buf_release(&b);
}

static void an_entry_above_the_head_or_after_another_is_stale(void **state) {
  (void)state;
  struct krv_statement s = some_server();
  struct krv_entry entry = {.programme = *krv_roster_programme(fleet.roster),
                            .height = krv_roster_count(fleet.roster),
                            .statements = &s, .statement_count = 1};
  struct krv_buf bytes;
  krv_buf_init(&bytes, &t.env);
  memset(entry.prev, 1, sizeof entry.prev);
  assert_int_equal(krv_entry_sign(&t.env, &entry, &fleet.devices[0].sign, &bytes), 0);
  assert_refused(krv_buf_slice(&bytes), KRV_STALE);
  krv_buf_reset(&bytes);
  memcpy(entry.prev, krv_roster_hash(fleet.roster, krv_roster_height(fleet.roster)), 32);
  entry.height++;
  assert_int_equal(krv_entry_sign(&t.env, &entry, &fleet.devices[0].sign, &bytes), 0);
  assert_refused(krv_buf_slice(&bytes), KRV_STALE);
  krv_buf_reset(&bytes);
  entry.height--;
  entry.programme.b[0] ^= 1;
  assert_int_equal(krv_entry_sign(&t.env, &entry, &fleet.devices[0].sign, &bytes), 0);
  assert_refused(krv_buf_slice(&bytes), KRV_OTHER_PROGRAMME);
  krv_buf_release(&bytes);
}

static void a_forged_signer_is_found_out(void **state) {
  (void)state;
  krv_device_ix worker = krv_fleet_admit(&fleet, KRV_ROLE_WORKER);
  struct krv_statement s = some_server();
  struct krv_entry entry = {.programme = *krv_roster_programme(fleet.roster),
                            .height = krv_roster_count(fleet.roster),
                            .signer = KRV_DEVICE_FOUNDER,
                            .statements = &s, .statement_count = 1};
  struct krv_buf bytes;
  krv_buf_init(&bytes, &t.env);
  memcpy(entry.prev, krv_roster_hash(fleet.roster, krv_roster_height(fleet.roster)), 32);
  assert_int_equal(krv_entry_sign(&t.env, &entry, &fleet.devices[worker].sign, &bytes), 0);
  assert_refused(krv_buf_slice(&bytes), KRV_CRYPTO);
  krv_buf_reset(&bytes);
  entry.signer = KRV_NO_INDEX; /* as if it were the recovery key */
  assert_int_equal(krv_entry_sign(&t.env, &entry, &fleet.devices[0].sign, &bytes), 0);
  assert_refused(krv_buf_slice(&bytes), KRV_CRYPTO);
  krv_buf_reset(&bytes);
  entry.signer = 200; /* nobody */
  assert_int_equal(krv_entry_sign(&t.env, &entry, &fleet.devices[0].sign, &bytes), 0);
  assert_refused(krv_buf_slice(&bytes), KRV_INVALID);
  krv_buf_release(&bytes);
}

static void rights_decide_who_states_what(void **state) {
  (void)state;
  krv_device_ix worker = krv_fleet_admit(&fleet, KRV_ROLE_WORKER | KRV_ROLE_SUPERVISOR);
  krv_device_ix office = krv_fleet_admit(&fleet, KRV_ROLE_OFFICE);
  krv_device_ix admin = krv_fleet_admit(&fleet, KRV_ROLE_ADMINISTRATOR);
  struct krv_statement server = some_server();
  struct krv_statement revoke = {
      .kind = KRV_STATEMENT_REVOKE, .device = worker, .how = KRV_REVOKE_LOST};
  struct krv_statement roles = {
      .kind = KRV_STATEMENT_ROLES, .device = worker, .roles = KRV_ROLE_ADMINISTRATOR};
  struct krv_statement schema = {.kind = KRV_STATEMENT_SCHEMA, .schema_version = 1};
  struct krv_statement *all[] = {&server, &revoke, &roles, &schema};
  for (size_t i = 0; i < 4; i++) {
    assert_entry_refused(worker, all[i], 1, KRV_DENIED);
    assert_entry_refused(office, all[i], 1, KRV_DENIED);
  }
  assert_int_equal(krv_fleet_state(&fleet, admin, &server, 1), 0);
  assert_memory_equal(krv_roster_server_pk(fleet.roster), &server.server_pk, KRV_KEY_LEN);
  assert_int_equal(krv_fleet_state(&fleet, KRV_NO_INDEX, &schema, 1), 0);
  assert_entry_refused(admin, &schema, 1, KRV_INVALID); /* no step back, no repetition */
  assert_int_equal(krv_fleet_state(&fleet, admin, &revoke, 1), 0);
  assert_entry_refused(admin, &revoke, 1, KRV_INVALID); /* final */
  assert_entry_refused(admin, &roles, 1, KRV_INVALID);
  struct krv_statement team = {.kind = KRV_STATEMENT_GROUP};
  krv_key_random(&t.env, &team.pk);
  assert_entry_refused(worker, &team, 1, KRV_DENIED); /* no word after revocation */
  assert_int_equal(krv_fleet_state(&fleet, office, &team, 1), 0);
}

/* The good statements before the bad one leave no trace. */
static void an_entry_counts_whole_or_not_at_all(void **state) {
  (void)state;
  struct krv_statement s[5];
  krv_fleet_prepare(&fleet, KRV_ROLE_WORKER, &s[0]);
  krv_device_ix next = fleet.count;
  s[1] = (struct krv_statement){.kind = KRV_STATEMENT_ADMIT, .group = KRV_GROUP_EVERYONE,
                                .device = next};
  s[2] = some_server();
  s[3] = (struct krv_statement){.kind = KRV_STATEMENT_EPOCH, .group = KRV_GROUP_OFFICE, .epoch = 1};
  krv_key_random(&t.env, &s[3].pk);
  s[4] = (struct krv_statement){.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE,
                                .device = next};
  uint32_t members = krv_roster_group(fleet.roster, KRV_GROUP_EVERYONE)->member_count;
  assert_entry_refused(0, s, 5, KRV_INVALID);
  assert_int_equal(krv_roster_group(fleet.roster, KRV_GROUP_EVERYONE)->member_count, members);
  assert_int_equal(krv_roster_group(fleet.roster, KRV_GROUP_OFFICE)->epoch_count, 1);
  assert_null(krv_roster_device_by_session(fleet.roster, &s[0].keys.session_pk));
  assert_int_equal(krv_fleet_state(&fleet, 0, s, 4), 0);
  krv_fleet_keep(&fleet);
  assert_int_equal(krv_roster_group(fleet.roster, KRV_GROUP_OFFICE)->epoch_count, 2);
}

/* A statement before its cause fails: order is part of the entry. */
static void statements_apply_in_order(void **state) {
  (void)state;
  struct krv_statement s[2];
  krv_fleet_prepare(&fleet, KRV_ROLE_WORKER, &s[1]);
  s[0] = (struct krv_statement){.kind = KRV_STATEMENT_ADMIT, .group = KRV_GROUP_EVERYONE,
                                .device = fleet.count};
  assert_entry_refused(0, s, 2, KRV_INVALID);
  struct krv_statement revoked_first[2] = {
      {.kind = KRV_STATEMENT_REVOKE, .device = 0, .how = KRV_REVOKE_LEFT}, some_server()};
  assert_entry_refused(0, revoked_first, 2, KRV_DENIED);
}

static void a_key_or_an_invitation_is_nobodys_twice(void **state) {
  (void)state;
  krv_device_ix known = krv_fleet_admit(&fleet, KRV_ROLE_WORKER);
  const struct krv_device *other = krv_roster_device(fleet.roster, known);
  const struct krv_device_keys keys = other->keys;
  struct krv_statement good, s;
  struct krv_fleet_device *device = krv_fleet_prepare(&fleet, KRV_ROLE_WORKER, &good);
  struct krv_key *const places[] = {&s.keys.seal_pk, &s.keys.session_pk, &s.member_pk};
  const struct krv_key *const taken[] = {&keys.sign_pk, &keys.seal_pk, &keys.session_pk,
                                         &fleet.everyone.pk, &good.keys.sign_pk};
  for (size_t p = 0; p < 3; p++) {
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++) {
      s = good;
      *places[p] = *taken[k];
      krv_fleet_rejoin(&fleet, device, &s);
      assert_entry_refused(0, &s, 1, KRV_INVALID);
    }
  }
  s = good;
  memcpy(s.invite, krv_roster_device(fleet.roster, known)->invite, sizeof s.invite);
  krv_fleet_rejoin(&fleet, device, &s);
  assert_entry_refused(0, &s, 1, KRV_INVALID);
  struct krv_statement twice[2] = {good, good};
  assert_entry_refused(0, twice, 2, KRV_INVALID);
}

static void the_programmes_name_is_the_hash_of_the_founding(void **state) {
  (void)state;
  struct krv_slice founding = krv_roster_entry(fleet.roster, 0);
  struct krv_id expected, id;
  krv_h(KRV_DOMAIN_PROGRAMME, &founding, 1, expected.b, sizeof expected.b);
  krv_programme_id(founding, &id);
  assert_true(krv_id_equal(&id, &expected));
  assert_true(krv_id_equal(krv_roster_programme(fleet.roster), &expected));
  uint8_t hash[32];
  krv_h(KRV_DOMAIN_ENTRY, &founding, 1, hash, sizeof hash);
  assert_memory_equal(hash, krv_roster_hash(fleet.roster, 0), sizeof hash);
  struct krv_id device;
  const struct krv_device_keys *keys = &krv_roster_device(fleet.roster, 0)->keys;
  const struct krv_slice parts[] = {krv_slice(expected.b, 16), krv_slice(keys->sign_pk.b, 32),
                                    krv_slice(keys->seal_pk.b, 32),
                                    krv_slice(keys->session_pk.b, 32)};
  krv_h(KRV_DOMAIN_DEVICE, parts, 4, device.b, sizeof device.b);
  assert_int_equal(krv_roster_device_by_id(fleet.roster, &device)->ix, 0);
}

static void founding_is_at_height_zero_and_only_there(void **state) {
  (void)state;
  struct krv_buf founding;
  struct krv_entry decoded, entry;
  struct krv_roster *empty;
  krv_buf_init(&founding, &t.env);
  krv_fleet_founding(&fleet, &founding);
  assert_refused(krv_buf_slice(&founding), KRV_EXISTS);
  assert_int_equal(krv_entry_decode(&t.env, krv_buf_slice(&founding), &decoded), 0);
  assert_entry_refused(0, decoded.statements, 1, KRV_MALFORMED);

  /* the same founding, but signed by somebody else than its own key */
  struct krv_buf forged;
  krv_buf_init(&forged, &t.env);
  entry = decoded;
  assert_int_equal(krv_entry_sign(&t.env, &entry, &fleet.recovery_sign, &forged), 0);
  assert_int_equal(krv_roster_new(&t.env, &empty), 0);
  assert_int_equal(krv_roster_append(empty, krv_buf_slice(&forged)), KRV_CRYPTO);
  assert_false(krv_roster_founded(empty));
  /* nothing else can come first, and another programme's founding cannot follow */
  assert_int_equal(krv_roster_append(empty, krv_roster_entry(fleet.roster, 1)), KRV_STALE);
  krv_buf_reset(&forged);
  entry.statements[0].practice = false;
  assert_int_equal(krv_entry_sign(&t.env, &entry, &fleet.devices[0].sign, &forged), 0);
  assert_refused(krv_buf_slice(&forged), KRV_OTHER_PROGRAMME);
  assert_int_equal(krv_roster_append(empty, krv_buf_slice(&forged)), 0);
  assert_false(krv_id_equal(krv_roster_programme(empty), krv_roster_programme(fleet.roster)));
  krv_roster_free(empty);
  krv_entry_release(&decoded, &t.env);
  krv_buf_release(&forged);
  krv_buf_release(&founding);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_second_of_two_proposals_is_stale_the_same_bytes_exist),
      cmocka_unit_test(an_entry_above_the_head_or_after_another_is_stale),
      cmocka_unit_test(a_forged_signer_is_found_out),
      cmocka_unit_test(rights_decide_who_states_what),
      cmocka_unit_test(an_entry_counts_whole_or_not_at_all),
      cmocka_unit_test(statements_apply_in_order),
      cmocka_unit_test(a_key_or_an_invitation_is_nobodys_twice),
      cmocka_unit_test(the_programmes_name_is_the_hash_of_the_founding),
      cmocka_unit_test(founding_is_at_height_zero_and_only_there),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
