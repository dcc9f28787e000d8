/* R11: what the server refuses, each refusal by a real item, and a refused one leaves no trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aead.h"
#include "msg.h"
#include "status.h"
#include "storekit.h"

static struct krv_kit kit;
static struct krv_buf out;
static krv_device_ix worker, other, auditor;
static struct krv_kit_case kase;

static int set_up(void **state) {
  (void)state;
  krv_kit_init(&kit, 11, NULL);
  krv_buf_init(&out, &kit.t.env);
  worker = krv_kit_admit(&kit, KRV_ROLE_WORKER);
  other = krv_kit_admit(&kit, KRV_ROLE_WORKER);
  auditor = krv_kit_admit(&kit, KRV_ROLE_AUDITOR);
  krv_kit_case(&kit, worker, &kase);
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

static void refused(krv_device_ix bringer, enum krv_message_kind kind, int status) {
  uint64_t before = head(), seq = 7;
  assert_int_equal(krv_kit_push(&kit, bringer, kind, &out, &seq), status);
  assert_int_equal(seq, 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  assert_int_equal(head(), before);
}

static void taken(krv_device_ix bringer, enum krv_message_kind kind) {
  uint64_t before = head(), seq;
  assert_int_equal(krv_kit_push(&kit, bringer, kind, &out, &seq), 0);
  assert_int_equal(seq, before + 1);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
}

/* The author's commit at n on prev, its device left out. */
static struct krv_id commit(krv_device_ix author, uint64_t n, const struct krv_id *prev,
                            uint8_t len) {
  struct krv_id id;
  struct krv_kit_commit c = {author, true, n, *prev, len};
  krv_kit_commit(&kit, &kase, &c, &out, &id);
  return id;
}

static void a_commit_of_the_creator_is_taken_and_again_is_a_duplicate(void **state) {
  (void)state;
  commit(worker, 2, &kase.genesis, 4);
  taken(worker, KRV_MSG_COMMIT);
  refused(worker, KRV_MSG_COMMIT, 0);
}

static void a_short_prev_that_fits_nothing_or_two_needs_prev(void **state) {
  (void)state;
  struct krv_id wrong = {{0xee}};
  commit(worker, 2, &wrong, 4);
  refused(worker, KRV_MSG_COMMIT, KRV_NEED_PREV);
  commit(worker, 5, &wrong, 16); /* any n, with the whole prev */
  taken(worker, KRV_MSG_COMMIT);
  struct krv_store_case row;
  struct krv_store_dot twin = {kase.genesis, 900}; /* equal in its first 4 bytes */
  twin.id.b[4] ^= 1;
  const struct krv_store_driver *driver = kit.store->driver;
  assert_int_equal(driver->case_find(kit.store, &kase.id, &row), 0);
  assert_int_equal(driver->begin(kit.store), 0);
  assert_int_equal(driver->dot_put(kit.store, row.c, worker, 1, &twin), 0);
  assert_int_equal(driver->commit(kit.store), 0);
  commit(worker, 2, &kase.genesis, 4);
  refused(worker, KRV_MSG_COMMIT, KRV_NEED_PREV);
  commit(worker, 2, &kase.genesis, 16);
  taken(worker, KRV_MSG_COMMIT);
}

static void a_fork_is_kept_beside_what_stands(void **state) {
  (void)state;
  struct krv_id a = commit(worker, 2, &kase.genesis, 16);
  taken(worker, KRV_MSG_COMMIT);
  struct krv_id b = commit(worker, 2, &kase.genesis, 16);
  taken(worker, KRV_MSG_COMMIT);
  commit(worker, 3, &a, 4);
  taken(worker, KRV_MSG_COMMIT);
  commit(worker, 3, &b, 4);
  taken(worker, KRV_MSG_COMMIT);
}

static struct krv_store_driver counting;
static const struct krv_store_driver *real;
static uint32_t looks;

