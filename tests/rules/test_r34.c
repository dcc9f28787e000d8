/* R34: the bytes of a body. */
#include "body.h"
#include "commit_vectors.h"
#include "hex.h"
#include "status.h"
#include "testenv.h"

static struct krv_testenv t;
static struct krv_context_entry room[KRV_CONTEXT_ENTRIES_MAX];

static void a_body_has_the_bytes_computed_elsewhere(void **state) {
  (void)state;
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
  struct krv_buf out;
  krv_testenv_init(&t, 34);
  krv_buf_init(&out, &t.env);
  krv_body_encode(&body, &out);
  assert_int_equal(out.status, KRV_OK);
  assert_hex(out.data, out.len, VECTOR_BODY);
  krv_buf_release(&out);
}

static void the_golden_body_reads_back(void **state) {
  (void)state;
  uint8_t bytes[256] = {0}, ops[32];
  struct krv_slice golden = hex_bytes(VECTOR_BODY, bytes, 128);
  golden.len += 40; /* padding */
  struct krv_body body;
  assert_int_equal(krv_body_decode(golden, room, &body), KRV_OK);
  assert_int_equal(body.roster_height, 300);
  assert_int_equal(body.wall_s, 1767225600);
  assert_int_equal(body.wall_quality, KRV_WALL_SERVER);
  assert_int_equal(body.context_count, 3);
  assert_int_equal(room[1].device, 3);
  assert_int_equal(room[1].n, 200);
  assert_int_equal(room[2].id8[7], 0x55);
  assert_true(krv_slice_equal(body.ops, hex_bytes(VECTOR_OPS, ops, sizeof ops)));
}

/* "The bytes": one field, record 0, three writers. */
static void one_field_and_two_entries_leave_17_bytes_of_the_floor(void **state) {
  (void)state;
  static const uint8_t ops[] = {0x91, 0x94, 0, 0, 0xcc, 0xc8, 0xc3}; /* set, field 200, true */
  struct krv_context_entry context[2] = {{90, 90, {0}}, {91, 1000, {0}}};
  struct krv_body body = {.roster_height = 300, .context = context, .context_count = 2,
                          .ops = {ops, sizeof ops}};
  struct krv_buf out;
  krv_testenv_init(&t, 34);
  krv_buf_init(&out, &t.env);
  krv_body_encode(&body, &out);
  assert_true(1 + out.len >= 45 && 1 + out.len <= 47); /* 1: the dictionary's version */
  krv_buf_release(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_body_has_the_bytes_computed_elsewhere),
      cmocka_unit_test(the_golden_body_reads_back),
      cmocka_unit_test(one_field_and_two_entries_leave_17_bytes_of_the_floor),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
