/* invitation: the fields of invitation and founding code; codetext.h has the letters around them.
 *
 *   terms = id 8, inviter u32, roles u8, expires u32: fixed, since the psk hashes them */
#include "invitation.h"

#include <string.h>

enum invitation_flags {
  FLAG_MEMBER = 1,
  FLAG_AGENCY = 2,
  FLAG_NEW_AGENCY = 4,
  FLAG_PRACTICE = 8,
  FLAGS_ALL = 15
};
enum join_flags { JOIN_MEMBER_PK = 1, JOIN_AGENCY_PK = 2, JOIN_FLAGS_ALL = 3 };

/* ---- terms ---- */

static uint8_t *put_u32(uint8_t *p, uint32_t v) {
  for (unsigned i = 0; i < 4; i++) *p++ = (uint8_t)(v >> (8 * i));
  return p;
}

void krv_invite_terms_bytes(const struct krv_invite_terms *terms,
                            uint8_t out[KRV_INVITE_TERMS_LEN]) {
  memcpy(out, terms->id, KRV_INVITE_ID_LEN);
  uint8_t *p = put_u32(out + KRV_INVITE_ID_LEN, terms->inviter);
  *p++ = terms->roles;
  put_u32(p, terms->expires_s);
}

int krv_invite_psk(const struct krv_dh_pair *own, const struct krv_key *other_pk,
                   const struct krv_invite_terms *terms, struct krv_key *out) {
  uint8_t bytes[KRV_INVITE_TERMS_LEN];
  struct krv_key shared;
  memset(out, 0, sizeof *out);
  int status = krv_dh(&own->sk, other_pk, &shared);
  if (status != 0) return status;
  krv_invite_terms_bytes(terms, bytes);
  const struct krv_slice parts[] = {krv_slice(shared.b, sizeof shared.b),
                                    krv_slice(bytes, sizeof bytes)};
  krv_h(KRV_DOMAIN_INVITE_PSK, parts, 2, out->b, sizeof out->b);
  krv_wipe(&shared, sizeof shared);
  return 0;
}

void krv_invite_terms_encode(const struct krv_invite_terms *terms, struct krv_buf *out) {
  uint8_t *place = krv_buf_extend(out, KRV_INVITE_TERMS_LEN);
  if (place) krv_invite_terms_bytes(terms, place);
}

void krv_invite_terms_decode(struct krv_in *in, struct krv_invite_terms *out) {
  krv_in_copy(in, out->id, sizeof out->id);
  out->inviter = krv_in_u32(in);
  out->roles = krv_in_u8(in);
  out->expires_s = krv_in_u32(in);
  if (out->roles == 0 || out->roles > KRV_ROLES_ALL) krv_in_fail(in, KRV_MALFORMED);
  if (in->status != 0) memset(out, 0, sizeof *out);
}

/* ---- text ---- */

static uint8_t invitation_flags(const struct krv_invitation *invitation) {
  unsigned flags = 0;
  if (invitation->member_group != KRV_NO_INDEX) flags |= FLAG_MEMBER;
  if (invitation->agency_group != KRV_NO_INDEX) flags |= FLAG_AGENCY;
  if (invitation->new_agency) flags |= FLAG_NEW_AGENCY;
  if (invitation->practice) flags |= FLAG_PRACTICE;
  return (uint8_t)flags;
}

void krv_invitation_format(const struct krv_invitation *invitation, struct krv_buf *out) {
  struct krv_buf raw;
  krv_codetext_begin(&raw, out->env, KRV_CODE_INVITATION);
  krv_invite_terms_encode(&invitation->terms, &raw);
  krv_buf_append(&raw, invitation->psk.b, sizeof invitation->psk.b);
  krv_buf_append(&raw, invitation->secret, sizeof invitation->secret);
  krv_buf_append(&raw, invitation->programme.b, sizeof invitation->programme.b);
  krv_buf_append(&raw, invitation->server_pk.b, sizeof invitation->server_pk.b);
  krv_buf_varint(&raw, invitation->roster_height);
  krv_buf_append(&raw, invitation->roster_head8, sizeof invitation->roster_head8);
  uint8_t flags = invitation_flags(invitation);
  krv_buf_u8(&raw, flags);
  if (flags & FLAG_MEMBER) krv_buf_varint(&raw, invitation->member_group);
  if (flags & FLAG_AGENCY) krv_buf_varint(&raw, invitation->agency_group);
  krv_code_address_put(&raw, invitation->address);
  krv_codetext_finish(&raw, out);
}

