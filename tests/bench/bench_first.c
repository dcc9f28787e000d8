/* bench_first: 10,000 cases, 26 coded fields and a narrative each, to the server
 * for the first time, and beside it the floor of bench_floor. */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "bench.h"

/* Of this process: what others do on the machine does not count. */
static double cpu_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* cpu_ms: what it took of the processor. */
static double record_all(kerven *k, enum krv_casegen_pool pool, uint64_t *json_bytes,
                         double *cpu_ms) {
  static struct krv_casegen_case c;
  static char json[KRV_CASEGEN_TEXT_MAX];
  struct krv_casegen gen;
  double spent = 0;
  krv_casegen_init(&gen, 1, pool);
  *json_bytes = 0;
  *cpu_ms = 0;
  for (int i = 0; i < BENCH_CASES; i++) {
    krv_casegen_next(&gen, &c);
    *json_bytes += krv_casegen_json(&c, json);
    double started = bench_now_ms(), cpu_started = cpu_now_ms();
    if (i % BENCH_BATCH == 0) rig_must(k, kerven_batch_begin(k), "batch");
    rig_record(k, &c, NULL);
    if (i % BENCH_BATCH == BENCH_BATCH - 1 || i == BENCH_CASES - 1)
      rig_must(k, kerven_batch_end(k), "batch");
    spent += bench_now_ms() - started;
    *cpu_ms += cpu_now_ms() - cpu_started;
  }
  return spent;
}

static void add_time(const char *what, double goal, double ms) {
  bench_add(&(struct bench_row){.what = what, .unit = BENCH_MS, .goal = goal, .measured = ms});
}

static double percent(const struct rig_traffic *traffic, uint64_t json_bytes) {
  return 100.0 * (double)(traffic->up + traffic->down) / (double)json_bytes;
}

void bench_first(struct rig *rig) {
  struct rig_traffic far, near;
  uint64_t far_json, near_json;
  double cpu, near_cpu;
  double record = record_all(rig->vaults[RIG_ONE], KRV_CASEGEN_FAR, &far_json, &cpu);
  rig_sync(rig->vaults[RIG_ONE], false, &far);
  double rss = (double)rig_memory_kib(rig->server, "VmRSS") / 1024;
  record_all(rig->vaults[RIG_TWO], KRV_CASEGEN_NEAR, &near_json, &near_cpu);
  rig_sync(rig->vaults[RIG_TWO], false, &near);
  double json = (double)far_json / BENCH_CASES;
  double sealing = bench_floor_sealing();
  double disk = bench_floor_disk(rig, (double)far.up / BENCH_CASES, json);
  bench_add(&(struct bench_row){.what = "first push of 10,000 cases, of their JSON, far pool",
                                .unit = BENCH_PERCENT,
                                .goal = 40,
                                .measured = percent(&far, far_json),
                                .trips_max = 2,
                                .trips = far.round_trips});
  bench_add(&(struct bench_row){.what = "  the same, near pool",
                                .unit = BENCH_PERCENT,
                                .measured = percent(&near, near_json),
                                .trips = near.round_trips,
                                .trips_max = 2});
  bench_add(&(struct bench_row){.what = "  JSON of one case, far pool",
                                .unit = BENCH_BYTES,
                                .measured = json});
  add_time("the same in time: sealed, signed, saved, at the server", 2000, record + far.ms);
  add_time("  of it: seal, sign, save", 0, record);
  add_time("    in processor time", 0, cpu);
  add_time("  of it: push, until durable there", 0, far.ms);
  add_time("  beside: the same texts compressed, signed, encrypted", 0, sealing);
  add_time("  beside: rows of that size into two bare SQLite files", 0, disk);
  bench_add(&(struct bench_row){
      .what = "server memory after it", .unit = BENCH_MIB, .goal = 20, .measured = rss});
}
