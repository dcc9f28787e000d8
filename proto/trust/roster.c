/* roster: decode, find the signer, verify, apply to a draft, take the draft over.
 *
 * What fails: an entry that does not follow the head (STALE) or is there already
 * (EXISTS), another programme's, a signature that does not verify (CRYPTO), and
 * whatever rules.c refuses. Nothing changed then. */
#include "roster.h"

#include <string.h>

#include "draft.h"

int krv_roster_new(const struct krv_env *env, struct krv_roster **out) {
  *out = krv_zalloc(env, 1, sizeof **out);
  if (!*out) return KRV_NOMEM;
  (*out)->env = env;
  return 0;
}

void krv_roster_free(struct krv_roster *roster) {
  if (!roster) return;
  const struct krv_env *env = roster->env;
  for (size_t i = 0; i < roster->entry_count; i++) krv_free(env, roster->entries[i].bytes);
  for (size_t i = 0; i < roster->group_count; i++) {
    krv_free(env, roster->groups[i].epochs);
    krv_free(env, roster->groups[i].members);
  }
  krv_free(env, roster->entries);
  krv_free(env, roster->groups);
  krv_free(env, roster->devices);
  krv_free(env, roster->ends);
  krv_free(env, roster->keys.rows);
  krv_free(env, roster->ids.rows);
  krv_free(env, roster->invites.rows);
  krv_free(env, roster);
}

/* ---- appending ---- */

static int check_chain(const struct krv_roster *roster, const struct krv_entry *entry) {
  /* a founding has zeros for programme and prev (krv_entry_decode): nothing to compare */
  if (!krv_roster_founded(roster)) return entry->height == 0 ? 0 : KRV_STALE;
  if (!krv_id_equal(&entry->programme, &roster->facts.programme)) return KRV_OTHER_PROGRAMME;
  if (entry->height != roster->entry_count) return KRV_STALE;
  const uint8_t *head = krv_roster_hash(roster, entry->height - 1);
  return memcmp(entry->prev, head, sizeof entry->prev) == 0 ? 0 : KRV_STALE;
}

/* The key that must have signed: the founder's own, the recovery key's, or a
 * device's that the entries before know. Whether it may: rules.c. */
static int signer_key(const struct krv_roster *roster, const struct krv_entry *entry,
                      struct krv_key *out) {
  if (entry->height == 0) {
    *out = entry->statements[0].keys.sign_pk;
    return 0;
  }
  if (entry->signer == KRV_NO_INDEX) {
    *out = roster->facts.recovery_sign_pk;
    return 0;
  }
  const struct krv_device *device = krv_roster_device(roster, entry->signer);
  if (!device) return KRV_INVALID;
  *out = device->keys.sign_pk;
  return 0;
}

static bool is_known(const struct krv_roster *roster, uint32_t height, struct krv_slice bytes) {
  return height < roster->entry_count && krv_slice_equal(bytes, krv_roster_entry(roster, height));
}

/* Leaves what the entry makes in draft (to be released or committed, whatever
 * the status); names in it borrow from bytes. */
static int stage(const struct krv_roster *roster, struct krv_slice bytes, struct krv_draft *draft) {
  struct krv_entry entry;
  struct krv_key sign_pk;
  krv_draft_init(draft, roster, 0);
  int status = krv_entry_decode(roster->env, bytes, &entry);
  if (status != 0) return status;
  draft->height = entry.height;
  if (is_known(roster, entry.height, bytes)) {
    status = KRV_EXISTS;
    goto release;
  }
  status = check_chain(roster, &entry);
  if (status == 0) status = signer_key(roster, &entry, &sign_pk);
  if (status == 0) status = krv_entry_verify(&entry, &sign_pk);
  if (status != 0) goto release;
  if (entry.height == 0) krv_programme_id(bytes, &draft->facts.programme);
  status = krv_rules_apply(draft, &entry);
release:
  krv_entry_release(&entry, roster->env);
  return status;
}

