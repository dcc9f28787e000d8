/* seen: how often each import identity came in this run: equal rows of a file
 * without key columns are numbered by it (R32). */
#ifndef KRV_SEEN_H
#define KRV_SEEN_H

#include <stdint.h>

struct krv_seen;

struct krv_seen *krv_seen_new(void); /* NULL: out of memory */
void krv_seen_free(struct krv_seen *seen);

/* Counts the hash (32 hex digits, as kerven_hash writes them); *times is 1 the first time.
 * KERVEN_ENOMEM. */
int krv_seen_add(struct krv_seen *seen, const char hash[33], uint32_t *times)
    __attribute__((warn_unused_result));

#endif
