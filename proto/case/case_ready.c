/* Which held commits may go on. Those that lack another commit are kept in the order of what they
 * lack, so that a delivery finds who waits for it at once, however many others wait (I6):
 *
 *   held --> waits --the commit that it lacks is delivered--> freed --krv_case_ready--> the caller
 *
 * A freed one that still lacks something is held again, under what it lacks then. */
#include <stdlib.h>
#include <string.h>

#include "case_in.h"
#include "status.h"

/* The first place after a tip. */
static uint32_t place_after(const struct krv_lines *lines, const struct krv_tip *tip) {
  uint32_t lo = 0, hi = krv_lines_count(lines);
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    if (krv_tip_compare(&krv_lines_at(lines, mid)->tip, tip) > 0) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}

/* Does it wait for its prev, which an entry's 8 bytes do not name exactly? */
static bool waits_for_prev(const struct krv_line_commit *c) {
  return c->waits.device == c->tip.device && c->waits.n + 1 == c->tip.n &&
         memcmp(c->waits.id8, c->prev.b, sizeof c->waits.id8) == 0;
}

static bool wait_is_over(const struct krv_case *kase, const struct krv_line_commit *c) {
  if (c->verdict != KRV_VERDICT_HELD || c->waits.n == 0) return false;
  if (!krv_lines_fits(kase->lines, &c->waits)) return false;
  if (waits_for_prev(c)) {
    const struct krv_tip prev = {c->tip.device, c->tip.n - 1, c->prev};
    const struct krv_line_commit *below = krv_lines_find(kase->lines, &prev);
    if (!below || below->verdict == KRV_VERDICT_HELD) return false;
  }
  return !krv_case_twin_missing(kase, &c->waits);
}

/* --- who waits for what */

static int compare_entries(const struct krv_context_entry *a, const struct krv_context_entry *b) {
  if (a->device != b->device) return a->device < b->device ? -1 : 1;
  if (a->n != b->n) return a->n < b->n ? -1 : 1;
  return memcmp(a->id8, b->id8, sizeof a->id8);
}

static int compare_waits(const void *a, const void *b) {
  const struct krv_case_wait *x = a, *y = b;
  int order = compare_entries(&x->entry, &y->entry);
  return order != 0 ? order : krv_tip_compare(&x->tip, &y->tip);
}

