/* invite: invitations made offline, and kept until they are used (R13, R35). */
#ifndef KRV_INVITE_H
#define KRV_INVITE_H

#include "intake.h"

struct krv_invite_request {
  uint8_t roles;
  const char *name;    /* of the person; travels sealed in the roster entry only */
  const char *agency;  /* NULL: none */
  bool my_device;
  uint32_t days;
};
/* Appends the invitation's text. DENIED by rights; STATE while no entry of the roster names the
 * server that this vault goes to: who joins could not tell it from another. */
int krv_invite_make(struct krv_world *world, const struct krv_invite_request *request,
                    struct krv_buf *text);

/* What this vault remembers of an invitation that it made. */
struct krv_invite_note {
  uint8_t id[KRV_INVITE_ID_LEN];
  uint8_t secret[KRV_INVITE_SECRET_LEN];
  krv_group_ix member_group, agency_group;
  char name[KRV_NAME_SIZE_MAX + 1], agency[KRV_NAME_SIZE_MAX + 1]; /* agency: a new one's name */
};
/* NOT_FOUND when somebody else made it. */
int krv_invite_find(struct krv_world *world, const uint8_t id[KRV_INVITE_ID_LEN],
                    struct krv_invite_note *out);
/* Calls back for each that this vault made, in that order; non-zero stops and is returned. */
int krv_invite_each(struct krv_world *world,
                    int (*each)(void *ctx, int64_t lid, const struct krv_invite_note *note),
                    void *ctx);

/* By the server's clock, as far as it is known here (R35); before it is, none has. */
bool krv_invite_expired(const struct krv_world *world, const struct krv_invite_terms *terms);

#endif
