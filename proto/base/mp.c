/* mp: msgpack behind a gate. A scan that allocates nothing walks the bytes once
 * and refuses whatever is not plain, short and complete; msgpack-c only ever
 * sees what passed, and its zone gets exactly the room that the scan counted.
 *
 * What fails: bytes that are not one acceptable object (MALFORMED), deeper or
 * more than the bounds (TOO_LARGE), no memory for the tree (NOMEM). */
#include "mp.h"

#include <msgpack.h>
#include <string.h>

#include "bounds.h"
#include "status.h"

/* ---- writing ---- */

/* msgpack-c's writers choose the shortest form; the buffer is sticky, so a
 * failure needs no return. */
static int packer_write(void *data, const char *bytes, size_t len) {
  krv_buf_append(data, bytes, len);
  return 0;
}

static msgpack_packer packer(struct krv_buf *buf) {
  return (msgpack_packer){buf, packer_write};
}

void krv_mp_put_nil(struct krv_buf *buf) {
  msgpack_packer pk = packer(buf);
  msgpack_pack_nil(&pk);
}

void krv_mp_put_bool(struct krv_buf *buf, bool v) {
  msgpack_packer pk = packer(buf);
  if (v)
    msgpack_pack_true(&pk);
  else
    msgpack_pack_false(&pk);
}

void krv_mp_put_uint(struct krv_buf *buf, uint64_t v) {
  msgpack_packer pk = packer(buf);
  msgpack_pack_uint64(&pk, v);
}

void krv_mp_put_int(struct krv_buf *buf, int64_t v) {
  msgpack_packer pk = packer(buf);
  msgpack_pack_int64(&pk, v);
}

/* Whether a str or bin of len bytes has a form at all. */
static bool length_fits(struct krv_buf *buf, size_t len) {
  if (len > UINT32_MAX && buf->status == 0) buf->status = KRV_TOO_LARGE;
  return len <= UINT32_MAX;
}

void krv_mp_put_str(struct krv_buf *buf, struct krv_slice utf8) {
  if (!length_fits(buf, utf8.len)) return;
  msgpack_packer pk = packer(buf);
  msgpack_pack_str(&pk, utf8.len);
  krv_buf_put(buf, utf8);
}

void krv_mp_put_bin(struct krv_buf *buf, const void *data, size_t len) {
  if (!length_fits(buf, len)) return;
  msgpack_packer pk = packer(buf);
  msgpack_pack_bin(&pk, len);
  krv_buf_append(buf, data, len);
}

void krv_mp_put_array(struct krv_buf *buf, uint32_t count) {
  msgpack_packer pk = packer(buf);
  msgpack_pack_array(&pk, count);
}

void krv_mp_put_map(struct krv_buf *buf, uint32_t count) {
  msgpack_packer pk = packer(buf);
  msgpack_pack_map(&pk, count);
}

/* ---- the scan ---- */

/* Heads 0xc0 to 0xdf: what type, how many bytes of number follow, and the least
 * number for which this form is the shortest. NINT compares ~value, which is
 * what a negative number counts beyond -1. */
struct form {
  bool known;
  uint8_t type, width;
  uint64_t least;
};

static const struct form forms[32] = {
    [0xc0 - 0xc0] = {true, KRV_MP_NIL, 0, 0},
    [0xc2 - 0xc0] = {true, KRV_MP_BOOL, 0, 0},
    [0xc3 - 0xc0] = {true, KRV_MP_BOOL, 0, 0},
    [0xc4 - 0xc0] = {true, KRV_MP_BIN, 1, 0},
    [0xc5 - 0xc0] = {true, KRV_MP_BIN, 2, 0x100},
    [0xc6 - 0xc0] = {true, KRV_MP_BIN, 4, 0x10000},
    [0xcc - 0xc0] = {true, KRV_MP_UINT, 1, 0x80},
    [0xcd - 0xc0] = {true, KRV_MP_UINT, 2, 0x100},
    [0xce - 0xc0] = {true, KRV_MP_UINT, 4, 0x10000},
    [0xcf - 0xc0] = {true, KRV_MP_UINT, 8, 0x100000000},
    [0xd0 - 0xc0] = {true, KRV_MP_NINT, 1, 0x20},
    [0xd1 - 0xc0] = {true, KRV_MP_NINT, 2, 0x80},
    [0xd2 - 0xc0] = {true, KRV_MP_NINT, 4, 0x8000},
    [0xd3 - 0xc0] = {true, KRV_MP_NINT, 8, 0x80000000},
    [0xd9 - 0xc0] = {true, KRV_MP_STR, 1, 0x20},
    [0xda - 0xc0] = {true, KRV_MP_STR, 2, 0x100},
    [0xdb - 0xc0] = {true, KRV_MP_STR, 4, 0x10000},
    [0xdc - 0xc0] = {true, KRV_MP_ARRAY, 2, 0x10},
    [0xdd - 0xc0] = {true, KRV_MP_ARRAY, 4, 0x10000},
    [0xde - 0xc0] = {true, KRV_MP_MAP, 2, 0x10},
    [0xdf - 0xc0] = {true, KRV_MP_MAP, 4, 0x10000},
};

