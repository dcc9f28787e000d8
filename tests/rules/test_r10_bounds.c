/* R10, R11: what a member makes up (grants, boxes, needs, cases that nobody can open) grows no
 * other vault, and no inbox of the server, beyond a bound; and it shadows nothing that is right. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "change.h"
#include "fleetkit.h"
#include "intake.h"

static int setup(void **state) {
  return fleet_kit_setup(state, 10, true);
}

static uint64_t items(struct fleet_device *device, int64_t case_lid) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  uint64_t count = 0;
  krv_buf_init(&bytes, device->world->env);
  while (krv_vault_item_next(device->world->vault, case_lid, lid, &item, &bytes) == 0) {
    lid = item.lid;
    count++;
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
  return count;
}

static uint64_t asides(struct fleet_device *device) {
  uint64_t count;
  assert_int_equal(krv_vault_aside_count(device->world->vault, &count), 0);
  return count;
}

static struct krv_intake *begin(struct fleet_device *device) {
  struct krv_intake *intake;
  assert_int_equal(krv_intake_begin(device->world, &intake), 0);
  return intake;
}

static void hear(struct krv_intake *intake, enum krv_message_kind kind, struct krv_buf *payload) {
  assert_int_equal(payload->status, 0);
  assert_int_equal(
      krv_intake_item(intake, KRV_ORIGIN_SERVER, kind, krv_buf_slice(payload)), 0);
  krv_buf_reset(payload);
}

/* A grant by the worker to the office that opens to nothing. */
static struct krv_msg_grant junk(struct kit *k, const struct krv_id *kase) {
  struct krv_msg_grant msg = {.kase = *kase,
                              .group = KRV_GROUP_OFFICE,
                              .mode = KRV_ACCESS_WRITE,
                              .giver = k->w->world->member.device};
  for (size_t i = 0; i < sizeof msg.wrap; i++)
    msg.wrap[i] = (uint8_t)krv_testenv_below(&k->fleet.t, 256);
  for (size_t i = 0; i < sizeof msg.key_id.b; i++)
    msg.key_id.b[i] = (uint8_t)krv_testenv_below(&k->fleet.t, 256);
  return msg;
}

static void hear_junk(struct kit *k, uint32_t count, uint32_t epoch, uint32_t group_epoch) {
  struct krv_intake *intake = begin(k->a);
  struct krv_buf payload;
  krv_buf_init(&payload, k->a->world->env);
  for (uint32_t i = 0; i < count; i++) {
    struct krv_msg_grant msg = junk(k, &k->kase);
    msg.epoch = epoch;
    msg.group_epoch = group_epoch;
    krv_msg_grant_encode(&msg, &payload);
    hear(intake, KRV_MSG_GRANT, &payload);
  }
  krv_buf_release(&payload);
  assert_int_equal(krv_intake_commit(intake), 0);
}

static void ten_thousand_junk_grants_do_not_grow_a_vault(void **state) {
  struct kit *k = *state;
  int64_t lid = fleet_card(k->a, &k->kase)->lid;
  uint64_t before = items(k->a, lid);
  hear_junk(k, 10000, 0, 0); /* of a key that is here */
  assert_int_equal(items(k->a, lid), before);
  hear_junk(k, 500, 3, 9); /* for an epoch that the group never had */
  assert_int_equal(items(k->a, lid), before);
  hear_junk(k, 500, 3, 0); /* of keys that nobody ever had: few are asked for */
  assert_in_range(items(k->a, lid), before + 1, before + KRV_CASE_NEEDS_UNNAMED_MAX);
  assert_int_equal(fleet_note(k->a, &k->kase, "goes on"), 0);
}

static void boxes_that_open_to_nothing_are_not_kept(void **state) {
  struct kit *k = *state;
  uint64_t before = items(k->a, 0);
  struct krv_intake *intake = begin(k->a);
  struct krv_buf payload;
  krv_buf_init(&payload, k->a->world->env);
  for (uint32_t i = 0; i < 1000; i++) {
    struct krv_msg_box msg = {.group = i % 4,
                              .epoch = i % 3,
                              .device = k->a->world->member.device,
                              .giver = k->w->world->member.device};
    memcpy(msg.box, &i, sizeof i);
    krv_msg_box_encode(&msg, &payload);
    hear(intake, KRV_MSG_BOX, &payload);
  }
  krv_buf_release(&payload);
  assert_int_equal(krv_intake_commit(intake), 0);
  assert_int_equal(items(k->a, 0), before);
}

