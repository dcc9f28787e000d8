/* R19, R12 at the client: a sync cut at every byte, either way, loses nothing and doubles nothing;
 * own commits come back to a restored vault; who is admitted later gets everything. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "fleet.h"

struct sweep {
  struct fleet fleet;
  struct fleet_device *office, *worker;
  struct krv_id kase;
  uint32_t steps;
};

static void sweep_init(struct sweep *s, uint64_t seed) {
  memset(s, 0, sizeof *s);
  fleet_init(&s->fleet, seed, false);
  s->office = fleet_found(&s->fleet, "Aygul");
  s->worker = fleet_join(&s->fleet, "worker", "Bahar");
}

/* Something to push and something to pull, for both. */
static void write_on(struct sweep *s) {
  char value[32];
  if (s->steps++ % 16 == 0) { /* cases stay small */
    s->kase = fleet_case(s->worker, "prs_FirstName", "Maya");
    fleet_sync_well(s->worker);
    fleet_sync_well(s->office);
    fleet_sync_well(s->worker);
  }
  (void)snprintf(value, sizeof value, "value %06u", s->steps);
  assert_int_equal(fleet_set(s->office, &s->kase, "prs_SecondName", value), 0);
  assert_int_equal(fleet_set(s->worker, &s->kase, "prs_FirstName", value), 0);
}

