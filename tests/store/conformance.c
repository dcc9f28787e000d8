/* One suite for all storage drivers: each test runs on the memory driver and on SQLite, and one
 * compares the two under random operations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "status.h"
#include "storekit.h"

struct place {
  struct krv_testenv t;
  struct krv_store *store;
  char folder[64], path[96];
};

static int open_memory(void **state) {
  static struct place place;
  krv_testenv_init(&place.t, 1);
  place.folder[0] = '\0';
  *state = &place;
  return krv_store_mem_new(&place.t.env, &place.store);
}

static int open_sqlite(void **state) {
  static struct place place;
  krv_testenv_init(&place.t, 1);
  krv_kit_tempdir(place.folder, place.path);
  *state = &place;
  return krv_store_sqlite_open(&place.t.env, place.path, &place.store);
}

static int close_place(void **state) {
  struct place *place = *state;
  place->store->driver->close(place->store);
  if (place->folder[0]) krv_kit_rmdir(place->folder);
  return place->t.live == 0 ? 0 : -1;
}

static struct krv_store_item item_of(uint64_t seq, uint64_t c, const char *text) {
  struct krv_store_item item = {.seq = seq, .kind = 11, .c = c, .bringer = 3,
                                .bytes = krv_slice_str(text)};
  memset(item.chain, (int)seq, sizeof item.chain);
  return item;
}

static void an_empty_store_has_nothing(void **state) {
  struct krv_store *s = ((struct place *)*state)->store;
  const struct krv_store_driver *d = s->driver;
  struct krv_buf buf;
  struct krv_store_item item;
  struct krv_store_access access;
  struct krv_store_dot dot;
  struct krv_store_case kase;
  uint64_t seq = 9, at = 9;
  uint8_t chain[KRV_CHAIN_LEN], zero[KRV_CHAIN_LEN] = {0};
  krv_buf_init(&buf, s->env);
  assert_int_equal(d->head(s, &seq, chain), 0);
  assert_int_equal(seq, 0);
  assert_memory_equal(chain, zero, sizeof zero);
  assert_int_equal(d->chain_at(s, 1, chain), KRV_NOT_FOUND);
  assert_int_equal(d->item_get(s, 1, &item, &buf), KRV_NOT_FOUND);
  assert_int_equal(d->case_next(s, 1, 0, &seq), KRV_END);
  assert_int_equal(d->case_find(s, &krv_id_zero, &kase), KRV_NOT_FOUND);
  assert_int_equal(d->dot_next(s, 1, 0, 1, &krv_id_zero, &dot), KRV_END);
  assert_int_equal(d->access_get(s, 1, 0, &access), KRV_NOT_FOUND);
  assert_int_equal(d->access_next(s, 1, 0, &access), KRV_END);
  assert_int_equal(d->inbox_next(s, 0, 0, 0, &at, &seq), KRV_END);
  assert_int_equal(d->inbox_flat(s, 0, UINT64_MAX, 0, &seq), KRV_END);
  assert_int_equal(d->roster_get(s, 0, &buf), KRV_NOT_FOUND);
  assert_int_equal(d->kv_get(s, KRV_KV_META, krv_slice_str("x"), &buf), KRV_NOT_FOUND);
  assert_int_equal(buf.len, 0);
  krv_buf_release(&buf);
}

static void items_come_back_and_head_follows(void **state) {
  struct krv_store *s = ((struct place *)*state)->store;
  const struct krv_store_driver *d = s->driver;
  struct krv_buf buf;
  uint64_t seq;
  uint8_t chain[KRV_CHAIN_LEN];
  krv_buf_init(&buf, s->env);
  krv_buf_u8(&buf, 7);
  assert_int_equal(d->begin(s), 0);
  for (uint64_t i = 1; i <= 20; i++) {
    struct krv_store_item item = item_of(i, i % 3, i == 5 ? "" : "some bytes");
    assert_int_equal(d->item_put(s, &item), 0);
  }
  assert_int_equal(d->commit(s), 0);
  assert_int_equal(d->head(s, &seq, chain), 0);
  assert_int_equal(seq, 20);
  struct krv_store_item out;
  assert_int_equal(d->item_get(s, 7, &out, &buf), 0);
  assert_true(krv_slice_equal(out.bytes, krv_slice_str("some bytes")));
  assert_ptr_equal(out.bytes.data, buf.data + 1);
  assert_int_equal(out.c, 1);
  assert_int_equal(out.kind, 11);
  assert_int_equal(out.bringer, 3);
  assert_int_equal(out.chain[0], 7);
  assert_int_equal(d->item_get(s, 5, &out, &buf), 0);
  assert_int_equal(out.bytes.len, 0);
  uint64_t after = 0, expected = 2;
  while (d->case_next(s, 2, after, &seq) == 0) {
    assert_int_equal(seq, expected);
    after = seq;
    expected += 3;
  }
  assert_int_equal(expected, 23);
  assert_int_equal(d->case_next(s, 0, 0, &seq), KRV_END); /* 0 is no case */
  krv_buf_release(&buf);
}

