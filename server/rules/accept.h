/* accept: what the server decides about one item, a pure function of facts (R11). The batch gathers
 * the facts inside the transaction, asks, and carries out the answer. */
#ifndef KRV_ACCEPT_H
#define KRV_ACCEPT_H

#include "forms.h"
#include "msg.h"

/* What is known when an item arrives. */
struct krv_facts {
  bool bringer_active;      /* the session's device, now */
  bool author_known;        /* the author is or was in the roster */
  bool author_is_bringer;
  bool case_known;
  bool genesis_known;       /* this very genesis is stored already */
  bool duplicate;           /* the same id is stored */
  bool office_routed;       /* the case came with a grant to office */
  bool bringer_wrote;       /* a group that the bringer is or was in may write, or once could;
                             * need: the bringer is or was in the group that lacks a key */
  bool bringer_reads_only;  /* its own session, it is in a group of the case, and none of these may
                             * write today */
  bool receiver_known;      /* the group or device it is for exists */
  bool list_has_office;     /* genesis: the list lets office write */
  bool group_is_office;     /* unroute: it would cut the office off */
  uint64_t usage_bytes, usage_commits; /* of the bringer, to whom everything is charged */
  uint64_t case_commits;    /* of the case, that the bringer's member has brought */
};

/* 0 (take it), KRV_END (a duplicate: count it as taken, store nothing), or the status to refuse
 * with: REVOKED, UNKNOWN_DEVICE, UNKNOWN_CASE, INVALID (a group or device that does not exist),
 * MALFORMED, NEWER, NO_GRANT, DENIED, QUOTA, in this order. */
int krv_accept_genesis(const struct krv_facts *facts);
int krv_accept_commit(const struct krv_facts *facts, const struct krv_msg_commit *commit);
int krv_accept_grant(const struct krv_facts *facts, const struct krv_msg_grant *grant);
int krv_accept_unroute(const struct krv_facts *facts);
int krv_accept_need(const struct krv_facts *facts);
int krv_accept_box(const struct krv_facts *facts);
int krv_accept_receipt(const struct krv_facts *facts, bool bringer_is_office);
int krv_accept_doc(const struct krv_facts *facts, bool hash_in_roster);

#endif
