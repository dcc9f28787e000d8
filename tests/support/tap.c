/* tap: a wire that is listened to, for tests of whole programs.
 *
 *   tap CONF FOLDER    listens on loopback and prints the address; passes each connection on to the
 *                      server whose settings are in CONF, and keeps what goes by in FOLDER/N.up and
 *                      FOLDER/N.down. Until it is killed.
 *
 * CONF is read for each connection: the server may be made, and started again, later than this. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 65536, PATH_LEN = 4096 };

static _Noreturn void die(const char *what) {
  fprintf(stderr, "tap: %s: %s\n", what, strerror(errno));
  exit(2);
}

static struct sockaddr_in server_of(const char *conf) {
  struct sockaddr_in out = {.sin_family = AF_INET};
  char line[256], host[64] = "";
  int port = 0;
  FILE *in = fopen(conf, "r");
  if (!in) die(conf);
  while (fgets(line, sizeof line, in))
    if (sscanf(line, "listen = %63[0-9.]:%d", host, &port) == 2) break;
  fclose(in);
  if (inet_pton(AF_INET, host, &out.sin_addr) != 1) die(conf);
  out.sin_port = htons((uint16_t)port);
  return out;
}

static int file_for(const char *folder, unsigned number, const char *side) {
  char path[PATH_LEN];
  snprintf(path, sizeof path, "%s/%u.%s", folder, number, side);
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) die(path);
  return fd;
}

struct way {
  int from, to, copy;
  bool open;
};

static void put(int fd, const char *bytes, size_t len) {
  for (size_t at = 0; at < len;) {
    ssize_t done = write(fd, bytes + at, len - at);
    if (done <= 0) return; /* the other end is gone: what it would not hear is kept all the same */
    at += (size_t)done;
  }
}

static void carry(struct way *way) {
  static char room[ROOM];
  ssize_t len = read(way->from, room, sizeof room);
  if (len <= 0) {
    way->open = false;
    shutdown(way->to, SHUT_WR);
    return;
  }
  put(way->copy, room, (size_t)len);
  put(way->to, room, (size_t)len);
}

static _Noreturn void pass_on(int client, const char *conf, const char *folder, unsigned number) {
  struct sockaddr_in there = server_of(conf);
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (server < 0 || connect(server, (struct sockaddr *)&there, sizeof there)) _exit(0);
  struct way ways[2] = {{client, server, file_for(folder, number, "up"), true},
                        {server, client, file_for(folder, number, "down"), true}};
  while (ways[0].open || ways[1].open) {
    struct pollfd wait[2];
    for (int i = 0; i < 2; i++)
      wait[i] = (struct pollfd){.fd = ways[i].open ? ways[i].from : -1, .events = POLLIN};
    if (poll(wait, 2, -1) < 0) die("poll");
    for (int i = 0; i < 2; i++)
      if (wait[i].revents) carry(&ways[i]);
  }
  _exit(0);
}

int main(int argc, char **argv) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof here;
  if (argc != 3) {
    fprintf(stderr, "usage: tap CONF FOLDER\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) ||
      listen(listener, 16) || getsockname(listener, (struct sockaddr *)&here, &len))
    die("listen");
  printf("127.0.0.1:%u\n", ntohs(here.sin_port));
  fflush(stdout);
  for (unsigned number = 1;; number++) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) die("accept");
    pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL); /* no line outlives the test */
      close(listener);
      pass_on(client, argv[1], argv[2], number);
    }
    close(client);
  }
}
