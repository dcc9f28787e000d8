/* pack: msgpack in its one form (1.6), read with msgpack-c. */
#ifndef SECOND_PACK_H
#define SECOND_PACK_H

#include <msgpack.h>

#include "second.h"

/* The object that is all of bytes, or (used) the first of it; fails unless packing it again gives
 * the same bytes. Release with msgpack_unpacked_destroy. */
const msgpack_object *pack_read(msgpack_unpacked *doc, struct slice bytes, size_t *used);
bool pack_same(const msgpack_object *object, struct buf *again);
uint32_t get_u32(const msgpack_object *o);
bool get_bool(const msgpack_object *o);
struct slice get_bin(const msgpack_object *o, size_t len);
const msgpack_object *get_item(const msgpack_object *o, uint32_t i, uint32_t count);

#endif
