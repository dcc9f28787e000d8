/* bench: the figures that the project promises, measured on this machine. One
 * file a theme; each adds rows to one table. A figure of time stands beside a
 * bound that is measured in the same run. */
#ifndef KRV_BENCH_H
#define KRV_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rig.h"

enum bench_unit { BENCH_BYTES, BENCH_PERCENT, BENCH_MS, BENCH_MIB, BENCH_COUNT };

struct bench_row {
  const char *what;
  enum bench_unit unit;
  double goal;        /* at most; 0: none, the row is told beside another */
  double measured;
  unsigned trips_max; /* round trips; 0: none counted */
  unsigned trips;
};

void bench_add(const struct bench_row *row);
void bench_print(bool json, FILE *out);
/* Rows of bytes (and percent) that miss their goal. */
unsigned bench_missed_bytes(void);

double bench_now_ms(void);

enum { BENCH_CASES = 10000, BENCH_BATCH = 256 };

/* bench_small.c: single changes. */
void bench_small(struct rig *rig);
/* bench_first.c: the first push of 10,000 cases, and the bounds beside it. */
void bench_first(struct rig *rig);
/* bench_floor.c: those bounds, in ms. case_bytes: what a case costs on the wire. */
double bench_floor_sealing(void);
double bench_floor_disk(const struct rig *rig, double case_bytes, double json_bytes);
/* bench_large.c: a vault of 10,000 cases: unlock, search, quiet sync. */
void bench_large(struct rig *rig);
/* bench_memory.c: a client of 500 cases; probe is what the second process does. */
void bench_memory(struct rig *rig, const char *self);
int bench_probe(const char *dir);

#endif
