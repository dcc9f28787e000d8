/* Twin ids: two delivered commits of one dot whose ids have the same first 8
 * bytes. A context entry cannot tell them apart, so it means both, and neither
 * has effect (R4). Nobody makes them by accident.
 *
 * The second one may come when the first is applied, and others have been judged
 * by a view that lacks the second one and its line. Then the case is made anew with the
 * twins known from the start: they are quarantined at once, and an entry that
 * fits them counts as delivered only when all of them are. So the result is the
 * one that depends on the set alone. */
#include <string.h>

#include "case_in.h"
#include "status.h"

static bool fits(const struct krv_context_entry *entry, const struct krv_tip *tip) {
  return entry->device == tip->device && entry->n == tip->n &&
         memcmp(entry->id8, tip->id.b, sizeof entry->id8) == 0;
}

bool krv_case_twin_known(const struct krv_case *kase, const struct krv_tip *tip) {
  for (size_t i = 0; i < kase->twin_count; i++)
    if (krv_tip_compare(&kase->twins[i], tip) == 0) return true;
  return false;
}

bool krv_case_twin_missing(const struct krv_case *kase, const struct krv_context_entry *entry) {
  for (size_t i = 0; i < kase->twin_count; i++) {
    if (!fits(entry, &kase->twins[i])) continue;
    const struct krv_line_commit *c = krv_lines_find(kase->lines, &kase->twins[i]);
    if (!c || c->verdict == KRV_VERDICT_HELD) return true;
  }
  return false;
}

static int note(struct krv_case *kase, const struct krv_tip *tip) {
  if (krv_case_twin_known(kase, tip)) return 0;
  int rc = krv_grow(kase->env, &kase->twins, &kase->twin_cap, kase->twin_count,
                    sizeof *kase->twins);
  if (rc == 0) kase->twins[kase->twin_count++] = *tip;
  return rc;
}

/* Notes the delivered ones that fit; *fresh: one of them was not known. */
static int note_fitting(struct krv_case *kase, const struct krv_context_entry *entry, bool *fresh) {
  uint32_t i, end;
  int rc = 0;
  krv_lines_range(kase->lines, entry, &i, &end);
  for (; rc == 0 && i < end; i++) {
    const struct krv_line_commit *c = krv_lines_at(kase->lines, i);
    if (c->verdict == KRV_VERDICT_HELD || krv_case_twin_known(kase, &c->tip)) continue;
    *fresh = true;
    rc = note(kase, &c->tip);
  }
  return rc;
}

int krv_case_twin_judge(struct krv_case *kase, const struct krv_case_commit *commit,
                        enum krv_twin *out) {
  struct krv_context_entry entry;
  bool known = krv_case_twin_known(kase, &commit->tip), fresh = !known;
  krv_lines_entry(&commit->tip, &entry);
  *out = known ? KRV_TWIN_YES : KRV_TWIN_NO;
  if (!krv_lines_fits(kase->lines, &entry)) return 0;
  int rc = note_fitting(kase, &entry, &fresh);
  if (rc == 0 && !known) rc = note(kase, &commit->tip);
  *out = fresh ? KRV_TWIN_RESTART : KRV_TWIN_YES;
  return rc;
}

int krv_case_twins_collect(struct krv_case *kase) {
  uint32_t count = krv_lines_count(kase->lines);
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    const struct krv_line_commit *c = krv_lines_at(kase->lines, i);
    if (c->verdict != KRV_VERDICT_HELD && c->reason == -KRV_AMBIGUOUS) rc = note(kase, &c->tip);
  }
  return rc;
}
