#include "approve.h"

#include <string.h>

#include "admit.h"
#include "propose.h"

enum { REQUESTS_PER_ENTRY = 6 }; /* at most four statements each, and 16 KiB */

/* A stored request: u8 approved, blob name given by hand, then JOIN's payload. */
static int decode_request(int64_t lid, struct krv_slice row, struct krv_request *out) {
  struct krv_in in = krv_in(row);
  struct krv_msg_join msg;
  memset(out, 0, sizeof *out);
  out->lid = lid;
  out->approved = krv_in_u8(&in) != 0;
  struct krv_slice name = krv_in_blob(&in, KRV_NAME_SIZE_MAX);
  if (krv_msg_join_decode(krv_in_rest(&in), &msg) != 0) return KRV_DAMAGED;
  struct krv_in body = krv_in(msg.terms_and_join);
  krv_invite_terms_decode(&body, &out->join.terms);
  krv_join_decode(&body, &out->join);
  if (krv_in_end(&body) != 0) return KRV_MALFORMED;
  out->contested = msg.contested;
  if (name.len > 0) memcpy(out->note.name, name.data, name.len);
  return 0;
}

/* Answered by the roster already? */
static bool answered(const struct krv_world *world, const struct krv_request *request) {
  return krv_roster_device_by_session(world->roster, &request->join.keys.session_pk) != NULL;
}

/* Has somebody come in by this invitation? */
static bool used_up(const struct krv_world *world, const struct krv_request *request) {
  for (krv_device_ix i = 0; i < krv_roster_device_count(world->roster); i++)
    if (memcmp(krv_roster_device(world->roster, i)->invite, request->join.terms.id,
               KRV_INVITE_ID_LEN) == 0)
      return true;
  return false;
}

/* What this vault knows of it besides. CRYPTO: nobody signed it. */
static int judge_request(struct krv_world *world, struct krv_request *request) {
  struct krv_invite_note note;
  int status = krv_invite_find(world, request->join.terms.id, &note);
  if (status != 0 && status != KRV_NOT_FOUND) return status;
  request->own_invitation = status == 0;
  if (status == 0) {
    if (request->note.name[0]) memcpy(note.name, request->note.name, sizeof note.name);
    request->note = note;
  } else {
    request->note.member_group = request->note.agency_group = KRV_NO_INDEX;
  }
  krv_wipe(&note, sizeof note);
  request->mac_good =
      request->own_invitation &&
      krv_join_mac_good(&request->join, &world->member.programme, request->note.secret);
  request->contested |= used_up(world, request);
  krv_words(&world->member.programme, &request->join, request->words);
  return krv_join_verify(&request->join, &world->member.programme);
}

static int write_request(struct krv_world *world, const struct krv_request *request) {
  struct krv_buf row, body;
  int64_t lid = request->lid;
  krv_buf_init(&row, world->env);
  krv_buf_init(&body, world->env);
  krv_buf_u8(&row, request->approved);
  krv_buf_blob(&row, krv_slice_str(request->own_invitation ? "" : request->note.name));
  krv_invite_terms_encode(&request->join.terms, &body);
  krv_join_encode(&request->join, &body);
  krv_msg_join_encode(&(struct krv_msg_join){request->contested, krv_buf_slice(&body)}, &row);
  int status = body.status != 0 ? body.status : row.status;
  if (status == 0)
    status = krv_vault_row_put(world->vault, KRV_TABLE_JOINS, &lid, krv_buf_slice(&row));
  krv_buf_release(&row);
  krv_buf_release(&body);
  return status;
}

struct keeping {
  struct krv_world *world;
  const struct krv_join *fresh;
  int64_t lid;
  uint32_t count;
  bool approved, contested;
};

