/* own: this device's own keys, and what it knows of its place in the programme. Both are sealed
 * meta rows of the vault. */
#ifndef KRV_OWN_H
#define KRV_OWN_H

#include "channel.h"
#include "invitation.h"
#include "vault.h"

/* Made when the vault is made; never leave it. */
struct krv_own_keys {
  struct krv_sign_pair sign;
  struct krv_dh_pair seal, session;
  struct krv_dh_pair member, agency; /* of the groups that its admission makes (R13) */
};
void krv_own_keys_random(const struct krv_env *env, struct krv_own_keys *out);
void krv_own_keys_public(const struct krv_own_keys *keys, struct krv_device_keys *out);
int krv_own_keys_save(struct krv_vault *vault, const struct krv_env *env,
                      const struct krv_own_keys *keys);
int krv_own_keys_load(struct krv_vault *vault, const struct krv_env *env, struct krv_own_keys *out);

enum krv_member_state { KRV_MEMBER_ALONE, KRV_MEMBER_FOUNDING, KRV_MEMBER_JOINING, KRV_MEMBER_IN };

struct krv_member {
  enum krv_member_state state;
  struct krv_id programme;
  struct krv_key server_pk;
  char address[KRV_ADDRESS_SIZE_MAX + 1];
  krv_device_ix device; /* IN */
  bool practice;
  struct krv_invitation invitation; /* JOINING: psk, secret, terms; FOUNDING: the psk alone */
  int64_t last_sync_s;
  int64_t clock_offset_s; /* server's clock less ours, when it was told */
  /* what it was told, Unix seconds; 0: an older vault kept the offset alone */
  int64_t clock_told_s;
  bool clock_known;
};
/* The server has told its clock, and ours is at wall_s. */
void krv_member_told(struct krv_member *member, int64_t server_s, int64_t wall_s);
int krv_member_save(struct krv_vault *vault, const struct krv_env *env,
                    const struct krv_member *member);
/* NOT_FOUND leaves ALONE and returns 0. */
int krv_member_load(struct krv_vault *vault, const struct krv_env *env, struct krv_member *out);

/* How the server's key came to be the one that is expected: see pin.h. */
struct krv_pin {
  uint32_t since; /* no SERVER entry below this height changes the key */
  bool moving; /* our own SERVER entry names it, and waits for that server */
  struct krv_key psk; /* moving: the founding code's */
  int64_t void_lid; /* invitations of ours up to this row depend on an older key */
};

/* Where this vault stands with the server (R12, R19), and its ticket (R26): one row, written in the
 * transaction of what it speaks of. So the ticket before is kept until the next one is on the disk,
 * and not for longer. */
struct krv_standing {
  uint64_t cursor, within, head_seq;
  uint8_t head_chain8[8];
  struct krv_ticket ticket;
  bool ticketed; /* there is one */
  uint32_t early_max; /* bytes; halves after a session broke before its answer */
  uint16_t receipts_given; /* made so far; the server tells how many it has stored (R21) */
  bool receipts_repeated; /* all of them were sent again once, for a difference */
  int64_t reopened_s; /* when all that was refused was last tried again (R12) */
  uint32_t receipts_seen; /* lines for us */
  uint32_t named_height; /* the highest entry of the roster that a signed body names (R17) */
};
int krv_standing_save(struct krv_vault *vault, const struct krv_env *env,
                      const struct krv_standing *standing);
int krv_standing_load(struct krv_vault *vault, const struct krv_env *env, struct krv_standing *out);

#endif
