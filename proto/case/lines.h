/* lines: which commits of a case are here, how they hang together, and what
 * each has seen (R2, R4). Pure data; no keys, no contents.
 *
 * Invariants
 *  L1 a delivered commit's prev and, for each context entry, at least one
 *     fitting commit are delivered.
 *  L2 (device, n, id) stands once.
 *  L3 a commit's prev, when delivered, stands at (device, n - 1).
 * Two commits at one (device, n) are a fork: both stay. */
#ifndef KRV_LINES_H
#define KRV_LINES_H

#include "body.h"
#include "id.h"

enum krv_verdict {
  KRV_VERDICT_HELD = 0,        /* not delivered: something that it needs is missing */
  KRV_VERDICT_APPLIED = 1,
  KRV_VERDICT_QUARANTINED = 2, /* delivered, without effect: a person must judge */
  KRV_VERDICT_NOOP = 3,        /* delivered, without effect by a signed decision */
  KRV_VERDICT_WAITS_CUT = 4,   /* delivered, of a revoked device: waits for a cut (R15) */
};

struct krv_line_commit {
  struct krv_tip tip;
  struct krv_id prev;
  uint8_t verdict;             /* enum krv_verdict */
  uint8_t reason;              /* status code negated (so positive), 0: none */
  struct krv_context_entry waits; /* HELD: the first thing missing; n 0: none (roster, key) */
};

struct krv_lines; /* owns its list */

int krv_lines_new(const struct krv_env *env, struct krv_lines **out);
void krv_lines_free(struct krv_lines *lines);

uint32_t krv_lines_count(const struct krv_lines *lines);
/* Ascending (device, n, id). */
const struct krv_line_commit *krv_lines_at(const struct krv_lines *lines, uint32_t i);
const struct krv_line_commit *krv_lines_find(const struct krv_lines *lines,
                                             const struct krv_tip *tip);
/* Adds or replaces (same tip). TOO_LARGE beyond KRV_CASE_COMMITS_MAX, NOMEM. */
int krv_lines_put(struct krv_lines *lines, const struct krv_line_commit *commit);
/* Makes room for one more, so that the next put cannot fail. TOO_LARGE, NOMEM. */
int krv_lines_reserve(struct krv_lines *lines);
/* How many are held. */
uint32_t krv_lines_held(const struct krv_lines *lines);

/* The first of prev and entries that is not delivered, as an entry in *missing
 * (prev: its device, n and first 8 bytes); false when nothing is missing. */
bool krv_lines_missing(const struct krv_lines *lines, const struct krv_tip *tip,
                       const struct krv_id *prev, const struct krv_context_entry *entries,
                       uint32_t count, struct krv_context_entry *missing);
/* How a context names a commit. */
void krv_lines_entry(const struct krv_tip *tip, struct krv_context_entry *out);
/* Is a commit that fits the entry delivered? */
bool krv_lines_fits(const struct krv_lines *lines, const struct krv_context_entry *entry);
/* Where the commits that fit an entry stand: [*first, *end). */
void krv_lines_range(const struct krv_lines *lines, const struct krv_context_entry *entry,
                     uint32_t *first, uint32_t *end);
/* Is w seen by a commit with this tip, prev and context? */
bool krv_lines_seen(const struct krv_lines *lines, const struct krv_tip *tip,
                    const struct krv_id *prev, const struct krv_context_entry *entries,
                    uint32_t count, const struct krv_tip *w);
/* How many delivered commits it has seen. */
uint32_t krv_lines_seen_count(const struct krv_lines *lines, const struct krv_tip *tip,
                              const struct krv_id *prev, const struct krv_context_entry *entries,
                              uint32_t count);

/* The context of a new commit: every tip with effect but own (own: the device
 * and the id that this vault wrote last, n 0 if none, whose line is left out),
 * a tip without effect replaced by the nearest one below that has one; at most
 * 16 of one device: first those on whose lines the commits of `first` lie (who wrote what the new
 * commit writes, R4), then the newest (fewer where KRV_CONTEXT_ENTRIES_MAX would be passed).
 * Entries ascending, room has KRV_CONTEXT_ENTRIES_MAX places. */
uint32_t krv_lines_context(const struct krv_lines *lines, const struct krv_tip *own,
                           const struct krv_tip *first, uint32_t first_count,
                           struct krv_context_entry *room);
/* The first place at or above a dot: where its commits stand, if there are any. */
uint32_t krv_lines_dot(const struct krv_lines *lines, krv_device_ix device, uint64_t n);
/* Is there a second commit at any (device, n) of this device? */
bool krv_lines_forked(const struct krv_lines *lines, krv_device_ix device);
/* Is there a second commit at just this dot? */
bool krv_lines_twice(const struct krv_lines *lines, const struct krv_tip *tip);
/* Tips: delivered commits that no other delivered commit names as prev. Calls
 * back in order; stops when it returns non-zero, and returns that. */
int krv_lines_tips(const struct krv_lines *lines,
                   int (*tip)(void *ctx, const struct krv_line_commit *commit), void *ctx);

/* Appends, each ascending: varint device, varint n, id, flags (verdict, and whether prev is
 * the commit listed just before), prev unless so, reason, and if held waits. */
int krv_lines_encode(const struct krv_lines *lines, struct krv_buf *out);
/* Checks L1 (but contexts, which are not here), L2, L3 and the one form. MALFORMED, NOMEM. */
int krv_lines_decode(const struct krv_env *env, struct krv_in *in, struct krv_lines **out);

#endif
