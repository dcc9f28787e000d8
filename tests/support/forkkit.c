#include "forkkit.h"

#include <stdlib.h>

#include "mock.h"

struct fleet_device *fork_ask(struct fleet_device *by, const char *roles, const char *name) {
  struct fleet_device *device = fleet_add(by->fleet, name);
  struct krv_buf code;
  krv_buf_init(&code, &by->t.env);
  fleet_invite(by, roles, name, &code);
  fleet_accept(device, &code);
  krv_buf_release(&code);
  fleet_sync_well(device);
  return device;
}

struct fleet_device *fork_let_in(struct fleet_device *by, const char *roles, const char *name) {
  struct fleet_device *device = fork_ask(by, roles, name);
  fleet_sync_well(by);
  fleet_approve(by, device);
  for (int i = 0; i < 2; i++) {
    fleet_sync_well(by);
    fleet_sync_well(device);
  }
  return device;
}

uint32_t fork_height(const struct fleet_device *device) {
  return krv_roster_height(device->world->roster);
}

int fork_kit_setup(void **state) {
  struct fork_kit *k = calloc(1, sizeof *k);
  fleet_init(&k->fleet, 171, true);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->b = fleet_join(&k->fleet, "administrator+office", "Bahar");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
  k->common = fork_height(k->b);
  assert_int_equal(fork_height(k->a), k->common);
  fleet_server_copy(&k->fleet, "backup");
  fleet_copy(k->a, "unaware");
  k->jeren = fork_let_in(k->a, "worker", "Jeren");
  k->jerens = fleet_case(k->jeren, "prs_FirstName", "Vera");
  assert_int_equal(fleet_note(k->jeren, &k->jerens, "met at the station"), 0);
  fleet_sync_well(k->jeren);
  fleet_sync_well(k->a);
  fleet_sync_well(k->w);
  assert_int_equal(fork_height(k->w), k->common + 1);
  fleet_server_copy(&k->fleet, "hers");
  fleet_server_restore(&k->fleet, "backup");
  fleet_copy(k->b, "before");
  k->kerim = fork_let_in(k->b, "worker", "Kerim");
  assert_int_equal(fork_height(k->b), k->common + 1);
  fleet_server_copy(&k->fleet, "his");
  *state = k;
  return 0;
}

int fork_kit_teardown(void **state) {
  struct fork_kit *k = *state;
  fleet_release(&k->fleet);
  free(k);
  return 0;
}

uint64_t fork_alarm(struct fleet_device *device, krv_device_ix suspect) {
  struct krv_alarm alarm;
  for (int64_t lid = 0; krv_alarm_next(device->world, lid, &alarm) == 0; lid = alarm.lid)
    if (alarm.kind == KRV_ALARM_ROSTER_FORK && alarm.device == suspect) return alarm.count;
  return 0;
}

void fork_say(struct fleet_device *device, enum krv_word word) {
  assert_int_equal(krv_fork_say_end(device->world, word), 0);
  fleet_sync_well(device);
}

uint32_t fork_verdicts(struct fleet_device *device, const struct krv_id *kase,
                       enum krv_verdict verdict) {
  struct krv_folder *folder;
  uint32_t count = 0;
  assert_int_equal(krv_folder_load_id(device->world, kase, &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++)
    count += krv_lines_at(lines, i)->verdict == verdict;
  krv_folder_free(folder);
  return count;
}
