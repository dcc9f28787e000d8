/* R1: names. Device and commit ids against values computed elsewhere. */
#include "commit_vectors.h"
#include "forms.h"
#include "hex.h"
#include "sign.h"

static void device_id_is_the_hash_of_programme_and_three_keys(void **state) {
  (void)state;
  struct krv_id programme, id;
  hex_bytes("101112131415161718191a1b1c1d1e1f", programme.b, KRV_ID_LEN);
  struct krv_device_keys keys;
  struct krv_sign_pair pair;
  struct krv_key seed;
  for (uint8_t i = 0; i < KRV_KEY_LEN; i++) seed.b[i] = (uint8_t)(64 + i);
  krv_sign_pair_from_seed(&seed, &pair);
  keys.sign_pk = pair.pk;
  memset(keys.seal_pk.b, 0xa1, KRV_KEY_LEN);
  memset(keys.session_pk.b, 0xb2, KRV_KEY_LEN);
  krv_device_id(&programme, &keys, &id);
  assert_hex(id.b, KRV_ID_LEN, VECTOR_DEVICE_ID);

  struct krv_device_keys swapped = {keys.sign_pk, keys.session_pk, keys.seal_pk};
  struct krv_id other;
  krv_device_id(&programme, &swapped, &other);
  assert_false(krv_id_equal(&id, &other));
}

static struct krv_commit golden(uint8_t room[256]) {
  struct krv_commit commit = {.head = {.suite = 1, .kind = 1, .n = 1}};
  hex_bytes("101112131415161718191a1b1c1d1e1f", commit.head.programme.b, KRV_ID_LEN);
  hex_bytes(VECTOR_CASE_ID, commit.head.kase.b, KRV_ID_LEN);
  hex_bytes(VECTOR_DEVICE_ID, commit.head.device.b, KRV_ID_LEN);
  hex_bytes(VECTOR_SALT_1, commit.salt, KRV_SALT_LEN);
  commit.ciphertext = hex_bytes(VECTOR_SEALED_1, room, 256);
  return commit;
}

static void commit_id_is_the_hash_of_ad_salt_and_ciphertext(void **state) {
  (void)state;
  uint8_t room[256];
  struct krv_commit commit = golden(room);
  struct krv_id id;
  krv_commit_id(&commit, &id);
  assert_hex(id.b, KRV_ID_LEN, VECTOR_COMMIT_ID_1);
}

static void commit_id_changes_with_every_byte(void **state) {
  (void)state;
  uint8_t room[256];
  struct krv_commit commit = golden(room);
  struct krv_id id, other;
  krv_commit_id(&commit, &id);
  for (size_t i = 0; i < commit.ciphertext.len; i++) {
    room[i] ^= 1;
    krv_commit_id(&commit, &other);
    assert_false(krv_id_equal(&id, &other));
    room[i] ^= 1;
  }
  for (size_t i = 0; i < KRV_SALT_LEN; i++) {
    commit.salt[i] ^= 0x80;
    krv_commit_id(&commit, &other);
    assert_false(krv_id_equal(&id, &other));
    commit.salt[i] ^= 0x80;
  }
  commit.head.n = 2;
  krv_commit_id(&commit, &other);
  assert_false(krv_id_equal(&id, &other));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(device_id_is_the_hash_of_programme_and_three_keys),
      cmocka_unit_test(commit_id_is_the_hash_of_ad_salt_and_ciphertext),
      cmocka_unit_test(commit_id_changes_with_every_byte),
  };
  if (krv_crypto_start() != KRV_OK) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
