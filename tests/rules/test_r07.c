/* R7: zip and pad. What a stranger's frame claims is checked before memory is
 * taken; nothing but zeros may follow. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "body.h"
#include "hex.h"
#include "krv_dict_1.h"
#include "pad.h"
#include "status.h"
#include "strangers.h"
#include "testenv.h"
#include "zip.h"

enum { MIB = 1024 * 1024 };

static struct krv_testenv t;
static struct krv_zip *zip;

static int start(void **state) {
  (void)state;
  krv_testenv_init(&t, 7);
  return krv_zip_new(&t.env, 0, &zip);
}

static int stop(void **state) {
  (void)state;
  krv_zip_free(zip);
  return t.live == 0 ? 0 : -1;
}

/* Unpacks and forgets; *len is what came out. */
static int unpack(struct krv_slice packed, size_t *len) {
  struct krv_buf out;
  krv_buf_init(&out, &t.env);
  int status = krv_zip_unpack(zip, packed, &out);
  if (len) *len = out.len;
  if (status != KRV_OK) assert_int_equal(out.len, 0);
  assert_true(out.cap <= 2 * KRV_BODY_RAW_MAX);
  krv_buf_release(&out);
  return status;
}

static void pack_stranger(struct krv_buf *out) {
  struct krv_buf ops, json;
  krv_buf_init(&ops, &t.env);
  krv_buf_init(&json, &t.env);
  krv_stranger(&t, 26, 380, &ops, &json);
  assert_int_equal(krv_zip_pack(zip, krv_buf_slice(&ops), out), KRV_OK);
  assert_int_equal(out->data[0], KRV_ZIP_DICT_1);
  assert_true(out->len < ops.len);
  krv_buf_release(&ops);
  krv_buf_release(&json);
}

static void padding_has_a_floor_steps_and_then_padme(void **state) {
  (void)state;
  static const size_t table[][2] = {
      {0, 64},       {1, 64},       {47, 64},      {64, 64},     {65, 96},     {96, 96},
      {97, 128},     {200, 224},    {225, 256},    {256, 256},   {257, 272},   {272, 272},
      {300, 304},    {500, 512},    {513, 544},    {1000, 1024}, {1025, 1088}, {2047, 2048},
      {2049, 2176},  {5000, 5120},  {9999, 10240}, {60000, 61440}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    assert_int_equal(krv_pad_len(table[i][0]), table[i][1]);
}

static void small_bodies_stay_raw(void **state) {
  (void)state;
  uint8_t raw[80] = {0};
  struct krv_buf out;
  krv_buf_init(&out, &t.env);
  for (size_t len = 0; len < 64; len++) {
    krv_buf_reset(&out);
    assert_int_equal(krv_zip_pack(zip, krv_slice(raw, len), &out), KRV_OK);
    assert_int_equal(out.len, len + 1);
    assert_int_equal(out.data[0], KRV_ZIP_RAW);
  }
  krv_buf_reset(&out);
  assert_int_equal(krv_zip_pack(zip, krv_slice(raw, 64), &out), KRV_OK);
  assert_int_equal(out.data[0], KRV_ZIP_DICT_1);
  krv_buf_release(&out);
}

static void noise_stays_raw(void **state) {
  (void)state;
  uint8_t raw[3000];
  struct krv_buf out;
  krv_buf_init(&out, &t.env);
  t.env.random(&t, raw, sizeof raw);
  assert_int_equal(krv_zip_pack(zip, krv_slice(raw, sizeof raw), &out), KRV_OK);
  assert_int_equal(out.len, sizeof raw + 1);
  assert_int_equal(out.data[0], KRV_ZIP_RAW);
  assert_memory_equal(out.data + 1, raw, sizeof raw);
  krv_buf_release(&out);
}

static void an_unknown_dictionary_is_newer(void **state) {
  (void)state;
  uint8_t packed[64] = {0};
  for (unsigned v = 2; v < 256; v++) {
    packed[0] = (uint8_t)v;
    assert_int_equal(unpack(krv_slice(packed, sizeof packed), NULL), KRV_NEWER);
  }
}

/* Frames written by hand, after byte 0 (RFC 8878, 3.1.1): descriptor, then
 * window, dictionary id, content size as the descriptor says, then blocks. */
static void hostile_frames_are_refused_before_memory_is_taken(void **state) {
  (void)state;
  static const struct { const char *hex, *what; int status; } frames[] = {
      {"01" "e0" "0000000001000000" "010000", "claims 4 GiB", KRV_TOO_LARGE},
      {"01" "e0" "feffffffffffffff" "010000", "claims 2^64 - 2", KRV_TOO_LARGE},
      {"01" "e0" "ffffffffffffffff" "010000", "claims what stands for unknown", KRV_MALFORMED},
      {"01" "a0" "01000400" "010000", "claims 256 KiB and a byte", KRV_TOO_LARGE},
      {"01" "c0" "00" "0000000001000000" "010000", "claims 4 GiB, window 1 KiB", KRV_TOO_LARGE},
      {"01" "80" "98" "64000000" "010000", "100 bytes, window 512 MiB", KRV_TOO_LARGE},
      {"01" "80" "48" "64000000" "010000", "100 bytes, window 512 KiB", KRV_TOO_LARGE},
      {"01" "00" "00" "010000", "does not say its size", KRV_MALFORMED},
      {"01" "20" "00" "010000", "holds nothing", KRV_MALFORMED},
      {"01" "24" "01" "090000" "61" "5b6e8ca9", "has a good checksum", KRV_MALFORMED},
      {"01" "21" "05" "01" "090000" "61", "names a dictionary", KRV_MALFORMED},
      {"01" "28" "01" "090000" "61", "uses the reserved bit", KRV_MALFORMED},
      {"01" "20" "64" "090000" "61", "claims 100 and holds 1", KRV_MALFORMED},
      {"01" "20" "01" "110000" "6162", "claims 1 and holds 2", KRV_MALFORMED},
      {"01" "a0" "64000000" "030d18" "00", "claims 100, holds 200,000 zeros", KRV_MALFORMED},
      {"01" "20" "01" "0f0000", "has a reserved block", KRV_MALFORMED},
      {"01" "20" "01" "080000" "61", "has no last block", KRV_MALFORMED},
      {"01", "is not there", KRV_MALFORMED},
      {"", "is less than that", KRV_MALFORMED},
  };
  for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
    uint8_t bytes[64];
    struct krv_slice frame = hex_bytes(frames[i].hex, bytes, sizeof bytes);
    uint64_t before = t.allocations;
    int status = unpack(frame, NULL);
    if (status != frames[i].status) fail_msg("a frame that %s: %d", frames[i].what, status);
    if (status == KRV_TOO_LARGE) assert_int_equal(t.allocations, before + 1); /* its own copy */
  }
  uint8_t good[] = {1, 0x20, 1, 9, 0, 0, 'a'}; /* the shape of the above, without a flaw */
  size_t len = 0;
  assert_int_equal(unpack(krv_slice(good, sizeof good), &len), KRV_OK);
  assert_int_equal(len, 1);
}

