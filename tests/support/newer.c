/* newer: a server of a later version, for tests of whole programs: with the key of a real server's
 * folder it opens the encryption, and tells whoever says OPEN to upgrade (docs/protocol.md 6.8).
 *
 *   newer DIR ADDRESS    listens there, prints the address, serves one after the other. Until it is
 *                        killed. DIR is the server's folder; ADDRESS is IPv4:PORT.
 *
 * It knows no tickets and no invitations: a client comes by XK. */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "dir.h"
#include "env_uv.h"
#include "stream.h"

static _Noreturn void die(const char *what) {
  fprintf(stderr, "newer: %s\n", what);
  exit(2);
}

static int no_ticket(void *ctx, const struct krv_id *id, struct krv_key *psk) {
  (void)ctx, (void)id, (void)psk;
  return KRV_NOT_FOUND;
}

static int no_use(void *ctx, const struct krv_id *id, const struct krv_key *e) {
  (void)ctx, (void)id, (void)e;
  return KRV_NOT_FOUND;
}

static int anybody(void *ctx, const struct krv_key *session_pk) {
  (void)ctx, (void)session_pk;
  return 0;
}

static int no_psk(void *ctx, struct krv_slice payload, struct krv_key *psk) {
  (void)ctx, (void)payload, (void)psk;
  return KRV_NOT_FOUND;
}

static int64_t clock_of(void *ctx) {
  const struct krv_env *env = ctx;
  return env->wall_s(env->ctx);
}

static bool write_out(struct krv_channel *channel, int fd) {
  struct krv_buf *out = krv_channel_out(channel);
  while (krv_channel_flush(channel) == 0 && out->len > 0) {
    ssize_t sent = send(fd, out->data, out->len, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    krv_buf_consume(out, (size_t)sent);
  }
  return true;
}

static bool heard_open(struct krv_channel *channel) {
  struct krv_message message;
  size_t used;
  struct krv_slice in = krv_buf_slice(krv_channel_in(channel));
  return krv_stream_next(in, 'c', &message, &used) == 0 && message.kind == KRV_MSG_OPEN;
}

static void say_upgrade(const struct krv_env *env, struct krv_channel *channel) {
  struct krv_buf message;
  krv_buf_init(&message, env);
  size_t mark = krv_message_begin(&message, KRV_MSG_REFUSE);
  krv_msg_refuse_encode(&(struct krv_msg_refuse){.status = KRV_UPGRADE, .argument = 2}, &message);
  krv_message_end(&message, mark);
  if (krv_channel_send(channel, krv_buf_slice(&message)) != 0) die("send");
  krv_buf_release(&message);
}

static void serve(const struct krv_env *env, struct krv_channel *channel, int fd) {
  uint8_t bytes[4096];
  bool said = false;
  for (ssize_t len; (len = read(fd, bytes, sizeof bytes)) > 0;) {
    if (said) continue; /* what the client still had to say */
    if (krv_channel_feed(channel, krv_slice(bytes, (size_t)len)) != 0) return;
    said = heard_open(channel);
    if (said) say_upgrade(env, channel);
    if (!write_out(channel, fd)) return;
    if (said) shutdown(fd, SHUT_WR);
  }
}

static int listen_at(const char *address) {
  struct sockaddr_in here = {.sin_family = AF_INET};
  const int on = 1;
  char host[64];
  int port, fd = socket(AF_INET, SOCK_STREAM, 0);
  if (sscanf(address, "%63[0-9.]:%d", host, &port) != 2 ||
      inet_pton(AF_INET, host, &here.sin_addr) != 1)
    die(address);
  here.sin_port = htons((uint16_t)port);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
      bind(fd, (struct sockaddr *)&here, sizeof here) || listen(fd, 16))
    die(address);
  return fd;
}

int main(int argc, char **argv) {
  const struct krv_env *env = krv_env_real();
  struct krv_server_key key;
  struct krv_channel *channel;
  struct krv_channel_host host = {no_ticket, no_use, anybody, no_psk, clock_of, (void *)env};
  if (argc != 3) die("usage: newer DIR ADDRESS");
  signal(SIGPIPE, SIG_IGN);
  if (krv_crypto_start() != 0 || krv_server_key_load(argv[1], env, &key) != 0) die(argv[1]);
  int listener = listen_at(argv[2]);
  puts(argv[2]);
  fflush(stdout);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    struct krv_channel_options options = {.env = env, .s = &key.server, .host = &host};
    if (fd < 0 || krv_channel_new(&options, &channel) != 0) die("accept");
    serve(env, channel, fd);
    krv_channel_free(channel);
    close(fd);
  }
}
