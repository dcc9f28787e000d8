/* chanpair: a client's and a server's channel, and the wire between them, which
 * can be cut, changed and dripped. Same seed, same bytes. */
#ifndef KRV_CHANPAIR_H
#define KRV_CHANPAIR_H

#include "channel.h"
#include "testenv.h"
#include "ticket.h"

enum { CHANPAIR_UP, CHANPAIR_DOWN, CHANPAIR_FRAMES_MAX = 64 };

struct chanpair {
  struct krv_testenv world;
  struct krv_dh_pair client_s, server_s;
  struct krv_key invite_psk;
  struct krv_ticket ticket;
  struct krv_tickets *tickets;  /* NULL: only `ticket` is live */
  struct krv_channel_host host;
  int known_status, enrol_status;
  bool wrong_server_key;

  struct krv_channel *client, *server;
  size_t chunk;                 /* bytes a feed; 0: all */
  uint64_t moved[2];            /* bytes on the wire, up and down */
  uint64_t flip_at[2];          /* this byte (from 0) is changed; UINT64_MAX: none */
  uint8_t flip_mask;
  uint64_t cut_at[2];           /* nothing after so many bytes arrives */
  int status[2];                /* the first error of client, server */
  size_t frame_len[CHANPAIR_FRAMES_MAX]; /* of every frame sent, in order */
  unsigned frame_kind[CHANPAIR_FRAMES_MAX], frames;
};

void chanpair_init(struct chanpair *p, uint64_t seed);
void chanpair_release(struct chanpair *p);
/* New channels (old ones are freed); 0 or what krv_channel_new said. */
int chanpair_open(struct chanpair *p, enum krv_opening opening, size_t early_max);
/* Flushes and carries in turn until nothing moves. The first error of either end, or 0. */
int chanpair_pump(struct chanpair *p);
int chanpair_send(struct krv_channel *channel, const char *text);
/* Whether in holds exactly text. */
bool chanpair_got(struct krv_channel *channel, const char *text);

#endif
