#include "ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "testenv.h"

static struct krv_ticket ticket_of(uint8_t n, int64_t started_s) {
  struct krv_ticket t;
  memset(&t, n, sizeof t);
  t.chain_started_s = started_s;
  return t;
}

static struct krv_key e_of(uint8_t n) {
  struct krv_key e;
  memset(&e, n, sizeof e);
  return e;
}

static int find(struct krv_tickets *cache, uint8_t n, int64_t now_s) {
  struct krv_ticket want = ticket_of(n, 0), got;
  krv_device_ix device;
  int status = krv_tickets_find(cache, &want.id, now_s, &device, &got);
  if (status == 0) assert_memory_equal(&got.psk, &want.psk, sizeof got.psk);
  return status;
}

static void put(struct krv_tickets *cache, krv_device_ix device, uint8_t n) {
  struct krv_ticket t = ticket_of(n, 1000);
  assert_int_equal(krv_tickets_put(cache, device, &t), 0);
}

static void a_saved_cache_comes_back_with_its_tries(void **state) {
  (void)state;
  struct krv_testenv world;
  struct krv_tickets *a, *b;
  struct krv_buf blob;
  krv_testenv_init(&world, 1);
  assert_int_equal(krv_tickets_new(&world.env, &a), 0);
  assert_int_equal(krv_tickets_new(&world.env, &b), 0);
  for (uint8_t n = 1; n <= 40; n++) put(a, n % 13u, n);
  struct krv_ticket t = ticket_of(40, 0);
  struct krv_key e = e_of(9);
  assert_int_equal(krv_tickets_used(a, &t.id, &e), 0);
  put(b, 1, 200);
  krv_buf_init(&blob, &world.env);
  assert_int_equal(krv_tickets_save(a, &blob), 0);
  assert_int_equal(krv_tickets_load(b, krv_buf_slice(&blob)), 0);
  assert_int_equal(find(b, 200, 1000), KRV_NOT_FOUND);
  for (uint8_t n = 1; n <= 40; n++) assert_int_equal(find(b, n, 1000), find(a, n, 1000));
  assert_int_equal(krv_tickets_used(b, &t.id, &e), KRV_DENIED);

  /* cut anywhere it is refused, and what was there stays */
  for (size_t len = 0; len < blob.len; len++) {
    uint8_t *exact = malloc(len + 1);
    assert_non_null(exact);
    memcpy(exact, blob.data, len);
    assert_int_equal(krv_tickets_load(b, krv_slice(exact, len)), KRV_MALFORMED);
    free(exact);
  }
  assert_int_equal(find(b, 40, 1000), 0);
  krv_buf_release(&blob);
  krv_tickets_free(a);
  krv_tickets_free(b);
  assert_int_equal(world.live, 0);
}

static void a_device_that_is_dropped_loses_its_tickets_and_others_none(void **state) {
  (void)state;
  struct krv_testenv world;
  struct krv_tickets *cache;
  krv_testenv_init(&world, 2);
  assert_int_equal(krv_tickets_new(&world.env, &cache), 0);
  for (uint8_t n = 0; n < 9; n++) put(cache, n % 3u, (uint8_t)(n + 1));
  krv_tickets_drop_device(cache, 1);
  for (uint8_t n = 0; n < 9; n++)
    assert_int_equal(find(cache, (uint8_t)(n + 1), 1000), n % 3 == 1 ? KRV_NOT_FOUND : 0);
  struct krv_ticket again = ticket_of(1, 1000);
  assert_int_equal(krv_tickets_put(cache, 0, &again), KRV_EXISTS);
  krv_tickets_free(cache);
}

static void without_memory_nothing_changes(void **state) {
  (void)state;
  struct krv_testenv world;
  struct krv_tickets *cache;
  krv_testenv_init(&world, 3);
  assert_int_equal(krv_tickets_new(&world.env, &cache), 0);
  for (uint8_t n = 0; n < 16; n++) put(cache, n, (uint8_t)(n + 1));
  world.fail_at = world.allocations + 1;
  struct krv_ticket t = ticket_of(99, 1000);
  assert_int_equal(krv_tickets_put(cache, 99, &t), KRV_NOMEM);
  assert_int_equal(find(cache, 99, 1000), KRV_NOT_FOUND);
  for (uint8_t n = 0; n < 16; n++) assert_int_equal(find(cache, (uint8_t)(n + 1), 1000), 0);
  put(cache, 99, 99);
  krv_tickets_free(cache);
  assert_int_equal(world.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_saved_cache_comes_back_with_its_tries),
      cmocka_unit_test(a_device_that_is_dropped_loses_its_tickets_and_others_none),
      cmocka_unit_test(without_memory_nothing_changes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
