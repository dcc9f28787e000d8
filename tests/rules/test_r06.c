/* R6: sign, then seal. Golden bytes computed elsewhere; every byte counts; a
 * signed body belongs to one salt, one key and one author. */
#include "aead.h"
#include "commit_vectors.h"
#include "hex.h"
#include "sealkit.h"

static int start(void **state) {
  static struct krv_sealkit kit;
  memset(&kit, 0, sizeof kit);
  *state = &kit;
  return krv_sealkit_init(&kit, 6);
}

static int stop(void **state) {
  struct krv_sealkit *kit = *state;
  krv_sealkit_release(kit);
  return kit->t.live == 0 ? 0 : -1;
}

static void seal_text(struct krv_sealkit *kit, const char *text) {
  struct krv_body body = krv_sealkit_body(kit, text);
  assert_int_equal(krv_sealkit_seal(kit, &body), KRV_OK);
}

/* commit key = H("commit key"; case key, AD, salt), written out once more */
static void key_of(const struct krv_sealkit *kit, const uint8_t salt[KRV_SALT_LEN],
                   uint8_t ad[KRV_AD_LEN], struct krv_key *out) {
  krv_head_ad(&kit->commit.head, ad);
  const struct krv_slice parts[] = {
      {kit->key.key.b, KRV_KEY_LEN}, {ad, KRV_AD_LEN}, {salt, KRV_SALT_LEN}};
  krv_h(KRV_DOMAIN_COMMIT_KEY, parts, 3, out->b, KRV_KEY_LEN);
}

/* What somebody with the case key can do: take the plaintext out ... */
static size_t take_out(const struct krv_sealkit *kit, uint8_t *plain) {
  uint8_t ad[KRV_AD_LEN];
  struct krv_key key;
  key_of(kit, kit->commit.salt, ad, &key);
  assert_int_equal(krv_aead_open(&key, 0, krv_slice(ad, sizeof ad), kit->commit.ciphertext, plain),
                   KRV_OK);
  return kit->commit.ciphertext.len - KRV_TAG_LEN;
}

/* ... and put it back under whatever salt, head or case key kit now has. */
static void put_back(struct krv_sealkit *kit, const uint8_t *plain, size_t len) {
  uint8_t ad[KRV_AD_LEN];
  struct krv_key key;
  key_of(kit, kit->commit.salt, ad, &key);
  krv_buf_reset(&kit->sealed);
  uint8_t *out = krv_buf_extend(&kit->sealed, len + KRV_TAG_LEN);
  assert_non_null(out);
  krv_aead_seal(&key, 0, krv_slice(ad, sizeof ad), krv_slice(plain, len), out);
  kit->commit.ciphertext = krv_buf_slice(&kit->sealed);
}

static void golden_head(struct krv_sealkit *kit) {
  struct krv_key key, seed;
  for (uint8_t i = 0; i < KRV_KEY_LEN; i++) {
    key.b[i] = i;
    seed.b[i] = (uint8_t)(64 + i);
  }
  krv_case_key_set(&kit->key, 0, &key);
  krv_sign_pair_from_seed(&seed, &kit->author);
  hex_bytes("101112131415161718191a1b1c1d1e1f", kit->commit.head.programme.b, KRV_ID_LEN);
  hex_bytes(VECTOR_CASE_ID, kit->commit.head.kase.b, KRV_ID_LEN);
  hex_bytes(VECTOR_DEVICE_ID, kit->commit.head.device.b, KRV_ID_LEN);
}

static void sealed_bytes_are_those_computed_elsewhere(void **state) {
  struct krv_sealkit *kit = *state;
  struct krv_context_entry context[3] = {{3, 1, {0}}, {3, 200, {0}}, {40, 5, {0}}};
  for (int i = 0; i < 3; i++) memset(context[i].id8, 0x33 + 0x11 * i, 8);
  uint8_t ops[32];
  struct krv_body body = {.roster_height = 300,
                          .roster_head8 = {1, 2, 3, 4, 5, 6, 7, 8},
                          .wall_s = 1767225600,
                          .wall_quality = KRV_WALL_SERVER,
                          .context = context,
                          .context_count = 3,
                          .ops = hex_bytes(VECTOR_OPS, ops, sizeof ops)};
  golden_head(kit);
  assert_int_equal(krv_sealkit_seal(kit, &body), KRV_OK);
  assert_hex(kit->commit.salt, KRV_SALT_LEN, VECTOR_SALT_1);
  assert_hex(kit->commit.ciphertext.data, kit->commit.ciphertext.len, VECTOR_SEALED_1);
  assert_int_equal(krv_sealkit_open(kit), KRV_OK);

  krv_commit_id(&kit->commit, &kit->commit.head.prev);
  kit->commit.head.n = 2;
  kit->key.epoch = 3;
  assert_int_equal(krv_sealkit_seal(kit, &body), KRV_OK);
  assert_hex(kit->commit.salt, KRV_SALT_LEN, VECTOR_SALT_2);
  assert_hex(kit->commit.ciphertext.data, kit->commit.ciphertext.len, VECTOR_SEALED_2);
  assert_int_equal(krv_sealkit_open(kit), KRV_OK);
}

