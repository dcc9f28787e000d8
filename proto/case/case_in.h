/* case_in: the inside of struct krv_case, for case*.c only.
 *
 * Invariants
 *  K1 every writer in the state is an applied commit in lines.
 *  K2 views holds exactly the commits that wrote a control operation, ascending.
 *  K3 once waits_known, waits holds exactly the held commits that lack another one. */
#ifndef KRV_CASE_IN_H
#define KRV_CASE_IN_H

#include "case.h"

/* What a commit that wrote ACCESS or EPOCH had seen: needed as long as they count. */
struct krv_case_view {
  struct krv_tip tip;
  uint32_t height; /* of the roster that its maker knew */
  struct krv_context_entry *entries; /* NULL if count is 0 */
  uint32_t count;
};

/* A held commit, and the first that it lacks. */
struct krv_case_wait {
  struct krv_context_entry entry;
  struct krv_tip tip;
};

struct krv_case {
  const struct krv_env *env;
  struct krv_genesis genesis;
  /* The height of the roster when the case began: the lowest in an applied commit that begins a
   * line and has seen nothing. UINT32_MAX: none yet. */
  uint32_t begun;
  struct krv_lines *lines;
  struct krv_state *state;
  struct krv_case_view *views;
  size_t view_count, view_cap;
  struct krv_tip *twins; /* known members of twin ids; kept over a reset */
  size_t twin_count, twin_cap;
  struct krv_case_wait *waits; /* ascending by entry, then tip: who waits for what (case_ready.c) */
  size_t wait_count, wait_cap;
  bool waits_known;            /* they are gathered when first asked for */
  struct krv_tip *freed;       /* held ones whose wait may be over; the next one last */
  size_t freed_count, freed_cap;
  struct krv_tip change_after; /* the last that was named because of a change; n 0: none */
};

/* A commit that is not in lines yet, as the seen function of the state. */
struct krv_case_eye {
  const struct krv_case *kase;
  const struct krv_case_commit *commit;
};
bool krv_case_eye_sees(void *eye, const struct krv_tip *w);
/* As krv_sees_fn; ctx is the case. */
bool krv_case_sees(void *kase, const struct krv_tip *by, const struct krv_tip *w);

struct krv_access_rule krv_case_rule(const struct krv_case *kase,
                                     const struct krv_case_rights *rights);
/* Is an EPOCH of this number void for a maker with this view? NULL eye is not allowed. */
bool krv_case_epoch_void(const struct krv_case *kase, struct krv_case_eye *eye, uint32_t number);

/* Takes the entries over. Room is reserved. */
void krv_case_view_put(struct krv_case *kase, const struct krv_case_view *view);
const struct krv_case_view *krv_case_view_find(const struct krv_case *kase,
                                               const struct krv_tip *tip);
void krv_case_views_release(struct krv_case *kase);

/* case_ready.c. Makes room for either of the next two. */
int krv_case_waits_reserve(struct krv_case *kase, const struct krv_tip *tip);
/* The commit is held for that from now on, or (n 0) for no other commit. */
void krv_case_waits_held(struct krv_case *kase, const struct krv_line_commit *before,
                         const struct krv_tip *tip, const struct krv_context_entry *waits);
/* It is delivered: who waits for it may go on. */
void krv_case_waits_delivered(struct krv_case *kase, const struct krv_line_commit *before,
                              const struct krv_tip *tip);
void krv_case_waits_forget(struct krv_case *kase);

/* Twin ids (R4). */
bool krv_case_twin_known(const struct krv_case *kase, const struct krv_tip *tip);
/* Is a known twin that fits the entry not delivered? */
bool krv_case_twin_missing(const struct krv_case *kase, const struct krv_context_entry *entry);
enum krv_twin { KRV_TWIN_NO, KRV_TWIN_YES, KRV_TWIN_RESTART };
/* What the arrival of the commit, all else delivered, means: RESTART when it or one that it
 * meets was not known for a twin, and is from now on. */
int krv_case_twin_judge(struct krv_case *kase, const struct krv_case_commit *commit,
                        enum krv_twin *out);
/* Notes all twins that are delivered. NOMEM. */
int krv_case_twins_collect(struct krv_case *kase);

#endif
