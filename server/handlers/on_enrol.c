/* on_enrol: founding and enrolment (R13, R35).
 *
 *   message 1 without terms: founding. The psk is the founding code's; the
 *     stream brings ROSTER(founding entry), whose session key must be the
 *     handshake's; the same entry by the same key may come again.
 *     Or, when a programme moves here (R17), the entries of its roster, over as
 *     many turns as it takes, until one names this server's key.
 *   message 1 with terms: an invitation. The psk is recomputed from the
 *     inviter's session key; the stream brings JOIN(terms, join).
 *
 * An invitation that does not hold is refused inside encryption wherever the
 * psk can be computed, so that a person reads why. */
#include <string.h>

#include "conn_in.h"
#include "invitation.h"

static int terms_of(struct krv_slice bytes, struct krv_invite_terms *terms) {
  struct krv_in in = krv_in(bytes);
  krv_invite_terms_decode(&in, terms);
  return krv_in_end(&in);
}

int krv_enrol_psk(void *ctx, struct krv_slice payload, struct krv_key *psk) {
  struct krv_service *service = ((struct krv_conn *)ctx)->service;
  if (payload.len == 0) {
    *psk = service->founding_psk;
    return 0;
  }
  struct krv_invite_terms terms;
  int status = terms_of(payload, &terms);
  if (status != 0) return status;
  const struct krv_device *inviter = krv_roster_device(service->roster, terms.inviter);
  if (!inviter) return KRV_UNKNOWN_DEVICE;
  return krv_invite_psk(&service->server, &inviter->keys.session_pk, &terms, psk);
}

static const struct krv_device *peer_device(const struct krv_conn *conn) {
  return krv_roster_device_by_session(conn->service->roster, krv_channel_peer(conn->channel));
}

/* Is a request under this invitation stored already? Then its time does not matter any more. */
static int is_bound(struct krv_conn *conn, const struct krv_invite_terms *terms, bool *bound) {
  struct krv_store *store = conn->service->store;
  struct krv_buf value;
  krv_buf_init(&value, conn->service->env);
  int status = store->driver->kv_get(store, KRV_KV_INVITE,
                                     krv_slice(terms->id, sizeof terms->id), &value);
  krv_buf_release(&value);
  *bound = status == 0;
  return status == KRV_NOT_FOUND ? 0 : status;
}

/* A member invites his own further device to no more than he has; all else is rights. */
static bool may_invite(const struct krv_device *inviter, uint8_t roles) {
  return krv_rights_may_invite(inviter->roles, roles) || (roles & ~inviter->roles) == 0;
}

static int check_terms(struct krv_conn *conn, const struct krv_invite_terms *terms) {
  const struct krv_env *env = conn->service->env;
  const struct krv_device *inviter = krv_roster_device(conn->service->roster, terms->inviter);
  if (!inviter || !krv_device_active(inviter) || !may_invite(inviter, terms->roles))
    return KRV_DENIED;
  bool bound;
  int status = is_bound(conn, terms, &bound);
  if (status != 0) return status;
  bool expired = env->wall_s(env->ctx) > (int64_t)terms->expires_s;
  return expired && !bound ? KRV_INVITE_EXPIRED : 0;
}

bool krv_enrol_founded(const struct krv_service *service) {
  return krv_roster_serves(service->roster, &service->server.pk);
}

/* The handshake is done: says at once what no request could change. */
int krv_enrol_greet(struct krv_conn *conn) {
  struct krv_slice bytes = krv_channel_terms(conn->channel);
  struct krv_invite_terms terms;
  if (bytes.len == 0) return 0;
  if (!krv_enrol_founded(conn->service)) return krv_conn_refuse(conn, KRV_STATE);
  if (peer_device(conn)) return 0;
  int status = terms_of(bytes, &terms);
  if (status == 0) status = check_terms(conn, &terms);
  return status == 0 ? 0 : krv_conn_refuse(conn, status);
}

/* ---- founding ---- */

/* A founding entry that is about this server, whoever it makes the founder. */
static bool founds_here(const struct krv_service *service, struct krv_slice bytes,
                        struct krv_key *founder) {
  struct krv_entry entry;
  if (krv_entry_decode(service->env, bytes, &entry) != 0) return false;
  const struct krv_statement *first = &entry.statements[0];
  bool here = entry.statement_count > 0 && first->kind == KRV_STATEMENT_FOUND &&
              memcmp(first->server_pk.b, service->server.pk.b, KRV_KEY_LEN) == 0;
  if (here) *founder = first->keys.session_pk;
  krv_entry_release(&entry, service->env);
  return here;
}

static int found(struct krv_conn *conn, struct krv_slice entry, const struct krv_key *founder) {
  struct krv_service *service = conn->service;
  if (memcmp(founder->b, krv_channel_peer(conn->channel)->b, KRV_KEY_LEN) != 0)
    return krv_conn_refuse(conn, KRV_DENIED);
  conn->enrolled_due = true;
  if (krv_roster_founded(service->roster)) {
    bool same = krv_slice_equal(krv_roster_entry(service->roster, 0), entry);
    return same ? 0 : krv_conn_refuse(conn, KRV_INVITE_USED);
  }
  bool taken = krv_batch_founded(service->batch); /* in this very turn, by him or by another */
  int status = krv_batch_roster(service->batch, entry);
  conn->added = true;
  if (krv_batch_lost(status)) service->batch_status = status;
  if (status == 0) service->batch_entries++;
  if (status == 0 || status == KRV_EXISTS || krv_batch_lost(status)) return 0;
  return krv_conn_refuse(conn, taken ? KRV_INVITE_USED : status);
}

