/* kill -9, and a disk that fails at every call, in the midst of saves and syncs: what was reported
 * saved is there, the vault opens, and its merged states are those of its commits. */
#define _GNU_SOURCE
#include "mock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "childkit.h"
#include "cutvfs.h"
#include "faults.h"
#include "fleet.h"

enum { KILLS = 24, ROUNDS = 2, SAVES_MAX = 400 };

struct kit {
  struct fleet fleet;
  struct fleet_device *a, *w;
  struct krv_id kase;
};

static int setup(void **state) {
  struct kit *k = calloc(1, sizeof *k);
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  fleet_init(&k->fleet, 8 + krv_faults_seed(), false);
  k->a = fleet_found(&k->fleet, "Aygul");
  k->w = fleet_join(&k->fleet, "worker", "Dursun");
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
  *state = k;
  return 0;
}

static int teardown(void **state) {
  struct kit *k = *state;
  krv_cutvfs_reset();
  fleet_release(&k->fleet);
  free(k);
  return 0;
}

/* So that long runs stay as fast as short ones. */
static void another_case(struct kit *k) {
  k->kase = fleet_case(k->w, "prs_FirstName", "Maya");
  fleet_rounds(&k->fleet, 2);
}

/* From this call on, every one fails, or only this one; every third round a write is half done. */
static void disk_fails_at(uint64_t at, uint64_t round) {
  krv_cutvfs_reset();
  krv_cutvfs()->fail_at = at;
  krv_cutvfs()->fail_on = round % 2 == 0;
  krv_cutvfs()->fail_half = round % 3 == 1;
  krv_cutvfs()->fail_code = KRV_DISK_FAILS;
}

static void check_whole(struct kit *k) {
  bool same = false;
  assert_int_equal(krv_intake_audit(k->w->world, &k->kase, &same), 0);
  assert_true(same);
}

/* The child saves until it is killed, and says so after each save. */
static void save_and_tell(struct kit *k, int fd) {
  fleet_open(k->w);
  for (uint32_t i = 0; i < SAVES_MAX; i++) {
    if (fleet_note(k->w, &k->kase, "saved before the battery went") != 0) _exit(1);
    if (write(fd, "s", 1) != 1) _exit(1);
  }
  _exit(0);
}

/* Kills the child once it told of so many saves; returns of how many it told in all. */
static uint32_t kill_after(struct kit *k, uint32_t wanted) {
  int ends[2];
  char byte;
  uint32_t told = 0;
  assert_int_equal(pipe(ends), 0);
  pid_t child = krv_child_fork();
  if (child == 0) {
    close(ends[0]);
    save_and_tell(k, ends[1]);
  }
  close(ends[1]);
  while (told < wanted && read(ends[0], &byte, 1) == 1) told++;
  kill(child, SIGKILL);
  while (read(ends[0], &byte, 1) == 1) told++;
  assert_int_equal(waitpid(child, NULL, 0), child);
  close(ends[0]);
  return told;
}

static void what_was_reported_saved_survives_kill_9(void **state) {
  struct kit *k = *state;
  uint32_t kills = (uint32_t)krv_faults(KILLS);
  for (uint32_t i = 0; i < kills; i++) {
    if (i % KILLS == KILLS - 1) another_case(k);
    uint32_t before = fleet_card(k->w, &k->kase)->commits;
    fleet_close(k->w);
    uint32_t told = kill_after(k, i % 5);
    fleet_open(k->w);
    uint32_t now = fleet_card(k->w, &k->kase)->commits;
    assert_true(now >= before + told && now <= before + told + 1); /* one perhaps untold */
    check_whole(k);
    /* the child's dice fell where the parent's would: a life of their own for each */
    for (uint32_t d = 0; d <= i; d++) (void)krv_testenv_next(&k->w->t);
  }
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 2));
  assert_int_equal(fleet_alarms(k->w, KRV_ALARM_COPY_IN_USE), 0);
  print_message("%u kills\n", kills);
}

static uint32_t fail_saves(struct kit *k, uint64_t round) {
  uint32_t failed = 0;
  for (uint64_t at = 1;; at++) {
    uint32_t before = fleet_card(k->w, &k->kase)->commits;
    disk_fails_at(at, round);
    int status = fleet_note(k->w, &k->kase, "into the storm");
    bool through = krv_cutvfs()->calls < at;
    krv_cutvfs_reset();
    fleet_close(k->w);
    fleet_open(k->w);
    uint32_t now = fleet_card(k->w, &k->kase)->commits;
    /* what was said to be saved is; what was said to have failed may have been saved at the last */
    assert_true(status == 0 ? now == before + 1 : now == before || now == before + 1);
    check_whole(k);
    failed += status != 0;
    if (through) return failed;
  }
}

static void a_save_that_fails_at_any_call_to_the_disk_is_no_save_and_no_damage(void **state) {
  struct kit *k = *state;
  uint32_t failed = 0, rounds = (uint32_t)krv_faults(ROUNDS);
  for (uint32_t round = 0; round < rounds; round++) {
    another_case(k);
    failed += fail_saves(k, round);
  }
  print_message("F5: %u saves failed\n", failed);
  assert_true(failed >= 3 * rounds);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 2));
}

static uint64_t fail_syncs(struct kit *k, uint64_t round) {
  for (uint64_t at = 1;; at++) {
    assert_int_equal(fleet_note(k->a, &k->kase, "from the office"), 0);
    assert_int_equal(fleet_note(k->w, &k->kase, "from the street"), 0);
    fleet_sync_well(k->a);
    disk_fails_at(at, round);
    (void)fleet_sync(k->w, NULL);
    bool through = krv_cutvfs()->calls < at;
    krv_cutvfs_reset();
    fleet_close(k->w);
    fleet_open(k->w);
    check_whole(k);
    fleet_rounds(&k->fleet, 2);
    assert_true(fleet_agree(&k->fleet, &k->kase, 2));
    assert_int_equal(fleet_marked(k->w, KRV_MARK_NONE), 0);
    if (through) return at - 1;
  }
}

static void a_sync_that_fails_at_any_call_to_the_disk_goes_on_later(void **state) {
  struct kit *k = *state;
  uint64_t calls = 0, rounds = krv_faults(ROUNDS);
  for (uint64_t round = 0; round < rounds; round++) {
    another_case(k);
    calls += fail_syncs(k, round);
  }
  print_message("F5: syncs failed at %llu calls\n", (unsigned long long)calls);
}

static void a_full_disk_saves_nothing_and_loses_nothing(void **state) {
  struct kit *k = *state;
  uint32_t before = fleet_card(k->w, &k->kase)->commits;
  krv_cutvfs()->full = true;
  assert_int_equal(fleet_note(k->w, &k->kase, "no room"), KRV_FULL);
  assert_string_equal(fleet_shown(k->w, &k->kase, "prs_FirstName"), "Maya"); /* reading goes on */
  krv_cutvfs()->full = false;
  fleet_close(k->w);
  fleet_open(k->w);
  assert_int_equal(fleet_card(k->w, &k->kase)->commits, before);
  assert_int_equal(fleet_note(k->w, &k->kase, "room again"), 0);
  fleet_rounds(&k->fleet, 2);
  assert_true(fleet_agree(&k->fleet, &k->kase, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_was_reported_saved_survives_kill_9),
      TEST(a_save_that_fails_at_any_call_to_the_disk_is_no_save_and_no_damage),
      TEST(a_sync_that_fails_at_any_call_to_the_disk_goes_on_later),
      TEST(a_full_disk_saves_nothing_and_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
