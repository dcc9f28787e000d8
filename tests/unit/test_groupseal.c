#include "aead.h"
#include "crypto_vectors.h"
#include "groupseal.h"
#include "hash.h"
#include "hex.h"
#include "testenv.h"

static struct krv_key secret;
static struct krv_testenv t;
static struct krv_buf sealed, plain;

static int start(void **state) {
  (void)state;
  for (size_t i = 0; i < 32; i++) secret.b[i] = (uint8_t)i;
  return krv_crypto_start();
}

static int setup(void **state) {
  (void)state;
  krv_testenv_init(&t, 1);
  krv_buf_init(&sealed, &t.env);
  krv_buf_init(&plain, &t.env);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  krv_buf_release(&sealed);
  krv_buf_release(&plain);
  return t.live == 0 ? 0 : -1;
}

static void sealing_equals_the_vector_every_time_and_opens(void **state) {
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    krv_buf_reset(&sealed);
    krv_groupseal(&secret, 3, 258, krv_slice_str("Leila"), &sealed);
    assert_hex(sealed.data, sealed.len, VECTOR_GROUPSEAL);
  }
  assert_int_equal(krv_groupseal_open(&secret, 3, 258, krv_buf_slice(&sealed), &plain), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&plain), krv_slice_str("Leila")));
}

static void each_length_comes_back(void **state) {
  (void)state;
  uint8_t text[200];
  memset(text, 'x', sizeof text);
  for (size_t len = 0; len <= sizeof text; len++) {
    krv_buf_reset(&sealed);
    krv_buf_reset(&plain);
    krv_groupseal(&secret, 0, 0, krv_slice(text, len), &sealed);
    assert_int_equal(sealed.len, len + KRV_GROUPSEAL_OVERHEAD);
    assert_int_equal(krv_groupseal_open(&secret, 0, 0, krv_buf_slice(&sealed), &plain), 0);
    assert_true(krv_slice_equal(krv_buf_slice(&plain), krv_slice(text, len)));
  }
}

static void another_group_epoch_secret_or_byte_is_refused(void **state) {
  (void)state;
  struct krv_key other = secret;
  other.b[5] ^= 1;
  krv_groupseal(&secret, 3, 258, krv_slice_str("Leila"), &sealed);
  struct krv_slice s = krv_buf_slice(&sealed);
  assert_int_equal(krv_groupseal_open(&secret, 4, 258, s, &plain), KRV_CRYPTO);
  assert_int_equal(krv_groupseal_open(&secret, 3, 259, s, &plain), KRV_CRYPTO);
  assert_int_equal(krv_groupseal_open(&other, 3, 258, s, &plain), KRV_CRYPTO);
  for (size_t i = 0; i < s.len; i++) {
    sealed.data[i] ^= 0x20;
    assert_int_equal(krv_groupseal_open(&secret, 3, 258, s, &plain), KRV_CRYPTO);
    sealed.data[i] ^= 0x20;
    int status = krv_groupseal_open(&secret, 3, 258, krv_slice(s.data, i), &plain);
    assert_int_equal(status, i < KRV_GROUPSEAL_OVERHEAD ? KRV_MALFORMED : KRV_CRYPTO);
  }
  assert_int_equal(plain.len, 0);
}

/* Somebody with the secret seals under a salt of his choice: the tag is good,
 * the salt is not that of the text. */
static void a_chosen_salt_is_refused(void **state) {
  (void)state;
  static const uint8_t ad[8] = {3, 0, 0, 0, 2, 1, 0, 0};
  uint8_t forged[16 + 5 + KRV_TAG_LEN] = {0};
  struct krv_key key;
  const struct krv_slice parts[] = {krv_slice(secret.b, 32), krv_slice(ad, 8),
                                    krv_slice(forged, 16)};
  krv_h(KRV_DOMAIN_GROUP_KEY, parts, 3, key.b, 32);
  krv_aead_seal(&key, 0, krv_slice(ad, 8), krv_slice_str("Leila"), forged + 16);
  assert_int_equal(krv_groupseal_open(&secret, 3, 258, krv_slice(forged, sizeof forged), &plain),
                   KRV_CRYPTO);
  assert_int_equal(plain.len, 0);
  uint8_t text[5]; /* the forgery was well made: its seal itself opens */
  assert_int_equal(krv_aead_open(&key, 0, krv_slice(ad, 8), krv_slice(forged + 16, 21), text), 0);
}

static void each_allocation_that_fails_is_told(void **state) {
  (void)state;
  for (uint64_t k = 1; k <= 3; k++) {
    struct krv_testenv w;
    struct krv_buf s, p;
    krv_testenv_init(&w, 1);
    krv_buf_init(&s, &w.env);
    krv_buf_init(&p, &w.env);
    w.fail_at = k;
    krv_groupseal(&secret, 3, 258, krv_slice_str("Leila"), &s);
    int status = s.status;
    if (status == 0) status = krv_groupseal_open(&secret, 3, 258, krv_buf_slice(&s), &p);
    assert_int_equal(status, k <= 2 ? KRV_NOMEM : 0);
    krv_buf_release(&s);
    krv_buf_release(&p);
    assert_int_equal(w.live, 0);
  }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(sealing_equals_the_vector_every_time_and_opens),
      TEST(each_length_comes_back),
      TEST(another_group_epoch_secret_or_byte_is_refused),
      TEST(a_chosen_salt_is_refused),
      TEST(each_allocation_that_fails_is_told),
  };
  return cmocka_run_group_tests(tests, start, NULL);
}
