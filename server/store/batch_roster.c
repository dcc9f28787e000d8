/* batch_roster: entries of the roster, and what makes this server a programme's: an entry that
 * names its key. That is the founding entry, or, when the programme moved here, a SERVER
 * statement at the end of a roster that is brought entry by entry (R17). Until then nobody is
 * served. */
#include <string.h>

#include "batch_in.h"
#include "hash.h"
#include "status.h"

/* Under it stands who brings a roster here: his session key. */
static const char brought_by[] = "brought by";

/* ---- admissions ---- */

/* From here on the device reads the group's inbox; what it shows already comes as a backfill. */
static int admit(struct krv_batch *batch, krv_group_ix group, krv_device_ix device) {
  struct krv_buf key;
  uint64_t seq = 0;
  krv_buf_reset(&batch->bytes);
  krv_buf_varint(&batch->bytes, group);
  int status = krv_batch_append(batch, KRV_MSG_NO_DEVICE, KRV_ITEM_BACKFILL, 0, NULL, &seq);
  if (status != KRV_OK) return status;
  status = batch->store->driver->inbox_put(batch->store, krv_box_device(device), seq, seq);
  if (status != KRV_OK) return status;
  krv_buf_init(&key, batch->env);
  krv_buf_u32(&key, group);
  krv_buf_u32(&key, device);
  status = krv_batch_kv_put_number(batch, KRV_KV_FLOOR, &key, seq);
  krv_buf_release(&key);
  return status;
}

/* A membership that goes on with other rights is no admission. */
static bool goes_on(const struct krv_group *group, uint32_t i) {
  const struct krv_membership *member = &group->members[i];
  for (uint32_t k = 0; k < i; k++)
    if (group->members[k].device == member->device &&
        group->members[k].to_height == member->from_height)
      return true;
  return false;
}

/* Admissions are read off the memberships that begin with the newest entry, so that this file need
 * not know which statements make them. A group that the entry itself made shows nothing yet: its
 * floor stays 0, as the founder's. */
static int admit_all(struct krv_batch *batch, krv_group_ix groups_before) {
  uint32_t height = krv_roster_height(batch->ahead);
  int status = KRV_OK;
  for (krv_group_ix ix = 0; ix < groups_before; ix++) {
    const struct krv_group *group = krv_roster_group(batch->ahead, ix);
    for (uint32_t i = group->member_count; status == KRV_OK && i-- > 0;) {
      const struct krv_membership *member = &group->members[i];
      if (member->from_height != height) break;
      if (member->to_height == UINT32_MAX && !goes_on(group, i))
        status = admit(batch, ix, member->device);
    }
  }
  return status;
}

static int append(struct krv_batch *batch, struct krv_slice entry) {
  krv_group_ix groups_before = krv_roster_group_count(batch->ahead);
  int status = krv_roster_append(batch->ahead, entry);
  if (status != KRV_OK) return status;
  status = batch->store->driver->roster_put(batch->store, krv_roster_height(batch->ahead), entry);
  return status == KRV_OK ? admit_all(batch, groups_before) : status;
}

/* ---- whose server it is ---- */

/* What an entry says of the server's key, and its height. */
enum named { NAMES_NONE, NAMES_OURS, NAMES_ANOTHER };

static int read_named(const struct krv_batch *batch, struct krv_slice bytes, enum named *out,
                      uint32_t *height) {
  struct krv_entry entry;
  *out = NAMES_NONE;
  int status = krv_entry_decode(batch->env, bytes, &entry);
  if (status != KRV_OK) return status;
  *height = entry.height;
  for (uint32_t i = 0; i < entry.statement_count; i++) {
    const struct krv_statement *s = &entry.statements[i];
    if (s->kind != KRV_STATEMENT_FOUND && s->kind != KRV_STATEMENT_SERVER) continue;
    bool ours = memcmp(s->server_pk.b, batch->server_pk.b, KRV_KEY_LEN) == 0;
    *out = ours ? NAMES_OURS : NAMES_ANOTHER; /* the last one counts */
  }
  krv_entry_release(&entry, batch->env);
  return KRV_OK;
}

static bool serves(const struct krv_batch *batch) {
  return krv_roster_serves(batch->ahead, &batch->server_pk);
}

/* A founding for another server's key would lock everybody out; an entry that moves the programme
 * away belongs to the server that it names. */
