/* Which held commits may go on. Looking starts behind the one that was named
 * last, since what it freed mostly stands right after it: a line that came in
 * reverse is freed in one pass. */
#include <string.h>

#include "case_in.h"

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

static bool next_freed(struct krv_case *kase, struct krv_tip *out) {
  uint32_t count = krv_lines_count(kase->lines);
  uint32_t start = place_after(kase->lines, &kase->ready_after);
  for (uint32_t i = 0; i < count; i++) {
    const struct krv_line_commit *c = krv_lines_at(kase->lines, (start + i) % count);
    if (!wait_is_over(kase, c)) continue;
    *out = kase->ready_after = c->tip;
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

bool krv_case_ready(struct krv_case *kase, bool after_change, struct krv_tip *out) {
  memset(out, 0, sizeof *out);
  if (krv_lines_held(kase->lines) == 0) {
    memset(&kase->change_after, 0, sizeof kase->change_after);
    return false;
  }
  return next_freed(kase, out) || (after_change && next_changed(kase, out));
}
