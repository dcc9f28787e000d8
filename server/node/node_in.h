/* node_in: what the files of this folder share about the running server. */
#ifndef KRV_NODE_IN_H
#define KRV_NODE_IN_H

#include <uv.h>

#include "dir.h"
#include "live.h"
#include "node.h"
#include "ledger.h"

/* One connection's socket. in_flight is being written; the conn's out fills meanwhile. */
struct krv_peer {
  uv_tcp_t tcp;
  uv_write_t write;
  uv_shutdown_t shutdown;
  struct krv_node *node;
  struct krv_conn *conn;
  struct krv_buf in_flight;
  struct krv_peer *next, *previous;
  uint64_t handed, taken; /* bytes given to the kernel; of these, acknowledged by the other end's */
  uint32_t slot;        /* of node->unknown, where it counts while `stranger` */
  uint64_t linger_ms;   /* absolute: closed at the latest; 0: not lingering */
  bool writing, reading, closing, stranger;
};

/* A listening socket. take brings one of those who wait in: 0, CUT (that one is gone), END (nobody
 * waits), BUSY (not before krv_door_look), NOMEM (again after a rest). */
struct krv_door {
  uv_poll_t poll;
  uv_timer_t rest;
  struct krv_node *node;
  int (*take)(struct krv_node *node);
  int fd;
  bool open;
};

enum { KRV_UNKNOWN_SLOTS = 16384 };

struct krv_node {
  struct krv_node_options options;
  const struct krv_env *env;
  uv_loop_t loop;
  struct krv_door door, admin;
  uv_check_t check;
  uv_timer_t tick;
  uv_signal_t terminate, interrupt;
  struct krv_ledger ledger;
  struct krv_service service;
  struct krv_peer *peers;
  uint32_t peer_count, connections_max;
  uint64_t next_number, started_ms, committed_ms, tickets_ms, stop_ms;
  bool full;             /* nobody looks at the door until somebody leaves */
  bool dirty;            /* committed since the last checkpoint */
  bool stopping;
  int status;
  int lock_fd;
  /* Unauthenticated connections by keyed hash of the address (IPv6: its /64). Two addresses in one
   * slot share the cap; nobody without the key can make them meet. */
  uint16_t unknown[KRV_UNKNOWN_SLOTS];
  struct krv_key unknown_key;
  uint8_t read_room[KRV_CONN_FEED_MAX];
};

/* door_uv */
/* fd: a listening socket that does not block; it is the door's, whatever comes. NOMEM. */
int krv_door_open(struct krv_node *node, struct krv_door *door, int fd,
                  int (*take)(struct krv_node *node));
/* What take calls: the next connection. CUT, END, NOMEM. */
int krv_door_accept(const struct krv_door *door, int *fd);
/* Somebody can be taken again. */
void krv_door_look(struct krv_door *door);
/* Nobody comes in any more. Harmless when it is not open. */
void krv_door_shut(struct krv_door *door);

/* listen_uv */
int krv_node_listen(struct krv_node *node);
/* Takes connections that waited, if there is room again. */
void krv_node_accept_more(struct krv_node *node);

/* conn_uv */
/* A socket that connected becomes a peer, or is reset. NOMEM. */
int krv_peer_take(struct krv_node *node, int fd);
void krv_peer_flush(struct krv_peer *peer);
void krv_peer_tick(struct krv_peer *peer, uint64_t now_ms);
void krv_peer_close(struct krv_peer *peer);
/* A reset: so that nobody takes a server that is busy or stopping for another one (protocol.md
 * 2.4). */
void krv_peer_reset(struct krv_peer *peer);
/* Commits what is open, and lets the answers of all go. */
void krv_node_commit(struct krv_node *node);
/* After a failed sync (IO, DAMAGED) nothing that is cached can be trusted: stops the loop, so that
 * the next start reads the disk. Other statuses are none of its business. */
void krv_node_distrust(struct krv_node *node, int status);

/* admin_uv */
int krv_admin_listen(struct krv_node *node);
/* At the end: closes any handle of the loop that is no peer's. */
void krv_admin_close(uv_handle_t *handle);

#endif
