/* aside: a folder that is built beside its place and takes it whole, or not at all (R28): its files
 * synced, the folder synced, renamed, its parent synced. Who builds holds the folder's lock; what a
 * builder that was killed left is cleared by the next one. */
#ifndef KRV_ASIDE_H
#define KRV_ASIDE_H

#include "dir.h"

struct krv_aside {
  char path[KRV_PATH_MAX];  /* the folder, mode 0700, under the name that it has now */
  char built[KRV_PATH_MAX]; /* that it was built under */
  char place[KRV_PATH_MAX]; /* that it shall have */
  int lock;
};

/* A new folder beside dir. EXISTS: dir is there. */
int krv_aside_begin(const char *dir, struct krv_aside *out);
/* It takes its place. EXISTS: somebody else's did; IO, FULL. */
int krv_aside_settle(struct krv_aside *aside);
/* Once, whatever came before: 0 keeps what is settled, any other status leaves nothing. Returns
 * status. */
int krv_aside_end(struct krv_aside *aside, int status);

#endif