static bool same_letter(const struct krv_join *a, const struct krv_join *b) {
  uint8_t x[KRV_INVITE_TERMS_LEN], y[KRV_INVITE_TERMS_LEN];
  krv_invite_terms_bytes(&a->terms, x);
  krv_invite_terms_bytes(&b->terms, y);
  return memcmp(x, y, sizeof x) == 0 &&
         memcmp(a->signature, b->signature, sizeof a->signature) == 0 &&
         memcmp(a->mac, b->mac, sizeof a->mac) == 0;
}

/* A second key with one invitation makes both contested, whatever the server says of it. */
static int compare(struct keeping *k, struct krv_request *known) {
  const struct krv_join *join = &known->join;
  bool same_invite = memcmp(join->terms.id, k->fresh->terms.id, sizeof join->terms.id) == 0;
  bool was_contested = known->contested;
  if (memcmp(&join->keys, &k->fresh->keys, sizeof join->keys) == 0) {
    k->lid = known->lid;
    k->approved = known->approved && same_letter(join, k->fresh); /* approved was what it said */
    k->contested |= known->contested && same_invite;
    return 0;
  }
  if (!same_invite) return 0;
  k->contested = known->contested = true;
  return was_contested ? 0 : write_request(k->world, known);
}

static int compare_all(struct keeping *k) {
  struct krv_request known;
  struct krv_buf row;
  int64_t lid = 0;
  int status;
  krv_buf_init(&row, k->world->env);
  while ((status = krv_vault_row_next(k->world->vault, KRV_TABLE_JOINS, lid, &lid, &row)) == 0) {
    if (decode_request(lid, krv_buf_slice(&row), &known) != 0 || answered(k->world, &known)) {
      status = krv_vault_row_delete(k->world->vault, KRV_TABLE_JOINS, lid);
    } else {
      k->count++;
      status = compare(k, &known);
    }
    krv_buf_reset(&row);
    if (status != 0) break;
  }
  krv_buf_release(&row);
  return status == KRV_END ? 0 : status;
}

int krv_request_keep(struct krv_world *world, const struct krv_msg_join *msg) {
  struct krv_request request = {.contested = msg->contested};
  struct keeping k = {.world = world, .fresh = &request.join};
  struct krv_in in = krv_in(msg->terms_and_join);
  krv_invite_terms_decode(&in, &request.join.terms);
  krv_join_decode(&in, &request.join);
  if (krv_in_end(&in) != 0) return KRV_MALFORMED;
  if (krv_join_verify(&request.join, &world->member.programme) != 0) return 0; /* nobody asks */
  if (answered(world, &request)) return 0;
  int status = compare_all(&k);
  if (status == 0 && k.lid == 0 && k.count >= KRV_REQUESTS_MAX) status = KRV_QUOTA;
  request.lid = k.lid;
  request.approved = k.approved;
  request.contested |= k.contested;
  return status == 0 ? write_request(world, &request) : status;
}

int krv_requests(struct krv_world *world, int (*each)(void *ctx, const struct krv_request *request),
                 void *ctx) {
  struct krv_request request;
  struct krv_buf row;
  int64_t lid = 0;
  int status;
  krv_buf_init(&row, world->env);
  while ((status = krv_vault_row_next(world->vault, KRV_TABLE_JOINS, lid, &lid, &row)) == 0) {
    status = decode_request(lid, krv_buf_slice(&row), &request);
    if (status == 0) status = judge_request(world, &request);
    krv_buf_reset(&row);
    if (status == KRV_CRYPTO || status == KRV_MALFORMED) continue; /* nobody can have signed it */
    if (status == 0 && !answered(world, &request)) status = each(ctx, &request);
    if (status != 0) break;
  }
  krv_wipe(&request, sizeof request);
  krv_buf_release(&row);
  return status == KRV_END ? 0 : status;
}

int krv_request_simple(const struct krv_request *request) {
  uint8_t simple = KRV_ROLE_WORKER | KRV_ROLE_PROVIDER;
  if (request->contested) return KRV_INVITE_USED;
  if (request->own_invitation && !request->mac_good) return KRV_CRYPTO;
  if (request->note.member_group != KRV_NO_INDEX) return 0; /* a further device of our own */
  return request->own_invitation && !(request->join.terms.roles & ~simple) ? 0 : KRV_DENIED;
}