/* The first place that is not below. */
static size_t wait_place(const struct krv_case *kase, const struct krv_case_wait *wait) {
  size_t lo = 0, hi = kase->wait_count;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (compare_waits(&kase->waits[mid], wait) < 0) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/* Where those stand that wait for a commit with this tip: [*first, *end). */
static void waiters(const struct krv_case *kase, const struct krv_tip *tip, size_t *first,
                    size_t *end) {
  struct krv_case_wait lowest = {.tip = {0}};
  krv_lines_entry(tip, &lowest.entry);
  *first = *end = wait_place(kase, &lowest);
  while (*end < kase->wait_count && compare_entries(&kase->waits[*end].entry, &lowest.entry) == 0)
    ++*end;
}

static int reserve_freed(struct krv_case *kase, size_t more) {
  int rc = 0;
  while (rc == 0 && kase->freed_cap < kase->freed_count + more)
    rc = krv_grow(kase->env, &kase->freed, &kase->freed_cap, kase->freed_cap,
                  sizeof *kase->freed);
  return rc;
}

int krv_case_waits_reserve(struct krv_case *kase, const struct krv_tip *tip) {
  size_t first, end;
  if (!kase->waits_known) return 0;
  waiters(kase, tip, &first, &end);
  int rc = reserve_freed(kase, end - first);
  if (rc != 0) return rc;
  return krv_grow(kase->env, &kase->waits, &kase->wait_cap, kase->wait_count,
                  sizeof *kase->waits);
}

/* What stood in its line before waits no more. */
static void take_out(struct krv_case *kase, const struct krv_line_commit *before) {
  if (!before || before->verdict != KRV_VERDICT_HELD || before->waits.n == 0) return;
  const struct krv_case_wait wait = {before->waits, before->tip};
  size_t at = wait_place(kase, &wait);
  if (at == kase->wait_count || compare_waits(&kase->waits[at], &wait) != 0) return;
  memmove(&kase->waits[at], &kase->waits[at + 1],
          (--kase->wait_count - at) * sizeof *kase->waits);
}

void krv_case_waits_held(struct krv_case *kase, const struct krv_line_commit *before,
                         const struct krv_tip *tip, const struct krv_context_entry *waits) {
  const struct krv_case_wait wait = {*waits, *tip};
  if (!kase->waits_known) return;
  take_out(kase, before);
  if (waits->n == 0) return;
  size_t at = wait_place(kase, &wait);
  memmove(&kase->waits[at + 1], &kase->waits[at], (kase->wait_count++ - at) * sizeof wait);
  kase->waits[at] = wait;
}

void krv_case_waits_delivered(struct krv_case *kase, const struct krv_line_commit *before,
                              const struct krv_tip *tip) {
  size_t first, end;
  if (!kase->waits_known) return;
  take_out(kase, before);
  waiters(kase, tip, &first, &end);
  while (end > first) kase->freed[kase->freed_count++] = kase->waits[--end].tip;
}

void krv_case_waits_forget(struct krv_case *kase) {
  kase->wait_count = kase->freed_count = 0;
  kase->waits_known = false;
}

/* Of a case that has just been decoded, or was made anew. */
static int gather(struct krv_case *kase) {
  uint32_t count = krv_lines_count(kase->lines);
  int rc = 0;
  krv_case_waits_forget(kase);
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    const struct krv_line_commit *c = krv_lines_at(kase->lines, i);
    if (c->verdict != KRV_VERDICT_HELD || c->waits.n == 0) continue;
    rc = krv_grow(kase->env, &kase->waits, &kase->wait_cap, kase->wait_count,
                  sizeof *kase->waits);
    if (rc == 0) kase->waits[kase->wait_count++] = (struct krv_case_wait){c->waits, c->tip};
    if (rc == 0 && wait_is_over(kase, c)) rc = reserve_freed(kase, 1);
    if (rc == 0 && wait_is_over(kase, c)) kase->freed[kase->freed_count++] = c->tip;
  }
  if (rc != 0) return rc;
  if (kase->wait_count > 0)
    qsort(kase->waits, kase->wait_count, sizeof *kase->waits, compare_waits);
  kase->waits_known = true;
  return 0;
}

static bool next_freed(struct krv_case *kase, struct krv_tip *out) {
  while (kase->freed_count > 0) {
    const struct krv_tip tip = kase->freed[--kase->freed_count];
    const struct krv_line_commit *c = krv_lines_find(kase->lines, &tip);
    if (!c || !wait_is_over(kase, c)) continue;
    *out = tip;
    return true;
  }
  return false;
}

static bool next_changed(struct krv_case *kase, struct krv_tip *out) {
  uint32_t count = krv_lines_count(kase->lines);
  for (uint32_t i = place_after(kase->lines, &kase->change_after); i < count; i++) {
    const struct krv_line_commit *c = krv_lines_at(kase->lines, i);
    if (c->verdict != KRV_VERDICT_HELD || c->waits.n != 0) continue;
    *out = kase->change_after = c->tip;
    return true;
  }
  memset(&kase->change_after, 0, sizeof kase->change_after);
  return false;
}

int krv_case_ready(struct krv_case *kase, bool after_change, struct krv_tip *out) {
  memset(out, 0, sizeof *out);
  if (krv_lines_held(kase->lines) == 0) {
    memset(&kase->change_after, 0, sizeof kase->change_after);
    return KRV_END;
  }
  int rc = kase->waits_known ? 0 : gather(kase);
  if (rc != 0) return rc;
  return next_freed(kase, out) || (after_change && next_changed(kase, out)) ? 0 : KRV_END;
}
