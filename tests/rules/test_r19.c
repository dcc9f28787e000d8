/* R19: order and chain, cursors, backfills: a cursor that was told never passes an item that was
 * not sent, wherever the connection broke. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hash.h"
#include "msg.h"
#include "status.h"
#include "storekit.h"

enum { SEEN_MAX = 400 };

static struct krv_kit kit;
static struct krv_buf out;
static krv_device_ix worker, other;
static struct krv_kit_case kase;

static int set_up(void **state) {
  (void)state;
  krv_kit_init(&kit, 19, NULL);
  krv_buf_init(&out, &kit.t.env);
  worker = krv_kit_admit(&kit, KRV_ROLE_WORKER);
  other = krv_kit_admit(&kit, KRV_ROLE_WORKER);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_buf_release(&out);
  krv_kit_release(&kit);
  return kit.t.live == 0 ? 0 : -1;
}

static uint64_t head(void) {
  uint64_t seq;
  uint8_t chain[KRV_CHAIN_LEN];
  assert_int_equal(kit.store->driver->head(kit.store, &seq, chain), 0);
  return seq;
}

/* A case of the worker with commits up to n. */
static void make_case(uint64_t n) {
  krv_kit_case(&kit, worker, &kase);
  struct krv_id tip = kase.genesis;
  for (uint64_t i = 2; i <= n; i++) {
    struct krv_kit_commit c = {worker, true, i, tip, 4};
    krv_kit_commit(&kit, &kase, &c, &out, &tip);
    assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_COMMIT, &out, NULL), 0);
  }
  assert_int_equal(krv_batch_commit(kit.batch), 0);
}

static uint64_t grant_to(krv_group_ix group) {
  uint64_t seq;
  krv_kit_grant(&kit, &kase, group, KRV_ACCESS_WRITE, &out);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_GRANT, &out, &seq), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  return seq;
}

static size_t pull_all(krv_device_ix device, struct krv_cursor cursor, struct krv_kit_seen *seen) {
  size_t count = krv_kit_pull(&kit, device, &cursor, seen, SEEN_MAX);
  assert_int_equal(cursor.at, head());
  assert_int_equal(cursor.within, 0);
  return count;
}

/* Reads `slices` smallest slices, breaks, goes on from the cursor: together it is the whole.
 * Returns whether the break was inside a backfill. */
static bool broken_after(krv_device_ix device, unsigned slices, const struct krv_kit_seen *whole,
                         size_t whole_count) {
  static struct krv_kit_seen seen[SEEN_MAX];
  struct krv_cursor cursor = {0, 0};
  struct krv_pull *pull;
  uint64_t told = 0;
  size_t count = 0;
  assert_int_equal(krv_pull_new(&kit.t.env, kit.store, kit.roster, device, cursor, &pull), 0);
  for (unsigned i = 0; i < slices; i++) {
    krv_buf_reset(&out);
    assert_true(krv_pull_slice(pull, 1, &told, &out) >= 0);
    count += krv_kit_read(&out, &cursor, seen + count, SEEN_MAX - count);
  }
  krv_pull_free(pull);
  bool inside = cursor.within != 0;
  count += krv_kit_pull(&kit, device, &cursor, seen + count, SEEN_MAX - count);
  assert_int_equal(count, whole_count);
  assert_memory_equal(seen, whole, count * sizeof *seen);
  return inside;
}

static void sweep_breaks(krv_device_ix device, unsigned inside_min) {
  static struct krv_kit_seen whole[SEEN_MAX];
  memset(whole, 0, sizeof whole);
  size_t count = pull_all(device, (struct krv_cursor){0, 0}, whole);
  unsigned inside = 0;
  for (unsigned k = 0; k <= count + 2; k++) inside += broken_after(device, k, whole, count);
  assert_true(inside >= inside_min);
}