static void rollback_forgets_everything(void **state) {
  struct krv_store *s = ((struct place *)*state)->store;
  const struct krv_store_driver *d = s->driver;
  struct krv_buf buf;
  uint64_t seq, at;
  uint8_t chain[KRV_CHAIN_LEN];
  struct krv_store_case kase = {.creator = 1, .genesis_seq = 1};
  struct krv_id id = {{1}};
  krv_buf_init(&buf, s->env);
  assert_int_equal(d->begin(s), 0);
  assert_int_equal(d->kv_put(s, KRV_KV_META, krv_slice_str("k"), krv_slice_str("one")), 0);
  assert_int_equal(d->commit(s), 0);
  assert_int_equal(d->begin(s), 0);
  struct krv_store_item item = item_of(1, 1, "x");
  assert_int_equal(d->item_put(s, &item), 0);
  assert_int_equal(d->case_put(s, &id, &kase), 0);
  assert_int_equal(d->inbox_put(s, 4, 1, 1), 0);
  assert_int_equal(d->kv_put(s, KRV_KV_META, krv_slice_str("k"), krv_slice_str("two")), 0);
  assert_int_equal(d->kv_put(s, KRV_KV_META, krv_slice_str("k"), krv_slice_str("three")), 0);
  assert_int_equal(d->inbox_next(s, 4, 0, 0, &at, &seq), 0); /* reads see the open transaction */
  d->rollback(s);
  assert_int_equal(d->head(s, &seq, chain), 0);
  assert_int_equal(seq, 0);
  assert_int_equal(d->case_find(s, &id, &kase), KRV_NOT_FOUND);
  assert_int_equal(d->inbox_next(s, 4, 0, 0, &at, &seq), KRV_END);
  assert_int_equal(d->kv_get(s, KRV_KV_META, krv_slice_str("k"), &buf), 0);
  assert_true(krv_slice_equal(krv_buf_slice(&buf), krv_slice_str("one")));
  krv_buf_release(&buf);
}

static void several_commits_at_one_dot_stand_in_order_of_id(void **state) {
  struct krv_store *s = ((struct place *)*state)->store;
  const struct krv_store_driver *d = s->driver;
  struct krv_store_dot dot;
  assert_int_equal(d->begin(s), 0);
  for (uint8_t i = 1; i <= 5; i++) {
    struct krv_store_dot put = {{{(uint8_t)(60 - 10 * i)}}, i}; /* the newest is the lowest */
    assert_int_equal(d->dot_put(s, 1, 2, UINT64_MAX, &put), 0);
    assert_int_equal(d->dot_put(s, 1, 2, i, &put), 0);
  }
  for (uint8_t from = 0; from <= 51; from++) {
    struct krv_id id = {{from}};
    int first = from <= 10 ? 10 : (from + 9) / 10 * 10;
    assert_int_equal(d->dot_next(s, 1, 2, UINT64_MAX, &id, &dot), from > 50 ? KRV_END : 0);
    if (from > 50) break;
    assert_int_equal(dot.id.b[0], first);
    assert_int_equal(dot.seq, (60 - first) / 10);
  }
  assert_int_equal(d->dot_next(s, 1, 2, 3, &krv_id_zero, &dot), 0);
  assert_int_equal(dot.seq, 3);
  struct krv_id above;
  assert_true(krv_id_next(&dot.id, &above));
  assert_int_equal(d->dot_next(s, 1, 2, 3, &above, &dot), KRV_END);
  assert_int_equal(d->commit(s), 0);
}

