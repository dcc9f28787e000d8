/* ledger: the store and the roster in it, opened together. */
#ifndef KRV_LEDGER_H
#define KRV_LEDGER_H

#include "batch.h"

struct krv_ledger {
  struct krv_store *store;
  struct krv_roster *roster;
};

/* path: the database. BUSY, DAMAGED (an entry of the roster does not hold), IO, NOMEM. */
int krv_ledger_open(const struct krv_env *env, const char *path, struct krv_ledger *out);
void krv_ledger_close(struct krv_ledger *ledger); /* may be called twice */
/* A line "usage DEVICE BYTES COMMITS" for each of the devices to which most bytes are charged, the
 * heaviest first; KRV_LEDGER_HEAVY of them at most, none to which nothing is. */
enum { KRV_LEDGER_HEAVY = 5 };
int krv_ledger_usage(const struct krv_ledger *ledger, struct krv_buf *out);

#endif
