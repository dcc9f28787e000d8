/* kerven-casegen: writes made-up cases in the JSON form that `kerven import` reads
 * (docs/import.md). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "casegen.h"

struct wish {
  unsigned long count, seed;
  enum krv_casegen_pool pool;
};

static int usage(void) {
  fputs("usage: kerven-casegen [--count N] [--seed S] [--pool near|far] [--format json]\n", stderr);
  return 2;
}

static int read_number(const char *text, unsigned long *out) {
  char *end;
  errno = 0;
  *out = strtoul(text, &end, 10);
  return errno || end == text || *end ? -1 : 0;
}

static int read_option(struct wish *wish, const char *name, const char *value) {
  if (!strcmp(name, "--count")) return read_number(value, &wish->count);
  if (!strcmp(name, "--seed")) return read_number(value, &wish->seed);
  if (!strcmp(name, "--format")) return strcmp(value, "json") ? -1 : 0;
  if (strcmp(name, "--pool")) return -1;
  wish->pool = strcmp(value, "near") ? KRV_CASEGEN_FAR : KRV_CASEGEN_NEAR;
  return strcmp(value, "near") && strcmp(value, "far") ? -1 : 0;
}

static void write_cases(const struct wish *wish) {
  struct krv_casegen gen;
  struct krv_casegen_case one;
  char json[KRV_CASEGEN_TEXT_MAX];
  krv_casegen_init(&gen, wish->seed, wish->pool);
  fputs("{\"format\":\"kerven-htcds\",\"version\":1,"
        "\"standard\":\"HTCDS 2.0\",\"cases\":[", stdout);
  for (unsigned long i = 0; i < wish->count; i++) {
    krv_casegen_next(&gen, &one);
    krv_casegen_json(&one, json);
    printf("%s\n{\"case\":\"%s\",\"type\":\"case\",\"fields\":%s}", i ? "," : "", one.id, json);
  }
  fputs("\n]}\n", stdout);
}

int main(int argc, char **argv) {
  struct wish wish = {.count = 1, .seed = 1, .pool = KRV_CASEGEN_NEAR};
  for (int i = 1; i < argc; i += 2)
    if (i + 1 == argc || read_option(&wish, argv[i], argv[i + 1]) < 0) return usage();
  write_cases(&wish);
  if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
  perror("kerven-casegen");
  return 1;
}
