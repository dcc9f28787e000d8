/* messages: THE TABLE. A message is kind u8, varint length, payload; messages
 * follow one another in the decrypted stream and span frames as they like.
 * c: client to server, s: server to client, b: both. */
#ifndef KRV_MESSAGES_H
#define KRV_MESSAGES_H

#include "bounds.h"

/*  number, name, direction, largest payload, struct and codec suffix */
#define KRV_MESSAGE_MAP(X)                                 \
  X(1, OPEN, 'c', 128, open)                               \
  X(2, ANSWER, 's', 64 * 1024 - 1, ack)                    \
  X(3, ACK, 's', 64 * 1024 - 1, ack)                       \
  X(4, CURSOR, 's', 32, cursor)                            \
  X(5, RESTART, 's', 0, none)                              \
  X(6, REFUSE, 's', 16, refuse)                            \
  X(7, BYE, 'b', 0, none)                                  \
  X(8, WATCH, 'c', 0, none)                                \
  X(9, PING, 'b', 0, none)                                 \
  X(10, GENESIS, 'b', 64 * 1024 - 1, genesis)              \
  X(11, COMMIT, 'b', 64 * 1024 - 1, commit)                \
  X(12, GRANT, 'b', 160, grant)                            \
  X(13, UNROUTE, 'c', 32, unroute)                         \
  X(14, NEED, 'b', 64, need)                               \
  X(15, BOX, 'b', 96, box)                                 \
  X(16, RECEIPT, 'b', 8 * 1024, receipt)                   \
  X(17, DOC, 'b', 64 * 1024 - 1, doc)                      \
  X(18, ROSTER, 'b', KRV_ENTRY_SIZE_MAX, roster)           \
  X(19, JOIN, 'b', 1024, join)                             \
  X(20, ENROLLED, 's', 16, enrolled)                       \
  X(21, WANT, 'b', 64, want)                               \
  X(22, CONFIRM, 'c', 4096, confirm)                       \
  X(23, NOTICE, 'b', 16, notice)

enum krv_message_kind {
#define X(number, name, direction, cap, codec) KRV_MSG_##name = number,
  KRV_MESSAGE_MAP(X)
#undef X
};

enum { KRV_PROTOCOL_VERSION = 1 };

/* Largest payload of a kind; 0 for unknown kinds too (see known). */
unsigned krv_message_cap(unsigned kind);
int krv_message_known(unsigned kind, char from); /* may this end ('c' or 's') send it? */
/* May it stand in early data, which somebody may play back? What steers a session, and what is the
 * same however often it comes (R26). */
int krv_message_may_be_early(unsigned kind);
const char *krv_message_name(unsigned kind);

#endif
