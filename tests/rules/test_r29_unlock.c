/* R29: unlock reads one small sealed card a case, whatever the case holds; the text that searches
 * look through is filled after, by the first search. */
#include "mock.h"

#include <stdio.h>

#include "cutvfs.h"
#include "dossier.h"
#include "fleet.h"

enum {
  CASES = 64,
  STORY_LEN = 12000,
  CARD_MAX = 1024, /* bytes that a case may cost at unlock: its card, in a page that it shares */
};

static struct fleet fleet;
static struct fleet_device *device;

static int set_up(void **state) {
  (void)state;
  (void)krv_cutvfs();
  krv_cutvfs_reset();
  krv_cutvfs()->lazy = true;
  fleet_init(&fleet, 29, false);
  device = fleet_found(&fleet, "Aygul");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  krv_cutvfs_reset();
  fleet_release(&fleet);
  return 0;
}

/* A narrative that no compression makes small: what a state holds costs its length. */
static const char *story(size_t len) {
  static char text[STORY_LEN + 1];
  for (size_t i = 0; i < len; i++) text[i] = (char)('a' + krv_testenv_below(&device->t, 26));
  (void)memcpy(text, "needle ", 7);
  text[len] = 0;
  return text;
}

static void add_cases(uint32_t count, size_t story_len) {
  for (uint32_t i = 0; i < count; i++) {
    struct krv_id kase = fleet_case(device, "prs_FirstName", "Maya");
    assert_int_equal(fleet_set(device, &kase, "kvn_Narrative", story(story_len)), 0);
  }
}

/* Bytes that closing and opening the vault again reads from the disk. */
static uint64_t unlock(void) {
  fleet_close(device);
  krv_cutvfs()->read_bytes = 0;
  fleet_open(device);
  return krv_cutvfs()->read_bytes;
}

static void a_case_more_costs_a_card_more_and_not_its_state(void **state) {
  (void)state;
  add_cases(CASES, STORY_LEN);
  uint64_t some = unlock();
  add_cases(CASES, STORY_LEN);
  uint64_t twice = unlock();
  assert_int_equal(krv_index_count(device->world->index), 2 * CASES);
  assert_true(twice > some); /* reads are counted */
  assert_in_range((twice - some) / CASES, 1, CARD_MAX);
}

static void what_a_case_tells_costs_nothing_at_unlock(void **state) {
  (void)state;
  add_cases(CASES, 16);
  uint64_t small = unlock();
  for (uint32_t i = 0; i < CASES; i++) {
    struct krv_id kase = krv_index_at(device->world->index, i)->id;
    assert_int_equal(fleet_set(device, &kase, "kvn_Narrative", story(STORY_LEN)), 0);
  }
  uint64_t large = unlock();
  assert_true(large < small + (uint64_t)CASES * STORY_LEN / 100);
}

static int count_hit(void *ctx, int64_t lid) {
  (void)lid;
  ++*(uint32_t *)ctx;
  return 0;
}

static uint32_t hits(const char *words) {
  uint32_t count = 0;
  assert_int_equal(krv_dossier_search(device->world), 0);
  assert_int_equal(krv_search_find(device->world->search, krv_slice_str(words), count_hit, &count),
                   0);
  return count;
}

static void the_first_search_after_unlock_fills_the_text_and_the_next_reads_nothing(void **state) {
  (void)state;
  add_cases(CASES, STORY_LEN);
  uint64_t at_unlock = unlock();
  assert_null(device->world->search);
  krv_cutvfs()->read_bytes = 0;
  assert_int_equal(hits("needle"), CASES);
  assert_true(krv_cutvfs()->read_bytes > (uint64_t)CASES * STORY_LEN);
  assert_true(at_unlock < krv_cutvfs()->read_bytes / 4);
  krv_cutvfs()->read_bytes = 0;
  assert_int_equal(hits("needle"), CASES);
  assert_int_equal(hits("maya"), CASES);
  assert_int_equal(krv_cutvfs()->read_bytes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_case_more_costs_a_card_more_and_not_its_state),
      TEST(what_a_case_tells_costs_nothing_at_unlock),
      TEST(the_first_search_after_unlock_fills_the_text_and_the_next_reads_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
