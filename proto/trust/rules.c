/* rules: one function a statement, in a table; each sees what the statements
 * before it in the same entry made. Who may make it is asked first and for all
 * alike (rights.h); what only this statement asks stands in its function.
 *
 * The recovery key may state everything but FOUND and GROUP: it mends a
 * programme that has lost its administrators or a group that has lost its
 * keepers, and belongs to no group itself. */
#include <string.h>

#include "draft.h"
#include "invitation.h"

struct signing {
  krv_device_ix ix;  /* KRV_NO_INDEX: the recovery key */
  uint8_t roles;
};

static bool by_recovery(const struct signing *signer) {
  return signer->ix == KRV_NO_INDEX;
}

static bool is_keeper(const struct krv_draft *draft, krv_group_ix group, krv_device_ix device) {
  const struct krv_membership *member = krv_draft_member(draft, group, device);
  return member && (member->rights & KRV_ADMIT_KEEPER) != 0;
}

/* The group that decides who may make the statement; KRV_NO_INDEX: none. */
static krv_group_ix deciding_group(const struct krv_statement *statement) {
  switch (statement->kind) {
    case KRV_STATEMENT_ADMIT:
    case KRV_STATEMENT_EXPEL:
    case KRV_STATEMENT_EPOCH: return statement->group;
    case KRV_STATEMENT_DEVICE: return statement->member_group;
    case KRV_STATEMENT_FOUND:
    case KRV_STATEMENT_REVOKE:
    case KRV_STATEMENT_ROLES:
    case KRV_STATEMENT_SCHEMA:
    case KRV_STATEMENT_SERVER:
    case KRV_STATEMENT_GROUP:
    case KRV_STATEMENT_END: break;
  }
  return KRV_NO_INDEX;
}

/* An active device to be spoken of, or NULL. */
static const struct krv_device *active_device(const struct krv_draft *draft, krv_device_ix ix) {
  const struct krv_device *device = krv_draft_device(draft, ix);
  return device && krv_device_active(device) ? device : NULL;
}

/* Keys of a new device: three, and nobody's yet. */
static bool keys_fresh(const struct krv_draft *draft, const struct krv_device_keys *keys) {
  const struct krv_key *all[] = {&keys->sign_pk, &keys->seal_pk, &keys->session_pk};
  for (size_t i = 0; i < 3; i++) {
    if (krv_draft_has_key(draft, all[i])) return false;
    for (size_t k = 0; k < i; k++)
      if (memcmp(all[i]->b, all[k]->b, KRV_KEY_LEN) == 0) return false;
  }
  return true;
}

/* A new group whose first device keeps it. */
static int make_group(struct krv_draft *draft, enum krv_group_kind kind, struct krv_slice name,
                      const struct krv_key *pk, krv_device_ix keeper, krv_group_ix *out) {
  if (krv_draft_has_key(draft, pk)) return KRV_INVALID;
  int status = krv_draft_add_group(draft, kind, name, pk, out);
  return status == 0 ? krv_draft_join(draft, *out, keeper, KRV_ADMIT_KEEPER) : status;
}

static int state_found(struct krv_draft *draft, const struct signing *signer,
                       const struct krv_statement *s) {
  static const struct krv_slice no_name = {NULL, 0};
  struct krv_facts *facts = &draft->facts;
  struct krv_device device = {.keys = s->keys, .name = s->name, .member_group = 2,
                              .agency_group = KRV_NO_INDEX, .from_height = draft->height,
                              .roles = KRV_ROLE_OFFICE | KRV_ROLE_ADMINISTRATOR,
                              .revoked_height = UINT32_MAX};
  krv_device_ix ix;
  krv_group_ix group;
  (void)signer;
  if (!keys_fresh(draft, &s->keys)) return KRV_INVALID;
  facts->server_pk = s->server_pk;
  facts->recovery_sign_pk = s->recovery_sign_pk;
  facts->recovery_seal_pk = s->recovery_seal_pk;
  facts->practice = s->practice;
  facts->name = s->group_name;
  memcpy(facts->schema_hash, s->schema_hash, sizeof facts->schema_hash);
  krv_device_id(&facts->programme, &s->keys, &device.id);
  int status = krv_draft_add_device(draft, &device, &ix);
  if (status == 0)
    status = make_group(draft, KRV_GROUP_KIND_EVERYONE, no_name, &s->everyone_pk, ix, &group);
  if (status == 0)
    status = make_group(draft, KRV_GROUP_KIND_OFFICE, no_name, &s->office_pk, ix, &group);
  if (status == 0)
    status = make_group(draft, KRV_GROUP_KIND_MEMBER, s->name, &s->member_pk, ix, &group);
  return status;
}

/* 0 only if the joiner himself signed these keys for this invitation: so a
 * group's first key counts by its first device's word, not by the approver's. */
