/* listen_uv: the door. When the house is full, the next connection is left
 * unaccepted, upon which libuv stops watching the listener: no spinning, no
 * descriptor. It is taken when a few places are free again. */
#define _GNU_SOURCE
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "node_in.h"

enum { BACKLOG = 511, FD_RESERVE = 64, FD_FALLBACK = 1024, ACCEPT_PAUSE_MS = 10 };

static uint32_t connections_allowed(uint32_t wanted) {
  struct rlimit limit = {FD_FALLBACK, FD_FALLBACK};
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  uint64_t fds = limit.rlim_cur > UINT32_MAX ? UINT32_MAX : limit.rlim_cur;
  uint32_t most = (uint32_t)(fds > 2 * FD_RESERVE ? fds - FD_RESERVE : fds / 2);
  return wanted > 0 && wanted < most ? wanted : most;
}

static void on_connection(uv_stream_t *listener, int status) {
  struct krv_node *node = listener->data;
  if (node->stopping) return;
  if (status != 0) { /* no descriptor in the process or the system: libuv would ask at once again */
    uv_sleep(ACCEPT_PAUSE_MS);
    return;
  }
  bool full = node->peer_count >= node->connections_max;
  if (full || krv_peer_accept(node) == KRV_NOMEM) node->accept_waits = true;
}

void krv_node_accept_more(struct krv_node *node) {
  if (!node->accept_waits || node->stopping) return;
  if (node->peer_count >= node->connections_max - node->connections_max / 16) return;
  node->accept_waits = krv_peer_accept(node) == KRV_NOMEM;
}

static int address_status(int uv_status) {
  switch (uv_status) {
    case UV_EADDRINUSE: return KRV_EXISTS;
    case UV_EACCES: return KRV_DENIED;
    case UV_EADDRNOTAVAIL: return KRV_NOT_FOUND;
    default: return KRV_IO;
  }
}

static int bind_and_listen(struct krv_node *node, const struct sockaddr *address) {
  int status = uv_tcp_bind(&node->listener, address, 0);
  if (status == 0) status = uv_listen((uv_stream_t *)&node->listener, BACKLOG, on_connection);
  return status == 0 ? 0 : address_status(status);
}

static void tell(struct krv_node *node) {
  struct sockaddr_storage name;
  char host[64] = "";
  int len = sizeof name;
  if (uv_tcp_getsockname(&node->listener, (struct sockaddr *)&name, &len) != 0) return;
  uint16_t port = 0;
  if (name.ss_family == AF_INET6) {
    char bare[48] = "";
    uv_ip6_name((struct sockaddr_in6 *)&name, bare, sizeof bare);
    snprintf(host, sizeof host, "[%s]", bare);
    port = ntohs(((struct sockaddr_in6 *)&name)->sin6_port);
  } else {
    uv_ip4_name((struct sockaddr_in *)&name, host, sizeof host);
    port = ntohs(((struct sockaddr_in *)&name)->sin_port);
  }
  node->options.listening(node->options.ctx, host, port);
}

int krv_node_listen(struct krv_node *node) {
  node->connections_max = connections_allowed(node->options.connections_max);
  char port[8];
  snprintf(port, sizeof port, "%u", (unsigned)node->options.port);
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                           .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  uv_getaddrinfo_t request;
  if (uv_getaddrinfo(&node->loop, &request, NULL, node->options.host, port, &hints) != 0)
    return KRV_NOT_FOUND;
  int status = bind_and_listen(node, request.addrinfo->ai_addr);
  uv_freeaddrinfo(request.addrinfo);
  if (status == 0) tell(node);
  return status;
}
