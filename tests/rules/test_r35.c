/* R35: the invitation is one line that survives being typed: short, checked,
 * tolerant where eyes and thumbs err, and never dangerous to read. */
#include "hex.h"

#include <stdlib.h>

#include "invitation.h"
#include "testenv.h"

enum { SEED = 35, CASES_MAX = 4000 };

static struct krv_testenv t;

static struct krv_invitation some_invitation(void) {
  struct krv_invitation invitation = {
      .terms = {.inviter = 137, .roles = KRV_ROLE_WORKER, .expires_s = 1800000000},
      .roster_height = 412,
      .member_group = KRV_NO_INDEX,
      .agency_group = 12,
      .practice = true,
      .address = "sync.example-ngo.org:7443",
  };
  t.env.random(&t, invitation.terms.id, sizeof invitation.terms.id);
  krv_key_random(&t.env, &invitation.psk);
  krv_key_random(&t.env, &invitation.server_pk);
  t.env.random(&t, invitation.secret, sizeof invitation.secret);
  t.env.random(&t, invitation.programme.b, sizeof invitation.programme.b);
  t.env.random(&t, invitation.roster_head8, sizeof invitation.roster_head8);
  return invitation;
}

static void format(const struct krv_invitation *invitation, struct krv_buf *out) {
  krv_buf_init(out, &t.env);
  krv_invitation_format(invitation, out);
  assert_int_equal(out->status, 0);
}

static int parse(const void *text, size_t len) {
  struct krv_invitation out;
  return krv_invitation_parse(krv_slice(text, len), &out);
}

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, SEED);
  return krv_crypto_start();
}

static int nothing_leaks(void **state) {
  (void)state;
  return t.live == 0 ? 0 : -1;
}

static void a_typical_invitation_is_short_and_comes_back(void **state) {
  (void)state;
  struct krv_invitation in = some_invitation(), out;
  struct krv_buf text;
  format(&in, &text);
  print_message("invitation: %zu characters\n", text.len);
  assert_in_range(text.len, 200, 280);
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&text), &out), 0);
  assert_memory_equal(&out.terms.id, &in.terms.id, sizeof in.terms.id);
  assert_int_equal(out.terms.inviter, in.terms.inviter);
  assert_int_equal(out.terms.roles, in.terms.roles);
  assert_int_equal(out.terms.expires_s, in.terms.expires_s);
  assert_memory_equal(&out.psk, &in.psk, sizeof in.psk);
  assert_memory_equal(out.secret, in.secret, sizeof in.secret);
  assert_true(krv_id_equal(&out.programme, &in.programme));
  assert_memory_equal(&out.server_pk, &in.server_pk, sizeof in.server_pk);
  assert_int_equal(out.roster_height, in.roster_height);
  assert_memory_equal(out.roster_head8, in.roster_head8, sizeof in.roster_head8);
  assert_int_equal(out.member_group, KRV_NO_INDEX);
  assert_int_equal(out.agency_group, 12);
  assert_false(out.new_agency);
  assert_true(out.practice);
  assert_string_equal(out.address, in.address);
  krv_buf_wipe(&text);
}

static void the_longest_address_fits(void **state) {
  (void)state;
  struct krv_invitation in = some_invitation(), out;
  struct krv_buf text;
  memset(in.address, 'a', KRV_ADDRESS_SIZE_MAX);
  in.member_group = KRV_NO_INDEX - 1;
  in.terms.inviter = UINT32_MAX;
  in.roster_height = KRV_ROSTER_HEIGHT_MAX;
  format(&in, &text);
  assert_in_range(text.len, 1, KRV_INVITE_TEXT_MAX);
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&text), &out), 0);
  assert_string_equal(out.address, in.address);
  assert_int_equal(out.member_group, in.member_group);
  krv_buf_wipe(&text);
}

