/* A random programme lives for a while; a model, which keeps lists of who was shown what and when,
 * says what each device must receive. A puller with arbitrary slices and reconnects must receive
 * exactly that, in that order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "msg.h"
#include "status.h"
#include "storekit.h"

enum { ROWS_MAX = 20000, ITEMS_MAX = 4000, CASES_MAX = 60, SEEN_MAX = 20000, GROUPS_MAX = 64 };

struct row {
  uint64_t at, seq;
};
struct model_case {
  struct krv_kit_case kase;
  uint64_t items[300];
  size_t count;
  uint64_t routed_at[GROUPS_MAX]; /* 0: not routed */
  uint64_t n[KRV_FLEET_MAX];
  struct krv_id tip[KRV_FLEET_MAX];
};

static struct krv_kit kit;
static struct krv_buf out;
static struct row group_rows[GROUPS_MAX][ROWS_MAX / 8];
static size_t group_count[GROUPS_MAX];
static uint64_t serials[ITEMS_MAX]; /* of an item, by seq */
static uint8_t kinds[ITEMS_MAX];
static const struct model_case *case_of[ITEMS_MAX]; /* commits only */
static const struct model_case *grant_of[ITEMS_MAX];
static krv_device_ix giver_of[ITEMS_MAX];
static bool takes_back; /* shares are, and grants are given anew */
static struct model_case cases[CASES_MAX];
static size_t case_count;

static void show(krv_group_ix group, uint64_t at, uint64_t seq) {
  assert_true(group < GROUPS_MAX && group_count[group] < ROWS_MAX / 8);
  group_rows[group][group_count[group]++] = (struct row){at, seq};
}

static void know(uint64_t seq, uint8_t kind) {
  assert_true(seq < ITEMS_MAX);
  assert_true(kit.serial < ITEMS_MAX * 2);
  serials[seq] = kit.serial;
  kinds[seq] = kind;
}

/* ---- what happens ---- */

static uint64_t pick(uint64_t n) {
  return krv_testenv_below(&kit.t, n);
}

static krv_device_ix pick_device(void) {
  return (krv_device_ix)pick(kit.fleet.count);
}

static void push(krv_device_ix bringer, enum krv_message_kind kind, uint64_t *seq) {
  assert_int_equal(krv_kit_push(&kit, bringer, kind, &out, seq), 0);
  if (pick(3) == 0) assert_int_equal(krv_batch_commit(kit.batch), 0);
}

/* Items of a case leave a group's box: of one giver's grants the one before, else all. */
static void hide(const struct model_case *m, krv_group_ix group, krv_device_ix giver) {
  size_t kept = 0;
  for (size_t i = 0; i < group_count[group]; i++) {
    uint64_t seq = group_rows[group][i].seq;
    bool all = giver == KRV_NO_INDEX && (case_of[seq] == m || grant_of[seq] == m);
    if (all || (grant_of[seq] == m && giver_of[seq] == giver)) continue;
    group_rows[group][kept++] = group_rows[group][i];
  }
  group_count[group] = kept;
}

static bool granted(const struct model_case *m, krv_group_ix group, krv_device_ix giver) {
  for (size_t i = 0; i < group_count[group]; i++) {
    uint64_t seq = group_rows[group][i].seq;
    if (grant_of[seq] == m && giver_of[seq] == giver) return true;
  }
  return false;
}

static void do_grant(struct model_case *m, krv_device_ix giver, krv_group_ix group) {
  uint64_t seq;
  if (!takes_back && granted(m, group, giver)) return;
  hide(m, group, giver);
  krv_kit_grant(&kit, &m->kase, group, KRV_ACCESS_WRITE, &out);
  push(giver, KRV_MSG_GRANT, &seq);
  know(seq, KRV_MSG_GRANT);
  case_of[seq] = NULL;
  grant_of[seq] = m;
  giver_of[seq] = giver;
  for (size_t i = 0; m->routed_at[group] == 0 && i < m->count; i++) show(group, seq, m->items[i]);
  if (m->routed_at[group] == 0) m->routed_at[group] = seq;
  show(group, seq, seq);
}

static void add_item(struct model_case *m, uint64_t seq, uint8_t kind) {
  know(seq, kind);
  case_of[seq] = m;
  grant_of[seq] = NULL;
  m->items[m->count++] = seq;
  for (krv_group_ix g = 0; g < GROUPS_MAX; g++)
    if (m->routed_at[g] != 0) show(g, seq, seq);
}

static void do_case(void) {
  if (case_count == CASES_MAX) return;
  struct model_case *m = &cases[case_count++];
  krv_device_ix author = pick_device();
  struct krv_access_list list;
  uint64_t seq;
  memset(m, 0, sizeof *m);
  krv_kit_list(&kit, author, &list);
  krv_kit_genesis(&kit, author, &list, &m->kase, &out);
  push(author, KRV_MSG_GENESIS, &seq);
  add_item(m, seq, KRV_MSG_GENESIS);
  m->n[author] = 1;
  m->tip[author] = m->kase.genesis;
  do_grant(m, author, KRV_GROUP_OFFICE);
  if (pick(4) > 0) do_grant(m, author, krv_kit_member_group(&kit, author));
}

