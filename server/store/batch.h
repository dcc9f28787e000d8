/* batch: the one door for writes to the server's store. Items of all sessions
 * that came in one turn of the loop go into one transaction; acks go out after
 * its commit (group commit).
 *
 *   idle --first add--> open --commit--> idle      a failed commit: everything
 *                        |                         added is forgotten, and the
 *                        +--rollback--> idle       sessions that added are cut
 */
#ifndef KRV_BATCH_H
#define KRV_BATCH_H

#include "accept.h"
#include "roster.h"
#include "store.h"

struct krv_batch;

int krv_batch_new(const struct krv_env *env, struct krv_store *store, struct krv_roster *roster,
                  const struct krv_key *server_pk, struct krv_batch **out);
void krv_batch_free(struct krv_batch *batch);

/* Who brings, and what this session needs to remember between its items. */
struct krv_bringer {
  krv_device_ix device;
  struct krv_id last_case;   /* for SAME_CASE */
  bool has_last_case;
};

/* One pushed item (GENESIS, COMMIT, GRANT, UNROUTE, NEED, BOX, RECEIPT, DOC, CONFIRM). Returns 0
 * when it is in (or was already), a refusal that goes into the ACK (NEED_PREV, QUOTA, DENIED,
 * UNKNOWN_CASE, NO_GRANT, MALFORMED, ...), or IO / FULL / NOMEM / DAMAGED: the batch has failed.
 * *seq: its position, 0 when it was there before or takes none. A genesis must be followed by a
 * grant to office: it becomes visible with it. */
int krv_batch_item(struct krv_batch *batch, struct krv_bringer *bringer, enum krv_message_kind kind,
                   struct krv_slice payload, uint64_t *seq);
/* A roster entry: compare and append. STALE, EXISTS (the same bytes: fine), DENIED (also: it names
 * another server's key), CRYPTO ... STATE: this server is no programme's yet.
 * Writes BACKFILL(group) for each admission that it makes. The founding entry too. */
int krv_batch_roster(struct krv_batch *batch, struct krv_slice entry);
/* Is there a founding entry, the open batch's included? */
bool krv_batch_founded(const struct krv_batch *batch);
/* The next entry of a roster that is brought to a server without a programme, whose founding
 * code peer (a session key) holds, until one names this server's key: *founded tells that it
 * did, now or before. The first entry binds the code to the peer: another is INVITE_USED.
 * DENIED: the peer is no active device of the roster. EXISTS: it is here. The statuses of
 * krv_roster_append; TOO_LARGE. */
int krv_batch_bring(struct krv_batch *batch, const struct krv_key *peer, struct krv_slice entry,
                    bool *founded);
/* An enrolment request, terms and join encoded: first use binds the invitation to the joiner's
 * session key; another key: INVITE_USED, and the stored request is marked contested. Adds it to the
 * admission inbox, charged to the inviter. QUOTA: KRV_REQUESTS_OF_ONE_MAX of his member's wait. */
int krv_batch_join(struct krv_batch *batch, const uint8_t invite_id[8],
                   const struct krv_key *session_pk, struct krv_slice terms_and_join);
int krv_batch_kv_put(struct krv_batch *batch, enum krv_kv table, struct krv_slice key,
                     struct krv_slice value);

bool krv_batch_open(const struct krv_batch *batch);
/* Makes it durable; the roster takes the new entries only then. */
int krv_batch_commit(struct krv_batch *batch);
void krv_batch_rollback(struct krv_batch *batch);
/* What is charged to a device so far, as it stands in the store; zeros where nothing is (R36). */
struct krv_charge {
  krv_device_ix device;
  uint64_t bytes, commits;
};
int krv_store_charge(struct krv_store *store, krv_device_ix device, struct krv_charge *out);
/* How far a device has read: the cursor that it came with, or was told since. Kept in memory, and
 * written with the next commit: lost is less than was, and who has not read a share that is taken
 * back shall never learn of it. NOMEM, DAMAGED, IO. */
int krv_batch_read_to(struct krv_batch *batch, krv_device_ix device, uint64_t told);
/* Receipts stored from an office device, modulo 2^16 (R21). */
int krv_batch_receipts(struct krv_batch *batch, krv_device_ix office, uint16_t *out);

#endif