/* The envelope is right, under the number of another epoch. */
static void number_wrongly(struct fleet_device *device, int64_t case_lid,
                           struct krv_msg_grant *grant) {
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load(device->world, case_lid, &folder), 0);
  grant->key_id = folder->keys[0].key_id;
  grant->epoch = 5;
  krv_folder_free(folder);
}

static void a_grant_under_the_number_of_another_epoch_shadows_nothing(void **state) {
  struct kit *k = *state;
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Vera");
  fleet_kit_swap_grant(k->w, KRV_GROUP_OFFICE, number_wrongly);
  fleet_sync_well(k->w);
  fleet_sync_well(k->a);
  assert_string_equal(fleet_shown(k->a, &kase, "prs_FirstName"), "Vera");
  assert_int_equal(fleet_note(k->a, &kase, "read, and written"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &kase, 3));
}

/* ---- cases that nobody can open */

static void phantom(struct kit *k, struct krv_intake *intake, struct krv_buf *payload) {
  struct krv_msg_genesis msg = {.device = k->w->world->member.device, .suite = 1, .kind = 1};
  struct krv_access_list list;
  struct krv_buf access;
  uint8_t noise[144];
  for (size_t i = 0; i < sizeof noise; i++)
    noise[i] = (uint8_t)krv_testenv_below(&k->fleet.t, 256);
  memcpy(msg.key_commit, noise, sizeof msg.key_commit);
  memcpy(msg.salt, noise + 40, sizeof msg.salt);
  msg.ciphertext = krv_slice(noise, sizeof noise);
  assert_int_equal(krv_change_default_list(k->w->world, &list), 0);
  krv_buf_init(&access, k->a->world->env);
  krv_access_list_encode(&list, &access);
  msg.access = krv_buf_slice(&access);
  krv_msg_genesis_encode(&msg, payload);
  krv_buf_release(&access);
  hear(intake, KRV_MSG_GENESIS, payload);
  struct krv_msg_grant grant = junk(k, krv_intake_last_case(intake));
  krv_msg_grant_encode(&grant, payload);
  hear(intake, KRV_MSG_GRANT, payload);
}

static int count_card(void *ctx, int64_t lid, struct krv_slice card) {
  uint64_t *count = ctx;
  (void)lid, (void)card;
  ++*count;
  return 0;
}

static uint64_t cards(struct fleet_device *device) {
  uint64_t count = 0;
  assert_int_equal(krv_vault_cards(device->world->vault, count_card, &count), 0);
  return count;
}

static void cases_that_nobody_can_open_are_counted_and_out_of_the_way(void **state) {
  enum { PHANTOMS = 5000 };
  struct kit *k = *state;
  uint64_t before = cards(k->a);
  uint32_t listed = krv_index_count(k->a->world->index);
  struct krv_buf payload;
  krv_buf_init(&payload, k->a->world->env);
  for (uint32_t i = 0; i < PHANTOMS;) {
    struct krv_intake *intake = begin(k->a);
    for (uint32_t in = 0; in < KRV_BATCH_ITEMS_MAX / 2 && i < PHANTOMS; in++, i++)
      phantom(k, intake, &payload);
    assert_int_equal(krv_intake_commit(intake), 0);
  }
  krv_buf_release(&payload);
  fleet_close(k->a);
  fleet_open(k->a);
  assert_int_equal(cards(k->a), before); /* what unlock reads */
  assert_int_equal(krv_index_count(k->a->world->index), listed);
  assert_int_equal(asides(k->a), PHANTOMS);
  assert_int_equal(fleet_note(k->a, &k->kase, "goes on"), 0);
}

/* ---- at the server */

static uint64_t box_rows(struct kit *k, krv_box box) {
  struct krv_store *store = k->fleet.service.store;
  uint64_t at = 0, seq = 0, count = 0;
  while (store->driver->inbox_next(store, box, at, seq, &at, &seq) == 0) count++;
  return count;
}

static int push(struct kit *k, struct fleet_device *by, enum krv_message_kind kind,
                struct krv_buf *payload, uint64_t *seq) {
  struct krv_bringer bringer = {.device = by->world->member.device};
  int status =
      krv_batch_item(k->fleet.service.batch, &bringer, kind, krv_buf_slice(payload), seq);
  krv_buf_reset(payload);
  return status;
}

