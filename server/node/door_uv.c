/* door_uv: a listening socket. Who connects is taken from the backlog by hand, a few a turn, so
 * that who is in goes on whatever comes. Where no descriptor or memory is to be had, nobody looks
 * at the door for a moment. libuv's own listener knows no such rest: it calls accept until that
 * succeeds. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node_in.h"

enum { REST_MS = 50, TAKEN_A_TURN = 64 };

int krv_door_accept(const struct krv_door *door, int *fd) {
  *fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (*fd >= 0) return 0;
  if (errno == EAGAIN || errno == EWOULDBLOCK) return KRV_END;
  return errno == ECONNABORTED || errno == EINTR ? KRV_CUT : KRV_NOMEM;
}

static void on_rested(uv_timer_t *rest) {
  krv_door_look(rest->data);
}

static void on_knock(uv_poll_t *poll, int status, int events) {
  struct krv_door *door = poll->data;
  int taken = status < 0 ? KRV_NOMEM : 0;
  (void)events;
  for (int i = 0; i < TAKEN_A_TURN && (taken == 0 || taken == KRV_CUT); i++)
    taken = door->take(door->node);
  if (taken == KRV_BUSY || taken == KRV_NOMEM) uv_poll_stop(poll);
  if (taken == KRV_NOMEM) uv_timer_start(&door->rest, on_rested, REST_MS, 0);
}

void krv_door_look(struct krv_door *door) {
  if (door->open) (void)uv_poll_start(&door->poll, UV_READABLE, on_knock);
}

int krv_door_open(struct krv_node *node, struct krv_door *door, int fd,
                  int (*take)(struct krv_node *node)) {
  if (uv_poll_init(&node->loop, &door->poll, fd) != 0) {
    close(fd);
    return KRV_NOMEM;
  }
  uv_timer_init(&node->loop, &door->rest);
  door->poll.data = door->rest.data = door;
  door->node = node;
  door->take = take;
  door->fd = fd;
  door->open = true;
  krv_door_look(door);
  return 0;
}

void krv_door_shut(struct krv_door *door) {
  if (!door->open) return;
  door->open = false;
  uv_close((uv_handle_t *)&door->poll, NULL);
  uv_close((uv_handle_t *)&door->rest, NULL);
  close(door->fd);
}