/* 17 at one place: a reader without what they stand on can ask for 16 of them. */
static void of_several_at_one_place_all_but_the_first_go_whole(void **state) {
  (void)state;
  enum { TWINS = 17 };
  static struct krv_kit_seen seen[SEEN_MAX];
  size_t shorts = 0, wholes = 0;
  make_case(1);
  for (uint32_t i = 0; i < TWINS; i++) {
    struct krv_id prev, id;
    memset(prev.b, (int)i + 1, sizeof prev.b); /* nobody has these */
    struct krv_kit_commit c = {worker, true, 5, prev, 16};
    krv_kit_commit(&kit, &kase, &c, &out, &id);
    assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_COMMIT, &out, NULL), 0);
  }
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  size_t count = pull_all(krv_kit_admit(&kit, KRV_ROLE_OFFICE), (struct krv_cursor){0, 0}, seen);
  for (size_t i = 0; i < count; i++) {
    shorts += seen[i].prev_len == 4;
    wholes += seen[i].prev_len == KRV_ID_LEN;
  }
  assert_int_equal(shorts, 1);
  assert_int_equal(wholes, TWINS - 1);
}

static void a_case_backfill_may_break_at_every_item(void **state) {
  (void)state;
  make_case(12);
  grant_to(krv_kit_member_group(&kit, other));
  make_case(3);
  grant_to(krv_kit_member_group(&kit, other));
  sweep_breaks(other, 14);
}

static void a_group_backfill_may_break_at_every_item(void **state) {
  (void)state;
  make_case(12);
  make_case(5);
  sweep_breaks(krv_kit_admit(&kit, KRV_ROLE_OFFICE), 19);
}

static void a_backfill_is_flat_in_order_of_seq_and_each_item_once(void **state) {
  (void)state;
  static struct krv_kit_seen seen[SEEN_MAX];
  krv_group_ix group = krv_kit_member_group(&kit, other);
  struct krv_msg_unroute unroute;
  make_case(4);
  unroute = (struct krv_msg_unroute){kase.id, krv_kit_member_group(&kit, worker)};
  grant_to(group);
  krv_device_ix late = krv_kit_admit(&kit, KRV_ROLE_OFFICE);
  size_t count = pull_all(late, (struct krv_cursor){0, 0}, seen);
  static const uint8_t kinds[] = {KRV_MSG_GENESIS, KRV_MSG_GRANT, KRV_MSG_COMMIT, KRV_MSG_COMMIT,
                                  KRV_MSG_COMMIT};
  assert_int_equal(count, 5);
  for (size_t i = 0; i < 5; i++) assert_int_equal(seen[i].kind, kinds[i]);
  /* the member's group: the grant to it, then again after unroute, all that the case holds */
  size_t before = pull_all(worker, (struct krv_cursor){0, 0}, seen);
  assert_int_equal(before, 5);
  krv_buf_reset(&out);
  krv_msg_unroute_encode(&unroute, &out);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_UNROUTE, &out, NULL), 0);
  struct krv_cursor from = {head(), 0};
  grant_to(unroute.group);
  count = pull_all(worker, from, seen);
  assert_int_equal(count, 5); /* genesis, three commits, the new grant */
  assert_int_equal(seen[4].kind, KRV_MSG_GRANT);
}

static void nothing_shows_before_its_grant_nor_while_unrouted(void **state) {
  (void)state;
  static struct krv_kit_seen seen[SEEN_MAX];
  krv_group_ix group = krv_kit_member_group(&kit, other);
  struct krv_msg_unroute unroute;
  make_case(3);
  assert_int_equal(pull_all(other, (struct krv_cursor){0, 0}, seen), 0);
  grant_to(group);
  assert_int_equal(pull_all(other, (struct krv_cursor){0, 0}, seen), 4);
  unroute = (struct krv_msg_unroute){kase.id, group};
  krv_buf_reset(&out);
  krv_msg_unroute_encode(&unroute, &out);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_UNROUTE, &out, NULL), 0);
  struct krv_id id;
  struct krv_kit_commit c = {worker, true, 9, kase.genesis, 16};
  krv_kit_commit(&kit, &kase, &c, &out, &id);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_COMMIT, &out, NULL), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  /* who has not read it yet never will */
  assert_int_equal(pull_all(other, (struct krv_cursor){0, 0}, seen), 0);
}