static void a_frame_that_names_our_dictionary_is_another_form(void **state) {
  (void)state;
  unsigned id = ZSTD_getDictID_fromDict(krv_dict_1, krv_dict_1_len);
  uint8_t frame[] = {1, 0x23, (uint8_t)id, (uint8_t)(id >> 8), (uint8_t)(id >> 16),
                     (uint8_t)(id >> 24), 1, 9, 0, 0, 'a'};
  assert_true(id != 0);
  assert_int_equal(unpack(krv_slice(frame, sizeof frame), NULL), KRV_MALFORMED);
}

static void a_bomb_does_not_go_off(void **state) {
  (void)state;
  static const size_t sizes[] = {KRV_BODY_RAW_MAX, KRV_BODY_RAW_MAX + 1, 64 * MIB};
  struct krv_buf zeros;
  krv_buf_init(&zeros, &t.env);
  uint8_t *p = krv_buf_extend(&zeros, 64 * MIB);
  assert_non_null(p);
  memset(p, 0, 64 * MIB);
  for (int i = 0; i < 3; i++) {
    uint8_t frame[16 * 1024];
    size_t len = ZSTD_compress(frame, sizeof frame, p, sizes[i], 19);
    assert_false(ZSTD_isError(len));
    frame[3] = KRV_ZIP_DICT_1; /* in place of the magic's last byte */
    size_t out = 0;
    int status = unpack(krv_slice(frame + 3, len - 3), &out);
    assert_int_equal(status, i == 0 ? KRV_OK : KRV_TOO_LARGE);
    assert_int_equal(out, i == 0 ? KRV_BODY_RAW_MAX : 0);
  }
  krv_buf_release(&zeros);
}

static void a_frame_cut_anywhere_is_malformed(void **state) {
  (void)state;
  struct krv_buf packed;
  krv_buf_init(&packed, &t.env);
  pack_stranger(&packed);
  for (size_t len = 1; len < packed.len; len++)
    assert_int_equal(unpack(krv_slice(packed.data, len), NULL), KRV_MALFORMED);
  assert_int_equal(unpack(krv_buf_slice(&packed), NULL), KRV_OK);
  krv_buf_release(&packed);
}

