/* fleet_roster: a founded programme with admitted devices and all their secret
 * keys, for tests. Same testenv seed, same keys, same bytes. What must not fail
 * here ends the program with a word on stderr. Link base, crypto, outer, trust. */
#ifndef KRV_FLEET_ROSTER_H
#define KRV_FLEET_ROSTER_H

#include "invitation.h"
#include "roster.h"
#include "testenv.h"

enum { KRV_FLEET_MAX = 256, KRV_FLEET_NAME_MAX = 64 };

struct krv_fleet_device {
  krv_device_ix ix;
  struct krv_sign_pair sign;
  struct krv_dh_pair seal, session;
  struct krv_dh_pair member;      /* of its member's group, epoch 0; copied to further devices */
  struct krv_dh_pair agency;      /* when it made one */
  krv_group_ix member_group;
  uint8_t roles;
  uint8_t secret[KRV_INVITE_SECRET_LEN];
  uint8_t name[KRV_FLEET_NAME_MAX]; /* sealed to everyone */
  size_t name_len;
};

struct krv_fleet {
  struct krv_testenv *t;          /* the caller's; outlives the fleet */
  struct krv_roster *roster;
  struct krv_sign_pair recovery_sign;
  struct krv_dh_pair recovery_seal;
  struct krv_dh_pair server, everyone, office;
  struct krv_fleet_device devices[KRV_FLEET_MAX]; /* place = number in the roster */
  uint32_t count;
};

/* Founds: device 0 is the founder, office and administrator. */
void krv_fleet_found(struct krv_fleet *fleet, struct krv_testenv *t);
void krv_fleet_release(struct krv_fleet *fleet);

/* A new member with these roles, signed in by the founder, in `everyone` and (as its roles say)
 * in `office`. Returns the device's number. */
krv_device_ix krv_fleet_admit(struct krv_fleet *fleet, uint8_t roles);
/* The same for n members. */
void krv_fleet_admit_many(struct krv_fleet *fleet, uint32_t n, uint8_t roles);

/* Fresh keys for the next device (devices[count], which does not count yet), and the DEVICE
 * statement of a new member that it signed. Changes after it need krv_fleet_rejoin. */
struct krv_fleet_device *krv_fleet_prepare(struct krv_fleet *fleet, uint8_t roles,
                                           struct krv_statement *out);
/* Signs the joiner's part of the statement anew. */
void krv_fleet_rejoin(const struct krv_fleet *fleet, const struct krv_fleet_device *device,
                      struct krv_statement *statement);
/* Counts the prepared device, which the roster has now. */
krv_device_ix krv_fleet_keep(struct krv_fleet *fleet);

/* An entry at the head, signed by a device (KRV_NO_INDEX: the recovery key), appended to out. */
void krv_fleet_entry(const struct krv_fleet *fleet, krv_device_ix signer,
                     struct krv_statement *statements, uint32_t count, struct krv_buf *out);
/* Makes such an entry and appends it to the roster: what krv_roster_append returns. */
int krv_fleet_state(struct krv_fleet *fleet, krv_device_ix signer,
                    struct krv_statement *statements, uint32_t count);
/* The founding entry of a fleet, whose keys are made. */
void krv_fleet_founding(const struct krv_fleet *fleet, struct krv_buf *out);

#endif
