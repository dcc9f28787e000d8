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

#endif
