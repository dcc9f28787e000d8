/* case: one case as a pure function of the commits that are here (R3): lines,
 * merged state, access, epochs, verdicts. No keys, no files, no clock.
 *
 *   opened commit --> krv_case_add --> held (what it waits for) | delivered + verdict
 *
 * Each delivery may free held ones: krv_case_ready names one at a time; the
 * caller loads and opens it and adds it again.
 * Invariant C1: the encoded case depends only on the set of commits added. */
#ifndef KRV_CASE_H
#define KRV_CASE_H

#include "access.h"
#include "lines.h"
#include "state.h"

struct krv_case;

/* What case/ must be told of the programme. */
struct krv_case_rights {
  krv_group_ix office;
  /* Was the device in the group, with the right to write, as of that roster height? */
  bool (*may_write)(void *ctx, krv_device_ix device, krv_group_ix group, uint32_t height);
  /* Has a device left the group, revoked or expelled, above that height? Of the writer's own
   * knowledge: it decides which key he takes, never what a commit means. */
  bool (*left_since)(void *ctx, krv_group_ix group, uint32_t height);
  void *ctx;
};

struct krv_case_commit {
  struct krv_tip tip;
  struct krv_id prev;
  const struct krv_body *body;
  const struct krv_ops *ops;
};

int krv_case_new(const struct krv_env *env, const struct krv_genesis *genesis,
                 struct krv_case **out);
void krv_case_free(struct krv_case *kase);
/* Appends: creator, key_commit, access list, lines, views (varint count, then of each commit
 * that wrote a control operation varint device, varint n, id, varint roster height, varint count,
 * context entries), varint the beginning's roster height + 1 (0: not here), state. The one form
 * for one set of commits (C1). */
int krv_case_encode(const struct krv_case *kase, struct krv_buf *out);
/* Checks as if a stranger had written it. MALFORMED, NOMEM. */
int krv_case_decode(const struct krv_env *env, struct krv_slice bytes, struct krv_case **out);

const struct krv_genesis *krv_case_genesis(const struct krv_case *kase);
const struct krv_lines *krv_case_lines(const struct krv_case *kase);
const struct krv_state *krv_case_state(const struct krv_case *kase);

/* Adds an opened commit whose signature holds. *verdict (never NULL) tells what
 * became of it. Adding one that is delivered already: EXISTS, and its verdict.
 * RESTART: an applied commit lost its effect, or what others have seen changed (twin ids,
 * R4): nothing is added; the caller makes the case anew from all its commits, this one
 * included (krv_case_reset, then all again in any order). NOMEM, TOO_LARGE.
 *
 * The reason in lines: HELD (waits for a commit) or what krv_case_hold was told; AMBIGUOUS
 * (twin ids) and DENIED (rights) when quarantined; INVALID when applied, but an EPOCH in it
 * is void (its number is not 1 + the highest that its maker had seen, R14). */
int krv_case_add(struct krv_case *kase, const struct krv_case_rights *rights,
                 const struct krv_case_commit *commit, enum krv_verdict *verdict);
/* Notes a commit that cannot be opened yet (no key, roster too low, newer
 * version): it is HELD with that status as its reason. */
int krv_case_hold(struct krv_case *kase, const struct krv_tip *tip, const struct krv_id *prev,
                  int reason);
/* May what a device writes still be added, and spare more? A case says so much, and one device so
 * much of it, in the order in which its commits are delivered here: above that the caller holds
 * them. */
bool krv_case_has_room(const struct krv_case *kase, krv_device_ix device, uint32_t spare);
/* May a commit of the device with these operations still be added? A case takes KRV_CASE_ACCESS_MAX
 * and KRV_CASE_EPOCHS_MAX of those that everything is judged by, KRV_CASE_CONTROLS_OF_ONE_MAX of
 * either from one device. */
bool krv_case_takes(const struct krv_case *kase, krv_device_ix device, const struct krv_ops *ops);
/* Names a held commit whose wait may be over: 0; KRV_END if there is none; NOMEM. The caller adds
 * or holds it again, and calls until END: then C1 holds. after_change: also those that wait for
 * keys, roster or version, each once until END is returned, so that the loop ends when they are
 * held again for the same reason. What it costs does not grow with how many wait for something
 * else. */
int krv_case_ready(struct krv_case *kase, bool after_change, struct krv_tip *out);
/* Forgets all commits, but not which ids are twins. NOMEM: unchanged. */
int krv_case_reset(struct krv_case *kase);

/* The access list as all applied commits make it. */
void krv_case_access(const struct krv_case *kase, const struct krv_case_rights *rights,
                     struct krv_access_list *out);

/* The epoch that the next writer uses (R14): the highest number, then the
 * lowest key id, of applied EPOCH operations (0: the genesis key); *rekey when
 * he must make the next one instead, because its maker had not seen a removal
 * that is applied now, or the roster entry by which a device left a group of
 * the list. */
struct krv_case_epoch {
  uint32_t number;
  krv_device_ix maker; /* UINT32_MAX: the creator */
  uint8_t key_commit[32];
  bool rekey;
};
void krv_case_epoch_now(const struct krv_case *kase, const struct krv_case_rights *rights,
                        struct krv_case_epoch *out);
/* Was the group let in by an operation that the maker of this key's epoch had not seen? Then it may
 * lack the key, and the next writer grants it (R14). */
bool krv_case_epoch_lacks(const struct krv_case *kase, const struct krv_case_rights *rights,
                          const struct krv_id *key_id, krv_group_ix group);
/* The key_commit that an applied EPOCH operation (or the genesis) gave a key id; false if none. */
bool krv_case_key_commit(const struct krv_case *kase, const struct krv_id *key_id, uint32_t *epoch,
                         uint8_t key_commit[32]);

#endif
