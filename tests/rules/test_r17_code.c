/* R17: the server code, as text and as bytes (docs/protocol.md 11.5): signed whole, short enough
 * for a QR code, and of a kind of its own. */
#include "hex.h"

#include <stdio.h>

#include "invitation.h"
#include "servercode.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_sign_pair signer;

static void count_up(uint8_t *out, size_t len, unsigned first) {
  for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(first + i);
}

static int setup(void **state) {
  struct krv_key seed;
  (void)state;
  krv_testenv_init(&t, 17);
  count_up(seed.b, sizeof seed.b, 0);
  int status = krv_crypto_start();
  krv_sign_pair_from_seed(&seed, &signer);
  return status;
}

static int nothing_leaks(void **state) {
  (void)state;
  return t.live == 0 ? 0 : -1;
}

static struct krv_server_code sample(void) {
  struct krv_server_code code = {.since = 300, .signer = 2, .address = "10.0.0.7:7440"};
  count_up(code.programme.b, sizeof code.programme.b, 0x10);
  count_up(code.server_pk.b, sizeof code.server_pk.b, 0x20);
  krv_server_code_sign(&code, &signer);
  return code;
}

static struct krv_buf text_of(const struct krv_server_code *code) {
  struct krv_buf text;
  krv_buf_init(&text, &t.env);
  krv_server_code_format(code, &text);
  assert_int_equal(text.status, 0);
  return text;
}

static void it_equals_the_vector_and_comes_back(void **state) {
  char path[512], name[32], golden[KRV_CODE_TEXT_MAX];
  struct krv_server_code code = sample(), out;
  struct krv_buf text = text_of(&code);
  (void)state;
  snprintf(path, sizeof path, "%s/vectors/codes.txt", KRV_TESTS_DIR);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  assert_int_equal(fscanf(f, "%31s %1023s", name, golden), 2);
  fclose(f);
  assert_string_equal(name, "server");
  assert_int_equal(text.len, strlen(golden));
  assert_memory_equal(text.data, golden, text.len);
  assert_in_range(text.len, 200, 240);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &out), 0);
  assert_memory_equal(&out, &code, sizeof code);
  assert_int_equal(krv_server_code_verify(&out, &signer.pk), 0);
  krv_buf_release(&text);
}

static void the_signature_covers_every_field(void **state) {
  struct krv_server_code code = sample();
  (void)state;
  struct { void *bytes; size_t len; } fields[] = {
      {code.programme.b, sizeof code.programme.b}, {code.server_pk.b, sizeof code.server_pk.b},
      {&code.since, sizeof code.since},            {&code.signer, sizeof code.signer},
      {code.signature, sizeof code.signature},     {code.address, strlen(code.address) + 1}};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    for (size_t bit = 0; bit < fields[i].len * 8; bit++) {
      uint8_t *byte = (uint8_t *)fields[i].bytes + bit / 8;
      *byte ^= (uint8_t)(1u << bit % 8);
      assert_int_equal(krv_server_code_verify(&code, &signer.pk), KRV_CRYPTO);
      *byte ^= (uint8_t)(1u << bit % 8);
    }
  }
  assert_int_equal(krv_server_code_verify(&code, &signer.pk), 0);
}

static void every_single_wrong_letter_is_caught(void **state) {
  struct krv_server_code code = sample(), out;
  struct krv_buf text = text_of(&code);
  (void)state;
  for (size_t i = 0; i < text.len; i++) {
    const uint8_t right = text.data[i];
    for (const char *c = "0123456789ABCDEFGHJKMNPQRSTVWXYZ!"; *c; c++) {
      if ((uint8_t)*c == right) continue;
      text.data[i] = (uint8_t)*c;
      assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &out), KRV_INVITE_BAD);
    }
    text.data[i] = right;
  }
  for (size_t len = 0; len < text.len; len++)
    assert_int_equal(krv_server_code_parse(krv_slice(text.data, len), &out), KRV_INVITE_BAD);
  krv_buf_release(&text);
}

static void it_is_a_kind_of_its_own(void **state) {
  struct krv_server_code code = sample(), out;
  struct krv_founding_code founding = {.address = "10.0.0.7:7440"};
  struct krv_invitation invitation;
  struct krv_buf text = text_of(&code), other;
  (void)state;
  assert_int_equal(krv_founding_parse(krv_buf_slice(&text), &founding), KRV_INVITE_BAD);
  assert_int_equal(krv_invitation_parse(krv_buf_slice(&text), &invitation), KRV_INVITE_BAD);
  krv_buf_init(&other, &t.env);
  krv_founding_format(&founding, &other);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&other), &out), KRV_INVITE_BAD);
  krv_buf_release(&other);
  krv_buf_release(&text);
}

static void a_height_that_no_roster_has_is_refused(void **state) {
  struct krv_server_code code = sample(), out;
  (void)state;
  code.since = KRV_ROSTER_HEIGHT_MAX + 1;
  struct krv_buf text = text_of(&code);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &out), KRV_INVITE_BAD);
  krv_buf_release(&text);
}

static void the_longest_address_fits(void **state) {
  struct krv_server_code code = sample(), out;
  (void)state;
  memset(code.address, 'a', KRV_ADDRESS_SIZE_MAX);
  struct krv_buf text = text_of(&code);
  assert_in_range(text.len, 1, KRV_CODE_TEXT_MAX - 1);
  assert_int_equal(krv_server_code_parse(krv_buf_slice(&text), &out), 0);
  assert_string_equal(out.address, code.address);
  krv_buf_release(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_equals_the_vector_and_comes_back),
      cmocka_unit_test(the_signature_covers_every_field),
      cmocka_unit_test(every_single_wrong_letter_is_caught),
      cmocka_unit_test(it_is_a_kind_of_its_own),
      cmocka_unit_test(a_height_that_no_roster_has_is_refused),
      cmocka_unit_test(the_longest_address_fits),
  };
  return cmocka_run_group_tests(tests, setup, nothing_leaks);
}