static void do_commit(void) {
  struct model_case *m = &cases[pick(case_count)];
  krv_device_ix author = pick(2) ? m->kase.creator : 0; /* its creator, or the office */
  struct krv_id id;
  uint64_t seq;
  if (m->count == 300) return;
  uint8_t len = m->n[author] == 0 ? 0 : pick(2) ? 4 : 16;
  struct krv_kit_commit c = {author, true, m->n[author] + 1, m->tip[author], len};
  krv_kit_commit(&kit, &m->kase, &c, &out, &id);
  push(author, KRV_MSG_COMMIT, &seq);
  add_item(m, seq, KRV_MSG_COMMIT);
  m->n[author]++;
  m->tip[author] = id;
}

static void do_share(void) {
  struct model_case *m = &cases[pick(case_count)];
  do_grant(m, m->kase.creator, krv_kit_member_group(&kit, pick_device()));
}

static void do_unshare(void) {
  struct model_case *m = &cases[pick(case_count)];
  if (!takes_back) return;
  struct krv_msg_unroute msg = {m->kase.id, krv_kit_member_group(&kit, pick_device())};
  uint64_t seq;
  krv_buf_reset(&out);
  krv_msg_unroute_encode(&msg, &out);
  push(m->kase.creator, KRV_MSG_UNROUTE, &seq);
  assert_int_equal(seq, 0);
  if (m->routed_at[msg.group] != 0) hide(m, msg.group, KRV_NO_INDEX);
  m->routed_at[msg.group] = 0;
}

static void do_admit(void) {
  static const uint8_t roles[] = {KRV_ROLE_WORKER, KRV_ROLE_OFFICE, KRV_ROLE_SUPERVISOR,
                                  KRV_ROLE_AUDITOR};
  if (kit.fleet.count < 12) krv_kit_admit(&kit, roles[pick(4)]);
}

static void live(unsigned steps) {
  static void (*const acts[])(void) = {do_case, do_commit, do_commit, do_commit, do_share,
                                       do_unshare, do_admit};
  do_case();
  for (unsigned i = 0; i < steps; i++) acts[pick(sizeof acts / sizeof *acts)]();
  assert_int_equal(krv_batch_commit(kit.batch), 0);
}

/* ---- what a device must receive ---- */

static int by_row(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  if (x->at != y->at) return x->at < y->at ? -1 : 1;
  return (x->seq > y->seq) - (x->seq < y->seq);
}

static uint64_t floor_of(krv_group_ix group, krv_device_ix device) {
  struct krv_buf key, value;
  krv_buf_init(&key, &kit.t.env);
  krv_buf_init(&value, &kit.t.env);
  krv_buf_u32(&key, group);
  krv_buf_u32(&key, device);
  int status = kit.store->driver->kv_get(kit.store, KRV_KV_FLOOR, krv_buf_slice(&key), &value);
  struct krv_in in = krv_in(krv_buf_slice(&value));
  uint64_t floor = status == 0 ? krv_in_u64(&in) : 0;
  krv_buf_release(&key);
  krv_buf_release(&value);
  return floor;
}

/* A commit that another group of the device shows at a lower position, as routed today. */
static bool shown_lower(krv_device_ix device, struct row row) {
  const struct model_case *m = case_of[row.seq];
  for (krv_group_ix g = 0; m && g < krv_roster_group_count(kit.roster); g++) {
    if (m->routed_at[g] == 0) continue;
    if (!krv_roster_membership(kit.roster, device, g, UINT32_MAX)) continue;
    uint64_t at = row.seq, floor = floor_of(g, device);
    if (at < m->routed_at[g]) at = m->routed_at[g];
    if (at < floor) at = floor;
    if (at < row.at) return true;
  }
  return false;
}

static size_t expect(krv_device_ix device, struct krv_kit_seen *seen) {
  static struct row rows[ROWS_MAX];
  size_t count = 0, kept = 0;
  for (krv_group_ix g = 0; g < krv_roster_group_count(kit.roster); g++) {
    if (!krv_roster_membership(kit.roster, device, g, UINT32_MAX)) continue;
    uint64_t floor = floor_of(g, device);
    for (size_t i = 0; i < group_count[g]; i++) {
      struct row row = group_rows[g][i];
      /* at the admission, flat: all that the group showed */
      if (row.at < floor) row.at = floor;
      assert_true(count < ROWS_MAX);
      rows[count++] = row;
    }
  }
  if (count > 0) qsort(rows, count, sizeof *rows, by_row);
  for (size_t i = 0; i < count; i++)
    if ((i == 0 || by_row(&rows[i - 1], &rows[i]) != 0) && !shown_lower(device, rows[i]))
      seen[kept++] =
          (struct krv_kit_seen){.kind = kinds[rows[i].seq], .serial = serials[rows[i].seq]};
  return kept;
}

