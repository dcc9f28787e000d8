/* stream: messages off the front of decrypted bytes. The kind is judged by its
 * one byte, the length as soon as its varint is whole, so that nobody waits for
 * what will be refused. */
#include "stream.h"

#include "status.h"

enum { LENGTH_BYTES_MAX = 3 }; /* 2^21 > KRV_MESSAGE_SIZE_MAX */

/* The bytes of the varint at the start, 0 while it goes on. */
static size_t varint_len(struct krv_slice bytes) {
  for (size_t i = 0; i < bytes.len; i++)
    if (bytes.data[i] < 0x80) return i + 1;
  return 0;
}

int krv_stream_next(struct krv_slice in, char from, struct krv_message *out, size_t *used) {
  *out = (struct krv_message){0};
  *used = 0;
  if (in.len == 0) return KRV_END;
  unsigned kind = in.data[0];
  if (!krv_message_known(kind, from)) return KRV_PROTOCOL;
  struct krv_slice rest = krv_slice(in.data + 1, in.len - 1);
  if (varint_len(rest) == 0) return rest.len < LENGTH_BYTES_MAX ? KRV_END : KRV_TOO_LARGE;

  struct krv_in reader = krv_in(rest);
  size_t len = (size_t)krv_in_varint(&reader, krv_message_cap(kind));
  if (reader.status != 0) return reader.status;
  if (krv_in_left(&reader) < len) return KRV_END;
  out->kind = (enum krv_message_kind)kind;
  out->payload = krv_in_bytes(&reader, len);
  *used = in.len - krv_in_left(&reader);
  return 0;
}
