/* R17, F10: a malicious server that has two histories of the roster, each signed by an
 * administrator, and tells * them to one vault in any order, mixed, doubled, in part, with the
 * items of either, and acknowledges what * it likes, while memory fails. After every session: no
 * transaction is open; memory is what the disk says; the roster is that of one * history;
 * nothing that the vault wrote is gone; what lost is kept once. In the end one honest server
 * heals. */
#include <stdlib.h>

#include "evil.h"
#include "forkkit.h"
#include "mock.h"

enum { RUNS = 70, NOTES_MAX = RUNS };

struct told {
  struct fork_kit *k;
  struct krv_testenv dice;
  struct evil_script hers, his;
  struct krv_id mine[NOTES_MAX]; /* what the vault wrote */
  size_t mine_count;
  uint32_t forked, ended, words;
};

static uint64_t below(struct told *t, uint64_t n) {
  return krv_testenv_below(&t->dice, n);
}

static void keep_own(struct told *t) {
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load_id(t->k->a->world, &t->k->kase, &folder), 0);
  t->mine[t->mine_count++] = folder->own.id;
  krv_folder_free(folder);
}

/* Roster lines of another script, anywhere. */
static void mix(struct told *t, const struct evil_script *from, struct evil_script *into) {
  size_t count = evil_of_kind(from, KRV_MSG_ROSTER), first = (size_t)below(t, count);
  if (below(t, 2)) first = count - 1;
  for (size_t i = first; i < count; i++) {
    size_t at = (size_t)below(t, into->count);
    const struct evil_line *line = &from->lines[evil_find(from, KRV_MSG_ROSTER, i)];
    krv_buf_put(evil_add(into, at, KRV_MSG_ROSTER), krv_buf_slice(&line->payload));
  }
}

static void spoil(struct told *t, struct evil_script *s) {
  for (uint64_t n = below(t, 4); n > 0; n--)
    evil_swap(s, (size_t)below(t, s->count), (size_t)below(t, s->count));
  for (uint64_t n = below(t, 3); n > 0 && s->count > 1; n--)
    evil_drop(s, (size_t)below(t, s->count));
  if (below(t, 2) && s->lines[0].kind == KRV_MSG_RESTART) evil_drop(s, 0);
}

static void session(struct told *t) {
  struct evil_script script;
  struct evil_options options = {.script = &script};
  bool hers = below(t, 2) != 0;
  evil_script_copy(hers ? &t->hers : &t->his, &script);
  if (below(t, 3) > 0) mix(t, hers ? &t->his : &t->hers, &script);
  if (below(t, 3) == 0) spoil(t, &script);
  if (below(t, 8) == 0) options.cut_at = (size_t)below(t, 4000) + 1;
  struct krv_testenv *env = &t->k->a->t;
  if (below(t, 5) == 0) env->fail_at = env->allocations + 1 + below(t, 6000);
  (void)evil_session(t->k->a, &options);
  env->fail_at = 0;
  assert_int_equal(krv_world_fresh(t->k->a->world), 0);
  evil_script_release(&script);
}

static void act(struct told *t) {
  struct fleet_device *a = t->k->a;
  switch (below(t, 6)) {
    case 0: t->words += krv_fork_say_end(a->world, KRV_WORD_DEVICE) == 0; break;
    case 1: t->words += krv_fork_say_end(a->world, KRV_WORD_RECOVERY) == 0; break;
    case 2: (void)fleet_share(a, &t->k->kase, below(t, 2) ? "Jeren" : "Kerim"); break;
    default:
      if (fleet_note(a, &t->k->kase, "written meanwhile") == 0) keep_own(t);
      break;
  }
}

static void check(struct told *t) {
  struct fleet_device *a = t->k->a;
  struct krv_standing was = a->world->standing;
  bool forked = a->world->fork != NULL;
  enum krv_branch tells = forked ? a->world->fork->told : KRV_BRANCH_OURS;
  size_t lost = a->world->lost_count;
  uint32_t height = fork_height(a);
  assert_false(krv_vault_in_transaction(a->world->vault));
  assert_true(lost <= 1 + t->words / 2); /* none without two words */
  fleet_close(a);
  fleet_open(a);
  assert_true((a->world->fork != NULL) == forked);
  if (forked) assert_int_equal(a->world->fork->told, tells);
  assert_int_equal(a->world->lost_count, lost);
  assert_int_equal(fork_height(a), height);
  assert_int_equal(a->world->standing.cursor, was.cursor);
  assert_int_equal(a->world->standing.named_height, was.named_height);
  struct krv_folder *folder;
  assert_int_equal(krv_folder_load_id(a->world, &t->k->kase, &folder), 0);
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (size_t m = 0; m < t->mine_count; m++) {
    bool found = false;
    for (uint32_t i = 0; !found && i < krv_lines_count(lines); i++)
      found = krv_id_equal(&krv_lines_at(lines, i)->tip.id, &t->mine[m]);
    assert_true(found);
  }
  krv_folder_free(folder);
  t->forked += forked;
  t->ended += lost > 0;
}

static void two_histories_in_any_order_break_nothing(void **state) {
  struct told *t = calloc(1, sizeof *t);
  t->k = *state;
  krv_testenv_init(&t->dice, 1717);
  evil_truth(t->k->a, t->k->a->world->member.device, &t->hers);
  evil_truth(t->k->b, t->k->a->world->member.device, &t->his);
  for (int i = 0; i < RUNS; i++) {
    session(t);
    check(t);
    act(t);
  }
  assert_true(t->forked > 10);
  assert_true(t->ended > 10);
  fleet_server_restore(&t->k->fleet, "his");
  fleet_sync_well(t->k->a);
  fleet_sync_well(t->k->a);
  assert_false(t->k->a->counts.restarted);
  evil_script_release(&t->hers);
  evil_script_release(&t->his);
  free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(two_histories_in_any_order_break_nothing, fork_kit_setup,
                                      fork_kit_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
