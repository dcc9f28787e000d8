/* Seeded random years of a fleet (F9): five to eight devices, offline for days and weeks, edits of
 * all kinds, links that break anywhere, clocks wrong by decades, people who join in every role, the
 * office's secret renewed, vaults restored from copies, one server restored from its backup or lost
 * for good. After two rounds of healing, a change by the office, and two rounds more, all that may
 * read a case hold the same bytes, and the server refuses nothing that the office lacks.
 *
 * KERVEN_SEED=s tells one year again, step by step. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "faults.h"
#include "fleet.h"
#include "renew.h"

enum { FOUNDED = 5, CASES_MAX = 10, STEPS = 220, YEARS = 40, YEAR_S = 365 * 86400 };

struct year {
  struct fleet fleet;
  struct krv_testenv dice;
  uint64_t seed;
  struct krv_id kases[CASES_MAX];
  uint32_t kase_count;
  bool copied[FLEET_DEVICES_MAX], server_copied, server_restored, server_moved;
  struct krv_server_code code; /* of the server that took the lost one's place */
  uint64_t edits, conflicts, cuts, vaults_restored, renewals;
};

struct totals {
  uint64_t device_years, edits, conflicts, cuts, vaults, renewals, joined, servers;
};

static uint64_t roll(struct year *y, uint64_t n) {
  return krv_testenv_below(&y->dice, n);
}

static void year_init(struct year *y, uint64_t seed) {
  memset(y, 0, sizeof *y);
  y->seed = seed;
  krv_testenv_init(&y->dice, seed);
  fleet_init(&y->fleet, seed, true);
  (void)fleet_found(&y->fleet, "Aygul");
  (void)fleet_join(&y->fleet, "office", "Bahar");
  (void)fleet_join(&y->fleet, "worker", "Dursun");
  (void)fleet_join(&y->fleet, "worker", "Gozel");
  (void)fleet_join(&y->fleet, "worker", "Jeren");
}

/* What may be answered to somebody who does what he may not, or what is not there. */
static bool refused_well(int status) {
  return status == KRV_DENIED || status == KRV_NO_KEY || status == KRV_CONFLICT ||
         status == KRV_NOT_FOUND;
}

/* With KERVEN_SEED: what happened, for whoever looks for the cause. */
static void tell(struct year *y, const struct fleet_device *d, const struct krv_id *kase,
                 const char *what, int status) {
  char hex[KRV_ID_HEX_LEN] = "";
  if (!getenv("KERVEN_SEED")) return;
  if (kase) krv_id_hex(kase, hex);
  fprintf(stderr, "%s %.4s %s: %s\n", d->name, hex, what, krv_status_text(status));
  (void)y;
}

static void expect(struct year *y, int status, const char *what) {
  if (status == 0 || refused_well(status)) return;
  fprintf(stderr, "seed %llu: %s: %s\n", (unsigned long long)y->seed, what,
          krv_status_text(status));
  fail();
}

/* A case that the device has, if it has any. */
static bool pick(struct year *y, struct fleet_device *d, struct krv_id *out) {
  uint32_t count = krv_index_count(d->world->index);
  if (count == 0) return false;
  *out = krv_index_at(d->world->index, (uint32_t)roll(y, count))->id;
  return true;
}

static void do_new(struct year *y, struct fleet_device *d) {
  if (y->kase_count < CASES_MAX) y->kases[y->kase_count++] = fleet_case(d, "prs_FirstName", "Maya");
}

static void do_set(struct year *y, struct fleet_device *d) {
  static const char *const paths[] = {
      "prs_FirstName",    "prs_SecondName",   "prs_Birthdate", "vic_TypeOfExploitation",
      "consent[+].scope", "consent[1].scope", "cas_Status",    "prs_NumberOfChildren"};
  static const char *const values[][4] = {
      {"Maya", "Mila", "Nina", ""},
      {"Orazova", "Berdieva", "", "Amanova"},
      {"2001-04", "1999", "2003-05-06", ""},
      {"Servitude;ForcedBegging", "Servitude", "", "OrganRemoval"},
      {"Referral", "CaseManagement", "Referral", "CaseManagement"},
      {"Referral", "CaseManagement", "Referral", "CaseManagement"},
      {"Open", "Closed", "", "Open"},
      {"1", "2", "3", ""},
  };
  struct krv_id kase;
  size_t p = roll(y, sizeof paths / sizeof *paths);
  const char *value = values[p][roll(y, 4)];
  if (!pick(y, d, &kase)) return;
  int status = fleet_set(d, &kase, paths[p], value);
  if (status == KRV_CONFLICT) {
    status = fleet_resolve(d, &kase, paths[p], value);
    y->conflicts++;
  }
  if (status == KRV_CODE || status == KRV_FIELD)
    status = 0; /* the schema moves on, the test does not */
  expect(y, status, paths[p]);
  y->edits++;
}

