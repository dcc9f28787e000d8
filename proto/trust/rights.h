/* rights: who may sign which statement, one table (R36). */
#ifndef KRV_RIGHTS_H
#define KRV_RIGHTS_H

#include "entry.h"

/* May a device with these roles make the statement? keeper: it is a keeper of the
 * statement's group. Administrators: devices, roles, revocation, schema, server, the end of a fork.
 * Keepers, and they only: ADMIT, EXPEL and EPOCH of their group. Anybody: GROUP of his own.
 * DEVICE of a known member: a keeper of that member's group, whatever its roles. */
bool krv_rights_may_state(uint8_t roles, bool keeper, enum krv_statement_kind kind);
/* May it invite somebody to these roles? Administrators: all. Office and supervisors: worker,
 * provider. A member invites further devices of his own whatever this says. */
bool krv_rights_may_invite(uint8_t roles, uint8_t invited);
/* Rights in `office` that come with roles: KRV_NO_INDEX none, else a mask of krv_admit_rights.
 * Office devices keep it, supervisors write, auditors read. */
uint32_t krv_rights_in_office(uint8_t roles);
/* Rights in `everyone` (all belong to it): keepers are office and administrators. */
uint32_t krv_rights_in_everyone(uint8_t roles);
/* "worker", "office+administrator": appended to out, lowest bit first. */
void krv_roles_format(uint8_t roles, struct krv_buf *out);
/* The same text, each role once. INVALID. */
int krv_roles_parse(struct krv_slice text, uint8_t *out);

#endif
