#include "body.h"
#include "hex.h"
#include "status.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX];
static const uint8_t nil_ops[] = {0xc0};

/* height 1, head8, wall 0, quality 0 */
#define HEAD "01" "0000000000000000" "00000000" "00"
#define ID8 "0102030405060708"

static int decode(const char *hex) {
  uint8_t bytes[512];
  struct krv_body body;
  int status = krv_body_decode(hex_bytes(hex, bytes, sizeof bytes), room, &body);
  if (status != KRV_OK) assert_null(body.ops.data);
  return status;
}

static int64_t wall_after(int64_t wall_s) {
  struct krv_body body = {.wall_s = wall_s, .ops = {nil_ops, sizeof nil_ops}}, again;
  struct krv_buf out;
  krv_buf_init(&out, &t.env);
  krv_body_encode(&body, &out);
  assert_int_equal(krv_body_decode(krv_buf_slice(&out), room, &again), KRV_OK);
  krv_buf_release(&out);
  return again.wall_s;
}

static void wall_time_is_clamped_to_2020_and_2156(void **state) {
  (void)state;
  krv_testenv_init(&t, 1);
  const int64_t first = 1577836800, last = first + UINT32_MAX;
  assert_int_equal(wall_after(INT64_MIN), first);
  assert_int_equal(wall_after(0), first);
  assert_int_equal(wall_after(first + 1), first + 1);
  assert_int_equal(wall_after(last), last);
  assert_int_equal(wall_after(INT64_MAX), last);
}

static void other_forms_are_refused(void **state) {
  (void)state;
  static const struct { const char *hex; int status; } table[] = {
      {HEAD "00" "c0", KRV_OK},
      {HEAD "00" "c0" "000000", KRV_OK},
      {HEAD "00" "c0" "000001", KRV_MALFORMED},                        /* garbage in the padding */
      {HEAD "00" "c0" "c0", KRV_MALFORMED},                            /* a second object */
      {HEAD "00", KRV_MALFORMED},                                      /* no operations */
      {HEAD "00" "92c0", KRV_MALFORMED},                               /* cut short */
      {HEAD "01" "00" "01" ID8 "c0", KRV_OK},
      {HEAD "01" "00" "00" ID8 "c0", KRV_MALFORMED},                   /* n = 0 */
      {HEAD "02" "0001" ID8 "0001" ID8 "c0", KRV_MALFORMED},           /* twice */
      {HEAD "02" "0001" ID8 "0001" "0102030405060709" "c0", KRV_OK},   /* a fork */
      {HEAD "02" "0002" ID8 "0001" ID8 "c0", KRV_MALFORMED},           /* n falls */
      {HEAD "02" "0101" ID8 "0002" ID8 "c0", KRV_MALFORMED},           /* device falls */
      {HEAD "01" "8000" "01" ID8 "c0", KRV_MALFORMED},                 /* a longer varint */
      {HEAD "8104" "c0", KRV_TOO_LARGE},                               /* 513 entries */
      {"c1843d" "0000000000000000" "0000000000" "00" "c0", KRV_TOO_LARGE}, /* height 1,000,001 */
      {"01" "00000000000000", KRV_MALFORMED},
      {"", KRV_MALFORMED},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    int status = decode(table[i].hex);
    if (status != table[i].status) fail_msg("%s: %d", table[i].hex, status);
  }
}

static int forks(uint32_t count, bool encode_fails) {
  struct krv_context_entry context[KRV_CONTEXT_TIPS_PER_DEVICE_MAX + 1];
  struct krv_body body = {.context = context, .context_count = count,
                          .ops = {nil_ops, sizeof nil_ops}};
  struct krv_buf out;
  krv_testenv_init(&t, 2);
  krv_buf_init(&out, &t.env);
  for (uint32_t i = 0; i < count; i++)
    context[i] = (struct krv_context_entry){encode_fails ? 4 : i, 7 + i, {0}};
  krv_body_encode(&body, &out);
  int status = out.status;
  if (status == KRV_OK && count > KRV_CONTEXT_TIPS_PER_DEVICE_MAX) {
    /* make all entries name device 4: ten bytes each, the device first */
    for (uint32_t i = 0; i < count; i++) out.data[15 + 10 * i] = 4;
    status = krv_body_decode(krv_buf_slice(&out), room, &body);
  }
  krv_buf_release(&out);
  return status;
}

static void one_device_has_at_most_16_tips_in_a_context(void **state) {
  (void)state;
  assert_int_equal(forks(16, true), KRV_OK);
  assert_int_equal(forks(17, true), KRV_TOO_LARGE);
  assert_int_equal(forks(17, false), KRV_TOO_LARGE);
}

static void a_context_of_512_devices_is_full(void **state) {
  (void)state;
  static struct krv_context_entry context[KRV_CONTEXT_ENTRIES_MAX + 1];
  struct krv_body body = {.context = context, .ops = {nil_ops, sizeof nil_ops}}, again;
  struct krv_buf out;
  krv_testenv_init(&t, 3);
  krv_buf_init(&out, &t.env);
  for (uint32_t i = 0; i <= KRV_CONTEXT_ENTRIES_MAX; i++)
    context[i] = (struct krv_context_entry){i * 8388608u, UINT64_MAX - i, {0}};
  body.context_count = KRV_CONTEXT_ENTRIES_MAX;
  krv_body_encode(&body, &out);
  assert_int_equal(krv_body_decode(krv_buf_slice(&out), room, &again), KRV_OK);
  assert_memory_equal(room, context, sizeof room);
  krv_buf_reset(&out);
  body.context_count++;
  krv_body_encode(&body, &out);
  assert_int_equal(out.status, KRV_TOO_LARGE);
  krv_buf_release(&out);
}

static void a_body_cut_anywhere_is_malformed(void **state) {
  (void)state;
  uint8_t bytes[64];
  struct krv_slice whole = hex_bytes(HEAD "01" "0001" ID8 "92a3616263c3", bytes, sizeof bytes);
  struct krv_body body;
  assert_int_equal(krv_body_decode(whole, room, &body), KRV_OK);
  for (size_t len = 0; len < whole.len; len++)
    assert_int_equal(krv_body_decode(krv_slice(bytes, len), room, &body), KRV_MALFORMED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wall_time_is_clamped_to_2020_and_2156),
      cmocka_unit_test(other_forms_are_refused),
      cmocka_unit_test(one_device_has_at_most_16_tips_in_a_context),
      cmocka_unit_test(a_context_of_512_devices_is_full),
      cmocka_unit_test(a_body_cut_anywhere_is_malformed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
