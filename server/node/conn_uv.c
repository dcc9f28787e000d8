/* conn_uv: a socket around a conn.
 *
 *   reading --bytes--> conn --out--> writing --written--> drained ...
 *      |                 |done
 *      v                 v
 *   closed <---- lingering: FIN sent, input thrown away, so that what was sent
 *                last is not lost to a reset; 2 s at most
 *
 * Nothing is freed but in the close callback. */
#define _GNU_SOURCE
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hash.h"
#include "node_in.h"

enum { LINGER_MS = 2000, IPV6_PREFIX_LEN = 8, KEEPALIVE_S = 60,
       UNSENT_MAX = 64 * 1024 }; /* of one connection, in the kernel; without it, megabytes */

static void no_stranger(struct krv_peer *peer) {
  if (peer->stranger) peer->node->unknown[peer->slot]--;
  peer->stranger = false;
}

static void on_closed(uv_handle_t *handle) {
  struct krv_peer *peer = handle->data;
  struct krv_node *node = peer->node;
  no_stranger(peer);
  if (peer->previous) peer->previous->next = peer->next;
  else node->peers = peer->next;
  if (peer->next) peer->next->previous = peer->previous;
  node->peer_count--;
  krv_conn_free(peer->conn);
  krv_buf_wipe(&peer->in_flight);
  krv_free(node->env, peer);
  krv_node_accept_more(node);
}

void krv_peer_close(struct krv_peer *peer) {
  if (peer->closing) return;
  peer->closing = true;
  uv_close((uv_handle_t *)&peer->tcp, on_closed);
}

void krv_peer_reset(struct krv_peer *peer) {
  if (peer->closing) return;
  if (uv_tcp_close_reset(&peer->tcp, on_closed) == 0) peer->closing = true;
  else krv_peer_close(peer);
}

static void on_shutdown(uv_shutdown_t *request, int status) {
  struct krv_peer *peer = request->data;
  if (status != 0 && !peer->closing) krv_peer_close(peer);
}

/* All is out. Strangers are closed at once; others get a FIN, and time to read. */
static void finish(struct krv_peer *peer) {
  if (krv_conn_passing(peer->conn)) {
    krv_peer_reset(peer);
    return;
  }
  if (!krv_conn_known(peer->conn)) {
    krv_peer_close(peer);
    return;
  }
  if (peer->linger_ms != 0) return;
  peer->linger_ms = peer->node->env->mono_ms(peer->node->env->ctx) + LINGER_MS;
  peer->shutdown.data = peer;
  if (uv_shutdown(&peer->shutdown, (uv_stream_t *)&peer->tcp, on_shutdown) != 0)
    krv_peer_close(peer);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  (void)suggested;
  struct krv_peer *peer = handle->data;
  *buf = uv_buf_init((char *)peer->node->read_room, sizeof peer->node->read_room);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
  struct krv_peer *peer = stream->data;
  if (len < 0) {
    krv_peer_close(peer);
    return;
  }
  if (len == 0 || peer->linger_ms != 0) return;
  /* conn remembers why it ends */
  (void)krv_conn_feed(peer->conn, krv_slice(buf->base, (size_t)len));
  krv_wipe(buf->base, (size_t)len);
  if (krv_service_commit_due(&peer->node->service)) krv_node_commit(peer->node);
  krv_peer_flush(peer);
}

/* Reads while the peer takes what is sent to it. */
static void set_reading(struct krv_peer *peer) {
  bool want = krv_conn_out(peer->conn)->len < krv_conn_out_high(peer->conn);
  if (peer->closing || want == peer->reading) return;
  peer->reading = want;
  if (!want) uv_read_stop((uv_stream_t *)&peer->tcp);
  else if (uv_read_start((uv_stream_t *)&peer->tcp, on_alloc, on_read) != 0) krv_peer_close(peer);
}

static void on_written(uv_write_t *request, int status) {
  struct krv_peer *peer = request->data;
  peer->writing = false;
  krv_conn_sent(peer->conn, peer->in_flight.len);
  krv_buf_release(&peer->in_flight);
  if (peer->closing) return;
  if (status != 0) {
    krv_peer_close(peer);
    return;
  }
  if (krv_conn_out(peer->conn)->len == 0) (void)krv_conn_drained(peer->conn);
  krv_peer_flush(peer);
}

void krv_peer_flush(struct krv_peer *peer) {
  if (peer->closing) return;
  if (krv_conn_known(peer->conn)) no_stranger(peer);
  struct krv_buf *out = krv_conn_out(peer->conn);
  if (!peer->writing && out->len > 0) {
    peer->in_flight = *out;
    krv_buf_init(out, peer->node->env);
    uv_buf_t bytes = uv_buf_init((char *)peer->in_flight.data, (unsigned)peer->in_flight.len);
    peer->write.data = peer;
    peer->writing = true;
    peer->handed += peer->in_flight.len;
    if (uv_write(&peer->write, (uv_stream_t *)&peer->tcp, &bytes, 1, on_written) != 0) {
      peer->writing = false;
      krv_peer_close(peer);
      return;
    }
  }
  if (!peer->writing && krv_conn_done(peer->conn)) finish(peer);
  else set_reading(peer);
}

