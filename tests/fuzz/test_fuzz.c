/* F15: each format, fed with its corpus as it is, then with seeded mutations of it: bits flipped,
 * cut, spliced, bytes put in, numbers that are interesting. The formats abort where an invariant
 * breaks; the sanitizers see the rest. */
#include "faults.h"
#include "fuzz.h"
#include "mock.h"
#include "testenv.h"

enum { EXECUTIONS = 1250000, SEEDS_MAX = 32, ROOM = 1 << 20 };

static struct krv_testenv dice;
static uint8_t work[ROOM];

static const struct {
  const char *name;
  int (*run)(const uint8_t *data, size_t size);
  uint64_t dearer; /* so many times */
} formats[] = {
#define DEAR(name) \
  (KRV_FUZZ_##name == KRV_FUZZ_roster || KRV_FUZZ_##name == KRV_FUZZ_schema || \
   KRV_FUZZ_##name == KRV_FUZZ_csvmap)
#define X(name) {#name, fuzz_##name, DEAR(name) ? 12 : 1},
    KRV_FUZZ_MAP(X)
#undef X
};

static size_t below(size_t n) {
  return (size_t)krv_testenv_below(&dice, n);
}

static size_t insert(size_t len, size_t at, size_t n) {
  if (len + n > ROOM) return len;
  memmove(work + at + n, work + at, len - at);
  for (size_t i = 0; i < n; i++) work[at + i] = (uint8_t)below(256);
  return len + n;
}

static size_t cut_out(size_t len, size_t at, size_t n) {
  if (n > len - at) n = len - at;
  memmove(work + at, work + at + n, len - at - n);
  return len - n;
}

static size_t splice(size_t len, const struct krv_buf *other) {
  size_t from = below(other->len), n = 1 + below(other->len - from), at = below(len + 1);
  if (at + n > ROOM) return len;
  memcpy(work + at, other->data + from, n);
  return at + n > len ? at + n : len;
}

static size_t mutate(size_t len, const struct krv_buf *other) {
  static const uint8_t interesting[] = {0, 1, 0x7f, 0x80, 0x81, 0xc0, 0xdc, 0xdd, 0xdf, 0xfe, 0xff};
  size_t at = below(len + 1);
  switch (below(6)) {
    case 0: if (at < len) work[at] ^= (uint8_t)(1u << below(8)); return len;
    case 1: if (at < len) work[at] = interesting[below(sizeof interesting)]; return len;
    case 2: return below(3) ? cut_out(len, at, 1 + below(8)) : at;
    case 3: return insert(len, at, 1 + below(8));
    case 4: return other->len > 0 ? splice(len, other) : len;
    default:
      for (size_t i = at; i < len && i < at + 8; i++) work[i] = at & 1 ? 0xff : 0;
      return len;
  }
}

static uint64_t fuzz(size_t f, uint64_t executions) {
  struct krv_testenv env;
  struct krv_buf seeds[SEEDS_MAX];
  uint32_t count = 0;
  krv_testenv_init(&env, 1);
  for (; count < SEEDS_MAX; count++) {
    krv_buf_init(&seeds[count], &env.env);
    if (!krv_fuzz_seed((enum krv_fuzz_format)f, count, &seeds[count])) break;
    if (seeds[count].len > 0) (void)formats[f].run(seeds[count].data, seeds[count].len);
  }
  assert_true(count > 0);
  for (uint64_t i = 0; i < executions; i++) {
    const struct krv_buf *seed = &seeds[below(count)], *other = &seeds[below(count)];
    size_t len = seed->len;
    assert_true(len <= ROOM);
    if (len > 0) memcpy(work, seed->data, len);
    for (size_t n = 1 + below(4); n > 0; n--) len = mutate(len, other);
    uint8_t *exact = malloc(len > 0 ? len : 1); /* so that one byte beyond is seen */
    assert_non_null(exact);
    memcpy(exact, work, len);
    (void)formats[f].run(exact, len);
    free(exact);
  }
  for (uint32_t i = 0; i < count; i++) krv_buf_release(&seeds[i]);
  return executions + count;
}

static void every_format_stands_whatever_comes(void **state) {
  (void)state;
  uint64_t seed = krv_faults_seed(), all = 0;
  for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
    krv_testenv_init(&dice, seed * 100 + f);
    uint64_t done = fuzz(f, krv_faults(EXECUTIONS / formats[f].dearer));
    print_message("F15 %s: %llu executions (seed %llu)\n", formats[f].name,
                  (unsigned long long)done, (unsigned long long)seed);
    all += done;
  }
  print_message("F15: %llu executions\n", (unsigned long long)all);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_format_stands_whatever_comes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
