#include "aead.h"
#include "crypto_vectors.h"
#include "hex.h"
#include "testenv.h"

static struct krv_key key;
static struct krv_testenv t;

static int setup(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof key.b; i++) key.b[i] = (uint8_t)i;
  return krv_crypto_start();
}

/* RFC 8439, A.5: its nonce is four zero bytes and a counter, as ours. */
static void the_rfc_vector_opens_and_seals(void **state) {
  (void)state;
  struct krv_key k;
  uint8_t ad[12], sealed[300], plain[300], again[300];
  hex_bytes("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0", k.b, 32);
  struct krv_slice a = hex_bytes("f33388860000000000004e91", ad, sizeof ad);
  struct krv_slice s = hex_bytes(
      "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e"
      "382d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd"
      "60f982b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c76"
      "7b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a"
      "0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a67276"
      "27097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b0270"
      "9beead9d67890cbb22392336fea1851f38",
      sealed, sizeof sealed);
  const uint64_t nonce = 0x0807060504030201;
  assert_int_equal(krv_aead_open(&k, nonce, a, s, plain), 0);
  static const char start[] = "Internet-Drafts are draft documents valid";
  assert_memory_equal(plain, start, sizeof start - 1);
  krv_aead_seal(&k, nonce, a, krv_slice(plain, s.len - KRV_TAG_LEN), again);
  assert_memory_equal(again, sealed, s.len);
}

static void sealing_equals_the_vector_also_in_place(void **state) {
  (void)state;
  uint8_t bytes[5 + KRV_TAG_LEN] = "plain";
  krv_aead_seal(&key, 7, krv_slice_str("ad"), krv_slice(bytes, 5), bytes);
  assert_hex(bytes, sizeof bytes, VECTOR_AEAD);
  assert_int_equal(
      krv_aead_open(&key, 7, krv_slice_str("ad"), krv_slice(bytes, sizeof bytes), bytes), 0);
  assert_memory_equal(bytes, "plain", 5);
}

static void any_changed_bit_is_refused_and_nothing_comes_out(void **state) {
  (void)state;
  uint8_t sealed[5 + KRV_TAG_LEN], plain[5];
  krv_aead_seal(&key, 7, krv_slice_str("ad"), krv_slice_str("plain"), sealed);
  for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
    sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    memset(plain, 9, 5);
    assert_int_equal(
        krv_aead_open(&key, 7, krv_slice_str("ad"), krv_slice(sealed, sizeof sealed), plain),
        KRV_CRYPTO);
    assert_hex(plain, 5, "0000000000");
    sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  struct krv_key other = key;
  other.b[31] ^= 1;
  struct krv_slice s = krv_slice(sealed, sizeof sealed);
  assert_int_equal(krv_aead_open(&other, 7, krv_slice_str("ad"), s, plain), KRV_CRYPTO);
  assert_int_equal(krv_aead_open(&key, 8, krv_slice_str("ad"), s, plain), KRV_CRYPTO);
  assert_int_equal(krv_aead_open(&key, 7, krv_slice_str("aD"), s, plain), KRV_CRYPTO);
  for (size_t len = 0; len < sizeof sealed; len++)
    assert_int_equal(krv_aead_open(&key, 7, krv_slice_str("ad"), krv_slice(sealed, len), plain),
                     len < KRV_TAG_LEN ? KRV_MALFORMED : KRV_CRYPTO);
}

static void a_row_equals_the_vector_and_opens(void **state) {
  (void)state;
  struct krv_buf row, plain;
  krv_testenv_init(&t, 42);
  krv_buf_init(&row, &t.env);
  krv_buf_init(&plain, &t.env);
  krv_row_seal(&t.env, &key, krv_slice_str("ad"), krv_slice_str("plain"), &row);
  assert_hex(row.data, row.len, VECTOR_ROW);
  krv_buf_u8(&plain, '>');
  assert_int_equal(krv_row_open(&key, krv_slice_str("ad"), krv_buf_slice(&row), &plain), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&plain), krv_slice_str(">plain")));
  for (size_t i = 0; i < row.len; i++) {
    row.data[i] ^= 0x10;
    assert_int_equal(krv_row_open(&key, krv_slice_str("ad"), krv_buf_slice(&row), &plain),
                     KRV_CRYPTO);
    row.data[i] ^= 0x10;
    int short_of = krv_row_open(&key, krv_slice_str("ad"), krv_slice(row.data, i), &plain);
    assert_int_equal(short_of, i < 40 ? KRV_MALFORMED : KRV_CRYPTO);
  }
  assert_int_equal(plain.len, 6); /* failures append nothing */
  krv_buf_reset(&row);
  krv_row_seal(&t.env, &key, krv_slice(NULL, 0), krv_slice(NULL, 0), &row);
  assert_int_equal(row.len, 40);
  assert_int_equal(krv_row_open(&key, krv_slice(NULL, 0), krv_buf_slice(&row), &plain), 0);
  krv_buf_release(&row);
  krv_buf_release(&plain);
}

static void a_row_without_memory_says_so(void **state) {
  (void)state;
  struct krv_buf row, plain;
  krv_testenv_init(&t, 42);
  krv_buf_init(&row, &t.env);
  krv_buf_init(&plain, &t.env);
  t.fail_at = 1;
  krv_row_seal(&t.env, &key, krv_slice_str("ad"), krv_slice_str("plain"), &row);
  assert_int_equal(row.status, KRV_NOMEM);
  krv_buf_reset(&row);
  krv_row_seal(&t.env, &key, krv_slice_str("ad"), krv_slice_str("plain"), &row);
  t.fail_at = t.allocations + 1;
  assert_int_equal(krv_row_open(&key, krv_slice_str("ad"), krv_buf_slice(&row), &plain), KRV_NOMEM);
  krv_buf_release(&row);
  krv_buf_release(&plain);
  assert_int_equal(t.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rfc_vector_opens_and_seals),
      cmocka_unit_test(sealing_equals_the_vector_also_in_place),
      cmocka_unit_test(any_changed_bit_is_refused_and_nothing_comes_out),
      cmocka_unit_test(a_row_equals_the_vector_and_opens),
      cmocka_unit_test(a_row_without_memory_says_so),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
