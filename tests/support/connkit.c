#include "connkit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int status, const char *what) {
  if (status == 0) return;
  fprintf(stderr, "connkit: %s: %s\n", what, krv_status_text(status));
  abort();
}

static void on_log(void *ctx, const struct krv_log_line *line) {
  ((struct site *)ctx)->logged[line->event]++;
}

static void make_empty(struct site *site) {
  const struct krv_env *env = &site->kit.t.env;
  must(krv_store_mem_new(env, &site->empty_store), "store");
  must(krv_roster_new(env, &site->empty_roster), "roster");
  must(krv_batch_new(env, site->empty_store, site->empty_roster, &site->kit.fleet.server.pk,
                     &site->empty_batch), "batch");
  site->service.store = site->empty_store;
  site->service.roster = site->empty_roster;
  site->service.batch = site->empty_batch;
}

void site_init(struct site *site, uint64_t seed, bool founded) {
  memset(site, 0, sizeof *site);
  krv_kit_init(&site->kit, seed, NULL);
  const struct krv_env *env = &site->kit.t.env;
  site->service = (struct krv_service){.env = env, .store = site->kit.store,
                                       .roster = site->kit.roster, .batch = site->kit.batch,
                                       .server = site->kit.fleet.server, .log = on_log,
                                       .log_ctx = site};
  krv_key_random(env, &site->service.founding_psk);
  must(krv_tickets_new(env, &site->service.tickets), "tickets");
  must(krv_live_new(env, &site->service.live), "live");
  if (!founded) make_empty(site);
}

void site_release(struct site *site) {
  krv_live_free(site->service.live);
  krv_tickets_free(site->service.tickets);
  krv_batch_free(site->empty_batch);
  if (site->empty_roster) krv_roster_free(site->empty_roster);
  if (site->empty_store) site->empty_store->driver->close(site->empty_store);
  krv_kit_release(&site->kit);
}

void site_turn(struct site *site) {
  if (site->lose != 0 && krv_batch_open(site->service.batch))
    site->service.batch_status = site->lose;
  (void)krv_service_commit(&site->service);
}

/* ---- callers ---- */

static void begin(struct caller *c, struct site *site, struct krv_channel_options *options) {
  memset(c, 0, sizeof *c);
  c->site = site;
  c->cut_up = UINT64_MAX;
  options->env = &site->kit.t.env;
  options->initiator = true;
  options->server_pk = &site->kit.fleet.server.pk;
  must(krv_channel_new(options, &c->channel), "channel");
  must(krv_conn_new(&site->service, krv_live_count(site->service.live) + 1, &c->conn), "conn");
}

void caller_xk(struct caller *c, struct site *site, krv_device_ix device) {
  struct krv_channel_options options = {.opening = KRV_OPENING_XK,
                                        .s = &site->kit.fleet.devices[device].session};
  begin(c, site, &options);
}

void caller_ticket(struct caller *c, struct site *site, const struct krv_ticket *ticket) {
  struct krv_channel_options options = {.opening = KRV_OPENING_TICKET, .ticket = ticket,
                                        .early_max = KRV_EARLY_DATA_MAX};
  begin(c, site, &options);
}

void caller_enrol(struct caller *c, struct site *site, const struct krv_dh_pair *session,
                  const struct krv_invite_terms *terms, krv_device_ix inviter) {
  struct krv_key psk = site->service.founding_psk;
  struct krv_buf bytes;
  krv_buf_init(&bytes, &site->kit.t.env);
  if (terms) {
    krv_invite_terms_encode(terms, &bytes);
    must(krv_invite_psk(&site->kit.fleet.devices[inviter].session, &site->kit.fleet.server.pk,
                        terms, &psk), "psk");
  }
  struct krv_channel_options options = {.opening = KRV_OPENING_ENROL, .s = session, .psk = &psk,
                                        .enrol_terms = krv_buf_slice(&bytes)};
  begin(c, site, &options);
  krv_buf_release(&bytes);
}

void caller_close(struct caller *c) {
  krv_conn_free(c->conn);
  krv_channel_free(c->channel);
  c->conn = NULL;
  c->channel = NULL;
}

void caller_say(struct caller *c, enum krv_message_kind kind, const struct krv_buf *payload) {
  struct krv_buf message;
  krv_buf_init(&message, &c->site->kit.t.env);
  size_t mark = krv_message_begin(&message, kind);
  if (payload) krv_buf_put(&message, krv_buf_slice(payload));
  krv_message_end(&message, mark);
  (void)krv_channel_send(c->channel, krv_buf_slice(&message));
  krv_buf_release(&message);
}

