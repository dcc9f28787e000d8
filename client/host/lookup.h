/* lookup: the address of a host, found beside the caller. The system's resolver knows no deadline
 * and cannot be called off, so whoever waited for it would keep the vault for as long (R29). What
 * is a number is found at once; a name on a thread that touches the lookup alone and ends by
 * itself, also when nobody waits for it any more. */
#ifndef KRV_LOOKUP_H
#define KRV_LOOKUP_H

#include <sys/socket.h>

struct krv_lookup;

/* NOMEM, IO; INVALID: too long. */
int krv_lookup_start(const char *host, const char *port, struct krv_lookup **out);
/* Readable once it has ended. */
int krv_lookup_fd(const struct krv_lookup *lookup);
/* Once it has: 0, or OFFLINE. */
int krv_lookup_result(struct krv_lookup *lookup, struct sockaddr_storage *out);
/* At any time; NULL is allowed. */
void krv_lookup_leave(struct krv_lookup *lookup);

#endif
