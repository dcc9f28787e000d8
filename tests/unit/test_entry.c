#include "hex.h"

#include "entry.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_sign_pair signer;

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 2);
  krv_sign_pair_random(&t.env, &signer);
  return krv_crypto_start();
}

static int teardown(void **state) {
  (void)state;
  return t.live == 0 ? 0 : -1;
}

/* An entry of height 7 by device 2, to be signed. */
static struct krv_entry some_entry(struct krv_statement *statements, uint32_t count) {
  struct krv_entry entry = {
      .height = 7, .signer = 2, .statements = statements, .statement_count = count};
  memset(entry.programme.b, 0xaa, sizeof entry.programme.b);
  memset(entry.prev, 0xbb, sizeof entry.prev);
  return entry;
}

static int sign_and_decode(struct krv_entry *entry, struct krv_buf *bytes, struct krv_entry *out) {
  krv_buf_init(bytes, &t.env);
  assert_int_equal(krv_entry_sign(&t.env, entry, &signer, bytes), 0);
  return krv_entry_decode(&t.env, krv_buf_slice(bytes), out);
}

/* [1, programme, prev, 7, 2, [[ADMIT, 0, 5, KEEPER]]], written by hand. */
static void the_body_has_the_golden_bytes(void **state) {
  (void)state;
  struct krv_statement admit = {
      .kind = KRV_STATEMENT_ADMIT, .device = 5, .rights = KRV_ADMIT_KEEPER};
  struct krv_entry entry = some_entry(&admit, 1), out;
  struct krv_buf bytes;
  assert_int_equal(sign_and_decode(&entry, &bytes, &out), 0);
  assert_hex(out.body.data, out.body.len,
             "9601c410aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac420bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
             "bbbbbbbbbbbbbbbbbbbbbbbbbbbb0702919402000502");
  assert_int_equal(bytes.len, out.body.len + KRV_SIG_LEN);
  assert_int_equal(krv_entry_verify(&out, &signer.pk), 0);
  out.signature[5] ^= 1;
  assert_int_equal(krv_entry_verify(&out, &signer.pk), KRV_CRYPTO);
  krv_entry_release(&out, &t.env);
  krv_buf_release(&bytes);
}

static void fill(void *p, size_t len) {
  t.env.random(&t, p, len);
}

#define SAME(member) assert_memory_equal(&a->member, &b->member, sizeof a->member)
static void assert_same(const struct krv_statement *a, const struct krv_statement *b) {
  assert_int_equal(a->kind, b->kind);
  SAME(keys);
  SAME(server_pk);
  SAME(schema_hash);
  SAME(schema_version);
  SAME(member_pk);
  SAME(agency_pk);
  SAME(has_member_pk);
  SAME(has_agency_pk);
  SAME(member_group);
  SAME(agency_group);
  SAME(invite);
  SAME(signature);
  SAME(roles);
  SAME(group);
  SAME(device);
  SAME(how);
  SAME(epoch);
  SAME(pk);
  SAME(back_chain);
  SAME(common);
}
#undef SAME

static void every_statement_comes_back(void **state) {
  (void)state;
  static const uint8_t name[] = "sealed name of somebody";
  static const uint8_t hashes[2 * KRV_HASH_LEN] = {7};
  struct krv_statement in[] = {
      {.kind = KRV_STATEMENT_DEVICE,
       .roles = 5,
       .member_group = 300,
       .agency_group = 4,
       .name = {name, sizeof name}},
      {.kind = KRV_STATEMENT_DEVICE,
       .roles = 63,
       .member_group = KRV_NO_INDEX,
       .has_member_pk = true,
       .agency_group = KRV_NO_INDEX,
       .has_agency_pk = true,
       .name = {name, 9},
       .group_name = {name, 12}},
      {.kind = KRV_STATEMENT_EXPEL, .group = 70000, .device = KRV_NO_INDEX - 1},
      {.kind = KRV_STATEMENT_REVOKE, .device = 3, .how = KRV_REVOKE_LOST},
      {.kind = KRV_STATEMENT_ROLES, .device = 3, .roles = KRV_ROLE_AUDITOR},
      {.kind = KRV_STATEMENT_EPOCH, .group = 3, .epoch = 9},
      {.kind = KRV_STATEMENT_SCHEMA, .schema_version = 2},
      {.kind = KRV_STATEMENT_SERVER},
      {.kind = KRV_STATEMENT_GROUP, .name = {name, 3}},
      {.kind = KRV_STATEMENT_END, .common = 300, .losing = {hashes, sizeof hashes}},
  };
  enum { COUNT = sizeof in / sizeof *in };
  fill(&in[0].keys, sizeof in[0].keys);
  fill(in[0].signature, sizeof in[0].signature);
  fill(in[0].invite, sizeof in[0].invite);
  in[1].keys = in[0].keys;
  fill(&in[1].member_pk, KRV_KEY_LEN);
  fill(&in[1].agency_pk, KRV_KEY_LEN);
  fill(&in[5].pk, KRV_KEY_LEN);
  fill(in[5].back_chain, sizeof in[5].back_chain);
  fill(in[6].schema_hash, sizeof in[6].schema_hash);
  fill(&in[7].server_pk, KRV_KEY_LEN);
  fill(&in[8].pk, KRV_KEY_LEN);

  struct krv_entry entry = some_entry(in, COUNT), out;
  struct krv_buf bytes, again;
  assert_int_equal(sign_and_decode(&entry, &bytes, &out), 0);
  assert_int_equal(out.statement_count, COUNT);
  assert_int_equal(out.height, 7);
  assert_int_equal(out.signer, 2);
  for (size_t i = 0; i < COUNT; i++) {
    assert_true(krv_slice_equal(out.statements[i].name, in[i].name));
    assert_true(krv_slice_equal(out.statements[i].group_name, in[i].group_name));
    assert_true(krv_slice_equal(out.statements[i].losing, in[i].losing));
    assert_same(&out.statements[i], &in[i]);
  }
  krv_buf_init(&again, &t.env);
  assert_int_equal(krv_entry_sign(&t.env, &out, &signer, &again), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&bytes), krv_buf_slice(&again)));
  krv_buf_release(&again);
  krv_entry_release(&out, &t.env);
  krv_buf_release(&bytes);
}

