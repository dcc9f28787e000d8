/* mp: msgpack, and the only place that knows msgpack-c.
 *
 * Writing goes to a krv_buf in the shortest form. Reading checks first and
 * allocates after: libmsgpackc 4.0.0 reserves gigabytes for five bytes, so a
 * scan without allocation bounds depth, nodes and every container by the bytes
 * that are left; only then does msgpack-c build its tree.
 * Refused: floats, extension types, longer forms than needed, invalid UTF-8 in
 * strings, bytes after the end. */
#ifndef KRV_MP_H
#define KRV_MP_H

#include "buf.h"

enum krv_mp_type {
  KRV_MP_NIL, KRV_MP_BOOL, KRV_MP_UINT, KRV_MP_NINT /* negative */, KRV_MP_STR, KRV_MP_BIN,
  KRV_MP_ARRAY, KRV_MP_MAP,
};

/* Writers; sticky like every buf writer. */
void krv_mp_put_nil(struct krv_buf *buf);
void krv_mp_put_bool(struct krv_buf *buf, bool v);
void krv_mp_put_uint(struct krv_buf *buf, uint64_t v);
void krv_mp_put_int(struct krv_buf *buf, int64_t v);
void krv_mp_put_str(struct krv_buf *buf, struct krv_slice utf8);
void krv_mp_put_bin(struct krv_buf *buf, const void *data, size_t len);
void krv_mp_put_array(struct krv_buf *buf, uint32_t count);
void krv_mp_put_map(struct krv_buf *buf, uint32_t count);

/* 0 if bytes start with exactly one acceptable object; *used (may be NULL) is
 * its length. Without used, the object must end where bytes end. Allocates
 * nothing. MALFORMED or TOO_LARGE. */
int krv_mp_check(struct krv_slice bytes, size_t *used);

struct krv_mp; /* a node of a tree; borrowed from its doc */

/* Owns the tree; strings and bins point into the bytes given to krv_mp_read,
 * which must outlive it. */
struct krv_mp_doc {
  void *zone;
  const struct krv_mp *root;
};

/* Checks (exact end), then builds. On failure the doc is empty. */
int krv_mp_read(struct krv_mp_doc *doc, struct krv_slice bytes);
void krv_mp_doc_release(struct krv_mp_doc *doc); /* may be called twice */

/* NIL for NULL, so that a missing value reads like an empty one. */
enum krv_mp_type krv_mp_type(const struct krv_mp *node);
/* Getters: MALFORMED when the type is another (or node is NULL), TOO_LARGE for a
 * number above max or what int64_t holds. */
int krv_mp_bool(const struct krv_mp *node, bool *out);
int krv_mp_uint(const struct krv_mp *node, uint64_t max, uint64_t *out);
int krv_mp_int(const struct krv_mp *node, int64_t *out);
int krv_mp_str(const struct krv_mp *node, struct krv_slice *out);
int krv_mp_bin(const struct krv_mp *node, struct krv_slice *out);
/* A bin of exactly len bytes, copied. */
int krv_mp_fixed(const struct krv_mp *node, void *out, size_t len);
bool krv_mp_is_nil(const struct krv_mp *node);
uint32_t krv_mp_count(const struct krv_mp *node); /* array or map; else 0 */
/* NULL when out of range or of another type. */
const struct krv_mp *krv_mp_at(const struct krv_mp *array, uint32_t i);
const struct krv_mp *krv_mp_key(const struct krv_mp *map, uint32_t i);
const struct krv_mp *krv_mp_val(const struct krv_mp *map, uint32_t i);
/* The value under an unsigned integer key / a string key, the first one if there
 * are several; or NULL. */
const struct krv_mp *krv_mp_get(const struct krv_mp *map, uint64_t key);
const struct krv_mp *krv_mp_find(const struct krv_mp *map, const char *key);
/* Appends the node in its shortest form (the bytes that it was read from). */
void krv_mp_put_node(struct krv_buf *buf, const struct krv_mp *node);

#endif
