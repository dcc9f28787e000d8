/* world: everything that an unlocked vault's work stands on, loaded once: keys, roster, group
 * secrets, schema, the list of cases. One thread. */
#ifndef KRV_WORLD_H
#define KRV_WORLD_H

#include "case.h"
#include "commit.h"
#include "group.h"
#include "index.h"
#include "own.h"
#include "roster.h"
#include "schema.h"
#include "search.h"

struct krv_secret {
  krv_group_ix group;
  uint32_t epoch;
  struct krv_dh_pair pair;
};

enum { KRV_WORLD_ENDS = 8 };

/* What others made for us, counted as it took effect since the world was opened. */
struct krv_news {
  uint64_t referrals, tasks;
};

struct krv_world {
  const struct krv_env *env;
  struct krv_vault *vault;
  struct krv_zip *zip;
  struct krv_schema *schema;
  struct krv_roster *roster; /* believed */
  struct krv_fork *fork; /* while there are two; else NULL: fork.h */
  struct krv_lost *lost; /* histories that lost */
  size_t lost_count, lost_cap;
  struct krv_index *index;
  struct krv_search *search; /* NULL until the first search fills it */
  struct krv_own_keys keys;
  struct krv_member member;
  struct krv_standing standing;
  struct krv_pin pin;
  struct krv_secret *secrets; /* ascending (group, epoch) */
  size_t secret_count, secret_cap;
  struct krv_envelope_ends ends[KRV_WORLD_ENDS]; /* used lately, see krv_world_give */
  uint32_t ends_next; /* the place that is taken next */
  enum krv_lang lang;
  struct krv_news news;
  bool stale; /* see krv_world_reload */
  /* a fork has ended: what was passed over meanwhile comes with the next session */
  bool pull_again;
  struct krv_intake *batch; /* open while several saves share a transaction; else NULL */
  struct krv_intake *incoming; /* open while a slice of news comes in; else NULL */
};

/* Takes the vault over (closes it with the world, and on failure). */
int krv_world_open(const struct krv_env *env, struct krv_vault *vault, struct krv_world **out);
void krv_world_close(struct krv_world *world);

/* NOT_APPROVED unless this device is in the roster; REVOKED once it was revoked. */
int krv_world_ready(const struct krv_world *world);
const struct krv_device *krv_world_self(const struct krv_world *world);
struct krv_case_rights krv_world_rights(const struct krv_world *world);
/* Unix seconds as well as we know, and how well. */
int64_t krv_world_now(const struct krv_world *world, uint8_t *quality);
/* The day by that clock, so many days later: yyyymmdd; 0 where no calendar has it. */
uint32_t krv_world_today(const struct krv_world *world, uint32_t days);

/* Group secrets. put keeps it in memory and in the vault's open transaction. */
const struct krv_secret *krv_world_secret(const struct krv_world *world, krv_group_ix group,
                                          uint32_t epoch);
/* Of the newest epoch here; NULL. */
const struct krv_secret *krv_world_newest_secret(const struct krv_world *world, krv_group_ix group);
int krv_world_secret_put(struct krv_world *world, krv_group_ix group, uint32_t epoch,
                         const struct krv_dh_pair *pair);
/* The same, and the older ones that the roster's back-chain leads to from there (R14). */
int krv_world_secret_learn(struct krv_world *world, krv_group_ix group, uint32_t epoch,
                           const struct krv_dh_pair *pair);
/* Does a device know the group's newest secret that is no member any more, revoked or expelled, in
 * either history of a fork? Until a keeper renews it, what is for the group is sealed to its
 * devices one by one (R14). */
bool krv_world_group_exposed(const struct krv_world *world, const struct krv_group *group);
/* What memory holds of them, into the vault's open transaction. */
int krv_world_secrets_save(struct krv_world *world);
/* The ends of envelopes from this device to a key, or to one of our keys from a giver: kept, so
 * that ten thousand grants to one group cost one DH. Lent until the next of these calls. CRYPTO. */
int krv_world_give(struct krv_world *world, const struct krv_key *receiver_pk,
                   const struct krv_envelope_ends **out);
int krv_world_take(struct krv_world *world, const struct krv_dh_pair *receiver,
                   const struct krv_key *giver_pk, const struct krv_envelope_ends **out);
/* Roster: appends a chain entry to memory and to the vault's open transaction. EXISTS is 0. Knows
 * this device once it is in, and the server's key where it names another (pin.h). While joining:
 * OTHER_PROGRAMME or FORK when it is not what the invitation names; the transaction is to be
 * rolled back. */
int krv_world_roster_append(struct krv_world *world, struct krv_slice entry);
/* This device's own DEVICE statement is on the chain: the secrets of the groups that it made
 * count. */
int krv_own_groups_adopt(struct krv_world *world, const struct krv_statement *statement);
/* Takes the newest schema document that the roster names and that opens; else the built-in one
 * stays. */
int krv_world_use_documents(struct krv_world *world);
/* Does a sealed document open to this hash? CRYPTO, MALFORMED, TOO_LARGE: no. NO_KEY, NEWER: not
 * here. */
int krv_world_try_document(struct krv_world *world, struct krv_slice sealed,
                           const uint8_t hash[32]);
/* Publishes a newer schema document: a proposed roster entry with its hash, and the document
 * itself, sealed to everyone. Inside a transaction. DENIED, MALFORMED, EXISTS (not a newer
 * version), TOO_LARGE. */
int krv_world_publish(struct krv_world *world, struct krv_slice document);
/* The entries of documents of ours that the roster does not name yet, anew: the ones before were
 * too late. Inside a transaction. */
int krv_publish_again(struct krv_world *world);
/* The roster names another document now: those of ours that it has left behind are not sent any
 * more. Inside a transaction. */
int krv_publish_settle(struct krv_world *world);
/* Rebuilds all of it that the vault holds, after a rollback. Where that fails the world is stale:
 * it holds something of what never happened, and must not be written from. */
int krv_world_reload(struct krv_world *world);
/* Before a transaction or a session: tries again when the world is stale. */
int krv_world_fresh(struct krv_world *world);

/* Names, opened with the secret of `everyone`; "?" where it does not open. Appends. */
void krv_world_device_name(const struct krv_world *world, krv_device_ix device,
                           struct krv_buf *out);
void krv_world_group_name(const struct krv_world *world, krv_group_ix group, struct krv_buf *out);
void krv_world_programme_name(const struct krv_world *world, struct krv_buf *out);
/* Seals a name to everyone. */
int krv_world_seal_name(const struct krv_world *world, const char *name, struct krv_buf *out);

#endif
