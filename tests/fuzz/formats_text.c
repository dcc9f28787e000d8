#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "csvmap.h"
#include "fuzz.h"
#include "utf8.h"

enum { WHY_SIZE = 512 };

struct rows {
  struct krv_csvmap *map;
  bool bound;
};

static int on_value(void *ctx, const struct krv_csvmap_value *value) {
  (void)ctx;
  krv_fuzz_must(value->path || value->note, "a value has a place");
  krv_fuzz_must(value->column && krv_utf8_valid(value->value), "a value is text");
  return 0;
}

static int on_translation(void *ctx, size_t rule, const struct krv_csvmap_value *value) {
  krv_fuzz_must(rule > 0 && *value->value, "a translation says something");
  return on_value(ctx, value);
}

static int on_fault(void *ctx, int status, const char *why) {
  (void)ctx;
  krv_fuzz_must(status != 0 && *why, "a fault says why");
  return 0;
}

static int on_row(void *ctx, const struct krv_csv_row *row) {
  struct rows *rows = ctx;
  char why[WHY_SIZE] = "";
  size_t len;
  bool keyed;
  if (!rows->bound) {
    rows->bound = true;
    int status = krv_csvmap_bind(rows->map, row, why, sizeof why);
    krv_fuzz_must(status == 0 || *why, "a refusal says why");
    return status;
  }
  char *identity = krv_csvmap_identity(rows->map, row, &len, &keyed);
  krv_fuzz_must(identity && len > 0 && identity[len - 1] == 0, "a row has a name");
  free(identity);
  krv_fuzz_must(krv_csvmap_apply(rows->map, row, on_value, on_fault, rows) == 0, "a row is used");
  return 0;
}

/* A map, a NUL, and the CSV file that it is for. */
static void read_csv(struct krv_csvmap *map, const uint8_t *data, size_t size) {
  struct rows rows = {.map = map};
  struct krv_csv_error error;
  FILE *in = fmemopen((void *)(uintptr_t)data, size, "rb");
  krv_fuzz_must(in != NULL, "memory as a file");
  int status = krv_csv_read(in, krv_csvmap_delimiter(map), &error, on_row, &rows);
  krv_fuzz_must(!error.why || (status != 0 && error.line > 0), "an error has its line");
  fclose(in);
}

int fuzz_csvmap(const uint8_t *data, size_t size) {
  static int fd = -1;
  char path[64], why[WHY_SIZE];
  struct krv_csvmap *map;
  const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
  size_t len = end ? (size_t)(end - data) : size;
  if (fd < 0) fd = memfd_create("map", 0);
  krv_fuzz_must(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, len, 0) == (ssize_t)len,
                "a file in memory");
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int status = krv_csvmap_load(path, &map, why, sizeof why);
  krv_fuzz_must((status == 0) == (map != NULL), "a map or a reason");
  if (status != 0) {
    krv_fuzz_must(*why, "a refusal says why");
    return 0;
  }
  krv_fuzz_must(krv_csvmap_fields(map, on_value, NULL) == 0, "fields");
  krv_fuzz_must(krv_csvmap_translations(map, on_translation, NULL) == 0, "translations");
  if (end && len + 1 < size) read_csv(map, end + 1, size - len - 1);
  krv_csvmap_free(map);
  return 0;
}

void krv_fuzz_seed_csvmap(struct krv_buf *out) {
  static const char map[] =
      "{\"format\":1,\"source\":\"s\",\"delimiter\":\";\",\"key\":[\"No\"],"
      "\"constants\":{\"cas_Status\":\"Active\"},\"columns\":["
      "{\"column\":\"No\",\"field\":\"prs_Id\"},"
      "{\"column\":\"Born\",\"field\":\"b\",\"dates\":\"DD.MM.YYYY\"},"
      "{\"column\":\"Sex\",\"field\":\"g\",\"values\":{\"1\":\"M\",\"2\":\"\"},\"other\":\"skip\"},"
      "{\"column\":\"T\",\"field\":\"m\",\"join\":true,\"values\":{\"x\":\"A\"}},"
      "{\"column\":\"R\",\"note\":true}]}";
  static const char csv[] =
      "No;Born;Sex;T;R\r\n1;2.3.2001;1;x;\"a \"\"b\"\"\nc\"\n2;;2;;\xd0\x9c\n";
  krv_buf_append(out, (const uint8_t *)map, sizeof map); /* with its NUL */
  krv_buf_append(out, (const uint8_t *)csv, sizeof csv - 1);
}