struct head {
  enum krv_mp_type type;
  uint64_t number; /* length or count; a number's value does not matter here */
};

static uint64_t read_big_endian(struct krv_in *in, unsigned width) {
  uint64_t v = 0;
  for (unsigned i = 0; i < width; i++) v = v << 8 | krv_in_u8(in);
  return v;
}

static struct head read_head(struct krv_in *in) {
  uint8_t b = krv_in_u8(in);
  if (b < 0x80) return (struct head){KRV_MP_UINT, b};
  if (b < 0x90) return (struct head){KRV_MP_MAP, b & 0x0f};
  if (b < 0xa0) return (struct head){KRV_MP_ARRAY, b & 0x0f};
  if (b < 0xc0) return (struct head){KRV_MP_STR, b & 0x1f};
  if (b >= 0xe0) return (struct head){KRV_MP_NINT, 0};

  const struct form *form = &forms[b - 0xc0];
  uint64_t number = read_big_endian(in, form->width);
  uint64_t measure = number;
  bool ok = form->known;
  if (form->type == KRV_MP_NINT) {
    unsigned bits = 8u * form->width;
    ok = ok && (number >> (bits - 1)) == 1;
    measure = ~number & (UINT64_MAX >> (64 - bits));
  }
  if (!ok || measure < form->least) krv_in_fail(in, KRV_MALFORMED);
  return (struct head){(enum krv_mp_type)form->type, number};
}

