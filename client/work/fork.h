/* fork: a second history of the roster (R17).
 *
 *   one history --the server tells another entry at a height that is taken--> forked
 *   forked --two words of an END on one of the two--> one history (that one; the other has lost)
 *
 * While forked the roster stays what this vault believed. What the server tells of either history
 * is checked, kept and believed by nobody: no addition counts, and none is signed here. A
 * revocation in either binds. Evidence against who signed is only what both were chain: named by a
 * signed body, or followed by a further entry; a proposal that lost is none. */
#ifndef KRV_FORK_H
#define KRV_FORK_H

#include "intake.h"

enum krv_branch { KRV_BRANCH_OURS, KRV_BRANCH_OTHER };
enum krv_word { KRV_WORD_DEVICE = 1, KRV_WORD_RECOVERY = 2 };

struct krv_fork {
  struct krv_roster *branch[2]; /* whole, from the founding on */
  uint32_t common; /* the last height at which they are the same */
  enum krv_branch told; /* which one the server told last */
  bool named; /* a signed body names the other one */
};

/* A history that lost, or that the server has turned away from to a third. Who only it let in is
 * no member; what he wrote is kept, and opens by its keys. In this vault he has a number of
 * his own, since the roster gives his to somebody else. */
struct krv_lost {
  struct krv_roster *roster;
  uint32_t common;
};
enum {
  KRV_FORMER = 0x80000000u,
  KRV_FORMER_SHIFT = 20,
  KRV_LOST_MAX = 256,
  KRV_LOST_OTHER = 510, /* not decided yet: the other history of the fork that is open */
  KRV_LOST_UNKNOWN = 511, /* a history that this vault has not seen */
};
static inline bool krv_is_former(krv_device_ix device) {
  return device != KRV_NO_INDEX && (device & KRV_FORMER) != 0;
}
static inline krv_device_ix krv_former(uint32_t number, krv_device_ix device) {
  return KRV_FORMER | number << KRV_FORMER_SHIFT | device;
}
static inline uint32_t krv_former_number(krv_device_ix former) {
  return (former & ~(uint32_t)KRV_FORMER) >> KRV_FORMER_SHIFT;
}
static inline krv_device_ix krv_former_device(krv_device_ix former) {
  return former & ((1u << KRV_FORMER_SHIFT) - 1);
}

/* What the vault holds of them; the world's roster is loaded. release also before loading anew. */
int krv_fork_load(struct krv_world *world);
void krv_fork_release(struct krv_world *world);

/* Takes an entry that does not follow the believed roster, or comes while there is a fork. One
 * that parts from both histories begins a third: the other one is set aside for it. FORK: it
 * follows nothing that is known. Else 0, or what is wrong with it. */
int krv_fork_entry(struct krv_intake *intake, struct krv_slice entry);
/* A signed body names an entry that is not ours: is it the other one's? */
int krv_fork_named(struct krv_intake *intake, uint32_t height, const uint8_t head8[8]);

/* Both were chain. */
bool krv_fork_evident(const struct krv_world *world);
/* Who signed both entries at the height where they part, when that is evident; else
 * KRV_NO_INDEX. He is suspended: his word ends no fork, and whoever ends it takes his
 * administration from him. */
krv_device_ix krv_fork_suspect(const struct krv_world *world);
/* The roster that the server is known to hold: OPEN names its head. */
const struct krv_roster *krv_fork_told(const struct krv_world *world);
/* Is the device revoked in the roster or in either history? */
bool krv_fork_revoked(const struct krv_world *world, const struct krv_device *device);
/* Has it left a group of the roster in one of them, revoked or expelled? */
bool krv_fork_left(const struct krv_world *world, const struct krv_group *group,
                   const struct krv_device *device);

/* The same of anybody who is in the group by the roster: he knows what is sealed to it, and shall
 * not. Without a fork: false. */
bool krv_fork_exposed(const struct krv_world *world, const struct krv_group *group);

/* Says that the history that the server does not tell has lost: a proposal, to be sent. Without
 * a fork of our own: says again what another administrator said. In its own transaction.
 * NOT_FOUND: there is nothing to end; DENIED: no administrator, or the suspect; NO_KEY: the
 * recovery key is not in this vault; EXISTS: said already; TOO_LARGE. */
int krv_fork_say_end(struct krv_world *world, enum krv_word word);
/* Drops all proposals: the head has moved on under them. What they said of a fork is said once
 * more on the head as it is now, in the same words, if that is still to be said. */
int krv_fork_say_again(struct krv_world *world);

/* Author of a stored commit: of the roster, or of a history that lost (krv_former). NULL. */
const struct krv_device *krv_world_author(const struct krv_world *world, krv_device_ix device);
/* What the server's number of an author is in this vault: while it tells the other history,
 * devices that only that one let in have numbers of their own. NO_INDEX: no device can have
 * it. */
krv_device_ix krv_fork_number(const struct krv_world *world, krv_device_ix device);
/* Is it nobody at any server that is right? Only a history that lost let it in. */
bool krv_fork_nobody(const struct krv_world *world, krv_device_ix device);
/* Would the server take it for somebody else, or not know it? A device of a history that it does
 * not tell. */
bool krv_fork_unsaid(const struct krv_world *world, krv_device_ix device);
/* Would it make the server send something to others than it is for? An item that names a device
 * or a group of our history alone, while it tells the other. It is kept, and goes once the
 * fork has ended. */
bool krv_fork_misleads(const struct krv_world *world, const struct krv_vault_item *item);
/* Is it a secret, or a key, for one device that has left the group meanwhile? It does not go. */
bool krv_fork_too_late(const struct krv_world *world, const struct krv_vault_item *item);
/* The number here of a device that a body names by its number in a history that lost. */
krv_device_ix krv_fork_lost_device(const struct krv_world *world, uint32_t lost,
                                   krv_device_ix device);
/* As of which height a body is judged that names an entry (R5, R17): its own, or, where that
 * entry or one below it has *lost, the last common one. STALE: above the roster. FORK: nobody
 * has said yet which is right. */
int krv_fork_judge(const struct krv_world *world, uint32_t height, const uint8_t head8[8],
                   uint32_t *as_of, bool *lost);
/* Has the entry of that height of lost[number], or one below it, lost against the roster? What
 * follows an entry that lost has lost as well. Else the server has turned to a third history,
 * and nobody has ended it. */
bool krv_fork_has_lost(const struct krv_world *world, uint32_t number, uint32_t height,
                       uint32_t *as_of);
/* Which history that lost holds the entry; KRV_LOST_UNKNOWN: this vault has not seen it. */
uint32_t krv_fork_lost_number(const struct krv_world *world, uint32_t height,
                              const uint8_t head8[8]);
/* How many devices and groups there were up to a height. */
uint32_t krv_fork_devices_at(const struct krv_roster *roster, uint32_t height);
uint32_t krv_fork_groups_at(const struct krv_roster *roster, uint32_t height);

#endif
