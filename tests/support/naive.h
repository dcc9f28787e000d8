/* naive: a case's meaning, told again in the plainest way: the whole set of
 * commits, quadratic loops, no order of arrival. Tests hold proto/case to it. */
#ifndef KRV_NAIVE_H
#define KRV_NAIVE_H

#include "casekit.h"

struct naive {
  const struct kit *kit;
  bool in[KIT_COMMITS_MAX];                 /* the set */
  bool delivered[KIT_COMMITS_MAX], applied[KIT_COMMITS_MAX], done[KIT_COMMITS_MAX];
  bool seen[KIT_COMMITS_MAX][KIT_COMMITS_MAX]; /* seen[c][w]: c has seen w */
};

/* has: which commits of the kit. Free with free(). */
struct naive *naive_new(const struct kit *kit, const bool *has);
/* 0 if the case agrees in verdicts, counts of what was seen, registers, deletion
 * flags, items and control; else the number of the check that failed. */
int naive_compare(const struct naive *m, const struct krv_case *kase);

#endif
