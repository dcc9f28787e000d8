/* approve: who asked to join, and letting them in (R13, R35). An approval is a proposed roster
 * entry: it counts once the server has appended it; boxes follow then (keep.h). */
#ifndef KRV_APPROVE_H
#define KRV_APPROVE_H

#include "intake.h"
#include "invite.h"
#include "words.h"

/* A request to join that has not been answered by the roster yet. */
struct krv_request {
  int64_t lid;
  struct krv_join join;
  bool contested; /* a second key tried the same invitation, or somebody came in by it */
  bool approved; /* here; not yet in the roster */
  bool refused; /* here, until it is approved by its words */
  bool expired; /* its invitation, by the server's clock; it was asked in time */
  bool own_invitation; /* note is ours */
  bool mac_good;
  /* name and agency; when another member invited, as given by hand */
  struct krv_invite_note note;
  char words[KRV_WORDS_TEXT_LEN];
};
/* Calls back for each, but for those that are both refused and expired: these are done with.
 * Non-zero stops and is returned. */
int krv_requests(struct krv_world *world, int (*each)(void *ctx, const struct krv_request *request),
                 void *ctx);

/* Keeps a request that came and that somebody signed; the same joiner again replaces his earlier
 * one (an approval does not pass to other terms), a second key makes both contested. Of more than
 * are kept (waiting.h) one is passed over and told. Inside a transaction. */
int krv_request_keep(struct krv_world *world, const struct krv_msg_join *msg);

/* Without words: 0 only for worker and provider with a good MAC on an uncontested invitation of our
 * own; else the reason (DENIED: needs the words, or is refused here; CRYPTO: the MAC is wrong;
 * INVITE_USED: contested; INVITE_EXPIRED: it has waited longer than the invitation held). */
int krv_request_simple(const struct krv_request *request);
/* Would krv_approve's `all` let it in, if it is ours to approve? */
bool krv_request_plain(struct krv_world *world, const struct krv_request *request);

/* Is it ours to approve? An administrator approves all but further devices; a member, his own
 * ones. */
bool krv_request_ours(const struct krv_world *world, const struct krv_request *request);

struct krv_approve_choice {
  bool all;
  const char *words; /* NULL, or the six words of one */
  const char *device; /* NULL, or digits of the id of one that is in: see admit.h */
  bool refuse; /* the one with the words: not to be let in, as far as this vault goes */
  /* with words, when somebody else invited: who it is, and of which agency: one that it makes, or
   * one that is there */
  const char *name, *agency;
};
/* Marks the chosen requests as approved and proposes the entries. Calls back for every request that
 * was looked at, with 0 or why not. INVALID: it does not fit its invitation, or brings a key that
 * another device has; EXISTS: another device has made its agency meanwhile; the others are approved
 * all the same. all also lets devices into the groups that this one keeps (admit.h). NOT_FOUND when
 * the words fit nobody, or there is no such agency. USAGE: somebody else invited it, and name, or
 * the name of the agency that it makes, is not given. STATE: it cannot be refused any more, having
 * been approved. */
int krv_approve(struct krv_world *world, const struct krv_approve_choice *choice,
                void (*each)(void *ctx, const struct krv_request *request, int why_not), void *ctx);
/* Proposes entries for all approved requests that neither roster nor proposals hold. Calls back for
 * each that the roster does not take: its approval is taken back. Inside a transaction. */
typedef void (*krv_left_out_fn)(void *ctx, const struct krv_request *request, int why);
int krv_approve_due(struct krv_world *world, krv_left_out_fn left_out, void *ctx);

#endif
