/* vouch: a MAC by the author, for the server only, that a commit carried by
 * somebody else is his (R12). Under DH(author's session key, server key). */
#ifndef KRV_VOUCH_H
#define KRV_VOUCH_H

#include "dh.h"

void krv_vouch(const struct krv_key *author_server_shared, const struct krv_id *commit_id,
               uint8_t out[16]);
/* Constant time. */
bool krv_vouch_good(const struct krv_key *author_server_shared, const struct krv_id *commit_id,
                    const uint8_t mac[16]);

#endif
