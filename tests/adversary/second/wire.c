/* wire: TCP, frames, the three handshakes, and the stream of messages. */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "second.h"

enum { XK1 = 1, XK2, XK3, EN1, EN2, EN3, TK1, TK2, DATA }; /* 2.2 */
enum { DATA_MAX = 65518, WAIT_S = 20 };

static int dial(const char *address) {
  char host[256];
  const char *colon = strrchr(address, ':');
  CHECK(colon && (size_t)(colon - address) < sizeof host, "11.2: no host:port: %s", address);
  memcpy(host, address, (size_t)(colon - address));
  host[colon - address] = '\0';
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  CHECK(getaddrinfo(host, colon + 1, &hints, &found) == 0, "no such address: %s", address);
  int fd = socket(found->ai_family, SOCK_STREAM, 0);
  struct timeval wait = {.tv_sec = WAIT_S};
  CHECK(fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0, "no connection");
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  freeaddrinfo(found);
  return fd;
}

/* ---- frames (2.1) */

static void frame_say(struct link *link, uint8_t kind, struct slice bytes) {
  struct buf frame = {0};
  put_u(&frame, bytes.n + 1, 2);
  put_u(&frame, kind, 1);
  put(&frame, bytes.p, bytes.n);
  for (size_t at = 0; at < frame.n;) {
    ssize_t sent = send(link->fd, frame.p + at, frame.n - at, MSG_NOSIGNAL);
    CHECK(sent > 0, "the connection broke");
    at += (size_t)sent;
  }
  link->bytes_up += frame.n;
  drop(&frame);
}

static bool receive(struct link *link, uint8_t *out, size_t n) {
  for (size_t at = 0; at < n;) {
    ssize_t got = recv(link->fd, out + at, n - at, 0);
    CHECK(got >= 0, "the server is silent");
    if (got == 0) return false;
    at += (size_t)got;
  }
  link->bytes_down += n;
  return true;
}

/* A frame of just this kind; false at the end of the connection. */
static bool frame_hear(struct link *link, uint8_t kind, uint8_t head[3], struct buf *out) {
  static uint8_t bytes[65535];
  if (!receive(link, head, 3)) return false;
  size_t n = (size_t)(head[0] | head[1] << 8);
  CHECK(n > 0 && head[2] == kind, "2.3: frame %d, not %d", head[2], kind);
  CHECK(receive(link, bytes, n - 1), "the connection broke inside a frame");
  put(out, bytes, n - 1);
  return true;
}

/* ---- handshakes: each says message 1, hears 2, and perhaps says 3 */

static bool hear_second(struct link *link, struct noise *noise, uint8_t kind, struct buf *payload) {
  uint8_t head[3];
  struct buf frame = {0};
  bool heard = frame_hear(link, kind, head, &frame);
  if (heard) {
    struct slice in = slice(frame.p, frame.n);
    noise_hear_e(noise, &in);
    noise_dh(noise, noise->e.sk, noise->re);
    noise_decrypt(noise, in, payload);
  }
  drop(&frame);
  return heard;
}

/* XK and XKpsk3 (3.2, 3.3). */
static bool shake_known(struct link *link, struct noise *noise, const struct way *way,
                        struct slice first) {
  bool enrol = way->opening == OPEN_ENROL;
  uint8_t kind = enrol ? EN1 : XK1;
  struct pair e = pair_random();
  struct buf message = {0}, payload = {0};
  CHECK(first.n <= FIRST_MAX, "the first part is too long");
  noise_start(noise,
              enrol ? "Noise_XKpsk3_25519_ChaChaPoly_SHA256" : "Noise_XK_25519_ChaChaPoly_SHA256",
              kind);
  noise_hash(noise, way->server_pk, 32);
  noise_say_e(noise, &e, &message);
  noise_dh(noise, e.sk, way->server_pk);
  noise_encrypt(noise, way->terms, &message);
  frame_say(link, kind, slice(message.p, message.n));
  if (!hear_second(link, noise, kind + 1, &payload)) return false;
  CHECK(payload.n == (enrol ? 0 : 4), "3: payload of message 2");
  drop(&message);
  noise_encrypt(noise, slice(way->s->pk, 32), &message);
  noise_dh(noise, way->s->sk, noise->re);
  if (enrol) noise_psk(noise, way->psk);
  noise_encrypt(noise, first, &message);
  frame_say(link, kind + 2, slice(message.p, message.n));
  drop(&message);
  drop(&payload);
  return true;
}

