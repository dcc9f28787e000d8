/* session: OPEN and what is brought, up to BYE; enrolment before that. */
#include <stdio.h>
#include <string.h>

#include "member.h"

/* COMMITs and BOXes of this device, in order; the first `safe` are at the server. */
static struct {
  uint8_t kind;
  struct slice payload;
} * written;
static size_t written_count, safe;

static void put_open(struct buf *out) {
  static const uint8_t none[8];
  struct buf open = {0};
  put_u(&open, 1, 1);
  put_varint(&open, standing.head);
  put(&open, standing.chain8, 8);
  put_varint(&open, standing.head - standing.cursor);
  put_varint(&open, roster.count);
  put(&open, roster.count ? roster.hashes[roster.count - 1] : none, 8);
  if (standing.within) put_varint(&open, standing.within);
  put_message(out, M_OPEN, slice(open.p, open.n));
  drop(&open);
}

static void put_written(struct buf *out) {
  for (size_t i = safe; i < written_count; i++)
    put_message(out, written[i].kind, written[i].payload);
  now.sent += written_count - safe;
}

static void put_session(struct buf *out, bool watch) {
  put_open(out);
  if (watch) put_message(out, M_WATCH, slice(NULL, 0));
  put_written(out);
}

/* As much of the stream as rides in the handshake; the rest follows as DATA (3, 6.2). */
static bool open_link(const struct way *way, struct slice stream, struct ticket *next) {
  size_t most = way->opening == OPEN_TICKET ? EARLY_MAX : FIRST_MAX;
  struct slice first = take(&stream, stream.n < most ? stream.n : most);
  if (!link_open(&now.link, way, first, next)) return false;
  link_say(&now.link, stream);
  return true;
}

static void begin(bool watch, const char **how) {
  struct buf first = {0};
  struct way way = {.address = invitation.address,
                    .server_pk = invitation.server_pk,
                    .s = &own.session,
                    .psk = invitation.psk,
                    .terms = own.enrolled ? slice(NULL, 0) : slice(invitation.terms, 17)};
  struct ticket ticket = standing.ticket, next = {.live = false};
  memset(&now, 0, sizeof now);
  now.told = standing.cursor;
  case_forget_last();
  if (own.enrolled) put_session(&first, watch);
  else put_join(&first);
  way.opening = !own.enrolled ? OPEN_ENROL : ticket.live ? OPEN_TICKET : OPEN_XK;
  way.ticket = ticket;
  bool open = open_link(&way, slice(first.p, first.n), &next);
  if (!open && way.opening == OPEN_TICKET) { /* 4.3: it was forgotten */
    way.opening = OPEN_XK;
    open = open_link(&way, slice(first.p, first.n), &next);
  }
  CHECK(open, "the server closed in silence");
  standing.ticket = next;
  static const char *const names[] = {"xk", "enrol", "ticket"};
  *how = names[way.opening];
  drop(&first);
}

static void hear_one(void) {
  uint8_t kind;
  struct slice payload;
  CHECK(link_hear(&now.link, &kind, &payload), "the server closed early");
  on_message(kind, payload);
}

/* 8.4; true when this device is in the roster. */
static bool hear_enrolled(void) {
  uint8_t kind;
  struct slice in;
  CHECK(link_hear(&now.link, &kind, &in), "the server closed early");
  if (kind == M_REFUSE) on_message(kind, in);
  CHECK(kind == M_ENROLLED, "8.4: message %d", kind);
  uint64_t state = take_u(&in, 1);
  (void)take_u(&in, 4);
  take_end(&in);
  return state == 1;
}

static void hear_all(void) {
  while (!now.answered || now.cursor_due || now.acked < now.sent) hear_one();
  safe = written_count;
}

