/* fork: rows of the vault's table, each u8 what, then
 *   HEAD   u32 common, u8 told, u8 named
 *   OURS   an entry that followed the believed roster's head meanwhile
 *   OTHER  an entry of the other history, from its first own one on
 *   LOST   u16 number of the lost history, and an entry of it */
#include "fork.h"

#include <string.h>

#include "again.h"
#include "alarm.h"
#include "fork_in.h"

/* ---- copies */

int krv_fork_copy(const struct krv_roster *from, uint32_t count, struct krv_roster **out,
                  const struct krv_env *env) {
  int status = krv_roster_new(env, out);
  for (uint32_t h = 0; status == 0 && h < count; h++)
    status = krv_roster_append(*out, krv_roster_entry(from, h));
  if (status != 0) {
    krv_roster_free(*out);
    *out = NULL;
  }
  return status;
}

static void fork_free(struct krv_world *world) {
  if (!world->fork) return;
  krv_roster_free(world->fork->branch[KRV_BRANCH_OURS]);
  krv_roster_free(world->fork->branch[KRV_BRANCH_OTHER]);
  krv_free(world->env, world->fork);
  world->fork = NULL;
}

void krv_fork_release(struct krv_world *world) {
  fork_free(world);
  for (size_t i = 0; i < world->lost_count; i++) krv_roster_free(world->lost[i].roster);
  krv_free(world->env, world->lost);
  world->lost = NULL;
  world->lost_count = world->lost_cap = 0;
}

static int fork_new(struct krv_world *world, uint32_t common) {
  struct krv_fork *fork = krv_zalloc(world->env, 1, sizeof *fork);
  if (!fork) return KRV_NOMEM;
  world->fork = fork;
  fork->common = common;
  fork->told = KRV_BRANCH_OTHER;
  int status = krv_fork_copy(world->roster, krv_roster_count(world->roster),
                           &fork->branch[KRV_BRANCH_OURS], world->env);
  if (status == 0)
    status = krv_fork_copy(world->roster, common + 1, &fork->branch[KRV_BRANCH_OTHER], world->env);
  if (status != 0) fork_free(world);
  return status;
}

/* ---- the table */

static int put_row(struct krv_world *world, int64_t lid, const struct krv_buf *row) {
  if (row->status != 0) return row->status;
  return krv_vault_row_put(world->vault, KRV_TABLE_FORKS, &lid, krv_buf_slice(row));
}

int krv_fork_save(struct krv_world *world) {
  const struct krv_fork *fork = world->fork;
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  krv_buf_u8(&row, KRV_FORK_ROW_HEAD);
  krv_buf_u32(&row, fork->common);
  krv_buf_u8(&row, (uint8_t)fork->told);
  krv_buf_u8(&row, fork->named);
  int status = put_row(world, KRV_FORK_HEAD_LID, &row);
  krv_buf_release(&row);
  return status;
}

int krv_fork_put_entry(struct krv_world *world, enum krv_fork_row what, uint16_t number,
                       struct krv_slice entry) {
  struct krv_buf row;
  krv_buf_init(&row, world->env);
  krv_buf_u8(&row, (uint8_t)what);
  if (what == KRV_FORK_ROW_LOST) krv_buf_u16(&row, number);
  krv_buf_put(&row, entry);
  int status = put_row(world, 0, &row);
  krv_buf_release(&row);
  return status;
}

/* ---- loading */

static int load_head(struct krv_world *world, struct krv_in *in) {
  uint32_t common = krv_in_u32(in);
  uint8_t told = krv_in_u8(in), named = krv_in_u8(in);
  if (krv_in_end(in) != 0 || told > KRV_BRANCH_OTHER || world->fork) return KRV_DAMAGED;
  if (common >= krv_roster_count(world->roster)) return KRV_DAMAGED;
  int status = fork_new(world, common);
  if (status != 0) return status;
  world->fork->told = (enum krv_branch)told;
  world->fork->named = named != 0;
  return 0;
}

