#include "own.h"

#include <string.h>

void krv_own_keys_random(const struct krv_env *env, struct krv_own_keys *out) {
  krv_sign_pair_random(env, &out->sign);
  krv_dh_pair_random(env, &out->seal);
  krv_dh_pair_random(env, &out->session);
  krv_dh_pair_random(env, &out->member);
  krv_dh_pair_random(env, &out->agency);
}

void krv_own_keys_public(const struct krv_own_keys *keys, struct krv_device_keys *out) {
  out->sign_pk = keys->sign.pk;
  out->seal_pk = keys->seal.pk;
  out->session_pk = keys->session.pk;
}

/* Reads a meta row into buf; NOT_FOUND stays NOT_FOUND. */
static int load(struct krv_vault *vault, const struct krv_env *env, enum krv_meta key,
                struct krv_buf *buf) {
  krv_buf_init(buf, env);
  return krv_vault_meta_get(vault, key, buf);
}

static int save(struct krv_vault *vault, enum krv_meta key, struct krv_buf *buf) {
  int status = buf->status;
  if (status == 0) status = krv_vault_meta_put(vault, key, krv_buf_slice(buf));
  krv_buf_wipe(buf);
  return status;
}

int krv_own_keys_save(struct krv_vault *vault, const struct krv_env *env,
                      const struct krv_own_keys *keys) {
  const struct krv_dh_pair *pairs[] = {&keys->seal, &keys->session, &keys->member, &keys->agency};
  struct krv_buf buf;
  krv_buf_init(&buf, env);
  krv_buf_append(&buf, keys->sign.sk, KRV_KEY_LEN); /* the seed */
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    krv_buf_append(&buf, pairs[i]->sk.b, KRV_KEY_LEN);
  return save(vault, KRV_META_KEYS, &buf);
}

int krv_own_keys_load(struct krv_vault *vault, const struct krv_env *env,
                      struct krv_own_keys *out) {
  struct krv_dh_pair *pairs[] = {&out->seal, &out->session, &out->member, &out->agency};
  struct krv_buf buf;
  struct krv_key secret;
  int status = load(vault, env, KRV_META_KEYS, &buf);
  struct krv_in in = krv_in(krv_buf_slice(&buf));
  krv_in_copy(&in, secret.b, sizeof secret.b);
  krv_sign_pair_from_seed(&secret, &out->sign);
  for (size_t i = 0; status == 0 && i < sizeof pairs / sizeof *pairs; i++) {
    krv_in_copy(&in, secret.b, sizeof secret.b);
    status = in.status != 0 ? KRV_DAMAGED : krv_dh_pair_from_secret(&secret, pairs[i]);
  }
  if (status == 0 && krv_in_end(&in) != 0) status = KRV_DAMAGED;
  krv_wipe(&secret, sizeof secret);
  krv_buf_wipe(&buf);
  return status;
}

static void put_text(struct krv_buf *buf, const char *text) {
  krv_buf_blob(buf, krv_slice_str(text));
}

static void get_text(struct krv_in *in, char *out, size_t cap) {
  struct krv_slice text = krv_in_blob(in, cap - 1);
  if (text.len > 0) memcpy(out, text.data, text.len);
  out[text.len] = 0;
}

int krv_member_save(struct krv_vault *vault, const struct krv_env *env,
                    const struct krv_member *member) {
  struct krv_buf buf, code;
  krv_buf_init(&buf, env);
  krv_buf_init(&code, env);
  krv_buf_u8(&buf, (uint8_t)member->state);
  krv_buf_append(&buf, member->programme.b, sizeof member->programme.b);
  krv_buf_append(&buf, member->server_pk.b, sizeof member->server_pk.b);
  put_text(&buf, member->address);
  krv_buf_u32(&buf, member->device);
  krv_buf_u8(&buf, (uint8_t)(member->practice | member->clock_known << 1));
  krv_buf_u64(&buf, (uint64_t)member->last_sync_s);
  krv_buf_u64(&buf, (uint64_t)member->clock_offset_s);
  if (member->state == KRV_MEMBER_JOINING) krv_invitation_format(&member->invitation, &code);
  if (member->state == KRV_MEMBER_FOUNDING)
    krv_buf_append(&code, member->invitation.psk.b, KRV_KEY_LEN);
  krv_buf_blob(&buf, krv_buf_slice(&code));
  krv_buf_u64(&buf, (uint64_t)member->clock_told_s);
  if (code.status != 0) buf.status = code.status;
  krv_buf_wipe(&code);
  return save(vault, KRV_META_MEMBER, &buf);
}

void krv_member_told(struct krv_member *member, int64_t server_s, int64_t wall_s) {
  member->clock_known = true;
  member->clock_told_s = server_s;
  member->clock_offset_s = server_s - wall_s;
}