static void get_invitation(struct krv_in *in, struct krv_invitation *out) {
  krv_invite_terms_decode(in, &out->terms);
  krv_in_copy(in, out->psk.b, sizeof out->psk.b);
  krv_in_copy(in, out->secret, sizeof out->secret);
  krv_in_copy(in, out->programme.b, sizeof out->programme.b);
  krv_in_copy(in, out->server_pk.b, sizeof out->server_pk.b);
  out->roster_height = (uint32_t)krv_in_varint(in, KRV_ROSTER_HEIGHT_MAX);
  krv_in_copy(in, out->roster_head8, sizeof out->roster_head8);
  uint8_t flags = krv_in_u8(in);
  bool both_agencies = (flags & FLAG_AGENCY) && (flags & FLAG_NEW_AGENCY);
  if (flags > FLAGS_ALL || both_agencies) krv_in_fail(in, KRV_MALFORMED);
  out->member_group = KRV_NO_INDEX;
  out->agency_group = KRV_NO_INDEX;
  if (flags & FLAG_MEMBER) out->member_group = (krv_group_ix)krv_in_varint(in, KRV_NO_INDEX - 1);
  if (flags & FLAG_AGENCY) out->agency_group = (krv_group_ix)krv_in_varint(in, KRV_NO_INDEX - 1);
  out->new_agency = (flags & FLAG_NEW_AGENCY) != 0;
  out->practice = (flags & FLAG_PRACTICE) != 0;
  krv_code_address_get(in, out->address);
}

int krv_invitation_parse(struct krv_slice text, struct krv_invitation *out) {
  uint8_t raw[KRV_CODE_RAW_MAX];
  memset(out, 0, sizeof *out);
  struct krv_in in = krv_codetext_open(text, KRV_CODE_INVITATION, raw);
  if (in.status == 0) get_invitation(&in, out);
  int status = krv_codetext_close(&in, raw);
  if (status != 0) krv_wipe(out, sizeof *out);
  return status;
}

void krv_founding_format(const struct krv_founding_code *code, struct krv_buf *out) {
  struct krv_buf raw;
  krv_codetext_begin(&raw, out->env, KRV_CODE_FOUNDING);
  krv_buf_append(&raw, code->server_pk.b, sizeof code->server_pk.b);
  krv_buf_append(&raw, code->psk.b, sizeof code->psk.b);
  krv_code_address_put(&raw, code->address);
  krv_codetext_finish(&raw, out);
}

int krv_founding_parse(struct krv_slice text, struct krv_founding_code *out) {
  uint8_t raw[KRV_CODE_RAW_MAX];
  memset(out, 0, sizeof *out);
  struct krv_in in = krv_codetext_open(text, KRV_CODE_FOUNDING, raw);
  krv_in_copy(&in, out->server_pk.b, sizeof out->server_pk.b);
  krv_in_copy(&in, out->psk.b, sizeof out->psk.b);
  krv_code_address_get(&in, out->address);
  int status = krv_codetext_close(&in, raw);
  if (status != 0) krv_wipe(out, sizeof *out);
  return status;
}

/* ---- the joiner's request ---- */

enum { JOIN_PARTS = 7 };

/* A key that is not there is an empty part, so that it cannot be taken for another. */
static void join_parts(const struct krv_join *join, const struct krv_id *programme,
                       struct krv_slice parts[JOIN_PARTS]) {
  parts[0] = krv_slice(programme->b, sizeof programme->b);
  parts[1] = krv_slice(join->terms.id, sizeof join->terms.id);
  parts[2] = krv_slice(join->keys.sign_pk.b, KRV_KEY_LEN);
  parts[3] = krv_slice(join->keys.seal_pk.b, KRV_KEY_LEN);
  parts[4] = krv_slice(join->keys.session_pk.b, KRV_KEY_LEN);
  parts[5] = krv_slice(join->member_pk.b, join->has_member_pk ? KRV_KEY_LEN : 0);
  parts[6] = krv_slice(join->agency_pk.b, join->has_agency_pk ? KRV_KEY_LEN : 0);
}