/* Whatever a group of the device ever showed came at least once. */
static void nothing_missing(krv_device_ix device, const struct krv_kit_seen *seen, size_t count) {
  static bool got[ITEMS_MAX * 2];
  memset(got, 0, sizeof got);
  for (size_t i = 0; i < count; i++) got[seen[i].serial] = true;
  for (krv_group_ix g = 0; g < krv_roster_group_count(kit.roster); g++) {
    if (!krv_roster_membership(kit.roster, device, g, UINT32_MAX)) continue;
    for (size_t i = 0; i < group_count[g]; i++) assert_true(got[serials[group_rows[g][i].seq]]);
  }
}

static void same_seen(const struct krv_kit_seen *a, size_t a_count, const struct krv_kit_seen *b,
                      size_t b_count) {
  for (size_t i = 0; i < a_count && i < b_count; i++)
    if (a[i].kind != b[i].kind || a[i].serial != b[i].serial)
      fail_msg("message %zu: kind %u serial %llu, not kind %u serial %llu", i, a[i].kind,
               (unsigned long long)a[i].serial, b[i].kind, (unsigned long long)b[i].serial);
  assert_int_equal(a_count, b_count);
}

/* Slices of any size; now and then the session breaks after one and goes on from its cursor. */
static size_t pull_in_pieces(krv_device_ix device, struct krv_kit_seen *seen) {
  struct krv_cursor cursor = {0, 0};
  struct krv_pull *pull = NULL;
  struct krv_buf slice;
  size_t count = 0;
  uint64_t told = 0;
  int status = 0;
  krv_buf_init(&slice, &kit.t.env);
  while (status == 0) {
    if (!pull) {
      told = cursor.at;
      assert_int_equal(krv_pull_new(&kit.t.env, kit.store, kit.roster, device, cursor, &pull), 0);
    }
    krv_buf_reset(&slice);
    status = krv_pull_slice(pull, 1 + pick(700), &told, &slice);
    assert_true(status >= 0);
    count += krv_kit_read(&slice, &cursor, seen + count, SEEN_MAX - count);
    assert_int_equal(told, cursor.at);
    if (pick(2)) {
      krv_pull_free(pull);
      pull = NULL;
    }
  }
  krv_pull_free(pull);
  krv_buf_release(&slice);
  return count;
}

static void start(uint64_t seed, bool with_unshare) {
  takes_back = with_unshare;
  memset(group_count, 0, sizeof group_count);
  case_count = 0;
  krv_kit_init(&kit, seed, NULL);
  krv_buf_init(&out, &kit.t.env);
}

static void stop(void) {
  krv_buf_release(&out);
  krv_kit_release(&kit);
  assert_int_equal(kit.t.live, 0);
}

static void any_slices_and_reconnects_give_exactly_what_the_device_may_see(void **state) {
  (void)state;
  static struct krv_kit_seen must[SEEN_MAX], seen[SEEN_MAX];
  size_t total = 0;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    print_message("seed %llu\n", (unsigned long long)seed);
    start(seed, true);
    live(250);
    for (krv_device_ix d = 0; d < kit.fleet.count; d++) {
      struct krv_cursor cursor = {0, 0};
      size_t count = expect(d, must);
      same_seen(seen, krv_kit_pull(&kit, d, &cursor, seen, SEEN_MAX), must, count);
      same_seen(seen, pull_in_pieces(d, seen), must, count);
      nothing_missing(d, seen, count);
      total += count;
    }
    stop();
  }
  assert_true(total > 5000);
}

static void a_puller_that_stays_sees_what_comes_and_its_new_groups(void **state) {
  (void)state;
  static struct krv_kit_seen must[SEEN_MAX];
  start(77, false); /* who has read what is taken back later has read it */
  struct krv_pull *pulls[2];
  struct krv_cursor cursors[2] = {{0, 0}, {0, 0}};
  uint64_t told[2] = {0, 0};
  static struct krv_kit_seen got[2][SEEN_MAX];
  size_t counts[2] = {0, 0};
  krv_kit_admit(&kit, KRV_ROLE_WORKER);
  for (krv_device_ix d = 0; d < 2; d++)
    assert_int_equal(krv_pull_new(&kit.t.env, kit.store, kit.roster, d, cursors[d], &pulls[d]), 0);
  for (int round = 0; round < 40; round++) {
    live(8);
    for (krv_device_ix d = 0; d < 2; d++) {
      krv_buf_reset(&out);
      assert_true(krv_pull_slice(pulls[d], pick(4000), &told[d], &out) >= 0);
      counts[d] += krv_kit_read(&out, &cursors[d], got[d] + counts[d], SEEN_MAX - counts[d]);
    }
  }
  for (krv_device_ix d = 0; d < 2; d++) {
    krv_buf_reset(&out);
    assert_int_equal(krv_pull_slice(pulls[d], SIZE_MAX, &told[d], &out), KRV_END);
    counts[d] += krv_kit_read(&out, &cursors[d], got[d] + counts[d], SEEN_MAX - counts[d]);
    same_seen(got[d], counts[d], must, expect(d, must));
    krv_pull_free(pulls[d]);
  }
  stop();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_slices_and_reconnects_give_exactly_what_the_device_may_see),
      cmocka_unit_test(a_puller_that_stays_sees_what_comes_and_its_new_groups),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