/* NNpsk0 (3.4); what TK2 carries is the start of what the server says. */
static bool shake_ticket(struct link *link, struct noise *noise, const struct way *way,
                         struct slice first) {
  uint8_t fresh[32], secret[32];
  struct buf message = {0};
  CHECK(first.n <= EARLY_MAX, "6.2: early data is too long");
  randombytes_buf(fresh, sizeof fresh);
  H(secret, 32, "krv ephemeral", slice(fresh, 32), slice(way->ticket.psk, 32), first);
  struct pair e = pair_from(secret);
  put(&message, way->ticket.id, 16);
  noise_start(noise, "Noise_NNpsk0_25519_ChaChaPoly_SHA256", TK1);
  noise_psk(noise, way->ticket.psk);
  noise_say_e(noise, &e, &message);
  noise_encrypt(noise, first, &message);
  frame_say(link, TK1, slice(message.p, message.n));
  drop(&message);
  return hear_second(link, noise, TK2, &link->in);
}

bool link_open(struct link *link, const struct way *way, struct slice first, struct ticket *next) {
  struct noise noise;
  memset(link, 0, sizeof *link);
  link->fd = dial(way->address);
  bool open = way->opening == OPEN_TICKET ? shake_ticket(link, &noise, way, first)
                                          : shake_known(link, &noise, way, first);
  if (!open) {
    link_close(link);
    return false;
  }
  noise_split(&noise, &link->up, &link->down);
  next->live = way->opening != OPEN_ENROL; /* 4.1 */
  H(next->id, 16, "krv ticket id", slice(noise.ck, 32));
  H(next->psk, 32, "krv ticket psk", slice(noise.ck, 32));
  sodium_memzero(&noise, sizeof noise);
  return true;
}

/* ---- DATA (3.5) and messages (5.1) */

void link_say(struct link *link, struct slice text) {
  while (text.n > 0) {
    struct slice part = take(&text, text.n < DATA_MAX ? text.n : DATA_MAX);
    size_t n = part.n + 17;
    uint8_t head[3] = {(uint8_t)n, (uint8_t)(n >> 8), DATA};
    struct buf sealed = {0};
    seal(link->up.k, link->up.n++, slice(head, 3), part, &sealed);
    frame_say(link, DATA, slice(sealed.p, sealed.n));
    drop(&sealed);
  }
}

static bool hear_data(struct link *link) {
  uint8_t head[3];
  struct buf frame = {0};
  if (!frame_hear(link, DATA, head, &frame)) return false;
  CHECK(unseal(link->down.k, link->down.n++, slice(head, 3), slice(frame.p, frame.n), &link->in),
        "3.5: DATA does not verify");
  drop(&frame);
  return true;
}

/* 5.2: the most that a server may send of each kind; NOT: it may not. */
#define NOT SIZE_MAX
static const size_t most[] = {
    [0] = NOT,          [M_OPEN] = NOT,    [M_ANSWER] = 65535,  [M_ACK] = 65535,
    [M_CURSOR] = 32,    [M_RESTART] = 0,   [M_REFUSE] = 16,     [M_BYE] = NOT,
    [M_WATCH] = NOT,    [M_PING] = 0,      [M_GENESIS] = 65535, [M_COMMIT] = 65535,
    [M_GRANT] = 160,    [M_UNROUTE] = NOT, [M_NEED] = 64,       [M_BOX] = 96,
    [M_RECEIPT] = 8192, [M_DOC] = 65535,   [M_ROSTER] = 16384,  [M_JOIN] = 1024,
    [M_ENROLLED] = 16,  [M_WANT] = NOT,    [M_CONFIRM] = NOT,
    [M_NOTICE] = 16,
};

static bool whole(const struct link *link, uint8_t *kind, struct slice *payload, size_t *used) {
  if (link->in_used == link->in.n) return false;
  struct slice in = slice(link->in.p + link->in_used, link->in.n - link->in_used), head = in;
  size_t digits = 1;
  while (digits < in.n && digits < 10 && in.p[digits] >= 128) digits++;
  if (in.n <= digits) return false;
  *kind = (uint8_t)take_u(&head, 1);
  uint64_t n = take_varint(&head);
  CHECK(*kind < sizeof most / sizeof *most && most[*kind] != NOT && n <= most[*kind],
        "5.1: message %d of %llu bytes", *kind, (unsigned long long)n);
  if (head.n < n) return false;
  *payload = take(&head, (size_t)n);
  *used = in.n - head.n;
  return true;
}

bool link_hear(struct link *link, uint8_t *kind, struct slice *payload) {
  size_t used;
  while (!whole(link, kind, payload, &used))
    if (!hear_data(link)) return false;
  link->in_used += used;
  return true;
}

void link_close(struct link *link) {
  close(link->fd);
  drop(&link->in);
  sodium_memzero(&link->up, sizeof link->up);
  sodium_memzero(&link->down, sizeof link->down);
}

void put_message(struct buf *out, uint8_t kind, struct slice payload) {
  put_u(out, kind, 1);
  put_varint(out, payload.n);
  put(out, payload.p, payload.n);
}
