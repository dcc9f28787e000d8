/* check: everything about a store that can be verified without a key of a case: SQLite's own check,
 * the chain over all items, ids of commits and cases, the roster from the founding on, and that
 * every inbox names items that exist. */
#ifndef KRV_CHECK_H
#define KRV_CHECK_H

#include "ledger.h"

struct krv_check_report {
  uint64_t items, commits, findings;
  uint32_t roster_count, devices;
};

/* path: the database. One call of finding for each thing that is wrong. 0 also when something was
 * found; BUSY, IO, NOMEM when it could not be looked at. */
int krv_check_store(const struct krv_env *env, const char *path, struct krv_check_report *report,
                    void (*finding)(void *ctx, const char *sentence), void *ctx);

#endif