static int count_look(struct krv_store *store, uint64_t c, krv_device_ix device, uint64_t n,
                      const struct krv_id *from, struct krv_store_dot *dot) {
  looks++;
  return real->dot_next(store, c, device, n, from, dot);
}

/* I6: what it costs to take a commit does not grow with how many stand at its dot. */
static void a_flood_of_forks_costs_a_few_looks_a_commit(void **state) {
  (void)state;
  struct krv_id first = commit(worker, 2, &kase.genesis, 16);
  taken(worker, KRV_MSG_COMMIT);
  real = kit.store->driver;
  counting = *real;
  counting.dot_next = count_look;
  kit.store->driver = &counting;
  for (uint32_t i = 0; i < 200; i++) {
    looks = 0;
    commit(worker, 2, &kase.genesis, 16);
    taken(worker, KRV_MSG_COMMIT);
    assert_in_range(looks, 1, 2);
    looks = 0;
    refused(worker, KRV_MSG_COMMIT, 0); /* the same again */
    assert_in_range(looks, 1, 2);
  }
  looks = 0;
  commit(worker, 3, &first, 4); /* its short prev is found among them */
  taken(worker, KRV_MSG_COMMIT);
  assert_in_range(looks, 1, 3);
  kit.store->driver = real;
}

static void an_outsider_may_neither_write_nor_share_nor_cut_off(void **state) {
  (void)state;
  struct krv_id none = krv_id_zero;
  struct krv_msg_unroute unroute = {kase.id, krv_kit_member_group(&kit, worker)};
  commit(other, 1, &none, 0);
  refused(other, KRV_MSG_COMMIT, KRV_DENIED);
  krv_kit_grant(&kit, &kase, krv_kit_member_group(&kit, other), KRV_ACCESS_WRITE, &out);
  refused(other, KRV_MSG_GRANT, KRV_DENIED);
  krv_buf_reset(&out);
  krv_msg_unroute_encode(&unroute, &out);
  refused(other, KRV_MSG_UNROUTE, KRV_DENIED);
}

static void who_could_write_once_is_still_taken(void **state) {
  (void)state;
  struct krv_id none = krv_id_zero;
  krv_group_ix group = krv_kit_member_group(&kit, other);
  struct krv_msg_unroute unroute = {kase.id, group};
  krv_kit_grant(&kit, &kase, group, KRV_ACCESS_WRITE, &out);
  taken(worker, KRV_MSG_GRANT);
  krv_buf_reset(&out);
  krv_msg_unroute_encode(&unroute, &out);
  assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_UNROUTE, &out, NULL), 0);
  commit(other, 1, &none, 0);
  taken(other, KRV_MSG_COMMIT);
}

static void read_only_devices_write_nothing_of_their_own_but_may_carry(void **state) {
  (void)state;
  struct krv_id none = krv_id_zero, id;
  commit(auditor, 1, &none, 0);
  refused(auditor, KRV_MSG_COMMIT, KRV_DENIED);
  krv_kit_grant(&kit, &kase, krv_kit_member_group(&kit, other), KRV_ACCESS_READ, &out);
  taken(worker, KRV_MSG_GRANT);
  commit(other, 1, &none, 0);
  refused(other, KRV_MSG_COMMIT, KRV_DENIED);
  struct krv_kit_commit carried = {worker, false, 2, kase.genesis, 4};
  krv_kit_commit(&kit, &kase, &carried, &out, &id);
  taken(auditor, KRV_MSG_COMMIT);
}

static void a_case_that_is_not_there_is_unknown(void **state) {
  (void)state;
  struct krv_kit_case gone = kase;
  gone.id.b[0] ^= 1;
  struct krv_kit_commit c = {worker, true, 2, kase.genesis, 16};
  struct krv_id id;
  krv_kit_commit(&kit, &gone, &c, &out, &id);
  refused(worker, KRV_MSG_COMMIT, KRV_UNKNOWN_CASE);
  krv_kit_grant(&kit, &gone, KRV_GROUP_OFFICE, KRV_ACCESS_WRITE, &out);
  refused(worker, KRV_MSG_GRANT, KRV_UNKNOWN_CASE);
}