static int load_lost(struct krv_world *world, struct krv_in *in) {
  uint16_t number = krv_in_u16(in);
  struct krv_slice bytes = krv_in_rest(in);
  struct krv_entry entry;
  int status = krv_entry_decode(world->env, bytes, &entry);
  if (status != 0) return status;
  uint32_t height = entry.height;
  krv_entry_release(&entry, world->env);
  if (number == world->lost_count) { /* the first entry of one more */
    status = krv_grow(world->env, &world->lost, &world->lost_cap, world->lost_count,
                      sizeof *world->lost);
    if (status != 0) return status;
    struct krv_lost lost = {NULL, height - 1};
    if (height == 0 || height > krv_roster_count(world->roster)) return KRV_DAMAGED;
    status = krv_fork_copy(world->roster, height, &lost.roster, world->env);
    if (status != 0) return status;
    world->lost[world->lost_count++] = lost;
  }
  if (number + 1u != world->lost_count) return KRV_DAMAGED;
  return krv_roster_append(world->lost[number].roster, bytes);
}

static int load_row(struct krv_world *world, struct krv_slice row) {
  struct krv_in in = krv_in(row);
  enum krv_fork_row what = (enum krv_fork_row)krv_in_u8(&in);
  if (what == KRV_FORK_ROW_HEAD) return load_head(world, &in);
  if (what == KRV_FORK_ROW_LOST) return load_lost(world, &in);
  if (!world->fork || (what != KRV_FORK_ROW_OURS && what != KRV_FORK_ROW_OTHER))
    return KRV_DAMAGED;
  return krv_roster_append(world->fork->branch[what - KRV_FORK_ROW_OURS], krv_in_rest(&in));
}

int krv_fork_load(struct krv_world *world) {
  struct krv_buf row;
  int64_t lid = 0;
  int status;
  krv_buf_init(&row, world->env);
  while ((status = krv_vault_row_next(world->vault, KRV_TABLE_FORKS, lid, &lid, &row)) == 0) {
    status = load_row(world, krv_buf_slice(&row));
    if (status != 0) break;
    krv_buf_reset(&row);
  }
  krv_buf_release(&row);
  if (status == KRV_END) return 0;
  krv_fork_release(world);
  return status == KRV_NOMEM || status == KRV_IO ? status : KRV_DAMAGED;
}

/* ---- what is known */

bool krv_fork_evident(const struct krv_world *world) {
  const struct krv_fork *fork = world->fork;
  if (!fork) return false;
  bool ours = krv_roster_count(fork->branch[KRV_BRANCH_OURS]) > fork->common + 2 ||
              world->standing.named_height > fork->common;
  bool other = krv_roster_count(fork->branch[KRV_BRANCH_OTHER]) > fork->common + 2 || fork->named;
  return ours && other;
}

krv_device_ix krv_fork_suspect(const struct krv_world *world) {
  const struct krv_fork *fork = world->fork;
  if (!krv_fork_evident(world)) return KRV_NO_INDEX;
  krv_device_ix a = krv_roster_signer(fork->branch[KRV_BRANCH_OURS], fork->common + 1);
  krv_device_ix b = krv_roster_signer(fork->branch[KRV_BRANCH_OTHER], fork->common + 1);
  return a == b ? a : KRV_NO_INDEX;
}

const struct krv_roster *krv_fork_told(const struct krv_world *world) {
  return world->fork ? world->fork->branch[world->fork->told] : world->roster;
}

bool krv_fork_revoked(const struct krv_world *world, const struct krv_device *device) {
  if (!krv_device_active(device)) return true;
  for (int i = 0; world->fork && i < 2; i++) {
    const struct krv_device *there = krv_roster_device_by_id(world->fork->branch[i], &device->id);
    if (there && !krv_device_active(there)) return true;
  }
  return false;
}

static bool left_in(const struct krv_roster *roster, const struct krv_group *group,
                    const struct krv_id *id) {
  const struct krv_group *there = krv_roster_group(roster, group->ix);
  const struct krv_device *device = krv_roster_device_by_id(roster, id);
  bool same = there && memcmp(&there->epochs[0].pk, &group->epochs[0].pk, KRV_KEY_LEN) == 0;
  return same && device && krv_roster_was_member(roster, device->ix, there->ix) &&
         !krv_roster_membership(roster, device->ix, there->ix, UINT32_MAX);
}

