#include "chanpair.h"

#include <string.h>

#include "dh.h"

static void trace(void *ctx, const struct krv_trace *event) {
  /* the world is the pair's first member */
  struct chanpair *p = ctx;
  if (event->kind != KRV_TRACE_FRAME_OUT || p->frames == CHANPAIR_FRAMES_MAX) return;
  p->frame_kind[p->frames] = (unsigned)event->a;
  p->frame_len[p->frames++] = (size_t)event->b;
}

static int host_ticket(void *ctx, const struct krv_id *id, struct krv_key *psk) {
  struct chanpair *p = ctx;
  struct krv_ticket found = p->ticket;
  krv_device_ix device;
  int status = krv_id_equal(id, &p->ticket.id) ? 0 : KRV_NOT_FOUND;
  if (p->tickets) status = krv_tickets_find(p->tickets, id, p->world.wall_s, &device, &found);
  if (status == 0) *psk = found.psk;
  return status;
}

static int host_used(void *ctx, const struct krv_id *id, const struct krv_key *e) {
  struct chanpair *p = ctx;
  return p->tickets ? krv_tickets_used(p->tickets, id, e) : 0;
}

static int host_known(void *ctx, const struct krv_key *session_pk) {
  struct chanpair *p = ctx;
  if (memcmp(session_pk, &p->client_s.pk, sizeof *session_pk) != 0) return KRV_UNKNOWN_DEVICE;
  return p->known_status;
}

static int host_psk(void *ctx, struct krv_slice payload, struct krv_key *psk) {
  struct chanpair *p = ctx;
  (void)payload;
  *psk = p->invite_psk;
  return p->enrol_status;
}

static int64_t host_wall_s(void *ctx) {
  return ((struct chanpair *)ctx)->world.wall_s;
}

void chanpair_init(struct chanpair *p, uint64_t seed) {
  memset(p, 0, sizeof *p);
  krv_testenv_init(&p->world, seed);
  p->world.env.trace = trace;
  p->flip_at[0] = p->flip_at[1] = p->cut_at[0] = p->cut_at[1] = UINT64_MAX;
  krv_dh_pair_random(&p->world.env, &p->client_s);
  krv_dh_pair_random(&p->world.env, &p->server_s);
  krv_key_random(&p->world.env, &p->invite_psk);
  krv_key_random(&p->world.env, &p->ticket.psk);
  p->world.env.random(&p->world, p->ticket.id.b, sizeof p->ticket.id.b);
  p->ticket.chain_started_s = p->world.wall_s;
  p->host = (struct krv_channel_host){host_ticket, host_used,   host_known,
                                      host_psk,    host_wall_s, p};
}

void chanpair_release(struct chanpair *p) {
  krv_channel_free(p->client);
  krv_channel_free(p->server);
  p->client = p->server = NULL;
  krv_tickets_free(p->tickets);
  p->tickets = NULL;
}

int chanpair_open(struct chanpair *p, enum krv_opening opening, size_t early_max) {
  krv_channel_free(p->client);
  krv_channel_free(p->server);
  p->client = p->server = NULL;
  memset(p->moved, 0, sizeof p->moved);
  memset(p->status, 0, sizeof p->status);
  p->frames = 0;
  struct krv_channel_options client = {
      .env = &p->world.env,
      .initiator = true,
      .opening = opening,
      .s = &p->client_s,
      .server_pk = p->wrong_server_key ? &p->client_s.pk : &p->server_s.pk,
      .psk = opening == KRV_OPENING_ENROL ? &p->invite_psk : NULL,
      .ticket = opening == KRV_OPENING_TICKET ? &p->ticket : NULL,
      .enrol_terms = opening == KRV_OPENING_ENROL ? krv_slice_str("terms") : krv_slice(NULL, 0),
      .early_max = early_max,
  };
  struct krv_channel_options server = {
      .env = &p->world.env, .s = &p->server_s, .host = &p->host};
  int status = krv_channel_new(&client, &p->client);
  return status == 0 ? krv_channel_new(&server, &p->server) : status;
}

/* Carries what `from` has to say; dir is UP or DOWN. */
static int carry(struct chanpair *p, struct krv_channel *from, struct krv_channel *to,
                 unsigned dir) {
  struct krv_buf *out = krv_channel_out(from);
  int status = 0;
  while (out->len > 0 && status == 0 && p->moved[dir] < p->cut_at[dir]) {
    size_t len = p->chunk > 0 && p->chunk < out->len ? p->chunk : out->len;
    if (len > p->cut_at[dir] - p->moved[dir]) len = (size_t)(p->cut_at[dir] - p->moved[dir]);
    uint64_t flip = p->flip_at[dir] - p->moved[dir];
    if (p->flip_at[dir] >= p->moved[dir] && flip < len) out->data[flip] ^= p->flip_mask;
    status = krv_channel_feed(to, krv_slice(out->data, len));
    krv_buf_consume(out, len);
    p->moved[dir] += len;
  }
  return status;
}

static void remember(struct chanpair *p, unsigned end, int status) {
  if (p->status[end] == 0) p->status[end] = status;
}

int chanpair_pump(struct chanpair *p) {
  uint64_t before;
  do {
    before = p->moved[0] + p->moved[1];
    remember(p, 0, krv_channel_flush(p->client));
    remember(p, 1, carry(p, p->client, p->server, CHANPAIR_UP));
    remember(p, 1, krv_channel_flush(p->server));
    remember(p, 0, carry(p, p->server, p->client, CHANPAIR_DOWN));
  } while (p->moved[0] + p->moved[1] != before && p->status[0] == 0 && p->status[1] == 0);
  return p->status[0] != 0 ? p->status[0] : p->status[1];
}

int chanpair_send(struct krv_channel *channel, const char *text) {
  return krv_channel_send(channel, krv_slice_str(text));
}

bool chanpair_got(struct krv_channel *channel, const char *text) {
  return krv_slice_equal(krv_buf_slice(krv_channel_in(channel)), krv_slice_str(text));
}
