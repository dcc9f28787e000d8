#include "join.h"

#include <string.h>

#include "pin.h"
#include "words.h"

/* Asked a server that the programme has left since? No other sees the keys that one saw. */
static bool moved(const struct krv_member *member, const struct krv_invitation *invitation) {
  return member->state == KRV_MEMBER_JOINING &&
         !krv_secret_equal(member->server_pk.b, invitation->server_pk.b, KRV_KEY_LEN);
}

static int bind_to(struct krv_world *world, const struct krv_invitation *invitation) {
  struct krv_member *member = &world->member, before = *member;
  struct krv_own_keys keys = world->keys;
  const struct krv_pin pin = world->pin;
  bool anew = moved(member, invitation);
  member->state = KRV_MEMBER_JOINING;
  member->programme = invitation->programme;
  member->server_pk = invitation->server_pk;
  member->practice = invitation->practice;
  member->invitation = *invitation;
  memcpy(member->address, invitation->address, sizeof member->address);
  world->pin.since = invitation->roster_height + 1; /* who invited knew the entries up to there */
  int status = krv_vault_begin(world->vault);
  if (status == 0 && anew) {
    krv_own_keys_random(world->env, &world->keys);
    status = krv_own_keys_save(world->vault, world->env, &world->keys);
  }
  if (status == 0) status = krv_member_save(world->vault, world->env, member);
  if (status == 0) status = krv_pin_save(world->vault, world->env, &world->pin);
  if (status == 0) status = krv_vault_commit(world->vault);
  if (status != 0) *member = before, world->pin = pin, world->keys = keys;
  if (status != 0 && krv_vault_in_transaction(world->vault)) krv_vault_rollback(world->vault);
  krv_wipe(&before, sizeof before);
  krv_wipe(&keys, sizeof keys);
  return status;
}

/* What was asked of one programme is not dropped for another. */
static bool may_bind(const struct krv_member *member, const struct krv_invitation *invitation) {
  if (member->state == KRV_MEMBER_ALONE) return true;
  return member->state == KRV_MEMBER_JOINING &&
         krv_id_equal(&member->programme, &invitation->programme);
}

int krv_join_prepare(struct krv_world *world, struct krv_slice code) {
  struct krv_invitation invitation;
  const struct krv_member *member = &world->member;
  int status = krv_invitation_parse(code, &invitation);
  if (status != 0) return status;
  bool same = member->state == KRV_MEMBER_JOINING &&
              memcmp(member->invitation.terms.id, invitation.terms.id, KRV_INVITE_ID_LEN) == 0;
  if (!may_bind(member, &invitation)) status = KRV_STATE;
  if (status == 0 && !same) status = bind_to(world, &invitation);
  krv_wipe(&invitation, sizeof invitation);
  return status;
}

static void make(const struct krv_world *world, struct krv_join *join) {
  const struct krv_invitation *invitation = &world->member.invitation;
  memset(join, 0, sizeof *join);
  join->terms = invitation->terms;
  krv_own_keys_public(&world->keys, &join->keys);
  join->has_member_pk = invitation->member_group == KRV_NO_INDEX;
  if (join->has_member_pk) join->member_pk = world->keys.member.pk;
  join->has_agency_pk = invitation->new_agency;
  if (join->has_agency_pk) join->agency_pk = world->keys.agency.pk;
  krv_join_sign(join, &world->member.programme, &world->keys.sign, invitation->secret);
}

int krv_join_request(const struct krv_world *world, struct krv_buf *out) {
  struct krv_join join;
  struct krv_buf body;
  if (world->member.state != KRV_MEMBER_JOINING) return KRV_STATE;
  make(world, &join);
  krv_buf_init(&body, world->env);
  krv_invite_terms_encode(&join.terms, &body);
  krv_join_encode(&join, &body);
  krv_msg_join_encode(&(struct krv_msg_join){false, krv_buf_slice(&body)}, out);
  int status = body.status != 0 ? body.status : out->status;
  krv_buf_release(&body);
  return status;
}

int krv_join_words(const struct krv_world *world, char out[64]) {
  struct krv_join join;
  out[0] = 0;
  if (world->member.state != KRV_MEMBER_JOINING) return KRV_STATE;
  make(world, &join);
  krv_words(&world->member.programme, &join, out);
  return 0;
}