static void inbox_rows_merge_by_position_and_flatten_by_seq(void **state) {
  struct krv_store *s = ((struct place *)*state)->store;
  const struct krv_store_driver *d = s->driver;
  static const uint64_t rows[][2] = {{3, 3}, {5, 1}, {5, 2}, {5, 5}, {9, 3}, {9, 9}, {10, 10}};
  uint64_t at, seq;
  assert_int_equal(d->begin(s), 0);
  for (int twice = 0; twice < 2; twice++)
    for (size_t i = 7; i-- > 0;) assert_int_equal(d->inbox_put(s, 8, rows[i][0], rows[i][1]), 0);
  assert_int_equal(d->inbox_put(s, 7, 1, 1), 0);
  assert_int_equal(d->inbox_put(s, 9, 2, 2), 0);
  assert_int_equal(d->commit(s), 0);
  uint64_t last_at = 0, last_seq = 0;
  for (size_t i = 0; i < 7; i++) {
    assert_int_equal(d->inbox_next(s, 8, last_at, last_seq, &at, &seq), 0);
    assert_int_equal(at, rows[i][0]);
    assert_int_equal(seq, rows[i][1]);
    last_at = at;
    last_seq = seq;
  }
  assert_int_equal(d->inbox_next(s, 8, last_at, last_seq, &at, &seq), KRV_END);
  assert_int_equal(d->inbox_next(s, 8, 5, UINT64_MAX, &at, &seq), 0);
  assert_int_equal(at, 9);
  static const uint64_t flat[] = {1, 2, 3, 5};
  uint64_t after = 0;
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(d->inbox_flat(s, 8, 9, after, &seq), 0);
    assert_int_equal(seq, flat[i]);
    after = seq;
  }
  assert_int_equal(d->inbox_flat(s, 8, 9, after, &seq), KRV_END);
}

static void what_was_taken_out_of_a_box_is_gone_from_it_alone(void **state) {
  struct krv_store *s = ((struct place *)*state)->store;
  const struct krv_store_driver *d = s->driver;
  uint64_t at, seq;
  assert_int_equal(d->begin(s), 0);
  for (krv_box box = 1; box <= 2; box++) {
    assert_int_equal(d->inbox_put(s, box, 3, 3), 0);
    assert_int_equal(d->inbox_put(s, box, 5, 3), 0);
    assert_int_equal(d->inbox_put(s, box, 4, 4), 0);
  }
  assert_int_equal(d->commit(s), 0);
  assert_int_equal(d->begin(s), 0);
  assert_int_equal(d->inbox_drop(s, 1, 3, &at), 0);
  assert_int_equal(at, 3);
  assert_int_equal(d->inbox_drop(s, 1, 3, &at), KRV_NOT_FOUND);
  assert_int_equal(d->inbox_next(s, 1, 0, 0, &at, &seq), 0);
  assert_int_equal(seq, 4);
  assert_int_equal(d->inbox_next(s, 1, at, seq, &at, &seq), KRV_END);
  assert_int_equal(d->inbox_flat(s, 1, 9, 0, &seq), 0);
  assert_int_equal(seq, 4);
  d->rollback(s);
  assert_int_equal(d->inbox_next(s, 1, 0, 0, &at, &seq), 0);
  assert_int_equal(seq, 3);
  assert_int_equal(d->begin(s), 0);
  assert_int_equal(d->inbox_drop(s, 1, 3, &at), 0);
  assert_int_equal(d->inbox_put(s, 1, 7, 3), 0); /* and in again, further on */
  assert_int_equal(d->commit(s), 0);
  assert_int_equal(d->inbox_flat(s, 1, 7, 0, &seq), 0);
  assert_int_equal(seq, 4);
  assert_int_equal(d->inbox_next(s, 1, 4, 4, &at, &seq), 0);
  assert_int_equal(at, 7);
  assert_int_equal(d->inbox_next(s, 2, 0, 0, &at, &seq), 0);
  assert_int_equal(at, 3);
}

/* ---- the two drivers give equal answers ---- */

static void same_answers(struct krv_store *a, struct krv_store *b, struct krv_testenv *t) {
  uint64_t x = krv_testenv_below(t, 12), y = krv_testenv_below(t, 12), z = krv_testenv_below(t, 12);
  uint64_t a1, a2, b1, b2;
  struct krv_store_dot da, db;
  struct krv_store_access aa, ab;
  struct krv_store_grant key = {.c = x, .group = (krv_group_ix)y, .giver = (krv_device_ix)z};
  assert_int_equal(a->driver->case_next(a, x, y, &a1), b->driver->case_next(b, x, y, &b1));
  assert_int_equal(a1, b1);
  assert_int_equal(a->driver->inbox_next(a, x, y, z, &a1, &a2),
                   b->driver->inbox_next(b, x, y, z, &b1, &b2));
  assert_int_equal(a1, b1);
  assert_int_equal(a2, b2);
  assert_int_equal(a->driver->inbox_flat(a, x, y, z, &a1), b->driver->inbox_flat(b, x, y, z, &b1));
  assert_int_equal(a1, b1);
  struct krv_id from = {{(uint8_t)(z & 0xff)}};
  assert_int_equal(a->driver->dot_next(a, x, (krv_device_ix)y, 1, &from, &da),
                   b->driver->dot_next(b, x, (krv_device_ix)y, 1, &from, &db));
  assert_memory_equal(&da.id, &db.id, sizeof da.id);
  assert_int_equal(da.seq, db.seq);
  assert_int_equal(a->driver->access_next(a, x, (krv_group_ix)y, &aa),
                   b->driver->access_next(b, x, (krv_group_ix)y, &ab));
  assert_int_equal(aa.group, ab.group);
  assert_int_equal(aa.mode, ab.mode);
  assert_int_equal(aa.routed_seq, ab.routed_seq);
  assert_int_equal(a->driver->access_get(a, x, (krv_group_ix)y, &aa),
                   b->driver->access_get(b, x, (krv_group_ix)y, &ab));
  assert_int_equal(aa.wrote_once, ab.wrote_once);
  assert_int_equal(a->driver->grant_find(a, &key, &a1), b->driver->grant_find(b, &key, &b1));
  assert_int_equal(a1, b1);
}

