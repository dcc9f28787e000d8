#include "pack.h"

static int write_to(void *buf, const char *p, size_t n) {
  put(buf, p, n);
  return 0;
}

bool pack_same(const msgpack_object *object, struct buf *again) {
  msgpack_packer packer;
  msgpack_packer_init(&packer, again, write_to);
  return msgpack_pack_object(&packer, *object) == 0;
}

const msgpack_object *pack_read(msgpack_unpacked *doc, struct slice bytes, size_t *used) {
  size_t at = 0;
  struct buf again = {0};
  msgpack_unpacked_init(doc);
  CHECK(msgpack_unpack_next(doc, (const char *)bytes.p, bytes.n, &at) == MSGPACK_UNPACK_SUCCESS,
        "1.6: no msgpack");
  CHECK(used || at == bytes.n, "1.4: bytes after the end");
  CHECK(pack_same(&doc->data, &again) && again.n == at && same(again.p, bytes.p, at),
        "1.6: not the shortest form");
  drop(&again);
  if (used) *used = at;
  return &doc->data;
}

uint32_t get_u32(const msgpack_object *o) {
  CHECK(o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 < NOBODY, "msgpack: no number");
  return (uint32_t)o->via.u64;
}

bool get_bool(const msgpack_object *o) {
  CHECK(o->type == MSGPACK_OBJECT_BOOLEAN, "msgpack: no bool");
  return o->via.boolean;
}

struct slice get_bin(const msgpack_object *o, size_t len) {
  CHECK(o->type == MSGPACK_OBJECT_BIN && (len == 0 || o->via.bin.size == len),
        "msgpack: no bin %zu", len);
  return slice(o->via.bin.ptr, o->via.bin.size);
}

const msgpack_object *get_item(const msgpack_object *o, uint32_t i, uint32_t count) {
  CHECK(o->type == MSGPACK_OBJECT_ARRAY && (count == 0 || o->via.array.size == count) &&
            i < o->via.array.size,
        "msgpack: no array of %u", count);
  return &o->via.array.ptr[i];
}