static void a_group_is_read_only_above_the_admission_and_not_after_expulsion(void **state) {
  (void)state;
  static struct krv_kit_seen seen[SEEN_MAX];
  make_case(4);
  krv_device_ix late = krv_kit_admit(&kit, KRV_ROLE_OFFICE);
  struct krv_cursor after = {head(), 0};
  make_case(1);
  assert_int_equal(pull_all(late, after, seen), 2); /* genesis and grant, no old ones */
  struct krv_statement expel = {.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE,
                                .device = late};
  assert_int_equal(krv_fleet_state(&kit.fleet, 0, &expel, 1), 0);
  krv_kit_push_roster(&kit);
  assert_int_equal(pull_all(late, (struct krv_cursor){0, 0}, seen), 0);
}

static void what_the_session_pushed_itself_is_not_sent_to_it(void **state) {
  (void)state;
  struct krv_kit_seen seen[8];
  struct krv_cursor cursor = {head(), 0};
  struct krv_pull *pull;
  uint64_t told = cursor.at, first;
  assert_int_equal(krv_pull_new(&kit.t.env, kit.store, kit.roster, worker, cursor, &pull), 0);
  make_case(3);
  first = head() - 4; /* genesis, two grants, two commits */
  static const uint64_t own[] = {4, 0, 1, 4, 2}; /* in any order, again, or for others' eyes */
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    assert_int_equal(krv_pull_skip(pull, first + own[i]), 0);
  krv_buf_reset(&out);
  assert_int_equal(krv_pull_slice(pull, SIZE_MAX, &told, &out), KRV_END);
  assert_int_equal(krv_kit_read(&out, &cursor, seen, 8), 1); /* the commit at first + 3 */
  assert_int_equal(seen[0].kind, KRV_MSG_COMMIT);
  assert_int_equal(told, head());
  krv_buf_reset(&out);
  assert_int_equal(krv_pull_slice(pull, SIZE_MAX, &told, &out), KRV_END);
  assert_int_equal(out.len, 0); /* a cursor that did not move is not told */
  krv_pull_free(pull);
}

static void commits_go_with_a_short_prev_and_without_a_case_that_was_just_named(void **state) {
  (void)state;
  make_case(3);
  struct krv_pull *pull;
  struct krv_msg_commit msg;
  struct krv_msg_grant grant;
  struct krv_msg_cursor cursor;
  uint64_t told = 0;
  uint8_t chain[KRV_CHAIN_LEN];
  assert_int_equal(
      krv_pull_new(&kit.t.env, kit.store, kit.roster, worker, (struct krv_cursor){0, 0}, &pull), 0);
  krv_buf_reset(&out);
  assert_int_equal(krv_pull_slice(pull, SIZE_MAX, &told, &out), KRV_END);
  struct krv_in in = krv_in(krv_buf_slice(&out));
  assert_int_equal(krv_in_u8(&in), KRV_MSG_GENESIS);
  krv_in_blob(&in, 65536);
  assert_int_equal(krv_in_u8(&in), KRV_MSG_GRANT);
  assert_int_equal(krv_msg_grant_decode(krv_in_blob(&in, 65536), &grant), 0);
  assert_true(grant.same_case);
  assert_int_equal(grant.giver, worker);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(krv_in_u8(&in), KRV_MSG_COMMIT);
    assert_int_equal(krv_msg_commit_decode(krv_in_blob(&in, 65536), &msg), 0);
    assert_true(msg.same_case);
    assert_int_equal(msg.prev_len, 4);
    assert_int_equal(msg.device, worker);
  }
  assert_int_equal(krv_in_u8(&in), KRV_MSG_CURSOR);
  assert_int_equal(krv_msg_cursor_decode(krv_in_blob(&in, 32), &cursor), 0);
  assert_int_equal(krv_in_end(&in), 0);
  assert_int_equal(cursor.advance, head());
  assert_int_equal(kit.store->driver->chain_at(kit.store, head(), chain), 0);
  assert_memory_equal(chain, cursor.chain8, 8);
  krv_pull_free(pull);
}