/* 7.4: all again, entries first. Others' commits are brought by who has them on disk. */
static void bring_again(void) {
  struct buf out = {0};
  for (uint32_t i = 0; i < roster.count; i++) put_message(&out, M_ROSTER, roster.entries[i]);
  now.sent += roster.count;
  safe = 0;
  put_written(&out);
  link_say(&now.link, slice(out.p, out.n));
  drop(&out);
  hear_all();
}

static void say_empty(uint8_t kind) {
  struct buf out = {0};
  put_message(&out, kind, slice(NULL, 0));
  link_say(&now.link, slice(out.p, out.n));
  drop(&out);
}

static void say_watching(void) {
  printf("watching\n");
  fflush(stdout);
}

static void say_bye(void) {
  uint8_t kind;
  struct slice payload;
  say_empty(M_BYE);
  while (link_hear(&now.link, &kind, &payload)) on_message(kind, payload);
  link_close(&now.link);
}

/* 8.5: the secret of a group that was made for this device, for the recovery key. */
static void bring_box(uint32_t group, const struct pair *secret) {
  struct buf box = {0};
  uint8_t key_id[16];
  if (group == NOBODY || !same(roster.groups[group].epochs[0].pk, secret->pk, 32)) return;
  H(key_id, 16, "krv group", slice(secret->pk, 32));
  put_varint(&box, group);
  put_varint(&box, 0); /* epoch */
  put_varint(&box, 0); /* the recovery key */
  put_varint(&box, reader.device);
  envelope_seal(&own.seal, roster.recovery_seal_pk, BOX_PURPOSE, key_id, secret->sk, &box);
  session_bring(M_BOX, slice(box.p, box.n));
}

/* 8.4: enrolled, and OPEN said in the same session; or still waiting, and BYE said. */
static bool enrol(bool watch) {
  struct buf out = {0};
  own.enrolled = hear_enrolled();
  if (!own.enrolled && watch) {
    say_empty(M_WATCH);
    say_watching();
    own.enrolled = hear_enrolled();
    CHECK(own.enrolled, "8.4: told again that it waits");
  }
  if (!own.enrolled) {
    printf("waits for approval\n");
    say_bye();
    return false;
  }
  put_session(&out, false);
  link_say(&now.link, slice(out.p, out.n));
  drop(&out);
  return true;
}

/* 6.9: a receipt comes as news; then nothing is due, or the CURSOR over this session's own
 * items. */
static void watch_receipt(void) {
  uint8_t kind;
  struct slice payload;
  say_watching();
  while (now.receipts == 0) hear_one();
  do {
    say_empty(M_PING);
    CHECK(link_hear(&now.link, &kind, &payload), "6.9: closed on PING");
    on_message(kind, payload);
    CHECK(kind == M_PING || kind == M_CURSOR, "6.9: PING is answered by message %d", kind);
  } while (kind != M_PING);
}

void session(bool watch) {
  const char *how;
  bool known = own.enrolled;
  begin(watch, &how);
  if (!known && !enrol(watch)) return;
  hear_all();
  if (now.restarted) bring_again();
  if (watch && known) watch_receipt();
  if (!known) {
    bring_box(roster.devices[reader.device].member_group, &own.member);
    bring_box(roster.devices[reader.device].agency_group, &own.agency);
  }
  printf("session %s: up %zu, down %zu, %zu items\n", how, now.link.bytes_up, now.link.bytes_down,
         now.items);
  say_bye();
}

void session_join(void) {
  const char *how;
  begin(false, &how);
  CHECK(!hear_enrolled(), "in the roster before anybody approved");
  say_bye();
}

void session_bring(uint8_t kind, struct slice payload) {
  written = more(written, written_count, sizeof *written);
  written[written_count].kind = kind;
  written[written_count++].payload = payload;
}

void session_want(struct slice want) {
  const char *how;
  struct buf out = {0};
  begin(false, &how);
  hear_all();
  size_t items = now.items;
  put_message(&out, M_WANT, want);
  link_say(&now.link, slice(out.p, out.n));
  while (now.items == items) hear_one();
  say_bye();
  drop(&out);
}
