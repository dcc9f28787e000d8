/* sync_uv: a driver, no more: bytes from a socket to the session and back.
 *
 *   look up -> connect -> read <-> write -> (done | error | late) -> close, once
 *
 * The machine decides everything; this file only knows sockets and timers. */
#define _POSIX_C_SOURCE 200809L

#include "sync_uv.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uv.h>

#include "lookup.h"

enum { READ_SIZE = 64 * 1024, TICK_MS = 500 };

struct link {
  struct krv_sync *sync;
  const struct krv_env *env;
  const struct krv_sync_link *options;
  uv_loop_t loop;
  uv_tcp_t tcp;
  uv_timer_t timer;
  struct krv_lookup *lookup; /* NULL once it has ended */
  uv_poll_t found;
  uv_connect_t connect;
  uv_write_t write;
  struct krv_world *world;
  char read_room[READ_SIZE];
  uint8_t *writing;
  size_t writing_len;
  uint64_t progress_ms, taken;
  int status;
  bool connected, write_busy, closing;
};

static void lookup_end(struct link *l) {
  if (!l->lookup) return;
  uv_close((uv_handle_t *)&l->found, NULL);
  krv_lookup_leave(l->lookup);
  l->lookup = NULL;
}

static void link_end(struct link *l, int status) {
  if (l->closing) return;
  l->closing = true;
  l->status = status;
  lookup_end(l);
  uv_close((uv_handle_t *)&l->timer, NULL);
  uv_close((uv_handle_t *)&l->tcp, NULL);
}

static void pump(struct link *l);

static void on_written(uv_write_t *request, int uv_status) {
  struct link *l = request->data;
  l->write_busy = false;
  if (uv_status < 0) return link_end(l, krv_sync_lost(l->sync));
  krv_sync_sent(l->sync, l->writing_len);
  l->progress_ms = uv_now(&l->loop);
  pump(l);
}

