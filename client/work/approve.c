#include "approve.h"

#include <string.h>

#include "admit.h"
#include "again.h"
#include "alarm.h"
#include "fork.h"
#include "groupname.h"
#include "propose.h"
#include "translit.h"
#include "waiting.h"

enum { REQUESTS_PER_ENTRY = 6 }; /* at most four statements each, and 16 KiB */

/* A stored request: u8 of these, blob name given by hand, HAS_AGENCY: blob agency given by hand,
 * then JOIN's payload. */
enum { STORED_APPROVED = 1, STORED_REFUSED = 2, STORED_HAS_AGENCY = 4 };

static void copy_name(struct krv_slice name, char out[KRV_NAME_SIZE_MAX + 1]) {
  if (name.len > 0) memcpy(out, name.data, name.len);
  out[name.len] = 0;
}

static int decode_request(int64_t lid, struct krv_slice row, struct krv_request *out) {
  struct krv_in in = krv_in(row);
  struct krv_msg_join msg;
  memset(out, 0, sizeof *out);
  out->lid = lid;
  uint8_t stored = krv_in_u8(&in);
  out->approved = (stored & STORED_APPROVED) != 0;
  out->refused = (stored & STORED_REFUSED) != 0;
  copy_name(krv_in_blob(&in, KRV_NAME_SIZE_MAX), out->note.name);
  if (stored & STORED_HAS_AGENCY)
    copy_name(krv_in_blob(&in, KRV_NAME_SIZE_MAX), out->note.agency);
  if (krv_msg_join_decode(krv_in_rest(&in), &msg) != 0) return KRV_DAMAGED;
  struct krv_in body = krv_in(msg.terms_and_join);
  krv_invite_terms_decode(&body, &out->join.terms);
  krv_join_decode(&body, &out->join);
  if (krv_in_end(&body) != 0) return KRV_MALFORMED;
  out->contested = msg.contested;
  return 0;
}

/* Answered by the roster already, or by one that lost? Who that one let in asks anew, with new
 * keys. */
static bool answered(const struct krv_world *world, const struct krv_request *request) {
  const struct krv_key *pk = &request->join.keys.session_pk;
  for (uint32_t i = 0; i < world->lost_count; i++) {
    const struct krv_roster *lost = world->lost[i].roster;
    uint32_t as_of;
    if (krv_roster_device_by_session(lost, pk) &&
        krv_fork_has_lost(world, i, krv_roster_height(lost), &as_of))
      return true;
  }
  return krv_roster_device_by_session(world->roster, pk) != NULL;
}

/* Has somebody come in by this invitation? */
static bool used_up(const struct krv_world *world, const struct krv_request *request) {
  for (krv_device_ix i = 0; i < krv_roster_device_count(world->roster); i++)
    if (memcmp(krv_roster_device(world->roster, i)->invite, request->join.terms.id,
               KRV_INVITE_ID_LEN) == 0)
      return true;
  return false;
}

/* The agency that was given by hand, where the device does not make one. */
static krv_group_ix known_agency(const struct krv_world *world, const struct krv_request *request) {
  krv_group_ix ix;
  if (!request->note.agency[0] || request->join.has_agency_pk) return KRV_NO_INDEX;
  return krv_world_agency_named(world, request->note.agency, &ix) == 0 ? ix : KRV_NO_INDEX;
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
    request->note.member_group = KRV_NO_INDEX;
    request->note.agency_group = known_agency(world, request);
  }
  krv_wipe(&note, sizeof note);
  request->mac_good =
      request->own_invitation &&
      krv_join_mac_good(&request->join, &world->member.programme, request->note.secret);
  request->contested |= used_up(world, request);
  request->expired = krv_invite_expired(world, &request->join.terms);
  krv_words(&world->member.programme, &request->join, request->words);
  return krv_join_verify(&request->join, &world->member.programme);
}

