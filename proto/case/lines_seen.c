/* What is missing, and what has been seen (R4).
 *
 * A device without a fork has one line, so whatever stands at or below the
 * highest n that a commit names of it is seen. With a fork the line is walked
 * down along prev. */
#include <string.h>

#include "lines_in.h"

void krv_lines_entry(const struct krv_tip *tip, struct krv_context_entry *out) {
  out->device = tip->device;
  out->n = tip->n;
  memcpy(out->id8, tip->id.b, sizeof out->id8);
}

static bool delivered(const struct krv_lines *lines, uint32_t i) {
  return i != KRV_LINE_NONE && lines->items[i].commit.verdict != KRV_VERDICT_HELD;
}

bool krv_lines_fits(const struct krv_lines *lines, const struct krv_context_entry *entry) {
  uint32_t i, end;
  krv_lines_range(lines, entry, &i, &end);
  while (i < end && !delivered(lines, i)) i++;
  return i < end;
}

bool krv_lines_missing(const struct krv_lines *lines, const struct krv_tip *tip,
                       const struct krv_id *prev, const struct krv_context_entry *entries,
                       uint32_t count, struct krv_context_entry *missing) {
  const struct krv_tip below = {tip->device, tip->n - 1, *prev};
  memset(missing, 0, sizeof *missing);
  if (tip->n > 1 && !delivered(lines, krv_lines_index(lines, &below))) {
    krv_lines_entry(&below, missing);
    return true;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (krv_lines_fits(lines, &entries[i])) continue;
    *missing = entries[i];
    return true;
  }
  return false;
}

bool krv_lines_on_line(const struct krv_lines *lines, uint32_t i, uint32_t top) {
  const struct krv_tip *tip = &lines->items[i].commit.tip;
  if (tip->device != lines->items[top].commit.tip.device) return false;
  if (!krv_lines_forked(lines, tip->device)) return i <= top;
  while (top != KRV_LINE_NONE && lines->items[top].commit.tip.n > tip->n)
    top = krv_lines_below(lines, top);
  return top == i;
}

/* The entries of one device: [*first, *end). Entries ascend. */
static void entries_of(const struct krv_context_entry *entries, uint32_t count,
                       krv_device_ix device, uint32_t *first, uint32_t *end) {
  uint32_t lo = 0, hi = count;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    if (entries[mid].device < device) lo = mid + 1;
    else hi = mid;
  }
  *first = lo;
  while (lo < count && entries[lo].device == device) lo++;
  *end = lo;
}

static bool entry_sees(const struct krv_lines *lines, const struct krv_context_entry *entry,
                       uint32_t w) {
  uint32_t i, end;
  if (entry->n < lines->items[w].commit.tip.n) return false;
  krv_lines_range(lines, entry, &i, &end);
  for (; i < end; i++)
    if (delivered(lines, i) && krv_lines_on_line(lines, w, i)) return true;
  return false;
}

bool krv_lines_seen(const struct krv_lines *lines, const struct krv_tip *tip,
                    const struct krv_id *prev, const struct krv_context_entry *entries,
                    uint32_t count, const struct krv_tip *w) {
  uint32_t target = krv_lines_index(lines, w), first, end;
  if (!delivered(lines, target)) return false;
  if (tip->device == w->device && tip->n > w->n) {
    const struct krv_tip below = {tip->device, tip->n - 1, *prev};
    uint32_t top = krv_lines_index(lines, &below);
    if (delivered(lines, top) && krv_lines_on_line(lines, target, top)) return true;
  }
  entries_of(entries, count, w->device, &first, &end);
  while (end > first) /* the highest first: it is the one that most likely sees w */
    if (entry_sees(lines, &entries[--end], target)) return true;
  return false;
}

/* --- counting */

enum { HEADS_MAX = KRV_CONTEXT_ENTRIES_MAX + 1 };

/* Places on lines of one device, each once, highest first. */
struct heads {
  uint32_t at[HEADS_MAX];
  uint32_t count;
};

/* A head more; beyond HEADS_MAX (twin ids without end) the rest is not counted, which
 * changes the order of display only, and for everybody alike. */
static void add_head(struct heads *heads, uint32_t place) {
  uint32_t i = heads->count;
  while (i > 0 && heads->at[i - 1] < place) i--;
  if ((i > 0 && heads->at[i - 1] == place) || heads->count == HEADS_MAX) return;
  memmove(&heads->at[i + 1], &heads->at[i], (heads->count - i) * sizeof heads->at[0]);
  heads->at[i] = place;
  heads->count++;
}

/* Takes the highest head down by one until one line is left, which counts as its n. */
static uint32_t count_below(const struct krv_lines *lines, struct heads *heads) {
  uint32_t seen = 0;
  if (heads->count > 1 && !krv_lines_forked(lines, lines->items[heads->at[0]].commit.tip.device))
    heads->count = 1;
  while (heads->count > 1) {
    uint32_t top = heads->at[0], below = krv_lines_below(lines, top);
    seen++;
    heads->count--;
    memmove(&heads->at[0], &heads->at[1], heads->count * sizeof heads->at[0]);
    if (below != KRV_LINE_NONE) add_head(heads, below);
  }
  if (heads->count == 1) seen += (uint32_t)lines->items[heads->at[0]].commit.tip.n;
  return seen;
}

static void add_entry(const struct krv_lines *lines, const struct krv_context_entry *entry,
                      struct heads *heads) {
  uint32_t i, end;
  krv_lines_range(lines, entry, &i, &end);
  for (; i < end; i++)
    if (delivered(lines, i)) add_head(heads, i);
}

uint32_t krv_lines_seen_count(const struct krv_lines *lines, const struct krv_tip *tip,
                              const struct krv_id *prev, const struct krv_context_entry *entries,
                              uint32_t count) {
  const struct krv_tip below = {tip->device, tip->n - 1, *prev};
  uint32_t own = tip->n > 1 ? krv_lines_index(lines, &below) : KRV_LINE_NONE;
  uint32_t seen = 0, i = 0;
  bool own_counted = !delivered(lines, own);
  while (i < count || !own_counted) {
    struct heads heads = {.count = 0};
    krv_device_ix device = i < count ? entries[i].device : tip->device;
    if (!own_counted && tip->device <= device) {
      device = tip->device;
      add_head(&heads, own);
      own_counted = true;
    }
    for (; i < count && entries[i].device == device; i++) add_entry(lines, &entries[i], &heads);
    seen += count_below(lines, &heads);
  }
  return seen;
}
