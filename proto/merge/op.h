/* op: operations, their kinds fixed by the protocol for ever (R22).
 *
 * A body's operations are one msgpack array of arrays [kind, ...]. A record is
 * 0 (record 0) or bin 8. Values are in value.h's canonical form. */
#ifndef KRV_OP_H
#define KRV_OP_H

#include "mp.h"
#include "value.h"

/*  number, name, shape after the kind */
#define KRV_OP_MAP(X)                                                        \
  X(0, SET, "record, field, value")                                          \
  X(1, OPTION_ON, "record, field, option")                                   \
  X(2, OPTION_OFF, "record, field, option")                                  \
  X(3, APPEND, "record, field, item bin 8, value")                           \
  X(4, DELETE, "record, type, flag")                                         \
  X(5, RESOLVE, "record, field, value")                                      \
  X(6, ACCESS, "group, mode, unroute")                                       \
  X(7, EPOCH, "number, key_commit bin 32")                                   \
  X(8, CUT, "device, tips")                                                  \
  X(9, ADOPT, "ad, signature, padded body")                                  \
  X(10, REFUSE, "commit id, reason")

enum krv_op_kind {
#define X(number, name, shape) KRV_OP_##name = number,
  KRV_OP_MAP(X)
#undef X
};

/* A record inside a case: all zero is record 0. */
struct krv_record_id {
  uint8_t b[KRV_RECORD_ID_LEN];
};

struct krv_op {
  enum krv_op_kind kind;
  struct krv_record_id record;
  uint16_t field;               /* DELETE: the record's type << 8 */
  uint32_t option;              /* OPTION_*: code index */
  struct krv_record_id item;    /* APPEND */
  struct krv_slice value;       /* SET, RESOLVE, APPEND: canonical msgpack, borrowed */
  bool flag;                    /* DELETE: deleted or restored; ACCESS: unroute */
  krv_group_ix group;           /* ACCESS */
  uint8_t mode;                 /* ACCESS: enum krv_access_mode */
  uint32_t epoch;               /* EPOCH */
  uint8_t key_commit[32];       /* EPOCH */
};

void krv_op_encode(const struct krv_op *op, struct krv_buf *out);
/* Appends the array head that stands before count operations. */
void krv_ops_begin(struct krv_buf *out, uint32_t count);

/* Reads a body's operations. Borrows ops until release. MALFORMED when any operation is not well
 * formed; NEWER for a kind that this version does not carry out (8 to 10 and unknown ones). */
struct krv_ops {
  struct krv_mp_doc doc;
  struct krv_slice bytes;
  const struct krv_env *env;
  struct krv_op *items;
  uint32_t count; /* at most KRV_OPS_MAX */
};
int krv_ops_read(const struct krv_env *env, struct krv_slice ops, struct krv_ops *out);
void krv_ops_release(struct krv_ops *ops);

#endif
