/* msg: the payloads, one struct each, and their codecs. Encoders append to a
 * krv_buf (sticky); decoders take exactly one payload, borrow from it, and give
 * MALFORMED or TOO_LARGE. Varints are LEB128. Byte by byte: docs/protocol.md. */
#ifndef KRV_MSG_H
#define KRV_MSG_H

#include "buf.h"
#include "id.h"
#include "messages.h"

enum { KRV_MSG_NO_DEVICE = UINT32_MAX };

/* OPEN: what the client knows. version u8, varint head seq, chain8 of it, varint (head seq -
 * cursor), varint roster count, head8 of it (zeros when 0), varint within (left out when 0). Of an
 * OPEN with another version the decoder reads the version only and gives 0: compare it first, and
 * answer REFUSE(UPGRADE). */
struct krv_msg_open {
  uint8_t version;
  uint64_t head_seq;
  uint8_t head_chain8[8];
  uint64_t cursor;        /* <= head_seq */
  uint64_t within;
  uint32_t roster_count;
  uint8_t roster_head8[8];
};
/* ANSWER (the reply to OPEN and early data) and ACK: varint accepted << 1 | cursor_follows (items
 * processed in order since the last one, refused ones included), varint count, (varint index from
 * the first of these items, u8 status negated) each, indexes rising and below accepted; ANSWER
 * begins with receipts u16. */
struct krv_ack_exception {
  uint32_t index;
  int status;
};
struct krv_msg_ack {
  uint16_t receipts;      /* ANSWER only */
  uint32_t accepted;
  bool cursor_follows;    /* wait for a CURSOR: the position moves, or news come */
  const struct krv_ack_exception *exceptions;
  uint32_t exception_count; /* at most KRV_ACK_EXCEPTIONS_MAX */
};
/* CURSOR: varint advance << 1 | more (advance: seq - the last seq told in this session, at first
 * OPEN's cursor), chain8 at seq, varint within (left out when 0). */
struct krv_msg_cursor {
  uint64_t advance;       /* below 2^63 */
  bool more;              /* another slice and its CURSOR follow */
  uint8_t chain8[8];
  uint64_t within;
};
/* REFUSE: u8 status negated, varint argument (left out when 0). */
struct krv_msg_refuse {
  int status;
  uint64_t argument;
};

/* COMMIT: flags u8, suite << 4 | kind u8, device varint (flag), case 16 (not with SAME_CASE), n
 * varint, prev 0, 4 or 16 (flag), epoch varint, key id 4 (epoch > 0), salt 16, vouch 16 (flag),
 * ciphertext: the rest. Stored with device and whole prev, without SAME_CASE: one form for wire
 * and disk. */
enum krv_commit_flags { KRV_COMMIT_DEVICE = 1, KRV_COMMIT_PREV4 = 2, KRV_COMMIT_PREV16 = 4,
                        KRV_COMMIT_VOUCH = 8, KRV_COMMIT_SAME_CASE = 16 };
struct krv_msg_commit {
  krv_device_ix device;   /* KRV_MSG_NO_DEVICE: the session's own */
  bool same_case;         /* as the item before in this direction */
  struct krv_id kase;
  uint64_t n;
  uint8_t prev_len;       /* 0, 4, 16 */
  uint8_t prev[16];
  uint8_t suite, kind;
  uint32_t epoch;
  uint8_t key_id4[4];
  uint8_t salt[16];
  bool has_vouch;
  uint8_t vouch[16];
  struct krv_slice ciphertext;
};
/* GENESIS: flags u8 (DEVICE, VOUCH), suite << 4 | kind, device varint (flag), key_commit 32, access
 * list (varint count, (varint group, u8 mode) each, ascending), salt 16, vouch 16 (flag),
 * ciphertext. It is the commit at n = 1 of its creator in epoch 0; the case id is computed. */
struct krv_msg_genesis {
  krv_device_ix device;
  uint8_t suite, kind;
  uint8_t key_commit[32];
  struct krv_slice access; /* encoded list, checked for form only by forms.h */
  uint8_t salt[16];
  bool has_vouch;
  uint8_t vouch[16];
  struct krv_slice ciphertext;
};
/* GRANT: flags u8, case 16 (not with SAME_CASE), epoch varint and key id 16 (not with EPOCH0: the
 * genesis key), group varint, group epoch varint, mode u8, giver varint (flag), device varint
 * (flag), wrap 48: to the group's key of that epoch, or to that one device's seal key (R14). */
enum krv_grant_flags { KRV_GRANT_GIVER = 1, KRV_GRANT_EPOCH0 = 2, KRV_GRANT_DEVICE = 4,
                       KRV_GRANT_SAME_CASE = 16 };