/* O, I, L stand for 0, 1, 1, and are no errors. */
static char read_as(char c) {
  return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

static void every_single_wrong_character_is_caught(void **state) {
  (void)state;
  struct krv_invitation in = some_invitation();
  struct krv_buf text;
  format(&in, &text);
  for (size_t i = 0; i < text.len; i++) {
    const uint8_t right = text.data[i];
    for (unsigned c = 0; c < 256; c++) {
      uint8_t upper = c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : (uint8_t)c;
      if (read_as((char)upper) == (char)right) continue;
      text.data[i] = (uint8_t)c;
      assert_int_equal(parse(text.data, text.len), KRV_INVITE_BAD);
    }
    text.data[i] = right;
  }
  krv_buf_wipe(&text);
}

static void every_transposition_is_caught(void **state) {
  (void)state;
  struct krv_invitation in = some_invitation();
  struct krv_buf text;
  unsigned tried = 0;
  format(&in, &text);
  for (size_t i = 0; i + 1 < text.len; i++) {
    uint8_t a = text.data[i], b = text.data[i + 1];
    if (a == b) continue;
    text.data[i] = b;
    text.data[i + 1] = a;
    assert_int_equal(parse(text.data, text.len), KRV_INVITE_BAD);
    text.data[i] = a;
    text.data[i + 1] = b;
    tried++;
  }
  assert_in_range(tried, 200, 280);
  krv_buf_wipe(&text);
}

static void every_shorter_text_is_caught(void **state) {
  (void)state;
  struct krv_invitation in = some_invitation();
  struct krv_buf text;
  format(&in, &text);
  for (size_t len = 0; len < text.len; len++)
    assert_int_equal(parse(text.data, len), KRV_INVITE_BAD);
  krv_buf_u8(&text, '0');
  assert_int_equal(parse(text.data, text.len), KRV_INVITE_BAD);
  krv_buf_wipe(&text);
}

static void case_dashes_spaces_and_look_alikes_do_not_matter(void **state) {
  (void)state;
  struct krv_invitation in = some_invitation(), out;
  struct krv_buf text, typed;
  format(&in, &text);
  krv_buf_init(&typed, &t.env);
  unsigned ones = 0;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.data[i];
    if (i % 4 == 0) krv_buf_put(&typed, krv_slice_str(i % 8 == 0 ? "-" : " \r\n\t"));
    if (c == '0') c = i % 2 ? 'O' : 'o';
    if (c == '1') c = (uint8_t)"IiLl"[ones++ % 4];
    krv_buf_u8(&typed, c >= 'A' && c <= 'Z' && i % 3 ? (uint8_t)(c + 32) : c);
  }
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&typed), &out), 0);
  assert_string_equal(out.address, in.address);
  krv_buf_wipe(&typed);
  krv_buf_wipe(&text);
}

/* What parses after a change must be the same invitation: only separators and
 * look-alikes were touched. */
static void mutated_texts_are_refused_and_never_crash(void **state) {
  (void)state;
  struct krv_invitation in = some_invitation(), out;
  struct krv_buf text;
  format(&in, &text);
  for (unsigned n = 0; n < CASES_MAX; n++) {
    uint8_t copy[KRV_INVITE_TEXT_MAX * 2];
    size_t len = text.len;
    memcpy(copy, text.data, len);
    for (uint64_t k = krv_testenv_below(&t, 4); k < 4; k++)
      copy[krv_testenv_below(&t, len)] = (uint8_t)krv_testenv_next(&t);
    if (n % 3 == 0) len = krv_testenv_below(&t, len + 1);
    if (n % 5 == 0) {
      len = krv_testenv_below(&t, sizeof copy);
      t.env.random(&t, copy, len);
    }
    int status = krv_invitation_parse(krv_slice(copy, len), &out);
    if (status == 0)
      assert_memory_equal(&out.psk, &in.psk, sizeof in.psk);
    else
      assert_int_equal(status, KRV_INVITE_BAD);
  }
  krv_buf_wipe(&text);
}

static void a_founding_code_is_another_kind(void **state) {
  (void)state;
  struct krv_founding_code in = {.address = "10.0.0.7:7443"}, out;
  struct krv_invitation invitation;
  struct krv_buf text;
  krv_key_random(&t.env, &in.server_pk);
  krv_key_random(&t.env, &in.psk);
  krv_buf_init(&text, &t.env);
  krv_founding_format(&in, &text);
  assert_int_equal(krv_founding_parse(krv_buf_slice(&text), &out), 0);
  assert_memory_equal(&out, &in, sizeof in);
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&text), &invitation), KRV_INVITE_BAD);
  text.data[9] ^= 2;
  assert_int_equal(krv_founding_parse(krv_buf_slice(&text), &out), KRV_INVITE_BAD);
  krv_buf_wipe(&text);
}

/* The sum holds: whoever made it meant it, and it is still no address to show. */
static void an_address_that_does_not_show_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"host name:1", "host\n:1", "host\x7f:1", "\x1b[2J:1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct krv_invitation in = some_invitation();
    struct krv_buf text;
    strcpy(in.address, bad[i]);
    format(&in, &text);
    assert_int_equal(parse(text.data, text.len), KRV_INVITE_BAD);
    krv_buf_wipe(&text);
  }
}

static void every_failed_allocation_is_told(void **state) {
  (void)state;
  struct krv_invitation in = some_invitation();
  for (uint64_t k = 1; k < 100; k++) {
    struct krv_buf text;
    krv_buf_init(&text, &t.env);
    t.fail_at = t.allocations + k;
    krv_invitation_format(&in, &text);
    t.fail_at = 0;
    int status = text.status;
    krv_buf_wipe(&text);
    if (status == 0) return;
    assert_int_equal(status, KRV_NOMEM);
  }
  fail_msg("it never succeeded");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_typical_invitation_is_short_and_comes_back),
      cmocka_unit_test(the_longest_address_fits),
      cmocka_unit_test(every_single_wrong_character_is_caught),
      cmocka_unit_test(every_transposition_is_caught),
      cmocka_unit_test(every_shorter_text_is_caught),
      cmocka_unit_test(case_dashes_spaces_and_look_alikes_do_not_matter),
      cmocka_unit_test(mutated_texts_are_refused_and_never_crash),
      cmocka_unit_test(a_founding_code_is_another_kind),
      cmocka_unit_test(an_address_that_does_not_show_is_refused),
      cmocka_unit_test(every_failed_allocation_is_told),
  };
  return cmocka_run_group_tests(tests, setup, nothing_leaks);
}