/* Reads the CURSOR that ends a slice; false: it has none. */
static bool read_more(bool *more) {
  struct krv_in in = krv_in(krv_buf_slice(&out));
  struct krv_msg_cursor cursor;
  bool found = false;
  while (krv_in_left(&in) > 0) {
    uint8_t kind = krv_in_u8(&in);
    struct krv_slice payload = krv_in_blob(&in, 65536);
    assert_false(found); /* it is the last message */
    if (kind != KRV_MSG_CURSOR) continue;
    assert_int_equal(krv_msg_cursor_decode(payload, &cursor), 0);
    *more = cursor.more;
    found = true;
  }
  assert_int_equal(krv_in_end(&in), 0);
  return found;
}

static void a_cursor_says_whether_another_follows_and_then_one_does(void **state) {
  (void)state;
  struct krv_pull *pull;
  make_case(4);
  for (size_t budget = 1; budget < 2000; budget += 37) {
    uint64_t told = 0;
    int status = 0;
    bool more = true;
    assert_int_equal(krv_pull_new(&kit.t.env, kit.store, kit.roster, worker,
                                  (struct krv_cursor){0, 0}, &pull), 0);
    while (status == 0) {
      krv_buf_reset(&out);
      status = krv_pull_slice(pull, budget, &told, &out);
      assert_true(status >= 0);
      assert_true(read_more(&more));
      assert_int_equal(more, status == 0);
    }
    assert_int_equal(told, head());
    krv_pull_free(pull);
  }
}

/* The id that the chain takes an item in under: a commit's own, else H16 of its stored bytes. */
static void chain_id(const struct krv_store_item *item, const struct krv_store_dot *dot,
                     struct krv_id *id) {
  const struct krv_slice parts[] = {{&item->kind, 1}, item->bytes};
  krv_h(KRV_DOMAIN_ITEM, parts, 2, id->b, KRV_ID_LEN);
  if (dot) *id = dot->id;
}

static void the_chain_runs_over_all_items_without_a_gap(void **state) {
  (void)state;
  make_case(5);
  uint8_t chain[KRV_CHAIN_LEN] = {0};
  uint64_t n = 1;
  struct krv_store_item item;
  for (uint64_t seq = 1; seq <= head(); seq++) {
    struct krv_store_dot dot;
    struct krv_id id;
    krv_buf_reset(&out);
    assert_int_equal(kit.store->driver->item_get(kit.store, seq, &item, &out), 0);
    bool commit = item.kind == KRV_MSG_GENESIS || item.kind == KRV_MSG_COMMIT;
    if (commit) {
      assert_int_equal(
          kit.store->driver->dot_next(kit.store, item.c, worker, n++, &krv_id_zero, &dot), 0);
      assert_int_equal(dot.seq, seq);
    }
    chain_id(&item, commit ? &dot : NULL, &id);
    const struct krv_slice parts[] = {{chain, sizeof chain}, {id.b, KRV_ID_LEN}};
    krv_h(KRV_DOMAIN_CHAIN, parts, 2, chain, sizeof chain);
    assert_memory_equal(item.chain, chain, sizeof chain);
  }
  assert_int_equal(n, 6);
}