static void do_note(struct year *y, struct fleet_device *d) {
  struct krv_id kase;
  if (pick(y, d, &kase)) expect(y, fleet_note(d, &kase, "seen at the station"), "note");
  y->edits++;
}

static void do_delete(struct year *y, struct fleet_device *d) {
  struct krv_id kase;
  if (pick(y, d, &kase)) expect(y, fleet_delete(d, &kase, "consent[1]", roll(y, 4) != 0), "delete");
}

static const char *somebody(struct year *y) {
  return y->fleet.devices[2 + roll(y, 3)].name;
}

static void do_share(struct year *y, struct fleet_device *d) {
  struct krv_id kase;
  if (!pick(y, d, &kase)) return;
  const char *with = somebody(y);
  int status = fleet_share(d, &kase, with);
  tell(y, d, &kase, "shares with", status);
  tell(y, d, &kase, with, status);
  expect(y, status, "share");
}

static void do_unshare(struct year *y, struct fleet_device *d) {
  struct krv_id kase;
  if (!pick(y, d, &kase)) return;
  const char *with = somebody(y);
  int status = fleet_unshare(d, &kase, with);
  tell(y, d, &kase, "takes away from", status);
  tell(y, d, &kase, with, status);
  expect(y, status, "unshare");
}

static void do_sync(struct year *y, struct fleet_device *d) {
  struct fleet_link link = {0};
  switch (roll(y, 6)) {
    case 0: link.cut_up = 1 + roll(y, 1 + roll(y, 4000)); break;
    case 1: link.cut_down = 1 + roll(y, 1 + roll(y, 4000)); break;
    case 2: link.no_ticket = true; break;
    case 3: link.chunk = 1 + roll(y, 300); break;
    default: break;
  }
  link.lost = roll(y, 3) == 0;
  int status = fleet_sync(d, &link);
  tell(y, d, NULL, "sync", status);
  bool broke = status == KRV_CUT || status == KRV_TIMEOUT;
  if (broke) y->cuts++;
  if (status == KRV_CUT && y->server_restored) return; /* it may not know yet that this one is in */
  if (!broke || (link.cut_up == 0 && link.cut_down == 0)) expect(y, status, "sync");
}

static void do_clock(struct year *y, struct fleet_device *d) {
  static const int64_t year_s = 365 * 86400;
  d->t.wall_s += (int64_t)roll(y, 80) * year_s - 40 * year_s;
  d->t.mono_ms += roll(y, 1000000);
}

static void do_copy(struct year *y, struct fleet_device *d) {
  fleet_copy(d, "old");
  y->copied[d - y->fleet.devices] = true;
}

/* Where the server was lost, a vault that has not heard of it takes the code. */
static void follow(struct year *y, struct fleet_device *d) {
  int status = y->server_moved ? krv_pin_use(d->world, &y->code) : 0;
  expect(y, status == KRV_STALE ? 0 : status, "the server's code");
}

static void do_restore(struct year *y, struct fleet_device *d) {
  if (!y->copied[d - y->fleet.devices]) return;
  if (fleet_sync(d, NULL) != 0) return; /* what was never sent cannot come back */
  fleet_restore(d, "old");
  follow(y, d);
  tell(y, d, NULL, "vault restored", 0);
  y->vaults_restored++;
}

static void do_server(struct year *y, struct fleet_device *d) {
  if (!y->server_copied) fleet_server_copy(&y->fleet, "backup");
  else if (!y->server_restored) {
    fleet_server_restore(&y->fleet, "backup");
    y->server_restored = true;
    tell(y, d, NULL, "server restored", 0);
  }
  y->server_copied = true;
}

/* Somebody new, let in by the founder. All sync first: whoever signs an entry without those that a
 * restored server has lost begins another history, and that is for test_r17_turns. */
static void do_join(struct year *y, struct fleet_device *d) {
  static const char *const roles[] = {"worker", "office", "auditor", "supervisor", "provider"};
  static const char *const names[] = {"Kerim", "Leyla", "Myrat"};
  (void)d;
  if (y->fleet.count == FLEET_DEVICES_MAX) return;
  fleet_rounds(&y->fleet, 1);
  y->fleet.devices[0].t.wall_s = y->fleet.t.wall_s; /* who invites has looked at the date */
  d = fleet_join(&y->fleet, roles[roll(y, 5)], names[y->fleet.count - FOUNDED]);
  tell(y, d, NULL, "joined", 0);
}

