/* lookup: owned by its caller and, while that runs, by the thread; whoever leaves last frees it. */
#define _GNU_SOURCE
#include "lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "status.h"

struct krv_lookup {
  atomic_int owners, status; /* status is stored after the address */
  int fd;
  struct sockaddr_storage address;
  char host[256], port[16];
};

void krv_lookup_leave(struct krv_lookup *lookup) {
  if (!lookup || atomic_fetch_sub(&lookup->owners, 1) > 1) return;
  close(lookup->fd);
  free(lookup);
}

static int find(struct krv_lookup *lookup, int flags) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags}, *found;
  if (getaddrinfo(lookup->host, lookup->port, &hints, &found) != 0) return KRV_OFFLINE;
  memcpy(&lookup->address, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return 0;
}

static void end(struct krv_lookup *lookup, int status) {
  const uint64_t one = 1;
  atomic_store(&lookup->status, status);
  (void)!write(lookup->fd, &one, sizeof one); /* a fresh counter takes it */
}

static void *run(void *arg) {
  struct krv_lookup *lookup = arg;
  end(lookup, find(lookup, 0));
  krv_lookup_leave(lookup);
  return NULL;
}

/* Signals are for the threads of the program. */
static int start_thread(struct krv_lookup *lookup) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  if (pthread_attr_init(&attributes) != 0) return KRV_NOMEM;
  (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  atomic_store(&lookup->owners, 2);
  int failed = pthread_create(&thread, &attributes, run, lookup);
  if (failed) atomic_store(&lookup->owners, 1);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return failed ? KRV_NOMEM : 0;
}

int krv_lookup_start(const char *host, const char *port, struct krv_lookup **out) {
  *out = NULL;
  struct krv_lookup *lookup = calloc(1, sizeof *lookup);
  if (!lookup) return KRV_NOMEM;
  atomic_store(&lookup->owners, 1);
  lookup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int status = lookup->fd < 0 ? KRV_IO : 0;
  if (strlen(host) >= sizeof lookup->host || strlen(port) >= sizeof lookup->port)
    status = KRV_INVALID;
  if (status == 0) {
    memcpy(lookup->host, host, strlen(host));
    memcpy(lookup->port, port, strlen(port));
    if (find(lookup, AI_NUMERICHOST) == 0) end(lookup, 0);
    else status = start_thread(lookup);
  }
  if (status != 0) krv_lookup_leave(lookup);
  else *out = lookup;
  return status;
}

int krv_lookup_fd(const struct krv_lookup *lookup) {
  return lookup->fd;
}

int krv_lookup_result(struct krv_lookup *lookup, struct sockaddr_storage *out) {
  int status = atomic_load(&lookup->status);
  *out = lookup->address;
  return status;
}