/* ---- proposals */

/* One entry being put together. */
struct proposal {
  struct krv_world *world;
  struct krv_roster *roster;
  struct krv_statement statements[KRV_ENTRY_STATEMENTS_MAX];
  uint32_t count, requests;
  krv_device_ix next_device;
  struct krv_buf names[2 * REQUESTS_PER_ENTRY]; /* sealed; statements borrow */
  uint32_t name_count;
};

static int seal_name(struct proposal *p, const char *name, struct krv_slice *out) {
  struct krv_buf *buf = &p->names[p->name_count++];
  krv_buf_init(buf, p->world->env);
  int status = krv_world_seal_name(p->world, name[0] ? name : "?", buf);
  *out = krv_buf_slice(buf);
  return status;
}

static void admit(struct proposal *p, krv_group_ix group, uint32_t rights) {
  const struct krv_world *world = p->world;
  const struct krv_membership *own =
      krv_roster_membership(world->roster, world->member.device, group, UINT32_MAX);
  if (rights == KRV_NO_INDEX || !own || !(own->rights & KRV_ADMIT_KEEPER)) return;
  p->statements[p->count++] = (struct krv_statement){.kind = KRV_STATEMENT_ADMIT,
                                                     .group = group,
                                                     .device = p->next_device,
                                                     .rights = (uint8_t)rights};
}

static int add_request(struct proposal *p, const struct krv_request *request) {
  const struct krv_join *join = &request->join;
  struct krv_statement *s = &p->statements[p->count++];
  uint8_t roles = join->terms.roles;
  *s = (struct krv_statement){
      .kind = KRV_STATEMENT_DEVICE,
      .keys = join->keys,
      .roles = roles,
      .member_pk = join->member_pk,
      .has_member_pk = join->has_member_pk,
      .agency_pk = join->agency_pk,
      .has_agency_pk = join->has_agency_pk,
      .member_group = join->has_member_pk ? KRV_NO_INDEX : request->note.member_group,
      .agency_group = join->has_agency_pk ? KRV_NO_INDEX : request->note.agency_group,
  };
  if (!join->has_member_pk) s->agency_group = krv_world_self(p->world)->agency_group;
  memcpy(s->invite, join->terms.id, sizeof s->invite);
  memcpy(s->signature, join->signature, sizeof s->signature);
  int status = seal_name(p, request->note.name, &s->name);
  if (status == 0 && join->has_agency_pk)
    status = seal_name(p, request->note.agency, &s->group_name);
  admit(p, KRV_GROUP_EVERYONE, krv_rights_in_everyone(roles));
  admit(p, KRV_GROUP_OFFICE, krv_rights_in_office(roles));
  if (s->agency_group != KRV_NO_INDEX) admit(p, s->agency_group, 0);
  p->next_device++;
  p->requests++;
  return status;
}

/* Signs what is gathered. */
static int close_entry(struct proposal *p) {
  int status = p->requests == 0 ? 0 : krv_propose(p->world, p->roster, p->statements, p->count);
  for (uint32_t i = 0; i < p->name_count; i++) krv_buf_release(&p->names[i]);
  p->count = p->requests = p->name_count = 0;
  return status;
}

static int propose_one(void *ctx, const struct krv_request *request) {
  struct proposal *p = ctx;
  if (!request->approved || krv_roster_device_by_session(p->roster, &request->join.keys.session_pk))
    return 0;
  int status = p->requests == REQUESTS_PER_ENTRY ? close_entry(p) : 0;
  return status == 0 ? add_request(p, request) : status;
}

