/* stream: messages out of a decrypted byte stream, each with its own cap, and into it. */
#ifndef KRV_STREAM_H
#define KRV_STREAM_H

#include "msg.h"

struct krv_message {
  enum krv_message_kind kind;
  struct krv_slice payload; /* borrowed from the stream until it is consumed */
};
/* The first message of in. 0 and *used its bytes (consume them after use); KRV_END when more is
 * needed; PROTOCOL for an unknown kind or one that `from` ('c' or 's') may not send; TOO_LARGE as
 * soon as kind and length are there. */
int krv_stream_next(struct krv_slice in, char from, struct krv_message *out, size_t *used);

#endif
