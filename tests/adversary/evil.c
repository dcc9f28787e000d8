#include "evil.h"

#include <assert.h>
#include <string.h>

#include "fleet_in.h"
#include "stream.h"

/* ---- scripts */

void evil_script_init(struct evil_script *script, const struct krv_env *env) {
  script->env = env;
  script->count = 0;
}

void evil_script_release(struct evil_script *script) {
  while (script->count > 0) evil_drop(script, script->count - 1);
}

void evil_script_copy(const struct evil_script *from, struct evil_script *to) {
  evil_script_init(to, from->env);
  for (size_t i = 0; i < from->count; i++)
    krv_buf_put(evil_add(to, i, from->lines[i].kind), krv_buf_slice(&from->lines[i].payload));
}

struct krv_buf *evil_add(struct evil_script *script, size_t at, enum krv_message_kind kind) {
  assert(script->count < EVIL_LINES_MAX && at <= script->count);
  struct evil_line *line = &script->lines[at];
  memmove(line + 1, line, (script->count++ - at) * sizeof *line);
  line->kind = kind;
  krv_buf_init(&line->payload, script->env);
  return &line->payload;
}

void evil_drop(struct evil_script *script, size_t at) {
  struct evil_line *line = &script->lines[at];
  krv_buf_release(&line->payload);
  memmove(line, line + 1, (--script->count - at) * sizeof *line);
}

void evil_swap(struct evil_script *script, size_t a, size_t b) {
  struct evil_line line = script->lines[a];
  script->lines[a] = script->lines[b];
  script->lines[b] = line;
}

size_t evil_find(const struct evil_script *script, enum krv_message_kind kind, size_t i) {
  for (size_t at = 0; at < script->count; at++)
    if (script->lines[at].kind == kind && i-- == 0) return at;
  return script->count;
}

size_t evil_of_kind(const struct evil_script *script, enum krv_message_kind kind) {
  size_t found = 0;
  while (evil_find(script, kind, found) < script->count) found++;
  return found;
}

static bool for_device(const struct krv_vault_item *item, krv_device_ix to) {
  struct krv_msg_box box;
  struct krv_msg_receipt receipt;
  if (item->kind == KRV_MSG_BOX)
    return krv_msg_box_decode(item->bytes, &box) == 0 && box.device == to;
  if (item->kind == KRV_MSG_RECEIPT)
    return krv_msg_receipt_decode(item->bytes, &receipt) == 0 && receipt.author == to;
  return item->kind == KRV_MSG_GENESIS || item->kind == KRV_MSG_COMMIT ||
         item->kind == KRV_MSG_GRANT;
}

static void add_items(struct krv_world *world, int64_t case_lid, krv_device_ix to,
                      struct evil_script *script) {
  struct krv_vault_item item;
  struct krv_buf bytes;
  int64_t lid = 0;
  krv_buf_init(&bytes, world->env);
  while (krv_vault_item_next(world->vault, case_lid, lid, &item, &bytes) == 0) {
    lid = item.lid;
    if (for_device(&item, to))
      krv_buf_put(evil_add(script, script->count, (enum krv_message_kind)item.kind), item.bytes);
    krv_buf_reset(&bytes);
  }
  krv_buf_release(&bytes);
}

void evil_truth(struct fleet_device *from, krv_device_ix to, struct evil_script *script) {
  struct krv_world *world = from->world;
  evil_script_init(script, &from->fleet->t.env);
  evil_add(script, 0, KRV_MSG_RESTART);
  for (uint32_t h = 0; h < krv_roster_count(world->roster); h++)
    krv_buf_put(evil_add(script, script->count, KRV_MSG_ROSTER),
                krv_roster_entry(world->roster, h));
  evil_add(script, script->count, KRV_MSG_ANSWER);
  add_items(world, 0, to, script);
  for (uint32_t i = 0; i < krv_index_count(world->index); i++)
    add_items(world, krv_index_at(world->index, i)->lid, to, script);
  struct krv_msg_cursor cursor = {.advance = script->count, .chain8 = {1, 2, 3, 4, 5, 6, 7, 8}};
  krv_msg_cursor_encode(&cursor, evil_add(script, script->count, KRV_MSG_CURSOR));
}

/* ---- the session */

struct evil {
  struct fleet_device *device;
  struct evil_options *options;
  struct krv_channel *channel;
  struct krv_sync *sync;
  struct krv_testenv dice;
  struct krv_buf plain;
  uint32_t items; /* heard and not answered yet */
  uint64_t said;
  bool opened, told, greeted;
};

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

static int its_psk(void *ctx, struct krv_slice payload, struct krv_key *psk) {
  (void)payload;
  *psk = ((struct evil *)ctx)->device->world->member.invitation.psk;
  return 0;
}

static int64_t clock_of(void *ctx) {
  return ((struct evil *)ctx)->device->fleet->t.wall_s;
}

static void hear(struct evil *e, const struct krv_message *message) {
  e->options->heard++;
  switch (message->kind) {
    case KRV_MSG_OPEN: e->opened = true; break;
    case KRV_MSG_WANT: e->options->wants++; break;
    case KRV_MSG_JOIN: break;
    case KRV_MSG_PING:
      if (e->options->pongs) krv_message_empty(&e->plain, KRV_MSG_PING);
      break;
    default: e->items += message->kind >= KRV_MSG_GENESIS; break;
  }
}