/* The entry goes out whenever its maker syncs, and finds whatever was appended meanwhile. Both
 * keepers have heard all: what only one knows when the server is restored is another history. */
static void do_renew(struct year *y, struct fleet_device *d) {
  fleet_rounds(&y->fleet, 2);
  d = &y->fleet.devices[roll(y, 2)];
  int status = krv_renew(d->world, KRV_GROUP_OFFICE);
  tell(y, d, NULL, "renews", status);
  expect(y, status == KRV_EXISTS ? 0 : status, "renew");
  y->renewals += status == 0;
}

/* The server burns, and no backup is left: the founder moves to another, everybody takes the code.
 * She has heard all: an entry that only another device knows would be another history. */
static void do_burn(struct year *y, struct fleet_device *d) {
  struct krv_buf text;
  d = &y->fleet.devices[0];
  if (y->server_moved) return;
  fleet_rounds(&y->fleet, 2);
  fleet_server_burn(&y->fleet, NULL);
  tell(y, d, NULL, "server lost", 0);
  struct krv_founding_code founding = fleet_founding_code(&y->fleet);
  expect(y, krv_pin_move(d->world, &founding, KRV_WORD_DEVICE), "move");
  fleet_sync_well(d);
  krv_buf_init(&text, &d->t.env);
  expect(y, krv_pin_code(d->world, KRV_WORD_DEVICE, NULL, &text), "code");
  expect(y, krv_server_code_parse(krv_buf_slice(&text), &y->code), "code");
  krv_buf_release(&text);
  y->server_moved = y->server_copied = y->server_restored = true; /* no backup of this one */
  for (uint32_t i = 1; i < y->fleet.count; i++) follow(y, &y->fleet.devices[i]);
}

static void step(struct year *y) {
  static const struct {
    uint32_t weight;
    void (*act)(struct year *y, struct fleet_device *d);
  } acts[] = {{5, do_new},   {40, do_set},    {15, do_note}, {4, do_delete},
              {8, do_share}, {3, do_unshare}, {40, do_sync}, {3, do_clock},
              {2, do_copy},  {2, do_restore}, {2, do_server}, {2, do_join},
              {2, do_renew}, {1, do_burn}};
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) sum += acts[i].weight;
  struct fleet_device *d = &y->fleet.devices[roll(y, y->fleet.count)];
  uint64_t at = roll(y, sum);
  for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
    if (at < acts[i].weight) {
      acts[i].act(y, d);
      return;
    }
    at -= acts[i].weight;
  }
}

static bool may_read(struct fleet_device *d, const struct krv_access_list *list) {
  const struct krv_device *self = krv_world_self(d->world);
  for (uint32_t i = 0; i < list->count; i++)
    if (list->items[i].mode != KRV_ACCESS_NONE &&
        krv_roster_membership(d->world->roster, self->ix, list->items[i].group, UINT32_MAX))
      return true;
  return false;
}

/* What a device holds back, and why. */
static void tell_held(struct fleet_device *d, const struct krv_id *kase) {
  struct krv_folder *folder;
  if (krv_folder_load_id(d->world, kase, &folder) != 0) return;
  const struct krv_lines *lines = krv_case_lines(folder->kase);
  for (uint32_t i = 0; i < krv_lines_count(lines); i++) {
    const struct krv_line_commit *c = krv_lines_at(lines, i);
    if (c->verdict == KRV_VERDICT_HELD)
      fprintf(stderr, "%s holds back %u/%llu: %s\n", d->name, c->tip.device,
              (unsigned long long)c->tip.n, krv_status_text(-(int)c->reason));
  }
  krv_folder_free(folder);
}

static bool one_case_agrees(struct year *y, const struct krv_id *kase) {
  struct fleet_device *office = &y->fleet.devices[0];
  struct krv_case_rights rights = krv_world_rights(office->world);
  struct krv_access_list list;
  struct krv_folder *folder;
  if (krv_folder_load_id(office->world, kase, &folder) != 0) return false;
  krv_case_access(folder->kase, &rights, &list);
  bool agree = krv_lines_held(krv_case_lines(folder->kase)) == 0;
  krv_folder_free(folder);
  if (!agree) tell_held(office, kase);
  for (uint32_t i = 1; agree && i < y->fleet.count; i++) {
    struct fleet_device *d = &y->fleet.devices[i];
    if (!may_read(d, &list)) continue;
    agree = fleet_same(office, d, kase);
    if (!agree) {
      tell(y, d, kase, "differs", 0);
      tell_held(d, kase);
      const struct krv_card *card = krv_index_find(d->world->index, kase);
      fprintf(stderr, "%s differs: %u commits, %u held; the office has %u\n", d->name,
              card ? card->commits : 0, card ? card->held : 0, fleet_card(office, kase)->commits);
    }
  }
  return agree;
}