bool krv_fork_left(const struct krv_world *world, const struct krv_group *group,
                   const struct krv_device *device) {
  bool left = krv_fork_revoked(world, device) || left_in(world->roster, group, &device->id);
  for (int i = 0; world->fork && i < 2; i++)
    left |= left_in(world->fork->branch[i], group, &device->id);
  return left;
}

bool krv_fork_exposed(const struct krv_world *world, const struct krv_group *group) {
  for (uint32_t i = 0; world->fork && i < group->member_count; i++) {
    const struct krv_device *device = krv_roster_device(world->roster, group->members[i].device);
    bool in = group->members[i].to_height == UINT32_MAX;
    if (in && krv_fork_left(world, group, device)) return true;
  }
  return false;
}

const struct krv_device *krv_world_author(const struct krv_world *world, krv_device_ix device) {
  if (!krv_is_former(device)) {
    const struct krv_device *known = krv_roster_device(world->roster, device);
    if (known || !world->fork) return known;
    return krv_roster_device(world->fork->branch[KRV_BRANCH_OURS], device); /* let in meanwhile */
  }
  uint32_t number = krv_former_number(device);
  const struct krv_roster *roster = NULL;
  if (number < world->lost_count) roster = world->lost[number].roster;
  if (number == KRV_LOST_OTHER && world->fork) roster = world->fork->branch[KRV_BRANCH_OTHER];
  return roster ? krv_roster_device(roster, krv_former_device(device)) : NULL;
}

krv_device_ix krv_fork_number(const struct krv_world *world, krv_device_ix device) {
  const struct krv_fork *fork = world->fork;
  if (device >= 1u << KRV_FORMER_SHIFT) return KRV_NO_INDEX; /* formers have no number elsewhere */
  if (!fork || fork->told == KRV_BRANCH_OURS) return device;
  const struct krv_device *there = krv_roster_device(fork->branch[KRV_BRANCH_OTHER], device);
  const struct krv_device *here =
      there ? krv_roster_device_by_id(world->roster, &there->id) : NULL;
  return here ? here->ix : krv_former(KRV_LOST_OTHER, device);
}

bool krv_fork_nobody(const struct krv_world *world, krv_device_ix device) {
  uint32_t as_of, number = krv_former_number(device);
  if (!krv_is_former(device) || number >= world->lost_count) return false;
  const struct krv_roster *lost = world->lost[number].roster;
  return krv_fork_has_lost(world, number, krv_roster_height(lost), &as_of);
}

bool krv_fork_unsaid(const struct krv_world *world, krv_device_ix device) {
  const struct krv_fork *fork = world->fork;
  bool other = fork && fork->told == KRV_BRANCH_OTHER;
  if (krv_is_former(device)) return !other || krv_former_number(device) != KRV_LOST_OTHER;
  if (!other) return false;
  const struct krv_device *here = krv_roster_device(world->roster, device);
  const struct krv_device *there = krv_roster_device(fork->branch[KRV_BRANCH_OTHER], device);
  return here && !(there && krv_id_equal(&here->id, &there->id));
}

/* The same of a group: each is known by its first key. */
static bool other_group(const struct krv_world *world, krv_group_ix group) {
  const struct krv_group *here = krv_roster_group(world->roster, group);
  const struct krv_group *there = krv_roster_group(world->fork->branch[KRV_BRANCH_OTHER], group);
  return !here || !there || memcmp(&here->epochs[0].pk, &there->epochs[0].pk, KRV_KEY_LEN) != 0;
}

/* A secret that the other history has not. */
static bool other_epoch(const struct krv_world *world, krv_group_ix group, uint32_t epoch) {
  const struct krv_group *here = krv_roster_group(world->roster, group);
  const struct krv_group *there = krv_roster_group(world->fork->branch[KRV_BRANCH_OTHER], group);
  if (!here || !there || epoch >= here->epoch_count || epoch >= there->epoch_count) return true;
  return memcmp(&here->epochs[epoch].pk, &there->epochs[epoch].pk, KRV_KEY_LEN) != 0;
}