static void say_ack(struct evil *e, enum krv_message_kind kind) {
  struct krv_msg_ack ack = {.accepted = e->items, .cursor_follows = kind == KRV_MSG_ANSWER};
  size_t mark = krv_message_begin(&e->plain, kind);
  krv_msg_ack_encode(&ack, kind == KRV_MSG_ANSWER, &e->plain);
  krv_message_end(&e->plain, mark);
  e->items = 0;
}

static void say_script(struct evil *e) {
  const struct evil_script *script = e->options->script;
  for (size_t i = 0; i < script->count; i++) {
    const struct evil_line *line = &script->lines[i];
    if (line->kind == KRV_MSG_ANSWER && line->payload.len == 0) {
      say_ack(e, KRV_MSG_ANSWER);
      continue;
    }
    /* by hand: an encoder would refuse what only an adversary says */
    krv_buf_u8(&e->plain, (uint8_t)line->kind);
    krv_buf_varint(&e->plain, line->payload.len);
    krv_buf_put(&e->plain, krv_buf_slice(&line->payload));
  }
  e->told = true;
}

/* Plaintext to wire, spoilt as asked. */
static void speak(struct evil *e) {
  struct evil_options *o = e->options;
  struct krv_buf *p = &e->plain;
  for (size_t i = 0; i < p->len; i++)
    if (o->flips && e->said + i >= o->noise_at && krv_testenv_below(&e->dice, 40) == 0)
      p->data[i] ^= (uint8_t)(1u << krv_testenv_below(&e->dice, 8));
  size_t len = p->len;
  if (o->cut_at && e->said + len > o->cut_at)
    len = o->cut_at > e->said ? (size_t)(o->cut_at - e->said) : 0;
  e->said += p->len;
  for (size_t at = 0; at < len; at += 16384)
    (void)krv_channel_send(e->channel,
                           krv_slice(p->data + at, len - at < 16384 ? len - at : 16384));
  krv_buf_reset(p);
}

static void listen(struct evil *e) {
  struct krv_buf *in = krv_channel_in(e->channel);
  struct krv_message message;
  size_t used;
  while (krv_stream_next(krv_buf_slice(in), 'c', &message, &used) == 0) {
    hear(e, &message);
    krv_buf_consume(in, used);
  }
}

static bool up(struct evil *e) {
  struct krv_slice out;
  bool moved = false;
  while (krv_sync_pull(e->sync, &out) == 0 && out.len > 0) {
    if (out.len > e->options->queue_max) e->options->queue_max = out.len;
    if (out.len > 32768) out.len = 32768;
    (void)krv_channel_feed(e->channel, out);
    krv_sync_sent(e->sync, out.len);
    listen(e);
    moved = true;
  }
  return moved;
}

static bool down(struct evil *e) {
  bool moved = false;
  if (e->options->enrolled && !e->greeted && e->options->heard > 0) {
    e->greeted = true;
    size_t mark = krv_message_begin(&e->plain, KRV_MSG_ENROLLED);
    krv_msg_enrolled_encode(&(struct krv_msg_enrolled){1, 1}, &e->plain);
    krv_message_end(&e->plain, mark);
  }
  if (!e->options->mute && e->opened && !e->told) say_script(e);
  else if (!e->options->mute && e->told && e->items > 0) say_ack(e, KRV_MSG_ACK);
  speak(e);
  (void)krv_channel_flush(e->channel);
  struct krv_buf *out = krv_channel_out(e->channel);
  while (out->len > 0 && krv_sync_status(e->sync) == 0 && !krv_sync_done(e->sync)) {
    size_t len = out->len < 32768 ? out->len : 32768;
    (void)krv_sync_feed(e->sync, krv_slice(out->data, len));
    krv_buf_consume(out, len);
    moved = true;
  }
  return moved;
}

static int finish(struct evil *e) {
  if (krv_sync_done(e->sync)) return 0;
  if (krv_sync_status(e->sync) != 0) return krv_sync_status(e->sync);
  if (!e->options->mute) return krv_sync_closed(e->sync);
  e->device->t.mono_ms = krv_sync_deadline_ms(e->sync);
  return krv_sync_timeout(e->sync, e->device->t.mono_ms);
}

int evil_session(struct fleet_device *device, struct evil_options *options) {
  struct evil e = {.device = device, .options = options};
  struct krv_channel_host host = {no_ticket, no_use, anybody, its_psk, clock_of, &e};
  struct krv_channel_options channel = {
      .env = &device->fleet->t.env, .s = &device->fleet->service.server, .host = &host};
  struct krv_sync_choice choice = {.no_ticket = true};
  options->wants = options->heard = 0;
  krv_testenv_init(&e.dice, options->flips);
  krv_buf_init(&e.plain, channel.env);
  int status = krv_sync_new(device->world, &choice, &e.sync);
  if (status != 0) return status;
  fleet_must(krv_channel_new(&channel, &e.channel), "channel", "evil");
  for (bool moved = true; moved;) {
    moved = up(&e);
    moved = down(&e) || moved;
    if (krv_sync_status(e.sync) != 0 || krv_sync_done(e.sync)) break;
  }
  status = finish(&e);
  krv_sync_free(e.sync);
  krv_channel_free(e.channel);
  krv_buf_release(&e.plain);
  return status;
}
