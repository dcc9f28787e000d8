#define _POSIX_C_SOURCE 200809L

#include "args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool krv_args_init(struct krv_args *args, int argc) {
  size_t count = argc > 0 ? (size_t)argc : 1;
  *args = (struct krv_args){.words = calloc(count, sizeof *args->words),
                            .given = calloc(count, sizeof *args->given)};
  return args->words && args->given;
}

void krv_args_release(struct krv_args *args) {
  free(args->words);
  free(args->given);
  *args = (struct krv_args){0};
}

static const struct krv_option *find(const struct krv_option *const *tables, const char *name,
                                     size_t len) {
  for (; *tables; tables++)
    for (const struct krv_option *option = *tables; option->name; option++)
      if (strlen(option->name) == len && !strncmp(option->name, name, len)) return option;
  return NULL;
}

int krv_args_option(struct krv_args *args, const struct krv_option *const *tables, int argc,
                    char **argv, int *at) {
  const char *text = argv[*at];
  if (!strcmp(text, "-h")) text = "--help";
  if (text[0] != '-' || text[1] == 0) return 1;
  if (text[1] != '-') return -1;
  const char *name = text + 2, *equals = strchr(name, '=');
  const struct krv_option *option =
      find(tables, name, equals ? (size_t)(equals - name) : strlen(name));
  if (!option || (equals && !option->value)) return -1;
  const char *value = "";
  if (equals) {
    value = equals + 1;
  } else if (option->value) {
    if (*at + 1 >= argc) return -2;
    value = argv[++*at];
  }
  args->given[args->given_count++] = (struct krv_given){.option = option, .value = value};
  ++*at;
  return 0;
}

const char *krv_args_value(const struct krv_args *args, const char *name) {
  for (int i = args->given_count; i-- > 0;)
    if (!strcmp(args->given[i].option->name, name)) return args->given[i].value;
  return NULL;
}

bool krv_args_has(const struct krv_args *args, const char *name) {
  return krv_args_value(args, name) != NULL;
}

bool krv_args_number(const struct krv_args *args, const char *name, long max, long *out) {
  const char *text = krv_args_value(args, name);
  if (!text) return true;
  char *end;
  errno = 0;
  long number = strtol(text, &end, 10);
  if (errno || end == text || *end || number < 0 || number > max) return false;
  *out = number;
  return true;
}

bool krv_assign_parse(const char *text, struct krv_assign *out) {
  const char *equals = strchr(text, '=');
  if (!equals || equals == text) return false;
  size_t len = (size_t)(equals - text);
  out->op = KRV_ASSIGN_SET;
  if (text[len - 1] == '+' || text[len - 1] == '-')
    out->op = text[--len] == '+' ? KRV_ASSIGN_ON : KRV_ASSIGN_OFF;
  if (len == 0 || len >= sizeof out->path) return false;
  memcpy(out->path, text, len);
  out->path[len] = 0;
  out->value = equals + 1;
  return true;
}

void krv_field_name(const char *path, char *out, size_t cap) {
  const char *open = strchr(path, '['), *close = open ? strchr(open, ']') : NULL;
  size_t head = close ? (size_t)(open - path) : strlen(path);
  snprintf(out, cap, "%.*s%s", (int)(head < cap ? head : cap), path, close ? close + 1 : "");
}

bool krv_field_fits(const char *name, const char *record, const char *field) {
  size_t len = strlen(record);
  if (!strcasecmp(name, field)) return true;
  if (len == 0 || strncasecmp(name, record, len)) return false;
  return name[len] == 0 || (name[len] == '.' && !strcasecmp(name + len + 1, field));
}

enum { WORD_MAX = 31 };

static size_t least(size_t a, size_t b, size_t c) {
  size_t m = a < b ? a : b;
  return m < c ? m : c;
}

/* The usual table, of which three rows are enough (optimal string alignment). */
size_t krv_word_distance(const char *a, const char *b) {
  size_t m = strlen(a), n = strlen(b);
  if (m > WORD_MAX || n > WORD_MAX) return WORD_MAX;
  size_t rows[3][WORD_MAX + 1];
  size_t *before = rows[0], *last = rows[1], *row = rows[2];
  for (size_t j = 0; j <= n; j++) last[j] = j;
  for (size_t i = 1; i <= m; i++) {
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
    }
    size_t *oldest = before;
    before = last;
    last = row;
    row = oldest;
  }
  return last[n];
}