/* The length of the UTF-8 sequence at p (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF), or 0. */
static size_t utf8_sequence(const uint8_t *p, size_t left) {
  /* first byte from, to; length; range of the second byte */
  static const uint8_t rows[][5] = {
      {0x00, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
      {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
      {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
  };
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    const uint8_t *row = rows[r];
    if (p[0] < row[0] || p[0] > row[1]) continue;
    if (row[2] > left) return 0;
    if (row[2] > 1 && (p[1] < row[3] || p[1] > row[4])) return 0;
    for (size_t i = 2; i < row[2]; i++)
      if ((p[i] & 0xc0) != 0x80) return 0;
    return row[2];
  }
  return 0;
}

/* How many bytes from p on are ASCII, in eights: narratives are scanned at every door. */
static size_t ascii_run(const uint8_t *p, size_t left) {
  size_t run = 0;
  for (uint64_t eight; left - run >= sizeof eight; run += sizeof eight) {
    memcpy(&eight, p + run, sizeof eight);
    if (eight & 0x8080808080808080u) break;
  }
  return run;
}

static bool utf8_valid(struct krv_slice text) {
  for (size_t i = 0; i < text.len;) {
    size_t step = text.data[i] < 0x80 ? ascii_run(text.data + i, text.len - i) : 0;
    if (step == 0) step = utf8_sequence(text.data + i, text.len - i);
    if (step == 0) return false;
    i += step;
  }
  return true;
}

struct scan {
  struct krv_in in;
  uint32_t nodes;
  unsigned depth;                    /* containers open */
  uint64_t due[KRV_MP_DEPTH_MAX];   /* objects still to come in each */
};

/* One head, and the bytes of a string or bin. A container is opened. */
static void scan_object(struct scan *s) {
  struct head head = read_head(&s->in);
  if (s->in.status == 0 && ++s->nodes > KRV_MP_NODES_MAX) krv_in_fail(&s->in, KRV_TOO_LARGE);
  if (s->in.status != 0) return;

  if (head.type == KRV_MP_STR || head.type == KRV_MP_BIN) {
    struct krv_slice bytes = krv_in_bytes(&s->in, (size_t)head.number);
    if (head.type == KRV_MP_STR && !utf8_valid(bytes)) krv_in_fail(&s->in, KRV_MALFORMED);
  } else if (head.type == KRV_MP_ARRAY || head.type == KRV_MP_MAP) {
    uint64_t objects = head.type == KRV_MP_MAP ? 2 * head.number : head.number;
    /* each object takes a byte at least: a count beyond that is a bomb */
    if (objects > krv_in_left(&s->in))
      krv_in_fail(&s->in, KRV_MALFORMED);
    else if (s->depth == KRV_MP_DEPTH_MAX)
      krv_in_fail(&s->in, KRV_TOO_LARGE);
    else
      s->due[s->depth++] = objects;
  }
}

/* 0, and in stands after the object; or the reason why not. */
static int scan(struct scan *s, struct krv_slice bytes) {
  *s = (struct scan){.in = krv_in(bytes)};
  for (;;) {
    scan_object(s);
    if (s->in.status != 0) return s->in.status;
    while (s->depth > 0 && s->due[s->depth - 1] == 0) s->depth--;
    if (s->depth == 0) return 0;
    s->due[s->depth - 1]--;
  }
}

int krv_mp_check(struct krv_slice bytes, size_t *used) {
  struct scan s;
  if (used) *used = 0;
  int status = scan(&s, bytes);
  if (status != 0) return status;
  if (!used) return krv_in_end(&s.in);
  *used = bytes.len - krv_in_left(&s.in);
  return 0;
}

/* ---- the tree ---- */

int krv_mp_read(struct krv_mp_doc *doc, struct krv_slice bytes) {
  *doc = (struct krv_mp_doc){0};
  struct scan s;
  int status = scan(&s, bytes);
  if (status == 0) status = krv_in_end(&s.in);
  if (status != 0) return status;

  /* every node once, and the root, which has no parent to lie in */
  msgpack_zone *zone = msgpack_zone_new((s.nodes + 1) * sizeof(msgpack_object));
  if (!zone) return KRV_NOMEM;
  msgpack_object *root = msgpack_zone_malloc(zone, sizeof *root);
  size_t off = 0;
  if (!root || msgpack_unpack((const char *)bytes.data, bytes.len, &off, zone, root) !=
                   MSGPACK_UNPACK_SUCCESS) {
    /* the scan has accepted the bytes: only memory can be missing */
    msgpack_zone_free(zone);
    return KRV_NOMEM;
  }
  doc->zone = zone;
  doc->root = (const struct krv_mp *)root;
  return 0;
}

void krv_mp_doc_release(struct krv_mp_doc *doc) {
  if (doc->zone) msgpack_zone_free(doc->zone);
  *doc = (struct krv_mp_doc){0};
}

static const msgpack_object *object(const struct krv_mp *node) {
  return (const msgpack_object *)node;
}

static bool is(const struct krv_mp *node, msgpack_object_type type) {
  return node && object(node)->type == type;
}

enum krv_mp_type krv_mp_type(const struct krv_mp *node) {
  if (!node) return KRV_MP_NIL;
  switch (object(node)->type) {
    case MSGPACK_OBJECT_BOOLEAN: return KRV_MP_BOOL;
    case MSGPACK_OBJECT_POSITIVE_INTEGER: return KRV_MP_UINT;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return KRV_MP_NINT;
    case MSGPACK_OBJECT_STR: return KRV_MP_STR;
    case MSGPACK_OBJECT_BIN: return KRV_MP_BIN;
    case MSGPACK_OBJECT_ARRAY: return KRV_MP_ARRAY;
    case MSGPACK_OBJECT_MAP: return KRV_MP_MAP;
    default: return KRV_MP_NIL; /* floats and extensions never pass the scan */
  }
}

int krv_mp_bool(const struct krv_mp *node, bool *out) {
  *out = false;
  if (!is(node, MSGPACK_OBJECT_BOOLEAN)) return KRV_MALFORMED;
  *out = object(node)->via.boolean;
  return 0;
}

int krv_mp_uint(const struct krv_mp *node, uint64_t max, uint64_t *out) {
  *out = 0;
  if (!is(node, MSGPACK_OBJECT_POSITIVE_INTEGER)) return KRV_MALFORMED;
  if (object(node)->via.u64 > max) return KRV_TOO_LARGE;
  *out = object(node)->via.u64;
  return 0;
}

int krv_mp_int(const struct krv_mp *node, int64_t *out) {
  *out = 0;
  if (is(node, MSGPACK_OBJECT_NEGATIVE_INTEGER)) {
    *out = object(node)->via.i64;
    return 0;
  }
  uint64_t v;
  int status = krv_mp_uint(node, INT64_MAX, &v);
  *out = (int64_t)v;
  return status;
}

int krv_mp_str(const struct krv_mp *node, struct krv_slice *out) {
  *out = krv_slice(NULL, 0);
  if (!is(node, MSGPACK_OBJECT_STR)) return KRV_MALFORMED;
  *out = krv_slice(object(node)->via.str.ptr, object(node)->via.str.size);
  return 0;
}

int krv_mp_bin(const struct krv_mp *node, struct krv_slice *out) {
  *out = krv_slice(NULL, 0);
  if (!is(node, MSGPACK_OBJECT_BIN)) return KRV_MALFORMED;
  *out = krv_slice(object(node)->via.bin.ptr, object(node)->via.bin.size);
  return 0;
}

int krv_mp_fixed(const struct krv_mp *node, void *out, size_t len) {
  struct krv_slice bin;
  memset(out, 0, len);
  if (krv_mp_bin(node, &bin) != 0 || bin.len != len) return KRV_MALFORMED;
  if (len > 0) memcpy(out, bin.data, len);
  return 0;
}

bool krv_mp_is_nil(const struct krv_mp *node) {
  return is(node, MSGPACK_OBJECT_NIL);
}

uint32_t krv_mp_count(const struct krv_mp *node) {
  if (is(node, MSGPACK_OBJECT_ARRAY)) return object(node)->via.array.size;
  if (is(node, MSGPACK_OBJECT_MAP)) return object(node)->via.map.size;
  return 0;
}

const struct krv_mp *krv_mp_at(const struct krv_mp *array, uint32_t i) {
  if (!is(array, MSGPACK_OBJECT_ARRAY) || i >= krv_mp_count(array)) return NULL;
  return (const struct krv_mp *)&object(array)->via.array.ptr[i];
}

static const msgpack_object_kv *pair(const struct krv_mp *map, uint32_t i) {
  if (!is(map, MSGPACK_OBJECT_MAP) || i >= krv_mp_count(map)) return NULL;
  return &object(map)->via.map.ptr[i];
}

const struct krv_mp *krv_mp_key(const struct krv_mp *map, uint32_t i) {
  const msgpack_object_kv *kv = pair(map, i);
  return kv ? (const struct krv_mp *)&kv->key : NULL;
}

const struct krv_mp *krv_mp_val(const struct krv_mp *map, uint32_t i) {
  const msgpack_object_kv *kv = pair(map, i);
  return kv ? (const struct krv_mp *)&kv->val : NULL;
}

const struct krv_mp *krv_mp_get(const struct krv_mp *map, uint64_t key) {
  const msgpack_object_kv *kv;
  for (uint32_t i = 0; (kv = pair(map, i)) != NULL; i++)
    if (kv->key.type == MSGPACK_OBJECT_POSITIVE_INTEGER && kv->key.via.u64 == key)
      return (const struct krv_mp *)&kv->val;
  return NULL;
}

const struct krv_mp *krv_mp_find(const struct krv_mp *map, const char *key) {
  struct krv_slice name;
  for (uint32_t i = 0; pair(map, i) != NULL; i++)
    if (krv_mp_str(krv_mp_key(map, i), &name) == 0 && krv_slice_equal(name, krv_slice_str(key)))
      return krv_mp_val(map, i);
  return NULL;
}

void krv_mp_put_node(struct krv_buf *buf, const struct krv_mp *node) {
  msgpack_packer pk = packer(buf);
  msgpack_pack_object(&pk, *object(node));
}
