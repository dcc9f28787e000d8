/* R36: the quota of one device: a clear refusal that the office sees. What was refused stays on the
 * device, what is at the server already costs nothing, and the office hears of it once a day. */
#include "mock.h"

#include <string.h>

#include "fleetkit.h"

enum { DAY_S = 24 * 60 * 60 };

static int setup(void **state) {
  return fleet_kit_setup(state, 36, true);
}

static void charge(struct kit *k, struct fleet_device *device, uint64_t bytes, uint64_t commits) {
  struct krv_batch *batch = k->fleet.service.batch;
  struct krv_buf key, value;
  krv_buf_init(&key, &k->fleet.t.env);
  krv_buf_init(&value, &k->fleet.t.env);
  krv_buf_u32(&key, device->world->member.device);
  krv_buf_u64(&value, bytes);
  krv_buf_u64(&value, commits);
  assert_int_equal(
      krv_batch_kv_put(batch, KRV_KV_USAGE, krv_buf_slice(&key), krv_buf_slice(&value)), 0);
  assert_int_equal(krv_batch_commit(batch), 0);
  krv_buf_release(&key);
  krv_buf_release(&value);
}

static uint64_t charged(struct kit *k, struct fleet_device *device) {
  struct krv_charge out;
  assert_int_equal(
      krv_store_charge(k->fleet.service.store, device->world->member.device, &out), 0);
  return out.commits;
}

static void a_day(struct krv_testenv *t) {
  t->wall_s += DAY_S;
  t->mono_ms += 1000ull * DAY_S;
}

static void alarm_of(struct fleet_device *at, struct krv_alarm *out) {
  memset(out, 0, sizeof *out);
  while (krv_alarm_next(at->world, out->lid, out) == 0)
    if (out->kind == KRV_ALARM_QUOTA) return;
  fail_msg("%s has no alarm of a quota", at->name);
}

static void over_quota_a_change_stays_on_the_device_and_says_why(void **state) {
  struct kit *k = *state;
  struct krv_vault_item item;
  struct krv_buf bytes;
  charge(k, k->w, 1000, KRV_QUOTA_COMMITS);
  assert_int_equal(fleet_note(k->w, &k->kase, "too much"), 0);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 1);
  krv_buf_init(&bytes, k->w->world->env);
  assert_int_equal(
      krv_vault_marked_next(k->w->world->vault, KRV_MARK_REFUSED, 0, &item, &bytes), 0);
  assert_int_equal(item.status, KRV_QUOTA);
  krv_buf_release(&bytes);
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_card(k->w, &k->kase)->commits, 2);
  assert_int_equal(fleet_card(k->a, &k->kase)->commits, 1);
}

static void the_office_is_told_which_device(void **state) {
  struct kit *k = *state;
  struct krv_alarm alarm;
  charge(k, k->w, KRV_QUOTA_BYTES, 5); /* bytes count as well */
  assert_int_equal(fleet_note(k->w, &k->kase, "too much"), 0);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_QUOTA), 0);
  fleet_rounds(&k->fleet, 1);
  for (int i = 0; i < 2; i++) {
    alarm_of(i == 0 ? k->a : k->b, &alarm);
    assert_int_equal(alarm.device, k->w->world->member.device);
    assert_int_equal(alarm.count, 1);
    assert_false(alarm.seen);
  }
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_QUOTA), 0); /* it has its refusals */
}

static void the_office_is_told_once_a_day_however_often_it_is_tried(void **state) {
  struct kit *k = *state;
  struct krv_alarm alarm;
  charge(k, k->w, 1000, KRV_QUOTA_COMMITS);
  uint64_t head = fleet_server_head(&k->fleet);
  for (int i = 0; i < 20; i++) {
    assert_int_equal(fleet_note(k->w, &k->kase, "too much"), 0);
    fleet_sync_well(k->w);
  }
  assert_int_equal(fleet_server_head(&k->fleet), head + 1);
  fleet_rounds(&k->fleet, 1);
  a_day(&k->fleet.t);
  assert_int_equal(fleet_note(k->w, &k->kase, "and the day after"), 0);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_server_head(&k->fleet), head + 2);
  for (struct fleet_device *d = k->a;; d = k->b) {
    a_day(&d->t);
    fleet_sync_well(d);
    alarm_of(d, &alarm);
    assert_int_equal(alarm.count, 2);
    if (d == k->b) break;
  }
}

static void a_notice_that_comes_again_is_no_other(void **state) {
  struct kit *k = *state;
  charge(k, k->w, 1000, KRV_QUOTA_COMMITS);
  assert_int_equal(fleet_note(k->w, &k->kase, "too much"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_QUOTA), 1);
  k->a->world->standing.head_chain8[0] ^= 1; /* as if the server had been restored */
  fleet_sync_well(k->a);
  assert_true(k->a->counts.restarted);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_QUOTA), 1);
}

static void what_is_there_already_costs_nothing_and_is_no_refusal(void **state) {
  struct kit *k = *state;
  assert_int_equal(fleet_note(k->w, &k->kase, "there already"), 0);
  struct fleet_link deaf = {.cut_down = 1};
  (void)fleet_sync(k->w, &deaf);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 1);
  charge(k, k->w, 1000, KRV_QUOTA_COMMITS);
  fleet_sync_well(k->w);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 0);
  assert_int_equal(charged(k, k->w), KRV_QUOTA_COMMITS);
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_alarms(k->a, KRV_ALARM_QUOTA), 0);
}

static void with_room_again_all_arrives(void **state) {
  struct kit *k = *state;
  charge(k, k->w, 1000, KRV_QUOTA_COMMITS);
  assert_int_equal(fleet_note(k->w, &k->kase, "too much"), 0);
  fleet_sync_well(k->w);
  charge(k, k->w, 1000, 5);
  a_day(&k->w->t);
  fleet_sync_well(k->w); /* daily all that was refused is tried again */
  fleet_rounds(&k->fleet, 1);
  assert_int_equal(fleet_card(k->a, &k->kase)->commits, 2);
  assert_int_equal(fleet_marked(k->w, KRV_MARK_REFUSED), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(over_quota_a_change_stays_on_the_device_and_says_why),
      TEST(the_office_is_told_which_device),
      TEST(the_office_is_told_once_a_day_however_often_it_is_tried),
      TEST(a_notice_that_comes_again_is_no_other),
      TEST(what_is_there_already_costs_nothing_and_is_no_refusal),
      TEST(with_room_again_all_arrives),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
