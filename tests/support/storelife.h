/* storelife: a server's store that lives through faults: one case whose line grows, and what was
 * told of it. Link what storekit links. */
#ifndef KRV_STORELIFE_H
#define KRV_STORELIFE_H

#include "storekit.h"

/* What a commit that returned has promised. */
struct krv_told {
  uint64_t seq;
  uint8_t chain[KRV_CHAIN_LEN];
};

struct krv_storelife {
  struct krv_kit kit;
  char folder[64], path[96];
  struct krv_kit_case kase;
  uint64_t n; /* of the last commit, and its id */
  struct krv_id prev;
  struct krv_store *own_store; /* while another one stands in */
  struct krv_batch *own_batch;
};

/* A founded programme in a folder of its own, without its case yet. */
void krv_storelife_init(struct krv_storelife *life, uint64_t seed);
void krv_storelife_release(struct krv_storelife *life);
void krv_storelife_case(struct krv_storelife *life);

/* So many commits of the line in one transaction, as in one turn of the loop. What fails is rolled
 * back, and the line stays where it was. */
int krv_storelife_append(struct krv_storelife *life, uint64_t commits);

void krv_storelife_tell(struct krv_store *store, struct krv_told *told);
/* Fails the test, naming the seed, unless the store holds what was told and every item reads;
 * thorough: and the whole of it checks. */
void krv_storelife_look(struct krv_store *store, const struct krv_told *told, uint64_t seed,
                        bool thorough);

/* A copy of the store's files as they are now; the store stays open, and must be idle. */
void krv_storelife_copy(const struct krv_storelife *life, const char *folder);
/* The store in that folder stands in for the own one, or the status with which it did not open. */
int krv_storelife_at(struct krv_storelife *life, const char *folder);
void krv_storelife_back(struct krv_storelife *life);

#endif