static int write_request(struct krv_world *world, const struct krv_request *request) {
  struct krv_buf row, body;
  int64_t lid = request->lid;
  krv_buf_init(&row, world->env);
  krv_buf_init(&body, world->env);
  bool agency = !request->own_invitation && request->note.agency[0] != 0;
  krv_buf_u8(&row, (uint8_t)((request->approved ? STORED_APPROVED : 0) |
                             (request->refused ? STORED_REFUSED : 0) |
                             (agency ? STORED_HAS_AGENCY : 0)));
  krv_buf_blob(&row, krv_slice_str(request->own_invitation ? "" : request->note.name));
  if (agency) krv_buf_blob(&row, krv_slice_str(request->note.agency));
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
  struct krv_waiting waiting;
  bool approved, refused, contested;
  struct krv_invite_note named; /* by hand */
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
    k->refused = known->refused;
    k->approved = known->approved && same_letter(join, k->fresh); /* approved was what it said */
    if (k->approved) k->named = known->note;
    k->contested |= known->contested && same_invite;
    return 0;
  }
  if (!same_invite) return 0;
  k->contested = known->contested = true;
  return was_contested ? 0 : write_request(k->world, known);
}

static krv_group_ix member_of(const struct krv_world *world, krv_device_ix inviter) {
  const struct krv_device *device = krv_roster_device(world->roster, inviter);
  return device ? device->member_group : KRV_NO_INDEX;
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
      const krv_device_ix inviter = known.join.terms.inviter;
      krv_waiting_add(&k->waiting,
                      &(struct krv_waiting_row){lid, inviter, member_of(k->world, inviter),
                                                known.refused, known.approved});
      status = compare(k, &known);
    }
    krv_buf_reset(&row);
    if (status != 0) break;
  }
  krv_buf_release(&row);
  return status == KRV_END ? 0 : status;
}

/* What goes, or is not taken, is told, unless a person has refused it before. */
static int tell_over(struct krv_world *world, krv_device_ix inviter) {
  bool known = krv_roster_device(world->roster, inviter) != NULL;
  return krv_alarm_raise(world, &(struct krv_alarm){.kind = KRV_ALARM_PASSED_OVER,
                                                    .device = known ? inviter : KRV_NO_INDEX});
}

/* More come than are kept (waiting.h). */
static int make_room(struct keeping *k, bool *room) {
  const struct krv_waiting_row *goes;
  krv_device_ix inviter = k->fresh->terms.inviter;
  *room = krv_waiting_room(&k->waiting, member_of(k->world, inviter), &goes);
  if (!*room) return tell_over(k->world, inviter);
  if (!goes) return 0;
  int status = krv_vault_row_delete(k->world->vault, KRV_TABLE_JOINS, goes->lid);
  return status == 0 && !goes->refused ? tell_over(k->world, goes->inviter) : status;
}

static int keep(struct keeping *k, struct krv_request *request) {
  bool room = true;
  int status = compare_all(k);
  if (status == 0 && k->lid == 0) status = make_room(k, &room);
  request->lid = k->lid;
  request->approved = k->approved;
  request->refused = k->refused;
  request->note = k->named;
  request->contested |= k->contested;
  return status == 0 && room ? write_request(k->world, request) : status;
}

int krv_request_keep(struct krv_world *world, const struct krv_msg_join *msg) {
  struct krv_request request = {.contested = msg->contested};
  struct krv_in in = krv_in(msg->terms_and_join);
  krv_invite_terms_decode(&in, &request.join.terms);
  krv_join_decode(&in, &request.join);
  if (krv_in_end(&in) != 0) return KRV_MALFORMED;
  if (krv_join_verify(&request.join, &world->member.programme) != 0) return 0; /* nobody asks */
  if (answered(world, &request)) return 0;
  struct keeping *k = krv_zalloc(world->env, 1, sizeof *k);
  if (!k) return KRV_NOMEM;
  k->world = world;
  k->fresh = &request.join;
  int status = keep(k, &request);
  krv_wipe(k, sizeof *k);
  krv_free(world->env, k);
  return status;
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
    bool done = status != 0 || answered(world, &request) || (request.refused && request.expired);
    if (!done) status = each(ctx, &request);
    if (status != 0) break;
  }
  krv_wipe(&request, sizeof request);
  krv_buf_release(&row);
  return status == KRV_END ? 0 : status;
}