static void requests_to_join_show_to_those_who_approve_and_a_second_key_is_told_once(void **state) {
  (void)state;
  static struct krv_kit_seen seen[SEEN_MAX];
  const uint8_t invite[8] = {1};
  struct krv_key first = {{1}}, second = {{2}};
  struct krv_slice request = krv_slice_str("terms and join");
  krv_device_ix supervisor = krv_kit_admit(&kit, KRV_ROLE_SUPERVISOR);
  assert_int_equal(krv_batch_join(kit.batch, invite, &first, request), 0);
  assert_int_equal(krv_batch_join(kit.batch, invite, &first, request), 0);
  assert_int_equal(krv_batch_join(kit.batch, invite, &first, krv_slice_str("other")), KRV_EXISTS);
  assert_int_equal(krv_batch_join(kit.batch, invite, &second, request), KRV_INVITE_USED);
  assert_int_equal(krv_batch_join(kit.batch, invite, &second, request), KRV_INVITE_USED);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(pull_all(worker, (struct krv_cursor){0, 0}, seen), 0);
  assert_int_equal(pull_all(supervisor, (struct krv_cursor){0, 0}, seen), 2);
  assert_int_equal(pull_all(0, (struct krv_cursor){0, 0}, seen), 2);
  assert_int_equal(seen[1].kind, KRV_MSG_JOIN);
}

static void boxes_receipts_and_needs_go_where_they_belong(void **state) {
  (void)state;
  static struct krv_kit_seen seen[SEEN_MAX];
  make_case(1);
  struct krv_cursor now = {head(), 0};
  struct krv_msg_box box = {.group = KRV_GROUP_EVERYONE, .device = other, .giver = 0};
  struct krv_msg_receipt receipt = {.office = KRV_MSG_NO_DEVICE, .author = worker, .count = 1,
                                    .id8 = kase.genesis.b, .mac = {1}};
  struct krv_msg_need need = {.kase = kase.id, .group = krv_kit_member_group(&kit, worker)};
  krv_buf_reset(&out);
  krv_msg_box_encode(&box, &out);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_BOX, &out, NULL), 0);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_BOX, &out, NULL), 0);
  box.device = KRV_MSG_NO_DEVICE; /* a member's, for the recovery key: kept, shown to nobody */
  box.group = krv_kit_member_group(&kit, worker);
  krv_buf_reset(&out);
  krv_msg_box_encode(&box, &out);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_BOX, &out, NULL), 0);
  krv_buf_reset(&out);
  krv_msg_receipt_encode(&receipt, &out);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_RECEIPT, &out, NULL), 0);
  krv_buf_reset(&out);
  krv_msg_need_encode(&need, &out);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_NEED, &out, NULL), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(head() - now.at, 4);
  assert_int_equal(pull_all(other, now, seen), 1);
  assert_int_equal(seen[0].kind, KRV_MSG_BOX);
  assert_int_equal(pull_all(worker, now, seen), 2);
  assert_int_equal(seen[0].kind, KRV_MSG_RECEIPT);
  assert_int_equal(seen[1].kind, KRV_MSG_NEED); /* a fellow may have the key (R14) */
  assert_int_equal(pull_all(0, now, seen), 1);
  assert_int_equal(seen[0].kind, KRV_MSG_NEED);
}

/* So that any device that is left can bring them, to another server too (R13). */
static void boxes_for_the_recovery_key_go_to_everyone_once(void **state) {
  (void)state;
  static struct krv_kit_seen seen[SEEN_MAX];
  struct krv_cursor now = {head(), 0};
  struct krv_msg_box box = {.group = KRV_GROUP_OFFICE, .device = KRV_MSG_NO_DEVICE, .giver = 0};
  for (krv_device_ix i = 0; i < 2; i++) {
    krv_buf_reset(&out);
    krv_msg_box_encode(&box, &out);
    assert_int_equal(krv_kit_push(&kit, i == 0 ? worker : other, KRV_MSG_BOX, &out, NULL), 0);
    assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_BOX, &out, NULL), 0);
  }
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(head() - now.at, 1); /* whoever brought it */
  assert_int_equal(pull_all(worker, now, seen), 1);
  assert_int_equal(seen[0].kind, KRV_MSG_BOX);
  assert_int_equal(pull_all(other, now, seen), 1);
  box.box[0] = 1; /* another one in the founder's name: it takes the place of nobody else's */
  krv_buf_reset(&out);
  krv_msg_box_encode(&box, &out);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_BOX, &out, NULL), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(pull_all(other, now, seen), 2);
  box.box[0] = 2; /* the giver's own next one takes that of his first */
  krv_buf_reset(&out);
  krv_msg_box_encode(&box, &out);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_BOX, &out, NULL), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(pull_all(other, now, seen), 2);
}