static void a_genesis_needs_the_office_in_its_list_and_a_grant_to_it(void **state) {
  (void)state;
  struct krv_access_list list = {0};
  struct krv_id id;
  assert_int_equal(
      krv_access_list_set(&list, krv_kit_member_group(&kit, worker), KRV_ACCESS_WRITE), 0);
  krv_kit_genesis(&kit, worker, &list, &kase, &out);
  refused(worker, KRV_MSG_GENESIS, KRV_NO_GRANT);
  assert_int_equal(krv_access_list_set(&list, KRV_GROUP_OFFICE, KRV_ACCESS_READ), 0);
  krv_kit_genesis(&kit, worker, &list, &kase, &out);
  refused(worker, KRV_MSG_GENESIS, KRV_NO_GRANT);
  krv_kit_list(&kit, worker, &list);
  krv_kit_genesis(&kit, worker, &list, &kase, &out);
  taken(worker, KRV_MSG_GENESIS);
  struct krv_kit_commit c = {worker, true, 2, kase.genesis, 4};
  krv_kit_commit(&kit, &kase, &c, &out, &id);
  refused(worker, KRV_MSG_COMMIT, KRV_NO_GRANT);
  krv_kit_grant(&kit, &kase, KRV_GROUP_OFFICE, KRV_ACCESS_WRITE, &out);
  taken(worker, KRV_MSG_GRANT);
  krv_kit_commit(&kit, &kase, &c, &out, &id);
  taken(worker, KRV_MSG_COMMIT);
}

static void nobody_founds_a_case_for_a_group_that_does_not_exist_or_is_not_his(void **state) {
  (void)state;
  struct krv_access_list list;
  krv_kit_list(&kit, worker, &list);
  assert_int_equal(krv_access_list_set(&list, 1000, KRV_ACCESS_READ), 0);
  krv_kit_genesis(&kit, worker, &list, &kase, &out);
  refused(worker, KRV_MSG_GENESIS, KRV_INVALID);
  krv_kit_list(&kit, worker, &list);
  krv_kit_genesis(&kit, other, &list, &kase, &out);
  refused(other, KRV_MSG_GENESIS, KRV_DENIED);
}

static void malformed_and_newer_forms_are_refused(void **state) {
  (void)state;
  commit(worker, 2, &kase.genesis, 4);
  out.data[1] = 0x21; /* suite 2 */
  refused(worker, KRV_MSG_COMMIT, KRV_NEWER);
  out.len = 20;
  refused(worker, KRV_MSG_COMMIT, KRV_MALFORMED);
  commit(worker, 2, &kase.genesis, 4);
  out.data[0] |= KRV_COMMIT_SAME_CASE; /* no case came before in this session */
  refused(worker, KRV_MSG_COMMIT, KRV_MALFORMED);
  krv_kit_grant(&kit, &kase, KRV_GROUP_OFFICE, 7, &out);
  refused(worker, KRV_MSG_GRANT, KRV_MALFORMED);
  krv_kit_grant(&kit, &kase, 1000, KRV_ACCESS_READ, &out);
  refused(worker, KRV_MSG_GRANT, KRV_INVALID);
}

static void a_stranger_as_author_or_bringer_is_refused(void **state) {
  (void)state;
  struct krv_msg_commit msg = {.device = 999, .kase = kase.id, .n = 1, .suite = 1, .kind = 1,
                               .ciphertext = krv_slice_str("sealed")};
  krv_buf_reset(&out);
  krv_msg_commit_encode(&msg, &out);
  refused(worker, KRV_MSG_COMMIT, KRV_UNKNOWN_DEVICE);
  commit(worker, 2, &kase.genesis, 4);
  refused(999, KRV_MSG_COMMIT, KRV_REVOKED);
}