struct krv_msg_grant {
  bool same_case;
  struct krv_id kase;
  uint32_t epoch;          /* of the case key */
  struct krv_id key_id;    /* not sent for epoch 0 */
  krv_group_ix group;
  uint32_t group_epoch;
  uint8_t mode;            /* enum krv_access_mode */
  krv_device_ix giver;     /* KRV_MSG_NO_DEVICE: the session's own */
  bool to_device;          /* for this one device of the group (R14); else for all of it */
  krv_device_ix device;
  uint8_t wrap[48];
};
struct krv_msg_unroute {   /* case 16, group varint */
  struct krv_id kase;
  krv_group_ix group;
};
struct krv_msg_need {      /* case 16, key id 16, group varint */
  struct krv_id kase, key_id;
  krv_group_ix group;
};
/* BOX: group varint, epoch varint, device varint (0: the recovery key, else index + 1), giver
 * varint, box 48. */
struct krv_msg_box {
  krv_group_ix group;
  uint32_t epoch;
  krv_device_ix device;    /* KRV_MSG_NO_DEVICE: the recovery key */
  krv_device_ix giver;
  uint8_t box[48];
};
/* RECEIPT: flags u8 (1: office follows; 2: reasons follow), office varint (flag), author varint,
 * varint count, id8 each, reasons u8 each (flag; else all 0), mac 16. */
struct krv_msg_receipt {
  krv_device_ix office;    /* KRV_MSG_NO_DEVICE: the session's own */
  krv_device_ix author;
  uint32_t count;          /* at most KRV_RECEIPT_IDS_MAX */
  const uint8_t *id8;      /* count x 8 */
  const uint8_t *reasons;  /* count, or NULL: all delivered */
  uint8_t mac[16];
};
struct krv_msg_doc {       /* hash 32 of the plain document, sealed bytes */
  uint8_t hash[32];
  struct krv_slice sealed;
};
struct krv_msg_roster {    /* one entry, whole */
  struct krv_slice entry;
};
/* JOIN: a request, from the joiner to the server and on to those who approve: flags u8 (1: a second
 * key tried this invitation; set by the server), terms and join as trust/invitation.h encodes them,
 * opaque here. */
struct krv_msg_join {
  bool contested;
  struct krv_slice terms_and_join;
};
struct krv_msg_enrolled {  /* u8: 0 waits for approval, 1 in the roster; u32 server time */
  uint8_t state;
  uint32_t server_s;
};
struct krv_msg_want {      /* case 16, device varint, n varint, id8 (zeros: any): whole, please */
  struct krv_id kase;
  krv_device_ix device;
  uint64_t n;
  uint8_t id8[8];
};
struct krv_msg_confirm {   /* ids, 16 each (R12; its effect belongs to relaying) */
  const uint8_t *ids;
  uint32_t count;
};
/* NOTICE: what the server has to tell the office of a device: device varint, u8 status negated,
 * varint day by its clock (days since 1970). */
struct krv_msg_notice {
  krv_device_ix device;
  int status;
  uint32_t day;
};

#define KRV_MSG_CODEC(name)                                                        \
  void krv_msg_##name##_encode(const struct krv_msg_##name *msg, struct krv_buf *out); \
  int krv_msg_##name##_decode(struct krv_slice payload, struct krv_msg_##name *out);
KRV_MSG_CODEC(open)
KRV_MSG_CODEC(cursor)
KRV_MSG_CODEC(refuse)
KRV_MSG_CODEC(commit)
KRV_MSG_CODEC(genesis)
KRV_MSG_CODEC(grant)
KRV_MSG_CODEC(unroute)
KRV_MSG_CODEC(need)
KRV_MSG_CODEC(box)
KRV_MSG_CODEC(receipt)
KRV_MSG_CODEC(doc)
KRV_MSG_CODEC(roster)
KRV_MSG_CODEC(join)
KRV_MSG_CODEC(enrolled)
KRV_MSG_CODEC(want)
KRV_MSG_CODEC(confirm)
KRV_MSG_CODEC(notice)
#undef KRV_MSG_CODEC
/* ACK and ANSWER share a struct; room has KRV_ACK_EXCEPTIONS_MAX places. */
void krv_msg_ack_encode(const struct krv_msg_ack *msg, bool answer, struct krv_buf *out);
int krv_msg_ack_decode(struct krv_slice payload, bool answer, struct krv_ack_exception *room,
                       struct krv_msg_ack *out);

/* Puts kind and length before a payload that an encoder appended after begin, which returns a mark.
 * A payload above the kind's cap: out's status is TOO_LARGE. */
size_t krv_message_begin(struct krv_buf *out, enum krv_message_kind kind);
void krv_message_end(struct krv_buf *out, size_t mark);
/* Kind and empty payload. */
void krv_message_empty(struct krv_buf *out, enum krv_message_kind kind);

#endif