static void put_both(struct krv_store *s, const uint64_t v[4], uint64_t next_seq) {
  const struct krv_store_driver *d = s->driver;
  struct krv_store_access access = {(krv_group_ix)v[1], (uint8_t)v[2], v[3] & 1, v[3]};
  struct krv_store_grant grant = {
      .c = v[0], .group = (krv_group_ix)v[1], .giver = (krv_device_ix)v[2]};
  struct krv_store_dot dot = {{{(uint8_t)v[3]}}, next_seq};
  struct krv_store_item item = item_of(next_seq, v[0], "item");
  assert_int_equal(d->item_put(s, &item), 0);
  assert_int_equal(d->access_put(s, v[0], &access), 0);
  assert_int_equal(d->grant_put(s, &grant, v[3]), 0);
  assert_int_equal(d->dot_put(s, v[0], (krv_device_ix)v[1], 1, &dot), 0);
  /* nothing is visible before it is there */
  uint64_t at = v[1] > v[2] ? v[1] : v[2], seq = v[1] > v[2] ? v[2] : v[1];
  assert_int_equal(d->inbox_put(s, v[0], at, seq), 0);
  if (v[3] % 3 == 0) assert_true(d->inbox_drop(s, v[1], v[2], &at) <= 0);
  assert_int_equal(d->roster_put(s, (uint32_t)v[0], krv_slice(v, sizeof *v)), 0);
  assert_int_equal(d->kv_put(s, KRV_KV_DOC, krv_slice(v, 8), krv_slice(v + 1, 16)), 0);
}

static void random_operations_give_equal_answers(void **state) {
  (void)state;
  struct krv_testenv t;
  struct krv_store *stores[2];
  char folder[64], path[96];
  krv_testenv_init(&t, 38);
  krv_kit_tempdir(folder, path);
  assert_int_equal(krv_store_mem_new(&t.env, &stores[0]), 0);
  assert_int_equal(krv_store_sqlite_open(&t.env, path, &stores[1]), 0);
  uint64_t head = 0;
  for (int round = 0; round < 60; round++) {
    uint64_t count = krv_testenv_below(&t, 12), before = head;
    bool keep = krv_testenv_below(&t, 3) > 0;
    for (int i = 0; i < 2; i++) assert_int_equal(stores[i]->driver->begin(stores[i]), 0);
    for (uint64_t k = 0; k < count; k++) {
      uint64_t v[4];
      for (int i = 0; i < 4; i++) v[i] = krv_testenv_below(&t, 12);
      head++;
      for (int i = 0; i < 2; i++) put_both(stores[i], v, head);
      same_answers(stores[0], stores[1], &t);
    }
    for (int i = 0; i < 2; i++) {
      if (keep) assert_int_equal(stores[i]->driver->commit(stores[i]), 0);
      else stores[i]->driver->rollback(stores[i]);
    }
    if (!keep) head = before;
    for (int k = 0; k < 40; k++) same_answers(stores[0], stores[1], &t);
  }
  for (int i = 0; i < 2; i++) stores[i]->driver->close(stores[i]);
  krv_kit_rmdir(folder);
  assert_int_equal(t.live, 0);
}

#define BOTH(test)                                                                     \
  {#test " (memory)", test, open_memory, close_place, NULL},                           \
  {#test " (sqlite)", test, open_sqlite, close_place, NULL}

int main(void) {
  const struct CMUnitTest tests[] = {
      BOTH(an_empty_store_has_nothing),
      BOTH(items_come_back_and_head_follows),
      BOTH(rollback_forgets_everything),
      BOTH(several_commits_at_one_dot_stand_in_order_of_id),
      BOTH(inbox_rows_merge_by_position_and_flatten_by_seq),
      BOTH(what_was_taken_out_of_a_box_is_gone_from_it_alone),
      cmocka_unit_test(random_operations_give_equal_answers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
