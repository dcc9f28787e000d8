/* An open-addressed table. What goes in is a hash already, so its first digits
 * are the place. */
#include "seen.h"

#include <kerven/kerven.h>
#include <stdlib.h>
#include <string.h>

struct entry {
  char hash[33]; /* "": free */
  uint32_t times;
};

struct krv_seen {
  struct entry *entries;
  size_t cap, used; /* cap is a power of two; at most three quarters are used */
};

enum { FIRST_CAP = 1024 };

struct krv_seen *krv_seen_new(void) {
  struct krv_seen *seen = calloc(1, sizeof *seen);
  if (!seen) return NULL;
  seen->cap = FIRST_CAP;
  seen->entries = calloc(seen->cap, sizeof *seen->entries);
  if (!seen->entries) {
    free(seen);
    return NULL;
  }
  return seen;
}

void krv_seen_free(struct krv_seen *seen) {
  if (!seen) return;
  free(seen->entries);
  free(seen);
}

static struct entry *place(struct entry *entries, size_t cap, const char *hash) {
  char digits[16] = {0};
  memcpy(digits, hash, sizeof digits - 1);
  size_t at = (size_t)strtoull(digits, NULL, 16) & (cap - 1);
  while (*entries[at].hash && strcmp(entries[at].hash, hash)) at = (at + 1) & (cap - 1);
  return &entries[at];
}

static int grow(struct krv_seen *seen) {
  size_t cap = seen->cap * 2;
  struct entry *entries = calloc(cap, sizeof *entries);
  if (!entries) return KERVEN_ENOMEM;
  for (size_t i = 0; i < seen->cap; i++)
    if (*seen->entries[i].hash) *place(entries, cap, seen->entries[i].hash) = seen->entries[i];
  free(seen->entries);
  seen->entries = entries;
  seen->cap = cap;
  return 0;
}

int krv_seen_add(struct krv_seen *seen, const char hash[33], uint32_t *times) {
  if (seen->used >= seen->cap / 4 * 3) {
    int status = grow(seen);
    if (status) return status;
  }
  struct entry *entry = place(seen->entries, seen->cap, hash);
  if (!*entry->hash) {
    memcpy(entry->hash, hash, sizeof entry->hash);
    seen->used++;
  }
  *times = ++entry->times;
  return 0;
}
