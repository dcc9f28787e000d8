/* access: who may read and write a case, as a commit's author knew it (R9).
 *
 * Start: the genesis list. An ACCESS operation with a mode adds or changes;
 * with NONE it removes. Removal wins over concurrent adding: an addition counts
 * for a reader unless some removal that he sees has seen it or is concurrent
 * with it, and was not itself seen by it. Of additions that count, one that
 * another has seen is replaced by it; of concurrent ones the lower mode holds.
 * Removing the office's group, or taking writing from it, is void. */
#ifndef KRV_ACCESS_H
#define KRV_ACCESS_H

#include "forms.h"
#include "state.h"

/* Has the commit `by` seen w? Both wrote operations of the control list. */
typedef bool (*krv_sees_fn)(void *ctx, const struct krv_tip *by, const struct krv_tip *w);

struct krv_access_rule {
  const struct krv_access_list *genesis;
  krv_group_ix office;            /* whose removal is void */
  const struct krv_state *state;  /* its control list holds the operations */
  krv_sees_fn sees;               /* has commit `by` seen w? */
  void *ctx;
};

/* The mode of one group as seen by a commit (NULL: by all); NONE if it is not listed. */
uint8_t krv_access_mode(const struct krv_access_rule *rule, krv_group_ix group,
                        krv_seen_fn viewpoint, void *ctx);
/* Does the operation take access away, and is it not void? */
bool krv_access_removes(const struct krv_access_rule *rule, const struct krv_op *op);

/* The list as all see it. It holds KRV_ACCESS_LIST_MAX groups: those of the genesis, then in the
 * order of the operations; who is beyond is not on it, for everybody alike. */
void krv_access_now(const struct krv_access_rule *rule, struct krv_access_list *out);

#endif
