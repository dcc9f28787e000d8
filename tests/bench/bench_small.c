/* bench_small: what one change costs. The case has three writers, so that a body
 * names two others' commits; before each figure both sides are quiet. */
#include <stdlib.h>

#include "bench.h"

static void quiet(struct rig *rig) {
  static const enum rig_who order[] = {RIG_ONE, RIG_TWO, RIG_OFFICE, RIG_ONE, RIG_TWO, RIG_OFFICE};
  struct rig_traffic traffic;
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
    rig_sync(rig->vaults[order[i]], false, &traffic);
}

static double total(const struct rig_traffic *traffic) {
  return (double)(traffic->up + traffic->down);
}

static void add(const char *what, double goal, const struct rig_traffic *traffic,
                unsigned trips_max) {
  bench_add(&(struct bench_row){.what = what,
                                .unit = BENCH_BYTES,
                                .goal = goal,
                                .measured = total(traffic),
                                .trips_max = trips_max,
                                .trips = traffic->round_trips});
}

/* A case in which One, Two and Office have written. */
static void three_writers(struct rig *rig, char id[33]) {
  struct krv_casegen gen;
  static struct krv_casegen_case c;
  krv_casegen_init(&gen, 100, KRV_CASEGEN_FAR);
  krv_casegen_next(&gen, &c);
  rig_record(rig->vaults[RIG_ONE], &c, id);
  rig_must(rig->vaults[RIG_ONE], kerven_share(rig->vaults[RIG_ONE], id, "Worker Two", false),
           "share");
  quiet(rig);
  rig_set(rig->vaults[RIG_TWO], id, "kvn_PlaceMet", "Serdar");
  rig_set(rig->vaults[RIG_OFFICE], id, "cas_CaseOwner", "Office");
  quiet(rig);
}

/* One change by One, then Office takes it in and says so. */
static void one_change(struct rig *rig, const char *id, const char *path, const char *value,
                       const char *push, const char *pull) {
  struct rig_traffic traffic;
  rig_set(rig->vaults[RIG_ONE], id, path, value);
  rig_sync(rig->vaults[RIG_ONE], false, &traffic);
  add(push, 352, &traffic, 1);
  rig_sync(rig->vaults[RIG_OFFICE], false, &traffic);
  add(pull, 408, &traffic, 1);
  quiet(rig);
}

static void open_session(struct rig *rig, const char *id) {
  struct rig_live live;
  rig_live_begin(rig->vaults[RIG_ONE], &live);
  uint64_t before = live.traffic.up + live.traffic.down;
  rig_set(rig->vaults[RIG_ONE], id, "kvn_ImmediateDanger", "possible");
  rig_live_step(&live);
  uint64_t after = live.traffic.up + live.traffic.down;
  rig_live_end(&live);
  bench_add(&(struct bench_row){.what = "one field in an open session, acknowledged",
                                .unit = BENCH_BYTES,
                                .goal = 232,
                                .measured = (double)(after - before)});
  quiet(rig);
}

static void twenty_edits(struct rig *rig) {
  struct krv_casegen gen;
  static struct krv_casegen_case c;
  static char ids[20][33];
  struct rig_traffic traffic;
  krv_casegen_init(&gen, 200, KRV_CASEGEN_FAR);
  for (int i = 0; i < 20; i++) {
    krv_casegen_next(&gen, &c);
    rig_record(rig->vaults[RIG_ONE], &c, ids[i]);
  }
  quiet(rig);
  for (int i = 0; i < 20; i++)
    rig_set(rig->vaults[RIG_ONE], ids[i], "cas_ReasonForIncomingReferral", "Other");
  rig_sync(rig->vaults[RIG_ONE], false, &traffic);
  add("20 edits in 20 cases", 3.9 * 1024, &traffic, 1);
  quiet(rig);
}

void bench_small(struct rig *rig) {
  struct rig_traffic traffic;
  char id[33];
  rig_sync(rig->vaults[RIG_ONE], false, &traffic);
  rig_sync(rig->vaults[RIG_ONE], false, &traffic);
  add("nothing changed, on a ticket, 0 cases", 160, &traffic, 1);
  rig_sync(rig->vaults[RIG_ONE], true, &traffic);
  add("first contact, enrolled, nothing to fetch", 256, &traffic, 2);
  three_writers(rig, id);
  one_change(rig, id, "vic_TraffickingStatusDecisionMakingOrg", "Other",
             "one coded field pushed, three writers",
             "the same pulled by the office, with its receipt");
  one_change(rig, id, "prs_MiddleName", "Orazmuhammedowa!", "a text of 16 bytes pushed",
             "the same pulled by the office, with its receipt");
  open_session(rig, id);
  twenty_edits(rig);
}