static void a_revoked_device_brings_nothing(void **state) {
  (void)state;
  struct krv_statement revoke = {.kind = KRV_STATEMENT_REVOKE, .device = worker,
                                 .how = KRV_REVOKE_LOST};
  assert_int_equal(krv_fleet_state(&kit.fleet, 0, &revoke, 1), 0);
  krv_kit_push_roster(&kit);
  commit(worker, 2, &kase.genesis, 4);
  refused(worker, KRV_MSG_COMMIT, KRV_REVOKED);
  struct krv_kit_commit carried = {worker, false, 2, kase.genesis, 4};
  struct krv_id id;
  krv_kit_commit(&kit, &kase, &carried, &out, &id);
  taken(0, KRV_MSG_COMMIT); /* any state of the author today: readers judge */
}

/* A group that the bringer is or was in: what he wrote before still comes. */
static void who_was_expelled_from_the_group_is_still_taken(void **state) {
  (void)state;
  struct krv_id none = krv_id_zero;
  krv_device_ix clerk = krv_kit_admit(&kit, KRV_ROLE_OFFICE);
  struct krv_statement expel = {.kind = KRV_STATEMENT_EXPEL, .group = KRV_GROUP_OFFICE,
                                .device = clerk};
  assert_int_equal(krv_fleet_state(&kit.fleet, 0, &expel, 1), 0);
  krv_kit_push_roster(&kit);
  commit(clerk, 1, &none, 0);
  taken(clerk, KRV_MSG_COMMIT);
  commit(other, 1, &none, 0); /* never was in it */
  refused(other, KRV_MSG_COMMIT, KRV_DENIED);
}

/* A payload of exactly so many bytes, a commit of the worker that is right in all else. */
static void commit_of(size_t len) {
  static uint8_t sealed[64 * 1024];
  struct krv_msg_commit msg = {.device = KRV_MSG_NO_DEVICE, .kase = kase.id, .n = 2,
                               .prev_len = 4, .suite = 1, .kind = 1,
                               .ciphertext = krv_slice(sealed, KRV_TAG_LEN)};
  memcpy(msg.prev, kase.genesis.b, 4);
  for (int fitted = 0; fitted < 2; fitted++) {
    krv_buf_reset(&out);
    krv_msg_commit_encode(&msg, &out);
    msg.ciphertext.len += len - out.len;
  }
  assert_int_equal(out.len, len);
}

static void a_commit_of_60_kib_is_taken_and_a_byte_more_is_refused(void **state) {
  (void)state;
  commit_of(60 * 1024 + 1);
  refused(worker, KRV_MSG_COMMIT, KRV_TOO_LARGE);
  commit_of(60 * 1024);
  taken(worker, KRV_MSG_COMMIT);
}

static void the_office_cannot_be_cut_off_nor_lose_its_right(void **state) {
  (void)state;
  struct krv_msg_unroute unroute = {kase.id, KRV_GROUP_OFFICE};
  struct krv_id none = krv_id_zero;
  krv_msg_unroute_encode(&unroute, &out);
  refused(worker, KRV_MSG_UNROUTE, KRV_DENIED);
  krv_kit_grant(&kit, &kase, KRV_GROUP_OFFICE, KRV_ACCESS_READ, &out);
  taken(worker, KRV_MSG_GRANT);
  commit(0, 1, &none, 0);
  taken(0, KRV_MSG_COMMIT);
}

/* Sealed to the devices of a group one by one (R14): each stands beside the others. */
static void grants_to_single_devices_are_for_who_is_in_the_group(void **state) {
  (void)state;
  struct krv_msg_grant grant = {.kase = kase.id, .group = KRV_GROUP_OFFICE,
                                .mode = KRV_ACCESS_WRITE, .giver = worker, .to_device = true};
  const krv_device_ix receivers[] = {0, auditor, other, 4711};
  const int statuses[] = {0, 0, KRV_INVALID, KRV_INVALID}; /* the latter are not in the office */
  for (int twice = 0; twice < 2; twice++)
    for (size_t i = 0; i < 4; i++) {
      grant.device = receivers[i];
      krv_buf_reset(&out);
      krv_msg_grant_encode(&grant, &out);
      if (statuses[i] != 0) refused(worker, KRV_MSG_GRANT, statuses[i]);
      else if (twice) refused(worker, KRV_MSG_GRANT, 0); /* there already */
      else taken(worker, KRV_MSG_GRANT);
    }
}

