/* R12's MAC. */
#include "commit_vectors.h"
#include "hex.h"
#include "vouch.h"

static struct krv_key shared;
static struct krv_id id;

static void golden(void) {
  for (uint8_t i = 0; i < KRV_KEY_LEN; i++) shared.b[i] = (uint8_t)(32 + i);
  hex_bytes(VECTOR_COMMIT_ID_2, id.b, KRV_ID_LEN);
}

static void a_vouch_has_the_bytes_computed_elsewhere(void **state) {
  (void)state;
  uint8_t mac[16];
  golden();
  krv_vouch(&shared, &id, mac);
  assert_hex(mac, sizeof mac, VECTOR_VOUCH);
  assert_true(krv_vouch_good(&shared, &id, mac));
}

static void a_vouch_is_for_one_commit_and_one_author(void **state) {
  (void)state;
  uint8_t mac[16];
  golden();
  krv_vouch(&shared, &id, mac);
  for (size_t i = 0; i < sizeof mac; i++) {
    mac[i] ^= 1;
    assert_false(krv_vouch_good(&shared, &id, mac));
    mac[i] ^= 1;
    id.b[i] ^= 1;
    assert_false(krv_vouch_good(&shared, &id, mac));
    id.b[i] ^= 1;
  }
  shared.b[31] ^= 1;
  assert_false(krv_vouch_good(&shared, &id, mac));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_vouch_has_the_bytes_computed_elsewhere),
      cmocka_unit_test(a_vouch_is_for_one_commit_and_one_author),
  };
  if (krv_crypto_start() != KRV_OK) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