static void a_document_of_the_roster_goes_to_everyone_once(void **state) {
  (void)state;
  static struct krv_kit_seen seen[SEEN_MAX];
  struct krv_statement schema = {.kind = KRV_STATEMENT_SCHEMA, .schema_version = 1,
                                 .schema_hash = {7}};
  struct krv_msg_doc doc = {.hash = {7}, .sealed = krv_slice_str("sealed")};
  krv_buf_reset(&out);
  krv_msg_doc_encode(&doc, &out);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_DOC, &out, NULL), KRV_DENIED);
  assert_int_equal(krv_fleet_state(&kit.fleet, 0, &schema, 1), 0);
  krv_kit_push_roster(&kit);
  struct krv_cursor now = {head(), 0};
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_DOC, &out, NULL), 0);
  assert_int_equal(krv_kit_push(&kit, 0, KRV_MSG_DOC, &out, NULL), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(pull_all(other, now, seen), 1);
  assert_int_equal(pull_all(0, now, seen), 1);
  assert_int_equal(seen[0].kind, KRV_MSG_DOC);
}

static void the_same_grant_is_a_duplicate_until_its_group_was_cut_off(void **state) {
  (void)state;
  static struct krv_kit_seen seen[SEEN_MAX];
  struct krv_buf grant;
  struct krv_msg_unroute unroute;
  uint64_t seq;
  make_case(2);
  krv_buf_init(&grant, &kit.t.env);
  unroute = (struct krv_msg_unroute){kase.id, krv_kit_member_group(&kit, other)};
  krv_kit_grant(&kit, &kase, unroute.group, KRV_ACCESS_READ, &grant);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_GRANT, &grant, &seq), 0);
  assert_int_equal(seq, head());
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_GRANT, &grant, &seq), 0);
  assert_int_equal(seq, 0);
  krv_buf_reset(&out);
  krv_msg_unroute_encode(&unroute, &out);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_UNROUTE, &out, NULL), 0);
  struct krv_cursor now = {head(), 0};
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_GRANT, &grant, &seq), 0);
  assert_int_equal(seq, head());
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(pull_all(other, now, seen), 3);
  krv_buf_release(&grant);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(of_several_at_one_place_all_but_the_first_go_whole),
      T(a_case_backfill_may_break_at_every_item),
      T(a_group_backfill_may_break_at_every_item),
      T(a_backfill_is_flat_in_order_of_seq_and_each_item_once),
      T(nothing_shows_before_its_grant_nor_while_unrouted),
      T(a_group_is_read_only_above_the_admission_and_not_after_expulsion),
      T(what_the_session_pushed_itself_is_not_sent_to_it),
      T(commits_go_with_a_short_prev_and_without_a_case_that_was_just_named),
      T(a_cursor_says_whether_another_follows_and_then_one_does),
      T(the_chain_runs_over_all_items_without_a_gap),
      T(requests_to_join_show_to_those_who_approve_and_a_second_key_is_told_once),
      T(a_document_of_the_roster_goes_to_everyone_once),
      T(the_same_grant_is_a_duplicate_until_its_group_was_cut_off),
      T(boxes_receipts_and_needs_go_where_they_belong),
      T(boxes_for_the_recovery_key_go_to_everyone_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
