/* The commits of a case in one sorted array; whatever hangs together is found by
 * binary search. Bytes are in lines_codec.c, the questions of what has been seen in lines_seen.c.
 *
 * Two marks a commit are kept up with each put, so that tips and contexts need no walk:
 *   HAS_CHILD  a delivered commit names it as prev
 *   COVERED    an applied commit lies above it on its line
 * They hold because a commit is delivered after its prev (L1). */
#include "lines.h"

#include <string.h>

#include "bounds.h"
#include "lines_in.h"
#include "state.h"
#include "status.h"

int krv_lines_new(const struct krv_env *env, struct krv_lines **out) {
  *out = krv_zalloc(env, 1, sizeof **out);
  if (!*out) return KRV_NOMEM;
  (*out)->env = env;
  return 0;
}

void krv_lines_free(struct krv_lines *lines) {
  if (!lines) return;
  krv_free(lines->env, lines->items);
  krv_free(lines->env, lines->forked);
  krv_free(lines->env, lines);
}

uint32_t krv_lines_count(const struct krv_lines *lines) {
  return (uint32_t)lines->count;
}

uint32_t krv_lines_held(const struct krv_lines *lines) {
  return lines->held;
}

const struct krv_line_commit *krv_lines_at(const struct krv_lines *lines, uint32_t i) {
  return &lines->items[i].commit;
}

/* --- places */

uint32_t krv_lines_place(const struct krv_lines *lines, const struct krv_tip *tip) {
  size_t lo = 0, hi = lines->count;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (krv_tip_compare(&lines->items[mid].commit.tip, tip) < 0) lo = mid + 1;
    else hi = mid;
  }
  return (uint32_t)lo;
}

uint32_t krv_lines_index(const struct krv_lines *lines, const struct krv_tip *tip) {
  uint32_t at = krv_lines_place(lines, tip);
  bool there = at < lines->count && krv_tip_compare(&lines->items[at].commit.tip, tip) == 0;
  return there ? at : KRV_LINE_NONE;
}

const struct krv_line_commit *krv_lines_find(const struct krv_lines *lines,
                                             const struct krv_tip *tip) {
  uint32_t at = krv_lines_index(lines, tip);
  return at == KRV_LINE_NONE ? NULL : &lines->items[at].commit;
}

uint32_t krv_lines_below(const struct krv_lines *lines, uint32_t i) {
  const struct krv_line_commit *c = &lines->items[i].commit;
  if (c->tip.n <= 1) return KRV_LINE_NONE;
  const struct krv_tip prev = {c->tip.device, c->tip.n - 1, c->prev};
  return krv_lines_index(lines, &prev);
}

void krv_lines_range(const struct krv_lines *lines, const struct krv_context_entry *entry,
                     uint32_t *first, uint32_t *end) {
  struct krv_tip low = {entry->device, entry->n, {{0}}};
  memcpy(low.id.b, entry->id8, sizeof entry->id8);
  uint32_t i = krv_lines_place(lines, &low);
  *first = i;
  for (; i < lines->count; i++) {
    const struct krv_tip *tip = &lines->items[i].commit.tip;
    if (tip->device != entry->device || tip->n != entry->n ||
        memcmp(tip->id.b, entry->id8, sizeof entry->id8) != 0)
      break;
  }
  *end = i;
}

/* --- forks */

static size_t fork_place(const struct krv_lines *lines, krv_device_ix device) {
  size_t i = 0;
  while (i < lines->forked_count && lines->forked[i] < device) i++;
  return i;
}

bool krv_lines_forked(const struct krv_lines *lines, krv_device_ix device) {
  size_t i = fork_place(lines, device);
  return i < lines->forked_count && lines->forked[i] == device;
}

uint32_t krv_lines_dot(const struct krv_lines *lines, krv_device_ix device, uint64_t n) {
  return krv_lines_place(lines, &(struct krv_tip){.device = device, .n = n});
}

static bool same_dot(const struct krv_lines *lines, size_t a, size_t b) {
  const struct krv_tip *x = &lines->items[a].commit.tip, *y = &lines->items[b].commit.tip;
  return x->device == y->device && x->n == y->n;
}

bool krv_lines_twice(const struct krv_lines *lines, const struct krv_tip *tip) {
  size_t at = krv_lines_dot(lines, tip->device, tip->n);
  return at + 1 < lines->count && lines->items[at].commit.tip.n == tip->n &&
         same_dot(lines, at, at + 1);
}

static void note_fork(struct krv_lines *lines, size_t at) {
  bool fork = (at > 0 && same_dot(lines, at - 1, at)) ||
              (at + 1 < lines->count && same_dot(lines, at, at + 1));
  krv_device_ix device = lines->items[at].commit.tip.device;
  if (!fork || krv_lines_forked(lines, device)) return;
  size_t i = fork_place(lines, device);
  memmove(&lines->forked[i + 1], &lines->forked[i],
          (lines->forked_count - i) * sizeof *lines->forked);
  lines->forked[i] = device;
  lines->forked_count++;
}

/* --- putting */

/* The delivered commit at i has come: what lies below it on its line learns of it. */
static void mark_below(struct krv_lines *lines, uint32_t i) {
  bool applied = lines->items[i].commit.verdict == KRV_VERDICT_APPLIED;
  uint32_t below = krv_lines_below(lines, i);
  if (below != KRV_LINE_NONE) lines->items[below].marks |= KRV_LINE_HAS_CHILD;
  while (applied && below != KRV_LINE_NONE && !(lines->items[below].marks & KRV_LINE_COVERED)) {
    lines->items[below].marks |= KRV_LINE_COVERED;
    below = krv_lines_below(lines, below);
  }
}