/* Sends what there is, one write at a time; ends when the session has. */
static void pump(struct link *l) {
  struct krv_slice out;
  if (l->closing || l->write_busy || !l->connected) return;
  int status = krv_sync_pull(l->sync, &out);
  if (status != 0) return link_end(l, status);
  if (out.len == 0) {
    if (krv_sync_done(l->sync) || krv_sync_again(l->sync)) link_end(l, 0);
    return;
  }
  l->writing_len = out.len < READ_SIZE ? out.len : READ_SIZE;
  uint8_t *room = krv_resize(l->env, l->writing, l->writing_len);
  if (!room) return link_end(l, KRV_NOMEM);
  l->writing = room;
  memcpy(l->writing, out.data, l->writing_len);
  uv_buf_t buf = uv_buf_init((char *)l->writing, (unsigned)l->writing_len);
  l->write.data = l;
  l->write_busy = true;
  if (uv_write(&l->write, (uv_stream_t *)&l->tcp, &buf, 1, on_written) != 0) link_end(l, KRV_CUT);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  struct link *l = handle->data;
  (void)suggested;
  *buf = uv_buf_init(l->read_room, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
  struct link *l = stream->data;
  if (len == 0) return;
  if (len < 0)
    return link_end(l, len == UV_EOF ? krv_sync_closed(l->sync) : krv_sync_lost(l->sync));
  l->progress_ms = uv_now(&l->loop);
  int status = krv_sync_feed(l->sync, krv_slice(buf->base, (size_t)len));
  if (status != 0) return link_end(l, status);
  if (l->options->progress) {
    struct krv_sync_counts counts;
    krv_sync_counts(l->sync, &counts);
    l->options->progress(l->options->ctx, &counts);
  }
  pump(l);
}

static void on_connected(uv_connect_t *request, int uv_status) {
  struct link *l = request->data;
  /* accepted, and reset before we knew of it: somebody is there, and busy */
  if (uv_status == UV_ECONNRESET) return link_end(l, krv_sync_lost(l->sync));
  if (uv_status < 0) return link_end(l, KRV_OFFLINE);
  l->connected = true;
  uv_tcp_nodelay(&l->tcp, 1);
  l->progress_ms = uv_now(&l->loop);
  if (uv_read_start((uv_stream_t *)&l->tcp, on_room, on_read) != 0) return link_end(l, KRV_OFFLINE);
  pump(l);
}

/* What the kernel took from us long ago may still be on its way over a slow link: whatever TCP has
 * acknowledged since is progress. */
static void note_moved(struct link *l) {
  struct krv_sync_counts counts;
  uv_os_fd_t fd;
  int on_way = 0;
  if (!l->connected || uv_fileno((uv_handle_t *)&l->tcp, &fd) != 0) return;
  if (ioctl(fd, SIOCOUTQ, &on_way) != 0) return;
  krv_sync_counts(l->sync, &counts);
  uint64_t written = counts.bytes_up + (l->write_busy ? l->writing_len : 0);
  uint64_t waits = uv_stream_get_write_queue_size((uv_stream_t *)&l->tcp) + (uint64_t)on_way;
  uint64_t taken = written > waits ? written - waits : 0;
  if (taken <= l->taken) return;
  l->taken = taken;
  l->progress_ms = uv_now(&l->loop);
  krv_sync_moved(l->sync);
}

static void on_tick(uv_timer_t *timer) {
  struct link *l = timer->data;
  note_moved(l);
  uint64_t idle = uv_now(&l->loop) - l->progress_ms;
  bool live = l->options->watch && l->connected;
  if (l->options->stop && l->options->stop(l->options->ctx)) return link_end(l, 0);
  if (l->options->watch && krv_vault_is_wanted(l->world->vault)) return link_end(l, 0);
  if (krv_sync_timeout(l->sync, l->env->mono_ms(l->env->ctx)) != 0)
    return link_end(l, krv_sync_status(l->sync));
  if (!live && idle > l->options->timeout_ms)
    return link_end(l, l->connected ? krv_sync_give_up(l->sync) : KRV_OFFLINE);
  pump(l); /* what was saved meanwhile */
}

/* "host:port", the host perhaps in brackets. */
static int split_address(const char *address, char *host, size_t cap, const char **port) {
  const char *colon = strrchr(address, ':');
  if (!colon || colon == address) return KRV_INVALID;
  size_t len = (size_t)(colon - address);
  if (address[0] == '[' && address[len - 1] == ']') {
    address++;
    len -= 2;
  }
  if (len >= cap) return KRV_INVALID;
  memcpy(host, address, len);
  host[len] = 0;
  *port = colon + 1;
  return 0;
}

static void on_found(uv_poll_t *found, int uv_status, int events) {
  struct link *l = found->data;
  struct sockaddr_storage address;
  (void)events;
  int status = uv_status < 0 ? KRV_OFFLINE : krv_lookup_result(l->lookup, &address);
  lookup_end(l);
  if (status == 0 && uv_tcp_connect(&l->connect, &l->tcp, (const struct sockaddr *)&address,
                                    on_connected) != 0)
    status = KRV_OFFLINE;
  if (status != 0) link_end(l, status);
}

static int start(struct link *l, const char *address) {
  char host[256];
  const char *port;
  int status = split_address(address, host, sizeof host, &port);
  if (status == 0) status = krv_lookup_start(host, port, &l->lookup);
  if (status != 0) return status;
  if (uv_poll_init(&l->loop, &l->found, krv_lookup_fd(l->lookup)) != 0) {
    krv_lookup_leave(l->lookup);
    l->lookup = NULL;
    return KRV_OFFLINE;
  }
  l->connect.data = l->found.data = l;
  return uv_poll_start(&l->found, UV_READABLE, on_found) != 0 ? KRV_OFFLINE : 0;
}

static void run(struct link *l) {
  uv_tcp_init(&l->loop, &l->tcp);
  uv_timer_init(&l->loop, &l->timer);
  l->tcp.data = l->timer.data = l;
  uv_timer_start(&l->timer, on_tick, TICK_MS, TICK_MS);
  l->progress_ms = uv_now(&l->loop);
  int status = start(l, l->world->member.address);
  if (status != 0) link_end(l, status);
  uv_run(&l->loop, UV_RUN_DEFAULT);
}

static int one_connection(struct krv_world *world, const struct krv_sync_link *options,
                          bool no_ticket, bool *again, struct krv_sync_counts *counts) {
  struct krv_sync_choice choice = {
      .watch = options->watch, .no_ticket = no_ticket, .trace_env = options->trace_env};
  struct link *l = krv_zalloc(world->env, 1, sizeof *l);
  *again = false;
  if (!l) return KRV_NOMEM;
  l->env = world->env;
  l->world = world;
  l->options = options;
  int status = krv_sync_new(world, &choice, &l->sync);
  if (status == 0 && uv_loop_init(&l->loop) != 0) status = KRV_NOMEM;
  if (status == 0) {
    run(l);
    uv_loop_close(&l->loop);
    status = l->status;
    *again = krv_sync_again(l->sync);
  }
  if (l->sync) krv_sync_counts(l->sync, counts);
  krv_sync_free(l->sync);
  krv_free(world->env, l->writing);
  krv_wipe(l->read_room, sizeof l->read_room);
  krv_free(world->env, l);
  return status;
}

int krv_sync_over_tcp(struct krv_world *world, const struct krv_sync_link *link,
                      struct krv_sync_counts *counts) {
  struct krv_sync_counts first;
  bool again;
  memset(counts, 0, sizeof *counts);
  int status = one_connection(world, link, false, &again, counts);
  if (!again) return status;
  first = *counts; /* the bytes of the attempt count as well */
  status = one_connection(world, link, true, &again, counts);
  counts->bytes_up += first.bytes_up;
  counts->bytes_down += first.bytes_down;
  counts->round_trips++;
  return status;
}