static int verify_joiner(const struct krv_draft *draft, const struct krv_statement *s) {
  struct krv_join join = {.keys = s->keys, .member_pk = s->member_pk, .agency_pk = s->agency_pk,
                          .has_member_pk = s->has_member_pk, .has_agency_pk = s->has_agency_pk};
  memcpy(join.terms.id, s->invite, sizeof join.terms.id);
  memcpy(join.signature, s->signature, sizeof join.signature);
  return krv_join_verify(&join, &draft->facts.programme);
}

/* A member lets its own further devices in, with nothing that the one that signs
 * does not have itself; administrators let in whom they like, but not into
 * another member's group. */
static int check_device_rights(const struct krv_draft *draft, const struct signing *signer,
                               const struct krv_statement *s) {
  if (by_recovery(signer)) return 0;
  if (s->member_group != KRV_NO_INDEX && !is_keeper(draft, s->member_group, signer->ix))
    return KRV_DENIED;
  if (signer->roles & KRV_ROLE_ADMINISTRATOR) return 0;
  if (s->has_agency_pk || (s->roles & ~signer->roles) != 0) return KRV_DENIED;
  krv_group_ix own_agency = krv_draft_device(draft, signer->ix)->agency_group;
  bool no_other = s->agency_group == KRV_NO_INDEX || s->agency_group == own_agency;
  return no_other ? 0 : KRV_DENIED;
}

static bool group_is(const struct krv_draft *draft, krv_group_ix ix, enum krv_group_kind kind) {
  const struct krv_group *group = krv_draft_group(draft, ix);
  return group && group->kind == kind;
}

static int check_device(const struct krv_draft *draft, const struct signing *signer,
                        const struct krv_statement *s) {
  if (!keys_fresh(draft, &s->keys) || krv_draft_has_invite(draft, s->invite)) return KRV_INVALID;
  if (s->member_group != KRV_NO_INDEX && !group_is(draft, s->member_group, KRV_GROUP_KIND_MEMBER))
    return KRV_INVALID;
  if (s->agency_group != KRV_NO_INDEX && !group_is(draft, s->agency_group, KRV_GROUP_KIND_AGENCY))
    return KRV_INVALID;
  int status = check_device_rights(draft, signer, s);
  return status == 0 ? verify_joiner(draft, s) : status;
}

static int state_device(struct krv_draft *draft, const struct signing *signer,
                        const struct krv_statement *s) {
  struct krv_device device = {.keys = s->keys, .name = s->name, .roles = s->roles,
                              .member_group = s->member_group, .agency_group = s->agency_group,
                              .from_height = draft->height, .revoked_height = UINT32_MAX};
  struct krv_device *made;
  krv_device_ix ix;
  krv_group_ix group;
  int status = check_device(draft, signer, s);
  if (status != 0) return status;
  memcpy(device.invite, s->invite, sizeof device.invite);
  krv_device_id(&draft->facts.programme, &s->keys, &device.id);
  status = krv_draft_add_device(draft, &device, &ix);
  if (status != 0) return status;
  group = s->member_group;
  if (s->has_member_pk)
    status = make_group(draft, KRV_GROUP_KIND_MEMBER, s->name, &s->member_pk, ix, &group);
  else
    status = krv_draft_join(draft, group, ix, KRV_ADMIT_KEEPER);
  if (status == 0) status = krv_draft_edit_device(draft, ix, &made);
  if (status == 0) made->member_group = group;
  if (status != 0 || !s->has_agency_pk) return status;
  status = make_group(draft, KRV_GROUP_KIND_AGENCY, s->group_name, &s->agency_pk, ix, &group);
  if (status == 0) status = krv_draft_edit_device(draft, ix, &made);
  if (status == 0) made->agency_group = group;
  return status;
}

static int state_admit(struct krv_draft *draft, const struct signing *signer,
                       const struct krv_statement *s) {
  (void)signer;
  if (!krv_draft_group(draft, s->group) || !active_device(draft, s->device)) return KRV_INVALID;
  return krv_draft_join(draft, s->group, s->device, s->rights);
}

static int state_expel(struct krv_draft *draft, const struct signing *signer,
                       const struct krv_statement *s) {
  (void)signer;
  if (!krv_draft_member(draft, s->group, s->device)) return KRV_INVALID;
  return krv_draft_leave(draft, s->group, s->device);
}

static int state_revoke(struct krv_draft *draft, const struct signing *signer,
                        const struct krv_statement *s) {
  struct krv_device *device;
  (void)signer;
  if (!active_device(draft, s->device)) return KRV_INVALID;
  int status = krv_draft_edit_device(draft, s->device, &device);
  if (status != 0) return status;
  device->revoked_height = draft->height;
  device->revoked_how = s->how;
  for (krv_group_ix g = 0; g < draft->group_count && status == 0; g++)
    status = krv_draft_leave(draft, g, s->device);
  return status;
}

static int state_roles(struct krv_draft *draft, const struct signing *signer,
                       const struct krv_statement *s) {
  struct krv_device *device;
  (void)signer;
  if (!active_device(draft, s->device)) return KRV_INVALID;
  int status = krv_draft_edit_device(draft, s->device, &device);
  if (status == 0) device->roles = s->roles;
  return status;
}