static int check_named(const struct krv_batch *batch, struct krv_slice bytes) {
  enum named named;
  uint32_t height;
  bool fresh = !krv_roster_founded(batch->ahead);
  int status = read_named(batch, bytes, &named, &height);
  if (status != KRV_OK) return status;
  if (fresh) return named == NAMES_OURS ? KRV_OK : KRV_OTHER_PROGRAMME;
  if (!serves(batch)) return KRV_STATE;
  if (named != NAMES_ANOTHER) return KRV_OK;
  status = krv_roster_check(batch->ahead, bytes);
  return status == KRV_OK ? KRV_DENIED : status;
}

int krv_batch_roster(struct krv_batch *batch, struct krv_slice entry) {
  int status = krv_batch_begin(batch);
  if (status == KRV_OK) status = check_named(batch, entry);
  if (status == KRV_OK) status = append(batch, entry);
  return krv_batch_note(batch, status);
}

bool krv_batch_founded(const struct krv_batch *batch) {
  return krv_roster_founded(batch->ahead);
}

/* ---- a roster that is brought ---- */

/* 0: he brings it, or nobody does yet (*fresh). INVITE_USED: somebody else does, or did. */
static int check_bringer(struct krv_batch *batch, const struct krv_key *peer, bool *fresh) {
  krv_buf_reset(&batch->old);
  int status = batch->store->driver->kv_get(batch->store, KRV_KV_META, krv_slice_str(brought_by),
                                            &batch->old);
  *fresh = status == KRV_NOT_FOUND;
  if (*fresh) return krv_roster_founded(batch->ahead) ? KRV_INVITE_USED : KRV_OK;
  if (status != KRV_OK) return status;
  if (batch->old.len != KRV_KEY_LEN) return KRV_DAMAGED;
  return memcmp(batch->old.data, peer->b, KRV_KEY_LEN) == 0 ? KRV_OK : KRV_INVITE_USED;
}

/* Whoever holds the founding code could fill the disk. */
static int check_size(struct krv_batch *batch, size_t more) {
  uint32_t count = krv_roster_count(batch->ahead);
  if (batch->brought_count != count) {
    batch->brought_size = 0;
    for (uint32_t h = 0; h < count; h++)
      batch->brought_size += krv_roster_entry(batch->ahead, h).len;
  }
  batch->brought_count = count + 1;
  batch->brought_size += more;
  return batch->brought_size > KRV_BROUGHT_SIZE_MAX ? KRV_TOO_LARGE : KRV_OK;
}

/* The programme's server is named by somebody who is in the programme himself. */
static bool may_found(const struct krv_batch *batch, const struct krv_key *peer) {
  const struct krv_device *device = krv_roster_device_by_session(batch->ahead, peer);
  return device && krv_device_active(device);
}

static int bring(struct krv_batch *batch, const struct krv_key *peer, struct krv_slice entry) {
  enum named named;
  uint32_t height;
  bool fresh;
  int status = check_bringer(batch, peer, &fresh);
  if (status == KRV_OK) status = read_named(batch, entry, &named, &height);
  if (status != KRV_OK) return status;
  if (krv_slice_equal(krv_roster_entry(batch->ahead, height), entry)) return KRV_EXISTS;
  if (serves(batch)) return KRV_INVITE_USED; /* it goes on in a session */
  if (named == NAMES_OURS && !may_found(batch, peer)) return KRV_DENIED;
  status = check_size(batch, entry.len);
  if (status == KRV_OK) status = append(batch, entry);
  if (status != KRV_OK || !fresh) return status;
  return batch->store->driver->kv_put(batch->store, KRV_KV_META, krv_slice_str(brought_by),
                                      krv_slice(peer->b, KRV_KEY_LEN));
}

int krv_batch_bring(struct krv_batch *batch, const struct krv_key *peer, struct krv_slice entry,
                    bool *founded) {
  *founded = false;
  int status = krv_batch_begin(batch);
  if (status != KRV_OK) return status;
  status = krv_batch_note(batch, bring(batch, peer, entry));
  if (status != KRV_OK && status != KRV_EXISTS) return status;
  struct krv_slice naming = krv_roster_entry(batch->ahead, krv_roster_server_since(batch->ahead));
  *founded = serves(batch) && krv_slice_equal(naming, entry);
  return status;
}
