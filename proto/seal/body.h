/* body: what lies inside a commit besides the signature: the roster that its
 * author knew, his claim of the time, the tips that he had applied (R4, R34),
 * and the operations, an opaque slice here. */
#ifndef KRV_BODY_H
#define KRV_BODY_H

#include "bounds.h"
#include "buf.h"
#include "id.h"

struct krv_context_entry {
  krv_device_ix device;
  uint64_t n;
  uint8_t id8[8];
};

/* How far the author trusted his clock. */
enum krv_wall_quality { KRV_WALL_UNKNOWN = 0, KRV_WALL_DEVICE = 1, KRV_WALL_SERVER = 2 };

struct krv_body {
  uint32_t roster_height;
  uint8_t roster_head8[8];
  int64_t wall_s;               /* Unix seconds; kept as u32 seconds since 2020-01-01, clamped */
  uint8_t wall_quality;
  const struct krv_context_entry *context; /* ascending (device, n, id8) */
  uint32_t context_count;       /* at most KRV_CONTEXT_ENTRIES_MAX */
  struct krv_slice ops;         /* one msgpack object */
};

/* Appends: varint height, H8, u32 wall, u8 quality, varint count, entries
 * (varint device, varint n, 8 bytes), ops. Sticky. */
void krv_body_encode(const struct krv_body *body, struct krv_buf *out);
/* bytes may be followed by zeros (padding) and nothing else. Entries go to
 * room, which has KRV_CONTEXT_ENTRIES_MAX places; ops borrows. MALFORMED, TOO_LARGE. */
int krv_body_decode(struct krv_slice bytes, struct krv_context_entry *room, struct krv_body *out);

#endif