int krv_roster_check(const struct krv_roster *roster, struct krv_slice entry) {
  struct krv_draft draft;
  int status = stage(roster, entry, &draft);
  krv_draft_release(&draft);
  return status;
}

int krv_roster_append(struct krv_roster *roster, struct krv_slice entry) {
  struct krv_record record = {.len = entry.len};
  struct krv_draft draft;
  if (entry.len > KRV_ENTRY_SIZE_MAX) return KRV_TOO_LARGE;
  record.bytes = krv_alloc(roster->env, entry.len);
  if (!record.bytes) return KRV_NOMEM;
  if (entry.len > 0) memcpy(record.bytes, entry.data, entry.len);
  struct krv_slice own = krv_slice(record.bytes, record.len);
  krv_entry_hash(own, record.hash);
  int status = stage(roster, own, &draft);
  if (status == 0) status = krv_draft_commit(&draft, roster, &record);
  if (status == 0) return 0;
  krv_draft_release(&draft);
  krv_free(roster->env, record.bytes);
  return status;
}

/* ---- facts ---- */

bool krv_roster_founded(const struct krv_roster *roster) {
  return roster->entry_count > 0;
}

const struct krv_id *krv_roster_programme(const struct krv_roster *roster) {
  return &roster->facts.programme;
}

const struct krv_key *krv_roster_server_pk(const struct krv_roster *roster) {
  return &roster->facts.server_pk;
}

uint32_t krv_roster_server_since(const struct krv_roster *roster) {
  return roster->facts.server_since;
}

bool krv_roster_serves(const struct krv_roster *roster, const struct krv_key *server_pk) {
  return krv_roster_founded(roster) &&
         memcmp(roster->facts.server_pk.b, server_pk->b, sizeof server_pk->b) == 0;
}

void krv_roster_recovery(const struct krv_roster *roster, struct krv_key *sign_pk,
                         struct krv_key *seal_pk) {
  *sign_pk = roster->facts.recovery_sign_pk;
  *seal_pk = roster->facts.recovery_seal_pk;
}

bool krv_roster_practice(const struct krv_roster *roster) {
  return roster->facts.practice;
}

void krv_roster_schema(const struct krv_roster *roster, uint32_t *version, uint8_t hash[32]) {
  *version = roster->facts.schema_version;
  memcpy(hash, roster->facts.schema_hash, sizeof roster->facts.schema_hash);
}

struct krv_slice krv_roster_programme_name(const struct krv_roster *roster) {
  return roster->facts.name;
}

/* ---- the log ---- */

uint32_t krv_roster_count(const struct krv_roster *roster) {
  return (uint32_t)roster->entry_count;
}

uint32_t krv_roster_height(const struct krv_roster *roster) {
  return roster->entry_count == 0 ? 0 : (uint32_t)roster->entry_count - 1;
}

struct krv_slice krv_roster_entry(const struct krv_roster *roster, uint32_t height) {
  if (height >= roster->entry_count) return krv_slice(NULL, 0);
  return krv_slice(roster->entries[height].bytes, roster->entries[height].len);
}

const uint8_t *krv_roster_hash(const struct krv_roster *roster, uint32_t height) {
  return height < roster->entry_count ? roster->entries[height].hash : NULL;
}

bool krv_roster_lost(const struct krv_roster *roster, uint32_t height, const uint8_t hash8[8],
                     uint32_t *common) {
  for (size_t i = 0; i < roster->end_count; i++) {
    const struct krv_end *end = &roster->ends[i];
    if (!end->final || height <= end->common) continue;
    size_t place = (size_t)(height - end->common - 1) * KRV_HASH_LEN;
    if (place >= end->losing.len || memcmp(end->losing.data + place, hash8, 8) != 0) continue;
    *common = end->common;
    return true;
  }
  return false;
}

