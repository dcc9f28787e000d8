/* node: the running server: one libuv loop, one thread, one store.
 *
 *   read  --> conn (handlers) --> batch         each turn of the loop:
 *   check --> commit --> answers, live news     poll, then one transaction
 *   tick  --> deadlines, tickets, checkpoint    once a second
 *
 * Bounds: connections (below RLIMIT_NOFILE), unauthenticated ones per address,
 * sessions per device, early data, one read buffer for all, out buffers with a
 * high-water mark above which nothing is read from that peer. */
#ifndef KRV_NODE_H
#define KRV_NODE_H

#include "conn.h"

struct krv_node_options {
  const char *dir;
  const char *host;                 /* to listen on; name or address */
  uint16_t port;                    /* 0: any free one */
  uint32_t connections_max;         /* 0: what RLIMIT_NOFILE allows, less 64 */
  uint32_t unknown_per_address_max; /* unauthenticated at once */
  uint32_t tickets_save_s;          /* how often the ticket cache is written */
  void (*log)(void *ctx, const struct krv_log_line *line);
  void (*listening)(void *ctx, const char *host, uint16_t port);
  void *ctx;
};

/* What made it stop, for the sentence on stderr. */
enum krv_node_place { KRV_NODE_FOLDER, KRV_NODE_KEY, KRV_NODE_STORE, KRV_NODE_ADDRESS,
                      KRV_NODE_ADMIN, KRV_NODE_RUN };

/* Runs until SIGTERM or SIGINT: 0. BUSY at FOLDER: another process uses it; EXISTS at ADDRESS: the
 * address is taken, NOT_FOUND: there is no such name or address here, DENIED: not allowed. */
int krv_node_run(const struct krv_node_options *options, enum krv_node_place *place);

#endif
