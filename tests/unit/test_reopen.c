#include "mock.h"
#include "sealkit.h"
#include "status.h"

static struct krv_sealkit kit;
static struct krv_opened opened;

static void sealed(const char *text) {
  assert_int_equal(krv_sealkit_init(&kit, 3), KRV_OK);
  struct krv_body body = krv_sealkit_body(&kit, text);
  assert_int_equal(krv_sealkit_seal(&kit, &body), KRV_OK);
  krv_opened_init(&opened, &kit.t.env);
}

static void done(void) {
  krv_opened_release(&opened);
  krv_sealkit_release(&kit);
  assert_int_equal(kit.t.live, 0);
}

static int reopen(void) {
  return krv_commit_reopen(kit.zip, &kit.key, &kit.commit, &opened);
}

static void what_was_sealed_reopens_to_the_same_body_as_it_opens(void **state) {
  (void)state;
  sealed("Aygul");
  assert_int_equal(reopen(), KRV_OK);
  assert_int_equal(opened.body.roster_height, 30);
  assert_true(krv_slice_equal(opened.body.ops, krv_buf_slice(&kit.ops)));
  assert_int_equal(krv_sealkit_open(&kit), KRV_OK);
  done();
}

static void no_flipped_byte_reopens(void **state) {
  (void)state;
  sealed("Aygul");
  uint8_t *bytes = kit.sealed.data;
  for (size_t i = 0; i < kit.sealed.len; i++) {
    bytes[i] ^= 1;
    assert_int_equal(reopen(), KRV_CRYPTO);
    bytes[i] ^= 1;
  }
  for (size_t i = 0; i < sizeof kit.commit.salt; i++) {
    kit.commit.salt[i] ^= 1;
    assert_int_equal(reopen(), KRV_CRYPTO);
    kit.commit.salt[i] ^= 1;
  }
  assert_int_equal(reopen(), KRV_OK);
  done();
}

/* Why it is for the author alone: another's signature passes, which opening refuses. */
static void only_opening_knows_the_author(void **state) {
  (void)state;
  sealed("Aygul");
  struct krv_sign_pair other;
  krv_sign_pair_random(&kit.t.env, &other);
  assert_int_equal(reopen(), KRV_OK);
  assert_int_equal(krv_commit_open(kit.zip, &kit.key, &other.pk, &kit.commit, &opened), KRV_CRYPTO);
  done();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_sealed_reopens_to_the_same_body_as_it_opens),
      cmocka_unit_test(no_flipped_byte_reopens),
      cmocka_unit_test(only_opening_knows_the_author),
  };
  if (krv_crypto_start() != KRV_OK) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
