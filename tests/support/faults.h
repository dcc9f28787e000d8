/* faults: how many points a sweep tries. KRV_FAULTS multiplies (1), KRV_SEED chooses others (1). */
#ifndef KRV_FAULTS_H
#define KRV_FAULTS_H

#include <stdint.h>
#include <stdlib.h>

static inline uint64_t krv_faults_number(const char *name, uint64_t usual) {
  const char *given = getenv(name);
  uint64_t number = given ? strtoull(given, NULL, 0) : usual;
  return number > 0 ? number : 1;
}

/* n as often as asked. */
static inline uint64_t krv_faults(uint64_t n) {
  return n * krv_faults_number("KRV_FAULTS", 1);
}

static inline uint64_t krv_faults_seed(void) {
  return krv_faults_number("KRV_SEED", 1);
}

/* Lives of something, one seed after the other, until so many points are tried, each life as many
 * as it has, ten at least: the points. */
static inline uint64_t krv_faults_lives(uint64_t (*one_life)(uint64_t seed, uint64_t points),
                                        uint64_t points) {
  uint64_t seed = krv_faults_seed(), wanted = krv_faults(points), tried = 0;
  for (uint64_t i = 0; tried < wanted; i++) {
    uint64_t more = one_life(seed + i, wanted - tried);
    if (more < 10 && tried + more != wanted) abort();
    tried += more;
  }
  return tried;
}

#endif
