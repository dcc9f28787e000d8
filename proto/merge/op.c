/* Operations as bytes. One table says what stands in each kind; encoding and
 * reading walk the same table, so the two cannot differ.
 *
 * What can fail: a shape or a number that is off (MALFORMED for the whole
 * body), a kind that this version does not carry out (NEWER, only if nothing is
 * malformed, so that the answer does not depend on the order of operations). */
#include "op.h"

#include <assert.h>
#include <string.h>

#include "bounds.h"
#include "parts.h"
#include "status.h"

enum { MODE_MAX = 2, OPTION_MAX = 0x7fffffff, TYPE_MAX = 0xff };

/* r record, f field, v value, o option, i item, t type, b flag, g group, m mode, e epoch,
 * k key_commit */
static const char *const shapes[] = {
    [KRV_OP_SET] = "rfv",        [KRV_OP_OPTION_ON] = "rfo", [KRV_OP_OPTION_OFF] = "rfo",
    [KRV_OP_APPEND] = "rfiv",    [KRV_OP_DELETE] = "rtb",    [KRV_OP_RESOLVE] = "rfv",
    [KRV_OP_ACCESS] = "gmb",     [KRV_OP_EPOCH] = "ek",
};
enum { KINDS = sizeof shapes / sizeof shapes[0] };

void krv_ops_begin(struct krv_buf *out, uint32_t count) {
  krv_mp_put_array(out, count);
}

static void put_member(struct krv_buf *out, const struct krv_op *op, char member) {
  switch (member) {
    case 'r': krv_record_put(out, &op->record); break;
    case 'f': krv_mp_put_uint(out, op->field); break;
    case 'v': krv_buf_put(out, op->value); break;
    case 'o': krv_mp_put_uint(out, op->option); break;
    case 'i': krv_mp_put_bin(out, op->item.b, sizeof op->item.b); break;
    case 't': krv_mp_put_uint(out, op->field >> 8); break;
    case 'b': krv_mp_put_bool(out, op->flag); break;
    case 'g': krv_mp_put_uint(out, op->group); break;
    case 'm': krv_mp_put_uint(out, op->mode); break;
    case 'e': krv_mp_put_uint(out, op->epoch); break;
    case 'k': krv_mp_put_bin(out, op->key_commit, sizeof op->key_commit); break;
    default: assert(0);
  }
}

void krv_op_encode(const struct krv_op *op, struct krv_buf *out) {
  assert((unsigned)op->kind < KINDS);
  const char *shape = shapes[op->kind];
  krv_mp_put_array(out, 1 + (uint32_t)strlen(shape));
  krv_mp_put_uint(out, (uint64_t)op->kind);
  for (; *shape; shape++) put_member(out, op, *shape);
}

static int get_uint(const struct krv_mp *node, uint64_t max, uint32_t *out) {
  uint64_t v = 0;
  if (krv_mp_uint(node, max, &v) != 0) return KRV_MALFORMED;
  *out = (uint32_t)v;
  return 0;
}

static int get_value(struct krv_slice bytes, struct krv_slice *out) {
  struct krv_value value;
  *out = bytes;
  return krv_value_decode(bytes, &value) == 0 ? 0 : KRV_MALFORMED;
}

static int get_member(const struct krv_mp *node, struct krv_slice bytes, char member,
                      struct krv_op *op) {
  uint32_t v = 0;
  int rc = 0;
  switch (member) {
    case 'r': return krv_record_get(node, &op->record);
    case 'v': return get_value(bytes, &op->value);
    case 'i': return krv_mp_fixed(node, op->item.b, sizeof op->item.b);
    case 'b': return krv_mp_bool(node, &op->flag);
    case 'k': return krv_mp_fixed(node, op->key_commit, sizeof op->key_commit);
    case 'f': rc = get_uint(node, UINT16_MAX, &v); op->field = (uint16_t)v; return rc;
    case 't': rc = get_uint(node, TYPE_MAX, &v); op->field = (uint16_t)(v << 8); return rc;
    case 'm': rc = get_uint(node, MODE_MAX, &v); op->mode = (uint8_t)v; return rc;
    case 'o': return get_uint(node, OPTION_MAX, &op->option);
    case 'g': return get_uint(node, UINT32_MAX, &op->group);
    case 'e': return get_uint(node, UINT32_MAX, &op->epoch);
    default: assert(0); return KRV_MALFORMED;
  }
}

int krv_op_read(const struct krv_mp *node, struct krv_slice bytes, struct krv_op *op) {
  struct krv_slice rest = bytes, part;
  uint64_t kind = 0;
  uint32_t count = krv_mp_count(node), skip = 0;
  memset(op, 0, sizeof *op);
  if (krv_mp_type(node) != KRV_MP_ARRAY || krv_mp_uint(krv_mp_at(node, 0), UINT32_MAX, &kind) != 0)
    return KRV_MALFORMED;
  if (kind >= KINDS) return KRV_NEWER;
  op->kind = (enum krv_op_kind)kind;
  const char *shape = shapes[kind];
  if (count != 1 + strlen(shape)) return KRV_MALFORMED;
  if (krv_part_array(&rest, &skip) != 0 || krv_part_next(&rest, &part) != 0) return KRV_MALFORMED;
  for (uint32_t i = 0; shape[i]; i++) {
    if (krv_part_next(&rest, &part) != 0) return KRV_MALFORMED;
    if (get_member(krv_mp_at(node, i + 1), part, shape[i], op) != 0) return KRV_MALFORMED;
  }
  return 0;
}

static int read_items(struct krv_ops *out) {
  struct krv_slice rest = out->bytes, part;
  uint32_t count = 0;
  int rc = krv_part_array(&rest, &count), newer = 0;
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    rc = krv_part_next(&rest, &part);
    if (rc == 0) rc = krv_op_read(krv_mp_at(out->doc.root, i), part, &out->items[i]);
    if (rc == KRV_NEWER) newer = rc, rc = 0;
  }
  return rc != 0 ? rc : newer;
}

int krv_ops_read(const struct krv_env *env, struct krv_slice ops, struct krv_ops *out) {
  memset(out, 0, sizeof *out);
  out->env = env;
  out->bytes = ops;
  int rc = krv_mp_read(&out->doc, ops);
  if (rc != 0) return rc;
  rc = KRV_MALFORMED;
  if (krv_mp_type(out->doc.root) != KRV_MP_ARRAY) goto release;
  out->count = krv_mp_count(out->doc.root);
  rc = KRV_TOO_LARGE;
  if (out->count > KRV_OPS_MAX) goto release;
  rc = KRV_NOMEM;
  out->items = krv_zalloc(env, out->count, sizeof *out->items);
  if (!out->items) goto release;
  rc = read_items(out);
  if (rc != 0) goto release;
  return 0;

release:
  krv_ops_release(out);
  return rc;
}

void krv_ops_release(struct krv_ops *ops) {
  krv_mp_doc_release(&ops->doc);
  if (ops->items) krv_free(ops->env, ops->items);
  ops->items = NULL;
  ops->count = 0;
}