/* A pull over a slow link waits in the kernel for minutes: what the other end's TCP has
 * acknowledged since is progress. */
static void note_taken(struct krv_peer *peer) {
  uv_os_fd_t fd;
  int on_way = 0;
  if (peer->taken == peer->handed || uv_fileno((uv_handle_t *)&peer->tcp, &fd) != 0 ||
      ioctl(fd, SIOCOUTQ, &on_way) != 0)
    return;
  size_t waits = uv_stream_get_write_queue_size((uv_stream_t *)&peer->tcp) + (size_t)on_way;
  uint64_t taken = peer->handed > waits ? peer->handed - waits : 0;
  if (taken <= peer->taken) return;
  peer->taken = taken;
  krv_conn_taken(peer->conn);
}

void krv_peer_tick(struct krv_peer *peer, uint64_t now_ms) {
  if (peer->closing) return;
  note_taken(peer);
  if (peer->linger_ms != 0) {
    if (now_ms >= peer->linger_ms) krv_peer_close(peer);
    return;
  }
  if (now_ms < krv_conn_deadline_ms(peer->conn)) return;
  (void)krv_conn_timeout(peer->conn, now_ms);
  if (!krv_conn_done(peer->conn)) return;
  if (krv_conn_passing(peer->conn)) krv_peer_reset(peer);
  else krv_peer_close(peer); /* it does not read: nothing to wait for */
}

void krv_node_distrust(struct krv_node *node, int status) {
  if (status != KRV_IO && status != KRV_DAMAGED) return;
  if (node->status == 0) node->status = status;
  uv_stop(&node->loop);
}

void krv_node_commit(struct krv_node *node) {
  if (!krv_batch_open(node->service.batch) && node->service.batch_status == 0) return;
  int status = krv_service_commit(&node->service);
  node->dirty = true;
  node->committed_ms = node->env->mono_ms(node->env->ctx);
  for (struct krv_peer *peer = node->peers; peer; peer = peer->next) krv_peer_flush(peer);
  krv_node_distrust(node, status);
}

/* ---- coming in ---- */

/* The slot of the address, counted if there is room. */
static bool count_stranger(struct krv_node *node, struct krv_peer *peer) {
  struct sockaddr_storage name;
  int len = sizeof name;
  uint8_t hash[8];
  if (uv_tcp_getpeername(&peer->tcp, (struct sockaddr *)&name, &len) != 0) return false;
  struct krv_slice address = krv_slice(&((struct sockaddr_in *)&name)->sin_addr, 4);
  if (name.ss_family == AF_INET6)
    address = krv_slice(&((struct sockaddr_in6 *)&name)->sin6_addr, IPV6_PREFIX_LEN);
  const struct krv_slice parts[] = {krv_slice(node->unknown_key.b, KRV_KEY_LEN), address};
  krv_h(KRV_DOMAIN_ITEM, parts, 2, hash, sizeof hash);
  peer->slot = (hash[0] | (uint32_t)hash[1] << 8) % KRV_UNKNOWN_SLOTS;
  if (node->unknown[peer->slot] >= node->options.unknown_per_address_max) return false;
  node->unknown[peer->slot]++;
  peer->stranger = true;
  return true;
}

static void link_peer(struct krv_node *node, struct krv_peer *peer) {
  peer->next = node->peers;
  if (node->peers) node->peers->previous = peer;
  node->peers = peer;
  node->peer_count++;
}

static void reset(int fd) {
  const struct linger hard = {.l_onoff = 1};
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(fd);
}

int krv_peer_take(struct krv_node *node, int fd) {
  static const int unsent_max = UNSENT_MAX;
  struct krv_peer *peer = krv_zalloc(node->env, 1, sizeof *peer);
  if (!peer || krv_conn_new(&node->service, ++node->next_number, &peer->conn) != 0) {
    reset(fd);
    krv_free(node->env, peer);
    return KRV_NOMEM;
  }
  peer->node = node;
  krv_buf_init(&peer->in_flight, node->env);
  uv_tcp_init(&node->loop, &peer->tcp);
  peer->tcp.data = peer;
  link_peer(node, peer);
  if (uv_tcp_open(&peer->tcp, fd) != 0) {
    reset(fd);
    krv_peer_close(peer);
  } else if (!count_stranger(node, peer)) {
    krv_peer_reset(peer);
  } else {
    uv_tcp_nodelay(&peer->tcp, 1);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max, sizeof unsent_max);
    uv_tcp_keepalive(&peer->tcp, 1, KEEPALIVE_S);
    set_reading(peer);
  }
  return 0;
}