void caller_open(struct caller *c, uint64_t head, const uint8_t chain8[8], uint64_t cursor) {
  const struct krv_roster *roster = c->site->service.roster;
  struct krv_msg_open open = {.version = KRV_PROTOCOL_VERSION, .head_seq = head, .cursor = cursor,
                              .roster_count = krv_roster_count(roster)};
  struct krv_buf payload;
  if (head > 0) memcpy(open.head_chain8, chain8, 8);
  if (open.roster_count > 0)
    memcpy(open.roster_head8, krv_roster_hash(roster, open.roster_count - 1), 8);
  krv_buf_init(&payload, &c->site->kit.t.env);
  krv_msg_open_encode(&open, &payload);
  caller_say(c, KRV_MSG_OPEN, &payload);
  krv_buf_release(&payload);
}

static bool carry_up(struct caller *c) {
  struct krv_buf *out = krv_channel_out(c->channel);
  bool moved = out->len > 0;
  while (out->len > 0) {
    size_t len = c->chunk > 0 && c->chunk < out->len ? c->chunk : out->len;
    uint64_t left = c->cut_up > c->up ? c->cut_up - c->up : 0;
    struct krv_slice bytes = krv_slice(out->data, len < left ? len : (size_t)left);
    if (bytes.len > 0) (void)krv_conn_feed(c->conn, bytes);
    c->up += len;
    krv_buf_consume(out, len);
  }
  return moved;
}

static bool carry_down(struct caller *c) {
  struct krv_buf *out = krv_conn_out(c->conn);
  bool moved = out->len > 0;
  if (moved) (void)krv_channel_feed(c->channel, krv_buf_slice(out));
  c->down += out->len;
  krv_buf_consume(out, out->len);
  if (moved) (void)krv_conn_drained(c->conn);
  return moved;
}

void caller_up(struct caller *c) {
  (void)krv_channel_flush(c->channel);
  (void)carry_up(c);
}

void caller_pump(struct caller *c) {
  bool moved = true;
  while (moved) {
    (void)krv_channel_flush(c->channel);
    moved = carry_up(c);
    site_turn(c->site);
    moved = carry_down(c) || moved;
  }
}

bool caller_next(struct caller *c, struct krv_message *message) {
  struct krv_buf *in = krv_channel_in(c->channel);
  size_t used;
  if (c->at == in->len) return false; // an empty buffer has no address to count from
  int status = krv_stream_next(krv_slice(in->data + c->at, in->len - c->at), 's', message, &used);
  if (status < 0) must(status, "a message that a server may not send");
  c->at += used;
  return status == 0;
}

bool caller_find(struct caller *c, enum krv_message_kind kind, struct krv_message *message) {
  while (caller_next(c, message))
    if (message->kind == kind) return true;
  return false;
}

bool caller_refused(struct caller *c, int status) {
  struct krv_message message;
  struct krv_msg_refuse refuse;
  return caller_find(c, KRV_MSG_REFUSE, &message) &&
         krv_msg_refuse_decode(message.payload, &refuse) == 0 && refuse.status == status;
}

void caller_xk_open(struct caller *c, struct site *site, krv_device_ix device) {
  caller_xk(c, site, device);
  caller_open(c, 0, NULL, 0);
}

void caller_case(struct caller *c, krv_device_ix author, struct krv_kit_case *kase) {
  struct krv_kit *kit = &c->site->kit;
  struct krv_access_list list;
  struct krv_buf payload;
  krv_kit_list(kit, author, &list);
  krv_buf_init(&payload, &kit->t.env);
  krv_kit_genesis(kit, author, &list, kase, &payload);
  caller_say(c, KRV_MSG_GENESIS, &payload);
  for (uint32_t i = 0; i < list.count; i++) {
    krv_buf_reset(&payload);
    krv_kit_grant(kit, kase, list.items[i].group, list.items[i].mode, &payload);
    caller_say(c, KRV_MSG_GRANT, &payload);
  }
  krv_buf_release(&payload);
}

struct krv_msg_ack caller_ack(struct caller *c, bool answer) {
  static struct krv_ack_exception room[KRV_ACK_EXCEPTIONS_MAX];
  struct krv_message message;
  struct krv_msg_ack ack = {0};
  bool found = caller_find(c, answer ? KRV_MSG_ANSWER : KRV_MSG_ACK, &message);
  must(found ? krv_msg_ack_decode(message.payload, answer, room, &ack) : KRV_NOT_FOUND, "ack");
  return ack;
}

struct krv_ticket site_ticket(struct site *site, krv_device_ix device) {
  struct caller c;
  struct krv_ticket ticket;
  caller_xk_open(&c, site, device);
  caller_say(&c, KRV_MSG_BYE, NULL);
  caller_pump(&c);
  must(krv_channel_next_ticket(c.channel, &ticket) && krv_conn_done(c.conn) ? 0 : KRV_STATE,
       "ticket");
  caller_close(&c);
  return ticket;
}

uint64_t site_head(struct site *site, uint8_t chain[KRV_CHAIN_LEN]) {
  uint64_t seq;
  must(site->service.store->driver->head(site->service.store, &seq, chain), "head");
  return seq;
}
