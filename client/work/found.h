/* found: a programme's first device (R13). Prepared in the vault, carried to the server by the
 * first session, which is bound to this device's keys. */
#ifndef KRV_FOUND_H
#define KRV_FOUND_H

#include "intake.h"

struct krv_found_terms {
  struct krv_founding_code code;
  const char *programme, *name;
  bool practice;
};
/* Makes groups, recovery key and founding entry, and keeps them. Again with the same server:
 * nothing changes, the names neither, for the server may have them already. STATE when this
 * vault belongs to a programme, or began with another server, or what is to be a practice as no
 * practice. */
int krv_found_prepare(struct krv_world *world, const struct krv_found_terms *terms);
/* The founding entry, to send. Appends. */
int krv_found_entry(struct krv_world *world, struct krv_buf *out);
/* The server took it. */
int krv_found_done(struct krv_world *world);

#endif