static void the_recovery_key_signs_as_nil(void **state) {
  (void)state;
  struct krv_statement server = {.kind = KRV_STATEMENT_SERVER};
  struct krv_entry entry = some_entry(&server, 1), out;
  struct krv_buf bytes;
  entry.signer = KRV_NO_INDEX;
  assert_int_equal(sign_and_decode(&entry, &bytes, &out), 0);
  assert_int_equal(out.signer, KRV_NO_INDEX);
  krv_entry_release(&out, &t.env);
  krv_buf_release(&bytes);
}

static void assert_decodes_to(struct krv_statement *statements, uint32_t count, int status) {
  struct krv_entry entry = some_entry(statements, count), out;
  struct krv_buf bytes;
  assert_int_equal(sign_and_decode(&entry, &bytes, &out), status);
  assert_null(status == 0 ? NULL : out.statements);
  krv_entry_release(&out, &t.env);
  krv_buf_release(&bytes);
}

static void contradictions_and_values_out_of_range_are_malformed(void **state) {
  (void)state;
  static const uint8_t name[] = "name";
  const struct krv_statement good = {
      .kind = KRV_STATEMENT_DEVICE, .roles = 1, .member_group = 2, .agency_group = KRV_NO_INDEX};
  struct krv_statement s = good;
  assert_decodes_to(&s, 1, 0);
  s.has_member_pk = true; /* two members */
  assert_decodes_to(&s, 1, KRV_MALFORMED);
  s = good;
  s.member_group = KRV_NO_INDEX; /* none */
  assert_decodes_to(&s, 1, KRV_MALFORMED);
  s = good;
  s.agency_group = 3; /* two agencies */
  s.has_agency_pk = true;
  assert_decodes_to(&s, 1, KRV_MALFORMED);
  s = good;
  s.group_name = krv_slice(name, sizeof name); /* a name for no agency */
  assert_decodes_to(&s, 1, KRV_MALFORMED);
  s = good;
  s.roles = 0;
  assert_decodes_to(&s, 1, KRV_MALFORMED);
  s.roles = 64;
  assert_decodes_to(&s, 1, KRV_MALFORMED);
  struct krv_statement revoke = {.kind = KRV_STATEMENT_REVOKE};
  assert_decodes_to(&revoke, 1, KRV_MALFORMED);
  struct krv_statement epoch = {.kind = KRV_STATEMENT_EPOCH}; /* epoch 0 is the first key */
  assert_decodes_to(&epoch, 1, KRV_MALFORMED);
  struct krv_statement found = {.kind = KRV_STATEMENT_FOUND}; /* at height 7 */
  assert_decodes_to(&found, 1, KRV_MALFORMED);
}

static void an_entry_has_one_to_32_statements_and_short_names(void **state) {
  (void)state;
  static const uint8_t
      name[4 + KRV_NAME_SIZE_MAX + 33]; /* epoch, salt and tag around it; one more */
  struct krv_statement many[KRV_ENTRY_STATEMENTS_MAX + 1];
  for (size_t i = 0; i <= KRV_ENTRY_STATEMENTS_MAX; i++)
    many[i] = (struct krv_statement){.kind = KRV_STATEMENT_SERVER};
  assert_decodes_to(many, 0, KRV_MALFORMED);
  assert_decodes_to(many, KRV_ENTRY_STATEMENTS_MAX, 0);
  assert_decodes_to(many, KRV_ENTRY_STATEMENTS_MAX + 1, KRV_TOO_LARGE);
  struct krv_statement team = {.kind = KRV_STATEMENT_GROUP, .name = {name, sizeof name - 1}};
  assert_decodes_to(&team, 1, 0);
  team.name.len++;
  assert_decodes_to(&team, 1, KRV_TOO_LARGE);
}

static void an_entry_above_16_kib_is_not_signed(void **state) {
  (void)state;
  static const uint8_t name[KRV_ENTRY_SIZE_MAX];
  struct krv_statement team = {.kind = KRV_STATEMENT_GROUP, .name = {name, sizeof name}};
  struct krv_entry entry = some_entry(&team, 1), out;
  struct krv_buf bytes;
  krv_buf_init(&bytes, &t.env);
  assert_int_equal(krv_entry_sign(&t.env, &entry, &signer, &bytes), KRV_TOO_LARGE);
  assert_int_equal(bytes.len, 0);
  krv_buf_release(&bytes);
  assert_int_equal(krv_entry_decode(&t.env, krv_slice(name, sizeof name), &out), KRV_MALFORMED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_body_has_the_golden_bytes),
      cmocka_unit_test(every_statement_comes_back),
      cmocka_unit_test(the_recovery_key_signs_as_nil),
      cmocka_unit_test(contradictions_and_values_out_of_range_are_malformed),
      cmocka_unit_test(an_entry_has_one_to_32_statements_and_short_names),
      cmocka_unit_test(an_entry_above_16_kib_is_not_signed),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
