/* bench_first: 10,000 cases, 26 coded fields and a narrative each, to the server
 * for the first time. Beside it: 10,000 raw signatures and compressions, which no
 * way of doing it can avoid. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "sign.h"
#include "zip.h"

enum { BATCH = 256 };

static double record_all(kerven *k, enum krv_casegen_pool pool, uint64_t *json_bytes) {
  static struct krv_casegen_case c;
  static char json[KRV_CASEGEN_TEXT_MAX];
  struct krv_casegen gen;
  double spent = 0;
  krv_casegen_init(&gen, 1, pool);
  *json_bytes = 0;
  for (int i = 0; i < BENCH_CASES; i++) {
    krv_casegen_next(&gen, &c);
    *json_bytes += krv_casegen_json(&c, json);
    double started = bench_now_ms();
    if (i % BATCH == 0) rig_must(k, kerven_batch_begin(k), "batch");
    rig_record(k, &c, NULL);
    if (i % BATCH == BATCH - 1 || i == BENCH_CASES - 1) rig_must(k, kerven_batch_end(k), "batch");
    spent += bench_now_ms() - started;
  }
  return spent;
}

static void *resize(void *ctx, void *p, size_t len) {
  (void)ctx;
  if (len > 0) return realloc(p, len);
  free(p);
  return NULL;
}

/* Signs and compresses the same texts, and nothing else. */
static double raw_work(void) {
  static struct krv_casegen_case c;
  static const struct krv_env env = {.resize = resize};
  struct krv_casegen gen;
  struct krv_sign_pair pair;
  struct krv_key seed = {{7}};
  struct krv_zip *zip;
  struct krv_buf packed;
  uint8_t signature[KRV_SIG_LEN];
  krv_casegen_init(&gen, 1, KRV_CASEGEN_FAR);
  krv_buf_init(&packed, &env);
  krv_sign_pair_from_seed(&seed, &pair);
  rig_must(NULL, krv_zip_new(&env, 0, &zip), "zip");
  double spent = 0;
  for (int i = 0; i < BENCH_CASES; i++) {
    krv_casegen_next(&gen, &c);
    krv_buf_reset(&packed);
    double started = bench_now_ms();
    rig_must(NULL, krv_zip_pack(zip, krv_slice(c.text, c.text_len), &packed), "zip");
    struct krv_slice part = krv_buf_slice(&packed);
    krv_sign(&pair, KRV_DOMAIN_ITEM, &part, 1, signature);
    spent += bench_now_ms() - started;
  }
  krv_zip_free(zip);
  krv_buf_release(&packed);
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
  double record = record_all(rig->vaults[RIG_ONE], KRV_CASEGEN_FAR, &far_json);
  rig_sync(rig->vaults[RIG_ONE], false, &far);
  double rss = (double)rig_memory_kib(rig->server, "VmRSS") / 1024;
  record_all(rig->vaults[RIG_TWO], KRV_CASEGEN_NEAR, &near_json);
  rig_sync(rig->vaults[RIG_TWO], false, &near);
  double raw = raw_work();
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
                                .measured = (double)far_json / BENCH_CASES});
  add_time("the same in time: sealed, signed, saved, at the server", 2000, record + far.ms);
  add_time("  of it: seal, sign, save", 0, record);
  add_time("  of it: push, until durable there", 0, far.ms);
  add_time("  beside: 10,000 raw signatures and compressions", 0, raw);
  bench_add(&(struct bench_row){
      .what = "server memory after it", .unit = BENCH_MIB, .goal = 20, .measured = rss});
}
