/* fleet: a whole programme in one process: a server's handlers on a store, and devices with vaults
 * of their own, joined by links whose bytes are moved in pieces, cut and lost. Virtual time,
 * seeded. What a test does not expect to fail aborts with a sentence. Vaults and stores live in one
 * relative folder, removed at the end.
 *
 *   fleet_init --found--> office device --join(role)--> devices
 *              --edit, sync, cut, restore--> release */
#ifndef KRV_FLEET_H
#define KRV_FLEET_H

#include "alarm.h"
#include "conn.h"
#include "edit.h"
#include "live.h"
#include "pin.h"
#include "share.h"
#include "sync.h"
#include "testenv.h"

enum { FLEET_DEVICES_MAX = 8, FLEET_NAME_MAX = 32 };

struct fleet_device {
  struct fleet *fleet;
  char name[FLEET_NAME_MAX], dir[64];
  struct krv_testenv t; /* its own clocks and dice */
  struct krv_world *world;
  struct krv_sync_counts counts; /* of its last sync, all connections together */
};

struct fleet {
  char root[32];
  struct krv_testenv t; /* the server's */
  bool sqlite;
  uint32_t store, stores; /* the file that is open; made so far: each restore opens a new one */
  struct krv_service service;
  struct fleet_device devices[FLEET_DEVICES_MAX];
  uint32_t count;
  uint64_t seed, conns;
  bool tapped;
  struct krv_buf tap; /* every byte of every link, once tapped */
};

/* sqlite: the store is a file, which can be copied and restored; else memory. */
void fleet_init(struct fleet *fleet, uint64_t seed, bool sqlite);
void fleet_release(struct fleet *fleet);

/* ---- devices */
/* A vault that belongs to nobody yet. */
struct fleet_device *fleet_add(struct fleet *fleet, const char *name);
/* The founder: administrator and office. */
struct fleet_device *fleet_found(struct fleet *fleet, const char *name);
/* Invited by the first device, approved with the words, synced until its keys have come. */
struct fleet_device *fleet_join(struct fleet *fleet, const char *roles, const char *name);
/* Its parts. The invitation's text is appended to code. */
void fleet_invite(struct fleet_device *by, const char *roles, const char *name,
                  struct krv_buf *code);
void fleet_accept(struct fleet_device *device, const struct krv_buf *code); /* no packet yet */
void fleet_approve(struct fleet_device *by, struct fleet_device *joiner);

/* A roster entry of its own, to be sent with the next sync. */
void fleet_propose(struct fleet_device *by, struct krv_statement *statements, uint32_t count);

void fleet_close(struct fleet_device *device);
void fleet_open(struct fleet_device *device);
/* A copy of the vault's folder as it is on disk now, and the vault replaced by that copy. */
void fleet_copy(struct fleet_device *device, const char *name);
void fleet_restore(struct fleet_device *device, const char *name);

/* ---- the server */
void fleet_server_copy(struct fleet *fleet, const char *name); /* SQLite only */
void fleet_server_restore(struct fleet *fleet,
                          const char *name); /* tickets are lost, as in backups */
void fleet_server_restart(struct fleet *fleet); /* SQLite only; tickets are lost */
uint64_t fleet_server_head(struct fleet *fleet);
/* It burns: another one stands there, with keys of its own and nothing in its store. old, if it is
 * not NULL, keeps what fleet_server_return needs to bring the one before back to life (SQLite
 * only). */
struct fleet_server {
  struct krv_dh_pair server;
  struct krv_key founding_psk;
  uint32_t store;
};
void fleet_server_burn(struct fleet *fleet, struct fleet_server *old);
/* The other one is kept in its place. */
void fleet_server_return(struct fleet *fleet, struct fleet_server *other);
/* What its init prints. */
struct krv_founding_code fleet_founding_code(const struct fleet *fleet);

/* ---- links */
struct fleet_link {
  uint64_t cut_up, cut_down; /* it breaks after so many bytes; 0: it does not */
  size_t chunk; /* bytes a piece; 0: all there are */
  bool lost; /* breaks in silence: nobody learns of it but by the clock */
  bool no_ticket;
  bool turns; /* the server is heard after each piece; else when the device has no more to say */
};
/* One sync, with XK after silence to a ticket. NULL: a good link. What krv_sync says; CUT,
 * TIMEOUT. */
int fleet_sync(struct fleet_device *device, const struct fleet_link *link);
void fleet_sync_well(struct fleet_device *device);
/* Everybody syncs, so many times. */
void fleet_rounds(struct fleet *fleet, uint32_t rounds);

/* ---- cases */
struct krv_id fleet_case(struct fleet_device *device, const char *path, const char *value);
int fleet_set(struct fleet_device *device, const struct krv_id *kase, const char *path,
              const char *value);
int fleet_note(struct fleet_device *device, const struct krv_id *kase, const char *text);
int fleet_resolve(struct fleet_device *device, const struct krv_id *kase, const char *path,
                  const char *value);
int fleet_delete(struct fleet_device *device, const struct krv_id *kase, const char *record,
                 bool deleted);
/* with: a member's name, "office". */
int fleet_share(struct fleet_device *device, const struct krv_id *kase, const char *with);
int fleet_unshare(struct fleet_device *device, const struct krv_id *kase, const char *with);
int fleet_refer(struct fleet_device *device, const struct krv_id *kase, const char *to,
                const char *paths, struct krv_id *child);

/* What is shown first of a flat field; "" when nothing, or no such case. Holds until the next
 * call. */
const char *fleet_shown(struct fleet_device *device, const struct krv_id *kase, const char *path);
/* How many values it holds at once; 0 without the case. */
uint32_t fleet_values(struct fleet_device *device, const struct krv_id *kase, const char *path);
/* How many choices are on. */
uint32_t fleet_options(struct fleet_device *device, const struct krv_id *kase, const char *path);
/* The card, which must be there. */
const struct krv_card *fleet_card(struct fleet_device *device, const struct krv_id *kase);
/* Do both hold the same canonical bytes of the case, both having it? */
bool fleet_same(struct fleet_device *a, struct fleet_device *b, const struct krv_id *kase);
/* All that have it hold the same bytes, with nothing held; readers must have it. */
bool fleet_agree(struct fleet *fleet, const struct krv_id *kase, uint32_t readers);
/* How often its person was told so, seen or not. */
uint64_t fleet_alarms(struct fleet_device *device, enum krv_alarm_kind kind);
uint64_t fleet_marked(struct fleet_device *device, enum krv_mark mark);

#endif
