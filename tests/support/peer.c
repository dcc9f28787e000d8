/* peer: the other end of a connection that does not speak kerven, for tests of whole programs.
 *
 *   peer serve ADDRESS FILE [hold]  listens there, prints the address, and answers whoever calls
 *                                   with the bytes of FILE; then closes; with hold it is silent and
 *                                   keeps the line open. Until it is killed.
 *   peer call ADDRESS FILE          sends the bytes of FILE and reads until the other end closes, a
 *                                   minute at most. Prints how many bytes came back; exit status 0
 *                                   when it was closed.
 *
 * A reset counts as closing: what was sent may not have been read. */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BYTES_MAX = 1 << 20, WAIT_MS = 60000 };

static char bytes[BYTES_MAX];

static void die(const char *what) {
  fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
  exit(2);
}

static size_t load(const char *path) {
  FILE *in = fopen(path, "rb");
  if (!in) die(path);
  size_t len = fread(bytes, 1, sizeof bytes, in);
  fclose(in);
  return len;
}

/* As much as the other end takes. */
static void say(int fd, size_t len) {
  for (size_t at = 0; at < len;) {
    ssize_t sent = send(fd, bytes + at, len - at, MSG_NOSIGNAL);
    if (sent <= 0) return;
    at += (size_t)sent;
  }
}

/* Bytes until the other end closes; -1 when it does not. */
static long hear(int fd) {
  static char room[65536];
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  for (long heard = 0;;) {
    if (poll(&wait, 1, WAIT_MS) <= 0) return -1;
    ssize_t len = read(fd, room, sizeof room);
    if (len <= 0) return heard;
    heard += len;
  }
}

static struct sockaddr_in parse(const char *address) {
  struct sockaddr_in out = {.sin_family = AF_INET};
  char host[64];
  int port;
  if (sscanf(address, "%63[0-9.]:%d", host, &port) != 2 ||
      inet_pton(AF_INET, host, &out.sin_addr) != 1)
    die(address);
  out.sin_port = htons((uint16_t)port);
  return out;
}

static _Noreturn void serve(const char *address, const char *path, bool hold) {
  struct sockaddr_in here = parse(address);
  const int on = 1;
  size_t len = load(path);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
      bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 16))
    die(address);
  puts(address);
  fflush(stdout);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) die("accept");
    say(fd, len);
    if (hold) continue;
    shutdown(fd, SHUT_WR);
    hear(fd);
    close(fd);
  }
}

static int call(const char *address, const char *path) {
  struct sockaddr_in there = parse(address);
  size_t len = load(path);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&there, sizeof there)) die("connect");
  say(fd, len);
  long heard = hear(fd);
  close(fd);
  printf("%ld\n", heard);
  return heard < 0;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc >= 4 && !strcmp(argv[1], "serve")) serve(argv[2], argv[3], argc > 4);
  if (argc == 4 && !strcmp(argv[1], "call")) return call(argv[2], argv[3]);
  fprintf(stderr, "usage: peer serve ADDRESS FILE [hold] | peer call ADDRESS FILE\n");
  return 2;
}
