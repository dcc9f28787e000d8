/* roster: the programme's signed, hash-chained log, folded (R13, R17). Every
 * entry is checked against the ones before; what does not hold is refused, so a
 * roster that exists is right, back to the founding entry. */
#ifndef KRV_ROSTER_H
#define KRV_ROSTER_H

#include "rights.h"

struct krv_device {
  krv_device_ix ix;
  struct krv_id id;
  struct krv_device_keys keys;
  uint8_t roles;
  krv_group_ix member_group, agency_group; /* agency: KRV_NO_INDEX if none */
  uint32_t from_height;
  uint32_t revoked_height;                 /* UINT32_MAX: not */
  uint8_t revoked_how;
  uint8_t invite[KRV_INVITE_ID_LEN];
  struct krv_slice name;                   /* sealed; borrowed from the roster */
};

enum krv_group_kind { KRV_GROUP_KIND_EVERYONE, KRV_GROUP_KIND_OFFICE, KRV_GROUP_KIND_MEMBER,
                      KRV_GROUP_KIND_AGENCY, KRV_GROUP_KIND_TEAM };

struct krv_group_epoch {
  struct krv_key pk;
  uint32_t height;
  uint8_t back_chain[48];
};
struct krv_membership {
  krv_device_ix device;
  uint32_t from_height, to_height;         /* [from, to); UINT32_MAX: still */
  uint8_t rights;                          /* enum krv_admit_rights */
};
struct krv_group {
  krv_group_ix ix;
  enum krv_group_kind kind;
  struct krv_slice name;                   /* sealed; MEMBER: the first device's; built-in: empty */
  struct krv_group_epoch *epochs;          /* place = number */
  uint32_t epoch_count;
  struct krv_membership *members;          /* in order of admission */
  uint32_t member_count;
};

struct krv_roster;

int krv_roster_new(const struct krv_env *env, struct krv_roster **out);
void krv_roster_free(struct krv_roster *roster);
/* Appends the next entry (bytes are copied). All or nothing. STALE when prev or height is not the
 * head's, EXISTS when it is the same bytes as the entry at its height, CRYPTO, DENIED (rights, or a
 * revoked signer), MALFORMED, TOO_LARGE, NEWER, OTHER_PROGRAMME, INVALID (names something that does
 * not exist or is revoked, or makes what exists: a key, an invitation, an epoch), NOMEM.
 *
 * Statements apply in order, each by what the ones before it made. FOUND makes device 0, keeper of
 * groups 0, 1 and 2. DEVICE makes a new member's group, or a new agency's, with this device as its
 * keeper; or lets a further device in as keeper of a known member's group, which only a keeper of
 * that group signs. Other groups are joined by ADMIT. A keeper without administrator's rights gives
 * a further device no role and no agency that it does not have itself. ADMIT of a member changes
 * his rights. REVOKE closes all memberships. END names another history that lost: it must part from
 * this one below the entry, and is final with a second signer's same words, the first being an
 * administrator still. The recovery key (signer KRV_NO_INDEX) may state all
 * but FOUND and GROUP. No public key of a device or group, and no invitation, occurs twice. */
int krv_roster_append(struct krv_roster *roster, struct krv_slice entry);
/* Would it be accepted now? The same statuses, changes nothing. */
int krv_roster_check(const struct krv_roster *roster, struct krv_slice entry);

bool krv_roster_founded(const struct krv_roster *roster);
const struct krv_id *krv_roster_programme(const struct krv_roster *roster);
const struct krv_key *krv_roster_server_pk(const struct krv_roster *roster);
/* The height of the entry that names it; 0: the founding. */
uint32_t krv_roster_server_since(const struct krv_roster *roster);
/* Is it the key of this programme's server? */
bool krv_roster_serves(const struct krv_roster *roster, const struct krv_key *server_pk);
void krv_roster_recovery(const struct krv_roster *roster, struct krv_key *sign_pk,
                         struct krv_key *seal_pk);
bool krv_roster_practice(const struct krv_roster *roster);
/* The newest schema document: version 0 is the built-in one named in the founding. */
void krv_roster_schema(const struct krv_roster *roster, uint32_t *version, uint8_t hash[32]);
struct krv_slice krv_roster_programme_name(const struct krv_roster *roster); /* sealed */

uint32_t krv_roster_count(const struct krv_roster *roster);  /* entries; height of the head + 1 */
uint32_t krv_roster_height(const struct krv_roster *roster); /* head's; 0 before founding */
struct krv_slice krv_roster_entry(const struct krv_roster *roster, uint32_t height);
/* NULL above the head. */
const uint8_t *krv_roster_hash(const struct krv_roster *roster, uint32_t height);

/* Forks (R17). Has the entry of that height whose hash begins so lost against this roster? Two
 * administrators, or one and the recovery key, have said so, in the same words. *common: the last
 * height that the histories share, as of which what names the lost one is judged. */
bool krv_roster_lost(const struct krv_roster *roster, uint32_t height, const uint8_t hash8[8],
                     uint32_t *common);
/* The newest END that wants a second one's word; false if there is none. */
struct krv_ending {
  uint32_t common;
  struct krv_slice losing; /* 32 bytes a height; as long as the roster */
  krv_device_ix signer;
};
bool krv_roster_ending(const struct krv_roster *roster, struct krv_ending *out);
/* Who signed an entry that is there; KRV_NO_INDEX: the recovery key (or no memory to look). */
krv_device_ix krv_roster_signer(const struct krv_roster *roster, uint32_t height);

/* Pointers to devices, groups and memberships hold until the next append; names and entries, as
 * long as the roster. Before the founding all is zero, empty or NULL. */
uint32_t krv_roster_device_count(const struct krv_roster *roster);
const struct krv_device *krv_roster_device(const struct krv_roster *roster, krv_device_ix ix);
const struct krv_device *krv_roster_device_by_id(const struct krv_roster *roster,
                                                 const struct krv_id *id);
const struct krv_device *krv_roster_device_by_session(const struct krv_roster *roster,
                                                      const struct krv_key *pk);
uint32_t krv_roster_group_count(const struct krv_roster *roster);
const struct krv_group *krv_roster_group(const struct krv_roster *roster, krv_group_ix ix);

bool krv_device_active(const struct krv_device *device);
/* Membership as of a height (UINT32_MAX: now); NULL if the device is not in the group. */
const struct krv_membership *krv_roster_membership(const struct krv_roster *roster,
                                                   krv_device_ix device, krv_group_ix group,
                                                   uint32_t height);
bool krv_roster_may_write(const struct krv_roster *roster, krv_device_ix device, krv_group_ix group,
                          uint32_t height);
/* Was it ever in the group? (R11) */
bool krv_roster_was_member(const struct krv_roster *roster, krv_device_ix device,
                           krv_group_ix group);
const struct krv_group_epoch *krv_group_newest(const struct krv_group *group);
/* Has a device left it for good, revoked or expelled, by an entry above that height? */
bool krv_group_left_since(const struct krv_group *group, uint32_t height);

#endif