bool krv_fork_misleads(const struct krv_world *world, const struct krv_vault_item *item) {
  struct krv_msg_grant grant;
  struct krv_msg_unroute unroute;
  struct krv_msg_need need;
  struct krv_msg_box box;
  struct krv_msg_receipt receipt;
  if (!world->fork || world->fork->told == KRV_BRANCH_OURS) return false;
  switch (item->kind) {
    case KRV_MSG_GRANT:
      return krv_msg_grant_decode(item->bytes, &grant) == 0 &&
             (other_group(world, grant.group) ||
              (grant.to_device && krv_fork_unsaid(world, grant.device)));
    case KRV_MSG_UNROUTE:
      return krv_msg_unroute_decode(item->bytes, &unroute) == 0 &&
             other_group(world, unroute.group);
    case KRV_MSG_NEED:
      return krv_msg_need_decode(item->bytes, &need) == 0 && other_group(world, need.group);
    case KRV_MSG_BOX:
      return krv_msg_box_decode(item->bytes, &box) == 0 &&
             (other_group(world, box.group) || other_epoch(world, box.group, box.epoch) ||
              krv_fork_unsaid(world, box.device));
    case KRV_MSG_RECEIPT:
      return krv_msg_receipt_decode(item->bytes, &receipt) == 0 &&
             krv_fork_unsaid(world, receipt.author);
    default: return false;
  }
}

bool krv_fork_too_late(const struct krv_world *world, const struct krv_vault_item *item) {
  krv_device_ix to = KRV_MSG_NO_DEVICE;
  krv_group_ix ix = 0;
  struct krv_msg_grant grant;
  struct krv_msg_box box;
  if (item->kind == KRV_MSG_GRANT && krv_msg_grant_decode(item->bytes, &grant) == 0 &&
      grant.to_device) {
    to = grant.device;
    ix = grant.group;
  } else if (item->kind == KRV_MSG_BOX && krv_msg_box_decode(item->bytes, &box) == 0) {
    to = box.device;
    ix = box.group;
  }
  const struct krv_device *device = krv_roster_device(world->roster, to);
  const struct krv_group *group = krv_roster_group(world->roster, ix);
  return device && group && krv_fork_left(world, group, device);
}

int krv_fork_judge(const struct krv_world *world, uint32_t height, const uint8_t head8[8],
                   uint32_t *as_of, bool *lost) {
  const uint8_t *hash = krv_roster_hash(world->roster, height);
  *as_of = height;
  *lost = false;
  if (hash && memcmp(hash, head8, 8) == 0) return 0;
  *lost = krv_roster_lost(world->roster, height, head8, as_of);
  uint32_t number = *lost ? KRV_LOST_UNKNOWN : krv_fork_lost_number(world, height, head8);
  if (number != KRV_LOST_UNKNOWN) *lost = krv_fork_has_lost(world, number, height, as_of);
  if (*lost) return 0;
  return hash ? KRV_FORK : KRV_STALE;
}

bool krv_fork_has_lost(const struct krv_world *world, uint32_t number, uint32_t height,
                       uint32_t *as_of) {
  const struct krv_lost *lost = &world->lost[number];
  for (uint32_t h = lost->common + 1; h <= height && h < krv_roster_count(lost->roster); h++)
    if (krv_roster_lost(world->roster, h, krv_roster_hash(lost->roster, h), as_of)) return true;
  return false;
}

uint32_t krv_fork_lost_number(const struct krv_world *world, uint32_t height,
                              const uint8_t head8[8]) {
  for (uint32_t i = 0; i < world->lost_count; i++) {
    const uint8_t *hash = krv_roster_hash(world->lost[i].roster, height);
    if (height > world->lost[i].common && hash && memcmp(hash, head8, 8) == 0) return i;
  }
  return KRV_LOST_UNKNOWN;
}

krv_device_ix krv_fork_lost_device(const struct krv_world *world, uint32_t lost,
                                   krv_device_ix device) {
  const struct krv_device *there =
      lost < world->lost_count ? krv_roster_device(world->lost[lost].roster, device) : NULL;
  const struct krv_device *here =
      there ? krv_roster_device_by_id(world->roster, &there->id) : NULL;
  return here ? here->ix : krv_former(lost, device);
}

uint32_t krv_fork_devices_at(const struct krv_roster *roster, uint32_t height) {
  uint32_t count = krv_roster_device_count(roster);
  while (count > 0 && krv_roster_device(roster, count - 1)->from_height > height) count--;
  return count;
}