static void a_full_quota_refuses_but_not_what_is_there_already(void **state) {
  (void)state;
  struct krv_buf key, value;
  krv_buf_init(&key, &kit.t.env);
  krv_buf_init(&value, &kit.t.env);
  krv_buf_u32(&key, worker);
  krv_buf_u64(&value, 1000);
  krv_buf_u64(&value, KRV_QUOTA_COMMITS - 1);
  assert_int_equal(krv_batch_kv_put(kit.batch, KRV_KV_USAGE, krv_buf_slice(&key),
                                    krv_buf_slice(&value)), 0);
  assert_int_equal(krv_batch_commit(kit.batch), 0);
  struct krv_id last = commit(worker, 2, &kase.genesis, 4);
  taken(worker, KRV_MSG_COMMIT);
  refused(worker, KRV_MSG_COMMIT, 0);
  commit(worker, 3, &last, 4);
  uint64_t before = head(), seq;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(krv_kit_push(&kit, worker, KRV_MSG_COMMIT, &out, &seq), KRV_QUOTA);
    assert_int_equal(seq, 0);
    assert_int_equal(krv_batch_commit(kit.batch), 0);
  }
  assert_int_equal(head(), before + 1); /* the office's notice, and nothing of the worker's (R36) */
  krv_buf_release(&key);
  krv_buf_release(&value);
}

static void only_the_office_confirms_and_gives_receipts(void **state) {
  (void)state;
  struct krv_msg_receipt receipt = {.office = KRV_MSG_NO_DEVICE, .author = worker, .count = 1,
                                    .id8 = kase.genesis.b, .mac = {1}};
  uint16_t count;
  krv_buf_reset(&out);
  krv_buf_append(&out, kase.genesis.b, KRV_ID_LEN);
  refused(worker, KRV_MSG_CONFIRM, KRV_DENIED);
  refused(0, KRV_MSG_CONFIRM, 0);
  krv_buf_reset(&out);
  krv_msg_receipt_encode(&receipt, &out);
  refused(worker, KRV_MSG_RECEIPT, KRV_DENIED);
  taken(0, KRV_MSG_RECEIPT);
  refused(0, KRV_MSG_RECEIPT, 0); /* bytes that are stored are not counted again (R21) */
  assert_int_equal(krv_batch_receipts(kit.batch, 0, &count), 0);
  assert_int_equal(count, 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_commit_of_the_creator_is_taken_and_again_is_a_duplicate),
      T(a_short_prev_that_fits_nothing_or_two_needs_prev),
      T(a_fork_is_kept_beside_what_stands),
      T(a_flood_of_forks_costs_a_few_looks_a_commit),
      T(an_outsider_may_neither_write_nor_share_nor_cut_off),
      T(who_could_write_once_is_still_taken),
      T(read_only_devices_write_nothing_of_their_own_but_may_carry),
      T(a_case_that_is_not_there_is_unknown),
      T(a_genesis_needs_the_office_in_its_list_and_a_grant_to_it),
      T(nobody_founds_a_case_for_a_group_that_does_not_exist_or_is_not_his),
      T(malformed_and_newer_forms_are_refused),
      T(a_stranger_as_author_or_bringer_is_refused),
      T(a_revoked_device_brings_nothing),
      T(who_was_expelled_from_the_group_is_still_taken),
      T(a_commit_of_60_kib_is_taken_and_a_byte_more_is_refused),
      T(the_office_cannot_be_cut_off_nor_lose_its_right),
      T(grants_to_single_devices_are_for_who_is_in_the_group),
      T(a_full_quota_refuses_but_not_what_is_there_already),
      T(only_the_office_confirms_and_gives_receipts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
