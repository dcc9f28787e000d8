/* state: a case's merged state, folded from commits (R3, R22, R23).
 *
 * Register (SET, RESOLVE, OPTION_*, DELETE): key (record, field, option or none). A write
 * replaces every value whose writer its commit has seen; concurrent ones stay:
 * a multi-value register (Shapiro et al., "A comprehensive study of Convergent
 * and Commutative Replicated Data Types", 2011, 3.2.2) with exact causality.
 * Items (APPEND): grow only; same id, field and bytes are one item, of its first author.
 * Control (ACCESS, EPOCH): kept as they came, for case/.
 *
 * The canonical bytes are the same whatever the order in which commits came:
 * [writers, registers, items, control], each sorted, shortest msgpack; writers
 * are only those that something refers to. */
#ifndef KRV_STATE_H
#define KRV_STATE_H

#include "op.h"

/* Who wrote a value. */
struct krv_writer {
  struct krv_tip tip;
  uint32_t seen;     /* number of commits that it had seen: display order (R24) */
  int64_t wall_s;    /* a claim */
  uint8_t wall_quality;
};

struct krv_reg_value {
  struct krv_slice value; /* canonical; SET/RESOLVE the value, OPTION_* and DELETE a bool */
  uint32_t writer;        /* index into writers */
  uint8_t kind;           /* enum krv_op_kind that wrote it */
  uint16_t place;         /* its place in the commit */
  bool beaten;            /* DELETE: its commit has not seen all that was written to the record */
};

enum { KRV_NO_OPTION = UINT32_MAX, KRV_DELETE_KEY = UINT32_MAX - 1 };

struct krv_reg {
  struct krv_record_id record;
  uint16_t field;
  uint32_t option; /* KRV_NO_OPTION, a code index, or KRV_DELETE_KEY */
  struct krv_reg_value *values;
  uint32_t count, cap;
};

struct krv_item {
  struct krv_record_id record;
  uint16_t field;
  struct krv_record_id id;
  struct krv_slice value;
  uint32_t writer; /* the oldest of those that appended the same (krv_writer_age) */
  uint16_t place;  /* its first place in that commit */
};

struct krv_control {
  struct krv_op op; /* ACCESS or EPOCH */
  uint32_t writer;
  uint16_t place;
};

/* The one order of commits: device, n, id. */
int krv_tip_compare(const struct krv_tip *a, const struct krv_tip *b);
/* <0: a is the older: it had seen fewer commits; then device, commit id (R24). Whoever leaves
 * nothing out of his context is younger than all that he has seen. */
int krv_writer_age(const struct krv_writer *a, const struct krv_writer *b);

struct krv_state; /* owns copies of all values */

int krv_state_new(const struct krv_env *env, struct krv_state **out);
void krv_state_free(struct krv_state *state);

/* Is the commit w seen by the one that is being applied? */
typedef bool (*krv_seen_fn)(void *ctx, const struct krv_tip *w);

/* Folds one commit in. Commits come in an order that respects `seen`; the same commit twice is a
 * programming error. Kinds that the state does not hold
 * (CUT and above) are passed over. All or nothing: on NOMEM the state is unchanged. */
int krv_state_apply(struct krv_state *state, const struct krv_writer *writer,
                    const struct krv_ops *ops, krv_seen_fn seen, void *ctx);

/* Reading. Pointers hold until the state changes. Registers and items are sorted by (record,
 * field, option / item id, value); record 0 first. */
/* Calls back for each writer that something refers to, by tip; stops when the
 * callback returns non-zero, and returns that. */
int krv_state_writers(const struct krv_state *state,
                      int (*each)(void *ctx, const struct krv_writer *writer), void *ctx);
const struct krv_writer *krv_state_writer(const struct krv_state *state, uint32_t i);
uint32_t krv_state_reg_count(const struct krv_state *state);
const struct krv_reg *krv_state_reg(const struct krv_state *state, uint32_t i);
const struct krv_reg *krv_state_find(const struct krv_state *state,
                                     const struct krv_record_id *record, uint16_t field,
                                     uint32_t option);
uint32_t krv_state_item_count(const struct krv_state *state);
const struct krv_item *krv_state_item(const struct krv_state *state, uint32_t i);
/* What a device's values, items and control operations weigh, or everybody's: never less than they
 * take as bytes, with their writers. */
enum { KRV_WEIGHT_EACH = 96 };
uint64_t krv_state_weight(const struct krv_state *state);
uint64_t krv_state_weight_of(const struct krv_state *state, krv_device_ix device);
uint32_t krv_state_control_count(const struct krv_state *state);
const struct krv_control *krv_state_control(const struct krv_state *state, uint32_t i);

/* Appends the canonical bytes. */
int krv_state_encode(const struct krv_state *state, struct krv_buf *out);
/* From canonical bytes (own vault or a snapshot; checked all the same). MALFORMED, NOMEM. */
int krv_state_decode(const struct krv_env *env, struct krv_slice bytes, struct krv_state **out);

#endif
