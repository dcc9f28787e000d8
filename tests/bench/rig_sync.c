/* rig_sync: a sync through kerven.h's own machine, with every byte counted at the socket. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { PATIENCE_MS = 60000, QUIET_MS = 300, CHUNK = 65536 };

static int dial(const char *address) {
  const char *colon = strrchr(address, ':');
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  name.sin_port = htons((uint16_t)(colon ? atoi(colon + 1) : 0));
  if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) != 0) {
    perror("connect");
    exit(2);
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void send_some(struct rig_live *live, const uint8_t *data, size_t len) {
  ssize_t n = send(live->fd, data, len < CHUNK ? len : CHUNK, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n <= 0) return;
  live->traffic.up += (uint64_t)n;
  rig_must(NULL, kerven_sync_sent(live->sync, (size_t)n), "sync");
}

/* False when the peer has closed. */
static bool receive_some(struct rig_live *live) {
  static uint8_t bytes[CHUNK];
  ssize_t n = recv(live->fd, bytes, sizeof bytes, 0);
  if (n <= 0) return false;
  live->traffic.down += (uint64_t)n;
  rig_must(NULL, kerven_sync_feed(live->sync, bytes, (size_t)n), "sync");
  return true;
}

static bool ended(const struct rig_live *live) {
  return kerven_sync_done(live->sync) || kerven_sync_again(live->sync);
}

/* Both ways until the machine has ended, the peer closed, or nothing moved for so long. */
static bool exchange(struct rig_live *live, int patience_ms) {
  for (;;) {
    const uint8_t *data;
    size_t len;
    rig_must(NULL, kerven_sync_pull(live->sync, &data, &len), "sync");
    if (len == 0 && ended(live)) return true;
    struct pollfd one = {.fd = live->fd, .events = (short)(POLLIN | (len > 0 ? POLLOUT : 0))};
    if (poll(&one, 1, patience_ms) <= 0) return false;
    if (one.revents & POLLOUT) send_some(live, data, len);
    if ((one.revents & (POLLIN | POLLHUP | POLLERR)) && !receive_some(live)) {
      rig_must(NULL, kerven_sync_closed(live->sync), "closed");
      return true;
    }
  }
}

static void begin(kerven *k, const struct kerven_sync_options *options, struct rig_live *live) {
  live->traffic = (struct rig_traffic){0};
  rig_must(k, kerven_sync_new(k, options, &live->sync), "sync");
  live->fd = dial(kerven_sync_peer(live->sync));
}

/* The report must agree with the socket. */
void rig_live_end(struct rig_live *live) {
  struct kerven_sync_report report = {.size = sizeof report};
  rig_must(NULL, kerven_sync_result(live->sync, &report), "sync");
  if (report.bytes_up != live->traffic.up || report.bytes_down != live->traffic.down) {
    fputs("the report's bytes are not the socket's\n", stderr);
    exit(2);
  }
  live->traffic.round_trips = report.round_trips;
  kerven_sync_free(live->sync);
  close(live->fd);
}

void rig_sync(kerven *k, bool no_ticket, struct rig_traffic *out) {
  struct kerven_sync_options options = {.size = sizeof options, .no_ticket = no_ticket};
  struct rig_live live;
  double started = bench_now_ms();
  begin(k, &options, &live);
  bool over = exchange(&live, PATIENCE_MS);
  bool again = kerven_sync_again(live.sync);
  rig_live_end(&live);
  if (!over || (again && no_ticket)) {
    fputs("a sync did not end\n", stderr);
    exit(2);
  }
  *out = live.traffic;
  out->ms = bench_now_ms() - started;
  if (again) rig_sync(k, true, out);
}

void rig_live_begin(kerven *k, struct rig_live *live) {
  struct kerven_sync_options options = {.size = sizeof options, .watch = true};
  begin(k, &options, live);
  rig_live_step(live);
}

void rig_live_step(struct rig_live *live) {
  exchange(live, QUIET_MS);
}