/* One entry of a roster that is brought here. Nothing is answered before the last. */
static int bring(struct krv_conn *conn, struct krv_slice entry) {
  struct krv_service *service = conn->service;
  int status = krv_batch_bring(service->batch, krv_channel_peer(conn->channel), entry,
                               &conn->enrolled_due);
  conn->added = conn->brings = true;
  service->batch_bytes += entry.len;
  if (krv_batch_lost(status)) service->batch_status = status;
  if (status == 0) service->batch_entries++;
  if (status == 0 || status == KRV_EXISTS || krv_batch_lost(status)) return 0;
  return krv_conn_refuse(conn, status);
}

int krv_on_founding(struct krv_conn *conn, const struct krv_message *message) {
  struct krv_msg_roster roster;
  struct krv_key founder;
  if (krv_channel_terms(conn->channel).len > 0) return krv_conn_refuse(conn, KRV_PROTOCOL);
  if (krv_msg_roster_decode(message->payload, &roster) != 0)
    return krv_conn_refuse(conn, KRV_PROTOCOL);
  if (founds_here(conn->service, roster.entry, &founder))
    return found(conn, roster.entry, &founder);
  return bring(conn, roster.entry);
}

/* ---- joining ---- */

/* The request is about these terms, by this key, and signed by the key that it brings. */
static int check_join(struct krv_conn *conn, struct krv_slice terms_and_join,
                      struct krv_join *join) {
  struct krv_slice terms = krv_channel_terms(conn->channel);
  if (terms_and_join.len < terms.len || memcmp(terms_and_join.data, terms.data, terms.len) != 0)
    return KRV_PROTOCOL;
  struct krv_in in = krv_in(terms_and_join);
  krv_invite_terms_decode(&in, &join->terms);
  krv_join_decode(&in, join);
  if (krv_in_end(&in) != 0) return KRV_PROTOCOL;
  const struct krv_key *peer = krv_channel_peer(conn->channel);
  if (memcmp(join->keys.session_pk.b, peer->b, sizeof peer->b) != 0) return KRV_DENIED;
  return krv_join_verify(join, krv_roster_programme(conn->service->roster));
}

int krv_on_join(struct krv_conn *conn, const struct krv_message *message) {
  struct krv_service *service = conn->service;
  struct krv_msg_join request;
  struct krv_join join;
  if (krv_channel_terms(conn->channel).len == 0 ||
      krv_msg_join_decode(message->payload, &request) != 0)
    return krv_conn_refuse(conn, KRV_PROTOCOL);
  conn->enrolled_due = true;
  if (peer_device(conn)) return 0;
  memset(&join, 0, sizeof join);
  int status = check_join(conn, request.terms_and_join, &join);
  if (status != 0) return krv_conn_refuse(conn, status);
  status = krv_batch_join(service->batch, join.terms.id, &join.keys.session_pk,
                          request.terms_and_join);
  conn->added = true;
  if (krv_batch_lost(status)) service->batch_status = status;
  return status == 0 || krv_batch_lost(status) ? 0 : krv_conn_refuse(conn, status);
}

/* ---- what came of it ---- */

static int send_enrolled(struct krv_conn *conn, uint8_t state) {
  const struct krv_env *env = conn->service->env;
  struct krv_buf message;
  krv_buf_init(&message, env);
  size_t mark = krv_message_begin(&message, KRV_MSG_ENROLLED);
  krv_msg_enrolled_encode(
      &(struct krv_msg_enrolled){state, (uint32_t)env->wall_s(env->ctx)}, &message);
  krv_message_end(&message, mark);
  int status = message.status != 0 ? krv_conn_end(conn, message.status)
                                   : krv_conn_send(conn, krv_buf_slice(&message));
  krv_buf_release(&message);
  return status;
}

static int let_in(struct krv_conn *conn, const struct krv_device *device) {
  if (!krv_device_active(device)) return krv_conn_refuse(conn, KRV_REVOKED);
  bool founding = krv_channel_terms(conn->channel).len == 0;
  conn->bringer.device = device->ix;
  conn->watching = false;
  krv_conn_log(conn, founding ? KRV_LOG_FOUNDED : KRV_LOG_ENROL, 0);
  int status = send_enrolled(conn, 1);
  if (status != 0) return status;
  krv_conn_move(conn, KRV_CONN_OPENING);
  krv_live_device(conn->service->live, conn);
  return 0;
}

int krv_enrol_committed(struct krv_conn *conn) {
  conn->enrolled_due = false;
  const struct krv_device *device = peer_device(conn);
  if (device) return let_in(conn, device);
  if (conn->sm.state == KRV_CONN_PENDING) return 0;
  krv_conn_log(conn, KRV_LOG_ENROL, KRV_NOT_APPROVED);
  int status = send_enrolled(conn, 0);
  if (status == 0) krv_conn_move(conn, KRV_CONN_PENDING);
  return status;
}