bool krv_roster_ending(const struct krv_roster *roster, struct krv_ending *out) {
  for (size_t i = roster->end_count; i-- > 0;) {
    const struct krv_end *end = &roster->ends[i];
    uint32_t common;
    if (krv_roster_lost(roster, end->common + 1, end->losing.data, &common)) continue;
    *out = (struct krv_ending){end->common, end->losing, end->signer};
    return true;
  }
  return false;
}

krv_device_ix krv_roster_signer(const struct krv_roster *roster, uint32_t height) {
  struct krv_entry entry;
  if (krv_entry_decode(roster->env, krv_roster_entry(roster, height), &entry) != 0)
    return KRV_NO_INDEX;
  krv_device_ix signer = entry.signer;
  krv_entry_release(&entry, roster->env);
  return signer;
}

/* ---- devices and groups ---- */

uint32_t krv_roster_device_count(const struct krv_roster *roster) {
  return (uint32_t)roster->device_count;
}

const struct krv_device *krv_roster_device(const struct krv_roster *roster, krv_device_ix ix) {
  return ix < roster->device_count ? &roster->devices[ix] : NULL;
}

const struct krv_device *krv_roster_device_by_id(const struct krv_roster *roster,
                                                 const struct krv_id *id) {
  const struct krv_name_row *row = krv_name_index_find(&roster->ids, id->b, sizeof id->b);
  return row ? krv_roster_device(roster, row->ix) : NULL;
}

const struct krv_device *krv_roster_device_by_session(const struct krv_roster *roster,
                                                      const struct krv_key *pk) {
  const struct krv_name_row *row = krv_name_index_find(&roster->keys, pk->b, sizeof pk->b);
  if (!row || row->use != KRV_KEY_USE_SESSION) return NULL;
  return krv_roster_device(roster, row->ix);
}

uint32_t krv_roster_group_count(const struct krv_roster *roster) {
  return (uint32_t)roster->group_count;
}

const struct krv_group *krv_roster_group(const struct krv_roster *roster, krv_group_ix ix) {
  return ix < roster->group_count ? &roster->groups[ix] : NULL;
}

bool krv_device_active(const struct krv_device *device) {
  return device->revoked_height == UINT32_MAX;
}

/* ---- membership ---- */

static bool covers(const struct krv_membership *member, uint32_t height) {
  if (height == UINT32_MAX) return member->to_height == UINT32_MAX;
  return member->from_height <= height && height < member->to_height;
}

const struct krv_membership *krv_roster_membership(const struct krv_roster *roster,
                                                   krv_device_ix device, krv_group_ix group,
                                                   uint32_t height) {
  const struct krv_group *g = krv_roster_group(roster, group);
  for (uint32_t i = 0; g && i < g->member_count; i++)
    if (g->members[i].device == device && covers(&g->members[i], height)) return &g->members[i];
  return NULL;
}

bool krv_roster_may_write(const struct krv_roster *roster, krv_device_ix device, krv_group_ix group,
                          uint32_t height) {
  const struct krv_membership *member = krv_roster_membership(roster, device, group, height);
  return member && (member->rights & KRV_ADMIT_READ_ONLY) == 0;
}

bool krv_roster_was_member(const struct krv_roster *roster, krv_device_ix device,
                           krv_group_ix group) {
  const struct krv_group *g = krv_roster_group(roster, group);
  for (uint32_t i = 0; g && i < g->member_count; i++)
    if (g->members[i].device == device) return true;
  return false;
}

const struct krv_group_epoch *krv_group_newest(const struct krv_group *group) {
  return &group->epochs[group->epoch_count - 1];
}

static bool is_member(const struct krv_group *group, krv_device_ix device) {
  for (uint32_t i = group->member_count; i-- > 0;)
    if (group->members[i].device == device && group->members[i].to_height == UINT32_MAX)
      return true;
  return false;
}

bool krv_group_left_since(const struct krv_group *group, uint32_t height) {
  for (uint32_t i = 0; i < group->member_count; i++) {
    const struct krv_membership *m = &group->members[i];
    if (m->to_height != UINT32_MAX && m->to_height > height && !is_member(group, m->device))
      return true;
  }
  return false;
}
