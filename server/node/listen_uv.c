/* listen_uv: where devices come in. When the house is full, the next one is left in the backlog
 * until a few places are free again. Who waits is told nothing: a close would say that this is
 * another one's server (protocol.md 2.4). */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node_in.h"

enum { BACKLOG = 511, FD_RESERVE = 64, FD_FALLBACK = 1024 };

static uint32_t connections_allowed(uint32_t wanted) {
  struct rlimit limit = {FD_FALLBACK, FD_FALLBACK};
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  uint64_t fds = limit.rlim_cur > UINT32_MAX ? UINT32_MAX : limit.rlim_cur;
  uint32_t most = (uint32_t)(fds > 2 * FD_RESERVE ? fds - FD_RESERVE : fds / 2);
  return wanted > 0 && wanted < most ? wanted : most;
}

static int take_peer(struct krv_node *node) {
  int fd;
  node->full = node->peer_count >= node->connections_max;
  int status = node->full ? KRV_BUSY : krv_door_accept(&node->door, &fd);
  return status == 0 ? krv_peer_take(node, fd) : status;
}

void krv_node_accept_more(struct krv_node *node) {
  if (!node->full || node->peer_count >= node->connections_max - node->connections_max / 16) return;
  node->full = false;
  krv_door_look(&node->door);
}

static int address_status(void) {
  switch (errno) {
    case EADDRINUSE: return KRV_EXISTS;
    case EACCES: return KRV_DENIED;
    case EADDRNOTAVAIL: return KRV_NOT_FOUND;
    default: return KRV_IO;
  }
}

static int bind_and_listen(struct krv_node *node, const struct addrinfo *address) {
  static const int on = 1, off = 0;
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return KRV_IO;
  if (address->ai_family == AF_INET6)
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  int status = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
                       bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
                       listen(fd, BACKLOG) != 0
                   ? address_status()
                   : 0;
  if (status == 0) return krv_door_open(node, &node->door, fd, take_peer);
  close(fd);
  return status;
}

static void tell(struct krv_node *node) {
  struct sockaddr_storage name;
  char host[64] = "";
  socklen_t len = sizeof name;
  if (getsockname(node->door.fd, (struct sockaddr *)&name, &len) != 0) return;
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
  int status = bind_and_listen(node, request.addrinfo);
  uv_freeaddrinfo(request.addrinfo);
  if (status == 0) tell(node);
  return status;
}
