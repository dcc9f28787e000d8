/* draft: what an entry would change, beside the roster that it would change.
 * Internal to trust: roster.c (the log and its questions), draft.c (copy, look
 * up, take over), rules.c (which statements hold).
 *
 * A draft copies a device or a group on its first change; statements see their
 * predecessors through it; the roster stays as it is until everything held and
 * all memory is there, and then takes the draft over without a step that can
 * fail. So an entry counts whole or not at all.
 *
 * Invariants of a roster:
 *   1. devices[i].ix == i and groups[i].ix == i; numbers are never given twice.
 *   2. a public key stands in `keys` once, whoever has it and for what.
 *   3. a revoked device has no open membership.
 *   4. entries[h] is the entry of height h; programme is zero until entry 0. */
#ifndef KRV_DRAFT_H
#define KRV_DRAFT_H

#include "roster.h"

/* What the whole programme shares. */
struct krv_facts {
  struct krv_id programme;
  struct krv_key server_pk, recovery_sign_pk, recovery_seal_pk;
  uint32_t server_since; /* height of the entry that names server_pk */
  bool practice;
  uint32_t schema_version;
  uint8_t schema_hash[32];
  struct krv_slice name;
};

enum krv_key_use { KRV_KEY_USE_SIGN, KRV_KEY_USE_SEAL, KRV_KEY_USE_SESSION, KRV_KEY_USE_GROUP };

/* A sorted table from names to places. Shorter names are filled up with zeros;
 * one table holds names of one length. */
struct krv_name_row {
  uint8_t name[KRV_KEY_LEN];
  uint32_t ix;
  enum krv_key_use use; /* of a key */
};
struct krv_name_index {
  struct krv_name_row *rows;
  size_t count, cap;
};

/* One administrator's word that another history has lost (R17). */
struct krv_end {
  uint32_t common;
  struct krv_slice losing; /* borrowed from the entry */
  krv_device_ix signer;    /* KRV_NO_INDEX: the recovery key */
  bool final;              /* a second one's word made it so */
};

struct krv_record {
  uint8_t *bytes;
  size_t len;
  uint8_t hash[32];
};

struct krv_roster {
  const struct krv_env *env;
  struct krv_facts facts;
  struct krv_record *entries;
  size_t entry_count, entry_cap;
  struct krv_device *devices;
  size_t device_count, device_cap;
  struct krv_group *groups; /* each owns epochs and members */
  size_t group_count, group_cap;
  struct krv_name_index keys, ids, invites;
  struct krv_end *ends; /* in the order of their entries */
  size_t end_count, end_cap;
};

struct krv_draft {
  const struct krv_roster *base;
  uint32_t height;
  struct krv_facts facts;
  struct krv_device *devices; /* changed or new, in order of first change */
  size_t device_touched, device_cap;
  struct krv_group *groups;
  size_t group_touched, group_cap;
  uint32_t device_count, group_count; /* with the new ones */
  struct krv_end *ends; /* new ones */
  size_t end_count, end_cap;
};

void krv_draft_init(struct krv_draft *draft, const struct krv_roster *base, uint32_t height);
void krv_draft_release(struct krv_draft *draft);

/* As the draft stands; NULL when there is none. Good until the next change. */
const struct krv_device *krv_draft_device(const struct krv_draft *draft, krv_device_ix ix);
const struct krv_group *krv_draft_group(const struct krv_draft *draft, krv_group_ix ix);
/* The device's open membership in the group, or NULL. */
const struct krv_membership *krv_draft_member(const struct krv_draft *draft, krv_group_ix group,
                                              krv_device_ix device);
bool krv_draft_has_key(const struct krv_draft *draft, const struct krv_key *pk);
bool krv_draft_has_invite(const struct krv_draft *draft, const uint8_t invite[KRV_INVITE_ID_LEN]);

/* Changes: 0 or NOMEM. The device or group exists already. */
int krv_draft_edit_device(struct krv_draft *draft, krv_device_ix ix, struct krv_device **out);
/* Takes a copy of device, with its place in the order as ix; *out gets it. */
int krv_draft_add_device(struct krv_draft *draft, const struct krv_device *device,
                         krv_device_ix *out);
int krv_draft_add_group(struct krv_draft *draft, enum krv_group_kind kind, struct krv_slice name,
                        const struct krv_key *pk, krv_group_ix *out);
/* back_chain may be NULL. */
int krv_draft_add_epoch(struct krv_draft *draft, krv_group_ix group, const struct krv_key *pk,
                        const uint8_t back_chain[48]);
/* Opens a membership, after closing the one that is open. */
int krv_draft_join(struct krv_draft *draft, krv_group_ix group, krv_device_ix device,
                   uint8_t rights);
/* Closes the open membership, if there is one. */
int krv_draft_leave(struct krv_draft *draft, krv_group_ix group, krv_device_ix device);

/* Adds a copy; its slice borrows from the entry. */
int krv_draft_add_end(struct krv_draft *draft, const struct krv_end *end);
/* The i-th END, those of the roster first; NULL behind the last. */
const struct krv_end *krv_draft_end(const struct krv_draft *draft, size_t i);

/* Takes the draft over into its base; record is the entry's own and goes with it. NOMEM, and
 * nothing changed. The draft is empty afterwards. */
int krv_draft_commit(struct krv_draft *draft, struct krv_roster *base,
                     const struct krv_record *record);

/* NULL when the name is not there. */
const struct krv_name_row *krv_name_index_find(const struct krv_name_index *index, const void *name,
                                           size_t len);

/* rules.c: makes what the entry states, if it may. Statuses of krv_roster_append. */
int krv_rules_apply(struct krv_draft *draft, const struct krv_entry *entry);

#endif
