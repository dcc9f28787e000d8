#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <string.h>
#include <time.h>

#include "countvfs.h"

enum { ROWS_MAX = 64 };

static struct bench_row rows[ROWS_MAX];
static size_t row_count;

static const char *const units[] = {
    [BENCH_BYTES] = "bytes", [BENCH_PERCENT] = "percent", [BENCH_MS] = "ms", [BENCH_MIB] = "MiB",
    [BENCH_COUNT] = "count"};

double bench_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

void bench_add(const struct bench_row *row) {
  if (row_count < ROWS_MAX) rows[row_count++] = *row;
}

static bool reached(const struct bench_row *row) {
  return (row->goal <= 0 || row->measured <= row->goal) &&
         (row->trips_max == 0 || row->trips <= row->trips_max);
}

unsigned bench_missed_bytes(void) {
  unsigned missed = 0;
  for (size_t i = 0; i < row_count; i++)
    missed += rows[i].unit <= BENCH_PERCENT && !reached(&rows[i]);
  return missed;
}

static void name_missed(FILE *out) {
  for (size_t i = 0; i < row_count; i++)
    if (!reached(&rows[i]))
      fprintf(out, "missed: %s\n", rows[i].what + strspn(rows[i].what, " "));
}

static void say(char *out, size_t cap, const struct bench_row *row, double value, unsigned trips) {
  char number[32];
  out[0] = '\0';
  if (value <= 0 && row->goal == value) return; /* no goal */
  switch (row->unit) {
    case BENCH_BYTES: snprintf(number, sizeof number, "%.0f B", value); break;
    case BENCH_PERCENT: snprintf(number, sizeof number, "%.1f %%", value); break;
    case BENCH_MS: snprintf(number, sizeof number, "%.1f ms", value); break;
    case BENCH_MIB: snprintf(number, sizeof number, "%.1f MiB", value); break;
    default: snprintf(number, sizeof number, "%.0f", value); break;
  }
  if (row->trips_max == 0) snprintf(out, cap, "%s", number);
  else snprintf(out, cap, "%s, %u RT", number, trips);
}

static void print_table(FILE *out) {
  fprintf(out, "%-56s | %-13s | %-13s | ok\n", "what", "goal, at most", "measured");
  fputs("---------------------------------------------------------+---------------+"
        "---------------+----\n", out);
  for (size_t i = 0; i < row_count; i++) {
    const struct bench_row *row = &rows[i];
    char goal[48], measured[48];
    say(goal, sizeof goal, row, row->goal, row->trips_max);
    say(measured, sizeof measured, row, row->measured, row->trips);
    const char *ok = row->goal <= 0 ? "" : reached(row) ? "yes" : "NO";
    fprintf(out, "%-56s | %13s | %13s | %s\n", row->what, goal, measured, ok);
  }
}

static void print_json(FILE *out) {
  fputs("[", out);
  for (size_t i = 0; i < row_count; i++) {
    const struct bench_row *row = &rows[i];
    fprintf(out, "%s\n {\"what\": \"%s\", \"unit\": \"%s\", \"measured\": %.2f", i ? "," : "",
            row->what + strspn(row->what, " "), units[row->unit], row->measured);
    if (row->goal > 0)
      fprintf(out, ", \"goal\": %.2f, \"ok\": %s", row->goal, reached(row) ? "true" : "false");
    if (row->trips_max > 0) fprintf(out, ", \"round_trips\": %u", row->trips);
    fputs("}", out);
  }
  fputs("\n]\n", out);
}

void bench_print(bool json, FILE *out) {
  if (json) print_json(out);
  else print_table(out);
}

int main(int argc, char **argv) {
  static struct rig rig;
  bool json = argc > 1 && !strcmp(argv[1], "--json");
  if (argc == 3 && !strcmp(argv[1], "--probe")) return bench_probe(argv[2]);
  if (argc > 1 && !json) {
    fputs("usage: kerven-bench [--json]\n", stderr);
    return 2;
  }
  krv_countvfs_install(); /* before the first vault opens */
  rig_init(&rig, KRV_SERVER);
  bench_small(&rig);
  bench_first(&rig);
  bench_large(&rig);
  bench_memory(&rig, "/proc/self/exe");
  rig_release(&rig);
  bench_print(json, stdout);
  name_missed(stderr);
  return bench_missed_bytes() > 0;
}