int krv_request_simple(const struct krv_request *request) {
  uint8_t simple = KRV_ROLE_WORKER | KRV_ROLE_PROVIDER;
  if (request->refused) return KRV_DENIED;
  if (request->contested) return KRV_INVITE_USED;
  if (request->expired) return KRV_INVITE_EXPIRED;
  if (request->own_invitation && !request->mac_good) return KRV_CRYPTO;
  if (request->note.member_group != KRV_NO_INDEX) return 0; /* a further device of our own */
  return request->own_invitation && !(request->join.terms.roles & ~simple) ? 0 : KRV_DENIED;
}

/* ---- proposals */

/* One entry being put together. */
struct proposal {
  struct krv_world *world;
  struct krv_roster *roster;
  krv_left_out_fn left_out; /* NULL: nobody is told */
  void *ctx;
  struct krv_request asked[REQUESTS_PER_ENTRY]; /* whose statements these are */
  struct krv_statement statements[KRV_ENTRY_STATEMENTS_MAX];
  uint32_t count, requests;
  krv_device_ix next_device;
  struct krv_buf names[2 * REQUESTS_PER_ENTRY]; /* sealed; statements borrow */
  uint32_t name_count;
};

static int seal_name(struct proposal *p, const char *name, struct krv_slice *out) {
  struct krv_buf *buf = &p->names[p->name_count++];
  krv_buf_init(buf, p->world->env);
  int status = krv_world_seal_name(p->world, name, buf);
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
  p->asked[p->requests++] = *request;
  return status;
}

/* Signs what is gathered. */
static int sign_entry(struct proposal *p) {
  int status = p->requests == 0 ? 0 : krv_propose(p->world, p->roster, p->statements, p->count);
  for (uint32_t i = 0; i < p->name_count; i++) krv_buf_release(&p->names[i]);
  p->count = p->requests = p->name_count = 0;
  p->next_device = krv_roster_device_count(p->roster);
  return status;
}

/* Does the roster not take it, whoever asks again? */
static bool refused(int status) {
  return status == KRV_INVALID || status == KRV_DENIED || status == KRV_CRYPTO;
}

/* Its approval is taken back: it would stand in the way of everybody who is approved with it. */
static int leave_out(struct proposal *p, const struct krv_request *request, int why) {
  struct krv_request anew = *request;
  anew.approved = false;
  int status = write_request(p->world, &anew);
  if (status == 0 && p->left_out) p->left_out(p->ctx, &anew, why);
  krv_wipe(&anew, sizeof anew);
  return status;
}

/* One statement that the roster does not take (a key that another device has) spoils its whole
 * entry: then each goes alone, and what is refused alone is left out. */
static int close_entry(struct proposal *p) {
  uint32_t count = p->requests;
  int status = sign_entry(p);
  if (!refused(status)) return status;
  status = 0;
  for (uint32_t i = 0; status == 0 && i < count; i++) {
    struct krv_request request = p->asked[i];
    status = add_request(p, &request);
    if (status == 0) status = sign_entry(p);
    if (refused(status)) status = leave_out(p, &request, status);
    krv_wipe(&request, sizeof request);
  }
  return status;
}

/* Is it said who it is? Who invited it knows, everybody else says so (R35). */
static bool is_named(const struct krv_request *request) {
  const struct krv_invite_note *note = &request->note;
  return note->name[0] && (!request->join.has_agency_pk || note->agency[0]);
}

static int propose_one(void *ctx, const struct krv_request *request) {
  struct proposal *p = ctx;
  if (!request->approved) return 0;
  if (!is_named(request)) return leave_out(p, request, KRV_USAGE);
  const struct krv_device *there =
      krv_roster_device_by_session(p->roster, &request->join.keys.session_pk);
  if (there) { /* proposed already; with other keys it is somebody else */
    bool same = memcmp(&there->keys, &request->join.keys, sizeof there->keys) == 0;
    return same ? 0 : leave_out(p, request, KRV_INVALID);
  }
  int status = p->requests == REQUESTS_PER_ENTRY ? close_entry(p) : 0;
  return status == 0 ? add_request(p, request) : status;
}