static void join_mac(const struct krv_join *join, const struct krv_id *programme,
                     const uint8_t secret[KRV_INVITE_SECRET_LEN], uint8_t out[16]) {
  struct krv_slice parts[1 + JOIN_PARTS];
  uint8_t terms[KRV_INVITE_TERMS_LEN];
  krv_invite_terms_bytes(&join->terms, terms);
  parts[0] = krv_slice(secret, KRV_INVITE_SECRET_LEN);
  join_parts(join, programme, parts + 1);
  parts[2] = krv_slice(terms, sizeof terms); /* all of them, not the id alone */
  krv_h(KRV_DOMAIN_JOIN_MAC, parts, 1 + JOIN_PARTS, out, 16);
}

void krv_join_sign(struct krv_join *join, const struct krv_id *programme,
                   const struct krv_sign_pair *joiner,
                   const uint8_t secret[KRV_INVITE_SECRET_LEN]) {
  struct krv_slice parts[JOIN_PARTS];
  join_parts(join, programme, parts);
  krv_sign(joiner, KRV_DOMAIN_JOIN_SIGN, parts, JOIN_PARTS, join->signature);
  join_mac(join, programme, secret, join->mac);
}

int krv_join_verify(const struct krv_join *join, const struct krv_id *programme) {
  struct krv_slice parts[JOIN_PARTS];
  join_parts(join, programme, parts);
  return krv_sign_verify(&join->keys.sign_pk, KRV_DOMAIN_JOIN_SIGN, parts, JOIN_PARTS,
                         join->signature);
}

bool krv_join_mac_good(const struct krv_join *join, const struct krv_id *programme,
                       const uint8_t secret[KRV_INVITE_SECRET_LEN]) {
  uint8_t mac[16];
  join_mac(join, programme, secret, mac);
  bool good = krv_secret_equal(mac, join->mac, sizeof mac);
  krv_wipe(mac, sizeof mac);
  return good;
}

void krv_join_encode(const struct krv_join *join, struct krv_buf *out) {
  unsigned flags = 0;
  if (join->has_member_pk) flags |= JOIN_MEMBER_PK;
  if (join->has_agency_pk) flags |= JOIN_AGENCY_PK;
  krv_buf_u8(out, (uint8_t)flags);
  krv_buf_append(out, join->keys.sign_pk.b, KRV_KEY_LEN);
  krv_buf_append(out, join->keys.seal_pk.b, KRV_KEY_LEN);
  krv_buf_append(out, join->keys.session_pk.b, KRV_KEY_LEN);
  if (join->has_member_pk) krv_buf_append(out, join->member_pk.b, KRV_KEY_LEN);
  if (join->has_agency_pk) krv_buf_append(out, join->agency_pk.b, KRV_KEY_LEN);
  krv_buf_append(out, join->signature, sizeof join->signature);
  krv_buf_append(out, join->mac, sizeof join->mac);
}

void krv_join_decode(struct krv_in *in, struct krv_join *out) {
  const struct krv_invite_terms terms = out->terms;
  memset(out, 0, sizeof *out);
  out->terms = terms;
  uint8_t flags = krv_in_u8(in);
  if (flags > JOIN_FLAGS_ALL) krv_in_fail(in, KRV_MALFORMED);
  out->has_member_pk = in->status == 0 && (flags & JOIN_MEMBER_PK) != 0;
  out->has_agency_pk = in->status == 0 && (flags & JOIN_AGENCY_PK) != 0;
  krv_in_copy(in, out->keys.sign_pk.b, KRV_KEY_LEN);
  krv_in_copy(in, out->keys.seal_pk.b, KRV_KEY_LEN);
  krv_in_copy(in, out->keys.session_pk.b, KRV_KEY_LEN);
  if (out->has_member_pk) krv_in_copy(in, out->member_pk.b, KRV_KEY_LEN);
  if (out->has_agency_pk) krv_in_copy(in, out->agency_pk.b, KRV_KEY_LEN);
  krv_in_copy(in, out->signature, sizeof out->signature);
  krv_in_copy(in, out->mac, sizeof out->mac);
}