int krv_lines_reserve(struct krv_lines *lines) {
  if (lines->count >= KRV_CASE_COMMITS_MAX) return KRV_TOO_LARGE;
  int rc = krv_grow(lines->env, &lines->items, &lines->cap, lines->count, sizeof *lines->items);
  if (rc != 0) return rc;
  return krv_grow(lines->env, &lines->forked, &lines->forked_cap, lines->forked_count,
                  sizeof *lines->forked);
}

int krv_lines_put(struct krv_lines *lines, const struct krv_line_commit *commit) {
  uint32_t at = krv_lines_index(lines, &commit->tip);
  if (at == KRV_LINE_NONE) {
    int rc = krv_lines_reserve(lines);
    if (rc != 0) return rc;
    at = krv_lines_place(lines, &commit->tip);
    memmove(&lines->items[at + 1], &lines->items[at], (lines->count - at) * sizeof *lines->items);
    lines->count++;
    lines->items[at] = (struct krv_line){*commit, 0};
    note_fork(lines, at);
  } else {
    if (lines->items[at].commit.verdict == KRV_VERDICT_HELD) lines->held--;
    lines->items[at].commit = *commit;
  }
  if (commit->verdict == KRV_VERDICT_HELD) lines->held++;
  else mark_below(lines, at);
  return 0;
}

/* --- tips and contexts */

static bool delivered(const struct krv_lines *lines, uint32_t i) {
  return lines->items[i].commit.verdict != KRV_VERDICT_HELD;
}

int krv_lines_tips(const struct krv_lines *lines,
                   int (*tip)(void *ctx, const struct krv_line_commit *commit), void *ctx) {
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < lines->count; i++)
    if (delivered(lines, i) && !(lines->items[i].marks & KRV_LINE_HAS_CHILD))
      rc = tip(ctx, &lines->items[i].commit);
  return rc;
}

/* Is it the newest with effect on a line other than own's? */
static bool to_be_named(const struct krv_lines *lines, uint32_t i, uint32_t own) {
  const struct krv_line *line = &lines->items[i];
  if (line->commit.verdict != KRV_VERDICT_APPLIED || line->marks & KRV_LINE_COVERED) return false;
  return own == KRV_LINE_NONE || !krv_lines_on_line(lines, i, own);
}

/* What a context is made for: whose lines go first. */
struct naming {
  const struct krv_lines *lines;
  uint32_t own;
  const struct krv_tip *first;
  uint32_t first_count;
};

static bool goes_first(const struct naming *naming, uint32_t i) {
  for (uint32_t f = 0; f < naming->first_count; f++) {
    uint32_t at = krv_lines_index(naming->lines, &naming->first[f]);
    if (at != KRV_LINE_NONE && krv_lines_on_line(naming->lines, at, i)) return true;
  }
  return false;
}

/* The entries of one device so far: the last `count` of room, each with its precedence. */
struct named_device {
  krv_device_ix device;
  uint32_t count;
  bool first[KRV_CONTEXT_TIPS_PER_DEVICE_MAX];
};

/* The place among a full device's entries that makes room for a new one: the oldest that does not
 * go first, or the oldest; cap when the new one itself has to stay out. */
static uint32_t make_room(const struct named_device *d, uint32_t cap, bool new_goes_first) {
  for (uint32_t i = 0; i < cap; i++)
    if (!d->first[i]) return i;
  return new_goes_first ? 0 : cap;
}

/* One pass with a cap for each device. Returns how many there are; room gets the
 * first KRV_CONTEXT_ENTRIES_MAX of them. */
static uint32_t name_tips(const struct naming *naming, uint32_t cap,
                          struct krv_context_entry *room) {
  const struct krv_lines *lines = naming->lines;
  struct named_device d = {0};
  uint32_t count = 0;
  for (uint32_t i = 0; i < lines->count; i++) {
    if (!to_be_named(lines, i, naming->own)) continue;
    const struct krv_tip *tip = &lines->items[i].commit.tip;
    if (tip->device != d.device) d = (struct named_device){.device = tip->device};
    bool first = goes_first(naming, i);
    if (d.count == cap) {
      uint32_t out = make_room(&d, cap, first);
      if (out == cap) continue;
      memmove(d.first + out, d.first + out + 1, (cap - 1 - out) * sizeof *d.first);
      if (count <= KRV_CONTEXT_ENTRIES_MAX) {
        struct krv_context_entry *gone = &room[count - cap + out];
        memmove(gone, gone + 1, (cap - 1 - out) * sizeof *room);
      }
      count--;
      d.count--;
    }
    d.first[d.count++] = first;
    if (count < KRV_CONTEXT_ENTRIES_MAX) krv_lines_entry(tip, &room[count]);
    count++;
  }
  return count;
}

uint32_t krv_lines_context(const struct krv_lines *lines, const struct krv_tip *own,
                           const struct krv_tip *first, uint32_t first_count,
                           struct krv_context_entry *room) {
  struct naming naming = {lines, own->n == 0 ? KRV_LINE_NONE : krv_lines_index(lines, own), first,
                          first_count};
  uint32_t cap = KRV_CONTEXT_TIPS_PER_DEVICE_MAX;
  uint32_t count = name_tips(&naming, cap, room);
  while (count > KRV_CONTEXT_ENTRIES_MAX && cap > 1) {
    cap /= 2;
    count = name_tips(&naming, cap, room);
  }
  return count < KRV_CONTEXT_ENTRIES_MAX ? count : KRV_CONTEXT_ENTRIES_MAX;
}