static int state_epoch(struct krv_draft *draft, const struct signing *signer,
                       const struct krv_statement *s) {
  const struct krv_group *group = krv_draft_group(draft, s->group);
  (void)signer;
  if (!group || s->epoch != group->epoch_count) return KRV_INVALID;
  if (krv_draft_has_key(draft, &s->pk)) return KRV_INVALID;
  return krv_draft_add_epoch(draft, s->group, &s->pk, s->back_chain);
}

static int state_schema(struct krv_draft *draft, const struct signing *signer,
                        const struct krv_statement *s) {
  (void)signer;
  if (s->schema_version <= draft->facts.schema_version) return KRV_INVALID;
  draft->facts.schema_version = s->schema_version;
  memcpy(draft->facts.schema_hash, s->schema_hash, sizeof draft->facts.schema_hash);
  return 0;
}

static int state_server(struct krv_draft *draft, const struct signing *signer,
                        const struct krv_statement *s) {
  (void)signer;
  draft->facts.server_pk = s->server_pk;
  draft->facts.server_since = draft->height;
  return 0;
}

static int state_group(struct krv_draft *draft, const struct signing *signer,
                       const struct krv_statement *s) {
  krv_group_ix group;
  return make_group(draft, KRV_GROUP_KIND_TEAM, s->name, &s->pk, signer->ix, &group);
}

/* A word counts as long as who gave it may give it; nobody gives two. */
static bool still_counts(const struct krv_draft *draft, const struct krv_end *end,
                         const struct signing *signer) {
  if (end->signer == signer->ix) return false;
  if (end->signer == KRV_NO_INDEX) return true;
  const struct krv_device *device = active_device(draft, end->signer);
  return device && (device->roles & KRV_ROLE_ADMINISTRATOR);
}

static int state_end(struct krv_draft *draft, const struct signing *signer,
                     const struct krv_statement *s) {
  struct krv_end end = {s->common, s->losing, signer->ix, false};
  const uint8_t *own = krv_roster_hash(draft->base, s->common + 1);
  const struct krv_end *other;
  /* it stands on a history that has an entry of its own where the other parts from it */
  if (!own || memcmp(own, s->losing.data, KRV_HASH_LEN) == 0) return KRV_INVALID;
  for (size_t i = 0; (other = krv_draft_end(draft, i)) != NULL; i++) {
    if (other->common != end.common || !krv_slice_equal(other->losing, end.losing)) continue;
    if (other->final || other->signer == end.signer) return KRV_INVALID; /* said already */
    end.final |= still_counts(draft, other, signer);
  }
  return krv_draft_add_end(draft, &end);
}

typedef int state_fn(struct krv_draft *draft, const struct signing *signer,
                     const struct krv_statement *statement);
static state_fn *const makers[] = {
    [KRV_STATEMENT_FOUND] = state_found,   [KRV_STATEMENT_DEVICE] = state_device,
    [KRV_STATEMENT_ADMIT] = state_admit,   [KRV_STATEMENT_EXPEL] = state_expel,
    [KRV_STATEMENT_REVOKE] = state_revoke, [KRV_STATEMENT_ROLES] = state_roles,
    [KRV_STATEMENT_EPOCH] = state_epoch,   [KRV_STATEMENT_SCHEMA] = state_schema,
    [KRV_STATEMENT_SERVER] = state_server, [KRV_STATEMENT_GROUP] = state_group,
    [KRV_STATEMENT_END] = state_end,
};

/* May the signer, as he stands by now, make it? A group or device that does not
 * exist is not a matter of rights: that says the statement's own function. */
static int check_right(const struct krv_draft *draft, krv_device_ix signer,
                       const struct krv_statement *statement, struct signing *out) {
  krv_group_ix group = deciding_group(statement);
  *out = (struct signing){.ix = signer};
  if (statement->kind == KRV_STATEMENT_FOUND) return 0; /* height 0 and first: krv_entry_decode */
  if (by_recovery(out)) return statement->kind == KRV_STATEMENT_GROUP ? KRV_DENIED : 0;
  const struct krv_device *device = active_device(draft, signer);
  if (!device) return KRV_DENIED;
  out->roles = device->roles;
  if (group != KRV_NO_INDEX && !krv_draft_group(draft, group)) return KRV_INVALID;
  bool keeper = group != KRV_NO_INDEX && is_keeper(draft, group, signer);
  return krv_rights_may_state(device->roles, keeper, statement->kind) ? 0 : KRV_DENIED;
}

int krv_rules_apply(struct krv_draft *draft, const struct krv_entry *entry) {
  int status = 0;
  for (uint32_t i = 0; i < entry->statement_count && status == 0; i++) {
    const struct krv_statement *statement = &entry->statements[i];
    struct signing signer;
    status = check_right(draft, entry->signer, statement, &signer);
    if (status == 0) status = makers[statement->kind](draft, &signer, statement);
  }
  return status;
}