static void after_a_frame_only_zeros_may_follow(void **state) {
  (void)state;
  struct krv_buf packed;
  krv_buf_init(&packed, &t.env);
  pack_stranger(&packed);
  size_t frame = packed.len, len = 0;
  for (int i = 0; i < 40; i++) krv_buf_u8(&packed, 0);
  assert_int_equal(unpack(krv_buf_slice(&packed), &len), KRV_OK);
  for (size_t i = frame; i < packed.len; i++) {
    packed.data[i] = 1;
    assert_int_equal(unpack(krv_buf_slice(&packed), NULL), KRV_MALFORMED);
    packed.data[i] = 0;
  }
  packed.len = frame; /* a second frame, with its magic, is garbage too */
  uint8_t second[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 9, 0, 0, 'a'};
  krv_buf_append(&packed, second, sizeof second);
  assert_int_equal(unpack(krv_buf_slice(&packed), NULL), KRV_MALFORMED);
  krv_buf_release(&packed);
}

static void a_damaged_frame_never_exceeds_the_cap(void **state) {
  (void)state;
  struct krv_buf packed;
  krv_buf_init(&packed, &t.env);
  pack_stranger(&packed);
  for (size_t i = 1; i < packed.len; i++) {
    for (unsigned bit = 1; bit < 256; bit <<= 1) {
      packed.data[i] ^= (uint8_t)bit;
      size_t len = 0;
      if (unpack(krv_buf_slice(&packed), &len) == KRV_OK) assert_true(len <= KRV_BODY_RAW_MAX);
      packed.data[i] ^= (uint8_t)bit;
    }
  }
  krv_buf_release(&packed);
}

/* The figure that "The bytes" speaks of: 200 bodies of 26 fields or so, the
 * narrative in sentences that the dictionary has not seen. */
static void strange_narratives_take_at_most_40_percent_of_json(void **state) {
  (void)state;
  enum { BODIES = 200, COMMIT_LESS_BODY = 16 + 2 + 4 + 3 + 16 + 2 + 64 + 16 };
  size_t json_sum = 0, commit_sum = 0;
  for (int i = 0; i < BODIES; i++) {
    struct krv_buf ops, json, raw, packed;
    struct krv_buf *all[] = {&ops, &json, &raw, &packed};
    for (int j = 0; j < 4; j++) krv_buf_init(all[j], &t.env);
    krv_stranger(&t, 26, 380, &ops, &json);
    struct krv_context_entry context[] = {{3, 9, {0}}, {5, 2, {0}}};
    struct krv_body body = {.roster_height = 12, .wall_s = t.wall_s + i * 977, .wall_quality = 1,
                            .context = context, .context_count = 2, .ops = krv_buf_slice(&ops)};
    t.env.random(&t, body.roster_head8, 8);
    for (int j = 0; j < 2; j++) t.env.random(&t, context[j].id8, 8);
    krv_body_encode(&body, &raw);
    assert_int_equal(krv_zip_pack(zip, krv_buf_slice(&raw), &packed), KRV_OK);
    json_sum += json.len;
    commit_sum += COMMIT_LESS_BODY + krv_pad_len(packed.len);
    for (int j = 0; j < 4; j++) krv_buf_release(all[j]);
  }
  print_message("commit %zu, JSON %zu bytes: %zu.%zu %%\n", commit_sum / BODIES, json_sum / BODIES,
                commit_sum * 100 / json_sum, commit_sum * 1000 / json_sum % 10);
  assert_true(commit_sum * 100 <= json_sum * 40);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(padding_has_a_floor_steps_and_then_padme),
      cmocka_unit_test(small_bodies_stay_raw),
      cmocka_unit_test(noise_stays_raw),
      cmocka_unit_test(an_unknown_dictionary_is_newer),
      cmocka_unit_test(hostile_frames_are_refused_before_memory_is_taken),
      cmocka_unit_test(a_frame_that_names_our_dictionary_is_another_form),
      cmocka_unit_test(a_bomb_does_not_go_off),
      cmocka_unit_test(a_frame_cut_anywhere_is_malformed),
      cmocka_unit_test(after_a_frame_only_zeros_may_follow),
      cmocka_unit_test(a_damaged_frame_never_exceeds_the_cap),
      cmocka_unit_test(strange_narratives_take_at_most_40_percent_of_json),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
