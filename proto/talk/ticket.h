/* ticket: the server's cache of tickets, per device the 4 newest (R26). In memory; saved and loaded
 * as one blob by the caller. Losing it costs each device one XK. */
#ifndef KRV_TICKET_H
#define KRV_TICKET_H

#include "channel.h"

struct krv_tickets;

int krv_tickets_new(const struct krv_env *env, struct krv_tickets **out);
void krv_tickets_free(struct krv_tickets *tickets);
/* Keeps it as the device's newest; drops its oldest beyond KRV_TICKETS_PER_DEVICE. EXISTS,
 * NOMEM. */
int krv_tickets_put(struct krv_tickets *tickets, krv_device_ix device,
                    const struct krv_ticket *ticket);
/* The ticket as it was put. NOT_FOUND for unknown, overused (four different ephemerals) or too old
 * (30 days after the XK). */
int krv_tickets_find(struct krv_tickets *tickets, const struct krv_id *id, int64_t now_s,
                     krv_device_ix *device, struct krv_ticket *out);
/* A message 1 verified under it with this ephemeral: counts it, drops the device's older tickets.
 * DENIED for a fifth ephemeral or one that was seen. */
int krv_tickets_used(struct krv_tickets *tickets, const struct krv_id *id, const struct krv_key *e);
void krv_tickets_drop_device(struct krv_tickets *tickets, krv_device_ix device);
/* Appends all of them to out: secrets, for a file of their own. */
int krv_tickets_save(const struct krv_tickets *tickets, struct krv_buf *out);
/* In place of what is there. MALFORMED or NOMEM, and nothing changed. */
int krv_tickets_load(struct krv_tickets *tickets, struct krv_slice bytes);

#endif