int krv_approve_due(struct krv_world *world, krv_left_out_fn left_out, void *ctx) {
  struct proposal *p = krv_zalloc(world->env, 1, sizeof *p);
  if (!p) return KRV_NOMEM;
  p->world = world;
  p->left_out = left_out;
  p->ctx = ctx;
  int status = krv_propose_roster(world, &p->roster);
  if (status == 0) {
    p->next_device = krv_roster_device_count(p->roster);
    status = krv_requests(world, propose_one, p);
    if (status == 0) status = close_entry(p);
  }
  for (uint32_t i = 0; i < p->name_count; i++) krv_buf_release(&p->names[i]);
  krv_roster_free(p->roster);
  krv_wipe(p, sizeof *p);
  krv_free(world->env, p);
  return status;
}

/* ---- the command */

/* A request that was looked at, and what became of it: told when all is known. */
struct looked_at {
  struct krv_request request;
  int why_not;
};

struct choosing {
  struct krv_world *world;
  const struct krv_approve_choice *choice;
  void (*each)(void *ctx, const struct krv_request *request, int why_not);
  void *ctx;
  struct looked_at *list;
  size_t fits, cap;
  uint32_t admitted;
};

/* Administrators sign devices in; a further device of a member, his own one. It brings no key of a
 * member, and only its inviter knows of which member it is. */
bool krv_request_ours(const struct krv_world *world, const struct krv_request *request) {
  const struct krv_device *self = krv_world_self(world);
  if (!self) return false;
  if (request->own_invitation && request->note.member_group != KRV_NO_INDEX)
    return request->note.member_group == self->member_group;
  return (request->own_invitation || request->join.has_member_pk) &&
         (self->roles & KRV_ROLE_ADMINISTRATOR);
}

