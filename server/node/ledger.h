/* ledger: the store and the roster in it, opened together. */
#ifndef KRV_LEDGER_H
#define KRV_LEDGER_H

#include "roster.h"
#include "store.h"

struct krv_ledger {
  struct krv_store *store;
  struct krv_roster *roster;
};

/* path: the database. BUSY, DAMAGED (an entry of the roster does not hold), IO, NOMEM. */
int krv_ledger_open(const struct krv_env *env, const char *path, struct krv_ledger *out);
void krv_ledger_close(struct krv_ledger *ledger); /* may be called twice */

#endif
