#include "invite.h"

#include <string.h>

#include "groupname.h"
#include "pin.h"

static void note_encode(const struct krv_invite_note *note, struct krv_buf *out) {
  krv_buf_append(out, note->id, sizeof note->id);
  krv_buf_append(out, note->secret, sizeof note->secret);
  krv_buf_u32(out, note->member_group);
  krv_buf_u32(out, note->agency_group);
  krv_buf_blob(out, krv_slice_str(note->name));
  krv_buf_blob(out, krv_slice_str(note->agency));
}

static void copy_text(struct krv_in *in, char *out) {
  struct krv_slice text = krv_in_blob(in, KRV_NAME_SIZE_MAX);
  if (text.len > 0) memcpy(out, text.data, text.len);
  out[text.len] = 0;
}

static int note_decode(struct krv_slice bytes, struct krv_invite_note *note) {
  struct krv_in in = krv_in(bytes);
  krv_in_copy(&in, note->id, sizeof note->id);
  krv_in_copy(&in, note->secret, sizeof note->secret);
  note->member_group = krv_in_u32(&in);
  note->agency_group = krv_in_u32(&in);
  copy_text(&in, note->name);
  copy_text(&in, note->agency);
  return krv_in_end(&in) == 0 ? 0 : KRV_DAMAGED;
}

int krv_invite_each(struct krv_world *world,
                    int (*each)(void *ctx, int64_t lid, const struct krv_invite_note *note),
                    void *ctx) {
  struct krv_invite_note note;
  struct krv_buf row;
  int64_t lid = 0;
  int status = 0;
  krv_buf_init(&row, world->env);
  while (status == 0) {
    krv_buf_reset(&row);
    status = krv_vault_row_next(world->vault, KRV_TABLE_INVITES, lid, &lid, &row);
    if (status == KRV_END) { /* of the table, not of who is called */
      status = 0;
      break;
    }
    if (status == 0) status = note_decode(krv_buf_slice(&row), &note);
    if (status == 0) status = each(ctx, lid, &note);
  }
  krv_wipe(&note, sizeof note);
  krv_buf_wipe(&row);
  return status;
}

struct search {
  const uint8_t *id;
  struct krv_invite_note *out;
};

static int is_it(void *ctx, int64_t lid, const struct krv_invite_note *note) {
  const struct search *search = ctx;
  (void)lid;
  if (memcmp(note->id, search->id, sizeof note->id) != 0) return 0;
  *search->out = *note;
  return KRV_END;
}

int krv_invite_find(struct krv_world *world, const uint8_t id[KRV_INVITE_ID_LEN],
                    struct krv_invite_note *out) {
  int status = krv_invite_each(world, is_it, &(struct search){id, out});
  return status == 0 ? KRV_NOT_FOUND : status == KRV_END ? 0 : status;
}

static int note_save(struct krv_world *world, const struct krv_invite_note *note) {
  struct krv_buf row;
  int64_t lid = 0;
  krv_buf_init(&row, world->env);
  note_encode(note, &row);
  int status = row.status != 0 ? row.status : krv_vault_begin(world->vault);
  if (status == 0) {
    status = krv_vault_row_put(world->vault, KRV_TABLE_INVITES, &lid, krv_buf_slice(&row));
    if (status == 0) status = krv_vault_commit(world->vault);
    if (status != 0) krv_vault_rollback(world->vault);
  }
  krv_buf_wipe(&row);
  return status;
}

/* The agency that is named: a known group, or a new one. */
static int find_agency(const struct krv_world *world, const char *name,
                       struct krv_invitation *invitation, struct krv_invite_note *note) {
  krv_group_ix group;
  int status = krv_world_agency_named(world, name, &group);
  if (status == KRV_NOT_FOUND && krv_groupname_reserved(world, name)) return KRV_EXISTS;
  if (status == KRV_NOT_FOUND) {
    invitation->new_agency = true;
    strcpy(note->agency, name);
    return 0;
  }
  if (status != 0) return status;
  invitation->agency_group = note->agency_group = group;
  return 0;
}

static int fill(const struct krv_world *world, const struct krv_invite_request *request,
                struct krv_invitation *invitation, struct krv_invite_note *note) {
  const struct krv_device *self = krv_world_self(world);
  uint8_t quality;
  memset(note, 0, sizeof *note);
  memset(invitation, 0, sizeof *invitation);
  world->env->random(world->env->ctx, note->id, sizeof note->id);
  world->env->random(world->env->ctx, note->secret, sizeof note->secret);
  note->member_group = note->agency_group = KRV_NO_INDEX;
  strcpy(note->name, request->name);
  memcpy(invitation->terms.id, note->id, sizeof note->id);
  memcpy(invitation->secret, note->secret, sizeof note->secret);
  invitation->terms.inviter = self->ix;
  invitation->terms.roles = request->my_device ? self->roles : request->roles;
  int64_t expires = krv_world_now(world, &quality) + (int64_t)request->days * 86400;
  invitation->terms.expires_s = expires > UINT32_MAX ? UINT32_MAX : (uint32_t)expires;
  invitation->programme = world->member.programme;
  invitation->server_pk = world->member.server_pk;
  invitation->roster_height = krv_roster_height(world->roster);
  memcpy(invitation->roster_head8, krv_roster_hash(world->roster, invitation->roster_height), 8);
  invitation->member_group = invitation->agency_group = KRV_NO_INDEX;
  if (request->my_device) invitation->member_group = note->member_group = self->member_group;
  invitation->practice = world->member.practice;
  memcpy(invitation->address, world->member.address, sizeof invitation->address);
  return request->agency ? find_agency(world, request->agency, invitation, note) : 0;
}

int krv_invite_make(struct krv_world *world, const struct krv_invite_request *request,
                    struct krv_buf *text) {
  struct krv_invitation invitation;
  struct krv_invite_note note;
  int status = krv_world_ready(world);
  if (status != 0) return status;
  if (world->fork) return KRV_FORK; /* nobody is added while there are two rosters (R17) */
  if (!krv_pin_settled(world)) return KRV_STATE;
  if (!request->my_device && !krv_rights_may_invite(krv_world_self(world)->roles, request->roles))
    return KRV_DENIED;
  if (strlen(request->name) == 0 || strlen(request->name) > KRV_NAME_SIZE_MAX) return KRV_INVALID;
  if (request->agency && strlen(request->agency) > KRV_NAME_SIZE_MAX) return KRV_INVALID;
  status = fill(world, request, &invitation, &note);
  if (status == 0)
    status = krv_invite_psk(&world->keys.session, &world->member.server_pk, &invitation.terms,
                            &invitation.psk);
  if (status == 0) status = note_save(world, &note);
  if (status == 0) krv_invitation_format(&invitation, text);
  krv_wipe(&invitation, sizeof invitation);
  krv_wipe(&note, sizeof note);
  return status == 0 ? text->status : status;
}

bool krv_invite_expired(const struct krv_world *world, const struct krv_invite_terms *terms) {
  uint8_t quality;
  int64_t now_s = krv_world_now(world, &quality);
  return quality == KRV_WALL_SERVER && now_s > (int64_t)terms->expires_s;
}