static void a_small_edit_costs_144_bytes_of_ciphertext(void **state) {
  struct krv_sealkit *kit = *state;
  seal_text(kit, "sixteen bytes ..");
  assert_int_equal(kit->commit.ciphertext.len, 64 + 64 + 16);
}

static void what_was_sealed_opens_to_the_same(void **state) {
  struct krv_sealkit *kit = *state;
  struct krv_body body = krv_sealkit_body(kit, "Leila");
  assert_int_equal(krv_sealkit_seal(kit, &body), KRV_OK);
  struct krv_opened opened;
  krv_opened_init(&opened, &kit->t.env);
  for (int again = 0; again < 2; again++) { /* the same struct serves twice */
    assert_int_equal(
        krv_commit_open(kit->zip, &kit->key, &kit->author.pk, &kit->commit, &opened), KRV_OK);
    assert_int_equal(opened.body.roster_height, body.roster_height);
    assert_memory_equal(opened.body.roster_head8, body.roster_head8, 8);
    assert_int_equal(opened.body.wall_s, body.wall_s);
    assert_int_equal(opened.body.wall_quality, body.wall_quality);
    assert_int_equal(opened.body.context_count, 2);
    assert_int_equal(opened.body.context[1].n, kit->context[1].n);
    assert_memory_equal(opened.body.context[1].id8, kit->context[1].id8, 8);
    assert_true(krv_slice_equal(opened.body.ops, body.ops));
  }
  krv_opened_release(&opened);
  krv_opened_release(&opened);
}

static void the_same_body_gives_the_same_bytes(void **state) {
  struct krv_sealkit *kit = *state;
  seal_text(kit, "Leila");
  struct krv_id first, second;
  uint8_t salt[KRV_SALT_LEN];
  memcpy(salt, kit->commit.salt, sizeof salt);
  krv_commit_id(&kit->commit, &first);
  kit->t.seed = 999; /* a clone, or another day's randomness */
  seal_text(kit, "Leila");
  krv_commit_id(&kit->commit, &second);
  assert_memory_equal(salt, kit->commit.salt, sizeof salt);
  assert_true(krv_id_equal(&first, &second));
  seal_text(kit, "Lejla");
  assert_memory_not_equal(salt, kit->commit.salt, sizeof salt);
}

static void no_changed_byte_of_salt_or_ciphertext_opens(void **state) {
  struct krv_sealkit *kit = *state;
  seal_text(kit, "Leila");
  assert_int_equal(krv_sealkit_open(kit), KRV_OK);
  for (size_t i = 0; i < kit->sealed.len; i++) {
    for (unsigned bit = 1; bit < 256; bit <<= 1) {
      kit->sealed.data[i] ^= (uint8_t)bit;
      assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
      kit->sealed.data[i] ^= (uint8_t)bit;
    }
  }
  for (size_t i = 0; i < KRV_SALT_LEN; i++) {
    kit->commit.salt[i] ^= 1;
    assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
    kit->commit.salt[i] ^= 1;
  }
  for (size_t len = 0; len < kit->sealed.len; len++) {
    kit->commit.ciphertext.len = len;
    assert_true(krv_sealkit_open(kit) < 0);
  }
}

static void no_changed_byte_of_the_head_opens(void **state) {
  struct krv_sealkit *kit = *state;
  kit->commit.head.n = 2;
  memset(kit->commit.head.prev.b, 9, KRV_ID_LEN);
  kit->key.epoch = 1;
  seal_text(kit, "Leila");
  assert_int_equal(krv_sealkit_open(kit), KRV_OK);
  struct krv_head *head = &kit->commit.head;
  const struct { void *p; size_t len; int status; } parts[] = {
      {&head->suite, 1, KRV_NEWER},
      {head->programme.b, KRV_ID_LEN, KRV_CRYPTO},
      {head->kase.b, KRV_ID_LEN, KRV_CRYPTO},
      {head->device.b, KRV_ID_LEN, KRV_CRYPTO},
      {head->prev.b, KRV_ID_LEN, KRV_CRYPTO},
      {&head->n, sizeof head->n, KRV_CRYPTO},
      {head->key_id4, 4, KRV_NO_KEY},
      {&head->epoch, sizeof head->epoch, 0 /* below: epoch 0 has no key id */},
  };
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    for (size_t at = 0; at < parts[i].len; at++) {
      uint8_t *byte = (uint8_t *)parts[i].p + at;
      *byte ^= 4;
      int status = krv_sealkit_open(kit);
      if (parts[i].status) assert_int_equal(status, parts[i].status);
      assert_true(status < 0);
      *byte ^= 4;
    }
  }
  head->kind = KRV_KIND_SNAPSHOT;
  assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
}

