#define _POSIX_C_SOURCE 200809L

#include "marks.h"

#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HALF = 8, MARK = 2 * HALF };

static const char real[] = "real-", practice[] = "practice-";

int krv_marks_init(struct krv_marks *marks, kerven *k, const char *id) {
  int status = kerven_case_mark(k, id, "export", marks->key);
  return status == KERVEN_ENO_KEY ? 0 : status;
}

/* Digits of a hash over texts, each with its NUL. */
static bool digits_of(const char *const *texts, size_t count, char out[HALF + 1]) {
  char *joined = NULL, hash[33];
  size_t len = 0;
  FILE *stream = open_memstream(&joined, &len);
  if (!stream) return false;
  for (size_t i = 0; i < count; i++) fwrite(texts[i], 1, strlen(texts[i]) + 1, stream);
  bool whole = fclose(stream) == 0;
  if (whole) kerven_hash(joined, len, hash);
  if (whole) snprintf(out, HALF + 1, "%.8s", hash);
  free(joined);
  return whole;
}

/* out: MARK + 1 bytes */
static bool mark_of(const struct krv_marks *marks, const char *field, const json_t *value,
                    char out[MARK + 1]) {
  char *text = krv_plan_text(value);
  const char *whole[] = {marks->key, field, text};
  bool made = text && digits_of(whole, 2, out) && digits_of(whole, 3, out + HALF);
  free(text);
  return made;
}

char *krv_marks_text(const struct krv_marks *marks, const json_t *columns, const json_t *fields,
                     bool is_practice) {
  size_t count = json_array_size(columns);
  char *text = malloc(sizeof practice + count * MARK), *at = text;
  if (!text) return NULL;
  at = stpcpy(at, is_practice ? practice : real);
  for (size_t i = 0; i < count && *marks->key; i++) {
    const char *field = json_string_value(json_array_get(columns, i));
    const json_t *value = json_object_get(fields, field);
    if (!value) continue;
    if (!mark_of(marks, field, value, at)) {
      free(text);
      return NULL;
    }
    at += MARK;
  }
  return text;
}

/* The digits of a field's value among the marks; NULL: it held nothing. */
static const char *find(const char *text, const char name[HALF]) {
  const char *at = strchr(text, '-');
  size_t left = at ? strlen(++at) : 0;
  for (; left >= MARK; at += MARK, left -= MARK)
    if (!memcmp(at, name, HALF)) return at + HALF;
  return NULL;
}

bool krv_marks_held(const struct krv_marks *marks, const char *text, const char *field,
                    const json_t *value) {
  char mark[MARK + 1];
  const char *name[] = {marks->key, field};
  if (!*marks->key || !strchr(text, '-')) return false;
  if (!value) return digits_of(name, 2, mark) && !find(text, mark);
  if (!mark_of(marks, field, value, mark)) return false;
  const char *held = find(text, mark);
  return held && !memcmp(held, mark + HALF, HALF);
}

bool krv_marks_practice(const char *text) {
  return !strncmp(text, practice, sizeof practice - 1);
}