/* All is at the server, with both, the same, and the office has said so. */
static void check_healed(struct sweep *s, uint64_t cut) {
  fleet_sync_well(s->worker);
  fleet_sync_well(s->office);
  fleet_sync_well(s->office); /* a receipt that was lost is repeated */
  fleet_sync_well(s->worker);
  bool agree = fleet_agree(&s->fleet, &s->kase, 2);
  const struct krv_card *card = fleet_card(s->worker, &s->kase);
  if (!agree || card->own_receipt_n != card->own_n || fleet_marked(s->worker, KRV_MARK_NONE) != 0)
    fprintf(stderr, "cut after %llu bytes: own %llu, at server %llu, receipted %llu\n",
            (unsigned long long)cut, (unsigned long long)card->own_n,
            (unsigned long long)card->own_server_n, (unsigned long long)card->own_receipt_n);
  assert_true(agree);
  assert_int_equal(card->own_server_n, card->own_n);
  assert_int_equal(card->own_receipt_n, card->own_n);
  assert_int_equal(fleet_marked(s->worker, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(s->office, KRV_MARK_NONE), 0);
  assert_int_equal(fleet_marked(s->worker, KRV_MARK_REFUSED), 0);
  assert_int_equal(fleet_marked(s->office, KRV_MARK_REFUSED), 0);
  assert_int_equal(fleet_alarms(s->worker, KRV_ALARM_COPY_IN_USE), 0);
  assert_int_equal(fleet_alarms(s->worker, KRV_ALARM_STRANGE_RECEIPT), 0);
}

/* Cuts the syncs of one of the two after 1, 2, 3 ... bytes, until one gets through whole. */
static void sweep_all(uint64_t seed, bool office, bool up, bool no_ticket) {
  struct sweep *s = calloc(1, sizeof *s);
  sweep_init(s, seed);
  uint64_t cut = 1;
  for (bool whole = false; !whole; cut++) {
    struct fleet_link link = {.no_ticket = no_ticket};
    if (up) link.cut_up = cut;
    else link.cut_down = cut;
    write_on(s);
    if (office) fleet_sync_well(s->worker);
    else fleet_sync_well(s->office);
    struct fleet_device *device = office ? s->office : s->worker;
    whole = fleet_sync(device, &link) == 0;
    if (cut % 64 == 0) { /* and the power went */
      fleet_close(device);
      fleet_open(device);
    }
    if (cut % 3 == 0) write_on(s); /* life goes on before the next attempt */
    check_healed(s, cut);
  }
  assert_true(cut > 150);
  fleet_release(&s->fleet);
  free(s);
}

static void a_workers_sync_cut_at_every_byte_up(void **state) {
  (void)state;
  sweep_all(1901, false, true, false);
}

static void a_workers_sync_cut_at_every_byte_down(void **state) {
  (void)state;
  sweep_all(1902, false, false, false);
}

static void an_offices_sync_cut_at_every_byte_up(void **state) {
  (void)state;
  sweep_all(1903, true, true, false);
}

static void an_offices_sync_cut_at_every_byte_down(void **state) {
  (void)state;
  sweep_all(1904, true, false, false);
}

static void a_first_sync_without_ticket_cut_at_every_byte(void **state) {
  (void)state;
  sweep_all(1905, false, true, true);
  sweep_all(1906, true, false, true);
}

static void bytes_may_come_one_by_one(void **state) {
  (void)state;
  struct sweep *s = calloc(1, sizeof *s);
  sweep_init(s, 1907);
  for (size_t chunk = 1; chunk < 40; chunk += 3) {
    struct fleet_link link = {.chunk = chunk};
    write_on(s);
    assert_int_equal(fleet_sync(s->worker, &link), 0);
    assert_int_equal(fleet_sync(s->office, &link), 0);
    check_healed(s, 0);
  }
  fleet_release(&s->fleet);
  free(s);
}

static void own_commits_come_back_to_a_restored_vault(void **state) {
  (void)state;
  struct sweep *s = calloc(1, sizeof *s);
  sweep_init(s, 1908);
  write_on(s);
  check_healed(s, 0);
  fleet_copy(s->worker, "monday");
  struct krv_id later = fleet_case(s->worker, "prs_FirstName", "Vera");
  assert_int_equal(fleet_set(s->worker, &s->kase, "prs_FirstName", "Nina"), 0);
  fleet_sync_well(s->worker);
  fleet_restore(s->worker, "monday");
  assert_null(krv_index_find(s->worker->world->index, &later));
  fleet_sync_well(s->worker);
  assert_string_equal(fleet_shown(s->worker, &later, "prs_FirstName"), "Vera");
  assert_string_equal(fleet_shown(s->worker, &s->kase, "prs_FirstName"), "Nina");
  fleet_rounds(&s->fleet, 2);
  assert_true(fleet_agree(&s->fleet, &later, 2));
  assert_true(fleet_agree(&s->fleet, &s->kase, 2));
  fleet_release(&s->fleet);
  free(s);
}

static void who_is_admitted_later_gets_everything(void **state) {
  (void)state;
  struct sweep *s = calloc(1, sizeof *s);
  struct krv_id kases[20];
  sweep_init(s, 1909);
  for (uint32_t i = 0; i < 20; i++) {
    kases[i] = fleet_case(i % 2 ? s->worker : s->office, "prs_FirstName", "Maya");
    assert_int_equal(fleet_note(i % 2 ? s->worker : s->office, &kases[i], "seen at the station"),
                     0);
    if (i == 10) fleet_rounds(&s->fleet, 1);
  }
  fleet_rounds(&s->fleet, 2);
  (void)fleet_join(&s->fleet, "office", "Gozel");
  (void)fleet_join(&s->fleet, "worker", "Dursun");
  fleet_rounds(&s->fleet, 1);
  for (uint32_t i = 0; i < 20; i++) assert_true(fleet_agree(&s->fleet, &kases[i], 2 + i % 2));
  assert_int_equal(krv_index_count(s->fleet.devices[3].world->index), 0);
  fleet_release(&s->fleet);
  free(s);
}

static void a_case_that_is_shared_later_comes_whole(void **state) {
  (void)state;
  struct sweep *s = calloc(1, sizeof *s);
  sweep_init(s, 1910);
  (void)fleet_join(&s->fleet, "worker", "Dursun");
  struct krv_id kase = fleet_case(s->worker, "prs_FirstName", "Maya");
  fleet_rounds(&s->fleet, 2);
  for (uint32_t i = 0; i < 10; i++)
    assert_int_equal(fleet_note(i % 2 ? s->worker : s->office, &kase, "a note"), 0);
  fleet_rounds(&s->fleet, 2);
  assert_int_equal(fleet_share(s->worker, &kase, "Dursun"), 0);
  fleet_rounds(&s->fleet, 2);
  assert_true(fleet_agree(&s->fleet, &kase, 3));
  fleet_release(&s->fleet);
  free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_workers_sync_cut_at_every_byte_up),
      cmocka_unit_test(a_workers_sync_cut_at_every_byte_down),
      cmocka_unit_test(an_offices_sync_cut_at_every_byte_up),
      cmocka_unit_test(an_offices_sync_cut_at_every_byte_down),
      cmocka_unit_test(a_first_sync_without_ticket_cut_at_every_byte),
      cmocka_unit_test(bytes_may_come_one_by_one),
      cmocka_unit_test(own_commits_come_back_to_a_restored_vault),
      cmocka_unit_test(who_is_admitted_later_gets_everything),
      cmocka_unit_test(a_case_that_is_shared_later_comes_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