/* Tells of a device that was let into a group, as of a request. */
static void admitted(void *ctx, const struct krv_device *device) {
  struct choosing *c = ctx;
  struct krv_request told;
  struct krv_buf name;
  c->admitted++;
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

/* Does it ask for what the invitation gives? Else the roster refuses the entry, and every other
 * request that stands in it. */
static bool fits_invitation(const struct krv_request *request) {
  const struct krv_invite_note *note = &request->note;
  bool member = note->member_group == KRV_NO_INDEX, agency = note->agency[0] != 0;
  if (!request->own_invitation) return true;
  return request->join.has_member_pk == member && request->join.has_agency_pk == agency;
}

/* The first device of an agency, and its name case folded. */
struct founder {
  const struct krv_request *request;
  struct krv_buf name;
};

static int same_agency(void *ctx, const struct krv_request *other) {
  const struct founder *f = ctx;
  struct krv_buf name;
  if (!other->approved || !other->join.has_agency_pk || other->lid == f->request->lid) return 0;
  krv_buf_init(&name, f->name.env);
  int status = krv_text_fold(krv_slice_str(other->note.agency), &name);
  if (status == 0 && krv_slice_equal(krv_buf_slice(&name), krv_buf_slice(&f->name)))
    status = KRV_EXISTS;
  krv_buf_release(&name);
  return status;
}

/* EXISTS: another device has made the agency, or is approved to: of two groups of one name nobody
 * could name either. */
static int agency_made(struct krv_world *world, const struct krv_request *request) {
  struct founder f = {.request = request};
  krv_group_ix group;
  if (!request->join.has_agency_pk) return 0;
  if (krv_world_agency_named(world, request->note.agency, &group) != KRV_NOT_FOUND)
    return KRV_EXISTS;
  krv_buf_init(&f.name, world->env);
  int status = krv_text_fold(krv_slice_str(request->note.agency), &f.name);
  if (status == 0) status = krv_requests(world, same_agency, &f);
  krv_buf_release(&f.name);
  return status;
}

/* What the words said of whom somebody else invited. NOT_FOUND: no such agency. */
static int name_by_hand(const struct krv_world *world, const struct krv_approve_choice *choice,
                        struct krv_request *request) {
  const char *name = choice->name ? choice->name : "";
  const char *agency = choice->agency ? choice->agency : "";
  if (request->own_invitation) return 0;
  if (strlen(name) > KRV_NAME_SIZE_MAX || strlen(agency) > KRV_NAME_SIZE_MAX) return KRV_INVALID;
  strcpy(request->note.name, name);
  strcpy(request->note.agency, agency);
  request->note.agency_group = known_agency(world, request);
  if (!is_named(request)) return KRV_USAGE;
  bool unknown =
      *agency && !request->join.has_agency_pk && request->note.agency_group == KRV_NO_INDEX;
  return unknown ? KRV_NOT_FOUND : 0;
}

/* May the chosen one be let in? */
static int judge_choice(struct krv_world *world, bool spoken, const struct krv_request *request) {
  if (!fits_invitation(request)) return KRV_INVALID;
  int why_not = spoken ? 0 : krv_request_simple(request);
  return why_not == 0 && !request->approved ? agency_made(world, request) : why_not;
}

bool krv_request_plain(struct krv_world *world, const struct krv_request *request) {
  return judge_choice(world, false, request) == 0;
}

static int look_at(struct choosing *c, const struct krv_request *request, int why_not) {
  int status = krv_grow(c->world->env, &c->list, &c->cap, c->fits, sizeof *c->list);
  if (status == 0) c->list[c->fits++] = (struct looked_at){*request, why_not};
  return status;
}

/* It stays here, and is not let in until its words are said again. */
static int refuse(struct choosing *c, struct krv_request *request) {
  if (request->approved) return KRV_STATE;
  request->refused = true;
  int status = write_request(c->world, request);
  return status == 0 ? look_at(c, request, KRV_DENIED) : status;
}

static int choose(void *ctx, const struct krv_request *request) {
  struct choosing *c = ctx;
  struct krv_request chosen = *request;
  int status = 0, why_not = 0;
  if (!krv_request_ours(c->world, request)) return 0;
  bool spoken = c->choice->words && krv_words_same(request->words, krv_slice_str(c->choice->words));
  if (!spoken && !c->choice->all) return 0;
  if (spoken && c->choice->refuse) {
    status = refuse(c, &chosen);
  } else {
    if (spoken && !request->approved) status = name_by_hand(c->world, c->choice, &chosen);
    if (status == 0) why_not = judge_choice(c->world, spoken, &chosen);
    chosen.approved = why_not == 0 || request->approved;
    chosen.refused = request->refused && !chosen.approved;
    if (status == 0 && why_not == 0) status = write_request(c->world, &chosen);
    if (status == 0) status = look_at(c, &chosen, why_not);
  }
  krv_wipe(chosen.note.secret, sizeof chosen.note.secret);
  return status;
}

static void not_proposed(void *ctx, const struct krv_request *request, int why) {
  struct choosing *c = ctx;
  for (size_t i = 0; i < c->fits; i++)
    if (c->list[i].request.lid == request->lid) c->list[i].why_not = why;
}

static void tell_all(struct choosing *c) {
  for (size_t i = 0; c->each && i < c->fits; i++)
    c->each(c->ctx, &c->list[i].request, c->list[i].why_not);
}

int krv_approve(struct krv_world *world, const struct krv_approve_choice *choice,
                void (*each)(void *ctx, const struct krv_request *request, int why_not),
                void *ctx) {
  struct choosing c = {.world = world, .choice = choice, .each = each, .ctx = ctx};
  struct krv_intake *intake;
  int status = krv_world_ready(world);
  if (status == 0) status = krv_intake_begin(world, &intake);
  if (status != 0) return status;
  if (!choice->refuse) status = krv_again_if_due(world);
  if (status == 0 && !choice->device) status = krv_requests(world, choose, &c);
  if (status == 0 && choice->words && c.fits == 0) status = KRV_NOT_FOUND;
  if (status == 0 && !choice->refuse) status = krv_approve_due(world, not_proposed, &c);
  if (status == 0) tell_all(&c);
  if (status == 0 && (choice->all || choice->device))
    status = krv_admit_due(world, choice->device, admitted, &c);
  if (status == 0 && choice->device && c.admitted == 0) status = KRV_NOT_FOUND;
  krv_free(world->env, c.list);
  if (status == 0) return krv_intake_commit(intake);
  krv_intake_rollback(intake);
  return status;
}