static void a_signed_body_sealed_anew_under_another_salt_is_refused(void **state) {
  struct krv_sealkit *kit = *state;
  uint8_t plain[256];
  seal_text(kit, "Leila");
  size_t len = take_out(kit, plain);
  put_back(kit, plain, len);
  assert_int_equal(krv_sealkit_open(kit), KRV_OK); /* the forger's tools are good */
  kit->commit.salt[0] ^= 1;
  put_back(kit, plain, len);
  assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
}

static void a_signed_body_sealed_anew_under_another_key_or_head_is_refused(void **state) {
  struct krv_sealkit *kit = *state;
  uint8_t plain[256];
  seal_text(kit, "Leila");
  size_t len = take_out(kit, plain);
  struct krv_case_key good = kit->key;
  krv_case_key_random(&kit->t.env, 0, &kit->key);
  put_back(kit, plain, len);
  assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
  kit->key = good;
  kit->commit.head.kase.b[0] ^= 1;
  put_back(kit, plain, len);
  assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
}

static void a_body_signed_by_somebody_else_is_refused(void **state) {
  struct krv_sealkit *kit = *state;
  seal_text(kit, "Leila");
  krv_sign_pair_random(&kit->t.env, &kit->author);
  assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
  uint8_t plain[256];
  size_t len = take_out(kit, plain);
  plain[0] ^= 1; /* a signature that is none */
  put_back(kit, plain, len);
  assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
}

static void a_ciphertext_under_two_keys_opens_under_neither(void **state) {
  struct krv_sealkit *kit = *state;
  uint8_t sealed[256], plain[256], ad[KRV_AD_LEN];
  golden_head(kit);
  kit->commit.head.suite = kit->commit.head.kind = 1;
  memset(kit->commit.salt, 0x77, KRV_SALT_LEN);
  kit->commit.ciphertext = hex_bytes(VECTOR_TWO_KEYS, sealed, sizeof sealed);
  for (uint8_t first = 0; first <= 32; first = (uint8_t)(first + 32)) {
    struct krv_key key;
    for (uint8_t i = 0; i < KRV_KEY_LEN; i++) key.b[i] = (uint8_t)(first + i);
    krv_case_key_set(&kit->key, 0, &key);
    key_of(kit, kit->commit.salt, ad, &key);
    assert_int_equal(
        krv_aead_open(&key, 0, krv_slice(ad, sizeof ad), kit->commit.ciphertext, plain), KRV_OK);
    assert_int_equal(krv_sealkit_open(kit), KRV_CRYPTO);
  }
}

static void a_failed_open_leaves_nothing_behind(void **state) {
  struct krv_sealkit *kit = *state;
  seal_text(kit, "Leila");
  kit->sealed.data[70] ^= 1;
  struct krv_opened opened;
  krv_opened_init(&opened, &kit->t.env);
  int64_t live = kit->t.live;
  assert_int_equal(krv_commit_open(kit->zip, &kit->key, &kit->author.pk, &kit->commit, &opened),
                   KRV_CRYPTO);
  assert_int_equal(kit->t.live, live);
  assert_null(opened.plain.data);
  assert_null(opened.context);
}

static int run(struct krv_sealkit *kit) {
  int status = krv_sealkit_init(kit, 66);
  if (status != KRV_OK) return status;
  char text[400];
  for (size_t i = 0; i < sizeof text - 1; i++) text[i] = (char)('a' + i % 23 % 7);
  text[sizeof text - 1] = '\0';
  struct krv_body body = krv_sealkit_body(kit, text);
  if (kit->ops.status != KRV_OK) return kit->ops.status;
  status = krv_sealkit_seal(kit, &body);
  return status == KRV_OK ? krv_sealkit_open(kit) : status;
}

static void every_failed_allocation_is_nomem_and_leaks_nothing(void **state) {
  (void)state;
  static struct krv_sealkit kit;
  uint64_t failed = 0;
  for (uint64_t k = 1;; k++, failed++) {
    kit.t.fail_at = k;
    int status = run(&kit);
    krv_sealkit_release(&kit);
    assert_int_equal(kit.t.live, 0);
    if (status == KRV_OK) break;
    assert_int_equal(status, KRV_NOMEM);
  }
  assert_true(failed > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
      T(sealed_bytes_are_those_computed_elsewhere),
      T(a_small_edit_costs_144_bytes_of_ciphertext),
      T(what_was_sealed_opens_to_the_same),
      T(the_same_body_gives_the_same_bytes),
      T(no_changed_byte_of_salt_or_ciphertext_opens),
      T(no_changed_byte_of_the_head_opens),
      T(a_signed_body_sealed_anew_under_another_salt_is_refused),
      T(a_signed_body_sealed_anew_under_another_key_or_head_is_refused),
      T(a_body_signed_by_somebody_else_is_refused),
      T(a_ciphertext_under_two_keys_opens_under_neither),
      T(a_failed_open_leaves_nothing_behind),
      cmocka_unit_test(every_failed_allocation_is_nomem_and_leaks_nothing),
  };
  if (krv_crypto_start() != KRV_OK) return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