static void a_givers_later_grant_takes_the_place_of_his_earlier_one(void **state) {
  struct kit *k = *state;
  uint64_t before = box_rows(k, krv_box_group(KRV_GROUP_OFFICE)), seq;
  struct krv_buf payload;
  krv_buf_init(&payload, k->a->world->env);
  for (int i = 0; i < 1000; i++) {
    struct krv_msg_grant msg = junk(k, &k->kase);
    krv_msg_grant_encode(&msg, &payload);
    assert_int_equal(push(k, k->w, KRV_MSG_GRANT, &payload, &seq), 0);
    assert_true(seq > 0); /* charged to him, each */
  }
  struct krv_msg_grant nowhere = junk(k, &k->kase);
  nowhere.group_epoch = 7;
  krv_msg_grant_encode(&nowhere, &payload);
  assert_int_equal(push(k, k->w, KRV_MSG_GRANT, &payload, &seq), KRV_INVALID);
  assert_int_equal(krv_batch_commit(k->fleet.service.batch), 0);
  assert_int_equal(box_rows(k, krv_box_group(KRV_GROUP_OFFICE)), before);
  krv_buf_release(&payload);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

static void nobody_takes_the_place_of_what_another_gave(void **state) {
  struct kit *k = *state;
  struct krv_id kase = fleet_case(k->w, "prs_FirstName", "Vera");
  uint64_t seq;
  struct krv_buf payload;
  krv_buf_init(&payload, k->a->world->env);
  fleet_sync_well(k->w);
  for (int i = 0; i < 3; i++) {
    struct krv_msg_grant msg = junk(k, &kase); /* says that the worker gave it */
    krv_msg_grant_encode(&msg, &payload);
    assert_int_equal(push(k, k->b, KRV_MSG_GRANT, &payload, &seq), 0);
  }
  assert_int_equal(krv_batch_commit(k->fleet.service.batch), 0);
  krv_buf_release(&payload);
  fleet_sync_well(k->a);
  assert_string_equal(fleet_shown(k->a, &kase, "prs_FirstName"), "Vera");
}

static void a_device_has_a_need_once_and_so_many_of_a_case(void **state) {
  struct kit *k = *state;
  struct krv_msg_need msg = {.kase = k->kase, .group = KRV_GROUP_OFFICE};
  uint64_t before = box_rows(k, krv_box_group(krv_world_self(k->w->world)->member_group)), seq;
  struct krv_buf payload;
  krv_buf_init(&payload, k->a->world->env);
  krv_msg_need_encode(&msg, &payload);
  assert_int_equal(push(k, k->a, KRV_MSG_NEED, &payload, &seq), 0);
  assert_true(seq > 0);
  krv_msg_need_encode(&msg, &payload);
  assert_int_equal(push(k, k->a, KRV_MSG_NEED, &payload, &seq), 0); /* the same again */
  assert_int_equal(seq, 0);
  krv_msg_need_encode(&msg, &payload);
  assert_int_equal(push(k, k->b, KRV_MSG_NEED, &payload, &seq), 0); /* a fellow's is another */
  assert_true(seq > 0);
  int status = 0;
  for (uint32_t i = 1; i < 1000 && status == 0; i++) {
    memcpy(msg.key_id.b, &i, sizeof i);
    krv_msg_need_encode(&msg, &payload);
    status = push(k, k->a, KRV_MSG_NEED, &payload, &seq);
  }
  assert_int_equal(status, KRV_TOO_LARGE);
  assert_int_equal(krv_batch_commit(k->fleet.service.batch), 0);
  assert_int_equal(box_rows(k, krv_box_group(krv_world_self(k->w->world)->member_group)),
                   before + KRV_CASE_NEEDS_MAX + 1);
  krv_buf_release(&payload);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 3));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fleet_kit_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(ten_thousand_junk_grants_do_not_grow_a_vault),
      TEST(boxes_that_open_to_nothing_are_not_kept),
      TEST(a_grant_under_the_number_of_another_epoch_shadows_nothing),
      TEST(cases_that_nobody_can_open_are_counted_and_out_of_the_way),
      TEST(a_givers_later_grant_takes_the_place_of_his_earlier_one),
      TEST(nobody_takes_the_place_of_what_another_gave),
      TEST(a_device_has_a_need_once_and_so_many_of_a_case),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