/* Entries for all approved requests that neither roster nor proposals hold. */
static int propose(struct krv_world *world) {
  struct proposal *p = krv_zalloc(world->env, 1, sizeof *p);
  if (!p) return KRV_NOMEM;
  p->world = world;
  int status = krv_propose_roster(world, &p->roster);
  if (status == 0) {
    p->next_device = krv_roster_device_count(p->roster);
    status = krv_requests(world, propose_one, p);
    if (status == 0) status = close_entry(p);
  }
  for (uint32_t i = 0; i < p->name_count; i++) krv_buf_release(&p->names[i]);
  krv_roster_free(p->roster);
  krv_free(world->env, p);
  return status;
}

int krv_approve_again(struct krv_intake *intake) {
  struct krv_world *world = krv_intake_world(intake);
  int status = krv_propose_forget(world);
  return status == 0 ? propose(world) : status;
}

/* ---- the command */

struct choosing {
  struct krv_world *world;
  const struct krv_approve_choice *choice;
  void (*each)(void *ctx, const struct krv_request *request, int why_not);
  void *ctx;
  uint32_t fits;
};

/* Administrators sign devices in; a further device of a member, his own one. */
static bool may_approve(const struct krv_world *world, const struct krv_request *request) {
  const struct krv_device *self = krv_world_self(world);
  bool further = request->own_invitation && request->note.member_group == self->member_group;
  return further ||
         (request->note.member_group == KRV_NO_INDEX && (self->roles & KRV_ROLE_ADMINISTRATOR));
}

/* Tells of a device that was let into a group, as of a request. */
static void admitted(void *ctx, const struct krv_device *device) {
  struct choosing *c = ctx;
  struct krv_request told;
  struct krv_buf name;
  c->fits++;
  if (!c->each) return;
  memset(&told, 0, sizeof told);
  told.approved = true;
  told.join.terms.roles = device->roles;
  krv_buf_init(&name, c->world->env);
  krv_world_device_name(c->world, device->ix, &name);
  if (name.len <= KRV_NAME_SIZE_MAX && name.len > 0) memcpy(told.note.name, name.data, name.len);
  krv_buf_release(&name);
  c->each(c->ctx, &told, 0);
}

/* Does it ask for what the invitation gives? Else the roster refuses the entry, and every other request
 * that stands in it. */
static bool fits_invitation(const struct krv_request *request) {
  const struct krv_invite_note *note = &request->note;
  bool member = note->member_group == KRV_NO_INDEX, agency = note->agency[0] != 0;
  if (!request->own_invitation) return true;
  return request->join.has_member_pk == member && request->join.has_agency_pk == agency;
}

static int choose(void *ctx, const struct krv_request *request) {
  struct choosing *c = ctx;
  struct krv_request approved = *request;
  if (!may_approve(c->world, request)) return 0;
  bool spoken = c->choice->words && krv_words_same(request->words, krv_slice_str(c->choice->words));
  if (!spoken && !c->choice->all) return 0;
  int why_not = spoken ? 0 : krv_request_simple(request);
  if (!fits_invitation(request)) why_not = KRV_INVALID;
  if (why_not == 0 && !request->own_invitation && c->choice->name &&
      strlen(c->choice->name) <= KRV_NAME_SIZE_MAX)
    strcpy(approved.note.name, c->choice->name);
  approved.approved = why_not == 0 || request->approved;
  c->fits++;
  int status = why_not == 0 ? write_request(c->world, &approved) : 0;
  if (status == 0 && c->each) c->each(c->ctx, &approved, why_not);
  return status;
}

int krv_approve(struct krv_world *world, const struct krv_approve_choice *choice,
                void (*each)(void *ctx, const struct krv_request *request, int why_not),
                void *ctx) {
  struct choosing c = {world, choice, each, ctx, 0};
  struct krv_intake *intake;
  int status = krv_world_ready(world);
  if (status == 0) status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  status = krv_requests(world, choose, &c);
  if (status == 0 && choice->words && c.fits == 0) status = KRV_NOT_FOUND;
  if (status == 0) status = propose(world);
  if (status == 0 && choice->all) status = krv_admit_due(world, admitted, &c);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}