int krv_member_load(struct krv_vault *vault, const struct krv_env *env, struct krv_member *out) {
  struct krv_buf buf;
  memset(out, 0, sizeof *out);
  int status = load(vault, env, KRV_META_MEMBER, &buf);
  if (status == KRV_NOT_FOUND) {
    krv_buf_release(&buf);
    return 0;
  }
  struct krv_in in = krv_in(krv_buf_slice(&buf));
  out->state = (enum krv_member_state)krv_in_u8(&in);
  krv_in_copy(&in, out->programme.b, sizeof out->programme.b);
  krv_in_copy(&in, out->server_pk.b, sizeof out->server_pk.b);
  get_text(&in, out->address, sizeof out->address);
  out->device = krv_in_u32(&in);
  uint8_t flags = krv_in_u8(&in);
  out->practice = flags & 1;
  out->clock_known = flags >> 1 & 1;
  out->last_sync_s = (int64_t)krv_in_u64(&in);
  out->clock_offset_s = (int64_t)krv_in_u64(&in);
  struct krv_slice code = krv_in_blob(&in, KRV_INVITE_TEXT_MAX);
  if (krv_in_left(&in) > 0) out->clock_told_s = (int64_t)krv_in_u64(&in); /* not in format 1 */
  if (status == 0 && krv_in_end(&in) != 0) status = KRV_DAMAGED;
  if (status == 0 && out->state == KRV_MEMBER_JOINING)
    status = krv_invitation_parse(code, &out->invitation);
  if (status == 0 && out->state == KRV_MEMBER_FOUNDING && code.len == KRV_KEY_LEN)
    memcpy(out->invitation.psk.b, code.data, KRV_KEY_LEN);
  krv_buf_wipe(&buf);
  return status;
}

int krv_standing_save(struct krv_vault *vault, const struct krv_env *env,
                      const struct krv_standing *standing) {
  struct krv_buf buf;
  krv_buf_init(&buf, env);
  krv_buf_u64(&buf, standing->cursor);
  krv_buf_u64(&buf, standing->within);
  krv_buf_u64(&buf, standing->head_seq);
  krv_buf_append(&buf, standing->head_chain8, sizeof standing->head_chain8);
  krv_buf_u32(&buf, standing->early_max);
  krv_buf_u16(&buf, standing->receipts_given);
  krv_buf_u8(&buf, standing->receipts_repeated);
  krv_buf_u64(&buf, (uint64_t)standing->reopened_s);
  krv_buf_u32(&buf, standing->receipts_seen);
  krv_buf_u32(&buf, standing->named_height);
  if (standing->ticketed) {
    const struct krv_ticket *ticket = &standing->ticket;
    krv_buf_append(&buf, ticket->id.b, sizeof ticket->id.b);
    krv_buf_append(&buf, ticket->psk.b, sizeof ticket->psk.b);
    krv_buf_u64(&buf, (uint64_t)ticket->chain_started_s);
  }
  return save(vault, KRV_META_CURSOR, &buf);
}

int krv_standing_load(struct krv_vault *vault, const struct krv_env *env,
                      struct krv_standing *out) {
  struct krv_buf buf;
  memset(out, 0, sizeof *out);
  out->early_max = KRV_EARLY_DATA_MAX;
  int status = load(vault, env, KRV_META_CURSOR, &buf);
  if (status != 0) {
    krv_buf_release(&buf);
    return status == KRV_NOT_FOUND ? 0 : status;
  }
  struct krv_in in = krv_in(krv_buf_slice(&buf));
  out->cursor = krv_in_u64(&in);
  out->within = krv_in_u64(&in);
  out->head_seq = krv_in_u64(&in);
  krv_in_copy(&in, out->head_chain8, sizeof out->head_chain8);
  out->early_max = krv_in_u32(&in);
  out->receipts_given = krv_in_u16(&in);
  out->receipts_repeated = krv_in_u8(&in) != 0;
  out->reopened_s = (int64_t)krv_in_u64(&in);
  out->receipts_seen = krv_in_u32(&in);
  out->named_height = krv_in_u32(&in);
  out->ticketed = krv_in_left(&in) > 0;
  if (out->ticketed) {
    struct krv_ticket *ticket = &out->ticket;
    krv_in_copy(&in, ticket->id.b, sizeof ticket->id.b);
    krv_in_copy(&in, ticket->psk.b, sizeof ticket->psk.b);
    ticket->chain_started_s = (int64_t)krv_in_u64(&in);
  }
  if (krv_in_end(&in) != 0) status = KRV_DAMAGED;
  krv_buf_wipe(&buf);
  return status;
}
