/* batch_in: what the files of batch share. batch.c holds the transaction and requests to join;
 * batch_roster.c entries of the roster, and the founding; batch_item.c one function an item;
 * batch_case.c what is known of the case at hand; batch_reach.c how far devices have read. */
#ifndef KRV_BATCH_IN_H
#define KRV_BATCH_IN_H

#include "batch.h"

/* What a device has stored so far (R36); written at commit. */
struct krv_usage {
  krv_device_ix device;
  bool changed;
  uint64_t bytes, commits;
};

/* How far a device has read (batch_reach.c); what changed is written at commit. */
struct krv_reach {
  krv_device_ix device;
  bool changed;
  uint64_t told;
};

/* The case of the last item: items come case by case. Rows ascend by group. */
struct krv_batch_case {
  bool held;
  struct krv_id id;
  struct krv_store_case row;
  struct krv_store_access *access;
  size_t access_count, access_cap;
};

/* ahead is the roster plus the entries of the open transaction: every item is judged by it, and the
 * caller's roster takes them over after the commit. It is rebuilt when entries are rolled back. */
struct krv_batch {
  const struct krv_env *env;
  struct krv_store *store;
  struct krv_roster *roster, *ahead;
  struct krv_key server_pk;
  bool open;
  int failed;                  /* the first error of the open transaction; nothing more is taken */
  uint64_t seq;                /* the head, with the items of the open transaction */
  uint8_t chain[KRV_CHAIN_LEN];
  struct krv_usage *usages;
  size_t usage_count, usage_cap;
  struct krv_reach *reaches;   /* outlive the transaction */
  size_t reach_count, reach_cap;
  struct krv_batch_case kase;
  size_t brought_size;         /* of the first brought_count entries of ahead */
  uint32_t brought_count;
  struct krv_buf bytes, old;   /* the item at hand, in stored form; what stands in its place */
};

/* IO, FULL, NOMEM, DAMAGED, BUSY: the transaction cannot go on. All others refuse one item. */
bool krv_batch_is_failure(int status);
/* Opens the transaction if it is not. */
int krv_batch_begin(struct krv_batch *batch);
/* Keeps the first failure; returns status. */
int krv_batch_note(struct krv_batch *batch, int status);
int krv_batch_usage(struct krv_batch *batch, krv_device_ix device, struct krv_usage **out);

/* Appends batch->bytes as the next item and charges it to the bringer (KRV_MSG_NO_DEVICE: nobody).
 * id NULL: H16("item"; kind, bytes). */
int krv_batch_append(struct krv_batch *batch, krv_device_ix bringer, uint8_t kind, uint64_t c,
                     const struct krv_id *id, uint64_t *seq);
/* The item at seq is of this kind and holds batch->bytes: 0 or KRV_NOT_FOUND. */
int krv_batch_same(struct krv_batch *batch, uint64_t seq, uint8_t kind);
/* The member's group of a device; KRV_NO_INDEX: not in the roster. */
krv_group_ix krv_batch_member(const struct krv_batch *batch, krv_device_ix device);
/* The office learns what happened to a device, or that it did: once a day, whatever the device
 * does (batch_notice.c). */
int krv_batch_notice(struct krv_batch *batch, krv_device_ix device, int what);
/* A device brings one. */
int krv_batch_item_notice(struct krv_batch *batch, struct krv_bringer *bringer,
                          struct krv_slice payload, uint64_t *seq);
/* Numbers as values of kv. A missing one is 0. */
int krv_batch_kv_number(struct krv_batch *batch, enum krv_kv table, const struct krv_buf *key,
                        uint64_t *out);
int krv_batch_kv_put_number(struct krv_batch *batch, enum krv_kv table, const struct krv_buf *key,
                            uint64_t v);

/* ---- batch_reach.c ---- */

int krv_batch_put_reaches(struct krv_batch *batch);
void krv_batch_reaches_stored(struct krv_batch *batch);
/* The case at hand is taken back from a group that it is routed to, as access says: its rows leave
 * the group's box, and go on to the devices that have come to the share. */
int krv_batch_part(struct krv_batch *batch, const struct krv_store_access *access);

/* ---- batch_case.c ---- */

/* Makes it the case at hand. UNKNOWN_CASE. */
int krv_batch_case_find(struct krv_batch *batch, const struct krv_id *id);
/* Makes a new case from its genesis and makes it the case at hand. */
int krv_batch_case_new(struct krv_batch *batch, const struct krv_id *id,
                       const struct krv_store_case *row, const struct krv_access_list *list);
/* The row of a group; NULL. Borrowed until the next change. */
const struct krv_store_access *krv_batch_access(const struct krv_batch *batch, krv_group_ix group);
int krv_batch_access_put(struct krv_batch *batch, const struct krv_store_access *access);
/* Fills case_known, office_routed, bringer_wrote, bringer_reads_only from the case at hand. */
void krv_batch_case_facts(const struct krv_batch *batch, krv_device_ix bringer,
                          struct krv_facts *facts);
/* The same from the list of a case that is not there yet, and list_has_office, receiver_known. */
void krv_batch_list_facts(const struct krv_batch *batch, krv_device_ix bringer,
                          const struct krv_access_list *list, struct krv_facts *facts);
/* Puts item seq of the case into the inbox of each group that it is routed to. */
int krv_batch_spread(struct krv_batch *batch, uint64_t seq);
/* Routes the case to a group from position `at` on: all that it holds becomes visible there. */
int krv_batch_route(struct krv_batch *batch, krv_group_ix group, uint64_t at);
/* Adds so many to the commits of the case at hand that the devices of the bringer's member have
 * brought, and tells how many these are. 0 for who brings whole cases again: the office (R12). */
int krv_batch_brought(struct krv_batch *batch, krv_device_ix bringer, uint64_t more, uint64_t *out);
/* Looks for an id at a dot of the case at hand. */
int krv_batch_dot_find(struct krv_batch *batch, krv_device_ix device, uint64_t n,
                       const struct krv_id *id, struct krv_facts *facts);
/* The one commit at a dot that starts with 4 bytes; NEED_PREV when none or several do (R5). */
int krv_batch_dot_fit(struct krv_batch *batch, krv_device_ix device, uint64_t n,
                      const uint8_t start4[4], uint8_t out[KRV_ID_LEN]);

#endif
