/* member: this device, its invitation, where it stands, and one session with the server. */
#ifndef SECOND_MEMBER_H
#define SECOND_MEMBER_H

#include "second.h"

/* ---- codes.c (11, 8.3) */

struct invitation {
  uint8_t terms[17], psk[32], secret[16], programme[16], server_pk[32], head8[8], flags;
  uint64_t height;
  char address[256];
};
struct own {
  uint8_t sign_sk[64], sign_pk[32];
  struct pair seal, session, member, agency;
  bool enrolled;
};
extern struct invitation invitation;
extern struct own own;
void read_invitation(const char *text);
void make_keys(void);
void say_words(void);
void put_join(struct buf *out);

/* ---- hear.c (5, 7) */

struct standing {
  uint64_t head, cursor, within;
  uint8_t chain8[8];
  struct ticket ticket;
};
extern struct standing standing;
/* One session. */
struct now {
  struct link link;
  uint64_t told;
  size_t items, sent, acked, receipts;
  bool answered, cursor_due, restarted;
};
extern struct now now;
void on_message(uint8_t kind, struct slice payload);

/* ---- session.c (6, 8.4) */

void session_join(void);           /* asks for the first time */
void session(bool watch);
/* Takes the payload of a COMMIT or BOX of this device, to be sent from the next session on. */
void session_bring(uint8_t kind, struct slice payload);
/* A session that asks for commits whole (6.10) and hears at least one item. */
void session_want(struct slice want);

#endif