uint32_t krv_fork_groups_at(const struct krv_roster *roster, uint32_t height) {
  uint32_t count = krv_roster_group_count(roster);
  while (count > 0 && krv_roster_group(roster, count - 1)->epochs[0].height > height) count--;
  return count;
}

/* ---- entries */

static int raise_alarm(struct krv_world *world) {
  return krv_alarm_raise(world, &(struct krv_alarm){
                                    .kind = KRV_ALARM_ROSTER_FORK,
                                    .device = krv_fork_suspect(world),
                                    .count = krv_fork_evident(world) ? 2 : 1});
}

/* Does it stand where ours has another entry, after one that is ours? */
static int begin(struct krv_intake *intake, struct krv_slice bytes) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_entry entry;
  if (world->member.state != KRV_MEMBER_IN) return KRV_FORK; /* a joiner believes the invitation */
  int status = krv_entry_decode(world->env, bytes, &entry);
  if (status != 0) return status;
  const uint8_t *before =
      entry.height > 0 ? krv_roster_hash(world->roster, entry.height - 1) : NULL;
  bool parts = before && entry.height < krv_roster_count(world->roster) &&
               memcmp(before, entry.prev, sizeof entry.prev) == 0;
  uint32_t common = entry.height - 1;
  krv_entry_release(&entry, world->env);
  return parts ? fork_new(world, common) : KRV_FORK;
}

/* Appends to the history that it follows, or stands in already (EXISTS); *which tells. STALE: to
 * neither. */
static int append(struct krv_world *world, struct krv_slice entry, enum krv_branch *which) {
  struct krv_fork *fork = world->fork;
  int result = KRV_STALE;
  for (int i = 0; i < 2 && result == KRV_STALE; i++) {
    result = krv_roster_append(fork->branch[i], entry);
    *which = (enum krv_branch)i;
  }
  if (result != 0) return result;
  return krv_fork_put_entry(world, (enum krv_fork_row)(KRV_FORK_ROW_OURS + *which), 0, entry);
}

/* An entry that is known tells which of the two the server has now, unless both have it. */
static int hear_again(struct krv_intake *intake, struct krv_slice entry, enum krv_branch which) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_fork *fork = world->fork;
  struct krv_entry known;
  int status = krv_entry_decode(world->env, entry, &known);
  if (status != 0) return status;
  bool shared = known.height <= fork->common;
  krv_entry_release(&known, world->env);
  if (shared || fork->told == which) return 0;
  fork->told = which;
  status = krv_fork_save(world);
  return status == 0 ? krv_fork_settle(intake) : status;
}

int krv_fork_entry(struct krv_intake *intake, struct krv_slice entry) {
  struct krv_world *world = krv_intake_world(intake);
  enum krv_branch which = KRV_BRANCH_OURS;
  bool fresh = !world->fork;
  int status = fresh ? begin(intake, entry) : 0;
  if (status != 0) return status;
  if (fresh) status = krv_fork_save(world); /* the first row */
  if (status == 0) status = append(world, entry, &which);
  if (status == KRV_EXISTS) return hear_again(intake, entry, which);
  if (status == KRV_STALE && !fresh) {
    status = krv_fork_third(intake, entry);
    which = KRV_BRANCH_OTHER;
  }
  if (status != 0) {
    if (fresh) fork_free(world);
    return status == KRV_STALE ? KRV_FORK : status;
  }
  world->fork->told = which;
  status = krv_fork_save(world);
  if (status == 0) status = raise_alarm(world);
  if (status == 0 && fresh) status = krv_again_give_up(world); /* nothing is added to either */
  intake->grew |= fresh; /* what is held may name it */
  return status == 0 ? krv_fork_settle(intake) : status;
}

int krv_fork_named(struct krv_intake *intake, uint32_t height, const uint8_t head8[8]) {
  struct krv_world *world = krv_intake_world(intake);
  struct krv_fork *fork = world->fork;
  if (!fork || fork->named || height <= fork->common) return 0;
  const uint8_t *hash = krv_roster_hash(fork->branch[KRV_BRANCH_OTHER], height);
  if (!hash || memcmp(hash, head8, 8) != 0) return 0;
  fork->named = true;
  int status = krv_fork_save(world);
  return status == 0 ? raise_alarm(world) : status;
}