/* Nothing may be refused but to one whose grant went down with a server: then the office has it. */
static bool none_refused(struct year *y, const struct fleet_device *d) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  bool none = true;
  krv_buf_init(&bytes, d->world->env);
  while (krv_vault_marked_next(d->world->vault, KRV_MARK_REFUSED, lid, &item, &bytes) == 0) {
    lid = item.lid;
    bool lost_right = y->server_restored && item.status == KRV_DENIED;
    krv_buf_reset(&bytes);
    if (lost_right) continue;
    none = false;
    fprintf(stderr, "%s: %s of device %u was refused: %s\n", d->name, krv_message_name(item.kind),
            item.device, krv_status_text(item.status));
  }
  krv_buf_release(&bytes);
  return none;
}

static void pass_time(struct year *y, int64_t seconds) {
  for (uint32_t i = 0; i < y->fleet.count; i++) {
    y->fleet.devices[i].t.wall_s += seconds;
    y->fleet.devices[i].t.mono_ms += (uint64_t)seconds * 1000;
  }
  y->fleet.t.wall_s += seconds;
  y->fleet.t.mono_ms += (uint64_t)seconds * 1000;
}

/* Rounds are two days apart: what was refused is tried daily. After two of them the office knows
 * all, and writes in each case: the next writer grants to whom the maker of a key did not know
 * (R14). */
static void heal(struct year *y) {
  for (uint32_t r = 0; r < 4; r++) {
    pass_time(y, 2 * 86400);
    fleet_rounds(&y->fleet, 1);
    for (uint32_t i = 0; r == 1 && i < y->kase_count; i++)
      expect(y, fleet_note(&y->fleet.devices[0], &y->kases[i], "read"), "the office's note");
  }
}

static void add(struct totals *t, const struct year *y) {
  t->device_years += y->fleet.count;
  t->edits += y->edits;
  t->conflicts += y->conflicts;
  t->cuts += y->cuts;
  t->vaults += y->vaults_restored;
  t->renewals += y->renewals;
  t->joined += y->fleet.count - FOUNDED;
  t->servers += y->server_restored;
}

static void one_year(uint64_t seed, struct totals *totals) {
  struct year *y = calloc(1, sizeof *y);
  assert_non_null(y);
  year_init(y, seed);
  for (uint32_t i = 0; i < STEPS; i++) {
    pass_time(y, (int64_t)roll(y, 2 * YEAR_S / STEPS));
    step(y);
  }
  heal(y);
  bool agree = true;
  for (uint32_t i = 0; i < y->kase_count; i++) agree = one_case_agrees(y, &y->kases[i]) && agree;
  for (uint32_t i = 0; i < y->fleet.count; i++)
    agree = none_refused(y, &y->fleet.devices[i]) && agree;
  if (!agree)
    fprintf(stderr, "seed %llu fails: KERVEN_SEED=%llu\n", (unsigned long long)seed,
            (unsigned long long)seed);
  assert_true(agree);
  add(totals, y);
  fleet_release(&y->fleet);
  free(y);
}

static void random_years_end_with_the_same_bytes(void **state) {
  (void)state;
  struct totals t = {0};
  const char *one = getenv("KERVEN_SEED");
  uint64_t years = one ? 1 : krv_faults(YEARS);
  uint64_t seed = one ? strtoull(one, NULL, 10) : 1000 * krv_faults_seed();
  for (uint64_t i = 0; i < years; i++) one_year(seed + i, &t);
  print_message("F9: %llu device-years, %llu edits, %llu conflicts, %llu cuts, %llu joined, "
                "%llu renewals, %llu vaults and %llu servers restored or lost (seed %llu)\n",
                (unsigned long long)t.device_years, (unsigned long long)t.edits,
                (unsigned long long)t.conflicts, (unsigned long long)t.cuts,
                (unsigned long long)t.joined, (unsigned long long)t.renewals,
                (unsigned long long)t.vaults, (unsigned long long)t.servers,
                (unsigned long long)seed);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_years_end_with_the_same_bytes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
