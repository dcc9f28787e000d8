/* strangers: synthetic bodies in sentences that zip's dictionary has never seen
 * (they stand in no pool of proto/seal/tool), with the JSON of the same fields,
 * to measure what a narrative costs. */
#ifndef KRV_STRANGERS_H
#define KRV_STRANGERS_H

#include "buf.h"
#include "testenv.h"

/* fields: about how many of record 0 are filled; narrative: its least length in
 * bytes. Appends the operations (msgpack) and the JSON object. */
void krv_stranger(struct krv_testenv *t, unsigned fields, size_t narrative, struct krv_buf *ops,
                  struct krv_buf *json);

#endif
